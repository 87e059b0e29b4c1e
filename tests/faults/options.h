/*
 * options - the parameters of a peer: its fault and the scene around it
 *
 * Every parameter can be set by `key=value`, in the persona table and in the
 * lines of the peer file alike; options.c holds the one table of keys.
 */
#ifndef FAULTS_OPTIONS_H
#define FAULTS_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* The moment at which the fault strikes.  From WHEN_DONE on: inside TLS. */
enum when {
	WHEN_NEVER,
	WHEN_STARTTLS, /* instead of an answer to STARTTLS */
	WHEN_220,      /* after the 220, without waiting for a ClientHello */
	WHEN_HELLO,    /* after the ClientHello */
	WHEN_DONE,     /* as soon as the handshake is complete */
	WHEN_EHLO,     /* instead of an answer to that command inside TLS */
	WHEN_MAIL,
	WHEN_RCPT,
	WHEN_DATA,
	WHEN_DOT,
	WHEN_BYTES, /* once `after` bytes have come inside TLS */
};

/* What the server then does. */
enum act {
	ACT_NONE,
	ACT_FIN,    /* close the sending side, read until the client closes */
	ACT_CLOSE,  /* close(2): FIN, and RST if the client goes on sending */
	ACT_RST,    /* SO_LINGER 0 */
	ACT_SILENT, /* say nothing more, keep the connection open */
	ACT_ALERT,  /* a TLS alert, then FIN; inside TLS: an encrypted
	               bad_record_mac */
	ACT_TEXT,   /* plaintext `text`; FIN after a 421 */
	ACT_RAW,    /* hand-made records, see raw.h */
};

enum cert {
	CERT_RSA,
	CERT_ECDSA,
	CERT_RSA1024,
	CERT_SELF, /* self-signed */
	CERT_EXPIRED,
	CERT_FUTURE, /* not yet valid */
	CERT_WRONG,  /* another host's name */
	CERT_BIG,    /* a chain of more than 16 KiB: several records */
	CERT_HUGE,   /* more than OpenSSL's limit of 100 KiB */
	CERT_NONE,
};

/* What is done to the records that the real TLS library sends. */
enum shape {
	SHAPE_PLAIN,
	SHAPE_ONES,   /* handshake records of one byte each */
	SHAPE_BADMAC, /* last byte of Finished flipped */
	SHAPE_DRIP,   /* first flight spread over `drip` seconds */
};

enum second {
	SECOND_PLAIN,
	SECOND_REFUSED, /* the listening socket is closed */
	SECOND_421,
	SECOND_554,
	SECOND_SILENT,
	SECOND_FIN,
	SECOND_RST,
};

enum schedule {
	SCHEDULE_ALWAYS,
	SCHEDULE_FIRST,	  /* the first N STARTTLS commands */
	SCHEDULE_PERCENT, /* that share of them, by `seed` */
	SCHEDULE_SECONDS, /* the first N seconds of this server's life */
};

/* Commands whose reply can be set, in the clear and inside TLS. */
enum verb {
	VERB_EHLO,
	VERB_MAIL,
	VERB_RCPT,
	VERB_DATA,
	VERB_DOT,
	VERB_AUTH,
	VERB_COUNT,
};

/*
 * The fault: all of it is absent outside the schedule.  A reply is a text of
 * whole lines with CRLF, or NULL for the ordinary one.
 */
struct fault {
	enum when when;
	enum act act;
	unsigned alert;	      /* alert description, RFC 8446 section 6 */
	unsigned raw;	      /* enum raw */
	const char *text;     /* for ACT_TEXT */
	unsigned after;	      /* bytes, for WHEN_BYTES */
	unsigned hello_min;   /* WHEN_HELLO strikes only if the first record */
	unsigned hello_max;   /* has at least, at most so many bytes */
	const char *starttls; /* reply to STARTTLS; TLS starts if it has 220 */
	const char *keyword;  /* in place of STARTTLS; "" for none */
	bool keyword_first;   /* the keyword stands in the greeting line */
	unsigned tls;	      /* version spoken; 0: any from TLS 1.0 */
	bool exact;	      /* blind to supported_versions, as old stacks */
	enum cert cert;
	unsigned dh; /* bits of the DHE group; 0: no DHE */
	const char *ciphers;
	const char *groups;
	unsigned tickets; /* TLS 1.3 session tickets */
	bool client_cert; /* demanded */
	bool sni_warning; /* warning alert 112, then go on */
	enum shape shape;
	unsigned drip; /* seconds */
	bool bare;     /* EHLO inside TLS shows no extension */
	bool notify;   /* close_notify before the end */
	const char *tls_reply[VERB_COUNT];
};

/* The scene: what the peer is like with or without its fault. */
struct scene {
	const char *name; /* in banner, EHLO reply and certificate */
	const char *banner;
	bool ehlo_bytes;      /* EHLO replies go out one byte at a time */
	const char *offer[2]; /* more EHLO lines: in the clear, inside TLS */
	const char *clear_reply[VERB_COUNT];
	enum second second; /* at the connection after one with a fault */
	unsigned refuse;    /* seconds of SECOND_REFUSED; 0: for good */
	unsigned deadline;  /* seconds that a connection may last */
	enum schedule schedule;
	unsigned amount; /* N or P of the schedule */
	unsigned seed;
};

struct options {
	struct fault fault;
	struct scene scene;
};

/* A healthy peer. */
void options_default(struct options *);

/*
 * Sets what the blank-separated `key=value` words of TEXT (modified) say.
 * Returns NULL, or a message in static storage.
 */
const char *options_parse(struct options *, char *text);

/* The keys with their values, for --help. */
void options_help(FILE *);

#endif
