/*
 * test_rules_peer - what is wrong with rules, table driven
 *
 * Every message stands here word for word: an operator reads it, and what
 * must be refused must be refused for the right reason.
 */
#include "policy.h"

#define NAMES	LATER ": use an address, a network or *\n"
#define A_NAME	"a pattern by name such as "
#define ACTIONS "off, observe, never, fallback or clear\n"
#define METHODS "auto, live or learn\n"
#define KEYS	": peer takes method and ttl\n"
#define KEYLESS " is not KEY=VALUE\n"
#define NO_ADDRESS                                                            \
	" is no IP address or network: write it as 192.0.2.7, 192.0.2.0/24, " \
	"2001:db8::1 or 2001:db8::/32, without brackets, port or zone\n"
#define NO_PATTERN                                                \
	" is no pattern: expected an address, a network such as " \
	"192.0.2.0/24, a host name, .suffix, to:DOMAIN or *\n"
#define NO_PREFIX(family, most)             \
	": the prefix length of an " family \
	" network is a number from 0 to " most "\n"
#define HOST_BITS " has bits set beyond its prefix: write "
#define NO_RULE                                                    \
	"peer needs a pattern and an action: peer PATTERN ACTION " \
	"[KEY=VALUE ...]\n"
#define MISPLACED \
	" goes with the actions fallback and observe only: remove it\n"
#define NO_TIME                                                                \
	" is no time or MIN..MAX, such as 1h or 15m..12h: whole numbers with " \
	"s, m, h or d, from 1s to 24h\n"
#define BACKWARDS " ends before it begins: the shorter time comes first\n"

