# The plugin ABI is guarded: its record, what compares with it, and a test of the guard. `make abi-record` writes the record anew.
EXTRA_DIST += %D%/abi.sh %D%/anchor.c %D%/layout.h %D%/loquat-plugin-abi0.layout %D%/loquat-plugin-abi0.xml %D%/record.sh %D%/suppressions.abignore
dist_check_SCRIPTS += %D%/test_abi.sh %D%/test_caught.sh %D%/test_layout.sh
check_PROGRAMS += %D%/layout
TESTS += %D%/test_layout.sh %D%/test_abi.sh %D%/test_caught.sh
%C%_layout_SOURCES = %D%/layout.c

.PHONY: abi-record
abi-record:
	top_srcdir='$(abs_top_srcdir)' $(SHELL) $(top_srcdir)/tests/abi/record.sh
