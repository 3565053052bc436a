#if defined(__linux__)
#define _GNU_SOURCE
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "CKernels.h"

extern const GMKernels gm_kernels_portable;
#if defined(__x86_64__)
extern const GMKernels gm_kernels_avx2, gm_kernels_avx512, gm_kernels_avx512vnni, gm_kernels_avx512bf16, gm_kernels_amx;
static const GMKernels *const variants[] = {&gm_kernels_amx,    &gm_kernels_avx512bf16, &gm_kernels_avx512vnni,
                                            &gm_kernels_avx512, &gm_kernels_avx2,       &gm_kernels_portable};
// Where vectors of bfloat16 are multiplied slower than those of float32.
static const GMKernels *const slow_halves_variants[] = {&gm_kernels_amx,    &gm_kernels_avx512vnni, &gm_kernels_avx512bf16,
                                                        &gm_kernels_avx512, &gm_kernels_avx2,       &gm_kernels_portable};
#else
static const GMKernels *const variants[] = {&gm_kernels_portable};
#endif

// Whether the processor has matrix tiles and the system lets this process use them.
static int permits_tiles(void) {
#if defined(__x86_64__) && defined(__linux__)
  enum { TILE_DATA = 18, REQUEST_PERMISSION = 0x1023 };
  return __builtin_cpu_supports("amx-int8") && __builtin_cpu_supports("amx-bf16") &&
         syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
#else
  return 0;
#endif
}

int gm_multiplies_halves_fast(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512bf16") && (permits_tiles() || !__builtin_cpu_is("intel"));
#else
  return 0;
#endif
}

const GMKernels *const *gm_kernels(int *count) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const int avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                     __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  const int vnni = avx512 && __builtin_cpu_supports("avx512vnni");
  const int halves = vnni && __builtin_cpu_supports("avx512bf16");
  const int skipped = halves && permits_tiles() ? 0 : halves ? 1 : vnni ? 2 : avx512 ? 3 : avx2 ? 4 : 5;
  *count = 6 - skipped;
  return (halves && __builtin_cpu_is("intel") ? slow_halves_variants : variants) + skipped;
#else
  *count = 1;
  return variants;
#endif
}
