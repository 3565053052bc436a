// Four lanes: SSE2 on x86-64, NEON on Arm, plain code elsewhere.
#define GM_NAME "portable"
#define GM_TABLE gm_kernels_portable
#define GM_LANES 4
#define GM_REGISTERS 16
#include "variant.inc"
