#include "CThreads.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

enum {
  OPEN = 1 << 30,    // set in `gate` while helpers may come in; the bits below count those inside
  HELPER_SPINS = 4000,  // looks for new work, some tens of microseconds, before a helper sleeps
  CALLER_SPINS = 2000   // looks for the end of the helpers' parts before the caller lets other programs run
};

struct GMThreads {
  _Atomic int32_t busy;
  _Atomic int32_t gate;
  _Atomic uint32_t turn;  // counts the loops
  _Atomic int32_t sleepers;
  _Atomic int32_t stops;
  _Atomic int64_t next;  // the next part that nobody has taken
  // Written only while the gate is closed and nobody is inside.
  int64_t parts;
  void (*body)(void *context, int64_t part);
  void *context;
  pthread_mutex_t lock;
  pthread_cond_t wakes;
  int32_t helpers;
  pthread_t ids[];
};

static inline void pause_briefly(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static void take_parts(GMThreads *threads) {
  for (;;) {
    const int64_t part = atomic_fetch_add(&threads->next, 1);
    if (part >= threads->parts) return;
    threads->body(threads->context, part);
  }
}

static void help(GMThreads *threads) {
  int32_t gate = atomic_load(&threads->gate);
  while (gate & OPEN)
    if (atomic_compare_exchange_weak(&threads->gate, &gate, gate + 1)) {
      take_parts(threads);
      atomic_fetch_sub(&threads->gate, 1);
      return;
    }
}

static void await_turn(GMThreads *threads, uint32_t seen) {
  for (int32_t spin = 0; spin < HELPER_SPINS; spin++) {
    if (atomic_load_explicit(&threads->turn, memory_order_acquire) != seen) return;
    pause_briefly();
  }
  pthread_mutex_lock(&threads->lock);
  atomic_fetch_add(&threads->sleepers, 1);
  while (atomic_load(&threads->turn) == seen) pthread_cond_wait(&threads->wakes, &threads->lock);
  atomic_fetch_sub(&threads->sleepers, 1);
  pthread_mutex_unlock(&threads->lock);
}

static void begin_turn(GMThreads *threads) {
  atomic_fetch_add(&threads->turn, 1);
  if (atomic_load(&threads->sleepers) == 0) return;
  pthread_mutex_lock(&threads->lock);
  pthread_cond_broadcast(&threads->wakes);
  pthread_mutex_unlock(&threads->lock);
}

static void *helper(void *argument) {
  GMThreads *threads = argument;
  uint32_t seen = 0;
  for (;;) {
    await_turn(threads, seen);
    if (atomic_load(&threads->stops)) return 0;
    seen = atomic_load(&threads->turn);
    help(threads);
  }
}

GMThreads *gm_threads_create(int32_t helpers) {
  GMThreads *threads = calloc(1, sizeof(GMThreads) + (size_t)helpers * sizeof(pthread_t));
  if (!threads) return 0;
  pthread_mutex_init(&threads->lock, 0);
  pthread_cond_init(&threads->wakes, 0);
  for (int32_t i = 0; i < helpers; i++) {
    if (pthread_create(&threads->ids[i], 0, helper, threads) != 0) break;
    threads->helpers = i + 1;
  }
  if (threads->helpers > 0) return threads;
  gm_threads_free(threads);
  return 0;
}

void gm_threads_run(GMThreads *threads, int64_t parts, void (*body)(void *context, int64_t part), void *context) {
  if (atomic_exchange(&threads->busy, 1)) {
    for (int64_t part = 0; part < parts; part++) body(context, part);
    return;
  }
  threads->parts = parts;
  threads->body = body;
  threads->context = context;
  atomic_store(&threads->next, 0);
  atomic_store(&threads->gate, OPEN);
  begin_turn(threads);
  take_parts(threads);
  atomic_fetch_and(&threads->gate, ~OPEN);
  for (int32_t spin = 0; atomic_load_explicit(&threads->gate, memory_order_acquire) != 0; spin++) {
    if (spin < CALLER_SPINS) pause_briefly();
    else sched_yield();
  }
  atomic_store(&threads->busy, 0);
}

void gm_threads_free(GMThreads *threads) {
  if (!threads) return;
  atomic_store(&threads->stops, 1);
  begin_turn(threads);
  for (int32_t i = 0; i < threads->helpers; i++) pthread_join(threads->ids[i], 0);
  pthread_cond_destroy(&threads->wakes);
  pthread_mutex_destroy(&threads->lock);
  free(threads);
}
