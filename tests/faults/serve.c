/*
 * serve - accepts the connections of all peers, one process for each
 *
 * Signals are blocked but inside ppoll(2).  SIGUSR1 comes from a connection
 * whose peer is to refuse the next one.  At CONNECTIONS_MAX processes no more
 * are accepted until one ends.  A process ends with its server (PDEATHSIG).
 *
 * Single-threaded; one server for each process.
 */
#define _GNU_SOURCE /* accept4, ppoll */

#include "serve.h"

#include "link.h"
#include "session.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONNECTIONS_MAX 400

/* Between the SIGTERM and the SIGKILL to a connection's process. */
#define END_MS 3000

static volatile sig_atomic_t ending;

static pid_t children[CONNECTIONS_MAX];
static size_t children_count;

static void
on_signal(int number)
{
	if (number == SIGTERM || number == SIGINT)
		ending = 1;
}

static void
catch_signals(void)
{
	static const int numbers[] = {SIGTERM, SIGINT, SIGCHLD, SIGUSR1};
	struct sigaction action = {.sa_handler = on_signal};
	sigset_t set;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		(void)sigaddset(&set, numbers[i]);
		(void)sigaction(numbers[i], &action, NULL);
	}
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
}

static void
reap(void)
{
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
		for (size_t i = 0; i < children_count; i++) {
			if (children[i] == pid) {
				children[i] = children[--children_count];
				break;
			}
		}
	}
}

static void
signal_children(int number)
{
	for (size_t i = 0; i < children_count; i++)
		(void)kill(children[i], number);
}

static void
end_children(void)
{
	int64_t limit = link_now() + END_MS;

	signal_children(SIGTERM);
	while (children_count > 0) {
		if (link_now() > limit)
			signal_children(SIGKILL);
		(void)poll(NULL, 0, 5);
		reap();
	}
}

/* What a connection asked for, and what its time has come for. */
static void
tend(struct peer *peer)
{
	unsigned refuse = peer->options.scene.refuse;

	if (atomic_exchange(&peer->shared->refuse, false)) {
		/* A process that was just forked may still hold it: only
		   shutdown(2) ends the listening for all. */
		if (peer->fd >= 0) {
			(void)shutdown(peer->fd, SHUT_RD);
			(void)close(peer->fd);
		}
		peer->fd = -1;
		if (refuse > 0)
			peer->reopen = link_now() + (int64_t)refuse * 1000;
		atomic_store(&peer->shared->closed, true);
	}
	if (peer->reopen > 0 && link_now() >= peer->reopen) {
		peer->reopen = 0;
		if (!peer_listen(peer))
			(void)fprintf(stderr, "faults: %s: %s\n", peer->dir,
			    strerror(errno));
	}
}

static void
format_client(const struct sockaddr_storage *from, char *text, size_t max)
{
	char address[INET6_ADDRSTRLEN] = "?";
	unsigned port = 0;

	if (from->ss_family == AF_INET) {
		const struct sockaddr_in *v4 = (const void *)from;

		(void)inet_ntop(
		    AF_INET, &v4->sin_addr, address, sizeof address);
		port = ntohs(v4->sin_port);
	} else if (from->ss_family == AF_INET6) {
		const struct sockaddr_in6 *v6 = (const void *)from;

		(void)inet_ntop(
		    AF_INET6, &v6->sin6_addr, address, sizeof address);
		port = ntohs(v6->sin6_port);
	}
	(void)snprintf(text, max, "%s:%u", address, port);
}

/* In the new process. */
__attribute__((noreturn)) static void
run_child(const struct peers *peers, const struct peer *peer, int fd,
    bool second, const char *from, pid_t parent)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(1);
	for (size_t i = 0; i < peers->count; i++) {
		if (peers->list[i].fd >= 0)
			(void)close(peers->list[i].fd);
	}
	link_catch_term();
	session_run(peer, fd, peer->conns, second, from);
	_exit(0);
}

static void
accept_one(const struct peers *peers, struct peer *peer)
{
	struct sockaddr_storage from = {.ss_family = AF_UNSPEC};
	socklen_t length = sizeof from;
	pid_t parent = getpid(), pid;
	unsigned struck;
	char client[64];
	bool second;
	int fd =
	    accept4(peer->fd, (struct sockaddr *)&from, &length, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	peer->conns++;
	struck = atomic_load(&peer->shared->struck);
	second = struck != peer->struck_seen;
	peer->struck_seen = struck;
	format_client(&from, client, sizeof client);
	pid = fork();
	if (pid == 0)
		run_child(peers, peer, fd, second, client, parent);
	if (pid > 0)
		children[children_count++] = pid;
	(void)close(fd);
}

/* One round: waits at most MS for something to happen. */
static void
serve_once(struct peers *peers, struct pollfd *fds, int64_t ms)
{
	struct timespec timeout = {
	    .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
	sigset_t none;
	int got;

	(void)sigemptyset(&none);
	for (size_t i = 0; i < peers->count; i++)
		fds[i] =
		    (struct pollfd){.fd = peers->list[i].fd, .events = POLLIN};
	got = ppoll(fds, children_count < CONNECTIONS_MAX ? peers->count : 0,
	    &timeout, &none);
	reap();
	for (size_t i = 0; i < peers->count; i++) {
		if (got > 0 && fds[i].revents != 0 &&
		    children_count < CONNECTIONS_MAX)
			accept_one(peers, &peers->list[i]);
		tend(&peers->list[i]);
	}
}

bool
serve(struct peers *peers, unsigned seconds)
{
	struct pollfd *fds = calloc(peers->count, sizeof *fds);
	int64_t end = link_now() + (int64_t)seconds * 1000;

	if (fds == NULL)
		return false;
	catch_signals();
	(void)puts("ready");
	(void)fflush(stdout);
	while (!ending) {
		int64_t left = end - link_now();

		if (left <= 0)
			break;
		/* Reopening needs no finer clock than this. */
		serve_once(peers, fds, left < 200 ? left : 200);
	}
	end_children();
	free(fds);
	return true;
}
