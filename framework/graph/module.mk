# Nodes, links, queues, loops.
libloquat_core_la_SOURCES += %D%/graph.h %D%/change.c %D%/connect.c %D%/convert.c %D%/cut.c %D%/deliver.c %D%/dot.c %D%/edit.c %D%/edit.h %D%/edit_one.c %D%/exchange.c %D%/formats.c %D%/graph.c %D%/host.c \
	%D%/link.c %D%/loop.c %D%/loop_run.c %D%/negotiate.c %D%/node.c %D%/op.c %D%/plan.c %D%/queue.c %D%/run.c %D%/start.c %D%/stats.c %D%/timer.c
