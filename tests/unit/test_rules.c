/*
 * test_rules - policy texts to rules and settings, table driven
 *
 * Problems of single lines are in test_rules_set.c and test_rules_peer.c.
 */
#include "../../shim/match.h"
#include "../../shim/rules-line.h"
#include "policy.h"

/* The times of a rule are left out where they are the default ones. */
static void
dump_rule(char *to, size_t size, const struct rule *rule)
{
	struct match_peer peer = {.port = 0};
	char address[MATCH_TEXT_MAX] = "*", ttl[32] = "";

	if (rule->pattern == PATTERN_NETWORK) {
		memcpy(peer.address, rule->address, sizeof(peer.address));
		match_text(&peer, address);
	}
	if (rule->ttl_shortest != 900 || rule->ttl_longest != 86400) {
		snprintf(ttl, sizeof(ttl), " %u..%u", rule->ttl_shortest,
		    rule->ttl_longest);
	}
	snprintf(to, size, "%s:%u %s/%d%s %s %s%s\n", rule->file, rule->line,
	    address, rule->bits, rule->single ? " single" : "",
	    rules_action_name(rule->action), rules_method_name(rule->method),
	    ttl);
}

static const struct {
	const char *text;
	const char *rules;
} good[] = {
    {"", ""},
    {"\n", ""},
    {"\r\n", ""},
    {"#", ""},
    {"  # x\n#peer * foo\n\t\n", ""},
    {"# \xc3\xbc \x01\n", ""},
    {"peer * off", "f:1 */0 off auto\n"},
    {"peer * off\n", "f:1 */0 off auto\n"},
    {"peer * off\r\n", "f:1 */0 off auto\n"},
    {"peer * off\r", "f:1 */0 off auto\n"},
    {"\t peer\t\t*   off \t\n", "f:1 */0 off auto\n"},
    {"peer * off #x\n", "f:1 */0 off auto\n"},
    {"peer * off\t# x\n", "f:1 */0 off auto\n"},
    {"\n#\npeer * observe\n", "f:3 */0 observe auto\n"},
    {"peer * never\n", "f:1 */0 never auto\n"},
    {"peer * fallback\n", "f:1 */0 fallback auto\n"},
    {"peer * fallback method=auto\n", "f:1 */0 fallback auto\n"},
    {"peer * fallback method=live\n", "f:1 */0 fallback live\n"},
    {"peer * observe method=live\n", "f:1 */0 observe live\n"},
    {"peer * clear\n", "f:1 */0 clear auto\n"},
    {"peer * fallback method=learn\n", "f:1 */0 fallback learn\n"},
    {"peer * observe method=learn\n", "f:1 */0 observe learn\n"},
    {"peer * fallback ttl=15m..12h\n", "f:1 */0 fallback auto 900..43200\n"},
    {"peer * fallback ttl=15m..24h\n", "f:1 */0 fallback auto\n"},
    {"peer * fallback ttl=1h\n", "f:1 */0 fallback auto 3600..3600\n"},
    {"peer * fallback ttl=1s..86400s\n", "f:1 */0 fallback auto 1..86400\n"},
    {"peer * observe ttl=1m..1440m\n", "f:1 */0 observe auto 60..86400\n"},
    {"peer * fallback ttl=1d\n", "f:1 */0 fallback auto 86400..86400\n"},
    {"peer * fallback ttl=60s..1m method=learn\n",
	"f:1 */0 fallback learn 60..60\n"},
    {"peer * fallback method=live ttl=2s\n", "f:1 */0 fallback live 2..2\n"},
    {"peer 192.0.2.7 off\n", "f:1 192.0.2.7/128 single off auto\n"},
    {"peer 192.0.2.7/32 off\n", "f:1 192.0.2.7/128 single off auto\n"},
    {"peer 192.0.2.0/24 off\n", "f:1 192.0.2.0/120 off auto\n"},
    {"peer 192.0.2.6/31 off\n", "f:1 192.0.2.6/127 off auto\n"},
    {"peer 0.0.0.0/0 off\n", "f:1 0.0.0.0/96 off auto\n"},
    {"peer ::ffff:192.0.2.0/120 off\n", "f:1 192.0.2.0/120 off auto\n"},
    {"peer ::/0 off\n", "f:1 ::/0 off auto\n"},
    {"peer 2001:DB8::/32 off\n", "f:1 2001:db8::/32 off auto\n"},
    {"peer ::1 off\n", "f:1 ::1/128 single off auto\n"},
    {"peer ::1/128 off\n", "f:1 ::1/128 single off auto\n"},
    {"peer 192.0.2.0/24 off\npeer 192.0.0.0/16 never\npeer * observe\n",
	"f:1 192.0.2.0/120 off auto\nf:2 192.0.0.0/112 never auto\n"
	"f:3 */0 observe auto\n"},
    /* a part of a network does not cover it */
    {"peer 192.0.2.0/25 off\npeer 192.0.2.0/24 off\n",
	"f:1 192.0.2.0/121 off auto\nf:2 192.0.2.0/120 off auto\n"},
    /* what covers IPv6 covers no IPv4 */
    {"peer ::/0 off\npeer 0.0.0.0/0 off\npeer * off\n",
	"f:1 ::/0 off auto\nf:2 0.0.0.0/96 off auto\nf:3 */0 off auto\n"},
    {"peer 192.0.2.1 off\ninclude /d/*\npeer 192.0.2.4 off\n",
	"f:1 192.0.2.1/128 single off auto\n"
	"/d/*:1 192.0.2.3/128 single never auto\n"
	"f:3 192.0.2.4/128 single off auto\n"},
};

