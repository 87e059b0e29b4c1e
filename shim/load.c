/*
 * load - a policy file and what it includes, read into memory
 *
 * All effects of reading a policy are here; rules.c parses.  What this file
 * opens it closes before it returns, also between two files; it calls the
 * interposed functions through `real` only.  Failure is a reported error and
 * LOAD_INVALID, and the process goes on as if the shim were not there.
 *
 * Async-signal-safe, thread-safe per object, fork-safe.
 */
#define _GNU_SOURCE
#include "load.h"
#include "glob.h"
#include "real.h"
#include "rules-line.h"
#include "trust.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* No rule is shorter than "peer * off", so the text bounds their number. */
#define RULES_MAX (LOAD_TEXT_MAX / 10)

/* The mapping.  Pages that are not touched cost nothing; what lies behind the
   last rule is given back at the end. */
struct room {
	char text[LOAD_TEXT_MAX + 1]; /* one more, to see a file too large */
	char path[LOAD_FILES_MAX][LOAD_PATH_MAX];
	const char *file[LOAD_FILES_MAX]; /* the paths, in order */
	size_t files;			  /* paths in use */
	size_t length;			  /* of text in use */
	char entries[4096];		  /* of a directory, while it is read */
	struct rule rule[RULES_MAX];
};

struct load {
	const struct load_want *want;
	struct rules *rules;
	struct room *room;
};

/* Where a problem is reported. */
struct place {
	const char *file;
	unsigned line;
};

/* The error that PATH (NULL: the file at PLACE itself) is not read because of
   WHY. */
static void
say(const struct load *load, struct place place, const char *path,
    const char *why)
{
	struct rules_text text;

	rules_text_start(&text);
	if (place.line > 0 && path != NULL) {
		rules_text_add(&text, path);
		rules_text_add(&text, ": ");
	}
	rules_text_add(&text, why);
	rules_problem(
	    load->rules, place.file, place.line, RULES_ERROR, text.bytes);
}

/* The rest of FD behind the texts so far; false, with *WHY: impossible. */
static bool
read_text(struct room *room, int fd, size_t *length, const char **why)
{
	*length = 0;
	for (;;) {
		size_t used = room->length + *length;
		ssize_t n;

		if (used > LOAD_TEXT_MAX) {
			*why = "the policy with all that it includes is "
			       "larger than 1 MiB";
			return false;
		}
		n = real.read(fd, room->text + used, sizeof(room->text) - used);
		if (n == 0)
			return true;
		if (n > 0) {
			*length += (size_t)n;
		} else if (errno != EINTR) {
			*why = trust_error_text(errno);
			return false;
		}
	}
}

/* Reads and parses the file PATH; PLACE is where it was asked for.  False:
   it is the main file, and is not there. */
static bool
read_file(
    struct load *load, const char *path, unsigned depth, struct place place)
{
	struct room *room = load->room;
	const char *why, *text = room->text + room->length;
	size_t length;
	int fd = trust_open(path, S_IFREG, load->want->secure, &why);
	bool good;

	if (fd < 0) {
		if (depth == 0 && errno == ENOENT)
			return false;
		say(load, place, path, why);
		return true;
	}
	good = read_text(room, fd, &length, &why);
	real.close(fd);
	if (!good) {
		say(load, place, path, why);
		return true;
	}
	room->length += length;
	rules_read(load->rules, path, text, length, depth);
	return true;
}

/* Keeps the path of NAME in DIRECTORY, which ends in a slash (or of the whole
   of it, if NAME is empty); NULL (reported): there is no room. */
static const char *
keep_path(const struct load *load, struct rules_word directory,
    const char *name, struct place place)
{
	struct room *room = load->room;
	size_t length = strlen(name);
	char *path;

	if (room->files == LOAD_FILES_MAX) {
		say(load, place, NULL, "more than 1024 files are included");
		return NULL;
	}
	if (directory.length + length >= LOAD_PATH_MAX) {
		say(load, place, NULL, "the path is too long");
		return NULL;
	}
	path = room->path[room->files];
	memcpy(path, directory.bytes, directory.length);
	memcpy(path + directory.length, name, length + 1);
	room->file[room->files++] = path;
	return path;
}

/* Keeps the paths of the entries of the open directory FD that match; returns
   why it is not read to its end, or NULL. */
static const char *
read_directory(struct load *load, int fd, struct rules_word directory,
    struct rules_word pattern, struct place place)
{
	char *entries = load->room->entries;
	unsigned short size;
	long n;

