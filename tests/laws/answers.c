/*
 * answers - what a handle in the clear says about itself
 *
 * argv: personas.  After a fallback every question that the table of hooks
 * lists gets the truthful answer, however far the handshake had got, and mail
 * goes through; by each way into a handshake, blocking or not, with one
 * descriptor or two.
 */
#include "laws.h"

#include <openssl/err.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static SSL_CTX *context;

static bool
answers_truthfully(SSL *ssl)
{
	unsigned char buffer[64], *ocsp = buffer;
	const unsigned char *alpn = buffer;
	unsigned alpn_size = 1;
	EVP_PKEY *key = NULL;
	const struct {
		const char *name;
		bool good;
	} answers[] = {
	    {"SSL_get_version", strcmp(SSL_get_version(ssl), "CLEARTEXT") == 0},
	    {"SSL_version", SSL_version(ssl) == 0},
	    {"SSL_get_current_cipher", SSL_get_current_cipher(ssl) == NULL},
	    {"SSL_get_cipher_name",
		strcmp(SSL_get_cipher_name(ssl), "(NONE)") == 0},
	    {"SSL_get_cipher_bits", SSL_get_cipher_bits(ssl, NULL) == 0},
	    {"SSL_get_pending_cipher", SSL_get_pending_cipher(ssl) == NULL},
	    {"SSL_get0_peer_certificate",
		SSL_get0_peer_certificate(ssl) == NULL},
	    {"SSL_get1_peer_certificate",
		SSL_get1_peer_certificate(ssl) == NULL},
	    {"SSL_get_peer_cert_chain", SSL_get_peer_cert_chain(ssl) == NULL},
	    {"SSL_get0_verified_chain", SSL_get0_verified_chain(ssl) == NULL},
	    {"SSL_get_verify_result", SSL_get_verify_result(ssl) != X509_V_OK},
	    {"SSL_get0_peername", SSL_get0_peername(ssl) == NULL},
	    {"SSL_get0_dane_authority",
		SSL_get0_dane_authority(ssl, NULL, NULL) < 0},
	    {"SSL_get_session", SSL_get_session(ssl) == NULL},
	    {"SSL_get1_session", SSL_get1_session(ssl) == NULL},
	    {"SSL_session_reused", !SSL_session_reused(ssl)},
	    {"SSL_get_finished",
		SSL_get_finished(ssl, buffer, sizeof(buffer)) == 0},
	    {"SSL_get_peer_finished",
		SSL_get_peer_finished(ssl, buffer, sizeof(buffer)) == 0},
	    {"SSL_export_keying_material",
		SSL_export_keying_material(
		    ssl, buffer, 16, "l", 1, NULL, 0, 0) <= 0},
	    {"SSL_is_init_finished", SSL_is_init_finished(ssl)},
	    {"SSL_in_init", !SSL_in_init(ssl)},
	    {"SSL_in_before", !SSL_in_before(ssl)},
	    {"SSL_get_state", SSL_get_state(ssl) == TLS_ST_OK},
	    {"SSL_pending", SSL_pending(ssl) == 0},
	    {"SSL_has_pending", !SSL_has_pending(ssl)},
	    {"SSL_get_shutdown", SSL_get_shutdown(ssl) == 0},
	    {"SSL_get_secure_renegotiation_support",
		!SSL_get_secure_renegotiation_support(ssl)},
	    {"SSL_get_extms_support", SSL_get_extms_support(ssl) <= 0},
	    {"SSL_get_peer_tmp_key",
		SSL_get_peer_tmp_key(ssl, &key) <= 0 && key == NULL},
	    {"SSL_get_tmp_key", SSL_get_tmp_key(ssl, &key) <= 0 && key == NULL},
	    {"SSL_get_negotiated_group", SSL_get_negotiated_group(ssl) == 0},
	    {"SSL_get_tlsext_status_ocsp_resp",
		SSL_get_tlsext_status_ocsp_resp(ssl, &ocsp) < 0 &&
		    ocsp == NULL},
	    {"SSL_get_peer_signature_nid",
		SSL_get_peer_signature_nid(ssl, &(int){0}) == 0},
	    {"SSL_get0_alpn_selected",
		(SSL_get0_alpn_selected(ssl, &alpn, &alpn_size),
		    alpn == NULL && alpn_size == 0)},
	    {"SSL_get_peer_signature_type_nid",
		SSL_get_peer_signature_type_nid(ssl, &(int){0}) == 0},
	    {"SSL_get_shared_ciphers",
		SSL_get_shared_ciphers(ssl, (char *)buffer, sizeof(buffer)) ==
		    NULL},
	    {"SSL_get_certificate", SSL_get_certificate(ssl) == NULL},
	    {"ERR_peek_error", ERR_peek_error() == 0},
	};
	bool good = true;

	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		if (!answers[i].good)
			laws_note("%s is not truthful", answers[i].name);
		good = good && answers[i].good;
	}
	return good;
}

