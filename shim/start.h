/*
 * start - what the shim knows of the process it is in
 *
 * The constructor only copies STARTTLS_FALLBACK_CONFIG (an MTA may empty its
 * environment) and opens nothing.  The policy is read once per process: at
 * its first TCP connect, or before chroot(2) or a change of user ids in a
 * program known as an MTA.  Where it is missing, invalid or not to be trusted
 * the process has no policy and the shim stays inert; an invalid one is said
 * once.  The memory that the policy names is mapped with it; where it cannot
 * be, there is none, which is said once as well.
 *
 * Async-signal-safe, thread-safe, fork-safe.
 */
#ifndef SHIM_START_H
#define SHIM_START_H

#include "load.h"
#include "memory.h"

#include <stdbool.h>

/* Called by the library's constructor. */
void start_constructor(void);

/* The policy, or NULL.  Reads it on the first call. */
const struct load_result *start_policy(void);

/* The memory that the policy names, or NULL.  It is mapped with the policy. */
const struct memory *start_memory(void);

/* Before the process gives up its view of the file system or its rights. */
void start_before_change(void);

/* Base name of the program's executable; NULL: unknown. */
const char *start_program(void);

/* The program looks at the TLS session itself before it trusts it, so that
   method live is right for it; the table with the reasons is in program.c. */
bool start_program_checks(void);

#endif
