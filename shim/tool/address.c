/*
 * address - a peer as the operator writes it
 *
 * Contract: address.h.
 */
#include "address.h"

#include "text.h"
#include "tool.h"

#include <stdio.h>
#include <string.h>

/* The port behind the colon at TEXT; nothing at all is the default. */
static bool
read_port(const char *text, uint16_t *port)
{
	uint64_t n;

	*port = ADDRESS_PORT;
	if (*text == '\0')
		return true;
	if (*text != ':' || !text_read_number(text + 1, UINT16_MAX, &n) ||
	    n == 0)
		return false;
	*port = (uint16_t)n;
	return true;
}

bool
address_read(const char *text, struct match_peer *peer)
{
	const char *end;
	bool ipv4;

	memset(peer, 0, sizeof(*peer));
	peer->port = ADDRESS_PORT;
	if (text[0] == '[') {
		text++;
		end = strchr(text, ']');
		return end != NULL &&
		       match_address(
			   text, (size_t)(end - text), peer->address, &ipv4) &&
		       read_port(end + 1, &peer->port);
	}
	if (match_address(text, strlen(text), peer->address, &ipv4))
		return true;
	end = strchr(text, ':');
	return end != NULL &&
	       match_address(
		   text, (size_t)(end - text), peer->address, &ipv4) &&
	       read_port(end, &peer->port);
}

bool
address_argument(const char *text, struct match_peer *peer)
{
	if (address_read(text, peer))
		return true;
	tool_refuse("%s: no peer; write ADDRESS, [ADDRESS], ADDRESS:PORT "
		    "(IPv4) or [ADDRESS]:PORT",
	    text);
	return false;
}

bool
address_is_ipv4(const struct match_peer *peer)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	return memcmp(peer->address, mapped, sizeof(mapped)) == 0;
}

void
address_text(
    const struct match_peer *peer, bool network, char text[ADDRESS_TEXT])
{
	char address[MATCH_TEXT_MAX];

	match_text(peer, address);
	snprintf(text, ADDRESS_TEXT, "[%s%s]:%u", address,
	    network && !address_is_ipv4(peer) ? "/64" : "", peer->port);
}
