/*
 * test_peer - how trouble begins, is confirmed, grows old and ends
 */
#include "../../shim/peer.h"

#include "../../shim/decide.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define START 1000000u

static struct peer p;
static uint32_t now;

static void
start(void)
{
	memset(&p, 0, sizeof(p));
	now = START;
}

static void
failure(enum class_kind class, const char *program, bool own_next)
{
	struct peer_failure f = {
	    .class = class,
	    .name = "tls-alert-handshake_failure",
	    .stage = STAGE_HANDSHAKE,
	    .program = program,
	    .own_next = own_next,
	    .shortest = PEER_SHORTEST,
	    .longest = PEER_LONGEST,
	};

	peer_fail(&p, &f, now);
	ck_assert(peer_valid(&p));
}

START_TEST(an_unambiguous_class_stands_at_once)
{
	char name[CLASS_NAME_MAX];

	start();
	ck_assert_int_eq(peer_state(&p, now), PEER_UNKNOWN);
	failure(CLASS_TLS_ALERT, "smtp", false);
	ck_assert_int_eq(peer_state(&p, now), PEER_BROKEN);
	ck_assert(peer_withholds(&p, "smtp", now));
	ck_assert(peer_withholds(&p, "other", now));
	ck_assert(peer_withholds(&p, NULL, now));
	peer_class_name(&p, name);
	ck_assert_str_eq(name, "tls-alert-handshake_failure");
	now += PEER_SHORTEST - 1;
	ck_assert(peer_withholds(&p, "smtp", now));
	now++;
	ck_assert(!peer_withholds(&p, "smtp", now));
	ck_assert_int_eq(peer_state(&p, now), PEER_EXPIRED);
}
END_TEST

START_TEST(an_ambiguous_class_needs_two)
{
	start();
	failure(CLASS_TLS_CLOSED, "smtp", false);
	ck_assert_int_eq(peer_state(&p, now), PEER_SUSPECTED);
	ck_assert(!peer_withholds(&p, "smtp", now));
	now += 3600;
	failure(_i == 0 ? CLASS_TLS_CLOSED : CLASS_TLS_ALERT, "smtp", false);
	ck_assert(peer_withholds(&p, "other", now));
	ck_assert_uint_eq(p.length, PEER_SHORTEST);
	/* two days are too long */
	start();
	failure(CLASS_TLS_CLOSED, "smtp", false);
	now += 2 * PEER_LONGEST;
	failure(CLASS_TLS_CLOSED, "smtp", false);
	ck_assert(!peer_withholds(&p, "smtp", now));
	ck_assert_uint_eq(p.count, 1);
}
END_TEST

START_TEST(the_next_session_of_its_own)
{
	start();
	failure(CLASS_STARTTLS_CLOSED, "sendmail", true);
	ck_assert(peer_withholds(&p, "sendmail", now));
	ck_assert(!peer_withholds(&p, "smtp", now));
	ck_assert(!peer_withholds(&p, NULL, now));
	failure(CLASS_STARTTLS_CLOSED, "smtp", false);
	ck_assert(peer_withholds(&p, "smtp", now));
}
END_TEST

START_TEST(any_success_ends_a_suspicion)
{
	start();
	failure(CLASS_STARTTLS_CLOSED, "sendmail", true);
	ck_assert(peer_withholds(&p, "sendmail", now));
	ck_assert(peer_heal(&p, "smtp"));
	ck_assert(!peer_withholds(&p, "sendmail", now));
	ck_assert(peer_empty(&p, now));
}
END_TEST

START_TEST(a_local_class_stands_for_its_program)
{
	start();
	failure(CLASS_TLS_LOCAL, "smtp", false);
	ck_assert(peer_withholds(&p, "smtp", now));
	ck_assert(!peer_withholds(&p, "exim4", now));
	failure(CLASS_TLS_LOCAL, "smtp", false);
	ck_assert(!peer_withholds(&p, "exim4", now));
	ck_assert(!peer_heal(&p, "exim4"));
	failure(CLASS_TLS_LOCAL, "exim4", false);
	ck_assert(peer_withholds(&p, "dma", now));
	ck_assert(peer_heal(&p, "dma"));
	ck_assert(peer_empty(&p, now));
}
END_TEST

START_TEST(it_doubles_when_a_fresh_attempt_fails)
{
	static const uint32_t minutes[] = {
	    15, 30, 60, 120, 240, 480, 960, 1440, 1440};

	start();
	for (size_t i = 0; i < sizeof(minutes) / sizeof(minutes[0]); i++) {
		failure(CLASS_TLS_ALERT, "smtp", false);
		ck_assert_uint_eq(p.length, minutes[i] * 60);
		ck_assert_uint_eq(p.until, now + minutes[i] * 60);
		/* one that began before changes nothing */
		now += 10;
		failure(CLASS_TLS_ALERT, "smtp", false);
		ck_assert_uint_eq(p.until, now - 10 + minutes[i] * 60);
		now = p.until;
	}
	now += PEER_FORGIVEN + PEER_LONGEST + 1;
	failure(CLASS_TLS_ALERT, "smtp", false);
	ck_assert_uint_eq(p.length, PEER_SHORTEST);
}
END_TEST

