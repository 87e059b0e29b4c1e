/*
 * test_event - events as text and as JSON
 */
#include "../../shim/event.h"
#include "json.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct event whole = {
    .act = "fallback",
    .method = "live",
    .peer = "[192.0.2.7]:25",
    .mx = "mx1.example.net",
    .domain = "example.net",
    .program = "sendmail",
    .stage = "handshake",
    .class = "tls-alert-handshake_failure",
    .guard = "none",
    .rule_file = "/etc/starttls-fallback.conf",
    .rule_line = 14,
    .ms = 41,
    .time = 1700000000123,
    .pid = 4711,
};

static const struct event unknown = {.ms = -1, .pid = -1};

static char text[EVENT_MAX], json[EVENT_MAX];

/* Both forms, each in allocated memory so that a sanitizer sees its end, and
   what holds of every event. */
static void
write_both(const struct event *e)
{
	char *line = malloc(EVENT_MAX);
	size_t n;

	ck_assert_ptr_nonnull(line);
	n = event_text(e, line);
	ck_assert_uint_lt(n, EVENT_MAX);
	ck_assert_uint_eq(strlen(line), n);
	ck_assert_ptr_null(strchr(line, '\n'));
	memcpy(text, line, n + 1);
	n = event_json(e, line);
	ck_assert_uint_lt(n, EVENT_MAX);
	ck_assert_uint_eq(strlen(line), n);
	memcpy(json, line, n + 1);
	free(line);
	ck_assert_msg(json_line(json), "no JSON: %s", json);
}

START_TEST(keys_and_their_order)
{
	write_both(&whole);
	ck_assert_str_eq(text,
	    "act=fallback method=live peer=[192.0.2.7]:25 mx=mx1.example.net "
	    "domain=example.net program=sendmail stage=handshake "
	    "class=tls-alert-handshake_failure guard=none "
	    "rule=/etc/starttls-fallback.conf:14 ms=41");
	ck_assert_str_eq(json,
	    "{\"time\":\"2023-11-14T22:13:20.123Z\",\"pid\":4711,"
	    "\"act\":\"fallback\",\"method\":\"live\","
	    "\"peer\":\"[192.0.2.7]:25\",\"mx\":\"mx1.example.net\","
	    "\"domain\":\"example.net\",\"program\":\"sendmail\","
	    "\"stage\":\"handshake\","
	    "\"class\":\"tls-alert-handshake_failure\",\"guard\":\"none\","
	    "\"rule\":\"/etc/starttls-fallback.conf:14\",\"ms\":41}\n");
}
END_TEST

START_TEST(unknown_is_a_hyphen_or_absent)
{
	write_both(&unknown);
	ck_assert_str_eq(text,
	    "act=- method=- peer=- mx=- domain=- program=- stage=- class=- "
	    "guard=- rule=- ms=-");
	ck_assert_str_eq(json, "{\"time\":\"1970-01-01T00:00:00.000Z\"}\n");
}
END_TEST

START_TEST(an_error_has_a_text)
{
	struct event e = {.act = "error", .text = "a:1: b c", .ms = -1};

	write_both(&e);
	ck_assert_str_eq(text, "act=error program=- text=a:1:?b?c");
	ck_assert_str_eq(json,
	    "{\"time\":\"1970-01-01T00:00:00.000Z\",\"pid\":0,"
	    "\"act\":\"error\",\"text\":\"a:1: b c\"}\n");
}
END_TEST

/* Every byte that a value can hold. */
START_TEST(no_byte_breaks_a_line)
{
	char value[2] = {(char)_i, '\0'};
	struct event e = {.act = value, .rule_file = value, .ms = -1};
	char shown[24];
	bool odd = _i <= 0x20 || _i > 0x7e;

	write_both(&e);
	snprintf(shown, sizeof(shown), "act=%c ", odd ? '?' : _i);
	ck_assert_int_eq(strncmp(text, shown, strlen(shown)), 0);
	snprintf(shown, sizeof(shown), "rule=%c:0", odd ? '?' : _i);
	ck_assert_ptr_nonnull(strstr(text, shown));
	if (_i == '"' || _i == '\\')
		snprintf(shown, sizeof(shown), "\\%c", _i);
	else if (_i < 0x20 || _i > 0x7e)
		snprintf(shown, sizeof(shown), "\\u%04x", (unsigned)_i);
	else
		snprintf(shown, sizeof(shown), "%c", _i);
	ck_assert_ptr_nonnull(strstr(json, "\"act\":\""));
	ck_assert_int_eq(
	    strncmp(strstr(json, "\"act\":\"") + 7, shown, strlen(shown)), 0);
	ck_assert_int_eq(strstr(json, "\"act\":\"")[7 + strlen(shown)], '"');
}
END_TEST

/* A value of any length: the line ends before the first field that does not
   fit, at every byte where that can happen. */
