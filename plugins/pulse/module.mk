if PLUGIN_PULSE
plugin_LTLIBRARIES += plugins/pulse.la
plugins_pulse_la_SOURCES = plugins/common/due_queue.h plugins/common/fifo.c plugins/common/fifo.h plugins/common/util.h %D%/pulse.c %D%/pulse.h %D%/look.c %D%/client.c \
	%D%/client.h %D%/microphone.c %D%/speaker.c
plugins_pulse_la_CPPFLAGS = $(AM_CPPFLAGS) $(PULSE_CFLAGS)
plugins_pulse_la_LDFLAGS = $(PLUGIN_LINK)
plugins_pulse_la_LIBADD = $(PULSE_LIBS)
endif
EXTRA_DIST += %D%/README.md
