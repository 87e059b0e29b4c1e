/*
 * hook - what every file of hooks needs
 *
 * Declares from the table the hooks, and next_NAME, the pointer to the
 * function behind each of libc's.  next_NAME always points at something that
 * can be called: at first at a starter that looks all of them up and goes on,
 * because other libraries' constructors call before the shim's own ran.
 */
#ifndef HOOKS_HOOK_H
#define HOOKS_HOOK_H

#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>

/* OpenSSL's types, opaque: one binary serves 1.0.2 to 3.x. */
typedef struct ssl_st SSL;
typedef struct ssl_cipher_st SSL_CIPHER;
typedef struct ssl_session_st SSL_SESSION;
typedef struct x509_st X509;
typedef struct evp_pkey_st EVP_PKEY;
typedef struct stack_st STACK;

#define EXPORT __attribute__((visibility("default")))

/* The hooks. */
#define LIBC(result, name, parameters, arguments, number) \
	EXPORT result name parameters;
#define LIBC_VA(name) EXPORT int name(int fd, int command, ...);
#define OPENSSL(result, name, parameters, arguments) \
	EXPORT result name parameters;
#include "table.h"
#undef LIBC
#undef LIBC_VA
#undef OPENSSL

/* What is not the fast path stays out of it, with the registers and the stack
   that it needs. */
#define SLOW __attribute__((noinline, cold))

/* The functions behind libc's. */
#pragma GCC visibility push(hidden)
#define LIBC(result, name, parameters, arguments, number) \
	extern result(*next_##name) parameters;
#define LIBC_VA(name) extern int (*next_##name)(int fd, int command, ...);
#define OPENSSL(result, name, parameters, arguments)
#include "table.h"
#undef LIBC
#undef LIBC_VA
#undef OPENSSL

#pragma GCC visibility pop

#endif
