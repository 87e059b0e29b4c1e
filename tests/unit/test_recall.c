/*
 * test_recall - sessions that learn, and sessions that are withheld
 *
 * Over loopback TCP with a real memory; what a host sends and reads is
 * reported to the session as the hooks do it.  Each row of the first table is
 * a session that fails; the next ones show what was made of it.
 */
#include "../../shim/clock.h"
#include "../../shim/out.h"
#include "loopback.h"

#define LEARN "peer 127.0.0.0/8 fallback\n"
#define OWN   "peer 127.0.0.0/8 fallback method=live\n"

static int64_t offset; /* of both clocks, milliseconds */
static struct clock_source real_clock;

static int64_t
monotonic(void)
{
	return real_clock.monotonic() + offset;
}

static int64_t
wall(void)
{
	return real_clock.wall() + offset;
}

static void
clock_start(void)
{
	real_clock = clock_source;
	clock_source = (struct clock_source){monotonic, wall};
}

static void
sent(int fd, const char *text, size_t n)
{
	struct iovec vector = {(void *)(uintptr_t)text, n};
	ssize_t answer;

	if (!out_send(fd, &vector, 1, MSG_NOSIGNAL, &answer))
		session_sent(fd, &vector, 1, (ssize_t)n);
}

/* What the host sees of TEXT. */
static const char *
received(int fd, const char *text, size_t n)
{
	static char bytes[512];
	struct iovec vector = {bytes, n};

	memcpy(bytes, text, n);
	bytes[n] = '\0';
	session_received(fd, &vector, 1, (ssize_t)n, false);
	return bytes;
}

#define SENT(fd, text)	   sent(fd, text, sizeof(text) - 1)
#define RECEIVED(fd, text) received(fd, text, sizeof(text) - 1)

static void
ended(int fd, ssize_t n, int error)
{
	char byte;
	struct iovec vector = {&byte, 1};

	errno = error;
	session_received(fd, &vector, 1, n, false);
}

static int
begin(void)
{
	int peer, fd = loop_connect(&peer);

	loop_watch(fd);
	ck_assert(loop_is_watched(fd));
	RECEIVED(fd, "220 mx\r\n");
	SENT(fd, "EHLO a\r\n");
	return fd;
}

/* The next session sees STARTTLS: true. */
static bool
is_offered(int fd)
{
	return strcmp(RECEIVED(fd, "250-mx\r\n250 STARTTLS\r\n"),
		   "250-mx\r\n250 STARTTLS\r\n") == 0;
}

static void
quit(int fd)
{
	session_close(fd);
	close(fd);
}

/* A session ends without a failure, after MAIL. */
static bool
next_is_offered(void)
{
	int fd = begin();
	bool offered = is_offered(fd);

	SENT(fd, "MAIL FROM:<>\r\n");
	if (loop_is_watched(fd))
		RECEIVED(fd, "250 OK\r\n");
	quit(fd);
	return offered;
}

#define HELLO "\x16\x03\x01\x00\x04\x01\x00\x00\x2a"
#define ALERT "\x15\x03\x03\x00\x02\x02\x28"

enum how { ALERTED, CLOSED, PLAIN, REFUSED, SILENT, LEFT, GARBAGE, EARLY };

/* One session that fails. */
static void
broken(enum how how)
{
	int fd = begin();

	ck_assert(is_offered(fd));
	SENT(fd, "STARTTLS\r\n");
	if (how == REFUSED)
		RECEIVED(fd, "454 4.7.0 not now\r\n");
	else if (how == GARBAGE)
		RECEIVED(fd, "250 fine\r\n");
	else if (how == EARLY)
		ended(fd, 0, 0);
	else {
		RECEIVED(fd, "220 go\r\n");
		SENT(fd, HELLO);
	}
	if (how == ALERTED)
		RECEIVED(fd, ALERT);
	if (how == PLAIN)
		RECEIVED(fd, "500 what\r\n");
	if (how == CLOSED)
		ended(fd, 0, 0);
	if (how == SILENT)
		offset += 16000;
	quit(fd);
}

static const struct {
	enum how how;
	const char *rules;
	const char *class;
	unsigned failures; /* until STARTTLS is withheld; 0: never */
} failures[] = {
    {ALERTED, LEARN, "tls-alert-handshake_failure", 1},
    {CLOSED, LEARN, "tls-closed", 2},
    {PLAIN, LEARN, "tls-plaintext", 1},
    {REFUSED, LEARN, "starttls-4xx", 1},
    {GARBAGE, LEARN, "starttls-bad-reply", 1},
    {EARLY, LEARN, "starttls-closed", 2},
    {SILENT, LEARN, "tls-timeout", 2},
    {LEFT, LEARN, "tls-timeout", 0},
    {CLOSED, OWN, "tls-closed", 2},
    {EARLY, OWN, "starttls-closed", 1},
};

START_TEST(a_failure_is_remembered)
{
	unsigned count = failures[_i].failures;

	clock_start();
	loop_start_memory(failures[_i].rules);
	for (unsigned i = 0; i < (count > 0 ? count : 3); i++)
		broken(failures[_i].how);
	ck_assert_ptr_nonnull(strstr(loop_said(), failures[_i].class));
	ck_assert(next_is_offered() == (count == 0));
	ck_assert(
	    (strstr(loop_said(), "\"act\":\"learn\"") != NULL) == (count > 0));
	ck_assert((strstr(loop_said(), "\"act\":\"withhold\"") != NULL) ==
		  (count > 0));
}
END_TEST

