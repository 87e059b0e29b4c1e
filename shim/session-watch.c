/*
 * session - one watched TCP connection, from connect to close
 *
 * Contract: session.h.  This file has what is seen on a connection and what
 * is made of it: the dialog, the failure class, the decision, the event.
 */
#define _GNU_SOURCE
#include "session.h"

#include "clock.h"
#include "decimal.h"
#include "say.h"
#include "start.h"
#include "wait.h"

#include <errno.h>
#include <string.h>

int
session_left(const struct session *s)
{
	const struct rules *rules = &start_policy()->rules;
	int64_t now = clock_monotonic();
	int64_t stall = s->heard + (int64_t)rules->stall * 1000 - now;
	int64_t whole = s->began + (int64_t)rules->handshake * 1000 - now;
	int64_t left = stall < whole ? stall : whole;

	return left > 0 ? (int)left : 0;
}

void
session_say(const struct session *s, const struct decision *d,
    enum class_stage stage, const char *class, int64_t ms)
{
	char peer[MATCH_TEXT_MAX + sizeof("[]:65535")] = "[";
	struct event e = {
	    .act = decide_act_name(d->act),
	    .method =
		d->method == METHOD_AUTO ? NULL : rules_method_name(d->method),
	    .peer = peer,
	    .stage = class_stage_name(stage),
	    .class = class,
	    .guard = decide_guard_name(d->guard),
	    .rule_file = s->rule->file,
	    .rule_line = s->rule->line,
	    .ms = ms,
	};
	size_t length;

	match_text(&s->peer, peer + 1);
	length = strlen(peer);
	peer[length++] = ']';
	peer[length++] = ':';
	decimal(s->peer.port, peer + length);
	say(SAY_NOTICE, &e);
}

/* "Only where a rule names their address": a network that holds nothing but
   loopback addresses, 127.0.0.0/8 (as IPv6, a /104) or ::1. */
static bool
names_loopback(const struct session *s)
{
	bool ipv4 = s->peer.address[10] == 0xff;

	return s->rule->pattern == PATTERN_NETWORK &&
	       s->rule->bits >= (ipv4 ? 104 : 128);
}

struct decide_facts
session_facts(const struct session *s, enum class_kind class,
    const struct decide_facts *handle)
{
	struct decide_facts facts = {
	    .action = s->rule->action,
	    .method = s->rule->method,
	    .relay_port = match_port(&start_policy()->rules, s->peer.port),
	    .loopback = match_loopback(&s->peer),
	    .loopback_named = names_loopback(s),
	    .class = class,
	    .program_checks = start_program_checks(),
	    .exact = s->dialog.exact && !s->dialog.lost,
	    .reconnected = s->reconnected,
	    .shared = session_shared(s),
	    .auth = s->dialog.auth || s->auth,
	    .clear_refused = s->guard == GUARD_CLEAR_REFUSED,
	    .doubt = s->doubt,
	    .recorded = memory_is_writable(start_memory()),
	    .left = s->class.client_left,
	};

	if (handle != NULL) {
		facts.handle = handle->handle;
		facts.handle_verifies = handle->handle_verifies;
	}
	return facts;
}

struct decision
session_decide(const struct session *s, enum class_kind class,
    const struct decide_facts *handle)
{
	struct decide_facts facts = session_facts(s, class, handle);

	return decide(&facts);
}

