# The room server. Everything but main is a convenience library, so that tests link it, too.
noinst_LTLIBRARIES += libloquat-server.la
libloquat_server_la_SOURCES = \
	%D%/client.c %D%/client.h %D%/client_join.c %D%/client_requests.h %D%/client_tracks.c %D%/codecs.c %D%/codecs.h %D%/describe.c %D%/describe.h %D%/http.c %D%/log.c %D%/log.h %D%/message.c %D%/message.h %D%/message_call.c %D%/metrics.c %D%/options.c %D%/options.h \
	%D%/publish.c %D%/publish.h %D%/resume.c %D%/room.c %D%/room.h %D%/room_private.h %D%/server.h %D%/subscribe.c %D%/subscribe.h \
	%D%/quality.c %D%/quality.h %D%/reader.c %D%/reader.h %D%/session.c %D%/session.h %D%/attributes.c \
	%D%/token.c %D%/token.h %D%/track.c %D%/ws.c \
	%D%/calls/accounts.c %D%/calls/calls.h %D%/calls/ending.c %D%/calls/events.c %D%/calls/presence.c %D%/calls/private.h %D%/calls/requests.c \
	%D%/calls/seats.c %D%/calls/snapshot.c %D%/calls/type.c \
	%D%/media/feedback.c %D%/media/forward.c %D%/media/layers.c %D%/media/mailbox.h %D%/media/media.c %D%/media/media.h %D%/media/peer.c \
	%D%/media/relay.c %D%/media/relay.h %D%/media/socket.c %D%/media/source.c %D%/media/track.h %D%/media/worker.c %D%/media/worker.h
libloquat_server_la_SOURCES += %D%/guest.c %D%/guest.h %D%/guest_requests.c %D%/message_stage.c %D%/stage.c %D%/stage.h %D%/stage_requests.c %D%/stage_requests.h %D%/rest.c %D%/rest.h %D%/secret.c %D%/secret.h %D%/control.c %D%/control.h %D%/roles.c %D%/grants.c %D%/grants.h %D%/message_room.c %D%/room_admin.c %D%/room_admin.h %D%/room_requests.c %D%/room_requests.h
libloquat_server_la_SOURCES += %D%/sid.c %D%/message_egress.c %D%/egress/json.c %D%/egress/process.c %D%/egress/process.h %D%/egress/requests.c %D%/egress/service.c %D%/egress/service.h \
	%D%/egress/spec.c %D%/egress/spec.h %D%/egress/status.c %D%/egress/status.h %D%/egress/tasks.c %D%/egress/tasks.h \
	%D%/hooks/hooks.c %D%/hooks/hooks.h %D%/hooks/queue.c %D%/hooks/queue.h
libloquat_server_la_CPPFLAGS = $(AM_CPPFLAGS) $(JANSSON_CFLAGS) $(LWS_CFLAGS) $(JWT_CFLAGS) $(OPENSSL_CFLAGS)
libloquat_server_la_LIBADD = libloquat-webrtc.la libloquat-base.la $(LWS_LIBS) $(JWT_LIBS) $(JANSSON_LIBS) $(OPENSSL_LIBS)

bin_PROGRAMS += loquatd
loquatd_SOURCES = %D%/main.c
loquatd_CPPFLAGS = $(libloquat_server_la_CPPFLAGS)
loquatd_LDADD = libloquat-server.la
