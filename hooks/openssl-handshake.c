/*
 * openssl-handshake - the calls of libssl's that do a handshake
 *
 * Also SSL_read and SSL_write, where `openssl s_client` and others let the
 * handshake happen.  One that fails may come back as a success on a handle
 * that is in the clear (live.h); then a read or a write is done there.
 *
 * Not async-signal-safe (libssl is not either); thread-safe; fork-safe.
 */
#include "openssl.h"

#include "../shim/live.h"

#include <limits.h>

/* A call, kept so that it can be made more than once. */
struct call {
	const struct openssl *o;
	SSL *ssl;
	void *buffer;
	const void *bytes;
	int size;
	size_t long_size;
	size_t *done;
};

static int
try_connect(void *context)
{
	const struct call *c = context;

	return c->o->SSL_connect(c->ssl);
}

static int
try_do_handshake(void *context)
{
	const struct call *c = context;

	return c->o->SSL_do_handshake(c->ssl);
}

static int
try_read(void *context)
{
	const struct call *c = context;

	return c->o->SSL_read(c->ssl, c->buffer, c->size);
}

static int
try_read_ex(void *context)
{
	const struct call *c = context;

	return c->o->SSL_read_ex(c->ssl, c->buffer, c->long_size, c->done);
}

static int
try_write(void *context)
{
	const struct call *c = context;

	return c->o->SSL_write(c->ssl, c->bytes, c->size);
}

static int
try_write_ex(void *context)
{
	const struct call *c = context;

	return c->o->SSL_write_ex(c->ssl, c->bytes, c->long_size, c->done);
}

static ssize_t
read_clear(const struct call *c, struct clear *clear, size_t size)
{
	struct tls t = {c->o->library, c->ssl};

	if (size == 0)
		return 0;
	return clear_read(clear, tls_input(&t), c->buffer, size, false);
}

static ssize_t
write_clear(const struct call *c, struct clear *clear, size_t size)
{
	struct tls t = {c->o->library, c->ssl};

	return clear_write(
	    clear, tls_output(&t), c->bytes, size, tls_writes_partly(&t));
}

/* Whether plain data came tells what the wire does not in TLS 1.3. */
static void
note_read(const struct call *c, bool came)
{
	struct tls t = {c->o->library, c->ssl};

	if (atomic_load_explicit(&session_handshakes, memory_order_relaxed) >
		0 &&
	    c->ssl != NULL && c->o->library != NULL && tls_usable(t.library))
		live_read(&t, came);
}

EXPORT int
SSL_connect(SSL *ssl)
{
	struct call c = {.o = OPENSSL_OF(SSL_connect), .ssl = ssl};
	int result = -1;

	if (c.o->SSL_connect == NULL)
		return -1;
	return openssl_call(c.o, ssl, try_connect, &c, &result) != NULL
		   ? 1
		   : result;
}

EXPORT int
SSL_do_handshake(SSL *ssl)
{
	struct call c = {.o = OPENSSL_OF(SSL_do_handshake), .ssl = ssl};
	int result = -1;

	if (c.o->SSL_do_handshake == NULL)
		return -1;
	return openssl_call(c.o, ssl, try_do_handshake, &c, &result) != NULL
		   ? 1
		   : result;
}

EXPORT int
SSL_read(SSL *ssl, void *buffer, int size)
{
	struct call c = {.o = OPENSSL_OF(SSL_read),
	    .ssl = ssl,
	    .buffer = buffer,
	    .size = size};
	struct clear *clear;
	int result = -1;

	if (c.o->SSL_read == NULL || size < 0)
		return -1;
	clear = openssl_call(c.o, ssl, try_read, &c, &result);
	if (clear != NULL)
		return (int)read_clear(&c, clear, (size_t)size);
	note_read(&c, result > 0);
	return result;
}

EXPORT int
SSL_read_ex(SSL *ssl, void *buffer, size_t size, size_t *got)
{
	struct call c = {.o = OPENSSL_OF(SSL_read_ex),
	    .ssl = ssl,
	    .buffer = buffer,
	    .long_size = size,
	    .done = got};
	struct clear *clear;
	ssize_t n;
	int result = 0;

	if (c.o->SSL_read_ex == NULL)
		return 0;
	clear = openssl_call(c.o, ssl, try_read_ex, &c, &result);
	if (clear == NULL) {
		note_read(&c, result > 0);
		return result;
	}
	n = read_clear(&c, clear, size);
	*got = n > 0 ? (size_t)n : 0;
	return n > 0;
}

EXPORT int
SSL_write(SSL *ssl, const void *bytes, int size)
{
	struct call c = {.o = OPENSSL_OF(SSL_write),
	    .ssl = ssl,
	    .bytes = bytes,
	    .size = size};
	struct clear *clear;
	int result = -1;

	if (c.o->SSL_write == NULL || size < 0)
		return -1;
	clear = openssl_call(c.o, ssl, try_write, &c, &result);
	return clear != NULL ? (int)write_clear(&c, clear, (size_t)size)
			     : result;
}

EXPORT int
SSL_write_ex(SSL *ssl, const void *bytes, size_t size, size_t *sent)
{
	struct call c = {.o = OPENSSL_OF(SSL_write_ex),
	    .ssl = ssl,
	    .bytes = bytes,
	    .long_size = size,
	    .done = sent};
	struct clear *clear;
	ssize_t n;
	int result = 0;

	if (c.o->SSL_write_ex == NULL)
		return 0;
	clear = openssl_call(c.o, ssl, try_write_ex, &c, &result);
	if (clear == NULL)
		return result;
	n = write_clear(&c, clear, size > SSIZE_MAX ? SSIZE_MAX : size);
	*sent = n > 0 ? (size_t)n : 0;
	return n >= 0;
}
