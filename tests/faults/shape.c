/*
 * shape - how the records of a real TLS library are put on the wire
 *
 * Works on record headers only (RFC 8446 section 5.1).  Failures end the link.
 * Not thread-safe.
 */
#include "shape.h"

#define HEADER 5

enum { TYPE_CCS = 20, TYPE_HANDSHAKE = 22, TYPE_APPLICATION = 23 };

static size_t
record_length(const unsigned char *record, size_t n)
{
	size_t length;

	if (n < HEADER)
		return n;
	length = HEADER + ((size_t)record[3] << 8 | record[4]);
	return length < n ? length : n;
}

/* Handshake records in the clear become records of one byte each. */
static bool
send_ones(struct link *link, struct shape_state *state,
    const unsigned char *bytes, size_t n)
{
	while (n > 0) {
		size_t length = record_length(bytes, n);
		unsigned char one[HEADER + 1] = {
		    TYPE_HANDSHAKE, bytes[1], bytes[2], 0, 1, 0};

		if (bytes[0] != TYPE_HANDSHAKE)
			state->done = true;
		if (state->done)
			return link_send(link, bytes, n);
		for (size_t i = HEADER; i < length; i++) {
			one[HEADER] = bytes[i];
			if (!link_send(link, one, sizeof one))
				return false;
		}
		bytes += length;
		n -= length;
	}
	return true;
}

/* The flight that holds the server's Finished ends with it. */
static bool
has_encrypted(const unsigned char *bytes, size_t n)
{
	while (n > 0) {
		size_t length = record_length(bytes, n);

		if (bytes[0] == TYPE_APPLICATION || bytes[0] == TYPE_CCS)
			return true;
		bytes += length;
		n -= length;
	}
	return false;
}

/* In at least so many groups that no gap is longer than 10 s. */
static bool
send_drip(
    struct link *link, unsigned seconds, const unsigned char *bytes, size_t n)
{
	size_t groups = seconds / 10 + 40;
	size_t size = n / groups + 1;
	unsigned gap = (unsigned)(seconds * 1000UL * size / n);

	while (n > 0) {
		size_t step = size < n ? size : n;

		if (!link_sleep(link, gap) || !link_send(link, bytes, step))
			return false;
		bytes += step;
		n -= step;
	}
	return true;
}

bool
shape_send(struct link *link, struct shape_state *state, unsigned char *bytes,
    size_t n)
{
	if (state->done)
		return link_send(link, bytes, n);
	switch (state->shape) {
	case SHAPE_PLAIN:
		break;
	case SHAPE_ONES:
		return send_ones(link, state, bytes, n);
	case SHAPE_BADMAC:
		if (has_encrypted(bytes, n)) {
			bytes[n - 1] ^= 1;
			state->done = true;
		}
		break;
	case SHAPE_DRIP:
		state->done = true;
		return send_drip(link, state->drip, bytes, n);
	}
	return link_send(link, bytes, n);
}
