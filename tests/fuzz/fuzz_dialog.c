/*
 * fuzz_dialog - a session of any bytes, in any order and fragmentation
 *
 * The input is a row of turns: a byte whose low two bits say who (0 client, 1
 * server, 2 the session is downgraded, 3 the TLS library reports success) and
 * whose others say how many bytes follow.  Oracles: what the client sent stays
 * as it is; of a session that was not downgraded, so does what the server sent;
 * in one that was, only letters and digits change that may, no keyword
 * survives in a 250 that answers EHLO and no 5xx answers MAIL; and looking ahead
 * at what the client sends finds exactly the lines that the dialog finds.
 */
#include "../../shim/dialog.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool condition)
{
	if (!condition)
		abort();
}

/* FROM may be changed to TO, in an answer to VERB. */
static bool
allowed(char from, char to, enum smtp_verb verb)
{
	if (verb == SMTP_STARTTLS && from >= '0' && from <= '9' &&
	    (to == '4' || to == '5'))
		return true;
	switch (from) {
	case '5':
		return to == '4';
	case 'S':
	case 'H':
		return to == 'X';
	case 's':
	case 'h':
		return to == 'x';
	default:
		return false;
	}
}

/* What the client of a downgraded session makes of it: a reader of its own for
   the edited bytes, beside the dialog. */
struct client {
	struct smtp_replies replies;
	bool within;	     /* a reply has begun ... */
	enum smtp_verb verb; /* ... when this was to be answered */
};

/* A line as the client sees it, in answer to VERB. */
static void
judge(const struct smtp_reply_line *line, enum smtp_verb verb)
{
	if (verb == SMTP_EHLO && line->code == 250)
		require(!line->starttls && !line->auth && !line->requiretls);
	/* The first line with a 5xx decides for all of a reply. */
	if (verb == SMTP_EHLO && !line->mixed)
		require(line->code != 530 && line->code != 538);
	/* A STARTTLS that left as NOOP never succeeds. */
	if (verb == SMTP_STARTTLS)
		require(line->code == 0 || line->code / 100 == 4);
	if (verb == SMTP_MAIL || verb == SMTP_DATA || verb == SMTP_HELO)
		require(line->code < 500);
}

static bool
is_encrypted(const struct dialog *d)
{
	return d->stage == STAGE_HANDSHAKE || d->stage == STAGE_EHLO_TLS ||
	       d->stage == STAGE_TLS;
}

/* Line by line, so that the command that is answered is known for each. */
static void
server(struct dialog *d, struct client *client, char *bytes, size_t n)
{
	while (n > 0) {
		char *end = memchr(bytes, '\n', n);
		size_t length = end != NULL ? (size_t)(end - bytes) + 1 : n;
		char *copy = malloc(length);
		enum smtp_verb verb = d->count > 0
					  ? (enum smtp_verb)d->queue[d->head]
					  : SMTP_OTHER;
		struct smtp_reply_line line;
		bool down = d->downgraded && !is_encrypted(d);
		bool done = false;

		require(copy != NULL);
		if (!client->within)
			client->verb = verb;
		client->within = true;
		memcpy(copy, bytes, length);
		dialog_server(d, copy, length);
		for (size_t i = 0; i < length; i++)
			require(copy[i] == bytes[i] ||
				(down && allowed(bytes[i], copy[i], verb)));
		if (down) {
			require(smtp_reply_feed(&client->replies, copy, length,
				    &line, &done) == length);
			/* What begins before its command is sent answers
			   nothing. */
			if (done && client->verb == verb)
				judge(&line, verb);
			if (done && line.last)
				client->within = false;
		}
		free(copy);
		bytes += length;
		n -= length;
	}
}

/* Looking ahead and then taking part must agree on every forbidden line. */
static bool
client_sends(struct dialog *d, const char *bytes, size_t n)
{
	struct dialog_look look;
	struct smtp_commands commands = d->commands;
	enum dialog_forbidden forbidden;
	bool found = false;
	size_t tail;

	dialog_look_start(&look, d);
	forbidden = dialog_look(&look, bytes, n);
	tail = dialog_look_tail(&look);
	for (size_t at = 0; at < n && !found;) {
		struct smtp_command c;
		bool done;

		at +=
		    smtp_command_feed(&commands, bytes + at, n - at, &c, &done);
		found = done && (c.verb == SMTP_AUTH ||
				    (c.verb == SMTP_MAIL && c.requiretls));
		/* Looking ends there. */
		if (done && c.verb == SMTP_STARTTLS) {
			require(look.end == at && look.length >= 9);
			n = at;
			tail = 0;
		}
	}
	require(found == (forbidden != DIALOG_ALLOWED));
	if (found && d->downgraded)
		return false;
	require(found || tail <= n);
	if (tail > 0 && !found)
		require(memchr(bytes + n - tail, '\n', tail) == NULL);
	dialog_client(d, bytes, n);
	return true;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dialog d;
	struct client client = {0};

	dialog_start(&d);
	while (size > 0) {
		unsigned who = data[0] & 3;
		bool other = (data[0] & 4) != 0;
		size_t n = data[0] >> 2;
		char *copy;

		data++;
		size--;
		if (who >= 2)
			n = 0;
		if (n > size)
			n = size;
		copy = malloc(n + 1);
		require(copy != NULL);
		memcpy(copy, data, n);
		data += n;
		size -= n;
		if (who == 1) {
			server(&d, &client, copy, n);
		} else if (who == 2 && other) {
			/* STARTTLS is withheld from the start or not at all */
			if (d.stage == STAGE_CONNECT)
				dialog_withhold(&d);
		} else if (who == 3 && other) {
			dialog_read(&d);
		} else if (who == 2) {
			dialog_downgrade(&d);
			client = (struct client){0};
			require(d.downgraded && d.stage == STAGE_CLEAR &&
				d.count == 0);
		} else if (who == 3) {
			dialog_handshake_done(&d);
		} else if (!client_sends(&d, copy, n)) {
			free(copy);
			return 0;
		}
		free(copy);
		require(d.count <= DIALOG_QUEUE && d.head < DIALOG_QUEUE);
		require(!d.downgraded || !is_encrypted(&d));
		require(d.stage != STAGE_TLS || d.records.up);
	}
	return 0;
}
