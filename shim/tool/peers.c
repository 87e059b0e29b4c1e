/*
 * peers - lists what is remembered
 *
 * One line for each record, the one that changed last first: as a table, or
 * each as a JSON object with the same facts.  What is unknown is "-" in the
 * table and absent in JSON.
 *
 * Single-threaded.
 */
#include "../decide.h"
#include "entry.h"
#include "store.h"
#include "text.h"
#include "tool.h"

#include <stdio.h>
#include <string.h>

/* The column of the first field, and of the class, is as wide as it must be. */
struct widths {
	int peer, class;
};

static const char *
class_of(const struct entry *e, char name[CLASS_NAME_MAX])
{
	if (e->key.kind == PEER_GOOD || e->trouble.first == 0)
		return "-";
	peer_class_name(&e->trouble, name);
	return name;
}

static struct widths
measure(const struct entries *all)
{
	struct widths w = {(int)strlen("PEER"), (int)strlen("CLASS")};
	char text[ADDRESS_TEXT], name[CLASS_NAME_MAX];

	for (size_t i = 0; i < all->count; i++) {
		int n;

		entry_peer(&all->entry[i], text);
		n = (int)strlen(text);
		w.peer = n > w.peer ? n : w.peer;
		n = (int)strlen(class_of(&all->entry[i], name));
		w.class = n > w.class ? n : w.class;
	}
	return w;
}

static const char *
time_or_hyphen(uint32_t time, char text[TEXT_TIME])
{
	return time == 0 ? "-" : text_time(time, text);
}

/* When TLS is tried again. */
static const char *
next_try(const struct entry *e, uint32_t now, char text[TEXT_SPAN + 3])
{
	char span[TEXT_SPAN];

	if (e->key.kind == PEER_GOOD)
		return "-";
	switch (peer_state(&e->trouble, now)) {
	case PEER_BROKEN:
		snprintf(text, TEXT_SPAN + 3, "in %s",
		    text_span(e->trouble.until - now, span));
		return text;
	case PEER_EXPIRED:
		return "now";
	case PEER_SUSPECTED:
	case PEER_UNKNOWN:
		break;
	}
	return "-";
}

/* What else is known, as " KEY=VALUE"s. */
static void
print_notes(const struct peer *p, uint32_t now)
{
	char text[ENTRY_MARK], span[TEXT_SPAN];
	uint8_t guard = peer_guard(p, now);
	const char *lead = "  requires-tls=";

	if (p->first != 0 && (p->flags & PEER_OWN))
		fputs("  this-program-only", stdout);
	if (guard != GUARD_NONE)
		printf("  guard=%s for %s",
		    decide_guard_name((enum guard)guard),
		    text_span(p->guard_until - now, span));
	if (p->flags & PEER_AUTH)
		fputs("  auth", stdout);
	for (size_t i = 0; i < PEER_REQUIRE; i++) {
		if (p->required[i] == 0)
			continue;
		printf("%s%s", lead, entry_mark(p->required[i], text));
		lead = ",";
	}
}

static void
print_row(const struct entry *e, const struct widths *w, uint32_t now)
{
	const struct peer *p = e->key.kind == PEER_TROUBLE ? &e->trouble : NULL;
	char peer[ADDRESS_TEXT], class[CLASS_NAME_MAX];
	char program[PEER_PROGRAM + 1] = "";
	char first[TEXT_TIME], last[TEXT_TIME], next[TEXT_SPAN + 3];
	const char *stage = "-";

	entry_peer(e, peer);
	if (p != NULL && p->first != 0) {
		stage = class_stage_name((enum class_stage)p->stage);
		entry_program(p, program);
	}
	printf("%-*s  %-9s  %-8s  %-*s  %-9s  %-16s  %5u  %-20s  %s", w->peer,
	    peer, entry_state(e, now), next_try(e, now, next), w->class,
	    class_of(e, class), stage, program[0] != '\0' ? program : "-",
	    p != NULL ? p->count : e->good.count,
	    time_or_hyphen(p != NULL ? p->first : e->good.first, first),
	    time_or_hyphen(entry_last(e), last));
	if (p != NULL)
		print_notes(p, now);
	putchar('\n');
}

