/*
 * peer - what is known of one peer, and how it grows old
 *
 * Contract: peer.h.
 */
#include "peer.h"

#include "decide.h"

#include <string.h>

/* A text that fills its field has no NUL. */
static void
set_text(char *field, size_t size, const char *text)
{
	size_t length = text != NULL ? strnlen(text, size) : 0;

	memset(field, 0, size);
	if (length > 0)
		memcpy(field, text, length);
}

static bool
is_text(const char *field, size_t size)
{
	size_t length = strnlen(field, size);

	for (size_t i = 0; i < size; i++) {
		if (i < length ? field[i] <= ' ' || field[i] > '~'
			       : field[i] != '\0')
			return false;
	}
	return true;
}

static bool
is_program(const char field[PEER_PROGRAM], const char *program)
{
	char name[PEER_PROGRAM];

	if (program == NULL || program[0] == '\0')
		return false;
	set_text(name, sizeof(name), program);
	return memcmp(field, name, sizeof(name)) == 0;
}

bool
peer_valid(const struct peer *p)
{
	if (!is_text(p->program, sizeof(p->program)) ||
	    !is_text(p->detail, sizeof(p->detail)) || p->spare != 0 ||
	    p->guard > GUARD_RECONNECT || p->stage > STAGE_CLEAR ||
	    (p->flags & ~(PEER_CONFIRMED | PEER_OWN | PEER_AUTH)) != 0)
		return false;
	if (p->first == 0)
		return p->last == 0 && p->count == 0 && p->length == 0 &&
		       p->until == 0 && p->class == CLASS_NONE;
	return p->class < CLASS_COUNT && class_recordable(p->class) &&
	       p->count > 0 && p->last >= p->first && p->length > 0 &&
	       p->length <= PEER_LONGEST;
}

enum peer_state
peer_state(const struct peer *p, uint32_t now)
{
	if (p->first == 0)
		return PEER_UNKNOWN;
	if (p->last > now && p->last - now > PEER_SLACK)
		return PEER_EXPIRED;
	if (now >= p->until || p->until - now > PEER_LONGEST + PEER_SLACK)
		return PEER_EXPIRED;
	return p->flags & PEER_CONFIRMED ? PEER_BROKEN : PEER_SUSPECTED;
}

uint32_t
peer_program(const char *name)
{
	uint32_t hash = 2166136261u; /* FNV-1a: names are the host's own */

	if (name == NULL)
		return 0;
	for (; *name != '\0'; name++)
		hash = (hash ^ (uint8_t)*name) * 16777619u;
	return hash != 0 ? hash : 1;
}

bool
peer_requires(const struct peer *p, const char *program)
{
	uint32_t mark = peer_program(program);

	for (size_t i = 0; i < PEER_REQUIRE; i++) {
		if (mark != 0 && p->required[i] == mark)
			return true;
	}
	return false;
}

void
peer_require(struct peer *p, const char *program)
{
	uint32_t mark = peer_program(program);

	if (mark == 0 || peer_requires(p, program))
		return;
	memmove(p->required + 1, p->required,
	    sizeof(p->required) - sizeof(p->required[0]));
	p->required[0] = mark;
}

bool
peer_withholds(const struct peer *p, const char *program, uint32_t now)
{
	enum peer_state state = peer_state(p, now);
	bool own = is_program(p->program, program);

	if (peer_requires(p, program))
		return false;
	if (state == PEER_SUSPECTED)
		return (p->flags & PEER_OWN) != 0 && own;
	if (state != PEER_BROKEN)
		return false;
	return (p->flags & PEER_OWN) == 0 || own;
}

static uint32_t
limited(uint32_t seconds, const struct peer_failure *f)
{
	uint32_t longest =
	    f->longest < PEER_LONGEST ? f->longest : PEER_LONGEST;

	if (seconds > longest)
		seconds = longest;
	return seconds > 0 ? seconds : 1;
}

/* Nothing that was known before counts. */
static bool
is_new(const struct peer *p, enum peer_state state, uint32_t now)
{
	uint32_t kept =
	    p->flags & PEER_CONFIRMED ? PEER_FORGIVEN : PEER_LONGEST;

	if (state == PEER_UNKNOWN)
		return true;
	if (state != PEER_EXPIRED)
		return false;
	if (p->last > now)
		return p->last - now > PEER_SLACK;
	return now - p->last > kept + p->length;
}

