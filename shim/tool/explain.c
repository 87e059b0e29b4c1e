/*
 * explain - what would happen to a peer now, and why
 *
 * The rule, the memory, each guard as far as it can be known outside a
 * session, and what follows.  The guards are those of decide.h, and decide.c
 * has the last word here as well.
 *
 * Single-threaded.
 */
#include "../decide.h"
#include "entry.h"
#include "store.h"
#include "text.h"
#include "tool.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct view {
	struct match_peer peer;
	const struct load_result *policy;
	const struct rule *rule; /* NULL: none matches */
	struct memory memory;
	char why[STORE_WHY];	/* there is no memory; empty: there is */
	struct entries entries; /* about the peer */
	struct peer known;	/* trouble that counts here; all 0: none */
	bool doubt;
	uint32_t now;
	struct decide_facts facts;
};

static const char in_session[] = "shows in a session only";

/* LABEL, or room for it, and the rest of the line. */
__attribute__((format(printf, 2, 3))) static void
line(const char *label, const char *format, ...)
{
	va_list list;

	printf("%-8s", label);
	va_start(list, format);
	vprintf(format, list);
	va_end(list);
	putchar('\n');
}

static void
print_rule(const struct view *v)
{
	const struct rule *rule = v->rule;
	char shortest[TEXT_SPAN], longest[TEXT_SPAN];

	if (rule == NULL)
		line("rule", "none matches: off");
	else if (rule->action == ACTION_FALLBACK ||
		 rule->action == ACTION_OBSERVE)
		line("rule", "%s:%u: %s method=%s ttl=%s..%s", rule->file,
		    rule->line, rules_action_name(rule->action),
		    rules_method_name(rule->method),
		    text_span(rule->ttl_shortest, shortest),
		    text_span(rule->ttl_longest, longest));
	else
		line("rule", "%s:%u: %s", rule->file, rule->line,
		    rules_action_name(rule->action));
}

static void
print_good(const struct entry *e, const char *peer, uint32_t now)
{
	char first[TEXT_TIME], last[TEXT_TIME];

	line("", "%s: %s: TLS worked %u time%s, first %s, last %s", peer,
	    entry_state(e, now), e->good.count, e->good.count == 1 ? "" : "s",
	    text_time(e->good.first, first), text_time(e->good.last, last));
}

static void
print_trouble(const struct entry *e, const char *peer, uint32_t now)
{
	const struct peer *p = &e->trouble;
	char class[CLASS_NAME_MAX], program[PEER_PROGRAM + 1];
	char first[TEXT_TIME], last[TEXT_TIME];

	if (p->first == 0) {
		line("", "%s: no trouble", peer);
		return;
	}
	peer_class_name(p, class);
	entry_program(p, program);
	line("", "%s: %s: %s at stage %s%s%s, %u time%s, first %s, last %s",
	    peer, entry_state(e, now), class,
	    class_stage_name((enum class_stage)p->stage),
	    program[0] != '\0' ? " in " : "", program, p->count,
	    p->count == 1 ? "" : "s", text_time(p->first, first),
	    text_time(p->last, last));
}

static void
print_marks(const struct peer *p)
{
	char text[ENTRY_MARK];

	for (size_t i = 0; i < PEER_REQUIRE; i++) {
		if (p->required[i] != 0)
			line("",
			    "%s requires TLS here: nothing is withheld "
			    "from it",
			    entry_mark(p->required[i], text));
	}
}

static void
print_memory(const struct view *v)
{
	uint64_t own = store_network();

	if (v->why[0] != '\0')
		line("memory", "none: %s", v->why);
	else if (v->doubt)
		line("memory", "its record is damaged");
	else if (v->entries.count == 0)
		line("memory", "nothing is known");
	else
		line("memory", "%s", v->policy->state);
	for (size_t i = 0; i < v->entries.count; i++) {
		const struct entry *e = &v->entries.entry[i];
		char peer[ADDRESS_TEXT + 64];
		size_t length;

		entry_peer(e, peer);
		length = strlen(peer);
		if (e->key.network != own)
			snprintf(peer + length, sizeof(peer) - length,
			    " (network namespace %llu)",
			    (unsigned long long)e->key.network);
		if (e->key.kind == PEER_GOOD) {
			print_good(e, peer, v->now);
		} else {
			print_trouble(e, peer, v->now);
			print_marks(&e->trouble);
		}
	}
}

/* What GUARD says, in words; those that need a number are in ROOM. */
static const char *
guard_words(const struct view *v, enum guard guard, char room[80])
{
	const struct decide_facts *f = &v->facts;
	char span[TEXT_SPAN];

	switch (guard) {
	case GUARD_RULE:
		if (v->rule == NULL)
			return "yes: no rule matches";
		if (f->action != ACTION_NEVER && f->action != ACTION_OFF)
			return "no";
		snprintf(room, 80, "yes: the rule says %s",
		    rules_action_name(f->action));
		return room;
	case GUARD_PORT:
		if (f->relay_port)
			return f->loopback && !f->loopback_named
				   ? "yes: on this host, and no rule names it"
				   : "no";
		snprintf(room, 80, "yes: port %u is not watched", v->peer.port);
		return room;
	case GUARD_AUTH:
		return f->auth ? "yes: a program authenticated there"
			       : in_session;
	case GUARD_CLEAR_REFUSED:
		if (!f->clear_refused)
			return "no";
		snprintf(room, 80, "yes: for %s",
		    text_span(v->known.guard_until - v->now, span));
		return room;
	case GUARD_MEMORY:
		return f->doubt ? "yes: what is known cannot be read" : "no";
	default:
		return in_session;
	}
}

