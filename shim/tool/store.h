/*
 * store - the memory that the policy names, opened for a subcommand
 *
 * Single-threaded.
 */
#ifndef SHIM_TOOL_STORE_H
#define SHIM_TOOL_STORE_H

#include "../load.h"
#include "../memory.h"

#include <stdbool.h>
#include <sys/types.h>

enum store_use {
	STORE_READ,
	STORE_WRITE,
	STORE_MAKE, /* to write; made if it is not there */
};

struct store {
	struct load_result policy;
	struct memory memory;
};

/* Reads the policy and maps the memory.  False: it was said why not.  The
   caller calls store_close() in any case. */
bool store_open(struct store *, enum store_use);
void store_close(struct store *);

/* The policy names a memory.  False: it was said that it does not. */
bool store_named(const struct load_result *);

/* Maps the memory of a policy.  False: WHY says why not, and nothing is
   printed. */
#define STORE_WHY 1024
bool store_map(struct memory *, const struct load_result *, enum store_use,
    char why[STORE_WHY]);

/* The caller's own network namespace as a number. */
uint64_t store_network(void);

/* Says on standard error that all processes are called off, if they are. */
void store_warn_off(const struct memory *);

/*
 * Makes the file PATH for SLOTS records, and the directories that lead to it,
 * if it is not there.  GROUP may write to it; (gid_t)-1: the group that it
 * comes by.  *MADE: it was not there.  False: it was said why not; what was
 * there is unchanged, and nothing is left behind.
 */
bool store_make(const char *path, uint32_t slots, gid_t group, bool *made);

#endif
