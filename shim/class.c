/*
 * class - the failure class of a STARTTLS session, from evidence
 *
 * The order of the tests is the contract:
 *
 *  1. what forbids a fallback comes first: the library or the client's alert
 *     says that a certificate was refused; the client never began with TLS;
 *  2. then what the peer said itself: an alert, or bytes that are no TLS;
 *  3. then what the client's side found wrong with it: its alert, its
 *     library's verdict;
 *  4. then how the connection ended, which alone can be an attacker's work
 *     as well.
 *
 * A library that fails over bytes which the wire shows to be none of TLS
 * ("wrong version number") is therefore never asked for its reason, and a peer
 * that sends an alert and closes has sent an alert.  In doubt between a class
 * that forbids a fallback and one that allows it, the first is taken.
 *
 * After the handshake there is one more doubt: in TLS 1.3 a reply looks like a
 * NewSessionTicket, and a close_notify like any other alert.  Where a server's
 * records were read and neither the client's library nor its going on tells
 * whether a reply was among them, nothing failed.  Where no such record was
 * read, an alert that cannot be read is late-alert, also that of a peer which
 * closes in good order: it says of itself that it will not go on.
 *
 * Never fails: what is no failure is CLASS_NONE.  Async-signal-safe,
 * thread-safe, fork-safe.
 */
#include "class.h"
#include "ascii.h"

#include <string.h>

/* Alerts (RFC 8446 section 6). */
enum {
	ALERT_CLOSE_NOTIFY = 0,
	ALERT_UNEXPECTED_MESSAGE = 10,
	ALERT_BAD_RECORD_MAC = 20,
	ALERT_DECRYPTION_FAILED = 21,
	ALERT_RECORD_OVERFLOW = 22,
	ALERT_BAD_CERTIFICATE = 42,
	ALERT_ILLEGAL_PARAMETER = 47,
	ALERT_ACCESS_DENIED = 49,
	ALERT_DECODE_ERROR = 50,
	ALERT_DECRYPT_ERROR = 51,
	ALERT_USER_CANCELED = 90,
	ALERT_BAD_STATUS_RESPONSE = 113,
};

/* A connection's end, in each of the three stages that classes are named
   after. */
struct ends {
	enum class_kind closed, reset, timeout;
};

static const struct ends starttls_ends = {
    CLASS_STARTTLS_CLOSED, CLASS_STARTTLS_RESET, CLASS_STARTTLS_TIMEOUT};
static const struct ends tls_ends = {
    CLASS_TLS_CLOSED, CLASS_TLS_RESET, CLASS_TLS_TIMEOUT};
static const struct ends late_ends = {
    CLASS_LATE_CLOSED, CLASS_LATE_RESET, CLASS_LATE_TIMEOUT};

/* What the peer did; CLASS_NONE where the client closed, or nobody. */
static enum class_kind
end_kind(const struct ends *ends, enum class_end end)
{
	switch (end) {
	case END_FIN:
		return ends->closed;
	case END_RESET:
		return ends->reset;
	case END_TIMEOUT:
		return ends->timeout;
	default:
		return CLASS_NONE;
	}
}

/* The certificate was refused. */
static bool
alert_verify(int alert)
{
	return (alert >= ALERT_BAD_CERTIFICATE &&
		   alert <= ALERT_ACCESS_DENIED &&
		   alert != ALERT_ILLEGAL_PARAMETER) ||
	       alert == ALERT_BAD_STATUS_RESPONSE;
}

/* The peer's bytes were of no use. */
static bool
alert_malformed(int alert)
{
	switch (alert) {
	case ALERT_UNEXPECTED_MESSAGE:
	case ALERT_BAD_RECORD_MAC:
	case ALERT_DECRYPTION_FAILED:
	case ALERT_RECORD_OVERFLOW:
	case ALERT_DECODE_ERROR:
	case ALERT_DECRYPT_ERROR:
		return true;
	default:
		return false;
	}
}

/* The alert tells of a failure. */
static bool
alert_failure(int alert)
{
	return alert >= 0 && alert != ALERT_CLOSE_NOTIFY &&
	       alert != ALERT_USER_CANCELED;
}

/* The alert that the peer sent, or RECORD_NO_ALERT. */
static int
peer_alert(const struct class_facts *f)
{
	const struct records *r = f->records;

	if (r != NULL && alert_failure(r->from[RECORD_SERVER].alert))
		return r->from[RECORD_SERVER].alert;
	if (f->verdict == VERDICT_ALERT && alert_failure(f->alert))
		return f->alert;
	return RECORD_NO_ALERT;
}

