/*
 * program - the programs that are known as MTAs
 *
 * Pure.  Async-signal-safe, thread-safe, fork-safe.
 */
#ifndef SHIM_PROGRAM_H
#define SHIM_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>

struct program {
	const char *name; /* base name of the executable */
	bool checks; /* it looks at cipher and verification itself, after the
	                handshake and before it trusts the session, so that a
	                session in the clear cannot pass for an encrypted one */
};

/* The program NAME (may be NULL), or NULL: not known. */
const struct program *program_find(const char *name);

/* The program at INDEX of the table, from 0; NULL behind the last. */
const struct program *program_at(size_t index);

#endif
