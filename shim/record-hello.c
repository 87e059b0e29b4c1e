/*
 * record-hello - the ServerHello, and the names of alerts
 *
 * Reads the server's first handshake message field by field (RFC 8446 section
 * 4.1.3): is it a ServerHello, is it a HelloRetryRequest, does it choose TLS
 * 1.3.  The length of the message alone bounds it; lengths inside that do not
 * agree are the TLS library's to refuse.
 *
 * Never fails.  Async-signal-safe, thread-safe per object, fork-safe.
 */
#include "record-hello.h"

enum hello_field {
	HELLO_TYPE,
	HELLO_LENGTH,
	HELLO_VERSION,
	HELLO_RANDOM,
	HELLO_SESSION_LENGTH,
	HELLO_SESSION,
	HELLO_CIPHER, /* and compression method */
	HELLO_EXTENSIONS,
	EXTENSION_TYPE,
	EXTENSION_LENGTH,
	EXTENSION_BODY,
	HELLO_OVER,
};

enum { HANDSHAKE_SERVER_HELLO = 2, EXTENSION_SUPPORTED_VERSIONS = 43 };

#define VERSION_TLS13 0x0304
#define RANDOM_LENGTH 32

/* The random of a HelloRetryRequest: SHA-256 of that word. */
static const uint8_t retry_random[RANDOM_LENGTH] = {0xcf, 0x21, 0xad, 0x74,
    0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2,
    0xc8, 0xa8, 0x33, 0x9c};

static void
field_start(struct records *r, enum hello_field field, uint16_t length)
{
	r->hello_field = (uint8_t)field;
	r->hello_need = length;
	r->hello_number = 0;
}

/* A field has ended: which one is next.  True: TLS 1.3 is chosen. */
static bool
field_end(struct records *r)
{
	uint32_t number = r->hello_number;
	bool chosen = false;

	switch (r->hello_field) {
	case HELLO_TYPE:
		r->from[RECORD_SERVER].hello = number == HANDSHAKE_SERVER_HELLO;
		if (r->from[RECORD_SERVER].hello)
			field_start(r, HELLO_LENGTH, 3);
		else
			field_start(r, HELLO_OVER, 0);
		break;
	case HELLO_LENGTH:
		r->hello_left = number;
		field_start(r, HELLO_VERSION, 2);
		break;
	case HELLO_VERSION:
		field_start(r, HELLO_RANDOM, RANDOM_LENGTH);
		break;
	case HELLO_RANDOM:
		r->retry = !r->hello_other;
		field_start(r, HELLO_SESSION_LENGTH, 1);
		break;
	case HELLO_SESSION_LENGTH:
		field_start(r, HELLO_SESSION, (uint16_t)number);
		break;
	case HELLO_SESSION:
		field_start(r, HELLO_CIPHER, 3);
		break;
	case HELLO_CIPHER:
		field_start(r, HELLO_EXTENSIONS, 2);
		break;
	case EXTENSION_TYPE:
		r->hello_type = (uint16_t)number;
		field_start(r, EXTENSION_LENGTH, 2);
		break;
	case EXTENSION_LENGTH:
		field_start(r, EXTENSION_BODY, (uint16_t)number);
		break;
	case EXTENSION_BODY:
		chosen = r->hello_type == EXTENSION_SUPPORTED_VERSIONS &&
			 number == VERSION_TLS13;
		field_start(r, EXTENSION_TYPE, 2);
		break;
	default:
		field_start(r, EXTENSION_TYPE, 2);
		break;
	}
	return chosen;
}

bool
record_hello_read(struct records *r, uint8_t byte)
{
	bool chosen = false;

	if (r->hello_field == HELLO_OVER)
		return false;
	if (r->hello_field == HELLO_TYPE)
		r->hello_need = 1;
	else if (r->hello_field > HELLO_LENGTH)
		r->hello_left--;
	if (r->hello_field == HELLO_RANDOM &&
	    byte != retry_random[RANDOM_LENGTH - r->hello_need])
		r->hello_other = true;
	r->hello_number = r->hello_number << 8 | byte;
	r->hello_need--;
	/* A field without bytes ends at once. */
	while (r->hello_need == 0 && r->hello_field != HELLO_OVER)
		chosen = field_end(r) || chosen;
	if (r->hello_field > HELLO_LENGTH && r->hello_left == 0)
		field_start(r, HELLO_OVER, 0);
	r->tls13 = r->tls13 || chosen;
	return chosen;
}

const char *
record_alert_name(int description)
{
	switch (description) {
	case 0:
		return "close_notify";
	case 10:
		return "unexpected_message";
	case 20:
		return "bad_record_mac";
	case 21:
		return "decryption_failed";
	case 22:
		return "record_overflow";
	case 30:
		return "decompression_failure";
	case 40:
		return "handshake_failure";
	case 41:
		return "no_certificate";
	case 42:
		return "bad_certificate";
	case 43:
		return "unsupported_certificate";
	case 44:
		return "certificate_revoked";
	case 45:
		return "certificate_expired";
	case 46:
		return "certificate_unknown";
	case 47:
		return "illegal_parameter";
	case 48:
		return "unknown_ca";
	case 49:
		return "access_denied";
	case 50:
		return "decode_error";
	case 51:
		return "decrypt_error";
	case 60:
		return "export_restriction";
	case 70:
		return "protocol_version";
	case 71:
		return "insufficient_security";
	case 80:
		return "internal_error";
	case 86:
		return "inappropriate_fallback";
	case 90:
		return "user_canceled";
	case 100:
		return "no_renegotiation";
	case 109:
		return "missing_extension";
	case 110:
		return "unsupported_extension";
	case 111:
		return "certificate_unobtainable";
	case 112:
		return "unrecognized_name";
	case 113:
		return "bad_certificate_status_response";
	case 114:
		return "bad_certificate_hash_value";
	case 115:
		return "unknown_psk_identity";
	case 116:
		return "certificate_required";
	case 120:
		return "no_application_protocol";
	default:
		return NULL;
	}
}