static enum class_kind
decide_starttls(const struct class_facts *f)
{
	if (f->reply >= 400)
		return f->reply < 500 ? CLASS_STARTTLS_4XX : CLASS_STARTTLS_5XX;
	if (f->reply != 0 && f->reply != 220)
		return CLASS_STARTTLS_BAD_REPLY;
	if (f->end == END_FIN || f->end == END_RESET || f->end == END_TIMEOUT)
		return end_kind(&starttls_ends, f->end);
	if (f->reply != 0)
		return CLASS_NONE;
	/* A client that leaves without an answer, or in the middle of one, has
	   waited long enough. */
	if (f->end == END_CLIENT)
		return CLASS_STARTTLS_TIMEOUT;
	return f->replied ? CLASS_STARTTLS_BAD_REPLY : CLASS_NONE;
}

/* The peer sent nothing since its 220. */
static enum class_kind
decide_silent(const struct class_facts *f)
{
	const struct record_stream *client = &f->records->from[RECORD_CLIENT];
	enum class_kind kind = end_kind(&tls_ends, f->end);
	bool began = client->bytes > 0;

	/* The library gave up before it sent anything: whatever the connection
	   did meanwhile was not the reason. */
	if (!began && f->verdict == VERDICT_LOCAL)
		return CLASS_TLS_LOCAL_CONFIG;
	/* OpenSSL 3.0 answers the end of the connection with an alert. */
	if (f->verdict == VERDICT_WIRE && kind != CLASS_NONE)
		return kind;
	if (alert_failure(client->alert))
		return CLASS_TLS_LOCAL_CONFIG;
	if (kind != CLASS_NONE)
		return kind;
	if (f->verdict == VERDICT_ALERT)
		return CLASS_TLS_CLOSED;
	if (f->verdict != VERDICT_NONE)
		return CLASS_TLS_LOCAL_CONFIG;
	if (f->end == END_CLIENT)
		return began ? CLASS_TLS_TIMEOUT : CLASS_TLS_LOCAL_CONFIG;
	return CLASS_NONE;
}

/* The client left in the middle of a handshake without saying why. */
static enum class_kind
decide_left(const struct record_stream *server)
{
	bool inside = server->have > 0 || server->left > 0;

	/* It waited for the rest of a record, or for a ServerHello; else it may
	   have judged the certificate. */
	return inside || !server->hello ? CLASS_TLS_TIMEOUT : CLASS_TLS_VERIFY;
}

/* The peer sent TLS records, but no alert. */
static enum class_kind
decide_records(const struct class_facts *f)
{
	const struct records *r = f->records;
	const struct record_stream *server = &r->from[RECORD_SERVER];
	const struct record_stream *client = &r->from[RECORD_CLIENT];
	enum class_kind kind = end_kind(&tls_ends, f->end);
	bool local = f->verdict == VERDICT_LOCAL;
	bool told = alert_failure(client->alert);

	if (server->kind == RECORD_MALFORMED)
		return CLASS_TLS_MALFORMED;
	if (f->verdict == VERDICT_WIRE && kind != CLASS_NONE)
		return kind;
	if (told && (!server->hello || alert_malformed(client->alert)))
		return CLASS_TLS_MALFORMED;
	if (local)
		return server->hello ? CLASS_TLS_LOCAL : CLASS_TLS_MALFORMED;
	if (told)
		/* The same alert is sent for a policy of the client's (then
		   its library gives the reason) and for wrong bytes. */
		return client->alert == ALERT_ILLEGAL_PARAMETER
			   ? CLASS_TLS_MALFORMED
			   : CLASS_TLS_LOCAL;
	/* In TLS 1.3 it may have been about the certificate; earlier versions
	   send that one in the clear.  Of a client that then leaves, it may
	   have been a close_notify. */
	if (client->sealed && r->tls13)
		return CLASS_TLS_VERIFY;
	if (client->sealed && f->end != END_CLIENT)
		return CLASS_TLS_MALFORMED;
	if (kind != CLASS_NONE)
		return kind;
	if (f->verdict == VERDICT_WIRE)
		return CLASS_TLS_MALFORMED;
	if (f->verdict == VERDICT_ALERT)
		return CLASS_TLS_CLOSED;
	return f->end == END_CLIENT ? decide_left(server) : CLASS_NONE;
}

static enum class_kind
decide_handshake(const struct class_facts *f)
{
	const struct record_stream *server = &f->records->from[RECORD_SERVER];
	const struct record_stream *client = &f->records->from[RECORD_CLIENT];

	if (alert_verify(client->alert))
		return CLASS_TLS_VERIFY;
	if (client->kind == RECORD_PLAINTEXT && !client->hello)
		return CLASS_TLS_LOCAL_CONFIG;
	if (peer_alert(f) != RECORD_NO_ALERT)
		return CLASS_TLS_ALERT;
	if (server->kind == RECORD_PLAINTEXT)
		return CLASS_TLS_PLAINTEXT;
	if (server->bytes == 0)
		return decide_silent(f);
	return decide_records(f);
}

