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
#define QUIT	    "1703030017x23 "
#define TICKETS	    DONE13 "C" DATA "S17030300fax250 "
#define C(hex)	    "C" hex " "
#define S(hex)	    "S" hex " "

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
    {0, true, LEFT, "starttls-timeout left"},
    {0, true, FIN, "starttls-closed"},
    {0, true, RST, "starttls-reset"},
    {0, true, TIME, "starttls-timeout"},
    {0, false, FIN, "starttls-closed"},
    {0, false, RST, "starttls-reset"},
    {0, false, TIME, "starttls-timeout"},
    {0, false, LEFT, "starttls-timeout left"},
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
#include "data/handshakes.inc"
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
    {FIN, ALERT, 0, NULL, DONE13 "C" DATA "S" SEALED13, "late-closed"},
    {END_NONE, ALERT, 0, NULL, DONE13 "C" DATA "S" SEALED13, "late-closed"},
    {END_NONE, WIRE, 0, NULL, DONE13 "C" DATA, "late-closed"},
    {RST, WIRE, 0, NULL, DONE13 "C" DATA, "late-reset"},
    {LEFT, 0, 0, NULL, DONE13 "C" DATA TEXT, "late-closed"},
    {LEFT, 0, 0, NULL, DONE13 "C" DATA "S1602", "late-closed"},
    {RST, 0, 0, NULL, DONE12 "C" DATA TEXT, "late-reset"},
    {LEFT, 0, 0, NULL, DONE13, "tls-verify left"},
    {LEFT, 0, 0, NULL, DONE13 "C" DATA, "-"},
    {LEFT, 0, 0, NULL, DONE13 "C" DATA "C" SEALED13, "-"},
    {FIN, 0, 0, NULL, DONE13 "C" SEALED13, "tls-verify"},
    {FIN, 0, 0, NULL, DONE13 "C" SEALED13 "S" SEALED13, "tls-verify"},
    {FIN, 0, 0, NULL, DONE13 CLIENT("2a"), "tls-verify"},
    {FIN, VERIFY, 0, NULL, DONE13 "C" DATA, "tls-verify"},
    /* a healthy session, whatever becomes of it */
    {FIN, 0, 0, NULL, DONE13 "C" DATA "S" DATA "C" DATA, "-"},
    {RST, WIRE, 0, NULL, DONE12 "C" DATA "S" DATA, "-"},
    {LEFT, 0, 0, NULL, DONE12 "C" DATA "S" DATA, "-"},
    {FIN, 0, 0, NULL, DONE13 "C" DATA "S" DATA "C" DATA "S" SEALED13, "-"},
};

/* The server's records may be a reply or tickets: what the wire alone gives,
   and what it gives where the library would have told of a reply. */
static const struct reply_vector {
	int end;
	const char *wire;
	const char *wire_alone;
	const char *library_reads;
} replies[] = {
    {END_NONE, TICKETS, "-", "-"},
    {FIN, TICKETS, "-", "late-closed"},
    {RST, TICKETS, "-", "late-reset"},
    {TIME, TICKETS, "-", "late-timeout"},
    {LEFT, TICKETS, "-", "-"},
    {FIN, TICKETS "S" SEALED13, "-", "late-alert"},
    {FIN, TICKETS PEER("28"), "late-alert", "late-alert"},
    {FIN, TICKETS TEXT, "-", "late-closed"},
    {FIN, TICKETS CLIENT("2a"), "tls-verify", "tls-verify"},
    {FIN, TICKETS "C" QUIT, "-", "late-closed"},
    {FIN, TICKETS "C" DATA, "-", "-"},
    {FIN, TICKETS "=", "-", "-"},
    {FIN, DONE13 "S" DATA "C" DATA, "late-closed", "late-closed"},
    {FIN, DONE12 "C" DATA, "late-closed", "late-closed"},
    {FIN, DONE12 "C" DATA "S" DATA, "-", "-"},
    /* data before the client talks, as far as that was seen */
    {FIN, DONE13 "S" DATA "=", "-", "-"},
    {FIN, DONE13 "S" DATA "= C" DATA, "late-closed", "late-closed"},
    {FIN, DONE13 "S" DATA "= S" SEALED13, "-", "-"},
    {LEFT, DONE13 "S" DATA "=", "tls-verify left", "tls-verify left"},
    /* real ones; see test_record.c */
    {FIN,
#include "data/tls13-tickets-fin.inc"
	, "-", "late-closed"},
    {FIN,
#include "data/tls13-tickets.inc"
	, "-", "-"},
};

