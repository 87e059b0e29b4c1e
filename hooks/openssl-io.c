/*
 * openssl-io - transfer, errors and the end of a handle in the clear
 *
 * Where the handle is an ordinary one every call goes to libssl.
 *
 * Not async-signal-safe (libssl is not either); thread-safe; fork-safe.
 */
#include "openssl.h"

/* OpenSSL's numbers, the same in every version. */
enum {
	SSL_ERROR_NONE = 0,
	SSL_ERROR_WANT_READ = 2,
	SSL_ERROR_WANT_WRITE = 3,
	SSL_ERROR_SYSCALL = 5,
	SSL_ERROR_ZERO_RETURN = 6,
	SSL_NOTHING = 1,
	SSL_WRITING = 2,
	SSL_READING = 3,
	SSL_SENT_SHUTDOWN = 1,
	SSL_RECEIVED_SHUTDOWN = 2,
};

static ssize_t
peek(const struct openssl *o, SSL *ssl, struct clear *c, void *buffer,
    size_t size)
{
	struct tls t = {o->library, ssl};

	if (size == 0)
		return 0;
	return clear_read(c, tls_input(&t), buffer, size, true);
}

EXPORT int
SSL_peek(SSL *ssl, void *buffer, int size)
{
	const struct openssl *o = OPENSSL_OF(SSL_peek);
	struct clear *c = openssl_clear(o, ssl);

	if (c != NULL && size >= 0)
		return (int)peek(o, ssl, c, buffer, (size_t)size);
	return o->SSL_peek != NULL ? o->SSL_peek(ssl, buffer, size) : -1;
}

EXPORT int
SSL_peek_ex(SSL *ssl, void *buffer, size_t size, size_t *got)
{
	const struct openssl *o = OPENSSL_OF(SSL_peek_ex);
	struct clear *c = openssl_clear(o, ssl);
	ssize_t n;

	if (c == NULL)
		return o->SSL_peek_ex != NULL
			   ? o->SSL_peek_ex(ssl, buffer, size, got)
			   : 0;
	n = peek(o, ssl, c, buffer, size);
	*got = n > 0 ? (size_t)n : 0;
	return n > 0;
}

static int
pending(const struct openssl *o, const SSL *ssl, const struct clear *c)
{
	struct tls t = {o->library, (void *)(uintptr_t)ssl};

	return clear_pending(c, tls_input(&t));
}

EXPORT int
SSL_pending(const SSL *ssl)
{
	const struct openssl *o = OPENSSL_OF(SSL_pending);
	const struct clear *c = openssl_clear(o, ssl);

	if (c != NULL)
		return pending(o, ssl, c);
	return o->SSL_pending != NULL ? o->SSL_pending(ssl) : 0;
}

EXPORT int
SSL_has_pending(const SSL *ssl)
{
	const struct openssl *o = OPENSSL_OF(SSL_has_pending);
	const struct clear *c = openssl_clear(o, ssl);

	if (c != NULL)
		return pending(o, ssl, c) > 0;
	return o->SSL_has_pending != NULL ? o->SSL_has_pending(ssl) : 0;
}

/* A handshake that was cut short at a deadline failed like one whose
   connection did: ETIMEDOUT.  A write of nothing returns 0, which libssl
   calls an error as well. */
EXPORT int
SSL_get_error(const SSL *ssl, int result)
{
	const struct openssl *o = OPENSSL_OF(SSL_get_error);
	struct tls t = {o->library, (void *)(uintptr_t)ssl};
	const struct clear *c = NULL;

	if (clear_handles > 0 && ssl != NULL && o->library != NULL)
		c = tls_clear(&t);
	if (c == NULL)
		return o->SSL_get_error != NULL ? o->SSL_get_error(ssl, result)
						: SSL_ERROR_SYSCALL;
	if (result > 0)
		return SSL_ERROR_NONE;
	if (!c->failed && c->status == CLEAR_WANTS_INPUT)
		return SSL_ERROR_WANT_READ;
	if (!c->failed && c->status == CLEAR_WANTS_OUTPUT)
		return SSL_ERROR_WANT_WRITE;
	if (!c->failed && c->status == CLEAR_CLOSED)
		return SSL_ERROR_ZERO_RETURN;
	return SSL_ERROR_SYSCALL;
}

EXPORT int
SSL_want(const SSL *ssl)
{
	const struct openssl *o = OPENSSL_OF(SSL_want);
	const struct clear *c = openssl_clear(o, ssl);

	if (c == NULL)
		return o->SSL_want != NULL ? o->SSL_want(ssl) : SSL_NOTHING;
	if (c->status == CLEAR_WANTS_INPUT)
		return SSL_READING;
	return c->status == CLEAR_WANTS_OUTPUT ? SSL_WRITING : SSL_NOTHING;
}

/* There is nobody to say goodbye to: done at once, and complete (0 would mean
   that the peer's part is still to come, and some hosts wait for it). */
EXPORT int
SSL_shutdown(SSL *ssl)
{
	const struct openssl *o = OPENSSL_OF(SSL_shutdown);
	struct clear *c = openssl_clear(o, ssl);

	if (c == NULL)
		return o->SSL_shutdown != NULL ? o->SSL_shutdown(ssl) : -1;
	c->ended = true;
	return 1;
}

EXPORT int
SSL_get_shutdown(const SSL *ssl)
{
	const struct openssl *o = OPENSSL_OF(SSL_get_shutdown);
	const struct clear *c = openssl_clear(o, ssl);

	if (c == NULL)
		return o->SSL_get_shutdown != NULL ? o->SSL_get_shutdown(ssl)
						   : 0;
	return (c->ended ? SSL_SENT_SHUTDOWN : 0) |
	       (c->ended || c->closed ? SSL_RECEIVED_SHUTDOWN : 0);
}

/* The handle starts anew. */
EXPORT int
SSL_clear(SSL *ssl)
{
	const struct openssl *o = OPENSSL_OF(SSL_clear);
	struct tls t = {o->library, ssl};

	if (clear_handles > 0 && ssl != NULL && o->library != NULL)
		tls_release(&t);
	return o->SSL_clear != NULL ? o->SSL_clear(ssl) : 0;
}

/* Needs kernel TLS, which a handle in the clear does not have. */
EXPORT ssize_t
SSL_sendfile(SSL *ssl, int fd, off_t offset, size_t size, int flags)
{
	const struct openssl *o = OPENSSL_OF(SSL_sendfile);

	if (openssl_clear(o, ssl) == NULL && o->SSL_sendfile != NULL)
		return o->SSL_sendfile(ssl, fd, offset, size, flags);
	errno = EOPNOTSUPP;
	return -1;
}
