#!/bin/sh
# What is remembered, as the operator sees and changes it: peers, explain,
# forget, export, import, events, off and on.
# usage: memory.sh TOOL RINGER, from the top of the source tree.  Reports TAP.

# shellcheck disable=SC2016,SC2317 # for inner shells; called by `expect`
set -u
# shellcheck source=tests/tool/expect.sh
. tests/tool/expect.sh
cp "$1" "$dir/tool" || exit 1
cp "$2" "$dir/ringer" || exit 1
tool=$dir/tool
ringer=$dir/ringer
chmod 755 "$dir"
lib=$dir/lib
file=$lib/peers
export STARTTLS_FALLBACK_CONFIG="$dir/policy"
cat >"$STARTTLS_FALLBACK_CONFIG" <<EOF
state $file slots=1024
ports 25 2525
peer 198.51.100.7 clear
peer 198.51.100.8 never
peer 198.51.100.9 off
peer 198.51.100.10 observe
peer 127.0.0.2 fallback
peer 203.0.113.0/24 fallback method=learn ttl=1m..2h
peer 0.0.0.0/0 fallback
EOF

# when SECONDS: so many seconds from now
when()
{
	date -u -d "@$(($(date +%s) + $1))" +%Y-%m-%dT%H:%M:%SZ
}

# text LINE...: with its header, in $dir/text
text()
{
	printf '%s\n' 'starttls-fallback-memory 1' "$@" >"$dir/text"
}

# known LINE...: a memory that has this and nothing else
known()
{
	rm -rf "$lib"
	text "$@"
	"$tool" import "$dir/text" >/dev/null
}

# dump: all that is known, without the header
dump()
{
	"$tool" export | sed 1d
}

# words COMMAND...: runs of spaces are one
words()
{
	"$@" | tr -s ' '
}

# now PEER: the last line of explain
now()
{
	"$tool" explain "$1" | tail -n 1
}

# within SECONDS COMMAND...: succeeds at last
within()
{
	tries=$(($1 * 10))
	shift
	while ! "$@"; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || return 1
		sleep 0.1
	done
}

as_nobody()
{
	setpriv --reuid nobody --regid nogroup --clear-groups "$@"
}

usage='usage: starttls-fallback *'
first=$(when -7200)
last=$(when -600)
until=$(when 3600)
over=$(when -60)

# --- no memory ---------------------------------------------------------------
for command in peers export events 'forget --all' off on; do
	# shellcheck disable=SC2086 # words
	expect "$command without a file" 1 '' \
		"starttls-fallback: $file: there is no such file yet; *" \
		"$tool" $command
	# shellcheck disable=SC2086
	expect "$command makes none" 1 '' '' test -e "$lib"
done
expect 'explain without a file' 0 "*memory  none: $file: there is no*" '' \
	"$tool" explain 192.0.2.7
printf 'peer 192.0.2.0/24 observe\n' >"$dir/none"
for command in peers export events 'forget --all' off on "import $dir/none"; do
	# shellcheck disable=SC2086 # words
	expect "$command without a directive" 1 '' '*' env \
		STARTTLS_FALLBACK_CONFIG="$dir/none" "$tool" $command
done
expect 'what is said then' 1 '' "*$dir/none: no \`state\` directive*" \
	env STARTTLS_FALLBACK_CONFIG="$dir/none" "$tool" peers
expect 'explain without a directive' 0 '*none: *no `state` directive*' '' \
	env STARTTLS_FALLBACK_CONFIG="$dir/none" "$tool" explain 192.0.2.7
expect 'explain without rule and memory' 1 '*none matches*now *left alone' '' \
	env STARTTLS_FALLBACK_CONFIG="$dir/none" "$tool" explain 203.0.113.1
expect 'no policy' 1 '' "*$dir/nothing: there is no such policy file*" \
	env STARTTLS_FALLBACK_CONFIG="$dir/nothing" "$tool" peers

