/*
 * table-set - sets and records, for table.c and table-write.c alone
 */
#ifndef SHIM_TABLE_SET_H
#define SHIM_TABLE_SET_H

#include "table-area.h"

/* The word of a set; see table.c. */
#define LOCK_BITS  12
#define LOCK_MASK  ((1u << LOCK_BITS) - 1)
#define LOCK_TICKS LOCK_MASK /* ticks that can be told apart */

enum table_is { TABLE_IS_FREE, TABLE_IS_GOOD, TABLE_IS_DAMAGED };

/* The number of the set that KEY belongs to. */
uint32_t table_number(const struct table *, const struct table_key *);

struct area_set *table_set(const struct table *, uint32_t number);

/* A writer has the set, and is not dead. */
bool table_is_locked(uint32_t word, const struct table_now *);

/* A copy of a record of set SET: what it is, its sum, its key. */
enum table_is table_is(
    const struct table *, uint32_t set, const struct area_record *);
uint32_t table_record_sum(
    const struct table *, uint32_t set, const struct area_record *);
void table_set_key(struct area_record *, const struct table_key *);
bool table_has_key(const struct area_record *, const struct table_key *);

#endif
