/*
 * smtp-command - the commands of an SMTP client, and where mail data ends
 *
 * Only what a decision rests on is read: the verb of each line, REQUIRETLS
 * behind MAIL, the size behind BDAT.  Mail data and chunks are passed over.
 *
 * Never fails: what is no known command is SMTP_OTHER, and a size that is no
 * number means no chunk.  Async-signal-safe, thread-safe per object,
 * fork-safe.
 */
#include "ascii.h"
#include "smtp.h"

#include <string.h>

enum mode { MODE_COMMANDS, MODE_DATA };

/* What of CRLF . CRLF the mail data has just ended with (RFC 5321 section
   4.1.1.4); LINE is also its start, so that "." CRLF alone ends it. */
enum dot { DOT_TEXT, DOT_CR, DOT_LINE, DOT_DOT, DOT_DOT_CR };

/* MAIL FROM:<path> parameters. */
enum mail_part {
	MAIL_FROM,
	MAIL_GAP,
	MAIL_PATH,
	MAIL_QUOTED,
	MAIL_ESCAPED,
	MAIL_PARAMETERS,
};

/* BDAT size [LAST] (RFC 3030 section 2). */
enum bdat_part { BDAT_GAP, BDAT_SIZE, BDAT_PARAMETERS, BDAT_MALFORMED };

#define MATCH_NONE UINT8_MAX

static const char verb_names[][9] = {
    [SMTP_EHLO] = "EHLO",
    [SMTP_HELO] = "HELO",
    [SMTP_STARTTLS] = "STARTTLS",
    [SMTP_AUTH] = "AUTH",
    [SMTP_MAIL] = "MAIL",
    [SMTP_RCPT] = "RCPT",
    [SMTP_DATA] = "DATA",
    [SMTP_BDAT] = "BDAT",
    [SMTP_RSET] = "RSET",
    [SMTP_NOOP] = "NOOP",
    [SMTP_QUIT] = "QUIT",
};

#define VERBS (sizeof(verb_names) / sizeof(verb_names[0]))

/* The verb so far is NAME, or (PREFIX) its beginning. */
static bool
verb_is(const struct smtp_commands *s, const char *name, bool prefix)
{
	size_t length = strlen(name);

	if (s->verb_length > length || (!prefix && s->verb_length < length))
		return false;
	return memcmp(s->verb, name, s->verb_length) == 0;
}

static enum smtp_verb
verb_find(const struct smtp_commands *s)
{
	for (size_t i = SMTP_OTHER + 1; i < VERBS; i++)
		if (verb_is(s, verb_names[i], false))
			return (enum smtp_verb)i;
	return SMTP_OTHER;
}

static void
verb_read(struct smtp_commands *s, char c)
{
	if (ascii_white(c) || c == '\n') {
		s->verb_over = true;
		s->line.verb = verb_find(s);
		s->line.bare = true;
		return;
	}
	if (s->verb_length < sizeof(s->verb))
		s->verb[s->verb_length] = ascii_upper(c);
	if (s->verb_length < UINT8_MAX)
		s->verb_length++;
}

/*
 * One byte of the parameters: true if it ends a parameter that is KEYWORD.
 * "KEYWORD=" counts too, if EQUALS: the value is not asked for.
 */
static bool
parameter_read(
    struct smtp_commands *s, char c, const char *keyword, bool equals)
{
	size_t length = strlen(keyword);
	bool whole = s->match == length;

	if (ascii_white(c)) {
		s->match = 0;
		return whole;
	}
	if (s->match < length && ascii_upper(c) == keyword[s->match])
		s->match++;
	else
		s->match = MATCH_NONE;
	return whole && equals && c == '=';
}

static void
mail_read(struct smtp_commands *s, char c)
{
	switch (s->part) {
	case MAIL_FROM:
		if (c == ':')
			s->part = MAIL_GAP;
		break;
	case MAIL_GAP:
		if (ascii_white(c))
			break;
		s->angle = c == '<';
		s->part = c == '"' ? MAIL_QUOTED : MAIL_PATH;
		break;
	case MAIL_PATH:
		if (c == '"')
			s->part = MAIL_QUOTED;
		else if (s->angle ? c == '>' : ascii_white(c))
			s->part = MAIL_PARAMETERS;
		break;
	case MAIL_QUOTED:
		if (c == '\\')
			s->part = MAIL_ESCAPED;
		else if (c == '"')
			s->part = MAIL_PATH;
		break;
	case MAIL_ESCAPED:
		s->part = MAIL_QUOTED;
		break;
	default:
		if (parameter_read(s, c, "REQUIRETLS", true))
			s->line.requiretls = true;
		break;
	}
}