# --- usage -------------------------------------------------------------------
for command in 'peers x' 'peers --foo' 'explain' 'explain 1.2.3.4 1.2.3.5' \
	'explain host.example' 'explain 192.0.2.7:0' 'explain 192.0.2.7:65536' \
	'explain 2001:db8::1:25:x' 'explain [192.0.2.7' 'explain [192.0.2.7]25' \
	'explain 192.0.2.7:' 'forget' 'forget --all 192.0.2.7' 'forget x' \
	'export a b' 'export --x' 'import a b' 'events x' 'off x' 'on x'; do
	# shellcheck disable=SC2086 # words
	expect "$command is a usage error" 2 '' "*$usage*" "$tool" $command
done

# --- import, export ----------------------------------------------------------
text "trouble [192.0.2.7]:25 network=7 class=tls-alert-handshake_failure\
 stage=handshake program=sendmail count=3 first=$first last=$last length=3600\
 until=$until requires-tls=smtp,#0a0b0c0d flags=confirmed" \
	"trouble [192.0.2.8]:25 network=7 class=tls-closed stage=handshake count=1\
 first=$first last=$first length=900 until=$over" \
	"good [192.0.2.9]:25 network=7 count=1 first=$last last=$last" \
	"trouble [192.0.2.10]:25 network=7 class=tls-reset stage=handshake count=1\
 first=$last last=$last length=3600 until=$until" \
	"trouble [198.51.100.7]:25 requires-tls=exim4 flags=auth" \
	"good [2001:db8::/64]:25 network=18446744073709551615 count=5\
 first=$(when -200000) last=$last" \
	"trouble [2001:db8::9]:2525 network=7 class=tls-local-dh_key_too_small\
 stage=handshake program=a%25=,b count=2 first=$first last=$last length=86400\
 until=$until guard=clear-refused guard-until=$until flags=confirmed,own,auth"
sed 1d "$dir/text" >"$dir/all"
expect 'import makes the memory' 0 '7 records imported' '' \
	"$tool" import "$dir/text"
mode=600
[ "$(id -u)" -ne 0 ] || mode=660
expect 'the file is as state makes it' 0 "$mode $(id -u)" '' \
	stat -c '%a %u' "$file"
expect 'export gives what was imported' 0 "$(literal <"$dir/text")" '' \
	"$tool" export
expect 'export to a file' 0 '' '' "$tool" export "$dir/copy"
expect 'it is the same' 0 '' '' cmp "$dir/text" "$dir/copy"
cp -r "$lib" "$dir/kept"
rm -r "$lib"
expect 'import of standard input, into a new file' 0 '7 records imported' '' \
	sh -c '"$1" import <"$2"' sh "$tool" "$dir/copy"
expect 'the round trip changed nothing' 0 "$(literal <"$dir/text")" '' \
	"$tool" export -
expect 'importing it again changes nothing' 0 '7 records imported' '' \
	"$tool" import "$dir/text"
expect 'nothing' 0 "$(literal <"$dir/text")" '' "$tool" export
expect 'export over an older file' 0 '' '' "$tool" export "$dir/copy"
expect 'export into no directory' 1 '' "*: $dir/no/copy: No such file*" \
	"$tool" export "$dir/no/copy"
expect 'export to a full disk' 1 '' '*standard output*' \
	sh -c '"$1" export >/dev/full' sh "$tool"
expect 'import of no file' 1 '' "*: $dir/no: No such file*" \
	"$tool" import "$dir/no"
expect 'import of a directory' 1 '' \
	"$dir: error: *starttls-fallback: $dir: nothing was imported" \
	"$tool" import "$dir"
expect 'import of nothing' 1 '' "/dev/null: error: there is nothing in it*" \
	"$tool" import /dev/null
printf 'starttls-fallback-memory 2\n\nrubbish\n' >"$dir/text"
expect 'another version' 1 '' \
	"$dir/text:1: error: the first line is not *
