/*
 * session - one SMTP connection, from banner to end
 *
 * The greeting (also that of a second connection, which can be a refusal),
 * the commands, the end, and the line in conn.log.
 *
 * Runs in a process of its own; not thread- or signal-safe.
 */
#include "session.h"

#include "fault.h"
#include "tls.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* After the last word, a client gets this long to close. */
#define GOODBYE_MS 2000

/* False if this connection ends with its greeting, or without one. */
static bool
greet(struct session *session)
{
	const struct scene *scene = &session->peer->options.scene;
	enum second second = session->second ? scene->second : SECOND_PLAIN;
	char banner[512];

	switch (second) {
	case SECOND_FIN:
		break;
	case SECOND_RST:
		(void)setsockopt(session->link.fd, SOL_SOCKET, SO_LINGER,
		    &(struct linger){.l_onoff = 1}, sizeof(struct linger));
		(void)close(session->link.fd);
		session->link.fd = -1;
		break;
	case SECOND_SILENT:
		link_drain(&session->link);
		return false;
	case SECOND_421:
		(void)session_reply(
		    session, "421 4.3.2 Service not available\r\n");
		break;
	case SECOND_554:
		(void)session_reply(session, "554 5.7.1 No service here\r\n");
		session->over = true;
		break;
	case SECOND_PLAIN:
	case SECOND_REFUSED:
		(void)snprintf(banner, sizeof banner, "220 %s ESMTP faults\r\n",
		    scene->name);
		return session_reply(
		    session, scene->banner != NULL ? scene->banner : banner);
	}
	session->broken_off = true;
	return false;
}

/* FIN, not RST: so what the client still sends is read first. */
static void
say_goodbye(struct session *session)
{
	int64_t limit = link_now() + GOODBYE_MS;

	if (session->link.fd < 0 || session->link.end != LINK_OPEN)
		return;
	(void)shutdown(session->link.fd, SHUT_WR);
	if (session->link.deadline > limit)
		session->link.deadline = limit;
	if (session->link.tls != NULL)
		log_split(&session->log, false);
	link_drain(&session->link);
	if (session->link.fd >= 0)
		(void)close(session->link.fd);
}

static void
write_log(const struct session *session, enum link_end end, int64_t began)
{
	static const char *const ends[] = {[LINK_OPEN] = "fault",
	    [LINK_FIN] = "fin",
	    [LINK_RST] = "rst",
	    [LINK_TIMEOUT] = "timeout"};
	const struct tls *tls = session->link.tls;
	int alert = tls_client_alert(tls);
	char line[512];

	(void)snprintf(line, sizeof line,
	    "conn=%u from=%s tls=%s cipher=%s fault=%s mails=%u end=%s "
	    "bytes_clear=%llu hello=%zu client_alert=%d ms=%lld\n",
	    session->log.conn, session->from, tls_version(tls), tls_cipher(tls),
	    session->struck ? "yes" : "no", session->mails,
	    session->quit	  ? "quit"
	    : session->broken_off ? "fault"
				  : ends[end],
	    (unsigned long long)session->log.clear_bytes, session->hello_length,
	    alert >= 0 ? alert : session->log.alert,
	    (long long)(link_now() - began));
	log_line(&session->log, line);
}

void
session_run(const struct peer *peer, int fd, unsigned conn, bool second,
    const char *from)
{
	struct session *session = calloc(1, sizeof *session);
	struct options healthy;
	enum link_end end;
	int64_t began = link_now();
	int one = 1;

	if (session == NULL)
		return;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	options_default(&healthy);
	session->peer = peer;
	session->fault = healthy.fault;
	session->second = second;
	session->from = from;
	session->link.fd = fd;
	session->link.log = &session->log;
	session->link.deadline =
	    began + (int64_t)peer->options.scene.deadline * 1000;
	log_start(&session->log, peer->dir, conn);
	if (greet(session))
		session_serve(session);
	end = session->link.end;
	say_goodbye(session);
	write_log(session, end, began);
	free(session);
}
