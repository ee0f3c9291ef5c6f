# The JSON profile: add with libloquat_core_la_SOURCES += %D%/….c
