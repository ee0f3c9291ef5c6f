# Live broadcast, against servers and players that are not ours.
EXTRA_DIST += %D%/live.js %D%/test_outlets.js %D%/test_outlet_trouble.js %D%/test_profiles.js %D%/test_ingest.js %D%/test_players.js %D%/test_publish.js \
	%D%/test_virtual.js %D%/test_srt.js %D%/relay.js %D%/virtual.js %D%/player.html %D%/rtsp.py
EXTRA_DIST += %D%/test_egress.js
EXTRA_DIST += %D%/test_broadcast.js %D%/test_broadcast_web.js
EXTRA_DIST += %D%/whip.js %D%/test_whip.js %D%/test_whip_room.js
if PLUGIN_BROADCAST
if PLUGIN_FFMPEG
check_PROGRAMS += %D%/examine
%C%_examine_SOURCES = %D%/examine.c
%C%_examine_CPPFLAGS = $(AM_CPPFLAGS) $(BROADCAST_CFLAGS)
%C%_examine_LDADD = libloquat-measure.la $(BROADCAST_LIBS) -lm
if HAVE_NODE
TESTS += %D%/test_outlets.js %D%/test_outlet_trouble.js %D%/test_profiles.js %D%/test_ingest.js %D%/test_players.js %D%/test_publish.js %D%/test_virtual.js %D%/test_srt.js
TESTS += %D%/test_egress.js
TESTS += %D%/test_broadcast.js %D%/test_broadcast_web.js
if PLUGIN_CURL
TESTS += %D%/test_whip.js %D%/test_whip_room.js
endif
endif
endif
endif
