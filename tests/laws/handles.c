/*
 * handles - TLS handles before and after a fallback
 *
 * The error queue is clean for the thread's next session; a handle that is
 * cleared, freed or copied starts anew; one that must verify its peer, or that
 * libssl itself drives, fails as it would have.
 */
#include "laws.h"

#include <openssl/err.h>
#include <string.h>
#include <unistd.h>

static SSL_CTX *context;

static SSL *
fall_back(const char *persona)
{
	SSL *ssl = laws_open(context, persona);

	if (laws_handshake(ssl) != 1 || !laws_is_clear(ssl))
		laws_bail("no fallback");
	return ssl;
}

static bool
queue(const char *persona)
{
	SSL *clear = fall_back(persona);
	SSL *healthy;

	if (ERR_peek_error() != 0)
		return false;
	healthy = laws_open(context, "healthy");
	return laws_handshake(healthy) == 1 && ERR_peek_error() == 0 &&
	       laws_deliver(healthy) && laws_deliver(clear) &&
	       ERR_peek_error() == 0;
}

static bool
cleared(const char *unused)
{
	SSL *ssl = fall_back("alert-40");
	int fd;

	(void)unused;
	close(SSL_get_fd(ssl));
	fd = laws_dial("healthy");
	laws_starttls(fd);
	if (SSL_clear(ssl) != 1 || laws_is_clear(ssl))
		return false;
	SSL_set_fd(ssl, fd);
	if (laws_handshake(ssl) != 1 || laws_is_clear(ssl) ||
	    !laws_deliver(ssl))
		return false;
	close(fd);
	fd = laws_dial("alert-40");
	laws_starttls(fd);
	SSL_clear(ssl);
	SSL_set_fd(ssl, fd);
	return laws_handshake(ssl) == 1 && laws_is_clear(ssl) &&
	       laws_deliver(ssl);
}

/* The allocator gives the address out again. */
static bool
freed(const char *unused)
{
	SSL *ssl = fall_back("alert-40");

	(void)unused;
	laws_close(ssl);
	ssl = laws_open(context, "healthy");
	return !laws_is_clear(ssl) && laws_handshake(ssl) == 1 &&
	       !laws_is_clear(ssl) && laws_deliver(ssl);
}

static bool
copied(const char *unused)
{
	SSL *ssl = fall_back("alert-40");
	SSL *copy = SSL_dup(ssl);

	(void)unused;
	/* libssl gives the same handle once more where it is in use */
	if (copy != ssl && laws_is_clear(copy))
		return false;
	SSL_free(copy);
	return laws_is_clear(ssl) && laws_deliver(ssl);
}

static bool
verifies(const char *how)
{
	static const unsigned char digest[32];
	SSL *ssl;

	if (how[0] == 'd')
		SSL_CTX_dane_enable(context);
	ssl = laws_open(context, "alert-40");
	if (how[0] == 'p')
		SSL_set_verify(ssl, SSL_VERIFY_PEER, NULL);
	else if (how[0] == 'n')
		SSL_set1_host(ssl, "peer.test");
	else if (how[0] == 'a')
		X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), "192.0.2.1");
	else {
		SSL_dane_enable(ssl, "peer.test");
		SSL_dane_tlsa_add(ssl, 3, 1, 1, digest, sizeof(digest));
	}
	return laws_handshake(ssl) != 1 && !laws_is_clear(ssl);
}

/* BIO_f_ssl drives the handle from inside libssl, past the hooks: a handshake
   that comes back as good must be followed by reads that are. */
static bool
driven(const char *persona)
{
	int fd = laws_dial(persona);
	BIO *bio = BIO_new_ssl(context, 1);
	char reply[512];

	laws_starttls(fd);
	BIO_push(bio, BIO_new_socket(fd, 0));
	if (BIO_do_handshake(bio) != 1)
		return strcmp(persona, "healthy") != 0;
	return BIO_write(bio, "EHLO a\r\n", 8) == 8 &&
	       BIO_read(bio, reply, sizeof(reply)) > 0;
}

int
main(void)
{
	context = laws_context();
	laws_isolated("clean error queue, alert-40", queue, "alert-40");
	laws_isolated("clean error queue, bad-mac-1.3", queue, "bad-mac-1.3");
	laws_isolated("clean error queue, sha1", queue, "sha1");
	laws_isolated("SSL_clear", cleared, NULL);
	laws_isolated("SSL_free, and the address again", freed, NULL);
	laws_isolated("SSL_dup", copied, NULL);
	laws_isolated("never live: verify mode", verifies, "peer");
	laws_isolated("never live: expected name", verifies, "name");
	laws_isolated("never live: expected address", verifies, "address");
	laws_isolated("never live: DANE", verifies, "dane");
	laws_isolated("BIO_f_ssl, alert-40", driven, "alert-40");
	laws_isolated("BIO_f_ssl, healthy", driven, "healthy");
	return laws_done();
}
