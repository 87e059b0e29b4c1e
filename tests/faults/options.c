/*
 * options - the parameters of a peer, by `key=value`
 *
 * One table of keys; each value is a word of a list, a number, a flag or a
 * text.  In a text `_` is a blank and `|` ends a line; a reply that is only a
 * code gets the usual words for it.  Texts live as long as the process.
 *
 * Single-threaded, not signal-safe; called before any fork.
 */
#include "options.h"

#include "raw.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum kind { KIND_WORD, KIND_NUMBER, KIND_FLAG, KIND_REPLY, KIND_TEXT };

/* Words in the order of their enum; the empty name is skipped by parsers. */
static const char *const when_words[] = {"never", "starttls", "220", "hello",
    "done", "ehlo", "mail", "rcpt", "data", "dot", "bytes", NULL};
static const char *const act_words[] = {
    "none", "fin", "close", "rst", "silent", "alert", "text", "raw", NULL};
static const char *const cert_words[] = {"rsa", "ecdsa", "rsa1024", "self",
    "expired", "future", "wrong", "big", "huge", "none", NULL};
static const char *const shape_words[] = {
    "plain", "ones", "badmac", "drip", NULL};
static const char *const second_words[] = {"plain", "refused", "banner-421",
    "banner-554", "silent", "fin", "rst", NULL};
/* As the minor number of the protocol version: 0x0301 is TLS 1.0. */
static const char *const tls_words[] = {
    "any", "1.0", "1.1", "1.2", "1.3", NULL};
static const char *const raw_words_list[] = {RAW_WORDS, NULL};

struct key {
	const char *name;
	size_t offset;
	const char *const *words; /* KIND_WORD */
	const char *about;
	enum kind kind;
	unsigned max; /* KIND_NUMBER */
};

#define FAULT(field) offsetof(struct options, fault.field)
#define SCENE(field) offsetof(struct options, scene.field)

static const struct key keys[] = {
    {"when", FAULT(when), when_words, "the fault strikes at", KIND_WORD, 0},
    {"do", FAULT(act), act_words, "the fault is", KIND_WORD, 0},
    {"alert", FAULT(alert), NULL, "for do=alert", KIND_NUMBER, 255},
    {"raw", FAULT(raw), raw_words_list, "for do=raw", KIND_WORD, 0},
    {"text", FAULT(text), NULL, "for do=text", KIND_REPLY, 0},
    {"after", FAULT(after), NULL, "bytes inside TLS, for when=bytes",
	KIND_NUMBER, 1U << 30},
    {"hello-min", FAULT(hello_min), NULL,
	"when=hello only from this size of the ClientHello on", KIND_NUMBER,
	65535},
    {"hello-max", FAULT(hello_max), NULL, "up to this", KIND_NUMBER, 65535},
    {"starttls", FAULT(starttls), NULL, "reply to STARTTLS", KIND_REPLY, 0},
    {"keyword", FAULT(keyword), NULL,
	"EHLO keyword in place of STARTTLS; empty for none", KIND_TEXT, 0},
    {"keyword-first", FAULT(keyword_first), NULL,
	"it stands in the greeting line", KIND_FLAG, 0},
    {"tls", FAULT(tls), tls_words, "the only version spoken", KIND_WORD, 0},
    {"exact", FAULT(exact), NULL,
	"tls=1.0, 1.1 or 1.2 whatever supported_versions says", KIND_FLAG, 0},
    {"cert", FAULT(cert), cert_words, "certificate", KIND_WORD, 0},
    {"dh", FAULT(dh), NULL, "DHE group: 512 or 1024", KIND_NUMBER, 1024},
    {"ciphers", FAULT(ciphers), NULL, "OpenSSL cipher list", KIND_TEXT, 0},
    {"groups", FAULT(groups), NULL, "OpenSSL group list", KIND_TEXT, 0},
    {"tickets", FAULT(tickets), NULL, "TLS 1.3 tickets", KIND_NUMBER, 16},
    {"client-cert", FAULT(client_cert), NULL, "demand one", KIND_FLAG, 0},
    {"sni-warning", FAULT(sni_warning), NULL,
	"warning alert 112, then go on (up to TLS 1.2)", KIND_FLAG, 0},
    {"shape", FAULT(shape), shape_words, "records sent", KIND_WORD, 0},
    {"drip", FAULT(drip), NULL, "seconds, shape=drip", KIND_NUMBER, 3600},
    {"bare", FAULT(bare), NULL, "no extensions inside TLS", KIND_FLAG, 0},
    {"notify", FAULT(notify), NULL, "close_notify before the end", KIND_FLAG,
	0},
    {"tls-ehlo", FAULT(tls_reply[VERB_EHLO]), NULL, "replies inside TLS",
	KIND_REPLY, 0},
    {"tls-mail", FAULT(tls_reply[VERB_MAIL]), NULL, "", KIND_REPLY, 0},
    {"tls-rcpt", FAULT(tls_reply[VERB_RCPT]), NULL, "", KIND_REPLY, 0},
    {"tls-data", FAULT(tls_reply[VERB_DATA]), NULL, "", KIND_REPLY, 0},
    {"tls-dot", FAULT(tls_reply[VERB_DOT]), NULL, "", KIND_REPLY, 0},
    {"tls-auth", FAULT(tls_reply[VERB_AUTH]), NULL, "", KIND_REPLY, 0},
    {"clear-ehlo", SCENE(clear_reply[VERB_EHLO]), NULL, "replies in the clear",
	KIND_REPLY, 0},
    {"clear-mail", SCENE(clear_reply[VERB_MAIL]), NULL, "", KIND_REPLY, 0},
    {"clear-rcpt", SCENE(clear_reply[VERB_RCPT]), NULL, "", KIND_REPLY, 0},
    {"clear-data", SCENE(clear_reply[VERB_DATA]), NULL, "", KIND_REPLY, 0},
    {"clear-dot", SCENE(clear_reply[VERB_DOT]), NULL, "", KIND_REPLY, 0},
    {"clear-auth", SCENE(clear_reply[VERB_AUTH]), NULL, "", KIND_REPLY, 0},
    {"name", SCENE(name), NULL, "host name of the peer", KIND_TEXT, 0},
    {"banner", SCENE(banner), NULL, "greeting", KIND_REPLY, 0},
    {"ehlo-bytes", SCENE(ehlo_bytes), NULL, "EHLO replies one byte at a time",
	KIND_FLAG, 0},
    {"clear-offer", SCENE(offer[0]), NULL,
	"more EHLO lines in the clear, such as AUTH_PLAIN|REQUIRETLS",
	KIND_TEXT, 0},
    {"tls-offer", SCENE(offer[1]), NULL, "and inside TLS", KIND_TEXT, 0},
    {"second", SCENE(second), second_words,
	"at the next connection after a fault", KIND_WORD, 0},
    {"refuse", SCENE(refuse), NULL, "seconds of second=refused; 0: for good",
	KIND_NUMBER, 3600},
    {"deadline", SCENE(deadline), NULL, "seconds that a connection may last",
	KIND_NUMBER, 86400},
    {"seed", SCENE(seed), NULL, "of schedule=percent:P", KIND_NUMBER, 1U << 30},
};

