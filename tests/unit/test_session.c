/*
 * test_session - a watched connection: slots, descriptors, deadlines, judging
 *
 * Over loopback TCP.  What a host sends and reads is reported to the session
 * as the hooks do it.
 */
#include "../../shim/clock.h"
#include "../../shim/fd.h"
#include "loopback.h"

#include <sys/resource.h>
#include <sys/wait.h>

#define LIVE  "peer 127.0.0.0/8 fallback method=live\n"
#define TURNS "peer 127.0.0.0/8 never\n"

static void
sent(int fd, const char *text)
{
	struct iovec vector = {(void *)(uintptr_t)text, strlen(text)};

	session_sent(fd, &vector, 1, (ssize_t)vector.iov_len);
}

static void
received(int fd, const char *text)
{
	char bytes[256];
	struct iovec vector = {bytes, strlen(text)};

	memcpy(bytes, text, vector.iov_len);
	session_received(fd, &vector, 1, (ssize_t)vector.iov_len, false);
}

static void
ended(int fd, ssize_t n, int error)
{
	char byte;
	struct iovec vector = {&byte, 1};

	errno = error;
	session_received(fd, &vector, 1, n, false);
	ck_assert_int_eq(errno, error);
}

static void
up_to_starttls(int fd)
{
	received(fd, "220 mx\r\n");
	sent(fd, "EHLO a\r\n");
	received(fd, "250-mx\r\n250 STARTTLS\r\n");
	sent(fd, "STARTTLS\r\n");
}

START_TEST(only_what_the_policy_wants)
{
	struct sockaddr_in other;
	int peer, fd, udp = socket(AF_INET, SOCK_DGRAM, 0);

	loop_start("peer 127.0.0.1 fallback\npeer 127.0.0.2 off\n");
	fd = loop_connect(&peer);
	ck_assert(!loop_is_watched(fd));
	other = loop_address;
	other.sin_port ^= htons(1);
	session_connect(fd, (struct sockaddr *)&other, sizeof(other));
	ck_assert(!loop_is_watched(fd));
	other = loop_address;
	other.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
	session_connect(fd, (struct sockaddr *)&other, sizeof(other));
	ck_assert(!loop_is_watched(fd));
	other.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 2);
	session_connect(fd, (struct sockaddr *)&other, sizeof(other));
	ck_assert(!loop_is_watched(fd));
	session_connect(fd, (struct sockaddr *)&loop_address, 4);
	session_connect(fd, NULL, 0);
	session_connect(
	    -1, (struct sockaddr *)&loop_address, sizeof(loop_address));
	loop_watch(udp);
	ck_assert(!loop_is_watched(fd) && !loop_is_watched(udp));
	loop_watch(fd);
	ck_assert(loop_is_watched(fd) && fd_watched(fd));
}
END_TEST

START_TEST(no_policy_nothing_watched)
{
	int peer, fd;

	loop_start("peer nonsense\n");
	fd = loop_connect(&peer);
	loop_watch(fd);
	ck_assert(!fd_watched(fd) && start_policy() == NULL);
}
END_TEST

START_TEST(a_second_connect_goes_on_with_the_first)
{
	struct session *s;
	int peer, fd;
	unsigned slot;

	loop_start(LIVE);
	fd = loop_connect(&peer);
	loop_watch(fd);
	slot = fd_slot(fd);
	loop_watch(fd);
	ck_assert_uint_eq(fd_slot(fd), slot);
	received(fd, "220 mx\r\n");
	loop_watch(fd);
	s = session_hold(fd);
	ck_assert_ptr_nonnull(s);
	ck_assert_int_eq(s->dialog.stage, STAGE_CONNECT);
	session_release(s);
}
END_TEST

START_TEST(duplicates_are_counted)
{
	int peer, fd, copy;

	loop_start(TURNS);
	fd = loop_connect(&peer);
	loop_watch(fd);
	copy = dup(fd);
	session_dup(fd, copy);
	up_to_starttls(fd);
	received(copy, "220 go\r\n");
	ck_assert_int_eq(session_handshakes, 1);
	session_close(fd);
	ck_assert(!fd_watched(fd) && loop_is_watched(copy));
	ck_assert_str_eq(loop_said(), "");
	session_close(copy);
	ck_assert(!fd_watched(copy));
	ck_assert_int_eq(session_handshakes, 0);
	ck_assert_ptr_nonnull(strstr(loop_said(), "\"act\":\"decline\""));
	ck_assert_ptr_nonnull(strstr(loop_said(), "\"guard\":\"rule\""));
}
END_TEST

START_TEST(another_socket_behind_the_number)
{
	int peer, fd, other;

	loop_start(LIVE);
	fd = loop_connect(&peer);
	other = loop_connect(&peer);
	loop_watch(fd);
	ck_assert_int_eq(dup2(other, fd), fd);
	ck_assert(fd_watched(fd));
	ck_assert(!loop_is_watched(fd));
	ck_assert(!fd_watched(fd));
	loop_watch(other);
	close(other);
	ck_assert(!loop_is_watched(other));
}
END_TEST

