/*
 * fuzz_rules - the policy parser against its own promises
 *
 * The input is up to FILES texts, separated by byte 0x1e; the first is the
 * main file, `include /N` reads number N.  Promises:
 *  - what is counted is what is reported, as text fit for a log;
 *  - the same text gives the same result;
 *  - a policy without errors has all values in range, and printed back it is
 *    read as the same policy;
 *  - match_rule finds what a comparison bit by bit finds;
 *  - addresses are read as inet_pton does, and survive printing.
 * A broken promise aborts.
 */
#include "../../shim/match.h"
#include "../../shim/rules.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILES	   4
#define ROOM	   64
#define TEXT_MAX   8192 /* of all files, each as often as it is read */
#define REPORT_MAX 16384

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct text {
	const char *bytes;
	size_t length;
};

struct run {
	struct rules rules;
	struct rule rule[ROOM];
	struct text file[FILES];
	size_t read; /* bytes of texts */
	unsigned problems;
	char report[REPORT_MAX];
	size_t reported;
};

static void
require(bool condition)
{
	if (!condition)
		abort();
}

static void
note(void *context, const char *file, unsigned line, enum rules_level level,
    const char *text)
{
	struct run *run = context;
	int n;

	require(line > 0 && text[0] != '\0');
	for (const char *c = text; *c != '\0'; c++)
		require(*c >= ' ' && *c <= '~');
	run->problems++;
	n = snprintf(run->report + run->reported,
	    sizeof(run->report) - run->reported, "%s:%u:%d %s\n", file, line,
	    (int)level, text);
	if ((size_t)n < sizeof(run->report) - run->reported)
		run->reported += (size_t)n;
}

static const char *const name[FILES] = {"/0", "/1", "/2", "/3"};

static void
include(void *context, struct rules *rules, struct rules_word pattern,
    unsigned depth, const char *file, unsigned line)
{
	struct run *run = context;
	size_t i;

	require(depth > 0 && depth <= RULES_INCLUDE_DEPTH);
	require(pattern.length > 0 && pattern.bytes[0] == '/');
	for (i = 0; i < FILES; i++) {
		if (pattern.length == 2 && pattern.bytes[1] == name[i][1])
			break;
	}
	if (i == FILES)
		return;
	run->read += run->file[i].length + 1;
	if (run->read > TEXT_MAX) {
		rules_problem(rules, file, line, RULES_ERROR, "too large");
		return;
	}
	rules_read(
	    rules, name[i], run->file[i].bytes, run->file[i].length, depth);
}

static void
parse(struct run *run, const char *bytes, size_t length)
{
	const struct rules_caller caller = {run, note, include};
	const char *at = bytes, *end = bytes + length;

	memset(run->file, 0, sizeof(run->file));
	run->read = run->reported = 0;
	run->problems = 0;
	for (size_t i = 0; i < FILES && at < end; i++) {
		const char *stop = memchr(at, 0x1e, (size_t)(end - at));

		if (stop == NULL || i + 1 == FILES)
			stop = end;
		run->file[i] = (struct text){at, (size_t)(stop - at)};
		at = stop < end ? stop + 1 : end;
	}
	rules_start(&run->rules, run->rule, ROOM, &caller);
	rules_read(
	    &run->rules, "/0", run->file[0].bytes, run->file[0].length, 0);
	rules_finish(&run->rules);
	require(run->problems == run->rules.errors + run->rules.warnings);
	require(run->rules.count <= ROOM);
	run->rules.caller = NULL;
}

static bool
mapped(const uint8_t address[16])
{
	static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};

	return memcmp(address, prefix, 12) == 0;
}

static bool
bit(const uint8_t address[16], unsigned number)
{
	return address[number / 8] >> (7 - number % 8) & 1;
}

static bool
has_ttl(const struct rule *rule)
{
	return rule->ttl_shortest != RULES_TTL_SHORTEST ||
	       rule->ttl_longest != RULES_TTL_LONGEST;
}

