/*
 * test_decimal - numbers as decimal digits, and the programs that are known
 */
#include "../../shim/decimal.h"
#include "../../shim/program.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As printf writes it, in a room of just the size that it needs. */
static void
same(uint64_t n)
{
	char expected[32];
	int length = snprintf(expected, sizeof(expected), "%" PRIu64, n);
	char *text = malloc((size_t)length + 1);

	ck_assert_ptr_nonnull(text);
	ck_assert_uint_eq(decimal(n, text), (size_t)length);
	ck_assert_str_eq(text, expected);
	ck_assert_int_lt(length, DECIMAL_MAX);
	free(text);
}

START_TEST(as_printf)
{
	uint64_t ten = 1;

	for (uint64_t n = 0; n < 11000; n++)
		same(n);
	for (int i = 0; i < 20; i++, ten *= 10) {
		same(ten - 1);
		same(ten);
	}
	same(UINT32_MAX);
	same(UINT64_MAX);
}
END_TEST

START_TEST(programs)
{
	const struct program *p;
	size_t n = 0;

	for (; (p = program_at(n)) != NULL; n++)
		ck_assert_ptr_eq(program_find(p->name), p);
	ck_assert_uint_ge(n, 10);
	ck_assert_ptr_null(program_at(n + 1));
	ck_assert_ptr_null(program_find(NULL));
	ck_assert_ptr_null(program_find(""));
	ck_assert_ptr_null(program_find("sendmai"));
	ck_assert_ptr_null(program_find("sendmail2"));
	ck_assert(program_find("sendmail")->checks);
	ck_assert(program_find("qmail-remote")->checks);
	ck_assert(!program_find("smtp")->checks);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("decimal");
	TCase *tcase = tcase_create("decimal");
	SRunner *runner;
	int failed;

	tcase_add_test(tcase, as_printf);
	tcase_add_test(tcase, programs);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
