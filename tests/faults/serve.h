/*
 * serve - accepts the connections of all peers, one process for each
 */
#ifndef FAULTS_SERVE_H
#define FAULTS_SERVE_H

#include "peer.h"

/* Serves until SIGTERM or SIGINT, or for SECONDS; then ends the processes of
   all connections.  The peers are listening.  False on failure. */
bool serve(struct peers *, unsigned seconds);

#endif
