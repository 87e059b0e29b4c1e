/*
 * tls - the server's side of a real TLS session, on OpenSSL
 */
#ifndef FAULTS_TLS_H
#define FAULTS_TLS_H

#include "link.h"
#include "options.h"

struct tls;

/*
 * Handshake on LINK, whose client has sent HELLO (N bytes) so far.  NAME and
 * ADDRESS go into the certificate.  On success the link reads and writes
 * through TLS; on failure it returns false, after the library's own alert.
 * link->tls is set in both cases, for the functions below.
 */
bool tls_accept(struct link *, const struct fault *, const char *name,
    const char *address, const unsigned char *hello, size_t n);

/* Application data.  0 or false once the session has ended: link->end is
   LINK_FIN also after a close_notify or an alert from the client. */
size_t tls_read(struct link *, void *, size_t);
bool tls_write(struct link *, const void *, size_t);

/* Sends close_notify. */
void tls_notify(struct link *);

/* Makes the library send a fatal, encrypted bad_record_mac. */
void tls_alert(struct link *);

/* "TLSv1.3" and the cipher's name, or "none" and "-" before the handshake is
   complete.  TLS may be NULL. */
const char *tls_version(const struct tls *);
const char *tls_cipher(const struct tls *);

/* The fatal alert that the client sent, or -1. */
int tls_client_alert(const struct tls *);

#endif
