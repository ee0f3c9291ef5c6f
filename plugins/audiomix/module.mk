if PLUGIN_AUDIOMIX
plugin_LTLIBRARIES += plugins/audiomix.la
plugins_audiomix_la_SOURCES = %D%/audiomix.c %D%/input.c %D%/input.h plugins/common/util.h
plugins_audiomix_la_LDFLAGS = $(PLUGIN_LINK)
plugins_audiomix_la_LIBADD = -lm
endif
EXTRA_DIST += %D%/README.md