*: nothing was imported" "$tool" import "$dir/text"

# Each line has one fault; all are said, and nothing is changed.
one="good [192.0.2.99]:25 count=1 first=$first last=$last"
bad="trouble [192.0.2.1]:25 class=tls-closed stage=handshake count=1\
 first=$first last=$last length=900 until=$until"
text "$one" '' '# a comment' 'good' 'evil [192.0.2.1]:25' \
	"good 192.0.2.1 ${one#*25 }" "good [192.0.2.1/64]:25 ${one#*25 }" \
	"trouble [2001:db8::/64]:25 ${bad#*25 }" \
	"good [192.0.2.1]:0 ${one#*25 }" "$one x=1" "$one class=tls-closed" \
	"$one count=2" "$one network" "${one}x" \
	"good [192.0.2.1]:25 count=0 first=$first last=$last" \
	"good [192.0.2.1]:25 count=01 first=$first last=$last" \
	"good [192.0.2.1]:25 count=4294967296 first=$first last=$last" \
	"good [192.0.2.1]:25 count=1 first=1970-01-01T00:00:00Z last=$last" \
	"good [192.0.2.1]:25 count=1 first=2026-1-01T00:00:00Z last=$last" \
	"good [192.0.2.1]:25 count=1 first=2026-02-30T00:00:00Z last=$last" \
	"good [192.0.2.1]:25 count=1 first=$last last=$first" \
	"$one network=18446744073709551616" \
	"trouble [192.0.2.1]:25 class=tls-verify ${bad#*tls-closed }" \
	"trouble [192.0.2.1]:25 class=foo ${bad#*tls-closed }" \
	"trouble [192.0.2.1]:25 stage=foo" "$bad guard=none" "$bad flags=" \
	"$bad flags=own,foo" "$bad requires-tls=a,b,c,d,e" \
	"$bad requires-tls=#00000000" "$bad requires-tls=#0A0b0c0d" \
	"$bad requires-tls=smtp," "$bad program=seventeen-letters" \
	"$bad program=a%zz" "$bad program=a%00" "$bad program=" \
	"$bad program=a%20b" "$bad stage=handshake"
cat >"$dir/expected" <<'EOF'
5 no valid peer behind `good`
6 neither `trouble` nor `good`: "evil"
7 no valid peer behind `good`
8 no valid peer behind `good`
9 no valid peer behind `trouble`
10 no valid peer behind `good`
11 unknown field "x"
12 unknown field "class"
13 `count` is given twice
14 unknown field "network"
15 the value of `last` is not valid
16 the value of `count` is not valid
17 the value of `count` is not valid
18 the value of `count` is not valid
19 the value of `first` is not valid
20 the value of `first` is not valid
21 the value of `first` is not valid
22 the values do not fit together
23 the value of `network` is not valid
24 the values do not fit together
25 the value of `class` is not valid
26 the value of `stage` is not valid
27 the value of `guard` is not valid
28 the value of `flags` is not valid
29 the value of `flags` is not valid
30 the value of `requires-tls` is not valid
31 the value of `requires-tls` is not valid
32 the value of `requires-tls` is not valid
33 the value of `requires-tls` is not valid
34 the value of `program` is not valid
35 the value of `program` is not valid
36 the value of `program` is not valid
37 the value of `program` is not valid
38 the values do not fit together
39 `stage` is given twice
EOF
expect 'every fault is said, with its line' 1 '' "$(
	sed "s|^\([0-9]*\) |$dir/text:\1: error: |" "$dir/expected" | literal
)
starttls-fallback: $dir/text: nothing was imported" "$tool" import "$dir/text"
expect 'nothing did' 0 "$(literal <"$dir/all")" '' dump
printf 'starttls-fallback-memory 1\r\n%s\r\n' "$one" >"$dir/text"
expect 'lines may end with CR LF' 0 '1 record imported' '' \
	"$tool" import "$dir/text"
