/*
 * policy - the policy, for subcommands that cannot do without
 *
 * Contract: tool.h.
 */
#include "tool.h"

bool
tool_policy(struct load_result *result)
{
	struct load_want want = {
	    .path = tool_config_path(), .problem = tool_problem};

	switch (load_policy(result, &want)) {
	case LOAD_VALID:
		return true;
	case LOAD_ABSENT:
		tool_refuse("%s: there is no such policy file; make one "
			    "(starttls-fallback.conf(5)), or name another: "
			    "with `run -c`, else in STARTTLS_FALLBACK_CONFIG",
		    want.path);
		break;
	case LOAD_INVALID:
		tool_refuse("%s: the policy is not valid, and the shim would "
			    "stay inactive; mend it first",
		    want.path);
		break;
	}
	return false;
}
