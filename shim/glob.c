/*
 * glob - whether a file name matches the pattern of an include directive
 *
 * Never recurses: a pattern of many stars costs at most the product of the
 * two lengths.
 *
 * Async-signal-safe, thread-safe, fork-safe.
 */
#include "glob.h"

#include <string.h>

bool
glob_match(const char *pattern, size_t length, const char *name)
{
	const char *end = pattern + length;
	const char *star = NULL; /* what follows the last star ... */
	const char *from = NULL; /* ... is tried from here on */

	if (name[0] == '.' && (length == 0 || pattern[0] != '.'))
		return false;
	while (*name != '\0') {
		if (pattern < end && *pattern == '*') {
			star = ++pattern;
			from = name;
		} else if (pattern < end &&
			   (*pattern == '?' || *pattern == *name)) {
			pattern++;
			name++;
		} else if (star != NULL) {
			pattern = star;
			name = ++from;
		} else {
			return false;
		}
	}
	while (pattern < end && *pattern == '*')
		pattern++;
	return pattern == end;
}

bool
glob_is_wild(const char *pattern, size_t length)
{
	return memchr(pattern, '*', length) != NULL ||
	       memchr(pattern, '?', length) != NULL;
}
