/* Between a tap and its view. [loop] */
#ifndef LQ_SDK_VIEWS_PRIVATE_H
#define LQ_SDK_VIEWS_PRIVATE_H

#include "views.h"

void lq__view_first(lq__view *view, uint32_t width, uint32_t height);
void lq__view_frame(lq__view *view, lq_frame *frame); /* gives it to the app's callback, if there is one */

#endif
