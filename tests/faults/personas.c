/*
 * personas - the one table of peers that the fault server can play
 *
 * A row is a name, what it stands for, and the options that make it; there is
 * no code for a single persona.  Observables O1 to O28 are those of the
 * project's failure taxonomy; H is a healthy peer.  O25 (some addresses of a
 * host work) is two lines of a peer file, O26 (some of the time) is the option
 * schedule=, which goes with every persona.
 *
 * Read-only; thread-, signal- and fork-safe.
 */
#include "personas.h"

#include <string.h>

static const struct persona personas[] = {
    /* healthy */
    {"healthy", "H", "healthy", "tls", "", "any version from TLS 1.0 on"},
    {"tls-1.2", "H", "healthy", "tls", "tls=1.2", "TLS 1.2 only"},
    {"tls-1.3", "H", "healthy", "tls", "tls=1.3", "TLS 1.3 only"},
    {"ecdsa", "H", "healthy", "tls", "cert=ecdsa",
	"ECDSA certificate on P-256"},
    {"retry", "H", "healthy", "tls", "groups=P-521",
	"TLS 1.3 with HelloRetryRequest: P-521 only"},
    {"drip", "H", "healthy", "tls", "shape=drip",
	"good handshake, its first flight spread over drip=SECONDS, 60 by default"},
    {"banner-multi", "H", "healthy", "tls",
	"banner=220-mx.faults.test_ESMTP|220-second_line|220_ready",
	"banner of three lines"},
    {"ehlo-bytes", "H", "healthy", "tls", "ehlo-bytes=yes",
	"EHLO replies one byte at a time"},
    {"keyword-lower", "H", "healthy", "tls", "keyword=starttls",
	"keyword in lower case"},
    {"keyword-mixed", "H", "healthy", "tls", "keyword=StartTls",
	"keyword in mixed case"},

    /* STARTTLS not offered */
    {"no-starttls", "O1", "none", "no",
	"keyword=", "no keyword; 502 to the command"},
    {"masked", "O1", "none", "no",
	"keyword=XXXXXXXA starttls=500_#5.5.1_command_not_recognized banner=220_****************",
	"keyword and banner masked as by inspect esmtp"},
    {"keyword-first", "O28", "none", "no", "keyword-first=yes",
	"STARTTLS stands in the greeting line of the EHLO reply"},

    /* STARTTLS refused */
    {"reply-454", "O2", "starttls-4xx", "no", "starttls=454",
	"454 to STARTTLS"},
    {"reply-421", "O2", "starttls-4xx", "no", "starttls=421",
	"421 to STARTTLS; closes"},
    {"reply-451", "O2", "starttls-4xx", "no", "starttls=451",
	"451 to STARTTLS"},
    {"reply-500", "O3", "starttls-5xx", "no",
	"starttls=500_#5.5.1_command_not_recognized", "500 to STARTTLS"},
    {"reply-502", "O3", "starttls-5xx", "no", "starttls=502",
	"502 to STARTTLS"},
    {"reply-503", "O3", "starttls-5xx", "no", "starttls=503",
	"503 to STARTTLS"},
    {"reply-530", "O3", "starttls-5xx", "no", "starttls=530",
	"530 to STARTTLS"},
    {"reply-554", "O3", "starttls-5xx", "no", "starttls=554",
	"554 to STARTTLS"},
    {"reply", "O2", "starttls-4xx", "no", "starttls=454",
	"starttls=REPLY, by default 454"},
    {"reply-250", "O4", "starttls-bad-reply", "no", "starttls=250",
	"250 to STARTTLS, then SMTP goes on"},
    {"reply-221", "O4", "starttls-bad-reply", "no", "starttls=221_bye",
	"221 to STARTTLS, then SMTP goes on"},
    {"reply-354", "O4", "starttls-bad-reply", "no", "starttls=354",
	"354 to STARTTLS, then SMTP goes on"},
    {"reply-garbage", "O4", "starttls-bad-reply", "no", "starttls=hello_there",
	"an answer without a code"},
    {"reply-multi", "O4", "healthy", "tls",
	"starttls=220-2.0.0_Ready|220_2.0.0_to_start_TLS",
	"220 of two lines, then TLS"},

    /* no answer to STARTTLS */
    {"starttls-fin", "O5", "starttls-closed", "no", "when=starttls do=fin",
	"FIN instead of an answer"},
    {"starttls-rst", "O6", "starttls-reset", "no", "when=starttls do=rst",
	"RST instead of an answer"},
    {"starttls-silent", "O7", "starttls-timeout", "no",
	"when=starttls do=silent", "silence instead of an answer"},

    /* 220, then no TLS */
    {"fin", "O8", "tls-closed", "live", "when=hello do=fin",
	"when=220 or hello"},
    {"fin-220", "O8", "tls-closed", "live", "when=220 do=fin",
	"FIN right behind the 220"},
    {"fin-hello", "O8", "tls-closed", "live", "when=hello do=fin",
	"FIN after the ClientHello"},
    {"rst", "O9", "tls-reset", "live", "when=hello do=rst",
	"when=220 or hello"},
    {"rst-220", "O9", "tls-reset", "live", "when=220 do=rst",
	"RST right behind the 220"},
    {"rst-hello", "O9", "tls-reset", "live", "when=hello do=rst",
	"RST after the ClientHello"},
    {"silent", "O10", "tls-timeout", "live", "when=hello do=silent",
	"220, then silence"},
    {"silent-large", "O10", "tls-timeout", "live",
	"when=hello do=silent hello-min=1401",
	"silence after a ClientHello of more than 1400 bytes; else healthy"},
    {"silent-256", "O10", "tls-timeout", "live",
	"when=hello do=silent hello-min=261 hello-max=516",
	"silence after a ClientHello message of 256 to 511 bytes; else healthy"},
    {"plaintext", "O11", "tls-plaintext", "live", "when=hello do=text text=500",
	"text=REPLY after the ClientHello, 500 by default; stays open"},
    {"plaintext-500", "O11", "tls-plaintext", "live",
	"when=hello do=text text=500", "500 after the ClientHello; stays open"},
    {"plaintext-220", "O11", "tls-plaintext", "live",
	"when=hello do=text text=220_mx.faults.test_ESMTP_again",
	"a second banner after the ClientHello; stays open"},
    {"plaintext-250", "O11", "tls-plaintext", "live",
	"when=hello do=text text=250", "250 after the ClientHello; stays open"},
    {"plaintext-421", "O11", "tls-plaintext", "live",
	"when=hello do=text text=421", "421 after the ClientHello, then FIN"},
    {"injected", "O12", "healthy", "tls",
	"starttls=220_2.0.0_Ready|250_injected",
	"one more reply in the segment of the 220, then TLS; to a client that reads one line only, tls-plaintext"},

    /* alerts */
    {"alert", "O13", "tls-alert-handshake_failure", "live",
	"when=hello do=alert", "alert=N, 40 by default"},
    {"alert-40", "O13", "tls-alert-handshake_failure", "live",
	"when=hello do=alert alert=40", "fatal alert 40 after the ClientHello"},
    {"no-cert", "O13", "tls-alert-handshake_failure", "live", "cert=none",
	"a real stack without a certificate"},
    {"no-cipher", "O13", "tls-alert-handshake_failure", "live",
	"tls=1.2 ciphers=PSK", "a real stack without a common cipher"},
    {"alert-70", "O14", "tls-alert-protocol_version", "live",
	"when=hello do=alert alert=70", "fatal alert 70 after the ClientHello"},
    {"alert-86", "O14", "tls-alert-inappropriate_fallback", "live",
	"when=hello do=alert alert=86", "fatal alert 86 after the ClientHello"},
    {"alert-112", "O15", "tls-alert-unrecognized_name", "live",
	"when=hello do=alert alert=112",
	"fatal alert 112 after the ClientHello"},
    {"warning-112", "O15", "healthy", "tls", "tls=1.2 sni-warning=yes",
	"warning alert 112, then a good TLS 1.2 handshake"},
    {"alert-10", "O16", "tls-alert-unexpected_message", "live",
	"when=hello do=alert alert=10", "fatal alert 10 after the ClientHello"},
    {"alert-47", "O16", "tls-alert-illegal_parameter", "live",
	"when=hello do=alert alert=47", "fatal alert 47 after the ClientHello"},
    {"alert-50", "O16", "tls-alert-decode_error", "live",
	"when=hello do=alert alert=50", "fatal alert 50 after the ClientHello"},
    {"alert-51", "O16", "tls-alert-decrypt_error", "live",
	"when=hello do=alert alert=51", "fatal alert 51 after the ClientHello"},
    {"alert-80", "O16", "tls-alert-internal_error", "live",
	"when=hello do=alert alert=80", "fatal alert 80 after the ClientHello"},
    {"alert-109", "O16", "tls-alert-missing_extension", "live",
	"when=hello do=alert alert=109",
	"fatal alert 109 after the ClientHello"},
    {"alert-116", "O16", "tls-alert-certificate_required", "live",
	"when=hello do=alert alert=116",
	"fatal alert 116 after the ClientHello"},

    /* what the client's own library refuses */
    {"tls-1.0", "O17", "tls-local-legacy_sigalg_disallowed_or_unsupported",
	"live", "tls=1.0",
	"a modern stack limited to TLS 1.0; healthy to a client that still accepts it"},
    {"tls-1.1", "O17", "tls-local-legacy_sigalg_disallowed_or_unsupported",
	"live", "tls=1.1", "the same with TLS 1.1"},
    {"old-tls-1.0", "O17", "tls-local-legacy_sigalg_disallowed_or_unsupported",
	"live", "tls=1.0 exact=yes",
	"TLS 1.0 to every client, as a stack from before TLS 1.3"},
    {"old-tls-1.1", "O17", "tls-local-legacy_sigalg_disallowed_or_unsupported",
	"live", "tls=1.1 exact=yes", "TLS 1.1 to every client"},
    {"ssl3", "O17", "tls-local-unsupported_protocol", "live",
	"when=hello do=raw raw=ssl3", "ServerHello of SSL 3.0"},
    {"dh-512", "O17", "tls-local-dh_key_too_small", "live",
	"tls=1.2 dh=512 ciphers=DHE-RSA-AES128-SHA:DHE-RSA-AES128-GCM-SHA256",
	"DHE group of 512 bits"},
    {"dh-1024", "O17", "tls-local-dh_key_too_small", "live",
	"tls=1.2 dh=1024 ciphers=DHE-RSA-AES128-SHA:DHE-RSA-AES128-GCM-SHA256",
	"DHE group of 1024 bits"},
    {"sha1", "O17", "tls-local-wrong_signature_type", "live",
	"tls=1.2 when=hello do=raw raw=sha1",
	"key exchange signed with SHA-1 though not offered; healthy TLS 1.2 where it is"},
    {"no-reneg", "O17", "tls-local-unsafe_legacy_renegotiation_disabled",
	"live", "when=hello do=raw raw=no-reneg", "no RFC 5746"},
    {"rsa-1024", "O17", "healthy", "tls", "cert=rsa1024",
	"certificate with an RSA key of 1024 bits: matters only to a client that verifies"},

    /* malformed */
    {"bad-length", "O18", "tls-malformed", "live",
	"when=hello do=raw raw=bad-length", "record of 65535 bytes"},
    {"bad-type", "O18", "tls-malformed", "live",
	"when=hello do=raw raw=bad-type",
	"ServerHello, then a record of type 153"},
    {"garbage", "O18", "tls-plaintext", "live", "when=hello do=raw raw=garbage",
	"no record at all, and no text"},
    {"empty", "O18", "tls-malformed", "live", "when=hello do=raw raw=empty",
	"200 handshake records of zero length"},
    {"hello-stall", "O18", "tls-timeout", "live", "when=hello do=raw raw=hello",
	"ServerHello, then silence"},
    {"half-stall", "O18", "tls-timeout", "live", "when=hello do=raw raw=half",
	"half a ServerHello, then silence"},
    {"bad-mac", "O18", "tls-malformed", "live", "tls=1.2 shape=badmac",
	"TLS 1.2 Finished with a wrong MAC"},
    {"bad-mac-1.3", "O18", "tls-malformed", "live", "tls=1.3 shape=badmac",
	"TLS 1.3 Finished with a wrong tag"},
    {"bad-cert", "O18", "tls-verify", "no", "when=hello do=raw raw=bad-cert",
	"certificate that is no DER: OpenSSL answers with a certificate alert"},
    {"ones", "O18", "healthy", "tls", "tls=1.2 shape=ones",
	"handshake records of one byte each"},
    {"ones-1.3", "O18", "healthy", "tls", "tls=1.3 shape=ones",
	"ServerHello in records of one byte each"},
    {"big-chain", "O18", "healthy", "tls", "cert=big",
	"certificate chain of more than 16 KiB"},
    {"huge-chain", "O18", "tls-local-excessive_message_size", "live",
	"cert=huge", "certificate chain of more than 100 KiB"},

    /* certificates that matter only to a client that verifies */
    {"self-signed", "O19", "healthy", "tls", "cert=self",
	"self-signed certificate"},
    {"expired", "O19", "healthy", "tls", "cert=expired", "expired certificate"},
    {"not-yet-valid", "O19", "healthy", "tls", "cert=future",
	"certificate of the future"},
    {"wrong-name", "O19", "healthy", "tls", "cert=wrong",
	"another host's certificate"},

    /* client certificate demanded */
    {"client-cert-1.2", "O20", "tls-alert-handshake_failure", "live",
	"tls=1.2 client-cert=yes", "alert 40 inside the handshake"},
    {"client-cert-1.3", "O20", "late-alert", "no", "tls=1.3 client-cert=yes",
	"alert 116 after the client's handshake"},

    /* handshake complete, then the peer fails */
    {"late-fin-1.2", "O21", "late-closed", "no",
	"tls=1.2 when=ehlo do=fin notify=no", "FIN at the second EHLO"},
    {"late-rst-1.2", "O21", "late-reset", "no",
	"tls=1.2 when=ehlo do=rst notify=no", "RST at the second EHLO"},
    {"late-alert-1.2", "O21", "late-alert", "no",
	"tls=1.2 when=ehlo do=alert notify=no",
	"fatal alert bad_record_mac at the second EHLO"},
    {"late-silent-1.2", "O21", "late-timeout", "no",
	"tls=1.2 when=ehlo do=silent notify=no", "silence at the second EHLO"},
    {"late-fin-1.3", "O21", "late-closed", "no",
	"tls=1.3 when=ehlo do=fin notify=no", "FIN at the second EHLO"},
    {"late-rst-1.3", "O21", "late-reset", "no",
	"tls=1.3 when=ehlo do=rst notify=no", "RST at the second EHLO"},
    {"late-alert-1.3", "O21", "late-alert", "no",
	"tls=1.3 when=ehlo do=alert notify=no",
	"fatal alert bad_record_mac at the second EHLO"},
    {"late-silent-1.3", "O21", "late-timeout", "no",
	"tls=1.3 when=ehlo do=silent notify=no", "silence at the second EHLO"},
    {"late-notify", "O21", "late-closed", "no", "when=ehlo do=fin",
	"close_notify and FIN at the second EHLO"},
    {"done-fin", "O21", "late-closed", "no", "when=done do=fin notify=no",
	"FIN right behind the handshake"},
    {"done-rst", "O21", "late-reset", "no", "when=done do=rst",
	"RST right behind the handshake"},

    /* refused inside TLS: policy, not a TLS failure */
    {"tls-ehlo-421", "O22", "refused-in-tls", "tls", "tls-ehlo=421",
	"421 to the second EHLO; closes"},
    {"tls-ehlo-454", "O22", "refused-in-tls", "tls", "tls-ehlo=454",
	"454 to the second EHLO"},
    {"tls-ehlo-554", "O22", "refused-in-tls", "tls", "tls-ehlo=554",
	"554 to the second EHLO"},
    {"tls-bare", "O22", "healthy", "tls", "bare=yes clear-offer=AUTH_PLAIN",
	"AUTH, SIZE, 8BITMIME, PIPELINING gone inside TLS"},
    {"tls-mail-421", "O23", "refused-in-tls", "tls", "tls-mail=421",
	"421 to MAIL inside TLS; closes"},
    {"tls-mail-451", "O23", "refused-in-tls", "tls", "tls-mail=451",
	"451 to MAIL inside TLS"},
    {"tls-mail-550", "O23", "refused-in-tls", "tls", "tls-mail=550",
	"550 to MAIL inside TLS"},
    {"tls-rcpt-421", "O23", "refused-in-tls", "tls", "tls-rcpt=421",
	"421 to RCPT inside TLS; closes"},
    {"tls-rcpt-451", "O23", "refused-in-tls", "tls", "tls-rcpt=451",
	"451 to RCPT inside TLS"},
    {"tls-rcpt-550", "O23", "refused-in-tls", "tls", "tls-rcpt=550",
	"550 to RCPT inside TLS"},
    {"tls-mail-554", "O23", "refused-in-tls", "tls",
	"tls-mail=554_5.7.0_TLS_required", "554 TLS required, inside TLS"},

    /* breaks later */
    {"broken-fin", "O24", "session-broken", "tls",
	"when=bytes after=2048 do=fin notify=no",
	"FIN after=BYTES inside TLS, 2048 by default"},
    {"broken-rst", "O24", "session-broken", "tls",
	"when=bytes after=2048 do=rst", "RST after=BYTES inside TLS"},
    {"broken-silent", "O24", "session-broken", "tls",
	"when=bytes after=2048 do=silent", "silence after=BYTES inside TLS"},

    /* some of the time */
    {"reboot", "O26", "tls-closed", "live", "when=220 do=fin schedule=first:3",
	"FIN for the first 3 STARTTLS commands, then healthy"},
    {"flaky", "O26", "tls-alert-handshake_failure", "live",
	"when=hello do=alert schedule=percent:50",
	"alert 40 to half of the STARTTLS commands"},
    {"no-notify", "O27", "healthy", "tls", "notify=no",
	"no close_notify after QUIT"},
};

#define PERSONAS (sizeof personas / sizeof *personas)

const struct persona *
persona_find(const char *name)
{
	for (size_t i = 0; i < PERSONAS; i++) {
		if (strcmp(personas[i].name, name) == 0)
			return &personas[i];
	}
	return NULL;
}

void
persona_list(FILE *file)
{
	for (size_t i = 0; i < PERSONAS; i++)
		(void)fprintf(file, "%s\t%s\t%s\t%s\t%s\n", personas[i].name,
		    personas[i].observable, personas[i].expected,
		    personas[i].outcome, personas[i].about);
}
