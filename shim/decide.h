/*
 * decide - whether a failed STARTTLS may go on in the clear
 *
 * Pure: one function over facts; it reads no clock and no memory.  The first
 * guard that holds wins.  It is asked before the first cleartext byte of every
 * session that would be downgraded, and any doubt counts as a guard.
 *
 * Async-signal-safe, thread-safe, fork-safe.
 */
#ifndef SHIM_DECIDE_H
#define SHIM_DECIDE_H

#include "class.h"
#include "rules.h"

#include <stdbool.h>

/* Why a peer is not downgraded, in the order in which they are asked. */
enum guard {
	GUARD_NONE,
	GUARD_RULE,	     /* the rule says never (or off; no rule is off) */
	GUARD_PORT,	     /* no relay port, or loopback without its rule */
	GUARD_VERIFY,	     /* tls-verify, tls-local-config, or a handle that
	                        must verify its peer */
	GUARD_AUTH,	     /* the client authenticates (RFC 4954) */
	GUARD_REQUIRETLS,    /* RFC 8689 */
	GUARD_CLEAR_REFUSED, /* the peer refused mail in the clear */
	GUARD_MEMORY,	     /* what is known of the peer cannot be read */
	GUARD_METHOD,	     /* no method applies here and now */
	GUARD_RECONNECT,     /* the second connection failed too: TLS was not
	                        at fault */
};

enum act {
	ACT_NONE,
	ACT_FALLBACK,
	ACT_WITHHOLD,
	ACT_LEARN,
	ACT_DECLINE,
	ACT_WOULD_FALLBACK,
	ACT_HEAL,
	ACT_ERROR,
};

struct decide_facts {
	enum rule_action action; /* of the rule; ACTION_OFF where none is */
	enum rule_method method;
	bool relay_port;
	bool loopback;	     /* the peer is on this host ... */
	bool loopback_named; /* ... and the rule names its address */
	enum class_kind class;
	bool handle;	      /* the failure was seen in a TLS library's call,
	                         on a handle that the shim can take over */
	bool handle_verifies; /* the handle is set to verify its peer */
	bool program_checks;  /* the program looks at the session itself before
	                         it trusts it (the table of `live`) */
	bool exact;	      /* the connection carried banner, EHLO or HELO
	                         and STARTTLS, and nothing else */
	bool reconnected;     /* this session had its second connection */
	bool shared;	      /* another process may hold the socket */
	bool auth;	      /* AUTH was used in this session */
	bool requiretls;
	bool clear_refused;
	bool doubt;    /* the memory was asked for the peer, in vain */
	bool recorded; /* a failure can be recorded */
	bool left;     /* the class rests on the client's leaving alone */
	bool known;    /* the peer is known as broken, for this program */
};

struct decision {
	enum act act;
	enum rule_method method; /* METHOD_AUTO: none */
	enum guard guard;
};

struct decision decide(const struct decide_facts *);

/* Whether STARTTLS is withheld from a session that begins. */
bool decide_withhold(const struct decide_facts *);

const char *decide_guard_name(enum guard);
const char *decide_act_name(enum act);

#endif
