/*
 * table - every function that the shim interposes, once
 *
 * Included several times with other meanings of the macros: it declares the
 * hooks and the pointers to the functions behind them, resolves those,
 * exports the hooks (the Makefile makes the version script from it) and tests
 * them (tests/laws compares it with the symbols of the library).  One row a
 * line, so that awk can read it too.
 *
 *   LIBC(result, name, parameters, arguments, number)
 *	a function of libc; NUMBER is its system call, for calls that arrive
 *	while the functions are being looked up, or -1
 *   LIBC_VA(name)
 *	likewise, with variable arguments: its pointer is declared by hand
 *   OPENSSL(result, name, parameters, arguments)
 *	a function of libssl; there may be several libssl in a process
 */
/* clang-format off */

/* from connect to close */
LIBC(int, connect, (int fd, const struct sockaddr *address, socklen_t length), (fd, address, length), SYS_connect)
LIBC(int, close, (int fd), (fd), SYS_close)
LIBC(void, closefrom, (int from), (from), -1)
LIBC(int, close_range, (unsigned from, unsigned to, int flags), (from, to, flags), SYS_close_range)
LIBC(int, dup, (int fd), (fd), SYS_dup)
LIBC(int, dup2, (int fd, int as), (fd, as), SYS_dup2)
LIBC(int, dup3, (int fd, int as, int flags), (fd, as, flags), SYS_dup3)
LIBC_VA(fcntl)
LIBC_VA(fcntl64)

/* what the peer sends; each with its fortified twin */
LIBC(ssize_t, read, (int fd, void *buffer, size_t size), (fd, buffer, size), SYS_read)
LIBC(ssize_t, __read_chk, (int fd, void *buffer, size_t size, size_t room), (fd, buffer, size, room), SYS_read)
LIBC(ssize_t, readv, (int fd, const struct iovec *vector, int count), (fd, vector, count), SYS_readv)
LIBC(ssize_t, recv, (int fd, void *buffer, size_t size, int flags), (fd, buffer, size, flags), -1)
LIBC(ssize_t, __recv_chk, (int fd, void *buffer, size_t size, size_t room, int flags), (fd, buffer, size, room, flags), -1)
LIBC(ssize_t, recvfrom, (int fd, void *buffer, size_t size, int flags, struct sockaddr *address, socklen_t *length), (fd, buffer, size, flags, address, length), SYS_recvfrom)
LIBC(ssize_t, __recvfrom_chk, (int fd, void *buffer, size_t size, size_t room, int flags, struct sockaddr *address, socklen_t *length), (fd, buffer, size, room, flags, address, length), -1)
LIBC(ssize_t, recvmsg, (int fd, struct msghdr *message, int flags), (fd, message, flags), SYS_recvmsg)

/* what the host sends */
LIBC(ssize_t, write, (int fd, const void *bytes, size_t size), (fd, bytes, size), SYS_write)
LIBC(ssize_t, writev, (int fd, const struct iovec *vector, int count), (fd, vector, count), SYS_writev)
LIBC(ssize_t, send, (int fd, const void *bytes, size_t size, int flags), (fd, bytes, size, flags), -1)
LIBC(ssize_t, sendto, (int fd, const void *bytes, size_t size, int flags, const struct sockaddr *address, socklen_t length), (fd, bytes, size, flags, address, length), SYS_sendto)
LIBC(ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags), (fd, message, flags), SYS_sendmsg)

/* before these a known MTA reads its policy: afterwards it may not see it */
LIBC(int, chroot, (const char *path), (path), SYS_chroot)
LIBC(int, setuid, (uid_t uid), (uid), SYS_setuid)
LIBC(int, seteuid, (uid_t euid), (euid), -1)
LIBC(int, setreuid, (uid_t ruid, uid_t euid), (ruid, euid), SYS_setreuid)
LIBC(int, setresuid, (uid_t ruid, uid_t euid, uid_t suid), (ruid, euid, suid), SYS_setresuid)

/* the handshake, also where it runs inside the first read or write */
OPENSSL(int, SSL_connect, (SSL *ssl), (ssl))
OPENSSL(int, SSL_do_handshake, (SSL *ssl), (ssl))
OPENSSL(int, SSL_read, (SSL *ssl, void *buffer, int size), (ssl, buffer, size))
OPENSSL(int, SSL_read_ex, (SSL *ssl, void *buffer, size_t size, size_t *got), (ssl, buffer, size, got))
OPENSSL(int, SSL_write, (SSL *ssl, const void *bytes, int size), (ssl, bytes, size))
OPENSSL(int, SSL_write_ex, (SSL *ssl, const void *bytes, size_t size, size_t *sent), (ssl, bytes, size, sent))

