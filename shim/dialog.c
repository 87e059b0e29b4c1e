/*
 * dialog - one SMTP session as its bytes tell it
 *
 * Contract: dialog.h.  Nothing here fails: bytes that are no SMTP lead to a
 * dialog that is not `exact`, and from such a one nothing follows.
 */
#include "dialog.h"

#include <string.h>

void
dialog_start(struct dialog *d)
{
	memset(d, 0, sizeof(*d));
	d->stage = STAGE_CONNECT;
	d->exact = true;
	record_start(&d->records);
}

void
dialog_downgrade(struct dialog *d)
{
	bool auth = d->auth;

	dialog_start(d);
	d->stage = STAGE_CLEAR;
	d->downgraded = true;
	d->auth = auth;
}

void
dialog_withhold(struct dialog *d)
{
	d->downgraded = true;
}

void
dialog_handshake_done(struct dialog *d)
{
	if (d->stage != STAGE_HANDSHAKE)
		return;
	d->handshake_done = true;
	d->stage = STAGE_EHLO_TLS;
	record_done(&d->records);
}

unsigned
dialog_read(struct dialog *d)
{
	if (d->stage != STAGE_EHLO_TLS)
		return 0;
	record_read(&d->records);
	if (!d->records.up)
		return 0;
	d->stage = STAGE_TLS;
	return DIALOG_UP;
}

static void
expect(struct dialog *d, enum smtp_verb verb)
{
	if (d->count == DIALOG_QUEUE) {
		d->lost = true;
		d->exact = false;
		return;
	}
	d->queue[(d->head + d->count) % DIALOG_QUEUE] = (uint8_t)verb;
	d->count++;
}

/* The command that the current reply answers; SMTP_OTHER where there is none
   (the banner, a 421 out of the blue). */
static enum smtp_verb
answered(const struct dialog *d)
{
	return d->count > 0 ? (enum smtp_verb)d->queue[d->head] : SMTP_OTHER;
}

/*
 * A downgrade never turns a deferral into a bounce: which refusals of VERB
 * reach the client as temporary ones.  A 5xx to EHLO is how a server that
 * knows only HELO answers, so it stays, unless it asks for TLS.
 */
static enum mask_soften
soften(const struct dialog *d, enum smtp_verb verb)
{
	if (d->lost)
		return MASK_SOFTEN_ALL;
	switch (verb) {
	case SMTP_HELO:
	case SMTP_MAIL:
	case SMTP_DATA:
		return MASK_SOFTEN_ALL;
	case SMTP_RCPT:
		return d->auth_masked ? MASK_SOFTEN_ALL : MASK_SOFTEN_POLICY;
	case SMTP_BDAT:
	case SMTP_DOT:
		return MASK_SOFTEN_POLICY;
	case SMTP_OTHER:
	case SMTP_EHLO:
	case SMTP_STARTTLS:
	case SMTP_AUTH:
	case SMTP_RSET:
	case SMTP_NOOP:
	case SMTP_QUIT:
		break;
	}
	return MASK_SOFTEN_TLS;
}

static unsigned
mask_reply(struct dialog *d, char *bytes, size_t n)
{
	enum smtp_verb verb = answered(d);
	struct mask_want want = {
	    .soften = soften(d, verb), .refuse = verb == SMTP_STARTTLS};
	unsigned edits;

	if (verb == SMTP_EHLO || d->lost)
		want.keywords = MASK_STARTTLS | MASK_AUTH | MASK_REQUIRETLS;
	edits = mask_line(&d->mask, bytes, n, &want);
	if (edits & MASK_EDIT_AUTH)
		d->auth_masked = true;
	if (edits & MASK_EDIT_STARTTLS)
		d->offered = true;
	if (edits & MASK_EDIT_REFUSED)
		d->refusing = true;
	return edits & MASK_EDIT_SOFTENED ? DIALOG_SOFTENED : 0;
}

static unsigned
answer_to_starttls(struct dialog *d, const struct smtp_reply_line *line)
{
	d->reply = line->mixed ? 0 : line->code;
	if (d->reply == 220) {
		d->stage = STAGE_HANDSHAKE;
		record_start(&d->records);
		return DIALOG_HANDSHAKE;
	}
	d->stage = STAGE_EHLO;
	d->refused = true;
	return DIALOG_REFUSED;
}

/* The last line of a reply. */
static unsigned
reply(struct dialog *d, const struct smtp_reply_line *line)
{
	enum smtp_verb verb = answered(d);
	if (d->stage == STAGE_CONNECT || d->stage == STAGE_BANNER) {
		d->stage = STAGE_EHLO;
		return 0;
	}
	if (line->code == 354 && (verb == SMTP_DATA || d->lost))
		smtp_command_data(&d->commands);
	if (d->count == 0) {
		d->exact = false;
		return 0;
	}
	d->head = (uint16_t)((d->head + 1) % DIALOG_QUEUE);
	d->count--;
	if (verb == SMTP_STARTTLS && d->stage == STAGE_STARTTLS)
		return answer_to_starttls(d, line);
	if (!d->downgraded || line->code != 250 ||
	    (verb != SMTP_EHLO && verb != SMTP_HELO))
		return 0;
	d->stage = STAGE_CLEAR;
	d->greeted = true;
	d->extended = verb == SMTP_EHLO;
	return DIALOG_GREETED;
}

