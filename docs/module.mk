# Documents.
EXTRA_DIST += %D%/architecture.md %D%/profiles.md %D%/protocol.md %D%/call.png
dist_man_MANS += %D%/man/loquat.1 %D%/man/loquatd.1
