# The core: libloquat-framework; framework/base is also a convenience library for webrtc/ and server/.
pluginincludedir = $(includedir)/loquat/plugin
loquatincludedir = $(includedir)/loquat
plugininclude_HEADERS = \
	%D%/include/loquat/plugin/buffer.h %D%/include/loquat/plugin/errors.h %D%/include/loquat/plugin/event.h \
	%D%/include/loquat/plugin/host.h %D%/include/loquat/plugin/node.h %D%/include/loquat/plugin/param.h \
	%D%/include/loquat/plugin/plugin.h
loquatinclude_HEADERS = \
	%D%/include/loquat/api.h %D%/include/loquat/clock.h %D%/include/loquat/diag.h %D%/include/loquat/graph.h \
	%D%/include/loquat/log.h %D%/include/loquat/profile.h %D%/include/loquat/registry.h

noinst_LTLIBRARIES += libloquat-base.la
libloquat_base_la_SOURCES = %D%/base/alloc.c %D%/base/alloc.h %D%/base/call_matrix.def %D%/base/call_matrix.h %D%/base/clock.c %D%/base/diag.c %D%/base/list.h %D%/base/log.c %D%/base/names.c %D%/base/names.h \
	%D%/base/nearest.c %D%/base/nearest.h

# The whole core as objects: what the shared library is made of, and what tests of internal functions link. Parts add to its sources.
noinst_LTLIBRARIES += libloquat-core.la
libloquat_core_la_SOURCES =
libloquat_core_la_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS)
libloquat_core_la_LIBADD = libloquat-base.la $(LTDL_LIBS) $(JANSSON_LIBS)

lib_LTLIBRARIES += libloquat-framework.la
libloquat_framework_la_SOURCES =
libloquat_framework_la_LIBADD = libloquat-core.la
libloquat_framework_la_LDFLAGS = $(AM_LDFLAGS) -version-info 0:0:0 -Wl,--version-script=$(srcdir)/%D%/framework.map
EXTRA_libloquat_framework_la_DEPENDENCIES = %D%/framework.map
EXTRA_DIST += %D%/framework.map

include framework/media/module.mk
include framework/plugin/module.mk
include framework/graph/module.mk
include framework/isolate/module.mk
include framework/profile/module.mk