static bool
ends_truthfully(SSL *ssl)
{
	char byte;
	int n;
	bool good;

	while ((n = SSL_read(ssl, &byte, 1)) < 0 &&
	       SSL_get_error(ssl, n) == SSL_ERROR_WANT_READ)
		usleep(1000);
	good = n <= 0 && SSL_get_error(ssl, n) == SSL_ERROR_ZERO_RETURN;
	good = good && (SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN);
	good = good && SSL_shutdown(ssl) == 1;
	return good && ERR_peek_error() == 0;
}

static bool
falls_back(SSL *ssl)
{
	return laws_is_clear(ssl) && answers_truthfully(ssl) &&
	       laws_deliver(ssl) && answers_truthfully(ssl) &&
	       ends_truthfully(ssl);
}

static bool
blocking(const char *persona)
{
	SSL *ssl = laws_open(context, persona);

	return laws_handshake(ssl) == 1 && falls_back(ssl);
}

static bool
non_blocking(const char *persona)
{
	SSL *ssl = laws_open(context, persona);

	laws_unblock(SSL_get_fd(ssl));
	return laws_handshake(ssl) == 1 && falls_back(ssl);
}

static bool
do_handshake(const char *persona)
{
	SSL *ssl = laws_open(context, persona);

	return SSL_do_handshake(ssl) == 1 && SSL_do_handshake(ssl) == 1 &&
	       SSL_connect(ssl) == 1 && falls_back(ssl);
}

/* sendmail reads from one descriptor and writes to its duplicate. */
static bool
two_descriptors(const char *persona)
{
	int fd = laws_dial(persona);
	SSL *ssl = SSL_new(context);

	laws_starttls(fd);
	SSL_set_rfd(ssl, fd);
	SSL_set_wfd(ssl, dup(fd));
	return SSL_connect(ssl) == 1 && falls_back(ssl);
}

static bool
by_write(const char *persona)
{
	SSL *ssl = laws_open(context, persona);

	return SSL_write(ssl, "NOOP\r\n", 6) == 6 && laws_is_clear(ssl) &&
	       SSL_shutdown(ssl) == 1;
}

static bool
by_write_ex(const char *persona)
{
	SSL *ssl = laws_open(context, persona);
	char reply[512] = "";
	size_t n = 0;

	return SSL_write_ex(ssl, "NOOP\r\n", 6, &n) == 1 && n == 6 &&
	       SSL_peek_ex(ssl, reply, 3, &n) == 1 && n > 0 &&
	       SSL_read_ex(ssl, reply, sizeof(reply) - 1, &n) == 1 && n > 3 &&
	       strncmp(reply, "250", 3) == 0;
}

static bool
by_read(const char *persona)
{
	SSL *ssl = laws_open(context, persona);
	char reply[4096];

	laws_unblock(SSL_get_fd(ssl));
	for (int i = 0; i < 3000 && !laws_is_clear(ssl); i++) {
		int n = SSL_read(ssl, reply, sizeof(reply));

		if (n > 0 || SSL_get_error(ssl, n) != SSL_ERROR_WANT_READ)
			break;
		usleep(10000);
	}
	return falls_back(ssl);
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		bool (*test)(const char *);
	} ways[] = {
	    {"blocking", blocking},
	    {"non-blocking", non_blocking},
	    {"SSL_do_handshake", do_handshake},
	    {"two descriptors", two_descriptors},
	    {"within SSL_write", by_write},
	    {"within SSL_write_ex", by_write_ex},
	    {"within SSL_read", by_read},
	};
	char name[128];

	context = laws_context();
	for (int i = 1; i < argc; i++) {
		for (size_t k = 0; k < sizeof(ways) / sizeof(ways[0]); k++) {
			snprintf(name, sizeof(name), "%s, %s", argv[i],
			    ways[k].name);
			laws_isolated(name, ways[k].test, argv[i]);
		}
	}
	return laws_done();
}