/* All slots are in use; what was closed unseen is found again. */
START_TEST(slots_run_out_and_come_back)
{
	enum { SLOTS = 512 };
	struct rlimit limit = {2048, 2048};
	int fd[SLOTS + 1], peer;

	loop_start(LIVE);
	setrlimit(RLIMIT_NOFILE, &limit);
	for (int i = 0; i <= SLOTS; i++) {
		fd[i] = loop_connect(&peer);
		close(peer);
		loop_watch(fd[i]);
		ck_assert(loop_is_watched(fd[i]) == (i < SLOTS));
	}
	close(fd[7]);
	loop_watch(fd[SLOTS]);
	ck_assert(loop_is_watched(fd[SLOTS]));
	for (int i = 0; i < SLOTS; i++)
		ck_assert(loop_is_watched(fd[i]) == (i != 7));
}
END_TEST

/* A number whose session was dropped is free at once. */
START_TEST(a_dropped_session_does_not_delay_the_next)
{
	int64_t slowest = 0;
	int peer, fd;

	loop_start(LIVE);
	fd = loop_connect(&peer);
	for (int i = 0; i < 5; i++) {
		struct session *s;
		int64_t began;

		loop_watch(fd);
		s = session_hold(fd);
		ck_assert_ptr_nonnull(s);
		session_drop(s);
		began = clock_monotonic();
		loop_watch(fd);
		if (clock_monotonic() - began > slowest)
			slowest = clock_monotonic() - began;
		s = session_hold(fd);
		ck_assert_ptr_nonnull(s);
		session_drop(s);
	}
	ck_assert_int_le(slowest, 5);
}
END_TEST

static int64_t now;

static int64_t
fake(void)
{
	return now;
}

START_TEST(deadlines)
{
	struct session *s;
	int peer, fd;

	loop_start("timeout stall=10 handshake=60 reconnect=5\n" LIVE);
	clock_source.monotonic = fake;
	now = 1000000;
	fd = loop_connect(&peer);
	loop_watch(fd);
	up_to_starttls(fd);
	received(fd, "220 go\r\n");
	s = session_hold(fd);
	ck_assert_int_eq(session_left(s), 10000);
	now += 9999;
	ck_assert_int_eq(session_left(s), 1);
	now += 2;
	ck_assert_int_eq(session_left(s), 0);
	session_release(s);
	received(fd, "\x16");
	s = session_hold(fd);
	ck_assert_int_eq(session_left(s), 10000);
	session_release(s);
	for (; now < 1055000; now += 5000)
		received(fd, "\x03");
	s = session_hold(fd);
	ck_assert_int_eq(session_left(s), (int)(1060000 - now));
	session_release(s);
}
END_TEST

START_TEST(a_blocking_read_is_cut)
{
	ssize_t answer = -2;
	struct session *s;
	int peer, fd;

	loop_start("timeout stall=1\n" LIVE);
	fd = loop_connect(&peer);
	loop_watch(fd);
	up_to_starttls(fd);
	received(fd, "220 go\r\n");
	errno = EXDEV;
	ck_assert(!session_before_read(fd, 0, &answer));
	s = session_hold(fd);
	s->cuts = true;
	session_release(s);
	ck_assert_int_eq(send(peer, "x", 1, 0), 1);
	ck_assert(!session_before_read(fd, 0, &answer));
	ck_assert_int_eq(errno, EXDEV);
	ck_assert_int_eq(recv(fd, &answer, 1, 0), 1);
	ck_assert(session_before_read(fd, 0, &answer));
	ck_assert_int_eq(answer, -1);
	ck_assert_int_eq(errno, ETIMEDOUT);
	loop_nonblocking(fd);
	ck_assert(!session_before_read(fd, 0, &answer));
}
END_TEST

/* What failed, how it ended, and what is said of it at the close. */
static const struct {
	const char *reply;
	ssize_t n;
	int error; /* n -2: the host closes first */
	const char *class;
} failures[] = {
    {"454 4.7.0 no\r\n", -2, 0, "starttls-4xx"},
    {"501 no\r\n", -2, 0, "starttls-5xx"},
    {"250 ok\r\n", -2, 0, "starttls-bad-reply"},
    {"what?\r\n", -2, 0, "starttls-bad-reply"},
    {"220-go\r\n454 no\r\n", -2, 0, "starttls-bad-reply"},
    {"", 0, 0, "starttls-closed"},
    {"22", 0, 0, "starttls-closed"},
    {"", -1, ECONNRESET, "starttls-reset"},
    {"", -1, ETIMEDOUT, "starttls-timeout"},
    {"220 go\r\n", 0, 0, "tls-closed"},
    {"220 go\r\n", -1, ECONNRESET, "tls-reset"},
    {"220 go\r\n", -1, ETIMEDOUT, "tls-timeout"},
    {"220 go\r\n500 what\r\n", 0, 0, "tls-plaintext"},
    {"220 go\r\n\x15\x03\x01\x01\x02\x02\x28", 0, 0, "-"},
};