#define KEYS (sizeof keys / sizeof *keys)

void
options_default(struct options *options)
{
	*options = (struct options){
	    .fault = {.alert = 40,
		.keyword = "STARTTLS",
		.hello_max = 65535,
		.tickets = 2,
		.drip = 60,
		.notify = true},
	    .scene = {.name = "mx.faults.test", .deadline = 600},
	};
}

static const char *
usual_words(const char *code)
{
	static const char *const words[][2] = {
	    {"220", "Ready to start TLS"},
	    {"250", "OK"},
	    {"354", "End data with <CR><LF>.<CR><LF>"},
	    {"421", "4.3.2 Service not available, closing channel"},
	    {"450", "4.2.0 Mailbox unavailable"},
	    {"451", "4.3.0 Local error in processing"},
	    {"454", "4.7.0 TLS not available due to temporary reason"},
	    {"500", "5.5.1 Command unrecognized"},
	    {"501", "5.5.4 Syntax error in parameters"},
	    {"502", "5.5.1 Command not implemented"},
	    {"503", "5.5.1 Bad sequence of commands"},
	    {"530", "Must issue a STARTTLS command first"},
	    {"535", "5.7.8 Authentication credentials invalid"},
	    {"538", "5.7.11 Encryption required for requested authentication"},
	    {"550", "5.7.1 Relaying denied"},
	    {"554", "5.7.0 Transaction failed"},
	};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strcmp(words[i][0], code) == 0)
			return words[i][1];
	}
	return "Reply";
}

/*
 * VALUE with its blanks and line ends put in.  A reply ends with CRLF; a
 * text does not, and its lines are apart by a LF.
 */
static const char *
expand(const char *value, bool reply)
{
	const char *more = "";
	size_t length = strlen(value);
	char *text, *out;

	if (reply && length == 3 && strspn(value, "0123456789") == 3)
		more = usual_words(value);
	out = text = calloc(1, 2 * length + strlen(more) + 4);
	if (text == NULL)
		return NULL;
	for (; *value != '\0'; value++) {
		if (*value == '|' && reply)
			*out++ = '\r';
		*out = *value;
		if (*value == '_')
			*out = ' ';
		else if (*value == '|')
			*out = '\n';
		out++;
	}
	if (*more != '\0')
		out += sprintf(out, " %s", more);
	if (reply)
		(void)sprintf(out, "\r\n");
	return text;
}