START_TEST(rules_as_the_table_says)
{
	struct rules rules;
	char text[1024] = "";

	policy_read(&rules, good[_i].text, strlen(good[_i].text));
	ck_assert_str_eq(report.text, "");
	for (size_t i = 0; i < rules.count; i++) {
		size_t length = strlen(text);

		dump_rule(text + length, sizeof(text) - length, &rules.rule[i]);
	}
	ck_assert_str_eq(text, good[_i].rules);
}
END_TEST

static const char defaults[] =
    "state= slots=65536 events= syslog=2 ports=25 15/120/30";

static const struct {
	const char *text;
	const char *settings;
} settings[] = {
    {"", defaults},
    {"peer * off\n", defaults},
    {"state /a/b\n", "state=/a/b slots=65536 events= syslog=2 ports=25 "
		     "15/120/30"},
    {"state /a slots=1024\n", "state=/a slots=1024 events= syslog=2 "
			      "ports=25 15/120/30"},
    {"state /a slots=8388608\n", "state=/a slots=8388608 events= "
				 "syslog=2 ports=25 15/120/30"},
    {"events /e\n", "state= slots=65536 events=/e syslog=2 ports=25 "
		    "15/120/30"},
    {"state /a\nevents /b\n", "state=/a slots=65536 events=/b syslog=2 "
			      "ports=25 15/120/30"},
    {"syslog local7\n", "state= slots=65536 events= syslog=23 ports=25 "
			"15/120/30"},
    {"syslog none\n", "state= slots=65536 events= syslog=-1 ports=25 "
		      "15/120/30"},
    {"ports 2525\n", "state= slots=65536 events= syslog=2 ports=2525 "
		     "15/120/30"},
    {"ports 1 65535\n", "state= slots=65536 events= syslog=2 "
			"ports=1,65535 15/120/30"},
    {"ports 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n",
	"state= slots=65536 events= syslog=2 "
	"ports=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16 15/120/30"},
    {"timeout stall=1 handshake=3600 reconnect=7\n",
	"state= slots=65536 events= syslog=2 ports=25 1/3600/7"},
    {"timeout reconnect=3600\n",
	"state= slots=65536 events= syslog=2 ports=25 15/120/3600"},
    {"include /set\n",
	"state=/s slots=65536 events= syslog=2 ports=26 15/120/30"},
};

