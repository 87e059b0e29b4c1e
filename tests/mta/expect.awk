# What must become of each peer's message, judged over result lines of
# `driver` (plain and shim, any number of suites). Prints one TAP line without
# a number for each mode and peer; what is wrong follows as `#` lines.
#
# Without the shim the expectation is what is known of an MTA that has no
# fallback; with it, it is the result without it and one difference: what
# qualifies for `live` and was deferred is delivered in the clear.

BEGIN {
	FS = "\t"
}

# These strike or not by the length of a ClientHello, by what the client's
# TLS library reads or offers, or by chance.
function is_moody(persona)
{
	return persona ~ /^(silent-large|silent-256|injected|sha1|flaky)$/
}

function want_plain(label, persona, class, end)
{
	if (is_moody(persona))
		return "deferred delivered-tls"
	if (class == "healthy")
		return "delivered-tls"
	if (class == "none")
		return "delivered-clear"
	if (class ~ /^starttls-[45]xx$/)
		return persona == "reply-421" ? "deferred" : "delivered-clear"
	if (class == "refused-in-tls")
		return persona ~ /-5[0-9][0-9]$/ ? "bounced" : "deferred"
	return "deferred"
}

# Peers of the test's own that break the fallback itself, not only TLS.
function is_hopeless(label)
{
	return label ~ /^(clear|second)-/
}

function want_shim(label, persona, end, plain)
{
	if (is_hopeless(label))
		return "deferred"
	if (persona == "flaky")
		return "delivered-clear delivered-tls"
	if (end == "live" && plain == "deferred")
		return "delivered-clear"
	return plain
}

function complain(mode, label, suite, text)
{
	wrong[mode, label] = wrong[mode, label] "#   " suite ": " text "\n"
}

function is_among(one, list)
{
	return index(" " list " ", " " one " ") > 0
}

{
	label = $1; persona = $2; class = $3; end = $4; suite = $6; mode = $7
	outcome = $8; connections = $9; seconds = $11; checks = $12; text = $14
	if (!((mode, label) in wrong)) {
		wrong[mode, label] = ""
		order[++count] = mode SUBSEP label
	}
	if (checks != "ok")
		complain(mode, label, suite, checks)
}

mode == "plain" {
	plain[suite, label] = outcome
	words[suite, label] = text
	conns[suite, label] = connections
	due[suite, label] = 1
	want = want_plain(label, persona, class, end)
	if (!is_among(outcome, want))
		complain(mode, label, suite, outcome ", not " want ": " text)
}

mode == "shim" {
	if (!((suite, label) in plain)) {
		complain(mode, label, suite, "no result without the shim")
		next
	}
	delete due[suite, label]
	before = plain[suite, label]
	want = want_shim(label, persona, end, before)
	if (!is_among(outcome, want))
		complain(mode, label, suite, outcome ", not " want ": " text)
	if (end != "live" && connections != conns[suite, label])
		complain(mode, label, suite, connections \
		    " connections, without the shim " conns[suite, label])
	# That a second connection was refused, the peer itself did not see.
	if (is_hopeless(label) && label != "second-refused" &&
	    connections != 2)
		complain(mode, label, suite, connections " connections")
	# Whether a broken session is reset or just ends is a race.
	if ((end != "live" || label ~ /^second-/) && class !~ /^(session|late)-/ &&
	    text != words[suite, label])
		complain(mode, label, suite, "says " text)
	if (class == "tls-timeout" && !is_hopeless(label) && seconds > 20)
		complain(mode, label, suite, seconds " seconds")
}

END {
	for (key in due) {
		split(key, part, SUBSEP)
		complain("plain", part[2], part[1], "no result with the shim")
	}
	for (i = 1; i <= count; i++) {
		split(order[i], part, SUBSEP)
		print (wrong[order[i]] == "" ? "ok" : "not ok") " - " \
		    part[1] " " part[2]
		printf "%s", wrong[order[i]]
	}
}
