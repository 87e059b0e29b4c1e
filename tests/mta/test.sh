#!/bin/sh
# Unmodified MTAs against every persona of the fault server, without the shim
# and with it: who gets the message, how, and after how many connections.
# Prints TAP, and the table of all results as comments.
#
# usage: test.sh [-s SUITE]... [-p PEER]...
#
# Without options: all suites, all personas and the peers of this test's own.
# Everything is left in build/mta/test/SUITE-RUN.

set -eu

here=$(cd "$(dirname "$0")" && pwd)
top=$(cd "$here/../.." && pwd)
out=$top/build/mta/test
suites=
peers=
while getopts s:p: option; do
	case $option in
	s) suites="$suites $OPTARG" ;;
	p) peers="$peers $OPTARG" ;;
	*) sed -n 's/^# usage: /usage: /p' "$0" >&2; exit 2 ;;
	esac
done
shift $((OPTIND - 1))
suites=${suites:-bullseye bookworm trixie}

if [ "$(id -u)" != 0 ] || ! unshare --mount --net --pid --fork true; then
	echo '1..0 # SKIP namespaces cannot be made here'
	exit 0
fi

# The fallback itself meets trouble: a peer that wants TLS after all (what was
# deferred must not bounce), and a second connection that fails (the MTA gets
# its first failure).
own='healthy-v6=healthy,ip=6
alert-40-v6=alert-40,ip=6
silent-v6=silent,ip=6
clear-530=alert-40,clear-mail=530_5.7.0_Must_issue_a_STARTTLS_command_first
clear-550-mail=alert-40,clear-mail=550_5.7.1_Relaying_denied
clear-550-rcpt=alert-40,clear-rcpt=550_5.7.1_Relaying_denied
clear-550-auth=alert-40,clear-offer=AUTH_PLAIN,clear-rcpt=550_5.7.1_Relaying_denied
second-refused=alert-40,second=refused
second-421=alert-40,second=banner-421
second-554=alert-40,second=banner-554
second-silent=alert-40,second=silent
second-fin=alert-40,second=fin
second-rst=alert-40,second=rst'
if [ -z "$peers" ]; then
	peers=$("${STF_FAULTS:-$top/build/tests/faults}" --list | cut -f1)
	peers="$peers $own"
fi

# Twenty at once, for the daemon.
crowd='healthy alert-40 fin-220 rst-hello plaintext-500 no-starttls tls-1.2
a1=healthy a2=alert-40 a3=fin-220 a4=rst-hello a5=plaintext-500 a6=no-starttls
b1=healthy b2=alert-40 b3=fin-220 b4=rst-hello b5=plaintext-500 b6=no-starttls
b7=tls-1.2'

# run SUITE NAME [OPTION]...: one run of the driver; its failure is noted
run()
{
	suite=$1
	name=$2
	shift 2
	"$here/driver" -s "$suite" -o "$out/$suite-$name" "$@" \
	    >"$out/$suite-$name.out" 2>&1 &
	driver=$!
	wait "$driver" || echo "$suite-$name" >>"$out/failed"
}

suite_runs()
{
	driver=
	trap 'kill $driver 2>/dev/null; exit 143' TERM
	run "$1" plain -p "$peers"
	run "$1" shim -m shim -p "$peers"
	run "$1" encr -m shim -A "$out/access" \
	    -p 'healthy alert-40 fin-220 no-starttls'
	run "$1" daemon -m shim -D -H -p "$crowd"
	run "$1" queue -m shim -D -Q -p 'healthy alert-40 fin-220 tls-1.3'
	[ "$1" = "$release" ] || return 0
	run "$1" launcher -m shim -L -p 'healthy alert-40'
	for action in observe never off; do
		run "$1" "$action" -m shim -c "$out/$action.conf" \
		    -p 'healthy alert-40'
	done
}

# verdict NAME FILE: a test that holds when FILE is empty
verdict()
{
	if [ -s "$2" ]; then
		echo "not ok - $1"
		sed 's/^/#   /' "$2"
	else
		echo "ok - $1"
	fi
}

# unlike RESULTS: the peers whose outcome is not what qualifying for `live`
# means, in a run where nothing stands in the way
unlike()
{
	awk -F '\t' '{
		want = $4 == "tls" ? "delivered-tls" : "delivered-clear"
		if ($8 != want || $12 != "ok")
			print $1 ": " $8 ", " $12 ", " $14
	}' "$1"
}

