/*
 * starttls-fallback - the command-line tool: finds the subcommand
 *
 * Subcommands stand in one table with their usage; each has a file of its
 * own.  Exit status: 0 done, 1 the answer is no, 2 usage.  Standard output
 * that cannot be written (a full disk) is a failure as well.
 *
 * Single-threaded.
 */
#include "tool.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* `run` is the launcher's own: a script, since all that it does is to set the
   scene for another program. */
static enum tool_status
tool_run(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	fputs("starttls-fallback: run belongs to the launcher: call "
	      "bin/starttls-fallback\n",
	    stderr);
	return TOOL_NO;
}

static const struct subcommand {
	const char *name;
	const char *arguments;
	const char *does;
	enum tool_status (*run)(int, char **);
} subcommands[] = {
    {"run", "[-c FILE] -- COMMAND [ARG]...", "starts COMMAND under the shim",
	tool_run},
    {"check", "[FILE]", "reports what is wrong with a policy file", tool_check},
    {"explain", "PEER", "what would happen to PEER now, and why", tool_explain},
    {"peers", "[--json]", "lists what is remembered", tool_peers},
    {"forget", "PEER|--all", "erases what is remembered", tool_forget},
    {"events", "[--follow] [--json]", "shows the last events", tool_events},
    {"export", "[FILE]", "writes what is remembered as text", tool_export},
    {"import", "[--here] [FILE]", "adds such text to what is remembered",
	tool_import},
    {"off", "", "leaves all new sessions alone, at once", tool_off},
    {"on", "", "ends that", tool_on},
    {"state", "[-g GROUP]", "makes the file of the memory", tool_state},
    {"prepare", "LIBRARY PROGRAM", "what run has to do first for PROGRAM",
	tool_prepare},
};

#define SUBCOMMANDS (sizeof(subcommands) / sizeof(subcommands[0]))

const char *
tool_config_path(void)
{
	const char *path = getenv("STARTTLS_FALLBACK_CONFIG");

	return path != NULL && path[0] != '\0' ? path : STF_CONFIG_PATH;
}

enum tool_status
tool_refuse(const char *format, ...)
{
	va_list list;

	fputs("starttls-fallback: ", stderr);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fputc('\n', stderr);
	return TOOL_NO;
}

static bool
is_option(const char *word, const struct tool_option *options, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(word, options[i].name) == 0) {
			*options[i].given = true;
			return true;
		}
	}
	return false;
}

int
tool_options(
    int argc, char **argv, const struct tool_option *options, size_t count)
{
	int at = 1;

	for (; at < argc && argv[at][0] == '-' && argv[at][1] != '\0'; at++) {
		if (strcmp(argv[at], "--") == 0)
			return at + 1;
		if (!is_option(argv[at], options, count))
			return -1;
	}
	return at;
}

static void
print_line(FILE *to, const char *lead, const struct subcommand *s)
{
	fprintf(to, "%sstarttls-fallback %s%s%s\n", lead, s->name,
	    s->arguments[0] != '\0' ? " " : "", s->arguments);
}

static void
print_usage(FILE *to)
{
	for (size_t i = 0; i < SUBCOMMANDS; i++)
		print_line(to, i == 0 ? "usage: " : "       ", &subcommands[i]);
	fputs("       starttls-fallback --help | --version\n", to);
}

static void
print_help(void)
{
	print_usage(stdout);
	putchar('\n');
	for (size_t i = 0; i < SUBCOMMANDS; i++) {
		printf("  %-8s %s\n", subcommands[i].name, subcommands[i].does);
	}
	printf("\nThe policy file is %s unless FILE or the environment\n"
	       "variable STARTTLS_FALLBACK_CONFIG names another.\n",
	    STF_CONFIG_PATH);
}

static enum tool_status
run(const struct subcommand *s, int argc, char **argv)
{
	enum tool_status status;

	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		print_line(stdout, "usage: ", s);
		return TOOL_DONE;
	}
	status = s->run(argc, argv);
	if (status == TOOL_USAGE)
		print_line(stderr, "usage: ", s);
	return status;
}

static enum tool_status
answer(int argc, char **argv)
{
	if (argc < 2) {
		print_usage(stderr);
		return TOOL_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0) {
		print_help();
		return TOOL_DONE;
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts("starttls-fallback " STF_VERSION);
		return TOOL_DONE;
	}
	for (size_t i = 0; i < SUBCOMMANDS; i++) {
		if (strcmp(argv[1], subcommands[i].name) == 0)
			return run(&subcommands[i], argc - 1, argv + 1);
	}
	fprintf(
	    stderr, "starttls-fallback: unknown subcommand \"%s\"\n", argv[1]);
	print_usage(stderr);
	return TOOL_USAGE;
}

int
main(int argc, char **argv)
{
	enum tool_status status = answer(argc, argv);

	if (fflush(stdout) != 0 || ferror(stdout)) {
		perror("starttls-fallback: standard output");
		return TOOL_NO;
	}
	return (int)status;
}
