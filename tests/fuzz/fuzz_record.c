/*
 * fuzz_record - records in any fragmentation, and the class made of them
 *
 * The input is a row of chunks: one byte of side (the top bit) and length, then
 * the bytes; a length of 0 is record_done(), or from the server's side
 * record_read().  Oracles: fed whole and byte by
 * byte the evidence is the same; no state leaves its range; evidence only
 * grows; the class has a name of the letters that class.h promises.  A
 * difference aborts.
 */
#include "../../shim/class.h"
#include "../../shim/record.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool condition)
{
	if (!condition)
		abort();
}

static void
stream_check(const struct record_stream *s)
{
	require(s->kind <= RECORD_MALFORMED);
	require((s->kind == RECORD_NOTHING) == (s->bytes == 0));
	require(s->alert >= RECORD_NO_ALERT && s->alert <= UINT8_MAX);
	require(s->have <= sizeof(s->header) && s->alert_have < 2);
	require(s->left <= s->length);
	require(s->application <= s->records && s->records <= s->bytes);
}

static void
records_check(const struct records *r)
{
	stream_check(&r->from[RECORD_CLIENT]);
	stream_check(&r->from[RECORD_SERVER]);
	require(!r->up || r->answered);
	require(!r->answered || r->talked);
	require(!r->read || r->complete);
	require(!r->talked || r->finished);
	require(!r->complete || r->finished);
	require(!r->tls13 || r->from[RECORD_SERVER].hello);
	require(!r->retry || r->from[RECORD_SERVER].hello);
	require(
	    r->read || !r->answered || r->from[RECORD_SERVER].application > 0);
	if (r->answered && !r->tls13)
		require(r->up);
	require(!r->talked || r->from[RECORD_CLIENT].application > 0);
}

static void
stream_same(const struct record_stream *a, const struct record_stream *b)
{
	require(a->kind == b->kind && a->hello == b->hello &&
		a->encrypted == b->encrypted && a->sealed == b->sealed &&
		a->alert == b->alert && a->records == b->records &&
		a->application == b->application && a->bytes == b->bytes &&
		a->have == b->have && a->left == b->left &&
		a->finished == b->finished && a->alert_have == b->alert_have);
}

static void
records_same(const struct records *a, const struct records *b)
{
	stream_same(&a->from[0], &b->from[0]);
	stream_same(&a->from[1], &b->from[1]);
	require(a->tls13 == b->tls13 && a->retry == b->retry &&
		a->finished == b->finished && a->complete == b->complete &&
		a->talked == b->talked && a->answered == b->answered &&
		a->up == b->up && a->read == b->read);
}

static void
stream_grows(const struct record_stream *a, const struct record_stream *b)
{
	require(b->kind >= a->kind || a->kind == RECORD_TLS);
	require(b->alert == a->alert || a->alert == RECORD_NO_ALERT);
	require(b->sealed >= a->sealed && b->records >= a->records);
}

/* Nothing that was seen is forgotten. */
static void
records_grow(const struct records *a, const struct records *b)
{
	stream_grows(&a->from[0], &b->from[0]);
	stream_grows(&a->from[1], &b->from[1]);
	require(b->tls13 >= a->tls13 && b->finished >= a->finished &&
		b->complete >= a->complete && b->talked >= a->talked &&
		b->answered >= a->answered && b->up >= a->up &&
		b->read >= a->read);
}

/* What one side sends proves nothing that only the other can. */
static void
side_check(
    const struct records *a, const struct records *b, enum record_from from)
{
	if (from == RECORD_CLIENT)
		require(b->answered == a->answered);
	else
		require(
		    b->talked == a->talked && (b->up == a->up || !a->tls13));
}

static void
class_check(
    const struct records *r, unsigned choice, const uint8_t *text, size_t n)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-_";
	char reason[100];
	struct class_facts facts = {
	    .stage = (enum class_stage)(choice % 8),
	    .reply = (uint16_t)(choice % 700),
	    .replied = choice % 3 == 0,
	    .end = (enum class_end)(choice / 8 % 5),
	    .records = r,
	    .handshake_done = choice / 40 % 2 == 0,
	    .library_reads = choice / 120000 % 2 == 0,
	    .verdict = (enum class_verdict)(choice / 80 % 5),
	    .alert = (int)(choice / 400 % 300) - 10,
	    .reason = reason,
	};
	struct class class;

	if (n > sizeof(reason) - 1)
		n = sizeof(reason) - 1;
	memcpy(reason, text, n);
	reason[n] = '\0';
	class_decide(&facts, &class);
	require(class.kind < CLASS_COUNT);
	require(memchr(class.name, '\0', sizeof(class.name)) != NULL);
	require(strlen(class.name) > 0);
	require(strspn(class.name, letters) == strlen(class.name));
	require((class.kind == CLASS_NONE) == (strcmp(class.name, "-") == 0));
	require(!(class_live(class.kind) && class_forbidden(class.kind)));
	require(!(class_live(class.kind) && class_late(class.kind)));
	require(class_recordable(class.kind) ==
		(class.kind != CLASS_NONE && !class_forbidden(class.kind)));
	require(!class.client_left ||
		(facts.end == END_CLIENT && class.kind != CLASS_NONE));
	if (facts.stage == STAGE_STARTTLS || facts.verdict != VERDICT_NONE ||
	    !r->complete)
		return;
	if (r->up)
		require(class.kind == CLASS_NONE);
	if (r->answered && r->tls13 && !facts.library_reads)
		require(
		    !class_late(class.kind) || class.kind == CLASS_LATE_ALERT);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *text = data;
	size_t length = size;
	struct records whole, bytes;
	unsigned choice;

	if (size < 3)
		return 0;
	choice = (unsigned)data[0] << 16 | (unsigned)data[1] << 8 | data[2];
	data += 3;
	size -= 3;
	record_start(&whole);
	record_start(&bytes);
	while (size > 0) {
		enum record_from from =
		    data[0] >> 7 == 0 ? RECORD_CLIENT : RECORD_SERVER;
		size_t n = data[0] & 0x7f;
		struct records before = whole;
		uint8_t *copy;

		data++;
		size--;
		if (n == 0) {
			void (*tell)(struct records *) =
			    from == RECORD_CLIENT ? record_done : record_read;

			tell(&whole);
			tell(&bytes);
			records_check(&whole);
			continue;
		}
		/* The longest length stands for all that is left. */
		if (n > size || n == 0x7f)
			n = size;
		if (n == 0)
			break;
		copy = malloc(n);
		require(copy != NULL);
		memcpy(copy, data, n);
		record_feed(&whole, from, copy, n);
		for (size_t i = 0; i < n; i++)
			record_feed(&bytes, from, copy + i, 1);
		free(copy);
		records_check(&whole);
		records_same(&whole, &bytes);
		records_grow(&before, &whole);
		side_check(&before, &whole, from);
		data += n;
		size -= n;
	}
	class_check(&whole, choice, text, length);
	return 0;
}
