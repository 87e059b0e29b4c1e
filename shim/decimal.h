/*
 * decimal - a number as decimal digits
 *
 * Pure.  Async-signal-safe, thread-safe, fork-safe.
 */
#ifndef SHIM_DECIMAL_H
#define SHIM_DECIMAL_H

#include <stddef.h>
#include <stdint.h>

#define DECIMAL_MAX 21 /* bytes of the longest number with NUL */

/* Writes N and a NUL to TEXT; returns the number of digits. */
size_t decimal(uint64_t n, char *text);

#endif