expect 'the last line needs no end' 0 '1 record imported' '' \
	sh -c 'printf "%s\n%s" "$2" "$3" | "$1" import' sh "$tool" \
	'starttls-fallback-memory 1' "$one"

# What is newer wins; marks are added up.
old="trouble [192.0.2.7]:25 network=7 class=tls-closed stage=handshake count=9\
 first=$first last=$last length=60 until=$until"
known "$old requires-tls=smtp flags=auth"
text "trouble [192.0.2.7]:25 network=7 class=tls-reset stage=handshake count=1\
 first=$(when -60) last=$(when -60) length=900 until=$until requires-tls=exim"
expect 'import of what is newer' 0 '*' '' "$tool" import "$dir/text"
expect 'it won' 0 '*class=tls-reset *count=1 *requires-tls=exim,smtp*=auth' \
	'' dump
text "$old guard=clear-refused guard-until=$until"
expect 'import of what is older' 0 '*' '' "$tool" import "$dir/text"
expect 'it lost, but for what the other does not know' 0 \
	'*class=tls-reset *count=1 *guard=clear-refused *=exim,smtp*=auth' '' dump
known "good [192.0.2.7]:25 count=3 first=$last last=$last"
text "good [192.0.2.7]:25 count=2 first=$first last=$first"
expect 'import of older successes' 0 '*' '' "$tool" import "$dir/text"
expect 'they reach back' 0 \
	"good *:25 count=3 first=$first last=$last" '' dump

# In the order of the peers, whatever the order in the file.
text "trouble [192.0.2.5]:25 network=2 flags=auth" \
	"trouble [192.0.2.5]:25 network=10 flags=auth" \
	"good [192.0.2.5]:25 network=2 count=3 first=$last last=$last" \
	"trouble [192.0.2.5]:26 network=1 flags=auth" \
	"trouble [192.0.2.6]:25 network=1 flags=auth" \
	"good [192.0.2.6]:25 count=3 first=$last last=$last" \
	"good [192.0.2.10]:25 count=3 first=$last last=$last"
rm -r "$lib"
expect 'import in reverse order' 0 '7 records imported' '' sh -c \
	'{ head -n 1 "$2"; tail -n +2 "$2" | tac; } | "$1" import' sh "$tool" \
	"$dir/text"
expect 'the export is in order' 0 "$(literal <"$dir/text")" '' "$tool" export

known "good [192.0.2.7]:25 network=7 count=3 first=$last last=$last" \
	"good [192.0.2.7]:25 network=8 count=4 first=$first last=$first"
"$tool" export "$dir/text"
rm -r "$lib"
expect 'import --here' 0 '2 records imported' '' \
	"$tool" import --here "$dir/text"
expect 'two networks became one' 0 \
	"good [[]192.0.2.7]:25 network=* count=4 first=$first last=$last" '' dump
expect 'it is the one of this process' 0 '*namespace*' '' sh -c \
	'"$1" import "$2" >/dev/null; "$1" explain 192.0.2.7' sh "$tool" \
	"$dir/text"
expect 'for explain: one here, two elsewhere' 0 2 '' sh -c \
	'"$1" explain 192.0.2.7 | grep -c namespace' sh "$tool"

# --- peers -------------------------------------------------------------------
rm -r "$lib"
mv "$dir/kept" "$lib"
expect 'peers: the last change first' 0 "PEER STATE NEXT TRY CLASS STAGE PROGRAM\
 COUNT FIRST LAST NOTES
[[]192.0.2.7]:25 broken in 60m tls-alert-handshake_failure handshake sendmail 3\
 $first $last requires-tls=smtp,#0a0b0c0d
[[]192.0.2.9]:25 good - - - - 1 $last $last
[[]192.0.2.10]:25 suspected - tls-reset handshake - 1 $last $last
[[]2001:db8::/64]:25 pinned - - - - 5 * $last
[[]2001:db8::9]:2525 broken in 60m tls-local-dh_key_too_small handshake a%=,b 2\
 $first $last this-program-only guard=clear-refused for 60m auth
