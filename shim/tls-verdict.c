/*
 * tls - the TLS libraries of the process, and what the core asks of them
 *
 * Contract: tls.h.  This file has what became of a handshake: whether it goes
 * on, and why it failed.  The library's error queue is only ever looked at.
 */
#include "real.h"
#include "tls-library.h"
#include "tls.h"

/* OpenSSL's numbers; the same in every version from 1.0.2 on. */
enum {
	ERROR_SSL = 1,
	ERROR_WANT_READ = 2,
	ERROR_WANT_WRITE = 3,
	ERROR_SYSCALL = 5,
	ERROR_ZERO_RETURN = 6,
	LIB_SSL = 20,
	REASON_VERIFY_FAILED = 134,
	REASON_ALERT = 1000, /* plus the alert's number */
	REASON_DECRYPTION_FAILED = 147,
	REASON_WRONG_VERSION_NUMBER = 267,
	REASON_BAD_RECORD_MAC = 281,
	REASON_UNEXPECTED_EOF = 294,
	REASON_RECORD_LAYER_FAILURE = 313,
	STATE_INIT = 0x3000, /* 1.0.2: SSL_ST_CONNECT | SSL_ST_ACCEPT */
};

static bool
is_handshaking(const struct tls *t)
{
	const struct tls_library *l = t->library;

	if (l->in_init != NULL)
		return l->in_init(t->handle) != 0;
	return (l->state(t->handle) & STATE_INIT) != 0;
}

enum tls_outcome
tls_outcome(const struct tls *t, int result)
{
	if (result > 0 || !is_handshaking(t))
		return TLS_DONE;
	switch (t->library->get_error(t->handle, result)) {
	case ERROR_WANT_READ:
		return TLS_WANTS_INPUT;
	case ERROR_WANT_WRITE:
		return TLS_WANTS_OUTPUT;
	case ERROR_SSL:
	case ERROR_SYSCALL:
	case ERROR_ZERO_RETURN:
		return TLS_FAILED;
	default:
		return TLS_WANTS_OTHER;
	}
}

/*
 * An error code has the library in bits 23 to 30 and the reason in bits 0 to
 * 22 since OpenSSL 3.0, before in bits 24 to 31 and 0 to 11.  In 3.0 bit 31
 * marks an errno.
 */
static void
split(const struct tls_library *l, unsigned long error, unsigned *lib,
    unsigned *reason)
{
	bool three = real_symbol(l->object, "SSL_get1_peer_certificate");

	if (three) {
		*lib = error & 0x80000000UL ? 0 : (error >> 23) & 0xff;
		*reason = (unsigned)(error & 0x7fffff);
	} else {
		*lib = (error >> 24) & 0xff;
		*reason = (unsigned)(error & 0xfff);
	}
}

/* The reason blames the records or the connection: the wire tells more. */
static bool
is_wire(unsigned reason)
{
	return reason == REASON_UNEXPECTED_EOF ||
	       reason == REASON_DECRYPTION_FAILED ||
	       reason == REASON_WRONG_VERSION_NUMBER ||
	       reason == REASON_RECORD_LAYER_FAILURE ||
	       reason == REASON_BAD_RECORD_MAC;
}

void
tls_verdict(const struct tls *t, int result, struct class_facts *facts)
{
	const struct tls_library *l = t->library;
	unsigned long error = l->peek_error();
	unsigned long last = l->peek_last_error();
	unsigned lib, reason, last_lib, last_reason;

	facts->verdict = VERDICT_WIRE;
	if (error == 0 || l->get_error(t->handle, result) != ERROR_SSL)
		return;
	split(l, error, &lib, &reason);
	split(l, last, &last_lib, &last_reason);
	/* The first error is the cause, but where it is one of libcrypto's the
	   last one says what libssl made of it. */
	if (lib != LIB_SSL && last_lib == LIB_SSL) {
		error = last;
		lib = last_lib;
		reason = last_reason;
	}
	if (lib == LIB_SSL && reason == REASON_VERIFY_FAILED)
		facts->verdict = VERDICT_VERIFY;
	else if (lib == LIB_SSL && reason >= REASON_ALERT &&
		 reason < REASON_ALERT + 256) {
		facts->verdict = VERDICT_ALERT;
		facts->alert = (int)(reason - REASON_ALERT);
	} else if (lib != LIB_SSL || !is_wire(reason)) {
		facts->verdict = VERDICT_LOCAL;
		facts->reason =
		    l->reason_string != NULL ? l->reason_string(error) : NULL;
	}
}
