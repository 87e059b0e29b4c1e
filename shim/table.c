/*
 * table - what is known about peers, in memory that many processes share
 *
 * Contract: table.h.  This file has the area and the readers; table-write.c
 * has the writers.
 *
 * The word of a set: its upper 20 bits count the writes, its lower 12 are 0,
 * or 1 and the tick at which a writer took the set, so that a writer that died
 * is known by its age.  A reader that finds such a one goes on: at most one
 * record is torn, and its checksum says which.
 */
#include "table.h"
#include "table-set.h"

#include <string.h>

/* How often a reader looks again before it says that a set is busy. */
#define PATIENCE 1000

size_t
table_size(uint32_t slots)
{
	uint32_t sets = TABLE_SLOTS_MIN / TABLE_WAYS;

	if (slots < TABLE_SLOTS_MIN || slots > TABLE_SLOTS_MAX)
		return 0;
	while (sets * TABLE_WAYS < slots)
		sets *= 2;
	return AREA_HEADER + RING_PLACES * AREA_PLACE +
	       (size_t)sets * sizeof(struct area_set);
}

static uint32_t
header_sum(const struct area_header *h)
{
	return (uint32_t)siphash(
	    h->secret, h, offsetof(struct area_header, sum));
}

void
table_format(void *base, uint32_t slots, const uint8_t secret[SIPHASH_KEY])
{
	size_t size = table_size(slots);
	struct area_header h = {
	    .order = AREA_ORDER,
	    .version = TABLE_VERSION,
	    .size = (uint32_t)size,
	    .sets = (uint32_t)((size - AREA_HEADER - RING_PLACES * AREA_PLACE) /
			       sizeof(struct area_set)),
	    .places = RING_PLACES,
	    .record = sizeof(struct area_record),
	    .set = sizeof(struct area_set),
	    .place = (uint32_t)AREA_PLACE,
	};

	memcpy(h.magic, AREA_MAGIC, sizeof(h.magic));
	memcpy(h.secret, secret, sizeof(h.secret));
	h.sum = header_sum(&h);
	memcpy(base, &h, sizeof(h));
}

/* Why this is no area of ours, or NULL. */
static const char *
header_wrong(const struct area_header *h, size_t size)
{
	if (memcmp(h->magic, AREA_MAGIC, sizeof(h->magic)) != 0)
		return "it is no memory of starttls-fallback";
	if (h->order == __builtin_bswap32(AREA_ORDER))
		return "it was made on a machine of another byte order";
	if (h->order == AREA_ORDER && h->version != TABLE_VERSION)
		return "it belongs to another version of starttls-fallback";
	if (h->order != AREA_ORDER || h->sum != header_sum(h))
		return "its header is damaged";
	if (h->size != size)
		return "it is not as long as its header says";
	if (h->sets == 0 || (h->sets & (h->sets - 1)) != 0 ||
	    h->sets > TABLE_SLOTS_MAX / TABLE_WAYS ||
	    table_size(h->sets * TABLE_WAYS) != size ||
	    h->places != RING_PLACES || h->place != AREA_PLACE ||
	    h->record != sizeof(struct area_record) ||
	    h->set != sizeof(struct area_set))
		return "its header is damaged";
	return NULL;
}

const char *
table_open(struct table *t, void *base, size_t size)
{
	struct area_header h;
	const char *wrong;

	if (size < table_size(TABLE_SLOTS_MIN))
		return "it is no memory of starttls-fallback, or cut short";
	area_load(&h, base, sizeof(h));
	wrong = header_wrong(&h, size);
	if (wrong != NULL)
		return wrong;
	t->base = base;
	t->size = size;
	t->sets = h.sets;
	memcpy(t->secret, h.secret, sizeof(t->secret));
	return NULL;
}

uint32_t
table_record_sum(
    const struct table *t, uint32_t set, const struct area_record *r)
{
	size_t from = offsetof(struct area_record, stamp);
	uint8_t bytes[sizeof(*r)];

	memcpy(bytes, &set, sizeof(set));
	memcpy(
	    bytes + sizeof(set), (const uint8_t *)r + from, sizeof(*r) - from);
	return (uint32_t)siphash(t->secret, bytes, sizeof(bytes));
}

enum table_is
table_is(const struct table *t, uint32_t set, const struct area_record *r)
{
	static const struct area_record none;

	if (memcmp(r, &none, sizeof(none)) == 0)
		return TABLE_IS_FREE;
	return r->kind != 0 && r->sum == table_record_sum(t, set, r)
		   ? TABLE_IS_GOOD
		   : TABLE_IS_DAMAGED;
}

void
table_set_key(struct area_record *r, const struct table_key *key)
{
	r->network[0] = (uint32_t)key->network;
	r->network[1] = (uint32_t)(key->network >> 32);
	memcpy(r->address, key->address, sizeof(r->address));
	r->port = key->port;
	r->kind = key->kind;
}

