/*
 * ascii - the few character tests that SMTP needs, whatever the locale
 *
 * Pure.  Async-signal-safe, thread-safe, fork-safe.
 */
#ifndef SHIM_ASCII_H
#define SHIM_ASCII_H

#include <stdbool.h>

static inline bool
ascii_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline char
ascii_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static inline char
ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* White space inside a line; CR belongs to it wherever it stands. */
static inline bool
ascii_white(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* What goes on with an EHLO keyword (RFC 5321 section 4.1.1.1), or with the
   host name that the first line of the reply has in its place: a peer named
   auth.example.net does not offer AUTH. */
static inline bool
ascii_keyword(char c)
{
	c = ascii_upper(c);
	return ascii_digit(c) || (c >= 'A' && c <= 'Z') || c == '-' || c == '.';
}

#endif
