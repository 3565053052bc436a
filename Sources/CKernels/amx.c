#if defined(__x86_64__)
#include <immintrin.h>

#define GM_NAME "amx"
#define GM_TABLE gm_kernels_amx
#define GM_LANES 16
#define GM_REGISTERS 32
#define GM_VNNI 1
#define GM_MULTIPLIES_HALVES 1
#define GM_AMX 1
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,amx-tile,amx-int8,amx-bf16,avx512bf16,avx2,fma"))), apply_to = function)
#include "variant.inc"
#pragma clang attribute pop
#else
typedef int gm_no_amx;
#endif
