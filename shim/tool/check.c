/*
 * check - reports what is wrong with a policy file
 *
 * Each problem is a line `FILE:LINE: error|warning: text` on standard error
 * (without LINE where the file as a whole is meant); a summary goes to
 * standard output.  Warnings do not make a policy invalid.
 *
 * Reads as this user: a process of another user may be refused a file that
 * is accepted here, and the other way round.
 *
 * Single-threaded.
 */
#include "../load.h"
#include "tool.h"

#include <stdio.h>
#include <string.h>

void
tool_problem(void *context, const char *file, unsigned line,
    enum rules_level level, const char *text)
{
	const char *word = level == RULES_ERROR ? "error" : "warning";

	(void)context;
	if (line == 0)
		fprintf(stderr, "%s: %s: %s\n", file, word, text);
	else
		fprintf(stderr, "%s:%u: %s: %s\n", file, line, word, text);
}

static const char *
plural(size_t n)
{
	return n == 1 ? "" : "s";
}

enum tool_status
tool_check(int argc, char **argv)
{
	struct load_want want = {.warn = true, .problem = tool_problem};
	struct load_result result;
	enum tool_status status = TOOL_NO;

	if (argc > 1 && strcmp(argv[1], "--") == 0) {
		argc--;
		argv++;
	} else if (argc > 1 && argv[1][0] == '-') {
		return TOOL_USAGE;
	}
	if (argc > 2)
		return TOOL_USAGE;
	want.path = argc == 2 ? argv[1] : tool_config_path();

	switch (load_policy(&result, &want)) {
	case LOAD_VALID:
		printf("%s: %zu rule%s, valid\n", want.path, result.rules.count,
		    plural(result.rules.count));
		status = TOOL_DONE;
		break;
	case LOAD_ABSENT:
		tool_problem(
		    NULL, want.path, 0, RULES_ERROR, "there is no such file");
		result.rules.errors = 1;
		/* FALLTHROUGH */
	case LOAD_INVALID:
		printf("%s: %u error%s\n", want.path, result.rules.errors,
		    plural(result.rules.errors));
		break;
	}
	load_free(&result);
	return status;
}
