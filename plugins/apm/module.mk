if PLUGIN_APM
plugin_LTLIBRARIES += plugins/apm.la
plugins_apm_la_SOURCES = %D%/apm.c %D%/processing.cc %D%/processing.h plugins/common/util.h
plugins_apm_la_CPPFLAGS = $(AM_CPPFLAGS) $(APM_CFLAGS)
plugins_apm_la_LDFLAGS = $(PLUGIN_LINK)
plugins_apm_la_LIBADD = $(APM_LIBS)
endif
EXTRA_DIST += %D%/README.md
