/*
 * state - makes the file in which processes remember peers
 *
 * The shim never makes it, and the tool never replaces it: processes that have
 * it mapped would go on with the old one.  The file comes into being whole:
 * it is made under another name in the same directory, with all its space
 * (a page that a full disk cannot give would kill the process that touches
 * it), and gets its name by link(2), which replaces nothing.
 *
 * Single-threaded.
 */
#define _GNU_SOURCE
#include "store.h"

#include "../trust.h"
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_MOST (RULES_WORD_MAX + 1)

/* The directory of PATH, which is absolute. */
static void
directory_of(const char *path, char directory[PATH_MOST])
{
	size_t length = (size_t)(strrchr(path, '/') - path);

	snprintf(
	    directory, PATH_MOST, "%.*s", length > 0 ? (int)length : 1, path);
}

/* Makes DIRECTORY, and those above it, for everybody to enter; false: errno
   says why not. */
static bool
make_directories(const char *directory)
{
	char path[PATH_MOST];
	mode_t mask = umask(022);
	bool good = true;
	char *at = path;

	snprintf(path, sizeof(path), "%s", directory);
	while (good && at != NULL) {
		at = strchr(at + 1, '/');
		if (at != NULL)
			*at = '\0';
		good = mkdir(path, 0755) == 0 || errno == EEXIST;
		if (at != NULL)
			*at = '/';
	}
	umask(mask);
	return good;
}

/* Who can write to the directory can put another file in the place of this
   one. */
static bool
prepare_directory(const char *directory)
{
	const char *why;
	int fd;

	if (!make_directories(directory)) {
		tool_refuse(
		    "%s: cannot be made: %s", directory, strerror(errno));
		return false;
	}
	fd = trust_open(directory, S_IFDIR, false, &why);
	if (fd < 0) {
		tool_refuse("%s: %s", directory, why);
		return false;
	}
	close(fd);
	return true;
}

/* An empty table into the open file; NULL, or the step that failed, with
   errno. */
static const char *
format(int fd, uint32_t slots)
{
	uint8_t secret[SIPHASH_KEY];
	size_t size = table_size(slots);
	void *base;

	errno = posix_fallocate(fd, 0, (off_t)size);
	if (errno != 0)
		return "its space";
	if (getrandom(secret, sizeof(secret), 0) != sizeof(secret))
		return "random bytes";
	base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (base == MAP_FAILED)
		return "a mapping";
	table_format(base, slots, secret);
	munmap(base, size);
	return NULL;
}

/* A user's own file is the user's alone, unless a group was asked for. */
static const char *
finish(int fd, gid_t group)
{
	bool alone = geteuid() != 0 && group == (gid_t)-1;

	if (group != (gid_t)-1 && fchown(fd, (uid_t)-1, group) != 0)
		return "its group";
	if (fchmod(fd, alone ? 0600 : 0660) != 0)
		return "its mode";
	if (fsync(fd) != 0)
		return "the disk";
	return NULL;
}

/* The name lasts only when the directory is on the disk as well; if it is
   not, knowledge is lost and nothing else. */
static void
sync_directory(const char *directory)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0) {
		fsync(fd);
		close(fd);
	}
}

/* Makes the file under the name TEMPORARY, which is open as FD, and then PATH.
   NULL, or what failed. */
static const char *
make(int fd, const char *temporary, const char *path, uint32_t slots,
    gid_t group, bool *made)
{
	const char *failed = format(fd, slots);

	if (failed == NULL)
		failed = finish(fd, group);
	if (failed != NULL)
		return failed;
	if (link(temporary, path) == 0)
		*made = true;
	else if (errno != EEXIST) /* another one was faster */
		return "its name";
	return NULL;
}

static bool
create(const char *path, uint32_t slots, gid_t group, bool *made)
{
	char directory[PATH_MOST], temporary[PATH_MOST + 16];
	const char *failed;
	int fd, error;

	directory_of(path, directory);
	if (!prepare_directory(directory))
		return false;
	snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path);
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0) {
		tool_refuse("%s: cannot be made: %s", path, strerror(errno));
		return false;
	}
	failed = make(fd, temporary, path, slots, group, made);
	error = errno;
	unlink(temporary);
	close(fd);
	if (failed != NULL) {
		tool_refuse("%s: cannot be made with room for %u peers "
			    "(%zu KiB): %s: %s",
		    path, slots, table_size(slots) / 1024, failed,
		    strerror(error));
		return false;
	}
	sync_directory(directory);
	return true;
}

/* Says WHY what stands under PATH is of no use. */
static void
refuse(const char *path, const char *why, bool readable)
{
	struct stat status;

	if (!readable && lstat(path, &status) == 0)
		tool_refuse("%s: %s; it was left as it is: remove or rename "
			    "it, and a new one is made",
		    path, why);
	else
		tool_refuse("%s: %s", path, why);
}

bool
store_make(const char *path, uint32_t slots, gid_t group, bool *made)
{
	struct memory memory = {.mapped = false};
	const char *why;

	*made = false;
	/* A file too large is an error, not a signal. */
	signal(SIGXFSZ, SIG_IGN);
	errno = 0;
	why = memory_open(&memory, path, false);
	if (why != NULL && errno == ENOENT) {
		if (!create(path, slots, group, made))
			return false;
		why = memory_open(&memory, path, false);
	}
	if (why != NULL)
		refuse(path, why, memory.mapped);
	memory_close(&memory);
	return why == NULL;
}

/* A group by name or by number. */
static bool
read_group(const char *text, gid_t *group)
{
	const struct group *entry = getgrnam(text);
	char *end;
	unsigned long n;

	if (entry != NULL) {
		*group = entry->gr_gid;
		return true;
	}
	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || text[0] == '-' ||
	    n >= (gid_t)-1) {
		tool_refuse("%s: no such group", text);
		return false;
	}
	*group = (gid_t)n;
	return true;
}

enum tool_status
tool_state(int argc, char **argv)
{
	struct load_result policy;
	gid_t group = (gid_t)-1;
	enum tool_status status = TOOL_NO;
	bool made;

	if (argc == 3 && strcmp(argv[1], "-g") == 0) {
		if (!read_group(argv[2], &group))
			return TOOL_NO;
	} else if (argc != 1) {
		return TOOL_USAGE;
	}
	if (!tool_policy(&policy)) {
		status = TOOL_NO;
	} else if (policy.state[0] == '\0') {
		tool_refuse("%s: no `state` directive, so that nothing is "
			    "remembered; see starttls-fallback.conf(5)",
		    tool_config_path());
	} else if (store_make(policy.state, policy.rules.slots, group, &made)) {
		printf("%s: %s\n", policy.state,
		    made ? "made" : "there already, and good");
		status = TOOL_DONE;
	}
	load_free(&policy);
	return status;
}
