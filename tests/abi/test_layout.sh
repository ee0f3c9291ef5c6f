#!/bin/sh
# Every field is where it was.
exec "${top_builddir:-.}/tests/abi/layout" "${top_srcdir:-../..}/tests/abi/loquat-plugin-abi0.layout"
