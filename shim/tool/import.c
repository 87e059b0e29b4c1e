/*
 * import - adds what `export` wrote to what is remembered
 *
 * All lines are read and judged before the first change; each problem is said
 * as `FILE:LINE: error: text`, and with one nothing is changed.  Where a peer
 * is known already, what is newer wins.
 *
 * Single-threaded.
 */
#define _GNU_SOURCE
#include "entry.h"
#include "line.h"
#include "store.h"
#include "tool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM_FIRST 1024

/* The lines of a file, as far as they were read. */
struct source {
	const char *name;
	struct entries all;
	size_t room;
	unsigned line;
	unsigned errors;
};

static void
complain(struct source *s, const char *why)
{
	tool_problem(NULL, s->name, s->line, RULES_ERROR, why);
	s->errors++;
}

static void
add(struct source *s, const struct entry *e)
{
	if (s->all.count == s->room) {
		struct entry *more;

		s->room = s->room > 0 ? 2 * s->room : ROOM_FIRST;
		more = realloc(s->all.entry, s->room * sizeof(*e));
		if (more == NULL) {
			complain(s, "no memory is left");
			s->room = s->all.count;
			return;
		}
		s->all.entry = more;
	}
	s->all.entry[s->all.count++] = *e;
}

static void
read_line(struct source *s, char *text, size_t length)
{
	char why[LINE_WHY];
	struct entry e;

	text[strcspn(text, "\r\n")] = '\0';
	if (s->line == 1) {
		if (strcmp(text, LINE_HEADER) != 0)
			complain(s, "the first line is not \"" LINE_HEADER
				    "\": no such text, or of another version");
		return;
	}
	if (text[0] == '\0' || text[0] == '#')
		return;
	if (strlen(text) + 2 < length)
		complain(s, "the line has a NUL or a carriage return in it");
	else if (line_read(text, &e, why))
		add(s, &e);
	else
		complain(s, why);
}

/* A text without its header is not looked at any further. */
static void
read_source(struct source *s, FILE *from)
{
	char *text = NULL;
	size_t room = 0;
	ssize_t length;

	while ((length = getline(&text, &room, from)) >= 0) {
		s->line++;
		read_line(s, text, (size_t)length);
		if (s->line == 1 && s->errors > 0)
			break;
	}
	free(text);
	if (s->line == 0)
		complain(s, "there is nothing in it");
	else if (ferror(from))
		complain(s, "cannot be read to its end");
}

/* Marks of both; the newer ones first, since the last gives way. */
static void
merge_marks(struct peer *p, const struct peer *other)
{
	for (size_t i = 0; i < PEER_REQUIRE; i++) {
		size_t at = 0;

		while (at < PEER_REQUIRE && p->required[at] != 0 &&
		       p->required[at] != other->required[i])
			at++;
		if (at < PEER_REQUIRE)
			p->required[at] = other->required[i];
	}
}

/* What is known in ONE is added to what comes with ALL the failures. */
static void
merge_trouble(struct peer *known, const struct peer *brought)
{
	struct peer newer = *known, older = *brought;

	if (brought->last > known->last) {
		newer = *brought;
		older = *known;
	}
	merge_marks(&newer, &older);
	newer.flags |= older.flags & PEER_AUTH;
	if (older.guard_until > newer.guard_until) {
		newer.guard = older.guard;
		newer.guard_until = older.guard_until;
	}
	*known = newer;
}

static void
merge_good(struct peer_good *known, const struct peer_good *brought)
{
	if (known->first == 0 || brought->first < known->first)
		known->first = brought->first;
	if (brought->last > known->last)
		known->last = brought->last;
	if (brought->count > known->count)
		known->count = brought->count;
}

static enum table_wish
merge(void *context, bool found, uint8_t value[TABLE_VALUE], uint8_t *rank)
{
	const struct entry *brought = context;
	struct entry e = *brought;

	if (found)
		memcpy(e.value, value, TABLE_VALUE);
	if (e.key.kind == PEER_GOOD) {
		merge_good(&e.good, &brought->good);
		*rank = peer_good_rank(&e.good);
	} else {
		if (!peer_valid(&e.trouble))
			e = *brought;
		merge_trouble(&e.trouble, &brought->trouble);
		*rank = peer_rank(&e.trouble);
	}
	memcpy(value, e.value, TABLE_VALUE);
	return TABLE_STORE;
}

static enum tool_status
store_all(struct entries *all, bool here)
{
	struct store store;
	size_t done = 0;
	bool open = store_open(&store, STORE_MAKE);

	for (size_t i = 0; open && i < all->count; i++) {
		struct entry *e = &all->entry[i];

		if (here)
			e->key.network = store_network();
		done += memory_change(&store.memory, &e->key, merge, e);
	}
	store_close(&store);
	if (!open)
		return TOOL_NO;
	printf("%zu record%s imported\n", done, done == 1 ? "" : "s");
	if (done < all->count)
		return tool_refuse("%zu could not be stored: there is no room "
				   "for them (more `slots`), or another "
				   "process was in the way",
		    all->count - done);
	return TOOL_DONE;
}

enum tool_status
tool_import(int argc, char **argv)
{
	bool here = false;
	const struct tool_option options[] = {{"--here", &here}};
	int at = tool_options(argc, argv, options, 1);
	struct source source = {.name = "standard input"};
	enum tool_status status = TOOL_NO;
	FILE *from = stdin;

	if (at < 0 || argc - at > 1)
		return TOOL_USAGE;
	if (at < argc && strcmp(argv[at], "-") != 0) {
		source.name = argv[at];
		from = fopen(argv[at], "re");
		if (from == NULL)
			return tool_refuse("%s: %s", argv[at], strerror(errno));
	}
	read_source(&source, from);
	if (source.errors == 0)
		status = store_all(&source.all, here);
	else
		tool_refuse("%s: nothing was imported", source.name);
	if (from != stdin)
		fclose(from);
	entries_free(&source.all);
	return status;
}
