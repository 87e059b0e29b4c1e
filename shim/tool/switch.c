/*
 * switch - calls all processes that share the memory off, and on again
 *
 * A flag in the memory itself, so that it reaches processes that run, in a
 * chroot as well, with their next session.
 *
 * Single-threaded.
 */
#include "store.h"
#include "tool.h"

#include <stdio.h>

static enum tool_status
turn(int argc, bool off)
{
	enum tool_status status = TOOL_NO;
	struct store store;

	if (argc != 1)
		return TOOL_USAGE;
	if (store_open(&store, STORE_WRITE)) {
		bool before = memory_is_off(&store.memory);

		table_set_off(&store.memory.table, off);
		printf("%s: %s%s\n", store.policy.state,
		    before == off ? "already " : "", off ? "off" : "on");
		status = TOOL_DONE;
	}
	store_close(&store);
	return status;
}

enum tool_status
tool_off(int argc, char **argv)
{
	(void)argv;
	return turn(argc, true);
}

enum tool_status
tool_on(int argc, char **argv)
{
	(void)argv;
	return turn(argc, false);
}
