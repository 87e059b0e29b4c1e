/*
 * sessions - healthy STARTTLS sessions one after the other
 *
 * sessions ADDRESS PORT COUNT: banner, EHLO, STARTTLS, handshake, EHLO, QUIT;
 * prints the sessions a second.  Does not verify.  Exit status: 0, or 1 when
 * a session fails.
 *
 * Not thread- or signal-safe.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ssl.h>

/* Reads a reply: up to a line whose fourth character is a blank. */
static bool
reply(int fd, SSL *ssl)
{
	char text[2048];
	size_t n = 0;

	while (n < sizeof text - 1) {
		size_t room = sizeof text - 1 - n;
		ssize_t got = ssl != NULL ? SSL_read(ssl, text + n, (int)room)
					  : read(fd, text + n, room);
		const char *line = text;

		if (got <= 0)
			return false;
		n += (size_t)got;
		text[n] = '\0';
		for (const char *end = strchr(line, '\n'); end != NULL;
		     end = strchr(line, '\n')) {
			if (end - line > 3 && line[3] == ' ')
				return line[0] == '2';
			line = end + 1;
		}
	}
	return false;
}

static bool
command(int fd, SSL *ssl, const char *text)
{
	size_t n = strlen(text);

	if (ssl != NULL ? SSL_write(ssl, text, (int)n) != (int)n
			: write(fd, text, n) != (ssize_t)n)
		return false;
	return reply(fd, ssl);
}

static bool
talk(int fd, SSL_CTX *context)
{
	SSL *ssl = SSL_new(context);
	bool done =
	    ssl != NULL && SSL_set_fd(ssl, fd) == 1 && reply(fd, NULL) &&
	    command(fd, NULL, "EHLO client.test\r\n") &&
	    command(fd, NULL, "STARTTLS\r\n") && SSL_connect(ssl) == 1 &&
	    command(fd, ssl, "EHLO client.test\r\n") &&
	    command(fd, ssl, "QUIT\r\n");

	SSL_free(ssl);
	return done;
}

static bool
session(const struct sockaddr_in *to, SSL_CTX *context)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool done = fd >= 0 &&
		    connect(fd, (const struct sockaddr *)to, sizeof *to) == 0 &&
		    talk(fd, context);

	if (fd >= 0)
		(void)close(fd);
	return done;
}

static double
now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int
main(int argc, char **argv)
{
	struct sockaddr_in to = {.sin_family = AF_INET};
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	double start;
	long count;

	if (argc != 4 || context == NULL ||
	    inet_pton(AF_INET, argv[1], &to.sin_addr) != 1)
		return 1;
	to.sin_port = htons((uint16_t)strtoul(argv[2], NULL, 10));
	count = strtol(argv[3], NULL, 10);
	start = now();
	for (long i = 0; i < count; i++)
		if (!session(&to, context))
			return 1;
	(void)printf("%.1f\n", (double)count / (now() - start));
	return 0;
}
