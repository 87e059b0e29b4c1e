/*
 * rules-set - the directives that set something: state, events, syslog, ports
 * and timeout
 *
 * Each may stand once in all files together.  A bad value is reported and
 * leaves the default; reading goes on.
 *
 * Async-signal-safe, thread-safe per object, fork-safe.
 */
#include "rules-line.h"

#include <string.h>

#define SLOTS_MIN 1024
#define SLOTS_MAX (1U << 23)

/* Indexes of rules.seen: the directives that stand at most once. */
enum { SEEN_STATE, SEEN_EVENTS, SEEN_SYSLOG, SEEN_PORTS, SEEN_TIMEOUT };

/* <syslog.h> has these numbers shifted, and no names without a macro that
   brings a table of its own.  kern and syslog are not for programs. */
static const struct facility {
	char name[9];
	int code;
} facilities[] = {
    {"user", 1},
    {"mail", 2},
    {"daemon", 3},
    {"auth", 4},
    {"lpr", 6},
    {"news", 7},
    {"uucp", 8},
    {"cron", 9},
    {"authpriv", 10},
    {"ftp", 11},
    {"local0", 16},
    {"local1", 17},
    {"local2", 18},
    {"local3", 19},
    {"local4", 20},
    {"local5", 21},
    {"local6", 22},
    {"local7", 23},
    {"none", RULES_FACILITY_NONE},
};

/* Marks a directive as seen; false (reported): it was seen before. */
static bool
line_once(struct rules_line *line, size_t which, const char *name)
{
	struct rules_text text;

	if (line->rules->seen[which].file == NULL) {
		line->rules->seen[which].file = line->file;
		line->rules->seen[which].line = line->number;
		return true;
	}
	rules_text_start(&text);
	rules_text_add(&text, name);
	rules_text_add(&text, " is given twice, first in ");
	rules_text_add(&text, line->rules->seen[which].file);
	rules_text_add(&text, ":");
	rules_text_number(&text, line->rules->seen[which].line);
	rules_text_add(&text, ": remove one of them");
	rules_line_say(line, RULES_ERROR, &text);
	return false;
}

/* state and events are written in different ways: one file for both would
   destroy the memory. */
static void
check_distinct(const struct rules_line *line)
{
	const struct rules *rules = line->rules;

	if (rules->state.length > 0 &&
	    rules->state.length == rules->events.length &&
	    memcmp(rules->state.bytes, rules->events.bytes,
		rules->state.length) == 0) {
		rules_line_error(line, "", rules->state,
		    " is given for state and for events: they need two "
		    "files");
	}
}

void
rules_set_state(struct rules_line *line)
{
	struct rules_word path, word, key, value;
	bool slots = false;

	if (!line_once(line, SEEN_STATE, "state"))
		return;
	if (!rules_line_word(line, &path)) {
		rules_line_plain(
		    line, "state needs a path: state PATH [slots=N]");
		return;
	}
	if (rules_line_path(line, path)) {
		line->rules->state = path;
		check_distinct(line);
	}
	while (rules_line_word(line, &word)) {
		unsigned number;

		if (!rules_line_pair(line, word, &key, &value))
			continue;
		if (!rules_word_is(key, "slots")) {
			rules_line_error(
			    line, "unknown key ", key, ": state takes slots");
		} else if (slots) {
			rules_line_error(line, "", key, " is given twice");
		} else if (!rules_word_number(
			       value, SLOTS_MIN, SLOTS_MAX, &number)) {
			rules_line_error(line, "slots=", value,
			    " is not a whole number from 1024 to 8388608");
		} else {
			line->rules->slots = number;
		}
		slots = slots || rules_word_is(key, "slots");
	}
}

void
rules_set_events(struct rules_line *line)
{
	struct rules_word path;

	if (!line_once(line, SEEN_EVENTS, "events"))
		return;
	if (!rules_line_word(line, &path)) {
		rules_line_plain(line, "events needs a path: events PATH");
		return;
	}
	if (rules_line_path(line, path)) {
		line->rules->events = path;
		check_distinct(line);
	}
	rules_line_end(line);
}

