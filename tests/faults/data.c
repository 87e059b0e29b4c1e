/*
 * data - a message between 354 and the final dot (RFC 5321 section 4.5.2)
 *
 * Only CRLF . CRLF ends it.  The message becomes visible in the log before
 * the 250 goes out, and only if it is accepted.
 *
 * Runs in the process of one connection; not thread- or signal-safe.
 */
#include "fault.h"
#include "session.h"
#include "tls.h"

#include <stdio.h>
#include <string.h>

/* Everything up to the dot into FILE.  False if the connection ends first. */
static bool
receive(struct session *session, FILE *file)
{
	char line[4096], before = '\n';
	bool start = true;
	size_t n;

	while ((n = link_line(&session->link, line, sizeof line)) > 0) {
		const char *from = line;

		if (start && strcmp(line, ".\r\n") == 0)
			return true;
		if (start && *line == '.')
			from++;
		if (file != NULL)
			(void)fwrite(from, 1, n - (size_t)(from - line), file);
		start = line[n - 1] == '\n' &&
			(n > 1 ? line[n - 2] : before) == '\r';
		before = line[n - 1];
	}
	return false;
}

void
session_data(struct session *session)
{
	unsigned m = session->mails + 1;
	FILE *file = log_mail_open(&session->log, m);
	bool done = receive(session, file);
	bool tls = session->link.tls != NULL;
	const char *refusal =
	    tls ? session->fault.tls_reply[VERB_DOT]
		: session->peer->options.scene.clear_reply[VERB_DOT];

	if (file != NULL)
		(void)fclose(file);
	if (done && tls && fault_strike(session, WHEN_DOT))
		done = false;
	else if (done && refusal != NULL && *refusal != '2')
		(void)session_answer(session, VERB_DOT, refusal);
	if (!done || (refusal != NULL && *refusal != '2')) {
		log_mail_drop(&session->log, m);
		return;
	}
	session->mails = m;
	(void)snprintf(session->env + session->env_length,
	    sizeof session->env - session->env_length, "secure=%s\n",
	    tls ? tls_version(session->link.tls) : "clear");
	log_mail_keep(&session->log, m, session->env);
	(void)session_answer(session, VERB_DOT, "250 2.0.0 Accepted\r\n");
}
