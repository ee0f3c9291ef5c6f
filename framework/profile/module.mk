# The JSON profile.
libloquat_core_la_SOURCES += %D%/profile.h %D%/build.c %D%/check.c %D%/load.c %D%/look.c %D%/merge.c %D%/negotiate.c %D%/params.c %D%/place.c %D%/refer.c \
	%D%/schema.c %D%/structure.c
