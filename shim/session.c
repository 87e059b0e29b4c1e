/*
 * session - one watched TCP connection, from connect to close
 *
 * Contract: session.h.  This file has their life: slots, descriptors, holding.
 */
#define _GNU_SOURCE
#include "session.h"

#include "clock.h"
#include "fd.h"
#include "start.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#define SESSIONS 512

/* A holder only computes, for microseconds; whoever waits longer than this
   many yields gives up and treats the descriptor as not watched. */
#define PATIENCE 100000

static struct session sessions[SESSIONS];
_Atomic int session_handshakes;
static _Atomic uint32_t forks;
static _Atomic pid_t own_pid;
static _Atomic size_t used; /* slots that were ever in use */

static bool
take(struct session *s)
{
	for (int i = 0; i < PATIENCE; i++) {
		uint32_t is_free = 0;

		if (atomic_compare_exchange_strong_explicit(&s->held, &is_free,
			1, memory_order_acquire, memory_order_relaxed))
			return true;
		sched_yield();
	}
	return false;
}

static void
give(struct session *s)
{
	atomic_store_explicit(&s->held, 0, memory_order_release);
}

static void
block_signals(sigset_t *before)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, before);
}

static void
after_fork_here(void)
{
	atomic_fetch_add(&forks, 1);
}

/* Only the forking thread goes on: what another one held is free again. */
static void
after_fork_child(void)
{
	atomic_store(&own_pid, getpid());
	atomic_fetch_add(&forks, 1);
	for (size_t i = 0; i < used; i++)
		give(&sessions[i]);
}

void
session_start(void)
{
	atomic_store(&own_pid, getpid());
	pthread_atfork(NULL, after_fork_here, after_fork_child);
}

struct session *
session_hold(int fd)
{
	unsigned slot = fd_slot(fd);
	struct session *s = &sessions[slot > 0 ? slot - 1 : 0];
	sigset_t signals;
	bool taken;

	if (slot == 0)
		return NULL;
	block_signals(&signals);
	taken = take(s);
	if (taken && s->identity != 0 && s->identity == fd_identity(fd)) {
		s->signals = signals;
		return s;
	}
	if (taken) {
		give(s);
		fd_clear_slot(fd, slot);
	}
	sigprocmask(SIG_SETMASK, &signals, NULL);
	return NULL;
}

void
session_release(struct session *s)
{
	sigset_t signals = s->signals;

	give(s);
	sigprocmask(SIG_SETMASK, &signals, NULL);
}

bool
session_shared(const struct session *s)
{
	return s->shared || s->forks != atomic_load(&forks);
}

void
session_share(int fd)
{
	struct session *s = session_hold(fd);

	if (s == NULL)
		return;
	s->shared = true;
	session_release(s);
}

void
session_settle(struct session *s)
{
	if (s->handshaking)
		atomic_fetch_sub(&session_handshakes, 1);
	s->handshaking = false;
}

void
session_drop(struct session *s)
{
	session_settle(s);
	s->identity = 0;
	session_release(s);
}

/* Frees the slots of sessions that no descriptor refers to any more: closed
   where the shim could not see it. */
static void
reclaim(void)
{
	bool live[SESSIONS] = {false};

	for (int fd = 0; fd < FD_MAX; fd++) {
		struct session *s = session_hold(fd);

		if (s == NULL)
			continue;
		live[s - sessions] = true;
		session_release(s);
	}
	for (size_t i = 0; i < SESSIONS; i++) {
		if (live[i] || !take(&sessions[i]))
			continue;
		session_settle(&sessions[i]);
		sessions[i].identity = 0;
		give(&sessions[i]);
	}
}

/* A free slot, taken; 0: none. */
static unsigned
find_slot(void)
{
	for (unsigned i = 0; i < SESSIONS; i++) {
		struct session *s = &sessions[i];
		uint32_t is_free = 0;

		if (s->identity != 0 ||
		    !atomic_compare_exchange_strong(&s->held, &is_free, 1))
			continue;
		if (s->identity == 0)
			return i + 1;
		give(s);
	}
	return 0;
}

