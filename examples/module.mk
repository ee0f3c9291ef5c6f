# Each a page or two, linked as an app would link them. Run them from the build tree with LQ_PLUGIN_PATH and LQ_PROFILE_PATH set.
noinst_PROGRAMS += %D%/hello-call %D%/c1-call %D%/e1-call %D%/m1-call
%C%_hello_call_SOURCES = %D%/hello-call.c
%C%_hello_call_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/sdk/include
%C%_hello_call_LDADD = libloquat.la
%C%_e1_call_SOURCES = %D%/e1-call.c
%C%_e1_call_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/sdk/include
%C%_e1_call_LDADD = libloquat.la
%C%_c1_call_SOURCES = %D%/c1-call.c
%C%_c1_call_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/sdk/include
%C%_c1_call_LDADD = libloquat.la
%C%_m1_call_SOURCES = %D%/m1-call.c
%C%_m1_call_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/sdk/include
%C%_m1_call_LDADD = libloquat.la
if PLUGIN_SDL
noinst_PROGRAMS += %D%/m1-window
%C%_m1_window_SOURCES = %D%/m1-window.c
%C%_m1_window_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/sdk/include $(SDL_CFLAGS)
%C%_m1_window_LDADD = libloquat.la $(SDL_LIBS)
endif

noinst_PROGRAMS += %D%/r1-meeting
%C%_r1_meeting_SOURCES = %D%/r1-meeting.c
%C%_r1_meeting_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/sdk/include
%C%_r1_meeting_LDADD = libloquat.la

noinst_PROGRAMS += %D%/b1-call
%C%_b1_call_SOURCES = %D%/b1-call.c
%C%_b1_call_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/sdk/include
%C%_b1_call_LDADD = libloquat.la

noinst_PROGRAMS += %D%/broadcast
%C%_broadcast_SOURCES = %D%/broadcast.c
%C%_broadcast_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/sdk/include
%C%_broadcast_LDADD = libloquat.la

# Plugins as somebody outside writes them: each with a Makefile of its own that knows only the installation. tests/examples builds them.
EXTRA_DIST += %D%/custom-capture/Makefile %D%/custom-capture/custom-capture.c %D%/custom-renderer/Makefile %D%/custom-renderer/custom-renderer.c \
	%D%/encoded-capture/Makefile %D%/encoded-capture/encoded-capture.c
