# Plugins: parameters, checks, loading, the registry.
libloquat_core_la_SOURCES += %D%/param.h
