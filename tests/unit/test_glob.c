/*
 * test_glob - patterns of include directives, table driven
 *
 * libc's fnmatch serves as second opinion, over every pattern and name of a
 * small alphabet.
 */
#include "../../shim/glob.h"

#include <check.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct {
	const char *pattern;
	const char *name;
	bool matches;
} vectors[] = {
    {"a.conf", "a.conf", true},
    {"a.conf", "a.con", false},
    {"a.conf", "a.conff", false},
    {"*.conf", "a.conf", true},
    {"*.conf", "a.conf~", false},
    {"*.conf", "a.conf.conf", true},
    {"*.conf", ".conf", false},
    {"*", ".hidden", false},
    {"?hidden", ".hidden", false},
    {".*", ".hidden", true},
    {"*", "a", true},
    {"**", "abc", true},
    {"a*", "a", true},
    {"a?", "a", false},
    {"a?", "ab", true},
    {"a*b*c", "axxbxxc", true},
    {"a*b*c", "axxbxx", false},
    {"*ab", "aab", true},
    {"[a]", "a", false},
    {"[a]", "[a]", true},
};

START_TEST(as_the_table_says)
{
	ck_assert_int_eq(glob_match(vectors[_i].pattern,
			     strlen(vectors[_i].pattern), vectors[_i].name),
	    vectors[_i].matches);
}
END_TEST

/* Word NUMBER over LETTERS; false: no word has that number. */
static bool
spell(unsigned number, const char *letters, char *word)
{
	size_t base = strlen(letters) + 1, length = 0;

	for (; number > 0; number /= (unsigned)base) {
		if (number % base == 0)
			return false;
		word[length++] = letters[number % base - 1];
	}
	word[length] = '\0';
	return true;
}

START_TEST(as_fnmatch)
{
	char pattern[8], name[8];
	unsigned compared = 0;

	for (unsigned p = 0; p < 5U * 5 * 5 * 5 * 5; p++) {
		if (!spell(p, "ab*?", pattern))
			continue;
		for (unsigned n = 1; n < 4U * 4 * 4 * 4 * 4; n++) {
			if (!spell(n, "ab.", name))
				continue;
			ck_assert_int_eq(
			    glob_match(pattern, strlen(pattern), name),
			    fnmatch(pattern, name, FNM_PERIOD) == 0);
			compared++;
		}
	}
	ck_assert_uint_gt(compared, 100000);
}
END_TEST

/* Many stars against a name that nearly matches: not exponential. */
START_TEST(many_stars)
{
	char pattern[512], name[256];

	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = i % 2 == 0 ? '*' : 'a';
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	name[sizeof(name) - 2] = 'b';
	ck_assert(!glob_match(pattern, 400, name));
}
END_TEST

START_TEST(wild)
{
	ck_assert(glob_is_wild("a*b", 3));
	ck_assert(glob_is_wild("?", 1));
	ck_assert(!glob_is_wild("[a]", 3));
	ck_assert(!glob_is_wild("ab*", 2));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("glob");
	TCase *tests = tcase_create("glob");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tests, as_the_table_says, 0, COUNT(vectors));
	tcase_add_test(tests, as_fnmatch);
	tcase_add_test(tests, many_stars);
	tcase_add_test(tests, wild);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
