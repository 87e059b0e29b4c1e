/*
 * clock - what time it is, for deadlines and for events
 *
 * Replaceable: tests set `clock_source`.  The default reads clock_gettime(2).
 * Async-signal-, thread- and fork-safe.
 */
#ifndef SHIM_CLOCK_H
#define SHIM_CLOCK_H

#include <stdint.h>

struct clock_source {
	int64_t (*monotonic)(void); /* milliseconds since some start */
	int64_t (*wall)(void);	    /* milliseconds since 1970, UTC */
};

extern struct clock_source clock_source;

static inline int64_t
clock_monotonic(void)
{
	return clock_source.monotonic();
}

static inline int64_t
clock_wall(void)
{
	return clock_source.wall();
}

#endif
