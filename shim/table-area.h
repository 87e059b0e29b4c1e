/*
 * table-area - how the shared area is laid out; for table.c and ring.c alone
 *
 * A header page, the places of the ring, the sets.  Everything in the area is
 * of fixed width, in the byte order of the host.  Words that processes change
 * together are reached through atomic(), and all else is copied word by word.
 */
#ifndef SHIM_TABLE_AREA_H
#define SHIM_TABLE_AREA_H

#include "ring.h"
#include "table.h"

#include <stdatomic.h>

#define AREA_MAGIC  "STFPEERS"
#define AREA_ORDER  0x01020304u
#define AREA_HEADER ((size_t)4096)
#define AREA_PLACE  ((size_t)1024) /* bytes of a place of the ring */

struct area_header {
	char magic[8];
	uint32_t order; /* AREA_ORDER as the maker's machine wrote it */
	uint32_t version;
	uint32_t size; /* of the whole area */
	uint32_t sets;
	uint32_t places;
	uint32_t record, set, place; /* sizes, in bytes */
	uint8_t secret[SIPHASH_KEY];
	uint32_t sum; /* of all before it */
	/* changed later on */
	uint32_t off;  /* not 0: every process is called off */
	uint32_t next; /* number of the next event */
};

/* Two cache lines. */
struct area_record {
	uint32_t sum;	/* of the rest, and of the set's number */
	uint32_t stamp; /* when it was stored, seconds since 1970 */
	uint32_t network[2];
	uint8_t address[16];
	uint16_t port;
	uint8_t kind; /* 0: the record is free, and all of it 0 */
	uint8_t rank;
	uint32_t spare;
	uint8_t value[TABLE_VALUE];
};

struct area_set {
	uint32_t word; /* who writes, and how often; see table.c */
	uint32_t spare[15];
	struct area_record record[TABLE_WAYS];
};

_Static_assert(sizeof(struct area_record) == 128, "two cache lines");
_Static_assert(sizeof(struct area_set) % 64 == 0, "whole cache lines");

static inline _Atomic uint32_t *
area_atomic(void *word)
{
	return word;
}

static inline struct area_header *
area_header(const struct table *t)
{
	return (void *)t->base;
}

/* Copies words of the area that another process may be writing. */
static inline void
area_load(void *to, const void *from, size_t size)
{
	uint32_t word;

	for (size_t i = 0; i < size; i += sizeof(word)) {
		word = atomic_load_explicit(
		    (const _Atomic uint32_t *)((const char *)from + i),
		    memory_order_relaxed);
		__builtin_memcpy((char *)to + i, &word, sizeof(word));
	}
}

static inline void
area_store(void *to, const void *from, size_t size)
{
	uint32_t word;

	for (size_t i = 0; i < size; i += sizeof(word)) {
		__builtin_memcpy(&word, (const char *)from + i, sizeof(word));
		atomic_store_explicit((_Atomic uint32_t *)((char *)to + i),
		    word, memory_order_relaxed);
	}
}

#endif
