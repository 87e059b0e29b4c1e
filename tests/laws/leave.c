/*
 * leave - what never leaves, and what comes in, in a downgraded session
 *
 * argv: the label of a peer that offers AUTH and REQUIRETLS and breaks TLS,
 * and of one that refuses MAIL in the clear.
 *
 * AUTH and MAIL with REQUIRETLS are sent by each call there is and in every
 * fragmentation: the connection breaks and not a byte of the line arrives.
 * Other lines arrive whole.  The keywords are masked and a 530 is softened
 * for each call that reads, one byte at a time too.
 */
#include "laws.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { BY_SSL, BY_WRITE, BY_WRITEV, BY_SEND, BY_SENDMSG, BY_SENDTO, WAYS };
static const char *const way_name[] = {
    "SSL_write", "write", "writev", "send", "sendmsg", "sendto"};

static SSL_CTX *context;
static const char *offers, *demands;
static int connections;

static SSL *
fall_back(const char *label)
{
	SSL *ssl = laws_open(context, label);

	if (laws_handshake(ssl) != 1 || !laws_is_clear(ssl))
		laws_bail("no fallback");
	return ssl;
}

static ssize_t
give(SSL *ssl, int way, const char *bytes, size_t n)
{
	int fd = SSL_get_fd(ssl);
	size_t half = n / 2;
	struct iovec v[3] = {{(void *)(uintptr_t)bytes, half}, {NULL, 0},
	    {(void *)(uintptr_t)(bytes + half), n - half}};
	struct msghdr m = {.msg_iov = v, .msg_iovlen = 3};

	switch (way) {
	case BY_SSL:
		return SSL_write(ssl, bytes, (int)n);
	case BY_WRITE:
		return write(fd, bytes, n);
	case BY_WRITEV:
		return writev(fd, v, 3);
	case BY_SEND:
		return send(fd, bytes, n, MSG_NOSIGNAL);
	case BY_SENDMSG:
		return sendmsg(fd, &m, MSG_NOSIGNAL);
	default:
		return sendto(fd, bytes, n, MSG_NOSIGNAL, NULL, 0);
	}
}

/* Sends LINE in pieces of STEP bytes.  True: all of it was taken. */
static bool
give_all(SSL *ssl, int way, const char *line, size_t step)
{
	size_t length = strlen(line);

	for (size_t at = 0; at < length; at += step) {
		size_t part = length - at < step ? length - at : step;

		if (give(ssl, way, line + at, part) != (ssize_t)part)
			return false;
	}
	return true;
}

/* The connections of this peer so far are CONNECTIONS; the fallback is
   the second of each pair. */
static void
must_not_leave(const char *before, const char *line, const char *trace)
{
	for (int way = 0; way < WAYS; way++) {
		size_t length = strlen(before) + strlen(line);
		bool good = true;
		int first = connections;

		for (size_t step = 1; step <= length; step++) {
			char text[256];
			char reply[4096];
			SSL *ssl;
			bool taken;

			if (step > 4 && step < length - 4 && step % 7 != 0)
				continue;
			snprintf(text, sizeof(text), "%s%s", before, line);
			ssl = fall_back(offers);
			connections += 2;
			laws_say_tls(
			    ssl, "EHLO laws.test", reply, sizeof(reply));
			taken = give_all(ssl, way, text, step);
			laws_close(ssl);
			if (taken) {
				laws_note(
				    "step %zu of %zu: taken", step, length);
				good = false;
			}
		}
		usleep(50000);
		for (int i = first + 2; i <= connections; i += 2) {
			if (!laws_heard(offers, i, "EHLO", 20))
				laws_bail("no log of the connection");
			if (laws_heard(offers, i, trace, 1)) {
				laws_note("connection %d: arrived", i);
				good = false;
			}
		}
		laws_ok(good, "by %s: %s%.*s does not leave", way_name[way],
		    before[0] != '\0' ? "pipelined, " : "",
		    (int)strcspn(line, "\r\n"), line);
	}
}

static void
leaves(const char *line)
{
	for (int way = 0; way < WAYS; way++) {
		bool good = true;

		for (size_t step = 1; step <= strlen(line) + 2; step++) {
			char text[256], reply[4096];
			SSL *ssl;
			int code;

			if (step > 3 && step < strlen(line) && step % 5 != 0)
				continue;
			snprintf(text, sizeof(text), "%s\r\n", line);
			ssl = fall_back(offers);
			connections += 2;
			laws_say_tls(
			    ssl, "EHLO laws.test", reply, sizeof(reply));
			good = good && give_all(ssl, way, text, step);
			code =
			    laws_reply(SSL_get_fd(ssl), reply, sizeof(reply));
			if (code != 250) {
				laws_note("step %zu: %d", step, code);
				good = false;
			}
			laws_close(ssl);
		}
		laws_ok(good, "by %s: %s leaves", way_name[way], line);
	}
}

