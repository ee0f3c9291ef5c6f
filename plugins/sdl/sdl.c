/* The plugin "sdl": a window and a speaker on SDL 2. */
#include "sdl.h"

#include <SDL.h>
#include <pthread.h>

static pthread_mutex_t init_lock = PTHREAD_MUTEX_INITIALIZER;

int lq__sdl_init(uint32_t subsystem)
{
	pthread_mutex_lock(&init_lock);
	/* A library does not take the program's signals, nor end it with its last window. */
	SDL_SetHint(SDL_HINT_NO_SIGNAL_HANDLERS, "1");
	SDL_SetHint("SDL_QUIT_ON_LAST_WINDOW_CLOSE", "0");
	SDL_SetHint(SDL_HINT_VIDEO_X11_NET_WM_BYPASS_COMPOSITOR, "0");
	/* The software renderer goes to the screen itself, not through an OpenGL of its own. */
	SDL_SetHint(SDL_HINT_FRAMEBUFFER_ACCELERATION, "0");
	SDL_SetMainReady();
	int rc = SDL_InitSubSystem(subsystem);
	pthread_mutex_unlock(&init_lock);
	return rc;
}

void lq__sdl_quit(uint32_t subsystem)
{
	pthread_mutex_lock(&init_lock);
	SDL_QuitSubSystem(subsystem);
	pthread_mutex_unlock(&init_lock);
}

static const lq_node_desc *const nodes[] = {&lq__sdl_window_desc, &lq__sdl_speaker_desc};

LQ_PLUGIN_EXPORT const lq_plugin lq_plugin_abi0 = {
	.struct_size = sizeof(lq_plugin),
	.abi_minor = LQ_ABI_MINOR,
	.name = "sdl",
	.version = "0.1.0",
	.licence = "Apache-2.0",
	.summary = "A window and a speaker on SDL 2",
	.nodes = nodes,
	.n_nodes = 2,
};
