/*
 * rules-line - one line of a policy file: its words, and what is said of it
 *
 * Pure.  Private to rules*.c; load.c makes its texts with it too.
 *
 * Async-signal-safe, thread-safe per object, fork-safe.
 */
#ifndef SHIM_RULES_LINE_H
#define SHIM_RULES_LINE_H

#include "rules.h"

#define RULES_TEXT_MAX 768 /* bytes of a problem's text with its NUL */

struct rules_line {
	struct rules *rules;
	const char *file;
	unsigned number;      /* from 1 */
	unsigned depth;	      /* of the text it stands in */
	const char *at, *end; /* what is still to be read */
};

/* A problem's text in the making; cut off when it gets too long. */
struct rules_text {
	char bytes[RULES_TEXT_MAX];
	size_t length;
};

/* Takes the next word; false: the line, or all before its comment, is read. */
bool rules_line_word(struct rules_line *, struct rules_word *);

/* Reports each word that is left as an error. */
void rules_line_end(struct rules_line *);

bool rules_word_is(struct rules_word, const char *);

/* A whole number from FROM to TO, in decimal without sign or leading zero. */
bool rules_word_number(
    struct rules_word, unsigned from, unsigned to, unsigned *);

/* Two times with .. between them, or one that is both: each is a number as
   above with s, m, h or d behind it, from 1s to MOST seconds. */
bool rules_word_times(
    struct rules_word, unsigned most, unsigned *from, unsigned *to);

/* A name of one label or more (RFC 1123 section 2.1), without a final dot. */
bool rules_word_is_domain(struct rules_word);

/* KEY=VALUE, split at the first =; false (reported): it is none. */
bool rules_line_pair(const struct rules_line *, struct rules_word,
    struct rules_word *key, struct rules_word *value);

void rules_text_start(struct rules_text *);
void rules_text_add(struct rules_text *, const char *);
void rules_text_number(struct rules_text *, unsigned);
/* In double quotes; cut off if long; bytes that are no ASCII text as ?. */
void rules_text_quote(struct rules_text *, struct rules_word);

void rules_line_say(
    const struct rules_line *, enum rules_level, const struct rules_text *);

/* The error BEFORE "WORD" AFTER. */
void rules_line_error(const struct rules_line *, const char *before,
    struct rules_word, const char *after);

/* The error that STRING says. */
void rules_line_plain(const struct rules_line *, const char *);

/* The word is an absolute path of a file; false: reported. */
bool rules_line_path(const struct rules_line *, struct rules_word);

/* rules-set.c: what follows the directive's name. */
void rules_set_state(struct rules_line *);
void rules_set_events(struct rules_line *);
void rules_set_syslog(struct rules_line *);
void rules_set_ports(struct rules_line *);
void rules_set_timeout(struct rules_line *);

/* rules-peer.c: what follows the word peer. */
void rules_peer_read(struct rules_line *);

#endif
