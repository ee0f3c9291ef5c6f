# sdk
include sdk/web/module.mk
