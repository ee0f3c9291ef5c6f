# Small plugins that a registry must take or refuse, each for one reason. Those with a twist in the file itself are made from good.so.
if HAVE_CHECK
BROKEN_PLUGINS = %D%/good.la %D%/other.la %D%/twin.la %D%/undefined-symbol.la %D%/missing-library.la %D%/absent/absent.la %D%/wrong-minor.la \
	%D%/wrong-major.la %D%/no-entry.la %D%/init-fails.la %D%/huge-count.la %D%/null-table.la \
	%D%/crash-at-load.la %D%/abort-at-load.la %D%/exit-at-load.la %D%/loop-at-load.la %D%/crash-in-init.la %D%/huge-params.la
check_LTLIBRARIES += $(BROKEN_PLUGINS)
BROKEN_LINK = $(LQ_LDFLAGS) -module -avoid-version -shared -rpath /nowhere

%C%_good_la_SOURCES = %D%/good.c %D%/nodes.h
%C%_good_la_LDFLAGS = $(BROKEN_LINK)
%C%_other_la_SOURCES = %D%/other.c %D%/nodes.h
%C%_other_la_LDFLAGS = $(BROKEN_LINK)
%C%_twin_la_SOURCES = %D%/twin.c %D%/nodes.h
%C%_twin_la_LDFLAGS = $(BROKEN_LINK)
%C%_undefined_symbol_la_SOURCES = %D%/undefined-symbol.c %D%/nodes.h
%C%_undefined_symbol_la_LDFLAGS = $(BROKEN_LINK)
# In a folder of its own: were it loaded before, as any file of the scanned folder, it would be found.
%C%_absent_absent_la_SOURCES = %D%/absent/absent.c
%C%_absent_absent_la_LDFLAGS = $(BROKEN_LINK)
%C%_missing_library_la_SOURCES = %D%/missing-library.c %D%/nodes.h
%C%_missing_library_la_LDFLAGS = $(BROKEN_LINK) -Wl,--no-as-needed,%D%/absent/.libs/absent.so
%C%_missing_library_la_DEPENDENCIES = %D%/absent/absent.la
%C%_wrong_minor_la_SOURCES = %D%/wrong-minor.c %D%/nodes.h
%C%_wrong_minor_la_LDFLAGS = $(BROKEN_LINK)
%C%_wrong_major_la_SOURCES = %D%/wrong-major.c
%C%_wrong_major_la_LDFLAGS = $(BROKEN_LINK)
%C%_no_entry_la_SOURCES = %D%/no-entry.c
%C%_no_entry_la_LDFLAGS = $(BROKEN_LINK)
%C%_init_fails_la_SOURCES = %D%/init-fails.c %D%/nodes.h
%C%_init_fails_la_LDFLAGS = $(BROKEN_LINK)
%C%_huge_count_la_SOURCES = %D%/huge-count.c %D%/nodes.h
%C%_huge_count_la_LDFLAGS = $(BROKEN_LINK)
%C%_null_table_la_SOURCES = %D%/null-table.c %D%/nodes.h
%C%_null_table_la_LDFLAGS = $(BROKEN_LINK)
%C%_crash_at_load_la_SOURCES = %D%/crash-at-load.c %D%/nodes.h
%C%_crash_at_load_la_LDFLAGS = $(BROKEN_LINK)
%C%_abort_at_load_la_SOURCES = %D%/abort-at-load.c %D%/nodes.h
%C%_abort_at_load_la_LDFLAGS = $(BROKEN_LINK)
%C%_exit_at_load_la_SOURCES = %D%/exit-at-load.c %D%/nodes.h
%C%_exit_at_load_la_LDFLAGS = $(BROKEN_LINK)
%C%_loop_at_load_la_SOURCES = %D%/loop-at-load.c %D%/nodes.h
%C%_loop_at_load_la_LDFLAGS = $(BROKEN_LINK)
%C%_crash_in_init_la_SOURCES = %D%/crash-in-init.c %D%/nodes.h
%C%_crash_in_init_la_LDFLAGS = $(BROKEN_LINK)
%C%_huge_params_la_SOURCES = %D%/huge-params.c %D%/nodes.h
%C%_huge_params_la_LDFLAGS = $(BROKEN_LINK)
endif
