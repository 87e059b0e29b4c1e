/*
 * test_class - from evidence to the name of a failure class, table driven
 *
 * The evidence on the wire is written as text (wire.h) and read by the real
 * record parser.
 */
#include "../../shim/class.h"
#include "wire.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#define H      WIRE_HELLO
#define S12    WIRE_SERVER12
#define S13    WIRE_SERVER13
#define DONE12 WIRE_DONE12
#define DONE13 WIRE_DONE13

/* Fatal alerts in the clear, by number in hexadecimal. */
#define PEER(hex)   "S150303000202" hex " "
#define CLIENT(hex) "C150303000202" hex " "
#define SEALED13    "1703030013x19 "
#define TEXT	    "S35303020780d0a "
#define DATA	    "1703030025x37 "

enum { FIN = END_FIN, RST = END_RESET, TIME = END_TIMEOUT, LEFT = END_CLIENT };
enum { WIRE = VERDICT_WIRE, ALERT = VERDICT_ALERT, VERIFY = VERDICT_VERIFY };
enum { LOCAL = VERDICT_LOCAL };

static const struct starttls_vector {
	uint16_t reply;
	bool replied;
	int end;
	const char *name;
} starttls[] = {
    {454, true, END_NONE, "starttls-4xx"},
    {421, true, FIN, "starttls-4xx"},
    {400, true, LEFT, "starttls-4xx"},
    {499, true, RST, "starttls-4xx"},
    {500, true, END_NONE, "starttls-5xx"},
    {599, true, LEFT, "starttls-5xx"},
    {250, true, END_NONE, "starttls-bad-reply"},
    {221, true, LEFT, "starttls-bad-reply"},
    {214, true, END_NONE, "starttls-bad-reply"},
    {354, true, FIN, "starttls-bad-reply"},
    {0, true, END_NONE, "starttls-bad-reply"},
    {0, true, LEFT, "starttls-bad-reply"},
    {0, true, FIN, "starttls-closed"},
    {0, true, RST, "starttls-reset"},
    {0, true, TIME, "starttls-timeout"},
    {0, false, FIN, "starttls-closed"},
    {0, false, RST, "starttls-reset"},
    {0, false, TIME, "starttls-timeout"},
    {0, false, LEFT, "starttls-timeout"},
    {0, false, END_NONE, "-"},
    {220, true, END_NONE, "-"},
    {220, true, LEFT, "-"},
    {220, true, FIN, "starttls-closed"},
};

