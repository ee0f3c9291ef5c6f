# The documents: their commands and links.
EXTRA_DIST += %D%/test_commands.js
if HAVE_NODE
TESTS += %D%/test_commands.js
endif
