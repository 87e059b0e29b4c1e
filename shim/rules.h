/*
 * rules - the text of a policy file turned into rules, or into errors
 *
 * Pure: no file is opened here.  The caller feeds one text after the other
 * (the main file, and whatever its include directives name, at the place
 * where they stand); every problem of every file is reported, none is the
 * last.  Strings in the result point into the texts, which must outlive it.
 *
 * Grammar: starttls-fallback.conf(5).
 *
 * Async-signal-safe, thread-safe per object, fork-safe.
 */
#ifndef SHIM_RULES_H
#define SHIM_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rule_action {
	ACTION_OFF,	/* not watched, no event */
	ACTION_OBSERVE, /* as fallback up to the decision, then nothing */
	ACTION_NEVER,	/* watched, declined with guard=rule */
	ACTION_FALLBACK,
	ACTION_CLEAR, /* STARTTLS is never even tried */
};

enum rule_method { METHOD_AUTO, METHOD_LIVE, METHOD_PROBE, METHOD_LEARN };

enum rule_pattern { PATTERN_ANY, PATTERN_NETWORK };

struct rule {
	enum rule_pattern pattern;
	uint8_t
	    address[16]; /* PATTERN_NETWORK: IPv6, or IPv4 as ::ffff:a.b.c.d;
	                        bits beyond `bits` are 0 */
	uint8_t bits;	 /* 0 to 128; an IPv4 /24 is 120 */
	bool single;	 /* the pattern is one address (or /32, /128) */
	enum rule_action action;
	enum rule_method method;
	/* How long a peer is remembered as broken, in seconds: at first, and
	   at most (1 to RULES_TTL_MAX, the first not above the second). */
	uint32_t ttl_shortest, ttl_longest;
	const char *file; /* where it stands; as given to rules_read */
	unsigned line;	  /* from 1 */
};

#define RULES_PORTS_MAX	    16
#define RULES_INCLUDE_DEPTH 8
#define RULES_FACILITY_NONE (-1)
#define RULES_WORD_MAX	    511 /* bytes of a word, so of a path */

/* Seconds; of a rule without ttl, and the most of any. */
#define RULES_TTL_SHORTEST 900
#define RULES_TTL_LONGEST  86400
#define RULES_TTL_MAX	   86400

/* A word in one of the texts; not NUL-terminated. */
struct rules_word {
	const char *bytes;
	size_t length;
};

enum rules_level { RULES_WARNING, RULES_ERROR };

struct rules;

/* What the caller does for the parser. */
struct rules_caller {
	void *context;
	/* One problem.  TEXT is a complete sentence fragment without newline. */
	void (*problem)(void *context, const char *file, unsigned line,
	    enum rules_level, const char *text);
	/* An include directive: the caller calls rules_read() for each file
	   that PATTERN names, in lexical order, with DEPTH; it reports its own
	   problems (with FILE and LINE) by rules_problem(). */
	void (*include)(void *context, struct rules *,
	    struct rules_word pattern, unsigned depth, const char *file,
	    unsigned line);
};

struct rules {
	struct rule *rule; /* of the caller; in the order of the files */
	size_t count;
	size_t room;
	struct rules_word state;  /* length 0: not given */
	uint32_t slots;		  /* of the state file; 65536 */
	struct rules_word events; /* length 0: not given */
	int facility; /* syslog facility code (LOG_MAIL >> 3 is 2), or
	                             RULES_FACILITY_NONE */
	uint16_t port[RULES_PORTS_MAX];
	size_t ports;
	unsigned stall, handshake, reconnect; /* seconds, 1 to 3600 */
	unsigned errors, warnings;
	/* private: directives seen, and where, for "given twice" */
	struct {
		const char *file;
		unsigned line;
	} seen[8];
	const struct rules_caller *caller;
};

/* Makes RULES empty, with the defaults (no rule, port 25, syslog mail, 15 s,
   120 s, 30 s); ROOM rules fit into RULE. */
void rules_start(struct rules *, struct rule *rule, size_t room,
    const struct rules_caller *);

/* Reads one text.  FILE names it in messages.  DEPTH is 0 for the main file. */
void rules_read(struct rules *, const char *file, const char *text,
    size_t length, unsigned depth);

/* Call once after the last text: warns of rules that can never match. */
void rules_finish(struct rules *);

/* Counts and reports a problem; for the caller's include(). */
void rules_problem(struct rules *, const char *file, unsigned line,
    enum rules_level, const char *text);

const char *rules_action_name(enum rule_action);
const char *rules_method_name(enum rule_method);

#endif
