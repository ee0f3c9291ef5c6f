# Nodes, links, queues, loops: add with libloquat_core_la_SOURCES += %D%/….c
