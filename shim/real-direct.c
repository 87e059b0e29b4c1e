/*
 * real - libc itself, for programs that interpose nothing
 *
 * The form of this module for the command-line tool and the unit tests.
 * There is no TLS library to find: those searches answer "none".
 *
 * Async-signal-, thread- and fork-safe.
 */
#include "real.h"

#include <fcntl.h>
#include <unistd.h>

struct real_calls real = {
    .connect = connect,
    .close = close,
    .read = read,
    .recv = recv,
    .write = write,
    .sendmsg = sendmsg,
    .sendto = sendto,
    .shutdown = shutdown,
    .fcntl = fcntl,
};

void
real_start(void)
{
}

void *
real_next(const char *name)
{
	(void)name;
	return NULL;
}

void *
real_library(const void *caller, const char *name)
{
	(void)caller;
	(void)name;
	return NULL;
}

void *
real_symbol(void *library, const char *name)
{
	(void)library;
	(void)name;
	return NULL;
}

bool
real_object(const void *address, const void **from, const void **to)
{
	(void)address;
	(void)from;
	(void)to;
	return false;
}

bool
real_is_shim(const void *address)
{
	(void)address;
	return false;
}
