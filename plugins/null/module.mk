if PLUGIN_NULL
plugin_LTLIBRARIES += plugins/null.la
plugins_null_la_SOURCES = %D%/null.c %D%/null_nodes.h %D%/pass.c %D%/sink.c plugins/common/util.h
plugins_null_la_LDFLAGS = $(PLUGIN_LINK)
endif
EXTRA_DIST += %D%/README.md
