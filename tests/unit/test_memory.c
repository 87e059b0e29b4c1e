/*
 * test_memory - the file of the memory: what is believed, and what survives
 *
 * Real files in a folder of the test's own; what root may do regardless of
 * modes is tried in a child that is not root.
 */
#define _GNU_SOURCE
#include "../../shim/memory.h"
#include "../../shim/ring.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[256], path[300];
static pid_t owner;
static const struct match_peer somebody = {.address = {1}, .port = 25};

static void
clean(void)
{
	if (getpid() != owner)
		return;
	unlink(path);
	rmdir(folder);
}

static void
start(void)
{
	static const uint8_t secret[SIPHASH_KEY] = "memory";
	const char *tmp = getenv("TMPDIR");
	size_t size = table_size(TABLE_SLOTS_MIN);
	void *area = calloc(1, size);
	FILE *file;

	snprintf(folder, sizeof(folder), "%s/stf-memory.XXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	chmod(folder, 0755);
	snprintf(path, sizeof(path), "%s/peers", folder);
	owner = getpid();
	atexit(clean);
	table_format(area, TABLE_SLOTS_MIN, secret);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(area, 1, size, file), size);
	fclose(file);
	free(area);
	chmod(path, 0660);
}

static enum table_wish
trouble(void *context, bool found, uint8_t *value, uint8_t *rank)
{
	struct peer_failure f = {.class = CLASS_TLS_ALERT,
	    .program = "smtp",
	    .shortest = 900,
	    .longest = 900};
	struct peer p;

	(void)context;
	(void)found;
	memcpy(&p, value, sizeof(p));
	peer_fail(&p, &f, memory_time());
	memcpy(value, &p, sizeof(p));
	*rank = peer_rank(&p);
	return TABLE_STORE;
}

static bool
remember(const struct memory *m)
{
	struct table_key key = memory_key(&somebody, 1, PEER_TROUBLE);

	return memory_change(m, &key, trouble, NULL);
}

static enum memory_answer
recall(const struct memory *m)
{
	struct table_key key = memory_key(&somebody, 1, PEER_TROUBLE);
	struct peer p;

	return memory_find(m, &key, &p);
}

/* Runs TEST in a child; it returns whether all was well. */
static void
in_child(bool (*test)(void))
{
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(test() ? 0 : 1);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

static struct memory m;

START_TEST(opens_stores_and_keeps_no_descriptor)
{
	int next;

	start();
	next = open("/dev/null", O_RDONLY | O_CLOEXEC);
	close(next);
	errno = 77;
	ck_assert_ptr_null(memory_open(&m, path, false));
	ck_assert_int_eq(errno, 77);
	ck_assert_int_eq(open("/dev/null", O_RDONLY | O_CLOEXEC), next);
	ck_assert(m.mapped && memory_is_writable(&m) && !memory_is_off(&m));
	ck_assert_int_eq(recall(&m), MEMORY_UNKNOWN);
	ck_assert(remember(&m));
	ck_assert_int_eq(recall(&m), MEMORY_KNOWN);
	memory_close(&m);
	ck_assert_int_eq(recall(&m), MEMORY_ABSENT);
	ck_assert(!remember(&m));
	ck_assert_ptr_null(memory_open(&m, path, false));
	ck_assert_int_eq(recall(&m), MEMORY_KNOWN);
	memory_close(&m);
}
END_TEST

static bool
closes_and_leaves(void)
{
	struct memory other;

	for (int fd = 3; fd < 256; fd++)
		close(fd);
	if (getuid() == 0 && (chroot(folder) != 0 || chdir("/") != 0))
		return false;
	if (memory_open(&other, path, false) == NULL && getuid() == 0)
		return false;
	return remember(&m);
}

START_TEST(fork_closing_and_chroot_do_not_lose_it)
{
	start();
	ck_assert_ptr_null(memory_open(&m, path, false));
	in_child(closes_and_leaves);
	ck_assert_int_eq(recall(&m), MEMORY_KNOWN);
	memory_close(&m);
}
END_TEST

static void
refused(const char *why)
{
	const char *said = memory_open(&m, path, false);

	ck_assert_ptr_nonnull(said);
	ck_assert_msg(strstr(said, why) != NULL, "%s", said);
	ck_assert(!m.mapped && recall(&m) == MEMORY_ABSENT && !remember(&m));
}

static void
overwrite(off_t at, const void *bytes, size_t n)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(pwrite(fd, bytes, n, at), (ssize_t)n);
	close(fd);
}

