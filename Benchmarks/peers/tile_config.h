/* GCC before 11.5, 12.4 and 13.3 takes only the first 8 bytes of a tile configuration for read and drops the stores of the
   rest (PR target/114098): llama.cpp then dies at its first AMX instruction. Included before every file of its build. */
#if defined(__AMX_TILE__) && defined(__GNUC__) && !defined(__clang__)
#include <immintrin.h>
#define _tile_loadconfig(configuration) \
  __asm__ volatile("ldtilecfg %0" : : "m"(*(const char(*)[64])(configuration)))
#endif
