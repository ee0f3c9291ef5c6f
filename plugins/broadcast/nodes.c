/* The descriptors of the five outlets. */
#include "broadcast_nodes.h"
#include "outlet_node.h"

static const char *const srt_modes[] = {"caller", "listener", NULL};
static const char *const segment_types[] = {"fmp4", "ts", NULL};
static const char *const time_names[] = {"pts", "capture", NULL};
static const char *const track_names[] = {"linked", "both", NULL};

#define URL(help) {"url", LQ_PARAM_STRING, LQ_PARAM_SECRET, NULL, "", 0, 0, NULL, help}
#define PLACE(help) {"url", LQ_PARAM_STRING, LQ_PARAM_FILE, NULL, "", 0, 0, NULL, help}
#define TIMES {"times", LQ_PARAM_CHOICE, 0, NULL, "pts", 0, 0, time_names, "Which of a packet's times counts; capture is steadier for what comes from another transport as it is."}
#define TRACKS {"tracks", LQ_PARAM_CHOICE, 0, NULL, "linked", 0, 0, track_names, "What it begins with: the tracks that are linked, or a sound and a picture, where one may be linked later; 5 s after the first packet it begins in any case."}
#define BUFFER(def) {"buffer", LQ_PARAM_INT, 0, "ms", def, 100, 60000, NULL, "Media that may wait; beyond it whole groups of pictures are dropped."}
#define TIMEOUT {"timeout", LQ_PARAM_INT, 0, "ms", "5000", 100, 60000, NULL, "How long connecting may take."}
#define RETRY {"retry", LQ_PARAM_INT, 0, "ms", "10000", 500, 600000, NULL, "Longest wait before it connects again; the first is 500 ms, and each twice the one before."}
#define GIVE_UP(def) {"give_up", LQ_PARAM_INT, 0, "ms", def, 0, 86400000, NULL, "Fails when there was no connection for so long; 0: never."}
#define SEGMENT {"segment", LQ_PARAM_INT, 0, "ms", "2000", 500, 60000, NULL, "Length of a segment; it ends at the next key frame."}
#define WINDOW {"window", LQ_PARAM_INT, 0, NULL, "6", 0, 10000, NULL, "Segments in the list; older ones are deleted some time later; 0: all from the beginning."}

static const lq_param_desc rtmp_params[] = {
	URL("rtmp://host/application/key, or rtmps://."), BUFFER("2000"), TIMEOUT, RETRY, GIVE_UP("0"), TIMES, TRACKS,
	{"tls_verify", LQ_PARAM_BOOL, 0, NULL, "true", 0, 0, NULL, "RTMPS: the server's certificate must be trusted."},
	{"ca_file", LQ_PARAM_STRING, LQ_PARAM_FILE, NULL, "", 0, 0, NULL, "RTMPS: certificates to trust, PEM; empty: the system's."},
};
static const lq_param_desc srt_params[] = {
	URL("srt://host:port; as listener the address to listen on."), BUFFER("2000"), TIMEOUT, RETRY, GIVE_UP("0"), TIMES, TRACKS,
	{"mode", LQ_PARAM_CHOICE, 0, NULL, "caller", 0, 0, srt_modes, "Calls the other side, or waits for its call."},
	{"latency", LQ_PARAM_INT, 0, "ms", "120", 20, 8000, NULL, "Time for lost packets to be sent again."},
	{"passphrase", LQ_PARAM_STRING, LQ_PARAM_SECRET, NULL, "", 0, 0, NULL, "Encrypts; 10 to 79 characters."},
	{"stream_id", LQ_PARAM_STRING, LQ_PARAM_SECRET, NULL, "", 0, 0, NULL, "What the other side is told about this stream."},
};
static const lq_param_desc hls_params[] = {
	PLACE("The playlist, .m3u8; segments go beside it."), SEGMENT, WINDOW, BUFFER("10000"), RETRY, GIVE_UP("0"), TIMES, TRACKS,
	{"segment_type", LQ_PARAM_CHOICE, 0, NULL, "fmp4", 0, 0, segment_types, "Fragmented MP4 or MPEG-TS."},
};
static const lq_param_desc dash_params[] = {
	PLACE("The manifest, .mpd; segments go beside it."), SEGMENT, WINDOW, BUFFER("10000"), RETRY, GIVE_UP("0"), TIMES, TRACKS,
};
static const lq_param_desc file_params[] = {
	PLACE("The file; its ending says the container: .mp4, .mkv, .webm, .flv or .ts."), BUFFER("10000"), TIMES, TRACKS,
};

#define OUTLET(kind_, flags_, summary_) \
	static int kind_##_create(const lq_host *host, const lq_value *params, void **self) \
	{ \
		return outlet_create(host, &lq__transport_##kind_, &outlet_##kind_, params, self); \
	} \
	static const lq_node_ops kind_##_ops = { \
		.create = kind_##_create, .destroy = outlet_destroy, .add_port = outlet_add_port, .remove_port = outlet_remove_port, \
		.formats = outlet_formats, .set_format = outlet_set_format, .start = outlet_node_start, .stop = outlet_node_stop, \
		.stats = outlet_stats}; \
	const lq_node_desc lq__transport_##kind_ = { \
		.struct_size = sizeof(lq_node_desc), .kind = LQ_KIND_TRANSPORT, .id = "transport." #kind_, .summary = summary_, .rank = 100, \
		.flags = LQ_NODE_GPL | (flags_), .ports = outlet_ports, .n_ports = 2, .params = kind_##_params, \
		.n_params = LQ__COUNT(kind_##_params), .ops = &kind_##_ops, .kind_ops = &outlet_transport_ops}

OUTLET(rtmp, LQ_NODE_LIVE, "Publishes to an RTMP or RTMPS server (H.264, AAC)");
OUTLET(srt, LQ_NODE_LIVE, "Sends MPEG-TS by SRT, as caller or listener (H.264; AAC, Opus)");
OUTLET(hls, 0, "Writes HLS, fragmented MP4 or MPEG-TS, live or complete (H.264; AAC, Opus)");
OUTLET(dash, 0, "Writes DASH, live or complete (H.264; AAC, Opus)");
OUTLET(file, 0, "Writes a file that stays playable when the process is killed: MP4, Matroska, WebM, FLV, MPEG-TS");
