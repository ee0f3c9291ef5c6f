if PLUGIN_SDL
plugin_LTLIBRARIES += plugins/sdl.la
plugins_sdl_la_SOURCES = plugins/common/due_queue.h plugins/common/fifo.c plugins/common/fifo.h %D%/sdl.c %D%/sdl.h %D%/sdl_thread.c %D%/sdl_thread.h %D%/fit.c %D%/fit.h %D%/window.c \
	%D%/window.h %D%/window_node.c %D%/ring.c %D%/ring.h %D%/speaker.c
plugins_sdl_la_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/plugins $(SDL_CFLAGS)
plugins_sdl_la_LDFLAGS = $(PLUGIN_LINK)
plugins_sdl_la_LIBADD = $(SDL_LIBS)
endif
EXTRA_DIST += %D%/README.md
