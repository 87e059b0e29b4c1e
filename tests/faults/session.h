/*
 * session - one SMTP connection, from banner to end
 */
#ifndef FAULTS_SESSION_H
#define FAULTS_SESSION_H

#include "link.h"
#include "log.h"
#include "options.h"
#include "peer.h"

#define HELLO_MAX (5 + 65535)

struct session {
	const struct peer *peer;
	struct link link;
	struct log log;
	const char *from;   /* ADDRESS:PORT of the client */
	bool second;	    /* the connection after one with a fault */
	struct fault fault; /* the one in force: none until `decided` */
	bool decided;	    /* the schedule was asked */
	bool faulty;	    /* ... and said yes */
	bool struck;	    /* the fault was carried out */
	bool over;	    /* no more commands are read */
	bool broken_off;    /* the fault ended the connection */
	bool quit;
	unsigned mails;	 /* accepted */
	char mail[1024]; /* MAIL command, "" without a transaction */
	unsigned rcpts;
	char env[16384];
	size_t env_length;
	unsigned char hello[HELLO_MAX]; /* the client's first bytes after 220 */
	size_t hello_length;
};

/* Serves the connection FD of PEER to its end.  CONN is its number. */
void session_run(
    const struct peer *, int fd, unsigned conn, bool second, const char *from);

/* Reads commands until the session is over. */
void session_serve(struct session *);

/* The commands that take more than a reply: LINE is without its CRLF. */
void session_ehlo(struct session *, const char *line);
void session_starttls(struct session *);
void session_data(struct session *); /* after the 354 */

/* Sends a reply text; a 421 ends the session.  True for a 2xx or 3xx. */
bool session_reply(struct session *, const char *text);

/* The reply that the options set for VERB, or else USUAL. */
bool session_answer(struct session *, enum verb, const char *usual);

/* No transaction is open any more. */
void session_reset(struct session *);

#endif
