/* The control thread's side: objects are made and freed here, and handed to a worker and back by letters. */
#include "server/media/media.h"

#include <stdio.h>
#include <string.h>
#include <openssl/rand.h>

#include <loquat/plugin/buffer.h>
#include <loquat/plugin/errors.h>

#include "base/alloc.h"
#include "server/media/track.h"

#define LQ_HOSTS_MAX 4

struct lq__media {
	char hosts[LQ_HOSTS_MAX][64];
	uint32_t n_hosts, n_workers;
	lq__worker *workers[];
};

int lq__media_create(const lq__media_config *config, lq__media **out, char *error, size_t error_size)
{
	lq__media *m = lq__calloc(1, sizeof *m + config->workers * sizeof *m->workers);
	int e = m ? 0 : LQ_ENOMEM;
	for (uint32_t i = 0; m && i < config->n_candidates && i < LQ_HOSTS_MAX; i++)
		snprintf(m->hosts[m->n_hosts++], sizeof m->hosts[0], "%s", config->candidates[i]);
	for (uint32_t i = 0; !e && i < config->workers; i++) {
		lq__worker *w = lq__calloc(1, sizeof *w);
		if (!w) {
			e = LQ_ENOMEM;
			break;
		}
		w->media = m;
		w->index = i;
		w->wake_control = config->wake;
		w->wake_arg = config->arg;
		m->workers[m->n_workers++] = w;
		e = lq__worker_start(w, config->host, config->port ? (uint16_t)(config->port + i) : 0, error, error_size);
	}
	if (e == LQ_ENOMEM && !m)
		snprintf(error, error_size, "out of memory");
	if (e)
		lq__media_destroy(m);
	else
		*out = m;
	return e;
}

void lq__media_reap(lq__media *m)
{
	for (uint32_t i = 0; i < m->n_workers; i++)
		for (lq__letter *l = lq__mailbox_take(&m->workers[i]->outbox), *next; l; l = next) {
			next = l->next; /* the letter may be in what is freed */
			if (l->done)
				l->done(l);
		}
}

void lq__media_destroy(lq__media *m)
{
	if (!m)
		return;
	for (uint32_t i = 0; i < m->n_workers; i++)
		lq__worker_stop(m->workers[i]);
	for (uint32_t i = 0; i < m->n_workers; i++)
		lq__worker_close(m->workers[i]);
	lq__media_reap(m);
	for (uint32_t i = 0; i < m->n_workers; i++)
		lq__free(m->workers[i]);
	lq__free(m);
}

lq__worker *lq__media_worker(const lq__media *m, uint32_t i)
{
	return m->workers[i];
}

uint32_t lq__media_workers(const lq__media *m)
{
	return m->n_workers;
}

uint16_t lq__media_port(const lq__media *m, uint32_t worker)
{
	return m->workers[worker]->port;
}

uint32_t lq__media_hosts(const lq__media *m)
{
	return m->n_hosts;
}

const char *lq__media_host(const lq__media *m, uint32_t i)
{
	return i < m->n_hosts ? m->hosts[i] : "";
}

