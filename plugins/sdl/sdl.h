/* What the files of this plugin share. */
#ifndef LQ_SDL_SDL_H
#define LQ_SDL_SDL_H

#include <loquat/plugin/plugin.h>

extern const lq_node_desc lq__sdl_window_desc;
extern const lq_node_desc lq__sdl_speaker_desc;

/* [any] SDL's start and end of subsystems are not thread safe: they go through here. Counted, as in SDL. Returns 0, or -1 with
 * SDL_GetError() set on this thread. */
int lq__sdl_init(uint32_t subsystem);
void lq__sdl_quit(uint32_t subsystem);

#endif
