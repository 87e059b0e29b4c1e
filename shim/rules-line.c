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

#include <string.h>

#define QUOTE_MAX 64 /* bytes of a word that a message shows */

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
