/*
 * calls - makes one system call's wrapper COUNT times, and nothing else
 *
 * calls NAME COUNT, for callgrind: the difference of two counts is the cost
 * of the loop alone.  Descriptors are never watched ones.  Exit status: 0, or
 * 2 where the name is unknown or something could not be opened.
 *
 * Not thread- or signal-safe.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

static int fds[2];
static int tcp;
static SSL *client, *server;

/* Each call does what it says once; the results matter to nobody. */
static void
call_read(void)
{
	char byte;

	if (read(fds[0], &byte, 0) < 0)
		abort();
}

static void
call_write(void)
{
	if (write(fds[0], "", 0) < 0)
		abort();
}

static void
call_recv(void)
{
	char byte;

	(void)recv(fds[0], &byte, 1, MSG_DONTWAIT);
}

static void
call_send(void)
{
	if (send(fds[0], "", 0, MSG_DONTWAIT) < 0)
		abort();
}

/* A port that nobody listens on; fds would not do, they are not TCP. */
static void
call_connect(void)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_port = htons(1),
	    .sin_addr = {htonl(INADDR_LOOPBACK)}};

	(void)connect(tcp, (const struct sockaddr *)&to, sizeof to);
}

static void
call_close(void)
{
	(void)close(60000);
}

/* With the close that gives the number back. */
static void
call_dup(void)
{
	int fd = dup(fds[0]);

	if (fd < 0)
		abort();
	(void)close(fd);
}

static void
call_ssl_write(void)
{
	char byte;

	if (SSL_write(client, "x", 1) != 1 || SSL_read(server, &byte, 1) != 1)
		abort();
}

/* Nothing there to read: the record layer alone. */
static void
call_ssl_read(void)
{
	char byte;

	(void)SSL_read(client, &byte, 1);
}

/* Two handles joined in memory, anonymous, without a certificate. */
static int
ssl_start(void)
{
	SSL_CTX *context = SSL_CTX_new(TLS_method());
	BIO *one, *other;

	if (context == NULL || BIO_new_bio_pair(&one, 0, &other, 0) != 1 ||
	    SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_cipher_list(context, "ADH:@SECLEVEL=0") != 1)
		return 0;
	(void)SSL_CTX_set_dh_auto(context, 1);
	client = SSL_new(context);
	server = SSL_new(context);
	if (client == NULL || server == NULL)
		return 0;
	SSL_set_bio(client, one, one);
	SSL_set_bio(server, other, other);
	SSL_set_connect_state(client);
	SSL_set_accept_state(server);
	for (int i = 0; i < 20; i++) {
		int a = SSL_do_handshake(client);
		int b = SSL_do_handshake(server);

		if (a == 1 && b == 1)
			return 1;
	}
	return 0;
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*call)(void);
	} calls[] = {{"read", call_read}, {"write", call_write},
	    {"recv", call_recv}, {"send", call_send}, {"connect", call_connect},
	    {"close", call_close}, {"dup", call_dup},
	    {"SSL_read", call_ssl_read}, {"SSL_write", call_ssl_write}};
	long count = argc == 3 ? strtol(argv[2], NULL, 10) : 0;

	if (count <= 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, fds) != 0)
		return 2;
	tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (tcp < 0)
		return 2;
	if (strncmp(argv[1], "SSL_", 4) == 0 && !ssl_start())
		return 2;
	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
		if (strcmp(argv[1], calls[i].name) != 0)
			continue;
		while (count-- > 0)
			calls[i].call();
		return 0;
	}
	return 2;
}
