/*
 * torture - many processes at one memory, killed at any moment
 *
 * usage: torture FILE SECONDS PROCESSES [OTHER]
 *
 * Makes FILE, maps it, and starts PROCESSES workers, half of them with the
 * program OTHER where it is given (this one, built for another word size).
 * Each worker has keys of its own and keys that all share, and changes and
 * reads them until it is killed, which happens to one after another at random.
 * A value says whose it is, how often it was changed, and has a check of its
 * own, so that a wrong or torn one is seen whatever the table says of it.
 *
 * Before it changes a key of its own a worker writes down the count that it
 * will have (`begun`), and afterwards that it has it (`done`), in a file
 * beside: the table must never know less than `done`, nor more than `begun`.
 *
 * Prints TAP; exit status 1 if anything was wrong.
 */
#define _GNU_SOURCE
#include "../../shim/table.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WORKERS_MAX 256
#define OWN	    16 /* keys of one worker */
#define SHARED	    64 /* keys of all */
#define SLOTS	    65536
#define BATCH	    16 /* killed at once: each has to get its turn to die */

/* What stands in a record. */
struct value {
	uint32_t worker, key, count, check;
	uint32_t fill[(TABLE_VALUE - 16) / 4];
};

/* What is known beside the table. */
struct ledger {
	_Atomic uint32_t stop;
	_Atomic uint32_t corrupt; /* a wrong value was returned */
	_Atomic uint32_t lost;	  /* a change that was done is not there */
	_Atomic uint32_t doubts;  /* records that were torn by a kill */
	_Atomic uint32_t busy;	  /* a set was not free for too long */
	_Atomic uint32_t slowest; /* operation, milliseconds */
	_Atomic uint32_t changes, lookups;
	struct {
		_Atomic uint32_t begun, done;
	} own[WORKERS_MAX][OWN];
};

static struct table table;
static struct ledger *ledger;

static uint64_t
milliseconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static struct table_now
now(void)
{
	return (struct table_now){
	    (uint32_t)time(NULL), (uint32_t)(milliseconds() / 100)};
}

static uint32_t
check_of(const struct value *v)
{
	return (v->worker * 2654435761u) ^ (v->key * 40503u) ^
	       (v->count * 97u) ^ 0x5aa55aa5u;
}

static void
fill(struct value *v)
{
	v->check = check_of(v);
	for (size_t i = 0; i < sizeof(v->fill) / sizeof(v->fill[0]); i++)
		v->fill[i] = v->check + (uint32_t)i;
}

static bool
is_whole(const struct value *v, uint32_t worker, uint32_t key)
{
	bool whole =
	    v->worker == worker && v->key == key && v->check == check_of(v);

	for (size_t i = 0; i < sizeof(v->fill) / sizeof(v->fill[0]); i++)
		whole = whole && v->fill[i] == v->check + (uint32_t)i;
	return whole;
}

static struct table_key
key_of(uint32_t worker, uint32_t key)
{
	struct table_key k = {.network = worker, .port = 25, .kind = 1};

	memcpy(k.address, &key, sizeof(key));
	return k;
}

struct change {
	uint32_t worker, key, count;
};

static enum table_wish
change(void *context, bool found, uint8_t *bytes, uint8_t *rank)
{
	struct change *c = context;
	struct value v = {0};

	if (found) {
		memcpy(&v, bytes, sizeof(v));
		if (!is_whole(&v, c->worker, c->key))
			ledger->corrupt++;
	}
	c->count = v.count + 1;
	v = (struct value){
	    .worker = c->worker, .key = c->key, .count = c->count};
	fill(&v);
	memcpy(bytes, &v, sizeof(v));
	*rank = 3;
	return TABLE_STORE;
}

static enum table_answer
look(uint32_t worker, uint32_t key, struct value *v)
{
	struct table_key k = key_of(worker, key);
	enum table_answer answer = TABLE_BUSY;
	uint64_t start = milliseconds();

	while (answer == TABLE_BUSY && milliseconds() - start < 10000) {
		struct table_now at = now();

		answer = table_find(&table, &k, &at, (uint8_t *)v);
	}
	if (answer == TABLE_FOUND && !is_whole(v, worker, key))
		ledger->corrupt++;
	if (answer == TABLE_BUSY)
		ledger->busy++;
	if (answer == TABLE_DOUBT)
		ledger->doubts++;
	ledger->lookups++;
	return answer;
}

static bool
add(uint32_t worker, uint32_t key, uint32_t *count)
{
	struct change c = {worker, key, 0};
	struct table_key k = key_of(worker, key);
	enum table_answer answer = TABLE_BUSY;
	uint64_t start = milliseconds(), took;

	while (answer == TABLE_BUSY && milliseconds() - start < 10000) {
		struct table_now at = now();

		answer = table_change(&table, &k, &at, change, &c);
	}
	took = milliseconds() - start;
	if (took > ledger->slowest)
		ledger->slowest = (uint32_t)took;
	if (answer == TABLE_BUSY)
		ledger->busy++;
	ledger->changes++;
	*count = c.count;
	return answer == TABLE_FOUND;
}

/* A torn record may be lost: it was in flight.  A count starts anew then. */
static void
work_own(uint32_t me, uint32_t key)
{
	uint32_t done = ledger->own[me][key].done;
	uint32_t begun = ledger->own[me][key].begun;
	struct value v = {0};
	enum table_answer answer = look(me, key, &v);
	uint32_t count;

	if (answer == TABLE_FOUND && (v.count < done || v.count > begun))
		ledger->lost++;
	/* Nothing was in flight, and nothing is there. */
	if (answer == TABLE_NONE && done > 0 && begun == done)
		ledger->lost++;
	if (answer != TABLE_FOUND)
		v.count = 0;
	ledger->own[me][key].begun = v.count + 1;
	if (answer != TABLE_FOUND)
		ledger->own[me][key].done = 0;
	if (add(me, key, &count))
		ledger->own[me][key].done = count;
}

