/*
 * test_out - what a host sends in a downgraded session, and its handle
 *
 * Over loopback TCP; out.h and clear.h say what must hold.
 */
#include "../../shim/clear.h"
#include "../../shim/out.h"
#include "loopback.h"

#include <signal.h>

#define RULES "peer 127.0.0.0/8 fallback method=live\n"

/* Sends TEXT as one call; returns its answer. */
static ssize_t
say(int fd, const char *text)
{
	size_t n = strlen(text);
	char *copy = malloc(n);
	struct iovec vector = {copy, n};
	ssize_t answer = -2;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, text, n);
	ck_assert(out_send(fd, &vector, 1, MSG_NOSIGNAL, &answer));
	ck_assert_mem_eq(copy, text, n);
	free(copy);
	return answer;
}

/* The peer has got exactly TEXT; "": nothing. */
static void
got(int peer, const char *text)
{
	char bytes[4096] = "";
	size_t want = strlen(text);
	ssize_t n = 0;

	if (want > 0)
		n = recv(peer, bytes, want, MSG_WAITALL);
	ck_assert_int_eq(n, (ssize_t)want);
	ck_assert_str_eq(bytes, text);
	ck_assert_int_eq(recv(peer, bytes, 1, MSG_DONTWAIT), -1);
	ck_assert_int_eq(errno, EAGAIN);
}

START_TEST(lines_go_straight_through)
{
	int peer, fd;

	loop_start(RULES);
	fd = loop_clear(&peer);
	ck_assert_int_eq(say(fd, "EHLO a\r\nMAIL FROM:<>\r\n"), 22);
	got(peer, "EHLO a\r\nMAIL FROM:<>\r\n");
	ck_assert_int_eq(say(fd, "QUI"), 3);
	got(peer, "QUI");
}
END_TEST

START_TEST(starttls_leaves_as_noop)
{
	int peer, fd;

	loop_start(RULES);
	fd = loop_clear(&peer);
	ck_assert_int_eq(say(fd, "EHLO a\r\nstarttls\r\nMAIL"), 18);
	got(peer, "EHLO a\r\nNOOP    \r\n");
	ck_assert_int_eq(say(fd, "STARTTLS\n"), 9);
	got(peer, "NOOP    \n");
	ck_assert_int_eq(say(fd, "STARTTLS now\r\n"), 14);
	got(peer, "NOOP     now\r\n");
	ck_assert_int_eq(say(fd, "STARTTLSX\r\n"), 11);
	got(peer, "STARTTLSX\r\n");
}
END_TEST

START_TEST(starttls_in_pieces)
{
	int peer, fd;

	loop_start(RULES);
	fd = loop_clear(&peer);
	for (const char *c = "STARTTLS\r"; *c != '\0'; c++) {
		char one[] = {*c, '\0'};

		ck_assert_int_eq(say(fd, one), 1);
		got(peer, "");
	}
	ck_assert_int_eq(say(fd, "\n"), 1);
	got(peer, "NOOP    \r\n");
}
END_TEST

/* Too much for one copy: what comes before STARTTLS goes first. */
START_TEST(starttls_behind_much_else)
{
	char text[SESSION_OUT + 32], line[] = "STARTTLS\r\n";
	int peer, fd;

	loop_start(RULES);
	fd = loop_clear(&peer);
	memset(text, ' ', sizeof(text));
	memcpy(text, "NOOP", 4);
	memcpy(text + SESSION_OUT, "\r\nSTARTTLS\r\n", 13);
	ck_assert_int_eq(say(fd, text), SESSION_OUT + 2);
	text[SESSION_OUT + 2] = '\0';
	got(peer, text);
	ck_assert_int_eq(say(fd, line), 10);
	got(peer, "NOOP    \r\n");
}
END_TEST