static const struct handshake_vector {
	int end;
	int verdict;
	int alert;
	const char *reason;
	const char *wire;
	const char *name;
} handshake[] = {
    /* nothing failed yet */
    {END_NONE, 0, 0, NULL, "", "-"},
    {END_NONE, 0, 0, NULL, H, "-"},
    {END_NONE, 0, 0, NULL, H S12, "-"},
    {END_NONE, 0, 0, NULL, DONE12, "-"},
    /* a certificate that was refused comes before everything */
    {END_NONE, VERIFY, 0, NULL, H S12, "tls-verify"},
    {RST, VERIFY, 0, NULL, H PEER("28"), "tls-verify"},
    {FIN, VERIFY, 0, NULL, H TEXT, "tls-verify"},
    {END_NONE, VERIFY, 0, NULL, "", "tls-verify"},
    {LEFT, 0, 0, NULL, H S12 CLIENT("2a"), "tls-verify"},
    {LEFT, 0, 0, NULL, H S12 CLIENT("2b"), "tls-verify"},
    {FIN, 0, 0, NULL, H S12 CLIENT("30"), "tls-verify"},
    {END_NONE, LOCAL, 0, "ee key too small", H S12 CLIENT("31"), "tls-verify"},
    {END_NONE, WIRE, 0, NULL, H S12 CLIENT("2e"), "tls-verify"},
    {LEFT, 0, 0, NULL, H S12 CLIENT("71"), "tls-verify"},
    {RST, 0, 0, NULL, H S12 CLIENT("30") PEER("28"), "tls-verify"},
    /* TLS 1.3: the client's alert cannot be read */
    {LEFT, 0, 0, NULL, H S13 "C" SEALED13, "tls-verify"},
    {FIN, 0, 0, NULL, H S13 "C" SEALED13, "tls-verify"},
    {LEFT, WIRE, 0, NULL, H S13 "C" SEALED13, "tls-verify"},
    {LEFT, LOCAL, 0, "bad ecpoint", H S13 "C" SEALED13,
	"tls-local-bad_ecpoint"},
    {LEFT, 0, 0, NULL, H S12 "C" WIRE_CCS " C" WIRE_FIN " C1503030018x24",
	"tls-malformed"},
    /* the client closed a completed handshake itself */
    {LEFT, 0, 0, NULL, DONE12, "tls-verify"},
    {LEFT, 0, 0, NULL, DONE13, "tls-verify"},
    {FIN, 0, 0, NULL, DONE13 "C" SEALED13, "tls-verify"},
    {FIN, 0, 0, NULL, DONE12 "C1503030018x24", "tls-verify"},
    {RST, 0, 0, NULL, DONE13 CLIENT("30"), "tls-verify"},
    /* ... or left where it may have judged the certificate */
    {LEFT, 0, 0, NULL, H S12, "tls-verify"},
    {LEFT, 0, 0, NULL, H S13, "tls-verify"},
    /* ... or waited for more */
    {LEFT, 0, 0, NULL, H S12 "S16", "tls-timeout"},
    {LEFT, 0, 0, NULL, H S12 "S1603030100x9", "tls-timeout"},
    {LEFT, 0, 0, NULL, H "S16030300", "tls-timeout"},
    {LEFT, 0, 0, NULL, H "S15030300020170", "tls-timeout"},
    {LEFT, 0, 0, NULL, H, "tls-timeout"},
    /* the client's own fault, before the peer said anything */
    {END_NONE, LOCAL, 0, "no ciphers available", "", "tls-local-config"},
    {END_NONE, WIRE, 0, NULL, "", "tls-local-config"},
    {END_NONE, LOCAL, 0, NULL, H, "tls-local-config"},
    {LEFT, LOCAL, 0, NULL, H, "tls-local-config"},
    {LEFT, 0, 0, NULL, "", "tls-local-config"},
    {FIN, LOCAL, 0, "no ciphers available", "", "tls-local-config"},
    {FIN, 0, 0, NULL, CLIENT("50"), "tls-local-config"},
    {LEFT, 0, 0, NULL, H CLIENT("50"), "tls-local-config"},
    {LEFT, 0, 0, NULL, "C515549540d0a", "tls-local-config"},
    {LEFT, 0, 0, NULL, "C515549540d0a " PEER("0a"), "tls-local-config"},
    {FIN, 0, 0, NULL, "C515549540d0a " TEXT, "tls-local-config"},
    /* the peer's alert */
    {END_NONE, ALERT, 40, NULL, H PEER("28"), "tls-alert-handshake_failure"},
    {END_NONE, ALERT, 70, NULL, H, "tls-alert-protocol_version"},
    {FIN, 0, 0, NULL, H PEER("28"), "tls-alert-handshake_failure"},
    {RST, 0, 0, NULL, H S12 PEER("50"), "tls-alert-internal_error"},
    {LEFT, WIRE, 0, NULL, H PEER("70"), "tls-alert-unrecognized_name"},
    {END_NONE, LOCAL, 0, "x", H S12 PEER("2f"), "tls-alert-illegal_parameter"},
    {END_NONE, 0, 0, NULL, H PEER("07"), "tls-alert-7"},
    {END_NONE, ALERT, 255, NULL, H, "tls-alert-255"},
    {END_NONE, ALERT, 99, NULL, H, "tls-alert-99"},
    {END_NONE, ALERT, 1000, NULL, H, "tls-alert-unknown"},
    {FIN, 0, 0, NULL, H PEER("30"), "tls-alert-unknown_ca"},
    {FIN, 0, 0, NULL, H PEER("28") TEXT, "tls-alert-handshake_failure"},
    {LEFT, 0, 0, NULL, H PEER("28") CLIENT("50"),
	"tls-alert-handshake_failure"},
    /* a close_notify is a close */
    {FIN, 0, 0, NULL, H PEER("00"), "tls-closed"},
    {END_NONE, ALERT, 0, NULL, H, "tls-closed"},
    {END_NONE, ALERT, 0, NULL, H S12, "tls-closed"},
    {FIN, 0, 0, NULL, H "S15030300020100", "tls-closed"},
    /* no TLS: the wire wins over what the library makes of it */
    {END_NONE, 0, 0, NULL, H TEXT, "tls-plaintext"},
    {END_NONE, LOCAL, 0, "wrong version number", H TEXT, "tls-plaintext"},
    {FIN, WIRE, 0, NULL, H TEXT, "tls-plaintext"},
    {RST, 0, 0, NULL, H TEXT CLIENT("46"), "tls-plaintext"},
    {LEFT, 0, 0, NULL, H S12 TEXT, "tls-plaintext"},
    {TIME, 0, 0, NULL, TEXT, "tls-plaintext"},
    /* no use */
    {END_NONE, LOCAL, 0, "x", H "S1602", "tls-malformed"},
    {FIN, 0, 0, NULL, H S12 "S00", "tls-malformed"},
    {RST, WIRE, 0, NULL, H "S160303ffff", "tls-malformed"},
    {END_NONE, WIRE, 0, NULL, H S12, "tls-malformed"},
    {LEFT, WIRE, 0, NULL, H S12, "tls-malformed"},
    {END_NONE, LOCAL, 0, "x", H "S16030300040b000000", "tls-malformed"},
    {LEFT, 0, 0, NULL, H "S16030300040b000000 " CLIENT("46"), "tls-malformed"},
    {LEFT, 0, 0, NULL, H S12 CLIENT("0a"), "tls-malformed"},
    {LEFT, 0, 0, NULL, H S12 CLIENT("14"), "tls-malformed"},
    {LEFT, 0, 0, NULL, H S12 CLIENT("15"), "tls-malformed"},
    {FIN, 0, 0, NULL, H S12 CLIENT("16"), "tls-malformed"},
    {LEFT, 0, 0, NULL, H S12 CLIENT("2f"), "tls-malformed"},
    {LEFT, 0, 0, NULL, H S12 CLIENT("32"), "tls-malformed"},
    {LEFT, 0, 0, NULL, H S12 CLIENT("33"), "tls-malformed"},
    {END_NONE, LOCAL, 0, "length mismatch", H S12 CLIENT("32"),
	"tls-malformed"},
    /* what the client does not accept */
    {END_NONE, LOCAL, 0, "dh key too small", H S12,
	"tls-local-dh_key_too_small"},
    {FIN, LOCAL, 0, "Unsupported Protocol!", H S12 CLIENT("46"),
	"tls-local-unsupported_protocol"},
    {END_NONE, LOCAL, 0, "wrong signature type", H S12 CLIENT("2f"),
	"tls-local-wrong_signature_type"},
    {END_NONE, LOCAL, 0, "a-b_c/d.e (1)", H S12, "tls-local-a-b_cde_1"},
    {END_NONE, LOCAL, 0, NULL, H S12 CLIENT("28"),
	"tls-local-handshake_failure"},
    {END_NONE, LOCAL, 0, "", H S12, "tls-local-unknown"},
    {END_NONE, LOCAL, 0, "%/&", H S12, "tls-local-unknown"},
    {END_NONE, LOCAL, 0,
	"a reason of many, many words that goes on and on and on and on and on",
	H S12,
	"tls-local-a_reason_of_many_many_words_that_goes_on_and_on_and_o"},
    {LEFT, 0, 0, NULL, H S12 CLIENT("28"), "tls-local-handshake_failure"},
    {FIN, 0, 0, NULL, H S12 CLIENT("46"), "tls-local-protocol_version"},
    {RST, 0, 0, NULL, H S12 CLIENT("47"), "tls-local-insufficient_security"},
    {LEFT, 0, 0, NULL, H S12 CLIENT("50"), "tls-local-internal_error"},
    {LEFT, 0, 0, NULL, H S12 CLIENT("56"), "tls-local-inappropriate_fallback"},
    {LEFT, WIRE, 0, NULL, H S12 CLIENT("6e"),
	"tls-local-unsupported_extension"},
    {LEFT, 0, 0, NULL, H S12 CLIENT("07"), "tls-local-7"},
    /* how the connection ended */
    {FIN, 0, 0, NULL, "", "tls-closed"},
    {FIN, 0, 0, NULL, H, "tls-closed"},
    {FIN, WIRE, 0, NULL, H, "tls-closed"},
    {FIN, LOCAL, 0, "x", H, "tls-closed"},
    {FIN, 0, 0, NULL, H "S160303002a0200", "tls-closed"},
    {FIN, WIRE, 0, NULL, H S12, "tls-closed"},
    {FIN, 0, 0, NULL, H S13 "S" SEALED13, "tls-closed"},
    {FIN, 0, 0, NULL, H S12 CLIENT("00"), "tls-closed"},
    {FIN, 0, 0, NULL, H S12 CLIENT("5a"), "tls-closed"},
    {FIN, 0, 0, NULL, H S12 "C" WIRE_CCS " C" WIRE_FIN, "tls-closed"},
    {RST, 0, 0, NULL, H, "tls-reset"},
    {RST, WIRE, 0, NULL, "", "tls-reset"},
    {RST, 0, 0, NULL, H S12, "tls-reset"},
    {TIME, 0, 0, NULL, H, "tls-timeout"},
    {TIME, 0, 0, NULL, "", "tls-timeout"},
    {TIME, WIRE, 0, NULL, H S12 "S1603", "tls-timeout"},
    /* the library was asked: it has not succeeded, whatever the wire shows */
    {FIN, WIRE, 0, NULL, DONE13, "tls-closed"},
    {END_NONE, ALERT, 40, NULL, DONE12, "tls-alert-handshake_failure"},
    /* complete by the wire alone */
    {FIN, 0, 0, NULL, DONE12, "late-closed"},
    {RST, 0, 0, NULL, DONE13, "late-reset"},
    {TIME, 0, 0, NULL, DONE13 "C" DATA, "late-timeout"},
};

