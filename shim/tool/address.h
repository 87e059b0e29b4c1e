/*
 * address - a peer as the operator writes it
 *
 * Single-threaded.
 */
#ifndef SHIM_TOOL_ADDRESS_H
#define SHIM_TOOL_ADDRESS_H

#include "../match.h"

#include <stdbool.h>

#define ADDRESS_PORT 25 /* where none is named */

/* Reads ADDRESS, [ADDRESS], IPV4:PORT or [ADDRESS]:PORT.  False: it is none
   of them. */
bool address_read(const char *text, struct match_peer *);

/* The same for an argument: it is said on standard error that it is none. */
bool address_argument(const char *text, struct match_peer *);

/* "[192.0.2.7]:25"; with NETWORK, "[2001:db8::/64]:25" for an IPv6 one. */
#define ADDRESS_TEXT (MATCH_TEXT_MAX + 16)
void address_text(
    const struct match_peer *, bool network, char text[ADDRESS_TEXT]);

/* PEER has an IPv4 address. */
bool address_is_ipv4(const struct match_peer *);

#endif
