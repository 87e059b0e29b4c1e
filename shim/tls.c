/*
 * tls - the TLS libraries of the process, and what the core asks of them
 *
 * Contract: tls.h.  This is OpenSSL, 1.0.2 to 3.x, from one binary.
 */
#define _GNU_SOURCE
#include "tls.h"

#include "tls-library.h"

#include "real.h"

#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

/* OpenSSL's numbers; the same in every version from 1.0.2 on. */
enum {
	VERIFY_PEER = 1,
	CTRL_MODE = 33,
	MODE_ENABLE_PARTIAL_WRITE = 1,
	EX_INDEX_SSL = 0,
};

static struct tls_library libraries[TLS_LIBRARIES];

/* Who called, and what it means.  An entry counts once its library is there;
   two threads may learn the same thing twice. */
#define CALLERS 32
static struct {
	const void *from, *to;
	_Atomic(struct tls_library *) library;
} callers[CALLERS];
static _Atomic unsigned known;

/* The library that this thread asked for last.  libssl may jump from one of
   its functions into another (SSL_connect ends in SSL_do_handshake), and the
   caller of the second is then the shim. */
static __thread struct tls_library *latest
    __attribute__((tls_model("initial-exec")));

static void
look_up(struct tls_library *l)
{
	const struct {
		void *slot;
		const char *name;
		bool needed;
	} names[] = {
	    {&l->get_rfd, "SSL_get_rfd", true},
	    {&l->get_wfd, "SSL_get_wfd", true},
	    {&l->get_error, "SSL_get_error", true},
	    {&l->get_verify_mode, "SSL_get_verify_mode", true},
	    {&l->ctrl, "SSL_ctrl", true},
	    {&l->get_ex_data, "SSL_get_ex_data", true},
	    {&l->set_ex_data, "SSL_set_ex_data", true},
	    {&l->peek_error, "ERR_peek_error", true},
	    {&l->peek_last_error, "ERR_peek_last_error", true},
	    {&l->clear_error, "ERR_clear_error", true},
	    {&l->reason_string, "ERR_reason_error_string", false},
	    {&l->in_init, "SSL_in_init", false},
	    {&l->state, "SSL_state", false},
	    {&l->get0_param, "SSL_get0_param", false},
	    {&l->get0_host, "X509_VERIFY_PARAM_get0_host", false},
	    {&l->get1_ip, "X509_VERIFY_PARAM_get1_ip_asc", false},
	    {&l->free, "CRYPTO_free", false},
	    {&l->new_index, "CRYPTO_get_ex_new_index", false},
	    {&l->ssl_new_index, "SSL_get_ex_new_index", false},
	};

	bool usable = true;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		void *found = real_symbol(l->object, names[i].name);

		if (found == NULL && names[i].needed)
			usable = false;
		memcpy(names[i].slot, &found, sizeof(found));
	}
	if (!real_object((const void *)(uintptr_t)l->get_rfd, &l->from, &l->to))
		usable = false;
	l->usable = usable && (l->in_init != NULL || l->state != NULL);
	l->ready = true;
}

static struct tls_library *
register_library(void *object)
{
	for (size_t i = 0; i < TLS_LIBRARIES; i++) {
		struct tls_library *l = &libraries[i];
		void *claimed = NULL;

		if (!atomic_compare_exchange_strong(
			&l->object, &claimed, object) &&
		    claimed != object)
			continue;
		if (!l->ready)
			look_up(l);
		return l;
	}
	return NULL;
}

static struct tls_library *
learn(const void *caller, const char *name)
{
	void *object = real_library(caller, name);
	struct tls_library *l;
	const void *from, *to;
	unsigned at;

	if (object == NULL)
		return NULL;
	l = register_library(object);
	if (l == NULL || !real_object(caller, &from, &to))
		return l;
	at = atomic_fetch_add(&known, 1);
	if (at < CALLERS) {
		callers[at].from = from;
		callers[at].to = to;
		atomic_store_explicit(
		    &callers[at].library, l, memory_order_release);
	} else
		atomic_store(&known, CALLERS);
	return l;
}