static unsigned
encrypted(struct dialog *d, enum record_from from, const char *bytes, size_t n)
{
	unsigned news = 0;

	record_feed(&d->records, from, bytes, n);
	if (d->records.talked && d->stage == STAGE_HANDSHAKE) {
		d->stage = STAGE_EHLO_TLS;
		d->handshake_done = true;
		news |= DIALOG_TALKED;
	}
	if (d->records.up && d->stage != STAGE_TLS) {
		d->stage = STAGE_TLS;
		news |= DIALOG_UP;
	}
	return news;
}

static bool
is_encrypted(const struct dialog *d)
{
	return d->stage == STAGE_HANDSHAKE || d->stage == STAGE_EHLO_TLS ||
	       d->stage == STAGE_TLS;
}

unsigned
dialog_server(struct dialog *d, char *bytes, size_t n)
{
	unsigned news = 0;

	while (n > 0) {
		struct smtp_reply_line line;
		size_t used;
		bool done;

		if (is_encrypted(d))
			return news | encrypted(d, RECORD_SERVER, bytes, n);
		if (d->stage == STAGE_CONNECT)
			d->stage = STAGE_BANNER;
		if (d->stage == STAGE_STARTTLS && answered(d) == SMTP_STARTTLS)
			d->replied = true;
		used = smtp_reply_feed(&d->replies, bytes, n, &line, &done);
		if (d->downgraded)
			news |= mask_reply(d, bytes, used);
		/* What it answers, if anything, cannot be told. */
		if (d->downgraded && done && line.code == 0 && line.last)
			d->lost = true;
		if (done && line.last)
			news |= reply(d, &line);
		bytes += used;
		n -= used;
	}
	return news;
}

static unsigned
command(struct dialog *d, const struct smtp_command *c)
{
	expect(d, c->verb);
	switch (c->verb) {
	case SMTP_EHLO:
	case SMTP_HELO:
		if (d->greetings < UINT8_MAX)
			d->greetings++;
		d->exact = d->exact && d->greetings == 1;
		break;
	case SMTP_STARTTLS:
		d->exact = d->exact && d->greetings == 1 && d->count == 1 &&
			   d->stage == STAGE_EHLO;
		d->replied = false;
		if (!d->downgraded)
			d->stage = STAGE_STARTTLS;
		break;
	case SMTP_AUTH:
		d->auth = true;
		d->exact = false;
		return DIALOG_AUTHED;
	case SMTP_MAIL:
		d->exact = false;
		d->mail = true;
		return d->downgraded ? 0 : DIALOG_CLEAR;
	case SMTP_QUIT:
		d->exact = false;
		return d->downgraded ? DIALOG_LEFT : 0;
	case SMTP_OTHER:
	case SMTP_RCPT:
	case SMTP_DATA:
	case SMTP_BDAT:
	case SMTP_RSET:
	case SMTP_NOOP:
	case SMTP_DOT:
		d->exact = false;
		break;
	}
	return 0;
}

unsigned
dialog_client(struct dialog *d, const char *bytes, size_t n)
{
	unsigned news = 0;

	while (n > 0) {
		struct smtp_command c;
		size_t used;
		bool done;

		if (is_encrypted(d))
			return news | encrypted(d, RECORD_CLIENT, bytes, n);
		used = smtp_command_feed(&d->commands, bytes, n, &c, &done);
		if (done)
			news |= command(d, &c);
		bytes += used;
		n -= used;
	}
	return news;
}

void
dialog_look_start(struct dialog_look *look, const struct dialog *d)
{
	look->commands = d->commands;
	look->seen = 0;
	look->end = look->length = 0;
}

enum dialog_forbidden
dialog_look(struct dialog_look *look, const char *bytes, size_t n)
{
	while (n > 0 && look->end == 0) {
		struct smtp_command c;
		bool done;
		size_t before = look->commands.column;
		size_t used =
		    smtp_command_feed(&look->commands, bytes, n, &c, &done);

		bytes += used;
		n -= used;
		look->seen += used;
		if (!done)
			continue;
		if (c.verb == SMTP_STARTTLS) {
			look->end = look->seen;
			look->length = before + used;
		}
		if (c.verb == SMTP_AUTH)
			return DIALOG_AUTH;
		if (c.verb == SMTP_MAIL && c.requiretls)
			return DIALOG_REQUIRETLS;
	}
	return DIALOG_ALLOWED;
}

/* A short write may have sent the start of the line already. */
size_t
dialog_look_tail(const struct dialog_look *look)
{
	size_t line = look->commands.column;

	if (!smtp_command_may_be(&look->commands, SMTP_AUTH) &&
	    !smtp_command_may_be(&look->commands, SMTP_MAIL) &&
	    !smtp_command_may_be(&look->commands, SMTP_STARTTLS))
		return 0;
	return line < look->seen ? line : look->seen;
}
