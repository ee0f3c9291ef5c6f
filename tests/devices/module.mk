# Device plugins against a virtual X server, a sound server of their own and SDL's dummy drivers; skipped (77) where a program is missing.
if HAVE_CHECK
if PLUGIN_SDL
check_PROGRAMS += %D%/test_sdl_speaker
TESTS += %D%/test_sdl_speaker
%C%_test_sdl_speaker_SOURCES = %D%/test_sdl_speaker.c %D%/devhost.c %D%/devhost.h plugins/sdl/ring.c plugins/common/fifo.c
%C%_test_sdl_speaker_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_sdl_speaker_LDADD = $(CHECK_LIBS)
if PLUGIN_XCB
check_PROGRAMS += %D%/test_sdl_window
TESTS += %D%/test_sdl_window
%C%_test_sdl_window_SOURCES = %D%/test_sdl_window.c %D%/devhost.c %D%/devhost.h %D%/spawn.c %D%/xlook.c %D%/xlook.h
%C%_test_sdl_window_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(XCB_CFLAGS)
%C%_test_sdl_window_LDADD = $(CHECK_LIBS) $(XCB_LIBS)
endif
endif
if PLUGIN_XCB
check_PROGRAMS += %D%/test_x11
TESTS += %D%/test_x11
%C%_test_x11_SOURCES = %D%/test_x11.c %D%/devhost.c %D%/devhost.h %D%/spawn.c %D%/xlook.c %D%/xlook.h
%C%_test_x11_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(XCB_CFLAGS)
%C%_test_x11_LDADD = $(CHECK_LIBS) $(XCB_LIBS)
endif
if PLUGIN_PULSE
check_PROGRAMS += %D%/test_pulse
TESTS += %D%/test_pulse
%C%_test_pulse_SOURCES = %D%/test_pulse.c %D%/devhost.c %D%/devhost.h %D%/spawn.c
%C%_test_pulse_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_pulse_LDADD = $(CHECK_LIBS) -lm
endif
if PLUGIN_V4L2
check_PROGRAMS += %D%/test_v4l2
TESTS += %D%/test_v4l2
%C%_test_v4l2_SOURCES = %D%/test_v4l2.c %D%/devhost.c %D%/devhost.h plugins/v4l2/modes.c
%C%_test_v4l2_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_v4l2_LDADD = $(CHECK_LIBS)
endif
endif
# Not run by make check: it boots a virtual machine that has a camera.
EXTRA_DIST += %D%/v4l2-qemu.sh
