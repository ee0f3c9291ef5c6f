# Behaviours of the plugins, each alone under a small host.
if HAVE_CHECK
check_LTLIBRARIES += %D%/libtesthost.la
%C%_libtesthost_la_SOURCES = %D%/testhost.c %D%/testhost.h %D%/testmedia.c
%C%_libtesthost_la_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_libtesthost_la_LIBADD = libloquat-core.la libloquat-measure.la $(CHECK_LIBS) -lm -ldl

if PLUGIN_TESTSRC
check_PROGRAMS += %D%/test_testsrc
TESTS += %D%/test_testsrc
%C%_test_testsrc_SOURCES = %D%/test_testsrc.c
%C%_test_testsrc_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_testsrc_LDADD = %D%/libtesthost.la
endif

if PLUGIN_OPUS
check_PROGRAMS += %D%/test_opus
TESTS += %D%/test_opus
%C%_test_opus_SOURCES = %D%/test_opus.c
%C%_test_opus_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_opus_LDADD = %D%/libtesthost.la
endif

if PLUGIN_AUDIOMIX
check_PROGRAMS += %D%/test_audiomix
TESTS += %D%/test_audiomix
%C%_test_audiomix_SOURCES = %D%/test_audiomix.c
%C%_test_audiomix_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_audiomix_LDADD = %D%/libtesthost.la
endif

if PLUGIN_APM
check_PROGRAMS += %D%/test_aec
TESTS += %D%/test_aec
%C%_test_aec_SOURCES = %D%/test_aec.c
%C%_test_aec_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_aec_LDADD = %D%/libtesthost.la
endif

if PLUGIN_PNG
check_PROGRAMS += %D%/test_snapshot
TESTS += %D%/test_snapshot
%C%_test_snapshot_SOURCES = %D%/test_snapshot.c
%C%_test_snapshot_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(PNG_CFLAGS)
%C%_test_snapshot_LDADD = %D%/libtesthost.la $(PNG_LIBS)
endif

if PLUGIN_AVFORMAT
check_PROGRAMS += %D%/test_compose
TESTS += %D%/test_compose
%C%_test_compose_SOURCES = %D%/test_compose.c
%C%_test_compose_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_compose_LDADD = %D%/libtesthost.la
endif

check_PROGRAMS += %D%/test_forward
TESTS += %D%/test_forward
%C%_test_forward_SOURCES = %D%/test_forward.c
%C%_test_forward_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_forward_LDADD = %D%/libtesthost.la

if PLUGIN_FFMPEG
check_PROGRAMS += %D%/test_aac
TESTS += %D%/test_aac
%C%_test_aac_SOURCES = %D%/test_aac.c
%C%_test_aac_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_aac_LDADD = %D%/libtesthost.la
check_PROGRAMS += %D%/test_sei
TESTS += %D%/test_sei
%C%_test_sei_SOURCES = %D%/test_sei.c
%C%_test_sei_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(FFMPEG_CFLAGS)
%C%_test_sei_LDADD = %D%/libtesthost.la $(FFMPEG_LIBS)
check_PROGRAMS += %D%/test_relay
TESTS += %D%/test_relay
%C%_test_relay_SOURCES = %D%/test_relay.c
%C%_test_relay_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_relay_LDADD = %D%/libtesthost.la
check_PROGRAMS += %D%/test_convert
TESTS += %D%/test_convert
%C%_test_convert_SOURCES = %D%/test_convert.c
%C%_test_convert_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_convert_LDADD = %D%/libtesthost.la
if PLUGIN_VPX
check_PROGRAMS += %D%/test_swap
TESTS += %D%/test_swap
%C%_test_swap_SOURCES = %D%/test_swap.c
%C%_test_swap_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_swap_LDADD = libloquat-core.la $(CHECK_LIBS)
check_PROGRAMS += %D%/test_video
TESTS += %D%/test_video
%C%_test_video_SOURCES = %D%/test_video.c
%C%_test_video_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_video_LDADD = %D%/libtesthost.la
check_PROGRAMS += %D%/test_srt_rate
TESTS += %D%/test_srt_rate
%C%_test_srt_rate_SOURCES = %D%/test_srt_rate.c plugins/broadcast/srt_rate.c plugins/broadcast/srt_rate.h
%C%_test_srt_rate_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_srt_rate_LDADD = $(CHECK_LIBS)
check_PROGRAMS += %D%/test_srt_url
TESTS += %D%/test_srt_url
%C%_test_srt_url_SOURCES = %D%/test_srt_url.c plugins/broadcast/srt_url.c plugins/broadcast/srt_url.h
%C%_test_srt_url_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_srt_url_LDADD = $(CHECK_LIBS)
if PLUGIN_AVFORMAT
if PLUGIN_OPUS
check_PROGRAMS += %D%/test_files
TESTS += %D%/test_files
%C%_test_files_SOURCES = %D%/test_files.c
%C%_test_files_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) $(AVFORMAT_CFLAGS)
%C%_test_files_LDADD = %D%/libtesthost.la $(AVFORMAT_LIBS)
check_PROGRAMS += %D%/test_graph
TESTS += %D%/test_graph
%C%_test_graph_SOURCES = %D%/test_graph.c
%C%_test_graph_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_graph_LDADD = libloquat-core.la $(CHECK_LIBS)
if PLUGIN_AUDIOMIX
check_PROGRAMS += %D%/test_determinism
TESTS += %D%/test_determinism
%C%_test_determinism_SOURCES = %D%/test_determinism.c
%C%_test_determinism_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_determinism_LDADD = libloquat-core.la $(CHECK_LIBS)
endif
endif
endif
endif
endif
endif

if HAVE_CHECK
if PLUGIN_NICE
check_PROGRAMS += %D%/test_webrtc
TESTS += %D%/test_webrtc
%C%_test_webrtc_SOURCES = %D%/test_webrtc.c
%C%_test_webrtc_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_webrtc_LDADD = %D%/libtesthost.la
endif
endif

if HAVE_CHECK
if PLUGIN_NICE
if PLUGIN_OPUS
if PLUGIN_VPX
if PLUGIN_FFMPEG
check_PROGRAMS += %D%/test_webrtc_graph
TESTS += %D%/test_webrtc_graph
%C%_test_webrtc_graph_SOURCES = %D%/test_webrtc_graph.c
%C%_test_webrtc_graph_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
%C%_test_webrtc_graph_LDADD = libloquat-core.la $(CHECK_LIBS)
endif
endif
endif
endif
endif
