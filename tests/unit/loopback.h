/*
 * loopback - a policy, a peer on loopback and a watched connection to it
 *
 * For tests of the parts with effects.  check(1) runs each test in a process
 * of its own, so that policy and sessions are new in each.
 */
#ifndef TESTS_UNIT_LOOPBACK_H
#define TESTS_UNIT_LOOPBACK_H

#include "../../shim/session.h"
#include "../../shim/start.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char loop_directory[256], loop_policy[300], loop_events[300];
static char loop_state[300];
static bool loop_remembers;
static struct sockaddr_in loop_address;
static int loop_listener;
static pid_t loop_owner;

static inline void
loop_remove(void)
{
	if (getpid() != loop_owner)
		return;
	unlink(loop_policy);
	unlink(loop_events);
	unlink(loop_state);
	rmdir(loop_directory);
}

/* Makes the file of an empty memory. */
static inline void
loop_make_memory(void)
{
	static const uint8_t secret[SIPHASH_KEY] = "of the tests";
	size_t size = table_size(TABLE_SLOTS_MIN);
	void *area = calloc(1, size);
	FILE *file = fopen(loop_state, "w");

	ck_assert(area != NULL && file != NULL);
	table_format(area, TABLE_SLOTS_MIN, secret);
	ck_assert_uint_eq(fwrite(area, 1, size, file), size);
	fclose(file);
	free(area);
}

/* Listens, and has the policy read: RULES, for the listener's port. */
static inline void
loop_start(const char *rules)
{
	const char *tmp = getenv("TMPDIR");
	socklen_t length = sizeof(loop_address);
	FILE *file;

	snprintf(loop_directory, sizeof(loop_directory), "%s/stf-peer.XXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(loop_directory));
	loop_owner = getpid();
	atexit(loop_remove);
	snprintf(loop_policy, sizeof(loop_policy), "%s/policy", loop_directory);
	snprintf(loop_events, sizeof(loop_events), "%s/events", loop_directory);
	loop_address = (struct sockaddr_in){
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	loop_listener = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(
	    bind(loop_listener, (struct sockaddr *)&loop_address, length), 0);
	ck_assert_int_eq(listen(loop_listener, 1024), 0);
	ck_assert_int_eq(getsockname(loop_listener,
			     (struct sockaddr *)&loop_address, &length),
	    0);
	umask(022);
	file = fopen(loop_events, "w");
	ck_assert_ptr_nonnull(file);
	fclose(file);
	file = fopen(loop_policy, "w");
	ck_assert_ptr_nonnull(file);
	fprintf(file, "events %s\nsyslog none\nports %d\n%s", loop_events,
	    ntohs(loop_address.sin_port), rules);
	snprintf(loop_state, sizeof(loop_state), "%s/state", loop_directory);
	if (loop_remembers) {
		loop_make_memory();
		fprintf(file, "state %s\n", loop_state);
	}
	fclose(file);
	setenv("STARTTLS_FALLBACK_CONFIG", loop_policy, 1);
	start_constructor();
}

/* As loop_start(), with a memory. */
static inline void
loop_start_memory(const char *rules)
{
	loop_remembers = true;
	loop_start(rules);
}

/* A connection, not watched; *PEER: the other end. */
static inline int
loop_connect(int *peer)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(
	    connect(fd, (struct sockaddr *)&loop_address, sizeof(loop_address)),
	    0);
	*peer = accept(loop_listener, NULL, NULL);
	ck_assert_int_ge(*peer, 0);
	return fd;
}

static inline void
loop_watch(int fd)
{
	session_connect(
	    fd, (struct sockaddr *)&loop_address, sizeof(loop_address));
}

static inline bool
loop_is_watched(int fd)
{
	struct session *s = session_hold(fd);

	if (s != NULL)
		session_release(s);
	return s != NULL;
}

/* A watched connection that was downgraded. */
static inline int
loop_clear(int *peer)
{
	int fd = loop_connect(peer);
	struct session *s;

	loop_watch(fd);
	s = session_hold(fd);
	ck_assert_ptr_nonnull(s);
	dialog_downgrade(&s->dialog);
	session_release(s);
	return fd;
}

/* What was written to the events file. */
static inline const char *
loop_said(void)
{
	static char text[8192];
	FILE *file = fopen(loop_events, "r");
	size_t n;

	ck_assert_ptr_nonnull(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[n] = '\0';
	return text;
}

static inline void
loop_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	ck_assert_int_eq(fcntl(fd, F_SETFL, flags | O_NONBLOCK), 0);
}

#endif
