if HAVE_CHECK
SDK_TEST_CPPFLAGS = $(SDK_CPPFLAGS)
SDK_TEST_LIBS = libloquat-sdk.la libloquat-framework.la $(LWS_LIBS) $(JANSSON_LIBS) $(CHECK_LIBS) -lm

check_LTLIBRARIES += %D%/sdktest.la
%C%_sdktest_la_SOURCES = %D%/plugin_test.c %D%/plugin_test.h %D%/transport_test.c
%C%_sdktest_la_LDFLAGS = $(PLUGIN_LINK) -rpath /nowhere

SDK_TESTS = %D%/test_protocol %D%/test_events %D%/test_room %D%/test_media %D%/test_call %D%/test_session %D%/test_devices
SDK_TESTS += %D%/test_rooms
SDK_TESTS += %D%/test_sound %D%/test_quality
check_PROGRAMS += $(SDK_TESTS)
TESTS += $(SDK_TESTS)

%C%_test_protocol_SOURCES = %D%/test_protocol.c
%C%_test_protocol_CPPFLAGS = $(SDK_TEST_CPPFLAGS)
%C%_test_protocol_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_protocol_LDADD = $(SDK_TEST_LIBS)

%C%_test_events_SOURCES = %D%/test_events.c
%C%_test_events_CPPFLAGS = $(SDK_TEST_CPPFLAGS)
%C%_test_events_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_events_LDADD = $(SDK_TEST_LIBS)

%C%_test_room_SOURCES = %D%/test_room.c %D%/fake_server.c %D%/fake_server.h %D%/fixture.c %D%/fixture.h
%C%_test_room_CPPFLAGS = $(SDK_TEST_CPPFLAGS)
%C%_test_room_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_room_LDADD = $(SDK_TEST_LIBS)

%C%_test_media_SOURCES = %D%/test_media.c %D%/fake_server.c %D%/fake_server.h %D%/fixture.c %D%/fixture.h %D%/watcher.c %D%/watcher.h
%C%_test_media_CPPFLAGS = $(SDK_TEST_CPPFLAGS)
%C%_test_media_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_media_LDADD = $(SDK_TEST_LIBS)

# With the real server and the real plugins.
%C%_test_call_SOURCES = %D%/test_call.c %D%/fixture.c %D%/fixture.h %D%/loquatd.c %D%/loquatd.h %D%/watcher.c %D%/watcher.h
%C%_test_call_CPPFLAGS = $(SDK_TEST_CPPFLAGS)
%C%_test_call_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_call_LDADD = libloquat-measure.la $(SDK_TEST_LIBS)

%C%_test_devices_SOURCES = %D%/test_devices.c %D%/fixture.c %D%/fixture.h %D%/loquatd.c %D%/loquatd.h %D%/watcher.c %D%/watcher.h
%C%_test_devices_CPPFLAGS = $(SDK_TEST_CPPFLAGS)
%C%_test_devices_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_devices_LDADD = $(SDK_TEST_LIBS) -lm

%C%_test_quality_SOURCES = %D%/test_quality.c %D%/fixture.c %D%/fixture.h %D%/loquatd.c %D%/loquatd.h
%C%_test_quality_CPPFLAGS = $(SDK_TEST_CPPFLAGS)
%C%_test_quality_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_quality_LDADD = $(SDK_TEST_LIBS)

%C%_test_sound_SOURCES = %D%/test_sound.c %D%/fixture.c %D%/fixture.h %D%/loquatd.c %D%/loquatd.h
%C%_test_sound_CPPFLAGS = $(SDK_TEST_CPPFLAGS)
%C%_test_sound_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_sound_LDADD = $(SDK_TEST_LIBS)

%C%_test_session_SOURCES = %D%/test_session.c %D%/fixture.c %D%/fixture.h %D%/loquatd.c %D%/loquatd.h %D%/relay.c %D%/relay.h
%C%_test_session_CPPFLAGS = $(SDK_TEST_CPPFLAGS)
%C%_test_session_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_session_LDADD = $(SDK_TEST_LIBS)

