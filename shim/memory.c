/*
 * memory - the peer table of this host, mapped into this process
 *
 * Contract: memory.h.
 */
#define _GNU_SOURCE
#include "memory.h"

#include "clock.h"
#include "real.h"
#include "trust.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

/* A set that another process has is free again within microseconds, unless
   that process does not run. */
#define PATIENCE_MS 50

static const char read_only[] =
    "this process may not write it, and remembers nothing new; see "
    "starttls-fallback(1), MEMORY";

/* A file with holes could not be filled on a full disk, and a store into its
   mapping would kill the host (SIGBUS). */
static const char *
fill(int fd, size_t size)
{
	if (fallocate64(fd, 0, 0, (off64_t)size) == 0 || errno == EOPNOTSUPP ||
	    errno == ENOSYS)
		return NULL;
	return errno == ENOSPC ? "there is no space left for all of it"
			       : trust_error_text(errno);
}

static const char *
map(struct memory *m, int fd, size_t size)
{
	int protection = m->writable ? PROT_READ | PROT_WRITE : PROT_READ;
	const char *why = m->writable ? fill(fd, size) : NULL;
	void *base;

	if (why != NULL)
		return why;
	base = mmap(NULL, size, protection, MAP_SHARED, fd, 0);
	if (base == MAP_FAILED)
		return trust_error_text(errno);
	why = table_open(&m->table, base, size);
	if (why == NULL)
		m->mapped = true;
	else
		munmap(base, size);
	return why;
}

const char *
memory_open(struct memory *m, const char *path, bool secure)
{
	const char *why;
	size_t size = 0;
	int fd, saved = errno;

	*m = (struct memory){.writable = true};
	fd = trust_open_shared(path, secure, true, &size, &why);
	if (fd < 0 && (errno == EACCES || errno == EROFS)) {
		m->writable = false;
		fd = trust_open_shared(path, secure, false, &size, &why);
	}
	if (fd < 0)
		return why;
	if (size < table_size(TABLE_SLOTS_MIN))
		why = "it is no memory of starttls-fallback, or cut short";
	else if (size > table_size(TABLE_SLOTS_MAX))
		why = "it is too large for a memory of starttls-fallback";
	else
		why = map(m, fd, size);
	real.close(fd);
	if (why == NULL && !m->writable)
		why = read_only;
	errno = saved;
	return why;
}

void
memory_close(struct memory *m)
{
	if (m->mapped)
		munmap(m->table.base, m->table.size);
	*m = (struct memory){.mapped = false};
}

struct table_key
memory_key(const struct match_peer *peer, uint64_t network, enum peer_kind kind)
{
	static const uint8_t mapped[12] = {
	    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	struct table_key key = {
	    .network = network, .port = peer->port, .kind = (uint8_t)kind};

	memcpy(key.address, peer->address, sizeof(key.address));
	if (kind == PEER_GOOD &&
	    memcmp(key.address, mapped, sizeof(mapped)) != 0)
		memset(key.address + 8, 0, 8);
	return key;
}

uint64_t
memory_network(int fd)
{
	uint64_t cookie = 0;
	socklen_t length = sizeof(cookie);
	struct stat64 st;
	int saved = errno;
	long done;

	if (getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &length) ==
		0 &&
	    length == sizeof(cookie))
		return cookie;
#ifdef SYS_fstatat64
	done = syscall(SYS_fstatat64, AT_FDCWD, "/proc/self/ns/net", &st, 0);
#else
	done = syscall(SYS_newfstatat, AT_FDCWD, "/proc/self/ns/net", &st, 0);
#endif
	errno = saved;
	return done == 0 ? (uint64_t)st.st_ino : 0;
}

uint32_t
memory_time(void)
{
	return (uint32_t)(clock_wall() / 1000);
}

static struct table_now
now(void)
{
	return (struct table_now){
	    memory_time(), (uint32_t)(clock_monotonic() / 100)};
}

/* Lets others go on.  False: it has waited long enough. */
static bool
wait_more(int64_t *until)
{
	if (*until == 0)
		*until = clock_monotonic() + PATIENCE_MS;
	sched_yield();
	return clock_monotonic() < *until;
}

static enum table_wish
keep(void *context, bool found, uint8_t *value, uint8_t *rank)
{
	(void)context;
	(void)found;
	(void)value;
	(void)rank;
	return TABLE_KEEP;
}

static enum table_wish
erase(void *context, bool found, uint8_t *value, uint8_t *rank)
{
	(void)context;
	(void)found;
	(void)value;
	(void)rank;
	return TABLE_ERASE;
}

static enum memory_answer
find(const struct memory *m, const struct table_key *key, uint8_t *value)
{
	enum table_answer answer;
	int64_t until = 0;

	if (m == NULL || !m->mapped)
		return MEMORY_ABSENT;
	do {
		struct table_now at = now();

		answer = table_find(&m->table, key, &at, value);
	} while (answer == TABLE_BUSY && wait_more(&until));
	if (answer == TABLE_FOUND)
		return MEMORY_KNOWN;
	if (answer == TABLE_NONE)
		return MEMORY_UNKNOWN;
	/* The next one finds no damage any more. */
	if (answer == TABLE_DOUBT)
		memory_change(m, key, keep, NULL);
	return MEMORY_DOUBT;
}

enum memory_answer
memory_find(
    const struct memory *m, const struct table_key *key, struct peer *peer)
{
	uint8_t value[TABLE_VALUE];
	enum memory_answer answer = find(m, key, value);

	memset(peer, 0, sizeof(*peer));
	if (answer != MEMORY_KNOWN)
		return answer;
	memcpy(peer, value, sizeof(*peer));
	if (peer_valid(peer))
		return MEMORY_KNOWN;
	memset(peer, 0, sizeof(*peer));
	memory_change(m, key, erase, NULL);
	return MEMORY_DOUBT;
}

enum memory_answer
memory_find_good(
    const struct memory *m, const struct table_key *key, struct peer_good *good)
{
	uint8_t value[TABLE_VALUE];
	enum memory_answer answer = find(m, key, value);

	memset(good, 0, sizeof(*good));
	if (answer == MEMORY_KNOWN)
		memcpy(good, value, sizeof(*good));
	return answer;
}

bool
memory_change(const struct memory *m, const struct table_key *key,
    table_changer *changer, void *context)
{
	enum table_answer answer;
	int64_t until = 0;

	if (!memory_is_writable(m))
		return false;
	do {
		struct table_now at = now();

		answer = table_change(&m->table, key, &at, changer, context);
	} while (answer == TABLE_BUSY && wait_more(&until));
	return answer == TABLE_FOUND;
}

bool
memory_is_off(const struct memory *m)
{
	return m != NULL && m->mapped && table_is_off(&m->table);
}

bool
memory_is_writable(const struct memory *m)
{
	return m != NULL && m->mapped && m->writable;
}