START_TEST(too_long_is_cut_at_a_field)
{
	static const char fill[] = {'a', '"', '\x01', ' '};
	char value[EVENT_MAX + 9];
	struct event e = whole;
	char *at;

	for (size_t n = 0; n < sizeof(value); n++) {
		memset(value, fill[_i], n);
		value[n] = '\0';
		e.mx = value;
		write_both(&e);
		at = strstr(text, " mx=");
		if (at == NULL)
			ck_assert_str_eq(text,
			    "act=fallback method=live peer=[192.0.2.7]:25");
		else
			ck_assert_uint_eq(strcspn(at + 4, " "), n);
		if (strstr(json, "\"mx\":") == NULL)
			ck_assert_ptr_nonnull(
			    strstr(json, "\"peer\":\"[192.0.2.7]:25\"}\n"));
	}
	ck_assert_ptr_null(strstr(text, " mx="));
	ck_assert_ptr_null(strstr(json, "\"mx\":"));
}
END_TEST

/* The lines are as long as they may be, to the byte. */
START_TEST(the_whole_line_is_used)
{
	char value[EVENT_MAX + 9];
	struct event e = {.act = value, .ms = -1, .pid = -1};
	size_t longest_text = 0, longest_json = 0;

	for (size_t n = 0; n < sizeof(value) - 1; n++) {
		memset(value, 'a', n);
		value[n] = '\0';
		write_both(&e);
		if (strlen(text) > longest_text)
			longest_text = strlen(text);
		if (strlen(json) > longest_json)
			longest_json = strlen(json);
	}
	ck_assert_uint_eq(longest_text, EVENT_MAX - 1);
	ck_assert_uint_eq(longest_json, EVENT_MAX - 1);
}
END_TEST

static const struct {
	int64_t time;
	const char *text;
} moments[] = {
    {-1, "1970-01-01T00:00:00.000Z"},
    {0, "1970-01-01T00:00:00.000Z"},
    {1, "1970-01-01T00:00:00.001Z"},
    {86399999, "1970-01-01T23:59:59.999Z"},
    {86400000, "1970-01-02T00:00:00.000Z"},
    {68169600000, "1972-02-29T00:00:00.000Z"},
    {951782400000, "2000-02-29T00:00:00.000Z"},
    {951868800000, "2000-03-01T00:00:00.000Z"},
    {978307199999, "2000-12-31T23:59:59.999Z"},
    {2147483647000, "2038-01-19T03:14:07.000Z"},
    {2147483648000, "2038-01-19T03:14:08.000Z"},
    {4107542400000, "2100-03-01T00:00:00.000Z"},
    {253402300799999, "9999-12-31T23:59:59.999Z"},
};

static void
check_time(int64_t time, const char *expected)
{
	struct event e = {.ms = -1, .pid = -1, .time = time};

	event_json(&e, json);
	if (strncmp(json, "{\"time\":\"", 9) != 0 ||
	    strncmp(json + 9, expected, 24) != 0)
		ck_abort_msg("%lld: %s", (long long)time, json);
}

START_TEST(times_of_day)
{
	check_time(moments[_i].time, moments[_i].text);
}
END_TEST

/* Every day of 400 years, as the C library has it. */
START_TEST(every_day_as_gmtime)
{
	for (int64_t day = 0; day < 146097; day++) {
		time_t seconds = (time_t)(day * 86400 + day % 86400);
		struct tm *tm = gmtime(&seconds);
		char expected[64];

		snprintf(expected, sizeof(expected),
		    "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm->tm_year + 1900,
		    tm->tm_mon + 1, tm->tm_mday, tm->tm_hour, tm->tm_min,
		    tm->tm_sec, (int)(day % 1000));
		check_time((int64_t)seconds * 1000 + day % 1000, expected);
	}
}
END_TEST

START_TEST(numbers)
{
	struct event e = whole;

	e.ms = INT64_MAX;
	e.pid = INT64_MAX;
	e.rule_line = UINT32_MAX;
	write_both(&e);
	ck_assert_ptr_nonnull(strstr(text, ".conf:4294967295 "));
	ck_assert_ptr_nonnull(strstr(text, " ms=9223372036854775807"));
	ck_assert_ptr_nonnull(strstr(json, ",\"ms\":9223372036854775807}"));
	ck_assert_ptr_nonnull(strstr(json, ",\"pid\":9223372036854775807,"));
	e.ms = 0;
	write_both(&e);
	ck_assert_ptr_nonnull(strstr(text, " ms=0"));
	ck_assert_ptr_nonnull(strstr(json, ",\"ms\":0}"));
	e.ms = INT64_MIN;
	write_both(&e);
	ck_assert_ptr_nonnull(strstr(text, " ms=-"));
	ck_assert_ptr_null(strstr(json, "\"ms\""));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("event");
	TCase *tcase = tcase_create("event");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, keys_and_their_order);
	tcase_add_test(tcase, unknown_is_a_hyphen_or_absent);
	tcase_add_test(tcase, an_error_has_a_text);
	tcase_add_loop_test(tcase, no_byte_breaks_a_line, 1, 256);
	tcase_add_loop_test(tcase, too_long_is_cut_at_a_field, 0, 4);
	tcase_add_test(tcase, the_whole_line_is_used);
	tcase_add_loop_test(tcase, times_of_day, 0,
	    (int)(sizeof(moments) / sizeof(moments[0])));
	tcase_add_test(tcase, every_day_as_gmtime);
	tcase_add_test(tcase, numbers);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
