# Sourced by the tests: starts the fault server for them.
#
# start_peers DIR: standard input has a peer a line, LABEL PERSONA
# [KEY=VALUE...]; each listens on an address of its own, port 25 (26 for the
# label `unwatched`). Sets STF_PEERS and STF_HEARD; the process
# is $peers_pid.

# shellcheck shell=sh

peers_pid=

start_peers()
{
	peers_dir=$1
	shift
	mkdir -p "$peers_dir/heard"
	: >"$peers_dir/config"
	: >"$peers_dir/peers"
	peers_n=0
	while read -r label persona options; do
		[ -n "$label" ] || continue
		peers_n=$((peers_n + 1))
		address=127.1.$((peers_n / 200)).$((peers_n % 200 + 1))
		port=25
		[ "$label" != unwatched ] || port=26
		echo "$address $port $persona $options" >>"$peers_dir/config"
		echo "$label $address $port" >>"$peers_dir/peers"
	done
	"${STF_FAULTS:-$B/tests/faults}" -d "$peers_dir/heard" \
	    "$peers_dir/config" >"$peers_dir/out" 2>&1 &
	peers_pid=$!
	STF_PEERS=$peers_dir/peers
	STF_HEARD=$peers_dir/heard
	export STF_PEERS STF_HEARD
	peers_n=0
	until grep -qs '^ready' "$peers_dir/out"; do
		peers_n=$((peers_n + 1))
		if [ $peers_n -gt 200 ]; then
			echo 'Bail out! the fault server does not start'
			cat "$peers_dir/out"
			exit 2
		fi
		sleep 0.05
	done
}

stop_peers()
{
	[ -z "$peers_pid" ] || kill "$peers_pid"
	peers_pid=
}
