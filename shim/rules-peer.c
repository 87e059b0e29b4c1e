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
#include "match.h"
#include "rules-line.h"

#include <string.h>

#define LATER	    " is not supported in this version"
#define ACTIONS	    "off, observe, never or fallback"
#define METHODS	    "auto or live"
#define DOMAIN_MAX  253 /* RFC 1035 section 2.3.4, as text without the root */
#define LABEL_MAX   63
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
    {"clear", LATER_VALUE},
    {"require", LATER_VALUE},
};

static const struct meaning methods[] = {
    {"auto", METHOD_AUTO},
    {"live", METHOD_LIVE},
    {"probe", LATER_VALUE},
    {"learn", LATER_VALUE},
};

static const struct meaning later_keys[] = {
    {"pin", LATER_VALUE},
    {"ttl", LATER_VALUE},
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

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Letters, digits, hyphen, and the underscore that real names have. */
static bool
is_label_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       is_digit(c) || c == '-' || c == '_';
}

/* A name of one label or more (RFC 1123 section 2.1), without a final dot. */
static bool
is_domain(const char *name, size_t length)
{
	size_t label = 0;

	if (length == 0 || length > DOMAIN_MAX)
		return false;
	for (size_t i = 0; i < length; i++) {
		bool ends = i + 1 == length || name[i + 1] == '.';

		if (name[i] == '.') {
			if (label == 0 || i + 1 == length)
				return false;
			label = 0;
			continue;
		}
		if (!is_label_byte(name[i]) || ++label > LABEL_MAX)
			return false;
		if (name[i] == '-' && (label == 1 || ends))
			return false;
	}
	return true;
}

/* A domain, or .suffix. */
static bool
is_name(const char *name, size_t length)
{
	if (length > 0 && name[0] == '.')
		return is_domain(name + 1, length - 1);
	return is_domain(name, length);
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
		if (!is_digit(word.bytes[i]) && word.bytes[i] != '.')
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
		name = is_name(word.bytes + 3, word.length - 3);
	else if (looks_numeric(word))
		return read_network(line, word, rule);
	else
		name = is_name(word.bytes, word.length);
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

/* The keys after a good or bad (ACTION_KNOWN false) action. */
static bool
read_keys(struct rules_line *line, struct rule *rule, bool action_known)
{
	struct rules_word word, key, value;
	bool good = true, method = false;

	while (rules_line_word(line, &word)) {
		if (!rules_line_pair(line, word, &key, &value)) {
			good = false;
		} else if (find_meaning(later_keys, COUNT(later_keys), key)) {
			rules_line_error(
			    line, "key ", key, LATER ": remove it");
			good = false;
		} else if (!rules_word_is(key, "method")) {
			rules_line_error(
			    line, "unknown key ", key, ": peer takes method");
			good = false;
		} else if (method) {
			rules_line_error(line, "", key, " is given twice");
			good = false;
		} else {
			method = true;
			good = read_method(line, value, rule) && good;
		}
	}
	if (method && action_known && rule->action != ACTION_FALLBACK &&
	    rule->action != ACTION_OBSERVE) {
		rules_line_plain(line,
		    "method goes with the actions fallback and observe only: "
		    "remove it");
		good = false;
	}
	return good;
}

void
rules_peer_read(struct rules_line *line)
{
	struct rules *rules = line->rules;
	struct rule rule = {
	    .method = METHOD_AUTO,
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

/* Every peer that LATER matches, EARLIER matches too. */
static bool
covers(const struct rule *earlier, const struct rule *later)
{
	if (earlier->pattern == PATTERN_ANY)
		return true;
	return later->pattern == PATTERN_NETWORK &&
	       earlier->bits <= later->bits &&
	       match_pattern(earlier, later->address);
}

void
rules_finish(struct rules *rules)
{
	for (size_t i = 1; i < rules->count; i++) {
		const struct rule *later = &rules->rule[i], *earlier;
		struct rules_text text;
		size_t j = 0;

		while (j < i && !covers(&rules->rule[j], later))
			j++;
		if (j == i)
			continue;
		earlier = &rules->rule[j];
		rules_text_start(&text);
		rules_text_add(&text, "this rule never matches: ");
		rules_text_add(&text, earlier->file);
		rules_text_add(&text, ":");
		rules_text_number(&text, earlier->line);
		rules_text_add(&text,
		    " matches all of it before; move this rule up, or remove "
		    "it");
		rules_problem(
		    rules, later->file, later->line, RULES_WARNING, text.bytes);
	}
}