/* After the handshake: the stage is ehlo-tls, or the library said so. */
static const struct handshake_vector late[] = {
    {END_NONE, 0, 0, NULL, DONE13, "-"},
    {END_NONE, 0, 0, NULL, DONE13 "C" DATA, "-"},
    {FIN, 0, 0, NULL, DONE12, "late-closed"},
    {FIN, 0, 0, NULL, DONE13 "C" DATA, "late-closed"},
    {RST, 0, 0, NULL, DONE13 "C" DATA, "late-reset"},
    {TIME, 0, 0, NULL, DONE13 "C" DATA, "late-timeout"},
    {FIN, 0, 0, NULL, DONE13 "C" DATA "S" SEALED13, "late-alert"},
    {RST, 0, 0, NULL, DONE13 "S" SEALED13, "late-alert"},
    {FIN, 0, 0, NULL, DONE12 "C" DATA "S1503030018x24", "late-alert"},
    {FIN, 0, 0, NULL, DONE13 PEER("28"), "late-alert"},
    {END_NONE, ALERT, 116, NULL, DONE13 "C" DATA, "late-alert"},
    {FIN, ALERT, 0, NULL, DONE13 "C" DATA, "late-closed"},
    {END_NONE, WIRE, 0, NULL, DONE13 "C" DATA, "late-closed"},
    {RST, WIRE, 0, NULL, DONE13 "C" DATA, "late-reset"},
    {LEFT, 0, 0, NULL, DONE13 "C" DATA TEXT, "late-closed"},
    {LEFT, 0, 0, NULL, DONE13 "C" DATA "S1602", "late-closed"},
    {RST, 0, 0, NULL, DONE12 "C" DATA TEXT, "late-reset"},
    {LEFT, 0, 0, NULL, DONE13, "tls-verify"},
    {LEFT, 0, 0, NULL, DONE13 "C" DATA, "-"},
    {LEFT, 0, 0, NULL, DONE13 "C" DATA "C" SEALED13, "-"},
    {FIN, 0, 0, NULL, DONE13 "C" SEALED13, "tls-verify"},
    {FIN, 0, 0, NULL, DONE13 "C" SEALED13 "S" SEALED13, "tls-verify"},
    {FIN, 0, 0, NULL, DONE13 CLIENT("2a"), "tls-verify"},
    {FIN, VERIFY, 0, NULL, DONE13 "C" DATA, "tls-verify"},
    /* a healthy session, whatever becomes of it */
    {FIN, 0, 0, NULL, DONE13 "C" DATA "S" DATA, "-"},
    {RST, WIRE, 0, NULL, DONE12 "C" DATA "S" DATA, "-"},
    {LEFT, 0, 0, NULL, DONE12 "C" DATA "S" DATA, "-"},
    {FIN, 0, 0, NULL, DONE13 "C" DATA "S" DATA "S" SEALED13, "-"},
};

