# shellcheck shell=sh disable=SC2034,SC2154
# sendmail, as the driver needs it. Debian's own configuration is used as it
# is installed: STARTTLS as a client is on, without certificates, and
# TLSFallbacktoClear is off. Only the log level is raised, so that the mail
# log tells the TLS version and cipher of each delivery.
#
# The driver gives: mta_run (a program inside the root, with the shim where
# the mode asks for it), in_root (the same, never with the shim), STF_SPACE,
# STF_MTA_ARGS.

# Debian's sendmail is set-group-id to this group.
mta_group=smmsp

# mta_packages SUITE
mta_packages()
{
	echo sendmail-bin openssl
}

# mta_configure ACCESS: the file ACCESS has lines for the access map, or none
mta_configure()
{
	# What the init script does before it starts the daemon.
	in_root install -d -o smmta -g smmsp -m 2755 /run/sendmail/mta
	[ -s "$1" ] || return 0
	cat "$1" >>"$STF_SPACE/etc/mail/access"
	in_root /usr/sbin/makemap hash /etc/mail/access \
	    <"$STF_SPACE/etc/mail/access"
}

# One hour is the default of Timeout.starttls, and most others are not less:
# what to say to sendmail so that it gives up on a silent peer by itself, soon.
mta_impatient()
{
	for timeout in starttls initial helo mail rcpt datainit datablock \
	    datafinal quit; do
		echo "-OTimeout.$timeout=6s"
	done
}

# How busy the host is shall make no difference.
always='-OLogLevel=14 -OQueueLA=1000 -ORefuseLA=1000'

# mta_submit LABEL SENDER RECIPIENT [ARG]...: delivers standard input in the
# foreground, with a queue of its own
mta_submit()
{
	queue=/var/spool/mqueue/$1
	in_root install -d -o smmta -g smmsp -m 2750 "$queue"
	sender=$2
	recipient=$3
	shift 3
	# shellcheck disable=SC2086
	mta_run /usr/sbin/sendmail -Am -L sm-mta -i -odi -v \
	    $always "-OQueueDirectory=$queue" "$@" $STF_MTA_ARGS \
	    -f "$sender" "$recipient"
}

# mta_daemon [ARG]...: the daemon with a queue runner, in the foreground. It
# takes as many deliveries at once as are handed to it: Debian's limits on
# how fast one client may connect are for strangers.
mta_daemon()
{
	# shellcheck disable=SC2086
	mta_run /usr/sbin/sendmail -Am -L sm-mta -bD -q5s -odb \
	    $always -OConnectionRateThrottle=0 "$@" $STF_MTA_ARGS
}

# mta_daemon_starts LOG: how often it has come up, SIGHUP's restarts included
mta_daemon_starts()
{
	grep -c 'sm-mta\[.*starting daemon' "$1"
}

# Process id of the daemon, as the driver's namespace counts
mta_daemon_pid()
{
	head -n 1 "$STF_SPACE/run/sendmail/mta/sendmail.pid"
}

# mta_enqueue SENDER RECIPIENT: leaves standard input in the daemon's queue
mta_enqueue()
{
	# shellcheck disable=SC2086
	in_root /usr/sbin/sendmail -Am -L sm-mta -i -odq $always \
	    -f "$1" "$2"
}

# mta_post SENDER RECIPIENT: hands standard input to the daemon, by SMTP
mta_post()
{
	# shellcheck disable=SC2086
	in_root /usr/sbin/sendmail -Ac -L sm-msp -i -odi $always \
	    -f "$1" "$2"
}

# mta_result LABEL RECIPIENT LOG: what the mail log says last about that
# recipient, as "STATE QUEUED TEXT", tab separated: STATE is delivered,
# deferred, bounced or unknown; QUEUED is the number of queue files that name
# the recipient; TEXT is sendmail's own words
mta_result()
{
	queued=$(grep -l -r -F "rRFC822; $2" "$STF_SPACE/var/spool/mqueue" |
	    grep -c '/qf') || :
	awk -v one="to=$2," -v other="to=<$2>," -v queued="$queued" '
	!/sm-mta\[/ || !(index($0, one) || index($0, other)) {
		next
	}
	match($0, /dsn=[0-9.]+, .*/) {
		text = substr($0, RSTART + 4)
		sub(/, stat=/, text ~ /, reply=/ ? ", " : " ", text)
		sub(/, reply=/, " ", text)
	}
	END {
		state = "unknown"
		if (text ~ /^2/)
			state = "delivered"
		else if (text ~ /^4/)
			state = "deferred"
		else if (text ~ /^5/)
			state = "bounced"
		printf "%s\t%d\t%s\n", state, queued, text
	}' "$3"
}
