/*
 * peer - one listening peer of the fault server, from a line of the peer file
 */
#ifndef FAULTS_PEER_H
#define FAULTS_PEER_H

#include "options.h"

#include <limits.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct persona;

/* What the processes of a peer's connections share with the server. */
struct peer_shared {
	atomic_uint tries;  /* faults that the schedule was asked about */
	atomic_uint struck; /* faults that were carried out */
	atomic_bool refuse; /* the listening socket is to be closed ... */
	atomic_bool closed; /* ... and is */
};

struct peer {
	char address[INET6_ADDRSTRLEN];
	unsigned port;
	const struct persona *persona;
	struct options options;
	char dir[PATH_MAX];
	struct peer_shared *shared;
	int fd;		      /* the listening socket, or -1 */
	unsigned conns;	      /* connections accepted */
	unsigned struck_seen; /* of shared->struck, at the last accept */
	int64_t started;      /* ms of the monotonic clock */
	int64_t reopen;	      /* when to listen again; 0: not at all */
};

struct peers {
	struct peer *list;
	size_t count;
};

/*
 * Reads FILE (called NAME in messages on standard error); the peers' log
 * directories are made below DIR.  False if a line is wrong.
 */
bool peers_read(struct peers *, FILE *, const char *name, const char *dir);

/* Opens the listening socket.  False, with errno, on failure. */
bool peer_listen(struct peer *);

#endif
