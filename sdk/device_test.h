/* Tests of a microphone and of a speaker, outside of rooms: each has a graph of its own. */
#ifndef LQ_SDK_DEVICE_TEST_H
#define LQ_SDK_DEVICE_TEST_H

#include <loquat/loquat.h>

typedef struct lq__device_test lq__device_test;

/* Ends all tests of an engine, whose threads still run. */
void lq__device_tests_stop(lq_engine *engine);

#endif
