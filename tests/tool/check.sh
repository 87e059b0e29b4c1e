#!/bin/sh
# starttls-fallback check, as a user meets it: exit status, streams, summary.
# usage: check.sh TOOL, from the top of the source tree.  Reports TAP.

set -u
tool=$1
# shellcheck source=tests/tool/expect.sh
. tests/tool/expect.sh

printf 'peer * observe\n' >"$dir/one"
printf 'peer 192.0.2.7 off\npeer * observe\n' >"$dir/two"
printf '\npeer * foo\nbar\n' >"$dir/bad"
printf 'peer *\n' >"$dir/bad1"
printf 'peer * off\npeer * off\n' >"$dir/warn"
printf 'peer ::1 clear\npeer ::2 fallback method=learn ttl=15m..12h\n' \
	>"$dir/memory"
printf 'peer ::1 clear ttl=1h\npeer ::2 fallback ttl=2h..1h\n%s\n' \
	'peer ::3 fallback method=probe' >"$dir/times"

expect 'one rule' 0 "$dir/one: 1 rule, valid" '' "$tool" check "$dir/one"
expect 'two rules' 0 "$dir/two: 2 rules, valid" '' "$tool" check "$dir/two"
expect 'errors are all reported, with their places' 1 "$dir/bad: 2 errors" \
	"$dir/bad:2: error: unknown action \"foo\"*
$dir/bad:3: error: unknown directive \"bar\"*" "$tool" check "$dir/bad"
expect 'one error' 1 "$dir/bad1: 1 error" "$dir/bad1:1: error: *" \
	"$tool" check "$dir/bad1"
expect 'a warning is valid' 0 "$dir/warn: 2 rules, valid" \
	"$dir/warn:2: warning: *$dir/warn:1*" "$tool" check "$dir/warn"
expect 'clear, learn and ttl' 0 "$dir/memory: 2 rules, valid" '' \
	"$tool" check "$dir/memory"
expect 'ttl where nothing is remembered, a wrong one, and what is not built' 1 \
	"$dir/times: 3 errors" "$dir/times:1: error: ttl goes with *
$dir/times:2: error: ttl \"2h..1h\" *
$dir/times:3: error: *not supported in this version*" \
	"$tool" check "$dir/times"
expect 'no such file' 1 "$dir/none: 1 error" \
	"$dir/none: error: there is no such file" "$tool" check "$dir/none"
expect 'a directory' 1 "$dir: 1 error" \
	"$dir: error: it is no regular file" "$tool" check "$dir"
expect 'the environment names the file' 0 "$dir/one: 1 rule, valid" '' \
	env STARTTLS_FALLBACK_CONFIG="$dir/one" "$tool" check
expect 'an argument is stronger than the environment' 0 \
	"$dir/two: 2 rules, valid" '' \
	env STARTTLS_FALLBACK_CONFIG="$dir/one" "$tool" check "$dir/two"
expect 'an empty variable names none' '[01]' '/*starttls-fallback.conf: *' '*' \
	env STARTTLS_FALLBACK_CONFIG= "$tool" check
expect '-- ends options' 0 "$dir/one: 1 rule, valid" '' \
	"$tool" check -- "$dir/one"
expect 'an unknown option' 2 '' 'usage: starttls-fallback check *' \
	"$tool" check -x
expect 'too many files' 2 '' 'usage: starttls-fallback check *' \
	"$tool" check "$dir/one" "$dir/two"
expect 'check --help' 0 'usage: starttls-fallback check *' '' \
	"$tool" check --help
expect 'no subcommand' 2 '' 'usage: *' "$tool"
expect 'an unknown subcommand' 2 '' '*unknown subcommand "foo"*usage: *' \
	"$tool" foo
expect '--help' 0 'usage: *check *' '' "$tool" --help
expect '--version' 0 'starttls-fallback [0-9]*' '' "$tool" --version
# shellcheck disable=SC2016 # expanded by the inner shell
expect 'a full disk is noticed' 1 '' '*standard output*' \
	sh -c '"$1" check "$2" >/dev/full' sh "$tool" "$dir/one"
for example in scripts/examples/*.conf; do
	expect "$example is valid" 0 "$example: * valid" '' \
		"$tool" check "$example"
done

plan
