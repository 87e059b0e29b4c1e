/*
 * siphash - a keyed hash that nobody without the key can make collide
 *
 * SipHash-2-4 (Aumasson, Bernstein, 2012).  Pure.
 *
 * Async-signal-safe, thread-safe, fork-safe.
 */
#ifndef SHIM_SIPHASH_H
#define SHIM_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

#define SIPHASH_KEY 16 /* bytes */

uint64_t siphash(
    const uint8_t key[SIPHASH_KEY], const void *bytes, size_t length);

#endif
