/* The engine's devices: where they are listed, and the thread that watches the lists. [any] unless said otherwise. */
#ifndef LQ_SDK_DEVICES_H
#define LQ_SDK_DEVICES_H

#include <loquat/loquat.h>
#include <loquat/profile.h>

#include "names.h"

typedef struct lq__devices lq__devices;

/* A device, as a node takes it. */
typedef struct lq__chosen {
	char id[256];     /* the public one; "": nothing is chosen */
	char use[160];    /* "capture.camera@v4l2" */
	char param[32];   /* the parameter that names the device */
	char device[128]; /* its value */
} lq__chosen;

int lq__devices_create(lq_engine *engine, lq_switch virtual_devices, lq__devices **out);
void lq__devices_destroy(lq__devices *d); /* waits for the thread; while the events are there. NULL is fine */

/* id NULL: the default one. LQ_ENODEV. Waits for the media thread. */
int lq__devices_find(lq__devices *d, lq_device_kind kind, const char *id, lq__chosen *out);

#endif
