/*
 * load - a policy file and what it includes, read into memory
 *
 * For the shim, inside a foreign process's connect(2), and for the tool.  No
 * descriptor stays open, malloc is not called, errno is left as found, and
 * there is no state outside the result.  The memory is one private mapping,
 * read-only once load_policy() has returned.
 *
 * A file is read only if it is a regular file, owned by root (or by the real
 * user, outside secure-execution mode), and writable by its owner alone.  A
 * symbolic link is followed, and what it leads to is judged.
 *
 * Async-signal-safe, thread-safe per object, fork-safe.
 */
#ifndef SHIM_LOAD_H
#define SHIM_LOAD_H

#include "rules.h"

#include <stdbool.h>
#include <stddef.h>

#define LOAD_TEXT_MAX  (1U << 20) /* bytes of all files together */
#define LOAD_FILES_MAX 1024	  /* files read, each as often as it is read */
#define LOAD_PATH_MAX  768	  /* bytes of a path with its NUL */

enum load_outcome {
	LOAD_VALID,
	LOAD_ABSENT,  /* there is no such file; nothing was reported */
	LOAD_INVALID, /* at least one error was reported */
};

struct load_want {
	const char *path; /* of the main file */
	bool secure;	  /* secure-execution mode: root's files only */
	bool warn;	  /* look for rules that never match as well: for the
	                     tool, since it takes quadratic time */
	void *context;
	/* As in struct rules_caller; LINE 0: FILE as a whole.  May be NULL. */
	void (*problem)(void *context, const char *file, unsigned line,
	    enum rules_level, const char *text);
};

struct load_result {
	/* With LOAD_VALID, the policy; else no rule, but the numbers of errors
	   and warnings.  Everything it points to lives as long as the result
	   (rules.caller is NULL). */
	struct rules rules;
	char state[RULES_WORD_MAX + 1];	 /* empty: not given */
	char events[RULES_WORD_MAX + 1]; /* empty: not given */
	/* private: the mapping */
	void *room;
	size_t room_size;
};

enum load_outcome load_policy(struct load_result *, const struct load_want *);

/* Unmaps what load_policy() mapped; harmless twice. */
void load_free(struct load_result *);

#endif
