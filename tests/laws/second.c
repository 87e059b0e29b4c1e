/*
 * second - what a host sees when the second connection fails as well
 *
 * argv: a persona, and optionally blocking or non-blocking.  Prints what the handshake and the calls after it return,
 * for a blocking and a non-blocking descriptor: the same with the shim as
 * without it.  SIGPIPE keeps its default, a child per case shows its death.
 */
#include "laws.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void
run(const char *persona, bool blocking)
{
	SSL *ssl = laws_open(laws_context(), persona);
	int fd = SSL_get_fd(ssl);
	char byte;
	int n, error;
	unsigned long code;

	if (!blocking)
		laws_unblock(fd);
	errno = 0;
	n = laws_handshake(ssl);
	error = errno;
	printf("%s: %d", blocking ? "blocking" : "non-blocking", n);
	n = SSL_get_error(ssl, n);
	printf(" error %d", n);
	if (n == SSL_ERROR_SYSCALL)
		printf(" errno %d", error);
	while ((code = ERR_get_error()) != 0)
		printf(" [%s]", ERR_reason_error_string(code));
	printf(
	    " version %s in_init %d", SSL_get_version(ssl), SSL_in_init(ssl));
	n = SSL_write(ssl, "x", 1);
	printf(" write %d %d", n, SSL_get_error(ssl, n));
	ERR_clear_error();
	n = SSL_read(ssl, &byte, 1);
	printf(" read %d %d", n, SSL_get_error(ssl, n));
	ERR_clear_error();
	n = SSL_shutdown(ssl);
	printf(" shutdown %d", n);
	ERR_clear_error();
	/* a host that goes on with the descriptor gets no signal */
	for (int i = 0; i < 3; i++)
		if (send(fd, "QUIT\r\n", 6, MSG_NOSIGNAL) < 0)
			break;
	laws_close(ssl);
	printf("\n");
}

int
main(int argc, char **argv)
{
	const char *only = argc > 2 ? argv[2] : "";

	if (argc < 2)
		return 2;
	for (int blocking = 0; blocking < 2; blocking++) {
		int status = -1;
		pid_t child;

		if (strcmp(only, blocking ? "non-blocking" : "blocking") == 0)
			continue;
		fflush(stdout);
		child = fork();
		if (child == 0) {
			alarm(60);
			run(argv[1], blocking);
			return 0;
		}
		waitpid(child, &status, 0);
		if (status != 0)
			printf("status %x\n", (unsigned)status);
	}
	return 0;
}
