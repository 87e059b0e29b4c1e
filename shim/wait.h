/*
 * wait - until a descriptor is ready, or a deadline
 *
 * Async-signal-, thread- and fork-safe; keeps errno.  A signal handler of the
 * host's may leave by longjmp: nothing is held meanwhile.
 */
#ifndef SHIM_WAIT_H
#define SHIM_WAIT_H

#include <stdbool.h>

enum wait_event { WAIT_INPUT, WAIT_OUTPUT };

/*
 * Waits at most MS milliseconds.  False: the time is up.  A descriptor with
 * an error or a hangup is ready.  Interrupted waits go on: like a read under
 * SA_RESTART, whose deadline this is.
 */
bool wait_for(int fd, enum wait_event, int ms);

/* Would a read of FD wait without end?  (No O_NONBLOCK, no SO_RCVTIMEO.) */
bool wait_is_blocking(int fd);

#endif