static void
check_rule(const struct rule *rule)
{
	require(
	    rule->pattern == PATTERN_ANY || rule->pattern == PATTERN_NETWORK);
	require(rule->bits <= 128 && rule->single == (rule->bits == 128));
	require(rule->pattern == PATTERN_NETWORK || rule->bits == 0);
	for (unsigned i = rule->bits; i < 128; i++)
		require(!bit(rule->address, i));
	require((unsigned)rule->action <= ACTION_CLEAR);
	require(rule->method == METHOD_AUTO || rule->method == METHOD_LIVE ||
		rule->method == METHOD_LEARN);
	require(rule->ttl_shortest >= 1 &&
		rule->ttl_shortest <= rule->ttl_longest &&
		rule->ttl_longest <= RULES_TTL_MAX);
	require((rule->method == METHOD_AUTO && !has_ttl(rule)) ||
		rule->action == ACTION_FALLBACK ||
		rule->action == ACTION_OBSERVE);
	require(rule->file != NULL && rule->line > 0);
}

static void
check_word(struct rules_word word)
{
	require(word.length <= RULES_WORD_MAX);
	if (word.length > 0)
		require(
		    word.bytes[0] == '/' && word.bytes[word.length - 1] != '/');
	for (size_t i = 0; i < word.length; i++)
		require((unsigned char)word.bytes[i] > ' ');
}

static void
check_policy(const struct rules *rules)
{
	for (size_t i = 0; i < rules->count; i++)
		check_rule(&rules->rule[i]);
	check_word(rules->state);
	check_word(rules->events);
	require(rules->slots >= 1024 && rules->slots <= 1U << 24);
	require(rules->facility >= -1 && rules->facility <= 23);
	require(rules->ports >= 1 && rules->ports <= RULES_PORTS_MAX);
	for (size_t i = 0; i < rules->ports; i++)
		require(rules->port[i] != 0 && rules->port[i] != 465);
	require(rules->stall >= 1 && rules->stall <= 3600);
	require(rules->handshake >= 1 && rules->handshake <= 3600);
	require(rules->reconnect >= 1 && rules->reconnect <= 3600);
}

static const char *
facility_name(int code, char text[8])
{
	static const char *const names[] = {"none", "", "user", "mail",
	    "daemon", "auth", "", "lpr", "news", "uucp", "cron", "authpriv",
	    "ftp"};

	if (code < 16)
		return names[code + 1];
	memcpy(text, "local0", 7);
	text[5] = (char)(text[5] + code - 16);
	return text;
}

static void
print_rule(FILE *to, const struct rule *rule)
{
	struct match_peer peer = {.port = 0};
	char text[MATCH_TEXT_MAX] = "*";

	memcpy(peer.address, rule->address, 16);
	if (rule->pattern == PATTERN_NETWORK)
		match_text(&peer, text);
	fprintf(to, "peer %s", text);
	if (rule->pattern == PATTERN_NETWORK && !rule->single) {
		fprintf(to, "/%u",
		    mapped(rule->address) ? rule->bits - 96U : rule->bits);
	}
	fprintf(to, " %s", rules_action_name(rule->action));
	if (rule->method != METHOD_AUTO)
		fprintf(to, " method=%s", rules_method_name(rule->method));
	if (has_ttl(rule)) {
		fprintf(
		    to, " ttl=%us..%us", rule->ttl_shortest, rule->ttl_longest);
	}
	putc('\n', to);
}

/* The policy as text, each value spelled out. */
static char *
print_policy(const struct rules *rules, size_t *length)
{
	char *text, local[8];
	FILE *to = open_memstream(&text, length);

	require(to != NULL);
	if (rules->state.length > 0) {
		fprintf(to, "state %.*s slots=%u\n", (int)rules->state.length,
		    rules->state.bytes, rules->slots);
	}
	if (rules->events.length > 0) {
		fprintf(to, "events %.*s\n", (int)rules->events.length,
		    rules->events.bytes);
	}
	fprintf(to, "syslog %s\nports", facility_name(rules->facility, local));
	for (size_t i = 0; i < rules->ports; i++)
		fprintf(to, " %u", rules->port[i]);
	fprintf(to, "\ntimeout stall=%u handshake=%u reconnect=%u\n",
	    rules->stall, rules->handshake, rules->reconnect);
	for (size_t i = 0; i < rules->count; i++)
		print_rule(to, &rules->rule[i]);
	fclose(to);
	return text;
}

static bool
same_word(struct rules_word a, struct rules_word b)
{
	return a.length == b.length &&
	       (a.length == 0 || memcmp(a.bytes, b.bytes, a.length) == 0);
}

