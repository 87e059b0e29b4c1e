/*
 * match - which rule of the policy a peer falls under
 *
 * Also reads and prints addresses (RFC 4291 section 2.2, RFC 5952): by hand,
 * because libc's inet_pton and inet_ntop drag in locale and stdio.
 *
 * Never resolves a name, never allocates, keeps no state.  Failure is a
 * false or NULL result; nothing is written to the output then but scratch.
 *
 * Async-signal-safe, thread-safe, fork-safe.
 */
#include "match.h"

#include <string.h>

#define IPV4_PREFIX 96 /* bits of ::ffff:0:0/96, where IPv4 lives */
#define GROUPS	    8

static const uint8_t ipv4_mapped[12] = {
    [10] = 0xff,
    [11] = 0xff,
};

static bool
is_ipv4(const uint8_t address[16])
{
	return memcmp(address, ipv4_mapped, sizeof(ipv4_mapped)) == 0;
}

bool
match_pattern(const struct rule *rule, const uint8_t address[16])
{
	size_t whole = rule->bits / 8;
	unsigned rest = rule->bits % 8;

	if (rule->pattern == PATTERN_ANY)
		return true;
	/* ::/0 is all of IPv6, and not by an accident of notation IPv4. */
	if (rule->bits < IPV4_PREFIX && is_ipv4(address))
		return false;
	if (memcmp(rule->address, address, whole) != 0)
		return false;
	return rest == 0 ||
	       (rule->address[whole] ^ address[whole]) >> (8 - rest) == 0;
}

const struct rule *
match_rule(const struct rules *rules, const struct match_peer *peer)
{
	for (size_t i = 0; i < rules->count; i++) {
		if (match_pattern(&rules->rule[i], peer->address))
			return &rules->rule[i];
	}
	return NULL;
}

bool
match_port(const struct rules *rules, uint16_t port)
{
	for (size_t i = 0; i < rules->ports; i++) {
		if (rules->port[i] == port)
			return true;
	}
	return false;
}

bool
match_loopback(const struct match_peer *peer)
{
	static const uint8_t loopback[16] = {[15] = 1};

	if (is_ipv4(peer->address))
		return peer->address[12] == 127;
	return memcmp(peer->address, loopback, sizeof(loopback)) == 0;
}

/* 127.0.0.0/8 is, as IPv6, a /104. */
bool
match_loopback_named(const struct rule *rule, const struct match_peer *peer)
{
	return rule->pattern == PATTERN_NETWORK &&
	       rule->bits >= (is_ipv4(peer->address) ? 104 : 128);
}

static char *
put_decimal(char *text, unsigned value)
{
	if (value >= 100)
		*text++ = (char)('0' + value / 100);
	if (value >= 10)
		*text++ = (char)('0' + value / 10 % 10);
	*text++ = (char)('0' + value % 10);
	return text;
}

static char *
put_group(char *text, unsigned value)
{
	static const char digit[] = "0123456789abcdef";
	bool begun = false;

	for (int shift = 12; shift >= 0; shift -= 4) {
		unsigned nibble = value >> shift & 0xf;

		begun = begun || nibble != 0 || shift == 0;
		if (begun)
			*text++ = digit[nibble];
	}
	return text;
}

/* The longest run of at least two zero groups, the first one of equals
   (RFC 5952 section 4.2); length 0: there is none. */
static size_t
zero_run(const unsigned group[GROUPS], size_t *length)
{
	size_t best = 0;

	*length = 0;
	for (size_t i = 0; i < GROUPS; i++) {
		size_t end = i;

		while (end < GROUPS && group[end] == 0)
			end++;
		if (end - i >= 2 && end - i > *length) {
			best = i;
			*length = end - i;
		}
	}
	return best;
}

