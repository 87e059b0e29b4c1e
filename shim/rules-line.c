/*
 * rules-line - one line of a policy file: its words, and what is said of it
 *
 * Words are cut out of the text, never copied.  A text that does not fit is
 * cut off, never an error of its own.  libc's number and character functions
 * look at the locale of the program the shim lives in, so digits are read
 * and written by hand.
 *
 * Async-signal-safe, thread-safe per object, fork-safe.
 */
#include "rules-line.h"
#include "ascii.h"

#include <string.h>

#define QUOTE_MAX  64  /* bytes of a word that a message shows */
#define DOMAIN_MAX 253 /* RFC 1035 section 2.3.4, as text without the root */
#define LABEL_MAX  63

static bool
is_space(char c)
{
	return c == ' ' || c == '\t';
}

bool
rules_line_word(struct rules_line *line, struct rules_word *word)
{
	while (line->at < line->end && is_space(*line->at))
		line->at++;
	if (line->at == line->end || *line->at == '#') {
		line->at = line->end;
		return false;
	}
	word->bytes = line->at;
	while (line->at < line->end && !is_space(*line->at))
		line->at++;
	word->length = (size_t)(line->at - word->bytes);
	return true;
}

void
rules_line_end(struct rules_line *line)
{
	struct rules_word word;

	while (rules_line_word(line, &word)) {
		rules_line_error(line, "", word,
		    " is more than this directive takes (a comment begins "
		    "with #)");
	}
}

bool
rules_word_is(struct rules_word word, const char *name)
{
	return strlen(name) == word.length &&
	       memcmp(name, word.bytes, word.length) == 0;
}

bool
rules_word_number(
    struct rules_word word, unsigned from, unsigned to, unsigned *number)
{
	unsigned value = 0;

	/* Nine digits are more than any value of the policy has, and fit. */
	if (word.length == 0 || word.length > 9)
		return false;
	if (word.bytes[0] == '0' && word.length > 1)
		return false;
	for (size_t i = 0; i < word.length; i++) {
		char c = word.bytes[i];

		if (c < '0' || c > '9')
			return false;
		value = value * 10 + (unsigned)(c - '0');
	}
	if (value < from || value > to)
		return false;
	*number = value;
	return true;
}

/* A number as above, then a unit. */
static bool
read_time(struct rules_word word, unsigned most, unsigned *seconds)
{
	static const struct {
		char name;
		unsigned seconds;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	unsigned number;

	if (word.length == 0)
		return false;
	word.length--;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		unsigned unit = units[i].seconds;

		if (word.bytes[word.length] != units[i].name)
			continue;
		if (!rules_word_number(word, 1, most / unit, &number))
			return false;
		*seconds = number * unit;
		return true;
	}
	return false;
}

bool
rules_word_times(
    struct rules_word word, unsigned most, unsigned *from, unsigned *to)
{
	struct rules_word first = word, last = word;
	size_t dots = 0;

	while (dots + 1 < word.length &&
	       (word.bytes[dots] != '.' || word.bytes[dots + 1] != '.'))
		dots++;
	if (dots + 1 < word.length) {
		first.length = dots;
		last.bytes += dots + 2;
		last.length -= dots + 2;
	}
	return read_time(first, most, from) && read_time(last, most, to);
}

/* Letters, digits, hyphen, and the underscore that real names have. */
static bool
is_label_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       ascii_digit(c) || c == '-' || c == '_';
}

bool
rules_word_is_domain(struct rules_word word)
{
	const char *name = word.bytes;
	size_t length = word.length, label = 0;

	if (length == 0 || length > DOMAIN_MAX)
		return false;
	for (size_t i = 0; i < length; i++) {
		bool ends = i + 1 == length || name[i + 1] == '.';

		if (name[i] == '.') {
			if (label == 0 || i + 1 == length)
				return false;
			label = 0;
			continue;
		}
		if (!is_label_byte(name[i]) || ++label > LABEL_MAX)
			return false;
		if (name[i] == '-' && (label == 1 || ends))
			return false;
	}
	return true;
}

bool
rules_line_pair(const struct rules_line *line, struct rules_word word,
    struct rules_word *key, struct rules_word *value)
{
	const char *equals = memchr(word.bytes, '=', word.length);

	if (equals == NULL || equals == word.bytes) {
		rules_line_error(line, "", word, " is not KEY=VALUE");
		return false;
	}
	key->bytes = word.bytes;
	key->length = (size_t)(equals - word.bytes);
	value->bytes = equals + 1;
	value->length = word.length - key->length - 1;
	return true;
}

void
rules_text_start(struct rules_text *text)
{
	text->length = 0;
	text->bytes[0] = '\0';
}

static void
add_byte(struct rules_text *text, char c)
{
	if (text->length + 1 < sizeof(text->bytes)) {
		text->bytes[text->length++] = c;
		text->bytes[text->length] = '\0';
	}
}

/* What a log or a terminal could take for more than text becomes ?. */
static void
add_shown(struct rules_text *text, char c)
{
	add_byte(text, c >= ' ' && c <= '~' ? c : '?');
}

void
rules_text_add(struct rules_text *text, const char *string)
{
	while (*string != '\0')
		add_shown(text, *string++);
}

void
rules_text_number(struct rules_text *text, unsigned number)
{
	unsigned unit = 1;

	while (number / unit >= 10)
		unit *= 10;
	for (; unit > 0; unit /= 10)
		add_byte(text, (char)('0' + number / unit % 10));
}

void
rules_text_quote(struct rules_text *text, struct rules_word word)
{
	add_byte(text, '"');
	for (size_t i = 0; i < word.length && i < QUOTE_MAX; i++)
		add_shown(text, word.bytes[i]);
	if (word.length > QUOTE_MAX)
		rules_text_add(text, "...");
	add_byte(text, '"');
}

void
rules_line_say(const struct rules_line *line, enum rules_level level,
    const struct rules_text *text)
{
	rules_problem(
	    line->rules, line->file, line->number, level, text->bytes);
}

void
rules_line_plain(const struct rules_line *line, const char *string)
{
	rules_problem(
	    line->rules, line->file, line->number, RULES_ERROR, string);
}

void
rules_line_error(const struct rules_line *line, const char *before,
    struct rules_word word, const char *after)
{
	struct rules_text text;

	rules_text_start(&text);
	rules_text_add(&text, before);
	rules_text_quote(&text, word);
	rules_text_add(&text, after);
	rules_line_say(line, RULES_ERROR, &text);
}

bool
rules_line_path(const struct rules_line *line, struct rules_word path)
{
	if (path.bytes[0] != '/') {
		rules_line_error(line, "", path,
		    " is not an absolute path: it must begin with /");
		return false;
	}
	if (path.bytes[path.length - 1] == '/') {
		rules_line_error(
		    line, "", path, " is a directory: name a file in it");
		return false;
	}
	return true;
}
