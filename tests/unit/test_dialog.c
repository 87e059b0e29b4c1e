/*
 * test_dialog - a session's state from its bytes, table driven
 *
 * A script is a row of turns: \xf1 the client's bytes follow, \xf2 the
 * server's, \xf3 the session is downgraded, \xf4 the TLS library reports
 * success, \xf5 STARTTLS is withheld, \xf6 the library had plain data.  Every script is fed in all fragmentations, except where an edit
 * depends on what the buffer holds (mask.h).  What came of it is written as
 * text: the stage; the news (h handshake, r refused, t talked, u up, c clear, g
 * greeted, s softened, a authed, l left); the fields that are set; replies still to come.
 */
#include "../../shim/dialog.h"
#include "pieces.h"

#include <check.h>
#include <stdio.h>

#define OUT_MAX 2048

#define C    "\xf1"
#define S    "\xf2"
#define DOWN "\xf3"
#define DONE "\xf4"
#define HOLD "\xf5"
#define READ "\xf6"

#define START	 S "220 mx ESMTP\r\n" C "EHLO a\r\n"
#define OFFER	 S "250-mx\r\n250-SIZE\r\n250 STARTTLS\r\n"
#define STARTTLS C "STARTTLS\r\n"
#define GO	 START OFFER STARTTLS S "220 go\r\n"
#define CLEAR	 DOWN C "EHLO a\r\n" S "250-mx\r\n250 SIZE\r\n"

/* The beginnings of TLS 1.2, as far as record.h looks at them. */
#define HELLO "\x16\x03\x01\x00\x04\x01\x00\x00\x2a"
#define CCS   "\x14\x03\x03\x00\x01\x01"
#define FIN   "\x16\x03\x03\x00\x04\x7e\x7e\x7e\x7e"
#define DATA  "\x17\x03\x03\x00\x05hello"
#define HANDS \
	C HELLO S "\x16\x03\x03\x00\x04\x02\x00\x00\x2a" C CCS FIN S CCS FIN

/* ... and of TLS 1.3, where a ticket looks like a reply. */
#define THIRTY "012345678901234567890123456789"
#define DATA13 "\x17\x03\x03\x00\x1e" THIRTY
#define HANDS13                                                           \
	C HELLO S                                                         \
	    "\x16\x03\x03\x00\x32\x02\x00\x00\x2e\x03\x03" THIRTY         \
	    "01\x00\x13\x01\x00\x00\x06\x00\x2b\x00\x02\x03\x04" DATA13 C \
	    "\x17\x03\x03\x00\x35" THIRTY "01234567890123456789012"

struct script {
	const char *bytes;
	size_t length;
	const char *state;
	const char *server; /* what the client sees of it; NULL: as it was */
	bool whole;
};

#define SCRIPT(text, state)                                \
	{                                                  \
		text, sizeof(text) - 1, state, NULL, false \
	}
#define EDITED(text, state, seen)                          \
	{                                                  \
		text, sizeof(text) - 1, state, seen, false \
	}
#define WHOLE(text, state, seen)                          \
	{                                                 \
		text, sizeof(text) - 1, state, seen, true \
	}

static const struct script scripts[] = {
#include "data/dialogs.inc"
};

struct run {
	struct dialog dialog;
	char turn;
	unsigned news;
	char server[OUT_MAX]; /* as it was sent */
	char seen[OUT_MAX];   /* as the client sees it */
	size_t length;
	const struct script *script;
};

static void
start(void *context)
{
	struct run *run = context;
	const struct script *script = run->script;

	*run = (struct run){.script = script};
	dialog_start(&run->dialog);
}

/* As ck_assert(), which is too slow for what runs a million times. */
static void
require(bool condition)
{
	if (!condition)
		ck_abort();
}

/* N bytes of one turn, in memory of their own. */
static void
feed_turn(struct run *run, const char *bytes, size_t n)
{
	char *copy = malloc(n);

	require(copy != NULL);
	memcpy(copy, bytes, n);
	if (run->turn == *C) {
		run->news |= dialog_client(&run->dialog, copy, n);
		require(memcmp(copy, bytes, n) == 0);
	} else {
		require(run->length + n < OUT_MAX);
		memcpy(run->server + run->length, bytes, n);
		run->news |= dialog_server(&run->dialog, copy, n);
		memcpy(run->seen + run->length, copy, n);
		run->length += n;
	}
	free(copy);
}

static void
feed(void *context, const char *bytes, size_t n)
{
	struct run *run = context;
	size_t from = 0;

	for (size_t i = 0; i <= n; i++) {
		if (i < n && (unsigned char)bytes[i] < 0xf1)
			continue;
		if (i > from)
			feed_turn(run, bytes + from, i - from);
		from = i + 1;
		if (i == n)
			break;
		if (bytes[i] == *DOWN)
			dialog_downgrade(&run->dialog);
		else if (bytes[i] == *DONE)
			dialog_handshake_done(&run->dialog);
		else if (bytes[i] == *HOLD)
			dialog_withhold(&run->dialog);
		else if (bytes[i] == *READ)
			run->news |= dialog_read(&run->dialog);
		else
			run->turn = bytes[i];
	}
}

