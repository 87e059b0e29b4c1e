/*
 * connect - where a watched connection begins
 *
 * The session begins after the call: sendmail leaves connect(2) by longjmp
 * from a signal handler.  Interrupted or non-blocking connects go on by
 * themselves and count.
 *
 * Async-signal-safe, thread-safe, fork-safe.
 */
#include "hook.h"

#include "../shim/session.h"

static bool
is_on_its_way(int result, int error)
{
	return result == 0 || error == EINPROGRESS || error == EINTR ||
	       error == EALREADY || error == EISCONN;
}

EXPORT int
connect(int fd, const struct sockaddr *address, socklen_t length)
{
	int result = next_connect(fd, address, length);
	int error = errno;

	if (is_on_its_way(result, error))
		session_connect(fd, address, length);
	errno = error;
	return result;
}
