/*
 * log - what one connection leaves behind in its listener's directory
 *
 *   conn.log      one line for each connection, written when it ends
 *   clear.N       every byte received outside TLS on connection N
 *   tls.N         bytes framed as TLS records that met no TLS library
 *   mail.N.M      each message accepted, dot-stuffing undone, CRLF kept
 *   mail.N.M.env  its envelope
 */
#ifndef FAULTS_LOG_H
#define FAULTS_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct log {
	const char *dir;
	unsigned conn; /* N, from 1 */
	int clear;     /* descriptors, -1 until first needed */
	int tls;
	uint64_t clear_bytes;
	bool keep_records; /* records go to tls.N; else they are dropped */
	bool splitting;	   /* TLS may have begun: bytes are told apart */
	bool broken;	   /* no record any more: the rest is clear */
	unsigned char header[5];
	size_t header_have;
	size_t record_left;
	int alert; /* of the first fatal one in the clear, or -1 */
};

void log_start(struct log *, const char *dir, unsigned conn);

/* Bytes received outside TLS.  After log_split(), what is framed as TLS
   records is told apart from what is not. */
void log_received(struct log *, const void *, size_t);

/* The 220 was sent: TLS records may come from here on. */
void log_split(struct log *, bool keep_records);

/* Appends LINE to conn.log by one write. */
void log_line(const struct log *, const char *line);

/* Message M: the file while it is received, NULL if it cannot be made. */
FILE *log_mail_open(const struct log *, unsigned m);

/* It was accepted: it gets its name, and its envelope ENV. */
void log_mail_keep(const struct log *, unsigned m, const char *env);

/* It was not: it disappears. */
void log_mail_drop(const struct log *, unsigned m);

#endif
