/*
 * mask - same-length edits of a reply while it passes
 *
 * Pure, in place, nothing is buffered or delayed: only bytes of the buffer in
 * hand change, whatever the fragmentation, so that poll(2) stays truthful.
 *
 *  - keywords of an EHLO reply lose their last letter: 250-STARTTLS becomes
 *    250-STARTTLX, AUTH becomes AUTX (also AUTH=...), REQUIRETLS becomes
 *    REQUIRETLX; RFC 5321 has clients ignore keywords they do not know;
 *  - a refusal is softened: the first digit of a 5xx code, and of the enhanced
 *    code behind it, becomes 4, so that a message is kept, not bounced;
 *  - an answer is made a refusal: whatever it was becomes 454, "TLS not
 *    available due to temporary reason" (RFC 3207 section 4); 4xx stays.
 *
 * Async-signal-safe, thread-safe per object, fork-safe.
 */
#ifndef SHIM_MASK_H
#define SHIM_MASK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Which keywords of an EHLO reply are masked. */
enum mask_keyword {
	MASK_STARTTLS = 1,
	MASK_AUTH = 2,
	MASK_REQUIRETLS = 4,
};

/* Which 5xx replies are softened to 4xx. */
enum mask_soften {
	MASK_SOFTEN_NONE,
	/* 530 and 538 only: Must issue STARTTLS, encryption required
	   (RFC 3207 section 4, RFC 4954 section 4) */
	MASK_SOFTEN_TLS,
	/* all but a refusal that is about the recipient itself, which its
	   enhanced code must say: 5.1.x or 5.2.x (RFC 3463) */
	MASK_SOFTEN_POLICY,
	MASK_SOFTEN_ALL,
};

struct mask_want {
	uint8_t keywords; /* of enum mask_keyword */
	enum mask_soften soften;
	bool refuse; /* make it 454, whatever it is */
};

/* Where in a reply the last call ended.  All zeros: at the start of one. */
struct mask {
	uint8_t column;	  /* bytes of this line so far, saturating */
	uint8_t possible; /* keywords that the text can still be */
	uint8_t decision; /* for all lines of this reply: soften or not */
	bool decided;	  /* ... and it was this line that decided */
	bool softening;	  /* this line's code was softened */
	bool garbage;	  /* this line is no reply line */
	bool later;	  /* a line of this reply came before this one */
	char code[3];	  /* as the server sent it */
	char separator;	  /* the byte behind the code */
	uint8_t edits;	  /* what was changed in this line, see below */
};

enum mask_edit {
	MASK_EDIT_STARTTLS = 1,
	MASK_EDIT_AUTH = 2,
	MASK_EDIT_REQUIRETLS = 4,
	MASK_EDIT_SOFTENED = 8,
	MASK_EDIT_REFUSED = 16,
};

/*
 * Edits N bytes of one reply line (they may start and end anywhere in it, but
 * hold at most one LF, as their last byte; after it the next line begins).
 * Returns the edits (enum mask_edit) made in these bytes.
 *
 * What decides must be seen at the latest with the byte that is changed:
 *
 *  - a keyword is masked at its last letter, unless the next byte is in the
 *    buffer too and goes on with the word (STARTTLSX, auth.example.net);
 *  - the first digit is softened if the code could qualify by what the buffer
 *    holds of it and of the enhanced code (a deferral too many, never a bounce
 *    too many); likewise the first digit of the enhanced code.
 *
 * Whether a reply is softened is decided at its first line with a 5xx code;
 * the decision holds for all its lines, whatever WANT says by then.  A line
 * that is no reply line does not end a reply, as in smtp.h.
 */
unsigned mask_line(
    struct mask *, char *bytes, size_t n, const struct mask_want *want);

#endif