static void
check_vector(
    const struct handshake_vector *v, enum class_stage stage, bool done)
{
	struct records records;
	struct class_facts facts = {
	    .stage = stage,
	    .reply = 220,
	    .replied = true,
	    .end = (enum class_end)v->end,
	    .records = &records,
	    .handshake_done = done,
	    .verdict = (enum class_verdict)v->verdict,
	    .alert = v->alert,
	    .reason = v->reason,
	};
	struct class class;

	record_start(&records);
	wire_run(&records, v->wire, WIRE_MAX);
	memset(&class, 'x', sizeof(class));
	class_decide(&facts, &class);
	ck_assert_str_eq(class.name, v->name);
}

START_TEST(answers_to_starttls)
{
	const struct starttls_vector *v = &starttls[_i];
	struct class_facts facts = {.stage = STAGE_STARTTLS,
	    .reply = v->reply,
	    .replied = v->replied,
	    .end = (enum class_end)v->end};
	struct class class;

	class_decide(&facts, &class);
	ck_assert_str_eq(class.name, v->name);
}
END_TEST

START_TEST(failures_in_the_handshake)
{
	check_vector(&handshake[_i], STAGE_HANDSHAKE, false);
}
END_TEST

START_TEST(failures_after_the_handshake)
{
	check_vector(&late[_i], STAGE_EHLO_TLS, true);
	check_vector(&late[_i], STAGE_EHLO_TLS, false);
	check_vector(&late[_i], STAGE_HANDSHAKE, true);
}
END_TEST

