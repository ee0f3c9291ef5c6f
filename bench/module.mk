# Figures, not tests: `make bench`.
BENCHES += bench/call.js bench/startup.js bench/framework.js bench/isolate.js bench/size.js bench/compose.js bench/broadcast.js bench/broadcast_latency.js
EXTRA_DIST += %D%/call.js %D%/startup.js %D%/framework.js %D%/isolate.js %D%/size.js %D%/compose.js %D%/broadcast.js %D%/broadcast_latency.js

EXTRA_PROGRAMS += %D%/graph_cost
BENCH_BUILT += %D%/graph_cost
CLEANFILES += %D%/graph_cost
%C%_graph_cost_SOURCES = %D%/graph_cost.c %D%/cost.c %D%/cost.h
%C%_graph_cost_LDADD = libloquat-framework.la

# startup.js fills up its thirty plugins with copies of this one.
if HAVE_CHECK
BENCH_BUILT += tests/broken-plugins/good.la
endif

if PLUGIN_FFMPEG
EXTRA_PROGRAMS += %D%/isolate_cost
BENCH_BUILT += %D%/isolate_cost
CLEANFILES += %D%/isolate_cost
%C%_isolate_cost_SOURCES = %D%/isolate_cost.c %D%/cost.c %D%/cost.h
%C%_isolate_cost_LDADD = libloquat-framework.la
endif

# broadcast.js runs the tests of live broadcast for longer; broadcast_latency.js gives a peer a camera.
if PLUGIN_BROADCAST
if PLUGIN_FFMPEG
BENCH_BUILT += tests/live/examine %D%/timed_source
EXTRA_PROGRAMS += %D%/timed_source
CLEANFILES += %D%/timed_source
%C%_timed_source_SOURCES = %D%/timed_source.c
%C%_timed_source_LDADD = libloquat-measure.la
endif
endif
