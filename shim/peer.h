/*
 * peer - what is known of one peer, and how it grows old
 *
 * Pure: values of the table, and their changes (the design's sections 3 and
 * 6).  Two kinds of record: TROUBLE says that a peer's STARTTLS is broken, and
 * GOOD that it worked.
 *
 * Nothing in a value is believed before peer_valid() said so: any process that
 * has the mapping can write it.  Times are seconds since 1970, as the wall
 * clock said; a time that lies ahead of NOW by more than PEER_SLACK was made
 * by a clock that was wrong, and such trouble counts as expired.
 *
 * Async-signal-safe, thread-safe, fork-safe.
 */
#ifndef SHIM_PEER_H
#define SHIM_PEER_H

#include "class.h"
#include "table.h"

#include <stdbool.h>
#include <stdint.h>

enum peer_kind { PEER_TROUBLE = 1, PEER_GOOD = 2 };

#define PEER_SLACK    300u	      /* seconds */
#define PEER_SHORTEST (15u * 60)      /* default of a rule's ttl */
#define PEER_LONGEST  (24u * 60 * 60) /* likewise; no ttl is longer */
#define PEER_FORGIVEN \
	(7u * 24 * 3600) /* trouble that is over for so long does
	                                  not count any more */
#define PEER_PROGRAM 16	 /* bytes of a program's name, cut */
#define PEER_DETAIL  24
#define PEER_REQUIRE 4

/* What stands in a record of PEER_TROUBLE. */
struct peer {
	uint32_t first;	      /* failure; 0: no trouble */
	uint32_t last;	      /* failure */
	uint32_t count;	      /* failures, each on its own connection */
	uint32_t length;      /* seconds that the trouble is kept this time */
	uint32_t until;	      /* the end of it */
	uint32_t guard_until; /* with `guard` */
	uint32_t required[PEER_REQUIRE]; /* programs that require TLS here, by
	                                    peer_program(); 0: none */
	uint8_t class;		    /* enum class_kind of the last failure */
	uint8_t stage;		    /* enum class_stage of it */
	uint8_t guard;		    /* enum guard: a verdict about the peer */
	uint8_t flags;		    /* enum peer_flag */
	char program[PEER_PROGRAM]; /* that failed last; no NUL if full */
	char detail[PEER_DETAIL];   /* of the class's name, likewise */
	uint32_t spare;
};

enum peer_flag {
	PEER_CONFIRMED = 1, /* it stands for all programs */
	PEER_OWN = 2,	    /* it stands for `program` alone */
	PEER_AUTH = 4,	    /* AUTH was used at this peer */
};

/* What stands in a record of PEER_GOOD. */
struct peer_good {
	uint32_t first, last; /* success */
	uint32_t count;
	uint32_t spare[(TABLE_VALUE - 12) / 4];
};

_Static_assert(sizeof(struct peer) == TABLE_VALUE, "fills a record");
_Static_assert(sizeof(struct peer_good) == TABLE_VALUE, "fills a record");

/* The record says what a record can say. */
bool peer_valid(const struct peer *);

/* A failure of TLS at a peer. */
struct peer_failure {
	enum class_kind class;
	const char *name; /* of the class, whole: "tls-alert-..." */
	enum class_stage stage;
	const char *program;	    /* NULL: unknown */
	bool own_next;		    /* see below */
	uint32_t shortest, longest; /* of the rule's ttl, seconds */
};

/*
 * Records a failure.
 *
 *  - an ambiguous class (class.h) is confirmed by a second failure of any
 *    class within PEER_LONGEST; till then nothing is withheld, but with
 *    OWN_NEXT from the program that failed: it could not fall back in its
 *    own session, and its next one stands for that;
 *  - a class tls-local-* stands for its program, until another program fails
 *    there too, with any class;
 *  - any other class stands for all at once.
 *
 * The time that trouble is kept starts with SHORTEST, and doubles up to
 * LONGEST only when it had expired and a fresh attempt failed.  A class that
 * is no trouble (none, or one that forbids a fallback) changes nothing.
 */
void peer_fail(struct peer *, const struct peer_failure *, uint32_t now);

enum peer_state {
	PEER_UNKNOWN,	/* no trouble */
	PEER_SUSPECTED, /* not confirmed */
	PEER_BROKEN,
	PEER_EXPIRED, /* the next session tries TLS again */
};

enum peer_state peer_state(const struct peer *, uint32_t now);

/* STARTTLS is to be withheld from PROGRAM (NULL: unknown). */
bool peer_withholds(const struct peer *, const char *program, uint32_t now);

/* TLS worked for PROGRAM: the trouble is over.  What stands for another
   program alone stays.  True: something changed. */
bool peer_heal(struct peer *, const char *program);

/* The trouble is forgotten; guards, flags and marks stay. */
void peer_clear(struct peer *);

/* PROGRAM requires TLS at this peer: nothing is withheld from it any more.
   The oldest mark gives way when there are more than PEER_REQUIRE. */
void peer_require(struct peer *, const char *program);
bool peer_requires(const struct peer *, const char *program);

/* A guard's verdict that holds for SECONDS; peer_guard() returns it, or
   GUARD_NONE (0) once it is over. */
void peer_set_guard(
    struct peer *, uint8_t guard, uint32_t now, uint32_t seconds);
uint8_t peer_guard(const struct peer *, uint32_t now);

/* Nothing is left that is worth a record. */
bool peer_empty(const struct peer *, uint32_t now);

/* Its rank in the table. */
uint8_t peer_rank(const struct peer *);

/* The whole name of its class with NUL. */
void peer_class_name(const struct peer *, char name[CLASS_NAME_MAX]);

/* A program's name as a number, never 0 unless NAME is NULL. */
uint32_t peer_program(const char *name);

/* One more success; times that lie ahead of NOW are set to it. */
void peer_good_add(struct peer_good *, uint32_t now);

/* 3 successes over at least 24 h, the last in the last 30 days.  Held in the
   table. */
bool peer_good_pins(const struct peer_good *, uint32_t now);
uint8_t peer_good_rank(const struct peer_good *);

#endif
