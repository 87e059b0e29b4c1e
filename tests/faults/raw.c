/*
 * raw - hand-made TLS bytes, for what Debian's OpenSSL cannot speak
 *
 * Builds the first flight of a TLS 1.2 server (RFC 5246 section 7.4:
 * ServerHello, Certificate, ServerKeyExchange, ServerHelloDone) and broken
 * forms of it.  No I/O; what cannot be made is returned as length 0.
 *
 * Thread-safe, fork-safe; not async-signal-safe (EVP_DigestSign allocates).
 */
#include "raw.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <string.h>

#define RANDOM_LENGTH 32
/* record header, handshake header, client_version (RFC 5246 7.4.1.2) */
#define HELLO_RANDOM (5 + 4 + 2)

/* A growing message; big enough for every flight by RAW_MAX. */
struct bytes {
	unsigned char *at;
	size_t n;
};

static void
put(struct bytes *bytes, const void *from, size_t n)
{
	if (bytes->n + n <= RAW_MAX) {
		memcpy(bytes->at + bytes->n, from, n);
		bytes->n += n;
	}
}

static void
put_number(struct bytes *bytes, size_t number, size_t width)
{
	unsigned char big[8];

	for (size_t i = 0; i < width; i++)
		big[i] = (unsigned char)(number >> (8 * (width - 1 - i)));
	put(bytes, big, width);
}

/* The WIDTH bytes at WHERE get the number of bytes that follow them. */
static void
fill_length(struct bytes *bytes, size_t where, size_t width)
{
	size_t length = bytes->n - where - width;

	for (size_t i = 0; i < width; i++)
		bytes->at[where + i] =
		    (unsigned char)(length >> (8 * (width - 1 - i)));
}

/* Opens a record with one handshake message; returns where it starts. */
static size_t
open_message(struct bytes *bytes, size_t version, size_t type)
{
	size_t where = bytes->n;

	put_number(bytes, 22, 1);
	put_number(bytes, version, 2);
	put_number(bytes, 0, 2);
	put_number(bytes, type, 1);
	put_number(bytes, 0, 3);
	return where;
}

static void
close_message(struct bytes *bytes, size_t where)
{
	fill_length(bytes, where + 3, 2);
	fill_length(bytes, where + 6, 3);
}

/* Any bytes do: no key is ever derived from them. */
static const unsigned char server_random[RANDOM_LENGTH] =
    "hand-made server random, 32 byt";

static void
put_hello(struct bytes *bytes, size_t version, size_t cipher, bool reneg)
{
	static const unsigned char reneg_info[] = {0, 5, 0xff, 1, 0, 1, 0};
	size_t where = open_message(bytes, version, 2);

	put_number(bytes, version, 2);
	put(bytes, server_random, sizeof server_random);
	put_number(bytes, 0, 1); /* no session id */
	put_number(bytes, cipher, 2);
	put_number(bytes, 0, 1); /* no compression */
	if (reneg)
		put(bytes, reneg_info, sizeof reneg_info);
	close_message(bytes, where);
}

static void
put_certificate(struct bytes *bytes, const unsigned char *cert, size_t n)
{
	size_t where = open_message(bytes, 0x0303, 11);

	put_number(bytes, n + 3, 3);
	put_number(bytes, n, 3);
	put(bytes, cert, n);
	close_message(bytes, where);
}

static size_t
sign(EVP_PKEY *key, const EVP_MD *digest, const unsigned char *data, size_t n,
    unsigned char *signature, size_t max)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	size_t length = max;

	if (context == NULL ||
	    EVP_DigestSignInit(context, NULL, digest, NULL, key) != 1 ||
	    EVP_DigestSign(context, signature, &length, data, n) != 1)
		length = 0;
	EVP_MD_CTX_free(context);
	return length;
}

/* An ECDHE share on P-256, signed (RFC 8422 section 5.4). */
static bool
put_key_exchange(struct bytes *bytes, const struct raw_input *input,
    const EVP_MD *digest, size_t algorithm)
{
	unsigned char signature[512], share[65], message[256];
	struct bytes signed_part = {message, 0};
	EVP_PKEY *ec = EVP_EC_gen("P-256");
	size_t length = 0, where, params;

	if (ec == NULL || input->hello_length < HELLO_RANDOM + RANDOM_LENGTH ||
	    EVP_PKEY_get_octet_string_param(
		ec, "pub", share, sizeof share, &length) != 1 ||
	    length != sizeof share) {
		EVP_PKEY_free(ec);
		return false;
	}
	EVP_PKEY_free(ec);
	put(&signed_part, input->hello + HELLO_RANDOM, RANDOM_LENGTH);
	put(&signed_part, server_random, RANDOM_LENGTH);
	params = signed_part.n;
	put_number(&signed_part, 3, 1); /* named_curve */
	put_number(&signed_part, 23, 2);
	put_number(&signed_part, sizeof share, 1);
	put(&signed_part, share, sizeof share);
	length = sign(input->key, digest, message, signed_part.n, signature,
	    sizeof signature);
	where = open_message(bytes, 0x0303, 12);
	put(bytes, message + params, signed_part.n - params);
	put_number(bytes, algorithm, 2);
	put_number(bytes, length, 2);
	put(bytes, signature, length);
	close_message(bytes, where);
	return length > 0;
}

