# What the tests and `make abi-record` share: the anchor library of a copy of the headers, and what libabigail says about it.
top=${top_srcdir:-../..}
abi=$top/tests/abi
record=$abi/loquat-plugin-abi0.xml
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT

# anchor HEADERS LIBRARY
anchor() {
	cc -std=c11 -g -O0 -fPIC -shared -fvisibility=hidden -I"$1" -o "$2" "$abi/anchor.c"
}

# write_record LIBRARY > FILE
write_record() {
	abidw --no-corpus-path --no-comp-dir-path --no-show-locs --type-id-style hash "$1" | sed "s|path='[^']*/tests/abi/|path='tests/abi/|"
}

# compare LIBRARY: what has changed since the record. 0: nothing that is forbidden.
compare() {
	abidiff --no-show-locs --suppressions "$abi/suppressions.abignore" "$record" "$1"
}

need_abigail() {
	command -v abidiff > /dev/null && command -v abidw > /dev/null || { echo "skipped: install abigail-tools"; exit 77; }
	[ "$(uname -m)" = x86_64 ] || { echo "skipped: the record is one of x86_64"; exit 77; }
}
