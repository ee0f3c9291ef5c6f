#!/bin/sh
# Every installed header compiles alone, twice in one file, in C11 and in C++17, without a warning.
top=${top_srcdir:-.}
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
failed=0
for dir in framework/include sdk/include; do
	for header in $(cd "$top/$dir" && find loquat -name '*.h' | sort); do
		printf '#include <%s>\n#include <%s>\ntypedef int not_empty;\n' "$header" "$header" > "$tmp/alone.c"
		cp "$tmp/alone.c" "$tmp/alone.cpp"
		include="-I$top/framework/include -I$top/$dir"
		${CC:-cc} -std=c11 -pedantic -Wall -Wextra -Werror -Wstrict-prototypes $include -fsyntax-only "$tmp/alone.c" || { echo "C11: $header"; failed=1; }
		${CXX:-c++} -std=c++17 -pedantic -Wall -Wextra -Werror $include -fsyntax-only "$tmp/alone.cpp" || { echo "C++17: $header"; failed=1; }
	done
done
exit $failed
