/*
 * policy.h - what the tests of the policy parser have in common
 */
#ifndef TESTS_UNIT_POLICY_H
#define TESTS_UNIT_POLICY_H

#include "../../shim/rules.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ROOM	     8
#define REPORT_MAX   8192

/* What was reported, as lines "E FILE:LINE: text" or "W ...". */
struct report {
	char text[REPORT_MAX];
	unsigned problems;
};

static void
note(void *context, const char *file, unsigned line, enum rules_level level,
    const char *text)
{
	struct report *report = context;
	size_t length = strlen(report->text);

	report->problems++;
	snprintf(report->text + length, sizeof(report->text) - length,
	    "%c %s:%u: %s\n", level == RULES_ERROR ? 'E' : 'W', file, line,
	    text);
}

/* A tiny file system for include: a name, and what it holds. */
static const struct {
	const char *name;
	const char *text;
} files[] = {
    {"/one", "peer 192.0.2.1 never\nbad\n"},
    {"/two", "peer 192.0.2.2 never\ninclude /one\npeer * off\n"},
    {"/self", "include /self\n"},
    {"/set", "ports 26\nstate /s\n"},
    {"/d/*", "peer 192.0.2.3 never\n"},
};

static void
include(void *context, struct rules *rules, struct rules_word pattern,
    unsigned depth, const char *file, unsigned line)
{
	(void)context;
	for (size_t i = 0; i < COUNT(files); i++) {
		if (strlen(files[i].name) == pattern.length &&
		    memcmp(files[i].name, pattern.bytes, pattern.length) == 0) {
			rules_read(rules, files[i].name, files[i].text,
			    strlen(files[i].text), depth);
			return;
		}
	}
	rules_problem(rules, file, line, RULES_ERROR, "not there");
}

static struct rule room[ROOM];
static struct report report;
static const struct rules_caller caller = {&report, note, include};

/* Reads TEXT as the file "f", from a copy without NUL behind it, so that ASan
   sees a read too far.  The rules point into the copy: it stays until the next
   call. */
static inline void
policy_read(struct rules *rules, const char *text, size_t length)
{
	static char *copy;

	free(copy);
	copy = malloc(length > 0 ? length : 1);
	ck_assert_ptr_nonnull(copy);
	if (length > 0)
		memcpy(copy, text, length);
	memset(&report, 0, sizeof(report));
	rules_start(rules, room, ROOM, &caller);
	rules_read(rules, "f", copy, length, 0);
	rules_finish(rules);
	ck_assert_uint_eq(report.problems, rules->errors + rules->warnings);
}

#define LATER " is not supported in this version"

/* A text, and what is reported of it word for word. */
struct policy_problems {
	const char *text;
	const char *problems;
};

static inline void
policy_expect(const struct policy_problems *vector)
{
	struct rules rules;

	policy_read(&rules, vector->text, strlen(vector->text));
	ck_assert_str_eq(report.text, vector->problems);
}

/* Runs the tests and frees them; returns main's result. */
static inline int
policy_run(TCase *tests, const char *name)
{
	Suite *suite = suite_create(name);
	SRunner *runner;
	int failed;

	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
