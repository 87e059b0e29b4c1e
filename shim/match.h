/*
 * match - which rule of the policy a peer falls under
 *
 * Pure.  Async-signal-safe, thread-safe, fork-safe.
 */
#ifndef SHIM_MATCH_H
#define SHIM_MATCH_H

#include "rules.h"

/* A peer: an IPv6 address, or an IPv4 address as ::ffff:a.b.c.d. */
struct match_peer {
	uint8_t address[16];
	uint16_t port; /* host byte order */
};

/* The first rule that matches, or NULL (which means `off`). */
const struct rule *match_rule(const struct rules *, const struct match_peer *);

/* The rule's pattern covers ADDRESS (as in struct match_peer).  A network of
   IPv6 never covers an IPv4 address: ::/0 is all of IPv6 and no more. */
bool match_pattern(const struct rule *, const uint8_t address[16]);

/* PORT is one of the configured relay ports. */
bool match_port(const struct rules *, uint16_t port);

/* The address is in 127.0.0.0/8 or ::1. */
bool match_loopback(const struct match_peer *);

/* The rule names the loopback address of the peer: its pattern is a network
   that holds nothing but loopback addresses. */
bool match_loopback_named(const struct rule *, const struct match_peer *);

/* "192.0.2.7" or "2001:db8::1" (RFC 5952) with NUL into TEXT. */
#define MATCH_TEXT_MAX 46
void match_text(const struct match_peer *, char text[MATCH_TEXT_MAX]);

/* Reads an address (no brackets, port or zone) of LENGTH bytes; false: it is
   none.  *IPV4: it was written as a dotted quad alone. */
bool match_address(
    const char *text, size_t length, uint8_t address[16], bool *ipv4);

#endif