/* Expired, tried again, failed again: twice as long. */
START_TEST(it_expires_and_doubles)
{
	clock_start();
	loop_start_memory("peer 127.0.0.0/8 fallback ttl=10s..30s\n");
	broken(ALERTED);
	offset += 9000;
	ck_assert(!next_is_offered());
	offset += 2000;
	broken(ALERTED);
	offset += 19000;
	ck_assert(!next_is_offered());
	offset += 2000;
	ck_assert(next_is_offered());
}
END_TEST

#define CCS  "\x14\x03\x03\x00\x01\x01"
#define FIN  "\x16\x03\x03\x00\x04\x7e\x7e\x7e\x7e"
#define DATA "\x17\x03\x03\x00\x05hello"

START_TEST(one_success_erases)
{
	int fd;

	clock_start();
	loop_start_memory("peer 127.0.0.0/8 fallback ttl=10s\n");
	broken(ALERTED);
	offset += 11000;
	fd = begin();
	ck_assert(is_offered(fd));
	SENT(fd, "STARTTLS\r\n");
	RECEIVED(fd, "220 go\r\n");
	SENT(fd, HELLO);
	RECEIVED(fd, "\x16\x03\x03\x00\x04\x02\x00\x00\x2a" CCS FIN);
	SENT(fd, CCS FIN DATA);
	RECEIVED(fd, DATA);
	ck_assert(!loop_is_watched(fd));
	quit(fd);
	ck_assert_ptr_nonnull(strstr(loop_said(), "\"act\":\"heal\""));
	offset -= 5000;
	ck_assert(next_is_offered());
}
END_TEST

/* The client saw no STARTTLS, and said goodbye. */
START_TEST(a_program_that_requires_tls)
{
	int fd;

	loop_start_memory(LEARN);
	broken(ALERTED);
	fd = begin();
	ck_assert(!is_offered(fd));
	if (_i == 0)
		SENT(fd, "QUIT\r\n");
	quit(fd);
	ck_assert(next_is_offered());
}
END_TEST

START_TEST(a_client_that_does_not_look)
{
	int fd;

	loop_start_memory(LEARN);
	broken(ALERTED);
	fd = begin();
	ck_assert(!is_offered(fd));
	SENT(fd, "STARTTLS\r\n");
	ck_assert_str_eq(RECEIVED(fd, "250 2.0.0 OK\r\n"), "454 4.0.0 OK\r\n");
	SENT(fd, "MAIL FROM:<>\r\n");
	ck_assert_str_eq(RECEIVED(fd, "250 2.1.0 OK\r\n"), "250 2.1.0 OK\r\n");
	quit(fd);
	ck_assert(!next_is_offered());
}
END_TEST

START_TEST(mail_refused_in_the_clear)
{
	int fd;

	clock_start();
	loop_start_memory(LEARN);
	broken(ALERTED);
	fd = begin();
	ck_assert(!is_offered(fd));
	SENT(fd, "MAIL FROM:<>\r\n");
	ck_assert_str_eq(
	    RECEIVED(fd, "530 5.7.0 TLS\r\n"), "430 4.7.0 TLS\r\n");
	quit(fd);
	ck_assert(next_is_offered());
	ck_assert_ptr_nonnull(strstr(loop_said(), "clear-refused"));
}
END_TEST

START_TEST(a_peer_that_breaks_in_the_clear_as_well)
{
	int fd;

	loop_start_memory(LEARN);
	broken(ALERTED);
	fd = begin();
	ended(fd, 0, 0);
	quit(fd);
	ck_assert(next_is_offered());
}
END_TEST

START_TEST(clear_needs_no_memory)
{
	loop_start("peer 127.0.0.0/8 clear\n");
	ck_assert(!next_is_offered());
}
END_TEST

/* Where nothing may be recorded nothing is, and all goes on. */
START_TEST(observe_and_never_do_not_learn)
{
	loop_start_memory(_i == 0 ? "peer 127.0.0.0/8 observe\n"
				  : "peer 127.0.0.0/8 never\n");
	broken(ALERTED);
	ck_assert(next_is_offered());
	ck_assert_ptr_nonnull(strstr(loop_said(),
	    _i == 0 ? "\"act\":\"would-fallback\"" : "\"guard\":\"rule\""));
}
END_TEST

START_TEST(auth_is_remembered)
{
	int fd;

	loop_start_memory(LEARN);
	fd = begin();
	ck_assert(is_offered(fd));
	SENT(fd, "AUTH PLAIN AGEAYg==\r\n");
	quit(fd);
	broken(ALERTED);
	ck_assert_ptr_nonnull(strstr(loop_said(), "\"guard\":\"auth\""));
	ck_assert(next_is_offered());
}
END_TEST

START_TEST(off_means_off)
{
	int peer, fd;

	loop_start_memory(LEARN);
	broken(ALERTED);
	table_set_off(&start_memory()->table, true);
	fd = loop_connect(&peer);
	loop_watch(fd);
	ck_assert(!loop_is_watched(fd));
	table_set_off(&start_memory()->table, false);
	ck_assert(!next_is_offered());
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("recall");
	TCase *tcase = tcase_create("recall");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, a_failure_is_remembered, 0,
	    (int)(sizeof(failures) / sizeof(failures[0])));
	tcase_add_test(tcase, it_expires_and_doubles);
	tcase_add_test(tcase, one_success_erases);
	tcase_add_loop_test(tcase, a_program_that_requires_tls, 0, 2);
	tcase_add_test(tcase, a_client_that_does_not_look);
	tcase_add_test(tcase, mail_refused_in_the_clear);
	tcase_add_test(tcase, a_peer_that_breaks_in_the_clear_as_well);
	tcase_add_test(tcase, clear_needs_no_memory);
	tcase_add_loop_test(tcase, observe_and_never_do_not_learn, 0, 2);
	tcase_add_test(tcase, auth_is_remembered);
	tcase_add_test(tcase, off_means_off);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
