/*
 * test_decide - the decision, over every combination of its facts
 *
 * The oracle is written from the design (sections 4 and 5), as a list of
 * reasons against, each with its guard; it does not follow the code.
 */
#include "../../shim/decide.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

/* Every fact that is yes or no, as a bit. */
enum fact {
	RELAY_PORT,
	LOOPBACK,
	LOOPBACK_NAMED,
	HANDLE,
	HANDLE_VERIFIES,
	PROGRAM_CHECKS,
	EXACT,
	RECONNECTED,
	SHARED,
	AUTH,
	REQUIRETLS,
	CLEAR_REFUSED,
	DOUBT,
	RECORDED,
	LEFT,
	FACTS,
};

#define HAS(facts, fact) (((facts) >> (fact)&1) != 0)

static struct decide_facts
make(enum rule_action action, enum rule_method method, enum class_kind class,
    unsigned facts)
{
	return (struct decide_facts){
	    .action = action,
	    .method = method,
	    .class = class,
	    .relay_port = HAS(facts, RELAY_PORT),
	    .loopback = HAS(facts, LOOPBACK),
	    .loopback_named = HAS(facts, LOOPBACK_NAMED),
	    .handle = HAS(facts, HANDLE),
	    .handle_verifies = HAS(facts, HANDLE_VERIFIES),
	    .program_checks = HAS(facts, PROGRAM_CHECKS),
	    .exact = HAS(facts, EXACT),
	    .reconnected = HAS(facts, RECONNECTED),
	    .shared = HAS(facts, SHARED),
	    .auth = HAS(facts, AUTH),
	    .requiretls = HAS(facts, REQUIRETLS),
	    .clear_refused = HAS(facts, CLEAR_REFUSED),
	    .doubt = HAS(facts, DOUBT),
	    .recorded = HAS(facts, RECORDED),
	    .left = HAS(facts, LEFT),
	};
}

/* The classes that the design's section 3 lets fall back at once. */
static bool qualifies(enum class_kind class)
{
	static const enum class_kind yes[] = {CLASS_TLS_ALERT, CLASS_TLS_CLOSED,
	    CLASS_TLS_RESET, CLASS_TLS_TIMEOUT, CLASS_TLS_PLAINTEXT,
	    CLASS_TLS_MALFORMED, CLASS_TLS_LOCAL};

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		if (yes[i] == class)
			return true;
	return false;
}

/* What may be remembered. */
static bool
recordable(const struct decide_facts *f)
{
	return f->class != CLASS_NONE && f->class != CLASS_TLS_VERIFY &&
	       f->class != CLASS_TLS_LOCAL_CONFIG && f->recorded && !f->left;
}

/* The first reason against METHOD; GUARD_NONE: there is none. */
static enum guard
oracle(const struct decide_facts *f, enum rule_method method)
{
	bool live = method == METHOD_LIVE;
	bool judges = f->program_checks || f->method == METHOD_LIVE;
	bool asks = f->handle && f->handle_verifies && !f->program_checks;
	const struct {
		bool against;
		enum guard guard;
	} reasons[] = {
	    {f->action == ACTION_OFF || f->action == ACTION_NEVER, GUARD_RULE},
	    {!f->relay_port, GUARD_PORT},
	    {f->loopback && !f->loopback_named, GUARD_PORT},
	    {f->class == CLASS_TLS_VERIFY || f->class == CLASS_TLS_LOCAL_CONFIG,
		GUARD_VERIFY},
	    {live && asks, GUARD_VERIFY},
	    {f->auth, GUARD_AUTH},
	    {f->requiretls, GUARD_REQUIRETLS},
	    {f->clear_refused, GUARD_CLEAR_REFUSED},
	    {f->doubt, GUARD_MEMORY},
	    {live && (f->method == METHOD_PROBE || f->method == METHOD_LEARN),
		GUARD_METHOD},
	    {live && (!judges || !qualifies(f->class)), GUARD_METHOD},
	    {live && (!f->handle || !f->exact), GUARD_METHOD},
	    {live && (f->reconnected || f->shared), GUARD_METHOD},
	    {!live && !recordable(f), GUARD_METHOD},
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].against)
			return reasons[i].guard;
	return GUARD_NONE;
}

/* In this session if that is possible, else in the next; a guard that would
   hold for both is the one that is named. */
static bool
agrees(const struct decide_facts *f)
{
	bool observed = f->action == ACTION_OBSERVE;
	struct decision d = decide(f);
	enum guard live = oracle(f, METHOD_LIVE);
	enum guard learn = oracle(f, METHOD_LEARN);

	if (live == GUARD_NONE)
		return d.guard == GUARD_NONE && d.method == METHOD_LIVE &&
		       d.act == (observed ? ACT_WOULD_FALLBACK : ACT_FALLBACK);
	if (learn == GUARD_NONE)
		return d.guard == GUARD_NONE && d.method == METHOD_LEARN &&
		       d.act == (observed ? ACT_WOULD_FALLBACK : ACT_LEARN);
	return d.act == ACT_DECLINE &&
	       d.guard == (recordable(f) ? learn : live);
}

