/*
 * table - how fast a memory of a million peers answers
 *
 * usage: table FILE PROCESSES SECONDS | table FILE make | table FILE first
 *
 * `make` makes FILE and stores a million records, and says how many a second;
 * PROCESSES look up (and, in every 16th step, change) records of it at random,
 * and the sum of what they did in a second is printed; `first` opens FILE in
 * this fresh process, and prints the microseconds until the first answer.
 */
#define _GNU_SOURCE
#include "../../shim/memory.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PEERS 1000000u
#define SLOTS (1u << 21)

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static struct table_key
key_of(uint32_t n)
{
	struct table_key key = {.network = 1, .port = 25, .kind = 1};

	memcpy(key.address, &n, sizeof(n));
	return key;
}

static enum table_wish
changer(void *context, bool found, uint8_t *value, uint8_t *rank)
{
	(void)context;
	(void)found;
	value[0]++;
	*rank = 3;
	return TABLE_STORE;
}

static int
make(const char *path)
{
	static const uint8_t secret[SIPHASH_KEY] = "bench";
	size_t size = table_size(SLOTS);
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	struct table_now now = {1, 1};
	struct table t;
	double start;
	void *base;

	if (fd < 0 || posix_fallocate(fd, 0, (off_t)size) != 0)
		return 1;
	base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (base == MAP_FAILED)
		return 1;
	table_format(base, SLOTS, secret);
	if (table_open(&t, base, size) != NULL)
		return 1;
	start = seconds();
	for (uint32_t n = 0; n < PEERS; n++) {
		struct table_key key = key_of(n);

		table_change(&t, &key, &now, changer, NULL);
	}
	printf("%.0f\n", PEERS / (seconds() - start));
	return 0;
}

/* Steps of this process in a second. */
static double
work(const struct table *t, double length, bool changes)
{
	struct table_now now = {1, 1};
	double start = seconds(), took = 0;
	uint32_t n = (uint32_t)getpid() * 2654435761u;
	uint64_t steps = 0;

	while (took < length) {
		for (int i = 0; i < 10000; i++, steps++) {
			struct table_key key;
			uint8_t value[TABLE_VALUE];

			n = n * 1664525u + 1013904223u;
			key = key_of((n >> 8) % PEERS);
			if (changes)
				table_change(t, &key, &now, changer, NULL);
			else
				table_find(t, &key, &now, value);
		}
		took = seconds() - start;
	}
	return (double)steps / took;
}

static int
all(const char *path, int processes, double length)
{
	struct memory m;
	int ends[2];

	if (memory_open(&m, path, false) != NULL || pipe(ends) != 0)
		return 1;
	for (int changes = 0; changes < 2; changes++) {
		double sum = 0, one;

		for (int i = 0; i < processes; i++) {
			if (fork() != 0)
				continue;
			one = work(&m.table, length, changes == 1);
			_exit(write(ends[1], &one, sizeof(one)) != sizeof(one));
		}
		for (int i = 0; i < processes; i++) {
			if (read(ends[0], &one, sizeof(one)) == sizeof(one))
				sum += one;
			wait(NULL);
		}
		printf("%.0f%c", sum, changes == 0 ? ' ' : '\n');
	}
	return 0;
}

static int
first(const char *path)
{
	struct table_key key = key_of(77);
	double start = seconds();
	struct memory m;
	struct peer peer;
	bool good = memory_open(&m, path, false) == NULL;

	memory_find(&m, &key, &peer);
	printf("%.0f\n", (seconds() - start) * 1e6);
	return !good;
}

int
main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[2], "make") == 0)
		return make(argv[1]);
	if (argc == 3 && strcmp(argv[2], "first") == 0)
		return first(argv[1]);
	return argc == 4 ? all(argv[1], atoi(argv[2]), atof(argv[3])) : 2;
}