[[]192.0.2.8]:25 expired now tls-closed handshake - 1 $first $first
[[]198.51.100.7]:25 none - - - - 0 - - auth requires-tls=exim4" '' \
	words "$tool" peers
cat >"$dir/compare" <<'EOF'
import json, sys
rows = [json.loads(line) for line in sys.stdin]
by = {row["peer"]: row for row in rows}
first, last, until = sys.argv[1:]
assert len(rows) == 7
assert by["[192.0.2.7]:25"] == {
    "peer": "[192.0.2.7]:25", "network": 7, "state": "broken",
    "class": "tls-alert-handshake_failure", "stage": "handshake",
    "program": "sendmail", "scope": "all", "count": 3, "first": first,
    "last": last, "until": until, "requires_tls": ["smtp", "#0a0b0c0d"]}
assert by["[198.51.100.7]:25"] == {
    "peer": "[198.51.100.7]:25", "network": 0, "state": "none",
    "auth": True, "requires_tls": ["exim4"]}
row = by["[2001:db8::9]:2525"]
assert row["scope"] == "program" and row["guard"] == "clear-refused"
assert row["guard_until"] == until and row["program"] == "a%=,b"
row = by["[2001:db8::/64]:25"]
assert row["state"] == "pinned" and row["network"] == 2 ** 64 - 1
assert set(by["[192.0.2.9]:25"]) == {
    "peer", "network", "state", "count", "first", "last"}
assert "scope" not in by["[192.0.2.10]:25"]
EOF
"$tool" peers --json >"$dir/json"
expect 'peers --json: the same as objects' 0 '' '' sh -c \
	'python3 "$1" "$2" "$3" "$4" <"$5"' sh "$dir/compare" "$first" \
	"$last" "$until" "$dir/json"

# --- explain -----------------------------------------------------------------
expect 'explain: rule, memory, guards' 0 "peer [[]192.0.2.7]:25
rule $STARTTLS_FALLBACK_CONFIG:9: fallback method=auto ttl=15m..24h
memory $file
 [[]192.0.2.7]:25 (network namespace 7): broken: tls-alert-handshake_failure at\
 stage handshake in sendmail, 3 times, first $first, last $last
 smtp requires TLS here: nothing is withheld from it
 #0a0b0c0d requires TLS here: nothing is withheld from it
guards rule no
 port no
 verify shows in a session only
 auth shows in a session only
 requiretls shows in a session only
 clear-refused no
 memory no
*now STARTTLS is withheld from every program; in 60m it is tried again" '' \
	words "$tool" explain 192.0.2.7
for peer in '[192.0.2.7]' 192.0.2.7:25 '[192.0.2.7]:25' ::ffff:192.0.2.7; do
	expect "explain $peer" 0 'peer    [[]192.0.2.7]:25*broken*' '' \
		"$tool" explain "$peer"
done
expect 'explain: a guard, and one program alone' 0 \
	"* ttl=60s..2h*auth *yes: a program authen*clear-refused *yes: for 60m*" \
	'' sh -c 'sed "s/203.0.113.0.24/2001:db8::\/32/" "$2" >"$2.6"
	STARTTLS_FALLBACK_CONFIG=$2.6 "$1" explain "[2001:db8::9]:2525"' \
	sh "$tool" "$STARTTLS_FALLBACK_CONFIG"
expect 'explain: then it is tried' 0 '*a guard keeps a failure*' '' \
	env STARTTLS_FALLBACK_CONFIG="$STARTTLS_FALLBACK_CONFIG.6" \
	"$tool" explain '[2001:db8::9]:2525'
expect 'explain: expired' 0 '*expired*now *STARTTLS is tried; *may go on*' '' \
	"$tool" explain 192.0.2.8
expect 'explain: suspected' 0 '*suspected*now *STARTTLS is tried; *may*' '' \
	"$tool" explain 192.0.2.10
