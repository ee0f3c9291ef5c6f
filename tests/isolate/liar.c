/* A helper that speaks the language and lies: LQ_TEST_LIE says about what. It answers every request with success, and every buffer with a
 * lie. */
#include <loquat/plugin/errors.h>

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "isolate/wire.h"
#include "media/segment.h"
#include "plugin/spawn.h"

enum { SIZE = 1 << 20 };

static const char *lie;
static lq__bytes out;
static int fds[1];
static uint32_t n_fds;

static int is(const char *name)
{
	return !strcmp(lie, name);
}

static void say_segment(void)
{
	lq__segment *s;
	if (is("unsealed")) {
		fds[0] = memfd_create("liar", MFD_CLOEXEC);
		if (ftruncate(fds[0], SIZE))
			exit(1);
	} else {
		lq__segment_create(is("small") ? 4096 : SIZE, &s);
		fds[0] = s->fd;
	}
	n_fds = 1;
	size_t begin = lq__record_begin(&out, LQ__SAY_SEGMENT);
	lq__bytes_u32(&out, 1);
	lq__bytes_u64(&out, SIZE); /* which is not so, where it is small */
	lq__record_end(&out, begin);
}

static void say_format(void)
{
	lq_format f = {.struct_size = sizeof f, .media = LQ_MEDIA_VIDEO, .codec = LQ_CODEC_RAW, .pixel = LQ_PIXEL_I420, .width = is("format") ? 70000 : 320,
	               .height = 180};
	size_t begin = lq__record_begin(&out, LQ__SAY_FORMAT);
	lq__bytes_u32(&out, 0);
	lq__wire_format(&out, &f);
	lq__record_end(&out, begin);
}

static void say_buffer(void)
{
	lq__wire_buffer w = {.port = is("port") ? 0 : 1, .n_planes = 3, .strides = {320, 192, 192}, .offsets = {0, 100000, 200000}, .where = LQ__IN_SEGMENT,
	                     .source = is("segment") ? 9 : 1, .pts = 1, .dts = LQ_TIME_NONE, .capture_time = 1};
	if (is("offset"))
		w.offsets[1] = SIZE - 100;
	if (is("planes"))
		w.n_planes = 1;
	if (is("flags"))
		w.flags = 1u << 31;
	size_t begin = lq__record_begin(&out, LQ__SAY_BUFFER);
	lq__bytes_add(&out, &w, sizeof w);
	lq__record_end(&out, begin);
}

static void say_number(uint32_t type, uint32_t number)
{
	size_t begin = lq__record_begin(&out, type);
	lq__bytes_u32(&out, number);
	lq__record_end(&out, begin);
}

static void tell_lie(void)
{
	if (is("garbage")) {
		lq__bytes_add(&out, "this is no record, whatever else it is", 38);
	} else if (is("taken") || is("free")) {
		say_number(is("taken") ? LQ__SAY_TAKEN : LQ__SAY_FREE, 77);
	} else if (is("record")) {
		say_number(4711, 0);
	} else {
		say_segment();
		say_format();
		say_buffer();
		if (is("twice"))
			say_buffer();
	}
}

static void answer(lq__reader *r)
{
	size_t begin = lq__record_begin(&out, LQ__SAY_REPLY);
	lq__bytes_u32(&out, lq__read_u32(r));
	lq__bytes_u32(&out, 0);
	lq__bytes_string(&out, NULL);
	lq__bytes_u32(&out, 0);
	lq__record_end(&out, begin);
}

int main(void)
{
	static uint8_t room[LQ__WIRE_MAX];
	int got[LQ__WIRE_FDS];
	uint32_t type, n_got;
	size_t size;
	int r;
	lie = getenv("LQ_TEST_LIE");
	while ((r = lq__wire_receive(LQ__HELPER_FD, room, &size, got, &n_got)) != LQ_EPIPE) {
		lq__reader message = {room, room + size, 0}, body;
		if (r)
			poll(&(struct pollfd){LQ__HELPER_FD, POLLIN, 0}, 1, -1);
		while (!r && lq__record_next(&message, &type, &body))
			if (type < LQ__DO_EVENT)
				answer(&body);
			else if (type == LQ__DO_BYE)
				return 0;
			else if (type == LQ__SAY_BUFFER)
				tell_lie();
		if (out.n)
			lq__wire_send(LQ__HELPER_FD, &out, fds, n_fds);
		out.n = n_fds = 0;
	}
	return 0;
}
