# The `loquat` command.
bin_PROGRAMS += loquat
loquat_SOURCES = %D%/broadcast/cmd_broadcast.c %D%/broadcast/commands.c %D%/broadcast/commands.h %D%/broadcast/graph.c %D%/broadcast/graph.h \
	%D%/broadcast/report.c %D%/broadcast/report.h %D%/broadcast/spec.c %D%/broadcast/spec.h %D%/broadcast/stage.c %D%/broadcast/stage.h %D%/child.c %D%/child.h %D%/cmd_check.c %D%/cmd_ctl.c %D%/cmd_demo.c %D%/cmd_graph.c %D%/cmd_inspect.c %D%/cmd_join.c \
	%D%/cmd_new_plugin.c %D%/cmd_publish.c %D%/cmd_run.c %D%/cmd_token.c %D%/cmd_top.c %D%/control.c %D%/control.h %D%/control_client.c \
	%D%/control_commands.c %D%/control_path.c %D%/inspect_node.c %D%/inspect_node.h %D%/main.c %D%/measure.c %D%/measure.h %D%/overlay.c %D%/overlay.h \
	%D%/participant.c %D%/participant.h \
	%D%/picture.c %D%/picture.h %D%/tool.h \
	%D%/validate/buffers.c %D%/validate/checks.c %D%/validate/checks_control.c %D%/validate/cmd_validate.c %D%/validate/formats.c \
	%D%/validate/host.c %D%/validate/instance.c %D%/validate/media.c %D%/validate/report.c %D%/validate/validate.h %D%/validate/values.c %D%/validate/world.c
loquat_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/sdk/include $(JANSSON_CFLAGS) $(JWT_CFLAGS) -DLQ_TEMPLATE_DIR='"$(templatedir)"'
loquat_LDADD = libloquat.la libloquat-framework.la libloquat-measure.la $(JANSSON_LIBS) $(JWT_LIBS) -lm

# What new-plugin begins from.
templatedir = $(pkgdatadir)/templates
dist_template_DATA = %D%/templates/Makefile.txt %D%/templates/test.txt \
	%D%/templates/capture.c %D%/templates/capture.json %D%/templates/codec.c %D%/templates/codec.json \
	%D%/templates/filter.c %D%/templates/filter.json %D%/templates/renderer.c %D%/templates/renderer.json

# Looks at plugins, so that no other program has to. Beside the library, so that it is found where the whole is moved to.
helper_PROGRAMS += loquat-scan
loquat_scan_SOURCES = %D%/loquat-scan.c
loquat_scan_LDADD = libloquat-core.la

# Runs one node for a graph of another process. The sandbox is there where libseccomp is.
helper_PROGRAMS += loquat-node
loquat_node_SOURCES = %D%/loquat-node.c %D%/sandbox.c %D%/sandbox.h
loquat_node_CPPFLAGS = $(AM_CPPFLAGS) $(SECCOMP_CFLAGS)
if HAVE_SECCOMP
loquat_node_CPPFLAGS += -DLQ_SECCOMP
endif
loquat_node_LDADD = libloquat-core.la $(SECCOMP_LIBS)
