# The command, as a user runs it.
EXTRA_DIST += %D%/harness.js %D%/test_cli.js %D%/test_demo.js
TESTS += %D%/test_cli.js %D%/test_demo.js
