/*
 * openssl - what the hooks of libssl's functions share
 *
 * There may be several libssl in a process, each with functions of its own;
 * which one a call means follows from who made it (tls.h).  A function that
 * the library does not have is NULL: only a program that asks for a symbol
 * without using it can meet that, and gets the answer of an empty session.
 */
#ifndef HOOKS_OPENSSL_H
#define HOOKS_OPENSSL_H

#include "hook.h"

#include "../shim/clear.h"
#include "../shim/session.h"
#include "../shim/tls.h"

/* The functions of one libssl. */
struct openssl {
	struct tls_library *library; /* NULL: none was found, or it is libssl
	                                itself that calls */
	_Atomic bool ready;
#define LIBC(result, name, parameters, arguments, number)
#define LIBC_VA(name)
#define OPENSSL(result, name, parameters, arguments) result(*name) parameters;
#include "table.h"
#undef LIBC
#undef LIBC_VA
#undef OPENSSL
};

/* The libssl whose NAME the code at CALLER means.  Never NULL. */
const struct openssl *openssl(const void *caller, const char *name);

#define OPENSSL_OF(name) openssl(__builtin_return_address(0), #name)

/* The state of a handle that is in the clear, or NULL. */
struct clear *openssl_clear(const struct openssl *, const SSL *);

/*
 * Makes a call that may have to do a handshake.  NULL: it was made, *RESULT is
 * what it returned.  Otherwise the handle is in the clear, from now on or
 * already, and the hook answers for it.
 */
struct clear *openssl_call(const struct openssl *, SSL *,
    int (*attempt)(void *context), void *context, int *result);

#endif
