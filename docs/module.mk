# Documents.
EXTRA_DIST += %D%/abi.md %D%/writing-a-plugin.md %D%/architecture.md %D%/broadcast.md %D%/calls.md %D%/coming-from.md %D%/profiles.md %D%/protocol.md %D%/call.png
dist_man_MANS += %D%/man/loquat.1 %D%/man/loquatd.1