START_TEST(other_sessions_are_left_alone)
{
	struct iovec vector = {(char[]){"AUTH x\r\n"}, 8};
	ssize_t answer = -2;
	int peer, fd;

	loop_start(RULES);
	fd = loop_connect(&peer);
	ck_assert(!out_send(fd, &vector, 1, 0, &answer));
	loop_watch(fd);
	ck_assert(!out_send(fd, &vector, 1, 0, &answer));
	ck_assert_int_eq(answer, -2);
	got(peer, "");
}
END_TEST

START_TEST(half_a_line_waits_for_its_rest)
{
	int peer, fd;

	loop_start(RULES);
	fd = loop_clear(&peer);
	ck_assert_int_eq(say(fd, "NOOP\r\nM"), 7);
	got(peer, "NOOP\r\n");
	ck_assert_int_eq(say(fd, "AIL FROM:<>"), 11);
	got(peer, "");
	ck_assert_int_eq(say(fd, "\r\nRSET\r\nA"), 9);
	got(peer, "MAIL FROM:<>\r\nRSET\r\n");
	ck_assert_int_eq(say(fd, "X"), 1);
	got(peer, "AX");
}
END_TEST

static const struct {
	const char *first, *then, *guard;
} refused[] = {
    {"", "AUTH PLAIN x\r\n", "auth"},
    {"", "RSET\r\nauth x\r\n", "auth"},
    {"AU", "TH x\r\n", "auth"},
    {"AUTH", "\r\n", "auth"},
    {"", "MAIL FROM:<> REQUIRETLS\r\n", "requiretls"},
    {"MAIL FROM:<> REQUIRETL", "S\r\n", "requiretls"},
};

START_TEST(a_forbidden_line_breaks_the_connection)
{
	char bytes[8], guard[64];
	ssize_t answer = -2;
	int peer, fd;

	loop_start(RULES);
	fd = loop_clear(&peer);
	if (refused[_i].first[0] != '\0')
		ck_assert_int_eq(say(fd, refused[_i].first),
		    (ssize_t)strlen(refused[_i].first));
	ck_assert_int_eq(say(fd, refused[_i].then), -1);
	ck_assert_int_eq(errno, ECONNRESET);
	ck_assert_int_eq(recv(peer, bytes, sizeof(bytes), 0), 0);
	snprintf(guard, sizeof(guard), "\"guard\":\"%s\"", refused[_i].guard);
	ck_assert_ptr_nonnull(strstr(loop_said(), guard));
	/* and stays broken */
	ck_assert_int_eq(say(fd, "QUIT\r\n"), -1);
	ck_assert_int_eq(errno, EPIPE);
	ck_assert(session_before_read(fd, 0, &answer));
	ck_assert_int_eq(answer, -1);
	ck_assert_int_eq(errno, ECONNRESET);
}
END_TEST

START_TEST(pieces_of_a_vector)
{
	char text[] = "NOOP\r\nAUTH x\r\n";
	struct iovec many[20];
	ssize_t answer;
	int peer, fd;

	loop_start(RULES);
	fd = loop_clear(&peer);
	for (int i = 0; i < 20; i++)
		many[i] = (struct iovec){text, 6};
	many[3] = (struct iovec){NULL, 0};
	ck_assert(out_send(fd, many, 20, 0, &answer));
	ck_assert(answer > 0 && answer % 6 == 0 && answer <= 19 * 6);
	for (ssize_t n = 0; n < answer; n += 6) {
		char line[7] = "";

		ck_assert_int_eq(recv(peer, line, 6, MSG_WAITALL), 6);
		ck_assert_str_eq(line, "NOOP\r\n");
	}
	for (int i = 0; i < 8; i++)
		many[i] = (struct iovec){text + 6 + i, 1};
	ck_assert(out_send(fd, many, 8, 0, &answer));
	ck_assert_int_eq(answer, -1);
	ck_assert_int_eq(recv(peer, text, 1, 0), 0);
}
END_TEST

