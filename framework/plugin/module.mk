# Plugins: parameters, checks, scanning, loading, the registry.
libloquat_core_la_SOURCES += %D%/bytes.c %D%/bytes.h %D%/cache.c %D%/cache.h %D%/check.c %D%/check.h %D%/elf.c %D%/find.c %D%/image.c %D%/image.h \
	%D%/loader.c %D%/loader.h %D%/param.c %D%/param.h %D%/registry.c %D%/registry.h %D%/scan.c %D%/scanner.c %D%/scanner.h %D%/spawn.c %D%/spawn.h \
	%D%/value.c %D%/value.h
