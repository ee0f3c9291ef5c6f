#!/bin/sh
# make abi-record: writes the record anew, from the headers as they are.
. "${top_srcdir:-../..}/tests/abi/abi.sh"
need_abigail
anchor "$top/framework/include" "$tmp/anchor.so" && write_record "$tmp/anchor.so" > "$tmp/record" && mv "$tmp/record" "$record" || exit 1
cc -std=c11 -I"$top/framework/include" -o "$tmp/layout" "$abi/layout.c" && "$tmp/layout" > "$tmp/record" && mv "$tmp/record" "$abi/loquat-plugin-abi0.layout"
