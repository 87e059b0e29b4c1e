/*
 * openssl-ask - the questions about a session, answered for one in the clear
 *
 * After a failed handshake OpenSSL goes on answering some of them with what
 * the attempt left behind: a real cipher, a chain, a version.  For a handle in
 * the clear each is answered here: there is no cipher, no certificate, no
 * session, and the peer is not verified.
 *
 * Not async-signal-safe (libssl is not either); thread-safe; fork-safe.
 */
#include "openssl.h"

/* OpenSSL's numbers, the same in every version that has them. */
enum {
	TLS_ST_OK = 1,
	SSL_ST_OK = 3, /* 1.0.2 */
	X509_V_ERR_APPLICATION_VERIFICATION = 50,
	TLSEXT_cert_type_none = -1,
	CTRL_GET_SESSION_REUSED = 8,
	CTRL_GET_TLSEXT_STATUS_REQ_OCSP_RESP = 70,
	CTRL_GET_RI_SUPPORT = 76,
	CTRL_GET_SHARED_GROUP = 93,
	CTRL_GET_PEER_SIGNATURE_NID = 108,
	CTRL_GET_PEER_TMP_KEY = 109,
	CTRL_GET_EXTMS_SUPPORT = 122,
	CTRL_GET_SIGNATURE_NID = 132,
	CTRL_GET_TMP_KEY = 133,
	CTRL_GET_NEGOTIATED_GROUP = 134,
};

/* A question whose answer is one value; it is also the answer where libssl
   has no such function. */
#define ANSWER(result, name, parameters, arguments, answer)           \
	EXPORT result name parameters                                 \
	{                                                             \
		const struct openssl *o = OPENSSL_OF(name);           \
                                                                      \
		if (o->name == NULL || openssl_clear(o, ssl) != NULL) \
			return answer;                                \
		return o->name arguments;                             \
	}

ANSWER(int, SSL_in_init, (const SSL *ssl), (ssl), 0)
ANSWER(int, SSL_in_before, (const SSL *ssl), (ssl), 0)
ANSWER(int, SSL_is_init_finished, (const SSL *ssl), (ssl), 1)
ANSWER(int, SSL_get_state, (const SSL *ssl), (ssl), TLS_ST_OK)
ANSWER(int, SSL_state, (const SSL *ssl), (ssl), SSL_ST_OK)
ANSWER(const char *, SSL_state_string, (const SSL *ssl), (ssl), "CLEAR ")
ANSWER(const char *, SSL_state_string_long, (const SSL *ssl), (ssl),
    "cleartext after failed TLS handshake")
ANSWER(const char *, SSL_get_version, (const SSL *ssl), (ssl), "CLEARTEXT")
ANSWER(int, SSL_version, (const SSL *ssl), (ssl), 0)
ANSWER(
    const SSL_CIPHER *, SSL_get_current_cipher, (const SSL *ssl), (ssl), NULL)
ANSWER(
    const SSL_CIPHER *, SSL_get_pending_cipher, (const SSL *ssl), (ssl), NULL)
ANSWER(X509 *, SSL_get_peer_certificate, (const SSL *ssl), (ssl), NULL)
ANSWER(X509 *, SSL_get0_peer_certificate, (const SSL *ssl), (ssl), NULL)
ANSWER(X509 *, SSL_get1_peer_certificate, (const SSL *ssl), (ssl), NULL)
ANSWER(STACK *, SSL_get_peer_cert_chain, (const SSL *ssl), (ssl), NULL)
ANSWER(STACK *, SSL_get0_verified_chain, (const SSL *ssl), (ssl), NULL)
ANSWER(EVP_PKEY *, SSL_get0_peer_rpk, (const SSL *ssl), (ssl), NULL)
ANSWER(int, SSL_get_negotiated_server_cert_type, (const SSL *ssl), (ssl),
    TLSEXT_cert_type_none)
ANSWER(int, SSL_get_negotiated_client_cert_type, (const SSL *ssl), (ssl),
    TLSEXT_cert_type_none)
