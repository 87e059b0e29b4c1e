/*
 * real - the functions behind the hooks, in the preloaded library
 *
 * The only file that knows the dynamic linker.  RTLD_NEXT keeps other
 * preloaded libraries their place in the chain.  A TLS library that a plug-in
 * loaded for itself (CPython, PHP, Perl) is in no global scope, RTLD_NEXT does
 * not find it: there the search starts at the object that made the call.
 *
 * Nothing here fails loudly: what cannot be found is NULL, and its caller
 * behaves as if the shim were not loaded.
 *
 * Not async-signal-safe but for the use of `real`; thread-safe; fork-safe.
 */
#define _GNU_SOURCE
#include "real.h"
#include "floor.h"

#include <dlfcn.h>
#include <link.h>

struct real_calls real;

/* Volatile, so that no call of dlsym can become a tail call: the linker would
   then take itself for the caller and crash at start-up. */
static void *
search(void *scope, const char *name)
{
	void *volatile found = dlsym(scope, name);

	return found;
}

void *
real_next(const char *name)
{
	return search(RTLD_NEXT, name);
}

void
real_start(void)
{
	struct {
		void *slot;
		const char *name;
	} const call[] = {
	    {&real.connect, "connect"},
	    {&real.close, "close"},
	    {&real.read, "read"},
	    {&real.recv, "recv"},
	    {&real.write, "write"},
	    {&real.sendmsg, "sendmsg"},
	    {&real.sendto, "sendto"},
	    {&real.shutdown, "shutdown"},
	    {&real.fcntl, "fcntl"},
	};

	for (size_t i = 0; i < sizeof(call) / sizeof(call[0]); i++)
		*(void **)call[i].slot = real_next(call[i].name);
}

void *
real_symbol(void *library, const char *name)
{
	return search(library, name);
}

/* dladdr() finds the object; its link map holds no end, the segments do. */
struct span {
	uintptr_t address;
	uintptr_t from, to;
};

static int
look_at_object(struct dl_phdr_info *object, size_t size, void *context)
{
	struct span *span = context;
	uintptr_t from = UINTPTR_MAX;
	uintptr_t to = 0;

	(void)size;
	for (size_t i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
		uintptr_t start = object->dlpi_addr + segment->p_vaddr;

		if (segment->p_type != PT_LOAD)
			continue;
		if (start < from)
			from = start;
		if (start + segment->p_memsz > to)
			to = start + segment->p_memsz;
	}
	if (span->address < from || span->address >= to)
		return 0;
	span->from = from;
	span->to = to;
	return 1;
}

bool
real_object(const void *address, const void **from, const void **to)
{
	struct span span = {.address = (uintptr_t)address};

	if (dl_iterate_phdr(look_at_object, &span) == 0)
		return false;
	*from = (const void *)span.from;
	*to = (const void *)span.to;
	return true;
}

bool
real_is_shim(const void *address)
{
	static _Atomic(const void *) own_from, own_to;
	const void *from = own_from;
	const void *to = own_to;

	if (to == NULL) {
		if (!real_object((const void *)&real, &from, &to))
			return false;
		own_from = from;
		own_to = to;
	}
	return address >= from && address < to;
}

/* A handle on the loaded object that holds ADDRESS; it keeps the object in
   memory for good. */
static void *
hold(const void *address)
{
	Dl_info info;
	void *volatile handle;

	if (dladdr(address, &info) == 0 || info.dli_fname == NULL)
		return NULL;
	handle =
	    dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
	return handle;
}

void *
real_library(const void *caller, const char *name)
{
	void *object = hold(caller);
	void *found = NULL;

	/* What the caller itself needs comes first: with two TLS libraries in
	   one process the global scope may hold the other one. */
	if (object != NULL)
		found = search(object, name);
	if (found == NULL || real_is_shim(found))
		found = real_next(name);
	return found == NULL ? NULL : hold(found);
}
