/*
 * clock - what time it is, for deadlines and for events
 *
 * Contract: clock.h.  clock_gettime(2) of these two clocks cannot fail.
 */
#include "clock.h"

#include <time.h>

static int64_t
milliseconds(clockid_t id)
{
	struct timespec now = {0};

	clock_gettime(id, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t
monotonic(void)
{
	return milliseconds(CLOCK_MONOTONIC);
}

static int64_t
wall(void)
{
	return milliseconds(CLOCK_REALTIME);
}

struct clock_source clock_source = {monotonic, wall};
