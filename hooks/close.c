/*
 * close - where descriptors end, and where they get a second number
 *
 * The session hears of it before the call, while the descriptor can still be
 * asked what it is.
 *
 * Async-signal-safe, thread-safe, fork-safe.
 */
#include "hook.h"

#include "../shim/fd.h"
#include "../shim/session.h"

#include <fcntl.h>

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

static void
forget(int fd)
{
	int saved = errno;

	session_close(fd);
	errno = saved;
}

static void
forget_range(unsigned from, unsigned to)
{
	for (unsigned fd = from; fd <= to && fd < FD_MAX; fd++)
		if (fd_watched((int)fd))
			forget((int)fd);
}

static int
copied(int fd, int as)
{
	int saved = errno;

	if (as >= 0 && fd_watched(fd))
		session_dup(fd, as);
	errno = saved;
	return as;
}

EXPORT int
close(int fd)
{
	if (fd_watched(fd))
		forget(fd);
	return next_close(fd);
}

EXPORT void
closefrom(int from)
{
	forget_range(from < 0 ? 0 : (unsigned)from, FD_MAX);
	next_closefrom(from);
}

EXPORT int
close_range(unsigned from, unsigned to, int flags)
{
	if (((unsigned)flags & CLOSE_RANGE_CLOEXEC) == 0)
		forget_range(from, to);
	return next_close_range(from, to, flags);
}

EXPORT int
dup(int fd)
{
	return copied(fd, next_dup(fd));
}

EXPORT int
dup2(int fd, int as)
{
	if (fd != as && fd_watched(as))
		forget(as);
	return copied(fd, next_dup2(fd, as));
}

EXPORT int
dup3(int fd, int as, int flags)
{
	if (fd != as && fd_watched(as))
		forget(as);
	return copied(fd, next_dup3(fd, as, flags));
}

/* The argument, where there is one, is an int or a pointer: as the C library
   itself does, it is passed on as a pointer. */
EXPORT int
fcntl(int fd, int command, ...)
{
	va_list list;
	void *argument;
	int result;

	va_start(list, command);
	argument = va_arg(list, void *);
	va_end(list);
	result = next_fcntl(fd, command, argument);
	if (command == F_DUPFD || command == F_DUPFD_CLOEXEC)
		copied(fd, result);
	return result;
}

EXPORT int
fcntl64(int fd, int command, ...)
{
	va_list list;
	void *argument;
	int result;

	va_start(list, command);
	argument = va_arg(list, void *);
	va_end(list);
	result = next_fcntl64(fd, command, argument);
	if (command == F_DUPFD || command == F_DUPFD_CLOEXEC)
		copied(fd, result);
	return result;
}
