/*
 * peer - one listening peer of the fault server, from a line of the peer file
 *
 * All errors of a file are reported, as FILE:LINE: message.  Peers live as
 * long as the process; their shared words survive fork.
 *
 * Single-threaded, before any fork; not signal-safe.
 */
#include "peer.h"

#include "personas.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define BACKLOG 128

/* Both forms of an address, as bind(2) wants it. */
union peer_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

static socklen_t
peer_address(const struct peer *peer, union peer_address *address)
{
	*address = (union peer_address){.any.sa_family = AF_UNSPEC};
	if (inet_pton(AF_INET, peer->address, &address->v4.sin_addr) == 1) {
		address->v4.sin_family = AF_INET;
		address->v4.sin_port = htons((uint16_t)peer->port);
		return sizeof address->v4;
	}
	if (inet_pton(AF_INET6, peer->address, &address->v6.sin6_addr) == 1) {
		address->v6.sin6_family = AF_INET6;
		address->v6.sin6_port = htons((uint16_t)peer->port);
		return sizeof address->v6;
	}
	return 0;
}

bool
peer_listen(struct peer *peer)
{
	union peer_address address;
	socklen_t length = peer_address(peer, &address);
	int family = address.any.sa_family, one = 1;
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return false;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (family == AF_INET6)
		(void)setsockopt(
		    fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
	if (bind(fd, &address.any, length) != 0 || listen(fd, BACKLOG) != 0) {
		int saved = errno;

		(void)close(fd);
		errno = saved;
		return false;
	}
	peer->fd = fd;
	return true;
}

/* Options in the order of the table, then those of the line. */
static const char *
parse_options(struct peer *peer, char *rest)
{
	char *defaults = strdup(peer->persona->options);
	const char *error;

	if (defaults == NULL)
		return "out of memory";
	options_default(&peer->options);
	error = options_parse(&peer->options, defaults);
	free(defaults);
	return error != NULL ? error : options_parse(&peer->options, rest);
}

/* NULL, or what is wrong with the line. */
static const char *
parse_line(struct peer *peer, char *line, const char *dir)
{
	union peer_address ignored;
	char address[sizeof peer->address], name[64];
	int rest = -1, length;

	if (sscanf(line, "%45s %5u %63s%n", address, &peer->port, name,
		&rest) != 3 ||
	    rest < 0)
		return "expected: ADDRESS PORT PERSONA [key=value...]";
	memcpy(peer->address, address, sizeof address);
	if (peer->port == 0 || peer->port > 65535)
		return "bad port";
	if (peer_address(peer, &ignored) == 0)
		return "bad address";
	peer->persona = persona_find(name);
	if (peer->persona == NULL)
		return "no such persona (see --list)";
	length = snprintf(
	    peer->dir, sizeof peer->dir, "%s/%s_%u", dir, address, peer->port);
	if (length < 0 || (size_t)length >= sizeof peer->dir)
		return "path too long";
	return parse_options(peer, line + rest);
}

static struct peer *
peers_add(struct peers *peers)
{
	struct peer *list =
	    realloc(peers->list, (peers->count + 1) * sizeof *list);

	if (list == NULL)
		return NULL;
	peers->list = list;
	list += peers->count++;
	*list = (struct peer){.fd = -1};
	list->shared = mmap(NULL, sizeof *list->shared, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return list->shared == MAP_FAILED ? NULL : list;
}

bool
peers_read(struct peers *peers, FILE *file, const char *name, const char *dir)
{
	size_t size = 0, number = 0, wrong = 0;
	char *line = NULL;

	*peers = (struct peers){NULL, 0};
	while (getline(&line, &size, file) >= 0) {
		const char *error = "out of memory";
		struct peer *peer;

		number++;
		line[strcspn(line, "#\n")] = '\0';
		if (line[strspn(line, " \t")] == '\0')
			continue;
		peer = peers_add(peers);
		if (peer != NULL)
			error = parse_line(peer, line, dir);
		if (error == NULL && mkdir(peer->dir, 0755) != 0 &&
		    errno != EEXIST)
			error = strerror(errno);
		if (error != NULL) {
			(void)fprintf(
			    stderr, "%s:%zu: %s\n", name, number, error);
			wrong++;
		}
	}
	free(line);
	return wrong == 0;
}