/* X509_V_OK would be OpenSSL's answer for a peer without a certificate; a host
   that looks at this alone must not take the peer for verified. */
ANSWER(long, SSL_get_verify_result, (const SSL *ssl), (ssl),
    X509_V_ERR_APPLICATION_VERIFICATION)
ANSWER(const char *, SSL_get0_peername, (SSL * ssl), (ssl), NULL)
ANSWER(int, SSL_get0_dane_authority,
    (SSL * ssl, X509 **certificate, EVP_PKEY **key), (ssl, certificate, key),
    -1)
ANSWER(int, SSL_get0_dane_tlsa,
    (SSL * ssl, uint8_t *usage, uint8_t *selector, uint8_t *type,
	const unsigned char **data, size_t *length),
    (ssl, usage, selector, type, data, length), -1)
ANSWER(SSL_SESSION *, SSL_get_session, (const SSL *ssl), (ssl), NULL)
ANSWER(SSL_SESSION *, SSL_get1_session, (SSL * ssl), (ssl), NULL)
ANSWER(int, SSL_session_reused, (const SSL *ssl), (ssl), 0)
ANSWER(size_t, SSL_get_finished, (const SSL *ssl, void *buffer, size_t size),
    (ssl, buffer, size), 0)
ANSWER(size_t, SSL_get_peer_finished,
    (const SSL *ssl, void *buffer, size_t size), (ssl, buffer, size), 0)
ANSWER(int, SSL_export_keying_material,
    (SSL * ssl, unsigned char *out, size_t size, const char *label,
	size_t label_size, const unsigned char *context, size_t context_size,
	int use_context),
    (ssl, out, size, label, label_size, context, context_size, use_context), 0)
ANSWER(int, SSL_get_peer_signature_type_nid, (const SSL *ssl, int *nid),
    (ssl, nid), 0)
ANSWER(const char *, SSL_get0_group_name, (SSL * ssl), (ssl), NULL)

/* libssl leaves *ALGORITHM as it is where there is no cipher; a host that asks
   for one in the clear would show what happened to be there. */
EXPORT int
SSL_CIPHER_get_bits(const SSL_CIPHER *cipher, int *algorithm)
{
	const struct openssl *o = OPENSSL_OF(SSL_CIPHER_get_bits);

	if (cipher == NULL && algorithm != NULL && clear_handles > 0)
		*algorithm = 0;
	return o->SSL_CIPHER_get_bits != NULL
		   ? o->SSL_CIPHER_get_bits(cipher, algorithm)
		   : 0;
}

EXPORT void
SSL_get0_alpn_selected(
    const SSL *ssl, const unsigned char **data, unsigned *length)
{
	const struct openssl *o = OPENSSL_OF(SSL_get0_alpn_selected);

	*data = NULL;
	*length = 0;
	if (o->SSL_get0_alpn_selected != NULL && openssl_clear(o, ssl) == NULL)
		o->SSL_get0_alpn_selected(ssl, data, length);
}

EXPORT long
SSL_ctrl(SSL *ssl, int command, long number, void *pointer)
{
	const struct openssl *o = OPENSSL_OF(SSL_ctrl);

	if (o->SSL_ctrl == NULL)
		return 0;
	if (openssl_clear(o, ssl) == NULL)
		return o->SSL_ctrl(ssl, command, number, pointer);
	switch (command) {
	case CTRL_GET_TLSEXT_STATUS_REQ_OCSP_RESP:
		*(unsigned char **)pointer = NULL;
		return -1;
	case CTRL_GET_SESSION_REUSED:
	case CTRL_GET_RI_SUPPORT:
	case CTRL_GET_SHARED_GROUP:
	case CTRL_GET_PEER_SIGNATURE_NID:
	case CTRL_GET_PEER_TMP_KEY:
	case CTRL_GET_EXTMS_SUPPORT:
	case CTRL_GET_SIGNATURE_NID:
	case CTRL_GET_TMP_KEY:
	case CTRL_GET_NEGOTIATED_GROUP:
		return 0;
	default:
		return o->SSL_ctrl(ssl, command, number, pointer);
	}
}
