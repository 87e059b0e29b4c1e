/*
 * store - the memory that the policy names, opened for a subcommand
 *
 * Contract: store.h.
 */
#include "store.h"

#include "tool.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char not_named[] =
    "no `state` directive, so that nothing is remembered; see "
    "starttls-fallback.conf(5)";

bool
store_named(const struct load_result *policy)
{
	if (policy->state[0] == '\0')
		tool_refuse("%s: %s", tool_config_path(), not_named);
	return policy->state[0] != '\0';
}

bool
store_map(struct memory *memory, const struct load_result *policy,
    enum store_use use, char why[STORE_WHY])
{
	const char *path = policy->state;
	const char *text;

	memset(memory, 0, sizeof(*memory));
	if (path[0] == '\0') {
		snprintf(
		    why, STORE_WHY, "%s: %s", tool_config_path(), not_named);
		return false;
	}
	errno = 0;
	text = memory_open(memory, path, false);
	if (use == STORE_READ && memory->mapped) {
		memory->writable = false; /* not even what heals it */
		return true;
	}
	if (text == NULL)
		return true;
	if (errno == ENOENT && !memory->mapped)
		text = "there is no such file yet; `starttls-fallback run` and "
		       "`starttls-fallback state` make it";
	snprintf(why, STORE_WHY, "%s: %s", path, text);
	return false;
}

bool
store_open(struct store *store, enum store_use use)
{
	char why[STORE_WHY];
	bool made;

	memset(store, 0, sizeof(*store));
	if (!tool_policy(&store->policy))
		return false;
	if (use == STORE_MAKE && store->policy.state[0] != '\0' &&
	    !store_make(store->policy.state, store->policy.rules.slots,
		(gid_t)-1, &made))
		return false;
	if (store_map(&store->memory, &store->policy, use, why))
		return true;
	tool_refuse("%s", why);
	return false;
}

void
store_close(struct store *store)
{
	memory_close(&store->memory);
	load_free(&store->policy);
}

uint64_t
store_network(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	uint64_t network;

	if (fd < 0)
		fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	network = memory_network(fd);
	if (fd >= 0)
		close(fd);
	return network;
}

void
store_warn_off(const struct memory *memory)
{
	if (memory_is_off(memory))
		fputs("starttls-fallback: off: no new session is touched "
		      "(`starttls-fallback on` ends it)\n",
		    stderr);
}
