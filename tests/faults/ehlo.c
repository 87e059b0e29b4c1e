/*
 * ehlo - the reply to EHLO: greeting line and keywords
 *
 * RFC 5321 section 4.1.1.1: the first line is the greeting, a keyword in it
 * is none.  The lines are collected first, as the last one is marked.
 *
 * Runs in the process of one connection; not thread- or signal-safe.
 */
#include "fault.h"
#include "session.h"

#include <stdio.h>
#include <string.h>

#define REPLY_MAX 2048

/* A list of lines, each ended by a LF.  What does not fit is left out. */
static void
add(char list[REPLY_MAX], const char *lines)
{
	size_t length = strlen(list);

	if (lines != NULL && *lines != '\0' &&
	    length + strlen(lines) + 2 < REPLY_MAX)
		(void)sprintf(list + length, "%s\n", lines);
}

static void
collect(const struct session *session, char list[REPLY_MAX])
{
	const struct scene *scene = &session->peer->options.scene;
	const struct fault *fault = &session->fault;
	bool tls = session->link.tls != NULL;

	list[0] = '\0';
	if (!tls && fault->keyword_first)
		add(list, fault->keyword);
	else
		add(list, scene->name);
	if (tls && fault->bare)
		return;
	add(list, "PIPELINING\nSIZE 52428800\n8BITMIME");
	if (!tls && !fault->keyword_first)
		add(list, fault->keyword);
	add(list, scene->offer[tls]);
	add(list, "HELP");
}

/* The list as a reply; REPLY has room for six more bytes a line. */
static void
format(const char *list, char *reply)
{
	*reply = '\0';
	while (*list != '\0') {
		int n = (int)strcspn(list, "\n");
		bool last = list[n + 1] == '\0';

		reply +=
		    sprintf(reply, "250%c%.*s\r\n", last ? ' ' : '-', n, list);
		list += n + 1;
	}
}

static void
send_slowly(struct session *session, const char *text)
{
	for (; *text != '\0'; text++) {
		if (!link_write(&session->link, text, 1) ||
		    !link_sleep(&session->link, 2)) {
			session->over = true;
			return;
		}
	}
}

void
session_ehlo(struct session *session, const char *line)
{
	const struct options *options = &session->peer->options;
	const char *keyword = options->fault.keyword;
	char list[REPLY_MAX], reply[6 * REPLY_MAX];
	bool tls = session->link.tls != NULL;

	(void)line;
	if (tls && fault_strike(session, WHEN_EHLO))
		return;
	session_reset(session);
	if (tls ? session->fault.tls_reply[VERB_EHLO] != NULL
		: options->scene.clear_reply[VERB_EHLO] != NULL) {
		(void)session_answer(session, VERB_EHLO, "");
		return;
	}
	/* A fault that is in the keyword begins here. */
	if (!tls &&
	    (strcmp(keyword, "STARTTLS") != 0 || options->fault.keyword_first))
		fault_decide(session);
	collect(session, list);
	format(list, reply);
	if (options->scene.ehlo_bytes)
		send_slowly(session, reply);
	else
		(void)session_reply(session, reply);
}