struct tls_library *
tls_library(const void *caller, const char *name)
{
	unsigned n = atomic_load_explicit(&known, memory_order_relaxed);

	for (unsigned i = 0; i < n && i < CALLERS; i++) {
		struct tls_library *l = atomic_load_explicit(
		    &callers[i].library, memory_order_acquire);

		if (l != NULL && caller >= callers[i].from &&
		    caller < callers[i].to)
			return latest = l;
	}
	if (real_is_shim(caller))
		return latest;
	return latest = learn(caller, name);
}

bool
tls_is_own(const struct tls_library *l, const void *caller)
{
	return (caller >= l->from && caller < l->to) || real_is_shim(caller);
}

bool
tls_usable(const struct tls_library *l)
{
	return l->usable;
}

unsigned
tls_number(const struct tls_library *l)
{
	return (unsigned)(l - libraries);
}

void *
tls_symbol(const struct tls_library *l, const char *name)
{
	return real_symbol(l->object, name);
}

int
tls_input(const struct tls *t)
{
	return t->library->get_rfd(t->handle);
}

int
tls_output(const struct tls *t)
{
	return t->library->get_wfd(t->handle);
}

bool
tls_verifies(const struct tls *t)
{
	const struct tls_library *l = t->library;

	void *param = NULL;
	char *ip = NULL;

	if (l->get_verify_mode(t->handle) & VERIFY_PEER)
		return true;
	if (l->get0_param != NULL)
		param = l->get0_param(t->handle);
	if (param == NULL)
		return false;
	if (l->get0_host != NULL && l->get0_host(param, 0) != NULL)
		return true;
	if (l->get1_ip != NULL && l->free != NULL)
		ip = l->get1_ip(param);
	if (ip != NULL)
		l->free(ip, "", 0);
	return ip != NULL;
}

bool
tls_writes_partly(const struct tls *t)
{
	return t->library->ctrl(t->handle, CTRL_MODE, 0, NULL) &
	       MODE_ENABLE_PARTIAL_WRITE;
}

void
tls_forget_errors(const struct tls *t)
{
	t->library->clear_error();
}

static void
forget(void *parent, void *value, void *data, int index, long number,
    void *pointer)
{
	(void)parent;
	(void)data;
	(void)index;
	(void)number;
	(void)pointer;
	if (value != NULL)
		clear_free(value);
}

/* A copy of a handle is a new one: it gets none of the state. */
static int
forget_copy(void *to, const void *from, void *value, int index, long number,
    void *pointer)
{
	(void)to;
	(void)from;
	(void)index;
	(void)number;
	(void)pointer;
	*(void **)value = NULL;
	return 1;
}

static int
ask_index(const struct tls_library *l)
{
	if (l->new_index != NULL && l->ssl_new_index == NULL)
		return l->new_index(
		    EX_INDEX_SSL, 0, NULL, NULL, forget_copy, forget);
	if (l->ssl_new_index != NULL)
		return l->ssl_new_index(0, NULL, NULL, forget_copy, forget);
	return -1;
}

/* Index 0 is what SSL_set_app_data uses: if it is the first that the library
   gives out, it is left alone.  Of two threads that ask at the same time one
   asks for nothing. */
static int
get_index(struct tls_library *l)
{
	int index = l->index;
	int got;

	if (index != 0)
		return index;
	got = ask_index(l);
	if (got == 0)
		got = ask_index(l);
	if (got <= 0)
		got = -1;
	return atomic_compare_exchange_strong(&l->index, &index, got) ? got
								      : index;
}

struct clear *
tls_clear(const struct tls *t)
{
	int index = t->library->index;

	return index > 0 ? t->library->get_ex_data(t->handle, index) : NULL;
}

struct clear *
tls_take(const struct tls *t)
{
	int index = get_index(t->library);
	struct clear *c;

	if (index <= 0)
		return NULL;
	c = clear_new();
	if (c != NULL && !t->library->set_ex_data(t->handle, index, c)) {
		clear_free(c);
		c = NULL;
	}
	return c;
}

void
tls_release(const struct tls *t)
{
	struct clear *c = tls_clear(t);

	if (c == NULL)
		return;
	t->library->set_ex_data(t->handle, t->library->index, NULL);
	clear_free(c);
}
