/*
 * tool - what the subcommands of starttls-fallback have in common
 *
 * An ordinary program on top of the core: libc is used freely, errors go to
 * standard error, and the exit status is one of enum tool_status.
 */
#ifndef SHIM_TOOL_TOOL_H
#define SHIM_TOOL_TOOL_H

#ifndef STF_CONFIG_PATH
#define STF_CONFIG_PATH "/etc/starttls-fallback.conf"
#endif
#ifndef STF_VERSION
#define STF_VERSION "unknown"
#endif

#include "../load.h"

#include <stdbool.h>

enum tool_status {
	TOOL_DONE = 0,
	TOOL_NO = 1, /* the answer is no, or could not be had */
	TOOL_USAGE = 2,
};

/* The policy file where none is named: STARTTLS_FALLBACK_CONFIG if that is
   set and not empty, else the path that was compiled in. */
const char *tool_config_path(void);

/* Prints `FILE:LINE: error|warning: text` to standard error; for load.h. */
void tool_problem(void *context, const char *file, unsigned line,
    enum rules_level, const char *text);

/* Says on standard error why the answer is no, and returns that. */
__attribute__((format(printf, 1, 2))) enum tool_status tool_refuse(
    const char *format, ...);

/* Reads the policy.  False: it was said why not.  The caller calls
   load_free() in any case. */
bool tool_policy(struct load_result *);

/* The options of a subcommand, each a word that is there or not. */
struct tool_option {
	const char *name; /* "--json" */
	bool *given;
};

/* Reads them; "--" ends them.  Returns where the arguments begin, or -1: one
   is not known. */
int tool_options(
    int argc, char **argv, const struct tool_option *, size_t count);

/* A subcommand: ARGV[0] is its name.  TOOL_USAGE makes the caller print its
   usage to standard error. */
enum tool_status tool_check(int argc, char **argv);
enum tool_status tool_events(int argc, char **argv);
enum tool_status tool_explain(int argc, char **argv);
enum tool_status tool_export(int argc, char **argv);
enum tool_status tool_forget(int argc, char **argv);
enum tool_status tool_import(int argc, char **argv);
enum tool_status tool_off(int argc, char **argv);
enum tool_status tool_on(int argc, char **argv);
enum tool_status tool_peers(int argc, char **argv);
enum tool_status tool_prepare(int argc, char **argv);
enum tool_status tool_state(int argc, char **argv);

#endif
