/*
 * text - times, spans and JSON strings as the subcommands print them
 *
 * Contract: text.h.
 */
#define _GNU_SOURCE
#include "text.h"

#include <string.h>
#include <time.h>

#define TIME_FORMAT "%Y-%m-%dT%H:%M:%SZ"

const char *
text_time(uint32_t seconds, char text[TEXT_TIME])
{
	time_t time = (time_t)seconds;
	struct tm tm;

	gmtime_r(&time, &tm);
	strftime(text, TEXT_TIME, TIME_FORMAT, &tm);
	return text;
}

/* strptime(3) takes more than one form; only ours comes back unchanged. */
bool
text_read_time(const char *text, uint32_t *seconds)
{
	struct tm tm = {0};
	const char *end = strptime(text, TIME_FORMAT, &tm);
	char again[TEXT_TIME];
	time_t time;

	if (end == NULL || *end != '\0')
		return false;
	time = timegm(&tm);
	if (time <= 0 || (uint64_t)time > UINT32_MAX)
		return false;
	*seconds = (uint32_t)time;
	return strcmp(text_time(*seconds, again), text) == 0;
}

const char *
text_span(uint32_t seconds, char text[TEXT_SPAN])
{
	static const struct {
		uint32_t below, unit;
		char name;
	} units[] = {
	    {100, 1, 's'},
	    {100 * 60, 60, 'm'},
	    {48 * 3600, 3600, 'h'},
	    {UINT32_MAX, 86400, 'd'},
	};
	size_t i = 0;

	while (i < 3 && seconds >= units[i].below)
		i++;
	snprintf(text, TEXT_SPAN, "%u%c",
	    seconds / units[i].unit + (seconds % units[i].unit != 0),
	    units[i].name);
	return text;
}

void
text_json(FILE *to, const char *text)
{
	putc('"', to);
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < 0x20 || c > 0x7e)
			fprintf(to, "\\u%04x", c);
		else if (c == '"' || c == '\\')
			fprintf(to, "\\%c", c);
		else
			putc(c, to);
	}
	putc('"', to);
}

bool
text_read_number(const char *text, uint64_t most, uint64_t *n)
{
	uint64_t value = 0;

	if (text[0] == '\0' || (text[0] == '0' && text[1] != '\0'))
		return false;
	for (; *text != '\0'; text++) {
		uint64_t digit = (uint64_t)(*text - '0');

		if (*text < '0' || *text > '9' || digit > most ||
		    value > (most - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*n = value;
	return true;
}
