/*
 * table - what is known about peers, in memory that many processes share
 *
 * A set-associative table of records of fixed width, found by a keyed hash,
 * behind a header of its own and before a ring of events (ring.h).  All in one
 * area that the caller maps; this module does nothing but read and write it.
 *
 * No pointer, lock object or library structure lies in the area, and nothing
 * in it is believed: it is writable by the least of its users.  Numbers are
 * 32 bits wide at most where processes change them together, so that 32- and
 * 64-bit processes share it.
 *
 * Each set has a sequence word that a writer takes by compare-and-swap, with
 * the time in it; a writer that died is overtaken after TABLE_OVERTAKE.  Each
 * record has a checksum.  A reader takes nothing: it copies, and looks whether
 * the word stayed the same.
 *
 * No function here waits, calls the system, or reads a clock.
 * Async-signal-safe, thread-safe, fork-safe, and safe between processes.
 */
#ifndef SHIM_TABLE_H
#define SHIM_TABLE_H

#include "siphash.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TABLE_VERSION 1
#define TABLE_WAYS    8	 /* records of a set */
#define TABLE_VALUE   88 /* bytes of a record that are the caller's */

/* How many records a file may be made for; rounded up to a power of two. */
#define TABLE_SLOTS_MIN 1024u
#define TABLE_SLOTS_MAX (1u << 23)

/* Ticks (tenths of a second) after which a writer counts as dead. */
#define TABLE_OVERTAKE 20u

/* What a record is found by. */
struct table_key {
	uint64_t network;    /* the network namespace, as a number */
	uint8_t address[16]; /* IPv6, or IPv4 as ::ffff:a.b.c.d */
	uint16_t port;	     /* host byte order */
	uint8_t kind;	     /* the caller's, not 0 */
};

/* The caller's clocks: they are never read here. */
struct table_now {
	uint32_t time; /* seconds since 1970, UTC */
	uint32_t tick; /* tenths of a second since any start (monotonic) */
};

/* The area, as this process sees it.  It points into the mapping. */
struct table {
	uint8_t *base;
	size_t size;
	uint32_t sets; /* a power of two */
	uint8_t secret[SIPHASH_KEY];
};

enum table_answer {
	TABLE_FOUND,
	TABLE_NONE,
	TABLE_BUSY,  /* another process is writing: try again soon */
	TABLE_DOUBT, /* the record was there and is damaged, or may be */
};

/* Bytes of an area for SLOTS records; 0: out of range.  Fits in 32 bits. */
size_t table_size(uint32_t slots);

/* Writes an empty table of SLOTS records into table_size(SLOTS) bytes that are
   all zero. */
void table_format(
    void *base, uint32_t slots, const uint8_t secret[SIPHASH_KEY]);

/* Looks at an area of SIZE bytes.  NULL: *TABLE is valid as long as the area
   is.  Else a static text that says why not: no such file of ours, another
   version, another byte order, not the size that its header says, damaged. */
const char *table_open(struct table *, void *base, size_t size);

/* Copies what is stored under KEY to VALUE.  A damaged record in KEY's set
   makes the answer TABLE_DOUBT if KEY is not found beside it: it may have been
   KEY's. */
enum table_answer table_find(const struct table *, const struct table_key *,
    const struct table_now *, uint8_t value[TABLE_VALUE]);

/* What becomes of a record. */
enum table_wish { TABLE_KEEP, TABLE_STORE, TABLE_ERASE };

/* Which records give way when a set is full: the lowest rank first, in it the
   one that was stored longest ago.  TABLE_RANK_HELD gives way to nothing but
   its like; unless it was not stored for 31 days: then it counts as 0. */
#define TABLE_RANK_HELD 255

/* Changes a copy of the value (all zero if there is none: FOUND is false). */
typedef enum table_wish table_changer(
    void *context, bool found, uint8_t value[TABLE_VALUE], uint8_t *rank);

/*
 * Reads, changes and writes KEY's record as one step for all processes.
 * CHANGER must not block; it may be called more than once.
 * TABLE_FOUND: done, as CHANGER wished.  TABLE_NONE: there is no room (the set
 * is full of held records).  TABLE_BUSY: nothing was done.  Never TABLE_DOUBT:
 * damaged records in the set are erased on the way, so that the next reader
 * finds knowledge lost and no doubt.
 */
enum table_answer table_change(const struct table *, const struct table_key *,
    const struct table_now *, table_changer *, void *context);

/* Goes through all records; *CURSOR starts at 0.  False: that was the last.
   Damaged ones are left out, and counted in *DAMAGED (may be NULL). */
bool table_next(const struct table *, uint32_t *cursor, struct table_key *,
    uint8_t value[TABLE_VALUE], uint32_t *damaged);

/* The flag by which the operator calls all processes off, into chroots too. */
bool table_is_off(const struct table *);
void table_set_off(const struct table *, bool off);

#endif
