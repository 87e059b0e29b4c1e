/*
 * real - the functions behind the hooks
 *
 * The core is linked into the library that interposes read(2), connect(2)
 * and the rest, so a plain call would enter the shim's own hook.  It calls
 * through `real` instead.  There are two forms of this module: real.c, for
 * the preloaded library, is the only file that knows the dynamic linker;
 * real-direct.c, for the command-line tool and the unit tests, is libc.
 *
 * Async-signal-safe once real_start() has returned; thread- and fork-safe.
 */
#ifndef SHIM_REAL_H
#define SHIM_REAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

/* What the core itself calls of the functions that are interposed. */
struct real_calls {
	int (*connect)(int, const struct sockaddr *, socklen_t);
	int (*close)(int);
	ssize_t (*read)(int, void *, size_t);
	ssize_t (*recv)(int, void *, size_t, int);
	ssize_t (*write)(int, const void *, size_t);
	ssize_t (*sendmsg)(int, const struct msghdr *, int);
	ssize_t (*sendto)(
	    int, const void *, size_t, int, const struct sockaddr *, socklen_t);
	int (*shutdown)(int, int);
	int (*fcntl)(int, int, ...);
};

extern struct real_calls real;

/* Fills `real`.  May be called any number of times, at any moment. */
void real_start(void);

/* The address of NAME in the object after the shim in the search order, or
   NULL.  Allocates (a failed search does): not async-signal-safe. */
void *real_next(const char *name);

/*
 * The library whose NAME the code at CALLER would have got if the shim were
 * not there, as a handle for real_symbol(); NULL if there is none.  The
 * library and the caller's object are never unloaded from then on, so that
 * what was found stays true.
 */
void *real_library(const void *caller, const char *name);

/* NAME in LIBRARY or in what it needs, or NULL. */
void *real_symbol(void *library, const char *name);

/* The object (executable or library) that holds ADDRESS spans *FROM up to
   but not including *TO; false if the address is in none. */
bool real_object(const void *address, const void **from, const void **to);

/* ADDRESS is code of the shim itself. */
bool real_is_shim(const void *address);

#endif
