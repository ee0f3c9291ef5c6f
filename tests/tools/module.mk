# The command, as a user runs it.
EXTRA_DIST += %D%/test_address.js %D%/harness.js %D%/sanitizers.js %D%/test_cli.js %D%/test_control.js %D%/test_plugins.js %D%/test_demo.js %D%/test_echo.js %D%/test_real_input.js %D%/test_stage.js %D%/test_stage_mix.js %D%/test_swap.js %D%/test_trouble.js
if HAVE_NODE
TESTS += %D%/test_address.js %D%/test_cli.js %D%/test_control.js %D%/test_plugins.js %D%/test_demo.js %D%/test_echo.js %D%/test_real_input.js %D%/test_stage.js %D%/test_stage_mix.js %D%/test_swap.js %D%/test_trouble.js
endif
check_PROGRAMS += %D%/compare
%C%_compare_SOURCES = %D%/compare.c
%C%_compare_LDADD = libloquat-measure.la -lm