void lq__media_counters(const lq__media *m, lq__media_counter_fn fn, void *arg)
{
	uint64_t sum;
#define REPORT(name, help) \
	sum = 0; \
	for (uint32_t i = 0; i < m->n_workers; i++) \
		sum += lq__get(&m->workers[i]->count.name); \
	fn(arg, "media_" #name "_total", help, sum);
	LQ_COUNTERS(REPORT)
#undef REPORT
}

/* Objects are touched by their worker between their opening and their closing letter, and freed when the latter has come back. */
void lq__media_post(lq__worker *w, lq__letter *l, void (*run)(lq__worker *, lq__letter *), void (*done)(lq__letter *))
{
	l->run = run;
	l->done = done;
	lq__worker_post(w, l);
}

/* Several objects' numbers must not be alike within a session; 32 random bits see to that. */
static uint32_t random32(void)
{
	uint32_t v = 0;
	return RAND_bytes((unsigned char *)&v, sizeof v) == 1 && v ? v : 1;
}

/* ---- peers ---- */

static void free_peer(lq__letter *l)
{
	lq__peer *p = LQ__ENTRY(l, lq__peer, close_letter);
	p->worker->n_open--;
	lq_srtp_destroy(p->srtp);
	lq_dtls_destroy(p->dtls);
	lq__free(p);
}

static void run_peer_open(lq__worker *w, lq__letter *l)
{
	lq__peer *p = LQ__ENTRY(l, lq__peer, open_letter);
	lq__list_append(&w->peers, &p->link);
	lq__list_append(lq__peer_ufrag_bucket(w, p->ice.ufrag, strlen(p->ice.ufrag)), &p->by_ufrag);
}

static void run_peer_close(lq__worker *w, lq__letter *l)
{
	lq__peer *p = LQ__ENTRY(l, lq__peer, close_letter);
	lq_dtls_close(p->dtls);
	lq__list_remove(&p->link);
	lq__list_remove(&p->by_ufrag);
	for (size_t i = 0; i < LQ_PEER_ADDRESSES; i++)
		lq__list_remove(&p->addresses[i].link);
}

lq__peer *lq__peer_open(lq__media *media, uint32_t worker)
{
	lq__worker *w = media->workers[worker];
	lq__media_reap(media);
	lq__peer *p = w->n_open < LQ_PEERS_MAX ? lq__calloc(1, sizeof *p) : NULL;
	if (!p)
		return NULL;
	p->worker = w;
	p->ssrc = random32();
	p->report_at = LQ_TIME_NONE;
	atomic_init(&p->seen, LQ_TIME_NONE);
	lq__list_init(&p->link);
	lq__list_init(&p->by_ufrag);
	lq__list_init(&p->tracks);
	lq__list_init(&p->forwards);
	for (size_t i = 0; i < LQ_PEER_ADDRESSES; i++) {
		lq__list_init(&p->addresses[i].link);
		p->addresses[i].peer = p;
	}
	if (lq_ice_lite_init(&p->ice) || lq_dtls_create(w->cert, LQ_DTLS_SERVER, lq__peer_dtls_output, p, &p->dtls)) {
		lq__free(p);
		return NULL;
	}
	w->n_open++;
	lq__media_post(w, &p->open_letter, run_peer_open, NULL);
	return p;
}

void lq__peer_close(lq__peer *p)
{
	lq__media_post(p->worker, &p->close_letter, run_peer_close, free_peer);
}

typedef struct remote_letter {
	lq__letter letter;
	lq__peer *peer;
	char ufrag[257], hash[16];
	uint8_t fingerprint[64];
	size_t len;
} remote_letter;

static void run_set_remote(lq__worker *w, lq__letter *l)
{
	remote_letter *r = LQ__ENTRY(l, remote_letter, letter);
	int before = lq_dtls_state(r->peer->dtls);
	lq_ice_lite_set_remote(&r->peer->ice, r->ufrag);
	lq_dtls_set_fingerprint(r->peer->dtls, r->hash, r->fingerprint, r->len); /* when it is open already it stays as it is */
	lq__peer_dtls_changed(r->peer, before);
}

static void free_set_remote(lq__letter *l)
{
	lq__free(LQ__ENTRY(l, remote_letter, letter));
}

int lq__peer_set_remote(lq__peer *p, const char *ufrag, const char *hash, const uint8_t *fingerprint, size_t len)
{
	remote_letter *r;
	if (strlen(ufrag) >= sizeof r->ufrag || strlen(hash) >= sizeof r->hash || len > sizeof r->fingerprint)
		return LQ_ERANGE;
	r = lq__calloc(1, sizeof *r);
	if (!r)
		return LQ_ENOMEM;
	r->peer = p;
	snprintf(r->ufrag, sizeof r->ufrag, "%s", ufrag);
	snprintf(r->hash, sizeof r->hash, "%s", hash);
	memcpy(r->fingerprint, fingerprint, len);
	r->len = len;
	lq__media_post(p->worker, &r->letter, run_set_remote, free_set_remote);
	return 0;
}

const char *lq__peer_ufrag(const lq__peer *p) { return p->ice.ufrag; }
const char *lq__peer_pwd(const lq__peer *p) { return p->ice.pwd; }
const uint8_t *lq__peer_fingerprint(const lq__peer *p) { return lq_cert_fingerprint(p->worker->cert); }
const lq__media *lq__peer_media(const lq__peer *p) { return p->worker->media; }
uint16_t lq__peer_port(const lq__peer *p) { return p->worker->port; }

void lq__peer_stats_get(const lq__peer *p, lq__peer_stats *out)
{
	*out = (lq__peer_stats){atomic_load_explicit(&p->seen, memory_order_relaxed), atomic_load_explicit(&p->open, memory_order_relaxed),
	                        lq__get(&p->packets_received), lq__get(&p->bytes_received), lq__get(&p->packets_sent), lq__get(&p->bytes_sent),
	                        lq__get(&p->packets_expected), lq__get(&p->packets_missed), lq__get(&p->reports),
	                        lq__get(&p->packets_reported), lq__get(&p->packets_unreceived),
	                        (uint32_t)lq__get(&p->jitter_in), (uint32_t)lq__get(&p->jitter_out), (uint32_t)lq__get(&p->round_trip)};
}

/* ---- tracks ---- */

void lq__track_destroy(lq__media_track *main)
{
	for (uint32_t i = main->n_layers; i-- > 0;) { /* main comes last */
		lq__media_track *t = main->layers[i];
		lq__free(t->ring);
		lq__free(t);
	}
}

static void free_track(lq__letter *l)
{
	lq__track_destroy(LQ__ENTRY(l, lq__media_track, close_letter));
}

static void run_track_open(lq__worker *w, lq__letter *l)
{
	lq__media_track *main = LQ__ENTRY(l, lq__media_track, open_letter);
	for (uint32_t i = 0; i < main->n_layers; i++)
		lq__list_append(&main->peer->tracks, &main->layers[i]->link);
}

static void run_track_close(lq__worker *w, lq__letter *l)
{
	lq__media_track *main = LQ__ENTRY(l, lq__media_track, close_letter);
	for (uint32_t i = 0; i < main->n_layers; i++)
		lq__list_remove(&main->layers[i]->link);
}

/* Lower layers have fewer packets to keep. */
lq__media_track *lq__track_make(lq__worker *w, lq__peer *peer, lq__media_track *main, const lq__track_config *config, uint32_t i, uint32_t n)
{
	lq__media_track *t = lq__calloc(1, sizeof *t);
	if (!t)
		return NULL;
	t->mask = (config->media == LQ_MEDIA_VIDEO ? LQ_RING_VIDEO >> i : LQ_RING_AUDIO) - 1;
	t->ring = lq__calloc(t->mask + 1, sizeof *t->ring);
	if (!t->ring) {
		lq__free(t);
		return NULL;
	}
	for (uint32_t k = 0; k <= t->mask; k++)
		t->ring[k].seq = -1;
	t->worker = w;
	t->peer = peer;
	t->main = main ? main : t;
	t->level = i && n == 2 ? LQ_LAYER_BOTTOM : i;
	t->config = *config;
	t->highest = -1;
	t->sr_at = t->key_asked_at = t->last_at = LQ_TIME_NONE;
	lq__list_init(&t->link);
	lq__list_init(&t->forwards);
	lq__list_init(&t->comers);
	lq__list_init(&t->relays);
	t->main->layers[i] = t;
	t->main->n_layers++;
	return t;
}

lq__media_track *lq__media_track_open(lq__peer *peer, const lq__track_config *layers, uint32_t n)
{
	lq__media_track *main = lq__track_make(peer->worker, peer, NULL, &layers[0], 0, n);
	for (uint32_t i = 1; main && i < n; i++)
		if (!lq__track_make(peer->worker, peer, main, &layers[i], i, n)) {
			lq__track_destroy(main);
			return NULL;
		}
	if (main)
		lq__media_post(peer->worker, &main->open_letter, run_track_open, NULL);
	return main;
}

uint32_t lq__media_track_layers(const lq__media_track *t)
{
	return t->n_layers;
}

typedef struct update_letter {
	lq__letter letter;
	lq__media_track *track;
	lq__track_config layers[LQ_LAYERS_MAX];
} update_letter;

static void run_track_update(lq__worker *w, lq__letter *l)
{
	update_letter *u = LQ__ENTRY(l, update_letter, letter);
	for (uint32_t i = 0; i < u->track->n_layers; i++)
		lq__track_reconfigure(u->track->layers[i], &u->layers[i]);
}

static void free_update(lq__letter *l)
{
	lq__free(LQ__ENTRY(l, update_letter, letter));
}

int lq__media_track_update(lq__media_track *t, const lq__track_config *layers)
{
	update_letter *u = lq__calloc(1, sizeof *u);
	if (!u)
		return LQ_ENOMEM;
	u->track = t;
	memcpy(u->layers, layers, t->n_layers * sizeof *layers);
	lq__media_post(t->worker, &u->letter, run_track_update, free_update);
	return 0;
}

void lq__media_track_close(lq__media_track *t)
{
	lq__media_post(t->worker, &t->close_letter, run_track_close, free_track);
}

void lq__media_track_stats(const lq__media_track *main, uint32_t layer, lq__track_stats *out)
{
	const lq__media_track *t = main->layers[layer];
	uint32_t size = atomic_load_explicit(&t->size, memory_order_relaxed);
	*out = (lq__track_stats){lq__get(&t->packets_received), lq__get(&t->bytes_received), lq__get(&t->packets_repaired), lq__get(&t->key_frames),
	                         lq__get(&t->nacks_sent), lq__get(&t->plis_sent), lq__get(&t->packets_lost), size >> 16, size & 0xffff};
}

/* ---- forwards ---- */

static void free_forward(lq__letter *l)
{
	lq__free(LQ__ENTRY(l, lq__forward, close_letter));
}

static void run_forward_open(lq__worker *w, lq__letter *l)
{
	lq__forward *f = LQ__ENTRY(l, lq__forward, open_letter);
	lq__list_append(&f->track->forwards, &f->link);
	lq__layers_aim(f);
	lq__list_append(&f->peer->forwards, &f->peer_link);
	lq__forward_begin(f);
}

static void run_forward_close(lq__worker *w, lq__letter *l)
{
	lq__forward *f = LQ__ENTRY(l, lq__forward, close_letter);
	lq__layers_leave(f);
	lq__list_remove(&f->link);
	lq__list_remove(&f->peer_link);
}

static void run_notice(lq__letter *l)
{
	lq__forward *f = LQ__ENTRY(l, lq__forward, notice);
	atomic_store(&f->told, 0); /* what is told from now on is a notice of its own */
	if (f->config.on_layer)
		f->config.on_layer(f->config.arg, f);
}

lq__forward *lq__forward_open(lq__peer *to, lq__media_track *track, const lq__forward_config *config)
{
	lq__forward *f = lq__calloc(1, sizeof *f);
	if (!f)
		return NULL;
	f->peer = to;
	f->main = f->track = track;
	f->config = *config;
	/* Where numbers begin is nobody's business, and not near a wrap. */
	f->place.seq_offset = (uint16_t)random32();
	f->place.ts_offset = random32();
	f->rtx_seq = (uint16_t)(random32() & 0x7fff);
	f->waiting_for_key = track->config.media == LQ_MEDIA_VIDEO;
	f->next_from = -1;
	f->wish = config->layer;
	f->wished = config->tell;
	atomic_init(&f->layer, -1);
	f->notice.done = run_notice;
	lq__list_init(&f->link);
	lq__list_init(&f->peer_link);
	lq__list_init(&f->coming);
	lq__media_post(to->worker, &f->open_letter, run_forward_open, NULL);
	return f;
}

typedef struct wish_letter {
	lq__letter letter;
	lq__forward *forward;
	uint32_t layer;
} wish_letter;

static void run_wish(lq__worker *w, lq__letter *l)
{
	wish_letter *wish = LQ__ENTRY(l, wish_letter, letter);
	lq__forward *f = wish->forward;
	f->wish = wish->layer;
	f->wished = 1;
	lq__layers_aim(f);
	lq__layers_told(f);
}

static void free_wish(lq__letter *l)
{
	lq__free(LQ__ENTRY(l, wish_letter, letter));
}

int lq__forward_wish(lq__forward *f, uint32_t layer)
{
	wish_letter *wish = lq__calloc(1, sizeof *wish);
	if (!wish)
		return LQ_ENOMEM;
	wish->forward = f;
	wish->layer = layer;
	lq__media_post(f->peer->worker, &wish->letter, run_wish, free_wish);
	return 0;
}

int lq__forward_layer(const lq__forward *f, uint32_t *layer, uint32_t *width, uint32_t *height)
{
	int level = atomic_load(&f->layer);
	const lq__media_track *main = f->main;
	for (uint32_t i = 0; level >= 0 && i < main->n_layers; i++)
		if (main->layers[i]->level == (uint32_t)level) {
			uint32_t size = atomic_load_explicit(&main->layers[i]->size, memory_order_relaxed);
			*layer = (uint32_t)level;
			*width = size >> 16;
			*height = size & 0xffff;
			return 1;
		}
	return 0;
}

void lq__forward_close(lq__forward *f)
{
	f->config.on_layer = NULL;
	lq__media_post(f->peer->worker, &f->close_letter, run_forward_close, free_forward);
}

void lq__forward_stats_get(const lq__forward *f, lq__forward_stats *out)
{
	*out = (lq__forward_stats){lq__get(&f->layer_switches), lq__get(&f->packets_sent), lq__get(&f->bytes_sent), lq__get(&f->packets_retransmitted), lq__get(&f->nacks_received),
	                           lq__get(&f->plis_received)};
}