static int
worker(uint32_t me)
{
	unsigned seed = (unsigned)getpid();

	/* The one that kills is to come to its turn. */
	if (nice(10) == -1)
		return 2;
	while (!ledger->stop) {
		struct value v;
		uint32_t count;

		if (rand_r(&seed) % 2 == 0)
			work_own(me, (uint32_t)rand_r(&seed) % OWN);
		else if (rand_r(&seed) % 2 == 0)
			add(WORKERS_MAX, (uint32_t)rand_r(&seed) % SHARED,
			    &count);
		else
			look(WORKERS_MAX, (uint32_t)rand_r(&seed) % SHARED, &v);
	}
	return 0;
}

static void *
map(const char *path, size_t size, bool make)
{
	int fd = open(path, make ? O_RDWR | O_CREAT | O_TRUNC : O_RDWR, 0600);
	void *base;

	if (fd < 0 || (make && posix_fallocate(fd, 0, (off_t)size) != 0))
		return NULL;
	base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	return base == MAP_FAILED ? NULL : base;
}

/* Maps both files; MAKE: they are new. */
static bool
open_all(const char *path, bool make)
{
	static const uint8_t secret[SIPHASH_KEY] = "torture";
	size_t size = table_size(SLOTS);
	char beside[4096];
	void *base = map(path, size, make);

	snprintf(beside, sizeof(beside), "%s.ledger", path);
	ledger = map(beside, sizeof(*ledger), make);
	if (base == NULL || ledger == NULL)
		return false;
	if (make)
		table_format(base, SLOTS, secret);
	return table_open(&table, base, size) == NULL;
}

static pid_t
start(const char *program, const char *path, uint32_t me)
{
	pid_t pid = fork();

	if (pid == 0) {
		char number[16];

		snprintf(number, sizeof(number), "%u", me);
		execl(program, program, "--worker", path, number, (char *)NULL);
		_exit(127);
	}
	return pid;
}

static unsigned tests, failures;

static void
ok(bool good, const char *what, uint32_t figure)
{
	printf(
	    "%s %u - %s (%u)\n", good ? "ok" : "not ok", ++tests, what, figure);
	failures += !good;
}

/* The parent: kills and starts anew. */
static unsigned
rage(char **argv, uint32_t count, const char *const programs[2])
{
	static pid_t pids[WORKERS_MAX];
	uint64_t end = milliseconds() + (uint64_t)atoi(argv[2]) * 1000;
	unsigned seed = 1, kills = 0;

	for (uint32_t i = 0; i < count; i++)
		pids[i] = start(programs[i % 2], argv[1], i);
	while (milliseconds() < end) {
		uint32_t first = (uint32_t)rand_r(&seed) % count;

		usleep((useconds_t)(rand_r(&seed) % 8000));
		for (uint32_t i = 0; i < BATCH && i < count; i++)
			kill(pids[(first + i) % count], SIGKILL);
		for (uint32_t i = 0; i < BATCH && i < count; i++) {
			uint32_t victim = (first + i) % count;

			waitpid(pids[victim], NULL, 0);
			pids[victim] =
			    start(programs[victim % 2], argv[1], victim);
			kills++;
		}
	}
	ledger->stop = 1;
	for (uint32_t i = 0; i < count; i++) {
		int status = 0;
		bool ended = false;

		for (int ms = 0; ms < 15000 && !ended; ms += 10) {
			ended = waitpid(pids[i], &status, WNOHANG) != 0;
			usleep(ended ? 0 : 10000);
		}
		if (!ended) {
			kill(pids[i], SIGKILL);
			waitpid(pids[i], NULL, 0);
		}
		if (!ended || status != 0)
			ledger->busy++;
	}
	return kills;
}

int
main(int argc, char **argv)
{
	const char *programs[2] = {"/proc/self/exe", "/proc/self/exe"};
	uint32_t count, whole = 0;
	unsigned kills;

	if (argc == 4 && strcmp(argv[1], "--worker") == 0)
		return open_all(argv[2], false)
			   ? worker((uint32_t)atoi(argv[3]))
			   : 2;
	if (argc < 4 || argc > 5)
		return 2;
	count = (uint32_t)atoi(argv[3]);
	if (count == 0 || count > WORKERS_MAX || !open_all(argv[1], true)) {
		perror(argv[1]);
		return 2;
	}
	if (argc == 5)
		programs[1] = argv[4];
	kills = rage(argv, count, programs);
	for (uint32_t i = 0; i < SHARED; i++) {
		struct value v;

		whole += look(WORKERS_MAX, i, &v) == TABLE_FOUND;
	}
	ok(kills >= (unsigned)atoi(argv[2]), "processes were killed", kills);
	ok(ledger->changes > 1000 && ledger->lookups > 1000,
	    "changes and lookups were made", ledger->changes);
	ok(ledger->corrupt == 0, "no wrong value was ever returned",
	    ledger->corrupt);
	ok(ledger->lost == 0, "no change was lost but those in flight",
	    ledger->lost);
	ok(ledger->busy == 0, "nothing hung", ledger->busy);
	ok(ledger->slowest < 10000, "the slowest change, ms", ledger->slowest);
	ok(whole >= SHARED - ledger->doubts, "what all share is there", whole);
	printf("# %u lookups, %u records torn by a kill\n", ledger->lookups,
	    ledger->doubts);
	printf("1..%u\n", tests);
	return failures > 0;
}
