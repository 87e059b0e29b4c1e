/*
 * test_smtp - the reply and command parsers, table driven
 *
 * A vector's lines are written as text: for replies the code, then letters
 * (f first, l last, m mixed, S STARTTLS, A AUTH, R REQUIRETLS) and /class.subject
 * of an enhanced code; for commands the verb, then letters (b bare, l LAST, r
 * REQUIRETLS).  Every vector is fed in all fragmentations.
 */
#include "../../shim/smtp.h"
#include "pieces.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>

#define TEXT_MAX 512

struct vector {
	const char *bytes;
	const char *lines;
};

static const struct vector replies[] = {
    /* line ends */
    {"220 mx.example.net ESMTP\r\n", "220fl "},
    {"220 mx.example.net ESMTP\n", "220fl "},
    {"220\r\n", "220fl "},
    {"220\n", "220fl "},
    {"220-\r\n220 \r\n", "220f 220l "},
    {"250 ok", ""},
    {"250 a\rb\r\n250 c\n", "250fl 250fl "},
    /* replies of several lines, and of several replies */
    {"250-mx\r\n250-SIZE\r\n250 HELP\r\n221 bye\r\n", "250f 250 250l 221fl "},
    {"250-mx\r\n450 x\r\n250 y\r\n", "250f 450lm 250fl "},
    {"250-mx\r\n251-x\r\n250 y\r\n", "250f 251m 250l "},
    /* what is no reply line */
    {"\r\n", "0fl "},
    {"\n\n", "0fl 0fl "},
    {"hello\r\n250 x\r\n", "0fl 250fl "},
    {"25\r\n", "0fl "},
    {"2500 x\r\n", "0fl "},
    {"25a x\r\n", "0fl "},
    {"250x\r\n", "0fl "},
    {"250\tx\r\n", "0fl "},
    {"250\rx\r\n", "0fl "},
    {"250\r\r\n", "0fl "},
    {" 250 x\r\n", "0fl "},
    {"150 x\r\n", "0fl "},
    {"199 x\r\n200 x\r\n599 x\r\n600 x\r\n", "0fl 200fl 599fl 0fl "},
    {"-50 x\r\n", "0fl "},
    {"2/0 x\r\n", "0fl "},
    {"2:0 x\r\n", "0fl "},
    {"250-x\r\nrubbish\r\n250 y\r\n", "250f 0 250l "},
    {"\x16\x03\x01\n", "0fl "},
    /* keywords */
    {"250-STARTTLS\r\n250 starttls\r\n", "250fS 250lS "},
    {"250-StartTLS now\r\n250 STARTTLS=x\n", "250fS 250lS "},
    {"250 STARTTLS\t\r\n", "250flS "},
    {"250 STARTTLSX\r\n", "250fl "},
    {"250 STARTTL\r\n", "250fl "},
    {"250 XSTARTTLS\r\n", "250fl "},
    {"250  STARTTLS\r\n", "250fl "},
    {"250 SIZE STARTTLS\r\n", "250fl "},
    {"250 STARTTLS-X\r\n", "250fl "},
    {"250-AUTH PLAIN\r\n250-AUTH=LOGIN\r\n250 auth\r\n", "250fA 250A 250lA "},
    {"250 auth.example.net\r\n", "250fl "},
    {"250 AUTHX\r\n", "250fl "},
    {"250 REQUIRETLS\r\n", "250flR "},
    {"250 requiretls x\r\n", "250flR "},
    {"250 REQUIRETLSREQUIRETLS\r\n", "250fl "},
    {"500 STARTTLS\r\n", "500flS "},
    {"999 STARTTLS\r\n", "0fl "},
    /* enhanced codes */
    {"550 5.1.1 no\r\n", "550fl/5.1 "},
    {"550-5.7.26 x\r\n550 5.7.26\r\n", "550f/5.7 550l/5.7 "},
    {"250 2.0.0\n", "250fl/2.0 "},
    {"454 4.7.0\tx\r\n", "454fl/4.7 "},
    {"550 5.123.999 x\r\n", "550fl/5.123 "},
    {"550 5.1234.1 x\r\n", "550fl "},
    {"550 5.1.1234 x\r\n", "550fl "},
    {"550 5.1.1: x\r\n", "550fl "},
    {"550 5.1. x\r\n", "550fl "},
    {"550 5..1 x\r\n", "550fl "},
    {"550 5.1\r\n", "550fl "},
    {"550 3.1.1 x\r\n", "550fl "},
    {"550 #5.1.1 x\r\n", "550fl "},
    {"550  5.1.1 x\r\n", "550fl "},
    {"550 55.1.1 x\r\n", "550fl "},
    {"450 5.1.1 x\r\n", "450fl/5.1 "},
};

