/*
 * raw - hand-made TLS bytes, for what Debian's OpenSSL cannot speak
 */
#ifndef FAULTS_RAW_H
#define FAULTS_RAW_H

#include <stdbool.h>
#include <stddef.h>

/* What is sent after the ClientHello; RAW_WORDS are their names. */
enum raw {
	RAW_SSL3,	/* ServerHello of SSL 3.0 */
	RAW_HALF,	/* half a ServerHello */
	RAW_HELLO,	/* a ServerHello of TLS 1.2 and no more */
	RAW_BAD_LENGTH, /* a record longer than 2^14 + 2048 bytes */
	RAW_BAD_TYPE,	/* a ServerHello, then a record of type 153 */
	RAW_GARBAGE,	/* bytes that are no record from the first one on */
	RAW_EMPTY,	/* handshake records of zero length */
	RAW_NO_RENEG,	/* a flight without RFC 5746 renegotiation_info */
	RAW_BAD_CERT,	/* a flight whose certificate is no DER */
	RAW_SHA1,	/* a flight signed with RSA and SHA-1, asked or not */
};

#define RAW_WORDS                                                              \
	"ssl3", "half", "hello", "bad-length", "bad-type", "garbage", "empty", \
	    "no-reneg", "bad-cert", "sha1"

#define RAW_MAX 8192

#define RAW_ALERT 7

/* The record of an unencrypted fatal alert (RAW_ALERT bytes); returns its
   length. */
size_t raw_alert(unsigned char *out, unsigned description);

struct raw_input {
	const unsigned char *hello; /* the client's first record */
	size_t hello_length;
	const unsigned char *cert; /* the server's, in DER */
	size_t cert_length;
	struct evp_pkey_st *key; /* the certificate's (an EVP_PKEY) */
};

/* The bytes of WHAT into OUT (RAW_MAX bytes), as an answer to that client.
   Returns the length, 0 if it cannot be made. */
size_t raw_make(enum raw what, const struct raw_input *, unsigned char *out);

/* The ClientHello offers rsa_pkcs1_sha1, so that a real stack can use it. */
bool raw_hello_has_sha1(const unsigned char *hello, size_t n);

#endif
