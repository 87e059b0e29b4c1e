/*
 * tls - the server's side of a real TLS session, on OpenSSL
 *
 * The library works on memory BIOs: what it writes passes through shape.h to
 * the socket, what the socket brings is logged and fed to it.  It accepts
 * everything that it can speak (security level 0): what is too weak is for
 * the client to refuse.
 *
 * Failures end the link or return false; nothing is printed.  One session for
 * each process; not thread-safe.
 */
#define OPENSSL_SUPPRESS_DEPRECATED /* TLSv1_server_method() and its like */

#include "tls.h"

#include "cert.h"
#include "shape.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/param_build.h>
#include <openssl/ssl.h>
#include <stdlib.h>

struct tls {
	SSL_CTX *context;
	SSL *ssl;
	BIO *in, *out; /* owned by `ssl` */
	struct shape_state shape;
	bool up;
	int client_alert;
};

/* A safe prime of 512 bits; OpenSSL has none that small. */
static const char prime_512[] =
    "D9D04EBB91BCA3A5604DE04F318BA8130E743964B10EEF865EFD853BABF0068A"
    "5BB95949E68C411A70E5CFB4A0C0E3A9173824832AF82B40FF55A9140152EB0F";

static EVP_PKEY *
make_dh(unsigned bits)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
	BIGNUM *p = NULL, *g = BN_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;

	if (bits == 512)
		(void)BN_hex2bn(&p, prime_512);
	else
		p = BN_get_rfc2409_prime_1024(NULL);
	if (build != NULL && context != NULL && p != NULL && g != NULL &&
	    BN_set_word(g, 2) == 1 &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_FFC_P, p) == 1 &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_FFC_G, g) == 1 &&
	    (params = OSSL_PARAM_BLD_to_param(build)) != NULL &&
	    EVP_PKEY_fromdata_init(context) == 1)
		(void)EVP_PKEY_fromdata(
		    context, &key, EVP_PKEY_KEY_PARAMETERS, params);
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(context);
	BN_free(p);
	BN_free(g);
	return key;
}

/* Even level 0 refuses DHE below 1024 bits. */
static int
allow_all(const SSL *ssl, const SSL_CTX *context, int op, int bits, int nid,
    void *other, void *extra)
{
	(void)ssl;
	(void)context;
	(void)op;
	(void)bits;
	(void)nid;
	(void)other;
	(void)extra;
	return 1;
}

static int
warn_name(SSL *ssl, int *alert, void *unused)
{
	(void)ssl;
	(void)unused;
	*alert = SSL_AD_UNRECOGNIZED_NAME;
	return SSL_TLSEXT_ERR_ALERT_WARNING;
}

static void
note_alert(const SSL *ssl, int where, int value)
{
	if (where == SSL_CB_READ_ALERT && value >> 8 == SSL3_AL_FATAL) {
		struct tls *tls = SSL_get_app_data(ssl);

		tls->client_alert = value & 0xff;
	}
}

/* A method of one version answers with it whatever supported_versions says:
   it is the only way to play a server from before TLS 1.3. */
static const SSL_METHOD *
method_for(const struct fault *fault)
{
	if (!fault->exact)
		return TLS_server_method();
	return fault->tls == 1	 ? TLSv1_server_method()
	       : fault->tls == 2 ? TLSv1_1_server_method()
				 : TLSv1_2_server_method();
}

static bool
set_versions(SSL_CTX *context, const struct fault *fault)
{
	int only = fault->tls == 0 ? 0 : TLS1_VERSION + (int)fault->tls - 1;

	if (fault->exact)
		return true;
	return SSL_CTX_set_min_proto_version(
		   context, only == 0 ? TLS1_VERSION : only) == 1 &&
	       SSL_CTX_set_max_proto_version(context, only) == 1;
}