static const struct vector commands[] = {
#include "data/commands.inc"
};

static const char *const verbs[] = {"OTHER", "EHLO", "HELO", "STARTTLS", "AUTH",
    "MAIL", "RCPT", "DATA", "BDAT", "RSET", "NOOP", "QUIT", "DOT"};

struct run {
	struct smtp_replies replies;
	struct smtp_commands commands;
	char text[TEXT_MAX];
	size_t length;
	const char *expected;
};

__attribute__((format(printf, 2, 3))) static void
add(struct run *run, const char *format, ...)
{
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(
	    run->text + run->length, TEXT_MAX - run->length, format, arguments);
	va_end(arguments);
	ck_assert_int_ge(n, 0);
	run->length += (size_t)n;
	ck_assert_uint_lt(run->length, TEXT_MAX);
}

static void
start(void *context)
{
	struct run *run = context;
	const char *expected = run->expected;

	*run = (struct run){.expected = expected};
}

static void
end(void *context)
{
	struct run *run = context;

	ck_assert_str_eq(run->text, run->expected);
}

static void
feed_replies(void *context, const char *bytes, size_t n)
{
	struct run *run = context;

	while (n > 0) {
		struct smtp_reply_line line = {0};
		bool done;
		size_t used =
		    smtp_reply_feed(&run->replies, bytes, n, &line, &done);

		ck_assert_uint_ge(used, 1);
		ck_assert_uint_le(used, n);
		ck_assert(done == (bytes[used - 1] == '\n'));
		bytes += used;
		n -= used;
		if (!done)
			continue;
		add(run, "%u%s%s%s%s%s%s", line.code, line.first ? "f" : "",
		    line.last ? "l" : "", line.mixed ? "m" : "",
		    line.starttls ? "S" : "", line.auth ? "A" : "",
		    line.requiretls ? "R" : "");
		if (line.enhanced != 0)
			add(run, "/%u.%u", line.enhanced, line.subject);
		ck_assert(line.enhanced != 0 || line.subject == 0);
		add(run, " ");
	}
}

static void
feed_commands(void *context, const char *bytes, size_t n)
{
	struct run *run = context;

	while (n > 0) {
		struct smtp_command c = {0};
		bool done;
		size_t used =
		    smtp_command_feed(&run->commands, bytes, n, &c, &done);

		ck_assert_uint_ge(used, 1);
		ck_assert_uint_le(used, n);
		bytes += used;
		n -= used;
		if (!done)
			continue;
		add(run, "%s%s%s%s ", verbs[c.verb], c.bare ? "b" : "",
		    c.last ? "l" : "", c.requiretls ? "r" : "");
		if (c.verb == SMTP_DATA)
			smtp_command_data(&run->commands);
	}
}

static void
run_vector(const struct vector *v, void (*feed)(void *, const char *, size_t))
{
	struct run run = {.expected = v->lines};
	const struct pieces pieces = {start, feed, end, &run};

	pieces_run(&pieces, v->bytes, strlen(v->bytes));
}

START_TEST(reply_lines_in_any_fragmentation)
{
	run_vector(&replies[_i], feed_replies);
}
END_TEST

START_TEST(commands_in_any_fragmentation)
{
	run_vector(&commands[_i], feed_commands);
}
END_TEST

/* TEXT without its NUL. */
static void
put(char *to, const char *text)
{
	while (*text != '\0')
		*to++ = *text++;
}

START_TEST(reply_line_beyond_64_kib_saturates)
{
	struct run run = {.expected = "250fl/2.0 550fl "};
	size_t n = 300000;
	char *bytes = malloc(n);

	ck_assert_ptr_nonnull(bytes);
	memset(bytes, 'A', n);
	put(bytes, "250 2.0.0 ");
	bytes[200000] = '\n';
	put(bytes + 200001, "550 ");
	bytes[n - 1] = '\n';
	feed_replies(&run, bytes, n);
	end(&run);
	free(bytes);
}
END_TEST

START_TEST(reply_with_nul_bytes)
{
	static const char bytes[] = "250-A\0B\r\n250 STARTTLS\0\r\n\0\r\n";
	struct run run = {.expected = "250f 250lS 0fl "};

	feed_replies(&run, bytes, sizeof(bytes) - 1);
	end(&run);
}
END_TEST

START_TEST(verb_of_260_letters_is_not_the_verb)
{
	struct run run = {.expected = "OTHERb "};
	char bytes[262];

	memset(bytes, 'A', sizeof(bytes));
	put(bytes + 256, "QUIT");
	put(bytes + 260, "\r\n");
	feed_commands(&run, bytes, sizeof(bytes));
	end(&run);
}
END_TEST

