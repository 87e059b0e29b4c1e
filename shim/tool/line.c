/*
 * line - a record of the memory as a line of text, and back
 *
 * Contract: line.h.  One table lists the fields, in their order.
 */
#define _GNU_SOURCE
#include "line.h"

#include "field.h"
#include "text.h"

#include <stddef.h>
#include <string.h>

#define NOT_THERE	 SIZE_MAX
#define IN_TROUBLE(name) offsetof(struct peer, name)
#define IN_GOOD(name)	 offsetof(struct peer_good, name)

static const struct {
	const char *key;
	const struct field *field;
	size_t trouble, good; /* where it stands in each kind of record */
} fields[] = {
    {"class", &field_class, IN_TROUBLE(class), NOT_THERE},
    {"stage", &field_stage, IN_TROUBLE(stage), NOT_THERE},
    {"program", &field_program, IN_TROUBLE(program), NOT_THERE},
    {"count", &field_number, IN_TROUBLE(count), IN_GOOD(count)},
    {"first", &field_time, IN_TROUBLE(first), IN_GOOD(first)},
    {"last", &field_time, IN_TROUBLE(last), IN_GOOD(last)},
    {"length", &field_number, IN_TROUBLE(length), NOT_THERE},
    {"until", &field_time, IN_TROUBLE(until), NOT_THERE},
    {"guard", &field_guard, IN_TROUBLE(guard), NOT_THERE},
    {"guard-until", &field_time, IN_TROUBLE(guard_until), NOT_THERE},
    {"requires-tls", &field_marks, IN_TROUBLE(required), NOT_THERE},
    {"flags", &field_flags, IN_TROUBLE(flags), NOT_THERE},
};

#define FIELDS (sizeof(fields) / sizeof(fields[0]))

static size_t
place(const struct entry *e, size_t field)
{
	return e->key.kind == PEER_GOOD ? fields[field].good
					: fields[field].trouble;
}

static bool
is_there(const struct entry *e, size_t field)
{
	static const uint8_t zero[TABLE_VALUE];
	size_t at = place(e, field);

	return at != NOT_THERE &&
	       memcmp(e->value + at, zero, fields[field].field->size) != 0;
}

void
line_write(FILE *to, const struct entry *e)
{
	char peer[ADDRESS_TEXT];

	entry_peer(e, peer);
	fprintf(
	    to, "%s %s", e->key.kind == PEER_GOOD ? "good" : "trouble", peer);
	if (e->key.network != 0)
		fprintf(
		    to, " network=%llu", (unsigned long long)e->key.network);
	for (size_t i = 0; i < FIELDS; i++) {
		if (is_there(e, i)) {
			fprintf(to, " %s=", fields[i].key);
			fields[i].field->write(to, e, place(e, i));
		}
	}
	putc('\n', to);
}

/* Kind and peer.  An IPv6 peer of good TLS stands for its /64. */
static bool
read_key(struct entry *e, const char *kind, char *peer, char why[LINE_WHY])
{
	struct match_peer address;
	char *network;
	bool good;

	if (strcmp(kind, "good") == 0) {
		e->key.kind = PEER_GOOD;
	} else if (strcmp(kind, "trouble") == 0) {
		e->key.kind = PEER_TROUBLE;
	} else {
		snprintf(why, LINE_WHY,
		    "neither `trouble` nor `good`: \"%.40s\"", kind);
		return false;
	}
	good = peer != NULL && peer[0] == '[';
	network = good ? strstr(peer, "/64]") : NULL;
	if (network != NULL && e->key.kind == PEER_GOOD)
		memmove(network, network + 3, strlen(network + 3) + 1);
	good = good && address_read(peer, &address) &&
	       (network == NULL || !address_is_ipv4(&address));
	if (!good) {
		snprintf(why, LINE_WHY, "no valid peer behind `%s`", kind);
		return false;
	}
	e->key = memory_key(&address, 0, (enum peer_kind)e->key.kind);
	return true;
}

/* One KEY=VALUE; *SEEN has a bit for each field, and one for the network. */
static bool
read_field(struct entry *e, char *word, unsigned *seen, char why[LINE_WHY])
{
	char *value = strchr(word, '=');
	size_t i = 0;
	bool good;

	if (value != NULL)
		*value++ = '\0';
	while (i < FIELDS &&
	       (place(e, i) == NOT_THERE || strcmp(fields[i].key, word) != 0))
		i++;
	if (value == NULL || (i == FIELDS && strcmp(word, "network") != 0)) {
		snprintf(why, LINE_WHY, "unknown field \"%.40s\"", word);
		return false;
	}
	if (*seen & 1u << i) {
		snprintf(why, LINE_WHY, "`%s` is given twice", word);
		return false;
	}
	*seen |= 1u << i;
	if (i == FIELDS)
		good = text_read_number(value, UINT64_MAX, &e->key.network);
	else
		good = fields[i].field->read(e, place(e, i), value) &&
		       is_there(e, i);
	if (!good)
		snprintf(why, LINE_WHY, "the value of `%s` is not valid", word);
	return good;
}

static bool
valid(const struct entry *e)
{
	if (e->key.kind == PEER_TROUBLE)
		return peer_valid(&e->trouble);
	return e->good.count > 0 && e->good.first > 0 &&
	       e->good.last >= e->good.first;
}

bool
line_read(char *text, struct entry *e, char why[LINE_WHY])
{
	char *kind = strsep(&text, " ");
	char *peer = strsep(&text, " ");
	char *word;
	unsigned seen = 0;

	memset(e, 0, sizeof(*e));
	if (!read_key(e, kind, peer, why))
		return false;
	while ((word = strsep(&text, " ")) != NULL) {
		if (word[0] != '\0' && !read_field(e, word, &seen, why))
			return false;
	}
	if (!valid(e)) {
		snprintf(why, LINE_WHY, "the values do not fit together");
		return false;
	}
	return true;
}
