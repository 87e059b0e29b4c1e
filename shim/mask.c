/*
 * mask - same-length edits of a reply while it passes
 *
 * Each byte is judged when it passes, with what the buffer holds behind it;
 * a byte that has passed is never needed again, except for the code of the
 * line and the decision that was made for the reply.
 *
 * Never fails.  Async-signal-safe, thread-safe per object, fork-safe.
 */
#include "mask.h"
#include "ascii.h"

#include <string.h>

/* Columns of a reply line. */
enum { COLUMN_SEPARATOR = 3, COLUMN_TEXT = 4 };

enum decision { UNDECIDED, SOFTEN, PASS };

static const struct {
	char name[11];
	uint8_t length;
	uint8_t keyword;
	uint8_t edit;
} keywords[] = {
    {"STARTTLS", 8, MASK_STARTTLS, MASK_EDIT_STARTTLS},
    {"AUTH", 4, MASK_AUTH, MASK_EDIT_AUTH},
    {"REQUIRETLS", 10, MASK_REQUIRETLS, MASK_EDIT_REQUIRETLS},
};

#define KEYWORDS (sizeof(keywords) / sizeof(keywords[0]))

static bool
separates(char c)
{
	return c == ' ' || c == '-' || c == '\r' || c == '\n';
}

/* The line is no reply line, as far as the buffer shows. */
static bool
no_code(const char *line, size_t n)
{
	return (n > 1 && !ascii_digit(line[1])) ||
	       (n > 2 && !ascii_digit(line[2])) ||
	       (n > COLUMN_SEPARATOR && !separates(line[COLUMN_SEPARATOR]));
}

/* Digits at TEXT, at most 3 (RFC 3463 section 2). */
static size_t
digits(const char *text, size_t n)
{
	size_t i = 0;

	while (i < n && i < 3 && ascii_digit(text[i]))
		i++;
	return i;
}

/* The buffer holds an enhanced code 5.1.x or 5.2.x with the byte behind it. */
static bool
about_recipient(const char *line, size_t n)
{
	size_t at = COLUMN_TEXT;
	size_t detail;

	if (n < at + 4 || line[at] != '5' || line[at + 1] != '.' ||
	    (line[at + 2] != '1' && line[at + 2] != '2') || line[at + 3] != '.')
		return false;
	at += 4;
	detail = digits(line + at, n - at);
	at += detail;
	return detail > 0 && at < n &&
	       (ascii_white(line[at]) || line[at] == '\n');
}

/* The line, which begins with 5, could be one that is to be softened. */
static bool
qualifies(enum mask_soften soften, const char *line, size_t n)
{
	if (soften == MASK_SOFTEN_TLS)
		return (n < 2 || line[1] == '3') &&
		       (n < 3 || line[2] == '0' || line[2] == '8');
	if (soften == MASK_SOFTEN_POLICY)
		return !about_recipient(line, n);
	return true;
}

/* The first digit of the line, which is 5. */
static unsigned
soften_code(struct mask *m, char *line, size_t n, enum mask_soften soften)
{
	if (no_code(line, n))
		return 0;
	if (m->decision == UNDECIDED && soften != MASK_SOFTEN_NONE) {
		m->decision = qualifies(soften, line, n) ? SOFTEN : PASS;
		m->decided = true;
	}
	if (m->decision != SOFTEN)
		return 0;
	m->softening = true;
	*line = '4';
	return MASK_EDIT_SOFTENED;
}

/* The first byte of the text of a softened line. */
static unsigned
soften_enhanced(char *text, size_t n)
{
	if (text[0] != '5' || (n > 1 && text[1] != '.') ||
	    (n > 2 && !ascii_digit(text[2])))
		return 0;
	*text = '4';
	return MASK_EDIT_SOFTENED;
}

/* A byte of the code of an answer that becomes 454. */
static unsigned
refuse_code(struct mask *m, char *byte, size_t n)
{
	static const char refused[] = "454";

	if (m->column == 0 && no_code(byte, n))
		m->garbage = true;
	if (m->garbage || !ascii_digit(*byte) || m->code[0] == '4')
		return 0;
	*byte = refused[m->column];
	return MASK_EDIT_REFUSED;
}

/* The first byte of its text, where an enhanced code stands. */
static unsigned
refuse_enhanced(char *text, size_t n)
{
	if (!ascii_digit(text[0]) || (n > 1 && text[1] != '.') ||
	    (n > 2 && !ascii_digit(text[2])))
		return 0;
	*text = '4';
	return MASK_EDIT_REFUSED;
}

/* A byte of the text in which a keyword can stand. */
static unsigned
mask_keyword(struct mask *m, char *text, size_t n)
{
	size_t at = (size_t)m->column - COLUMN_TEXT;

	for (size_t i = 0; i < KEYWORDS; i++) {
		if ((m->possible & keywords[i].keyword) == 0)
			continue;
		if (ascii_upper(*text) == keywords[i].name[at] &&
		    at + 1 < keywords[i].length)
			continue;
		m->possible &= (uint8_t)~keywords[i].keyword;
		if (ascii_upper(*text) != keywords[i].name[at] ||
		    (n > 1 && ascii_keyword(text[1])))
			continue;
		*text = *text == keywords[i].name[at] ? 'X' : 'x';
		return keywords[i].edit;
	}
	return 0;
}

static unsigned
byte_code(struct mask *m, char *byte, size_t n, const struct mask_want *want)
{
	char c = *byte;

	m->code[m->column] = c;
	m->garbage = m->garbage || !ascii_digit(c) ||
		     (m->column == 0 && (c < '2' || c > '5'));
	if (want->refuse)
		return refuse_code(m, byte, n);
	if (m->column == 0 && c == '5')
		return soften_code(m, byte, n, want->soften);
	return 0;
}

static unsigned
byte_text(struct mask *m, char *byte, size_t n, const struct mask_want *want)
{
	unsigned edits = 0;

	m->garbage = m->garbage || m->separator == '\r';
	if (m->garbage)
		return 0;
	if (m->column == COLUMN_TEXT) {
		if (m->softening)
			edits |= soften_enhanced(byte, n);
		if (want->refuse && m->code[0] != '4')
			edits |= refuse_enhanced(byte, n);
		if (memcmp(m->code, "250", sizeof(m->code)) == 0)
			m->possible = want->keywords;
	}
	if (m->possible != 0)
		edits |= mask_keyword(m, byte, n);
	return edits;
}

/* The LF: a hyphen behind the code goes on with the reply.  A line that proved
   to be no reply line has decided nothing. */
static void
line_end(struct mask *m)
{
	bool garbage = m->garbage || m->column < COLUMN_SEPARATOR;
	bool later = garbage ? m->later : m->separator == '-';
	bool kept = later && !(garbage && m->decided);
	uint8_t decision = kept ? m->decision : (uint8_t)UNDECIDED;

	*m = (struct mask){.later = later, .decision = decision};
}

unsigned
mask_line(struct mask *m, char *bytes, size_t n, const struct mask_want *want)
{
	unsigned edits = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned edit = 0;

		if (bytes[i] == '\n') {
			line_end(m);
			continue;
		}
		if (m->column < COLUMN_SEPARATOR) {
			edit = byte_code(m, bytes + i, n - i, want);
		} else if (m->column == COLUMN_SEPARATOR) {
			m->separator = bytes[i];
			m->garbage = m->garbage || !separates(bytes[i]);
		} else {
			edit = byte_text(m, bytes + i, n - i, want);
		}
		m->edits |= (uint8_t)edit;
		edits |= edit;
		if (m->column < UINT8_MAX)
			m->column++;
	}
	return edits;
}
