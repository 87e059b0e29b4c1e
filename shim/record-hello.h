/*
 * record-hello - the ServerHello, and the names of alerts
 *
 * Pure: part of record.h, used by record.c only.  Async-signal-safe,
 * thread-safe per object, fork-safe.
 */
#ifndef SHIM_RECORD_HELLO_H
#define SHIM_RECORD_HELLO_H

#include "record.h"

/* One more byte of the server's handshake messages in the clear.  True: it was
   the one that shows TLS 1.3. */
bool record_hello_read(struct records *, uint8_t byte);

#endif
