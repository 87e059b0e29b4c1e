/*
 * entry - the records of the memory, as the subcommands show them
 *
 * Single-threaded.
 */
#ifndef SHIM_TOOL_ENTRY_H
#define SHIM_TOOL_ENTRY_H

#include "../memory.h"
#include "address.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One record; its kind, enum peer_kind, is in the key. */
struct entry {
	struct table_key key;
	union {
		struct peer trouble;
		struct peer_good good;
		uint8_t value[TABLE_VALUE];
	};
};

struct entries {
	struct entry *entry;
	size_t count;
	uint32_t damaged; /* records that were left out */
};

/* Reads all that is in the memory.  False: there is no room, which was said.
   The caller calls entries_free() in any case. */
bool entries_read(struct entries *, const struct memory *);
void entries_free(struct entries *);

/* Sorts: the one that changed last first; or by peer and kind. */
void entries_by_time(struct entries *);
void entries_by_peer(struct entries *);

/* Says on standard error that records are damaged, if some are. */
void entries_warn(const struct entries *);

/* The record tells something about PEER, in some network namespace. */
bool entry_is_about(const struct entry *, const struct match_peer *);

/* "[192.0.2.7]:25", "[2001:db8::/64]:25" */
void entry_peer(const struct entry *, char text[ADDRESS_TEXT]);

/* "broken", "expired", "suspected", "none" (nothing but marks), "good",
   "pinned" */
const char *entry_state(const struct entry *, uint32_t now);

/* When TLS failed or worked last; 0: never. */
uint32_t entry_last(const struct entry *);

/* The program of a mark: its name, or # and eight digits where it is not one
   that is known.  Returns TEXT. */
#define ENTRY_MARK 32
const char *entry_mark(uint32_t mark, char text[ENTRY_MARK]);

/* The program that failed last, with NUL; returns TEXT. */
const char *entry_program(const struct peer *, char text[PEER_PROGRAM + 1]);

#endif