START_TEST(a_line_beyond_what_can_wait)
{
	char line[SESSION_OUT + 2];
	int peer, fd;

	loop_start(RULES);
	fd = loop_clear(&peer);
	memset(line, 'x', sizeof(line));
	memcpy(line, "MAIL FROM:<", 11);
	line[SESSION_OUT] = '\0';
	ck_assert_int_eq(say(fd, line), SESSION_OUT);
	got(peer, "");
	ck_assert_int_eq(say(fd, "x"), -1);
	ck_assert_int_eq(errno, ECONNRESET);
	ck_assert_int_eq(recv(peer, line, 1, 0), 0);
}
END_TEST

/* Nobody sends more before the server has answered: nothing may wait. */
START_TEST(a_chunk_leaves_with_its_last_octet)
{
	int peer, fd;

	loop_start(RULES);
	fd = loop_clear(&peer);
	ck_assert_int_eq(say(fd, "BDAT 5 LAST\r\nhello"), 18);
	got(peer, "BDAT 5 LAST\r\nhello");
}
END_TEST

/* Through a socket that takes little, every byte once and in order. */
START_TEST(short_writes_lose_nothing)
{
	enum { LINES = 20000, LENGTH = 20 };
	char *text = malloc(LINES * LENGTH + 1), *seen = malloc(LINES * LENGTH);
	size_t sent = 0, read = 0, waits = 0;
	int small = 4096, peer, fd;

	loop_start(RULES);
	fd = loop_clear(&peer);
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	loop_nonblocking(fd);
	for (int i = 0; i < LINES; i++)
		snprintf(
		    text + i * LENGTH, LENGTH + 1, "MAIL FROM:<%06d>\r\n", i);
	while (read < LINES * LENGTH) {
		struct iovec vector = {text + sent, LINES * LENGTH - sent};
		ssize_t n = 0;

		if (vector.iov_len > 0 && sent % 3 == 0 &&
		    vector.iov_len > 4099)
			vector.iov_len = 4099;
		if (vector.iov_len > 0)
			ck_assert(out_send(fd, &vector, 1, 0, &n));
		if (n < 0)
			ck_assert_int_eq(errno, EAGAIN);
		sent += n > 0 ? (size_t)n : 0;
		waits += n < 0;
		n = recv(peer, seen + read, 1000, MSG_DONTWAIT);
		read += n > 0 ? (size_t)n : 0;
	}
	ck_assert_uint_gt(waits, 0);
	ck_assert_uint_eq(sent, LINES * LENGTH);
	ck_assert_int_eq(memcmp(text, seen, LINES * LENGTH), 0);
	free(text);
	free(seen);
}
END_TEST

START_TEST(states_of_a_handle)
{
	static struct clear *all[1000];
	char bytes[16] = "";
	struct clear *c;
	size_t n = 0;
	int peer, fd;

	loop_start(RULES);
	fd = loop_clear(&peer);
	loop_nonblocking(fd);
	c = clear_new();
	ck_assert_ptr_nonnull(c);
	ck_assert_int_eq(clear_read(c, fd, bytes, 16, false), -1);
	ck_assert_int_eq(c->status, CLEAR_WANTS_INPUT);
	ck_assert_int_eq(send(peer, "250 a\r\n", 7, 0), 7);
	ck_assert_int_eq(clear_read(c, fd, bytes, 3, true), 3);
	ck_assert_int_eq(clear_read(c, fd, bytes, 16, false), 7);
	ck_assert_str_eq(bytes, "250 a\r\n");
	ck_assert_int_eq(c->status, CLEAR_OK);
	ck_assert_int_eq(clear_write(c, fd, "EHLO a\r\n", 8, false), 8);
	ck_assert_int_eq(clear_write(c, fd, "", 0, false), 0);
	got(peer, "EHLO a\r\n");
	ck_assert_int_eq(clear_write(c, fd, "AUTH x\r\n", 8, true), -1);
	ck_assert_int_eq(c->status, CLEAR_ERROR);
	ck_assert_int_eq(clear_read(c, fd, bytes, 16, false), -1);
	ck_assert_int_eq(c->status, CLEAR_ERROR);
	c->failed = true;
	ck_assert_int_eq(clear_read(c, fd, bytes, 16, false), -1);
	ck_assert_int_eq(errno, ETIMEDOUT);
	clear_free(c);
	ck_assert_int_eq(clear_handles, 0);
	while (n < 1000 && (all[n] = clear_new()) != NULL)
		n++;
	ck_assert(n > 0 && n < 1000 && clear_handles == (int)n);
	clear_free(all[n - 1]);
	ck_assert_ptr_eq(clear_new(), all[n - 1]);
}
END_TEST

