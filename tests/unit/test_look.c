/*
 * test_look - no forbidden line leaves, however a host cuts what it sends
 *
 * A stream is what a host sends in a downgraded session; '|' stands where the
 * line begins that must not leave (nothing of it may be on the wire, and the
 * stream is refused by its end), \xf2 where the server's 354 is read.  Each is
 * sent in all fragmentations and through sockets that take 1, 2, 3, 7 or any
 * number of bytes at once, by the rules of out.h.
 */
#include "../../shim/dialog.h"
#include "pieces.h"

#include <check.h>
#include <stdio.h>

#define ROOM 1024

static const struct stream {
	const char *bytes;
	enum dialog_forbidden forbidden;
} streams[] = {
    {"|AUTH PLAIN AGEAYg==\r\n", DIALOG_AUTH},
    {"|auth login\n", DIALOG_AUTH},
    {"|AUTH\r\n", DIALOG_AUTH},
    {"|AUTH\n", DIALOG_AUTH},
    {"EHLO a\r\n|aUtH x\r\nQUIT\r\n", DIALOG_AUTH},
    {"EHLO a\r\nRSET\r\n|AUTH\tx\r\n", DIALOG_AUTH},
    {"|MAIL FROM:<a@b> REQUIRETLS\r\n", DIALOG_REQUIRETLS},
    {"|mail from:<> size=1 requiretls\n", DIALOG_REQUIRETLS},
    {"EHLO a\r\n|MAIL FROM:<\"> \"@b> BODY=7BIT REQUIRETLS\r\n",
	DIALOG_REQUIRETLS},
    {"MAIL FROM:<a@b>\r\nRSET\r\n|MAIL FROM: <c> REQUIRETLS\r\n",
	DIALOG_REQUIRETLS},
    {"EHLO a\r\nMAIL FROM:<a@b> SIZE=9\r\nRCPT TO:<AUTH@b>\r\nQUIT\r\n",
	DIALOG_ALLOWED},
    {"MAIL FROM:<REQUIRETLS@b> XREQUIRETLS REQUIRETLSX\r\n", DIALOG_ALLOWED},
    {"AUTHX a\r\nMAILX REQUIRETLS\r\nNOOP AUTH\r\nHELP AUTH\r\n",
	DIALOG_ALLOWED},
    {"A\r\nM\r\nAUT\r\nMAI\r\n\r\n", DIALOG_ALLOWED},
    {"DATA\r\n\xf2"
     "AUTH x\r\nMAIL FROM:<> REQUIRETLS\r\n.\r\nQUIT\r\n",
	DIALOG_ALLOWED},
    {"DATA\r\n\xf2.\r\n|AUTH x\r\n", DIALOG_AUTH},
    {"DATA\r\n\xf2"
     "AUTH x\r\n..\r\n.\r\n|MAIL FROM:<a> REQUIRETLS=1\r\n",
	DIALOG_REQUIRETLS},
    {"BDAT 8\r\nAUTH x\r\nNOOP\r\n", DIALOG_ALLOWED},
    {"BDAT 5 LAST\r\nhello", DIALOG_ALLOWED},
    {"BDAT 5\r\nMAIL BDAT 5 LAST\r\nAUTH ", DIALOG_ALLOWED},
    {"BDAT 5 LAST\r\nAUTH |AUTH x\r\n", DIALOG_AUTH},
    {"BDAT 0 LAST\r\n|AUTH x\r\n", DIALOG_AUTH},
    {"BDAT x\r\n|AUTH x\r\n", DIALOG_AUTH},
};

static const size_t most_at_once[] = {1, 2, 3, 7, ROOM};

struct run {
	const struct stream *stream;
	size_t most;	  /* bytes that the socket takes at once */
	char bytes[ROOM]; /* the stream without its marks */
	size_t length;
	size_t limit; /* where the forbidden line begins */
	struct dialog dialog;
	char wire[ROOM];
	size_t sent;
	char kept[ROOM];
	size_t waits;
	enum dialog_forbidden refused;
};

/* As ck_assert(), which is too slow for what runs a million times. */
static void
require(bool condition)
{
	if (!condition)
		ck_abort();
}

static void
start(void *context)
{
	struct run *run = context;

	dialog_start(&run->dialog);
	dialog_downgrade(&run->dialog);
	run->sent = run->waits = 0;
	run->refused = DIALOG_ALLOWED;
}

/* One call of the host's; returns how many of the N bytes it may take for
   sent.  What waits goes first. */
