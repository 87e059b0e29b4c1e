/*
 * test_mask - same-length edits of replies, table driven
 *
 * In a vector, "|" ends a piece; a piece also ends behind each LF, as the
 * caller has it.  `edits` are those of all pieces together.
 */
#include "../../shim/mask.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define BYTES_MAX 256

enum { NONE = MASK_SOFTEN_NONE, TLS = MASK_SOFTEN_TLS };
enum { POLICY = MASK_SOFTEN_POLICY, ALL = MASK_SOFTEN_ALL };
enum { S = MASK_STARTTLS, A = MASK_AUTH, R = MASK_REQUIRETLS, SAR = S | A | R };
enum {
	ES = MASK_EDIT_STARTTLS,
	EA = MASK_EDIT_AUTH,
	ER = MASK_EDIT_REQUIRETLS,
	E5 = MASK_EDIT_SOFTENED,
};

static const struct vector {
	uint8_t keywords;
	uint8_t soften;
	unsigned edits;
	const char *in;
	const char *out; /* NULL: as it was */
} vectors[] = {
    /* keywords */
    {S, NONE, ES, "250-STARTTLS\r\n", "250-STARTTLX\r\n"},
    {S, NONE, ES, "250 starttls\n", "250 starttlx\n"},
    {S, NONE, ES, "250 StartTls x\r\n", "250 StartTlx x\r\n"},
    {S, NONE, ES, "250 STARTTLS=x\r\n", "250 STARTTLX=x\r\n"},
    {A, NONE, EA, "250 AUTH PLAIN\r\n", "250 AUTX PLAIN\r\n"},
    {A, NONE, EA, "250-auth=login\r\n", "250-autx=login\r\n"},
    {A, NONE, EA, "250-AUTH\r\n", "250-AUTX\r\n"},
    {R, NONE, ER, "250 REQUIRETLS\r\n", "250 REQUIRETLX\r\n"},
    {SAR, NONE, ES | EA | ER,
	"250-mx\r\n250-STARTTLS\r\n250-AUTH X\r\n250 requiretls\r\n",
	"250-mx\r\n250-STARTTLX\r\n250-AUTX X\r\n250 requiretlx\r\n"},
    {SAR, ALL, 0, "250-mx\r\n250-SIZE\r\n250 STARTTLX\r\n", NULL},
    {S, NONE, 0, "250 AUTH\r\n", NULL},
    {A, NONE, 0, "250 STARTTLS\r\n", NULL},
    {0, NONE, 0, "250-STARTTLS\r\n250-AUTH X\r\n250 REQUIRETLS\r\n", NULL},
    {SAR, NONE, 0, "250 XSTARTTLS\r\n", NULL},
    {SAR, NONE, 0, "250 SIZE STARTTLS\r\n", NULL},
    {SAR, NONE, 0, "250  STARTTLS\r\n", NULL},
    {SAR, NONE, 0, "250 STARTTL\r\n", NULL},
    {SAR, NONE, 0, "250 STARTTLSX\r\n", NULL},
    {SAR, NONE, 0, "250 STARTTLS-X\r\n", NULL},
    {SAR, NONE, 0, "250-auth.example.net\r\n", NULL},
    {SAR, NONE, 0, "250 AUTHFOO\r\n", NULL},
    /* only in lines with 250 */
    {SAR, NONE, 0, "220 STARTTLS\r\n", NULL},
    {SAR, NONE, 0, "251 STARTTLS\r\n", NULL},
    {SAR, NONE, 0, "500 STARTTLS\r\n", NULL},
    {SAR, NONE, 0, "STARTTLS\r\n", NULL},
    {SAR, NONE, 0, "250:STARTTLS\r\n", NULL},
    {SAR, NONE, 0, "250\rSTARTTLS\r\n", NULL},
    /* keywords in pieces */
    {S, NONE, ES, "2|50-STAR|TTLS\r\n", "250-STARTTLX\r\n"},
    {S, NONE, ES, "250-STARTTL|S\r\n", "250-STARTTLX\r\n"},
    {S, NONE, ES, "250-STARTTLS|\r\n", "250-STARTTLX\r\n"},
    {S, NONE, ES, "250-STARTTLS|X\r\n", "250-STARTTLXX\r\n"},
    {S, NONE, 0, "250-STARTTL|SX\r\n", NULL},
    {A, NONE, EA, "250 A|U|T|H|=x\r\n", "250 AUTX=x\r\n"},
    /* softening everything */
    {0, ALL, E5, "550 no\r\n", "450 no\r\n"},
    {0, ALL, E5, "550 5.1.1 no\r\n", "450 4.1.1 no\r\n"},
    {0, ALL, E5, "500\r\n", "400\r\n"},
    {0, ALL, E5, "550-5.7.1 a\r\n550 5.7.1 b\r\n",
	"450-4.7.1 a\r\n450 4.7.1 b\r\n"},
    {0, ALL, E5, "550-a\r\n550 5.7.1 b\r\n", "450-a\r\n450 4.7.1 b\r\n"},
    {0, ALL, E5, "550 5 apples\r\n", "450 5 apples\r\n"},
    {0, ALL, E5, "550 5.x\r\n", "450 5.x\r\n"},
    {0, ALL, E5, "550 2.1.1 5.1.1\r\n", "450 2.1.1 5.1.1\r\n"},
    {0, ALL, 0, "450 5.1.1 x\r\n", NULL},
    {0, ALL, 0, "421 x\r\n250 5.1.1\r\n354 x\r\n", NULL},
    {0, ALL, 0, "5 apples\r\n", NULL},
    {0, ALL, 0, "55\r\n", NULL},
    {0, ALL, 0, "5500 x\r\n", NULL},
    {0, ALL, 0, "550x\r\n", NULL},
    {0, NONE, 0, "530 5.7.0 x\r\n", NULL},
    {SAR, ALL, E5, "550 STARTTLS\r\n", "450 STARTTLS\r\n"},
    /* softening what asks for TLS */
    {0, TLS, E5, "530 5.7.0 Must issue\r\n", "430 4.7.0 Must issue\r\n"},
    {0, TLS, E5, "538 5.7.11 x\r\n", "438 4.7.11 x\r\n"},
    {0, TLS, E5, "530\n", "430\n"},
    {0, TLS, 0, "535 5.7.8 x\r\n", NULL},
    {0, TLS, 0, "550 5.7.1 x\r\n", NULL},
    {0, TLS, 0, "502 x\r\n", NULL},
    {0, TLS, E5, "5|30\n5|3", "430\n43"},
    {0, TLS, E5, "53|0 x\r\n", "430 x\r\n"},
    {0, TLS, E5, "53|5 x\r\n", "435 x\r\n"},
    {0, TLS, E5, "5|50 5.1.1 x\r\n", "450 4.1.1 x\r\n"},
    {0, TLS, 0, "55|0 x\r\n", NULL},
    {0, TLS, E5, "5|50-x\r\n550 y\r\n550 z\r\n", "450-x\r\n450 y\r\n550 z\r\n"},
    /* softening what is not about the recipient */
    {0, POLICY, E5, "550 relaying denied\r\n", "450 relaying denied\r\n"},
    {0, POLICY, E5, "550 5.7.1 x\r\n", "450 4.7.1 x\r\n"},
    {0, POLICY, E5, "530 5.7.0 x\r\n", "430 4.7.0 x\r\n"},
    {0, POLICY, 0, "550 5.1.1 x\r\n", NULL},
    {0, POLICY, 0, "552 5.2.2\n", NULL},
    {0, POLICY, E5, "550 5.11.1 x\r\n", "450 4.11.1 x\r\n"},
    {0, POLICY, E5, "550 5.3.1 x\r\n", "450 4.3.1 x\r\n"},
    {0, POLICY, E5, "550 5.1.x\r\n", "450 4.1.x\r\n"},
    {0, POLICY, E5, "550 5.1.1: x\r\n", "450 4.1.1: x\r\n"},
    {0, POLICY, E5, "550 4.1.1 x\r\n", "450 4.1.1 x\r\n"},
    {0, POLICY, E5, "550 5.1.1| x\r\n", "450 4.1.1 x\r\n"},
    {0, POLICY, E5, "550 5.|1.1 x\r\n", "450 4.1.1 x\r\n"},
    {0, POLICY, E5, "550 5.1|.1 x\r\n", "450 4.1.1 x\r\n"},
    {0, POLICY, E5, "550 |5.1.1 x\r\n", "450 4.1.1 x\r\n"},
    {0, POLICY, 0, "550 5.1.1 |x\r\n", NULL},
    {0, POLICY, E5, "550 5|.7.1 x\r\n", "450 4.7.1 x\r\n"},
    /* one decision for all lines of a reply */
    {0, POLICY, 0, "550-5.1.1 a\r\n550 b\r\n", NULL},
    {0, POLICY, E5, "550-a\r\n550 5.1.1 b\r\n", "450-a\r\n450 4.1.1 b\r\n"},
    {0, POLICY, E5, "550-5.1.1 a\r\n550 b\r\n550 c\r\n",
	"550-5.1.1 a\r\n550 b\r\n450 c\r\n"},
    {0, POLICY, E5, "550-a\r\nrubbish\r\n550 5.1.1 b\r\n550 5.1.1 c\r\n",
	"450-a\r\nrubbish\r\n450 4.1.1 b\r\n550 5.1.1 c\r\n"},
    {0, TLS, E5, "220-a\r\n54|005 x\r\n538 y\r\n",
	"220-a\r\n54005 x\r\n438 y\r\n"},
    {0, POLICY, E5, "550-a\r\n5|x\r\n550 5.1.1 b\r\n",
	"450-a\r\n4x\r\n450 4.1.1 b\r\n"},
    {0, POLICY, E5, "250-a\r\n5|x\r\n550 5.1.1 b\r\n",
	"250-a\r\n4x\r\n550 5.1.1 b\r\n"},
    {0, POLICY, E5, "450-a\r\n550 b\r\n", "450-a\r\n450 b\r\n"},
    {0, POLICY, E5, "5| apples\r\n550 5.1.1 x\r\n",
	"4 apples\r\n550 5.1.1 x\r\n"},
    {0, POLICY, E5, "550 a\r\n550 5.1.1 x\r\n", "450 a\r\n550 5.1.1 x\r\n"},
};

