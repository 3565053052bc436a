#include "CKernels.h"

extern const GMKernels gm_kernels_portable;
#if defined(__x86_64__)
extern const GMKernels gm_kernels_avx2, gm_kernels_avx512, gm_kernels_avx512vnni;
static const GMKernels *const variants[] = {&gm_kernels_avx512vnni, &gm_kernels_avx512, &gm_kernels_avx2,
                                            &gm_kernels_portable};
#else
static const GMKernels *const variants[] = {&gm_kernels_portable};
#endif

const GMKernels *const *gm_kernels(int *count) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const int avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const int avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                     __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  const int vnni = avx512 && __builtin_cpu_supports("avx512vnni");
  const int skipped = vnni ? 0 : avx512 ? 1 : avx2 ? 2 : 3;
  *count = 4 - skipped;
  return variants + skipped;
#else
  *count = 1;
  return variants;
#endif
}