static void
bdat_read(struct smtp_commands *s, char c)
{
	if (s->part == BDAT_PARAMETERS) {
		if (parameter_read(s, c, "LAST", false))
			s->line.last = true;
	} else if (s->part == BDAT_SIZE && ascii_white(c)) {
		s->part = BDAT_PARAMETERS;
	} else if (s->part != BDAT_MALFORMED && ascii_digit(c)) {
		uint64_t digit = (uint64_t)(c - '0');

		s->part = BDAT_SIZE;
		if (s->chunk > (UINT64_MAX - digit) / 10)
			s->chunk = UINT64_MAX;
		else
			s->chunk = s->chunk * 10 + digit;
	} else if (s->part == BDAT_SIZE || !ascii_white(c)) {
		s->part = BDAT_MALFORMED;
		s->chunk = 0;
	}
}

static void
rest_read(struct smtp_commands *s, char c)
{
	if (!ascii_white(c))
		s->line.bare = false;
	if (s->line.verb == SMTP_MAIL)
		mail_read(s, c);
	else if (s->line.verb == SMTP_BDAT)
		bdat_read(s, c);
}

/* The LF: it ends a verb or a parameter as white space does. */
static void
line_end(struct smtp_commands *s, struct smtp_command *command)
{
	if (!s->verb_over)
		verb_read(s, '\n');
	rest_read(s, ' ');
	*command = s->line;
	*s = (struct smtp_commands){.skip = s->chunk};
}

/* One byte of mail data: true if it is the last. */
static bool
data_read(struct smtp_commands *s, char c)
{
	switch (s->dot) {
	case DOT_CR:
		if (c == '\n') {
			s->dot = DOT_LINE;
			return false;
		}
		break;
	case DOT_LINE:
		if (c == '.') {
			s->dot = DOT_DOT;
			return false;
		}
		break;
	case DOT_DOT:
		if (c == '\r') {
			s->dot = DOT_DOT_CR;
			return false;
		}
		break;
	case DOT_DOT_CR:
		if (c == '\n')
			return true;
		break;
	default:
		break;
	}
	s->dot = c == '\r' ? DOT_CR : DOT_TEXT;
	return false;
}

static size_t
data_feed(struct smtp_commands *s, const char *bytes, size_t n,
    struct smtp_command *command, bool *done)
{
	for (size_t i = 0; i < n; i++) {
		if (data_read(s, bytes[i])) {
			*s = (struct smtp_commands){.mode = MODE_COMMANDS};
			*command = (struct smtp_command){.verb = SMTP_DOT};
			*done = true;
			return i + 1;
		}
	}
	return n;
}

size_t
smtp_command_feed(struct smtp_commands *s, const char *bytes, size_t n,
    struct smtp_command *command, bool *done)
{
	*done = false;
	if (s->skip > 0) {
		if (n > s->skip)
			n = (size_t)s->skip;
		s->skip -= n;
		return n;
	}
	if (s->mode == MODE_DATA)
		return data_feed(s, bytes, n, command, done);
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] == '\n') {
			line_end(s, command);
			*done = true;
			return i + 1;
		}
		if (s->verb_over)
			rest_read(s, bytes[i]);
		else
			verb_read(s, bytes[i]);
		if (s->column < UINT32_MAX)
			s->column++;
	}
	return n;
}

void
smtp_command_data(struct smtp_commands *s)
{
	*s = (struct smtp_commands){.mode = MODE_DATA, .dot = DOT_LINE};
}

bool
smtp_command_may_be(const struct smtp_commands *s, enum smtp_verb verb)
{
	if (s->mode == MODE_DATA)
		return verb == SMTP_DOT && s->dot >= DOT_LINE;
	if (s->skip > 0 || verb >= VERBS)
		return false;
	if (s->verb_over)
		return s->line.verb == verb;
	return verb == SMTP_OTHER || verb_is(s, verb_names[verb], true);
}
