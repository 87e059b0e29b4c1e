/*
 * laws - what the programs that test the laws of the guest share
 *
 * Contract: laws.h.
 */
#define _GNU_SOURCE
#include "laws.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DEADLINE 30000 /* ms, for one read */

static int tests;
static int failures;

void
laws_ok(bool good, const char *format, ...)
{
	va_list list;

	tests++;
	if (!good)
		failures++;
	printf("%sok %d - ", good ? "" : "not ", tests);
	va_start(list, format);
	vprintf(format, list);
	va_end(list);
	printf("\n");
	fflush(stdout);
}

void
laws_note(const char *format, ...)
{
	va_list list;

	printf("# ");
	va_start(list, format);
	vprintf(format, list);
	va_end(list);
	printf("\n");
	fflush(stdout);
}

void
laws_bail(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	fflush(stdout);
	_exit(2);
}

int
laws_done(void)
{
	printf("1..%d\n", tests);
	return failures > 0;
}

void
laws_isolated(
    const char *name, bool (*test)(const char *), const char *argument)
{
	pid_t child;
	int status = -1;

	fflush(stdout);
	child = fork();
	if (child < 0)
		laws_bail("fork");
	if (child == 0) {
		alarm(60);
		_exit(test(argument) ? 0 : 1);
	}
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status))
		laws_note("%s: killed by signal %d", name, WTERMSIG(status));
	laws_ok(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s", name);
}

static bool
find_peer(const char *persona, struct sockaddr_in *address)
{
	const char *file = getenv("STF_PEERS");
	FILE *f = file != NULL ? fopen(file, "r") : NULL;
	char ip[64], label[64];
	unsigned port;
	bool found = false;

	if (f == NULL)
		laws_bail("STF_PEERS");
	while (!found && fscanf(f, "%63s %63s %u\n", label, ip, &port) == 3)
		found = strcmp(label, persona) == 0;
	fclose(f);
	memset(address, 0, sizeof(*address));
	address->sin_family = AF_INET;
	address->sin_port = htons((uint16_t)port);
	return found && inet_pton(AF_INET, ip, &address->sin_addr) == 1;
}

int
laws_connect(int fd, const char *persona)
{
	struct sockaddr_in address;

	if (!find_peer(persona, &address)) {
		errno = ENOENT;
		laws_bail(persona);
	}
	return connect(fd, (struct sockaddr *)&address, sizeof(address));
}

int
laws_dial(const char *persona)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || laws_connect(fd, persona) != 0)
		laws_bail("connect");
	return fd;
}

static bool
is_ready(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};
	int n;

	do
		n = poll(&p, 1, DEADLINE);
	while (n < 0 && errno == EINTR);
	return n == 1;
}

/* The reply in TEXT is complete; its code, 0: not yet. */
static int
complete(const char *text)
{
	const char *line = text;
	const char *end;

	while ((end = strchr(line, '\n')) != NULL) {
		if (strlen(line) > 3 && line[3] != '-')
			return atoi(line);
		line = end + 1;
	}
	return 0;
}

int
laws_reply(int fd, char *reply, size_t size)
{
	size_t length = 0;
	int code = 0;

	while (code == 0 && length + 1 < size) {
		ssize_t n;

		if (!is_ready(fd, POLLIN))
			return -1;
		n = read(fd, reply + length, size - length - 1);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n <= 0)
			return -1;
		length += (size_t)n;
		reply[length] = '\0';
		code = complete(reply);
	}
	return code;
}

int
laws_say(int fd, const char *line, char *reply, size_t size)
{
	char text[1024];
	int length = snprintf(text, sizeof(text), "%s\r\n", line);

	if (write(fd, text, (size_t)length) != length)
		return -1;
	return laws_reply(fd, reply, size);
}

void
laws_starttls(int fd)
{
	char reply[4096];

	if (laws_reply(fd, reply, sizeof(reply)) != 220 ||
	    laws_say(fd, "EHLO laws.test", reply, sizeof(reply)) != 250 ||
	    laws_say(fd, "STARTTLS", reply, sizeof(reply)) != 220)
		laws_bail("STARTTLS");
}

