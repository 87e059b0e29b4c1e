/*
 * resolve - finds the functions behind libc's hooks
 *
 * Each pointer starts at a starter that looks all of them up and then calls
 * the right one, so that no hook tests for NULL and none can be too early.
 * dlsym may allocate, and an allocator of the host's may read, open or close
 * meanwhile: such a nested call goes to the kernel directly.  A name that
 * libc does not have (an old one has no close_range) goes there as well.
 *
 * Async-signal-safe once the library's constructor has run; thread-safe (two
 * threads that resolve write the same values); fork-safe.
 */
#include "hook.h"

#include "../shim/real.h"
#include "../shim/session.h"
#include "../shim/start.h"

#include <string.h>
#include <unistd.h>

static __thread bool resolving __attribute__((tls_model("initial-exec")));

#ifndef SYS_close_range
#define SYS_close_range -1
#endif
#ifndef SYS_dup2
#define SYS_dup2 -1
#endif
#define BARE(...) __VA_ARGS__

static void resolve(void);

#define LIBC(result, name, parameters, arguments, number)       \
	static result kernel_##name parameters                  \
	{                                                       \
		return (result)syscall(number, BARE arguments); \
	}                                                       \
	static result start_##name parameters                   \
	{                                                       \
		if (resolving)                                  \
			return kernel_##name arguments;         \
		resolve();                                      \
		return next_##name arguments;                   \
	}                                                       \
	result(*next_##name) parameters = start_##name;
#define LIBC_VA(name)                                                          \
	static int start_##name(int fd, int command, ...)                      \
	{                                                                      \
		va_list list;                                                  \
		void *argument;                                                \
                                                                               \
		va_start(list, command);                                       \
		argument = va_arg(list, void *);                               \
		va_end(list);                                                  \
		if (resolving)                                                 \
			return (int)syscall(SYS_fcntl, fd, command, argument); \
		resolve();                                                     \
		return next_##name(fd, command, argument);                     \
	}                                                                      \
	int (*next_##name)(int fd, int command, ...) = start_##name;
#define OPENSSL(result, name, parameters, arguments)
#include "table.h"
#undef LIBC
#undef LIBC_VA
#undef OPENSSL

/* POINTER is the address of a pointer to a function, OTHERWISE of what it gets
   where libc has none: ISO C has no conversion from what dlsym() returns, so
   it is stored through the address. */
static void
point(void *pointer, const char *name, const void *otherwise)
{
	void *found = real_next(name);

	if (found == NULL)
		memcpy(&found, otherwise, sizeof(found));
	__atomic_store_n((void **)pointer, found, __ATOMIC_RELAXED);
}

static void
resolve(void)
{
	resolving = true;
#define LIBC(result, name, parameters, arguments, number)                     \
	{                                                                     \
		result(*otherwise) parameters = kernel_##name;                \
                                                                              \
		point((void *)&next_##name, #name, (const void *)&otherwise); \
	}
/* before glibc 2.28 there is no fcntl64, and nobody who calls it */
#define LIBC_VA(name) \
	point((void *)&next_##name, #name, (const void *)&next_fcntl);
#define OPENSSL(result, name, parameters, arguments)
#include "table.h"
#undef LIBC
#undef LIBC_VA
#undef OPENSSL
	real_start();
	resolving = false;
}

__attribute__((constructor)) static void
load(void)
{
	int saved = errno;

	resolve();
	start_constructor();
	errno = saved;
}

/* What the host left open ends now, without close(2). */
__attribute__((destructor)) static void
unload(void)
{
	int saved = errno;

	session_exit();
	errno = saved;
}
