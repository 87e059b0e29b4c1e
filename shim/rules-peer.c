/*
 * rules-peer - the directive `peer PATTERN ACTION [key=value ...]`
 *
 * What the grammar has but this version does not do is an error with the
 * words "not supported in this version", so that a policy never means less
 * than it says; nonsense is another error.  A rule with an error in it is
 * not added.
 *
 * Async-signal-safe, thread-safe per object, fork-safe.
 */
#include "ascii.h"
#include "match.h"
#include "rules-line.h"

#include <string.h>

#define LATER	    " is not supported in this version"
#define ACTIONS	    "off, observe, never, fallback or clear"
#define METHODS	    "auto, live or learn"
#define KEYS	    "method and ttl"
#define MISPLACED   " goes with the actions fallback and observe only: remove it"
#define LATER_VALUE (-1)

/* A word of the grammar, and what it stands for here. */
struct meaning {
	char name[9];
	int value; /* or LATER_VALUE */
};

static const struct meaning actions[] = {
    {"off", ACTION_OFF},
    {"observe", ACTION_OBSERVE},
    {"never", ACTION_NEVER},
    {"fallback", ACTION_FALLBACK},
    {"clear", ACTION_CLEAR},
    {"require", LATER_VALUE},
};

static const struct meaning methods[] = {
    {"auto", METHOD_AUTO},
    {"live", METHOD_LIVE},
    {"probe", LATER_VALUE},
    {"learn", METHOD_LEARN},
};

