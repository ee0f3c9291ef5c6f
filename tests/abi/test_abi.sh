#!/bin/sh
# The plugin ABI against its record, to the last argument of the last op.
. "${top_srcdir:-../..}/tests/abi/abi.sh"
need_abigail
anchor "$top/framework/include" "$tmp/anchor.so" || exit 1
compare "$tmp/anchor.so" || { echo 'The plugin ABI has changed. docs/abi.md says what may; if it is meant, raise LQ_ABI_MINOR and run `make abi-record`.'; exit 1; }
