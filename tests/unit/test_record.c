/*
 * test_record - TLS records to evidence, from real handshakes and made ones
 *
 * data/ holds both directions of handshakes between OpenSSL 3.0 or GnuTLS 3.7
 * clients and servers, as they passed a proxy, with an EHLO, an echo, a MAIL
 * and an echo inside; each chunk is what one side sent before the other
 * answered; but the traces with tickets are what the calls of a client saw that
 * reads behind its EHLO only.  What the parser says after each chunk is written as letters: 3
 * tls13, r retry, f finished, c complete, t talked, a answered, u up, R read.
 */
#include "../../shim/record.h"
#include "pieces.h"
#include "wire.h"

#include <check.h>
#include <stdio.h>

#define TEXT_MAX 256

#define C(hex) "C" hex " "
#define S(hex) "S" hex " "

static const struct trace {
	const char *name;
	const char *wire;
	const char *after;  /* each chunk */
	const char *client; /* at the end; see side_text() */
	const char *server;
} traces[] = {
    {"tls10",
#include "data/tls10.inc"
	, ". . f fc fct fctau fctau fctau", "hE", "hE"},
    {"tls12",
#include "data/tls12.inc"
	, ". . f fc fct fctau fctau fctau", "hE", "hE"},
    {"tls12-client-cert",
#include "data/tls12-client-cert.inc"
	, ". . f fc fct fctau fctau fctau", "hE", "hE"},
    {"tls12-resumed-2",
#include "data/tls12-resumed-2.inc"
	, ". . fct fctau fctau fctau", "hE", "hE"},
    {"tls12-verify",
#include "data/tls12-verify.inc"
	, ". . .", "ha48", "h"},
    {"tls13-sha256",
#include "data/tls13-sha256.inc"
	, ". 3 3fc 3fc 3fct 3fcta 3fctau 3fctau", "hE", "hE"},
    {"tls13-sha384",
#include "data/tls13-sha384.inc"
	, ". 3 3fc 3fc 3fct 3fcta 3fctau 3fctau", "hE", "hE"},
    {"tls13-retry",
#include "data/tls13-retry.inc"
	, ". 3r 3r 3r 3rfc 3rfc 3rfct 3rfcta 3rfctau 3rfctau", "hE", "hE"},
    {"tls13-client-cert",
#include "data/tls13-client-cert.inc"
	, ". 3 3fc 3fc 3fct 3fcta 3fctau 3fctau", "hE", "hE"},
    {"tls13-empty-cert",
#include "data/tls13-empty-cert.inc"
	, ". 3 3fc 3fc 3fct 3fcta 3fctau 3fctau", "hE", "hE"},
    {"tls13-tickets",
#include "data/tls13-tickets.inc"
	, ". 3 3fct 3fcta 3fctau 3fctau 3fctau", "hE", "hE"},
    {"tls13-tickets-fin",
#include "data/tls13-tickets-fin.inc"
	, ". 3 3fct 3fcta", "hE", "hE"},
    {"tls13-late-alert",
#include "data/tls13-late-alert.inc"
	, ". 3 3fc 3fc", "hE", "hEs"},
    {"tls13-verify",
#include "data/tls13-verify.inc"
	, ". 3 3", "ha48", "hE"},
    {"gnutls-tls12",
#include "data/gnutls-tls12.inc"
	, ". . f fc fct fctau fctau fctau fctau fctau", "hEs", "hEs"},
    {"gnutls-tls13",
#include "data/gnutls-tls13.inc"
	, ". 3 3 3 3fc 3fc 3fct 3fcta 3fctau 3fctau 3fctau 3fctau", "hEs",
	"hEs"},
    {"gnutls-tls13-client-cert",
#include "data/gnutls-tls13-client-cert.inc"
	, ". 3 3fc 3fc 3fct 3fcta 3fctau 3fctau 3fctau 3fctau", "hEs", "hEs"},
    {"gnutls-verify",
#include "data/gnutls-verify.inc"
	, ". 3 3", "hEs", "hE"},
    {"alert-handshake-failure",
#include "data/alert-handshake-failure.inc"
	, ". .", "h", "a40"},
    {"alert-protocol-version",
#include "data/alert-protocol-version.inc"
	, ". .", "h", "a70"},
    {"local-protocol-version",
#include "data/local-protocol-version.inc"
	, ". . .", "ha70", "h"},
    {"local-internal-error",
#include "data/local-internal-error.inc"
	, ". . .", "ha80", "h"},
    {"local-dh-small",
#include "data/local-dh-small.inc"
	, ". . .", "ha40", "h"},
};

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* P plaintext, M malformed, - nothing; h hello, E encrypted, s sealed, aN
   alert. */
