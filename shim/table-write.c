/*
 * table-write - one change of one record, as one step for all processes
 *
 * Contract: table.h.  A writer takes the set's word, looks at a copy, writes
 * one prepared record, and gives the word back.  Whoever finds that the word
 * is not its own any more was overtaken: it starts again.
 */
#include "table-set.h"

#include <string.h>

#define PATIENCE 1000 /* looks at a set that another process has */
#define TRIES	 8    /* starts */

/* A record that was not stored for so long holds its place against none. */
#define STALE (31u * 24 * 3600)

/* A change on its way. */
struct change {
	const struct table *table;
	const struct table_key *key;
	const struct table_now *now;
	struct area_set *set;
	uint32_t number; /* of the set */
	uint32_t word;	 /* as this writer left it */
};

/* What a look at the set found. */
struct place {
	size_t way;
	bool found; /* the record is KEY's */
	bool room;  /* the record may be overwritten */
	struct area_record record;
};

static bool
take(struct change *c)
{
	_Atomic uint32_t *word = area_atomic(&c->set->word);
	uint32_t lock = 1 + c->now->tick % LOCK_TICKS;

	for (int i = 0; i < PATIENCE; i++) {
		uint32_t was = atomic_load_explicit(word, memory_order_relaxed);

		if (table_is_locked(was, c->now))
			continue;
		c->word = ((was >> LOCK_BITS) + 1) << LOCK_BITS | lock;
		if (atomic_compare_exchange_weak_explicit(word, &was, c->word,
			memory_order_acquire, memory_order_relaxed))
			return true;
	}
	return false;
}

/* False: this writer was overtaken. */
static bool
give(struct change *c)
{
	uint32_t mine = c->word;

	return atomic_compare_exchange_strong_explicit(
	    area_atomic(&c->set->word), &mine,
	    ((mine >> LOCK_BITS) + 1) << LOCK_BITS, memory_order_release,
	    memory_order_relaxed);
}

/* Nothing is written by one who lost the word: it may have slept since it
   looked, and others have written.  What is left is the time of this copy.
   The fence: no store comes before the taking of the word. */
static void
put(struct change *c, size_t way, const struct area_record *r)
{
	if (atomic_load_explicit(
		area_atomic(&c->set->word), memory_order_acquire) != c->word)
		return;
	atomic_thread_fence(memory_order_release);
	area_store(&c->set->record[way], r, sizeof(*r));
}

static uint32_t
rank(const struct area_record *r, uint32_t now)
{
	return now > r->stamp && now - r->stamp > STALE ? 0 : r->rank;
}

/* A gives way rather than B. */
static bool
worse(const struct area_record *a, const struct area_record *b, uint32_t now)
{
	uint32_t of_a = rank(a, now), of_b = rank(b, now);

	return of_a != of_b ? of_a < of_b : a->stamp < b->stamp;
}

/* KEY's record, else the place that it would get.  Damaged records become
   free on the way. */
static void
find(struct change *c, struct place *p)
{
	static const struct area_record none;
	bool is_free = false;

	*p = (struct place){.found = false};
	for (size_t i = 0; i < TABLE_WAYS; i++) {
		struct area_record r;
		enum table_is is;

		area_load(&r, &c->set->record[i], sizeof(r));
		is = table_is(c->table, c->number, &r);
		if (is == TABLE_IS_DAMAGED)
			put(c, i, &none);
		if (is == TABLE_IS_GOOD && table_has_key(&r, c->key)) {
			*p = (struct place){i, true, true, r};
			return;
		}
		if (is_free)
			continue;
		is_free = is != TABLE_IS_GOOD;
		if (is_free)
			*p = (struct place){i, false, true, none};
		else if (!p->room || worse(&r, &p->record, c->now->time))
			*p = (struct place){i, false, true, r};
	}
}

/* The record that holds the place gives way to one of rank OWN. */
static bool
gives_way(const struct change *c, const struct place *p, uint8_t own)
{
	return p->record.kind == 0 || own == TABLE_RANK_HELD ||
	       rank(&p->record, c->now->time) < TABLE_RANK_HELD;
}

static enum table_answer
apply(struct change *c, table_changer *changer, void *context)
{
	struct area_record r = {.sum = 0};
	struct place p;
	enum table_wish wish;

	find(c, &p);
	if (p.found)
		r = p.record;
	wish = changer(context, p.found, r.value, &r.rank);
	if (wish == TABLE_ERASE && p.found) {
		memset(&r, 0, sizeof(r));
		put(c, p.way, &r);
	}
	if (wish != TABLE_STORE)
		return TABLE_FOUND;
	if (!p.found && !gives_way(c, &p, r.rank))
		return TABLE_NONE;
	r.stamp = c->now->time;
	table_set_key(&r, c->key);
	r.sum = table_record_sum(c->table, c->number, &r);
	put(c, p.way, &r);
	return TABLE_FOUND;
}

enum table_answer
table_change(const struct table *t, const struct table_key *key,
    const struct table_now *now, table_changer *changer, void *context)
{
	struct change c = {.table = t, .key = key, .now = now};

	c.number = table_number(t, key);
	c.set = table_set(t, c.number);
	for (int i = 0; i < TRIES; i++) {
		enum table_answer answer;

		if (!take(&c))
			return TABLE_BUSY;
		answer = apply(&c, changer, context);
		if (give(&c))
			return answer;
	}
	return TABLE_BUSY;
}