START_TEST(settings_as_the_table_says)
{
	struct rules rules;
	char ports[128] = "", text[256];

	policy_read(&rules, settings[_i].text, strlen(settings[_i].text));
	ck_assert_str_eq(report.text, "");
	for (size_t i = 0; i < rules.ports; i++) {
		size_t length = strlen(ports);

		snprintf(ports + length, sizeof(ports) - length, "%s%u",
		    i > 0 ? "," : "", rules.port[i]);
	}
	snprintf(text, sizeof(text),
	    "state=%.*s slots=%u events=%.*s syslog=%d ports=%s %u/%u/%u",
	    (int)rules.state.length, rules.state.bytes, rules.slots,
	    (int)rules.events.length, rules.events.bytes, rules.facility, ports,
	    rules.stall, rules.handshake, rules.reconnect);
	ck_assert_str_eq(text, settings[_i].settings);
}
END_TEST

static const struct {
	const char *name;
	int code;
} facilities[] = {
    {"user", 1},
    {"mail", 2},
    {"daemon", 3},
    {"auth", 4},
    {"lpr", 6},
    {"news", 7},
    {"uucp", 8},
    {"cron", 9},
    {"authpriv", 10},
    {"ftp", 11},
    {"local0", 16},
    {"local1", 17},
    {"local2", 18},
    {"local3", 19},
    {"local4", 20},
    {"local5", 21},
    {"local6", 22},
    {"local7", 23},
};

START_TEST(facility)
{
	struct rules rules;
	char text[32];

	snprintf(text, sizeof(text), "syslog %s", facilities[_i].name);
	policy_read(&rules, text, strlen(text));
	ck_assert_str_eq(report.text, "");
	ck_assert_int_eq(rules.facility, facilities[_i].code);
}
END_TEST

START_TEST(nul_bytes)
{
	static const char text[] =
	    "peer * off\nev\0ents /a\n# \0\npeer ::1 x\n";
	static const char message[] =
	    "the line has a NUL byte: this is no text file, or one in UTF-16; "
	    "save it as plain text";
	char expected[512];
	struct rules rules;

	policy_read(&rules, text, sizeof(text) - 1);
	snprintf(expected, sizeof(expected),
	    "E f:2: %s\nE f:3: %s\nE f:4: unknown action \"x\": expected "
	    "off, observe, never, fallback or clear\n",
	    message, message);
	ck_assert_str_eq(report.text, expected);
}
END_TEST

/* The longest word is a path of RULES_WORD_MAX bytes; one more is refused,
   also in a place where no word has a meaning. */
START_TEST(long_words)
{
	struct rules rules;
	char text[RULES_WORD_MAX + 64], expected[256];
	int n = snprintf(text, sizeof(text), "events /");

	memset(text + n, 'a', RULES_WORD_MAX - 1);
	text[n + RULES_WORD_MAX - 1] = '\0';
	policy_read(&rules, text, strlen(text));
	ck_assert_str_eq(report.text, "");
	ck_assert_uint_eq(rules.events.length, RULES_WORD_MAX);

	text[n + RULES_WORD_MAX - 1] = 'a';
	text[n + RULES_WORD_MAX] = '\0';
	policy_read(&rules, text, strlen(text));
	snprintf(expected, sizeof(expected),
	    "E f:1: \"%.64s...\" is too long: a word has at most 511 bytes\n",
	    text + n - 1);
	ck_assert_str_eq(report.text, expected);
}
END_TEST

