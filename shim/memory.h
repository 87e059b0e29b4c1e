/*
 * memory - the peer table of this host, mapped into this process
 *
 * The effects around table.h and peer.h: the file is opened, judged, mapped
 * and closed again, once per process; the clocks are read; a set that is busy
 * is waited for, briefly.  The shim never makes the file: the tool does.
 *
 * Failure is MEMORY_ABSENT or MEMORY_DOUBT, never a changed host.
 * Async-signal-safe, thread-safe, fork-safe (the mapping is shared on); keeps
 * errno.
 */
#ifndef SHIM_MEMORY_H
#define SHIM_MEMORY_H

#include "match.h"
#include "peer.h"

#include <stdbool.h>
#include <stdint.h>

/* A mapped file. */
struct memory {
	struct table table;
	bool mapped;
	bool writable;
};

/* Maps PATH into *MEMORY.  SECURE: secure-execution mode, root's files only.
   NULL: done.  Else a static text that says why not, for "PATH: ..."; errno is
   ENOENT if, and only if, there is no such file.  A file that can be read but
   not written is mapped for reading, and the text says so: mapped is true. */
const char *memory_open(struct memory *, const char *path, bool secure);

void memory_close(struct memory *);

enum memory_answer {
	MEMORY_ABSENT,	/* there is no memory */
	MEMORY_UNKNOWN, /* nothing is known of the peer */
	MEMORY_KNOWN,
	MEMORY_DOUBT, /* it cannot be told: any doubt counts as a guard */
};

/* The key of a record of KIND about PEER; a GOOD one of an IPv6 peer stands
   for its /64. */
struct table_key memory_key(
    const struct match_peer *, uint64_t network, enum peer_kind);

/* The network namespace of the socket FD as a number: its cookie (Linux 5.14),
   or the namespace's inode; 0: neither can be had. */
uint64_t memory_network(int fd);

enum memory_answer memory_find(
    const struct memory *, const struct table_key *, struct peer *);
enum memory_answer memory_find_good(
    const struct memory *, const struct table_key *, struct peer_good *);

/* Changes the record of KEY as table_change() does.  False: it was not done
   (no memory, no right to write, no room). */
bool memory_change(const struct memory *, const struct table_key *,
    table_changer *, void *context);

/* The operator called all processes off.  NULL: no memory, no. */
bool memory_is_off(const struct memory *);

/* Something can be remembered.  NULL: no. */
bool memory_is_writable(const struct memory *);

/* Seconds since 1970, as the table counts. */
uint32_t memory_time(void);

#endif