bool
table_has_key(const struct area_record *r, const struct table_key *key)
{
	return r->kind == key->kind && r->port == key->port &&
	       r->network[0] == (uint32_t)key->network &&
	       r->network[1] == (uint32_t)(key->network >> 32) &&
	       memcmp(r->address, key->address, sizeof(r->address)) == 0;
}

uint32_t
table_number(const struct table *t, const struct table_key *key)
{
	uint8_t bytes[8 + 16 + 2 + 1];

	memcpy(bytes, &key->network, 8);
	memcpy(bytes + 8, key->address, 16);
	memcpy(bytes + 24, &key->port, 2);
	bytes[26] = key->kind;
	return (uint32_t)siphash(t->secret, bytes, sizeof(bytes)) &
	       (t->sets - 1);
}

struct area_set *
table_set(const struct table *t, uint32_t number)
{
	return (void *)(t->base + AREA_HEADER + RING_PLACES * AREA_PLACE +
			(size_t)number * sizeof(struct area_set));
}

bool
table_is_locked(uint32_t word, const struct table_now *now)
{
	uint32_t lock = word & LOCK_MASK;
	uint32_t tick = now->tick % LOCK_TICKS;

	if (lock == 0)
		return false;
	/* A lock from the near future is alive: it was taken after NOW was
	   read, by one that ran while this process waited for its turn. */
	return (tick + LOCK_TICKS + TABLE_OVERTAKE - (lock - 1)) % LOCK_TICKS <
	       2 * TABLE_OVERTAKE;
}

/* The key of record R without the rest of it. */
static bool
may_be(const struct area_record *r, const struct table_key *key)
{
	struct area_record head;

	area_load(&head, r, offsetof(struct area_record, value));
	return table_has_key(&head, key);
}

/* Looks at each record of the set once; *R is the one that was found. */
static enum table_answer
look(const struct table *t, uint32_t number, const struct table_key *key,
    struct area_record *r)
{
	struct area_set *set = table_set(t, number);

	for (size_t i = 0; i < TABLE_WAYS; i++) {
		if (!may_be(&set->record[i], key))
			continue;
		area_load(r, &set->record[i], sizeof(*r));
		if (table_has_key(r, key))
			return table_is(t, number, r) == TABLE_IS_GOOD
				   ? TABLE_FOUND
				   : TABLE_DOUBT;
	}
	return TABLE_NONE;
}

/* Not found: would a damaged record have been it? */
static enum table_answer
doubt(const struct table *t, uint32_t number)
{
	struct area_set *set = table_set(t, number);
	struct area_record r;

	for (size_t i = 0; i < TABLE_WAYS; i++) {
		area_load(&r, &set->record[i], sizeof(r));
		if (table_is(t, number, &r) == TABLE_IS_DAMAGED)
			return TABLE_DOUBT;
	}
	return TABLE_NONE;
}

enum table_answer
table_find(const struct table *t, const struct table_key *key,
    const struct table_now *now, uint8_t value[TABLE_VALUE])
{
	uint32_t number = table_number(t, key);
	_Atomic uint32_t *word = area_atomic(&table_set(t, number)->word);
	struct area_record r;

	for (int i = 0; i < PATIENCE; i++) {
		uint32_t before =
		    atomic_load_explicit(word, memory_order_acquire);
		enum table_answer answer;

		if (table_is_locked(before, now))
			continue;
		answer = look(t, number, key, &r);
		if (answer == TABLE_NONE)
			answer = doubt(t, number);
		atomic_thread_fence(memory_order_acquire);
		if (atomic_load_explicit(word, memory_order_relaxed) != before)
			continue;
		if (answer == TABLE_FOUND)
			memcpy(value, r.value, sizeof(r.value));
		return answer;
	}
	return TABLE_BUSY;
}

bool
table_next(const struct table *t, uint32_t *cursor, struct table_key *key,
    uint8_t value[TABLE_VALUE], uint32_t *damaged)
{
	struct area_record r;

	for (; *cursor < t->sets * TABLE_WAYS; ++*cursor) {
		uint32_t number = *cursor / TABLE_WAYS;
		enum table_is is;

		area_load(&r,
		    &table_set(t, number)->record[*cursor % TABLE_WAYS],
		    sizeof(r));
		is = table_is(t, number, &r);
		if (is == TABLE_IS_DAMAGED && damaged != NULL)
			++*damaged;
		if (is != TABLE_IS_GOOD)
			continue;
		key->network = r.network[0] | (uint64_t)r.network[1] << 32;
		memcpy(key->address, r.address, sizeof(key->address));
		key->port = r.port;
		key->kind = r.kind;
		memcpy(value, r.value, sizeof(r.value));
		++*cursor;
		return true;
	}
	return false;
}

bool
table_is_off(const struct table *t)
{
	return atomic_load_explicit(area_atomic(&area_header(t)->off),
		   memory_order_relaxed) != 0;
}

void
table_set_off(const struct table *t, bool off)
{
	atomic_store(area_atomic(&area_header(t)->off), off);
}