START_TEST(files_that_are_no_memory)
{
	size_t size = table_size(TABLE_SLOTS_MIN);
	uint8_t bytes[64] = {0};

	start();
	for (size_t i = 0; i < 70; i++) {
		ck_assert_int_eq(
		    truncate(path, (off_t)(i < 10 ? i : size / 70 * i)), 0);
		refused("it");
	}
	ck_assert_int_eq(truncate(path, (off_t)size + 4096), 0);
	refused("it");
	clean();
	start();
	overwrite(0, bytes, sizeof(bytes));
	refused("no memory");
	clean();
	start();
	overwrite(8, "\x01\x02\x03\x04", 4);
	refused("byte order");
	clean();
	start();
	overwrite(12, "\x77", 1);
	refused("version");
	clean();
	start();
	ck_assert_int_eq(truncate(path, INT64_C(1) << 40), 0);
	refused("too large");
}
END_TEST

START_TEST(files_that_are_not_to_be_believed)
{
	start();
	chmod(path, 0666);
	refused("chmod o-w");
	chmod(path, 0660);
	if (getuid() == 0) {
		ck_assert_int_eq(chown(path, 12345, 0), 0);
		refused("owner");
		ck_assert_int_eq(chown(path, 0, 0), 0);
	}
	unlink(path);
	refused("no such file");
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	refused("regular file");
	unlink(path);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	refused("");
	rmdir(path);
}
END_TEST

static bool
reads_only(void)
{
	struct table_key key = memory_key(&somebody, 1, PEER_TROUBLE);
	const char *why;

	if (getuid() == 0 && (setgid(12345) != 0 || setuid(12345) != 0))
		return false;
	why = memory_open(&m, path, false);
	return why != NULL && m.mapped && !memory_is_writable(&m) &&
	       recall(&m) == MEMORY_KNOWN &&
	       !memory_change(&m, &key, trouble, NULL);
}

START_TEST(who_may_only_read)
{
	start();
	ck_assert_ptr_null(memory_open(&m, path, false));
	ck_assert(remember(&m));
	memory_close(&m);
	chmod(path, 0444);
	in_child(reads_only);
}
END_TEST