START_TEST(keyword_of_264_letters_is_not_the_keyword)
{
	struct run run = {.expected = "250fl "};
	char bytes[270];

	memset(bytes, 'A', sizeof(bytes));
	put(bytes, "250 ");
	put(bytes + 260, "STARTTLS");
	put(bytes + 268, "\r\n");
	feed_replies(&run, bytes, sizeof(bytes));
	end(&run);
}
END_TEST

START_TEST(chunk_sizes_up_to_2_63)
{
	struct smtp_commands state = {0};
	struct smtp_command c;
	static const char bytes[] = "BDAT 9223372036854775808 LAST\r\n";
	bool done;

	ck_assert_uint_eq(
	    smtp_command_feed(&state, bytes, sizeof(bytes) - 1, &c, &done),
	    sizeof(bytes) - 1);
	ck_assert(done && c.verb == SMTP_BDAT && c.last);
	ck_assert(state.skip == UINT64_C(9223372036854775808));
	ck_assert_uint_eq(smtp_command_feed(&state, bytes, 7, &c, &done), 7);
	ck_assert(!done);
	ck_assert(state.skip == UINT64_C(9223372036854775801));
}
END_TEST

START_TEST(nothing_read_of_nothing)
{
	struct smtp_replies r = {0};
	struct smtp_commands s = {0};
	struct smtp_reply_line line;
	struct smtp_command c;
	bool done = true;

	ck_assert_uint_eq(smtp_reply_feed(&r, "", 0, &line, &done), 0);
	ck_assert(!done);
	done = true;
	ck_assert_uint_eq(smtp_command_feed(&s, "", 0, &c, &done), 0);
	ck_assert(!done);
}
END_TEST

static const struct {
	const char *bytes;
	const char *may; /* of AUTH, MAIL, STARTTLS, DOT, OTHER: a m s d o */
} unfinished[] = {
    {"", "amso"},
    {"A", "ao"},
    {"au", "ao"},
    {"AUTH", "ao"},
    {"AUTH ", "a"},
    {"AUTH x", "a"},
    {"AUTHX", "o"},
    {"AX", "o"},
    {"MAIL", "mo"},
    {"MAILMAILMAIL", "o"},
    {"STARTTLS\r", "s"},
    {" ", "o"},
    {"QUIT\r\n", "amso"},
    {"BDAT 5\r\nA", ""},
    {"BDAT 1\r\nA", "amso"},
    {"BDAT 1\r\nAM", "mo"},
    {"DATA\r\n", "d"},
    {"DATA\r\nA", ""},
    {"DATA\r\nA\r", ""},
    {"DATA\r\nA\r\n", "d"},
    {"DATA\r\n.", "d"},
    {"DATA\r\n.\r", "d"},
    {"DATA\r\n.\r\n", "amso"},
    {"DATA\r\n..", ""},
};

START_TEST(what_an_unfinished_line_may_become)
{
	static const struct {
		enum smtp_verb verb;
		char letter;
	} asked[] = {{SMTP_AUTH, 'a'}, {SMTP_MAIL, 'm'}, {SMTP_STARTTLS, 's'},
	    {SMTP_DOT, 'd'}, {SMTP_OTHER, 'o'}};
	struct run run = {0};
	char may[8] = "";
	size_t n = 0;

	feed_commands(&run, unfinished[_i].bytes, strlen(unfinished[_i].bytes));
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
		if (smtp_command_may_be(&run.commands, asked[i].verb))
			may[n++] = asked[i].letter;
	ck_assert_str_eq(may, unfinished[_i].may);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

int
main(void)
{
	Suite *suite = suite_create("smtp");
	TCase *tcase = tcase_create("smtp");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(
	    tcase, reply_lines_in_any_fragmentation, 0, COUNT(replies));
	tcase_add_loop_test(
	    tcase, commands_in_any_fragmentation, 0, COUNT(commands));
	tcase_add_loop_test(
	    tcase, what_an_unfinished_line_may_become, 0, COUNT(unfinished));
	tcase_add_test(tcase, reply_line_beyond_64_kib_saturates);
	tcase_add_test(tcase, reply_with_nul_bytes);
	tcase_add_test(tcase, verb_of_260_letters_is_not_the_verb);
	tcase_add_test(tcase, keyword_of_264_letters_is_not_the_keyword);
	tcase_add_test(tcase, chunk_sizes_up_to_2_63);
	tcase_add_test(tcase, nothing_read_of_nothing);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
