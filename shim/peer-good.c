/*
 * peer-good - what is known of a peer whose TLS worked
 *
 * Contract: peer.h.
 */
#include "peer.h"

#define DAY	 (24u * 3600)
#define PIN_LAST (30 * DAY)
#define PIN_SPAN DAY
#define PIN_MIN	 3

void
peer_good_add(struct peer_good *g, uint32_t now)
{
	if (g->count == 0 || g->first > now)
		g->first = now;
	g->last = now;
	if (g->count < UINT32_MAX)
		g->count++;
}

bool
peer_good_pins(const struct peer_good *g, uint32_t now)
{
	if (g->count < PIN_MIN || g->last < g->first ||
	    g->last - g->first < PIN_SPAN)
		return false;
	return g->last >= now || now - g->last <= PIN_LAST;
}

uint8_t
peer_good_rank(const struct peer_good *g)
{
	return peer_good_pins(g, g->last) ? TABLE_RANK_HELD : 2;
}
