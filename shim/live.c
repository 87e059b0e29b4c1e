/*
 * live - method `live`: a handshake that fails, and goes on in the clear
 *
 * Contract: live.h.
 */
#define _GNU_SOURCE
#include "live.h"

#include "clock.h"
#include "fd.h"
#include "redial.h"
#include "session.h"
#include "start.h"
#include "wait.h"

#include <errno.h>
#include <string.h>

/* One call on its way through here. */
struct attempt {
	const struct tls *tls;
	int fd;			    /* the handle's, for input */
	struct decide_facts handle; /* what only the handle tells */
	bool waits;		    /* the shim waits, not the host */
};

/* The session that the handle's descriptors belong to, held, in its handshake
   and not judged yet; or NULL. */
static struct session *
hold(const struct tls *t, int fd)
{
	int out = tls_output(t);
	struct session *s;

	if (fd < 0 || out < 0 || (out != fd && fd_slot(out) != fd_slot(fd)))
		return NULL;
	s = session_hold(fd);
	if (s == NULL)
		return NULL;
	if (s->dialog.stage == STAGE_HANDSHAKE && !s->concluded && !s->dead &&
	    (out == fd || fd_identity(out) == s->identity))
		return s;
	session_release(s);
	return NULL;
}

/* False: the shim has no business with this call. */
static bool
begin(struct attempt *a, const struct tls *t)
{
	struct session *s;
	struct decision d;

	memset(a, 0, sizeof(*a));
	a->tls = t;
	a->fd = tls_input(t);
	s = hold(t, a->fd);
	if (s == NULL)
		return false;
	a->handle.handle = true;
	a->handle.handle_verifies = tls_verifies(t);
	/* Only a session that may go on in the clear is cut at a deadline. */
	d = session_decide(s, CLASS_TLS_TIMEOUT, &a->handle);
	s->cuts = d.act == ACT_FALLBACK;
	/* A program that is not known to block in its handshake anyway may be
	   an event loop: it waits by itself. */
	a->waits = s->cuts && start_program_checks();
	session_release(s);
	return true;
}

enum waited { WAITED_READY, WAITED_LATE, WAITED_LOST };

/* Waits for what the library wants; LOST: the session is no longer watched,
   and the host has to wait by itself. */
static enum waited
wait(const struct attempt *a, enum tls_outcome wants)
{
	struct session *s = hold(a->tls, a->fd);
	bool output = wants == TLS_WANTS_OUTPUT;
	int left;

	if (s == NULL)
		return WAITED_LOST;
	left = session_left(s);
	session_release(s);
	if (wait_for(output ? tls_output(a->tls) : a->fd,
		output ? WAIT_OUTPUT : WAIT_INPUT, left))
		return WAITED_READY;
	s = hold(a->tls, a->fd);
	if (s != NULL) {
		s->end = END_TIMEOUT;
		session_release(s);
	}
	return WAITED_LATE;
}

/* The deadline of a host that waits by itself. */
static bool
is_late(const struct attempt *a)
{
	struct session *s = hold(a->tls, a->fd);
	bool late;

	if (s == NULL)
		return false;
	late = s->cuts && session_left(s) == 0;
	if (late)
		s->end = END_TIMEOUT;
	session_release(s);
	return late;
}

/* The second connection stands: the session starts anew, in the clear. */
static enum live_end
go_on(const struct attempt *a, struct clear *clear, int64_t failed)
{
	struct session *s = session_hold(a->fd);

	if (s == NULL) {
		tls_release(a->tls);
		return LIVE_PASS;
	}
	dialog_downgrade(&s->dialog);
	s->method = METHOD_LIVE;
	s->end = END_NONE;
	s->announce = true;
	s->took = clock_monotonic() - failed;
	session_release(s);
	clear->failed = false;
	tls_forget_errors(a->tls);
	return LIVE_CLEAR;
}

/* It does not: the host gets the failure that it would have had. */
static void
give_up(const struct attempt *a, enum redial how, bool cut_short)
{
	struct session *s = session_hold(a->fd);
	struct decision d = {ACT_DECLINE, METHOD_LIVE,
	    how == REDIAL_REFUSED ? GUARD_METHOD : GUARD_RECONNECT};

	if (s != NULL) {
		s->dead = how == REDIAL_FAILED;
		session_say(s, &d, STAGE_HANDSHAKE, s->class.name, -1);
		session_release(s);
	}
	/* A silent peer made no error in the library: one is made up. */
	if (!cut_short || how != REDIAL_FAILED)
		tls_release(a->tls);
}

/* The handshake failed. */
static enum live_end
fall_back(const struct attempt *a, int *result, bool cut_short)
{
	int saved = cut_short ? ETIMEDOUT : errno;
	int64_t failed = clock_monotonic();
	struct session *s = hold(a->tls, a->fd);
	struct class_facts evidence = {.verdict = VERDICT_WIRE};
	struct sockaddr_storage address;
	struct clear *clear = NULL;
	struct decision d;
	socklen_t length;
	enum redial how;

	if (s == NULL)
		return LIVE_PASS;
	if (!cut_short)
		tls_verdict(a->tls, *result, &evidence);
	d = session_judge(s, &evidence, &a->handle);
	if (d.act == ACT_FALLBACK)
		clear = tls_take(a->tls);
	if (clear == NULL && d.act == ACT_FALLBACK) {
		d = (struct decision){ACT_DECLINE, METHOD_LIVE, GUARD_METHOD};
		session_say(s, &d, STAGE_HANDSHAKE, s->class.name, -1);
	}
	session_settle(s);
	s->reconnected = s->reconnected || clear != NULL;
	memcpy(&address, &s->address, sizeof(address));
	length = s->address_length;
	session_release(s);
	errno = saved;
	if (clear == NULL)
		return LIVE_PASS;
	/* Until the second connection stands: a signal handler may leave. */
	clear->failed = true;
	how = redial(a->fd, (const struct sockaddr *)&address, length,
	    (int)start_policy()->rules.reconnect * 1000);
	if (how == REDIAL_DONE)
		return go_on(a, clear, failed);
	if (cut_short)
		*result = -1;
	give_up(a, how, cut_short);
	return LIVE_PASS;
}

/* The library reports that the handshake is complete. */
static void
complete(const struct attempt *a)
{
	struct session *s = hold(a->tls, a->fd);

	if (s == NULL)
		return;
	dialog_handshake_done(&s->dialog);
	session_release(s);
}

void
live_read(const struct tls *t, bool came)
{
	int fd = tls_input(t);

	if (fd_slot(fd) != 0)
		session_read_inside(fd, came);
}

enum live_end
live(const struct tls *t, int (*attempt)(void *context), void *context,
    int *result)
{
	struct attempt a;

	if (!begin(&a, t)) {
		*result = attempt(context);
		return LIVE_PASS;
	}
	for (;;) {
		enum tls_outcome outcome;
		enum waited waited;

		*result = attempt(context);
		outcome = tls_outcome(t, *result);
		if (outcome == TLS_FAILED)
			return fall_back(&a, result, false);
		if (outcome == TLS_DONE)
			complete(&a);
		if (outcome == TLS_DONE || outcome == TLS_WANTS_OTHER)
			return LIVE_PASS;
		if (!a.waits && !is_late(&a))
			return LIVE_PASS;
		waited = a.waits ? wait(&a, outcome) : WAITED_LATE;
		if (waited == WAITED_LATE)
			return fall_back(&a, result, true);
		if (waited == WAITED_LOST)
			return LIVE_PASS;
	}
}
