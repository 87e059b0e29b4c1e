/*
 * live - method `live`: a handshake that fails, and goes on in the clear
 *
 * Wraps a call that may do a TLS handshake.  Where that fails on a session
 * that qualifies, the same socket is connected to the same peer again, and
 * the call ends in success on a handle that is in the clear from then on.  In
 * every other case its result, errno and the library's error are those of
 * the library's own call.
 *
 * Not async-signal-safe (no TLS library is); thread-safe; fork-safe.  Holds
 * nothing across the library's call or while it waits.
 */
#ifndef SHIM_LIVE_H
#define SHIM_LIVE_H

#include "tls.h"

enum live_end {
	LIVE_PASS,  /* *RESULT is the library's own */
	LIVE_CLEAR, /* the handle is in the clear: answer for it */
};

/* Calls ATTEMPT(CONTEXT), more than once where the shim itself waits. */
enum live_end live(const struct tls *, int (*attempt)(void *context),
    void *context, int *result);

/* The library was asked for plain data, and had some or not (CAME). */
void live_read(const struct tls *, bool came);

#endif