struct decision
session_judge(struct session *s, struct class_facts *evidence,
    const struct decide_facts *handle)
{
	struct decision d = {ACT_NONE, METHOD_AUTO, GUARD_NONE};
	enum class_stage stage = s->dialog.stage;

	/* By then the dialog is back where it was before. */
	if (s->dialog.refused && stage == STAGE_EHLO)
		stage = STAGE_STARTTLS;
	evidence->stage = stage;
	evidence->reply = s->dialog.reply;
	evidence->replied = s->dialog.replied;
	evidence->end = s->end;
	evidence->records = &s->dialog.records;
	evidence->handshake_done = s->dialog.handshake_done;
	evidence->library_reads = s->reads;
	class_decide(evidence, &s->class);
	s->concluded = true;
	s->failed = stage;
	if (s->class.kind == CLASS_NONE)
		return d;
	d = session_decide(s, s->class.kind, handle);
	if (d.act == ACT_LEARN && !session_remember(s))
		d = (struct decision){ACT_DECLINE, METHOD_AUTO, GUARD_METHOD};
	if (d.act != ACT_FALLBACK)
		session_say(s, &d, stage, s->class.name, -1);
	return d;
}

/* The peer's end of the connection, or an error of it. */
static void
ended(struct session *s, ssize_t n, int error)
{
	struct class_facts evidence = {.end = END_NONE};

	if (n == 0)
		s->end = END_FIN;
	else if (error == ECONNRESET || error == EPIPE)
		s->end = END_RESET;
	else if (error == ETIMEDOUT)
		s->end = END_TIMEOUT;
	else
		return;
	if (s->dialog.stage == STAGE_STARTTLS && !s->concluded)
		session_judge(s, &evidence, NULL);
}

/* The first words after a downgrade. */
static void
greeted(struct session *s)
{
	struct decision d = {ACT_FALLBACK, s->method, GUARD_NONE};

	if (s->announce) {
		s->announce = false;
		session_remember(s);
		session_say(s, &d, STAGE_HANDSHAKE, s->class.name, s->took);
	} else if (s->dialog.offered) {
		d.act = ACT_WITHHOLD;
		session_say(s, &d, STAGE_EHLO, s->class.name, -1);
	} else if (s->dialog.extended) {
		session_forget(s);
	}
}

static void
softened(struct session *s)
{
	struct decision d = {ACT_DECLINE, s->method, GUARD_CLEAR_REFUSED};

	if (s->refused_said)
		return;
	s->refused_said = true;
	session_remember_refused(s);
	session_say(s, &d, STAGE_CLEAR, s->class.name, -1);
}

bool
session_heed(struct session *s, unsigned news)
{
	struct class_facts evidence = {.end = END_NONE};

	if (news & DIALOG_HANDSHAKE) {
		s->began = s->heard = clock_monotonic();
		s->handshaking = true;
		atomic_fetch_add(&session_handshakes, 1);
	}
	if ((news & DIALOG_REFUSED) && !s->concluded)
		session_judge(s, &evidence, NULL);
	if (news & DIALOG_AUTHED)
		session_remember_auth(s);
	if (news & DIALOG_GREETED)
		greeted(s);
	if (news & DIALOG_SOFTENED)
		softened(s);
	if (news & DIALOG_LEFT)
		session_left_clear(s);
	if (news & DIALOG_UP)
		session_remember_good(s);
	return news & (DIALOG_UP | DIALOG_CLEAR);
}

void
session_received(
    int fd, const struct iovec *vector, size_t count, ssize_t n, bool peek)
{
	int error = errno;
	struct session *s = session_hold(fd);
	struct dialog copy;
	struct dialog *dialog;
	unsigned news = 0;

	if (s == NULL)
		return;
	dialog = &s->dialog;
	if (peek) {
		copy = s->dialog;
		dialog = &copy;
	}
	if (n > 0) {
		s->heard = clock_monotonic();
		s->waiting = false;
	} else if (!peek)
		ended(s, n, error);
	for (size_t i = 0; i < count && n > 0; i++) {
		size_t part = vector[i].iov_len;

		if (part > (size_t)n)
			part = (size_t)n;
		news |= dialog_server(dialog, vector[i].iov_base, part);
		n -= (ssize_t)part;
	}
	if (!peek && session_heed(s, news))
		session_drop(s);
	else
		session_release(s);
	errno = error;
}

