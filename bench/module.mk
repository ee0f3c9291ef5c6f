# Figures, not tests: `make bench`.
BENCHES += bench/call.js bench/startup.js bench/framework.js
EXTRA_DIST += %D%/call.js %D%/startup.js %D%/framework.js

EXTRA_PROGRAMS += %D%/graph_cost
BENCH_BUILT += %D%/graph_cost
CLEANFILES += %D%/graph_cost
%C%_graph_cost_SOURCES = %D%/graph_cost.c
%C%_graph_cost_LDADD = libloquat-framework.la
