#!/bin/sh
# shellcheck disable=SC2317 # the functions are called through `ok`
# starttls-fallback run: what it starts, and what it refuses, with the reason
# and with what to do about it.

set -u

top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top" || exit 1
out=$top/build/tests/launcher
rm -rf "$out"
mkdir -p "$out"
run=$top/scripts/starttls-fallback
policy=$out/policy.conf
n=0
status=0

ok()
{
	name=$1
	shift
	n=$((n + 1))
	if "$@" >"$out/output" 2>&1; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		sed 's/^/# /' "$out/output"
		status=1
	fi
}

# says STATUS TEXT COMMAND...: it ends so, and says so on standard error
says()
{
	want=$1
	text=$2
	shift 2
	got=0
	"$@" >"$out/stdout" 2>"$out/stderr" || got=$?
	cat "$out/stdout" "$out/stderr"
	echo "status $got, expected $want; expected text: $text"
	[ "$got" -eq "$want" ] && grep -qF -- "$text" "$out/stderr"
}

loaded='grep -q libstarttls-fallback /proc/self/maps'

preloaded()
{
	"$run" run -c "$policy" -- sh -c "$loaded"
}

passed_through()
{
	"$run" run -c "$policy" -- sh -c 'exit 7'
	[ $? -eq 7 ]
}

arguments_kept()
{
	[ "$("$run" run -c "$policy" -- printf '%s|' 'a b' '' '*')" = 'a b||*|' ]
}

policy_named()
{
	[ "$(cd "$out" && "$run" run -c policy.conf -- \
	    printenv STARTTLS_FALLBACK_CONFIG)" = "$policy" ]
}

preload_kept()
{
	[ "$(LD_PRELOAD=libm.so.6 "$run" run -c "$policy" -- \
	    printenv LD_PRELOAD)" = \
	    "$top/build/libstarttls-fallback.so:libm.so.6" ]
}

events_made()
{
	grep -q . "$policy" && [ -f "$out/events/log.jsonl" ] &&
	    [ "$(stat -c %a "$out/events/log.jsonl")" = 640 ]
}

group_taken()
{
	cp /bin/grep "$out/setgid"
	chgrp mail "$out/setgid" && chmod 2755 "$out/setgid" || return 1
	"$run" run -c "$policy" -- "$out/setgid" -q libstarttls-fallback \
	    /proc/self/maps
}

group_alone_does_not()
{
	! LD_PRELOAD=$top/build/libstarttls-fallback.so "$out/setgid" -q \
	    libstarttls-fallback /proc/self/maps
}

as_nobody()
{
	setpriv --reuid nobody --regid nogroup --clear-groups "$@"
}

printf 'events %s\npeer * observe\n' "$out/events/log.jsonl" >"$policy"
chmod 644 "$policy"
printf 'peer * fallbak\n' >"$out/invalid.conf"
chmod 644 "$out/invalid.conf"
printf 'int main(void) { return 0; }\n' >"$out/main.c"
cc -static -o "$out/static" "$out/main.c" || exit 1
printf '#!%s\n' "$out/static" >"$out/script"
chmod 755 "$out/script"
# the first bytes of a 32-bit program
printf '\177ELF\001\001\001\000\000\000\000\000\000\000\000\000\002\000\003\000' \
    >"$out/narrow"
head -c 100 /dev/zero >>"$out/narrow"
chmod 755 "$out/narrow"
printf 'echo no magic\n' >"$out/bare"
chmod 755 "$out/bare"
: >"$out/plain"

ok 'the command has the library' preloaded
ok 'the exit status is that of the command' passed_through
ok 'the arguments arrive as they are' arguments_kept
ok '-c names the policy, by its whole path' policy_named
ok 'what was preloaded before stays behind the library' preload_kept
ok 'the events file of the policy is made, and not for everybody' events_made
ok 'a static program is refused' says 125 'statically linked' \
    "$run" run -c "$policy" -- "$out/static"
ok 'a script with a static interpreter is refused' says 125 \
    'statically linked' "$run" run -c "$policy" -- "$out/script"
ok 'another ELF class is refused' says 125 'another architecture (32 bit)' \
    "$run" run -c "$policy" -- "$out/narrow"
ok 'a file that is no program is refused' says 125 'neither an ELF program' \
    "$run" run -c "$policy" -- "$out/bare"
ok 'an invalid policy is refused, with FILE:LINE' says 125 \
    "$out/invalid.conf:1: error:" "$run" run -c "$out/invalid.conf" -- true
ok 'a missing policy is refused' says 125 'no such' \
    "$run" run -c "$out/nothing.conf" -- true
ok 'a command that is not there' says 127 'no such command' \
    "$run" run -c "$policy" -- "$out/nothing"
ok 'a command that is not executable' says 126 'not executable' \
    "$run" run -c "$policy" -- "$out/plain"
ok 'run without a command is a usage error' says 2 'usage:' "$run" run
ok 'an unknown subcommand is a usage error' says 2 'usage:' "$run" frobnicate
ok 'a plain preload does not reach a set-group-ID program' group_alone_does_not
ok 'run reaches a set-group-ID program' group_taken
if as_nobody test -x "$run" -a -r "$out/setgid"; then
	ok 'without root it says what to do' says 125 NoNewPrivileges \
	    as_nobody "$run" run -c "$policy" -- "$out/setgid"
else
	n=$((n + 1))
	echo "ok $n - without root it says what to do # SKIP nobody cannot" \
	    "read $top"
fi
echo "1..$n"
exit $status
