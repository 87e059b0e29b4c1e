/*
 * out - what a host sends in a session that was downgraded
 *
 * A line that must not go out in the clear (AUTH, MAIL with REQUIRETLS) breaks
 * the connection before a byte of it leaves.  An unfinished line that could
 * still become one waits here for its rest; the host is told that it was sent,
 * which is true as soon as it finishes the line, and no server answers half a
 * line.  STARTTLS, from a client that did not see it offered, leaves as a NOOP
 * of the same length, and its answer becomes 454 (mask.h).  Everything else
 * goes straight through.
 *
 * Async-signal-, thread- and fork-safe as session.h.
 */
#ifndef SHIM_OUT_H
#define SHIM_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

/*
 * The host wants to send VECTOR with the FLAGS of send(2).  True: it is done,
 * *ANSWER is what the call returns, with errno set as send(2) does.  False:
 * the session was not downgraded, the host's own call goes on.
 */
bool out_send(int fd, const struct iovec *vector, size_t count, int flags,
    ssize_t *answer);

#endif
