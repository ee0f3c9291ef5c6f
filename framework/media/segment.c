#include "media/segment.h"

#include <fcntl.h>
#include <loquat/plugin/errors.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"

static atomic_uint last_id;

static lq__segment *wrap(uint32_t id, int fd, void *base, size_t size)
{
	lq__segment *s = lq__malloc(sizeof *s);
	if (s)
		*s = (lq__segment){.refs = 1, .id = id, .fd = fd, .base = base, .size = size};
	return s;
}

int lq__segment_create(size_t size, lq__segment **out)
{
	int fd = memfd_create("loquat", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return LQ_ENOMEM;
	void *base = MAP_FAILED;
	if (!ftruncate(fd, (off_t)size))
		base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	/* our mapping stays writable; later ones, anybody's, are not */
	lq__segment *s = NULL;
	if (base != MAP_FAILED && !fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE | F_SEAL_SEAL))
		s = wrap(atomic_fetch_add(&last_id, 1) + 1, fd, base, size);
	if (!s) {
		if (base != MAP_FAILED)
			munmap(base, size);
		close(fd);
		return LQ_ENOMEM;
	}
	*out = s;
	return 0;
}

/* Without the seal against shrinking, who sent it could make each access of ours a SIGBUS. */
static int is_sound(int fd, uint64_t size)
{
	struct stat st;
	int seals = fcntl(fd, F_GET_SEALS);
	return seals >= 0 && seals & F_SEAL_SHRINK && !fstat(fd, &st) && st.st_size > 0 && (uint64_t)st.st_size == size;
}

int lq__segment_map(uint32_t id, int fd, uint64_t size, lq__segment **out)
{
	if (!is_sound(fd, size)) {
		close(fd);
		return LQ_EPROTO;
	}
	void *base = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	lq__segment *s = base == MAP_FAILED ? NULL : wrap(id, fd, base, size);
	if (!s) {
		if (base != MAP_FAILED)
			munmap(base, size);
		close(fd);
		return LQ_ENOMEM;
	}
	*out = s;
	return 0;
}

lq__segment *lq__segment_ref(lq__segment *s)
{
	atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
	return s;
}

void lq__segment_unref(lq__segment *s)
{
	if (!s || atomic_fetch_sub_explicit(&s->refs, 1, memory_order_acq_rel) != 1)
		return;
	munmap(s->base, s->size);
	close(s->fd);
	lq__free(s);
}
