/*
 * openssl - what the hooks of libssl's functions share
 *
 * Contract: openssl.h.  Not async-signal-safe (libssl is not either);
 * thread-safe; fork-safe.
 */
#include "openssl.h"

#include "../shim/live.h"

#include <string.h>

static struct openssl found[TLS_LIBRARIES];
/* The same functions, for calls that libssl makes itself (SSL_connect calls
   SSL_do_handshake, its BIO filter calls both): without a library to name
   they always go through. */
static struct openssl inner[TLS_LIBRARIES];
static const struct openssl none;

/* Two threads that come first write the same values. */
static void
look_up(struct openssl *o, struct tls_library *library)
{
	void *symbol;

#define LIBC(result, name, parameters, arguments, number)
#define LIBC_VA(name)
#define OPENSSL(result, name, parameters, arguments) \
	symbol = tls_symbol(library, #name);         \
	memcpy((void *)&o->name, (void *)&symbol, sizeof(symbol));
#include "table.h"
#undef LIBC
#undef LIBC_VA
#undef OPENSSL
}

const struct openssl *
openssl(const void *caller, const char *name)
{
	int saved = errno;
	struct tls_library *library = tls_library(caller, name);
	unsigned number;

	if (library == NULL) {
		errno = saved;
		return &none;
	}
	number = tls_number(library);
	if (!found[number].ready) {
		look_up(&inner[number], library);
		look_up(&found[number], library);
		found[number].library = library;
		found[number].ready = true;
	}
	errno = saved;
	return tls_is_own(library, caller) ? &inner[number] : &found[number];
}

struct clear *
openssl_clear(const struct openssl *o, const SSL *ssl)
{
	struct tls t = {o->library, (void *)(uintptr_t)ssl};
	struct clear *c;

	if (atomic_load_explicit(&clear_handles, memory_order_relaxed) == 0 ||
	    ssl == NULL || o->library == NULL)
		return NULL;
	c = tls_clear(&t);
	return c != NULL && !c->failed ? c : NULL;
}

struct clear *
openssl_call(const struct openssl *o, SSL *ssl, int (*attempt)(void *context),
    void *context, int *result)
{
	struct tls t = {o->library, ssl};
	struct clear *c = openssl_clear(o, ssl);

	if (c != NULL)
		return c;
	if (atomic_load_explicit(&session_handshakes, memory_order_relaxed) ==
		0 ||
	    ssl == NULL || o->library == NULL || !tls_usable(o->library)) {
		*result = attempt(context);
		return NULL;
	}
	if (live(&t, attempt, context, result) == LIVE_CLEAR)
		return openssl_clear(o, ssl);
	return NULL;
}
