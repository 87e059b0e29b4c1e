/*
 * manners - signals, jumps, limits, threads and deadlines
 *
 * A host may leave any call by longjmp, call hooks in a handler that interrupts
 * the same hooks, live under resource limits, and fall back in many threads.
 */
#define _GNU_SOURCE
#include "laws.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static SSL_CTX *context;

/* An event that the events file may not take must not be the host's end. */
static bool
limited(const char *persona)
{
	struct rlimit none = {1, 1};
	SSL *ssl;

	setrlimit(RLIMIT_FSIZE, &none);
	for (int i = 0; i < 3; i++) {
		ssl = laws_open(context, persona);
		laws_handshake(ssl);
		if (laws_is_clear(ssl))
			laws_deliver(ssl);
		laws_close(ssl);
	}
	return true;
}

static sigjmp_buf back;

static void
jump(int number)
{
	(void)number;
	siglongjmp(back, 1);
}

/* sendmail's deadlines work so. */
static bool
jumps(const char *persona)
{
	struct itimerval soon = {{0, 0}, {0, 300000}};
	volatile int fd = laws_dial(persona);
	SSL *volatile ssl;
	int flags = fcntl(fd, F_GETFL);
	volatile bool good = true;

	laws_starttls(fd);
	ssl = laws_handle(context, fd);
	signal(SIGALRM, jump);
	if (sigsetjmp(back, 1) == 0) {
		setitimer(ITIMER_REAL, &soon, NULL);
		laws_handshake(ssl);
		return false;
	}
	if (fcntl(fd, F_GETFL) != flags) {
		laws_note("the descriptor's flags changed");
		good = false;
	}
	if (laws_is_clear(ssl)) {
		laws_note("the handle passes for one in the clear");
		good = false;
	}
	laws_close(ssl);
	ssl = laws_open(context, "healthy");
	good = good && SSL_get_fd(ssl) == fd && laws_handshake(ssl) == 1 &&
	       !laws_is_clear(ssl) && laws_deliver(ssl);
	laws_close(ssl);
	ssl = laws_open(context, "alert-40");
	return good && laws_handshake(ssl) == 1 && laws_is_clear(ssl) &&
	       laws_deliver(ssl);
}

static volatile int watched = -1;
static volatile int lost_errno, interruptions;

static void
interrupt(int number)
{
	int saved = errno;
	char byte;
	int copy;

	(void)number;
	interruptions++;
	if (watched < 0)
		return;
	recv(watched, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	copy = dup(watched);
	errno = 77;
	if (copy < 0 || close(copy) != 0 || errno != 77)
		lost_errno++;
	errno = saved;
}

static bool
interrupted(const char *persona)
{
	struct itimerval often = {{0, 500}, {0, 500}};
	struct itimerval never = {{0, 0}, {0, 0}};
	struct sigaction action = {
	    .sa_handler = interrupt, .sa_flags = SA_RESTART};
	double end = laws_now() + 2;
	bool good = true;
	int runs = 0;

	sigaction(SIGALRM, &action, NULL);
	for (; good && laws_now() < end; runs++) {
		SSL *ssl = laws_open(context, persona);

		watched = SSL_get_fd(ssl);
		setitimer(ITIMER_REAL, &often, NULL);
		good = laws_handshake(ssl) == 1 && laws_deliver(ssl);
		setitimer(ITIMER_REAL, &never, NULL);
		watched = -1;
		laws_close(ssl);
	}
	laws_note("%d sessions, %d signals, errno lost %d times", runs,
	    interruptions, lost_errno);
	return good && runs > 10 && lost_errno == 0;
}

static _Atomic int delivered, failed;

static void *
work(void *argument)
{
	static const char *const personas[] = {"alert-40", "healthy", "bad-mac",
	    "plaintext-500", "rst-hello", "healthy-1.2", "fin-hello",
	    "client-cert-1.2"};
	double end = laws_now() + 4;

	for (size_t i = (size_t)argument; laws_now() < end; i++) {
		const char *persona = personas[i % 8];
		SSL *ssl = laws_open(context, persona);
		bool broken = strncmp(persona, "healthy", 7) != 0;

		if (laws_handshake(ssl) == 1 && laws_is_clear(ssl) == broken &&
		    laws_deliver(ssl) && ERR_peek_error() == 0)
			delivered++;
		else
			failed++;
		laws_close(ssl);
	}
	return NULL;
}

static bool
threads(const char *unused)
{
	pthread_t thread[16];

	(void)unused;
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < 16; i++)
		pthread_create(&thread[i], NULL, work, (void *)i);
	for (size_t i = 0; i < 16; i++)
		pthread_join(thread[i], NULL);
	laws_note("%d delivered, %d failed", delivered, failed);
	return failed == 0 && delivered > 50;
}

