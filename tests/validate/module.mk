# validate-plugin, against plugins that misbehave and all of ours.
EXTRA_DIST += %D%/test_validate.js
EXTRA_DIST += tests/broken-plugins/behaviour
if HAVE_NODE
if !SANITIZE
TESTS += %D%/test_validate.js
endif
endif
