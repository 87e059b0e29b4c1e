/*
 * test_load - one policy file on a real file system
 *
 * What needs another user than root is done as `nobody`; without root those
 * tests have nothing to do.
 */
#define _GNU_SOURCE
#include "load.h"

#include <fcntl.h>
#include <sys/resource.h>

#define NOBODY 65534

START_TEST(valid)
{
	struct load_result result;
	char state[PATH_MOST];

	write_file("main", "state @/s\nevents /e\ninclude @/d/*.conf\n"
			   "peer * observe\n");
	ck_assert_int_eq(mkdir(below("d"), 0755), 0);
	write_file("d/b.conf", "peer 192.0.2.2 never\n");
	write_file("d/a.conf", "\npeer 192.0.2.1 never\ninclude @/more\n");
	write_file("d/.c.conf", "hidden\n");
	write_file("d/c.conf~", "not matched\n");
	write_file("more", "ports 26\npeer 192.0.2.3 off");
	ck_assert_int_eq(load_as(&result, "main", false, true), LOAD_VALID);
	ck_assert_str_eq(report, "");
	snprintf(state, sizeof(state), "%s/s", top);
	ck_assert_str_eq(result.state, state);
	ck_assert_str_eq(result.events, "/e");
	ck_assert_uint_eq(result.rules.port[0], 26);
	ck_assert_uint_eq(result.rules.count, 4);
	ck_assert_str_eq(result.rules.rule[0].file, below("d/a.conf"));
	ck_assert_uint_eq(result.rules.rule[0].line, 2);
	ck_assert_str_eq(result.rules.rule[1].file, below("more"));
	ck_assert_uint_eq(result.rules.rule[1].line, 2);
	ck_assert_str_eq(result.rules.rule[2].file, below("d/b.conf"));
	ck_assert_str_eq(result.rules.rule[3].file, below("main"));
	ck_assert_uint_eq(result.rules.rule[3].line, 4);
	load_free(&result);
}
END_TEST

START_TEST(no_paths)
{
	struct load_result result;

	write_file("main", "");
	ck_assert_int_eq(load_as(&result, "main", false, true), LOAD_VALID);
	ck_assert_str_eq(result.state, "");
	ck_assert_str_eq(result.events, "");
	ck_assert_uint_eq(result.rules.count, 0);
	load_free(&result);
}
END_TEST

/* The mapping is as long as the rules need, and nobody can write it. */
START_TEST(sealed)
{
	struct load_result result;
	char line[512], address[32];
	bool found = false;
	FILE *maps;

	write_file("main", "peer * off\n");
	ck_assert_int_eq(load_as(&result, "main", false, false), LOAD_VALID);
	ck_assert_uint_lt(result.room_size, 3U << 20);
	snprintf(address, sizeof(address), "%zx-", (size_t)result.room);
	maps = fopen("/proc/self/maps", "r");
	ck_assert_ptr_nonnull(maps);
	while (fgets(line, sizeof(line), maps) != NULL) {
		if (strncmp(line, address, strlen(address)) == 0)
			found = strstr(line, " r--p ") != NULL;
	}
	fclose(maps);
	ck_assert(found);
	load_free(&result);
}
END_TEST

START_TEST(absent)
{
	expect("main", LOAD_ABSENT, "");
	ck_assert_int_eq(symlink("nowhere", below("link")), 0);
	expect("link", LOAD_ABSENT, "");
	expect("/nowhere/at/all", LOAD_ABSENT, "");
	write_file("main", "");
	expect("main/x", LOAD_INVALID,
	    "/main/x:0: a part of the path is no directory\n");
}
END_TEST

START_TEST(symbolic_link)
{
	write_file("main", "peer * off\n");
	ck_assert_int_eq(symlink("main", below("link")), 0);
	expect("link", LOAD_VALID, "");
	ck_assert_int_eq(chmod(below("main"), 0664), 0);
	expect("link", LOAD_INVALID,
	    "/link:0: others than its owner can write it: chmod go-w\n");
	ck_assert_int_eq(symlink("loop", below("loop")), 0);
	expect("loop", LOAD_INVALID, "/loop:0: too many symbolic links\n");
}
END_TEST

START_TEST(no_regular_file)
{
	ck_assert_int_eq(mkdir(below("dir"), 0755), 0);
	expect("dir", LOAD_INVALID, "/dir:0: it is no regular file\n");
	ck_assert_int_eq(mkfifo(below("fifo"), 0644), 0);
	expect("fifo", LOAD_INVALID, "/fifo:0: it is no regular file\n");
	expect(
	    "/dev/zero", LOAD_INVALID, "/dev/zero:0: it is no regular file\n");
}
END_TEST

START_TEST(modes)
{
	static const struct {
		mode_t mode;
		bool good;
	} vector[] = {
	    {0644, true},
	    {0600, true},
	    {0400, true},
	    {0444, true},
	    {0755, true},
	    {0664, false},
	    {0620, false},
	    {0646, false},
	    {0602, false},
	    {01666, false},
	};

	write_file("main", "peer * off\n");
	for (size_t i = 0; i < sizeof(vector) / sizeof(vector[0]); i++) {
		ck_assert_int_eq(chmod(below("main"), vector[i].mode), 0);
		expect("main", vector[i].good ? LOAD_VALID : LOAD_INVALID,
		    vector[i].good ? ""
				   : "/main:0: others than its owner can "
				     "write it: chmod go-w\n");
	}
}
END_TEST

