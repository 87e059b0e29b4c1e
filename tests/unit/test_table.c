/*
 * test_table - the records of the table, in an area of plain memory
 *
 * What other processes do at the same time is played by hand here: a writer
 * that died leaves its lock in the word of a set, a torn record is half of
 * one and half of another.  tests/memory has the real thing.
 */
#include "../../shim/table-set.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t secret[SIPHASH_KEY] = "not so secret";
static struct table t;
static struct table_now now = {1000000, 500};

static void
start(void)
{
	size_t size = table_size(TABLE_SLOTS_MIN);
	void *area = aligned_alloc(64, size);

	ck_assert_ptr_nonnull(area);
	memset(area, 0, size);
	table_format(area, TABLE_SLOTS_MIN, secret);
	ck_assert_ptr_null(table_open(&t, area, size));
}

static struct table_key
key_of(uint32_t n)
{
	struct table_key key = {.network = 1, .port = 25, .kind = 1};

	memcpy(key.address, &n, sizeof(n));
	return key;
}

struct wish {
	enum table_wish wish;
	uint8_t byte, rank;
	bool found;
	uint8_t was;
};

static enum table_wish
changer(void *context, bool found, uint8_t *value, uint8_t *rank)
{
	struct wish *w = context;

	w->found = found;
	w->was = value[0];
	memset(value, w->byte, TABLE_VALUE);
	*rank = w->rank;
	return w->wish;
}

static enum table_answer
store(const struct table_key *key, uint8_t byte, uint8_t rank)
{
	struct wish w = {TABLE_STORE, byte, rank, false, 0};

	return table_change(&t, key, &now, changer, &w);
}

/* The value's byte; negative: the answer, less 1. */
static int
find(const struct table_key *key)
{
	uint8_t value[TABLE_VALUE];
	enum table_answer answer = table_find(&t, key, &now, value);

	if (answer != TABLE_FOUND)
		return -1 - (int)answer;
	for (size_t i = 1; i < sizeof(value); i++)
		ck_assert_uint_eq(value[i], value[0]);
	return value[0];
}

#define NONE  (-1 - (int)TABLE_NONE)
#define DOUBT (-1 - (int)TABLE_DOUBT)
#define BUSY  (-1 - (int)TABLE_BUSY)

/* N keys of one set, from the first one on. */
static void
same_set(struct table_key *keys, size_t n)
{
	uint32_t number = 0;

	keys[0] = key_of(0);
	number = table_number(&t, &keys[0]);
	for (uint32_t i = 1, have = 1; have < n; i++) {
		struct table_key key = key_of(i);

		if (table_number(&t, &key) == number)
			keys[have++] = key;
	}
}

START_TEST(stores_changes_and_erases)
{
	struct table_key key = key_of(7), other = key_of(7);
	struct wish w = {TABLE_STORE, 2, 3, false, 0};

	start();
	ck_assert_int_eq(find(&key), NONE);
	ck_assert_int_eq(store(&key, 1, 3), TABLE_FOUND);
	ck_assert_int_eq(find(&key), 1);
	ck_assert_int_eq(
	    table_change(&t, &key, &now, changer, &w), TABLE_FOUND);
	ck_assert(w.found && w.was == 1);
	ck_assert_int_eq(find(&key), 2);
	w.wish = TABLE_KEEP;
	w.byte = 9;
	table_change(&t, &key, &now, changer, &w);
	ck_assert_int_eq(find(&key), 2);
	for (int i = 0; i < 4; i++) {
		other = key;
		other.network += i == 0;
		other.port = (uint16_t)(other.port + (i == 1));
		other.kind = (uint8_t)(other.kind + (i == 2));
		other.address[15] ^= i == 3;
		ck_assert_int_eq(find(&other), NONE);
	}
	w.wish = TABLE_ERASE;
	table_change(&t, &key, &now, changer, &w);
	ck_assert_int_eq(find(&key), NONE);
	table_change(&t, &key, &now, changer, &w);
	ck_assert(!w.found);
	free(t.base);
}
END_TEST

