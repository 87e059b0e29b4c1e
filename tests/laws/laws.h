/*
 * laws - what the programs that test the laws of the guest share
 *
 * An SMTP client in small pieces, on plain sockets and OpenSSL, and TAP.  The
 * programs run under the preload and know nothing of it: what they check is
 * what any host program could see.  Peers are told by persona; where each
 * listens is in the file that the environment names as STF_PEERS.
 *
 * A piece that cannot do its job ends the program with a `Bail out!`, so that
 * tests read as a straight line.  Every wait has a deadline.
 */
#ifndef LAWS_H
#define LAWS_H

#include <openssl/ssl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* One line of TAP; the plan comes at the end.  Both may be called in children:
   a child's exit status is what its parent reports. */
void laws_ok(bool good, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void laws_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
void laws_bail(const char *what) __attribute__((noreturn));
int laws_done(void);

/* Runs TEST in a child of its own: a signal that kills it fails the test. */
void laws_isolated(
    const char *name, bool (*test)(const char *), const char *argument);

/* A socket connected to the peer with the PERSONA (the label in the file). */
int laws_dial(const char *persona);
/* The same for an existing descriptor, or -1 with errno. */
int laws_connect(int fd, const char *persona);

/* Reads one reply (all its lines) into REPLY; its code, or -1. */
int laws_reply(int fd, char *reply, size_t size);
/* Sends LINE with CRLF by write(2), reads the reply. */
int laws_say(int fd, const char *line, char *reply, size_t size);
/* Banner, EHLO, STARTTLS, each with the answer that they should have. */
void laws_starttls(int fd);

/* A context that verifies nothing, at security level 0. */
SSL_CTX *laws_context(void);
/* A handle on FD; nothing is sent yet. */
SSL *laws_handle(SSL_CTX *, int fd);
/* laws_dial, laws_starttls, laws_handle. */
SSL *laws_open(SSL_CTX *, const char *persona);
/* SSL_connect, repeated with poll(2) on a non-blocking descriptor. */
int laws_handshake(SSL *);
/* LINE with CRLF by SSL_write, the reply by SSL_read; its code, or -1. */
int laws_say_tls(SSL *, const char *line, char *reply, size_t size);
/* EHLO to QUIT with one message; true if every reply was the right one. */
bool laws_deliver(SSL *);
/* Frees the handle and closes its descriptor. */
void laws_close(SSL *);

bool laws_is_clear(const SSL *);
void laws_unblock(int fd);
double laws_now(void);

/* The bytes that met the peer of PERSONA outside TLS on its connection N hold
   TEXT.  Looks into the fault server's log TRIES times, 10 ms apart. */
bool laws_heard(
    const char *persona, int connection, const char *text, int tries);

#endif