static const struct meaning later_keys[] = {
    {"pin", LATER_VALUE},
    {"names", LATER_VALUE},
    {"mta-sts", LATER_VALUE},
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct meaning *
find_meaning(const struct meaning *table, size_t count, struct rules_word word)
{
	for (size_t i = 0; i < count; i++) {
		if (rules_word_is(word, table[i].name))
			return &table[i];
	}
	return NULL;
}

const char *
rules_action_name(enum rule_action action)
{
	return actions[action].name;
}

const char *
rules_method_name(enum rule_method method)
{
	return methods[method].name;
}

static struct rules_word
without(struct rules_word word, size_t bytes)
{
	word.bytes += bytes;
	word.length -= bytes;
	return word;
}

/* A domain, or .suffix. */
static bool
is_name(struct rules_word word)
{
	if (word.length > 0 && word.bytes[0] == '.')
		word = without(word, 1);
	return rules_word_is_domain(word);
}

static bool
begins(struct rules_word word, const char *prefix)
{
	size_t length = strlen(prefix);

	return word.length >= length && memcmp(word.bytes, prefix, length) == 0;
}

/* What can only be meant as an address or a network: it has a colon or a
   slash, or nothing but digits and dots. */
static bool
looks_numeric(struct rules_word word)
{
	if (memchr(word.bytes, ':', word.length) != NULL ||
	    memchr(word.bytes, '/', word.length) != NULL)
		return true;
	for (size_t i = 0; i < word.length; i++) {
		if (!ascii_digit(word.bytes[i]) && word.bytes[i] != '.')
			return false;
	}
	return true;
}

/* Clears the bits of RULE's address beyond its prefix; false: all were 0. */
static bool
cut_to_prefix(struct rule *rule)
{
	bool cut = false;

	for (unsigned bit = rule->bits; bit < 128; bit++) {
		uint8_t mask = (uint8_t)(0x80 >> bit % 8);

		if (rule->address[bit / 8] & mask) {
			rule->address[bit / 8] ^= mask;
			cut = true;
		}
	}
	return cut;
}

static void
say_host_bits(const struct rules_line *line, struct rules_word word,
    const struct rule *rule)
{
	struct match_peer network = {.port = 0};
	char address[MATCH_TEXT_MAX];
	struct rules_text text;
	bool ipv6;

	memcpy(network.address, rule->address, sizeof(network.address));
	match_text(&network, address);
	ipv6 = strchr(address, ':') != NULL;
	rules_text_start(&text);
	rules_text_quote(&text, word);
	rules_text_add(&text, " has bits set beyond its prefix: write ");
	rules_text_add(&text, address);
	rules_text_add(&text, "/");
	rules_text_number(&text, rule->bits - (ipv6 ? 0U : 96U));
	rules_line_say(line, RULES_ERROR, &text);
}

static bool
read_network(
    const struct rules_line *line, struct rules_word word, struct rule *rule)
{
	const char *slash = memchr(word.bytes, '/', word.length);
	size_t n = slash == NULL ? word.length : (size_t)(slash - word.bytes);
	unsigned width, length;
	bool ipv4;

	rule->pattern = PATTERN_NETWORK;
	if (!match_address(word.bytes, n, rule->address, &ipv4)) {
		rules_line_error(line, "", word,
		    " is no IP address or network: write it as 192.0.2.7, "
		    "192.0.2.0/24, 2001:db8::1 or 2001:db8::/32, without "
		    "brackets, port or zone");
		return false;
	}
	width = ipv4 ? 32 : 128;
	length = width;
	if (slash != NULL) {
		struct rules_word prefix = {slash + 1, word.length - n - 1};

		if (!rules_word_number(prefix, 0, width, &length)) {
			rules_line_error(line, "", word,
			    ipv4 ? ": the prefix length of an IPv4 network is "
				   "a number from 0 to 32"
				 : ": the prefix length of an IPv6 network is "
				   "a number from 0 to 128");
			return false;
		}
	}
	rule->bits = (uint8_t)(128 - width + length);
	rule->single = rule->bits == 128;
	if (cut_to_prefix(rule)) {
		say_host_bits(line, word, rule);
		return false;
	}
	return true;
}

static bool
read_pattern(
    const struct rules_line *line, struct rules_word word, struct rule *rule)
{
	bool name;

	if (rules_word_is(word, "*")) {
		rule->pattern = PATTERN_ANY;
		return true;
	}
	if (begins(word, "to:"))
		name = is_name(without(word, 3));
	else if (looks_numeric(word))
		return read_network(line, word, rule);
	else
		name = is_name(word);
	if (name) {
		rules_line_error(line, "a pattern by name such as ", word,
		    LATER ": use an address, a network or *");
	} else {
		rules_line_error(line, "", word,
		    " is no pattern: expected an address, a network such as "
		    "192.0.2.0/24, a host name, .suffix, to:DOMAIN or *");
	}
	return false;
}

static bool
read_action(
    const struct rules_line *line, struct rules_word word, struct rule *rule)
{
	const struct meaning *found =
	    find_meaning(actions, COUNT(actions), word);

	if (found == NULL) {
		rules_line_error(
		    line, "unknown action ", word, ": expected " ACTIONS);
		return false;
	}
	if (found->value == LATER_VALUE) {
		rules_line_error(line, "action ", word, LATER ": use " ACTIONS);
		return false;
	}
	rule->action = (enum rule_action)found->value;
	return true;
}

static bool
read_method(
    const struct rules_line *line, struct rules_word word, struct rule *rule)
{
	const struct meaning *found =
	    find_meaning(methods, COUNT(methods), word);

	if (found == NULL) {
		rules_line_error(
		    line, "unknown method ", word, ": expected " METHODS);
		return false;
	}
	if (found->value == LATER_VALUE) {
		rules_line_error(line, "method ", word, LATER ": use " METHODS);
		return false;
	}
	rule->method = (enum rule_method)found->value;
	return true;
}

/* ttl=MIN..MAX, or ttl=TIME for both. */
static bool
read_ttl(
    const struct rules_line *line, struct rules_word word, struct rule *rule)
{
	unsigned from, to;

	if (!rules_word_times(word, RULES_TTL_MAX, &from, &to)) {
		rules_line_error(line, "ttl ", word,
		    " is no time or MIN..MAX, such as 1h or 15m..12h: whole "
		    "numbers with s, m, h or d, from 1s to 24h");
		return false;
	}
	if (from > to) {
		rules_line_error(line, "ttl ", word,
		    " ends before it begins: the shorter time comes first");
		return false;
	}
	rule->ttl_shortest = from;
	rule->ttl_longest = to;
	return true;
}

/* The keys that rules have; KEY_COUNT: none of them. */
enum key { KEY_METHOD, KEY_TTL, KEY_COUNT };

static const struct {
	const char *name;
	bool (*read)(
	    const struct rules_line *, struct rules_word, struct rule *);
	const char *misplaced;
} keys[KEY_COUNT] = {
    [KEY_METHOD] = {"method", read_method, "method" MISPLACED},
    [KEY_TTL] = {"ttl", read_ttl, "ttl" MISPLACED},
};

static enum key
find_key(struct rules_word word)
{
	unsigned key = 0;

	while (key < KEY_COUNT && !rules_word_is(word, keys[key].name))
		key++;
	return (enum key)key;
}

/* One KEY=VALUE; false: reported. */
static bool
read_key(struct rules_line *line, struct rules_word word, struct rule *rule,
    bool given[KEY_COUNT])
{
	struct rules_word name, value;
	enum key key;
	bool again;

	if (!rules_line_pair(line, word, &name, &value))
		return false;
	if (find_meaning(later_keys, COUNT(later_keys), name)) {
		rules_line_error(line, "key ", name, LATER ": remove it");
		return false;
	}
	key = find_key(name);
	if (key == KEY_COUNT) {
		rules_line_error(
		    line, "unknown key ", name, ": peer takes " KEYS);
		return false;
	}
	again = given[key];
	given[key] = true;
	if (again) {
		rules_line_error(line, "", name, " is given twice");
		return false;
	}
	return keys[key].read(line, value, rule);
}

/* The keys after a good or bad (ACTION_KNOWN false) action. */
static bool
read_keys(struct rules_line *line, struct rule *rule, bool action_known)
{
	bool given[KEY_COUNT] = {false};
	bool good = true;
	struct rules_word word;

	while (rules_line_word(line, &word))
		good = read_key(line, word, rule, given) && good;
	if (!action_known || rule->action == ACTION_FALLBACK ||
	    rule->action == ACTION_OBSERVE)
		return good;
	for (unsigned key = 0; key < KEY_COUNT; key++) {
		if (given[key]) {
			rules_line_plain(line, keys[key].misplaced);
			good = false;
		}
	}
	return good;
}

void
rules_peer_read(struct rules_line *line)
{
	struct rules *rules = line->rules;
	struct rule rule = {
	    .method = METHOD_AUTO,
	    .ttl_shortest = RULES_TTL_SHORTEST,
	    .ttl_longest = RULES_TTL_LONGEST,
	    .file = line->file,
	    .line = line->number,
	};
	struct rules_word pattern, action;
	bool good, action_known;

	if (!rules_line_word(line, &pattern) ||
	    !rules_line_word(line, &action)) {
		rules_line_plain(line,
		    "peer needs a pattern and an action: peer PATTERN ACTION "
		    "[KEY=VALUE ...]");
		return;
	}
	good = read_pattern(line, pattern, &rule);
	action_known = read_action(line, action, &rule);
	good = read_keys(line, &rule, action_known) && good;
	if (!good || !action_known)
		return;
	if (rules->count == rules->room) {
		rules_line_plain(line, "there is no room for this rule");
		return;
	}
	rules->rule[rules->count++] = rule;
}
