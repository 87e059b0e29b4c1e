/*
 * clear - the answers of a TLS handle that the shim answers for
 *
 * After a fallback the handle's reads and writes are plain ones on the same
 * socket, and every question about the session gets a truthful answer: no
 * cipher, no certificate, not verified.  This is what is the same for any TLS
 * library: the transfer, and what became of it.
 *
 * A handle is used by one thread at a time, as its library asks.  States come
 * from a pool; none left means no fallback.  Thread-safe, fork-safe.
 */
#ifndef SHIM_CLEAR_H
#define SHIM_CLEAR_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum clear_status {
	CLEAR_OK,
	CLEAR_WANTS_INPUT,
	CLEAR_WANTS_OUTPUT,
	CLEAR_CLOSED, /* the peer closed */
	CLEAR_ERROR,  /* errno says what */
};

struct clear {
	_Atomic bool used;
	bool failed; /* not in the clear: the handshake was cut short at a
	                  deadline, and the second connection failed as well */
	bool closed; /* the peer closed */
	bool ended;  /* the host said goodbye */
	enum clear_status status; /* of the last transfer */
	size_t sent;		  /* of a write that must be repeated */
};

/* States in use.  While it is 0 no handle needs to be looked at. */
extern _Atomic int clear_handles;

/* A state, or NULL. */
struct clear *clear_new(void);
void clear_free(struct clear *);

/* Reads at most SIZE bytes; PEEK leaves them where they are.  Returns their
   number; 0 or -1 with `status` set, and errno. */
ssize_t clear_read(
    struct clear *, int fd, void *buffer, size_t size, bool peek);

/* Bytes that can be read at once.  A TLS library would say what it has
   decrypted; hosts that peek ask this to learn whether there is more. */
int clear_pending(const struct clear *, int fd);

/* Writes SIZE bytes.  A host that does not take short writes (PARTLY false)
   repeats the same call after CLEAR_WANTS_OUTPUT. */
ssize_t clear_write(
    struct clear *, int fd, const void *bytes, size_t size, bool partly);

#endif