/* A file with holes on a disk that is full: refused, not killed. */
static bool
full_disk(void)
{
	size_t size = table_size(TABLE_SLOTS_MIN);
	static char bytes[4096];
	char option[64];
	struct memory full;
	const char *why;
	int from, to;

	snprintf(option, sizeof(option), "size=%zu,mode=755", size / 2);
	if (unshare(CLONE_NEWNS) != 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
		return true; /* not root */
	from = open(path, O_RDONLY | O_CLOEXEC);
	if (mount("none", folder, "tmpfs", 0, option) != 0)
		return false;
	to = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (read(from, bytes, sizeof(bytes)) != sizeof(bytes) ||
	    write(to, bytes, sizeof(bytes)) != sizeof(bytes) ||
	    ftruncate(to, (off_t)size) != 0)
		return false;
	why = memory_open(&full, path, false);
	return why != NULL && strstr(why, "space") != NULL && !full.mapped;
}

START_TEST(a_full_disk)
{
	start();
	in_child(full_disk);
}
END_TEST

START_TEST(a_damaged_record_is_doubted_once)
{
	struct table_key key = memory_key(&somebody, 1, PEER_TROUBLE);
	size_t from = 4096 + (size_t)RING_PLACES * 1024;
	struct peer p;

	start();
	ck_assert_ptr_null(memory_open(&m, path, false));
	ck_assert(remember(&m));
	for (size_t i = from; i < m.table.size; i += 4)
		m.table.base[i] ^= m.table.base[i + 1] != 0;
	ck_assert_int_eq(memory_find(&m, &key, &p), MEMORY_DOUBT);
	ck_assert_int_eq(memory_find(&m, &key, &p), MEMORY_UNKNOWN);
	memory_close(&m);
}
END_TEST

static enum table_wish
nonsense(void *context, bool found, uint8_t *value, uint8_t *rank)
{
	(void)context;
	(void)found;
	memset(value, 0xee, TABLE_VALUE);
	*rank = 1;
	return TABLE_STORE;
}

/* Whole, but nothing that this program would write. */
START_TEST(an_impossible_record_is_doubted_once)
{
	struct table_key key = memory_key(&somebody, 1, PEER_TROUBLE);

	start();
	ck_assert_ptr_null(memory_open(&m, path, false));
	ck_assert(memory_change(&m, &key, nonsense, NULL));
	ck_assert_int_eq(recall(&m), MEMORY_DOUBT);
	ck_assert_int_eq(recall(&m), MEMORY_UNKNOWN);
	memory_close(&m);
}
END_TEST

/* Somebody who has the mapping writes what he likes into it. */
START_TEST(a_hostile_process)
{
	pid_t pid;
	int known = 0, status;

	start();
	ck_assert_ptr_null(memory_open(&m, path, false));
	pid = fork();
	if (pid == 0) {
		unsigned seed = 1;

		for (;;)
			m.table.base[(unsigned)rand_r(&seed) % m.table.size] =
			    (uint8_t)rand_r(&seed);
	}
	for (int i = 0; i < 20000; i++) {
		struct match_peer peer = {.address = {(uint8_t)i}, .port = 25};
		struct table_key key = memory_key(&peer, 1, PEER_TROUBLE);
		struct ring_event event;
		struct peer p;

		memory_change(&m, &key, trouble, NULL);
		if (memory_find(&m, &key, &p) == MEMORY_KNOWN) {
			ck_assert(peer_valid(&p));
			ck_assert_int_eq(p.class, CLASS_TLS_ALERT);
			known++;
		}
		ring_put(&m.table, "act=x", 5, 1, 1);
		ring_get(&m.table, ring_next(&m.table) - 1, &event);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	ck_assert_int_gt(known, 0);
	memory_close(&m);
}
END_TEST

START_TEST(keys)
{
	struct match_peer six = {.port = 25}, four = {.port = 25};
	struct table_key key;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	memset(six.address, 0x20, 16);
	memset(four.address, 0, 10);
	memset(four.address + 10, 0xff, 6);
	key = memory_key(&six, 9, PEER_TROUBLE);
	ck_assert_mem_eq(key.address, six.address, 16);
	key = memory_key(&six, 9, PEER_GOOD);
	ck_assert_mem_eq(key.address, six.address, 8);
	ck_assert_mem_eq(key.address + 8, "\0\0\0\0\0\0\0\0", 8);
	key = memory_key(&four, 9, PEER_GOOD);
	ck_assert_mem_eq(key.address, four.address, 16);
	ck_assert_uint_ne(memory_network(fd), 0);
	ck_assert_uint_eq(memory_network(fd), memory_network(fd));
	close(fd);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("memory");
	TCase *tcase = tcase_create("memory");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, opens_stores_and_keeps_no_descriptor);
	tcase_add_test(tcase, fork_closing_and_chroot_do_not_lose_it);
	tcase_add_test(tcase, files_that_are_no_memory);
	tcase_add_test(tcase, files_that_are_not_to_be_believed);
	tcase_add_test(tcase, who_may_only_read);
	tcase_add_test(tcase, a_full_disk);
	tcase_add_test(tcase, a_damaged_record_is_doubted_once);
	tcase_add_test(tcase, an_impossible_record_is_doubted_once);
	tcase_add_test(tcase, a_hostile_process);
	tcase_add_test(tcase, keys);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
