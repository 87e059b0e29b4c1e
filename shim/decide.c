/*
 * decide - whether a failed STARTTLS may go on in the clear
 *
 * Contract: decide.h.
 */
#include "decide.h"

/* Method learn: the wire shows that the peer is broken, and the next session
   can be told.  It goes with every method: what cannot be mended in its own
   session is withheld from the next. */
static bool
learn(const struct decide_facts *f)
{
	return class_recordable(f->class) && f->recorded && !f->left;
}

/* The handle would refuse a session in the clear, and nobody else would. */
static bool
verifies(const struct decide_facts *f)
{
	return f->handle && f->handle_verifies && !f->program_checks;
}

/* Every guard, in order, each with its question. */
static enum guard
guard(const struct decide_facts *f)
{
	if (f->action != ACTION_FALLBACK && f->action != ACTION_OBSERVE &&
	    f->action != ACTION_CLEAR)
		return GUARD_RULE;
	if (!f->relay_port || (f->loopback && !f->loopback_named))
		return GUARD_PORT;
	if (class_forbidden(f->class))
		return GUARD_VERIFY;
	/* In its next session it judges the peer by itself. */
	if (verifies(f) && !learn(f))
		return GUARD_VERIFY;
	if (f->auth)
		return GUARD_AUTH;
	if (f->requiretls)
		return GUARD_REQUIRETLS;
	if (f->clear_refused)
		return GUARD_CLEAR_REFUSED;
	if (f->doubt)
		return GUARD_MEMORY;
	return GUARD_NONE;
}

/*
 * Method live: the failure lies inside the handshake, the shim holds the
 * handle, the socket is this process's own, nothing would have to be replayed,
 * and the program is known to judge the session by itself or the rule says so.
 */
static bool
live(const struct decide_facts *f)
{
	if (f->method != METHOD_LIVE && !f->program_checks)
		return false;
	if (f->method != METHOD_LIVE && f->method != METHOD_AUTO)
		return false;
	return class_live(f->class) && f->handle && !verifies(f) && f->exact &&
	       !f->reconnected && !f->shared;
}

struct decision
decide(const struct decide_facts *f)
{
	struct decision d = {ACT_DECLINE, METHOD_AUTO, guard(f)};

	if (live(f))
		d.method = METHOD_LIVE;
	else if (learn(f))
		d.method = METHOD_LEARN;
	if (d.guard != GUARD_NONE)
		return d;
	if (d.method == METHOD_AUTO)
		d.guard = GUARD_METHOD;
	else if (f->action == ACTION_OBSERVE)
		d.act = ACT_WOULD_FALLBACK;
	else
		d.act = d.method == METHOD_LIVE ? ACT_FALLBACK : ACT_LEARN;
	return d;
}

bool
decide_withhold(const struct decide_facts *f)
{
	/* The operator's own decision passes all other guards. */
	if (f->action == ACTION_CLEAR)
		return !f->auth && !f->requiretls;
	return f->action == ACTION_FALLBACK && f->known &&
	       guard(f) == GUARD_NONE;
}

const char *
decide_guard_name(enum guard guard)
{
	static const char *const name[] = {
	    [GUARD_NONE] = "none",
	    [GUARD_RULE] = "rule",
	    [GUARD_PORT] = "port",
	    [GUARD_VERIFY] = "verify",
	    [GUARD_AUTH] = "auth",
	    [GUARD_REQUIRETLS] = "requiretls",
	    [GUARD_CLEAR_REFUSED] = "clear-refused",
	    [GUARD_MEMORY] = "memory",
	    [GUARD_METHOD] = "method",
	    [GUARD_RECONNECT] = "reconnect",
	};

	return name[guard];
}

const char *
decide_act_name(enum act act)
{
	static const char *const name[] = {
	    [ACT_NONE] = "none",
	    [ACT_FALLBACK] = "fallback",
	    [ACT_WITHHOLD] = "withhold",
	    [ACT_LEARN] = "learn",
	    [ACT_DECLINE] = "decline",
	    [ACT_WOULD_FALLBACK] = "would-fallback",
	    [ACT_HEAL] = "heal",
	    [ACT_ERROR] = "error",
	};

	return name[act];
}
