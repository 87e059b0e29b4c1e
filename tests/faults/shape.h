/*
 * shape - how the records of a real TLS library are put on the wire
 */
#ifndef FAULTS_SHAPE_H
#define FAULTS_SHAPE_H

#include "link.h"
#include "options.h"

struct shape_state {
	enum shape shape;
	unsigned drip; /* seconds */
	bool done;     /* the shape was applied; the rest goes out plainly */
};

/* Sends N bytes, whole records that the library made.  False once the link
   has ended. */
bool shape_send(struct link *, struct shape_state *, unsigned char *, size_t);

#endif