enum {
	R_SSL,
	R_PEEK,
	R_READ,
	R_READV,
	R_RECV,
	R_RECVFROM,
	R_RECVMSG,
	R_RECV_PEEK,
	READERS
};
static const char *const reader_name[] = {"SSL_read", "SSL_peek", "read",
    "readv", "recv", "recvfrom", "recvmsg", "recv with MSG_PEEK"};

static ssize_t
take(SSL *ssl, int reader, char *to, size_t n)
{
	int fd = SSL_get_fd(ssl);
	char seen[4096];
	struct iovec v[2] = {{to, n / 2}, {to + n / 2, n - n / 2}};
	struct msghdr m = {.msg_iov = v, .msg_iovlen = 2};
	ssize_t got;

	switch (reader) {
	case R_SSL:
		return SSL_read(ssl, to, (int)n);
	case R_PEEK:
		got = SSL_peek(ssl, seen, (int)n);
		if (got <= 0)
			return got;
		if (SSL_read(ssl, to, (int)got) != got ||
		    memcmp(seen, to, (size_t)got) != 0)
			return -1;
		return got;
	case R_READ:
		return read(fd, to, n);
	case R_READV:
		return readv(fd, v, 2);
	case R_RECV:
		return recv(fd, to, n, 0);
	case R_RECVFROM:
		return recvfrom(fd, to, n, 0, NULL, NULL);
	case R_RECVMSG:
		return recvmsg(fd, &m, 0);
	default:
		got = recv(fd, seen, n, MSG_PEEK);
		if (got <= 0)
			return got;
		if (recv(fd, to, (size_t)got, 0) != got ||
		    memcmp(seen, to, (size_t)got) != 0)
			return -1;
		return got;
	}
}

/* Reads a reply of which the last line begins with DIGIT ... in pieces. */
static bool
reads(SSL *ssl, int reader, size_t step, char *reply, size_t size)
{
	size_t got = 0;

	reply[0] = '\0';
	while (got + 1 < size) {
		const char *last;
		ssize_t n = take(ssl, reader, reply + got,
		    size - got - 1 < step ? size - got - 1 : step);

		if (n <= 0)
			return false;
		got += (size_t)n;
		reply[got] = '\0';
		if (reply[got - 1] != '\n')
			continue;
		reply[got - 1] = '\0';
		last = strrchr(reply, '\n');
		reply[got - 1] = '\n';
		last = last != NULL ? last + 1 : reply;
		if (strlen(last) > 4 && last[3] == ' ')
			return true;
	}
	return false;
}

static void
comes_in(void)
{
	for (int reader = 0; reader < READERS; reader++) {
		bool masked = true;
		bool soft = true;

		for (size_t step = 1; step <= 4096; step *= 2) {
			char reply[4096];
			SSL *ssl = fall_back(offers);

			give_all(ssl, BY_SSL, "EHLO laws.test\r\n", 64);
			masked =
			    masked &&
			    reads(ssl, reader, step, reply, sizeof(reply)) &&
			    strstr(reply, "STARTTLS") == NULL &&
			    strstr(reply, "AUTH ") == NULL &&
			    strstr(reply, "REQUIRETLS") == NULL &&
			    strstr(reply, "STARTTLX") != NULL &&
			    strstr(reply, "AUTX") != NULL &&
			    strstr(reply, "REQUIRETLX") != NULL;
			laws_close(ssl);
			ssl = fall_back(demands);
			laws_say_tls(
			    ssl, "EHLO laws.test", reply, sizeof(reply));
			give_all(ssl, BY_SSL, "MAIL FROM:<a@b.test>\r\n", 64);
			soft = soft &&
			       reads(ssl, reader, step, reply, sizeof(reply)) &&
			       strncmp(reply, "430 4.7.0", 9) == 0;
			laws_close(ssl);
		}
		laws_ok(
		    masked, "by %s: keywords are masked", reader_name[reader]);
		laws_ok(soft, "by %s: 530 is softened", reader_name[reader]);
	}
}

int
main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	context = laws_context();
	offers = argv[1];
	demands = argv[2];
	must_not_leave("", "AUTH PLAIN AGEAYg==\r\n", "AUTH");
	must_not_leave(
	    "", "mail from:<a@b.test> size=10 requiretls\r\n", "mail");
	must_not_leave("NOOP\r\n", "AUTH LOGIN\r\n", "AUTH");
	leaves("MAIL FROM:<a@b.test>");
	leaves("NOOP");
	connections = 0;
	comes_in();
	return laws_done();
}