/* Apart from where the rules stand. */
static void
require_same(const struct rules *a, const struct rules *b)
{
	require(a->count == b->count);
	for (size_t i = 0; i < a->count; i++) {
		const struct rule *p = &a->rule[i], *q = &b->rule[i];

		require(p->pattern == q->pattern && p->bits == q->bits);
		require(memcmp(p->address, q->address, 16) == 0);
		require(p->action == q->action && p->method == q->method);
		require(p->ttl_shortest == q->ttl_shortest &&
			p->ttl_longest == q->ttl_longest);
	}
	require(same_word(a->state, b->state) && a->slots == b->slots);
	require(same_word(a->events, b->events));
	require(a->facility == b->facility && a->ports == b->ports);
	require(memcmp(a->port, b->port, sizeof(a->port[0]) * a->ports) == 0);
	require(a->stall == b->stall && a->handshake == b->handshake);
	require(a->reconnect == b->reconnect);
}

static const struct rule *
slow_match(const struct rules *rules, const uint8_t address[16])
{
	for (size_t i = 0; i < rules->count; i++) {
		const struct rule *rule = &rules->rule[i];
		unsigned same = 0;

		if (rule->pattern == PATTERN_ANY)
			return rule;
		if (mapped(address) && rule->bits < 96)
			continue;
		while (same < rule->bits &&
		       bit(address, same) == bit(rule->address, same))
			same++;
		if (same == rule->bits)
			return rule;
	}
	return NULL;
}

/* Peers in each rule's network, and one bit beside it. */
static void
check_matches(const struct rules *rules)
{
	for (size_t i = 0; i < rules->count; i++) {
		unsigned bits = rules->rule[i].bits;
		const unsigned flip[] = {128, 127, bits, bits - 1, 0, 87, 95};

		for (size_t j = 0; j < sizeof(flip) / sizeof(flip[0]); j++) {
			struct match_peer peer = {.port = 25};
			unsigned n = flip[j];

			memcpy(peer.address, rules->rule[i].address, 16);
			if (n < 128)
				peer.address[n / 8] ^= (uint8_t)(0x80 >> n % 8);
			require(match_rule(rules, &peer) ==
				slow_match(rules, peer.address));
		}
	}
}

static void
check_address(const char *bytes, size_t length)
{
	struct match_peer peer = {.port = 0}, again = {.port = 0};
	char text[MATCH_TEXT_MAX], string[64];
	uint8_t second[16] = {[10] = 0xff, [11] = 0xff};
	bool ipv4, good = match_address(bytes, length, peer.address, &ipv4);

	if (length < sizeof(string) && memchr(bytes, '\0', length) == NULL) {
		memcpy(string, bytes, length);
		string[length] = '\0';
		require(good == (inet_pton(AF_INET, string, second + 12) == 1 ||
				    inet_pton(AF_INET6, string, second) == 1));
		if (good)
			require(memcmp(peer.address, second, 16) == 0);
	}
	if (!good && length >= 16)
		memcpy(peer.address, bytes, 16);
	else if (!good)
		return;
	match_text(&peer, text);
	require(strlen(text) < MATCH_TEXT_MAX);
	require(match_address(text, strlen(text), again.address, &ipv4));
	require(memcmp(again.address, peer.address, 16) == 0);
	require(ipv4 == mapped(peer.address));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct run first, second;
	size_t length;
	char *copy, *text;

	if (size == 0)
		return 0;
	copy = malloc(size);
	require(copy != NULL);
	memcpy(copy, data, size);
	check_address(copy, size);
	parse(&first, copy, size);
	parse(&second, copy, size);
	require(first.reported == second.reported);
	require(memcmp(first.report, second.report, first.reported) == 0);
	require(first.rules.errors == second.rules.errors);
	require_same(&first.rules, &second.rules);
	for (size_t i = 0; i < first.rules.count; i++)
		check_rule(&first.rules.rule[i]);
	if (first.rules.errors == 0) {
		check_policy(&first.rules);
		check_matches(&first.rules);
		text = print_policy(&first.rules, &length);
		parse(&second, text, length);
		require(second.rules.errors == 0);
		require_same(&first.rules, &second.rules);
		free(text);
	}
	free(copy);
	return 0;
}