void
rules_set_syslog(struct rules_line *line)
{
	static const char allowed[] =
	    ": expected mail, daemon, user, auth, authpriv, cron, ftp, lpr, "
	    "news, uucp, local0 to local7, or none";
	struct rules_word word;

	if (!line_once(line, SEEN_SYSLOG, "syslog"))
		return;
	if (!rules_line_word(line, &word)) {
		rules_line_plain(line, "syslog needs a facility, or none");
		return;
	}
	for (size_t i = 0; i < sizeof(facilities) / sizeof(facilities[0]);
	     i++) {
		if (rules_word_is(word, facilities[i].name)) {
			line->rules->facility = facilities[i].code;
			rules_line_end(line);
			return;
		}
	}
	rules_line_error(line, "unknown syslog facility ", word, allowed);
	rules_line_end(line);
}

static bool
has_port(const struct rules *rules, unsigned port)
{
	for (size_t i = 0; i < rules->ports; i++) {
		if (rules->port[i] == port)
			return true;
	}
	return false;
}

static void
read_port(struct rules_line *line, struct rules_word word)
{
	struct rules *rules = line->rules;
	unsigned port;

	if (!rules_word_number(word, 1, 65535, &port)) {
		rules_line_error(
		    line, "port ", word, " is not a number from 1 to 65535");
	} else if (port == 465) {
		rules_line_error(line, "port ", word,
		    " is TLS from its first byte (RFC 8314): there is no "
		    "STARTTLS to fall back from; remove it");
	} else if (has_port(rules, port)) {
		rules_line_error(line, "port ", word, " is given twice");
	} else if (rules->ports == RULES_PORTS_MAX) {
		rules_line_error(
		    line, "port ", word, " is one too many: at most 16");
	} else {
		rules->port[rules->ports++] = (uint16_t)port;
	}
}

void
rules_set_ports(struct rules_line *line)
{
	struct rules_word word;

	if (!line_once(line, SEEN_PORTS, "ports"))
		return;
	line->rules->ports = 0;
	if (!rules_line_word(line, &word)) {
		rules_line_plain(line, "ports needs a port: ports N ...");
		return;
	}
	do {
		read_port(line, word);
	} while (rules_line_word(line, &word));
	if (has_port(line->rules, 587)) {
		rules_problem(line->rules, line->file, line->number,
		    RULES_WARNING,
		    "port 587 is for submission: what is sent there with a "
		    "password must not go out in the clear (RFC 8314)");
	}
}

void
rules_set_timeout(struct rules_line *line)
{
	struct rules *rules = line->rules;
	const struct {
		const char *name;
		unsigned *seconds;
	} key[] = {
	    {"stall", &rules->stall},
	    {"handshake", &rules->handshake},
	    {"reconnect", &rules->reconnect},
	};
	const size_t keys = sizeof(key) / sizeof(key[0]);
	bool given[sizeof(key) / sizeof(key[0])] = {false};
	struct rules_word word, name, value;

	if (!line_once(line, SEEN_TIMEOUT, "timeout"))
		return;
	if (!rules_line_word(line, &word)) {
		rules_line_plain(line,
		    "timeout needs a key: timeout [stall=S] [handshake=S] "
		    "[reconnect=S]");
		return;
	}
	do {
		size_t i = 0;

		if (!rules_line_pair(line, word, &name, &value))
			continue;
		while (i < keys && !rules_word_is(name, key[i].name))
			i++;
		if (i == keys) {
			rules_line_error(line, "unknown key ", name,
			    ": timeout takes stall, handshake and reconnect");
		} else if (given[i]) {
			rules_line_error(line, "", name, " is given twice");
		} else if (!rules_word_number(value, 1, 3600, key[i].seconds)) {
			rules_line_error(line, "", word,
			    " is not a whole number of seconds from 1 to "
			    "3600");
		}
		if (i < keys)
			given[i] = true;
	} while (rules_line_word(line, &word));
	if (rules->stall > rules->handshake) {
		rules_problem(rules, line->file, line->number, RULES_WARNING,
		    "stall is longer than handshake: it never ends anything");
	}
}