static void
side_text(const struct record_stream *s, char text[16])
{
	static const char *const kinds[] = {"-", "", "P", "M"};
	int n = snprintf(text, 16, "%s%s%s%s", kinds[s->kind],
	    s->hello ? "h" : "", s->encrypted ? "E" : "", s->sealed ? "s" : "");

	if (s->alert != RECORD_NO_ALERT)
		snprintf(text + n, 16 - (size_t)n, "a%d", s->alert);
}

static void
flags_text(const struct records *r, char text[16])
{
	snprintf(text, 16, "%s%s%s%s%s%s%s%s", r->tls13 ? "3" : "",
	    r->retry ? "r" : "", r->finished ? "f" : "", r->complete ? "c" : "",
	    r->talked ? "t" : "", r->answered ? "a" : "", r->up ? "u" : "",
	    r->read ? "R" : "");
	if (text[0] == '\0')
		memcpy(text, ".", 2);
}

/* All evidence. */
static void
evidence_text(const struct records *r, char text[TEXT_MAX])
{
	char flags[16], side[2][16];

	flags_text(r, flags);
	side_text(&r->from[0], side[0]);
	side_text(&r->from[1], side[1]);
	snprintf(text, TEXT_MAX,
	    "%s %s %s, records %u %u, data %u %u, bytes "
	    "%lu %lu",
	    flags, side[0], side[1], r->from[0].records, r->from[1].records,
	    r->from[0].application, r->from[1].application,
	    (unsigned long)r->from[0].bytes, (unsigned long)r->from[1].bytes);
}

START_TEST(real_handshakes)
{
	const struct trace *t = &traces[_i];
	const char *wire = t->wire;
	char after[TEXT_MAX] = "", side[16];
	struct records r;
	size_t n = 0;

	record_start(&r);
	while (*wire != '\0') {
		size_t length = strcspn(wire, " ") + 1;
		char *chunk = strndup(wire, length);
		char flags[16];

		ck_assert_ptr_nonnull(chunk);
		wire_run(&r, chunk, WIRE_MAX);
		free(chunk);
		flags_text(&r, flags);
		n += (size_t)snprintf(
		    after + n, TEXT_MAX - n, "%s%s", n > 0 ? " " : "", flags);
		wire += length;
	}
	ck_assert_str_eq(after, t->after);
	side_text(&r.from[RECORD_CLIENT], side);
	ck_assert_str_eq(side, t->client);
	side_text(&r.from[RECORD_SERVER], side);
	ck_assert_str_eq(side, t->server);
}
END_TEST

START_TEST(real_handshakes_in_pieces)
{
	char whole[TEXT_MAX], pieces[TEXT_MAX];
	struct records r;

	record_start(&r);
	wire_run(&r, traces[_i].wire, WIRE_MAX);
	evidence_text(&r, whole);
	for (size_t piece = 1; piece < 400; piece++) {
		record_start(&r);
		wire_run(&r, traces[_i].wire, piece);
		evidence_text(&r, pieces);
		ck_assert_str_eq(pieces, whole);
	}
}
END_TEST

/* The server's first record, cut into records of one byte each. */
START_TEST(hello_in_records_of_one_byte)
{
	static unsigned char bytes[WIRE_MAX];
	const char *next = strchr(traces[_i].wire, 'S') + 1;
	size_t n = wire_bytes(&next, bytes);
	size_t length = (size_t)bytes[3] << 8 | bytes[4];
	struct records whole, cut;

	ck_assert_uint_le(5 + length, n);
	record_start(&whole);
	record_start(&cut);
	record_feed(&whole, RECORD_SERVER, bytes, 5 + length);
	for (size_t i = 0; i < length; i++) {
		const unsigned char record[6] = {
		    bytes[0], bytes[1], bytes[2], 0, 1, bytes[5 + i]};

		record_feed(&cut, RECORD_SERVER, record, sizeof(record));
	}
	ck_assert(cut.tls13 == whole.tls13);
	ck_assert(cut.retry == whole.retry);
	ck_assert(cut.from[1].hello == whole.from[1].hello);
	ck_assert_int_eq(cut.from[1].alert, whole.from[1].alert);
	ck_assert_uint_eq(cut.from[1].records, length);
}
END_TEST

