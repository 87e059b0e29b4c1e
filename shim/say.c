/*
 * say - events to syslog and to the events file
 *
 * Contract: say.h.
 */
#define _GNU_SOURCE
#include "say.h"

#include "clock.h"
#include "real.h"
#include "ring.h"
#include "start.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define TAG	      "starttls-fallback: "
#define FACILITY_MAIL 2

/* "<22>starttls-fallback: act=..."; the receiver adds time and host. */
static void
to_syslog(int facility, enum say_level level, const struct event *e)
{
	static const struct sockaddr_un log = {
	    .sun_family = AF_UNIX, .sun_path = "/dev/log"};
	char datagram[EVENT_MAX + sizeof("<999>" TAG)];
	unsigned priority = (unsigned)facility * 8 + (unsigned)level;
	size_t length = 0;
	int fd;

	datagram[length++] = '<';
	if (priority >= 100)
		datagram[length++] = (char)('0' + priority / 100);
	if (priority >= 10)
		datagram[length++] = (char)('0' + priority / 10 % 10);
	datagram[length++] = (char)('0' + priority % 10);
	datagram[length++] = '>';
	memcpy(datagram + length, TAG, sizeof(TAG) - 1);
	length += sizeof(TAG) - 1;
	length += event_text(e, datagram + length);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	real.sendto(fd, datagram, length, MSG_NOSIGNAL | MSG_DONTWAIT,
	    (const struct sockaddr *)&log, sizeof(log));
	real.close(fd);
}

/* A write beyond the process's limit for files would kill it (SIGXFSZ), as one
   to a pipe that nobody reads would. */
static bool
has_room(int fd, size_t length)
{
	struct stat status;
	struct rlimit limit;

	if (syscall(SYS_fstat, fd, &status) != 0 || !S_ISREG(status.st_mode) ||
	    getrlimit(RLIMIT_FSIZE, &limit) != 0)
		return false;
	return limit.rlim_cur == RLIM_INFINITY ||
	       (uint64_t)status.st_size + length < limit.rlim_cur;
}

/* One write, so that lines of several processes do not mix. */
static void
to_file(const char *path, const struct event *e)
{
	char line[EVENT_MAX];
	size_t length = event_json(e, line);
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY |
				O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return;
	if (has_room(fd, length) && real.write(fd, line, length) < 0)
		errno = 0; /* nobody to tell; the caller's errno comes back */
	real.close(fd);
}

/* The ring reaches out of a chroot. */
static void
to_ring(const struct event *e)
{
	const struct memory *m = start_memory();
	char text[EVENT_MAX];
	size_t length;

	if (!memory_is_writable(m))
		return;
	length = event_text(e, text);
	ring_put(&m->table, text, length, e->time, (uint32_t)e->pid);
}

static void
fill(struct event *e)
{
	e->program = start_program();
	e->time = clock_wall();
	e->pid = getpid();
}

void
say(enum say_level level, struct event *e)
{
	int saved = errno;
	const struct load_result *policy = start_policy();

	fill(e);
	if (policy != NULL && policy->rules.facility != RULES_FACILITY_NONE)
		to_syslog(policy->rules.facility, level, e);
	if (policy != NULL && policy->events[0] != '\0')
		to_file(policy->events, e);
	to_ring(e);
	errno = saved;
}

void
say_error(const char *text)
{
	int saved = errno;
	struct event e = {.act = "error", .text = text, .ms = -1};

	fill(&e);
	to_syslog(FACILITY_MAIL, SAY_ERROR, &e);
	errno = saved;
}
