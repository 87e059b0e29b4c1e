/*
 * events - shows the last events of all processes, out of the memory
 *
 * As in syslog, with time and process before them, or as in the events file.
 * --follow goes on until it is interrupted, or until nobody reads.
 *
 * Single-threaded.
 */
#include "../event.h"
#include "../ring.h"
#include "store.h"
#include "text.h"
#include "tool.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define PAUSE_MS 200
/* Pauses that an event is waited for whose writer has drawn its number, and
   has not stored it. */
#define PATIENCE 5

static void
print_json(const struct ring_event *r)
{
	struct event e;
	char room[EVENT_MAX], line[EVENT_MAX];

	if (!event_parse(&e, r->text, r->length, room))
		return;
	e.time = r->time;
	e.pid = r->pid;
	event_json(&e, line);
	fputs(line, stdout);
}

static void
print_text(const struct ring_event *r)
{
	char time[TEXT_TIME];
	int64_t ms = r->time < 0 ? 0 : r->time;
	uint32_t seconds =
	    ms / 1000 > UINT32_MAX ? UINT32_MAX : (uint32_t)(ms / 1000);

	text_time(seconds, time);
	printf("%.19s.%03dZ starttls-fallback[%" PRIu32 "]: %s\n", time,
	    (int)(ms % 1000), r->pid, r->text);
}

static bool
print(const struct table *table, uint32_t number, bool json)
{
	struct ring_event r;

	if (!ring_get(table, number, &r))
		return false;
	if (json)
		print_json(&r);
	else
		print_text(&r);
	return true;
}

static void
pause_a_little(void)
{
	const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};

	nanosleep(&pause, NULL);
}

static void
say_lost(uint32_t count)
{
	fprintf(stderr,
	    "starttls-fallback: %" PRIu32 " event%s lost: overwritten before "
	    "they were read, or never written\n",
	    count, count == 1 ? " was" : "s were");
}

/* Where the reader stands. */
struct reader {
	uint32_t number; /* of the event that comes next */
	int patience;
};

/* One step.  False: there is nothing to do now. */
static bool
step(struct reader *r, const struct table *table, bool json)
{
	uint32_t waiting = ring_next(table) - r->number;

	if (waiting == 0)
		return false;
	if (waiting > RING_PLACES) {
		say_lost(waiting - RING_PLACES);
		r->number += waiting - RING_PLACES;
		return true;
	}
	if (!print(table, r->number, json)) {
		if (r->patience-- > 0)
			return false;
		say_lost(1);
	}
	r->number++;
	r->patience = PATIENCE;
	return true;
}

/* Prints from NUMBER on what comes, until standard output fails. */
static void
follow(const struct table *table, uint32_t number, bool json)
{
	struct reader reader = {number, PATIENCE};

	while (fflush(stdout) == 0 && !ferror(stdout)) {
		if (!step(&reader, table, json))
			pause_a_little();
	}
}

enum tool_status
tool_events(int argc, char **argv)
{
	bool json = false, go_on = false;
	const struct tool_option options[] = {
	    {"--json", &json}, {"--follow", &go_on}};
	enum tool_status status = TOOL_NO;
	struct store store;

	if (tool_options(argc, argv, options, 2) != argc)
		return TOOL_USAGE;
	if (store_open(&store, STORE_READ)) {
		const struct table *table = &store.memory.table;
		uint32_t next = ring_next(table);

		/* What is not there any more was overwritten long ago. */
		for (uint32_t i = next - RING_PLACES; i != next; i++)
			print(table, i, json);
		if (go_on)
			follow(table, next, json);
		status = TOOL_DONE;
	}
	store_close(&store);
	return status;
}