expect 'explain: an IPv6 peer is pinned by its network' 0 '*none matches: off*
*[[]2001:db8::/64]:25 *: pinned: TLS worked 5 times*now *left alone' '' \
	"$tool" explain 2001:db8::77
expect 'explain: neither rule nor memory' 1 '*nothing is known*left alone' '' \
	"$tool" explain 2001:db9::77
expect 'explain: clear, but for AUTH' 0 '*: clear
*auth *yes: *now *STARTTLS is tried; a guard keeps*' '' \
	"$tool" explain 198.51.100.7
expect 'explain: never' 0 '*rule *yes: the rule says never*a failure stays *' \
	'' "$tool" explain 198.51.100.8
expect 'explain: off' 0 '*rule *yes: the rule says off*now *left alone' '' \
	"$tool" explain 198.51.100.9
expect 'explain: observe' 0 '*now *a failure is reported, and stays one' '' \
	"$tool" explain 198.51.100.10
expect 'explain: a port that is not watched' 0 \
	'*port *yes: port 26 is not watched*now *left alone' '' \
	"$tool" explain 192.0.2.7:26
expect 'explain: loopback' 0 '*port *yes: on this host, *a guard keeps *' '' \
	"$tool" explain 127.0.0.1
expect 'explain: loopback that is named' 0 '*port  *no*may go on*' '' \
	"$tool" explain 127.0.0.2
expect 'explain: a network and a time of its own' 0 \
	'*:8: fallback method=learn ttl=60s..2h*' '' "$tool" explain 203.0.113.9

mv "$lib" "$dir/kept"

text "trouble [192.0.2.7]:25 ${bad#*25 } flags=confirmed"
"$tool" import --here "$dir/text" >/dev/null
text "trouble [192.0.2.7]:25 network=5 class=tls-closed stage=handshake count=2\
 first=$first last=$(when -30) length=60 until=$over flags=confirmed"
"$tool" import "$dir/text" >/dev/null
expect 'explain: what holds in this network namespace counts' 0 \
	'*namespace 5): expired*: broken*now *withheld from every program*' '' \
	"$tool" explain 192.0.2.7
known "$bad program=smtp flags=own"
expect 'explain: from one program alone' 0 \
	'*suspected*now *withheld from smtp; in 60m *' '' \
	"$tool" explain 192.0.2.1
rm -r "$lib"
mv "$dir/kept" "$lib"

# --- off, on -----------------------------------------------------------------
expect 'off' 0 "$file: off" '' "$tool" off
expect 'off again' 0 "$file: already off" '' "$tool" off
expect 'peers says so' 0 'PEER*' '*: off: no new session is touched*' \
	"$tool" peers
expect 'explain says so' 0 'now *left alone: starttls-fallback is off' '' \
	now 192.0.2.7
expect 'what is known stays' 0 "$(literal <"$dir/all")" '' dump
expect 'on' 0 "$file: on" '' "$tool" on
expect 'on again' 0 "$file: already on" '' "$tool" on
expect 'peers does not say so any more' 0 'PEER*' '' "$tool" peers

# --- one who may only read ---------------------------------------------------
if [ "$(id -u)" -eq 0 ]; then
	chmod 644 "$file" "$dir/copy"
	expect 'a reader may look at peers' 0 'PEER*' '' as_nobody "$tool" peers
	expect 'and explain' 0 '*broken*withheld*' '' \
		as_nobody "$tool" explain 192.0.2.7
	expect 'and export' 0 'starttls-fallback-memory 1*' '' \
		as_nobody "$tool" export
	expect 'and events' 0 '' '' as_nobody "$tool" events
	for command in 'forget --all' 'forget 192.0.2.7' off \
		"import $dir/copy"; do
		# shellcheck disable=SC2086 # words
		expect "but not $command" 1 '' \
			"starttls-fallback: $file: this process may not write *" \
			as_nobody "$tool" $command
	done
	chmod 640 "$file"
	expect 'one who may not even read' 1 '' \
		"starttls-fallback: $file: permission denied" \
		as_nobody "$tool" peers
	chmod 660 "$file"
	expect 'nothing was changed' 0 "$(literal <"$dir/all")" '' dump
