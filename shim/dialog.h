/*
 * dialog - one SMTP session as its bytes tell it
 *
 * Pure: composes the parsers (smtp, record) and the edits (mask) to the state
 * of a session, from the banner to the first reply inside TLS, or to the end
 * of a session that was downgraded.  Fed with what the client sent and what
 * the server sent; edits the latter in place where a downgrade asks for it;
 * answers with news.  No I/O, no clock, no policy.
 *
 * Async-signal-safe, thread-safe per object, fork-safe.
 */
#ifndef SHIM_DIALOG_H
#define SHIM_DIALOG_H

#include "class.h"
#include "mask.h"
#include "record.h"
#include "smtp.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Commands whose replies are still to come; RFC 2920 sets no limit, beyond
   this one the order is lost and every refusal is softened. */
#define DIALOG_QUEUE 256

struct dialog {
	enum class_stage stage;
	bool downgraded;     /* a cleartext session that the shim caused */
	bool offered;	     /* ... whose EHLO reply offered STARTTLS */
	bool refusing;	     /* ... whose client sent STARTTLS all the same */
	bool greeted;	     /* ... and EHLO or HELO got its 250 */
	bool extended;	     /* ... EHLO, that is */
	bool mail;	     /* the client sent MAIL in the clear */
	bool exact;	     /* so far banner, EHLO or HELO, STARTTLS only */
	bool auth;	     /* the client sent AUTH in the clear */
	bool auth_masked;    /* this peer's AUTH was masked */
	bool refused;	     /* STARTTLS was answered, but not by 220 */
	bool replied;	     /* some of the answer to STARTTLS came */
	bool handshake_done; /* on the client's side */
	bool lost;	     /* replies can no longer be told apart */
	uint8_t greetings;   /* EHLO and HELO sent, saturating */
	uint16_t reply;	     /* code of the answer to STARTTLS */
	uint16_t head, count;
	uint8_t queue[DIALOG_QUEUE]; /* enum smtp_verb */
	struct smtp_replies replies;
	struct smtp_commands commands;
	struct mask mask;
	struct records records; /* valid from STAGE_HANDSHAKE on */
};

/* What a call brought; a set. */
enum dialog_news {
	DIALOG_HANDSHAKE = 1, /* 220 to STARTTLS: the handshake begins */
	DIALOG_REFUSED = 2,   /* STARTTLS was answered, but not by 220 */
	DIALOG_TALKED = 4,    /* the client speaks inside TLS */
	DIALOG_UP = 8,	      /* the server answered inside TLS: the end */
	DIALOG_CLEAR = 16,    /* the client goes on without TLS: the end */
	DIALOG_GREETED = 32,  /* downgraded: EHLO or HELO got its 250 */
	DIALOG_SOFTENED = 64, /* downgraded: a refusal was softened */
	DIALOG_AUTHED = 128,  /* the client sent AUTH in the clear */
	DIALOG_LEFT = 256,    /* downgraded: the client says goodbye */
};

void dialog_start(struct dialog *);

/* The same session goes on in the clear on a new connection whose banner was
   already read: nothing of the old EHLO is carried over (RFC 3207 4.2). */
void dialog_downgrade(struct dialog *);

/* The session of a new connection is to go on in the clear from its start:
   STARTTLS is withheld. */
void dialog_withhold(struct dialog *);

/* N bytes that the server sent, in the client's buffer.  Returns news. */
unsigned dialog_server(struct dialog *, char *bytes, size_t n);

/* N bytes that the client sent.  Returns news. */
unsigned dialog_client(struct dialog *, const char *bytes, size_t n);

/* The client's TLS library reports a complete handshake. */
void dialog_handshake_done(struct dialog *);

/* It handed plain data of the server's to the host.  Returns news. */
unsigned dialog_read(struct dialog *);

/* A line that must not leave in the clear (RFC 4954, RFC 8689). */
enum dialog_forbidden {
	DIALOG_ALLOWED,
	DIALOG_AUTH,
	DIALOG_REQUIRETLS,
};

/* Looking ahead at what a downgraded session is about to send. */
struct dialog_look {
	struct smtp_commands commands;
	size_t seen; /* bytes looked at */
	/* A line STARTTLS: it must not leave as it is.  It ends before the byte
	   `end`, and began `length` bytes before, which may be in what was sent
	   by then.  Looking ends there; `end` 0: none. */
	size_t end, length;
};

/* From where the dialog stands. */
void dialog_look_start(struct dialog_look *, const struct dialog *);

/* The next N bytes; is there a line that must not leave? */
enum dialog_forbidden dialog_look(
    struct dialog_look *, const char *bytes, size_t n);

/* Bytes at the end of what was looked at that belong to an unfinished line
   which can still become a forbidden one: they have to wait for its rest. */
size_t dialog_look_tail(const struct dialog_look *);

#endif
