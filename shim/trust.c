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
#include <stdint.h>
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

/* Why a file of STATUS must not be believed to be of KIND, or NULL. */
static const char *
distrust_owner(const struct stat64 *st, mode_t kind, bool secure)
{
	if ((st->st_mode & S_IFMT) != kind) {
		return kind == S_IFDIR ? "it is no directory"
				       : "it is no regular file";
	}
	if (secure && st->st_uid != 0)
		return "its owner is not root";
	if (st->st_uid != 0 && st->st_uid != getuid())
		return "its owner is neither root nor the user of this process";
	return NULL;
}

/* Why the open FD of mode KIND must not be believed, or NULL. */
static const char *
distrust(int fd, mode_t kind, bool secure)
{
	struct stat64 st;
	const char *why;
	bool sticky;

	if (status(fd, &st) != 0)
		return trust_error_text(errno);
	why = distrust_owner(&st, kind, secure);
	if (why != NULL)
		return why;
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

/* A FIFO must not block, here either. */
int
trust_open_shared(
    const char *path, bool secure, bool write, size_t *size, const char **why)
{
	int fd = open(path,
	    (write ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat64 st = {.st_size = 0};

	if (fd < 0) {
		*why = trust_error_text(errno);
		return -1;
	}
	if (status(fd, &st) != 0)
		*why = trust_error_text(errno);
	else
		*why = distrust_owner(&st, S_IFREG, secure);
	if (*why == NULL && (st.st_mode & S_IWOTH) != 0)
		*why = "everybody can write it: chmod o-w";
	if (*why != NULL) {
		real.close(fd);
		errno = EPERM;
		return -1;
	}
	*size = st.st_size < INT32_MAX ? (size_t)st.st_size : INT32_MAX;
	return fd;
}
