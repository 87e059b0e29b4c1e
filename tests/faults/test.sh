#!/bin/sh
# test - each persona does on the wire what it says
#
# usage: test.sh [FAULTS]    (default: build/tests/faults of this tree)
#
# The judges share no code with the server: observe.py (Python's ssl on memory
# buffers, records parsed by hand) and openssl s_client.  expected.txt holds
# one line for each connection; all peers are talked to at once.  TAP on
# standard output; loopback addresses only.

set -u

here=$(cd "$(dirname "$0")" && pwd)
faults=${1:-$here/../../build/tests/faults}
python="/usr/bin/python3"
port=2525
# Two runs at a time keep out of each other's way.
net=127.$((16 + $$ % 200))
work=$(mktemp -d) || exit 1
server=
number=0
failed=0

finish() {
	[ -z "$server" ] || kill "$server" 2>/dev/null
	[ -z "$server" ] || wait "$server"
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

# ok STATUS NAME [DETAIL]
ok() {
	number=$((number + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $number - $2"
	else
		failed=$((failed + 1))
		echo "not ok $number - $2"
		[ -z "${3:-}" ] || echo "# $3"
	fi
}

# is GOT EXPECTED NAME
is() {
	[ "$1" = "$2" ]
	ok $? "$3" "got '$1', expected '$2'"
}

skip() {
	number=$((number + 1))
	echo "ok $number - $1 # SKIP $2"
}

# start OUT ARGUMENT... : starts a server, sets $server once it is ready
start() {
	out=$1
	shift
	"$faults" "$@" >"$out" 2>"$out.err" &
	server=$!
	tries=0
	until grep -q ready "$out"; do
		tries=$((tries + 1))
		if [ $tries -gt 200 ] || ! kill -0 "$server" 2>/dev/null; then
			echo "Bail out! faults does not start: $(cat "$out.err")"
			exit 1
		fi
		sleep 0.1
	done
}

# log PEER : the directory of a peer of expected.txt
log() {
	awk -v id="$1" -v dir="$work/log" -v port="$port" \
		'$1 == id { print dir "/" $2 "_" port }' "$work/addresses"
}

# field PEER LINE KEY : a value of conn.log
field() {
	sed -n "$2p" "$(log "$1")/conn.log" |
		tr ' ' '\n' | sed -n "s/^$3=//p"
}

# From expected.txt: peers and their addresses, the server's and the
# observer's input.
prepare() {
	mkdir "$work/log"
	awk -F' *[|] *' -v net="$net" -v port="$port" -v work="$work" '
		/^#/ || NF < 2 { next }
		$1 != id {
			id = $1
			n++
			at[n] = net "." int(n / 200) "." n % 200 + 1
			name[n] = id
			print id, at[n] >(work "/addresses")
			print at[n], port, $2 >(work "/peers")
		}
		{ modes[n] = modes[n] (modes[n] == "" ? "" : ",") $3 }
		END {
			for (i = 1; i <= n; i++)
				print name[i], at[i], port, modes[i] \
					>(work "/observe")
		}
	' "$here/expected.txt"
}

# Prints `STATUS|NAME|DETAIL` for each line of expected.txt.
compare() {
	awk -F' *[|] *' '
		# facts[key] from the words of an observation
		function holds(check, facts, parts) {
			if (split(check, parts, ">") == 2)
				return facts[parts[1]] + 0 > parts[2] + 0
			if (split(check, parts, "<") == 2)
				return parts[1] in facts &&
				    facts[parts[1]] + 0 < parts[2] + 0
			split(check, parts, "=")
			return facts[parts[1]] "" == parts[2] ""
		}
		FNR == NR {
			key = $0
			sub(/ .*/, "", key)
			seen[key, ++count[key]] = $0
			next
		}
		/^#/ || NF < 2 || $3 == "pause" { next }
		{
			got = seen[$1, ++asked[$1]]
			words = got
			wanted = $1 " " $3 ": " $4 " "
			status = index(got " ", wanted) == 1 ? 0 : 1
			split("", facts)
			n = split(words, list, " ")
			for (i = 1; i <= n; i++) {
				split(list[i], pair, "=")
				facts[pair[1]] = pair[2]
			}
			n = split($5, checks, " ")
			for (i = 1; i <= n; i++)
				if (!holds(checks[i], facts))
					status = 1
			print status "|" $1 " (" $3 "): " $4 \
			    (n > 0 ? ", " $5 : "") "|" got
		}
	' "$work/observed" "$here/expected.txt"
}

# The class column of --list against what was seen: at least one connection
# of each persona shows its class.
classes() {
	"$faults" --list | while IFS='	' read -r name _ class outcome _; do
		case $class in
		healthy) want='sent tls' way=tls ;;
		none) want='sent not-offered' way=no ;;
		starttls-4xx) want='sent starttls 4|mail fin' way=no ;;
		starttls-5xx) want='sent starttls 5' way=no ;;
		starttls-bad-reply) want='sent starttls [^45]' way=no ;;
		starttls-closed) want='starttls fin' way=no ;;
		starttls-reset) want='starttls rst' way=no ;;
		starttls-timeout) want='starttls silent' way=no ;;
		tls-alert-handshake_failure) want='handshake alert 40' ;;
		tls-alert-protocol_version) want='handshake alert 70' ;;
		tls-alert-inappropriate_fallback) want='handshake alert 86' ;;
		tls-alert-unrecognized_name) want='handshake alert 112' ;;
		tls-alert-unexpected_message) want='handshake alert 10' ;;
		tls-alert-illegal_parameter) want='handshake alert 47' ;;
		tls-alert-decode_error) want='handshake alert 50' ;;
		tls-alert-decrypt_error) want='handshake alert 51' ;;
		tls-alert-internal_error) want='handshake alert 80' ;;
		tls-alert-missing_extension) want='handshake alert 109' ;;
		tls-alert-certificate_required) want='handshake alert 116' ;;
		tls-closed) want='handshake fin' ;;
		tls-reset) want='handshake rst' ;;
		tls-timeout) want='handshake silent' ;;
		tls-plaintext) want='handshake (text|bytes)' ;;
		tls-malformed) want='handshake local (PACKET|UNEXPECTED|RECORD|DECRYPTION)_' ;;
		tls-local-*) want="handshake local $(
			echo "${class#tls-local-}" | tr '[:lower:]' '[:upper:]'
		)" ;;
		tls-verify) want='handshake local ASN1_LIB' way=no ;;
		late-closed) want='ehlo2 (fin|notify)' way=no ;;
		late-reset) want='ehlo2 rst' way=no ;;
		late-alert) want='ehlo2 alert' way=no ;;
		late-timeout) want='ehlo2 silent' way=no ;;
		refused-in-tls) want='(ehlo2|mail|rcpt) [45]' way=tls ;;
		session-broken) want='dot (fin|rst|silent)' way=tls ;;
		*) want='no such class' ;;
		esac
		grep -Eq "^$name [a-z0-9+]+: ($want)" "$work/observed" &&
			[ "$outcome" = "${way:-live}" ]
		echo "$?|$name has class $class, outcome $outcome|"
		unset way
	done
}

