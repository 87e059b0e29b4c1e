/*
 * ringer - puts events into a memory, as the shim does in other processes
 *
 * usage: ringer FILE TEXT [COUNT]
 *
 * Stores TEXT COUNT times (once), with the times 1700000000123 ms and so on,
 * as process 4711.  Exit status 1: the memory cannot be written.
 */
#include "../../shim/memory.h"
#include "../../shim/ring.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
main(int argc, char **argv)
{
	struct memory memory;
	const char *why;
	long count = argc > 3 ? strtol(argv[3], NULL, 10) : 1;

	if (argc < 3)
		return 2;
	why = memory_open(&memory, argv[1], false);
	if (why != NULL) {
		fprintf(stderr, "%s: %s\n", argv[1], why);
		return 1;
	}
	for (long i = 0; i < count; i++)
		ring_put(&memory.table, argv[2], strlen(argv[2]),
		    1700000000123 + i, 4711);
	memory_close(&memory);
	return 0;
}
