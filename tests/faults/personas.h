/*
 * personas - the one table of peers that the fault server can play
 */
#ifndef FAULTS_PERSONAS_H
#define FAULTS_PERSONAS_H

#include <stdio.h>

struct persona {
	const char *name;
	const char *observable; /* O1..O28, or H for healthy */
	const char *expected;	/* failure class, as a client with OpenSSL 3 at
	                           its default security level shows it */
	const char *outcome;	/* tls, live or no */
	const char *options;	/* key=value words */
	const char *about;
};

/* The persona of that name, or NULL. */
const struct persona *persona_find(const char *name);

/* The table, tab separated: name, observable, class, outcome, about. */
void persona_list(FILE *);

#endif