/* The name, and whether it rests on the client's leaving. */
static void
check_class(const struct class_facts *facts, const char *expected)
{
	struct class class;
	char text[CLASS_NAME_MAX + 8];

	memset(&class, 'x', sizeof(class));
	class_decide(facts, &class);
	snprintf(text, sizeof(text), "%s%s", class.name,
	    class.client_left ? " left" : "");
	ck_assert_str_eq(text, expected);
}

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

	record_start(&records);
	wire_run(&records, v->wire, WIRE_MAX);
	check_class(&facts, v->name);
}

START_TEST(answers_to_starttls)
{
	const struct starttls_vector *v = &starttls[_i];
	struct class_facts facts = {.stage = STAGE_STARTTLS,
	    .reply = v->reply,
	    .replied = v->replied,
	    .end = (enum class_end)v->end};

	check_class(&facts, v->name);
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

START_TEST(replies_and_tickets)
{
	const struct reply_vector *v = &replies[_i];
	struct records records;
	struct class_facts facts = {
	    .stage = STAGE_EHLO_TLS,
	    .end = (enum class_end)v->end,
	    .records = &records,
	};

	record_start(&records);
	wire_run(&records, v->wire, WIRE_MAX);
	check_class(&facts, v->wire_alone);
	facts.library_reads = true;
	check_class(&facts, v->library_reads);
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

	facts.stage = STAGE_HANDSHAKE;
	check_class(&facts, tls[_i]);
	facts.stage = STAGE_EHLO_TLS;
	check_class(&facts, after[_i]);
}
END_TEST

/* Kind, then letters: a ambiguous, l late, f forbidden, L live, r recordable. */
static const char *const kinds[CLASS_COUNT] = {
    [CLASS_NONE] = "",
    [CLASS_STARTTLS_4XX] = "r",
    [CLASS_STARTTLS_5XX] = "r",
    [CLASS_STARTTLS_BAD_REPLY] = "r",
    [CLASS_STARTTLS_CLOSED] = "ar",
    [CLASS_STARTTLS_RESET] = "ar",
    [CLASS_STARTTLS_TIMEOUT] = "ar",
    [CLASS_TLS_ALERT] = "Lr",
    [CLASS_TLS_CLOSED] = "aLr",
    [CLASS_TLS_RESET] = "aLr",
    [CLASS_TLS_TIMEOUT] = "aLr",
    [CLASS_TLS_PLAINTEXT] = "Lr",
    [CLASS_TLS_MALFORMED] = "Lr",
    [CLASS_TLS_LOCAL] = "Lr",
    [CLASS_TLS_LOCAL_CONFIG] = "f",
    [CLASS_TLS_VERIFY] = "f",
    [CLASS_LATE_CLOSED] = "alr",
    [CLASS_LATE_RESET] = "alr",
    [CLASS_LATE_ALERT] = "lr",
    [CLASS_LATE_TIMEOUT] = "alr",
};

START_TEST(what_the_kinds_mean)
{
	enum class_kind kind = (enum class_kind)_i;
	char letters[8];

	snprintf(letters, sizeof(letters), "%s%s%s%s%s",
	    class_ambiguous(kind) ? "a" : "", class_late(kind) ? "l" : "",
	    class_forbidden(kind) ? "f" : "", class_live(kind) ? "L" : "",
	    class_recordable(kind) ? "r" : "");
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
	tcase_add_loop_test(tcase, replies_and_tickets, 0, COUNT(replies));
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