report() {
	while IFS='|' read -r status name detail; do
		ok "$status" "$name" "$detail"
	done <"$1"
}

# verify PEER : s_client's verdict on the certificate
verify() {
	address=$(awk -v id="$1" '$1 == id { print $2 }' "$work/addresses")
	echo QUIT | timeout 10 openssl s_client -starttls smtp \
		-connect "$address:$port" -CAfile "$work/log/ca.pem" \
		-verify_hostname mx.faults.test 2>&1 |
		sed -n 's/^ *Verify return code: \([0-9]*\).*/\1/p' |
		head -n 1 >"$work/verify.$1"
}

test_certificates() {
	set -- healthy 0 ecdsa 0 self-signed 18 expired 10 not-yet-valid 9 \
		wrong-name 62 rsa-1024 66 big-chain 0
	jobs=
	for word; do
		case $word in
		[0-9]*) ;;
		*)
			verify "$word" &
			jobs="$jobs $!"
			;;
		esac
	done
	for job in $jobs; do
		wait "$job"
	done
	while [ $# -gt 0 ]; do
		is "$(cat "$work/verify.$1")" "$2" "certificate of $1"
		shift 2
	done
}

test_logs() {
	printf 'Subject: test\r\n\r\n.leading dot\r\n' >"$work/mail"
	awk 'BEGIN { for (i = 0; i < 400; i++) printf "0123456789"
		printf "\r\n" }' >>"$work/mail"
	cmp -s "$work/mail" "$(log healthy)/mail.1.1"
	ok $? "a message is kept byte for byte, dots undone"
	printf '%s\n' 'MAIL FROM:<a@client.test>' 'RCPT TO:<b@faults.test>' \
		secure=TLSv1.3 | cmp -s - "$(log healthy)/mail.1.1.env"
	ok $? "its envelope inside TLS"
	grep -qx secure=clear "$(log healthy)/mail.3.1.env"
	ok $? "its envelope in the clear"
	printf 'EHLO client.test\r\nSTARTTLS\r\n' |
		cmp -s - "$(log healthy)/clear.1"
	ok $? "clear.N has what came outside TLS and nothing else"
	grep -q 'From\|MAIL FROM' "$(log healthy)/clear.3"
	ok $? "clear.N has a session in the clear"
	is "$(wc -c <"$(log healthy)/clear.3" | tr -d ' ')" \
		"$(field healthy 3 bytes_clear)" "bytes_clear counts clear.N"
	is "$(wc -c <"$(log alert-40)/tls.1" | tr -d ' ')" \
		"$(field alert-40 1 hello)" "tls.N has the ClientHello"
	[ ! -e "$(log healthy)/tls.1" ]
	ok $? "no tls.N where TLS is spoken"
	grep -q 'EHLO leak.test' "$(log x-stay)/clear.1"
	ok $? "plaintext behind the 220 goes to clear.N"
	[ ! -e "$(log x-dot)/mail.1.1" ]
	ok $? "a refused message is not kept"
	is "$(field healthy 1 tls)/$(field healthy 1 fault)" TLSv1.3/no \
		"conn.log: a healthy connection"
	is "$(field healthy 1 mails)/$(field healthy 1 end)" 1/quit \
		"conn.log: mails and end"
	is "$(field alert-40 1 fault)/$(field alert-40 1 tls)" yes/none \
		"conn.log: a fault"
	is "$(field alert-40 1 end)/$(field silent 1 end)" fault/fin \
		"conn.log: who ended it"
	is "$(field x-deadline 1 end)" timeout "conn.log: the deadline"
	is "$(field dh-512 1 client_alert)" 40 "conn.log: the client's alert"
	is "$(field x-first 3 fault)" no "conn.log: outside the schedule"
	is "$(field client-cert-1.3 1 fault)" yes "conn.log: a late fault"
}