START_TEST(the_oldest_of_the_lowest_rank_gives_way)
{
	struct table_key keys[TABLE_WAYS + 2];

	start();
	same_set(keys, TABLE_WAYS + 2);
	for (size_t i = 0; i < TABLE_WAYS; i++) {
		now.time++;
		store(&keys[i], (uint8_t)i, i == 3 || i == 5 ? 1 : 2);
	}
	store(&keys[TABLE_WAYS], 77, 0);
	ck_assert_int_eq(find(&keys[3]), NONE);
	ck_assert_int_eq(find(&keys[5]), 5);
	store(&keys[TABLE_WAYS + 1], 78, 2);
	ck_assert_int_eq(find(&keys[TABLE_WAYS]), NONE);
	ck_assert_int_eq(find(&keys[TABLE_WAYS + 1]), 78);
	free(t.base);
}
END_TEST

START_TEST(held_records_give_way_to_their_like)
{
	struct table_key keys[TABLE_WAYS + 1];
	const struct table_key *last = &keys[TABLE_WAYS];

	start();
	same_set(keys, TABLE_WAYS + 1);
	for (size_t i = 0; i < TABLE_WAYS; i++) {
		now.time++;
		store(&keys[i], (uint8_t)i, TABLE_RANK_HELD);
	}
	ck_assert_int_eq(store(last, 9, TABLE_RANK_HELD - 1), TABLE_NONE);
	ck_assert_int_eq(find(last), NONE);
	ck_assert_int_eq(find(&keys[0]), 0);
	ck_assert_int_eq(store(last, 9, TABLE_RANK_HELD), TABLE_FOUND);
	ck_assert_int_eq(find(&keys[0]), NONE);
	/* until they are old; a clock that goes back makes nothing old */
	now.time -= 1000;
	ck_assert_int_eq(store(&keys[0], 0, 1), TABLE_NONE);
	now.time += 1000 + 32 * 86400;
	ck_assert_int_eq(store(&keys[0], 0, 1), TABLE_FOUND);
	free(t.base);
}
END_TEST

/* Every bit of a set: never a value that was not stored, never silence where
   there was knowledge and it is not told. */
START_TEST(a_flipped_bit_is_noticed)
{
	struct table_key key = key_of(1);
	uint8_t *set;

	start();
	store(&key, 5, 3);
	set = (uint8_t *)table_set(&t, table_number(&t, &key));
	for (size_t i = sizeof(uint32_t) * 16; i < sizeof(struct area_set);
	     i++) {
		for (int bit = 0; bit < 8; bit++) {
			int found;

			set[i] ^= (uint8_t)(1 << bit);
			found = find(&key);
			ck_assert(found == 5 || found == DOUBT);
			set[i] ^= (uint8_t)(1 << bit);
		}
	}
	/* the next writer mends it */
	set[64 + 40] ^= 1;
	ck_assert_int_eq(find(&key), DOUBT);
	ck_assert_int_eq(store(&key, 6, 3), TABLE_FOUND);
	ck_assert_int_eq(find(&key), 6);
	free(t.base);
}
END_TEST

START_TEST(a_writer_that_died_is_overtaken)
{
	struct table_key key = key_of(1);
	struct area_set *set;

	start();
	store(&key, 5, 3);
	set = table_set(&t, table_number(&t, &key));
	set->word += 1u << LOCK_BITS | (1 + now.tick % LOCK_TICKS);
	ck_assert_int_eq(find(&key), BUSY);
	ck_assert_int_eq(store(&key, 6, 3), TABLE_BUSY);
	now.tick += TABLE_OVERTAKE - 1;
	ck_assert_int_eq(find(&key), BUSY);
	now.tick++;
	ck_assert_int_eq(find(&key), 5);
	ck_assert_int_eq(store(&key, 6, 3), TABLE_FOUND);
	ck_assert_int_eq(find(&key), 6);
	/* One whose clock was read before the other took the set. */
	set->word += 1 + now.tick % LOCK_TICKS;
	now.tick--;
	ck_assert_int_eq(find(&key), BUSY);
	now.tick -= TABLE_OVERTAKE - 1;
	ck_assert_int_eq(find(&key), BUSY);
	now.tick--;
	ck_assert_int_eq(find(&key), 6);
	/* likewise where the ticks go round */
	now.tick = LOCK_TICKS - 1;
	set->word = LOCK_TICKS;
	ck_assert_int_eq(find(&key), BUSY);
	now.tick = LOCK_TICKS - 1 + TABLE_OVERTAKE;
	ck_assert_int_eq(find(&key), 6);
	free(t.base);
}
END_TEST

