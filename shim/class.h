/*
 * class - the failure class of a STARTTLS session, from evidence
 *
 * Pure: the table of the design's section 3 as one function.  Names are
 * stable: they stand in events, in the memory and in reports.
 *
 * Async-signal-safe, thread-safe, fork-safe.
 */
#ifndef SHIM_CLASS_H
#define SHIM_CLASS_H

#include "record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum class_kind {
	CLASS_NONE,
	CLASS_STARTTLS_4XX,
	CLASS_STARTTLS_5XX,
	CLASS_STARTTLS_BAD_REPLY,
	CLASS_STARTTLS_CLOSED,
	CLASS_STARTTLS_RESET,
	CLASS_STARTTLS_TIMEOUT,
	CLASS_TLS_ALERT, /* detail: the alert's name */
	CLASS_TLS_CLOSED,
	CLASS_TLS_RESET,
	CLASS_TLS_TIMEOUT,
	CLASS_TLS_PLAINTEXT,
	CLASS_TLS_MALFORMED,
	CLASS_TLS_LOCAL, /* detail: the library's reason, or the alert
	                           that the client sent */
	CLASS_TLS_LOCAL_CONFIG,
	CLASS_TLS_VERIFY,
	CLASS_LATE_CLOSED,
	CLASS_LATE_RESET,
	CLASS_LATE_ALERT, /* or, where only the wire tells and the alert
	                     cannot be read, a close_notify */
	CLASS_LATE_TIMEOUT,
	CLASS_COUNT,
};

/* Where the session stood when it failed (the design's section 2). */
enum class_stage {
	STAGE_CONNECT,
	STAGE_BANNER,
	STAGE_EHLO,
	STAGE_STARTTLS,
	STAGE_HANDSHAKE,
	STAGE_EHLO_TLS,
	STAGE_TLS,
	STAGE_CLEAR,
};

/* How the connection ended, as the client's side saw it. */
enum class_end {
	END_NONE,    /* it still stands */
	END_FIN,     /* the peer closed */
	END_RESET,   /* the peer reset */
	END_TIMEOUT, /* the peer was silent past a deadline */
	END_CLIENT,  /* the client closed first */
};

/* What the TLS library said of its failed handshake, if it was asked. */
enum class_verdict {
	VERDICT_NONE,	/* no library was asked: the wire alone decides */
	VERDICT_WIRE,	/* it blames the connection or the records */
	VERDICT_ALERT,	/* it received the alert `alert` */
	VERDICT_VERIFY, /* a certificate check that was demanded failed */
	VERDICT_LOCAL,	/* it refused what the peer brought: `reason` */
};

struct class_facts {
	enum class_stage stage;
	uint16_t reply; /* code of the answer to STARTTLS; 0: none, an
	                            incomplete one or no SMTP reply */
	bool replied;	/* an answer to STARTTLS, or part of it, came;
	                            with `reply` 0 and END_NONE: it is complete
	                            and no SMTP reply */
	enum class_end end;
	const struct records *records; /* may be NULL before the handshake */
	bool handshake_done;	       /* the client's library reported success;
	                            without a verdict the records say so too */
	bool library_reads; /* every way in which the client's library hands
	                            out plain data is seen: record_read() would
	                            have been called; in doubt false */
	enum class_verdict verdict;
	int alert;	    /* with VERDICT_ALERT */
	const char *reason; /* with VERDICT_LOCAL: the library's text, such
	                            as "dh key too small"; may be NULL */
};

#define CLASS_NAME_MAX 64 /* bytes of a name with its NUL */

struct class
{
	enum class_kind kind;
	char name[CLASS_NAME_MAX]; /* "tls-alert-handshake_failure",
	                              "tls-local-dh_key_too_small", "-" for
	                              CLASS_NONE; lower case, letters, digits,
	                              hyphen and underscore, cut off if long */
	bool client_left; /* it is of this kind because the client left and
	                     for nothing else: never recorded */
};

void class_decide(const struct class_facts *, struct class *);

/* An attacker who can inject a FIN, RST or silence makes these: they need
   a second failure before they are recorded. */
bool class_ambiguous(enum class_kind);

/* The failure came after the client's handshake was complete. */
bool class_late(enum class_kind);

/* Never a reason for cleartext (tls-verify, tls-local-config). */
bool class_forbidden(enum class_kind);

/* Qualifies for the memory: all failures but those that are forbidden. */
bool class_recordable(enum class_kind);

/* Qualifies for a fallback inside the same session (the tls-* classes that
   are not forbidden). */
bool class_live(enum class_kind);

/* The fixed part of a class's name: "tls-alert-", "tls-closed". */
const char *class_kind_name(enum class_kind);

const char *class_stage_name(enum class_stage);

#endif