test_ends() {
	printf '127.0.0.1 %s no-such\n::g 25 healthy\n127.0.0.1 0 healthy\n' \
		$port >"$work/wrong"
	printf '127.0.0.1 25 alert alert=300\n127.0.0.1 25 fin when=ever\n' \
		>>"$work/wrong"
	"$faults" -d "$work" "$work/wrong" >"$work/out" 2>&1
	is "$?" 2 "a wrong file is refused"
	is "$(grep -c "^$work/wrong:[1-5]: " "$work/out")" 5 \
		"each wrong line is named"

	mkdir "$work/six"
	echo "::1 $((20000 + $$ % 10000)) alert-70" >"$work/peers6"
	if [ -e /proc/net/if_inet6 ] && grep -q ' lo$' /proc/net/if_inet6; then
		start "$work/six/out" -d "$work/six" -t 3 "$work/peers6"
		got=$(echo "six ::1 $((20000 + $$ % 10000)) tls" |
			"$python" -W ignore "$here/observe.py")
		wait "$server"
		is "$?" 0 "-t ends the server"
		server=
		case $got in
		"six tls: handshake alert 70 "*) ok 0 "IPv6" ;;
		*) ok 1 "IPv6" "$got" ;;
		esac
	else
		skip "-t ends the server" "no IPv6 loopback"
		skip "IPv6" "no IPv6 loopback"
	fi
}

# A connection is open when the server is told to end.
test_term() {
	mkdir "$work/term"
	echo "$net.9.9 $port silent" >"$work/peers.term"
	start "$work/term/out" -d "$work/term" "$work/peers.term"
	echo "term $net.9.9 $port tls+3" | "$python" -W ignore "$here/observe.py" \
		>"$work/term/observed" &
	observer=$!
	sleep 1
	children=$(cat "/proc/$server/task/$server/children")
	kill "$server"
	wait "$server"
	is "$?" 0 "SIGTERM: exit status 0"
	server=
	wait "$observer"
	[ -n "$children" ] && ! kill -0 "${children%% *}" 2>/dev/null
	ok $? "SIGTERM: the connection's process is gone" "'$children'"
	grep -q 'fault=yes.*end=timeout' "$work/term/${net}.9.9_$port/conn.log"
	ok $? "SIGTERM: its line is in conn.log"
}

prepare
start "$work/out" -d "$work/log" -t 120 "$work/peers"
"$python" -W ignore "$here/observe.py" <"$work/observe" >"$work/observed" &
observer=$!
wait "$observer"
compare >"$work/compared"
report "$work/compared"
classes >"$work/classed"
report "$work/classed"
# What a connection leaves is written after the client has gone.
sleep 2.5
test_logs
test_certificates
kill "$server"
wait "$server"
server=
is "$(cat "$work/out.err")" "" "nothing on standard error"
test_ends
test_term
echo "1..$number"
[ $failed -eq 0 ]
