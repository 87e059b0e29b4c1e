/*
 * event-parse - the line of an event, read back
 *
 * Contract: event.h.  A field that is not known is passed over, and so is a
 * number that is none: lines come out of a ring that others can write.
 *
 * Async-signal-safe, thread-safe, fork-safe.
 */
#include "event.h"

#include <string.h>

/* Decimal digits up to the NUL; false: something else, or too large. */
static bool
number(const char *text, int64_t *value)
{
	int64_t n = 0;

	if (*text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		int digit = *text - '0';

		if (digit < 0 || digit > 9 || n > (INT64_MAX - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	*value = n;
	return true;
}

/* "FILE:LINE", cut in two. */
static void
rule(struct event *e, char *value)
{
	char *colon = strrchr(value, ':');
	int64_t line;

	if (colon == NULL || !number(colon + 1, &line) || line > UINT32_MAX)
		return;
	*colon = '\0';
	e->rule_file = value;
	e->rule_line = (unsigned)line;
}

static void
field(struct event *e, const char *key, char *value)
{
	const struct {
		const char *key;
		const char **value;
	} strings[] = {
	    {"act", &e->act},
	    {"method", &e->method},
	    {"peer", &e->peer},
	    {"mx", &e->mx},
	    {"domain", &e->domain},
	    {"program", &e->program},
	    {"stage", &e->stage},
	    {"class", &e->class},
	    {"guard", &e->guard},
	    {"text", &e->text},
	};

	if (value[0] == '\0' || strcmp(value, "-") == 0)
		return;
	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		if (strcmp(key, strings[i].key) == 0)
			*strings[i].value = value;
	}
	if (strcmp(key, "rule") == 0)
		rule(e, value);
	else if (strcmp(key, "ms") == 0)
		number(value, &e->ms);
}

bool
event_parse(
    struct event *e, const char *line, size_t length, char room[EVENT_MAX])
{
	char *next = room;

	memset(e, 0, sizeof(*e));
	e->ms = -1;
	e->pid = -1;
	if (length >= EVENT_MAX)
		return false;
	memcpy(room, line, length);
	room[length] = '\0';
	while (next != NULL) {
		char *key = next;
		char *value;

		next = strchr(key, ' ');
		if (next != NULL)
			*next++ = '\0';
		value = strchr(key, '=');
		if (value == NULL)
			continue;
		*value++ = '\0';
		field(e, key, value);
	}
	return e->act != NULL;
}
