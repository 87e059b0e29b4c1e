/*
 * say - events to syslog, to the events file and to the memory's ring
 *
 * Each event is one datagram to /dev/log from a socket of its own, and one
 * write to the events file, opened for it: no descriptor is kept that a host
 * could close and reuse.  What cannot be reached (a chroot, no syslog) is
 * left out, silently: there is nobody to tell.
 *
 * Async-signal-safe, thread-safe, fork-safe; keeps errno; never blocks.
 */
#ifndef SHIM_SAY_H
#define SHIM_SAY_H

#include "event.h"

enum say_level { SAY_NOTICE = 5, SAY_ERROR = 3 };

/* Fills in time, pid and program. */
void say(enum say_level, struct event *);

/* act=error with TEXT, to syslog's mail facility only: there is no policy. */
void say_error(const char *text);

#endif
