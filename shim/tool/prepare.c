/*
 * prepare - can a program be started under the shim, and how?
 *
 * For the launcher's `run`: validates the policy, looks at the program file
 * and the library, and prints what there is to do as lines KEY=VALUE:
 *
 *	events=PATH	the events file, to be made if it is not there
 *	state=PATH	the file of the memory, likewise
 *	group=NUMBER	the real group id that the program has to start with
 *
 * What makes the shim impossible is said on standard error, with what to do
 * about it.  Follows one `#!` line: a script runs its interpreter.
 *
 * Single-threaded.
 */
#include "tool.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

/* What the loader goes by. */
struct elf {
	bool valid;
	bool dynamic; /* names an interpreter: the loader will run */
	unsigned char class;
	uint16_t machine;
};

/* Calls that the host's byte order and word size answer for: the program must
   run on this host. */
static bool
has_interpreter(FILE *f, const struct elf *e)
{
	Elf64_Ehdr wide;
	Elf32_Ehdr narrow;
	uint64_t at;
	size_t count, size;

	rewind(f);
	if (e->class == ELFCLASS64) {
		if (fread(&wide, sizeof(wide), 1, f) != 1)
			return false;
		at = wide.e_phoff;
		count = wide.e_phnum;
		size = wide.e_phentsize;
	} else {
		if (fread(&narrow, sizeof(narrow), 1, f) != 1)
			return false;
		at = narrow.e_phoff;
		count = narrow.e_phnum;
		size = narrow.e_phentsize;
	}
	for (size_t i = 0; i < count; i++) {
		uint32_t type; /* the first member in both classes */

		if (fseek(f, (long)(at + i * size), SEEK_SET) != 0 ||
		    fread(&type, sizeof(type), 1, f) != 1)
			return false;
		if (type == PT_INTERP)
			return true;
	}
	return false;
}

static struct elf
read_elf(FILE *f)
{
	struct elf e = {.valid = false};
	unsigned char head[20];

	rewind(f);
	if (fread(head, sizeof(head), 1, f) != 1 ||
	    memcmp(head, ELFMAG, SELFMAG) != 0)
		return e;
	e.valid = true;
	e.class = head[EI_CLASS];
	memcpy(&e.machine, head + 18, sizeof(e.machine));
	e.dynamic = has_interpreter(f, &e);
	return e;
}

/* The interpreter that a script names into PATH; false: no script. */
static bool
read_interpreter(FILE *f, char *path, size_t size)
{
	char line[256];
	const char *start;
	size_t length;

	rewind(f);
	if (fgets(line, sizeof(line), f) == NULL || strncmp(line, "#!", 2) != 0)
		return false;
	start = line + 2 + strspn(line + 2, " \t");
	length = strcspn(start, " \t\r\n");
	if (length == 0 || length >= size)
		return false;
	memcpy(path, start, length);
	path[length] = '\0';
	return true;
}

static enum tool_status
check_elf(const char *program, FILE *f, const char *library)
{
	struct elf e = read_elf(f);
	struct elf own = {.valid = false};
	FILE *l = fopen(library, "re");

	if (l != NULL) {
		own = read_elf(l);
		fclose(l);
	}
	if (!own.valid)
		return tool_refuse(
		    "%s: the library is missing or damaged; install "
		    "starttls-fallback again",
		    library);
	if (!e.valid)
		return tool_refuse(
		    "%s: neither an ELF program nor a script with "
		    "#!; name the program itself",
		    program);
	if (e.class != own.class || e.machine != own.machine)
		return tool_refuse(
		    "%s: made for another architecture (%s) than "
		    "%s (%s); build and install the library for "
		    "that one",
		    program, e.class == ELFCLASS64 ? "64 bit" : "32 bit",
		    library, own.class == ELFCLASS64 ? "64 bit" : "32 bit");
	if (!e.dynamic)
		return tool_refuse(
		    "%s: statically linked, so that nothing can be "
		    "preloaded into it; use a dynamically linked "
		    "build of it",
		    program);
	return TOOL_DONE;
}

/*
 * For a program that gives its user rights the loader ignores a preload, and
 * removes it (ld.so(8), secure-execution mode).  It gives none where the real
 * ids are already those of the file.
 */
static enum tool_status
check_rights(const char *program, FILE *f)
{
	static const char advice[] =
	    "start it from a service with NoNewPrivileges=yes, or name the "
	    "library in /etc/ld.so.preload; see starttls-fallback(1), SET-ID "
	    "PROGRAMS";
	struct stat s;
	char path[64];

	if (fstat(fileno(f), &s) != 0)
		return tool_refuse("%s: %s", program, strerror(errno));
	if ((s.st_mode & S_ISUID) != 0 && s.st_uid != getuid())
		return tool_refuse(
		    "%s: set-user-ID to another user, which keeps "
		    "a preload out; %s",
		    program, advice);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fileno(f));
	if (getuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0)
		return tool_refuse("%s: has file capabilities, which keep a "
				   "preload out; run as root, or %s",
		    program, advice);
	/* Without group execution the bit means something else. */
	if ((s.st_mode & (S_ISGID | S_IXGRP)) != (S_ISGID | S_IXGRP) ||
	    (s.st_gid == getgid() && s.st_gid == getegid()))
		return TOOL_DONE;
	if (geteuid() != 0)
		return tool_refuse(
		    "%s: set-group-ID, which keeps a preload out; "
		    "run as root, or %s",
		    program, advice);
	printf("group=%lu\n", (unsigned long)s.st_gid);
	return TOOL_DONE;
}

static enum tool_status
check_program(const char *program, const char *library)
{
	char interpreter[256];
	FILE *f = fopen(program, "re");
	enum tool_status status;

	if (f == NULL)
		return tool_refuse("%s: %s", program, strerror(errno));
	if (read_interpreter(f, interpreter, sizeof(interpreter))) {
		fclose(f);
		program = interpreter;
		f = fopen(program, "re");
		if (f == NULL)
			return tool_refuse("%s: %s", program, strerror(errno));
	}
	status = check_elf(program, f, library);
	if (status == TOOL_DONE)
		status = check_rights(program, f);
	fclose(f);
	return status;
}

static enum tool_status
check_policy(void)
{
	struct load_result result;
	enum tool_status status = TOOL_NO;

	if (tool_policy(&result)) {
		if (result.events[0] != '\0')
			printf("events=%s\n", result.events);
		if (result.state[0] != '\0')
			printf("state=%s\n", result.state);
		status = TOOL_DONE;
	}
	load_free(&result);
	return status;
}

enum tool_status
tool_prepare(int argc, char **argv)
{
	if (argc != 3)
		return TOOL_USAGE;
	if (check_policy() != TOOL_DONE)
		return TOOL_NO;
	return check_program(argv[2], argv[1]);
}
