/*
 * trust - opens what the operator wrote, and nothing that another could write
 *
 * Async-signal-safe, thread-safe, fork-safe.
 */
#ifndef SHIM_TRUST_H
#define SHIM_TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Opens PATH for reading.  KIND is S_IFREG or S_IFDIR.  The file must be
 * owned by root (or, unless SECURE, by the real user), and writable by its
 * owner alone; a directory may be writable by others if it is sticky.
 * Returns the descriptor, which the caller closes, or -1 with *WHY, a static
 * string; errno is then ENOENT if, and only if, there is no such file.
 */
int trust_open(const char *path, mode_t kind, bool secure, const char **why);

/*
 * Opens the regular file PATH that several users may share, for reading and,
 * with WRITE, for writing.  Its owner must be root (or, unless SECURE, the real
 * user); its group may write it, but not everybody.  *SIZE is its size, at most
 * INT32_MAX.  Returns as trust_open() does; errno is the one of open(2) where
 * that failed.
 */
int trust_open_shared(
    const char *path, bool secure, bool write, size_t *size, const char **why);

/* strerror(3) for the errors of open, fstat, read and getdents; that one is
   not async-signal-safe. */
const char *trust_error_text(int error);

#endif
