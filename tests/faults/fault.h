/*
 * fault - when a fault strikes, and what it does
 */
#ifndef FAULTS_FAULT_H
#define FAULTS_FAULT_H

#include "session.h"

/* Asks the schedule, once for each connection: from here on session->fault is
   the peer's, or stays that of a healthy peer. */
void fault_decide(struct session *);

/* The fault has become visible: counts it, and has the listening socket
   closed where the peer's second connection is to be refused. */
void fault_mark(struct session *);

/* Carries the fault out if it is due now.  True: the session is over. */
bool fault_strike(struct session *, enum when);

#endif
