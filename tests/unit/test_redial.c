/*
 * test_redial - the same socket, connected to the same peer once more
 *
 * Over loopback TCP with a thread as the peer.  Each case runs on a blocking
 * and on a non-blocking socket, with the banner whole and byte by byte.
 */
#include "../../shim/clock.h"
#include "../../shim/redial.h"
#include "loopback.h"

#include <pthread.h>

#define RULES "peer * off\n"

/* What the peer says on the second connection. */
struct other {
	const char *banner;
	bool slow;   /* byte by byte */
	bool closes; /* and closes then */
	int fd;
};

static void *
serve(void *context)
{
	struct other *p = context;
	size_t n = strlen(p->banner);

	p->fd = accept(loop_listener, NULL, NULL);
	if (!p->slow)
		send(p->fd, p->banner, n, MSG_NOSIGNAL);
	for (size_t i = 0; p->slow && i < n; i++) {
		send(p->fd, p->banner + i, 1, MSG_NOSIGNAL);
		usleep(1000);
	}
	if (p->closes)
		shutdown(p->fd, SHUT_WR);
	return NULL;
}

/* Dials again; what always holds: flags and errno stay. */
static enum redial
again(int fd, int ms)
{
	int flags = fcntl(fd, F_GETFL);
	enum redial result;

	errno = EXDEV;
	result = redial(
	    fd, (struct sockaddr *)&loop_address, sizeof(loop_address), ms);
	ck_assert_int_eq(errno, EXDEV);
	ck_assert_int_eq(fcntl(fd, F_GETFL), flags);
	return result;
}

/* N bytes, or fewer at the end, from a socket that may not block. */
static ssize_t
wait_all(int fd, char *bytes, size_t n)
{
	size_t have = 0;

	for (int i = 0; have < n && i < 2000; i++) {
		ssize_t got = recv(fd, bytes + have, n - have, MSG_DONTWAIT);

		if (got == 0)
			return (ssize_t)have;
		have += got > 0 ? (size_t)got : 0;
		usleep(1000);
	}
	return have == n ? (ssize_t)n : -1;
}

static const struct {
	const char *banner;
	bool closes;
	enum redial result;
	const char *rest; /* what stays in the socket */
} cases[] = {
    {"220 mx\r\n", false, REDIAL_DONE, ""},
    {"220 mx\n", false, REDIAL_DONE, ""},
    {"220\r\n", false, REDIAL_DONE, ""},
    {"220-a\r\n220-b\r\n220 c\r\n", false, REDIAL_DONE, ""},
    {"220 mx\r\n250 early\r\n", false, REDIAL_DONE, "250 early\r\n"},
    {"220-a\r\n220 b\r\n\x16", false, REDIAL_DONE, "\x16"},
    {"220 mx\r\n", true, REDIAL_DONE, ""},
    {"421 4.3.2 busy\r\n", false, REDIAL_FAILED, NULL},
    {"554 go away\r\n", false, REDIAL_FAILED, NULL},
    {"250 mx\r\n", false, REDIAL_FAILED, NULL},
    {"220-a\r\n554 b\r\n", false, REDIAL_FAILED, NULL},
    {"hello\r\n", false, REDIAL_FAILED, NULL},
    {"220 mx", true, REDIAL_FAILED, NULL},
    {"220-mx\r\n", true, REDIAL_FAILED, NULL},
    {"", true, REDIAL_FAILED, NULL},
};

