/*
 * fuzz_mask - the edits of replies in any fragmentation
 *
 * The first byte chooses what is wanted, the second seeds the fragmentation.
 * Oracles: the length stays; only the bytes change that may, to what they may;
 * pieces are never edited less than whole lines; a second pass changes nothing;
 * and smtp.h finds in the result the same lines without what was to be masked.
 * A difference aborts.
 */
#include "../../shim/mask.h"
#include "../../shim/smtp.h"

#include <stdlib.h>
#include <string.h>

#define BYTES_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool condition)
{
	if (!condition)
		abort();
}

/* Masks BYTES in pieces that end at LF, and at random where SEED is not 0. */
static unsigned
run(char *bytes, size_t n, const struct mask_want *want, uint32_t seed)
{
	struct mask m = {0};
	unsigned edits = 0;

	while (n > 0) {
		char *end = memchr(bytes, '\n', n);
		size_t length = end == NULL ? n : (size_t)(end - bytes) + 1;
		char *copy;

		if (seed != 0) {
			size_t most;

			seed = seed * 1103515245 + 12345;
			most = 1 + (seed >> 16) % 12;
			if (length > most)
				length = most;
		}
		copy = malloc(length);
		require(copy != NULL);
		memcpy(copy, bytes, length);
		edits |= mask_line(&m, copy, length, want);
		memcpy(bytes, copy, length);
		free(copy);
		bytes += length;
		n -= length;
	}
	return edits;
}

/* FROM, at COLUMN of its line, may be changed to TO. */
static bool
allowed(char from, char to, size_t column)
{
	switch (from) {
	case '5':
		return to == '4' && (column == 0 || column == 4);
	case 'S':
	case 'H':
		return to == 'X' && column >= 7;
	case 's':
	case 'h':
		return to == 'x' && column >= 7;
	default:
		return false;
	}
}

static void
compare_bytes(
    const char *before, const char *whole, const char *pieces, size_t n)
{
	size_t column = 0;

	for (size_t i = 0; i < n; i++) {
		if (whole[i] != before[i]) {
			require(allowed(before[i], whole[i], column));
			require(pieces[i] == whole[i]);
			/* Where the buffer shows what follows, it counts. */
			if (before[i] == '5' && column == 4 && i + 1 < n)
				require(before[i + 1] == '.');
		} else if (pieces[i] != before[i]) {
			require(allowed(before[i], pieces[i], column));
		}
		column = before[i] == '\n' ? 0 : column + 1;
	}
}

/* One line before and after. */
static void
compare_line(const struct smtp_reply_line *before,
    const struct smtp_reply_line *after, const struct mask_want *want)
{
	bool ehlo = before->code == 250;
	unsigned keywords = ehlo ? want->keywords : 0;
	bool softened = before->code != after->code;

	require(before->last == after->last && before->first == after->first);
	require(before->subject == after->subject);
	require(!softened ||
		(before->code >= 500 && after->code == before->code - 100));
	require(after->enhanced ==
		(softened && before->enhanced == 5 ? 4 : before->enhanced));
	require(after->starttls ==
		(before->starttls && !(keywords & MASK_STARTTLS)));
	require(after->auth == (before->auth && !(keywords & MASK_AUTH)));
	require(after->requiretls ==
		(before->requiretls && !(keywords & MASK_REQUIRETLS)));
	if (want->soften == MASK_SOFTEN_ALL)
		require(after->code < 500);
	if (want->soften == MASK_SOFTEN_NONE)
		require(!softened);
	if (!before->first || before->code < 500)
		return;
	/* The first line decides. */
	if (want->soften == MASK_SOFTEN_POLICY && !softened)
		require(before->enhanced == 5 &&
			(before->subject == 1 || before->subject == 2));
	if (want->soften == MASK_SOFTEN_TLS && !softened)
		require(before->code != 530 && before->code != 538);
}

static void
compare_lines(const char *before, const char *after, size_t n,
    const struct mask_want *want)
{
	struct smtp_replies state[2] = {0};

	while (n > 0) {
		struct smtp_reply_line line[2];
		bool done[2];
		size_t used =
		    smtp_reply_feed(&state[0], before, n, &line[0], &done[0]);

		require(smtp_reply_feed(
			    &state[1], after, n, &line[1], &done[1]) == used);
		require(done[0] == done[1]);
		if (done[0])
			compare_line(&line[0], &line[1], want);
		before += used;
		after += used;
		n -= used;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char whole[BYTES_MAX], pieces[BYTES_MAX], again[BYTES_MAX];
	struct mask_want want = {.refuse = false};
	const char *before;
	uint32_t seed;

	if (size < 2 || size > BYTES_MAX)
		return 0;
	want.keywords = data[0] & 7;
	want.soften = (enum mask_soften)(data[0] >> 3 & 3);
	seed = data[1] + 1u;
	before = (const char *)data + 2;
	size -= 2;
	memcpy(whole, before, size);
	memcpy(pieces, before, size);
	require((run(whole, size, &want, 0) != 0) ==
		(memcmp(whole, before, size) != 0));
	require((run(pieces, size, &want, seed) != 0) ==
		(memcmp(pieces, before, size) != 0));
	compare_bytes(before, whole, pieces, size);
	compare_lines(before, whole, size, &want);
	compare_lines(before, pieces, size, &want);
	memcpy(again, whole, size);
	require(run(again, size, &want, 0) == 0);
	memcpy(again, pieces, size);
	require(run(again, size, &want, seed) == 0);
	return 0;
}
