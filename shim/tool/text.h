/*
 * text - times, spans and JSON strings as the subcommands print them
 *
 * Single-threaded.
 */
#ifndef SHIM_TOOL_TEXT_H
#define SHIM_TOOL_TEXT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* "2026-11-24T02:18:50Z" (RFC 3339); returns TEXT. */
#define TEXT_TIME 32
const char *text_time(uint32_t seconds, char text[TEXT_TIME]);

/* Reads what text_time() writes, and nothing else; 0 is no time. */
bool text_read_time(const char *text, uint32_t *seconds);

/* "45s", "12m", "5h" or "3d", rounded up; returns TEXT. */
#define TEXT_SPAN 16
const char *text_span(uint32_t seconds, char text[TEXT_SPAN]);

/* TEXT in quotes. */
void text_json(FILE *, const char *text);

/* Decimal digits without a leading zero, at most MOST. */
bool text_read_number(const char *text, uint64_t most, uint64_t *n);

#endif
