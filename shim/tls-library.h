/*
 * tls-library - what is known of one TLS library
 *
 * Private to the files of tls.h.  Written once, when the library is met, then
 * only read.
 */
#ifndef SHIM_TLS_LIBRARY_H
#define SHIM_TLS_LIBRARY_H

#include <stdatomic.h>
#include <stdbool.h>

/* Runs when a handle that has a value is freed; see CRYPTO_EX_free. */
typedef void ex_free(void *parent, void *value, void *data, int index,
    long number, void *pointer);
/* Runs when a handle is copied (SSL_dup). */
typedef int ex_dup(void *to, const void *from, void *value, int index,
    long number, void *pointer);

struct tls_library {
	_Atomic(void *) object; /* claims the entry; the rest is written by
	                           whoever comes, always with the same values */
	_Atomic bool ready;
	bool usable;
	const void *from, *to; /* where its code is */
	int (*get_rfd)(const void *);
	int (*get_wfd)(const void *);
	int (*get_error)(const void *, int);
	int (*get_verify_mode)(const void *);
	long (*ctrl)(void *, int, long, void *);
	void *(*get_ex_data)(const void *, int);
	int (*set_ex_data)(void *, int, void *);
	unsigned long (*peek_error)(void);
	unsigned long (*peek_last_error)(void);
	void (*clear_error)(void);
	/* these may be missing, or one of each pair is */
	const char *(*reason_string)(unsigned long);
	int (*in_init)(const void *);
	int (*state)(const void *);
	void *(*get0_param)(void *);
	const char *(*get0_host)(void *, int);
	char *(*get1_ip)(void *);
	void (*free)(void *, const char *, int);
	int (*new_index)(int, long, void *, void *, ex_dup *, ex_free *);
	int (*ssl_new_index)(long, void *, void *, ex_dup *, ex_free *);
	_Atomic int
	    index; /* of ex_data, from 1; 0: none yet; -1: not to be had */
};

#endif
