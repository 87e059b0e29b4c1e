/*
 * test_load_include - policy files that include others, and their limits
 */
#define _GNU_SOURCE
#include "load.h"

START_TEST(include_missing)
{
	write_file("main", "\ninclude @/none\ninclude @/none/*.conf\n"
			   "include @/*.none\ninclude @/none/x\n");
	expect("main", LOAD_INVALID,
	    "/main:2: /none: there is no such file\n"
	    "/main:5: /none/x: there is no such file\n");
	write_file("main", "include @/none/*.conf\ninclude @/*.none\n");
	expect("main", LOAD_VALID, "");
}
END_TEST

START_TEST(include_refused)
{
	write_file("main", "include @/d/*\ninclude @/d/a\n");
	ck_assert_int_eq(mkdir(below("d"), 0755), 0);
	ck_assert_int_eq(mkdir(below("d/dir"), 0755), 0);
	write_file("d/a", "foo\n");
	write_file("d/b", "\n");
	ck_assert_int_eq(chmod(below("d/b"), 0666), 0);
	expect("main", LOAD_INVALID,
	    "/d/a:1: unknown directive \"foo\": expected peer, include, "
	    "state, events, syslog, ports or timeout\n"
	    "/main:1: /d/b: others than its owner can write it: chmod go-w\n"
	    "/main:1: /d/dir: it is no regular file\n"
	    "/d/a:1: unknown directive \"foo\": expected peer, include, "
	    "state, events, syslog, ports or timeout\n");
}
END_TEST

START_TEST(include_directory)
{
	write_file("main", "include @/d/*\n");
	ck_assert_int_eq(mkdir(below("d"), 0755), 0);
	ck_assert_int_eq(chmod(below("d"), 0775), 0);
	expect("main", LOAD_INVALID,
	    "/main:1: /d/: others than its owner can write it: chmod go-w\n");
	ck_assert_int_eq(chmod(below("d"), 01777), 0);
	expect("main", LOAD_VALID, "");
	write_file("main", "include @/main/*\n");
	expect("main", LOAD_INVALID,
	    "/main:1: /main/: a part of the path is no directory\n");
}
END_TEST

/* Hidden entries are asked for by a dot; . and .. are never files. */
START_TEST(include_hidden)
{
	struct load_result result;

	ck_assert_int_eq(mkdir(below("d"), 0755), 0);
	write_file("main", "include @/d/.*\n");
	write_file("d/.a", "peer * off\n");
	write_file("d/a", "foo\n");
	ck_assert_int_eq(load_as(&result, "main", false, false), LOAD_VALID);
	ck_assert_uint_eq(result.rules.count, 1);
	load_free(&result);
}
END_TEST

/* More names than one read of the directory brings, in order. */
START_TEST(include_many)
{
	struct load_result result;
	char name[64], text[64];

	ck_assert_int_eq(mkdir(below("d"), 0755), 0);
	write_file("main", "include @/d/*.conf\n");
	for (unsigned i = 0; i < 300; i++) {
		unsigned n = i * 7 % 300;

		snprintf(name, sizeof(name),
		    "d/%03u-with-a-long-name-to-fill-the-page.conf", n);
		snprintf(text, sizeof(text), "peer 192.0.%u.%u off\n", n / 256,
		    n % 256);
		write_file(name, text);
	}
	ck_assert_int_eq(load_as(&result, "main", false, false), LOAD_VALID);
	ck_assert_uint_eq(result.rules.count, 300);
	for (unsigned i = 0; i < 300; i++) {
		ck_assert_uint_eq(result.rules.rule[i].address[14], i / 256);
		ck_assert_uint_eq(result.rules.rule[i].address[15], i % 256);
	}
	load_free(&result);
}
END_TEST

/* 1024 paths: the main file, the directory, and 1022 files in it. */
START_TEST(include_too_many)
{
	char name[16];

	ck_assert_int_eq(mkdir(below("d"), 0755), 0);
	write_file("main", "include @/d/*\n");
	for (unsigned i = 0; i < 1022; i++) {
		snprintf(name, sizeof(name), "d/%u", i);
		write_file(name, "");
	}
	expect("main", LOAD_VALID, "");
	write_file("d/1022", "");
	expect("main", LOAD_INVALID,
	    "/main:1: more than 1024 files are included\n");
}
END_TEST

START_TEST(include_itself)
{
	struct load_result result;

	write_file("main", "include @/main\n");
	ck_assert_int_eq(load_as(&result, "main", false, false), LOAD_INVALID);
	ck_assert_uint_eq(result.rules.errors, 1);
	ck_assert_ptr_nonnull(
	    strstr(report, " is included more than 8 deep: does a file "));
}
END_TEST

static void
write_bytes(const char *name, const char *line, size_t length)
{
	FILE *file = fopen(below(name), "w");
	size_t each = strlen(line);

	ck_assert_ptr_nonnull(file);
	for (; length >= each; length -= each)
		fputs(line, file);
	for (; length > 0; length--)
		putc('#', file);
	ck_assert_int_eq(fclose(file), 0);
}

#define TOO_LARGE "the policy with all that it includes is larger than 1 MiB\n"

START_TEST(size)
{
	write_bytes("main", "#\n", LOAD_TEXT_MAX);
	expect("main", LOAD_VALID, "");
	write_bytes("main", "#\n", LOAD_TEXT_MAX + 1);
	expect("main", LOAD_INVALID, "/main:0: " TOO_LARGE);
}
END_TEST

START_TEST(size_in_all)
{
	size_t length;

	write_file("main", "include @/big\ninclude @/big\n");
	length = 2 * (strlen("include /big\n") + strlen(top));
	write_bytes("big", "#\n", (LOAD_TEXT_MAX - length) / 2);
	expect("main", LOAD_VALID, "");
	write_bytes("big", "#\n", (LOAD_TEXT_MAX - length) / 2 + 1);
	expect("main", LOAD_INVALID, "/main:2: /big: " TOO_LARGE);
}
END_TEST

/* The shortest rules that there are fill the largest file. */
START_TEST(most_rules)
{
	struct load_result result;
	size_t most = LOAD_TEXT_MAX / strlen("peer * off\n");

	write_bytes("main", "peer * off\n", LOAD_TEXT_MAX);
	ck_assert_int_eq(load_as(&result, "main", false, false), LOAD_VALID);
	ck_assert_uint_eq(result.rules.count, most);
	ck_assert_uint_eq(result.rules.rule[most - 1].line, most);
	load_free(&result);
}
END_TEST

int
main(void)
{
	TCase *tests = tcase_create("load-include");

	tcase_add_test(tests, include_missing);
	tcase_add_test(tests, include_refused);
	tcase_add_test(tests, include_directory);
	tcase_add_test(tests, include_hidden);
	tcase_add_test(tests, include_many);
	tcase_add_test(tests, include_too_many);
	tcase_add_test(tests, include_itself);
	tcase_add_test(tests, size);
	tcase_add_test(tests, size_in_all);
	tcase_add_test(tests, most_rules);
	return load_run(tests, "load-include");
}
