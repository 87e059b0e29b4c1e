/*
 * line - a record of the memory as a line of text, and back
 *
 * The format of `export`, described in starttls-fallback(1).  A record that
 * is written and read again is the same to the bit.
 *
 * Single-threaded.
 */
#ifndef SHIM_TOOL_LINE_H
#define SHIM_TOOL_LINE_H

#include "entry.h"

#include <stdbool.h>
#include <stdio.h>

/* The first line of the format. */
#define LINE_HEADER "starttls-fallback-memory 1"

#define LINE_WHY 128 /* bytes of a message with NUL */

void line_write(FILE *, const struct entry *);

/* Reads TEXT, which is cut up.  False: WHY says what is wrong. */
bool line_read(char *text, struct entry *, char why[LINE_WHY]);

#endif