static bool
parse_number(const char *value, unsigned max, unsigned *number)
{
	char *end;
	unsigned long got = strtoul(value, &end, 10);

	if (*value < '0' || *value > '9' || *end != '\0' || got > max)
		return false;
	*number = (unsigned)got;
	return true;
}

static bool
parse_word(const char *value, const char *const *words, unsigned *number)
{
	for (unsigned i = 0; words[i] != NULL; i++) {
		if (strcmp(words[i], value) == 0) {
			*number = i;
			return true;
		}
	}
	return false;
}

static bool
parse_key(struct options *options, const struct key *key, const char *value)
{
	void *field = (char *)options + key->offset;
	const char *text;
	unsigned number = 0;
	bool flag;

	switch (key->kind) {
	case KIND_WORD:
		if (!parse_word(value, key->words, &number))
			return false;
		/* Every enum here is an unsigned of this size. */
		memcpy(field, &number, sizeof number);
		return true;
	case KIND_NUMBER:
		if (!parse_number(value, key->max, &number))
			return false;
		memcpy(field, &number, sizeof number);
		return true;
	case KIND_FLAG:
		flag = strcmp(value, "yes") == 0;
		memcpy(field, &flag, sizeof flag);
		return flag || strcmp(value, "no") == 0;
	case KIND_REPLY:
	case KIND_TEXT:
		text = expand(value, key->kind == KIND_REPLY);
		memcpy(field, &text, sizeof text);
		return text != NULL;
	}
	return false;
}

/* schedule=always|first:N|percent:P|seconds:N|after:BYTES */
static bool
parse_schedule(struct options *options, const char *value)
{
	struct scene *scene = &options->scene;

	if (strcmp(value, "always") == 0) {
		scene->schedule = SCHEDULE_ALWAYS;
		return true;
	}
	if (strncmp(value, "first:", 6) == 0) {
		scene->schedule = SCHEDULE_FIRST;
		return parse_number(value + 6, 1U << 30, &scene->amount);
	}
	if (strncmp(value, "percent:", 8) == 0) {
		scene->schedule = SCHEDULE_PERCENT;
		return parse_number(value + 8, 100, &scene->amount);
	}
	if (strncmp(value, "seconds:", 8) == 0) {
		scene->schedule = SCHEDULE_SECONDS;
		return parse_number(value + 8, 86400, &scene->amount);
	}
	if (strncmp(value, "after:", 6) == 0 && options->fault.act != ACT_RAW &&
	    options->fault.act != ACT_TEXT && options->fault.act != ACT_NONE) {
		options->fault.when = WHEN_BYTES;
		return parse_number(value + 6, 1U << 30, &options->fault.after);
	}
	return false;
}

static bool
parse_pair(struct options *options, const char *name, const char *value)
{
	if (strcmp(name, "schedule") == 0)
		return parse_schedule(options, value);
	for (size_t i = 0; i < KEYS; i++) {
		if (strcmp(keys[i].name, name) == 0)
			return parse_key(options, &keys[i], value);
	}
	return false;
}

const char *
options_parse(struct options *options, char *text)
{
	static char message[256];
	char *save = NULL;

	for (char *word = strtok_r(text, " \t\n", &save); word != NULL;
	     word = strtok_r(NULL, " \t\n", &save)) {
		char *equals = strchr(word, '=');

		if (equals != NULL)
			*equals = '\0';
		if (equals == NULL || !parse_pair(options, word, equals + 1)) {
			(void)snprintf(message, sizeof message,
			    "bad option: %s%s%s", word,
			    equals == NULL ? "" : "=",
			    equals == NULL ? "" : equals + 1);
			return message;
		}
	}
	if (options->fault.dh != 0 && options->fault.dh != 512 &&
	    options->fault.dh != 1024)
		return "dh is 512 or 1024";
	if (options->fault.exact &&
	    (options->fault.tls == 0 || options->fault.tls > 3))
		return "exact needs tls=1.0, 1.1 or 1.2";
	return NULL;
}

void
options_help(FILE *file)
{
	(void)fprintf(file, "  schedule=always|first:N|percent:P|seconds:N|"
			    "after:BYTES\n");
	for (size_t i = 0; i < KEYS; i++) {
		(void)fprintf(file, "  %s=", keys[i].name);
		switch (keys[i].kind) {
		case KIND_WORD:
			for (size_t w = 0; keys[i].words[w] != NULL; w++)
				(void)fprintf(file, "%s%s", w > 0 ? "|" : "",
				    keys[i].words[w]);
			break;
		case KIND_NUMBER:
			(void)fprintf(file, "N");
			break;
		case KIND_FLAG:
			(void)fprintf(file, "yes|no");
			break;
		case KIND_REPLY:
			(void)fprintf(file, "REPLY");
			break;
		case KIND_TEXT:
			(void)fprintf(file, "TEXT");
			break;
		}
		(void)fprintf(file, "%s%s\n",
		    *keys[i].about == '\0' ? "" : "  ", keys[i].about);
	}
}
