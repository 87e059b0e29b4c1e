/*
 * write - what the host sends
 *
 * Every call that hands bytes to a socket.  In a session that was downgraded
 * the core sends them itself (out.h); in any other the call goes through and
 * the session is told what left.
 *
 * Async-signal-safe, thread-safe, fork-safe.
 */
#include "hook.h"

#include "../shim/fd.h"
#include "../shim/out.h"
#include "../shim/session.h"

/* A call with an address may be the connect(2) as well (RFC 7413). */
static void
opened(int fd, const struct sockaddr *address, socklen_t length, ssize_t n,
    int flags)
{
	int saved = errno;

	if ((flags & MSG_FASTOPEN) != 0 && address != NULL &&
	    (n >= 0 || errno == EINPROGRESS))
		session_connect(fd, address, length);
	errno = saved;
}

/* Descriptors that are handed to another process (unix(7), SCM_RIGHTS). */
static void
handed_over(const struct msghdr *message)
{
	struct msghdr m = *message;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c != NULL;
	     c = CMSG_NXTHDR(&m, c)) {
		const int *fd = (const void *)CMSG_DATA(c);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(*fd);
		     n > 0; n--)
			session_share(*fd++);
	}
}

static ssize_t
sent(int fd, const struct iovec *vector, size_t count, ssize_t n)
{
	session_sent(fd, vector, count, n);
	return n;
}

static SLOW ssize_t
watched_write(int fd, const void *bytes, size_t size)
{
	struct iovec vector = {(void *)(uintptr_t)bytes, size};
	ssize_t n;

	if (out_send(fd, &vector, 1, 0, &n))
		return n;
	return sent(fd, &vector, 1, next_write(fd, bytes, size));
}

EXPORT ssize_t
write(int fd, const void *bytes, size_t size)
{
	if (fd_watched(fd))
		return watched_write(fd, bytes, size);
	return next_write(fd, bytes, size);
}

static SLOW ssize_t
watched_writev(int fd, const struct iovec *vector, int count)
{
	size_t pieces = count > 0 ? (size_t)count : 0;
	ssize_t n;

	if (out_send(fd, vector, pieces, 0, &n))
		return n;
	return sent(fd, vector, pieces, next_writev(fd, vector, count));
}

EXPORT ssize_t
writev(int fd, const struct iovec *vector, int count)
{
	if (fd_watched(fd))
		return watched_writev(fd, vector, count);
	return next_writev(fd, vector, count);
}

static SLOW ssize_t
watched_send(int fd, const void *bytes, size_t size, int flags)
{
	struct iovec vector = {(void *)(uintptr_t)bytes, size};
	ssize_t n;

	if (out_send(fd, &vector, 1, flags, &n))
		return n;
	return sent(fd, &vector, 1, next_send(fd, bytes, size, flags));
}

EXPORT ssize_t
send(int fd, const void *bytes, size_t size, int flags)
{
	if (fd_watched(fd))
		return watched_send(fd, bytes, size, flags);
	return next_send(fd, bytes, size, flags);
}

EXPORT ssize_t
sendto(int fd, const void *bytes, size_t size, int flags,
    const struct sockaddr *address, socklen_t length)
{
	struct iovec vector = {(void *)(uintptr_t)bytes, size};
	ssize_t n;

	if (fd_watched(fd) && out_send(fd, &vector, 1, flags, &n))
		return n;
	n = next_sendto(fd, bytes, size, flags, address, length);
	opened(fd, address, length, n, flags);
	return fd_watched(fd) ? sent(fd, &vector, 1, n) : n;
}

EXPORT ssize_t
sendmsg(int fd, const struct msghdr *message, int flags)
{
	ssize_t n;

	if (fd_watched(fd) &&
	    out_send(fd, message->msg_iov, message->msg_iovlen, flags, &n))
		return n;
	if (message->msg_controllen > 0)
		handed_over(message);
	n = next_sendmsg(fd, message, flags);
	opened(fd, message->msg_name, message->msg_namelen, n, flags);
	if (!fd_watched(fd))
		return n;
	return sent(fd, message->msg_iov, message->msg_iovlen, n);
}
