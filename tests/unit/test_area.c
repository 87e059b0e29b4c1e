/*
 * test_area - the area that all share: its header, its switch, its ring of
 * events.  test_table has the records.
 */
#include "../../shim/ring.h"
#include "../../shim/table-set.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t secret[SIPHASH_KEY] = "not so secret";
static struct table t;

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

START_TEST(what_is_no_area_is_refused)
{
	size_t size = table_size(TABLE_SLOTS_MIN);
	struct area_header *h;
	struct table other;

	start();
	h = area_header(&t);
	ck_assert_ptr_nonnull(table_open(&other, t.base, size - 1));
	ck_assert_ptr_nonnull(table_open(&other, t.base, 0));
	ck_assert_ptr_nonnull(table_open(&other, t.base, size + 1088));
	for (size_t i = 0; i < offsetof(struct area_header, off); i++) {
		((uint8_t *)h)[i] ^= 0x10;
		ck_assert_ptr_nonnull(table_open(&other, t.base, size));
		((uint8_t *)h)[i] ^= 0x10;
	}
	h->order = __builtin_bswap32(h->order);
	ck_assert_ptr_nonnull(
	    strstr(table_open(&other, t.base, size), "byte order"));
	h->order = __builtin_bswap32(h->order);
	h->version++;
	ck_assert_ptr_nonnull(
	    strstr(table_open(&other, t.base, size), "version"));
	h->version--;
	ck_assert_ptr_null(table_open(&other, t.base, size));
	memset(t.base, 0, size);
	ck_assert_ptr_nonnull(table_open(&other, t.base, size));
	free(t.base);
}
END_TEST

START_TEST(sizes)
{
	ck_assert_uint_eq(table_size(TABLE_SLOTS_MIN - 1), 0);
	ck_assert_uint_eq(table_size(TABLE_SLOTS_MAX + 1), 0);
	ck_assert_uint_eq(table_size(1025), table_size(2048));
	ck_assert_uint_lt(table_size(TABLE_SLOTS_MAX), INT32_MAX);
	ck_assert_uint_eq(table_size(65536),
	    4096 + 1024 * 1024 + 65536 / 8 * sizeof(struct area_set));
}
END_TEST

START_TEST(off_and_on)
{
	start();
	ck_assert(!table_is_off(&t));
	table_set_off(&t, true);
	ck_assert(table_is_off(&t));
	table_set_off(&t, false);
	ck_assert(!table_is_off(&t));
	free(t.base);
}
END_TEST

START_TEST(events_go_round)
{
	struct ring_event e;
	char text[32];

	start();
	/* numbers wrap as well */
	area_header(&t)->next = UINT32_MAX - 10;
	for (int i = 0; i < RING_PLACES + 20; i++) {
		int n = snprintf(text, sizeof(text), "event %d", i);

		ring_put(&t, text, (size_t)n, INT64_C(1) << 40, 42);
	}
	ck_assert_uint_eq(ring_next(&t), RING_PLACES + 20 - 11);
	ck_assert(!ring_get(&t, UINT32_MAX - 10, &e));
	ck_assert(!ring_get(&t, ring_next(&t), &e));
	ck_assert(ring_get(&t, ring_next(&t) - 1, &e));
	ck_assert_str_eq(e.text, "event 1043");
	ck_assert(e.time == INT64_C(1) << 40 && e.pid == 42);
	ck_assert(ring_get(&t, ring_next(&t) - RING_PLACES, &e));
	ck_assert_str_eq(e.text, "event 20");
	free(t.base);
}
END_TEST

START_TEST(an_event_is_whole_or_not_there)
{
	char text[RING_TEXT + 9];
	struct ring_event e;
	uint8_t *place;

	start();
	memset(text, 'x', sizeof(text));
	text[900] = ' ';
	ring_put(&t, text, sizeof(text), 1, 1);
	ck_assert(ring_get(&t, 0, &e));
	ck_assert_uint_eq(e.length, 900);
	place = t.base + AREA_HEADER;
	for (size_t i = 0; i < 24 + 900; i++) {
		place[i] ^= 1;
		ck_assert(!ring_get(&t, 0, &e));
		place[i] ^= 1;
	}
	ring_put(&t, "a\033b", 3, 1, 1);
	ck_assert(!ring_get(&t, 1, &e));
	free(t.base);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("area");
	TCase *tcase = tcase_create("area");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, what_is_no_area_is_refused);
	tcase_add_test(tcase, sizes);
	tcase_add_test(tcase, off_and_on);
	tcase_add_test(tcase, events_go_round);
	tcase_add_test(tcase, an_event_is_whole_or_not_there);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