static char *
put_ipv6(char *text, const uint8_t address[16])
{
	unsigned group[GROUPS];
	size_t run, length;

	for (size_t i = 0; i < GROUPS; i++)
		group[i] = (unsigned)address[2 * i] << 8 | address[2 * i + 1];
	run = zero_run(group, &length);
	for (size_t i = 0; i < GROUPS; i++) {
		if (length > 0 && i == run) {
			*text++ = ':';
			*text++ = ':';
			i += length - 1;
			continue;
		}
		if (i > 0 && !(length > 0 && i == run + length))
			*text++ = ':';
		text = put_group(text, group[i]);
	}
	return text;
}

void
match_text(const struct match_peer *peer, char text[MATCH_TEXT_MAX])
{
	if (is_ipv4(peer->address)) {
		for (size_t i = 12; i < 16; i++) {
			if (i > 12)
				*text++ = '.';
			text = put_decimal(text, peer->address[i]);
		}
	} else {
		text = put_ipv6(text, peer->address);
	}
	*text = '\0';
}

/* Four decimal numbers without leading zeros: 010 is 8 to some readers. */
static bool
read_ipv4(const char *at, const char *end, uint8_t address[4])
{
	for (size_t i = 0; i < 4; i++) {
		const char *start;
		unsigned value = 0;

		if (i > 0) {
			if (at == end || *at != '.')
				return false;
			at++;
		}
		start = at;
		while (at < end && *at >= '0' && *at <= '9' && at - start < 3)
			value = value * 10 + (unsigned)(*at++ - '0');
		if (at == start || value > 255)
			return false;
		if (*start == '0' && at - start > 1)
			return false;
		address[i] = (uint8_t)value;
	}
	return at == end;
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* One to four hexadecimal digits at *AT. */
static bool
read_group(const char **at, const char *end, unsigned *value)
{
	const char *start = *at;
	int digit;

	*value = 0;
	while (*at < end && *at - start < 4 && (digit = hex_value(**at)) >= 0) {
		*value = *value << 4 | (unsigned)digit;
		(*at)++;
	}
	return *at > start;
}

/*
 * Groups between two places where :: may stand, as bytes.  Returns how many
 * bytes they are (at most ROOM), or -1.  Only the last part of an address
 * may end in a dotted quad.
 */
static int
read_groups(
    const char *at, const char *end, uint8_t *bytes, size_t room, bool last)
{
	size_t n = 0;

	if (at == end)
		return 0;
	for (;;) {
		const char *start = at;
		unsigned value;

		if (!read_group(&at, end, &value))
			return -1;
		if (at < end && *at == '.') {
			if (!last || room - n < 4 ||
			    !read_ipv4(start, end, bytes + n))
				return -1;
			return (int)n + 4;
		}
		if (room - n < 2)
			return -1;
		bytes[n++] = (uint8_t)(value >> 8);
		bytes[n++] = (uint8_t)value;
		if (at == end)
			return (int)n;
		if (*at++ != ':')
			return -1;
	}
}

static const char *
find_gap(const char *at, const char *end)
{
	for (; end - at >= 2; at++) {
		if (at[0] == ':' && at[1] == ':')
			return at;
	}
	return NULL;
}

static bool
read_ipv6(const char *at, const char *end, uint8_t address[16])
{
	const char *gap = find_gap(at, end);
	uint8_t tail[16];
	int before, after;

	if (gap == NULL)
		return read_groups(at, end, address, 16, true) == 16;
	before = read_groups(at, gap, address, 16, false);
	after = read_groups(gap + 2, end, tail, sizeof(tail), true);
	/* :: stands for at least one group (RFC 4291 section 2.2). */
	if (before < 0 || after < 0 || before + after > 14)
		return false;
	memset(address + before, 0, (size_t)(16 - before - after));
	memcpy(address + 16 - after, tail, (size_t)after);
	return true;
}

bool
match_address(const char *text, size_t length, uint8_t address[16], bool *ipv4)
{
	if (length == 0)
		return false;
	*ipv4 = memchr(text, ':', length) == NULL;
	if (!*ipv4)
		return read_ipv6(text, text + length, address);
	memcpy(address, ipv4_mapped, sizeof(ipv4_mapped));
	return read_ipv4(text, text + length, address + 12);
}
