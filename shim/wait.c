/*
 * wait - until a descriptor is ready, or a deadline
 *
 * Contract: wait.h.
 */
#include "wait.h"

#include "clock.h"
#include "real.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/time.h>

bool
wait_for(int fd, enum wait_event event, int ms)
{
	int saved = errno;
	int64_t until = clock_monotonic() + ms;
	struct pollfd p = {
	    .fd = fd, .events = event == WAIT_INPUT ? POLLIN : POLLOUT};
	int ready, error;

	for (;;) {
		int64_t left = until - clock_monotonic();

		ready = poll(&p, 1, left > 0 ? (int)left : 0);
		error = errno;
		if (ready >= 0 || error != EINTR || left <= 0)
			break;
	}
	errno = saved;
	/* An error is for the host's own call to meet. */
	return ready > 0 || (ready < 0 && error != EINTR);
}

bool
wait_is_blocking(int fd)
{
	int saved = errno;
	int flags = real.fcntl(fd, F_GETFL);
	struct timeval timeout = {0};
	socklen_t length = sizeof(timeout);
	bool limited;

	limited =
	    getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, &length) == 0 &&
	    (timeout.tv_sec != 0 || timeout.tv_usec != 0);
	errno = saved;
	return flags != -1 && (flags & O_NONBLOCK) == 0 && !limited;
}
