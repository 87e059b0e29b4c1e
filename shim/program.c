/*
 * program - the programs that are known as MTAs
 *
 * Contract: program.h.
 */
#include "program.h"

#include <string.h>

static const struct program programs[] = {
    /* {cipher_bits} 0 fails ENCR:, {verify} not OK fails VERIFY: */
    {"sendmail", true},
    /* with the TLS patch: tlshosts/HOST.pem wants a verified certificate */
    {"qmail-remote", true},
    {"smtp", false}, /* Postfix, nullmailer */
    {"lmtp", false},
    {"tlsproxy", false},
    {"exim4", false},
    {"exim", false},
    {"smtpd", false}, /* OpenSMTPD */
    {"courieresmtp", false},
    {"couriertls", false},
    {"dma", false},
    {"msmtp", false},
    {"ssmtp", false},
    {"esmtp", false},
};

const struct program *
program_at(size_t index)
{
	return index < sizeof(programs) / sizeof(programs[0]) ? &programs[index]
							      : NULL;
}

const struct program *
program_find(const char *name)
{
	const struct program *p;

	if (name == NULL)
		return NULL;
	for (size_t i = 0; (p = program_at(i)) != NULL; i++)
		if (strcmp(p->name, name) == 0)
			return p;
	return NULL;
}
