plugin_LTLIBRARIES += plugins/sei.la
plugins_sei_la_SOURCES = %D%/sei.c %D%/sei_bits.c %D%/sei_bits.h %D%/text.c %D%/text.h plugins/common/util.h
plugins_sei_la_CPPFLAGS = $(AM_CPPFLAGS)
plugins_sei_la_LDFLAGS = $(PLUGIN_LINK)
EXTRA_DIST += %D%/README.md
