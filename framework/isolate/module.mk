# Nodes in helper processes: the graph's side, and the helper's.
libloquat_core_la_SOURCES += %D%/bridge.c %D%/child.c %D%/child.h %D%/find.c %D%/helper.c %D%/helper.h %D%/outbox.c %D%/outbox.h %D%/outlet.c %D%/proxy.c %D%/proxy.h \
	%D%/restart.c %D%/starter.c %D%/talk.c %D%/wire.c %D%/wire.h
