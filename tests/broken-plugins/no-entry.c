/* A shared object, but no plugin. */
int loquat_test_something(void);

int loquat_test_something(void)
{
	return 1;
}