/* Another process overtakes this one while it changes a record, and has done
   with it. */
static enum table_wish
overtaken_by_a_write(void *context, bool found, uint8_t *value, uint8_t *rank)
{
	struct table_key key = key_of(1);
	struct area_set *set = table_set(&t, table_number(&t, &key));
	int *times = context;

	if ((*times)++ == 0) {
		ck_assert(!found);
		set->word = ((set->word >> LOCK_BITS) + 1) << LOCK_BITS;
		store(&key, 7, 1);
	} else
		ck_assert(found);
	memset(value, value[0] + 1, TABLE_VALUE);
	*rank = 1;
	return TABLE_STORE;
}

START_TEST(who_was_overtaken_writes_nothing)
{
	struct table_key key = key_of(1);
	int times = 0;

	start();
	ck_assert_int_eq(
	    table_change(&t, &key, &now, overtaken_by_a_write, &times),
	    TABLE_FOUND);
	ck_assert_int_eq(times, 2);
	ck_assert_int_eq(find(&key), 8);
	free(t.base);
}
END_TEST

/* Another process overtakes this one while it changes a record. */
static enum table_wish
overtaken(void *context, bool found, uint8_t *value, uint8_t *rank)
{
	struct table_key key = key_of(1);
	int *times = context;

	(void)found;
	if ((*times)++ == 0)
		table_set(&t, table_number(&t, &key))->word += 2u << LOCK_BITS;
	memset(value, 8, TABLE_VALUE);
	*rank = 1;
	return TABLE_STORE;
}

START_TEST(who_was_overtaken_starts_again)
{
	struct table_key key = key_of(1);
	struct area_set *set;
	int times = 0;

	start();
	set = table_set(&t, table_number(&t, &key));
	ck_assert_int_eq(
	    table_change(&t, &key, &now, overtaken, &times), TABLE_BUSY);
	now.tick += TABLE_OVERTAKE;
	ck_assert_int_eq(
	    table_change(&t, &key, &now, overtaken, &times), TABLE_FOUND);
	ck_assert_int_eq(times, 2);
	ck_assert_uint_eq(set->word & LOCK_MASK, 0);
	ck_assert_int_eq(find(&key), 8);
	free(t.base);
}
END_TEST

START_TEST(goes_through_all_records)
{
	uint8_t value[TABLE_VALUE];
	struct table_key key;
	uint32_t cursor = 0, damaged = 0, seen = 0;

	start();
	for (uint32_t i = 0; i < 100; i++) {
		key = key_of(i);
		key.network = UINT64_C(0x123456789a) + i;
		store(&key, (uint8_t)i, 1);
	}
	table_set(&t, 3)->record[TABLE_WAYS - 1].port = 1;
	while (table_next(&t, &cursor, &key, value, &damaged)) {
		ck_assert_uint_eq(
		    key.network, UINT64_C(0x123456789a) + value[0]);
		seen++;
	}
	ck_assert_uint_eq(seen, 100);
	ck_assert_uint_eq(damaged, 1);
	free(t.base);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("table");
	TCase *tcase = tcase_create("table");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, stores_changes_and_erases);
	tcase_add_test(tcase, the_oldest_of_the_lowest_rank_gives_way);
	tcase_add_test(tcase, held_records_give_way_to_their_like);
	tcase_add_test(tcase, a_flipped_bit_is_noticed);
	tcase_add_test(tcase, a_writer_that_died_is_overtaken);
	tcase_add_test(tcase, who_was_overtaken_starts_again);
	tcase_add_test(tcase, who_was_overtaken_writes_nothing);
	tcase_add_test(tcase, goes_through_all_records);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
