/*
 * peer - a policy, a peer on loopback and a watched connection to it
 *
 * For tests of the parts with effects.  check(1) runs each test in a process
 * of its own, so that policy and sessions are new in each.
 */
#ifndef TESTS_UNIT_PEER_H
#define TESTS_UNIT_PEER_H

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

static char peer_directory[256], peer_policy[300], peer_events[300];
static struct sockaddr_in peer_address;
static int peer_listener;
static pid_t peer_owner;

static inline void
peer_remove(void)
{
	if (getpid() != peer_owner)
		return;
	unlink(peer_policy);
	unlink(peer_events);
	rmdir(peer_directory);
}

/* Listens, and has the policy read: RULES, for the listener's port. */
static inline void
peer_start(const char *rules)
{
	const char *tmp = getenv("TMPDIR");
	socklen_t length = sizeof(peer_address);
	FILE *file;

	snprintf(peer_directory, sizeof(peer_directory), "%s/stf-peer.XXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(peer_directory));
	peer_owner = getpid();
	atexit(peer_remove);
	snprintf(peer_policy, sizeof(peer_policy), "%s/policy", peer_directory);
	snprintf(peer_events, sizeof(peer_events), "%s/events", peer_directory);
	peer_address = (struct sockaddr_in){
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	peer_listener = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_eq(
	    bind(peer_listener, (struct sockaddr *)&peer_address, length), 0);
	ck_assert_int_eq(listen(peer_listener, 1024), 0);
	ck_assert_int_eq(getsockname(peer_listener,
			     (struct sockaddr *)&peer_address, &length),
	    0);
	umask(022);
	file = fopen(peer_events, "w");
	ck_assert_ptr_nonnull(file);
	fclose(file);
	file = fopen(peer_policy, "w");
	ck_assert_ptr_nonnull(file);
	fprintf(file, "events %s\nsyslog none\nports %d\n%s", peer_events,
	    ntohs(peer_address.sin_port), rules);
	fclose(file);
	setenv("STARTTLS_FALLBACK_CONFIG", peer_policy, 1);
	start_constructor();
}

/* A connection, not watched; *PEER: the other end. */
static inline int
peer_connect(int *peer)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	ck_assert_int_eq(
	    connect(fd, (struct sockaddr *)&peer_address, sizeof(peer_address)),
	    0);
	*peer = accept(peer_listener, NULL, NULL);
	ck_assert_int_ge(*peer, 0);
	return fd;
}

static inline void
peer_watch(int fd)
{
	session_connect(
	    fd, (struct sockaddr *)&peer_address, sizeof(peer_address));
}

static inline bool
peer_is_watched(int fd)
{
	struct session *s = session_hold(fd);

	if (s != NULL)
		session_release(s);
	return s != NULL;
}

/* A watched connection that was downgraded. */
static inline int
peer_clear(int *peer)
{
	int fd = peer_connect(peer);
	struct session *s;

	peer_watch(fd);
	s = session_hold(fd);
	ck_assert_ptr_nonnull(s);
	dialog_downgrade(&s->dialog);
	session_release(s);
	return fd;
}

/* What was written to the events file. */
static inline const char *
peer_said(void)
{
	static char text[8192];
	FILE *file = fopen(peer_events, "r");
	size_t n;

	ck_assert_ptr_nonnull(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[n] = '\0';
	return text;
}

static inline void
peer_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	ck_assert_int_eq(fcntl(fd, F_SETFL, flags | O_NONBLOCK), 0);
}

#endif
