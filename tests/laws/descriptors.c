/*
 * descriptors - an fd number is never trusted
 *
 * Descriptors are closed where the shim cannot see it, their numbers come
 * back as other things, other processes hold the socket: the shim acts on
 * nothing but the socket that it saw connected.
 */
#define _GNU_SOURCE
#include "laws.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static SSL_CTX *context;

/* A downgraded session, left by a close that nobody saw. */
static int
vanish(bool by_stdio)
{
	SSL *ssl = laws_open(context, "alert-40");
	int fd = SSL_get_fd(ssl);
	FILE *f;

	if (laws_handshake(ssl) != 1 || !laws_is_clear(ssl))
		laws_bail("no fallback");
	if (by_stdio) {
		f = fdopen(fd, "r+");
		SSL_set_quiet_shutdown(ssl, 1);
		fclose(f);
	} else
		syscall(SYS_close, fd);
	return fd;
}

static bool
passes(int fd, int other, int as)
{
	static const char line[] = "AUTH PLAIN x\r\n250-STARTTLS\r\n530 no\r\n";
	char seen[sizeof(line)];

	return fd == as && write(fd, line, sizeof(line)) == sizeof(line) &&
	       read(other, seen, sizeof(seen)) == sizeof(seen) &&
	       memcmp(seen, line, sizeof(line)) == 0 &&
	       write(other, line, sizeof(line)) == sizeof(line) &&
	       read(fd, seen, sizeof(seen)) == sizeof(seen) &&
	       memcmp(seen, line, sizeof(line)) == 0;
}

static bool
becomes_pair(const char *by)
{
	int fd = vanish(by[0] == 's');
	int pair[2];

	return socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 &&
	       passes(pair[0], pair[1], fd);
}

static bool
becomes_file(const char *by)
{
	int fd = vanish(by[0] == 's');
	FILE *f = tmpfile();
	char seen[16] = "";

	return f != NULL && fileno(f) == fd &&
	       write(fd, "AUTH PLAIN x\r\n", 14) == 14 &&
	       lseek(fd, 0, SEEK_SET) == 0 && read(fd, seen, 14) == 14 &&
	       memcmp(seen, "AUTH PLAIN x\r\n", 14) == 0;
}

/* The number becomes another relay session with good TLS, and then another
   that falls back. */
static bool
becomes_session(const char *by)
{
	int fd = vanish(by[0] == 's');
	SSL *ssl = laws_open(context, "healthy");
	bool good;

	good = SSL_get_fd(ssl) == fd && laws_handshake(ssl) == 1 &&
	       !laws_is_clear(ssl) && laws_deliver(ssl);
	SSL_free(ssl);
	syscall(SYS_close, fd);
	ssl = laws_open(context, "alert-40");
	return good && SSL_get_fd(ssl) == fd && laws_handshake(ssl) == 1 &&
	       laws_is_clear(ssl) && laws_deliver(ssl);
}

/* The host connects the same socket elsewhere itself. */
static bool
connects_elsewhere(const char *unused)
{
	SSL *ssl = laws_open(context, "alert-40");
	int fd = SSL_get_fd(ssl);
	struct sockaddr nobody = {.sa_family = AF_UNSPEC};
	char reply[4096];

	(void)unused;
	if (laws_handshake(ssl) != 1 || !laws_is_clear(ssl))
		return false;
	SSL_free(ssl);
	if (connect(fd, &nobody, sizeof(nobody)) != 0 ||
	    laws_connect(fd, "offers-25") != 0 ||
	    laws_reply(fd, reply, sizeof(reply)) != 220 ||
	    laws_say(fd, "EHLO laws.test", reply, sizeof(reply)) != 250 ||
	    strstr(reply, "STARTTLS") == NULL || strstr(reply, "AUTH ") == NULL)
		return false;
	if (connect(fd, &nobody, sizeof(nobody)) != 0 ||
	    laws_connect(fd, "unwatched") != 0 ||
	    laws_reply(fd, reply, sizeof(reply)) != 220 ||
	    laws_say(fd, "EHLO laws.test", reply, sizeof(reply)) != 250)
		return false;
	return strstr(reply, "STARTTLS") != NULL &&
	       strstr(reply, "AUTH ") != NULL;
}

static bool
vfork_child_closes(const char *unused)
{
	SSL *ssl = laws_open(context, "alert-40");
	int fd = SSL_get_fd(ssl);
	volatile int to = fd;
	/* What a vfork child must not do, and many do. */
	pid_t child = vfork(); /* NOLINT */
	int status;

	(void)unused;
	if (child == 0) {
		dup2(to, 100); /* NOLINT */
		close(to);
		close_range(3, 200, 0);
		dup2(2, to);
		_exit(0);
	}
	waitpid(child, &status, 0);
	return laws_handshake(ssl) == 1 && laws_is_clear(ssl) &&
	       laws_deliver(ssl);
}

