/*
 * out - what a host sends in a session that was downgraded
 *
 * Contract: out.h.
 */
#define _GNU_SOURCE
#include "out.h"

#include "real.h"
#include "session.h"

#include <errno.h>
#include <string.h>

/* More pieces than this are sent by the next call: a short write is legal. */
#define PIECES 16

/* The data of one call: what waited, then the host's pieces. */
struct load {
	struct iovec piece[PIECES + 1];
	size_t pieces;
	size_t waited;		/* bytes of piece[0] */
	size_t total;		/* bytes of all pieces */
	size_t tail;		/* bytes at the end that have to wait */
	size_t disguise;	/* length of its last line, which is STARTTLS */
	char kept[SESSION_OUT]; /* what piece[0] points at */
};

static void
gather(struct load *l, const struct session *s, const struct iovec *vector,
    size_t count)
{
	l->waited = s->out_length;
	memcpy(l->kept, s->out, l->waited);
	l->piece[0] = (struct iovec){l->kept, l->waited};
	l->pieces = 1;
	l->total = l->waited;
	for (size_t i = 0; i < count && l->pieces <= PIECES; i++) {
		if (vector[i].iov_len == 0)
			continue;
		l->piece[l->pieces++] = vector[i];
		l->total += vector[i].iov_len;
	}
}

/* Copies the last N bytes of the load to TO. */
static void
copy_tail(const struct load *l, char *to, size_t n)
{
	for (size_t i = l->pieces; i > 0 && n > 0; i--) {
		const struct iovec *p = &l->piece[i - 1];
		size_t part = p->iov_len < n ? p->iov_len : n;

		n -= part;
		memcpy(to + n, (const char *)p->iov_base + p->iov_len - part,
		    part);
	}
}

/* Cuts the load to its first N bytes. */
static void
cut(struct load *l, size_t n)
{
	for (size_t i = 0; i < l->pieces; i++) {
		if (l->piece[i].iov_len > n)
			l->piece[i].iov_len = n;
		n -= l->piece[i].iov_len;
	}
}

static enum dialog_forbidden
look(struct load *l, const struct session *s)
{
	struct dialog_look look;
	enum dialog_forbidden forbidden = DIALOG_ALLOWED;

	dialog_look_start(&look, &s->dialog);
	for (size_t i = 0; i < l->pieces && forbidden == DIALOG_ALLOWED; i++)
		forbidden = dialog_look(
		    &look, l->piece[i].iov_base, l->piece[i].iov_len);
	l->tail = look.end > 0 ? 0 : dialog_look_tail(&look);
	l->disguise = look.length;
	if (look.end == 0)
		return forbidden;
	/* What comes before it goes first where both are too much at once. */
	l->total = look.end;
	if (l->total > SESSION_OUT && look.length >= l->total)
		l->tail = SESSION_OUT + 1; /* no STARTTLS is so long */
	else if (l->total > SESSION_OUT) {
		l->total -= look.length;
		l->disguise = 0;
	}
	cut(l, l->total);
	return forbidden;
}

/* The whole load in one piece, its STARTTLS overwritten.  The verb may have
   left in part by then. */
static struct iovec
disguise(const struct load *l, char line[SESSION_OUT])
{
	static const char noop[] = "NOOP    ";
	size_t verb = sizeof(noop) - 1;
	size_t left = l->disguise > l->total ? l->disguise - l->total : 0;
	size_t start = l->total + left - l->disguise;

	copy_tail(l, line, l->total);
	if (left < verb)
		memcpy(line + start, noop + left, verb - left);
	return (struct iovec){line, l->total};
}

/* Breaks the connection; the line in question has not left. */
static void
refuse(int fd, struct session *s, enum guard guard)
{
	struct decision d = {ACT_DECLINE, s->method, guard};

	session_say(s, &d, STAGE_CLEAR, s->class.name, -1);
	if (guard == GUARD_AUTH)
		session_remember_auth(s);
	s->dead = true;
	s->end = END_RESET;
	s->out_length = 0;
	real.shutdown(fd, SHUT_RDWR);
}

/* N bytes of the load were sent.  Returns the host's answer. */
static ssize_t
commit(struct session *s, const struct load *l, size_t n, size_t wanted)
{
	size_t left = n;
	unsigned news = 0;

	for (size_t i = 0; i < l->pieces && left > 0; i++) {
		size_t part = l->piece[i].iov_len;

		if (part > left)
			part = left;
		news |= dialog_client(&s->dialog, l->piece[i].iov_base, part);
		left -= part;
	}
	session_heed(s, news);
	if (n < l->waited) {
		s->out_length = (uint16_t)(l->waited - n);
		memmove(s->out, s->out + n, s->out_length);
		return -1;
	}
	s->out_length = 0;
	if (n < wanted)
		return n > l->waited ? (ssize_t)(n - l->waited) : -1;
	return (ssize_t)(l->total - l->waited);
}

static ssize_t
send_load(int fd, struct load *l, int flags)
{
	size_t wanted = l->total - l->tail;
	struct msghdr message = {.msg_iov = l->piece, .msg_iovlen = l->pieces};
	char tail[SESSION_OUT], line[SESSION_OUT];
	struct iovec piece;
	struct session *s;
	ssize_t n = 0;
	ssize_t answer;

	copy_tail(l, tail, l->tail);
	cut(l, wanted);
	if (l->disguise > 0) {
		piece = disguise(l, line);
		message.msg_iov = &piece;
		message.msg_iovlen = 1;
	}
	if (wanted > 0)
		n = real.sendmsg(fd, &message, flags);
	if (n < 0)
		return -1;
	s = session_hold(fd);
	if (s == NULL) {
		errno = ECONNRESET;
		return -1;
	}
	/* What waits is always the start of an unfinished line: the tail has
	   all of it, or the line was finished and the tail has none of it. */
	answer = wanted == 0 ? (ssize_t)(l->total - l->waited)
			     : commit(s, l, (size_t)n, wanted);
	if (answer < 0)
		errno = EAGAIN;
	else if ((size_t)n == wanted) {
		memcpy(s->out, tail, l->tail);
		s->out_length = (uint16_t)l->tail;
	}
	session_release(s);
	return answer;
}

bool
out_send(int fd, const struct iovec *vector, size_t count, int flags,
    ssize_t *answer)
{
	struct session *s = session_hold(fd);
	struct load l;
	enum dialog_forbidden forbidden;

	if (s == NULL)
		return false;
	if (!s->dead && !s->dialog.downgraded) {
		session_release(s);
		return false;
	}
	*answer = -1;
	if (s->dead) {
		session_release(s);
		errno = EPIPE;
		return true;
	}
	gather(&l, s, vector, count);
	forbidden = look(&l, s);
	if (forbidden != DIALOG_ALLOWED || l.tail > SESSION_OUT) {
		refuse(fd, s,
		    forbidden == DIALOG_REQUIRETLS ? GUARD_REQUIRETLS
						   : GUARD_AUTH);
		session_release(s);
		errno = ECONNRESET;
		return true;
	}
	session_release(s);
	*answer = send_load(fd, &l, flags);
	return true;
}
