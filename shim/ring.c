/*
 * ring - the last events of all processes, in the area of the table
 *
 * Contract: ring.h.
 */
#include "ring.h"
#include "table-area.h"

#include <string.h>

struct place {
	uint32_t sum;	 /* of the rest as far as it is used */
	uint32_t number; /* of the event */
	uint32_t time[2];
	uint32_t pid;
	uint32_t length;
	char text[AREA_PLACE - 24];
};

_Static_assert(sizeof(struct place) == AREA_PLACE, "fills its place");
_Static_assert(RING_TEXT <= AREA_PLACE - 24, "an event fits");

static struct place *
place(const struct table *t, uint32_t number)
{
	return (void *)(t->base + AREA_HEADER +
			(size_t)(number % RING_PLACES) * AREA_PLACE);
}

static uint32_t
sum(const struct table *t, const struct place *p)
{
	size_t from = offsetof(struct place, number);

	return (uint32_t)siphash(t->secret, (const char *)p + from,
	    offsetof(struct place, text) + p->length - from);
}

/* What of a text goes into a place: whole words. */
static uint32_t
fit(const char *text, size_t length)
{
	if (length <= RING_TEXT)
		return (uint32_t)length;
	length = RING_TEXT;
	while (length > 0 && text[length] != ' ')
		length--;
	return (uint32_t)length;
}

void
ring_put(const struct table *t, const char *text, size_t length, int64_t time,
    uint32_t pid)
{
	struct area_header *h = area_header(t);
	struct place p = {.sum = 0};
	struct place *to;

	p.length = fit(text, length);
	p.time[0] = (uint32_t)time;
	p.time[1] = (uint32_t)((uint64_t)time >> 32);
	p.pid = pid;
	memcpy(p.text, text, p.length);
	p.number = atomic_fetch_add_explicit(
	    area_atomic(&h->next), 1, memory_order_relaxed);
	p.sum = sum(t, &p);
	to = place(t, p.number);
	atomic_store_explicit(area_atomic(&to->sum), 0, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	area_store(
	    &to->number, &p.number, sizeof(p) - offsetof(struct place, number));
	atomic_store_explicit(
	    area_atomic(&to->sum), p.sum, memory_order_release);
}

uint32_t
ring_next(const struct table *t)
{
	return atomic_load_explicit(
	    area_atomic(&area_header(t)->next), memory_order_acquire);
}

bool
ring_get(const struct table *t, uint32_t number, struct ring_event *e)
{
	struct place p;

	area_load(&p, place(t, number), sizeof(p));
	if (p.number != number || p.length == 0 || p.length > RING_TEXT ||
	    p.sum != sum(t, &p))
		return false;
	for (uint32_t i = 0; i < p.length; i++) {
		if (p.text[i] < ' ' || p.text[i] > '~')
			return false;
	}
	e->time = (int64_t)(p.time[0] | (uint64_t)p.time[1] << 32);
	e->pid = p.pid;
	e->length = (uint16_t)p.length;
	memcpy(e->text, p.text, p.length);
	e->text[p.length] = '\0';
	return true;
}
