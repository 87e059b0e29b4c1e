/*
 * entry - the records of the memory, as the subcommands show them
 *
 * Contract: entry.h.
 */
#include "entry.h"

#include "../program.h"
#include "tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 1024

static bool
entry_valid(const struct entry *e)
{
	return e->key.kind == PEER_GOOD ||
	       (e->key.kind == PEER_TROUBLE && peer_valid(&e->trouble));
}

bool
entries_read(struct entries *all, const struct memory *memory)
{
	size_t room = 0;
	uint32_t cursor = 0;
	struct entry e;

	memset(all, 0, sizeof(*all));
	while (table_next(
	    &memory->table, &cursor, &e.key, e.value, &all->damaged)) {
		if (!entry_valid(&e)) {
			all->damaged++;
			continue;
		}
		if (all->count == room) {
			struct entry *more;

			room = room > 0 ? 2 * room : ROOM_FIRST;
			more = realloc(all->entry, room * sizeof(e));
			if (more == NULL) {
				tool_refuse("no memory is left");
				return false;
			}
			all->entry = more;
		}
		all->entry[all->count++] = e;
	}
	return true;
}

void
entries_free(struct entries *all)
{
	free(all->entry);
	memset(all, 0, sizeof(*all));
}

void
entries_warn(const struct entries *all)
{
	if (all->damaged > 0)
		fprintf(stderr,
		    "starttls-fallback: %u damaged record%s left out\n",
		    all->damaged, all->damaged == 1 ? " was" : "s were");
}

static int
order(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int
compare_peer(const void *one, const void *two)
{
	const struct table_key *a = &((const struct entry *)one)->key;
	const struct table_key *b = &((const struct entry *)two)->key;
	int diff = memcmp(a->address, b->address, sizeof(a->address));

	if (diff == 0)
		diff = order(a->port, b->port);
	if (diff == 0)
		diff = order(a->kind, b->kind);
	return diff != 0 ? diff : order(a->network, b->network);
}

static int
compare_time(const void *one, const void *two)
{
	int diff = order(entry_last(two), entry_last(one));

	return diff != 0 ? diff : compare_peer(one, two);
}

void
entries_by_time(struct entries *all)
{
	if (all->count > 0)
		qsort(all->entry, all->count, sizeof(all->entry[0]),
		    compare_time);
}

void
entries_by_peer(struct entries *all)
{
	if (all->count > 0)
		qsort(all->entry, all->count, sizeof(all->entry[0]),
		    compare_peer);
}

bool
entry_is_about(const struct entry *e, const struct match_peer *peer)
{
	struct table_key key =
	    memory_key(peer, e->key.network, (enum peer_kind)e->key.kind);

	return key.port == e->key.port &&
	       memcmp(key.address, e->key.address, sizeof(key.address)) == 0;
}

void
entry_peer(const struct entry *e, char text[ADDRESS_TEXT])
{
	struct match_peer peer = {.port = e->key.port};

	memcpy(peer.address, e->key.address, sizeof(peer.address));
	address_text(&peer, e->key.kind == PEER_GOOD, text);
}

const char *
entry_state(const struct entry *e, uint32_t now)
{
	if (e->key.kind == PEER_GOOD)
		return peer_good_pins(&e->good, now) ? "pinned" : "good";
	switch (peer_state(&e->trouble, now)) {
	case PEER_SUSPECTED:
		return "suspected";
	case PEER_BROKEN:
		return "broken";
	case PEER_EXPIRED:
		return "expired";
	case PEER_UNKNOWN:
		break;
	}
	return "none";
}

uint32_t
entry_last(const struct entry *e)
{
	return e->key.kind == PEER_GOOD ? e->good.last : e->trouble.last;
}

const char *
entry_mark(uint32_t mark, char text[ENTRY_MARK])
{
	const struct program *p;

	for (size_t i = 0; (p = program_at(i)) != NULL; i++) {
		if (peer_program(p->name) == mark) {
			snprintf(text, ENTRY_MARK, "%s", p->name);
			return text;
		}
	}
	snprintf(text, ENTRY_MARK, "#%08x", mark);
	return text;
}

const char *
entry_program(const struct peer *p, char text[PEER_PROGRAM + 1])
{
	memcpy(text, p->program, PEER_PROGRAM);
	text[PEER_PROGRAM] = '\0';
	return text;
}