static const struct policy_problems problems[] = {
    /* peer: form */
    {"peer\n", "E f:1: " NO_RULE},
    {"peer *\n", "E f:1: " NO_RULE},
    {"peer * # off\n", "E f:1: " NO_RULE},
    {"peer * off on\n", "E f:1: \"on\"" KEYLESS},
    /* peer: what a later version brings */
    {"peer mx.example never\n", "E f:1: " A_NAME "\"mx.example\"" NAMES},
    {"peer localhost off\n", "E f:1: " A_NAME "\"localhost\"" NAMES},
    {"peer a_b-c.3com.Example off\n",
	"E f:1: " A_NAME "\"a_b-c.3com.Example\"" NAMES},
    {"peer .partner.example off\n",
	"E f:1: " A_NAME "\".partner.example\"" NAMES},
    {"peer to:bank.example off\n",
	"E f:1: " A_NAME "\"to:bank.example\"" NAMES},
    {"peer to:.bank.example off\n",
	"E f:1: " A_NAME "\"to:.bank.example\"" NAMES},
    {"peer * require\n", "E f:1: action \"require\"" LATER ": use " ACTIONS},
    {"peer * fallback method=probe\n",
	"E f:1: method \"probe\"" LATER ": use " METHODS},
    {"peer * fallback pin=hard\n", "E f:1: key \"pin\"" LATER ": remove it\n"},
    {"peer * fallback names=unneeded\n",
	"E f:1: key \"names\"" LATER ": remove it\n"},
    {"peer * fallback mta-sts=ignore\n",
	"E f:1: key \"mta-sts\"" LATER ": remove it\n"},
    /* peer: nonsense */
    {"peer * foo\n", "E f:1: unknown action \"foo\": expected " ACTIONS},
    {"peer * Fallback\n",
	"E f:1: unknown action \"Fallback\": expected " ACTIONS},
    {"peer * fallback method=foo\n",
	"E f:1: unknown method \"foo\": expected " METHODS},
    {"peer * fallback method=\n",
	"E f:1: unknown method \"\": expected " METHODS},
    {"peer * fallback foo=1\n", "E f:1: unknown key \"foo\"" KEYS},
    {"peer * fallback =live\n", "E f:1: \"=live\"" KEYLESS},
    {"peer * fallback live\n", "E f:1: \"live\"" KEYLESS},
    {"peer * fallback method=live method=live\n",
	"E f:1: \"method\" is given twice\n"},
    {"peer * never method=live\n", "E f:1: method" MISPLACED},
    {"peer * off method=auto\n", "E f:1: method" MISPLACED},
    {"peer * clear method=learn\n", "E f:1: method" MISPLACED},
    {"peer * clear ttl=1h\n", "E f:1: ttl" MISPLACED},
    {"peer * off ttl=15m..24h\n", "E f:1: ttl" MISPLACED},
    {"peer * never ttl=1h method=auto\n",
	"E f:1: method" MISPLACED "E f:1: ttl" MISPLACED},
    {"peer * require ttl=1h\n",
	"E f:1: action \"require\"" LATER ": use " ACTIONS},
    {"peer * clear ttl=x\n", "E f:1: ttl \"x\"" NO_TIME "E f:1: ttl" MISPLACED},
    /* peer: times */
    {"peer * fallback ttl=\n", "E f:1: ttl \"\"" NO_TIME},
    {"peer * fallback ttl=..\n", "E f:1: ttl \"..\"" NO_TIME},
    {"peer * fallback ttl=.\n", "E f:1: ttl \".\"" NO_TIME},
    {"peer * fallback ttl=900\n", "E f:1: ttl \"900\"" NO_TIME},
    {"peer * fallback ttl=s\n", "E f:1: ttl \"s\"" NO_TIME},
    {"peer * fallback ttl=0s\n", "E f:1: ttl \"0s\"" NO_TIME},
    {"peer * fallback ttl=01s\n", "E f:1: ttl \"01s\"" NO_TIME},
    {"peer * fallback ttl=-1s\n", "E f:1: ttl \"-1s\"" NO_TIME},
    {"peer * fallback ttl=1.5h\n", "E f:1: ttl \"1.5h\"" NO_TIME},
    {"peer * fallback ttl=1h30m\n", "E f:1: ttl \"1h30m\"" NO_TIME},
    {"peer * fallback ttl=1w\n", "E f:1: ttl \"1w\"" NO_TIME},
    {"peer * fallback ttl=1H\n", "E f:1: ttl \"1H\"" NO_TIME},
    {"peer * fallback ttl=15m..\n", "E f:1: ttl \"15m..\"" NO_TIME},
    {"peer * fallback ttl=..12h\n", "E f:1: ttl \"..12h\"" NO_TIME},
    {"peer * fallback ttl=15m...12h\n", "E f:1: ttl \"15m...12h\"" NO_TIME},
    {"peer * fallback ttl=1m..2m..3m\n", "E f:1: ttl \"1m..2m..3m\"" NO_TIME},
    {"peer * fallback ttl=15m-12h\n", "E f:1: ttl \"15m-12h\"" NO_TIME},
    {"peer * fallback ttl=25h\n", "E f:1: ttl \"25h\"" NO_TIME},
    {"peer * fallback ttl=2d\n", "E f:1: ttl \"2d\"" NO_TIME},
    {"peer * fallback ttl=1441m\n", "E f:1: ttl \"1441m\"" NO_TIME},
    {"peer * fallback ttl=86401s\n", "E f:1: ttl \"86401s\"" NO_TIME},
    {"peer * fallback ttl=1s..86401s\n", "E f:1: ttl \"1s..86401s\"" NO_TIME},
    {"peer * fallback ttl=4294967297s\n", "E f:1: ttl \"4294967297s\"" NO_TIME},
    {"peer * fallback ttl=2m..1m\n", "E f:1: ttl \"2m..1m\"" BACKWARDS},
    {"peer * fallback ttl=61s..1m\n", "E f:1: ttl \"61s..1m\"" BACKWARDS},
    {"peer * fallback ttl=x method=y\n",
	"E f:1: ttl \"x\"" NO_TIME
	"E f:1: unknown method \"y\": expected " METHODS},
    {"peer * fallback ttl=x\npeer 192.0.2.7 off\n", "E f:1: ttl \"x\"" NO_TIME},
    {"peer * fallback ttl=1h ttl=1h\n", "E f:1: \"ttl\" is given twice\n"},
    {"peer * fallback ttl=1h ttl=x method=live\n",
	"E f:1: \"ttl\" is given twice\n"},
    {"peer -a foo bar\n", "E f:1: \"-a\"" NO_PATTERN
			  "E f:1: unknown action \"foo\": expected " ACTIONS
			  "E f:1: \"bar\"" KEYLESS},
    /* peer: addresses and networks */
    {"peer 192.0.2 off\n", "E f:1: \"192.0.2\"" NO_ADDRESS},
    {"peer 192.0.2.256 off\n", "E f:1: \"192.0.2.256\"" NO_ADDRESS},
    {"peer 192.0.2.7:25 off\n", "E f:1: \"192.0.2.7:25\"" NO_ADDRESS},
    {"peer [::1] off\n", "E f:1: \"[::1]\"" NO_ADDRESS},
    {"peer fe80::1%eth0 off\n", "E f:1: \"fe80::1%eth0\"" NO_ADDRESS},
    {"peer 1::2::3 off\n", "E f:1: \"1::2::3\"" NO_ADDRESS},
    {"peer /24 off\n", "E f:1: \"/24\"" NO_ADDRESS},
    {"peer mx.example/24 off\n", "E f:1: \"mx.example/24\"" NO_ADDRESS},
    {"peer mx.example:25 off\n", "E f:1: \"mx.example:25\"" NO_ADDRESS},
    {"peer */24 off\n", "E f:1: \"*/24\"" NO_ADDRESS},
    {"peer 192.0.2.0/ off\n", "E f:1: \"192.0.2.0/\"" NO_PREFIX("IPv4", "32")},
    {"peer 192.0.2.0/33 off\n",
	"E f:1: \"192.0.2.0/33\"" NO_PREFIX("IPv4", "32")},
    {"peer 192.0.2.0/024 off\n",
	"E f:1: \"192.0.2.0/024\"" NO_PREFIX("IPv4", "32")},
    {"peer 192.0.2.0/255.255.255.0 off\n",
	"E f:1: \"192.0.2.0/255.255.255.0\"" NO_PREFIX("IPv4", "32")},
    {"peer 192.0.2.0/24/24 off\n",
	"E f:1: \"192.0.2.0/24/24\"" NO_PREFIX("IPv4", "32")},
    {"peer 2001:db8::/129 off\n",
	"E f:1: \"2001:db8::/129\"" NO_PREFIX("IPv6", "128")},
    {"peer 2001:db8::/-1 off\n",
	"E f:1: \"2001:db8::/-1\"" NO_PREFIX("IPv6", "128")},
    {"peer 192.0.2.7/24 off\n",
	"E f:1: \"192.0.2.7/24\"" HOST_BITS "192.0.2.0/24\n"},
    {"peer 192.0.2.1/31 off\n",
	"E f:1: \"192.0.2.1/31\"" HOST_BITS "192.0.2.0/31\n"},
    {"peer 0.0.0.1/0 off\n", "E f:1: \"0.0.0.1/0\"" HOST_BITS "0.0.0.0/0\n"},
    {"peer 2001:db8::1/32 off\n",
	"E f:1: \"2001:db8::1/32\"" HOST_BITS "2001:db8::/32\n"},
    {"peer 2001:dbf::/29 off\n",
	"E f:1: \"2001:dbf::/29\"" HOST_BITS "2001:db8::/29\n"},
    {"peer ::ffff:192.0.2.7/120 off\n",
	"E f:1: \"::ffff:192.0.2.7/120\"" HOST_BITS "192.0.2.0/24\n"},
    {"peer ::1/0 off\n", "E f:1: \"::1/0\"" HOST_BITS "::/0\n"},
    /* peer: names that are none */
    {"peer mx.example. off\n", "E f:1: \"mx.example.\"" NO_PATTERN},
    {"peer a..b off\n", "E f:1: \"a..b\"" NO_PATTERN},
    {"peer ..b off\n", "E f:1: \"..b\"" NO_PATTERN},
    {"peer -a.b off\n", "E f:1: \"-a.b\"" NO_PATTERN},
    {"peer a.-b off\n", "E f:1: \"a.-b\"" NO_PATTERN},
    {"peer a-.b off\n", "E f:1: \"a-.b\"" NO_PATTERN},
    {"peer a.b- off\n", "E f:1: \"a.b-\"" NO_PATTERN},
    {"peer *.b off\n", "E f:1: \"*.b\"" NO_PATTERN},
    {"peer ** off\n", "E f:1: \"**\"" NO_PATTERN},
    {"peer m\xc3\xbc.b off\n", "E f:1: \"m??.b\"" NO_PATTERN},
    {"peer to: off\n", "E f:1: \"to:\"" NO_PATTERN},
    {"peer to:. off\n", "E f:1: \"to:.\"" NO_PATTERN},
    {"peer to:* off\n", "E f:1: \"to:*\"" NO_PATTERN},
    {"peer to:a@b off\n", "E f:1: \"to:a@b\"" NO_PATTERN},
    {"peer a#b off\n", "E f:1: \"a#b\"" NO_PATTERN},
    /* rules that never match */
    {"peer * off\npeer 192.0.2.7 off\npeer * off\n",
	"W f:2: this rule never matches: f:1 matches all of it before; move "
	"this rule up, or remove it\n"
	"W f:3: this rule never matches: f:1 matches all of it before; move "
	"this rule up, or remove it\n"},
    {"peer 10.0.0.0/8 off\npeer 192.0.2.0/24 off\npeer 192.0.2.128/25 off\n",
	"W f:3: this rule never matches: f:2 matches all of it before; move "
	"this rule up, or remove it\n"},
    {"peer ::1 off\npeer ::1/128 off\n",
	"W f:2: this rule never matches: f:1 matches all of it before; move "
	"this rule up, or remove it\n"},
    {"peer 192.0.2.7 off\npeer ::ffff:192.0.2.7 off\n",
	"W f:2: this rule never matches: f:1 matches all of it before; move "
	"this rule up, or remove it\n"},
    {"peer ::/0 off\npeer ::/1 off\npeer 192.0.2.7 off\npeer * off\n",
	"W f:2: this rule never matches: f:1 matches all of it before; move "
	"this rule up, or remove it\n"},
    {"include /d/*\npeer 192.0.2.3 off\n",
	"W f:2: this rule never matches: /d/*:1 matches all of it before; "
	"move this rule up, or remove it\n"},
    /* a rule with an error covers nothing */
    {"peer * off method=live\npeer * fallback pin=off\npeer 192.0.2.7 off\n",
	"E f:1: method" MISPLACED "E f:2: key \"pin\"" LATER ": remove it\n"},
    /* no room */
    {"peer ::1 off\npeer ::2 off\npeer ::3 off\npeer ::4 off\n"
     "peer ::5 off\npeer ::6 off\npeer ::7 off\npeer ::8 off\n"
     "peer ::9 off\n",
	"E f:9: there is no room for this rule\n"},
};

START_TEST(problems_as_the_table_says)
{
	policy_expect(&problems[_i]);
}
END_TEST

int
main(void)
{
	TCase *tests = tcase_create("rules-peer");

	tcase_add_loop_test(
	    tests, problems_as_the_table_says, 0, COUNT(problems));
	return policy_run(tests, "rules-peer");
}
