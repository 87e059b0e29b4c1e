/*
 * record - TLS records seen on the wire, turned into evidence
 *
 * Reads the framing of both directions (RFC 8446 section 5.1, RFC 5246
 * section 6.2.1), the alerts in the clear, and how far each side is; the
 * ServerHello is handed to record-hello byte by byte.  A record counts when
 * its last byte has passed.
 *
 * Keeps no payload and checks no cryptography: where a TLS library would
 * object (a record of length 0, say), framing that is intact goes on.  Never
 * fails; after bytes that are no record it only counts.  Async-signal-safe,
 * thread-safe per object, fork-safe.
 */
#include "record.h"
#include "record-hello.h"

/* Content types (RFC 8446 section 5.1). */
enum {
	TYPE_CHANGE_CIPHER_SPEC = 20,
	TYPE_ALERT = 21,
	TYPE_HANDSHAKE = 22,
	TYPE_APPLICATION = 23,
};

enum { HANDSHAKE_CLIENT_HELLO = 1 };
enum { ALERT_FATAL = 2 };
enum { ALERT_CLOSE_NOTIFY = 0, ALERT_USER_CANCELED = 90 };

/* Largest fragments: TLSCiphertext of RFC 5246 section 6.2.3, and of RFC 8446
   section 5.2. */
#define FRAGMENT_MAX   ((1u << 14) + 2048)
#define FRAGMENT_MAX13 ((1u << 14) + 256)

/* Sizes in TLS 1.3; see record.h. */
#define SEALED		    (1 + 16)
#define SIZE_ALERT	    (2 + SEALED)
#define SIZE_KEY_UPDATE	    (5 + SEALED)
#define SIZE_QUIT	    (6 + SEALED)
#define SIZE_FINISHED256    (4 + 32 + SEALED)
#define SIZE_FINISHED384    (4 + 48 + SEALED)
#define SIZE_NO_CERTIFICATE 8

/* An SSLv2 ClientHello (RFC 5246 appendix E.2): 15 bits of length, the message
   type, then at least version, three lengths and a challenge. */
#define V2_BIT	  0x80
#define V2_HEADER 3
#define V2_MIN	  9

static void
count(uint32_t *n)
{
	if (*n < UINT32_MAX)
		(*n)++;
}

static bool
printable(uint8_t c)
{
	return (c >= ' ' && c <= '~') || c == '\r' || c == '\n' || c == '\t';
}

static bool
v2_form(const struct records *r, const struct record_stream *s)
{
	return s == &r->from[RECORD_CLIENT] && s->records == 0 &&
	       (s->header[0] & V2_BIT) != 0;
}

/* No alert in TLS 1.3 ever has another type than 23 once keys are there, so
   type 21 is in the clear at any time. */
static bool
clear(const struct records *r, const struct record_stream *s)
{
	return r->tls13 || !s->encrypted;
}

static void
alert_read(const struct records *r, struct record_stream *s, uint8_t byte)
{
	s->alert_bytes[s->alert_have++] = byte;
	if (s->alert_have < sizeof(s->alert_bytes))
		return;
	s->alert_have = 0;
	if (s->alert != RECORD_NO_ALERT)
		return;
	if (s->alert_bytes[0] == ALERT_FATAL ||
	    (r->tls13 && byte != ALERT_CLOSE_NOTIFY &&
		byte != ALERT_USER_CANCELED))
		s->alert = byte;
}

static void
handshake_read(struct records *r, struct record_stream *s, uint8_t byte)
{
	if (s == &r->from[RECORD_CLIENT]) {
		if (s->records == 0 && s->left == s->length)
			s->hello = byte == HANDSHAKE_CLIENT_HELLO;
		return;
	}
	if (record_hello_read(r, byte)) {
		/* In TLS 1.3 a ChangeCipherSpec means nothing. */
		for (size_t i = 0; i < 2; i++)
			r->from[i].encrypted = r->from[i].application > 0;
	}
}

static bool
finished_size(uint16_t length)
{
	return length == SIZE_FINISHED256 || length == SIZE_FINISHED384 ||
	       length == SIZE_FINISHED256 + SIZE_NO_CERTIFICATE ||
	       length == SIZE_FINISHED384 + SIZE_NO_CERTIFICATE;
}

static void
client_data(struct records *r, uint16_t length)
{
	if (r->finished)
		r->talked = true;
	else if (r->tls13 && finished_size(length))
		r->finished = true;
	if (r->answered && length != SIZE_KEY_UPDATE && length != SIZE_QUIT)
		r->up = true;
}

static void
server_data(struct records *r)
{
	const struct record_stream *client = &r->from[RECORD_CLIENT];

	if (r->talked) {
		r->answered = true;
		r->up = r->up || !r->tls13;
	} else if (r->tls13 && client->application > 0 && !client->sealed) {
		/* A server goes on only behind the client's Finished. */
		r->finished = true;
	}
}

