#!/bin/sh
# The guard itself: changes to a copy of the headers are caught, by the name of what changed, or let through where they are allowed.
. "${top_srcdir:-../..}/tests/abi/abi.sh"
need_abigail
failed=0

# changed FILE SED: fresh headers with one change
changed() {
	rm -rf "$tmp/include"
	cp -r "$top/framework/include" "$tmp/include"
	chmod -R u+w "$tmp/include"
	sed -i "$2" "$tmp/include/loquat/plugin/$1"
	cmp -s "$tmp/include/loquat/plugin/$1" "$top/framework/include/loquat/plugin/$1" && { echo "not ok - the change to $1 changes nothing"; failed=1; }
	anchor "$tmp/include" "$tmp/anchor.so" || exit 1
	cc -std=c11 -I"$tmp/include" -o "$tmp/layout" "$abi/layout.c" || exit 1
}

# verdict WORD COMMAND…: the command fails and says WORD; without a WORD it succeeds
verdict() {
	word=$1
	shift
	if "$@" > "$tmp/said" 2>&1; then
		[ -z "$word" ] && { echo "ok - $what: let through by ${1##*/}"; return; }
	else
		[ -n "$word" ] && grep -q "$word" "$tmp/said" && { echo "ok - $what: caught by ${1##*/}"; return; }
	fi
	echo "not ok - $what: ${1##*/} says:"
	cat "$tmp/said"
	failed=1
}

record_layout=$abi/loquat-plugin-abi0.layout

what="an op in the middle of a vtable"
changed node.h 's|int (\*start)(void \*self);.*|&\n	int (*warm_up)(void *self);|'
verdict warm_up compare "$tmp/anchor.so"
verdict lq_node_ops.stop "$tmp/layout" "$record_layout"

what="an op at the end of a vtable"
changed node.h 's|int64_t (\*latency)(void \*self);.*|&\n	int (*volume)(void *self);|'
verdict volume compare "$tmp/anchor.so"

what="another argument of a host function"
changed host.h 's|(\*wake_at)(const lq_host \*host, int64_t time)|(*wake_at)(const lq_host *host, int64_t time, uint32_t slack)|'
verdict wake_at compare "$tmp/anchor.so"

what="another type of a field"
changed buffer.h 's|	int64_t duration; .*|	int32_t duration;|'
verdict lq_buffer.duration "$tmp/layout" "$record_layout"

what="another type of the same size"
changed buffer.h 's|	int64_t duration; .*|	double duration;|'
verdict lq_buffer.duration "$tmp/layout" "$record_layout"

what="another type of a field of a fixed struct"
changed param.h 's|	double min, max;|	float min, max;|'
verdict lq_param_desc compare "$tmp/anchor.so"
verdict lq_param_desc.min "$tmp/layout" "$record_layout"

what="a field in the middle of a data struct"
changed buffer.h 's|	int64_t dts; .*|&\n	int64_t arrival;|'
verdict arrival compare "$tmp/anchor.so"
verdict lq_buffer.duration "$tmp/layout" "$record_layout"

what="another number for a codec"
changed buffer.h 's|LQ_CODEC_VP8 = 3|LQ_CODEC_VP8 = 7|'
verdict LQ_CODEC_VP8 "$tmp/layout" "$record_layout"

what="a field that layout.h does not list"
changed buffer.h 's|	uint16_t priority; .*|&\n	int64_t colour_space;|'
verdict "tests/abi/layout.h does not list" "$tmp/layout" "$record_layout"

what="a field at the end of a struct that carries its size"
verdict "" compare "$tmp/anchor.so"

exit $failed
