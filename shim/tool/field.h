/*
 * field - one value of a record as text, and back
 *
 * Single-threaded.
 */
#ifndef SHIM_TOOL_FIELD_H
#define SHIM_TOOL_FIELD_H

#include "entry.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct field {
	/* Writes the value that stands AT so many bytes of the record. */
	void (*write)(FILE *, const struct entry *, size_t at);
	/* Reads it; VALUE is cut up.  False: it is none. */
	bool (*read)(struct entry *, size_t at, char *value);
	size_t size; /* bytes of it; all of them 0 is no value */
};

extern const struct field field_number, field_time, field_class, field_stage,
    field_program, field_guard, field_marks, field_flags;

#endif
