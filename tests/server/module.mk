# tests/server: loquatd's parts, then loquatd itself.
if HAVE_CHECK
check_PROGRAMS += %D%/test_names %D%/test_message %D%/test_token %D%/test_room %D%/test_media %D%/test_layers %D%/test_call_matrix %D%/test_calls %D%/test_sessions %D%/test_stage
TESTS += %D%/test_names %D%/test_message %D%/test_token %D%/test_room %D%/test_media %D%/test_layers %D%/test_call_matrix %D%/test_calls %D%/test_sessions %D%/test_stage
%C%_test_names_CPPFLAGS = $(libloquat_server_la_CPPFLAGS)
%C%_test_names_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_names_LDADD = libloquat-server.la $(CHECK_LIBS)
%C%_test_message_CPPFLAGS = $(libloquat_server_la_CPPFLAGS)
%C%_test_message_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_message_LDADD = libloquat-server.la $(CHECK_LIBS)
%C%_test_token_CPPFLAGS = $(libloquat_server_la_CPPFLAGS)
%C%_test_token_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_token_LDADD = libloquat-server.la $(CHECK_LIBS)
%C%_test_room_CPPFLAGS = $(libloquat_server_la_CPPFLAGS)
%C%_test_room_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_room_LDADD = libloquat-server.la $(CHECK_LIBS)
%C%_test_call_matrix_SOURCES = %D%/test_call_matrix.c %D%/people.c %D%/people.h
%C%_test_call_matrix_CPPFLAGS = $(libloquat_server_la_CPPFLAGS)
%C%_test_call_matrix_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_call_matrix_LDADD = libloquat-server.la $(CHECK_LIBS) $(JANSSON_LIBS)
%C%_test_calls_SOURCES = %D%/test_calls.c %D%/people.c %D%/people.h
%C%_test_calls_CPPFLAGS = $(libloquat_server_la_CPPFLAGS)
%C%_test_calls_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_calls_LDADD = libloquat-server.la $(CHECK_LIBS) $(JANSSON_LIBS)
%C%_test_sessions_SOURCES = %D%/test_sessions.c %D%/people.c %D%/people.h
%C%_test_sessions_CPPFLAGS = $(libloquat_server_la_CPPFLAGS)
%C%_test_sessions_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_sessions_LDADD = libloquat-server.la $(CHECK_LIBS) $(JANSSON_LIBS)
%C%_test_stage_SOURCES = %D%/test_stage.c %D%/visitors.c %D%/visitors.h
%C%_test_stage_CPPFLAGS = $(libloquat_server_la_CPPFLAGS)
%C%_test_stage_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_stage_LDADD = libloquat-server.la $(CHECK_LIBS) $(JANSSON_LIBS) $(JWT_LIBS)
%C%_test_media_SOURCES = %D%/test_media.c %D%/call.c %D%/call.h %D%/wire.c %D%/wire.h
%C%_test_media_CPPFLAGS = $(libloquat_server_la_CPPFLAGS)
%C%_test_media_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_media_LDADD = libloquat-server.la $(CHECK_LIBS) $(JANSSON_LIBS) $(OPENSSL_LIBS)
%C%_test_layers_SOURCES = %D%/test_layers.c %D%/call.c %D%/call.h %D%/wire.c %D%/wire.h
%C%_test_layers_CPPFLAGS = $(libloquat_server_la_CPPFLAGS)
%C%_test_layers_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_layers_LDADD = libloquat-server.la $(CHECK_LIBS) $(JANSSON_LIBS) $(OPENSSL_LIBS)
endif

TESTS += %D%/protocol %D%/rooms %D%/sessions
dist_check_SCRIPTS += %D%/protocol %D%/rooms %D%/sessions
EXTRA_DIST += %D%/loquatd.js %D%/ws.js
