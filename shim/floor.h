/*
 * floor - binds the shim to the oldest version of what it takes from libc
 *
 * A preloaded library that asks for a newer glibc than the host has is not
 * ignored: it keeps every program on the host from starting.  Where a symbol
 * got a new version when libdl became part of libc (glibc 2.34), the first
 * version is named here.  `make check` fails above GLIBC_2.17.
 */
#ifndef SHIM_FLOOR_H
#define SHIM_FLOOR_H

#if defined(__x86_64__)
#define FLOOR "GLIBC_2.2.5"
#elif defined(__i386__)
#define FLOOR "GLIBC_2.0"
#elif defined(__aarch64__) || defined(__powerpc64__)
#define FLOOR "GLIBC_2.17"
#endif

#ifdef FLOOR
#if defined(__i386__)
#define FLOOR_DLOPEN "GLIBC_2.1"
#else
#define FLOOR_DLOPEN FLOOR
#endif
__asm__(".symver dlsym,dlsym@" FLOOR);
__asm__(".symver dladdr,dladdr@" FLOOR);
__asm__(".symver dlopen,dlopen@" FLOOR_DLOPEN);
#endif

#endif