/* Feeds N bytes as pieces that end at LF; returns the edits. */
static unsigned
feed(struct mask *m, char *bytes, size_t n, const struct mask_want *want)
{
	unsigned edits = 0;

	while (n > 0) {
		char *end = memchr(bytes, '\n', n);
		size_t length = end == NULL ? n : (size_t)(end - bytes) + 1;
		char *copy = malloc(length);

		ck_assert_ptr_nonnull(copy);
		memcpy(copy, bytes, length);
		edits |= mask_line(m, copy, length, want);
		memcpy(bytes, copy, length);
		free(copy);
		bytes += length;
		n -= length;
	}
	return edits;
}

/* IN without its marks. */
static size_t
plain(const char *in, char out[BYTES_MAX])
{
	size_t n = 0;

	for (; *in != '\0'; in++)
		if (*in != '|')
			out[n++] = *in;
	out[n] = '\0';
	return n;
}

/* The pieces lie in one buffer: what is behind a piece can be read, but must
   not be. */
START_TEST(edits_as_the_table_says)
{
	const struct vector *v = &vectors[_i];
	const struct mask_want want = {
	    v->keywords, (enum mask_soften)v->soften, false};
	struct mask m = {0};
	char bytes[BYTES_MAX], original[BYTES_MAX];
	const char *in = v->in;
	unsigned edits = 0;
	size_t at = 0;

	plain(in, bytes);
	plain(in, original);
	while (*in != '\0') {
		size_t n = strcspn(in, "|");

		in += n + (in[n] == '|');
		while (n > 0) {
			size_t line = strcspn(bytes + at, "\n") + 1;

			if (line > n)
				line = n;
			edits |= mask_line(&m, bytes + at, line, &want);
			at += line;
			n -= line;
		}
	}
	ck_assert_str_eq(bytes, v->out == NULL ? original : v->out);
	ck_assert_uint_eq(edits, v->edits);
}
END_TEST