SSL_CTX *
laws_context(void)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());

	if (context == NULL)
		laws_bail("SSL_CTX_new");
	SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
	return context;
}

SSL *
laws_handle(SSL_CTX *context, int fd)
{
	SSL *ssl = SSL_new(context);

	if (ssl == NULL || SSL_set_fd(ssl, fd) != 1)
		laws_bail("SSL_new");
	SSL_set_connect_state(ssl);
	return ssl;
}

SSL *
laws_open(SSL_CTX *context, const char *persona)
{
	int fd = laws_dial(persona);

	laws_starttls(fd);
	return laws_handle(context, fd);
}

/* After a call that returned RESULT: true if it is to be repeated. */
static bool
again(SSL *ssl, int result)
{
	switch (SSL_get_error(ssl, result)) {
	case SSL_ERROR_WANT_READ:
		return is_ready(SSL_get_rfd(ssl), POLLIN);
	case SSL_ERROR_WANT_WRITE:
		return is_ready(SSL_get_wfd(ssl), POLLOUT);
	default:
		return false;
	}
}

int
laws_handshake(SSL *ssl)
{
	int result;

	do
		result = SSL_connect(ssl);
	while (result <= 0 && again(ssl, result));
	return result;
}

int
laws_say_tls(SSL *ssl, const char *line, char *reply, size_t size)
{
	char text[1024];
	int length = snprintf(text, sizeof(text), "%s\r\n", line);
	size_t got = 0;
	int code = 0;
	int n;

	do
		n = SSL_write(ssl, text, length);
	while (n <= 0 && again(ssl, n));
	if (n != length)
		return -1;
	reply[0] = '\0';
	while (code == 0 && got + 1 < size) {
		n = SSL_read(ssl, reply + got, (int)(size - got - 1));
		if (n <= 0 && again(ssl, n))
			continue;
		if (n <= 0)
			return -1;
		got += (size_t)n;
		reply[got] = '\0';
		code = complete(reply);
	}
	return code;
}

bool
laws_deliver(SSL *ssl)
{
	static const struct {
		const char *line;
		int code;
	} steps[] = {
	    {"EHLO laws.test", 250},
	    {"MAIL FROM:<a@laws.test>", 250},
	    {"RCPT TO:<b@laws.test>", 250},
	    {"DATA", 354},
	    {"Subject: laws\r\n\r\ntext\r\n.", 250},
	    {"QUIT", 221},
	};
	char reply[4096];

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		int code =
		    laws_say_tls(ssl, steps[i].line, reply, sizeof(reply));

		if (code != steps[i].code) {
			laws_note("%s: %d %s", steps[i].line, code, reply);
			return false;
		}
	}
	return true;
}

void
laws_close(SSL *ssl)
{
	int in = SSL_get_rfd(ssl);
	int out = SSL_get_wfd(ssl);

	SSL_free(ssl);
	close(in);
	if (out != in)
		close(out);
}

bool
laws_is_clear(const SSL *ssl)
{
	return strcmp(SSL_get_version(ssl), "CLEARTEXT") == 0;
}

void
laws_unblock(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

double
laws_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

bool
laws_heard(const char *persona, int connection, const char *text, int tries)
{
	const char *folder = getenv("STF_HEARD");
	struct sockaddr_in address;
	char path[512], ip[64];
	char bytes[65536];
	bool heard = false;

	if (folder == NULL || !find_peer(persona, &address))
		laws_bail("STF_HEARD");
	inet_ntop(AF_INET, &address.sin_addr, ip, sizeof(ip));
	snprintf(path, sizeof(path), "%s/%s_%d/clear.%d", folder, ip,
	    ntohs(address.sin_port), connection);
	for (int i = 0; i < tries && !heard; i++) {
		FILE *f = fopen(path, "r");
		size_t n = f != NULL ? fread(bytes, 1, sizeof(bytes), f) : 0;

		if (f != NULL)
			fclose(f);
		heard = memmem(bytes, n, text, strlen(text)) != NULL;
		if (!heard && i + 1 < tries)
			usleep(10000);
	}
	return heard;
}
