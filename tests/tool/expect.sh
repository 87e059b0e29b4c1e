# expect.sh: sourced by the tests of the tool. A directory that is gone at the
# end, in $dir, and TAP.
# shellcheck shell=sh

dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
umask 022
unset STARTTLS_FALLBACK_CONFIG
count=0
failed=0

# expect NAME STATUS STDOUT STDERR COMMAND...: each but the name a pattern, as
# in case. The variables are this function's own.
expect()
{
	ex_name=$1 ex_status=$2 ex_stdout=$3 ex_stderr=$4
	shift 4
	"$@" >"$dir/stdout" 2>"$dir/stderr"
	ex_got=$?
	ex_out=$(cat "$dir/stdout")
	ex_err=$(cat "$dir/stderr")
	ex_good=yes
	# shellcheck disable=SC2254 # patterns on purpose
	case $ex_got in $ex_status) ;; *) ex_good=no ;; esac
	# shellcheck disable=SC2254
	case $ex_out in $ex_stdout) ;; *) ex_good=no ;; esac
	# shellcheck disable=SC2254
	case $ex_err in $ex_stderr) ;; *) ex_good=no ;; esac
	count=$((count + 1))
	if [ "$ex_good" = yes ]; then
		echo "ok $count - $ex_name"
	else
		echo "not ok $count - $ex_name"
		printf '%s\n' "status $ex_got" "$ex_out" "$ex_err" |
			sed 's/^/# /'
		failed=1
	fi
}

# literal: standard input as a pattern that matches it and nothing else
literal()
{
	sed 's/[[*?]/[&]/g'
}

# skip NAME WHY
skip()
{
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}

# plan: the end of the report, and the status of the test
plan()
{
	echo "1..$count"
	exit "$failed"
}
