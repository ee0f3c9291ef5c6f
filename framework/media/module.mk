# Buffers and formats.
libloquat_core_la_SOURCES += %D%/arena.c %D%/arena.h %D%/format.c %D%/format.h %D%/buffer.c %D%/buffer.h %D%/intern.c %D%/pool.c %D%/pool.h \
	%D%/segment.c %D%/segment.h

# What is drawn into test pictures and sound, and read back: for plugins/testsrc, tools and tests.
noinst_LTLIBRARIES += libloquat-measure.la
libloquat_measure_la_SOURCES = %D%/barcode.c %D%/barcode.h %D%/chirp.c %D%/chirp.h
libloquat_measure_la_LIBADD = -lm
