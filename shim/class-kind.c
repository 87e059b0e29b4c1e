/*
 * class-kind - what the kinds of failure are called, and what they qualify for
 *
 * Contract: class.h.  Never fails.  Async-signal-safe, thread-safe, fork-safe.
 */
#include "class.h"

static const char kind_names[CLASS_COUNT][24] = {
    [CLASS_NONE] = "-",
    [CLASS_STARTTLS_4XX] = "starttls-4xx",
    [CLASS_STARTTLS_5XX] = "starttls-5xx",
    [CLASS_STARTTLS_BAD_REPLY] = "starttls-bad-reply",
    [CLASS_STARTTLS_CLOSED] = "starttls-closed",
    [CLASS_STARTTLS_RESET] = "starttls-reset",
    [CLASS_STARTTLS_TIMEOUT] = "starttls-timeout",
    [CLASS_TLS_ALERT] = "tls-alert-",
    [CLASS_TLS_CLOSED] = "tls-closed",
    [CLASS_TLS_RESET] = "tls-reset",
    [CLASS_TLS_TIMEOUT] = "tls-timeout",
    [CLASS_TLS_PLAINTEXT] = "tls-plaintext",
    [CLASS_TLS_MALFORMED] = "tls-malformed",
    [CLASS_TLS_LOCAL] = "tls-local-",
    [CLASS_TLS_LOCAL_CONFIG] = "tls-local-config",
    [CLASS_TLS_VERIFY] = "tls-verify",
    [CLASS_LATE_CLOSED] = "late-closed",
    [CLASS_LATE_RESET] = "late-reset",
    [CLASS_LATE_ALERT] = "late-alert",
    [CLASS_LATE_TIMEOUT] = "late-timeout",
};

static const char stage_names[][12] = {
    [STAGE_CONNECT] = "connect",
    [STAGE_BANNER] = "banner",
    [STAGE_EHLO] = "ehlo",
    [STAGE_STARTTLS] = "starttls",
    [STAGE_HANDSHAKE] = "handshake",
    [STAGE_EHLO_TLS] = "ehlo-tls",
    [STAGE_TLS] = "tls",
    [STAGE_CLEAR] = "clear",
};

const char *
class_kind_name(enum class_kind kind)
{
	return kind_names[kind];
}

bool
class_ambiguous(enum class_kind kind)
{
	switch (kind) {
	case CLASS_STARTTLS_CLOSED:
	case CLASS_STARTTLS_RESET:
	case CLASS_STARTTLS_TIMEOUT:
	case CLASS_TLS_CLOSED:
	case CLASS_TLS_RESET:
	case CLASS_TLS_TIMEOUT:
	case CLASS_LATE_CLOSED:
	case CLASS_LATE_RESET:
	case CLASS_LATE_TIMEOUT:
		return true;
	default:
		return false;
	}
}

bool
class_late(enum class_kind kind)
{
	return kind >= CLASS_LATE_CLOSED && kind <= CLASS_LATE_TIMEOUT;
}

bool
class_forbidden(enum class_kind kind)
{
	return kind == CLASS_TLS_VERIFY || kind == CLASS_TLS_LOCAL_CONFIG;
}

bool
class_recordable(enum class_kind kind)
{
	return kind != CLASS_NONE && !class_forbidden(kind);
}

bool
class_live(enum class_kind kind)
{
	return kind >= CLASS_TLS_ALERT && kind <= CLASS_TLS_LOCAL;
}

const char *
class_stage_name(enum class_stage stage)
{
	return stage <= STAGE_CLEAR ? stage_names[stage] : "-";
}
