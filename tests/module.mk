check_PROGRAMS += %D%/steady
%C%_steady_SOURCES = %D%/steady.c

# Each folder of tests brings its own programs.
include tests/abi/module.mk
include tests/broken-plugins/module.mk
include tests/unit/module.mk
include tests/graph/module.mk
include tests/isolate/module.mk
include tests/plugins/module.mk
include tests/devices/module.mk
include tests/profiles/module.mk
include tests/validate/module.mk
include tests/webrtc/module.mk
include tests/server/module.mk
include tests/sdk/module.mk
include tests/flows/module.mk
include tests/tools/module.mk
include tests/live/module.mk
include tests/interop/module.mk
include tests/fuzz/module.mk
include tests/docs/module.mk
include tests/examples/module.mk
