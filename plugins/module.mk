# One shared object a folder.
include plugins/testsrc/module.mk
include plugins/null/module.mk
include plugins/audiomix/module.mk
include plugins/v4l2/module.mk
include plugins/avformat/module.mk
include plugins/broadcast/module.mk
include plugins/compose/module.mk
include plugins/sei/module.mk
include plugins/ffmpeg/module.mk
include plugins/vpx/module.mk
include plugins/opus/module.mk
include plugins/webrtc/module.mk
include plugins/whip/module.mk
include plugins/sdl/module.mk
include plugins/pulse/module.mk
include plugins/x11/module.mk
include plugins/snapshot/module.mk
