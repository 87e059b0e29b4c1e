/*
 * test_siphash - the vectors of SipHash-2-4's authors
 */
#include "../../shim/siphash.h"

#include <check.h>
#include <stdlib.h>

/* Key 00 01 ... 0f; message 00 01 ... of the length that the index says. */
static const struct {
	size_t length;
	uint64_t hash;
} vectors[] = {
    {0, UINT64_C(0x726fdb47dd0e0e31)},
    {1, UINT64_C(0x74f839c593dc67fd)},
    {2, UINT64_C(0x0d6c8009d9a94f5a)},
    {3, UINT64_C(0x85676696d7fb7e2d)},
    {7, UINT64_C(0xab0200f58b01d137)},
    {8, UINT64_C(0x93f5f5799a932462)},
    {15, UINT64_C(0xa129ca6149be45e5)},
    {63, UINT64_C(0x958a324ceb064572)},
};

START_TEST(authors_vectors)
{
	uint8_t key[SIPHASH_KEY], message[64];

	for (uint8_t i = 0; i < sizeof(message); i++) {
		message[i] = i;
		key[i % SIPHASH_KEY] = i % SIPHASH_KEY;
	}
	ck_assert_uint_eq(
	    siphash(key, message, vectors[_i].length), vectors[_i].hash);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("siphash");
	TCase *tcase = tcase_create("siphash");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, authors_vectors, 0,
	    (int)(sizeof(vectors) / sizeof(vectors[0])));
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? 0 : 1;
}