/* A host that does not want to wait does not. */
static bool
impatient(const char *persona)
{
	SSL *ssl = laws_open(context, persona);
	int fd = SSL_get_fd(ssl);
	int flags = fcntl(fd, F_GETFL);
	double began;
	char byte;

	laws_unblock(fd);
	SSL_connect(ssl);
	fcntl(fd, F_SETFL, flags);
	began = laws_now();
	return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == -1 &&
	       errno == EAGAIN && laws_now() - began < 0.5;
}

static bool
cut(const char *persona)
{
	SSL *ssl = laws_open(context, persona);
	double began = laws_now();
	bool good = laws_handshake(ssl) == 1 && laws_is_clear(ssl);
	double took = laws_now() - began;

	return good && took > 1.5 && took < 4 && laws_deliver(ssl);
}

static bool
cut_later(const char *persona)
{
	SSL *ssl = laws_open(context, persona);
	double began = laws_now();
	int n;

	laws_unblock(SSL_get_fd(ssl));
	while ((n = SSL_connect(ssl)) <= 0 && laws_now() - began < 10 &&
	       SSL_get_error(ssl, n) == SSL_ERROR_WANT_READ)
		usleep(100000);
	return n == 1 && laws_is_clear(ssl) && laws_now() - began < 4 &&
	       laws_deliver(ssl);
}

static bool
dripping(const char *persona)
{
	SSL *ssl = laws_open(context, persona);
	double began = laws_now();

	return laws_handshake(ssl) == 1 && !laws_is_clear(ssl) &&
	       laws_now() - began > 3 && laws_deliver(ssl);
}

/* More sessions than there are slots, all closed where nobody sees it. */
static bool
lost(const char *unused)
{
	SSL *ssl;

	(void)unused;
	for (int i = 0; i < 600; i++)
		fclose(fdopen(laws_dial("healthy"), "r"));
	ssl = laws_open(context, "alert-40");
	return laws_handshake(ssl) == 1 && laws_is_clear(ssl) &&
	       laws_deliver(ssl);
}

int
main(void)
{
	context = laws_context();
	laws_isolated("file size limit, fallback", limited, "alert-40");
	laws_isolated("file size limit, decline", limited, "bad-cert");
	laws_isolated("longjmp out of the handshake", jumps, "silent");
	laws_isolated("longjmp out of the reconnect", jumps, "jump");
	laws_isolated("hooks in handlers, fallback", interrupted, "alert-40");
	laws_isolated("hooks in handlers, TLS", interrupted, "healthy");
	laws_isolated("16 threads", threads, NULL);
	laws_isolated("MSG_DONTWAIT in the handshake", impatient, "silent");
	laws_isolated("deadline, silent", cut, "silent");
	laws_isolated("deadline, half a handshake", cut, "hello-stall");
	laws_isolated("deadline, non-blocking", cut_later, "silent");
	laws_isolated("a dripping handshake is not cut", dripping, "drip");
	laws_isolated("600 sessions lost", lost, NULL);
	return laws_done();
}
