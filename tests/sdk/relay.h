/* A TCP relay on 127.0.0.1, on a thread of its own, whose connections a test can cut. */
#ifndef SDK_TEST_RELAY_H
#define SDK_TEST_RELAY_H

typedef struct relay relay;

relay *relay_start(const char *url); /* to "ws://127.0.0.1:PORT" */
const char *relay_url(const relay *r);
void relay_cut(relay *r);            /* all connections; it is so when it returns */
void relay_refuse(relay *r, int on); /* whether new ones are cut, too */
void relay_freeze(relay *r, int on); /* nothing passes, though nothing is closed; what was sent meanwhile comes when it thaws */
void relay_stop(relay *r);

#endif
