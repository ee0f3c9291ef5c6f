/* Who is there, for those who want to know; and messages from user to user. */
#include <string.h>

#include <loquat/plugin/errors.h>

#include "base/alloc.h"
#include "server/calls/private.h"

static lq__watch *find_watch(const lq__device *d, const char *user)
{
	LQ__EACH(lq__watch, w, &d->watches, of_device)
		if (!strcmp(w->account->user, user))
			return w;
	return NULL;
}

static lq__watch *watch(lq__device *d, const char *user)
{
	lq__watch *w = find_watch(d, user);
	if (w)
		return w;
	lq__account *a = lq__account_get(d->account->calls, user);
	w = a ? lq__calloc(1, sizeof *w) : NULL;
	if (!w) {
		if (a)
			lq__account_release(a);
		return NULL;
	}
	lq__account_ref(a);
	w->device = d;
	w->account = a;
	lq__list_append(&a->watchers, &w->of_account);
	lq__list_append(&d->watches, &w->of_device);
	d->n_watches++;
	return w;
}

void lq__watch_end(lq__watch *w)
{
	lq__account *a = w->account;
	w->device->n_watches--;
	lq__list_remove(&w->of_account);
	lq__list_remove(&w->of_device);
	lq__free(w);
	lq__account_unref(a);
}

int lq__device_watch(lq__device *d, const char *const *users, uint32_t n, json_t **out)
{
	uint32_t more = 0;
	for (uint32_t i = 0; i < n; i++) {
		if (lq__user_id_check(users[i], strlen(users[i])))
			return LQ_EINVAL;
		more += !find_watch(d, users[i]);
	}
	if (d->n_watches + more > LQ_WATCHED_MAX)
		return LQ_EFULL;
	json_t *array = json_array();
	for (uint32_t i = 0; i < n; i++) {
		const lq__watch *w = watch(d, users[i]);
		if (!w || json_array_append_new(array, json_pack("{s:s, s:b}", "user", users[i], "online", lq__account_online(w->account)))) {
			json_decref(array);
			return LQ_ENOMEM;
		}
	}
	*out = array;
	return 0;
}

void lq__device_unwatch(lq__device *d, const char *const *users, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		lq__watch *w = find_watch(d, users[i]);
		if (w)
			lq__watch_end(w);
	}
}

uint32_t lq__device_message(lq__device *d, const char *to, const char *text)
{
	lq__calls *c = d->account->calls;
	lq__account *a = lq__account_get(c, to);
	uint32_t n = 0;
	if (!a)
		return 0;
	LQ__EACH(lq__device, other, &a->devices, link)
		n += other != d && other->conn;
	if (n)
		lq__account_event(a, d, json_pack("{s:s, s:s, s:s}", "type", "message", "from", d->account->user, "text", text));
	c->figures.messages += n != 0;
	lq__account_release(a);
	return n;
}
