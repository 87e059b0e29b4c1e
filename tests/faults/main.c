/*
 * faults - an SMTP server with programmable faults around STARTTLS
 *
 * Plays many peers at once, each on an address and port of its own, each by
 * a persona of personas.c that options can change; see --help.  Links
 * OpenSSL only.  It never relays mail, never resolves a name, and ends by
 * itself after a total bound.
 *
 * Built from all C files of this folder, with -std=gnu11 -lssl -lcrypto.
 *
 * Exit status: 0 ended by SIGTERM or by time, 1 it could not start, 2 usage
 * or an error in the peer file.
 */
#include "cert.h"
#include "link.h"
#include "peer.h"
#include "personas.h"
#include "serve.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static void
help(void)
{
	(void)puts(
	    "usage: faults [-d DIR] [-t SECONDS] FILE|-\n"
	    "       faults --list\n"
	    "       faults --help\n"
	    "\n"
	    "Reads lines ADDRESS PORT PERSONA [key=value...] (# comments),\n"
	    "listens on all of them, prints `ready`, and serves until SIGTERM\n"
	    "or for SECONDS (default 3600).  --list prints the personas, tab\n"
	    "separated: name, observable, failure class, what a client with\n"
	    "an opportunistic policy ends up with (tls; live: it qualifies\n"
	    "for a fallback in the same session; no), and what it does.\n"
	    "\n"
	    "In DIR (default .): ca.pem, the CA of all certificates, and for\n"
	    "each peer a directory ADDRESS_PORT with\n"
	    "  conn.log      a line when a connection ends: conn from tls\n"
	    "                cipher fault mails end bytes_clear hello (size\n"
	    "                of the client's first record) client_alert ms;\n"
	    "                end is quit, fin, rst (the client's), timeout\n"
	    "                (this side's deadline) or fault\n"
	    "  clear.N       each byte received outside TLS on connection N\n"
	    "  tls.N         bytes in TLS records that met no TLS library\n"
	    "  mail.N.M      message M of connection N, if it was accepted\n"
	    "  mail.N.M.env  MAIL FROM:..., RCPT TO:..., secure=TLSv1.3|clear\n"
	    "\n"
	    "Outside its schedule a peer is healthy; the schedule is asked at\n"
	    "STARTTLS (at EHLO where the keyword is the fault).  after:BYTES\n"
	    "moves a fin, close, rst, silent or alert to when so many bytes\n"
	    "have come inside TLS.\n"
	    "\n"
	    "In REPLY and TEXT _ is a blank and | ends a line; a REPLY of\n"
	    "three digits gets the usual words.  A 421 closes.\n");
	options_help(stdout);
}

/* Each peer needs a descriptor. */
static void
raise_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static bool
read_peers(struct peers *peers, const char *name, const char *dir)
{
	FILE *file = strcmp(name, "-") == 0 ? stdin : fopen(name, "re");
	bool done;

	if (file == NULL) {
		(void)fprintf(
		    stderr, "faults: %s: %s\n", name, strerror(errno));
		return false;
	}
	done = peers_read(peers, file, name, dir);
	if (file != stdin)
		(void)fclose(file);
	if (done && peers->count == 0)
		(void)fprintf(stderr, "faults: %s: no peer\n", name);
	return done && peers->count > 0;
}

static bool
start(struct peers *peers, const char *dir)
{
	char path[PATH_MAX];

	raise_limit();
	(void)snprintf(path, sizeof path, "%s/ca.pem", dir);
	if (!cert_start() || !cert_write_ca(path)) {
		(void)fprintf(stderr, "faults: %s: cannot make the CA\n", path);
		return false;
	}
	for (size_t i = 0; i < peers->count; i++) {
		struct peer *peer = &peers->list[i];

		peer->started = link_now();
		if (!peer_listen(peer)) {
			(void)fprintf(stderr, "faults: %s port %u: %s\n",
			    peer->address, peer->port, strerror(errno));
			return false;
		}
	}
	return true;
}

int
main(int argc, char **argv)
{
	const char *dir = ".";
	unsigned long seconds = 3600;
	struct peers peers;
	int option;

	if (argc == 2 && strcmp(argv[1], "--list") == 0) {
		persona_list(stdout);
		return 0;
	}
	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		help();
		return 0;
	}
	while ((option = getopt(argc, argv, "d:t:")) != -1) {
		if (option == 'd')
			dir = optarg;
		else if (option == 't')
			seconds = strtoul(optarg, NULL, 10);
		else
			return 2;
	}
	if (optind + 1 != argc || seconds == 0 || seconds > 864000) {
		(void)fprintf(stderr, "usage: faults [-d DIR] [-t SECONDS] "
				      "FILE|-\n       faults --list|--help\n");
		return 2;
	}
	if (!read_peers(&peers, argv[optind], dir))
		return 2;
	if (!start(&peers, dir) || !serve(&peers, (unsigned)seconds))
		return 1;
	return 0;
}
