/*
 * smtp - the SMTP side of a session (RFC 5321)
 *
 * One function for each command.  Replies can be set by the peer's options,
 * in the clear and inside TLS; STARTTLS is starttls.c's.  Nothing is ever
 * relayed: messages end in the log.
 *
 * Runs in the process of one connection; not thread- or signal-safe.
 */
#include "fault.h"
#include "session.h"
#include "tls.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define LINE_MAX_SMTP 4096

bool
session_reply(struct session *session, const char *text)
{
	if (!link_write(&session->link, text, strlen(text)) ||
	    strncmp(text, "421", 3) == 0)
		session->over = true;
	return *text == '2' || *text == '3';
}

bool
session_answer(struct session *session, enum verb verb, const char *usual)
{
	const struct scene *scene = &session->peer->options.scene;
	const char *text = scene->clear_reply[verb];

	if (session->link.tls != NULL) {
		text = session->fault.tls_reply[verb];
		if (text != NULL)
			fault_mark(session);
	}
	return session_reply(session, text != NULL ? text : usual);
}

void
session_reset(struct session *session)
{
	session->mail[0] = '\0';
	session->rcpts = 0;
	session->env_length = 0;
}

static void
command_helo(struct session *session, const char *line)
{
	(void)line;
	if (fault_strike(
		session, session->link.tls != NULL ? WHEN_EHLO : WHEN_NEVER))
		return;
	session_reset(session);
	(void)session_answer(session, VERB_EHLO, "250 hello\r\n");
}

static void
command_starttls(struct session *session, const char *line)
{
	(void)line;
	if (session->link.tls != NULL)
		(void)session_reply(session, "503 5.5.1 TLS is active\r\n");
	else
		session_starttls(session);
}

static void
command_mail(struct session *session, const char *line)
{
	bool tls = session->link.tls != NULL;

	if (fault_strike(session, tls ? WHEN_MAIL : WHEN_NEVER))
		return;
	if (session->mail[0] != '\0') {
		(void)session_reply(session, "503 5.5.1 Nested MAIL\r\n");
		return;
	}
	if (!session_answer(session, VERB_MAIL, "250 2.1.0 Sender ok\r\n"))
		return;
	(void)snprintf(session->mail, sizeof session->mail, "%s", line);
	session->env_length = (size_t)snprintf(
	    session->env, sizeof session->env, "%s\n", session->mail);
}

static void
command_rcpt(struct session *session, const char *line)
{
	bool tls = session->link.tls != NULL;
	size_t n = strlen(line) + 1;

	if (fault_strike(session, tls ? WHEN_RCPT : WHEN_NEVER))
		return;
	if (session->mail[0] == '\0') {
		(void)session_reply(session, "503 5.5.1 Need MAIL\r\n");
		return;
	}
	if (session->env_length + n >= sizeof session->env - 64) {
		(void)session_reply(session, "452 4.5.3 Too many\r\n");
		return;
	}
	if (!session_answer(session, VERB_RCPT, "250 2.1.5 Recipient ok\r\n"))
		return;
	session->env_length +=
	    (size_t)sprintf(session->env + session->env_length, "%s\n", line);
	session->rcpts++;
}

static void
command_data(struct session *session, const char *line)
{
	bool tls = session->link.tls != NULL;

	(void)line;
	if (fault_strike(session, tls ? WHEN_DATA : WHEN_NEVER))
		return;
	if (session->rcpts == 0) {
		(void)session_reply(session, "503 5.5.1 Need RCPT\r\n");
		return;
	}
	if (session_answer(session, VERB_DATA, "354 Go ahead\r\n"))
		session_data(session);
	session_reset(session);
}

static void
command_auth(struct session *session, const char *line)
{
	char answer[LINE_MAX_SMTP];
	int rounds = strncasecmp(line, "AUTH LOGIN", 10) == 0 ? 2 : 1;

	/* An initial response saves one round (RFC 4954 section 4). */
	if (strchr(line, ' ') != strrchr(line, ' '))
		rounds--;
	while (rounds-- > 0) {
		if (!session_reply(session, "334 \r\n") ||
		    link_line(&session->link, answer, sizeof answer) == 0)
			return;
	}
	(void)session_answer(session, VERB_AUTH, "235 2.7.0 Accepted\r\n");
}

static void
command_quit(struct session *session, const char *line)
{
	(void)line;
	(void)session_reply(session, "221 2.0.0 Bye\r\n");
	if (session->link.tls != NULL && session->fault.notify)
		tls_notify(&session->link);
	session->quit = true;
	session->over = true;
}

static void
command_rset(struct session *session, const char *line)
{
	(void)line;
	session_reset(session);
	(void)session_reply(session, "250 2.0.0 OK\r\n");
}

static void
command_other(struct session *session, const char *line)
{
	(void)session_reply(session, strncasecmp(line, "NOOP", 4) == 0
					 ? "250 2.0.0 OK\r\n"
					 : "500 5.5.1 Unrecognized\r\n");
}

static void
command(struct session *session, const char *line)
{
	static const struct {
		const char *verb;
		void (*run)(struct session *, const char *);
	} commands[] = {
	    {"EHLO", session_ehlo},
	    {"HELO", command_helo},
	    {"STARTTLS", command_starttls},
	    {"MAIL", command_mail},
	    {"RCPT", command_rcpt},
	    {"DATA", command_data},
	    {"AUTH", command_auth},
	    {"RSET", command_rset},
	    {"QUIT", command_quit},
	};
	size_t length = strcspn(line, " ");

	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		if (strlen(commands[i].verb) == length &&
		    strncasecmp(commands[i].verb, line, length) == 0) {
			commands[i].run(session, line);
			return;
		}
	}
	command_other(session, line);
}

void
session_serve(struct session *session)
{
	char line[LINE_MAX_SMTP];

	while (!session->over) {
		if (link_line(&session->link, line, sizeof line) == 0) {
			if (session->link.end == LINK_OPEN)
				(void)fault_strike(session, WHEN_BYTES);
			return;
		}
		line[strcspn(line, "\r\n")] = '\0';
		command(session, line);
	}
}