/* Names at the limits of RFC 1035: good ones are for a later version. */
START_TEST(long_names)
{
	static const struct {
		size_t label, labels, last;
		bool good;
	} shape[] = {
	    {63, 1, 1, true},
	    {64, 1, 1, false},
	    {63, 3, 61, true},
	    {63, 3, 62, false},
	};

	for (size_t i = 0; i < COUNT(shape); i++) {
		struct rules rules;
		char text[512] = "peer ";
		char *at = text + strlen(text);

		for (size_t j = 0; j < shape[i].labels; j++) {
			memset(at, 'a', shape[i].label);
			at += shape[i].label;
			*at++ = '.';
		}
		memset(at, 'b', shape[i].last);
		memcpy(at + shape[i].last, " off", 5);
		policy_read(&rules, text, strlen(text));
		ck_assert_uint_eq(report.problems, 1);
		ck_assert_int_eq(
		    strstr(report.text, LATER) != NULL, shape[i].good);
		ck_assert_int_eq(strstr(report.text, "is no pattern") != NULL,
		    !shape[i].good);
	}
}
END_TEST

/* A message is cut off, not overrun, when a file has an endless name. */
START_TEST(long_file_name)
{
	struct rules rules;
	char file[4096];
	const char *text;

	memset(file, 'n', sizeof(file) - 1);
	file[sizeof(file) - 1] = '\0';
	memset(&report, 0, sizeof(report));
	rules_start(&rules, room, ROOM, &caller);
	rules_read(&rules, file, "state /a\nstate /b\n", 18, 0);
	ck_assert_uint_eq(rules.errors, 1);
	text = strstr(report.text, ": state is given twice, ");
	ck_assert_ptr_nonnull(text);
	/* the colon and the space before it, the newline behind it */
	ck_assert_uint_eq(strlen(text), 2 + RULES_TEXT_MAX - 1 + 1);
}
END_TEST

/* A file's name is data of somebody: it must not reach a log raw. */
START_TEST(strange_file_name)
{
	struct rules rules;

	memset(&report, 0, sizeof(report));
	rules_start(&rules, room, ROOM, &caller);
	rules_read(&rules, "a\n\x1b", "state /a\nstate /b\n", 18, 0);
	ck_assert_ptr_nonnull(strstr(report.text, "first in a??:1:"));
}
END_TEST

/* DEPTH is counted by the parser: 8 is the last that is read. */
START_TEST(depth)
{
	struct rules rules;

	memset(&report, 0, sizeof(report));
	rules_start(&rules, room, ROOM, &caller);
	rules_read(&rules, "f", "include /d/*\n", 13, 7);
	ck_assert_uint_eq(rules.errors, 0);
	ck_assert_uint_eq(rules.count, 1);
	rules_read(&rules, "g", "include /d/*\n", 13, 8);
	ck_assert_uint_eq(rules.errors, 1);
	ck_assert_uint_eq(rules.count, 1);
}
END_TEST

/* Without a caller nothing is reported, and all is counted. */
START_TEST(no_caller)
{
	static const char text[] = "foo\ninclude /one\nports 587\npeer * off";
	struct rules rules;

	rules_start(&rules, room, ROOM, NULL);
	rules_read(&rules, "f", text, strlen(text), 0);
	ck_assert_uint_eq(rules.errors, 2);
	ck_assert_uint_eq(rules.warnings, 1);
	ck_assert_uint_eq(rules.count, 1);
}
END_TEST

int
main(void)
{
	TCase *tests = tcase_create("rules");

	tcase_add_loop_test(tests, rules_as_the_table_says, 0, COUNT(good));
	tcase_add_loop_test(
	    tests, settings_as_the_table_says, 0, COUNT(settings));
	tcase_add_loop_test(tests, facility, 0, COUNT(facilities));
	tcase_add_test(tests, nul_bytes);
	tcase_add_test(tests, long_words);
	tcase_add_test(tests, long_names);
	tcase_add_test(tests, long_file_name);
	tcase_add_test(tests, strange_file_name);
	tcase_add_test(tests, depth);
	tcase_add_test(tests, no_caller);
	return policy_run(tests, "rules");
}
