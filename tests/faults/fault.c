/*
 * fault - when a fault strikes, and what it does
 *
 * One function for each act.  A fault that ends the sending side goes on
 * reading until the client closes: a socket closed with unread bytes would
 * send RST where FIN was meant.  Failures end the link.
 *
 * Runs in the process of one connection; not thread- or signal-safe.
 */
#include "fault.h"

#include "cert.h"
#include "raw.h"
#include "tls.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* How long a client may take to close once this side has. */
#define CLOSE_MS 60000

/* splitmix64: a well mixed number for each (seed, try). */
static uint64_t
mix(uint64_t number)
{
	number += 0x9e3779b97f4a7c15;
	number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9;
	number = (number ^ (number >> 27)) * 0x94d049bb133111eb;
	return number ^ (number >> 31);
}

static bool
scheduled(const struct session *session)
{
	const struct scene *scene = &session->peer->options.scene;
	unsigned try = atomic_fetch_add(&session->peer->shared->tries, 1);

	switch (scene->schedule) {
	case SCHEDULE_ALWAYS:
		return true;
	case SCHEDULE_FIRST:
		return try < scene->amount;
	case SCHEDULE_PERCENT:
		return mix((uint64_t)scene->seed << 32 | try) % 100 <
		       scene->amount;
	case SCHEDULE_SECONDS:
		return link_now() <
		       session->peer->started + (int64_t)scene->amount * 1000;
	}
	return true;
}

void
fault_decide(struct session *session)
{
	if (session->decided)
		return;
	session->decided = true;
	session->faulty = scheduled(session);
	if (session->faulty)
		session->fault = session->peer->options.fault;
}

void
fault_mark(struct session *session)
{
	struct peer_shared *shared = session->peer->shared;

	if (session->struck)
		return;
	session->struck = true;
	atomic_fetch_add(&shared->struck, 1);
	if (session->peer->options.scene.second != SECOND_REFUSED)
		return;
	atomic_store(&shared->closed, false);
	atomic_store(&shared->refuse, true);
	(void)kill(getppid(), SIGUSR1);
	for (int ms = 0; ms < 2000 && !atomic_load(&shared->closed); ms++)
		(void)link_sleep(&session->link, 1);
}

static void
await_close(struct session *session)
{
	int64_t limit = link_now() + CLOSE_MS;

	if (session->link.deadline > limit)
		session->link.deadline = limit;
	link_drain(&session->link);
}

static void
act_fin(struct session *session)
{
	if (session->link.tls != NULL && session->fault.notify)
		tls_notify(&session->link);
	(void)shutdown(session->link.fd, SHUT_WR);
	await_close(session);
}

static void
act_close(struct session *session)
{
	(void)close(session->link.fd);
	session->link.fd = -1;
}

static void
act_rst(struct session *session)
{
	struct linger now = {.l_onoff = 1, .l_linger = 0};

	(void)setsockopt(
	    session->link.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	act_close(session);
}

/* The client or the deadline ends it, and the log says which. */
static void
act_silent(struct session *session)
{
	link_drain(&session->link);
	session->broken_off = false;
}

static void
act_alert(struct session *session)
{
	if (session->link.tls != NULL) {
		tls_alert(&session->link);
	} else {
		unsigned char record[RAW_ALERT];

		(void)link_send(&session->link, record,
		    raw_alert(record, session->fault.alert));
	}
	(void)shutdown(session->link.fd, SHUT_WR);
	await_close(session);
}

/* A server that never noticed the 220 stays, unless it says 421. */
static void
act_text(struct session *session)
{
	const char *text = session->fault.text;

	(void)link_send(&session->link, text, strlen(text));
	if (strncmp(text, "421", 3) == 0)
		act_fin(session);
	else
		act_silent(session);
}

static void
act_raw(struct session *session)
{
	const struct options *options = &session->peer->options;
	X509 *cert =
	    cert_make(CERT_RSA, options->scene.name, session->peer->address);
	unsigned char bytes[RAW_MAX], *der = NULL;
	int der_length = cert == NULL ? 0 : i2d_X509(cert, &der);
	struct raw_input input = {
	    .hello = session->hello,
	    .hello_length = session->hello_length,
	    .cert = der,
	    .cert_length = der_length > 0 ? (size_t)der_length : 0,
	    .key = cert_key(CERT_RSA),
	};
	size_t n = raw_make(session->fault.raw, &input, bytes);

	(void)link_send(&session->link, bytes, n);
	X509_free(cert);
	OPENSSL_free(der);
	act_silent(session);
}

/* The moment is right, and what was seen of the client is what it needs. */
static bool
due(const struct session *session, enum when when)
{
	const struct fault *fault = &session->fault;
	size_t n = session->hello_length;

	if (fault->when != when || fault->act == ACT_NONE)
		return false;
	if (when != WHEN_HELLO)
		return true;
	if (n < fault->hello_min || n > fault->hello_max)
		return false;
	return fault->act != ACT_RAW || fault->raw != RAW_SHA1 ||
	       !raw_hello_has_sha1(session->hello, n);
}

bool
fault_strike(struct session *session, enum when when)
{
	static void (*const acts[])(struct session *) = {
	    [ACT_FIN] = act_fin,
	    [ACT_CLOSE] = act_close,
	    [ACT_RST] = act_rst,
	    [ACT_SILENT] = act_silent,
	    [ACT_ALERT] = act_alert,
	    [ACT_TEXT] = act_text,
	    [ACT_RAW] = act_raw,
	};

	if (!due(session, when))
		return false;
	fault_mark(session);
	session->over = true;
	session->broken_off = true;
	acts[session->fault.act](session);
	return true;
}
