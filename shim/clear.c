/*
 * clear - the answers of a TLS handle that the shim answers for
 *
 * Contract: clear.h.
 */
#define _GNU_SOURCE
#include "clear.h"

#include "out.h"
#include "real.h"
#include "session.h"

#include <errno.h>
#include <sys/ioctl.h>

#define STATES 256

static struct clear states[STATES];
_Atomic int clear_handles;

struct clear *
clear_new(void)
{
	for (size_t i = 0; i < STATES; i++) {
		struct clear *c = &states[i];
		bool used = false;

		if (!atomic_compare_exchange_strong(&c->used, &used, true))
			continue;
		c->failed = c->closed = c->ended = false;
		c->status = CLEAR_OK;
		c->sent = 0;
		atomic_fetch_add(&clear_handles, 1);
		return c;
	}
	return NULL;
}

void
clear_free(struct clear *c)
{
	atomic_fetch_sub(&clear_handles, 1);
	atomic_store(&c->used, false);
}

static bool
is_temporary(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

ssize_t
clear_read(struct clear *c, int fd, void *buffer, size_t size, bool peek)
{
	struct iovec vector = {buffer, size};
	ssize_t n;

	if (c->failed) {
		c->status = CLEAR_ERROR;
		errno = ETIMEDOUT;
		return -1;
	}
	if (!session_before_read(fd, 0, &n)) {
		n = real.recv(fd, buffer, size, peek ? MSG_PEEK : 0);
		session_received(fd, &vector, 1, n, peek);
	}
	if (n > 0)
		c->status = CLEAR_OK;
	else if (n == 0) {
		c->status = CLEAR_CLOSED;
		c->closed = true;
	} else
		c->status =
		    is_temporary(errno) ? CLEAR_WANTS_INPUT : CLEAR_ERROR;
	return n;
}

int
clear_pending(const struct clear *c, int fd)
{
	int saved = errno;
	int n = 0;

	if (c->failed || ioctl(fd, FIONREAD, &n) != 0)
		n = 0;
	errno = saved;
	return n;
}

/* One transfer; the lines in it are looked at on the way (out.h).  A
   descriptor that the session lost is no place for mail. */
static ssize_t
transfer(int fd, const char *bytes, size_t size)
{
	struct iovec vector = {(void *)(uintptr_t)bytes, size};
	ssize_t n;

	if (out_send(fd, &vector, 1, MSG_NOSIGNAL, &n))
		return n;
	errno = EPIPE;
	return -1;
}

ssize_t
clear_write(
    struct clear *c, int fd, const void *bytes, size_t size, bool partly)
{
	ssize_t n = 0;

	if (c->failed) {
		c->status = CLEAR_ERROR;
		errno = ETIMEDOUT;
		return -1;
	}
	if (c->sent > size)
		c->sent = 0;
	while (c->sent < size) {
		n = transfer(fd, (const char *)bytes + c->sent, size - c->sent);
		if (n < 0)
			break;
		c->sent += (size_t)n;
		if (partly)
			break;
	}
	if (n < 0 && is_temporary(errno)) {
		c->status = CLEAR_WANTS_OUTPUT;
		return -1;
	}
	c->status = n < 0 ? CLEAR_ERROR : CLEAR_OK;
	if (n >= 0)
		n = (ssize_t)c->sent;
	c->sent = 0;
	return n;
}