	while ((n = syscall(SYS_getdents64, fd, entries,
		    sizeof(load->room->entries))) > 0) {
		for (char *entry = entries; entry < entries + n;
		     entry += size) {
			const char *name =
			    entry + offsetof(struct dirent64, d_name);

			memcpy(&size,
			    entry + offsetof(struct dirent64, d_reclen),
			    sizeof(size));
			if (!glob_match(pattern.bytes, pattern.length, name) ||
			    strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
				continue;
			if (keep_path(load, directory, name, place) == NULL)
				return NULL;
		}
	}
	return n < 0 ? trust_error_text(errno) : NULL;
}

/* Sorts the files from FIRST on (insertion: they are few, and often in order
   already).  The order is that of bytes, whatever the locale. */
static void
sort_files(struct room *room, size_t first)
{
	for (size_t i = first + 1; i < room->files; i++) {
		const char *file = room->file[i];
		size_t j = i;

		while (j > first && strcmp(room->file[j - 1], file) > 0) {
			room->file[j] = room->file[j - 1];
			j--;
		}
		room->file[j] = file;
	}
}

/* DIRECTORY/PATTERN.  A directory that is not there has no match. */
static void
include_wild(struct load *load, struct rules_word directory,
    struct rules_word pattern, unsigned depth, struct place place)
{
	struct room *room = load->room;
	const char *path = keep_path(load, directory, "", place);
	const char *why;
	size_t first = room->files, last;
	int fd;

	if (path == NULL)
		return;
	fd = trust_open(path, S_IFDIR, load->want->secure, &why);
	if (fd < 0) {
		if (errno != ENOENT)
			say(load, place, path, why);
		return;
	}
	why = read_directory(load, fd, directory, pattern, place);
	real.close(fd);
	if (why != NULL)
		say(load, place, path, why);
	sort_files(room, first);
	last = room->files;
	for (size_t i = first; i < last; i++)
		read_file(load, room->file[i], depth, place);
}

static void
include(void *context, struct rules *rules, struct rules_word pattern,
    unsigned depth, const char *file, unsigned line)
{
	struct load *load = context;
	struct place place = {file, line};
	struct rules_word directory = pattern, name;
	const char *path;

	(void)rules;
	while (directory.bytes[directory.length - 1] != '/')
		directory.length--;
	name.bytes = pattern.bytes + directory.length;
	name.length = pattern.length - directory.length;
	if (glob_is_wild(name.bytes, name.length)) {
		include_wild(load, directory, name, depth, place);
		return;
	}
	path = keep_path(load, pattern, "", place);
	if (path != NULL)
		read_file(load, path, depth, place);
}

static void
problem(void *context, const char *file, unsigned line, enum rules_level level,
    const char *text)
{
	const struct load *load = context;

	if (load->want->problem != NULL) {
		load->want->problem(
		    load->want->context, file, line, level, text);
	}
}

/* Gives back what lies behind the last rule, and makes the rest read-only. */
static void
seal(struct load_result *result, const struct room *room, size_t rules)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t used =
	    offsetof(struct room, rule) + rules * sizeof(room->rule[0]);
	size_t keep = (used + page - 1) / page * page;

	if (keep < result->room_size) {
		munmap((char *)result->room + keep, result->room_size - keep);
		result->room_size = keep;
	}
	mprotect(result->room, result->room_size, PROT_READ);
}

static void
copy_word(char *to, struct rules_word word)
{
	if (word.length > 0)
		memcpy(to, word.bytes, word.length);
	to[word.length] = '\0';
}

static enum load_outcome
read_main(struct load *load)
{
	struct place place = {load->want->path, 0};
	struct rules_word all = {place.file, strlen(place.file)};
	const char *path = keep_path(load, all, "", place);

	if (path != NULL) {
		place.file = path;
		if (!read_file(load, path, 0, place))
			return LOAD_ABSENT;
	}
	if (load->want->warn)
		rules_finish(load->rules);
	return load->rules->errors == 0 ? LOAD_VALID : LOAD_INVALID;
}

enum load_outcome
load_policy(struct load_result *result, const struct load_want *want)
{
	int saved = errno;
	struct load load = {.want = want, .rules = &result->rules};
	const struct rules_caller caller = {&load, problem, include};
	enum load_outcome outcome = LOAD_INVALID;

	memset(result, 0, sizeof *result);
	rules_start(&result->rules, NULL, 0, &caller);
	result->room = mmap(NULL, sizeof(struct room), PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (result->room == MAP_FAILED) {
		result->room = NULL;
		rules_problem(&result->rules, want->path, 0, RULES_ERROR,
		    "no memory is left to read it");
	} else {
		result->room_size = sizeof(struct room);
		load.room = result->room;
		rules_start(
		    &result->rules, load.room->rule, RULES_MAX, &caller);
		outcome = read_main(&load);
	}
	result->rules.caller = NULL;
	if (outcome == LOAD_VALID) {
		copy_word(result->state, result->rules.state);
		copy_word(result->events, result->rules.events);
		seal(result, load.room, result->rules.count);
	} else {
		load_free(result);
	}
	errno = saved;
	return outcome;
}

void
load_free(struct load_result *result)
{
	unsigned errors = result->rules.errors;
	unsigned warnings = result->rules.warnings;
	int saved = errno;

	if (result->room != NULL)
		munmap(result->room, result->room_size);
	memset(result, 0, sizeof *result);
	result->rules.errors = errors;
	result->rules.warnings = warnings;
	errno = saved;
}