static void
print_table(const struct entries *all, uint32_t now)
{
	struct widths w = measure(all);

	printf(
	    "%-*s  %-9s  %-8s  %-*s  %-9s  %-16s  %5s  %-20s  %-20s  NOTES\n",
	    w.peer, "PEER", "STATE", "NEXT TRY", w.class, "CLASS", "STAGE",
	    "PROGRAM", "COUNT", "FIRST", "LAST");
	for (size_t i = 0; i < all->count; i++)
		print_row(&all->entry[i], &w, now);
}

static void
json_string(const char *key, const char *value)
{
	printf(",\"%s\":", key);
	text_json(stdout, value);
}

static void
json_time(const char *key, uint32_t time)
{
	char text[TEXT_TIME];

	if (time != 0)
		json_string(key, text_time(time, text));
}

/* The failures; only if there were some. */
static void
json_failures(const struct peer *p)
{
	char class[CLASS_NAME_MAX], program[PEER_PROGRAM + 1];

	if (p->first == 0)
		return;
	peer_class_name(p, class);
	json_string("class", class);
	json_string("stage", class_stage_name((enum class_stage)p->stage));
	if (entry_program(p, program)[0] != '\0')
		json_string("program", program);
	if (p->flags & PEER_OWN)
		json_string("scope", "program");
	else if (p->flags & PEER_CONFIRMED)
		json_string("scope", "all");
	printf(",\"count\":%u", p->count);
	json_time("first", p->first);
	json_time("last", p->last);
	json_time("until", p->until);
}

static void
json_trouble(const struct peer *p, uint32_t now)
{
	char text[ENTRY_MARK];
	uint8_t guard = peer_guard(p, now);
	const char *lead = ",\"requires_tls\":[";

	json_failures(p);
	if (guard != GUARD_NONE) {
		json_string("guard", decide_guard_name((enum guard)guard));
		json_time("guard_until", p->guard_until);
	}
	if (p->flags & PEER_AUTH)
		fputs(",\"auth\":true", stdout);
	for (size_t i = 0; i < PEER_REQUIRE; i++) {
		if (p->required[i] == 0)
			continue;
		fputs(lead, stdout);
		text_json(stdout, entry_mark(p->required[i], text));
		lead = ",";
	}
	if (lead[1] == '\0')
		putchar(']');
}

static void
print_json(const struct entry *e, uint32_t now)
{
	char peer[ADDRESS_TEXT];

	entry_peer(e, peer);
	fputs("{\"peer\":", stdout);
	text_json(stdout, peer);
	printf(",\"network\":%llu", (unsigned long long)e->key.network);
	json_string("state", entry_state(e, now));
	if (e->key.kind == PEER_GOOD) {
		printf(",\"count\":%u", e->good.count);
		json_time("first", e->good.first);
		json_time("last", e->good.last);
	} else {
		json_trouble(&e->trouble, now);
	}
	fputs("}\n", stdout);
}

enum tool_status
tool_peers(int argc, char **argv)
{
	bool json = false;
	const struct tool_option options[] = {{"--json", &json}};
	enum tool_status status = TOOL_NO;
	struct entries all = {.count = 0};
	struct store store;

	if (tool_options(argc, argv, options, 1) != argc)
		return TOOL_USAGE;
	if (store_open(&store, STORE_READ) &&
	    entries_read(&all, &store.memory)) {
		uint32_t now = memory_time();

		entries_by_time(&all);
		if (!json)
			print_table(&all, now);
		for (size_t i = 0; json && i < all.count; i++)
			print_json(&all.entry[i], now);
		entries_warn(&all);
		store_warn_off(&store.memory);
		status = TOOL_DONE;
	}
	entries_free(&all);
	store_close(&store);
	return status;
}
