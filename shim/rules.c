/*
 * rules - the text of a policy file turned into rules, or into errors
 *
 * Lines, and what includes them; the directives are in rules-set.c and
 * rules-peer.c, the words of a line in rules-line.c.
 * Never stops at a problem: each is reported through the caller and counted,
 * and the policy is good if `errors` is 0 at the end.  Never opens a file,
 * allocates, or keeps state outside the object.
 *
 * Async-signal-safe, thread-safe per object, fork-safe.
 */
#include "rules.h"
#include "match.h"
#include "rules-line.h"

#include <string.h>

void
rules_problem(struct rules *rules, const char *file, unsigned line,
    enum rules_level level, const char *text)
{
	if (level == RULES_ERROR)
		rules->errors++;
	else
		rules->warnings++;
	if (rules->caller != NULL && rules->caller->problem != NULL) {
		rules->caller->problem(
		    rules->caller->context, file, line, level, text);
	}
}

/* Wildcards other than * and ? are refused, so that nobody believes they
   work; and only the last part of the path has any. */
static void
read_include(struct rules_line *line)
{
	const struct rules_caller *caller = line->rules->caller;
	struct rules_word pattern;
	bool wild = false;

	if (!rules_line_word(line, &pattern)) {
		rules_line_plain(line, "include needs a path: include PATH");
		return;
	}
	rules_line_end(line);
	if (!rules_line_path(line, pattern))
		return;
	for (size_t i = 0; i < pattern.length; i++) {
		char c = pattern.bytes[i];

		if (c == '[' || c == ']' || c == '{' || c == '}' || c == '\\') {
			rules_line_error(line, "", pattern,
			    " has a wildcard that is none here: use * and ?");
			return;
		}
		if (c == '/' && wild) {
			rules_line_error(line, "", pattern,
			    " has a wildcard in a directory's name: only the "
			    "file's name may have one");
			return;
		}
		wild = wild || c == '*' || c == '?';
	}
	if (line->depth == RULES_INCLUDE_DEPTH) {
		rules_line_error(line, "", pattern,
		    " is included more than 8 deep: does a file include "
		    "itself?");
		return;
	}
	if (caller == NULL || caller->include == NULL) {
		rules_line_plain(line, "include is not possible here");
		return;
	}
	caller->include(caller->context, line->rules, pattern, line->depth + 1,
	    line->file, line->number);
}

/* Everything that is wrong with a line as text; false: do not read it. */
static bool
check_text(struct rules_line line)
{
	size_t length = (size_t)(line.end - line.at);
	struct rules_word word;

	if (length == 0)
		return true;
	if (memchr(line.at, '\0', length) != NULL) {
		rules_line_plain(&line,
		    "the line has a NUL byte: this is no text file, or one "
		    "in UTF-16; save it as plain text");
		return false;
	}
	if (memchr(line.at, '\r', length) != NULL) {
		rules_line_plain(&line,
		    "the line has a carriage return in it: lines end with LF "
		    "or CRLF");
		return false;
	}
	if (line.number == 1 && length >= 3 &&
	    memcmp(line.at, "\xef\xbb\xbf", 3) == 0) {
		rules_line_plain(&line,
		    "the file begins with a byte order mark: save it without "
		    "one");
		return false;
	}
	while (rules_line_word(&line, &word)) {
		if (word.length > RULES_WORD_MAX) {
			rules_line_error(&line, "", word,
			    " is too long: a word has at most 511 bytes");
			return false;
		}
		for (size_t i = 0; i < word.length; i++) {
			unsigned char c = (unsigned char)word.bytes[i];

			if (c < ' ' || c == 0x7f) {
				rules_line_error(&line, "", word,
				    " has a control character in it: remove "
				    "it");
				return false;
			}
		}
	}
	return true;
}

static void
read_line(struct rules_line *line)
{
	static const struct {
		const char *name;
		void (*read)(struct rules_line *);
	} directives[] = {
	    {"peer", rules_peer_read},
	    {"include", read_include},
	    {"state", rules_set_state},
	    {"events", rules_set_events},
	    {"syslog", rules_set_syslog},
	    {"ports", rules_set_ports},
	    {"timeout", rules_set_timeout},
	};
	struct rules_word word;

	if (!check_text(*line) || !rules_line_word(line, &word))
		return;
	for (size_t i = 0; i < sizeof(directives) / sizeof(directives[0]);
	     i++) {
		if (rules_word_is(word, directives[i].name)) {
			directives[i].read(line);
			return;
		}
	}
	rules_line_error(line, "unknown directive ", word,
	    ": expected peer, include, state, events, syslog, ports or "
	    "timeout");
}

void
rules_start(struct rules *rules, struct rule *rule, size_t room,
    const struct rules_caller *caller)
{
	memset(rules, 0, sizeof *rules);
	rules->rule = rule;
	rules->room = room;
	rules->caller = caller;
	rules->slots = 65536;
	rules->facility = 2;
	rules->port[0] = 25;
	rules->ports = 1;
	rules->stall = 15;
	rules->handshake = 120;
	rules->reconnect = 30;
}

void
rules_read(struct rules *rules, const char *file, const char *text,
    size_t length, unsigned depth)
{
	struct rules_line line = {
	    .rules = rules,
	    .file = file,
	    .depth = depth,
	};

	while (length > 0) {
		const char *newline = memchr(text, '\n', length);
		size_t n = newline == NULL ? length : (size_t)(newline - text);
		size_t next = newline == NULL ? n : n + 1;

		line.number++;
		line.at = text;
		line.end = text + n;
		if (n > 0 && text[n - 1] == '\r')
			line.end--;
		read_line(&line);
		text += next;
		length -= next;
	}
}

/* Every peer that LATER matches, EARLIER matches too. */
static bool
covers(const struct rule *earlier, const struct rule *later)
{
	if (earlier->pattern == PATTERN_ANY)
		return true;
	return later->pattern == PATTERN_NETWORK &&
	       earlier->bits <= later->bits &&
	       match_pattern(earlier, later->address);
}

void
rules_finish(struct rules *rules)
{
	for (size_t i = 1; i < rules->count; i++) {
		const struct rule *later = &rules->rule[i], *earlier;
		struct rules_text text;
		size_t j = 0;

		while (j < i && !covers(&rules->rule[j], later))
			j++;
		if (j == i)
			continue;
		earlier = &rules->rule[j];
		rules_text_start(&text);
		rules_text_add(&text, "this rule never matches: ");
		rules_text_add(&text, earlier->file);
		rules_text_add(&text, ":");
		rules_text_number(&text, earlier->line);
		rules_text_add(&text,
		    " matches all of it before; move this rule up, or remove "
		    "it");
		rules_problem(
		    rules, later->file, later->line, RULES_WARNING, text.bytes);
	}
}
