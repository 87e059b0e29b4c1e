/*
 * The syslog receiver of the MTA tests: binds a datagram socket and appends
 * each datagram to a file, as it came (priority included), one line each.
 * Statically linked, so that it also runs in a root of another release.
 *
 * usage: logger SOCKET FILE
 *
 * Prints "ready" when bound. SIGTERM ends it, after all that has been sent
 * so far is in the file: who reads the file afterwards misses nothing.
 * Never replaces a socket that exists. Returns 1 on a failed call, 2 on usage.
 * One thread; the signal handler only sets a flag, which pselect alone can
 * see change, so that no signal is lost between the look and the wait.
 */

#include <sys/select.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t ending;

static void
on_term(int signo)
{
	(void)signo;
	ending = 1;
}

static int
bind_socket(const char *path)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd, room = 4 << 20;

	if (strlen(path) >= sizeof(sun.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(sun.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	/* Many senders at once must not find it full; refused is harmless. */
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	if (bind(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Writes what is queued on the socket; -1 when the file cannot be written. */
static int
drain(int from, int to)
{
	char line[8193];
	ssize_t n;

	while ((n = recv(from, line, sizeof(line) - 1, MSG_DONTWAIT)) >= 0) {
		while (n > 0 && (line[n - 1] == '\n' || line[n - 1] == '\0'))
			n--;
		line[n++] = '\n';
		if (write(to, line, (size_t)n) != n)
			return -1;
	}
	return 0;
}

int
main(int argc, char **argv)
{
	struct sigaction act = {.sa_handler = on_term};
	sigset_t term, before;
	fd_set readable;
	int from, log;

	if (argc != 3) {
		fprintf(stderr, "usage: logger SOCKET FILE\n");
		return 2;
	}
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	sigprocmask(SIG_BLOCK, &term, &before);
	sigdelset(&before, SIGTERM);
	sigaction(SIGTERM, &act, NULL);
	log = open(argv[2], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
	if (log == -1) {
		perror(argv[2]);
		return 1;
	}
	from = bind_socket(argv[1]);
	if (from == -1) {
		perror(argv[1]);
		return 1;
	}
	puts("ready");
	fflush(stdout);
	for (;;) {
		int last = ending;

		if (drain(from, log) == -1) {
			perror(argv[2]);
			return 1;
		}
		if (last)
			return 0;
		FD_ZERO(&readable);
		FD_SET(from, &readable);
		pselect(from + 1, &readable, NULL, NULL, NULL, &before);
	}
}
