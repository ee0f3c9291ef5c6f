# The SDK. Its objects are also a convenience library, so that tests reach the inside.
loquatinclude_HEADERS += %D%/include/loquat/call.h %D%/include/loquat/device.h %D%/include/loquat/egress.h %D%/include/loquat/loquat.h %D%/include/loquat/stage.h

SDK_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/%D%/include $(JANSSON_CFLAGS) $(LWS_CFLAGS)

noinst_LTLIBRARIES += libloquat-sdk.la
libloquat_sdk_la_SOURCES = \
	%D%/call.c %D%/call_api.c %D%/change.c %D%/change.h %D%/choices.c %D%/choices.h %D%/control.c %D%/control.h %D%/devices.c %D%/devices.h %D%/engine.c %D%/engine.h %D%/handles.c %D%/handles.h %D%/logfile.c %D%/logfile.h %D%/events.c %D%/events.h %D%/job.c %D%/job.h %D%/json_text.c %D%/json_text.h %D%/media.c %D%/media.h \
	%D%/media_group.c %D%/media_net.c %D%/media_private.h %D%/media_tracks.c %D%/media_view.c %D%/mirror.c %D%/preview.c %D%/screen.c %D%/snapshot.c %D%/view_api.c \
	%D%/members.c %D%/names.c %D%/names.h %D%/protocol.c %D%/protocol.h %D%/protocol_fields.c %D%/protocol_fields.h %D%/protocol_lists.c %D%/protocol_requests.c %D%/publish.c %D%/reconnect.c %D%/rejoin.c %D%/room.c %D%/room.h %D%/room_api.c \
	%D%/room_data.c %D%/room_graph.c %D%/room_in.c %D%/room_out.c %D%/session.c %D%/session.h %D%/session_api.c %D%/session_in.c \
	%D%/session_protocol.c %D%/session_protocol.h %D%/signalling.c %D%/signalling.h %D%/stats.c %D%/subscribe.c %D%/tap.c %D%/task.c \
	%D%/task.h %D%/views.c %D%/views.h %D%/views_private.h
libloquat_sdk_la_SOURCES += %D%/encode.c %D%/encode.h %D%/media_layers.c %D%/media_sinks.c
libloquat_sdk_la_SOURCES += %D%/audio_profile.c %D%/audio_report.c %D%/audio_report.h %D%/device_test.c %D%/device_test.h %D%/device_volume.c %D%/event_lists.c %D%/event_lists.h %D%/meters.c %D%/meters.h %D%/quality.c %D%/quality.h %D%/room_task.c \
	%D%/room_task.h %D%/speaker.c %D%/speaker.h %D%/voice.c
libloquat_sdk_la_SOURCES += %D%/egress.c %D%/protocol_egress.c
libloquat_sdk_la_SOURCES += %D%/guest.c %D%/media_profile.c %D%/room_profile.c %D%/stage.c %D%/ask.c %D%/ask.h %D%/roles.c %D%/member_control.c %D%/tokens.c %D%/room_admin.c
libloquat_sdk_la_CPPFLAGS = $(SDK_CPPFLAGS)

lib_LTLIBRARIES += libloquat.la
libloquat_la_SOURCES =
libloquat_la_LIBADD = libloquat-sdk.la libloquat-framework.la $(LWS_LIBS) $(JANSSON_LIBS) -lm
libloquat_la_LDFLAGS = $(AM_LDFLAGS) -version-info 0:0:0 -Wl,--version-script=$(srcdir)/%D%/loquat.map
EXTRA_libloquat_la_DEPENDENCIES = %D%/loquat.map
EXTRA_DIST += %D%/loquat.map %D%/README.md

include sdk/web/module.mk