/* What comes out of every fragmentation may hold more edits than what comes out
   of the whole, never fewer, and nothing else. */
static void
compare(const char *original, const char *whole, const char *pieces)
{
	for (size_t i = 0; original[i] != '\0'; i++) {
		char edited = original[i];

		if (edited == '5')
			edited = '4';
		else if (edited == 'S' || edited == 'H')
			edited = 'X';
		else if (edited == 's' || edited == 'h')
			edited = 'x';
		if (whole[i] != original[i])
			ck_assert_int_eq(pieces[i], whole[i]);
		else if (pieces[i] != original[i])
			ck_assert_int_eq(pieces[i], edited);
	}
}

START_TEST(pieces_never_edit_less)
{
	const struct vector *v = &vectors[_i];
	const struct mask_want want = {
	    v->keywords, (enum mask_soften)v->soften, false};
	char original[BYTES_MAX], whole[BYTES_MAX], bytes[BYTES_MAX];
	size_t n = plain(v->in, original);
	struct mask m = {0};

	memcpy(whole, original, n + 1);
	feed(&m, whole, n, &want);
	for (size_t i = 0; i <= n; i++) {
		for (size_t j = i; j <= n; j++) {
			m = (struct mask){0};
			memcpy(bytes, original, n + 1);
			feed(&m, bytes, i, &want);
			feed(&m, bytes + i, j - i, &want);
			feed(&m, bytes + j, n - j, &want);
			compare(original, whole, bytes);
		}
	}
	m = (struct mask){0};
	memcpy(bytes, original, n + 1);
	for (size_t i = 0; i < n; i++)
		feed(&m, bytes + i, 1, &want);
	compare(original, whole, bytes);
}
END_TEST

