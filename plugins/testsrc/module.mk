if PLUGIN_TESTSRC
plugin_LTLIBRARIES += plugins/testsrc.la
plugins_testsrc_la_SOURCES = %D%/testsrc.c %D%/testsrc_nodes.h %D%/pattern.c %D%/tone.c %D%/barcode_filter.c %D%/draw.c %D%/draw.h \
	%D%/font.h %D%/virtual.c %D%/virtual.h %D%/virtual_capture.c %D%/virtual_speaker.c plugins/common/util.h
plugins_testsrc_la_LDFLAGS = $(PLUGIN_LINK)
plugins_testsrc_la_LIBADD = libloquat-measure.la -lm
endif
EXTRA_DIST += %D%/README.md