START_TEST(failures_and_their_events)
{
	char class[64];
	int peer, fd;

	loop_start(TURNS);
	fd = loop_connect(&peer);
	loop_watch(fd);
	up_to_starttls(fd);
	if (failures[_i].reply[0] != '\0')
		received(fd, failures[_i].reply);
	ended(fd, -1, EAGAIN);
	if (failures[_i].n != -2)
		ended(fd, failures[_i].n, failures[_i].error);
	session_close(fd);
	snprintf(class, sizeof(class), "\"class\":\"%s\"", failures[_i].class);
	if (failures[_i].class[0] != '-')
		ck_assert_msg(strstr(loop_said(), class) != NULL, "%s: %s",
		    class, loop_said());
	/* once, and no more */
	ck_assert_ptr_eq(strchr(loop_said(), '\n'), strrchr(loop_said(), '\n'));
}
END_TEST

START_TEST(what_is_peeked_at_does_not_count)
{
	char bytes[] = "220 mx\r\n";
	struct iovec vector = {bytes, 8};
	struct session *s;
	int peer, fd;

	loop_start(LIVE);
	fd = loop_connect(&peer);
	loop_watch(fd);
	session_received(fd, &vector, 1, 8, true);
	s = session_hold(fd);
	ck_assert_int_eq(s->dialog.stage, STAGE_CONNECT);
	session_release(s);
	session_received(fd, &vector, 1, 8, false);
	s = session_hold(fd);
	ck_assert_int_eq(s->dialog.stage, STAGE_EHLO);
	session_release(s);
	sent(fd, "EHLO a\r\n");
	received(fd, "250 STARTTLS\r\n");
	sent(fd, "STARTTLS\r\n");
	memcpy(bytes, "220 go\r\n", 8);
	session_received(fd, &vector, 1, 8, true);
	ck_assert_int_eq(session_handshakes, 0);
	session_received(fd, &vector, 1, 8, false);
	ck_assert_int_eq(session_handshakes, 1);
}
END_TEST

START_TEST(a_session_in_the_clear_is_let_go)
{
	int peer, fd;

	loop_start(LIVE);
	fd = loop_connect(&peer);
	loop_watch(fd);
	received(fd, "220 mx\r\n");
	sent(fd, "EHLO a\r\n");
	received(fd, "250 mx\r\n");
	ck_assert(loop_is_watched(fd));
	sent(fd, "MAIL FROM:<>\r\n");
	ck_assert(!loop_is_watched(fd) && !fd_watched(fd));
	ck_assert_str_eq(loop_said(), "");
}
END_TEST

START_TEST(after_a_fork_the_socket_is_shared)
{
	struct session *s;
	int peer, fd, status = -1;
	pid_t child;

	loop_start(TURNS);
	fd = loop_connect(&peer);
	loop_watch(fd);
	up_to_starttls(fd);
	received(fd, "220 go\r\n");
	s = session_hold(fd);
	ck_assert(!session_shared(s));
	session_release(s);
	child = fork();
	if (child == 0) {
		s = session_hold(fd);
		if (s == NULL || !session_shared(s))
			_exit(1);
		session_release(s);
		session_close(fd);
		_exit(fd_watched(fd) || loop_said()[0] != '\0');
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_int_eq(status, 0);
	s = session_hold(fd);
	ck_assert(s != NULL && session_shared(s));
	session_release(s);
	ck_assert_str_eq(loop_said(), "");
	session_close(fd);
	ck_assert_str_ne(loop_said(), "");
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("session");
	TCase *tcase = tcase_create("session");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, only_what_the_policy_wants);
	tcase_add_test(tcase, no_policy_nothing_watched);
	tcase_add_test(tcase, a_second_connect_goes_on_with_the_first);
	tcase_add_test(tcase, duplicates_are_counted);
	tcase_add_test(tcase, another_socket_behind_the_number);
	tcase_add_test(tcase, slots_run_out_and_come_back);
	tcase_add_test(tcase, a_dropped_session_does_not_delay_the_next);
	tcase_add_test(tcase, deadlines);
	tcase_add_test(tcase, a_blocking_read_is_cut);
	tcase_add_loop_test(tcase, failures_and_their_events, 0,
	    (int)(sizeof(failures) / sizeof(failures[0])));
	tcase_add_test(tcase, what_is_peeked_at_does_not_count);
	tcase_add_test(tcase, a_session_in_the_clear_is_let_go);
	tcase_add_test(tcase, after_a_fork_the_socket_is_shared);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
