/*
 * field - one value of a record as text, and back
 *
 * Contract: field.h.
 */
#define _GNU_SOURCE
#include "field.h"

#include "../decide.h"
#include "text.h"

#include <inttypes.h>
#include <string.h>

static uint32_t
get(const struct entry *e, size_t at)
{
	uint32_t n;

	memcpy(&n, e->value + at, sizeof(n));
	return n;
}

static void
set(struct entry *e, size_t at, uint32_t n)
{
	memcpy(e->value + at, &n, sizeof(n));
}

static void
write_number(FILE *to, const struct entry *e, size_t at)
{
	fprintf(to, "%" PRIu32, get(e, at));
}

static bool
read_number(struct entry *e, size_t at, char *value)
{
	uint64_t n;

	if (!text_read_number(value, UINT32_MAX, &n))
		return false;
	set(e, at, (uint32_t)n);
	return true;
}

static void
write_time(FILE *to, const struct entry *e, size_t at)
{
	char text[TEXT_TIME];

	fputs(text_time(get(e, at), text), to);
}

static bool
read_time(struct entry *e, size_t at, char *value)
{
	uint32_t time;

	if (!text_read_time(value, &time))
		return false;
	set(e, at, time);
	return true;
}

static void
write_class(FILE *to, const struct entry *e, size_t at)
{
	char name[CLASS_NAME_MAX];

	(void)at;
	peer_class_name(&e->trouble, name);
	fputs(name, to);
}

/* A kind whose name ends in a hyphen goes on with a detail; the longest name
   that fits is the class's. */
static bool
read_class(struct entry *e, size_t at, char *value)
{
	size_t best = 0;

	for (int kind = CLASS_NONE + 1; kind < CLASS_COUNT; kind++) {
		const char *name = class_kind_name((enum class_kind)kind);
		size_t length = strlen(name);
		bool more = name[length - 1] == '-';

		if (length <= best || strncmp(value, name, length) != 0 ||
		    (!more && value[length] != '\0'))
			continue;
		best = length;
		e->value[at] = (uint8_t)kind;
	}
	value += best;
	if (best == 0 || strlen(value) > PEER_DETAIL)
		return false;
	memcpy(e->trouble.detail, value, strlen(value));
	return true;
}

static void
write_stage(FILE *to, const struct entry *e, size_t at)
{
	fputs(class_stage_name((enum class_stage)e->value[at]), to);
}

static bool
read_stage(struct entry *e, size_t at, char *value)
{
	for (int stage = STAGE_CONNECT; stage <= STAGE_CLEAR; stage++) {
		if (strcmp(value, class_stage_name((enum class_stage)stage)) ==
		    0) {
			e->value[at] = (uint8_t)stage;
			return true;
		}
	}
	return false;
}

static void
write_guard(FILE *to, const struct entry *e, size_t at)
{
	fputs(decide_guard_name((enum guard)e->value[at]), to);
}

static bool
read_guard(struct entry *e, size_t at, char *value)
{
	for (int guard = GUARD_NONE + 1; guard <= GUARD_RECONNECT; guard++) {
		if (strcmp(value, decide_guard_name((enum guard)guard)) == 0) {
			e->value[at] = (uint8_t)guard;
			return true;
		}
	}
	return false;
}

/* A file name can hold any byte. */
static void
write_program(FILE *to, const struct entry *e, size_t at)
{
	char program[PEER_PROGRAM + 1];

	(void)at;
	for (const char *s = entry_program(&e->trouble, program); *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c <= 0x20 || c > 0x7e || c == '%')
			fprintf(to, "%%%02x", c);
		else
			putc(c, to);
	}
}

static bool
read_program(struct entry *e, size_t at, char *value)
{
	size_t length = 0;

	(void)at;
	while (*value != '\0') {
		unsigned c = (unsigned char)*value++;

		if (c == '%') {
			if (strspn(value, "0123456789abcdef") < 2 ||
			    sscanf(value, "%2x", &c) != 1 || c == 0)
				return false;
			value += 2;
		}
		if (length == PEER_PROGRAM)
			return false;
		e->trouble.program[length++] = (char)c;
	}
	return length > 0;
}

static void
write_marks(FILE *to, const struct entry *e, size_t at)
{
	char text[ENTRY_MARK];
	const char *lead = "";

	(void)at;
	for (size_t i = 0; i < PEER_REQUIRE; i++) {
		if (e->trouble.required[i] == 0)
			continue;
		fprintf(
		    to, "%s%s", lead, entry_mark(e->trouble.required[i], text));
		lead = ",";
	}
}

static bool
read_marks(struct entry *e, size_t at, char *value)
{
	size_t count = 0;
	char *rest = value;
	char *name;

	(void)at;
	while ((name = strsep(&rest, ",")) != NULL) {
		uint32_t mark;

		if (count == PEER_REQUIRE || name[0] == '\0')
			return false;
		if (name[0] != '#')
			mark = peer_program(name);
		else if (strlen(name) != 9 ||
			 strspn(name + 1, "0123456789abcdef") != 8 ||
			 sscanf(name + 1, "%8" SCNx32, &mark) != 1 || mark == 0)
			return false;
		e->trouble.required[count++] = mark;
	}
	return count > 0;
}

static const struct {
	const char *name;
	uint8_t flag;
} flag_names[] = {
    {"confirmed", PEER_CONFIRMED},
    {"own", PEER_OWN},
    {"auth", PEER_AUTH},
};

#define FLAGS (sizeof(flag_names) / sizeof(flag_names[0]))

static void
write_flags(FILE *to, const struct entry *e, size_t at)
{
	const char *lead = "";

	for (size_t i = 0; i < FLAGS; i++) {
		if (e->value[at] & flag_names[i].flag) {
			fprintf(to, "%s%s", lead, flag_names[i].name);
			lead = ",";
		}
	}
}

static bool
read_flags(struct entry *e, size_t at, char *value)
{
	char *name;

	while ((name = strsep(&value, ",")) != NULL) {
		size_t i = 0;

		while (i < FLAGS && strcmp(name, flag_names[i].name) != 0)
			i++;
		if (i == FLAGS)
			return false;
		e->value[at] |= flag_names[i].flag;
	}
	return true;
}

const struct field field_number = {write_number, read_number, 4};
const struct field field_time = {write_time, read_time, 4};
const struct field field_class = {write_class, read_class, 1};
const struct field field_stage = {write_stage, read_stage, 1};
const struct field field_program = {write_program, read_program, PEER_PROGRAM};
const struct field field_guard = {write_guard, read_guard, 1};
const struct field field_marks = {
    write_marks, read_marks, PEER_REQUIRE * sizeof(uint32_t)};
const struct field field_flags = {write_flags, read_flags, 1};