static void
application_end(struct records *r, struct record_stream *s)
{
	count(&s->application);
	if (r->tls13) {
		s->encrypted = true;
		if (s->length == SIZE_ALERT) {
			s->sealed = true;
			return;
		}
	}
	if (s == &r->from[RECORD_CLIENT])
		client_data(r, s->length);
	else
		server_data(r);
}

static void
record_end(struct records *r, struct record_stream *s)
{
	bool v2 = v2_form(r, s);
	bool client = s == &r->from[RECORD_CLIENT];

	s->have = 0;
	count(&s->records);
	if (v2)
		return;
	switch (s->header[0]) {
	case TYPE_CHANGE_CIPHER_SPEC:
		if (!r->tls13)
			s->encrypted = true;
		break;
	case TYPE_ALERT:
		if (!clear(r, s))
			s->sealed = true;
		break;
	case TYPE_HANDSHAKE:
		if (!r->tls13 && s->encrypted) {
			s->finished = true;
			r->finished = r->finished || client;
		}
		break;
	default:
		application_end(r, s);
		break;
	}
	if (r->finished && (r->tls13 || r->from[RECORD_SERVER].finished))
		r->complete = true;
}

static void
header_start(const struct records *r, struct record_stream *s)
{
	uint8_t type = s->header[0];

	if ((type >= TYPE_CHANGE_CIPHER_SPEC && type <= TYPE_APPLICATION) ||
	    v2_form(r, s))
		s->kind = RECORD_TLS;
	else if (s->records == 0 || printable(type))
		s->kind = RECORD_PLAINTEXT;
	else
		s->kind = RECORD_MALFORMED;
}

static void
header_v2(struct record_stream *s)
{
	if (s->have < V2_HEADER)
		return;
	s->length = (uint16_t)((s->header[0] & ~V2_BIT) << 8 | s->header[1]);
	if (s->header[2] != HANDSHAKE_CLIENT_HELLO || s->length < V2_MIN) {
		s->kind = RECORD_PLAINTEXT;
		return;
	}
	s->hello = true;
	s->left = (uint16_t)(s->length - 1);
}

static void
header_read(struct records *r, struct record_stream *s, uint8_t byte)
{
	uint16_t most;

	s->header[s->have++] = byte;
	if (s->have == 1) {
		header_start(r, s);
		return;
	}
	if (v2_form(r, s)) {
		header_v2(s);
		return;
	}
	if (s->have == 2 && byte != 3)
		s->kind = RECORD_MALFORMED;
	if (s->have < sizeof(s->header))
		return;
	most = r->tls13 && s->header[0] == TYPE_APPLICATION ? FRAGMENT_MAX13
							    : FRAGMENT_MAX;
	s->length = (uint16_t)(s->header[3] << 8 | s->header[4]);
	if (s->length > most) {
		s->kind = RECORD_MALFORMED;
		return;
	}
	s->left = s->length;
	if (s->left == 0)
		record_end(r, s);
}

/* Returns how many of the N bytes belong to this fragment. */
static size_t
fragment_read(
    struct records *r, struct record_stream *s, const uint8_t *bytes, size_t n)
{
	bool alert = s->header[0] == TYPE_ALERT && clear(r, s);
	bool handshake = s->header[0] == TYPE_HANDSHAKE && !s->encrypted;

	if (n > s->left)
		n = s->left;
	if (!alert && !handshake) {
		s->left = (uint16_t)(s->left - n);
	} else {
		for (size_t i = 0; i < n; i++, s->left--) {
			if (alert)
				alert_read(r, s, bytes[i]);
			else
				handshake_read(r, s, bytes[i]);
		}
	}
	if (s->left == 0)
		record_end(r, s);
	return n;
}

void
record_start(struct records *r)
{
	*r = (struct records){.tls13 = false};
	r->from[RECORD_CLIENT].alert = RECORD_NO_ALERT;
	r->from[RECORD_SERVER].alert = RECORD_NO_ALERT;
}

void
record_feed(
    struct records *r, enum record_from from, const void *bytes, size_t n)
{
	struct record_stream *s = &r->from[from];
	const uint8_t *next = bytes;

	s->bytes += n;
	while (n > 0 && (s->kind == RECORD_NOTHING || s->kind == RECORD_TLS)) {
		size_t used = 1;

		if (s->left > 0)
			used = fragment_read(r, s, next, n);
		else
			header_read(r, s, *next);
		next += used;
		n -= used;
	}
}

void
record_done(struct records *r)
{
	r->finished = true;
	r->complete = true;
}

void
record_read(struct records *r)
{
	record_done(r);
	r->read = true;
	if (r->talked)
		r->answered = r->up = true;
}
