/*
 * ring - the last events of all processes, in the area of the table
 *
 * A ring of fixed places.  A writer draws a number, and its event goes to the
 * place that the number leads to; a checksum over number and event tells a
 * reader whether the place still has (or already has) the event that it wants.
 * A writer that dies in the middle costs its own event and no other.
 *
 * Pure in the sense of table.h.  Async-signal-safe, thread-safe, fork-safe,
 * and safe between processes.
 */
#ifndef SHIM_RING_H
#define SHIM_RING_H

#include "table.h"

#include <stdint.h>

#define RING_PLACES 1024
#define RING_TEXT   992 /* bytes of an event's text, without NUL */

struct ring_event {
	int64_t time; /* milliseconds since 1970, UTC */
	uint32_t pid;
	uint16_t length;
	char text[RING_TEXT + 1]; /* with NUL; printable ASCII */
};

/* Stores an event; a TEXT that is too long is cut at a space. */
void ring_put(const struct table *, const char *text, size_t length,
    int64_t time, uint32_t pid);

/* The number that the next event will have.  Numbers count from 0 and wrap
   at 32 bits. */
uint32_t ring_next(const struct table *);

/* Reads event NUMBER.  False: it is not there any more, not there yet, or
   damaged; a text that is not printable ASCII counts as damaged. */
bool ring_get(const struct table *, uint32_t number, struct ring_event *);

#endif
