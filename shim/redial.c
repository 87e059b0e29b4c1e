/*
 * redial - connects the same socket to the same peer once more
 *
 * Contract: redial.h.
 */
#define _GNU_SOURCE
#include "redial.h"

#include "clock.h"
#include "real.h"
#include "smtp.h"
#include "wait.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* RFC 5321 limits a reply line to 512 octets, not the number of lines. */
#define BANNER_MAX 65536

static int
left(int64_t until)
{
	int64_t ms = until - clock_monotonic();

	return ms > 0 ? (int)ms : 0;
}

static bool
connected(int fd)
{
	int error = 0;
	socklen_t length = sizeof(error);

	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 &&
	       error == 0;
}

/*
 * Disconnects and connects anew.  The descriptor does not block meanwhile, and
 * signals wait: a handler that left by longjmp would leave the host's flags
 * changed.
 */
static enum redial
dial(int fd, const struct sockaddr *peer, socklen_t length)
{
	struct sockaddr nobody = {.sa_family = AF_UNSPEC};
	enum redial result = REDIAL_REFUSED;
	sigset_t all, before;
	int flags;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	flags = real.fcntl(fd, F_GETFL);
	if (flags != -1 && real.connect(fd, &nobody, sizeof(nobody)) == 0) {
		real.fcntl(fd, F_SETFL, flags | O_NONBLOCK);
		result =
		    real.connect(fd, peer, length) == 0 || errno == EINPROGRESS
			? REDIAL_DONE
			: REDIAL_FAILED;
		real.fcntl(fd, F_SETFL, flags);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	return result;
}

/*
 * Takes the banner off the socket, and not a byte beyond it.  A line is looked
 * at before it is taken: a server may send more than it should, and that is
 * for the host to see.
 */
static bool
greeted(int fd, int64_t until)
{
	struct smtp_replies replies = {0};
	struct smtp_reply_line line = {0};
	size_t total = 0;
	char part[512];

	while (total < BANNER_MAX && left(until) > 0 &&
	       wait_for(fd, WAIT_INPUT, left(until))) {
		ssize_t n =
		    real.recv(fd, part, sizeof(part), MSG_PEEK | MSG_DONTWAIT);
		bool done = false;
		size_t used;

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n <= 0)
			return false;
		used = smtp_reply_feed(&replies, part, (size_t)n, &line, &done);
		if (real.recv(fd, part, used, MSG_DONTWAIT) != (ssize_t)used)
			return false;
		total += used;
		if (done && (line.code != 220 || line.mixed))
			return false;
		if (done && line.last)
			return true;
	}
	return false;
}

enum redial
redial(int fd, const struct sockaddr *peer, socklen_t length, int ms)
{
	int saved = errno;
	int64_t until = clock_monotonic() + ms;
	enum redial result = dial(fd, peer, length);

	if (result == REDIAL_DONE && !(wait_for(fd, WAIT_OUTPUT, left(until)) &&
					 connected(fd) && greeted(fd, until)))
		result = REDIAL_FAILED;
	if (result == REDIAL_FAILED)
		real.shutdown(fd, SHUT_RDWR);
	errno = saved;
	return result;
}
