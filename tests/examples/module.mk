# The examples against an installation of this build.
EXTRA_DIST += %D%/installed.js %D%/test_examples.js %D%/test_new_plugin.js
if HAVE_NODE
if !SANITIZE
TESTS += %D%/test_examples.js %D%/test_new_plugin.js
endif
endif
