if PLUGIN_VPX
plugin_LTLIBRARIES += plugins/vpx.la
plugins_vpx_la_SOURCES = %D%/vpx.c plugins/common/encoder_counts.h plugins/common/frame_rate.h plugins/common/util.h
plugins_vpx_la_CPPFLAGS = $(AM_CPPFLAGS) $(VPX_CFLAGS)
plugins_vpx_la_LDFLAGS = $(PLUGIN_LINK)
plugins_vpx_la_LIBADD = $(VPX_LIBS)
endif
EXTRA_DIST += %D%/README.md
