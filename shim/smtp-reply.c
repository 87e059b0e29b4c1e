/*
 * smtp-reply - the lines of SMTP replies, byte by byte
 *
 * A line is read by its columns: three digits, a separator, the text.  Two
 * small readers run over the text at once, one for its first word (a keyword,
 * if the reply answers EHLO) and one for an enhanced status code.
 *
 * Never fails and never looks ahead: the same bytes give the same lines
 * whatever the pieces they come in.  Async-signal-safe, thread-safe per
 * object, fork-safe.
 */
#include "ascii.h"
#include "smtp.h"

#include <string.h>

/* Columns of a reply line. */
enum { COLUMN_SEPARATOR = 3, COLUMN_TEXT = 4 };

/* An enhanced code (RFC 3463 section 2): class "." subject "." detail. */
enum enhanced_part {
	ENHANCED_CLASS,
	ENHANCED_DOT,
	ENHANCED_SUBJECT,
	ENHANCED_DETAIL,
	ENHANCED_WHOLE,
	ENHANCED_NONE,
};

#define ENHANCED_DIGITS 3

static void
enhanced_read(struct smtp_replies *r, char c)
{
	bool digit = ascii_digit(c) && r->digits < ENHANCED_DIGITS;

	switch (r->part) {
	case ENHANCED_CLASS:
		if (c == '2' || c == '4' || c == '5') {
			r->line.enhanced = (uint8_t)(c - '0');
			r->part = ENHANCED_DOT;
		} else {
			r->part = ENHANCED_NONE;
		}
		break;
	case ENHANCED_DOT:
		r->part = c == '.' ? ENHANCED_SUBJECT : ENHANCED_NONE;
		break;
	case ENHANCED_SUBJECT:
		if (digit) {
			r->number = (uint16_t)(r->number * 10 + (c - '0'));
			r->digits++;
		} else if (c == '.' && r->digits > 0) {
			r->line.subject = r->number;
			r->digits = 0;
			r->part = ENHANCED_DETAIL;
		} else {
			r->part = ENHANCED_NONE;
		}
		break;
	case ENHANCED_DETAIL:
		if (digit)
			r->digits++;
		else if (r->digits > 0 && (ascii_white(c) || c == '\n'))
			r->part = ENHANCED_WHOLE;
		else
			r->part = ENHANCED_NONE;
		break;
	default:
		break;
	}
}

static bool
word_is(const struct smtp_replies *r, const char *keyword)
{
	size_t length = strlen(keyword);

	return r->word == length && memcmp(r->text, keyword, length) == 0;
}

static void
word_read(struct smtp_replies *r, char c)
{
	if (r->word_over)
		return;
	if (ascii_keyword(c)) {
		if (r->word < sizeof(r->text))
			r->text[r->word] = ascii_upper(c);
		if (r->word < UINT8_MAX)
			r->word++;
		return;
	}
	r->word_over = true;
	r->line.starttls = word_is(r, "STARTTLS");
	r->line.auth = word_is(r, "AUTH");
	r->line.requiretls = word_is(r, "REQUIRETLS");
}

/* One byte that is no LF. */
static void
line_read(struct smtp_replies *r, char c)
{
	if (r->garbage) {
		/* nothing in it counts */
	} else if (r->column < COLUMN_SEPARATOR) {
		if (ascii_digit(c) && (r->column > 0 || (c >= '2' && c <= '5')))
			r->line.code =
			    (uint16_t)(r->line.code * 10 + (c - '0'));
		else
			r->garbage = true;
	} else if (r->column == COLUMN_SEPARATOR) {
		r->separator = c;
		r->garbage = c != ' ' && c != '-' && c != '\r';
	} else if (r->separator == '\r') {
		r->garbage = true;
	} else {
		word_read(r, c);
		enhanced_read(r, c);
	}
	if (r->column < UINT16_MAX)
		r->column++;
}

/* The LF. */
static void
line_end(struct smtp_replies *r, struct smtp_reply_line *line)
{
	uint16_t first = r->first;

	if (r->garbage || r->column < COLUMN_SEPARATOR) {
		*line = (struct smtp_reply_line){
		    .first = first == 0,
		    .last = first == 0,
		};
	} else {
		if (r->column >= COLUMN_TEXT) {
			word_read(r, '\n');
			enhanced_read(r, '\n');
		}
		if (r->part != ENHANCED_WHOLE) {
			r->line.enhanced = 0;
			r->line.subject = 0;
		}
		r->line.first = first == 0;
		r->line.last = r->separator != '-';
		r->line.mixed = first != 0 && r->line.code != first;
		*line = r->line;
		if (line->last)
			first = 0;
		else if (line->first)
			first = line->code;
	}
	*r = (struct smtp_replies){.first = first};
}

size_t
smtp_reply_feed(struct smtp_replies *r, const char *bytes, size_t n,
    struct smtp_reply_line *line, bool *done)
{
	*done = false;
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] == '\n') {
			line_end(r, line);
			*done = true;
			return i + 1;
		}
		line_read(r, bytes[i]);
	}
	return n;
}
