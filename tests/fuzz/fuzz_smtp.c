/*
 * fuzz_smtp - the incremental SMTP parsers against obvious ones
 *
 * The first byte chooses the direction, the second seeds the fragmentation.
 * The oracle reads whole lines with pointers; both must find the same lines.
 * A difference aborts.
 */
#include "../../shim/smtp.h"

#include <stdlib.h>
#include <string.h>

#define LINES_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct text {
	const char *bytes;
	size_t length;
};

static void
require(bool condition)
{
	if (!condition)
		abort();
}

static bool
white(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static bool
digit(char c)
{
	return c >= '0' && c <= '9';
}

static char
upper(char c)
{
	return (char)(c >= 'a' && c <= 'z' ? c - 32 : c);
}

/* TEXT begins with WORD, whatever the case. */
static bool
begins(struct text text, const char *word)
{
	size_t n = strlen(word);

	if (text.length < n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (upper(text.bytes[i]) != word[i])
			return false;
	return true;
}

static struct text
skip(struct text text, size_t n)
{
	return (struct text){text.bytes + n, text.length - n};
}

static size_t
find_white(struct text text)
{
	size_t n = 0;

	while (n < text.length && !white(text.bytes[n]))
		n++;
	return n;
}

static struct text
skip_white(struct text text)
{
	while (text.length > 0 && white(text.bytes[0]))
		text = skip(text, 1);
	return text;
}

/* The next piece of what is left, 1 to 16 bytes, in memory of its own. */
static char *
piece(const char *bytes, size_t left, uint32_t *seed, size_t *length)
{
	char *copy;

	*seed = *seed * 1103515245 + 12345;
	*length = 1 + (*seed >> 16) % 16;
	if (*length > left)
		*length = left;
	copy = malloc(*length);
	require(copy != NULL);
	memcpy(copy, bytes, *length);
	return copy;
}

/* Replies. */

static bool
keyword(struct text text, const char *word)
{
	char c;

	if (!begins(text, word))
		return false;
	if (text.length == strlen(word))
		return true;
	c = upper(text.bytes[strlen(word)]);
	return !(digit(c) || (c >= 'A' && c <= 'Z') || c == '-' || c == '.');
}

static void
oracle_enhanced(struct text text, struct smtp_reply_line *line)
{
	size_t end = find_white(text);
	char copy[16], *dot, *last;

	if (end > 9 || end < 5)
		return;
	memcpy(copy, text.bytes, end);
	copy[end] = '\0';
	if (strspn(copy, "0123456789.") != end ||
	    strchr("245", copy[0]) == NULL || copy[1] != '.')
		return;
	dot = strchr(copy + 2, '.');
	if (dot == NULL || dot == copy + 2 || dot > copy + 5)
		return;
	last = dot + 1;
	if (strlen(last) < 1 || strlen(last) > 3 || strchr(last, '.') != NULL)
		return;
	line->enhanced = (uint8_t)(copy[0] - '0');
	line->subject = (uint16_t)strtoul(copy + 2, NULL, 10);
}

static struct smtp_reply_line
oracle_reply(struct text text, uint16_t *first)
{
	struct smtp_reply_line line = {
	    .last = *first == 0, .first = *first == 0};
	const char *b = text.bytes;

	/* A CR before the LF is part of the line's end. */
	if (text.length > 0 && b[text.length - 1] == '\r')
		text.length--;
	if (text.length < 3 || b[0] < '2' || b[0] > '5' || !digit(b[1]) ||
	    !digit(b[2]) || (text.length > 3 && b[3] != ' ' && b[3] != '-'))
		return line;
	line.code =
	    (uint16_t)((b[0] - '0') * 100 + (b[1] - '0') * 10 + b[2] - '0');
	line.last = text.length == 3 || b[3] == ' ';
	line.mixed = *first != 0 && line.code != *first;
	if (line.last)
		*first = 0;
	else if (line.first)
		*first = line.code;
	if (text.length > 4) {
		text = skip(text, 4);
		line.starttls = keyword(text, "STARTTLS");
		line.auth = keyword(text, "AUTH");
		line.requiretls = keyword(text, "REQUIRETLS");
		oracle_enhanced(text, &line);
	}
	return line;
}

static bool
reply_same(const struct smtp_reply_line *a, const struct smtp_reply_line *b)
{
	return a->code == b->code && a->last == b->last &&
	       a->first == b->first && a->mixed == b->mixed &&
	       a->enhanced == b->enhanced && a->subject == b->subject &&
	       a->starttls == b->starttls && a->auth == b->auth &&
	       a->requiretls == b->requiretls;
}

static void
fuzz_replies(const char *bytes, size_t n, uint32_t seed)
{
	static struct smtp_reply_line lines[LINES_MAX];
	struct smtp_replies state = {0};
	size_t count = 0, next = 0, length;
	uint16_t first = 0;
	const char *end;

	for (size_t at = 0; at < n; at += length) {
		char *copy = piece(bytes + at, n - at, &seed, &length);
		size_t used = 0;

		while (used < length) {
			bool done;

			used += smtp_reply_feed(&state, copy + used,
			    length - used, &lines[count], &done);
			if (done && count < LINES_MAX - 1)
				count++;
		}
		free(copy);
	}
	while ((end = memchr(bytes, '\n', n)) != NULL) {
		struct text text = {bytes, (size_t)(end - bytes)};
		struct smtp_reply_line line = oracle_reply(text, &first);

		require(next < count && reply_same(&line, &lines[next]));
		next++;
		n -= text.length + 1;
		bytes = end + 1;
	}
	require(next == count);
}

/* Commands. */

static bool
parameter(struct text text, const char *word, bool equals)
{
	size_t length = strlen(word);

	for (text = skip_white(text); text.length > 0;
	     text = skip_white(text)) {
		size_t n = find_white(text);

		if (begins(text, word) && n >= length &&
		    (n == length || (equals && text.bytes[length] == '=')))
			return true;
		text = skip(text, n);
	}
	return false;
}

/* What stands behind the path of MAIL FROM:<path>. */
static struct text
behind_path(struct text text)
{
	const char *colon = memchr(text.bytes, ':', text.length);
	bool angle, quoted = false;
	size_t i;

	if (colon == NULL)
		return (struct text){text.bytes, 0};
	text = skip_white(skip(text, (size_t)(colon - text.bytes) + 1));
	angle = text.length > 0 && text.bytes[0] == '<';
	for (i = 0; i < text.length; i++) {
		char c = text.bytes[i];

		if (quoted && c == '\\')
			i++;
		else if (c == '"')
			quoted = !quoted;
		else if (!quoted && (angle ? c == '>' : white(c)))
			break;
	}
	return skip(text, i < text.length ? i + 1 : text.length);
}

static uint64_t
oracle_bdat(struct text text, struct smtp_command *c)
{
	size_t n = 0;
	uint64_t size = 0;
	bool saturated = false;

	text = skip_white(text);
	for (; n < text.length && digit(text.bytes[n]); n++) {
		unsigned __int128 wide = (unsigned __int128)size * 10 +
					 (unsigned)(text.bytes[n] - 48);

		saturated = saturated || wide > UINT64_MAX;
		size = saturated ? UINT64_MAX : (uint64_t)wide;
	}
	if (n == 0 || (n < text.length && !white(text.bytes[n])))
		return 0;
	c->last = parameter(skip(text, n), "LAST", false);
	return size;
}

static struct smtp_command
oracle_command(struct text text, uint64_t *chunk)
{
	static const char *const verbs[] = {"", "EHLO", "HELO", "STARTTLS",
	    "AUTH", "MAIL", "RCPT", "DATA", "BDAT", "RSET", "NOOP", "QUIT"};
	struct smtp_command c = {.verb = SMTP_OTHER};
	size_t n = find_white(text);
	struct text rest = skip(text, n);

	for (size_t i = 1; i < sizeof(verbs) / sizeof(verbs[0]); i++)
		if (n == strlen(verbs[i]) && begins(text, verbs[i]))
			c.verb = (enum smtp_verb)i;
	c.bare = skip_white(rest).length == 0;
	*chunk = 0;
	if (c.verb == SMTP_MAIL)
		c.requiretls = parameter(behind_path(rest), "REQUIRETLS", true);
	else if (c.verb == SMTP_BDAT)
		*chunk = oracle_bdat(rest, &c);
	return c;
}

/* Bytes of mail data with its end; 0: it does not end. */
static size_t
oracle_data(struct text text)
{
	if (begins(text, ".\r\n"))
		return 3;
	for (size_t i = 0; i + 5 <= text.length; i++)
		if (memcmp(text.bytes + i, "\r\n.\r\n", 5) == 0)
			return i + 5;
	return 0;
}

static void
command_same(const struct smtp_command *a, const struct smtp_command *b)
{
	require(a->verb == b->verb && a->bare == b->bare &&
		a->last == b->last && a->requiretls == b->requiretls);
}

/* Finds the commands in TEXT, which must be the COUNT given ones. */
static void
oracle_commands(
    struct text text, const struct smtp_command *commands, size_t count)
{
	const char *end;
	size_t next = 0;

	while ((end = memchr(text.bytes, '\n', text.length)) != NULL) {
		struct text line = {text.bytes, (size_t)(end - text.bytes)};
		uint64_t chunk;
		struct smtp_command c = oracle_command(line, &chunk);
		size_t n;

		require(next < count);
		command_same(&c, &commands[next++]);
		text = skip(text, line.length + 1);
		text = skip(
		    text, chunk < text.length ? (size_t)chunk : text.length);
		if (c.verb != SMTP_DATA)
			continue;
		n = oracle_data(text);
		if (n == 0)
			break;
		c = (struct smtp_command){.verb = SMTP_DOT};
		require(next < count);
		command_same(&c, &commands[next++]);
		text = skip(text, n);
	}
	require(next == count);
}

static void
fuzz_commands(const char *bytes, size_t n, uint32_t seed)
{
	static struct smtp_command commands[LINES_MAX];
	struct smtp_commands state = {0};
	size_t count = 0, length;

	for (size_t at = 0; at < n; at += length) {
		char *copy = piece(bytes + at, n - at, &seed, &length);
		size_t used = 0;

		while (used < length) {
			struct smtp_command *c = &commands[count];
			bool done;

			used += smtp_command_feed(
			    &state, copy + used, length - used, c, &done);
			if (!done)
				continue;
			if (c->verb == SMTP_DATA)
				smtp_command_data(&state);
			if (count < LINES_MAX - 1)
				count++;
		}
		free(copy);
	}
	oracle_commands((struct text){bytes, n}, commands, count);
}

/* A command that came was possible at every byte of its line, and the end of
   mail data at every byte of the line with the dot. */
static void
fuzz_may_be(const char *bytes, size_t n)
{
	struct smtp_commands state = {0};
	unsigned possible = ~0u;

	for (size_t i = 0; i < n; i++) {
		struct smtp_command c = {0};
		bool chunk = state.skip > 0;
		bool done;

		for (unsigned verb = SMTP_OTHER; verb <= SMTP_DOT; verb++)
			if (!smtp_command_may_be(&state, (enum smtp_verb)verb))
				possible &= ~(1u << verb);
		require(
		    smtp_command_feed(&state, bytes + i, 1, &c, &done) == 1);
		if (done)
			require((possible >> c.verb & 1) == 1);
		if (done && c.verb == SMTP_DATA)
			smtp_command_data(&state);
		if (bytes[i] == '\n' || chunk)
			possible = ~0u;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2 || size > LINES_MAX)
		return 0;
	if (data[0] % 2 == 0) {
		fuzz_replies((const char *)data + 2, size - 2, data[1]);
	} else {
		fuzz_commands((const char *)data + 2, size - 2, data[1]);
		fuzz_may_be((const char *)data + 2, size - 2);
	}
	return 0;
}
