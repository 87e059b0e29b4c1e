/*
 * glob - whether a file name matches the pattern of an include directive
 *
 * Pure.  Async-signal-safe (fnmatch(3) is not), thread-safe, fork-safe.
 */
#ifndef SHIM_GLOB_H
#define SHIM_GLOB_H

#include <stdbool.h>
#include <stddef.h>

/*
 * * stands for any bytes, also none, and ? for one byte; neither stands for a
 * dot that begins NAME, so that hidden files must be asked for.  Neither
 * string has a slash in it.
 */
bool glob_match(const char *pattern, size_t length, const char *name);

/* PATTERN has a * or a ?. */
bool glob_is_wild(const char *pattern, size_t length);

#endif
