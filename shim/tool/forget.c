/*
 * forget - erases what is remembered of a peer, or everything
 *
 * Trouble, guards, marks and what is known of good TLS; in every network
 * namespace.  What other processes add in the meantime may stay.
 *
 * Single-threaded.
 */
#include "entry.h"
#include "store.h"
#include "tool.h"

#include <stdio.h>
#include <string.h>

static enum table_wish
erase(void *context, bool found, uint8_t value[TABLE_VALUE], uint8_t *rank)
{
	(void)context;
	(void)value;
	(void)rank;
	return found ? TABLE_ERASE : TABLE_KEEP;
}

static bool
forget_key(const struct memory *memory, const struct table_key *key)
{
	if (memory_change(memory, key, erase, NULL))
		return true;
	tool_refuse("another process is in the way; try again");
	return false;
}

/* A damaged record in the place of PEER's is a doubt about it: a change there
   ends it. */
static bool
forget_doubt(const struct memory *memory, const struct match_peer *peer)
{
	uint64_t network = store_network();
	struct table_key trouble = memory_key(peer, network, PEER_TROUBLE);
	struct table_key good = memory_key(peer, network, PEER_GOOD);

	return forget_key(memory, &trouble) && forget_key(memory, &good);
}

static enum tool_status
forget_peer(const struct memory *memory, const struct match_peer *peer,
    const char *name)
{
	struct entries all;
	char text[ADDRESS_TEXT];
	uint32_t now = memory_time();
	size_t erased = 0;
	bool good = entries_read(&all, memory);

	for (size_t i = 0; good && i < all.count; i++) {
		const struct entry *e = &all.entry[i];

		if (!entry_is_about(e, peer))
			continue;
		good = forget_key(memory, &e->key);
		if (!good)
			break;
		entry_peer(e, text);
		printf("%s: forgotten (%s)\n", text, entry_state(e, now));
		erased++;
	}
	entries_free(&all);
	if (!good || !forget_doubt(memory, peer))
		return TOOL_NO;
	if (erased == 0)
		return tool_refuse("%s: nothing is known of this peer", name);
	return TOOL_DONE;
}

static enum tool_status
forget_all(const struct memory *memory)
{
	struct entry e;
	uint32_t cursor = 0, damaged = 0;
	size_t erased = 0;

	while (table_next(&memory->table, &cursor, &e.key, e.value, &damaged)) {
		if (!forget_key(memory, &e.key))
			return TOOL_NO;
		erased++;
	}
	printf("%zu record%s forgotten\n", erased, erased == 1 ? "" : "s");
	return TOOL_DONE;
}

enum tool_status
tool_forget(int argc, char **argv)
{
	bool all = false;
	const struct tool_option options[] = {{"--all", &all}};
	int at = tool_options(argc, argv, options, 1);
	enum tool_status status = TOOL_NO;
	struct match_peer peer;
	struct store store;

	if (at < 0 || argc - at != (all ? 0 : 1) ||
	    (!all && !address_argument(argv[at], &peer)))
		return TOOL_USAGE;
	if (store_open(&store, STORE_WRITE))
		status = all ? forget_all(&store.memory)
			     : forget_peer(&store.memory, &peer, argv[at]);
	store_close(&store);
	return status;
}
