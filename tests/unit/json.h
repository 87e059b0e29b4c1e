/*
 * json - is a text one well-formed JSON object of strings and numbers?
 *
 * For tests only: RFC 8259, as far as an event line uses it.
 */
#ifndef TESTS_UNIT_JSON_H
#define TESTS_UNIT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Moves *TEXT behind a string; false: it is none. */
static inline bool
json_string(const char **text)
{
	const char *s = *text;

	if (*s++ != '"')
		return false;
	for (; *s != '"'; s++) {
		unsigned char c = (unsigned char)*s;

		if (c < 0x20 || c > 0x7e)
			return false;
		if (c != '\\')
			continue;
		s++;
		if (*s == 'u') {
			if (strspn(s + 1, "0123456789abcdef") < 4)
				return false;
			s += 4;
		} else if (*s == '\0' || strchr("\"\\/bfnrt", *s) == NULL) {
			return false;
		}
	}
	*text = s + 1;
	return true;
}

static inline bool
json_number(const char **text)
{
	size_t digits;

	if (**text == '-')
		++*text;
	digits = strspn(*text, "0123456789");
	if (digits == 0 || (digits > 1 && **text == '0'))
		return false;
	*text += digits;
	return true;
}

static inline bool
json_line(const char *text)
{
	if (*text++ != '{')
		return false;
	for (;;) {
		if (!json_string(&text) || *text++ != ':')
			return false;
		if (*text == '"' ? !json_string(&text) : !json_number(&text))
			return false;
		if (*text == '}')
			return strcmp(text, "}\n") == 0;
		if (*text++ != ',')
			return false;
	}
}

#endif