static size_t
make_flight(enum raw what, const struct raw_input *input, unsigned char *out)
{
	static const unsigned char no_der[] = "0\x82\x01\x00not a certificate";
	struct bytes bytes = {out, 0};
	bool made;

	put_hello(&bytes, 0x0303, 0xc02f, what != RAW_NO_RENEG);
	if (what == RAW_BAD_CERT)
		put_certificate(&bytes, no_der, sizeof no_der);
	else
		put_certificate(&bytes, input->cert, input->cert_length);
	if (what == RAW_SHA1)
		made = put_key_exchange(&bytes, input, EVP_sha1(), 0x0201);
	else
		made = put_key_exchange(&bytes, input, EVP_sha256(), 0x0401);
	close_message(&bytes, open_message(&bytes, 0x0303, 14));
	return made ? bytes.n : 0;
}

size_t
raw_alert(unsigned char *out, unsigned description)
{
	const unsigned char record[] = {
	    21, 3, 1, 0, 2, 2, (unsigned char)description};

	memcpy(out, record, sizeof record);
	return sizeof record;
}

size_t
raw_make(enum raw what, const struct raw_input *input, unsigned char *out)
{
	static const unsigned char long_record[] = {22, 3, 3, 0xff, 0xff};
	static const unsigned char bad_type[] = {153, 3, 3, 0, 2, 1, 0};
	static const unsigned char empty[] = {22, 3, 3, 0, 0};
	struct bytes bytes = {out, 0};

	switch (what) {
	case RAW_SSL3:
		/* SSL_RSA_WITH_3DES_EDE_CBC_SHA */
		put_hello(&bytes, 0x0300, 0x000a, false);
		break;
	case RAW_HALF:
		put_hello(&bytes, 0x0303, 0xc02f, true);
		bytes.n /= 2;
		break;
	case RAW_HELLO:
		put_hello(&bytes, 0x0303, 0xc02f, true);
		break;
	case RAW_BAD_LENGTH:
		put(&bytes, long_record, sizeof long_record);
		memset(out + bytes.n, 0x2a, 1024);
		bytes.n += 1024;
		break;
	case RAW_BAD_TYPE:
		put_hello(&bytes, 0x0303, 0xc02f, true);
		put(&bytes, bad_type, sizeof bad_type);
		break;
	case RAW_GARBAGE:
		for (; bytes.n < 256; bytes.n++)
			out[bytes.n] = (unsigned char)(0x80 | bytes.n * 37);
		break;
	case RAW_EMPTY:
		for (int i = 0; i < 200; i++)
			put(&bytes, empty, sizeof empty);
		break;
	case RAW_NO_RENEG:
	case RAW_BAD_CERT:
	case RAW_SHA1:
		return make_flight(what, input, out);
	}
	return bytes.n;
}

/* Reads a number of WIDTH bytes at *AT and steps over it; 0 past the end. */
static size_t
take(const unsigned char *hello, size_t n, size_t *at, size_t width)
{
	size_t number = 0;

	for (size_t i = 0; i < width; i++, (*at)++)
		number = number << 8 | (*at < n ? hello[*at] : 0);
	return number;
}

bool
raw_hello_has_sha1(const unsigned char *hello, size_t n)
{
	size_t at = HELLO_RANDOM + RANDOM_LENGTH;

	at += take(hello, n, &at, 1); /* session id */
	at += take(hello, n, &at, 2); /* cipher suites */
	at += take(hello, n, &at, 1); /* compression */
	(void)take(hello, n, &at, 2);
	while (at + 4 <= n) {
		size_t type = take(hello, n, &at, 2);
		size_t length = take(hello, n, &at, 2);
		size_t end = at + length;

		if (type == 13) { /* signature_algorithms */
			at += 2;
			while (at + 2 <= end && at + 2 <= n) {
				if (take(hello, n, &at, 2) == 0x0201)
					return true;
			}
			return false;
		}
		at = end;
	}
	return false;
}