static void
describe(const struct run *run, char text[128])
{
	static const char *const stages[] = {"connect", "banner", "ehlo",
	    "starttls", "handshake", "ehlo-tls", "tls", "clear"};
	static const char letters[] = "hrtucgsal";
	const struct dialog *d = &run->dialog;
	char news[10] = "";
	size_t n = 0;

	for (size_t i = 0; i < sizeof(letters) - 1; i++)
		if (run->news >> i & 1)
			news[n++] = letters[i];
	snprintf(text, 128, "%s %s%s%s%s%s%s%s%s%s%s%s %u %u %u",
	    stages[d->stage], news, d->downgraded ? " down" : "",
	    d->exact ? " exact" : "", d->auth ? " auth" : "",
	    d->auth_masked ? " masked" : "", d->replied ? " replied" : "",
	    d->handshake_done ? " done" : "", d->lost ? " lost" : "",
	    d->offered ? " offered" : "", d->refusing ? " refusing" : "",
	    d->mail ? " mail" : "", d->reply, d->greetings, d->count);
}

static void
end(void *context)
{
	struct run *run = context;
	const struct script *script = run->script;
	const char *seen =
	    script->server != NULL ? script->server : run->server;
	char text[128];

	describe(run, text);
	if (strcmp(text, script->state) != 0)
		ck_assert_str_eq(text, script->state);
	if (strcmp(run->seen, seen) != 0)
		ck_assert_str_eq(run->seen, seen);
}

START_TEST(scripts_in_any_fragmentation)
{
	struct run run = {.script = &scripts[_i]};
	const struct pieces pieces = {start, feed, end, &run};

	if (scripts[_i].whole) {
		start(&run);
		feed(&run, scripts[_i].bytes, scripts[_i].length);
		end(&run);
	} else {
		pieces_run(&pieces, scripts[_i].bytes, scripts[_i].length);
	}
}
END_TEST

static void
say(struct run *run, const char *text)
{
	feed(run, text, strlen(text));
}

/* Beyond the queue the order of the replies is lost: nothing is exact any
   more, and every refusal is temporary. */
START_TEST(more_commands_than_the_queue_holds)
{
	static const struct script none = {.bytes = ""};
	struct run run = {.script = &none};
	bool beyond = _i != 0;

	start(&run);
	say(&run, CLEAR C);
	for (int i = 0; i < DIALOG_QUEUE; i++)
		say(&run, "RCPT TO:<a@b>\r\n");
	ck_assert(!run.dialog.lost);
	ck_assert(run.dialog.count == DIALOG_QUEUE);
	if (beyond)
		say(&run, "NOOP\r\n");
	ck_assert(run.dialog.lost == beyond);
	ck_assert(run.dialog.count == DIALOG_QUEUE);
	run.length = 0;
	say(&run, S);
	feed(&run, "550 5.1.1 no such user\r\n", 24);
	run.seen[run.length] = '\0';
	ck_assert_str_eq(run.seen, beyond ? "450 4.1.1 no such user\r\n"
					  : "550 5.1.1 no such user\r\n");
}
END_TEST

/* The queue is a ring: far more commands than it holds, one after another. */
START_TEST(queue_goes_round)
{
	static const struct script none = {.bytes = ""};
	struct run run = {.script = &none};

	start(&run);
	say(&run, CLEAR);
	for (int i = 0; i < 3 * DIALOG_QUEUE; i++) {
		run.length = 0;
		say(&run, i % 2 ? C "NOOP\r\n" : C "MAIL FROM:<>\r\n");
		say(&run, S "550 no\r\n");
		run.seen[run.length] = '\0';
		ck_assert_str_eq(run.seen, i % 2 ? "550 no\r\n" : "450 no\r\n");
	}
	ck_assert(run.dialog.count == 0 && !run.dialog.lost);
}
END_TEST

START_TEST(greetings_saturate)
{
	struct dialog d;

	dialog_start(&d);
	for (int i = 0; i < 300; i++)
		dialog_client(&d, "HELO a\r\n", 8);
	ck_assert_int_eq(d.greetings, 255);
	ck_assert(!d.exact);
}
END_TEST

START_TEST(nothing_in_nothing_out)
{
	struct dialog d, before;
	char none[1] = "x";

	dialog_start(&d);
	before = d;
	ck_assert_uint_eq(dialog_server(&d, none, 0), 0);
	ck_assert_uint_eq(dialog_client(&d, none, 0), 0);
	ck_assert_mem_eq(&d, &before, sizeof(d));
	ck_assert_int_eq(none[0], 'x');
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

int
main(void)
{
	Suite *suite = suite_create("dialog");
	TCase *tcase = tcase_create("dialog");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(
	    tcase, scripts_in_any_fragmentation, 0, COUNT(scripts));
	tcase_add_loop_test(tcase, more_commands_than_the_queue_holds, 0, 2);
	tcase_add_test(tcase, queue_goes_round);
	tcase_add_test(tcase, greetings_saturate);
	tcase_add_test(tcase, nothing_in_nothing_out);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
