/*
 * start - what the shim knows of the process it is in
 *
 * Contract: start.h.
 */
#define _GNU_SOURCE
#include "start.h"

#include "decimal.h"
#include "program.h"
#include "say.h"
#include "session.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

/* Yields that another thread waits for the one that reads the policy. */
#define PATIENCE 100000

enum { UNREAD, READING, READ, ABSENT };

static char config[4096] = STF_CONFIG_PATH;
static struct load_result policy;
static struct memory memory;
static _Atomic int policy_state = UNREAD;

/* The executable's path, with room for the kernel's " (deleted)". */
static char executable[4096];
static _Atomic(const char *) program_name;

static bool
is_secure(void)
{
	return getauxval(AT_SECURE) != 0;
}

/* Another thread was reading: in the child nobody goes on with it. */
static void
after_fork_child(void)
{
	int reading = READING;

	atomic_compare_exchange_strong(&policy_state, &reading, UNREAD);
}

void
start_constructor(void)
{
	const char *path = secure_getenv("STARTTLS_FALLBACK_CONFIG");
	size_t length = path != NULL ? strlen(path) : 0;

	if (length > 0 && length < sizeof(config))
		memcpy(config, path, length + 1);
	pthread_atfork(NULL, NULL, after_fork_child);
	session_start();
}

const char *
start_program(void)
{
	static const char deleted[] = " (deleted)";
	const char *name = program_name;
	size_t tail = sizeof(deleted) - 1;
	int saved = errno;
	ssize_t n;

	if (name != NULL)
		return name[0] != '\0' ? name : NULL;
	n = readlink("/proc/self/exe", executable, sizeof(executable) - 1);
	errno = saved;
	if (n < 0)
		n = 0;
	executable[n] = '\0';
	if ((size_t)n > tail && strcmp(executable + n - tail, deleted) == 0)
		executable[(size_t)n - tail] = '\0';
	name = strrchr(executable, '/');
	name = name != NULL ? name + 1 : executable;
	program_name = name;
	return name[0] != '\0' ? name : NULL;
}

bool
start_program_checks(void)
{
	const struct program *p = program_find(start_program());

	return p != NULL && p->checks;
}

/* The first error of an invalid policy, as "FILE:LINE: text". */
struct complaint {
	char text[512];
	size_t length;
};

static void
append(struct complaint *c, const char *s)
{
	for (; *s != '\0' && c->length < sizeof(c->text) - 1; s++)
		c->text[c->length++] = *s;
}

static void
complain(void *context, const char *file, unsigned line, enum rules_level level,
    const char *text)
{
	struct complaint *c = context;
	char digits[DECIMAL_MAX];

	if (level != RULES_ERROR || c->length > 0)
		return;
	append(c, file);
	append(c, ":");
	if (line > 0) {
		decimal(line, digits);
		append(c, digits);
		append(c, ":");
	}
	append(c, " ");
	append(c, text);
}

/* What is wrong with the memory, once the policy is there. */
static void
say_memory(const char *why)
{
	struct complaint complaint = {.text = ""};
	struct event e = {.act = "error", .text = complaint.text, .ms = -1};

	append(&complaint, policy.state);
	append(&complaint, ": ");
	append(&complaint, why);
	say(SAY_ERROR, &e);
}

static bool
read_policy(void)
{
	struct complaint complaint = {.text = ""};
	struct load_want want = {
	    .path = config,
	    .secure = is_secure(),
	    .context = &complaint,
	    .problem = complain,
	};
	enum load_outcome outcome;

	if (want.secure && program_find(start_program()) == NULL)
		return false;
	outcome = load_policy(&policy, &want);
	if (outcome != LOAD_INVALID)
		return outcome == LOAD_VALID;
	append(&complaint, " (not active in this process)");
	say_error(complaint.text);
	return false;
}

/* Returns what is wrong, or NULL. */
static const char *
map_memory(void)
{
	if (policy.state[0] == '\0')
		return NULL;
	return memory_open(&memory, policy.state, is_secure());
}

/* Signals wait: a handler that left by longjmp would leave it half read. */
static int
read_once(void)
{
	sigset_t all, before;
	int unread = UNREAD;
	const char *why = NULL;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	if (atomic_compare_exchange_strong(&policy_state, &unread, READING)) {
		bool good;

		start_program();
		good = read_policy();
		if (good)
			why = map_memory();
		atomic_store(&policy_state, good ? READ : ABSENT);
		if (why != NULL)
			say_memory(why);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	for (int i = 0; policy_state == READING && i < PATIENCE; i++)
		sched_yield();
	return policy_state;
}

const struct load_result *
start_policy(void)
{
	int state = atomic_load_explicit(&policy_state, memory_order_acquire);

	if (state == UNREAD || state == READING) {
		int saved = errno;

		state = read_once();
		errno = saved;
	}
	return state == READ ? &policy : NULL;
}

const struct memory *
start_memory(void)
{
	return start_policy() != NULL && memory.mapped ? &memory : NULL;
}

void
start_before_change(void)
{
	if (policy_state == UNREAD && program_find(start_program()) != NULL)
		start_policy();
}