static void
print_guards(const struct view *v)
{
	char room[80];

	for (int guard = GUARD_NONE + 1; guard <= GUARD_RECONNECT; guard++)
		line(guard == GUARD_RULE ? "guards" : "", "%-13s  %s",
		    decide_guard_name((enum guard)guard),
		    guard_words(v, (enum guard)guard, room));
}

/* From whom STARTTLS is withheld, and how long. */
static void
print_withheld(const struct view *v)
{
	char program[PEER_PROGRAM + 1], span[TEXT_SPAN];

	entry_program(&v->known, program);
	if (v->facts.action == ACTION_CLEAR)
		line("now", "STARTTLS is withheld, always");
	else
		line("now",
		    "STARTTLS is withheld from %s; in %s it is tried "
		    "again",
		    v->known.flags & PEER_OWN ? program : "every program",
		    text_span(v->known.until - v->now, span));
}

static void
print_now(const struct view *v)
{
	const struct decide_facts *f = &v->facts;
	bool held = f->auth || f->clear_refused || f->doubt ||
		    (f->loopback && !f->loopback_named);

	if (memory_is_off(&v->memory))
		line("now", "left alone: starttls-fallback is off");
	else if (!f->relay_port || f->action == ACTION_OFF)
		line("now", "left alone");
	else if (decide_withhold(f))
		print_withheld(v);
	else if (f->action == ACTION_NEVER)
		line("now", "STARTTLS is tried; a failure stays one");
	else if (f->action == ACTION_OBSERVE)
		line("now", "STARTTLS is tried; a failure is reported, and "
			    "stays one");
	else if (held)
		line("now", "STARTTLS is tried; a guard keeps a failure from "
			    "going on in the clear");
	else
		line("now", "STARTTLS is tried; a failure may go on in the "
			    "clear");
}

/* The one of this network namespace counts, else the one that changed last. */
static void
choose(struct view *v)
{
	uint64_t own = store_network();
	const struct entry *chosen = NULL;

	for (size_t i = 0; i < v->entries.count; i++) {
		const struct entry *e = &v->entries.entry[i];

		if (e->key.kind == PEER_TROUBLE &&
		    (chosen == NULL || e->key.network == own))
			chosen = e;
	}
	if (chosen != NULL)
		v->known = chosen->trouble;
}

/* What the memory has about the peer. */
static bool
recall(struct view *v)
{
	struct table_key key =
	    memory_key(&v->peer, store_network(), PEER_TROUBLE);
	struct peer unused;
	size_t kept = 0;

	if (!store_map(&v->memory, v->policy, STORE_READ, v->why))
		return true;
	if (!entries_read(&v->entries, &v->memory))
		return false;
	for (size_t i = 0; i < v->entries.count; i++) {
		if (entry_is_about(&v->entries.entry[i], &v->peer))
			v->entries.entry[kept++] = v->entries.entry[i];
	}
	v->entries.count = kept;
	entries_by_time(&v->entries);
	v->doubt = memory_find(&v->memory, &key, &unused) == MEMORY_DOUBT;
	choose(v);
	return true;
}

static void
set_facts(struct view *v)
{
	struct decide_facts *f = &v->facts;
	char program[PEER_PROGRAM + 1];
	bool own = v->known.flags & PEER_OWN;

	if (v->rule != NULL) {
		f->action = v->rule->action;
		f->method = v->rule->method;
		f->loopback_named = match_loopback_named(v->rule, &v->peer);
	}
	f->relay_port = match_port(&v->policy->rules, v->peer.port);
	f->loopback = match_loopback(&v->peer);
	f->auth = v->known.flags & PEER_AUTH;
	f->clear_refused = peer_guard(&v->known, v->now) == GUARD_CLEAR_REFUSED;
	f->doubt = v->doubt;
	entry_program(&v->known, program);
	f->known = peer_withholds(&v->known, own ? program : NULL, v->now);
}

static enum tool_status
explain(struct view *v)
{
	char peer[ADDRESS_TEXT];

	v->now = memory_time();
	v->rule = match_rule(&v->policy->rules, &v->peer);
	if (!recall(v))
		return TOOL_NO;
	set_facts(v);
	address_text(&v->peer, false, peer);
	line("peer", "%s", peer);
	print_rule(v);
	print_memory(v);
	print_guards(v);
	print_now(v);
	return v->rule != NULL || v->entries.count > 0 ? TOOL_DONE : TOOL_NO;
}

enum tool_status
tool_explain(int argc, char **argv)
{
	int at = tool_options(argc, argv, NULL, 0);
	enum tool_status status = TOOL_NO;
	struct view view = {.why = ""};
	struct load_result policy;

	if (at < 0 || argc - at != 1 || !address_argument(argv[at], &view.peer))
		return TOOL_USAGE;
	view.policy = &policy;
	if (tool_policy(&policy))
		status = explain(&view);
	entries_free(&view.entries);
	memory_close(&view.memory);
	load_free(&policy);
	return status;
}
