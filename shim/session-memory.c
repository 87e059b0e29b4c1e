/*
 * session-memory - what a session learns from the memory, and adds to it
 *
 * Contract: session.h.  Each step is one change of one record; what cannot be
 * written is not remembered, and the session goes on as it would have.
 *
 * Async-signal-safe, thread-safe, fork-safe.
 */
#define _GNU_SOURCE
#include "session.h"

#include "start.h"

#include <string.h>

/* One change of the peer's record of trouble. */
struct change {
	const struct session *session;
	const struct peer_failure *failure;
	uint32_t now;
	bool changed;
};

static enum table_wish
store(
    const struct change *c, const struct peer *p, uint8_t *value, uint8_t *rank)
{
	if (peer_empty(p, c->now))
		return TABLE_ERASE;
	memcpy(value, p, sizeof(*p));
	*rank = peer_rank(p);
	return TABLE_STORE;
}

/* The value as a peer; what cannot be one is nothing. */
static void
take(struct peer *p, bool found, const uint8_t *value)
{
	memset(p, 0, sizeof(*p));
	if (found)
		memcpy(p, value, sizeof(*p));
	if (!peer_valid(p))
		memset(p, 0, sizeof(*p));
}

static bool
change(const struct session *s, table_changer *changer, struct change *c)
{
	const struct memory *m = start_memory();
	struct table_key key;

	if (m == NULL)
		return false;
	key = memory_key(&s->peer, s->network, PEER_TROUBLE);
	c->session = s;
	c->now = memory_time();
	return memory_change(m, &key, changer, c);
}

static enum table_wish
change_fail(void *context, bool found, uint8_t *value, uint8_t *rank)
{
	struct change *c = context;
	struct peer p;

	take(&p, found, value);
	peer_fail(&p, c->failure, c->now);
	return store(c, &p, value, rank);
}

static enum table_wish
change_heal(void *context, bool found, uint8_t *value, uint8_t *rank)
{
	struct change *c = context;
	struct peer p;

	c->changed = false;
	if (!found)
		return TABLE_KEEP;
	take(&p, found, value);
	c->changed = peer_heal(&p, start_program());
	return c->changed ? store(c, &p, value, rank) : TABLE_KEEP;
}

static enum table_wish
change_clear(void *context, bool found, uint8_t *value, uint8_t *rank)
{
	struct change *c = context;
	struct peer p;

	if (!found)
		return TABLE_KEEP;
	take(&p, found, value);
	peer_clear(&p);
	return store(c, &p, value, rank);
}

static enum table_wish
change_require(void *context, bool found, uint8_t *value, uint8_t *rank)
{
	struct change *c = context;
	struct peer p;

	take(&p, found, value);
	peer_require(&p, start_program());
	return store(c, &p, value, rank);
}

static enum table_wish
change_refused(void *context, bool found, uint8_t *value, uint8_t *rank)
{
	struct change *c = context;
	struct peer p;

	take(&p, found, value);
	peer_set_guard(
	    &p, GUARD_CLEAR_REFUSED, c->now, c->session->rule->ttl_shortest);
	return store(c, &p, value, rank);
}

static enum table_wish
change_auth(void *context, bool found, uint8_t *value, uint8_t *rank)
{
	struct change *c = context;
	struct peer p;

	take(&p, found, value);
	p.flags |= PEER_AUTH;
	return store(c, &p, value, rank);
}

static enum table_wish
change_good(void *context, bool found, uint8_t *value, uint8_t *rank)
{
	struct change *c = context;
	struct peer_good good = {0};

	if (found)
		memcpy(&good, value, sizeof(good));
	peer_good_add(&good, c->now);
	memcpy(value, &good, sizeof(good));
	*rank = peer_good_rank(&good);
	return TABLE_STORE;
}

void
session_recall(struct session *s, int fd)
{
	const struct memory *m = start_memory();
	struct peer known = {0};
	struct table_key key;
	struct decide_facts facts;
	uint32_t now = memory_time();

	if (m != NULL) {
		enum memory_answer answer;

		s->network = memory_network(fd);
		key = memory_key(&s->peer, s->network, PEER_TROUBLE);
		answer = memory_find(m, &key, &known);
		s->doubt = answer == MEMORY_DOUBT;
		s->auth = known.flags & PEER_AUTH;
		s->guard = peer_guard(&known, now);
	}
	facts = session_facts(s, CLASS_NONE, NULL);
	facts.known = peer_withholds(&known, start_program(), now);
	if (!decide_withhold(&facts))
		return;
	s->withheld = true;
	s->class.kind = (enum class_kind)known.class;
	peer_class_name(&known, s->class.name);
	dialog_withhold(&s->dialog);
}

bool
session_remember(struct session *s)
{
	struct peer_failure failure = {
	    .class = s->class.kind,
	    .name = s->class.name,
	    .stage = s->failed,
	    .program = start_program(),
	    .own_next = (s->rule->method == METHOD_LIVE ||
			    (s->rule->method == METHOD_AUTO &&
				start_program_checks())) &&
			!class_live(s->class.kind),
	    .shortest = s->rule->ttl_shortest,
	    .longest = s->rule->ttl_longest,
	};
	struct change c = {.failure = &failure};

	return change(s, change_fail, &c);
}

void
session_remember_good(struct session *s)
{
	const struct memory *m = start_memory();
	struct change c = {.changed = false};
	struct decision d = {ACT_HEAL, METHOD_AUTO, GUARD_NONE};
	struct table_key key;

	change(s, change_heal, &c);
	if (c.changed)
		session_say(s, &d, STAGE_TLS, NULL, -1);
	if (m == NULL)
		return;
	key = memory_key(&s->peer, s->network, PEER_GOOD);
	memory_change(m, &key, change_good, &c);
}

void
session_forget(struct session *s)
{
	struct change c = {.changed = false};

	change(s, change_clear, &c);
}

/* It saw a peer without STARTTLS, and would have been served: it requires TLS.
   If the peer broke the connection over EHLO, TLS was not at fault. */
void
session_left_clear(struct session *s)
{
	struct change c = {.changed = false};
	bool served = s->dialog.offered || s->dialog.refusing;

	if (!s->withheld || s->left || s->dialog.mail ||
	    s->rule->action == ACTION_CLEAR)
		return;
	s->left = true;
	if (s->dialog.greeted && served && !s->dead && s->end == END_NONE)
		change(s, change_require, &c);
	else if (!s->dialog.greeted && s->dialog.greetings > 0 &&
		 (s->end == END_FIN || s->end == END_RESET))
		change(s, change_clear, &c);
}

void
session_remember_refused(struct session *s)
{
	struct change c = {.changed = false};

	change(s, change_refused, &c);
}

void
session_remember_auth(struct session *s)
{
	struct change c = {.changed = false};

	if (s->auth)
		return;
	s->auth = true;
	change(s, change_auth, &c);
}