/* The handshake is complete on the client's side. */
static enum class_kind
decide_late(const struct class_facts *f)
{
	const struct records *r = f->records;
	const struct record_stream *server = &r->from[RECORD_SERVER];
	const struct record_stream *client = &r->from[RECORD_CLIENT];

	if (r->up)
		return CLASS_NONE;
	/* The library found a handshake where the wire shows none: bytes that
	   came in the segment of the 220 were the client's to drop, and what
	   followed cannot be told. */
	if (f->handshake_done && !server->hello)
		return CLASS_NONE;
	if (alert_verify(client->alert))
		return CLASS_TLS_VERIFY;
	if (peer_alert(f) != RECORD_NO_ALERT)
		return CLASS_LATE_ALERT;
	/* It looked at the session and did not want it. */
	if (!r->talked && (client->sealed || f->end == END_CLIENT))
		return CLASS_TLS_VERIFY;
	/* It spoke inside TLS, to what cannot be told: where the client's
	   Finished ended was not seen. */
	if (r->read && !r->talked)
		return CLASS_NONE;
	/* A reply, or no more than tickets. */
	if (r->tls13 && r->answered && !f->library_reads)
		return CLASS_NONE;
	/* A library that received an alert which is no failure has read a
	   close_notify. */
	if (server->sealed && f->verdict != VERDICT_ALERT)
		return CLASS_LATE_ALERT;
	if (server->kind == RECORD_PLAINTEXT ||
	    server->kind == RECORD_MALFORMED || f->verdict == VERDICT_WIRE ||
	    f->verdict == VERDICT_ALERT)
		return f->end == END_RESET ? CLASS_LATE_RESET
					   : CLASS_LATE_CLOSED;
	return end_kind(&late_ends, f->end);
}

static enum class_kind
decide(const struct class_facts *f)
{
	bool handshake = f->stage == STAGE_HANDSHAKE;
	bool late;

	if (f->stage == STAGE_STARTTLS)
		return decide_starttls(f);
	if (!handshake && f->stage != STAGE_EHLO_TLS)
		return CLASS_NONE;
	if (f->verdict == VERDICT_VERIFY)
		return CLASS_TLS_VERIFY;
	late = !handshake || f->handshake_done;
	if (f->records == NULL)
		return end_kind(late ? &late_ends : &tls_ends, f->end);
	/* A library that was asked and did not succeed knows better than the
	   wire. */
	if (f->verdict == VERDICT_NONE && f->records->complete)
		late = true;
	return late ? decide_late(f) : decide_handshake(f);
}

/* Appends TEXT to the name, cut off where it is full, in lower case; bytes that
   have no place in a name are dropped. */
static void
name_append(struct class *class, const char *text)
{
	size_t length = strlen(class->name);

	for (; *text != '\0' && length < CLASS_NAME_MAX - 1; text++) {
		char c = ascii_lower(*text);

		if (c == ' ')
			c = '_';
		if (c == '_' || c == '-' || ascii_digit(c) ||
		    (c >= 'a' && c <= 'z'))
			class->name[length++] = c;
	}
	class->name[length] = '\0';
}

static void
name_append_alert(struct class *class, int alert)
{
	const char *name = record_alert_name(alert);
	char digits[4] = "";
	size_t at = sizeof(digits) - 1;

	if (name == NULL && alert >= 0 && alert <= UINT8_MAX) {
		do {
			digits[--at] = (char)('0' + alert % 10);
			alert /= 10;
		} while (alert > 0);
		name = digits + at;
	}
	if (name != NULL)
		name_append(class, name);
}

void
class_decide(const struct class_facts *f, struct class *class)
{
	size_t length;

	*class = (struct class){.kind = decide(f)};
	if (f->end == END_CLIENT) {
		struct class_facts stayed = *f;

		stayed.end = END_NONE;
		class->client_left = decide(&stayed) != class->kind;
	}
	name_append(class, class_kind_name(class->kind));
	length = strlen(class->name);
	if (class->kind == CLASS_TLS_ALERT) {
		name_append_alert(class, peer_alert(f));
	} else if (class->kind == CLASS_TLS_LOCAL) {
		if (f->verdict == VERDICT_LOCAL && f->reason != NULL)
			name_append(class, f->reason);
		if (class->name[length] == '\0')
			name_append_alert(
			    class, f->records->from[RECORD_CLIENT].alert);
	} else {
		return;
	}
	if (class->name[length] == '\0')
		name_append(class, "unknown");
}