static size_t
send_once(struct run *run, const char *bytes, size_t n)
{
	char load[2 * ROOM];
	struct dialog_look look;
	size_t total = run->waits + n, tail, wanted, sent;

	memcpy(load, run->kept, run->waits);
	memcpy(load + run->waits, bytes, n);
	dialog_look_start(&look, &run->dialog);
	run->refused = dialog_look(&look, load, total);
	if (run->refused != DIALOG_ALLOWED)
		return 0;
	tail = dialog_look_tail(&look);
	require(tail <= total);
	wanted = total - tail;
	sent = wanted < run->most ? wanted : run->most;
	memcpy(run->wire + run->sent, load, sent);
	run->sent += sent;
	dialog_client(&run->dialog, load, sent);
	if (sent == wanted) {
		memcpy(run->kept, load + sent, tail);
		run->waits = tail;
		return n;
	}
	if (sent < run->waits) {
		run->waits -= sent;
		memmove(run->kept, run->kept + sent, run->waits);
		return 0;
	}
	sent -= run->waits;
	run->waits = 0;
	return sent;
}

static void
feed(void *context, const char *bytes, size_t n)
{
	struct run *run = context;
	char go[] = "354 go\r\n";

	while (n > 0 && run->refused == DIALOG_ALLOWED) {
		const char *mark = memchr(bytes, '\xf2', n);
		size_t part = mark != NULL ? (size_t)(mark - bytes) : n;
		size_t taken = part > 0 ? send_once(run, bytes, part) : 0;

		bytes += taken;
		n -= taken;
		if (part > 0)
			continue;
		dialog_server(&run->dialog, go, sizeof(go) - 1);
		bytes++;
		n--;
	}
	require(run->sent <= run->limit);
}

static void
end(void *context)
{
	struct run *run = context;

	require(run->refused == run->stream->forbidden);
	require(memcmp(run->wire, run->bytes, run->sent) == 0);
	if (run->refused == DIALOG_ALLOWED)
		require(run->sent == run->length && run->waits == 0);
}

/* The stream without the bar, and where that stood among what is sent. */
static size_t
unbar(const struct stream *stream, char fed[ROOM], struct run *run)
{
	size_t n = 0;

	run->length = 0;
	run->limit = ROOM;
	for (const char *s = stream->bytes; *s != '\0'; s++) {
		if (*s == '|') {
			run->limit = run->length;
			continue;
		}
		fed[n++] = *s;
		if (*s != '\xf2')
			run->bytes[run->length++] = *s;
	}
	return n;
}

START_TEST(nothing_forbidden_leaves)
{
	struct run run = {.stream = &streams[_i]};
	const struct pieces pieces = {start, feed, end, &run};
	char fed[ROOM];
	size_t n = unbar(&streams[_i], fed, &run);

	for (size_t i = 0; i < sizeof(most_at_once) / sizeof(size_t); i++) {
		run.most = most_at_once[i];
		pieces_run(&pieces, fed, n);
	}
}
END_TEST

/* What waits is the whole of an unfinished line that may be forbidden. */
static const struct {
	const char *bytes;
	size_t tail;
} tails[] = {
    {"", 0},
    {"A", 1},
    {"AUT", 3},
    {"AUTH", 4},
    {"AUTH PLAIN x", 12},
    {"AX", 0},
    {"M", 1},
    {"mail from:<a@b> size=1\r", 23},
    {"MAILX", 0},
    {"X", 0},
    {"EHLO a\r\nMA", 2},
    {"EHLO a\r\n", 0},
    {"BDAT 9\r\nMA", 0},
    {"BDAT 2\r\nMA", 0},
    {"BDAT 1\r\nMA", 1},
};

START_TEST(what_waits)
{
	const char *bytes = tails[_i].bytes;
	size_t n = strlen(bytes);
	struct dialog d;

	dialog_start(&d);
	dialog_downgrade(&d);
	for (size_t i = 0; i <= n; i++) {
		struct dialog_look look;

		dialog_look_start(&look, &d);
		ck_assert_int_eq(dialog_look(&look, bytes, i), DIALOG_ALLOWED);
		ck_assert_int_eq(
		    dialog_look(&look, bytes + i, n - i), DIALOG_ALLOWED);
		ck_assert_uint_eq(dialog_look_tail(&look), tails[_i].tail);
	}
}
END_TEST

START_TEST(looking_changes_nothing)
{
	struct dialog d, before;
	struct dialog_look look;

	dialog_start(&d);
	dialog_downgrade(&d);
	dialog_client(&d, "NOOP\r\nRC", 8);
	before = d;
	dialog_look_start(&look, &d);
	dialog_look(&look, "PT\r\nAUTH x\r\n", 12);
	ck_assert_mem_eq(&d, &before, sizeof(d));
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

int
main(void)
{
	Suite *suite = suite_create("look");
	TCase *tcase = tcase_create("look");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, nothing_forbidden_leaves, 0, COUNT(streams));
	tcase_add_loop_test(tcase, what_waits, 0, COUNT(tails));
	tcase_add_test(tcase, looking_changes_nothing);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
