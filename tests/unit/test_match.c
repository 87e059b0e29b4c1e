/*
 * test_match - addresses read and printed, and which rule a peer falls under
 *
 * libc's inet_pton and inet_ntop serve as second opinion.
 */
#include "../../shim/match.h"

#include <arpa/inet.h>
#include <check.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* From a copy without NUL behind it, so that ASan sees a read too far. */
static bool
read_bytes(const char *text, size_t length, uint8_t address[16], bool *ipv4)
{
	char *copy = malloc(length > 0 ? length : 1);
	bool good;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, text, length);
	good = match_address(copy, length, address, ipv4);
	free(copy);
	return good;
}

static bool
read_address(const char *text, uint8_t address[16], bool *ipv4)
{
	return read_bytes(text, strlen(text), address, ipv4);
}

static const struct {
	const char *in;
	const char *out; /* NULL: as it was */
} addresses[] = {
    {"0.0.0.0", NULL},
    {"192.0.2.7", NULL},
    {"255.255.255.255", NULL},
    {"10.20.100.9", NULL},
    {"::", NULL},
    {"::1", NULL},
    {"1::", NULL},
    {"2001:db8::1", NULL},
    {"2001:DB8::ABCD", "2001:db8::abcd"},
    {"2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"},
    {"fe80::1234:5678:9abc:def0", NULL},
    {"1:2:3:4:5:6:7:8", NULL},
    /* RFC 5952 section 4.2.2: one group of zeros is not shortened */
    {"2001:db8:0:1:1:1:1:1", NULL},
    {"2001:db8::1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
    {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
    {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
    /* section 4.2.3: the longest run, the first of equals */
    {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
    {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
    {"1:0:0:2:3:0:0:0", "1:0:0:2:3::"},
    {"0:0:0:1:0:0:0:0", "0:0:0:1::"},
    {"1:0:0:0:2:0:0:0", "1::2:0:0:0"},
    /* dotted quads inside; mapped ones are IPv4 */
    {"::ffff:192.0.2.7", "192.0.2.7"},
    {"::FFFF:c000:207", "192.0.2.7"},
    {"0:0:0:0:0:ffff:1.2.3.4", "1.2.3.4"},
    {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
    {"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
    {"::1:2:3:4:5:1.2.3.4", "0:1:2:3:4:5:102:304"},
    {"::fffe:1.2.3.4", "::fffe:102:304"},
    {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL},
};

START_TEST(address_good)
{
	const char *in = addresses[_i].in;
	const char *out = addresses[_i].out ? addresses[_i].out : in;
	struct match_peer peer = {.port = 25};
	char text[MATCH_TEXT_MAX];
	uint8_t second[16];
	bool ipv4;

	ck_assert_msg(read_address(in, peer.address, &ipv4), "%s", in);
	ck_assert_int_eq(ipv4, strchr(in, ':') == NULL);
	match_text(&peer, text);
	ck_assert_str_eq(text, out);
	if (ipv4) {
		ck_assert_int_eq(inet_pton(AF_INET, in, second + 12), 1);
		ck_assert_mem_eq(peer.address + 12, second + 12, 4);
	} else {
		ck_assert_int_eq(inet_pton(AF_INET6, in, second), 1);
		ck_assert_mem_eq(peer.address, second, 16);
	}
}
END_TEST

static const char *const no_addresses[] = {
    "",
    "1",
    "1.2.3",
    "1.2.3.",
    "1.2.3.4.",
    "1.2.3.4.5",
    ".1.2.3.4",
    "1..2.3",
    "1.2.3.256",
    "1.2.3.1000",
    "01.2.3.4",
    "1.2.3.00",
    "1.2.3.-4",
    "1.2.3.4 ",
    " 1.2.3.4",
    "1.2.3.0x4",
    "a.b.c.d",
    ":",
    ":::",
    ":1",
    "1:",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:",
    ":1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7:8:",
    "1:2:3:4:5:6:7:8::",
    "::1:2:3:4:5:6:7:8",
    "1:2:3:4::5:6:7:8",
    "1::2::3",
    "1:::2",
    "12345::",
    "::12345",
    "::g",
    "::1%eth0",
    "[::1]",
    "::1.2.3",
    "::1.2.3.4.5",
    "::1.2.3.256",
    "1.2.3.4::",
    "1.2.3.4:25",
    "::1.2.3.4:5",
    "::1.2.3.4::",
    "1:2:3:4:5:6:7:1.2.3.4",
    "1:2:3:4:5:1.2.3.4",
    "::1:2:3:4:5:6:1.2.3.4",
    "::01.2.3.4",
};

START_TEST(address_bad)
{
	const char *in = no_addresses[_i];
	uint8_t address[16];
	bool ipv4;

	ck_assert_msg(!read_address(in, address, &ipv4), "%s", in);
	ck_assert_int_ne(inet_pton(AF_INET, in, address), 1);
	ck_assert_int_ne(inet_pton(AF_INET6, in, address), 1);
}
END_TEST

START_TEST(address_length)
{
	uint8_t address[16];
	bool ipv4;

	/* what lies behind the length is no part of it */
	ck_assert(match_address("192.0.2.78", 9, address, &ipv4));
	ck_assert_uint_eq(address[15], 7);
	ck_assert(!match_address("192.0.2\0007", 9, address, &ipv4));
}
END_TEST

/* All places of zero groups in an address, against inet_ntop. */
START_TEST(text_second_opinion)
{
	for (unsigned zero = 0; zero < 256; zero++) {
		struct match_peer peer = {.port = 0};
		char text[MATCH_TEXT_MAX], second[INET6_ADDRSTRLEN];
		uint8_t again[16];
		bool ipv4;

		for (size_t i = 0; i < 8; i++) {
			if (!(zero >> i & 1)) {
				peer.address[2 * i] = (uint8_t)(i * 16);
				peer.address[2 * i + 1] = 0xf0;
			}
		}
		/* inet_ntop prints ::a.b.c.d, which RFC 5952 does not */
		if ((zero & 0x3f) == 0x3f)
			continue;
		match_text(&peer, text);
		inet_ntop(AF_INET6, peer.address, second, sizeof(second));
		ck_assert_str_eq(text, second);
		ck_assert(read_address(text, again, &ipv4));
		ck_assert_mem_eq(again, peer.address, 16);
	}
}
END_TEST

static struct rule
network(const char *address, unsigned bits)
{
	struct rule rule = {
	    .pattern = PATTERN_NETWORK,
	    .bits = (uint8_t)bits,
	};
	bool ipv4;

	ck_assert(read_address(address, rule.address, &ipv4));
	return rule;
}

static const struct {
	const char *network;
	unsigned bits;
	const char *peer;
	bool matches;
} networks[] = {
    {"192.0.2.7", 128, "192.0.2.7", true},
    {"192.0.2.7", 128, "192.0.2.6", false},
    {"192.0.2.7", 128, "192.0.2.135", false},
    {"192.0.2.0", 120, "192.0.2.0", true},
    {"192.0.2.0", 120, "192.0.2.255", true},
    {"192.0.2.0", 120, "192.0.3.0", false},
    {"192.0.2.0", 120, "192.0.1.255", false},
    {"192.0.2.0", 119, "192.0.3.255", true},
    {"192.0.2.0", 119, "192.0.4.0", false},
    {"128.0.0.0", 97, "255.255.255.255", true},
    {"128.0.0.0", 97, "127.255.255.255", false},
    {"192.0.2.6", 127, "192.0.2.7", true},
    {"192.0.2.6", 127, "192.0.2.8", false},
    /* all of IPv4, and nothing of IPv6 */
    {"0.0.0.0", 96, "1.2.3.4", true},
    {"0.0.0.0", 96, "::1", false},
    {"0.0.0.0", 96, "::fffe:1.2.3.4", false},
    /* networks of IPv6, and nothing of IPv4 */
    {"::", 0, "2001:db8::1", true},
    {"::", 0, "::1", true},
    {"::", 0, "192.0.2.7", false},
    {"::", 1, "7fff::", true},
    {"::", 1, "8000::", false},
    {"::", 80, "::ffff:1.2.3.4", false},
    {"::", 80, "::fffe:1.2.3.4", true},
    {"2001:db8::", 32, "2001:db8:ffff::", true},
    {"2001:db8::", 32, "2001:db9::", false},
    {"2001:db8::", 29, "2001:dbf::", true},
    {"2001:db8::", 29, "2001:dc0::", false},
    {"2001:db8::8", 125, "2001:db8::f", true},
    {"2001:db8::8", 125, "2001:db8::10", false},
};

START_TEST(pattern_network)
{
	struct rule rule = network(networks[_i].network, networks[_i].bits);
	uint8_t address[16];
	bool ipv4;

	ck_assert(read_address(networks[_i].peer, address, &ipv4));
	ck_assert_int_eq(match_pattern(&rule, address), networks[_i].matches);
}
END_TEST

START_TEST(rule_first)
{
	struct rule rule[] = {
	    network("192.0.2.7", 128),
	    network("192.0.2.0", 120),
	    network("192.0.2.8", 128),
	};
	struct rules rules = {.rule = rule, .count = 3, .room = 3};
	struct match_peer peer = {.port = 25};
	bool ipv4;

	ck_assert(read_address("192.0.2.7", peer.address, &ipv4));
	ck_assert_ptr_eq(match_rule(&rules, &peer), &rule[0]);
	peer.address[15] = 8;
	ck_assert_ptr_eq(match_rule(&rules, &peer), &rule[1]);
	peer.address[14] = 3;
	ck_assert_ptr_null(match_rule(&rules, &peer));
	rule[2].pattern = PATTERN_ANY;
	ck_assert_ptr_eq(match_rule(&rules, &peer), &rule[2]);
	rules.count = 0;
	ck_assert_ptr_null(match_rule(&rules, &peer));
}
END_TEST

START_TEST(port)
{
	struct rules rules = {.port = {25, 587, 2525}, .ports = 2};

	ck_assert(match_port(&rules, 25));
	ck_assert(match_port(&rules, 587));
	ck_assert(!match_port(&rules, 2525));
	ck_assert(!match_port(&rules, 0));
	rules.ports = 0;
	ck_assert(!match_port(&rules, 25));
}
END_TEST

static const struct {
	const char *peer;
	bool loopback;
} loopbacks[] = {
    {"127.0.0.1", true},
    {"127.0.0.0", true},
    {"127.255.255.255", true},
    {"126.255.255.255", false},
    {"128.0.0.0", false},
    {"::1", true},
    {"::", false},
    {"::2", false},
    {"1::1", false},
    {"::127.0.0.1", false},
    {"::ffff:127.0.0.1", true},
};

START_TEST(loopback)
{
	struct match_peer peer = {.port = 25};
	bool ipv4;

	ck_assert(read_address(loopbacks[_i].peer, peer.address, &ipv4));
	ck_assert_int_eq(match_loopback(&peer), loopbacks[_i].loopback);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("match");
	TCase *tests = tcase_create("match");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tests, address_good, 0, COUNT(addresses));
	tcase_add_loop_test(tests, address_bad, 0, COUNT(no_addresses));
	tcase_add_test(tests, address_length);
	tcase_add_test(tests, text_second_opinion);
	tcase_add_loop_test(tests, pattern_network, 0, COUNT(networks));
	tcase_add_test(tests, rule_first);
	tcase_add_test(tests, port);
	tcase_add_loop_test(tests, loopback, 0, COUNT(loopbacks));
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
