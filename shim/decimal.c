/*
 * decimal - a number as decimal digits
 *
 * Contract: decimal.h.
 */
#include "decimal.h"

size_t
decimal(uint64_t n, char *text)
{
	size_t length = 1;

	for (uint64_t rest = n; rest >= 10; rest /= 10)
		length++;
	text[length] = '\0';
	for (size_t at = length; at > 0; n /= 10)
		text[--at] = (char)('0' + n % 10);
	return length;
}
