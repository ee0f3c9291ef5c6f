# Buffers and formats.
libloquat_core_la_SOURCES += %D%/format.c %D%/format.h %D%/buffer.c %D%/buffer.h %D%/intern.c %D%/pool.c %D%/pool.h
