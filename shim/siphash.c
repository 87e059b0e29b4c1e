/*
 * siphash - a keyed hash that nobody without the key can make collide
 *
 * Contract: siphash.h.
 */
#include "siphash.h"

struct state {
	uint64_t a, b, c, d;
};

static uint64_t
rotate(uint64_t x, unsigned bits)
{
	return x << bits | x >> (64 - bits);
}

/* Little endian, whatever the machine. */
static uint64_t
load(const uint8_t *bytes, size_t n)
{
	uint64_t word = 0;

	for (size_t i = 0; i < n; i++)
		word |= (uint64_t)bytes[i] << (8 * i);
	return word;
}

static void
rounds(struct state *s, int n)
{
	for (; n > 0; n--) {
		s->a += s->b;
		s->b = rotate(s->b, 13) ^ s->a;
		s->a = rotate(s->a, 32);
		s->c += s->d;
		s->d = rotate(s->d, 16) ^ s->c;
		s->a += s->d;
		s->d = rotate(s->d, 21) ^ s->a;
		s->c += s->b;
		s->b = rotate(s->b, 17) ^ s->c;
		s->c = rotate(s->c, 32);
	}
}

static void
word(struct state *s, uint64_t w)
{
	s->d ^= w;
	rounds(s, 2);
	s->a ^= w;
}

uint64_t
siphash(const uint8_t key[SIPHASH_KEY], const void *bytes, size_t length)
{
	const uint8_t *b = bytes;
	uint64_t low = load(key, 8), high = load(key + 8, 8);
	struct state s = {
	    low ^ UINT64_C(0x736f6d6570736575),
	    high ^ UINT64_C(0x646f72616e646f6d),
	    low ^ UINT64_C(0x6c7967656e657261),
	    high ^ UINT64_C(0x7465646279746573),
	};
	size_t left = length;

	for (; left >= 8; left -= 8, b += 8)
		word(&s, load(b, 8));
	word(&s, load(b, left) | (uint64_t)length << 56);
	s.c ^= 0xff;
	rounds(&s, 4);
	return s.a ^ s.b ^ s.c ^ s.d;
}
