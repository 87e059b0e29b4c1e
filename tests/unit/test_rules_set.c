/*
 * test_rules_set - what is wrong with lines and settings, table driven
 *
 * Every message stands here word for word: an operator reads it, and what
 * must be refused must be refused for the right reason.
 */
#include "policy.h"

#define KEYLESS " is not KEY=VALUE\n"
#define SECONDS " is not a whole number of seconds from 1 to 3600\n"
#define SLOTS	" is not a whole number from 1024 to 8388608\n"
#define PORT	" is not a number from 1 to 65535\n"
#define IS_465                                                          \
	" is TLS from its first byte (RFC 8314): there is no STARTTLS " \
	"to fall back from; remove it\n"
#define IS_587                                                          \
	"W f:1: port 587 is for submission: what is sent there with a " \
	"password must not go out in the clear (RFC 8314)\n"
#define RELATIVE  " is not an absolute path: it must begin with /\n"
#define DIRECTORY " is a directory: name a file in it\n"
#define MORE	  " is more than this directive takes (a comment begins with #)\n"
#define WILDCARD  " has a wildcard that is none here: use * and ?\n"
#define WILD_DIR                                                           \
	" has a wildcard in a directory's name: only the file's name may " \
	"have one\n"
#define FACILITIES                                                              \
	": expected mail, daemon, user, auth, authpriv, cron, ftp, lpr, news, " \
	"uucp, local0 to local7, or none\n"
#define DIRECTIVES \
	": expected peer, include, state, events, syslog, ports or timeout\n"
#define CONTROL " has a control character in it: remove it\n"
#define RETURN \
	"the line has a carriage return in it: lines end with LF or CRLF\n"

