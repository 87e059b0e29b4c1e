/*
 * wire - TLS records for tests, written as text
 *
 * A text is a row of words, "C" or "S" for the side that sends and then bytes
 * in hexadecimal; "+" is a call of record_done(), "=" one of record_read();
 * "xN" behind bytes adds N zeros (N decimal).  "C1603 C0101 S" is thus three pieces, the last one empty.
 */
#ifndef TESTS_UNIT_WIRE_H
#define TESTS_UNIT_WIRE_H

#include "../../shim/record.h"

#include <stdlib.h>
#include <string.h>

#define WIRE_MAX 20000 /* bytes of one piece */

/* Small records; the contents are as far as the parser looks. */
#define WIRE_HELLO    "C16030100040100002a " /* the beginning of one */
#define WIRE_ZEROS    "00000000000000000000000000000000"
#define WIRE_RANDOM   WIRE_ZEROS WIRE_ZEROS
#define WIRE_SERVER12 "S160303002a020000260303" WIRE_RANDOM "00003c00 "
#define WIRE_SERVER13                     \
	"S1603030032020000"               \
	"2e0303" WIRE_RANDOM "0013010000" \
	"06002b00020304 "
#define WIRE_RETRY                                                             \
	"S1603030032020000"                                                    \
	"2e0303cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a833" \
	"9c001301000006002b00020304 "
#define WIRE_CCS "140303000101"
#define WIRE_FIN "1603030028x40" /* Finished in TLS 1.2 */
#define WIRE_DONE12                                                       \
	WIRE_HELLO WIRE_SERVER12 "C" WIRE_CCS " C" WIRE_FIN " S" WIRE_CCS \
				 " S" WIRE_FIN " "
#define WIRE_DONE13                                                        \
	WIRE_HELLO WIRE_SERVER13 "S" WIRE_CCS " S1703030017x23 C" WIRE_CCS \
				 " C1703030035x53 "

/* Sends N bytes of WHO in a copy of their own. */
static inline void
wire_feed(struct records *r, char who, const unsigned char *bytes, size_t n)
{
	unsigned char *copy = malloc(n > 0 ? n : 1);

	if (copy == NULL)
		abort();
	memcpy(copy, bytes, n);
	record_feed(r, who == 'C' ? RECORD_CLIENT : RECORD_SERVER, copy, n);
	free(copy);
}

static inline unsigned
wire_digit(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
}

/* Reads a word's bytes; returns how many, *TEXT is moved behind them. */
static inline size_t
wire_bytes(const char **text, unsigned char bytes[WIRE_MAX])
{
	size_t n = 0;

	while (**text != ' ' && **text != '\0') {
		if (**text == 'x') {
			char *end;
			size_t zeros = strtoul(*text + 1, &end, 10);

			memset(bytes + n, 0, zeros);
			n += zeros;
			*text = end;
			continue;
		}
		bytes[n++] = (unsigned char)(wire_digit((*text)[0]) << 4 |
					     wire_digit((*text)[1]));
		*text += 2;
	}
	return n;
}

/* Feeds TEXT in pieces of at most PIECE bytes. */
static inline void
wire_run(struct records *r, const char *text, size_t piece)
{
	static unsigned char bytes[WIRE_MAX];

	while (*text != '\0') {
		char who = *text++;
		size_t n, at;

		if (who == ' ')
			continue;
		if (who == '+') {
			record_done(r);
			continue;
		}
		if (who == '=') {
			record_read(r);
			continue;
		}
		n = wire_bytes(&text, bytes);
		for (at = 0; at < n; at += piece)
			wire_feed(r, who, bytes + at,
			    n - at < piece ? n - at : piece);
	}
}

#endif
