/*
 * export - writes what is remembered as text
 *
 * One line for each record, in the order of the peers, so that two exports of
 * the same knowledge are the same text.  A FILE is replaced when all of it is
 * written, or not at all.
 *
 * Single-threaded.
 */
#define _GNU_SOURCE
#include "entry.h"
#include "line.h"
#include "store.h"
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
write_all(FILE *to, const struct entries *all)
{
	fputs(LINE_HEADER "\n", to);
	for (size_t i = 0; i < all->count; i++)
		line_write(to, &all->entry[i]);
}

/* To the file TEMPORARY, open as FD, and from there to PATH. */
static bool
replace(
    int fd, const char *temporary, const char *path, const struct entries *all)
{
	FILE *to = fdopen(fd, "w");

	if (to == NULL) {
		close(fd);
		return false;
	}
	write_all(to, all);
	if (fflush(to) != 0 || fsync(fd) != 0) {
		fclose(to);
		return false;
	}
	return fclose(to) == 0 && rename(temporary, path) == 0;
}

static enum tool_status
write_file(const char *path, const struct entries *all)
{
	char *temporary;
	enum tool_status status = TOOL_DONE;
	int fd;

	if (asprintf(&temporary, "%s.XXXXXX", path) < 0)
		return tool_refuse("no memory is left");
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0 || !replace(fd, temporary, path, all)) {
		int error = errno;

		if (fd >= 0)
			unlink(temporary);
		status = tool_refuse("%s: %s", path, strerror(error));
	}
	free(temporary);
	return status;
}

enum tool_status
tool_export(int argc, char **argv)
{
	int at = tool_options(argc, argv, NULL, 0);
	enum tool_status status = TOOL_NO;
	struct entries all = {.count = 0};
	struct store store;

	if (at < 0 || argc - at > 1)
		return TOOL_USAGE;
	if (store_open(&store, STORE_READ) &&
	    entries_read(&all, &store.memory)) {
		entries_by_peer(&all);
		status = TOOL_DONE;
		if (at == argc || strcmp(argv[at], "-") == 0)
			write_all(stdout, &all);
		else
			status = write_file(argv[at], &all);
		entries_warn(&all);
	}
	entries_free(&all);
	store_close(&store);
	return status;
}
