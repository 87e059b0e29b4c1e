#!/bin/sh
# starttls-fallback state, and what `run` does with it: how the file of the
# memory comes into being, and that nothing is ever replaced.
# usage: state.sh TOOL, from the top of the source tree.  Reports TAP.

# shellcheck disable=SC2016,SC2317 # for inner shells; called by `expect`
set -u
# shellcheck source=tests/tool/expect.sh
. tests/tool/expect.sh
cp "$1" "$dir/tool" || exit 1
tool=$dir/tool
run=$PWD/scripts/starttls-fallback
chmod 755 "$dir"
lib=$dir/var/lib
file=$lib/peers
export STARTTLS_FALLBACK_CONFIG="$dir/policy"

# policy [SLOTS]: one with a memory
policy()
{
	printf 'state %s slots=%s\npeer * fallback\n' "$file" "${1:-1024}" \
		>"$STARTTLS_FALLBACK_CONFIG"
}

# put BYTES: a file that is not ours
put()
{
	mkdir -p "$lib"
	rm -f "$file"
	head -c "$1" "${2:-/dev/zero}" >"$file"
	chmod 600 "$file"
}

# fresh: no file, and no directory for it
fresh()
{
	rm -rf "${dir:?}/var"
}

as_nobody()
{
	setpriv --reuid nobody --regid nogroup --clear-groups "$@"
}

# alone COMMAND...: the directory of the file has it, and nothing else
alone()
{
	"$@" || return
	[ "$(ls -A "$lib")" = peers ] || ls -lA "$lib"
}

# kept TEXT: refused, said with TEXT and with what to do, and nothing changed
kept()
{
	before=$(cksum <"$file")
	expect "$1: refused" 1 '' \
		"starttls-fallback: $file: $1; it was left as it is: remove*" \
		"$tool" state
	for command in peers export events 'forget --all' off on \
		"import $dir/text"
	do
		# shellcheck disable=SC2086 # words
		expect "$1: $command says so" 1 '' \
			"starttls-fallback: $file: $1*" "$tool" $command
	done
	expect "$1: nothing was changed" 0 '' '' \
		test "$(cksum <"$file")" = "$before"
}

echo 'starttls-fallback-memory 1' >"$dir/text"
printf 'peer * observe\n' >"$dir/none"
expect 'a policy without a memory' 1 '' "*$dir/none: no \`state\` directive*" \
	env STARTTLS_FALLBACK_CONFIG="$dir/none" "$tool" state
expect 'an invalid policy' 1 '' '*the policy is not valid*' \
	env STARTTLS_FALLBACK_CONFIG=tests/tool/state.sh "$tool" state
expect 'arguments that are none' 2 '' 'usage: starttls-fallback state *' \
	"$tool" state -x
expect 'a group that is none' 1 '' '*no-such-group: no such group' \
	"$tool" state -g no-such-group

policy
expect 'it is made, with its directories' 0 "$file: made" '' \
	alone "$tool" state
expect 'the directories are for everybody to enter' 0 '755
755' '' stat -c %a "$dir/var" "$lib"
mode=600
[ "$(id -u)" -ne 0 ] || mode=660
expect 'the file is for its owner, and root'"'"'s for a group' 0 "$mode $(id -u) $(id -g)" '' \
	stat -c '%a %u %g' "$file"
before=$(stat -c %i "$file"; cksum <"$file")
expect 'what is there and good is left alone' 0 "$file: there already*" '' \
	alone "$tool" state
expect 'by its bytes too' 0 "$before" '' \
	sh -c 'stat -c %i "$1"; cksum <"$1"' sh "$file"
fresh
expect 'each has a secret of its own' 0 "$file: made" '' "$tool" state
expect 'it differs' 1 '' '' test "${before#*
}" = "$(cksum <"$file")"
fresh
policy 20000
expect 'more room' 0 "$file: made" '' "$tool" state
expect 'it is larger, and has no holes' 0 'yes' '' sh -c \
	'set -- $(stat -c "%s %b %B" "$1")
	[ "$1" -gt 4000000 ] && [ $(($2 * $3)) -ge "$1" ] && echo yes' \
	sh "$file"
policy

# two at once, and eight
fresh
expect 'eight at once: all succeed, one makes it' 0 '1 made, 7 found' '' \
	sh -c 'for i in 1 2 3 4 5 6 7 8; do
		"$1" state >"$2.$i" &
	done
	wait
	echo "$(cat "$2".* | grep -c made) made, $(cat "$2".* |
		grep -c already) found"' sh "$tool" "$dir/at-once"
expect 'nothing is left of the others' 0 'peers' '' ls -A "$lib"

put 2000000 /dev/urandom
kept 'it is no memory of starttls-fallback'
put 2000000
kept 'it is no memory of starttls-fallback'
put 0
kept 'it is no memory of starttls-fallback, or cut short'
put 1000000000
kept 'it is no memory of starttls-fallback'
fresh
policy 20000
"$tool" state >/dev/null && truncate -s -4096 "$file"
kept 'it is not as long as its header says'
truncate -s +8192 "$file"
kept 'it is not as long as its header says'
fresh
policy
"$tool" state >/dev/null
# the version is the second word behind the magic
printf '\002' | dd of="$file" bs=1 seek=12 conv=notrunc 2>/dev/null
kept 'it belongs to another version of starttls-fallback'
printf '\001\002\003\004' | dd of="$file" bs=1 seek=8 conv=notrunc 2>/dev/null
kept 'it was made on a machine of another byte order'
fresh
"$tool" state >/dev/null
chmod 666 "$file"
kept 'everybody can write it: chmod o-w'
fresh
mkdir -p "$file"
expect 'a directory' 1 '' "starttls-fallback: $file: *" "$tool" state
fresh
mkdir -p "$lib"
ln -s nowhere "$file"
expect 'a symbolic link to nothing' 1 '' "starttls-fallback: $file: *" \
	"$tool" state
