# Whether each fallback has left its traces, and nothing else has. Reads, in
# this order, the result lines of one shim run, its syslog and its events:
#
#	awk -v peers=PEERS -f traces.awk RESULTS SYSLOG EVENTS
#
# Prints what is wrong; nothing when all is well.

BEGIN {
	FS = "\t"
	while ((getline <peers) > 0)
		address["[" $2 "]:25"] = $1
}

# Which reason a TLS library gives for the same bytes depends on its release,
# and whether it is it at all that refuses an old version.
function same_class(label, want, got)
{
	if (label ~ /^(old-)?tls-1\.[01]$|^no-reneg$/)
		return got ~ /^tls-/
	if (want ~ /^tls-(local-|malformed)/)
		return got ~ /^tls-(local-|malformed)/
	return want == got
}

function value(key)
{
	if (!match($0, "\"" key "\":\"[^\"]*"))
		return "-"
	return substr($0, RSTART + length(key) + 4, \
	    RLENGTH - length(key) - 4)
}

FNR == 1 {
	file++
}

file == 1 {
	class[$1] = $3
	end[$1] = $4
	outcome[$1] = $8
}

file == 2 && match($0, /STARTTLS=client, relay=mx\.[^ ]*\.test\., /) {
	label = substr($0, RSTART + 26, RLENGTH - 26 - 8)
	said[label] = substr($0, RSTART + RLENGTH)
}

file == 3 && value("act") == "fallback" {
	label = address[value("peer")]
	events[label]++
	if (!same_class(label, class[label], value("class")))
		print label ": the event says " value("class")
}

file == 3 && value("act") == "decline" {
	declined[address[value("peer")]] = 1
}

END {
	for (label in outcome) {
		clear = end[label] == "live" && outcome[label] == "delivered-clear"
		if (events[label] > 1)
			print label ": " events[label] " events"
		else if (clear && !events[label])
			print label ": no event"
		else if (!clear && events[label] && label !~ /^clear-/)
			print label ": an event, but " outcome[label]
		if (label ~ /^(clear|second)-/ && !declined[label])
			print label ": nothing says why not"
		if (clear && said[label] !~ \
		    /^version=CLEARTEXT, .*cipher=\(NONE\), bits=[-0-9]*\/0$/)
			print label ": the mail log says " said[label]
	}
}