START_TEST(a_second_pass_changes_nothing)
{
	const struct vector *v = &vectors[_i];
	const struct mask_want want = {
	    v->keywords, (enum mask_soften)v->soften, false};
	char once[BYTES_MAX], twice[BYTES_MAX];
	size_t n = plain(v->in, once);
	struct mask m = {0};

	feed(&m, once, n, &want);
	memcpy(twice, once, n + 1);
	m = (struct mask){0};
	ck_assert_uint_eq(feed(&m, twice, n, &want), 0);
	ck_assert_str_eq(once, twice);
}
END_TEST

START_TEST(the_decision_outlives_a_change_of_mind)
{
	struct mask_want want = {0, MASK_SOFTEN_ALL, false};
	struct mask m = {0};
	char bytes[] = "550-a\r\n";
	char next[] = "550 b\r\n";

	ck_assert_uint_eq(feed(&m, bytes, strlen(bytes), &want), E5);
	want.soften = MASK_SOFTEN_NONE;
	ck_assert_uint_eq(feed(&m, next, strlen(next), &want), E5);
	ck_assert_str_eq(next, "450 b\r\n");
}
END_TEST

START_TEST(edits_of_the_line_are_kept)
{
	const struct mask_want want = {SAR, MASK_SOFTEN_ALL, false};
	struct mask m = {0};
	char bytes[] = "250-STARTTLS now";
	char end[] = "\r\n";

	ck_assert_uint_eq(mask_line(&m, bytes, strlen(bytes), &want), ES);
	ck_assert_uint_eq(m.edits, ES);
	ck_assert_uint_eq(mask_line(&m, end, 2, &want), 0);
	ck_assert_uint_eq(m.edits, 0);
}
END_TEST

START_TEST(a_long_line_ends_no_keyword)
{
	const struct mask_want want = {SAR, MASK_SOFTEN_ALL, false};
	struct mask m = {0};
	char bytes[2000];

	memset(bytes, 'S', sizeof(bytes));
	for (size_t i = 0; i < 11; i++)
		bytes[i] = "250 STARTTL"[i];
	ck_assert_uint_eq(mask_line(&m, bytes, sizeof(bytes), &want), 0);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = "550 "[i % 4];
	ck_assert_uint_eq(mask_line(&m, bytes, sizeof(bytes), &want), 0);
}
END_TEST

#define COUNT ((int)(sizeof(vectors) / sizeof(vectors[0])))

int
main(void)
{
	Suite *suite = suite_create("mask");
	TCase *tcase = tcase_create("mask");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, edits_as_the_table_says, 0, COUNT);
	tcase_add_loop_test(tcase, pieces_never_edit_less, 0, COUNT);
	tcase_add_loop_test(tcase, a_second_pass_changes_nothing, 0, COUNT);
	tcase_add_test(tcase, the_decision_outlives_a_change_of_mind);
	tcase_add_test(tcase, edits_of_the_line_are_kept);
	tcase_add_test(tcase, a_long_line_ends_no_keyword);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
