/*
 * redial - connects the same socket to the same peer once more
 *
 * On Linux connect(2) to AF_UNSPEC disconnects a TCP socket, and another
 * connect(2) gives it a new connection: the descriptor, its duplicates, epoll
 * registrations, socket options and an explicitly bound source address stay.
 * Between the two an epoll would report EPOLLHUP, so nothing runs in between.
 * The old connection ends with an RST and is never spoken to again (RFC 3207
 * section 4).
 *
 * Async-signal-, thread- and fork-safe; keeps errno.  Holds nothing while it
 * waits.  The descriptor's O_NONBLOCK is as before when it returns.
 */
#ifndef SHIM_REDIAL_H
#define SHIM_REDIAL_H

#include <sys/socket.h>

enum redial {
	REDIAL_DONE,	/* connected, and the banner was a 220; it is read */
	REDIAL_REFUSED, /* the kernel keeps the old connection: nothing changed */
	REDIAL_FAILED, /* the second connection failed, was refused, or began
	                   with another reply; it is shut down */
};

/* MS: milliseconds for connection and banner together. */
enum redial redial(
    int fd, const struct sockaddr *peer, socklen_t length, int ms);

#endif