/* Another process holds the socket: HOW it came to it. */
static bool
shared(const char *how)
{
	SSL *ssl = laws_open(context, "alert-40");
	int fd = SSL_get_fd(ssl);
	int gate[2], pair[2];
	pid_t child = 0;
	char byte;
	bool clear;

	if (pipe(gate) != 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
		return false;
	if (strcmp(how, "fork") == 0)
		child = fork();
	else {
		char control[CMSG_SPACE(sizeof(int))] = {0};
		struct iovec v = {&byte, 1};
		struct msghdr m = {.msg_iov = &v,
		    .msg_iovlen = 1,
		    .msg_control = control,
		    .msg_controllen = sizeof(control)};
		struct cmsghdr *c = CMSG_FIRSTHDR(&m);

		byte = 'x';
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &fd, sizeof(int));
		if (sendmsg(pair[0], &m, 0) != 1)
			return false;
	}
	if (child == 0 && strcmp(how, "SCM_RIGHTS") != 0) {
		close(gate[1]);
		_exit(read(gate[0], &byte, 1) != 0);
	}
	clear = laws_handshake(ssl) == 1 && laws_is_clear(ssl);
	close(gate[1]);
	if (child > 0)
		waitpid(child, NULL, 0);
	return !clear;
}

/* The child of a fork may close what it got without a word. */
static bool
child_closes(const char *unused)
{
	SSL *ssl = laws_open(context, "healthy");
	pid_t child;

	(void)unused;
	child = fork();
	if (child == 0) {
		close(SSL_get_fd(ssl));
		_exit(0);
	}
	waitpid(child, NULL, 0);
	return laws_handshake(ssl) == 1 && laws_deliver(ssl);
}

/* The relay forks for each delivery: the child has a session of its own. */
static bool
child_delivers(const char *unused)
{
	pid_t child = fork();
	int status = -1;

	(void)unused;
	if (child == 0) {
		SSL *ssl = laws_open(context, "alert-40");

		_exit(laws_handshake(ssl) != 1 || !laws_is_clear(ssl) ||
		      !laws_deliver(ssl));
	}
	waitpid(child, &status, 0);
	return status == 0;
}

/* Reads on one number and writes on another. */
static bool
duplicate(const char *how)
{
	int fd = laws_dial("alert-40");
	SSL *ssl = SSL_new(context);
	int other = -1;

	if (how[0] == '1')
		other = dup(fd);
	else if (how[0] == '2')
		other = dup2(fd, 77);
	else if (how[0] == '3')
		other = dup3(fd, 78, O_CLOEXEC);
	else if (how[0] == '4')
		other = fcntl(fd, F_DUPFD, 50);
	else
		other = fcntl(fd, F_DUPFD_CLOEXEC, 50);
	{
		char reply[4096];

		if (laws_reply(fd, reply, sizeof(reply)) != 220 ||
		    write(other, "EHLO x\r\n", 8) != 8 ||
		    laws_reply(fd, reply, sizeof(reply)) != 250 ||
		    write(other, "STARTTLS\r\n", 10) != 10 ||
		    laws_reply(fd, reply, sizeof(reply)) != 220)
			return false;
	}
	SSL_set_rfd(ssl, fd);
	SSL_set_wfd(ssl, other);
	if (SSL_connect(ssl) != 1 || !laws_is_clear(ssl))
		return false;
	/* one of the two goes, the session stays */
	if (how[1] == 'c') {
		int third = dup(fd);

		close(third);
	}
	return laws_deliver(ssl);
}

int
main(void)
{
	context = laws_context();
	laws_isolated(
	    "fclose, then a socket pair has the number", becomes_pair, "s");
	laws_isolated("close unseen, then a socket pair has the number",
	    becomes_pair, "x");
	laws_isolated("fclose, then a file has the number", becomes_file, "s");
	laws_isolated(
	    "close unseen, then a file has the number", becomes_file, "x");
	laws_isolated("fclose, then other sessions have the number",
	    becomes_session, "s");
	laws_isolated("close unseen, then other sessions have the number",
	    becomes_session, "x");
	laws_isolated("the host connects the socket elsewhere itself",
	    connects_elsewhere, NULL);
	laws_isolated("a vfork child closes", vfork_child_closes, NULL);
	laws_isolated("shared by fork: no reconnect", shared, "fork");
	laws_isolated(
	    "shared by SCM_RIGHTS: no reconnect", shared, "SCM_RIGHTS");
	laws_isolated("a child closes its copy", child_closes, NULL);
	laws_isolated("a child without exec falls back", child_delivers, NULL);
	laws_isolated("dup", duplicate, "1c");
	laws_isolated("dup2", duplicate, "2c");
	laws_isolated("dup3", duplicate, "3c");
	laws_isolated("F_DUPFD", duplicate, "4c");
	laws_isolated("F_DUPFD_CLOEXEC", duplicate, "5c");
	return laws_done();
}
