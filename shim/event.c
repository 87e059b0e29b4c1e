/*
 * event - one line about something that was done or declined
 *
 * Contract: event.h.  The order of the keys is part of the interface.
 */
#include "event.h"

#include "decimal.h"

#include <string.h>

/* A line under construction.  `full` stops at the first field that does not
   fit; what was written before it stays. */
struct line {
	char *text;
	size_t length;
	size_t room; /* with the bytes that the line's end needs kept free */
	bool full;
	bool json;
	bool some; /* a field was written */
};

static void
put(struct line *l, char c)
{
	if (l->length < l->room)
		l->text[l->length++] = c;
	else
		l->full = true;
}

static void
puts_plain(struct line *l, const char *s)
{
	while (*s != '\0')
		put(l, *s++);
}

static void
put_number(struct line *l, int64_t n)
{
	char digits[DECIMAL_MAX];

	decimal((uint64_t)n, digits);
	puts_plain(l, digits);
}

static void
put_value(struct line *l, const char *s)
{
	static const char hex[] = "0123456789abcdef";

	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;
		bool odd = c < 0x20 || c > 0x7e;

		if (!l->json)
			put(l, odd || c == ' ' ? '?' : (char)c);
		else if (odd) {
			puts_plain(l, "\\u00");
			put(l, hex[c >> 4]);
			put(l, hex[c & 15]);
		} else {
			if (c == '"' || c == '\\')
				put(l, '\\');
			put(l, (char)c);
		}
	}
}

/* Begins a field; returns where the line ended before it. */
static size_t
begin(struct line *l, const char *key)
{
	size_t start = l->length;

	if (l->some)
		put(l, l->json ? ',' : ' ');
	if (l->json)
		put(l, '"');
	puts_plain(l, key);
	puts_plain(l, l->json ? "\":" : "=");
	return start;
}

static void
end(struct line *l, size_t start)
{
	if (l->full)
		l->length = start;
	else
		l->some = true;
}

static void
string(struct line *l, const char *key, const char *value)
{
	size_t start;

	if (l->full || (l->json && value == NULL))
		return;
	start = begin(l, key);
	if (l->json)
		put(l, '"');
	put_value(l, value != NULL ? value : "-");
	if (l->json)
		put(l, '"');
	end(l, start);
}

static void
number(struct line *l, const char *key, int64_t value)
{
	size_t start;

	if (l->full || (l->json && value < 0))
		return;
	start = begin(l, key);
	if (value < 0)
		put(l, '-');
	else
		put_number(l, value);
	end(l, start);
}

static void
rule(struct line *l, const struct event *e)
{
	size_t start;

	if (l->full || (l->json && e->rule_file == NULL))
		return;
	start = begin(l, "rule");
	if (l->json)
		put(l, '"');
	if (e->rule_file == NULL)
		put(l, '-');
	else {
		put_value(l, e->rule_file);
		put(l, ':');
		put_number(l, e->rule_line);
	}
	if (l->json)
		put(l, '"');
	end(l, start);
}

static void
fields(struct line *l, const struct event *e)
{
	string(l, "act", e->act);
	if (e->text != NULL) {
		string(l, "program", e->program);
		string(l, "text", e->text);
		return;
	}
	string(l, "method", e->method);
	string(l, "peer", e->peer);
	string(l, "mx", e->mx);
	string(l, "domain", e->domain);
	string(l, "program", e->program);
	string(l, "stage", e->stage);
	string(l, "class", e->class);
	string(l, "guard", e->guard);
	rule(l, e);
	number(l, "ms", e->ms);
}

size_t
event_text(const struct event *e, char text[EVENT_MAX])
{
	struct line l = {.text = text, .room = EVENT_MAX - 1};

	fields(&l, e);
	text[l.length] = '\0';
	return l.length;
}

/* The civil date of a day count, after Howard Hinnant's days algorithms. */
static void
put_date(struct line *l, int64_t day)
{
	int64_t z = day + 719468;
	int64_t era = z / 146097;
	int64_t doe = z % 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;
	int64_t month = mp < 10 ? mp + 3 : mp - 9;
	int64_t year = yoe + era * 400 + (month <= 2);
	int64_t date = doy - (153 * mp + 2) / 5 + 1;

	put_number(l, year);
	put(l, '-');
	put(l, (char)('0' + month / 10));
	put(l, (char)('0' + month % 10));
	put(l, '-');
	put(l, (char)('0' + date / 10));
	put(l, (char)('0' + date % 10));
}

static void
put_two(struct line *l, int64_t n)
{
	put(l, (char)('0' + n / 10 % 10));
	put(l, (char)('0' + n % 10));
}

/* RFC 3339, UTC, milliseconds. */
static void
put_time(struct line *l, int64_t time)
{
	int64_t seconds = time / 1000;
	size_t start = begin(l, "time");

	put(l, '"');
	put_date(l, seconds / 86400);
	put(l, 'T');
	put_two(l, seconds / 3600 % 24);
	put(l, ':');
	put_two(l, seconds / 60 % 60);
	put(l, ':');
	put_two(l, seconds % 60);
	put(l, '.');
	put(l, (char)('0' + time / 100 % 10));
	put_two(l, time % 100);
	puts_plain(l, "Z\"");
	end(l, start);
}

size_t
event_json(const struct event *e, char text[EVENT_MAX])
{
	struct line l = {.text = text, .room = EVENT_MAX - 3, .json = true};

	put(&l, '{');
	put_time(&l, e->time < 0 ? 0 : e->time);
	number(&l, "pid", e->pid);
	fields(&l, e);
	memcpy(text + l.length, "}\n", 3);
	return l.length + 2;
}