/* Another program than the one that failed before. */
static bool
agrees(const struct peer *p, const struct peer_failure *f)
{
	return f->program != NULL && p->program[0] != '\0' &&
	       !is_program(p->program, f->program);
}

/* How long it is kept, and for whom. */
static void
judge(struct peer *p, const struct peer_failure *f, enum peer_state state,
    uint32_t now)
{
	bool local = f->class == CLASS_TLS_LOCAL;
	bool confirmed = (p->flags & PEER_CONFIRMED) != 0;
	bool again = confirmed && state == PEER_EXPIRED;

	if (confirmed && (agrees(p, f) || !local))
		p->flags &= (uint8_t)~PEER_OWN;
	if (state == PEER_BROKEN)
		return;
	if (!confirmed)
		p->flags &= (uint8_t)~PEER_OWN;
	if (p->count > 1 || !class_ambiguous(f->class))
		p->flags |= PEER_CONFIRMED;
	if (!confirmed && (local || (p->count == 1 && f->own_next &&
					class_ambiguous(f->class))))
		p->flags |= PEER_OWN;
	p->length = limited(again ? 2 * p->length : f->shortest, f);
	p->until = now + p->length;
}

void
peer_fail(struct peer *p, const struct peer_failure *f, uint32_t now)
{
	enum peer_state state = peer_state(p, now);
	size_t known = strlen(class_kind_name(f->class));
	bool detailed =
	    f->class == CLASS_TLS_ALERT || f->class == CLASS_TLS_LOCAL;

	if (!class_recordable(f->class) || now == 0)
		return;
	if (is_new(p, state, now)) {
		peer_clear(p);
		p->first = now;
		state = PEER_UNKNOWN;
	}
	if (p->count < UINT32_MAX)
		p->count++;
	p->last = now > p->last ? now : p->last;
	judge(p, f, state, now);
	p->class = (uint8_t)f->class;
	p->stage = (uint8_t)f->stage;
	set_text(p->program, sizeof(p->program), f->program);
	set_text(p->detail, sizeof(p->detail),
	    detailed && f->name != NULL && strlen(f->name) > known
		? f->name + known
		: NULL);
}

bool
peer_heal(struct peer *p, const char *program)
{
	/* That another program has TLS says nothing of a client that refuses
	   the peer by itself, and all of a peer that was suspected. */
	bool local = p->class == CLASS_TLS_LOCAL && (p->flags & PEER_OWN) != 0;

	if (p->first == 0 || (local && !is_program(p->program, program)))
		return false;
	peer_clear(p);
	return true;
}

void
peer_clear(struct peer *p)
{
	struct peer kept = {
	    .guard_until = p->guard_until,
	    .guard = p->guard,
	    .flags = p->flags & PEER_AUTH,
	};

	memcpy(kept.required, p->required, sizeof(kept.required));
	*p = kept;
}

void
peer_set_guard(struct peer *p, uint8_t guard, uint32_t now, uint32_t seconds)
{
	p->guard = guard;
	p->guard_until = now + seconds;
}

/* One that ends too far ahead was made by a clock that was wrong. */
uint8_t
peer_guard(const struct peer *p, uint32_t now)
{
	bool over = now >= p->guard_until ||
		    p->guard_until - now > PEER_LONGEST + PEER_SLACK;

	return over ? GUARD_NONE : p->guard;
}

bool
peer_empty(const struct peer *p, uint32_t now)
{
	return p->first == 0 && p->required[0] == 0 &&
	       (p->flags & PEER_AUTH) == 0 && peer_guard(p, now) == GUARD_NONE;
}

/* A promise that was made to a program is worth more than a failure, and a
   failure more than a success. */
uint8_t
peer_rank(const struct peer *p)
{
	if (p->required[0] != 0 || (p->flags & PEER_AUTH) != 0)
		return 4;
	return p->flags & PEER_CONFIRMED ? 3 : 1;
}

void
peer_class_name(const struct peer *p, char name[CLASS_NAME_MAX])
{
	const char *kind = class_kind_name((enum class_kind)p->class);
	size_t length = strlen(kind);
	size_t detail = strnlen(p->detail, sizeof(p->detail));

	memcpy(name, kind, length);
	memcpy(name + length, p->detail, detail);
	name[length + detail] = '\0';
}