else
	skip 'one who may only read' 'not root'
fi

# --- forget ------------------------------------------------------------------
expect 'forget a peer' 0 '[[]192.0.2.7]:25: forgotten (broken)' '' \
	"$tool" forget 192.0.2.7
expect 'it is forgotten' 0 "$(grep -vF '[192.0.2.7]' "$dir/all" |
	literal)" '' dump
expect 'forget one that is not known' 1 '' \
	'*: 192.0.2.7: nothing is known of this peer' "$tool" forget 192.0.2.7
expect 'forget at another port' 1 '' '*nothing is known*' \
	"$tool" forget 2001:db8:1::9
expect 'forget an IPv6 peer: its network too' 0 \
	'[[]2001:db8::/64]:25: forgotten (pinned)' '' "$tool" forget 2001:db8::9
known "$one" "${one%% count*} network=5 count=1 first=$first last=$first" \
	"trouble [192.0.2.99]:25 network=6 flags=auth"
expect 'forget a peer: in each network, and both kinds' 0 '3' '' \
	sh -c '"$1" forget 192.0.2.99:25 | grep -c forgotten' sh "$tool"
expect 'nothing is left' 0 '' '' dump
known "$one" "trouble [192.0.2.98]:26 flags=auth"
expect 'forget everything' 0 '2 records forgotten' '' "$tool" forget --all
expect 'nothing is left of it' 0 '' '' dump
expect 'forget everything again' 0 '0 records forgotten' '' \
	"$tool" forget --all

# --- damage ------------------------------------------------------------------
# damage: the record of 192.0.2.99 is not what it was
damage()
{
	where=$(python3 -c 'import sys
print(open(sys.argv[1], "rb").read().find(b"\xff\xff\xc0\x00\x02\x63"))' "$file")
	printf X | dd of="$file" bs=1 seek="$((where + 30))" conv=notrunc \
		2>/dev/null
}

known "trouble [192.0.2.98]:26 network=7 flags=auth"
text "trouble [192.0.2.99]:25 ${bad#*25 } flags=confirmed"
"$tool" import --here "$dir/text" >/dev/null
expect 'explain: withheld' 0 '*withheld*' '' "$tool" explain 192.0.2.99
damage
for time in once 'and again: nothing was mended'; do
	expect "explain: a damaged record, $time" 0 \
		'*memory *its record is damaged*memory *yes: *a guard keeps *' \
		'' "$tool" explain 192.0.2.99
done
expect 'forget ends the doubt' 1 '' '*nothing is known*' \
	"$tool" forget 192.0.2.99
expect 'it is unknown' 0 '*memory *nothing is known*memory *no*' '' \
	"$tool" explain 192.0.2.99
known "$one" "trouble [192.0.2.98]:26 network=7 flags=auth"
damage
expect 'peers leaves a damaged record out' 0 'PEER*192.0.2.98*' \
	'*: 1 damaged record was left out' "$tool" peers
expect 'export does' 0 '*192.0.2.98*' '*: 1 damaged record was left out' \
	"$tool" export
expect 'nothing of it is shown' 1 '' '*' \
	sh -c '"$1" export | grep -F 192.0.2.99' sh "$tool"
expect 'a change in its place ends that' 0 '1 record imported' '' \
	sh -c 'printf "%s\n%s" "$2" "$3" | "$1" import' sh "$tool" \
	'starttls-fallback-memory 1' "$one"
expect 'it is as it was' 0 '*192.0.2.99*' '' "$tool" export

# --- more than there is room for ---------------------------------------------
rm -r "$lib"
{
	echo 'starttls-fallback-memory 1'
	i=0
	while [ "$i" -lt 4000 ]; do
		echo "good [10.0.$((i / 250)).$((i % 250))]:25 count=5" \
			"first=$first last=$last"
		i=$((i + 1))
	done
} >"$dir/many"
expect 'more than there is room for' '[01]' '*records imported' '*' \
	"$tool" import "$dir/many"
expect 'what there is room for is there' 0 'yes' '' sh -c \
	'n=$("$1" peers | wc -l); [ "$n" -gt 800 ] && [ "$n" -le 1025 ] &&
	echo yes' sh "$tool"

# --- events ------------------------------------------------------------------
rm -r "$lib"
"$tool" state >/dev/null
line='act=withhold method=- peer=[192.0.2.7]:25 mx=- domain=- program=sendmail'
line="$line stage=ehlo class=tls-closed guard=none rule=/etc/f:14 ms=-"
expect 'no events yet' 0 '' '' "$tool" events
"$ringer" "$file" "$line" || exit 1
expect 'an event' 0 \
	"2023-11-14T22:13:20.123Z starttls-fallback[[]4711]: $(
	echo "$line" | literal)" '' "$tool" events
