/*
 * smtp - the two directions of an SMTP dialogue, one line at a time
 *
 * Pure: bytes in, lines out; no I/O, no allocation, no clock, no copy of the
 * bytes.  Both parsers take any fragmentation and stop after each line, so
 * that the caller can act on a line before the next one is looked at.
 * Input that is no SMTP is never an error here: it is a line with code 0, or
 * a command with verb SMTP_OTHER.
 *
 * Async-signal-safe, thread-safe per object, fork-safe.
 */
#ifndef SHIM_SMTP_H
#define SHIM_SMTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Commands (RFC 5321 section 4.1, RFC 3207, RFC 4954, RFC 3030). */
enum smtp_verb {
	SMTP_OTHER,
	SMTP_EHLO,
	SMTP_HELO,
	SMTP_STARTTLS,
	SMTP_AUTH,
	SMTP_MAIL,
	SMTP_RCPT,
	SMTP_DATA,
	SMTP_BDAT,
	SMTP_RSET,
	SMTP_NOOP,
	SMTP_QUIT,
	SMTP_DOT, /* not a command: the end of the mail data after DATA */
};

/*
 * One line of a reply (RFC 5321 section 4.2).  A line that is no reply line
 * (code 0) never ends a reply: between the lines of a reply it is neither
 * first nor last, elsewhere it is both.
 */
struct smtp_reply_line {
	uint16_t code;	  /* 200 to 599; 0: the line is no SMTP reply */
	bool last;	  /* the last line of its reply (no hyphen) */
	bool first;	  /* the first line of its reply; in a reply to EHLO
	                       that is the greeting and offers nothing */
	bool mixed;	  /* its code differs from the first line's */
	uint8_t enhanced; /* class of an enhanced code (2, 4, 5), or 0 */
	uint16_t subject; /* second number of it (RFC 3463), if enhanced */
	bool starttls;	  /* the text is the keyword STARTTLS, alone or with
	                       parameters, whatever its case */
	bool auth;	  /* likewise AUTH or AUTH= */
	bool requiretls;  /* likewise REQUIRETLS */
};

/* The state of one direction, server to client.  All zeros: start. */
struct smtp_replies {
	uint16_t column; /* bytes of this line so far, saturating */
	uint16_t first;	 /* code of the first line of this reply; 0: none */
	uint16_t number; /* of the enhanced code, while it is read */
	uint8_t digits;	 /* of `number` so far */
	uint8_t part;	 /* which part of the enhanced code is read */
	uint8_t word;	 /* length of the text's first word, saturating */
	bool word_over;	 /* the first word has ended */
	bool garbage;	 /* this line is no reply line */
	char separator;	 /* the byte behind the code; CR: must end the line */
	char text[12];	 /* the text's first word, upper case, cut off */
	struct smtp_reply_line line;
};

/*
 * Reads at most N bytes, and not beyond the end of a line (LF; the CR before it
 * is not asked for).  Returns the number of bytes read, 1 to N (0 if N is 0).  *DONE says whether a line
 * ended; then LINE describes it.
 */
size_t smtp_reply_feed(struct smtp_replies *, const char *bytes, size_t n,
    struct smtp_reply_line *line, bool *done);

/*
 * One command line, ended by CRLF or LF.  A line that begins with white space
 * is SMTP_OTHER (RFC 5321 section 4.1.1 allows none before the verb).
 */
struct smtp_command {
	enum smtp_verb verb;
	bool requiretls; /* MAIL with the parameter REQUIRETLS (RFC 8689) */
	bool last;	 /* BDAT with LAST */
	bool bare;	 /* the line had nothing but the verb (and white space
	                    behind it) */
};

/* The state of one direction, client to server.  All zeros: start. */
struct smtp_commands {
	uint32_t column;     /* bytes of this line so far, saturating */
	uint64_t skip;	     /* octets of a BDAT chunk that are still to come */
	uint64_t chunk;	     /* the size that BDAT gives, saturating */
	uint8_t mode;	     /* 0 commands, 1 mail data */
	uint8_t dot;	     /* progress in CRLF . CRLF */
	uint8_t verb_length; /* saturating */
	bool verb_over;	     /* the verb has ended */
	uint8_t part;	     /* MAIL, BDAT: which part of the line is read */
	bool angle;	     /* MAIL: the path stands in < > */
	uint8_t match;	     /* bytes in which the current parameter agrees with
	                       the one looked for */
	char verb[10];	     /* upper case, cut off */
	struct smtp_command line;
};

/*
 * Reads at most N bytes, and not beyond the end of a command line or, in mail
 * data, of the terminating CRLF.CRLF.  Returns the number of bytes read.
 * *DONE says whether a command ended (or the mail data: SMTP_DOT); then
 * COMMAND describes it.  The octets of a BDAT chunk are passed over; the command
 * behind them needs a call of its own.
 */
size_t smtp_command_feed(struct smtp_commands *, const char *bytes, size_t n,
    struct smtp_command *command, bool *done);

/* What follows is mail data up to CRLF.CRLF: call it at the 354 to DATA. */
void smtp_command_data(struct smtp_commands *);

/*
 * True while the unfinished line that was read so far can still become a
 * command with VERB (the empty line can become any).  In mail data that is
 * SMTP_DOT alone, at the start of a line; in the octets of a BDAT chunk, none.
 */
bool smtp_command_may_be(const struct smtp_commands *, enum smtp_verb verb);

#endif
