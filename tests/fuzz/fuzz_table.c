/*
 * fuzz_table - the table in an area that anybody may have written
 *
 * The first byte says what the input is: a header to be judged, or a row of
 * steps on a good table, with bytes of the area overwritten in between.  A
 * value that is found is always one that was stored under that key.
 */
#include "../../shim/peer.h"
#include "../../shim/ring.h"
#include "../../shim/table-set.h"

#include <stdlib.h>
#include <string.h>

#define KEYS 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const uint8_t secret[SIPHASH_KEY] = "fuzz";
static uint8_t *area;
static size_t size;

static void
require(bool condition)
{
	if (!condition)
		abort();
}

static void
start(void)
{
	if (area == NULL) {
		size = table_size(TABLE_SLOTS_MIN);
		area = aligned_alloc(64, size);
		require(area != NULL);
	}
	memset(area, 0, size);
	table_format(area, TABLE_SLOTS_MIN, secret);
}

static struct table_key
key_of(uint8_t n)
{
	return (struct table_key){.address = {n % KEYS}, .port = 25, .kind = 1};
}

/* The value of a key begins with its number. */
static enum table_wish
changer(void *context, bool found, uint8_t *value, uint8_t *rank)
{
	uint8_t n = *(uint8_t *)context;
	struct peer peer;

	require(!found || value[0] == n % KEYS);
	memcpy(&peer, value, sizeof(peer));
	if (peer_valid(&peer))
		peer_rank(&peer);
	value[0] = n % KEYS;
	*rank = n;
	return n % 7 == 0 ? TABLE_ERASE : TABLE_STORE;
}

/* A header: whatever is accepted can be used from end to end. */
static void
judge(const uint8_t *data, size_t n)
{
	uint8_t value[TABLE_VALUE];
	struct ring_event event;
	struct table_key key;
	struct table t;
	uint32_t cursor = 0;

	memcpy(area, data, n < AREA_HEADER ? n : AREA_HEADER);
	if (table_open(&t, area, size) != NULL)
		return;
	while (table_next(&t, &cursor, &key, value, NULL))
		;
	ring_get(&t, ring_next(&t), &event);
}

static void
step(const struct table *t, const uint8_t data[4])
{
	static struct table_now now = {1000, 1};
	struct table_key key = key_of(data[1]);
	uint8_t value[TABLE_VALUE], n = data[1];
	size_t at = (size_t)table_number(t, &key) * sizeof(struct area_set) +
		    AREA_HEADER + RING_PLACES * AREA_PLACE;
	struct ring_event event;

	now.tick += data[0] >> 4;
	switch (data[0] & 3) {
	case 0:
		if (table_find(t, &key, &now, value) == TABLE_FOUND)
			require(value[0] == n % KEYS);
		break;
	case 1:
		table_change(t, &key, &now, changer, &n);
		break;
	case 2:
		at +=
		    ((size_t)data[2] << 8 | data[3]) % sizeof(struct area_set);
		area[at] ^= data[1];
		break;
	default:
		ring_put(t, (const char *)data, 4, n, n);
		area[AREA_HEADER + data[2] * 4u + data[3]] ^= data[1];
		if (ring_get(t, ring_next(t) - 1, &event))
			require(event.length <= RING_TEXT);
		break;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct table t;

	if (n == 0)
		return 0;
	start();
	if (data[0] == 0) {
		judge(data + 1, n - 1);
		return 0;
	}
	require(table_open(&t, area, size) == NULL);
	for (size_t i = 1; i + 4 <= n; i += 4)
		step(&t, data + i);
	return 0;
}
