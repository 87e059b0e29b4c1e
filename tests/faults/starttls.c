/*
 * starttls - the server's answer to STARTTLS, up to the second EHLO
 *
 * The stages at which a fault can strike, in their order (RFC 3207 section
 * 4).  When it returns, the session is inside TLS, or goes on in the clear
 * after a refusal, or is over.
 *
 * Runs in the process of one connection; not thread- or signal-safe.
 */
#include "fault.h"
#include "personas.h"
#include "session.h"
#include "tls.h"

#include <string.h>

/* The first record, if it is one: 5 bytes of header and what they promise. */
static void
read_hello(struct session *session)
{
	size_t want = 5, n = 0;

	while (n < want) {
		size_t got =
		    link_receive(&session->link, session->hello + n, want - n);

		if (got == 0)
			break;
		log_received(&session->log, session->hello + n, got);
		n += got;
		if (session->hello[0] != 22)
			break;
		if (n == 5)
			want = 5U + (((unsigned)session->hello[3] << 8) |
					session->hello[4]);
	}
	session->hello_length = n;
}

/* A handshake whose parameters are the fault counts as one. */
static bool
handshake_is_fault(const struct session *session)
{
	const char *expected = session->peer->persona->expected;

	return session->faulty && session->fault.when == WHEN_NEVER &&
	       (strncmp(expected, "tls-", 4) == 0 ||
		   strncmp(expected, "late-", 5) == 0);
}

static void
start_tls(struct session *session)
{
	const struct fault *fault = &session->fault;

	if (handshake_is_fault(session))
		fault_mark(session);
	/* What was learnt or sent before TLS is void: RFC 3207 4.2. */
	session->link.in_at = session->link.in_end = 0;
	session_reset(session);
	if (!tls_accept(&session->link, fault,
		session->peer->options.scene.name, session->peer->address,
		session->hello, session->hello_length)) {
		session->over = true;
		return;
	}
	if (fault->when == WHEN_BYTES)
		session->link.tls_limit = fault->after > 0 ? fault->after : 1;
	(void)fault_strike(session, WHEN_DONE);
}

void
session_starttls(struct session *session)
{
	const struct fault *fault = &session->fault;
	const char *text = "220 2.0.0 Ready to start TLS\r\n";

	fault_decide(session);
	if (fault_strike(session, WHEN_STARTTLS))
		return;
	if (fault->starttls != NULL)
		text = fault->starttls;
	else if (*fault->keyword == '\0' || fault->keyword_first)
		text = "502 5.5.1 Command not implemented\r\n";
	if (fault->starttls != NULL)
		fault_mark(session);
	if (strncmp(text, "220", 3) != 0) {
		(void)session_reply(session, text);
		return;
	}
	log_split(&session->log,
	    fault->when == WHEN_220 || fault->when == WHEN_HELLO);
	if (!session_reply(session, text) || fault_strike(session, WHEN_220))
		return;
	read_hello(session);
	if (session->link.end != LINK_OPEN)
		session->over = true;
	else if (!fault_strike(session, WHEN_HELLO))
		start_tls(session);
}
