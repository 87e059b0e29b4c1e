/*
 * cert - the CA and the servers' certificates, made in memory
 *
 * One CA and one key of each type for the life of the server; certificates are
 * made when they are needed, and come out the same each time (fixed times,
 * RSA PKCS #1 signatures by the CA), so that a client can remember them.
 * Failures are returned as false or NULL.
 *
 * cert_start() before any fork; the rest is fork-safe.
 */
#include "cert.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY 86400

/* A filler of CERT_BIG and CERT_HUGE is a little longer than this. */
#define FILLER_BYTES 5000

static EVP_PKEY *ca_key, *rsa_key, *ec_key, *weak_key;
static X509 *ca;
static time_t started;

static bool
add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *extension;
	X509V3_CTX context;
	bool done;

	X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	done = extension != NULL && X509_add_ext(cert, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return done;
}

/* A certificate that lacks only its extensions and its signature. */
static X509 *
new_cert(const char *name, EVP_PKEY *key, long serial, int from, int to)
{
	X509 *cert = X509_new();
	X509_NAME *subject;

	if (cert == NULL)
		return NULL;
	subject = X509_get_subject_name(cert);
	if (X509_set_version(cert, 2) != 1 ||
	    ASN1_INTEGER_set(X509_get_serialNumber(cert), serial) != 1 ||
	    X509_time_adj_ex(X509_getm_notBefore(cert), from, 0, &started) ==
		NULL ||
	    X509_time_adj_ex(X509_getm_notAfter(cert), to, 0, &started) ==
		NULL ||
	    X509_set_pubkey(cert, key) != 1 ||
	    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
		(const unsigned char *)name, -1, -1, 0) != 1 ||
	    X509_set_issuer_name(
		cert, ca != NULL ? X509_get_subject_name(ca) : subject) != 1) {
		X509_free(cert);
		return NULL;
	}
	return cert;
}

static X509 *
signed_cert(X509 *cert, EVP_PKEY *key)
{
	if (cert != NULL && X509_sign(cert, key, EVP_sha256()) == 0) {
		X509_free(cert);
		return NULL;
	}
	return cert;
}

bool
cert_start(void)
{
	X509 *cert;

	started = time(NULL);
	ca_key = EVP_RSA_gen(2048);
	rsa_key = EVP_RSA_gen(2048);
	weak_key = EVP_RSA_gen(1024);
	ec_key = EVP_EC_gen("P-256");
	if (ca_key == NULL || rsa_key == NULL || weak_key == NULL ||
	    ec_key == NULL)
		return false;
	cert = new_cert("faults test CA", ca_key, 1, -400, 400);
	if (cert == NULL ||
	    !add_extension(
		cert, cert, NID_basic_constraints, "critical,CA:TRUE") ||
	    !add_extension(
		cert, cert, NID_key_usage, "critical,keyCertSign,cRLSign") ||
	    !add_extension(cert, cert, NID_subject_key_identifier, "hash"))
		return false;
	ca = signed_cert(cert, ca_key);
	return ca != NULL;
}

bool
cert_write_ca(const char *path)
{
	FILE *file = fopen(path, "w");
	bool done;

	if (file == NULL)
		return false;
	done = PEM_write_X509(file, ca) == 1;
	return fclose(file) == 0 && done;
}

EVP_PKEY *
cert_key(enum cert kind)
{
	return kind == CERT_ECDSA     ? ec_key
	       : kind == CERT_RSA1024 ? weak_key
				      : rsa_key;
}

X509 *
cert_make(enum cert kind, const char *name, const char *address)
{
	EVP_PKEY *key = cert_key(kind);
	X509 *cert = NULL;
	char names[512];
	int from = -10, to = 350;

	if (kind == CERT_EXPIRED) {
		from = -380;
		to = -15;
	} else if (kind == CERT_FUTURE) {
		from = 15;
	} else if (kind == CERT_WRONG) {
		name = "other.example.org";
	}
	if (kind == CERT_WRONG)
		(void)snprintf(names, sizeof names, "DNS:%s", name);
	else
		(void)snprintf(
		    names, sizeof names, "DNS:%s,IP:%s", name, address);
	if (kind != CERT_NONE)
		cert = new_cert(name, key, 100 + (long)kind, from, to);
	if (cert == NULL ||
	    !add_extension(cert, ca, NID_subject_alt_name, names)) {
		X509_free(cert);
		return NULL;
	}
	if (kind == CERT_SELF) {
		(void)X509_set_issuer_name(cert, X509_get_subject_name(cert));
		return signed_cert(cert, key);
	}
	return signed_cert(cert, ca_key);
}

/* A CA certificate that is nothing but long. */
static X509 *
make_filler(long number)
{
	char *comment = malloc(FILLER_BYTES + 1);
	X509 *cert;

	if (comment == NULL)
		return NULL;
	memset(comment, 'x', FILLER_BYTES);
	comment[FILLER_BYTES] = '\0';
	cert = new_cert("filler", rsa_key, 1000 + number, -10, 350);
	if (cert != NULL &&
	    !add_extension(cert, ca, NID_netscape_comment, comment)) {
		X509_free(cert);
		cert = NULL;
	}
	free(comment);
	return signed_cert(cert, ca_key);
}

static bool
add_chain(SSL_CTX *context, X509 *cert)
{
	if (cert == NULL || SSL_CTX_add0_chain_cert(context, cert) != 1) {
		X509_free(cert);
		return false;
	}
	return true;
}

bool
cert_use(
    SSL_CTX *context, enum cert kind, const char *name, const char *address)
{
	long fillers = kind == CERT_BIG ? 5 : kind == CERT_HUGE ? 25 : 0;
	X509 *cert;
	bool done;

	if (kind == CERT_NONE)
		return true;
	cert = cert_make(kind, name, address);
	done = cert != NULL && SSL_CTX_use_certificate(context, cert) == 1 &&
	       SSL_CTX_use_PrivateKey(context, cert_key(kind)) == 1;
	X509_free(cert);
	if (done && kind != CERT_SELF && X509_up_ref(ca) == 1)
		done = add_chain(context, ca);
	for (long i = 0; done && i < fillers; i++)
		done = add_chain(context, make_filler(i));
	return done;
}