void
session_sent(int fd, const struct iovec *vector, size_t count, ssize_t n)
{
	int error = errno;
	struct session *s = session_hold(fd);
	unsigned news = 0;

	if (s == NULL)
		return;
	if (n < 0)
		ended(s, n, error);
	else if (!s->waiting) {
		s->asked = clock_monotonic();
		s->waiting = true;
	}
	/* What is sent to a peer that has gone is no answer to anything. */
	if (s->end != END_NONE && !s->dialog.downgraded)
		n = 0;
	for (size_t i = 0; i < count && n > 0; i++) {
		size_t part = vector[i].iov_len;

		if (part > (size_t)n)
			part = (size_t)n;
		news |= dialog_client(&s->dialog, vector[i].iov_base, part);
		n -= (ssize_t)part;
	}
	if (session_heed(s, news))
		session_drop(s);
	else
		session_release(s);
	errno = error;
}

void
session_read_inside(int fd, bool came)
{
	int error = errno;
	struct session *s = session_hold(fd);
	unsigned news = 0;

	if (s == NULL)
		return;
	if (s->dialog.stage == STAGE_EHLO_TLS) {
		s->reads = true;
		news = came ? dialog_read(&s->dialog) : 0;
	}
	if (session_heed(s, news))
		session_drop(s);
	else
		session_release(s);
	errno = error;
}

/* What a connection that is dead for the host answers. */
static ssize_t
answer_dead(const struct session *s)
{
	if (s->end == END_RESET)
		errno = ECONNRESET;
	else if (s->end == END_TIMEOUT)
		errno = ETIMEDOUT;
	else
		return 0;
	return -1;
}

bool
session_before_read(int fd, int flags, ssize_t *answer)
{
	int saved = errno;
	struct session *s = session_hold(fd);
	bool waits;
	int left = 0;

	if (s == NULL)
		return false;
	if (s->dead) {
		*answer = answer_dead(s);
		session_release(s);
		return true;
	}
	waits = s->cuts && !s->concluded &&
		s->dialog.stage == STAGE_HANDSHAKE &&
		(flags & MSG_DONTWAIT) == 0;
	if (waits)
		left = session_left(s);
	session_release(s);
	if (!waits || !wait_is_blocking(fd) || wait_for(fd, WAIT_INPUT, left)) {
		errno = saved;
		return false;
	}
	s = session_hold(fd);
	if (s != NULL) {
		s->end = END_TIMEOUT;
		session_release(s);
	}
	*answer = -1;
	errno = ETIMEDOUT;
	return true;
}

/* The client closed; it had waited for the peer in vain, longer than the
   shim's own deadline would have let it. */
static enum class_end
closed(const struct session *s)
{
	int64_t from = s->heard > s->asked ? s->heard : s->asked;
	int64_t silent = clock_monotonic() - from;
	int64_t stall = (int64_t)start_policy()->rules.stall * 1000;
	enum class_stage stage = s->dialog.stage;
	bool waited = stage == STAGE_STARTTLS || stage == STAGE_HANDSHAKE ||
		      (stage == STAGE_EHLO_TLS && s->dialog.records.talked);

	return waited && s->asked > 0 && silent >= stall ? END_TIMEOUT
							 : END_CLIENT;
}

/* A downgraded session is over. */
static void
finish_clear(struct session *s)
{
	struct decision d = {ACT_DECLINE, s->method, GUARD_RECONNECT};

	if (s->announce) {
		/* It stood, but the host did not go on over it. */
		if (s->end == END_NONE)
			d.guard = GUARD_METHOD;
		session_say(s, &d, STAGE_CLEAR, s->class.name, s->took);
	} else if (s->withheld) {
		session_left_clear(s);
	}
}

void
session_finish(struct session *s)
{
	struct class_facts evidence = {.end = END_NONE};

	if (s->dialog.downgraded) {
		finish_clear(s);
	} else if (!s->concluded) {
		if (s->end == END_NONE)
			s->end = closed(s);
		session_judge(s, &evidence, NULL);
	}
}
