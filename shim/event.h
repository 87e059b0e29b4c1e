/*
 * event - one line about something that was done or declined
 *
 * Pure: fields in, text out, for syslog and as JSON.  Values come from peers
 * and from policy files: whatever is not printable ASCII, and white space,
 * becomes '?' in the syslog form and an escape in JSON.  A line that does not
 * fit is cut at a field, never inside one, and stays well formed.
 *
 * Async-signal-safe, thread-safe, fork-safe.
 */
#ifndef SHIM_EVENT_H
#define SHIM_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EVENT_MAX 1024 /* bytes of a line with its end */

/* A string that is NULL is unknown: "-" in syslog, absent in JSON. */
struct event {
	const char *act;
	const char *method;
	const char *peer; /* "[192.0.2.7]:25" */
	const char *mx;
	const char *domain;
	const char *program;
	const char *stage;
	const char *class;
	const char *guard;
	const char *rule_file;
	unsigned rule_line; /* with rule_file */
	int64_t ms;	    /* milliseconds; negative: unknown */
	const char *text;   /* act=error only: what is wrong */
	int64_t time;	    /* milliseconds since 1970, UTC */
	int64_t pid;
};

/* "act=fallback method=live ..." with NUL; returns its length. */
size_t event_text(const struct event *, char line[EVENT_MAX]);

/* One JSON object and a newline, with NUL; returns its length. */
size_t event_json(const struct event *, char line[EVENT_MAX]);

/* Reads event_text()'s line of LENGTH bytes back.  What is unknown, or is not
   there, is NULL or negative; `time` and `pid` are not in the line.  *EVENT
   points into ROOM.  False: the line is too long or has no act. */
bool event_parse(
    struct event *, const char *line, size_t length, char room[EVENT_MAX]);

#endif
