/*
 * change - before a process gives up its file system or its rights
 *
 * An MTA that is about to chroot or to change its user may not be able to
 * read the policy afterwards: the programs known as MTAs read it now.
 *
 * Async-signal-safe, thread-safe, fork-safe.
 */
#include "hook.h"

#include "../shim/start.h"

#include <unistd.h>

EXPORT int
chroot(const char *path)
{
	start_before_change();
	return next_chroot(path);
}

EXPORT int
setuid(uid_t uid)
{
	start_before_change();
	return next_setuid(uid);
}

EXPORT int
seteuid(uid_t euid)
{
	start_before_change();
	return next_seteuid(euid);
}

EXPORT int
setreuid(uid_t ruid, uid_t euid)
{
	start_before_change();
	return next_setreuid(ruid, euid);
}

EXPORT int
setresuid(uid_t ruid, uid_t euid, uid_t suid)
{
	start_before_change();
	return next_setresuid(ruid, euid, suid);
}
