/*
 * fd - which descriptors are watched, and whether one still is what it was
 *
 * Contract: fd.h.  Keeps errno.
 */
#define _GNU_SOURCE
#include "fd.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SO_COOKIE
#define SO_COOKIE 57
#endif

_Atomic uint16_t fd_table[FD_MAX];

uint64_t
fd_identity(int fd)
{
	int saved = errno;
	uint64_t id = 0;
	socklen_t length = sizeof(id);

	if (getsockopt(fd, SOL_SOCKET, SO_COOKIE, &id, &length) != 0) {
		/* By number: fstat(3) itself is newer than the glibc floor. */
		struct stat status;

		id = 0;
		if (errno == ENOPROTOOPT &&
		    syscall(SYS_fstat, fd, &status) == 0 &&
		    S_ISSOCK(status.st_mode))
			id = status.st_ino;
	}
	errno = saved;
	return id;
}

static int
option(int fd, int name)
{
	int value = -1;
	socklen_t length = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, name, &value, &length) == 0 ? value
								      : -1;
}

bool
fd_is_tcp(int fd)
{
	int saved = errno;
	bool is = option(fd, SO_TYPE) == SOCK_STREAM &&
		  option(fd, SO_PROTOCOL) == IPPROTO_TCP;

	errno = saved;
	return is;
}
