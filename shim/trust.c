/*
 * trust - opens what the operator wrote, and nothing that another could write
 *
 * Judges what was opened, not the name: nobody can swap the file between the
 * two.  Calls the interposed functions through `real` only.
 *
 * Async-signal-safe, thread-safe, fork-safe.
 */
#define _GNU_SOURCE
#include "trust.h"
#include "real.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

const char *
trust_error_text(int error)
{
	switch (error) {
	case ENOENT:
		return "there is no such file";
	case EACCES:
	case EPERM:
		return "permission denied";
	case ENOTDIR:
		return "a part of the path is no directory";
	case ELOOP:
		return "too many symbolic links";
	case ENAMETOOLONG:
		return "the name is too long";
	case EMFILE:
	case ENFILE:
		return "no file descriptor is left";
	case ENOMEM:
		return "no memory is left";
	case EIO:
		return "input/output error";
	default:
		return "the system refuses";
	}
}

/* fstat(2), whose symbol in libc is younger than the shim's floor. */
static long
status(int fd, struct stat64 *st)
{
#ifdef SYS_fstat64
	return syscall(SYS_fstat64, fd, st);
#else
	return syscall(SYS_fstat, fd, st);
#endif
}

/* Why the open FD of mode KIND must not be believed, or NULL. */
static const char *
distrust(int fd, mode_t kind, bool secure)
{
	struct stat64 st;
	bool sticky;

	if (status(fd, &st) != 0)
		return trust_error_text(errno);
	if ((st.st_mode & S_IFMT) != kind) {
		return kind == S_IFDIR ? "it is no directory"
				       : "it is no regular file";
	}
	if (secure && st.st_uid != 0)
		return "its owner is not root";
	if (st.st_uid != 0 && st.st_uid != getuid())
		return "its owner is neither root nor the user of this process";
	/* In a sticky directory others cannot touch the owner's files. */
	sticky = kind == S_IFDIR && (st.st_mode & S_ISVTX);
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) && !sticky)
		return "others than its owner can write it: chmod go-w";
	return NULL;
}

/* A FIFO must not block, nor a terminal become the controlling one. */
int
trust_open(const char *path, mode_t kind, bool secure, const char **why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0) {
		*why = trust_error_text(errno);
		return -1;
	}
	*why = distrust(fd, kind, secure);
	if (*why != NULL) {
		real.close(fd);
		errno = EPERM;
		return -1;
	}
	return fd;
}
