// Threads that share the parts of one loop at a time with the thread that asks for it.
//
// Whoever is free takes the next part, and the caller waits only for parts that a helper has begun: a helper that other
// programs keep from running costs its share of the speed and nothing else.
#pragma once

#include <stdint.h>

typedef struct GMThreads GMThreads;

// Null if the system has no more threads.
GMThreads *gm_threads_create(int32_t helpers);
// Calls body(context, part) once for each part in 0 ..< parts. A call from inside another, or while another thread makes
// one, does all the work itself.
void gm_threads_run(GMThreads *threads, int64_t parts, void (*body)(void *context, int64_t part), void *context);
// Ends the helpers; no call may be running.
void gm_threads_free(GMThreads *threads);