expect 'as JSON, like the events file' 0 \
	'{"time":"2023-11-14T22:13:20.123Z","pid":4711,"act":"withhold","peer":"[[]192.0.2.7]:25","program":"sendmail","stage":"ehlo","class":"tls-closed","guard":"none","rule":"/etc/f:14"}' \
	'' "$tool" events --json
"$ringer" "$file" 'act=error program=smtp text=what?is?"wrong"' 2
expect 'an error, twice' 0 '2' '' sh -c \
	'"$1" events --json | grep -c "\"text\":\"what?is?..wrong..\"}"' \
	sh "$tool"
"$ringer" "$file" 'act=learn' 1020
expect 'as many as there is room for' 0 1023 '' sh -c '"$1" events | wc -l' \
	sh "$tool"
"$ringer" "$file" 'act=learn' 5
expect 'and then the oldest go' 0 '1024 0' '' sh -c '"$1" events >"$2"
	echo "$(wc -l <"$2") $(grep -c withhold "$2")"' sh "$tool" "$dir/lines"

"$tool" events --follow >"$dir/lines" 2>"$dir/lost" &
follower=$!
expect 'follow: what is there' 0 '' '' within 5 sh -c \
	'[ "$(wc -l <"$1")" -eq 1024 ]' sh "$dir/lines"
"$ringer" "$file" 'act=heal'
expect 'follow: what comes' 0 '' '' within 5 grep -q 'act=heal$' "$dir/lines"
kill -STOP "$follower"
"$ringer" "$file" 'act=storm' 1500
kill -CONT "$follower"
expect 'follow: one that is too slow is told' 0 '' '' \
	within 5 grep -q '476 events were lost' "$dir/lost"
expect 'follow: and goes on' 0 '' '' within 5 sh -c \
	'[ "$(grep -c storm "$1")" -eq 1024 ]' sh "$dir/lines"
kill "$follower"
wait "$follower" 2>/dev/null
expect 'follow: ends with SIGINT' 124 '*' '' \
	timeout -k 5 -s INT 1 "$tool" events --follow
mkfifo "$dir/fifo"
"$tool" events --follow --json >"$dir/fifo" 2>/dev/null &
follower=$!
head -n 1 "$dir/fifo" >/dev/null
gone()
{
	"$ringer" "$file" 'act=heal'
	! kill -0 "$follower" 2>/dev/null
}
expect 'follow: ends when nobody reads' 0 '' '' within 5 gone
kill "$follower" 2>/dev/null
wait "$follower" 2>/dev/null
"$ringer" "$file" 'no=event' 2
expect 'what is no event is no JSON' 1 '' '' sh -c \
	'"$1" events --json | grep event' sh "$tool"
expect 'but shown' 0 2 '' sh -c '"$1" events | grep -c no=event' sh "$tool"
plan
