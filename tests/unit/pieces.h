/*
 * pieces - feeds a vector to a parser in every fragmentation
 *
 * For tests only: whole, byte by byte, in every two pieces, and in every three
 * pieces where the vector is short.  Each piece is a copy of its own in
 * allocated memory, so that a sanitizer sees a read beyond it.
 */
#ifndef TESTS_UNIT_PIECES_H
#define TESTS_UNIT_PIECES_H

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define PIECES_THREE 90 /* longest vector that is cut into three */

struct pieces {
	void (*start)(void *context);
	void (*feed)(void *context, const char *bytes, size_t n);
	void (*end)(void *context); /* checks what came out */
	void *context;
};

static inline void
pieces_feed(const struct pieces *p, const char *bytes, size_t n)
{
	char *copy;

	if (n == 0)
		return;
	copy = malloc(n);
	if (copy == NULL)
		abort();
	memcpy(copy, bytes, n);
	p->feed(p->context, copy, n);
	free(copy);
}

static inline void
pieces_cut(const struct pieces *p, const char *bytes, size_t n, size_t first,
    size_t second)
{
	p->start(p->context);
	pieces_feed(p, bytes, first);
	pieces_feed(p, bytes + first, second - first);
	pieces_feed(p, bytes + second, n - second);
	p->end(p->context);
}

static inline void
pieces_run(const struct pieces *p, const char *bytes, size_t n)
{
	p->start(p->context);
	for (size_t i = 0; i < n; i++)
		pieces_feed(p, bytes + i, 1);
	p->end(p->context);
	for (size_t i = 0; i <= n; i++) {
		size_t last = n <= PIECES_THREE ? n : i;

		for (size_t j = i; j <= last; j++)
			pieces_cut(p, bytes, n, i, j);
	}
}

#endif
