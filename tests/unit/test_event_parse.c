/*
 * test_event_parse - the line of an event, read back
 */
#include "../../shim/event.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct event event;
static char room[EVENT_MAX];

/* Reads LINE from a copy that ends where it ends, for a sanitizer. */
static bool
parse(const char *line, size_t length)
{
	char *copy = malloc(length > 0 ? length : 1);
	bool good;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, line, length);
	memset(room, 'x', sizeof(room));
	memset(&event, 'x', sizeof(event));
	good = event_parse(&event, copy, length, room);
	free(copy);
	return good;
}

/* LINE becomes an event, and that the same line again. */
static void
round_trip(const char *line)
{
	char again[EVENT_MAX];

	ck_assert_msg(parse(line, strlen(line)), "not read: %s", line);
	ck_assert_int_eq(event.pid, -1);
	ck_assert_int_eq(event.time, 0);
	event_text(&event, again);
	ck_assert_str_eq(again, line);
}

static const char *const lines[] = {
    "act=fallback method=live peer=[192.0.2.7]:25 mx=mx1.example.net "
    "domain=example.net program=sendmail stage=handshake "
    "class=tls-alert-handshake_failure guard=none "
    "rule=/etc/starttls-fallback.conf:14 ms=41",
    "act=withhold method=- peer=[2001:db8::7]:25 mx=- domain=- program=smtp "
    "stage=ehlo class=tls-closed guard=none rule=/a=b:c:4294967295 ms=-",
    "act=heal method=- peer=- mx=- domain=- program=- stage=- class=- guard=- "
    "rule=- ms=9223372036854775807",
    "act=error program=sendmail text=/etc/x:1:?unknown?directive?\"a=b\"",
    "act=error program=- text=x",
};

START_TEST(lines_come_back)
{
	round_trip(lines[_i]);
}
END_TEST

START_TEST(what_stands_in_it)
{
	ck_assert(parse(lines[0], strlen(lines[0])));
	ck_assert_str_eq(event.act, "fallback");
	ck_assert_str_eq(event.peer, "[192.0.2.7]:25");
	ck_assert_str_eq(event.class, "tls-alert-handshake_failure");
	ck_assert_str_eq(event.rule_file, "/etc/starttls-fallback.conf");
	ck_assert_uint_eq(event.rule_line, 14);
	ck_assert_int_eq(event.ms, 41);
	ck_assert_ptr_null(event.text);
}
END_TEST

/* Cut at each byte: what is whole is there, and nothing is read behind. */
START_TEST(every_beginning)
{
	size_t length = strlen(lines[_i]);

	for (size_t n = 0; n <= length; n++) {
		bool good = parse(lines[_i], n);

		ck_assert_int_eq(good, n >= strlen("act=x"));
	}
}
END_TEST

static const char *const useless[] = {
    "", " ", "act", "act=-", "peer=[192.0.2.7]:25", "=act", "  act "};

START_TEST(no_event)
{
	ck_assert(!parse(useless[_i], strlen(useless[_i])));
}
END_TEST

START_TEST(odd_fields_are_passed_over)
{
	static const char line[] =
	    "act=learn later=1 ms=4x ms= rule=/f rule=/f: rule=/f:4294967296 "
	    "ms=9223372036854775808 =  class=tls-reset";

	ck_assert(parse(line, strlen(line)));
	ck_assert_str_eq(event.act, "learn");
	ck_assert_str_eq(event.class, "tls-reset");
	ck_assert_int_eq(event.ms, -1);
	ck_assert_ptr_null(event.rule_file);
}
END_TEST

START_TEST(length)
{
	char line[EVENT_MAX + 1];

	memset(line, 'a', sizeof(line));
	memcpy(line, "act=", 4);
	ck_assert(parse(line, EVENT_MAX - 1));
	ck_assert_uint_eq(strlen(event.act), EVENT_MAX - 5);
	ck_assert(!parse(line, EVENT_MAX));
}
END_TEST

/* A NUL ends the line. */
START_TEST(embedded_nul)
{
	static const char line[] = "act=learn\0peer=[192.0.2.7]:25";

	ck_assert(parse(line, sizeof(line) - 1));
	ck_assert_ptr_null(event.peer);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("event_parse");
	TCase *tcase = tcase_create("event_parse");
	SRunner *runner;
	int failed;
	int n = (int)(sizeof(lines) / sizeof(lines[0]));

	tcase_add_loop_test(tcase, lines_come_back, 0, n);
	tcase_add_test(tcase, what_stands_in_it);
	tcase_add_loop_test(tcase, every_beginning, 0, n);
	tcase_add_loop_test(
	    tcase, no_event, 0, (int)(sizeof(useless) / sizeof(useless[0])));
	tcase_add_test(tcase, odd_fields_are_passed_over);
	tcase_add_test(tcase, length);
	tcase_add_test(tcase, embedded_nul);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