START_TEST(no_failure_in_other_stages)
{
	static const enum class_stage stages[] = {
	    STAGE_CONNECT, STAGE_BANNER, STAGE_EHLO, STAGE_TLS, STAGE_CLEAR};

	for (int end = END_NONE; end <= END_CLIENT; end++) {
		for (int verdict = 0; verdict <= LOCAL; verdict++) {
			const struct handshake_vector v = {
			    end, verdict, 40, "x", H PEER("28"), "-"};

			check_vector(&v, stages[_i], false);
			check_vector(&v, stages[_i], true);
		}
	}
}
END_TEST

START_TEST(no_records_at_all)
{
	static const char *const tls[] = {
	    "-", "tls-closed", "tls-reset", "tls-timeout", "-"};
	static const char *const after[] = {
	    "-", "late-closed", "late-reset", "late-timeout", "-"};
	struct class_facts facts = {.end = (enum class_end)_i};
	struct class class;

	facts.stage = STAGE_HANDSHAKE;
	class_decide(&facts, &class);
	ck_assert_str_eq(class.name, tls[_i]);
	facts.stage = STAGE_EHLO_TLS;
	class_decide(&facts, &class);
	ck_assert_str_eq(class.name, after[_i]);
}
END_TEST

/* Kind, then letters: a ambiguous, l late, f forbidden, L live. */
static const char *const kinds[CLASS_COUNT] = {
    [CLASS_NONE] = "",
    [CLASS_STARTTLS_4XX] = "",
    [CLASS_STARTTLS_5XX] = "",
    [CLASS_STARTTLS_BAD_REPLY] = "",
    [CLASS_STARTTLS_CLOSED] = "a",
    [CLASS_STARTTLS_RESET] = "a",
    [CLASS_STARTTLS_TIMEOUT] = "a",
    [CLASS_TLS_ALERT] = "L",
    [CLASS_TLS_CLOSED] = "aL",
    [CLASS_TLS_RESET] = "aL",
    [CLASS_TLS_TIMEOUT] = "aL",
    [CLASS_TLS_PLAINTEXT] = "L",
    [CLASS_TLS_MALFORMED] = "L",
    [CLASS_TLS_LOCAL] = "L",
    [CLASS_TLS_LOCAL_CONFIG] = "f",
    [CLASS_TLS_VERIFY] = "f",
    [CLASS_LATE_CLOSED] = "al",
    [CLASS_LATE_RESET] = "al",
    [CLASS_LATE_ALERT] = "l",
    [CLASS_LATE_TIMEOUT] = "al",
};

START_TEST(what_the_kinds_mean)
{
	enum class_kind kind = (enum class_kind)_i;
	char letters[8];

	snprintf(letters, sizeof(letters), "%s%s%s%s",
	    class_ambiguous(kind) ? "a" : "", class_late(kind) ? "l" : "",
	    class_forbidden(kind) ? "f" : "", class_live(kind) ? "L" : "");
	ck_assert_str_eq(letters, kinds[kind]);
}
END_TEST

START_TEST(names_of_stages)
{
	static const char *const names[] = {"connect", "banner", "ehlo",
	    "starttls", "handshake", "ehlo-tls", "tls", "clear", "-"};

	ck_assert_str_eq(class_stage_name((enum class_stage)_i), names[_i]);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

int
main(void)
{
	Suite *suite = suite_create("class");
	TCase *tcase = tcase_create("class");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, answers_to_starttls, 0, COUNT(starttls));
	tcase_add_loop_test(
	    tcase, failures_in_the_handshake, 0, COUNT(handshake));
	tcase_add_loop_test(
	    tcase, failures_after_the_handshake, 0, COUNT(late));
	tcase_add_loop_test(tcase, no_failure_in_other_stages, 0, 5);
	tcase_add_loop_test(tcase, no_records_at_all, 0, END_CLIENT + 1);
	tcase_add_loop_test(tcase, what_the_kinds_mean, 0, CLASS_COUNT);
	tcase_add_loop_test(tcase, names_of_stages, 0, STAGE_CLEAR + 2);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