#define H   WIRE_HELLO
#define S12 WIRE_SERVER12
#define S13 WIRE_SERVER13

static const struct made {
	const char *wire;
	const char *flags, *client, *server;
} made[] = {
#include "data/made.inc"
};

START_TEST(made_records)
{
	const struct made *m = &made[_i];
	static const size_t pieces[] = {WIRE_MAX, 1, 2, 3, 4, 5, 6, 7};
	char text[TEXT_MAX], whole[TEXT_MAX];
	struct records r;

	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		record_start(&r);
		wire_run(&r, m->wire, pieces[i]);
		flags_text(&r, text);
		ck_assert_str_eq(text, m->flags);
		side_text(&r.from[RECORD_CLIENT], text);
		ck_assert_str_eq(text, m->client);
		side_text(&r.from[RECORD_SERVER], text);
		ck_assert_str_eq(text, m->server);
		evidence_text(&r, text);
		if (i == 0)
			memcpy(whole, text, sizeof(whole));
		ck_assert_str_eq(text, whole);
	}
}
END_TEST

struct cuts {
	struct records records;
	char text[TEXT_MAX];
	bool first;
};

static void
cuts_start(void *context)
{
	struct cuts *cuts = context;

	record_start(&cuts->records);
}

static void
cuts_feed(void *context, const char *bytes, size_t n)
{
	struct cuts *cuts = context;

	record_feed(&cuts->records, RECORD_SERVER, bytes, n);
}

static void
cuts_end(void *context)
{
	struct cuts *cuts = context;
	char text[TEXT_MAX];

	evidence_text(&cuts->records, text);
	if (cuts->first)
		memcpy(cuts->text, text, sizeof(text));
	cuts->first = false;
	ck_assert_str_eq(text, cuts->text);
}

/* One direction in every two or three pieces. */
START_TEST(server_records_in_any_fragmentation)
{
	static const char *const wires[] = {
	    S13 "S" WIRE_CCS " S15030300020228",
	    WIRE_RETRY "S150303000101 S150303000128",
	    "S15030300020170 S1503030002",
	    S12 "S303030",
	};
	static unsigned char piece[WIRE_MAX];
	unsigned char bytes[256];
	const char *text = wires[_i];
	struct cuts cuts = {.first = true};
	const struct pieces pieces = {cuts_start, cuts_feed, cuts_end, &cuts};
	size_t n = 0;

	while (*text != '\0') {
		size_t length;

		if (*text++ != 'S')
			continue;
		length = wire_bytes(&text, piece);
		memcpy(bytes + n, piece, length);
		n += length;
	}
	pieces_run(&pieces, (const char *)bytes, n);
}
END_TEST

START_TEST(names_of_alerts)
{
	size_t named = 0;

	for (int i = -300; i < 300; i++)
		if (record_alert_name(i) != NULL)
			named++;
	ck_assert_uint_eq(named, 34);
	ck_assert_str_eq(record_alert_name(0), "close_notify");
	ck_assert_str_eq(record_alert_name(40), "handshake_failure");
	ck_assert_str_eq(record_alert_name(70), "protocol_version");
	ck_assert_str_eq(record_alert_name(112), "unrecognized_name");
	ck_assert_str_eq(record_alert_name(116), "certificate_required");
	ck_assert_ptr_null(record_alert_name(RECORD_NO_ALERT));
	ck_assert_ptr_null(record_alert_name(256));
	ck_assert_ptr_null(record_alert_name(1));
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("record");
	TCase *tcase = tcase_create("record");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, real_handshakes, 0, COUNT(traces));
	tcase_add_loop_test(tcase, real_handshakes_in_pieces, 0, COUNT(traces));
	tcase_add_loop_test(
	    tcase, hello_in_records_of_one_byte, 0, COUNT(traces));
	tcase_add_loop_test(tcase, made_records, 0, COUNT(made));
	tcase_add_loop_test(tcase, server_records_in_any_fragmentation, 0, 4);
	tcase_add_test(tcase, names_of_alerts);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