static bool
set_peer(struct session *s, const struct sockaddr *address, socklen_t length)
{
	static const uint8_t mapped[12] = {
	    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	const struct sockaddr_in *in = (const void *)address;
	const struct sockaddr_in6 *in6 = (const void *)address;

	if (address->sa_family == AF_INET && length >= sizeof(*in)) {
		memcpy(s->peer.address, mapped, sizeof(mapped));
		memcpy(s->peer.address + 12, &in->sin_addr, 4);
		s->peer.port = ntohs(in->sin_port);
	} else if (address->sa_family == AF_INET6 && length >= sizeof(*in6)) {
		memcpy(s->peer.address, &in6->sin6_addr, 16);
		s->peer.port = ntohs(in6->sin6_port);
	} else
		return false;
	if (length > sizeof(s->address))
		return false;
	memcpy(&s->address, address, length);
	s->address_length = length;
	return true;
}

static bool
is_inet(const struct sockaddr *address, socklen_t length)
{
	return address != NULL && length >= sizeof(address->sa_family) &&
	       (address->sa_family == AF_INET ||
		   address->sa_family == AF_INET6);
}

/* A second connect(2) for the one that is in progress; what else FD was is
   over. */
static bool
is_same(int fd, const struct sockaddr *address, socklen_t length)
{
	struct session *s = session_hold(fd);
	bool same;

	if (s == NULL)
		return false;
	same = s->dialog.stage == STAGE_CONNECT &&
	       s->address_length == length &&
	       memcmp(&s->address, address, length) == 0;
	session_release(s);
	if (!same)
		session_close(fd);
	return same;
}

/* Fills the free slot S, if the policy wants the peer watched. */
static bool
fill(
    struct session *s, int fd, const struct sockaddr *address, socklen_t length)
{
	const struct load_result *policy = start_policy();
	size_t after_held = offsetof(struct session, signals);

	memset((char *)s + after_held, 0, sizeof(*s) - after_held);
	if (policy == NULL || memory_is_off(start_memory()) ||
	    !set_peer(s, address, length) ||
	    !match_port(&policy->rules, s->peer.port))
		return false;
	s->rule = match_rule(&policy->rules, &s->peer);
	if (s->rule == NULL || s->rule->action == ACTION_OFF)
		return false;
	s->users = 1;
	s->forks = atomic_load(&forks);
	s->owner = getpid();
	dialog_start(&s->dialog);
	session_recall(s, fd);
	s->identity = fd_identity(fd);
	return s->identity != 0;
}

void
session_connect(int fd, const struct sockaddr *address, socklen_t length)
{
	unsigned slot;
	sigset_t signals;

	if (!is_inet(address, length) || (unsigned)fd >= FD_MAX ||
	    !fd_is_tcp(fd) || start_policy() == NULL ||
	    is_same(fd, address, length))
		return;
	block_signals(&signals);
	slot = find_slot();
	if (slot == 0) {
		reclaim();
		slot = find_slot();
	}
	if (slot > 0) {
		struct session *s = &sessions[slot - 1];

		if (slot > used)
			used = slot;
		if (fill(s, fd, address, length))
			fd_set_slot(fd, slot);
		else
			s->identity = 0;
		give(s);
	}
	sigprocmask(SIG_SETMASK, &signals, NULL);
}

void
session_dup(int fd, int as)
{
	struct session *s;

	if (getpid() != atomic_load(&own_pid) || fd == as)
		return;
	session_close(as);
	s = session_hold(fd);
	if (s == NULL)
		return;
	if ((unsigned)as < FD_MAX) {
		s->users++;
		fd_set_slot(as, fd_slot(fd));
	}
	session_release(s);
}

/* A child that closes what it inherited ends nothing. */
static void
finish(struct session *s)
{
	if (s->identity != 0 && s->owner == atomic_load(&own_pid))
		session_finish(s);
}

void
session_exit(void)
{
	sigset_t before;

	block_signals(&before);
	for (size_t i = 0; i < used; i++) {
		struct session *s = &sessions[i];

		if (s->identity == 0 || !take(s))
			continue;
		finish(s);
		s->identity = 0;
		give(s);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
}

void
session_close(int fd)
{
	struct session *s;

	/* A vfork child closes in its parent's memory, but not the parent's
	   descriptor. */
	if (!fd_watched(fd) || getpid() != atomic_load(&own_pid))
		return;
	s = session_hold(fd);
	if (s == NULL)
		return;
	fd_set_slot(fd, 0);
	if (--s->users > 0) {
		session_release(s);
		return;
	}
	finish(s);
	session_drop(s);
}