START_TEST(owner_for_root)
{
	struct load_result result;

	if (getuid() != 0)
		return;
	write_file("main", "peer * off\n");
	ck_assert_int_eq(load_as(&result, "main", true, false), LOAD_VALID);
	load_free(&result);
	ck_assert_int_eq(chown(below("main"), NOBODY, NOBODY), 0);
	expect("main", LOAD_INVALID,
	    "/main:0: its owner is neither root nor the user of this "
	    "process\n");
	ck_assert_int_eq(load_as(&result, "main", true, false), LOAD_INVALID);
	ck_assert_str_eq(report, "/main:0: its owner is not root\n");
}
END_TEST

/* check runs each test in a process of its own: becoming nobody is safe. */
START_TEST(owner_for_others)
{
	struct load_result result;

	if (getuid() != 0)
		return;
	write_file("root", "peer * off\n");
	write_file("own", "peer * off\n");
	write_file("other", "peer * off\n");
	write_file("hidden", "peer * off\n");
	ck_assert_int_eq(chmod(top, 0711), 0);
	ck_assert_int_eq(chmod(below("hidden"), 0600), 0);
	ck_assert_int_eq(chown(below("own"), NOBODY, NOBODY), 0);
	ck_assert_int_eq(chown(below("other"), 1, 1), 0);
	ck_assert_int_eq(seteuid(NOBODY), 0);
	/* the real user counts, and is still root */
	expect("root", LOAD_VALID, "");
	expect("own", LOAD_INVALID,
	    "/own:0: its owner is neither root nor the user of this "
	    "process\n");
	ck_assert_int_eq(seteuid(0), 0);
	ck_assert_int_eq(setreuid(NOBODY, 0), 0);
	expect("root", LOAD_VALID, "");
	expect("own", LOAD_VALID, "");
	expect("other", LOAD_INVALID,
	    "/other:0: its owner is neither root nor the user of this "
	    "process\n");
	ck_assert_int_eq(load_as(&result, "own", true, false), LOAD_INVALID);
	ck_assert_str_eq(report, "/own:0: its owner is not root\n");
	ck_assert_int_eq(load_as(&result, "root", true, false), LOAD_VALID);
	load_free(&result);
	ck_assert_int_eq(seteuid(NOBODY), 0);
	expect("hidden", LOAD_INVALID, "/hidden:0: permission denied\n");
	ck_assert_int_eq(seteuid(0), 0);
}
END_TEST

START_TEST(long_path)
{
	struct load_result result;
	char path[LOAD_PATH_MAX + 1];

	memset(path, '/', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	memcpy(path + sizeof(path) - 4, "etc", 3);
	ck_assert_int_eq(load_as(&result, path, false, false), LOAD_INVALID);
	ck_assert_ptr_nonnull(strstr(report, ":0: the path is too long\n"));
	ck_assert_int_eq(
	    load_as(&result, path + 1, false, false), LOAD_INVALID);
	ck_assert_ptr_nonnull(strstr(report, ":0: it is no regular file\n"));
}
END_TEST

START_TEST(warnings)
{
	struct load_result result;

	write_file("main", "peer * off\npeer * off\n");
	ck_assert_int_eq(load_as(&result, "main", false, false), LOAD_VALID);
	ck_assert_str_eq(report, "");
	load_free(&result);
	ck_assert_int_eq(load_as(&result, "main", false, true), LOAD_VALID);
	ck_assert_uint_eq(result.rules.warnings, 1);
	ck_assert_ptr_nonnull(strstr(report, "/main:2: this rule never"));
	load_free(&result);
}
END_TEST

START_TEST(no_callback)
{
	struct load_want want = {.path = below("main")};
	struct load_result result;

	write_file("main", "foo\nbar\n");
	ck_assert_int_eq(load_policy(&result, &want), LOAD_INVALID);
	ck_assert_uint_eq(result.rules.errors, 2);
	load_free(&result);
	ck_assert_uint_eq(result.rules.errors, 2);
}
END_TEST

/* A limit of the process is an error like any other. */
static void
with_limit(__rlimit_resource_t resource, rlim_t limit, const char *text)
{
	const struct load_want want = {
	    .path = below("main"),
	    .context = report,
	    .problem = note,
	};
	struct load_result result;
	enum load_outcome outcome;
	struct rlimit old, low;

	write_file("main", "peer * off\n");
	report[0] = '\0';
	ck_assert_int_eq(getrlimit(resource, &old), 0);
	low = old;
	low.rlim_cur = limit;
	ck_assert_int_eq(setrlimit(resource, &low), 0);
	errno = EXDEV;
	outcome = load_policy(&result, &want);
	ck_assert_int_eq(errno, EXDEV);
	ck_assert_int_eq(setrlimit(resource, &old), 0);
	ck_assert_int_eq(outcome, LOAD_INVALID);
	ck_assert_str_eq(report, text);
	load_free(&result);
}

START_TEST(no_descriptor)
{
	with_limit(RLIMIT_NOFILE, 3, "/main:0: no file descriptor is left\n");
}
END_TEST

START_TEST(no_memory)
{
	with_limit(
	    RLIMIT_AS, 1 << 20, "/main:0: no memory is left to read it\n");
}
END_TEST

int
main(void)
{
	TCase *tests = tcase_create("load");

	tcase_add_test(tests, valid);
	tcase_add_test(tests, no_paths);
	tcase_add_test(tests, sealed);
	tcase_add_test(tests, absent);
	tcase_add_test(tests, symbolic_link);
	tcase_add_test(tests, no_regular_file);
	tcase_add_test(tests, modes);
	tcase_add_test(tests, owner_for_root);
	tcase_add_test(tests, owner_for_others);
	tcase_add_test(tests, long_path);
	tcase_add_test(tests, warnings);
	tcase_add_test(tests, no_callback);
	tcase_add_test(tests, no_descriptor);
	tcase_add_test(tests, no_memory);
	return load_run(tests, "load");
}
