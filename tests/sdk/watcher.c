#include "watcher.h"

void frames_after(watcher *w, int n)
{
	pthread_mutex_lock(&w->lock);
	n += w->frames;
	while (w->frames < n)
		pthread_cond_wait(&w->changed, &w->lock);
	pthread_mutex_unlock(&w->lock);
}

watcher watcher_now(watcher *w)
{
	pthread_mutex_lock(&w->lock);
	watcher now = *w;
	pthread_mutex_unlock(&w->lock);
	return now;
}