/* input, output and end of a handle that went on in the clear */
OPENSSL(int, SSL_peek, (SSL *ssl, void *buffer, int size), (ssl, buffer, size))
OPENSSL(int, SSL_peek_ex, (SSL *ssl, void *buffer, size_t size, size_t *got), (ssl, buffer, size, got))
OPENSSL(int, SSL_pending, (const SSL *ssl), (ssl))
OPENSSL(int, SSL_has_pending, (const SSL *ssl), (ssl))
OPENSSL(int, SSL_get_error, (const SSL *ssl, int result), (ssl, result))
OPENSSL(int, SSL_want, (const SSL *ssl), (ssl))
OPENSSL(int, SSL_shutdown, (SSL *ssl), (ssl))
OPENSSL(int, SSL_get_shutdown, (const SSL *ssl), (ssl))
OPENSSL(int, SSL_clear, (SSL *ssl), (ssl))
OPENSSL(ssize_t, SSL_sendfile, (SSL *ssl, int fd, off_t offset, size_t size, int flags), (ssl, fd, offset, size, flags))

/* questions about such a handle: a failed one keeps stale answers */
OPENSSL(int, SSL_in_init, (const SSL *ssl), (ssl))
OPENSSL(int, SSL_in_before, (const SSL *ssl), (ssl))
OPENSSL(int, SSL_is_init_finished, (const SSL *ssl), (ssl))
OPENSSL(int, SSL_get_state, (const SSL *ssl), (ssl))
OPENSSL(int, SSL_state, (const SSL *ssl), (ssl))
OPENSSL(const char *, SSL_state_string, (const SSL *ssl), (ssl))
OPENSSL(const char *, SSL_state_string_long, (const SSL *ssl), (ssl))
OPENSSL(const char *, SSL_get_version, (const SSL *ssl), (ssl))
OPENSSL(int, SSL_version, (const SSL *ssl), (ssl))
OPENSSL(const SSL_CIPHER *, SSL_get_current_cipher, (const SSL *ssl), (ssl))
OPENSSL(const SSL_CIPHER *, SSL_get_pending_cipher, (const SSL *ssl), (ssl))
OPENSSL(int, SSL_CIPHER_get_bits, (const SSL_CIPHER *cipher, int *algorithm), (cipher, algorithm))
OPENSSL(X509 *, SSL_get_peer_certificate, (const SSL *ssl), (ssl))
OPENSSL(X509 *, SSL_get0_peer_certificate, (const SSL *ssl), (ssl))
OPENSSL(X509 *, SSL_get1_peer_certificate, (const SSL *ssl), (ssl))
OPENSSL(STACK *, SSL_get_peer_cert_chain, (const SSL *ssl), (ssl))
OPENSSL(STACK *, SSL_get0_verified_chain, (const SSL *ssl), (ssl))
OPENSSL(EVP_PKEY *, SSL_get0_peer_rpk, (const SSL *ssl), (ssl))
OPENSSL(int, SSL_get_negotiated_server_cert_type, (const SSL *ssl), (ssl))
OPENSSL(int, SSL_get_negotiated_client_cert_type, (const SSL *ssl), (ssl))
OPENSSL(long, SSL_get_verify_result, (const SSL *ssl), (ssl))
OPENSSL(const char *, SSL_get0_peername, (SSL *ssl), (ssl))
OPENSSL(int, SSL_get0_dane_authority, (SSL *ssl, X509 **certificate, EVP_PKEY **key), (ssl, certificate, key))
OPENSSL(int, SSL_get0_dane_tlsa, (SSL *ssl, uint8_t *usage, uint8_t *selector, uint8_t *type, const unsigned char **data, size_t *length), (ssl, usage, selector, type, data, length))
OPENSSL(SSL_SESSION *, SSL_get_session, (const SSL *ssl), (ssl))
OPENSSL(SSL_SESSION *, SSL_get1_session, (SSL *ssl), (ssl))
OPENSSL(int, SSL_session_reused, (const SSL *ssl), (ssl))
OPENSSL(size_t, SSL_get_finished, (const SSL *ssl, void *buffer, size_t size), (ssl, buffer, size))
OPENSSL(size_t, SSL_get_peer_finished, (const SSL *ssl, void *buffer, size_t size), (ssl, buffer, size))
OPENSSL(int, SSL_export_keying_material, (SSL *ssl, unsigned char *out, size_t size, const char *label, size_t label_size, const unsigned char *context, size_t context_size, int use_context), (ssl, out, size, label, label_size, context, context_size, use_context))
OPENSSL(void, SSL_get0_alpn_selected, (const SSL *ssl, const unsigned char **data, unsigned *length), (ssl, data, length))
OPENSSL(int, SSL_get_peer_signature_type_nid, (const SSL *ssl, int *nid), (ssl, nid))
OPENSSL(const char *, SSL_get0_group_name, (SSL *ssl), (ssl))
OPENSSL(long, SSL_ctrl, (SSL *ssl, int command, long number, void *pointer), (ssl, command, number, pointer))
/* clang-format on */
