#if defined(__x86_64__)
#include <immintrin.h>

#define GM_NAME "avx2"
#define GM_TABLE gm_kernels_avx2
#define GM_LANES 8
#define GM_REGISTERS 16
#define GM_AVX2 1
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "variant.inc"
#pragma clang attribute pop
#else
typedef int gm_no_avx2;
#endif
