/*
 * link - the byte transport of a connection: a socket, or TLS over it
 *
 * Every wait ends at the link's deadline or at SIGTERM, which is blocked but
 * inside ppoll(2), so that none is lost.  The end of a link is final: all
 * functions fail after it.  Bytes received outside TLS are logged here.
 *
 * One link for each process; not thread-safe.
 */
#define _GNU_SOURCE /* ppoll */

#include "link.h"

#include "tls.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t terminated;

static void
on_term(int number)
{
	(void)number;
	terminated = 1;
}

void
link_catch_term(void)
{
	struct sigaction action = {.sa_handler = on_term};
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)sigaction(SIGTERM, &action, NULL);
}

int64_t
link_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits for EVENTS (0: none) until UNTIL.  1 ready, 0 time is up. */
static int
wait_until(int fd, short events, int64_t until)
{
	struct pollfd poll_fd = {.fd = events == 0 ? -1 : fd, .events = events};
	sigset_t none;

	(void)sigemptyset(&none);
	for (;;) {
		int64_t left = until - link_now();
		struct timespec timeout = {
		    .tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000};
		int got;

		if (left <= 0 || terminated)
			return 0;
		got = ppoll(&poll_fd, 1, &timeout, &none);
		if (got > 0)
			return 1;
		if (got < 0 && errno != EINTR)
			return 0;
	}
}

static bool
link_ready(struct link *link, short events)
{
	if (link->end != LINK_OPEN)
		return false;
	if (wait_until(link->fd, events, link->deadline) == 1)
		return true;
	link->end = LINK_TIMEOUT;
	return false;
}

size_t
link_receive(struct link *link, void *to, size_t max)
{
	while (link_ready(link, POLLIN)) {
		ssize_t got = recv(link->fd, to, max, MSG_DONTWAIT);

		if (got > 0)
			return (size_t)got;
		if (got == 0)
			link->end = LINK_FIN;
		else if (errno != EAGAIN && errno != EINTR)
			link->end = LINK_RST;
	}
	return 0;
}

bool
link_send(struct link *link, const void *from, size_t n)
{
	const char *bytes = from;

	while (n > 0 && link_ready(link, POLLOUT)) {
		ssize_t sent =
		    send(link->fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent >= 0) {
			bytes += sent;
			n -= (size_t)sent;
		} else if (errno != EAGAIN && errno != EINTR) {
			link->end = LINK_RST;
		}
	}
	return link->end == LINK_OPEN;
}

bool
link_write(struct link *link, const void *from, size_t n)
{
	return link->tls != NULL ? tls_write(link, from, n)
				 : link_send(link, from, n);
}

/* More bytes into `in`; false at the end or at the limit. */
static bool
link_fill(struct link *link)
{
	size_t room = sizeof link->in;

	if (link->tls == NULL) {
		link->in_end = link_receive(link, link->in, room);
		log_received(link->log, link->in, link->in_end);
	} else {
		if (link->tls_limit > 0) {
			uint64_t left = link->tls_limit - link->tls_bytes;

			room = left < room ? (size_t)left : room;
		}
		link->in_end = room > 0 ? tls_read(link, link->in, room) : 0;
		link->tls_bytes += link->in_end;
	}
	link->in_at = 0;
	return link->in_end > 0;
}

size_t
link_line(struct link *link, char *line, size_t max)
{
	size_t length = 0;

	while (length + 1 < max) {
		size_t step = max - 1 - length;
		const unsigned char *lf;

		if (link->in_at == link->in_end && !link_fill(link))
			return 0;
		if (step > link->in_end - link->in_at)
			step = link->in_end - link->in_at;
		lf = memchr(link->in + link->in_at, '\n', step);
		if (lf != NULL)
			step = (size_t)(lf + 1 - (link->in + link->in_at));
		memcpy(line + length, link->in + link->in_at, step);
		link->in_at += step;
		length += step;
		if (lf != NULL)
			break;
	}
	line[length] = '\0';
	return length;
}

bool
link_sleep(struct link *link, unsigned ms)
{
	int64_t until = link_now() + ms;

	if (until > link->deadline)
		until = link->deadline;
	(void)wait_until(-1, 0, until);
	if (terminated || link_now() >= link->deadline)
		link->end = LINK_TIMEOUT;
	return link->end == LINK_OPEN;
}

void
link_drain(struct link *link)
{
	unsigned char bytes[4096];
	size_t got;

	while ((got = link_receive(link, bytes, sizeof bytes)) > 0)
		log_received(link->log, bytes, got);
}
