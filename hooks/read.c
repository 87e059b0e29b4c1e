/*
 * read - what the peer sends
 *
 * Every call that takes bytes from a socket, and the fortified twin that
 * -D_FORTIFY_SOURCE makes of it.  On a watched descriptor the session is asked
 * first (it may answer for a dead connection, or wait with a deadline) and
 * told afterwards; bytes that are only peeked at are shown, not counted.
 *
 * Async-signal-safe, thread-safe, fork-safe.
 */
#include "hook.h"

#include "../shim/fd.h"
#include "../shim/session.h"

/* Calls whose bytes are not the stream's next ones. */
#define ASIDE (MSG_OOB | MSG_ERRQUEUE | MSG_TRUNC)

static ssize_t
received(int fd, const struct iovec *vector, size_t count, ssize_t n, int flags)
{
	bool room = false;

	for (size_t i = 0; i < count && !room; i++)
		room = vector[i].iov_len > 0;
	if (room && (flags & ASIDE) == 0)
		session_received(fd, vector, count, n, (flags & MSG_PEEK) != 0);
	return n;
}

static ssize_t
received_bytes(int fd, void *buffer, size_t size, ssize_t n, int flags)
{
	struct iovec vector = {buffer, size};

	return received(fd, &vector, 1, n, flags);
}

static SLOW ssize_t
watched_read(int fd, void *buffer, size_t size)
{
	ssize_t n;

	if (session_before_read(fd, 0, &n))
		return n;
	n = next_read(fd, buffer, size);
	return received_bytes(fd, buffer, size, n, 0);
}

EXPORT ssize_t
read(int fd, void *buffer, size_t size)
{
	if (fd_watched(fd))
		return watched_read(fd, buffer, size);
	return next_read(fd, buffer, size);
}

static SLOW ssize_t
watched_read_chk(int fd, void *buffer, size_t size, size_t room)
{
	ssize_t n;

	if (session_before_read(fd, 0, &n))
		return n;
	n = next___read_chk(fd, buffer, size, room);
	return received_bytes(fd, buffer, size, n, 0);
}

EXPORT ssize_t
__read_chk(int fd, void *buffer, size_t size, size_t room)
{
	if (fd_watched(fd))
		return watched_read_chk(fd, buffer, size, room);
	return next___read_chk(fd, buffer, size, room);
}

static SLOW ssize_t
watched_readv(int fd, const struct iovec *vector, int count)
{
	ssize_t n;

	if (session_before_read(fd, 0, &n))
		return n;
	n = next_readv(fd, vector, count);
	return received(fd, vector, count > 0 ? (size_t)count : 0, n, 0);
}

EXPORT ssize_t
readv(int fd, const struct iovec *vector, int count)
{
	if (fd_watched(fd))
		return watched_readv(fd, vector, count);
	return next_readv(fd, vector, count);
}

static SLOW ssize_t
watched_recv(int fd, void *buffer, size_t size, int flags)
{
	ssize_t n;

	if (session_before_read(fd, flags, &n))
		return n;
	n = next_recv(fd, buffer, size, flags);
	return received_bytes(fd, buffer, size, n, flags);
}

EXPORT ssize_t
recv(int fd, void *buffer, size_t size, int flags)
{
	if (fd_watched(fd))
		return watched_recv(fd, buffer, size, flags);
	return next_recv(fd, buffer, size, flags);
}

static SLOW ssize_t
watched_recv_chk(int fd, void *buffer, size_t size, size_t room, int flags)
{
	ssize_t n;

	if (session_before_read(fd, flags, &n))
		return n;
	n = next___recv_chk(fd, buffer, size, room, flags);
	return received_bytes(fd, buffer, size, n, flags);
}

EXPORT ssize_t
__recv_chk(int fd, void *buffer, size_t size, size_t room, int flags)
{
	if (fd_watched(fd))
		return watched_recv_chk(fd, buffer, size, room, flags);
	return next___recv_chk(fd, buffer, size, room, flags);
}

static SLOW ssize_t
watched_recvfrom(int fd, void *buffer, size_t size, int flags,
    struct sockaddr *address, socklen_t *length)
{
	ssize_t n;

	if (session_before_read(fd, flags, &n))
		return n;
	n = next_recvfrom(fd, buffer, size, flags, address, length);
	return received_bytes(fd, buffer, size, n, flags);
}

EXPORT ssize_t
recvfrom(int fd, void *buffer, size_t size, int flags, struct sockaddr *address,
    socklen_t *length)
{
	if (fd_watched(fd))
		return watched_recvfrom(
		    fd, buffer, size, flags, address, length);
	return next_recvfrom(fd, buffer, size, flags, address, length);
}

static SLOW ssize_t
watched_recvfrom_chk(int fd, void *buffer, size_t size, size_t room, int flags,
    struct sockaddr *address, socklen_t *length)
{
	ssize_t n;

	if (session_before_read(fd, flags, &n))
		return n;
	n = next___recvfrom_chk(fd, buffer, size, room, flags, address, length);
	return received_bytes(fd, buffer, size, n, flags);
}

EXPORT ssize_t
__recvfrom_chk(int fd, void *buffer, size_t size, size_t room, int flags,
    struct sockaddr *address, socklen_t *length)
{
	if (fd_watched(fd))
		return watched_recvfrom_chk(
		    fd, buffer, size, room, flags, address, length);
	return next___recvfrom_chk(
	    fd, buffer, size, room, flags, address, length);
}

static SLOW ssize_t
watched_recvmsg(int fd, struct msghdr *message, int flags)
{
	ssize_t n;

	if (session_before_read(fd, flags, &n))
		return n;
	n = next_recvmsg(fd, message, flags);
	return received(fd, message->msg_iov, message->msg_iovlen, n, flags);
}

EXPORT ssize_t
recvmsg(int fd, struct msghdr *message, int flags)
{
	if (fd_watched(fd))
		return watched_recvmsg(fd, message, flags);
	return next_recvmsg(fd, message, flags);
}
