/* Nodes: the static descriptor, the ops that every node has and the ops of its kind.
 *
 * Thread rule: the host calls a node's ops on one thread at a time, the node's loop; a node is straight-line code and needs no
 * lock. [loop] below means that. The two exceptions are tagged [any].
 * Ops return 0 or a negative LQ_E* (errors.h). A NULL op means "not needed". */
#ifndef LOQUAT_PLUGIN_NODE_H
#define LOQUAT_PLUGIN_NODE_H

#include <loquat/plugin/errors.h>
#include <loquat/plugin/host.h>
#include <loquat/plugin/param.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { LQ_KIND_CAPTURE = 1, LQ_KIND_CODEC = 2, LQ_KIND_FILTER = 3, LQ_KIND_TRANSPORT = 4, LQ_KIND_RENDERER = 5 };

/* lq_node_desc.flags */
enum {
	LQ_NODE_LIVE = 1u << 0,       /* paced by the world: a device, the network */
	LQ_NODE_BLOCKING = 1u << 1,   /* capture.read waits for the device: the graph gives the node a thread of its own */
	LQ_NODE_OWN_THREAD = 1u << 2, /* calls submit from a thread that it made: its outputs always pass a queue */
	LQ_NODE_GPL = 1u << 3,        /* loads GPL code */
	LQ_NODE_PURE = 1u << 4        /* only computes: once started it needs no file, device, socket or process that it has not got (threads and memory
	                                 it may have). In a helper process it is held to that: what it does all the same ends it */
};

enum { LQ_IN = 1, LQ_OUT = 2 };

/* lq_port_desc.flags */
enum {
	LQ_PORT_OPTIONAL = 1u << 0, /* may stay unlinked */
	LQ_PORT_MANY = 1u << 1      /* a template: each link gets a port of its own, announced by add_port */
};

typedef struct lq_port_desc {
	const char *name; /* "in", "out", "video" */
	uint32_t direction;
	uint32_t media; /* LQ_MEDIA_*, LQ_MEDIA_NONE: any */
	uint32_t flags;
} lq_port_desc;

/* A figure that a node reports. name: a W3C webrtc-stats name where one exists. */
typedef struct lq_stat {
	const char *name;
	double value;
} lq_stat;
typedef void (*lq_stat_fn)(void *arg, uint32_t port, const lq_stat *stat);

/* Every node. */
typedef struct lq_node_ops {
	/* [control] Cheap: can this node work here (library, device present)? Called without an instance; NULL: yes. `text` gets the
	 * reason when not. */
	int (*probe)(char *text, size_t text_size);

	/* [loop] params[i] belongs to row i of the descriptor's table. */
	int (*create)(const lq_host *host, const lq_value *params, void **self);
	void (*destroy)(void *self);

	/* [loop] Ports of LQ_PORT_MANY templates: `tmpl` is the row in the port table, `port` the new port's number (never below the
	 * number of rows). */
	int (*add_port)(void *self, uint32_t tmpl, uint32_t port);
	void (*remove_port)(void *self, uint32_t port);

	/* [loop] Entry `i` (0, 1, …) of the formats of a port, the best first; LQ_END behind the last. Zero fields mean any. Inputs are set
	 * before outputs are asked, so an output's list may depend on the input's format. */
	int (*formats)(void *self, uint32_t port, uint32_t i, lq_format *out);

	/* [loop] The negotiated format; comes before start, and again when upstream's format changes while running. */
	int (*set_format)(void *self, uint32_t port, const lq_format *fmt);

	int (*start)(void *self); /* [loop] */
	void (*stop)(void *self); /* [loop] release devices; start may follow again */

	/* [loop] Called when a time asked for with wake_at has come or a watched descriptor is ready. */
	int (*run)(void *self, int64_t now);

	int (*set_param)(void *self, uint32_t index, const lq_value *value); /* [loop] RUNTIME parameters only */
	int (*event)(void *self, const lq_event *event);                     /* [loop] from downstream or the app; LQ_ENOTSUP: it passes on upstream */
	void (*stats)(void *self, lq_stat_fn fn, void *arg);                 /* [loop] */
	const void *(*extension)(const char *id);                            /* [any] later additions by name */
} lq_node_ops;