START_TEST(a_clock_that_jumps)
{
	start();
	failure(CLASS_TLS_ALERT, "smtp", false);
	now -= 10 * 86400;
	ck_assert(!peer_withholds(&p, "smtp", now));
	failure(CLASS_TLS_ALERT, "smtp", false);
	ck_assert(peer_withholds(&p, "smtp", now));
	ck_assert_uint_eq(p.first, now);
	now += PEER_SHORTEST - 1;
	ck_assert(peer_withholds(&p, "smtp", now));
	/* a second or two back is no jump */
	now = p.last - 2;
	ck_assert(peer_withholds(&p, "smtp", now));
}
END_TEST

START_TEST(a_program_that_requires_tls)
{
	static const char *const names[] = {"a", "b", "c", "d", "e"};

	start();
	failure(CLASS_TLS_ALERT, "smtp", false);
	peer_require(&p, "smtp");
	peer_require(&p, "smtp");
	ck_assert(!peer_withholds(&p, "smtp", now));
	ck_assert(peer_withholds(&p, "exim4", now));
	ck_assert(peer_heal(&p, "exim4"));
	ck_assert(!peer_empty(&p, now));
	ck_assert(peer_requires(&p, "smtp") && !peer_requires(&p, NULL));
	for (size_t i = 0; i < 4; i++)
		peer_require(&p, names[i]);
	ck_assert(!peer_requires(&p, "smtp"));
	ck_assert(peer_requires(&p, "a") && peer_requires(&p, "d"));
}
END_TEST

START_TEST(a_guard_ends)
{
	start();
	peer_set_guard(&p, GUARD_CLEAR_REFUSED, now, 60);
	ck_assert_int_eq(peer_guard(&p, now + 59), GUARD_CLEAR_REFUSED);
	ck_assert(!peer_empty(&p, now + 59));
	ck_assert_int_eq(peer_guard(&p, now + 60), GUARD_NONE);
	ck_assert(peer_empty(&p, now + 60));
	ck_assert_int_eq(peer_guard(&p, now - 10 * 86400), GUARD_NONE);
}
END_TEST

START_TEST(classes_that_are_no_trouble)
{
	start();
	failure(CLASS_NONE, "smtp", false);
	failure(CLASS_TLS_VERIFY, "smtp", false);
	failure(CLASS_TLS_LOCAL_CONFIG, "smtp", false);
	ck_assert(peer_empty(&p, now));
}
END_TEST

/* Whatever stands in a record: no function reads beyond it, and what is
   accepted has a name. */
START_TEST(hostile_values)
{
	char name[CLASS_NAME_MAX];
	unsigned seed = 1, accepted = 0;

	for (int i = 0; i < 200000; i++) {
		struct peer *h = malloc(sizeof(*h));

		ck_assert_ptr_nonnull(h);
		start();
		failure(CLASS_TLS_ALERT, "smtp", false);
		memcpy(h, &p, sizeof(p));
		for (int n = rand_r(&seed) % 4; n >= 0; n--)
			((uint8_t *)h)[(unsigned)rand_r(&seed) % sizeof(*h)] =
			    (uint8_t)rand_r(&seed);
		if (peer_valid(h)) {
			accepted++;
			peer_class_name(h, name);
			ck_assert_uint_lt(strlen(name), CLASS_NAME_MAX);
			peer_withholds(h, "smtp", now);
			peer_guard(h, now);
			peer_rank(h);
		}
		free(h);
	}
	ck_assert_uint_gt(accepted, 1000);
}
END_TEST

START_TEST(a_pin)
{
	struct peer_good g = {0};

	peer_good_add(&g, START);
	peer_good_add(&g, START + 10);
	peer_good_add(&g, START + 86399);
	ck_assert(!peer_good_pins(&g, START + 86399));
	ck_assert_uint_lt(peer_good_rank(&g), TABLE_RANK_HELD);
	peer_good_add(&g, START + 86400);
	ck_assert(peer_good_pins(&g, START + 86400));
	ck_assert_uint_eq(peer_good_rank(&g), TABLE_RANK_HELD);
	ck_assert(peer_good_pins(&g, START + 31 * 86400));
	ck_assert(!peer_good_pins(&g, START + 31 * 86400 + 1));
	/* a clock that was wrong pins nobody for longer */
	peer_good_add(&g, START - 5);
	ck_assert(!peer_good_pins(&g, START));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("peer");
	TCase *tcase = tcase_create("peer");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, an_unambiguous_class_stands_at_once);
	tcase_add_loop_test(tcase, an_ambiguous_class_needs_two, 0, 2);
	tcase_add_test(tcase, the_next_session_of_its_own);
	tcase_add_test(tcase, any_success_ends_a_suspicion);
	tcase_add_test(tcase, a_local_class_stands_for_its_program);
	tcase_add_test(tcase, it_doubles_when_a_fresh_attempt_fails);
	tcase_add_test(tcase, a_clock_that_jumps);
	tcase_add_test(tcase, a_program_that_requires_tls);
	tcase_add_test(tcase, a_guard_ends);
	tcase_add_test(tcase, classes_that_are_no_trouble);
	tcase_add_test(tcase, hostile_values);
	tcase_add_test(tcase, a_pin);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
