/*
 * session - one watched TCP connection, from connect to close
 *
 * Composes the pure dialog with the policy, the descriptor table and the
 * events.  Does no I/O on the connection itself.  Hooks report what happened
 * on a descriptor; for a session that was downgraded, or whose connection
 * failed for good, they first ask what may happen.
 *
 * A session is held only inside these functions and between session_hold() and
 * session_release(), with all signals blocked, and never across a real call:
 * a host may leave any call by longjmp from a signal handler.  Where a
 * session cannot be had (all slots in use, a descriptor beyond the table,
 * another socket behind the number) the descriptor is not watched.
 *
 * Async-signal-safe, thread-safe; after a fork both processes have their
 * own copy, and neither reconnects the socket that they share.
 */
#ifndef SHIM_SESSION_H
#define SHIM_SESSION_H

#include "decide.h"
#include "dialog.h"
#include "match.h"
#include "memory.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

/* Bytes of an unfinished line that can wait for its rest; RFC 5321 section
   4.5.3.1.4 allows 512, extensions to MAIL some hundred more. */
#define SESSION_OUT 1024

struct session {
	_Atomic uint32_t held; /* 1: held, or not in use */
	sigset_t signals;      /* of the holder, to restore */
	uint32_t users;	       /* descriptors that refer to it */
	uint64_t identity;     /* of the socket */
	uint32_t forks;	       /* of this process when it connected */
	bool shared;	       /* it was handed to another process */
	pid_t owner;	       /* who connected */
	uint64_t network;      /* the namespace of the socket */
	struct sockaddr_storage address;
	socklen_t address_length;
	struct match_peer peer;
	const struct rule *rule;
	struct dialog dialog;
	enum class_end end;
	bool withheld; /* STARTTLS is withheld from its start on */
	bool doubt;    /* the memory does not tell of its peer */
	bool auth;     /* AUTH was used at its peer before */
	uint8_t guard; /* what the memory says of its peer: enum guard */
	enum rule_method method; /* by which it was downgraded */
	bool left;		 /* its client left it */
	bool reads;		 /* the library's reads are seen */
	bool concluded;		 /* its failure was judged */
	bool reconnected;	 /* it had its second connection */
	bool handshaking;	 /* counted in session_handshakes */
	bool dead;		 /* input and output are answered from `end` */
	bool cuts;		 /* deadlines of the shim's own apply */
	bool refused_said;	 /* act=decline guard=clear-refused was said */
	bool announce;		 /* act=fallback is to be said at the 250 */
	struct class class; /* of its failure, or of the one that is known */
	enum class_stage failed; /* where it failed */
	int64_t took;		 /* its ms */
	int64_t began;		 /* the handshake, monotonic ms */
	int64_t heard;		 /* the last byte from the peer, likewise */
	int64_t asked;	     /* the first byte that the host sent after it */
	bool waiting;	     /* it has sent since it heard */
	uint16_t out_length; /* see out.h */
	char out[SESSION_OUT];
};

/* Sessions between the 220 to STARTTLS and the first answer inside TLS.  While
   it is 0 and no handle went on in the clear, the TLS hooks have nothing to
   do. */
extern _Atomic int session_handshakes;

/* Once, from the library's constructor. */
void session_start(void);

/* connect(2) of FD to ADDRESS was called and is done or in progress. */
void session_connect(int fd, const struct sockaddr *address, socklen_t length);

/* FD is about to be closed, replaced or connected elsewhere. */
void session_close(int fd);

/* FD and AS refer to the same socket from now on. */
void session_dup(int fd, int as);

/* The session behind FD, held, if it is the socket that was connected;
   NULL: not watched. */
struct session *session_hold(int fd);
void session_release(struct session *);

/* The session is no longer of interest: its descriptors go back to the fast
   path.  The caller holds it, and does not after this. */
void session_drop(struct session *);

/* N bytes came from the peer into the VECTOR of the host; PEEK: they stay in
   the socket's buffer.  N may be 0 (end of file) or negative (errno). */
void session_received(
    int fd, const struct iovec *vector, size_t count, ssize_t n, bool peek);

/* The host sent the first N bytes of VECTOR. */
void session_sent(int fd, const struct iovec *vector, size_t count, ssize_t n);

/* The TLS library of FD's session was asked for plain data: CAME tells whether
   it had some. */
void session_read_inside(int fd, bool came);

/* Input is about to be read, with the FLAGS of recv(2).  True: the answer is
   *ANSWER with errno set. */
bool session_before_read(int fd, int flags, ssize_t *answer);

/* Another process was handed FD. */
void session_share(int fd);

/* Another process may hold the socket: one was forked since it connected. */
bool session_shared(const struct session *);

/* Milliseconds until a deadline of the shim's own; 0: it has passed. */
int session_left(const struct session *);

/* Judges a failure that is known by now: the class, the decision, and unless
   that is a fallback, the event.  HANDLE: the facts that only the TLS hooks
   know (the members handle, handle_verifies), NULL without them. */
struct decision session_judge(struct session *, struct class_facts *evidence,
    const struct decide_facts *handle);

/* What is known of a session, for decide.h; CLASS: of its failure. */
struct decide_facts session_facts(const struct session *, enum class_kind class,
    const struct decide_facts *handle);

/* What would be decided for CLASS. */
struct decision session_decide(const struct session *, enum class_kind class,
    const struct decide_facts *handle);

/* Says an event about a held session. */
void session_say(const struct session *, const struct decision *,
    enum class_stage, const char *class, int64_t ms);

/* The TLS hooks have no more to do with it. */
void session_settle(struct session *);

/* Acts on news of the dialog.  True: the session is over for the shim. */
bool session_heed(struct session *, unsigned news);

/* Its last descriptor is closed: what failed without a judge is judged now. */
void session_finish(struct session *);

/* Every session of this process that still stands ends, as by close(2): the
   process does. */
void session_exit(void);

/* What the memory has to do with a session, in session-memory.c.  The caller
   holds it; nothing here fails, it is not remembered at worst. */

/* FD's session begins: is STARTTLS to be withheld, does a guard hold? */
void session_recall(struct session *, int fd);

/* It failed (s->class), and that is to be remembered.  False: it cannot be. */
bool session_remember(struct session *);

/* TLS worked. */
void session_remember_good(struct session *);

/* The clear failed as well, or there is no STARTTLS any more. */
void session_forget(struct session *);

/* The client of a downgraded session leaves it. */
void session_left_clear(struct session *);

/* The peer refused mail in the clear. */
void session_remember_refused(struct session *);

/* AUTH was used at the peer. */
void session_remember_auth(struct session *);

#endif
