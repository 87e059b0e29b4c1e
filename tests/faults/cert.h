/*
 * cert - the CA and the servers' certificates, made in memory
 */
#ifndef FAULTS_CERT_H
#define FAULTS_CERT_H

#include "options.h"

#include <openssl/ssl.h>

/* Makes the CA and the keys.  False on failure. */
bool cert_start(void);

/* Writes the CA certificate as PEM.  False on failure. */
bool cert_write_ca(const char *path);

/* The server's own certificate, always the same for the same arguments; to
   be freed.  NULL on failure and for CERT_NONE. */
X509 *cert_make(enum cert, const char *name, const char *address);

/* The private key that goes with it; not to be freed. */
EVP_PKEY *cert_key(enum cert);

/* Puts certificate, key and chain into the context. */
bool cert_use(SSL_CTX *, enum cert, const char *name, const char *address);

#endif
