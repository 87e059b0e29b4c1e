/*
 * load.h - a directory of policy files for a test, and what is said of them
 *
 * Each test has a directory of its own below TMPDIR or /tmp.
 */
#ifndef TESTS_UNIT_LOAD_H
#define TESTS_UNIT_LOAD_H

#include "../../shim/load.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOBODY	   65534
#define PATH_MOST  512
#define REPORT_MAX 4096

static char top[PATH_MOST / 2];
static char report[REPORT_MAX]; /* lines "FILE:LINE: text", FILE from top on */

static inline int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static inline void
remove_top(void)
{
	nftw(top, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static inline void
make_top(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(top, sizeof(top), "%s/stf-load.XXXXXX", tmp ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(top));
	umask(022);
}

static inline const char *
below(const char *name)
{
	static char path[4][PATH_MOST];
	static unsigned next;
	char *p = path[next++ % 4];

	snprintf(p, PATH_MOST, "%s/%s", top, name);
	return p;
}

/* TEXT with each @ replaced by the test's directory. */
static inline void
write_file(const char *name, const char *text)
{
	FILE *file = fopen(below(name), "w");

	ck_assert_ptr_nonnull(file);
	for (; *text != '\0'; text++) {
		if (*text == '@')
			fputs(top, file);
		else
			putc(*text, file);
	}
	ck_assert_int_eq(fclose(file), 0);
}

static inline void
note(void *context, const char *file, unsigned line, enum rules_level level,
    const char *text)
{
	size_t length = strlen(report), skip = strlen(top);

	ck_assert_ptr_eq(context, report);
	if (strncmp(file, top, skip) == 0)
		file += skip;
	if (level == RULES_ERROR && strncmp(text, top, skip) == 0)
		text += skip;
	snprintf(report + length, sizeof(report) - length, "%s:%u: %s\n", file,
	    line, text);
}

static inline unsigned
open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	ck_assert_ptr_nonnull(dir);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

/* Loads NAME and checks what holds of every call. */
static inline enum load_outcome
load_as(struct load_result *result, const char *name, bool secure, bool warn)
{
	const struct load_want want = {
	    .path = name[0] == '/' ? name : below(name),
	    .secure = secure,
	    .warn = warn,
	    .context = report,
	    .problem = note,
	};
	unsigned before = open_files();
	enum load_outcome outcome;

	report[0] = '\0';
	errno = EXDEV;
	outcome = load_policy(result, &want);
	ck_assert_int_eq(errno, EXDEV);
	ck_assert_uint_eq(open_files(), before);
	ck_assert_ptr_null(result->rules.caller);
	ck_assert_int_eq(outcome == LOAD_VALID, result->room != NULL);
	if (outcome != LOAD_VALID)
		ck_assert_uint_eq(result->rules.count, 0);
	ck_assert_int_eq(outcome == LOAD_INVALID, result->rules.errors > 0);
	return outcome;
}

static inline void
expect(const char *name, enum load_outcome outcome, const char *problems)
{
	struct load_result result;

	ck_assert_int_eq(load_as(&result, name, false, false), outcome);
	ck_assert_str_eq(report, problems);
	load_free(&result);
	load_free(&result);
	ck_assert_ptr_null(result.room);
}

/* Runs the tests and frees them; returns main's result. */
static inline int
load_run(TCase *tests, const char *name)
{
	Suite *suite = suite_create(name);
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tests, make_top, remove_top);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
