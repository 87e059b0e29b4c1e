/*
 * record - TLS records seen on the wire, turned into evidence
 *
 * Pure: fed with the bytes of both directions from the first byte after the
 * 220 that answers STARTTLS; looks at record headers, at the hello messages
 * and at alerts that are not encrypted (RFC 8446 section 5, RFC 5246 section
 * 6).  Keeps no payload.  It never decides: class.h does.
 *
 * Async-signal-safe, thread-safe per object, fork-safe.
 */
#ifndef SHIM_RECORD_H
#define SHIM_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum record_from { RECORD_CLIENT, RECORD_SERVER };

/* What the bytes of one direction are. */
enum record_kind {
	RECORD_NOTHING,	  /* no byte yet */
	RECORD_TLS,	  /* records so far, or too few bytes to tell */
	RECORD_PLAINTEXT, /* the first byte is no TLS content type (20 to 23),
	                     or printable text where a record should start */
	RECORD_MALFORMED, /* began as TLS, then a bad type, version or length */
};

#define RECORD_NO_ALERT (-1)

/* Fields marked with * are evidence; the others are the parser's own. */
struct record_stream {
	enum record_kind kind; /* * */
	bool hello;	       /* * ClientHello or ServerHello began (a
	                          ClientHello of SSLv2 form too) */
	bool encrypted;	       /* * a ChangeCipherSpec (TLS up to 1.2) or an
	                          application record (TLS 1.3) came before */
	bool sealed;	       /* * an alert came that cannot be read: TLS up
	                          to 1.2, type 21 while encrypted; TLS 1.3, an
	                          application record of an alert's size */
	int alert;	       /* * description of the first fatal alert in the
	                          clear (also of a warning-level one that TLS
	                          1.3 makes fatal); RECORD_NO_ALERT: none */
	uint32_t records;      /* * complete records, saturating */
	uint32_t application;  /* * complete records of type 23, saturating */
	uint64_t bytes;	       /* * */
	uint8_t header[5];
	uint8_t have;	 /* bytes of the header so far */
	uint16_t left;	 /* bytes of this record's fragment still to
	                          come */
	uint16_t length; /* of this record's fragment */
	bool finished;	 /* TLS up to 1.2: its Finished was sent */
	uint8_t alert_bytes[2];
	uint8_t alert_have;
};

/*
 * Sizes of encrypted fragments in TLS 1.3 (RFC 8446 section 5.2: plaintext,
 * one byte of content type, 16 bytes of tag; the 8-byte tag of CCM_8 is not
 * reckoned with): an alert 2+1+16 = 19; Finished 4+32+1+16 = 53 with SHA-256
 * and 4+48+1+16 = 69 with SHA-384; with an empty Certificate message (8 bytes)
 * in the same record 61 and 77.  No other message that a client sends in its
 * handshake has one of these sizes; a client that puts a certificate and
 * Finished in one record makes a bigger one, and is seen to have finished when
 * the server goes on, or when record_done() is called.
 *
 * TLS is up on the wire when a reply inside it reached the client.  In TLS 1.3
 * a reply looks like a NewSessionTicket, which most servers send right behind
 * the client's Finished and most clients read only when they wait for the reply
 * to EHLO.  So one of these is the proof:
 *
 *  - up to TLS 1.2, where no ticket comes behind both Finished: an application
 *    record of the server after the client talked;
 *  - in TLS 1.3, an application record of the client after such a one: a client
 *    sends no command after EHLO before it has the reply.  Not one of the size
 *    of an alert, of a KeyUpdate (5+1+16 = 22) or of QUIT (6+1+16 = 23): they
 *    need no reply, and a client that has waited in vain may say QUIT;
 *  - in any version, the client's library handed plain data to the host after
 *    the client talked.
 *
 * Plain data that is handed out before the client talks is no proof: a server
 * can send it before it has the client's Finished (RFC 8446 section 4.4.4), and
 * so before it refuses the client's certificate.  SMTP gives it no reason to:
 * the client speaks first (RFC 3207 section 4.2).
 */
struct records {
	struct record_stream from[2];
	bool tls13;    /* * the ServerHello has supported_versions 0x0304 */
	bool retry;    /* * ... and is a HelloRetryRequest */
	bool finished; /* * the client's Finished was sent: TLS up to 1.2, a
	                    handshake record after ChangeCipherSpec; TLS 1.3, an
	                    application record that can hold nothing else (its
	                    size), or any, once an application record of the
	                    server came behind it; or record_done was called */
	bool complete; /* * the handshake is complete on the client's side:
	                    both Finished were sent (TLS 1.3: the client's,
	                    which comes last); or record_done was called */
	bool talked;   /* * the client sent application data beyond Finished
	                    (in TLS 1.3 not the size of an alert) */
	bool answered; /* * an application record of the server came after
	                    `talked`, in TLS 1.3 not the size of an alert: a
	                    reply, or in TLS 1.3 a NewSessionTicket */
	bool up;       /* * a reply inside TLS reached the client: see above */
	bool read;     /* * record_read() was called */
	/* the server's first handshake message, as far as it is looked at */
	uint8_t hello_field;   /* which field is read */
	bool hello_other;      /* its random is not that of a retry */
	uint16_t hello_need;   /* bytes of the field still to come */
	uint16_t hello_type;   /* type of the extension that is read */
	uint32_t hello_number; /* the field's value so far */
	uint32_t hello_left;   /* bytes of the message still to come */
};

/* All zeros is not the start (alert 0 is close_notify): call this first. */
void record_start(struct records *);

/* N more bytes that were sent by FROM. */
void record_feed(
    struct records *, enum record_from, const void *bytes, size_t n);

/* The client's TLS library says that its handshake is complete: what the
   client sends in records of type 23 from now on is application data. */
void record_done(struct records *);

/* The client's TLS library handed plain data of the server's to the host: its
   handshake is complete, as by record_done(). */
void record_read(struct records *);

/* Name of an alert as RFC 8446 section 6 spells it ("handshake_failure"), or
   NULL for a number that has none there nor in RFC 5246 or RFC 6066. */
const char *record_alert_name(int description);

#endif