static const struct policy_problems problems[] = {
    /* lines */
    {"foo\n", "E f:1: unknown directive \"foo\"" DIRECTIVES},
    {"foo", "E f:1: unknown directive \"foo\"" DIRECTIVES},
    {"\n\n\tPeer * off", "E f:3: unknown directive \"Peer\"" DIRECTIVES},
    {"peer=*\n", "E f:1: unknown directive \"peer=*\"" DIRECTIVES},
    {"a\x01z\n", "E f:1: \"a?z\"" CONTROL},
    {"events /a\x7f\n", "E f:1: \"/a?\"" CONTROL},
    {"# Mac\rpeer * off\r", "E f:1: " RETURN},
    {"peer * off\r\r\n", "E f:1: " RETURN},
    {"\xef\xbb\xbf# UTF-8\n",
	"E f:1: the file begins with a byte order mark: save it without one\n"},
    {"\n\xef\xbb\xbf\n", "E f:2: unknown directive \"???\"" DIRECTIVES},
    {"zero\none two\n", "E f:1: unknown directive \"zero\"" DIRECTIVES
			"E f:2: unknown directive \"one\"" DIRECTIVES},
    /* state */
    {"state\n", "E f:1: state needs a path: state PATH [slots=N]\n"},
    {"state # x\n", "E f:1: state needs a path: state PATH [slots=N]\n"},
    {"state a/b\n", "E f:1: \"a/b\"" RELATIVE},
    {"state /a/\n", "E f:1: \"/a/\"" DIRECTORY},
    {"state /a b\n", "E f:1: \"b\"" KEYLESS},
    {"state /a =b\n", "E f:1: \"=b\"" KEYLESS},
    {"state /a size=1\n", "E f:1: unknown key \"size\": state takes slots\n"},
    {"state /a slots=\n", "E f:1: slots=\"\"" SLOTS},
    {"state /a slots=1023\n", "E f:1: slots=\"1023\"" SLOTS},
    {"state /a slots=8388609\n", "E f:1: slots=\"8388609\"" SLOTS},
    {"state /a slots=4294968320\n", "E f:1: slots=\"4294968320\"" SLOTS},
    {"state /a slots=02048\n", "E f:1: slots=\"02048\"" SLOTS},
    {"state /a slots=+2048\n", "E f:1: slots=\"+2048\"" SLOTS},
    {"state /a slots=2048x\n", "E f:1: slots=\"2048x\"" SLOTS},
    {"state /a slots=2048 slots=4096\n", "E f:1: \"slots\" is given twice\n"},
    {"state /a slots=1 slots=2048\n",
	"E f:1: slots=\"1\"" SLOTS "E f:1: \"slots\" is given twice\n"},
    {"state /a\nstate /b\n",
	"E f:2: state is given twice, first in f:1: remove one of them\n"},
    {"state\nstate /b\n",
	"E f:1: state needs a path: state PATH [slots=N]\n"
	"E f:2: state is given twice, first in f:1: remove one of them\n"},
    /* events */
    {"events\n", "E f:1: events needs a path: events PATH\n"},
    {"events e\n", "E f:1: \"e\"" RELATIVE},
    {"events /\n", "E f:1: \"/\"" DIRECTORY},
    {"events /e f g\n", "E f:1: \"f\"" MORE "E f:1: \"g\"" MORE},
    {"events /a\n\nevents /a\n",
	"E f:3: events is given twice, first in f:1: remove one of them\n"},
    {"events /a\nstate /a\n",
	"E f:2: \"/a\" is given for state and for events: they need two "
	"files\n"},
    {"state /a\nevents /a\n",
	"E f:2: \"/a\" is given for state and for events: they need two "
	"files\n"},
    /* syslog */
    {"syslog\n", "E f:1: syslog needs a facility, or none\n"},
    {"syslog kern\n", "E f:1: unknown syslog facility \"kern\"" FACILITIES},
    {"syslog Mail\n", "E f:1: unknown syslog facility \"Mail\"" FACILITIES},
    {"syslog local8\n", "E f:1: unknown syslog facility \"local8\"" FACILITIES},
    {"syslog mai\n", "E f:1: unknown syslog facility \"mai\"" FACILITIES},
    {"syslog mail.info x\n",
	"E f:1: unknown syslog facility \"mail.info\"" FACILITIES
	"E f:1: \"x\"" MORE},
    {"syslog mail news\n", "E f:1: \"news\"" MORE},
    {"syslog mail\nsyslog mail\n",
	"E f:2: syslog is given twice, first in f:1: remove one of them\n"},
    /* ports */
    {"ports\n", "E f:1: ports needs a port: ports N ...\n"},
    {"ports 0\n", "E f:1: port \"0\"" PORT},
    {"ports 65536\n", "E f:1: port \"65536\"" PORT},
    {"ports -1\n", "E f:1: port \"-1\"" PORT},
    {"ports 025\n", "E f:1: port \"025\"" PORT},
    {"ports smtp 25,26\n",
	"E f:1: port \"smtp\"" PORT "E f:1: port \"25,26\"" PORT},
    {"ports 25 465\n", "E f:1: port \"465\"" IS_465},
    {"ports 25 587\n", IS_587},
    {"ports 25 26 25\n", "E f:1: port \"25\" is given twice\n"},
    {"ports 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17\n",
	"E f:1: port \"17\" is one too many: at most 16\n"},
    {"ports 25\nports 26\n",
	"E f:2: ports is given twice, first in f:1: remove one of them\n"},
    /* timeout */
    {"timeout\n", "E f:1: timeout needs a key: timeout [stall=S] [handshake=S] "
		  "[reconnect=S]\n"},
    {"timeout 5\n", "E f:1: \"5\"" KEYLESS},
    {"timeout wait=5\n",
	"E f:1: unknown key \"wait\": timeout takes stall, handshake and "
	"reconnect\n"},
    {"timeout stall=0\n", "E f:1: \"stall=0\"" SECONDS},
    {"timeout handshake=3601\n", "E f:1: \"handshake=3601\"" SECONDS},
    {"timeout reconnect=5s\n", "E f:1: \"reconnect=5s\"" SECONDS},
    {"timeout reconnect=0.5\n", "E f:1: \"reconnect=0.5\"" SECONDS},
    {"timeout stall=9999999999\n", "E f:1: \"stall=9999999999\"" SECONDS},
    {"timeout stall=5 stall=6\n", "E f:1: \"stall\" is given twice\n"},
    {"timeout stall=121\n",
	"W f:1: stall is longer than handshake: it never ends anything\n"},
    {"timeout stall=5\ntimeout handshake=5\n",
	"E f:2: timeout is given twice, first in f:1: remove one of them\n"},
    /* include */
    {"include\n", "E f:1: include needs a path: include PATH\n"},
    {"include etc/*.conf\n", "E f:1: \"etc/*.conf\"" RELATIVE},
    {"include /etc/\n", "E f:1: \"/etc/\"" DIRECTORY},
    {"include /e*/x\n", "E f:1: \"/e*/x\"" WILD_DIR},
    {"include /e?/*\n", "E f:1: \"/e?/*\"" WILD_DIR},
    {"include /e/[ab]\n", "E f:1: \"/e/[ab]\"" WILDCARD},
    {"include /e/]\n", "E f:1: \"/e/]\"" WILDCARD},
    {"include /e/{a\n", "E f:1: \"/e/{a\"" WILDCARD},
    {"include /e/a}\n", "E f:1: \"/e/a}\"" WILDCARD},
    {"include /e/\\*\n", "E f:1: \"/e/\\*\"" WILDCARD},
    {"include /one /two\n", "E f:1: \"/two\"" MORE
			    "E /one:2: unknown directive \"bad\"" DIRECTIVES},
    {"include /no\n", "E f:1: not there\n"},
    {"bad\ninclude /two\nbad\n",
	"E f:1: unknown directive \"bad\"" DIRECTIVES
	"E /one:2: unknown directive \"bad\"" DIRECTIVES
	"E f:3: unknown directive \"bad\"" DIRECTIVES},
    {"include /self\n",
	"E /self:1: \"/self\" is included more than 8 deep: does a file "
	"include itself?\n"},
    {"ports 25\ninclude /set\nstate /t\n",
	"E /set:1: ports is given twice, first in f:1: remove one of them\n"
	"E f:3: state is given twice, first in /set:2: remove one of them\n"},
};

START_TEST(problems_as_the_table_says)
{
	policy_expect(&problems[_i]);
}
END_TEST

int
main(void)
{
	TCase *tests = tcase_create("rules-set");

	tcase_add_loop_test(
	    tests, problems_as_the_table_says, 0, COUNT(problems));
	return policy_run(tests, "rules-set");
}
