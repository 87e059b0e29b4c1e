/*
 * log - what one connection leaves behind in its listener's directory
 *
 * What cannot be written is said on standard error and lost; the server goes
 * on.  One process for each connection; conn.log is shared by O_APPEND.
 *
 * Not thread- or signal-safe.
 */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

/* "KIND.N" in the listener's directory, or "KIND.N.M" with M > 0. */
static void
make_path(char path[PATH_MAX], const struct log *log, const char *kind,
    unsigned m, const char *suffix)
{
	if (m == 0)
		(void)snprintf(path, PATH_MAX, "%s/%s.%u%s", log->dir, kind,
		    log->conn, suffix);
	else
		(void)snprintf(path, PATH_MAX, "%s/%s.%u.%u%s", log->dir, kind,
		    log->conn, m, suffix);
}

static int
open_append(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

	if (fd < 0)
		(void)fprintf(
		    stderr, "faults: %s: %s\n", path, strerror(errno));
	return fd;
}

static void
append(int fd, const void *bytes, size_t n)
{
	if (fd >= 0 && write(fd, bytes, n) != (ssize_t)n)
		(void)fprintf(stderr, "faults: log: %s\n", strerror(errno));
}

void
log_start(struct log *log, const char *dir, unsigned conn)
{
	*log = (struct log){
	    .dir = dir, .conn = conn, .clear = -1, .tls = -1, .alert = -1};
}

static void
keep_clear(struct log *log, const void *bytes, size_t n)
{
	if (log->clear < 0) {
		char path[PATH_MAX];

		make_path(path, log, "clear", 0, "");
		log->clear = open_append(path);
	}
	append(log->clear, bytes, n);
	log->clear_bytes += n;
}

static void
keep_record(struct log *log, const void *bytes, size_t n)
{
	if (!log->keep_records)
		return;
	if (log->tls < 0) {
		char path[PATH_MAX];

		make_path(path, log, "tls", 0, "");
		log->tls = open_append(path);
	}
	append(log->tls, bytes, n);
}

void
log_split(struct log *log, bool keep_records)
{
	log->splitting = true;
	log->keep_records = keep_records;
}

/* An alert in the clear is two bytes, level and description. */
static void
note_alert(struct log *log, const unsigned char *bytes, size_t n)
{
	if (log->header[0] == 21 && log->header[3] == 0 &&
	    log->header[4] == 2 && n == log->record_left && log->alert < 0 &&
	    (n == 1 || bytes[0] == 2))
		log->alert = bytes[n - 1];
}

/* The next byte of a record header; false if it can be none. */
static bool
header_byte(struct log *log, unsigned char byte)
{
	if ((log->header_have == 0 && (byte < 20 || byte > 23)) ||
	    (log->header_have == 1 && byte != 3))
		return false;
	log->header[log->header_have++] = byte;
	if (log->header_have == sizeof log->header) {
		log->record_left = (size_t)log->header[3] << 8 | log->header[4];
		keep_record(log, log->header, sizeof log->header);
		log->header_have = 0;
	}
	return true;
}

void
log_received(struct log *log, const void *from, size_t n)
{
	const unsigned char *bytes = from;

	while (n > 0 && log->splitting && !log->broken) {
		size_t step = log->record_left < n ? log->record_left : n;

		if (step > 0) {
			note_alert(log, bytes, step);
			keep_record(log, bytes, step);
			log->record_left -= step;
		} else if (header_byte(log, *bytes)) {
			step = 1;
		} else {
			log->broken = true;
			keep_clear(log, log->header, log->header_have);
		}
		bytes += step;
		n -= step;
	}
	if (n > 0)
		keep_clear(log, bytes, n);
}

void
log_line(const struct log *log, const char *line)
{
	char path[PATH_MAX];
	int fd;

	(void)snprintf(path, sizeof path, "%s/conn.log", log->dir);
	fd = open_append(path);
	append(fd, line, strlen(line));
	if (fd >= 0)
		(void)close(fd);
}

FILE *
log_mail_open(const struct log *log, unsigned m)
{
	char path[PATH_MAX];

	make_path(path, log, ".mail", m, "");
	return fopen(path, "we");
}

void
log_mail_keep(const struct log *log, unsigned m, const char *env)
{
	char part[PATH_MAX], path[PATH_MAX];
	int fd;

	make_path(path, log, "mail", m, ".env");
	fd = open_append(path);
	append(fd, env, strlen(env));
	if (fd >= 0)
		(void)close(fd);
	make_path(part, log, ".mail", m, "");
	make_path(path, log, "mail", m, "");
	if (rename(part, path) != 0)
		(void)fprintf(
		    stderr, "faults: %s: %s\n", path, strerror(errno));
}

void
log_mail_drop(const struct log *log, unsigned m)
{
	char path[PATH_MAX];

	make_path(path, log, ".mail", m, "");
	(void)unlink(path);
}