# The daemon still has the shim after SIGHUP.
unloaded()
{
	for maps in "$out/$1-daemon/daemon.maps.1" \
	    "$out/$1-daemon/daemon.maps.2"; do
		grep -qs libstarttls-fallback "$maps" ||
		    echo "no shim in ${maps##*/}"
	done
}

# With ENCR:112 for all of them, only who has TLS gets the message.
unguarded()
{
	awk -F '\t' '{
		want = $4 == "tls" ? "delivered-tls" : "deferred"
		if ($8 != want ||
		    want == "deferred" && $14 !~ /encryption too weak 0/)
			print $1 ": " $8 ", " $14
	}' "$out/$1-encr/results"
}

# acted SUITE ACTION EVENT: with that action nothing goes on in the clear, and
# EVENT is all that is said
acted()
{
	awk -F '\t' '{
		want = $4 == "tls" ? "delivered-tls" : "deferred"
		if ($8 != want || $9 != 1)
			print $1 ": " $8 ", connections " $9
	}' "$out/$1-$2/results"
	grep -o '"act":"[^"]*"\|"guard":"[^"]*"' "$out/$1-$2/events.jsonl" |
	    tr '\n' ' ' >"$out/said"
	[ "$(cat "$out/said")" = "$3" ] || cat "$out/said"
}

judge()
{
	: >>"$out/failed"
	sort -o "$out/failed" "$out/failed"
	verdict 'every run came to its end' "$out/failed"
	for suite in $suites; do
		for mode in plain shim; do
			cat "$out/$suite-$mode/results"
		done
	done >"$out/results"
	awk -f "$here/expect.awk" "$out/results"
	for suite in $suites; do
		shim=$out/$suite-shim
		awk -v peers="$shim/peers" -f "$here/traces.awk" \
		    "$shim/results" "$shim/syslog" "$shim/events.jsonl" \
		    >"$out/wrong" 2>&1 || echo 'awk failed' >>"$out/wrong"
		verdict "$suite: each fallback is in the events and the mail log" \
		    "$out/wrong"
		unguarded "$suite" >"$out/wrong" 2>&1
		verdict "$suite: a policy that requires encryption holds" \
		    "$out/wrong"
		unlike "$out/$suite-daemon/results" >"$out/wrong" 2>&1
		verdict "$suite: a daemon with twenty deliveries at once" \
		    "$out/wrong"
		unloaded "$suite" >"$out/wrong"
		verdict "$suite: the daemon has the shim after SIGHUP" \
		    "$out/wrong"
		unlike "$out/$suite-queue/results" >"$out/wrong" 2>&1
		verdict "$suite: a queue run" "$out/wrong"
		if [ "$suite" != "$release" ]; then
			echo "ok - $suite: started by the launcher" \
			    '# SKIP the tool is built for its own host'
			continue
		fi
		unlike "$out/$suite-launcher/results" >"$out/wrong" 2>&1
		verdict "$suite: started by the launcher" "$out/wrong"
		acted "$suite" observe '"act":"would-fallback" "guard":"none" ' \
		    >"$out/wrong" 2>&1
		verdict "$suite: action observe" "$out/wrong"
		acted "$suite" never '"act":"decline" "guard":"rule" ' \
		    >"$out/wrong" 2>&1
		verdict "$suite: action never" "$out/wrong"
		acted "$suite" off '' >"$out/wrong" 2>&1
		verdict "$suite: action off" "$out/wrong"
	done
}

# The release that this host is of, and so what was built here.
release=$(. /etc/os-release && echo "${VERSION_CODENAME-}")
# Two runs do not share the folder: the second waits.
mkdir -p "${out%/*}"
exec 8>"$out.lock"
flock 8
rm -rf "$out"
mkdir -p "$out"
for action in observe never off; do
	printf 'syslog mail\nevents /results/events.jsonl\npeer * %s\n' \
	    "$action" >"$out/$action.conf"
done
for peer in healthy alert-40 fin-220 no-starttls; do
	printf 'TLS_Srv:mx.%s.test\tENCR:112\n' "$peer"
done >"$out/access"
trap 'kill $jobs 2>/dev/null; exit 143' INT TERM HUP
jobs=
for suite in $suites; do
	suite_runs "$suite" &
	jobs="$jobs $!"
done
for job in $jobs; do
	wait "$job" || :
done

judge | awk '
/^(not )?ok - / {
	n++
	sub(/ok - /, "ok " n " - ")
	failed += /^not/
}
{ print }
END {
	print "1.." n
	exit failed > 0
}' || status=1
echo '# table'
"$here/table" "$out/results" | sed 's/^/# /'
echo '# end'
exit "${status:-0}"