START_TEST(a_handle_whose_peer_or_session_went)
{
	char bytes[16];
	struct clear *c;
	int peer, fd;

	loop_start(RULES);
	fd = loop_clear(&peer);
	c = clear_new();
	close(peer);
	ck_assert_int_eq(clear_read(c, fd, bytes, 16, false), 0);
	ck_assert_int_eq(c->status, CLEAR_CLOSED);
	ck_assert(c->closed);
	session_close(fd);
	ck_assert_int_eq(clear_write(c, fd, "x", 1, false), -1);
	ck_assert_int_eq(errno, EPIPE);
	ck_assert_int_eq(c->status, CLEAR_ERROR);
}
END_TEST

/* A host that takes no short write repeats the call until all is sent. */
START_TEST(a_write_that_is_repeated)
{
	enum { SIZE = 3000000 };
	char *text = malloc(SIZE), *seen = malloc(SIZE);
	int small = 4096, peer, fd;
	size_t read = 0, repeats = 0;
	struct clear *c = clear_new();
	ssize_t n;

	loop_start(RULES);
	fd = loop_clear(&peer);
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	loop_nonblocking(fd);
	for (size_t i = 0; i < SIZE; i++)
		text[i] = i % 64 == 63 ? '\n' : (char)('a' + i / 64 % 26);
	while ((n = clear_write(c, fd, text, SIZE, false)) < 0) {
		ck_assert_int_eq(c->status, CLEAR_WANTS_OUTPUT);
		n = recv(peer, seen + read, SIZE - read, MSG_DONTWAIT);
		read += n > 0 ? (size_t)n : 0;
		repeats++;
	}
	ck_assert_int_eq(n, SIZE);
	ck_assert_uint_gt(repeats, 0);
	n = recv(peer, seen + read, SIZE - read, MSG_WAITALL);
	ck_assert_uint_eq(read + (size_t)n, SIZE);
	ck_assert_int_eq(memcmp(text, seen, SIZE), 0);
	free(text);
	free(seen);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("out");
	TCase *tcase = tcase_create("out");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, lines_go_straight_through);
	tcase_add_test(tcase, starttls_leaves_as_noop);
	tcase_add_test(tcase, starttls_in_pieces);
	tcase_add_test(tcase, starttls_behind_much_else);
	tcase_add_test(tcase, other_sessions_are_left_alone);
	tcase_add_test(tcase, half_a_line_waits_for_its_rest);
	tcase_add_loop_test(tcase, a_forbidden_line_breaks_the_connection, 0,
	    (int)(sizeof(refused) / sizeof(refused[0])));
	tcase_add_test(tcase, pieces_of_a_vector);
	tcase_add_test(tcase, a_line_beyond_what_can_wait);
	tcase_add_test(tcase, a_chunk_leaves_with_its_last_octet);
	tcase_add_test(tcase, short_writes_lose_nothing);
	tcase_add_test(tcase, states_of_a_handle);
	tcase_add_test(tcase, a_handle_whose_peer_or_session_went);
	tcase_add_test(tcase, a_write_that_is_repeated);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
