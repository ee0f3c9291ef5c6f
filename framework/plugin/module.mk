# Plugins: parameters, checks, loading, the registry.
libloquat_core_la_SOURCES += %D%/check.c %D%/check.h %D%/elf.c %D%/find.c %D%/loader.c %D%/loader.h %D%/param.c %D%/param.h \
	%D%/registry.c %D%/registry.h %D%/value.c %D%/value.h