static bool
set_parameters(SSL_CTX *context, const struct fault *fault)
{
	EVP_PKEY *dh;

	if (fault->ciphers != NULL &&
	    SSL_CTX_set_cipher_list(context, fault->ciphers) != 1)
		return false;
	if (fault->groups != NULL) {
		/* The macro wants no const. */
		char groups[128];

		(void)snprintf(groups, sizeof groups, "%s", fault->groups);
		if (SSL_CTX_set1_groups_list(context, groups) != 1)
			return false;
	}
	if (fault->client_cert)
		SSL_CTX_set_verify(context,
		    SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	if (fault->sni_warning)
		(void)SSL_CTX_set_tlsext_servername_callback(
		    context, warn_name);
	if (fault->dh == 0)
		return true;
	dh = make_dh(fault->dh);
	if (dh == NULL || SSL_CTX_set0_tmp_dh_pkey(context, dh) != 1) {
		EVP_PKEY_free(dh);
		return false;
	}
	return true;
}

static SSL_CTX *
make_context(const struct fault *fault, const char *name, const char *address)
{
	SSL_CTX *context = SSL_CTX_new(method_for(fault));

	if (context == NULL)
		return NULL;
	SSL_CTX_set_security_level(context, 0);
	SSL_CTX_set_security_callback(context, allow_all);
	SSL_CTX_set_info_callback(context, note_alert);
	(void)SSL_CTX_set_session_id_context(
	    context, (const unsigned char *)"faults", 6);
	if (!set_versions(context, fault) || !set_parameters(context, fault) ||
	    SSL_CTX_set_num_tickets(context, fault->tickets) != 1 ||
	    !cert_use(context, fault->cert, name, address)) {
		SSL_CTX_free(context);
		return NULL;
	}
	return context;
}

/* Whatever the library has to say goes out. */
static bool
flush(struct link *link)
{
	struct tls *tls = link->tls;
	char *bytes = NULL;
	long n = BIO_get_mem_data(tls->out, &bytes);
	bool sent = true;

	if (n > 0)
		sent = shape_send(
		    link, &tls->shape, (unsigned char *)bytes, (size_t)n);
	(void)BIO_reset(tls->out);
	return sent;
}

/*
 * After a library call that returned RESULT: true if it is to be repeated,
 * false if it is done or the session has ended.
 */
static bool
again(struct link *link, int result)
{
	struct tls *tls = link->tls;
	int error = SSL_get_error(tls->ssl, result);
	unsigned char bytes[4096];
	size_t got;

	if (!flush(link) || error == SSL_ERROR_NONE)
		return false;
	if (error != SSL_ERROR_WANT_READ) {
		if (link->end == LINK_OPEN)
			link->end = LINK_FIN;
		return false;
	}
	got = link_receive(link, bytes, sizeof bytes);
	log_received(link->log, bytes, got);
	return got > 0 && BIO_write(tls->in, bytes, (int)got) == (int)got;
}

bool
tls_accept(struct link *link, const struct fault *fault, const char *name,
    const char *address, const unsigned char *hello, size_t n)
{
	static struct tls tls;
	int result;

	tls = (struct tls){
	    .client_alert = -1, .shape = {fault->shape, fault->drip, false}};
	link->tls = &tls;
	tls.context = make_context(fault, name, address);
	tls.ssl = tls.context == NULL ? NULL : SSL_new(tls.context);
	tls.in = BIO_new(BIO_s_mem());
	tls.out = BIO_new(BIO_s_mem());
	if (tls.ssl == NULL || tls.in == NULL || tls.out == NULL) {
		ERR_print_errors_fp(stderr);
		return false;
	}
	SSL_set_bio(tls.ssl, tls.in, tls.out);
	(void)SSL_set_app_data(tls.ssl, &tls);
	if (n > 0 && BIO_write(tls.in, hello, (int)n) != (int)n)
		return false;
	do {
		ERR_clear_error();
		result = SSL_accept(tls.ssl);
	} while (again(link, result));
	tls.up = result == 1;
	return tls.up && link->end == LINK_OPEN;
}

size_t
tls_read(struct link *link, void *to, size_t max)
{
	int result;

	if (link->end != LINK_OPEN)
		return 0;
	do {
		ERR_clear_error();
		result = SSL_read(link->tls->ssl, to, (int)max);
	} while (again(link, result));
	return result > 0 ? (size_t)result : 0;
}

bool
tls_write(struct link *link, const void *from, size_t n)
{
	int result;

	if (link->end != LINK_OPEN)
		return false;
	do {
		ERR_clear_error();
		result = SSL_write(link->tls->ssl, from, (int)n);
	} while (again(link, result));
	return result > 0 && link->end == LINK_OPEN;
}

void
tls_notify(struct link *link)
{
	if (link->tls->up) {
		(void)SSL_shutdown(link->tls->ssl);
		(void)flush(link);
	}
}

void
tls_alert(struct link *link)
{
	/* There is no call for it: a record that cannot be decrypted makes
	   the library send the alert. */
	static const unsigned char record[5 + 64] = {23, 3, 3, 0, 64};
	char byte;

	(void)BIO_write(link->tls->in, record, sizeof record);
	(void)SSL_read(link->tls->ssl, &byte, 1);
	(void)flush(link);
}

const char *
tls_version(const struct tls *tls)
{
	return tls != NULL && tls->up ? SSL_get_version(tls->ssl) : "none";
}

const char *
tls_cipher(const struct tls *tls)
{
	return tls != NULL && tls->up ? SSL_get_cipher_name(tls->ssl) : "-";
}

int
tls_client_alert(const struct tls *tls)
{
	return tls != NULL ? tls->client_alert : -1;
}
