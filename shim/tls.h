/*
 * tls - the TLS libraries of the process, and what the core asks of them
 *
 * The seam between the core and a TLS library.  A process may have several
 * (CPython loads one for itself); which one owns a handle follows from who
 * called.  No header of theirs is used: types are opaque, names are looked up
 * at run time.
 *
 * Not async-signal-safe (no TLS library is); thread-safe; fork-safe.
 */
#ifndef SHIM_TLS_H
#define SHIM_TLS_H

#include "class.h"
#include "clear.h"

#include <stdbool.h>
#include <stddef.h>

#define TLS_LIBRARIES 8

struct tls_library;

/* A session of a TLS library. */
struct tls {
	struct tls_library *library;
	void *handle;
};

/* What a call of the library's came to. */
enum tls_outcome {
	TLS_DONE, /* the handshake is complete */
	TLS_WANTS_INPUT,
	TLS_WANTS_OUTPUT,
	TLS_WANTS_OTHER, /* a callback of the host's */
	TLS_FAILED,	 /* in the handshake */
};

/* The library whose function NAME the code at CALLER means; NULL: unknown. */
struct tls_library *tls_library(const void *caller, const char *name);

/* The code at CALLER is the library itself, or the shim on its behalf: an
   inner call, whose outcome the host hears of from the outer one. */
bool tls_is_own(const struct tls_library *, const void *caller);

/* It has everything that the calls below need; without that it is left
   alone. */
bool tls_usable(const struct tls_library *);

/* A small number, from 0 to TLS_LIBRARIES - 1, that stands for it. */
unsigned tls_number(const struct tls_library *);

/* Its function NAME, or NULL. */
void *tls_symbol(const struct tls_library *, const char *name);

/* The descriptors of a handle; -1: it has none (memory BIO, own transport). */
int tls_input(const struct tls *);
int tls_output(const struct tls *);

/* The handle is set to verify its peer inside the handshake. */
bool tls_verifies(const struct tls *);

/* It takes a short write for an answer. */
bool tls_writes_partly(const struct tls *);

/* RESULT is what a call that may have to do a handshake returned. */
enum tls_outcome tls_outcome(const struct tls *, int result);

/* Why the handshake failed, into the members verdict, alert and reason; the
   library's error queue is left as it is. */
void tls_verdict(const struct tls *, int result, struct class_facts *);

/* Takes a swallowed failure out of the thread's error queue: the next healthy
   session in this thread must not meet it. */
void tls_forget_errors(const struct tls *);

/* The state of a handle that the shim answers for; NULL: it does not. */
struct clear *tls_clear(const struct tls *);

/* Gives the handle such a state, in the library's own ex_data, freed with the
   handle; NULL: not possible. */
struct clear *tls_take(const struct tls *);

/* Takes it away again. */
void tls_release(const struct tls *);

#endif
