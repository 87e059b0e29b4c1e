/*
 * link - the byte transport of a connection: a socket, or TLS over it
 */
#ifndef FAULTS_LINK_H
#define FAULTS_LINK_H

#include "log.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct tls;

enum link_end {
	LINK_OPEN,
	LINK_FIN,     /* the client closed */
	LINK_RST,     /* the client reset */
	LINK_TIMEOUT, /* the connection's deadline, or the server ends */
};

struct link {
	int fd;
	int64_t deadline; /* ms of the monotonic clock */
	enum link_end end;
	struct tls *tls; /* NULL: in the clear */
	struct log *log;
	uint64_t tls_bytes; /* received inside TLS */
	uint64_t tls_limit; /* reading stops there; 0: no limit */
	unsigned char in[16384];
	size_t in_at, in_end; /* unread part of `in` */
};

/* Milliseconds of the monotonic clock. */
int64_t link_now(void);

/* Set by SIGTERM: every deadline is over. */
void link_catch_term(void);

/* From the socket, below TLS: at least one byte; 0 once `end` is set. */
size_t link_receive(struct link *, void *, size_t);

/* To the socket, below TLS.  False once `end` is set. */
bool link_send(struct link *, const void *, size_t);

/* Through TLS where it is up. */
bool link_write(struct link *, const void *, size_t);

/*
 * The next line with its LF, or MAX - 1 bytes of a longer one, NUL behind it.
 * Returns its length, 0 at the end or at tls_limit.
 */
size_t link_line(struct link *, char *line, size_t max);

/* Sleeps; false once `end` is set by the deadline. */
bool link_sleep(struct link *, unsigned ms);

/* Reads and logs what comes until the client or the deadline ends it. */
void link_drain(struct link *);

#endif