START_TEST(every_combination)
{
	unsigned acts[ACT_ERROR + 1] = {0};

	for (int class = CLASS_NONE; class < CLASS_COUNT; class ++)
		for (unsigned n = 0; n < 20U << FACTS; n++) {
			struct decide_facts f =
			    make((enum rule_action)((n >> FACTS) % 5),
				(enum rule_method)((n >> FACTS) / 5),
				(enum class_kind) class, n);

			if (!agrees(&f))
				ck_abort_msg("class %d, facts %#x", class, n);
			acts[decide(&f).act]++;
		}
	/* 7 classes; of loopback 3 of 4; live: the program checks (handle
	   verifies or not) or it does not and the handle does not verify; auto:
	   the program checks.  Twice, for fallback and clear; recorded and left
	   in every way. */
	ck_assert_uint_eq(acts[ACT_FALLBACK], 2 * 4 * 7 * 3 * (3 + 2));
	/* 17 classes that can be recorded, 4 methods, 6 other facts, less what
	   is mended at once. */
	ck_assert_uint_eq(
	    acts[ACT_LEARN], 2 * (17 * 4 * 3 * 64 - 7 * 3 * (3 + 2)));
	ck_assert_uint_eq(acts[ACT_WOULD_FALLBACK],
	    (acts[ACT_FALLBACK] + acts[ACT_LEARN]) / 2);
}
END_TEST

/* Whether STARTTLS is withheld, likewise. */
START_TEST(every_combination_of_a_known_peer)
{
	for (unsigned n = 0; n < 10U << FACTS; n++) {
		struct decide_facts f =
		    make((enum rule_action)((n >> FACTS) % 5), METHOD_AUTO,
			CLASS_NONE, n & ~(1U << HANDLE));
		bool clear = f.action == ACTION_CLEAR;
		bool against = f.auth || f.requiretls;

		f.known = (n >> FACTS) >= 5;
		if (!clear)
			against = against || !f.known || f.clear_refused ||
				  f.doubt || !f.relay_port ||
				  f.action != ACTION_FALLBACK ||
				  (f.loopback && !f.loopback_named);
		ck_assert(decide_withhold(&f) == !against);
	}
}
END_TEST

/* What would be allowed, and then one fact after the other against it. */
#define GOOD \
	(1U << RELAY_PORT | 1U << HANDLE | 1U << PROGRAM_CHECKS | 1U << EXACT)

static const struct {
	unsigned flip;
	enum guard guard;
} single[] = {
    {RELAY_PORT, GUARD_PORT},
    {LOOPBACK, GUARD_PORT},
    {LOOPBACK_NAMED, GUARD_NONE},
    {HANDLE, GUARD_METHOD},
    {HANDLE_VERIFIES, GUARD_NONE},
    {PROGRAM_CHECKS, GUARD_METHOD},
    {EXACT, GUARD_METHOD},
    {RECONNECTED, GUARD_METHOD},
    {SHARED, GUARD_METHOD},
    {AUTH, GUARD_AUTH},
    {REQUIRETLS, GUARD_REQUIRETLS},
    {CLEAR_REFUSED, GUARD_CLEAR_REFUSED},
    {DOUBT, GUARD_MEMORY},
};

START_TEST(one_fact_against_it)
{
	struct decide_facts f = make(ACTION_FALLBACK, METHOD_AUTO,
	    CLASS_TLS_ALERT, GOOD ^ 1U << single[_i].flip);
	struct decision d = decide(&f);

	ck_assert_int_eq(d.guard, single[_i].guard);
	ck_assert_int_eq(
	    d.act, single[_i].guard == GUARD_NONE ? ACT_FALLBACK : ACT_DECLINE);
}
END_TEST

START_TEST(first_guard_wins)
{
	unsigned all = ~0U & ~(1U << RELAY_PORT | 1U << PROGRAM_CHECKS |
				 1U << LOOPBACK_NAMED | 1U << RECORDED);
	struct decide_facts f =
	    make(ACTION_NEVER, METHOD_LEARN, CLASS_TLS_VERIFY, all);

	ck_assert_int_eq(decide(&f).guard, GUARD_RULE);
	f.action = ACTION_FALLBACK;
	ck_assert_int_eq(decide(&f).guard, GUARD_PORT);
	f.relay_port = true;
	ck_assert_int_eq(decide(&f).guard, GUARD_PORT);
	f.loopback_named = true;
	ck_assert_int_eq(decide(&f).guard, GUARD_VERIFY);
	f.class = CLASS_TLS_ALERT;
	ck_assert_int_eq(decide(&f).guard, GUARD_VERIFY);
	f.handle_verifies = false;
	ck_assert_int_eq(decide(&f).guard, GUARD_AUTH);
	f.auth = false;
	ck_assert_int_eq(decide(&f).guard, GUARD_REQUIRETLS);
	f.requiretls = false;
	ck_assert_int_eq(decide(&f).guard, GUARD_CLEAR_REFUSED);
	f.clear_refused = false;
	ck_assert_int_eq(decide(&f).guard, GUARD_MEMORY);
	f.doubt = false;
	ck_assert_int_eq(decide(&f).guard, GUARD_METHOD);
}
END_TEST

START_TEST(names)
{
	static const char *const guards[] = {"none", "rule", "port", "verify",
	    "auth", "requiretls", "clear-refused", "memory", "method",
	    "reconnect"};
	static const char *const acts[] = {"none", "fallback", "withhold",
	    "learn", "decline", "would-fallback", "heal", "error"};

	for (int i = GUARD_NONE; i <= GUARD_RECONNECT; i++)
		ck_assert_str_eq(decide_guard_name((enum guard)i), guards[i]);
	for (int i = ACT_NONE; i <= ACT_ERROR; i++)
		ck_assert_str_eq(decide_act_name((enum act)i), acts[i]);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("decide");
	TCase *tcase = tcase_create("decide");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, every_combination);
	tcase_add_test(tcase, every_combination_of_a_known_peer);
	tcase_add_loop_test(tcase, one_fact_against_it, 0,
	    (int)(sizeof(single) / sizeof(single[0])));
	tcase_add_test(tcase, first_guard_wins);
	tcase_add_test(tcase, names);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
