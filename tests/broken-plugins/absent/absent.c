/* The library that missing-library.so needs and that is never where the linker looks. */
__attribute__((visibility("default"))) int loquat_test_absent(void);

int loquat_test_absent(void)
{
	return 0;
}