expect 'nothing is left of the attempt' 0 'peers' '' ls -A "$lib"
fresh
mkdir -p "$dir/var"
: >"$lib"
expect 'a file where a directory should be' 1 '' \
	"starttls-fallback: $file: *no directory" "$tool" state
fresh
mkdir -p "$lib"
chmod 777 "$lib"
expect 'a directory in which everybody can replace it' 1 '' \
	"starttls-fallback: $lib: others than its owner can write it: *" \
	"$tool" state
expect 'nothing is left there' 0 '' '' ls -A "$lib"
chmod 1777 "$lib"
expect 'not so if it is sticky' 0 "$file: made" '' "$tool" state
fresh
expect 'a file larger than this process may write' 1 '' \
	"starttls-fallback: $file: cannot be made with room for 1024 *" \
	sh -c 'ulimit -f 100; exec "$1" state' sh "$tool"
expect 'nothing is left there' 0 '' '' ls -A "$lib"

# what needs root
if [ "$(id -u)" -ne 0 ]; then
	skip 'owners, groups, a full disk, run' 'not root'
	plan
fi
fresh
"$tool" state >/dev/null
chmod 644 "$file"
expect 'a good one that the user may not write' 1 '' \
	"starttls-fallback: $file: this process may not write it*MEMORY" \
	as_nobody "$tool" state
fresh
expect 'for a group' 0 "$file: made" '' "$tool" state -g mail
expect 'which may write it' 0 '660 root mail' '' stat -c '%a %U %G' "$file"
fresh
expect 'for a group by number' 0 "$file: made" '' "$tool" state -g 8
expect 'which is the one' 0 '8' '' stat -c '%g' "$file"
chown nobody "$file"
kept 'its owner is neither root nor the user of this process'
fresh
mkdir -p "$lib"
chown nobody "$lib"
expect 'a directory of another user' 1 '' \
	"starttls-fallback: $lib: its owner is neither root *" "$tool" state
expect 'its owner can use it' 0 "$file: made" '' as_nobody "$tool" state
expect 'and has it alone' 0 '600 nobody' '' stat -c '%a %U' "$file"
fresh
mkdir -p "$lib"
expect 'a directory that the user may not write' 1 '' \
	"starttls-fallback: $file: cannot be made: Permission denied" \
	as_nobody "$tool" state
expect 'a group that is not the user'"'"'s' 1 '' \
	"starttls-fallback: $file: cannot be made*: its group: *" \
	sh -c 'chown nobody "$2"
	exec setpriv --reuid nobody --regid nogroup --clear-groups \
	    "$1" state -g mail' sh "$tool" "$lib"
expect 'nothing is left there' 0 '' '' ls -A "$lib"
fresh
mkdir -p "$lib"
expect 'a full disk' 1 '' \
	"starttls-fallback: $file: cannot be made with room for 1024 peers*No space*" \
	unshare -m sh -c 'mount -t tmpfs -o size=400k none "$2" &&
	"$1" state; status=$?; ls -A "$2"; exit "$status"' sh "$tool" "$lib"

# run
fresh
policy
expect 'run makes it' 0 'started' '' "$run" run -- echo started
expect 'run made it' 0 '660 root root' '' stat -c '%a %U %G' "$file"
fresh
cp /bin/echo "$dir/setgid" && chgrp mail "$dir/setgid" &&
	chmod 2755 "$dir/setgid"
expect 'run makes it for a set-group-ID program' 0 'started' '' \
	"$run" run -- "$dir/setgid" started
expect 'its group may write it' 0 '660 root mail' '' \
	stat -c '%a %U %G' "$file"
put 5000 /dev/urandom
expect 'run warns of a damaged one, and starts' 0 'started' \
	"*$file: it is no memory *remove or rename it*warning: *starts*" \
	"$run" run -- echo started
expect 'it was left as it is' 0 '5000' '' stat -c %s "$file"
fresh
mkdir "$dir/var"
: >"$lib"
expect 'run warns where none can be made, and starts' 0 'started' \
	"*$file: *no directory*warning: *starts*" "$run" run -- echo started
expect 'run makes none without a directive' 0 'started' '' \
	"$run" run -c "$dir/none" -- echo started
fresh
printf 'state %s\npeer * fallbak\n' "$file" >"$STARTTLS_FALLBACK_CONFIG"
expect 'run refuses an invalid policy' 125 '' '*:2: error: *' \
	"$run" run -- echo started
expect 'and has made nothing' 1 '' '' test -e "$file"
policy
"$run" run -- true
expect 'several at once have one memory' 0 'peers' '' sh -c '
	rm -rf "$2"
	for i in 1 2 3 4; do "$1" run -- true & done
	wait
	ls -A "$2"' sh "$run" "$lib"
plan