typedef struct lq_device {
	uint32_t struct_size;
	char id[128]; /* stable while plugged in; what the node's parameter "device" takes */
	char name[128];
	uint32_t is_default;
} lq_device;

/* Capture. Either `read` pulls, or the node is OWN_THREAD and submits. */
typedef struct lq_capture_ops {
	/* [control] Device i, LQ_END behind the last. No instance needed; may come on another thread than other calls without an instance, one at a
	 * time. */
	int (*devices)(uint32_t i, lq_device *out);

	/* [loop] Submits what is due and returns 0; *next is when to call again (LQ_TIME_NONE: on wake_at or a watched descriptor).
	 * A BLOCKING node waits for its device here, until `deadline` at most. LQ_END: the source is finished. */
	int (*read)(void *self, int64_t deadline, int64_t *next);

	/* [any] Makes a blocking read return early. */
	void (*wake)(void *self);
} lq_capture_ops;

/* Codec: input 0, output 1. Results leave by submit, none or several a call. Encoders take LQ_EVENT_KEY_FRAME, _TARGET_RATE, _LOSS. */
typedef struct lq_codec_ops {
	int (*send)(void *self, uint32_t port, lq_buffer *buf); /* [loop] borrows buf: take a reference to keep it */
	int (*flush)(void *self);                               /* [loop] submit what is held back, be ready for a new stream */
} lq_codec_ops;

/* Filter: any ports. */
typedef struct lq_filter_ops {
	int (*process)(void *self, uint32_t port, lq_buffer *buf); /* [loop] borrows buf */
	int (*flush)(void *self);
} lq_filter_ops;

/* Renderer: inputs only. */
typedef struct lq_renderer_ops {
	int (*render)(void *self, uint32_t port, lq_buffer *buf); /* [loop] borrows buf; buf->pts is when it is due */
	int (*flush)(void *self);
	int64_t (*latency)(void *self); /* [loop] ns from render to light or sound */
	int (*devices)(uint32_t i, lq_device *out);
} lq_renderer_ops;

enum { LQ_SEND = 0, LQ_RECEIVE = 1 };

/* Transport: carries encoded access units, one port a track (MANY templates). Packetizing, encryption and pacing are inside.
 * A direction is opened, described to the other side and given the other side's description; both directions are independent.
 * Received packets leave by submit with pts = when they are due for decoding and playing. */
typedef struct lq_transport_ops {
	int (*open)(void *self, uint32_t direction, const char *url); /* [loop] url may be NULL where a description says all */
	void (*close)(void *self, uint32_t direction);                /* [loop] */

	/* [loop] Names the track that a port carries within the description (SDP: the mid; for one of several encodings of a
	 * track, bound the best first, "MID/RID"). Before describe / set_remote. "": none any more; the
	 * port may be bound again. */
	int (*bind)(void *self, uint32_t port, const char *track_id);

	/* [loop] Writes the local description (SDP) with its NUL to `out`; LQ_ENOSPACE when it does not fit. LQ_EAGAIN when not yet
	 * known: LQ_EVENT_DESCRIPTION follows. */
	int (*describe)(void *self, uint32_t direction, char *out, size_t size);
	int (*set_remote)(void *self, uint32_t direction, const char *text); /* [loop] */

	int (*send)(void *self, uint32_t port, lq_buffer *packet); /* [loop] borrows packet */
} lq_transport_ops;

typedef struct lq_node_desc {
	uint32_t struct_size;
	uint32_t kind;
	const char *id; /* by function: "capture.camera", "codec.h264.enc" */
	const char *summary;
	int32_t rank; /* of several nodes with one id the highest that probes well is taken; usual 100 */
	uint32_t flags;
	const lq_port_desc *ports;
	uint32_t n_ports;
	uint32_t n_params;
	const lq_param_desc *params;
	const lq_node_ops *ops;
	const void *kind_ops; /* lq_capture_ops, lq_codec_ops … by kind */
} lq_node_desc;

#ifdef __cplusplus
}
#endif
#endif
