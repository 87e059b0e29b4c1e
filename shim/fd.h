/*
 * fd - which descriptors are watched, and whether one still is what it was
 *
 * The table answers in two loads on the fast path of every hook.  It is only
 * ever a hint: fclose(3), a vfork child or libc itself close descriptors
 * without the shim, so that before anything is done with a socket its
 * identity is asked of the kernel.
 *
 * Async-signal-safe; thread-safe; after a fork the child has its own table.
 */
#ifndef SHIM_FD_H
#define SHIM_FD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Descriptors from here on are never watched. */
#define FD_MAX 65536

/* Slot of the session, from 1; 0: not watched. */
extern _Atomic uint16_t fd_table[FD_MAX] __attribute__((visibility("hidden")));

static inline unsigned
fd_slot(int fd)
{
	if ((unsigned)fd >= FD_MAX)
		return 0;
	return atomic_load_explicit(&fd_table[fd], memory_order_relaxed);
}

static inline bool
fd_watched(int fd)
{
	return __builtin_expect(fd_slot(fd) != 0, 0);
}

/* Sets or, with SLOT 0, clears an entry; returns the slot that was there. */
static inline unsigned
fd_set_slot(int fd, unsigned slot)
{
	if ((unsigned)fd >= FD_MAX)
		return 0;
	return atomic_exchange_explicit(
	    &fd_table[fd], (uint16_t)slot, memory_order_relaxed);
}

/* Clears the entry if it still is SLOT. */
static inline void
fd_clear_slot(int fd, unsigned slot)
{
	uint16_t was = (uint16_t)slot;

	atomic_compare_exchange_strong(&fd_table[fd], &was, 0);
}

/* What stays the same for a socket's life, also over a reconnect, and is
   never reused by another one: its SO_COOKIE, or its inode where the kernel
   has no cookies (before Linux 4.6).  0: FD is no socket. */
uint64_t fd_identity(int fd);

/* FD is a TCP socket over IPv4 or IPv6. */
bool fd_is_tcp(int fd);

#endif