%C%_test_rooms_SOURCES = %D%/test_rooms.c %D%/fixture.c %D%/fixture.h %D%/loquatd.c %D%/loquatd.h
%C%_test_rooms_CPPFLAGS = $(SDK_TEST_CPPFLAGS)
%C%_test_rooms_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_rooms_LDADD = $(SDK_TEST_LIBS)
if PLUGIN_PNG
check_PROGRAMS += %D%/test_views
TESTS += %D%/test_views
%C%_test_views_SOURCES = %D%/test_views.c %D%/fixture.c %D%/fixture.h %D%/loquatd.c %D%/loquatd.h %D%/watcher.c %D%/watcher.h
%C%_test_views_CPPFLAGS = $(SDK_TEST_CPPFLAGS)
%C%_test_views_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(PNG_CFLAGS)
%C%_test_views_LDADD = libloquat-measure.la $(SDK_TEST_LIBS) $(PNG_LIBS)
endif

if PLUGIN_AVFORMAT
if PLUGIN_FFMPEG
check_PROGRAMS += %D%/test_egress
TESTS += %D%/test_egress
%C%_test_egress_SOURCES = %D%/test_egress.c %D%/fixture.c %D%/fixture.h %D%/loquatd.c %D%/loquatd.h
%C%_test_egress_CPPFLAGS = $(SDK_TEST_CPPFLAGS)
%C%_test_egress_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_egress_LDADD = $(SDK_TEST_LIBS)
endif
endif

check_PROGRAMS += %D%/test_engine
TESTS += %D%/test_engine
%C%_test_engine_SOURCES = %D%/test_engine.c %D%/fixture.c %D%/fixture.h
%C%_test_engine_CPPFLAGS = $(SDK_TEST_CPPFLAGS)
%C%_test_engine_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_engine_LDADD = $(SDK_TEST_LIBS) -ldl

check_PROGRAMS += %D%/test_rejoin
TESTS += %D%/test_rejoin
%C%_test_rejoin_SOURCES = %D%/test_rejoin.c %D%/fixture.c %D%/fixture.h %D%/loquatd.c %D%/loquatd.h %D%/relay.c %D%/relay.h
%C%_test_rejoin_CPPFLAGS = $(SDK_TEST_CPPFLAGS)
%C%_test_rejoin_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_rejoin_LDADD = $(SDK_TEST_LIBS)
if PLUGIN_SDL
if PLUGIN_XCB
check_PROGRAMS += %D%/test_view_windows
TESTS += %D%/test_view_windows
%C%_test_view_windows_SOURCES = %D%/test_view_windows.c %D%/fixture.c %D%/fixture.h %D%/loquatd.c %D%/loquatd.h %D%/watcher.c %D%/watcher.h \
	tests/devices/spawn.c tests/devices/xlook.c tests/devices/xlook.h
%C%_test_view_windows_CPPFLAGS = $(SDK_TEST_CPPFLAGS)
if PLUGIN_PULSE
%C%_test_view_windows_CPPFLAGS += -DWITH_PULSE
endif
%C%_test_view_windows_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(XCB_CFLAGS)
%C%_test_view_windows_LDADD = $(SDK_TEST_LIBS) $(XCB_LIBS)
endif
endif
endif
EXTRA_DIST += %D%/test.json %D%/call.json
if HAVE_CHECK
check_PROGRAMS += %D%/test_layers
TESTS += %D%/test_layers
%C%_test_layers_SOURCES = %D%/test_layers.c %D%/fixture.c %D%/fixture.h %D%/loquatd.c %D%/loquatd.h %D%/watcher.c %D%/watcher.h
%C%_test_layers_CPPFLAGS = $(SDK_TEST_CPPFLAGS)
%C%_test_layers_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_layers_LDADD = $(SDK_TEST_LIBS)
endif