START_TEST(banners)
{
	struct other p = {
	    cases[_i / 4].banner, _i & 1, cases[_i / 4].closes, -1};
	enum redial result = cases[_i / 4].result;
	char bytes[64] = "";
	int first, fd, copy;
	pthread_t thread;

	loop_start(RULES);
	fd = loop_connect(&first);
	copy = dup(fd);
	if (_i & 2)
		loop_nonblocking(fd);
	ck_assert_int_eq(pthread_create(&thread, NULL, serve, &p), 0);
	ck_assert_int_eq(again(fd, 10000), result);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	/* The old connection was reset. */
	ck_assert_int_eq(recv(first, bytes, sizeof(bytes), 0), -1);
	ck_assert_int_eq(errno, ECONNRESET);
	if (result == REDIAL_DONE) {
		const char *rest = cases[_i / 4].rest;
		size_t n = strlen(rest);

		if (n > 0)
			ck_assert_int_eq(wait_all(fd, bytes, n), (ssize_t)n);
		ck_assert_str_eq(bytes, rest);
		if (p.closes)
			ck_assert_int_eq(wait_all(fd, bytes, 1), 0);
		else
			ck_assert_int_eq(recv(fd, bytes, 1, MSG_DONTWAIT), -1);
		ck_assert_int_eq(send(copy, "EHLO", 4, 0), 4);
		ck_assert_int_eq(recv(p.fd, bytes, 4, MSG_WAITALL), 4);
		ck_assert_mem_eq(bytes, "EHLO", 4);
	} else {
		ck_assert_int_eq(send(copy, "x", 1, MSG_NOSIGNAL), -1);
		ck_assert_int_eq(recv(p.fd, bytes, 1, 0) > 0, 0);
	}
}
END_TEST

START_TEST(a_silent_peer_costs_the_deadline)
{
	int first, fd;
	int64_t took;

	loop_start(RULES);
	fd = loop_connect(&first);
	if (_i)
		loop_nonblocking(fd);
	took = clock_monotonic();
	ck_assert_int_eq(again(fd, 300), REDIAL_FAILED);
	took = clock_monotonic() - took;
	ck_assert_int_ge(took, 299);
	ck_assert_int_lt(took, 3000);
	ck_assert_int_eq(send(fd, "x", 1, MSG_NOSIGNAL), -1);
	ck_assert_int_eq(errno, EPIPE);
}
END_TEST

/* One byte in time does not buy more time. */
START_TEST(a_dripping_banner_costs_the_deadline)
{
	struct other p = {.banner = "220-", .slow = true};
	int first, fd;
	int64_t took;
	pthread_t thread;
	char long_banner[2000];

	memset(long_banner, 'x', sizeof(long_banner));
	memcpy(long_banner, "220-", 4);
	long_banner[sizeof(long_banner) - 1] = '\0';
	p.banner = long_banner;
	loop_start(RULES);
	fd = loop_connect(&first);
	ck_assert_int_eq(pthread_create(&thread, NULL, serve, &p), 0);
	took = clock_monotonic();
	ck_assert_int_eq(again(fd, 300), REDIAL_FAILED);
	took = clock_monotonic() - took;
	ck_assert_int_ge(took, 299);
	ck_assert_int_lt(took, 1500);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
}
END_TEST

START_TEST(a_peer_that_listens_no_more)
{
	int first, fd;

	loop_start(RULES);
	fd = loop_connect(&first);
	close(loop_listener);
	ck_assert_int_eq(again(fd, 5000), REDIAL_FAILED);
	ck_assert_int_eq(send(fd, "x", 1, MSG_NOSIGNAL), -1);
}
END_TEST

START_TEST(what_is_no_socket_stays_as_it_was)
{
	int ends[2];
	char byte;

	loop_start(RULES);
	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(again(ends[0], 1000), REDIAL_REFUSED);
	ck_assert_int_eq(write(ends[1], "x", 1), 1);
	ck_assert_int_eq(read(ends[0], &byte, 1), 1);
	errno = EXDEV;
	ck_assert_int_eq(redial(-1, (struct sockaddr *)&loop_address,
			     sizeof(loop_address), 1000),
	    REDIAL_REFUSED);
	ck_assert_int_eq(errno, EXDEV);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("redial");
	TCase *tcase = tcase_create("redial");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 30);
	tcase_add_loop_test(
	    tcase, banners, 0, 4 * (int)(sizeof(cases) / sizeof(cases[0])));
	tcase_add_loop_test(tcase, a_silent_peer_costs_the_deadline, 0, 2);
	tcase_add_test(tcase, a_dripping_banner_costs_the_deadline);
	tcase_add_test(tcase, a_peer_that_listens_no_more);
	tcase_add_test(tcase, what_is_no_socket_stays_as_it_was);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
