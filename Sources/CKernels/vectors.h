// Vectors of GM_LANES floats and the few functions on them that the C library only has for scalars.
// Included once per variant, under that variant's target attributes.

typedef float Vector __attribute__((vector_size(GM_LANES * 4), aligned(4)));
typedef int32_t IntVector __attribute__((vector_size(GM_LANES * 4), aligned(4)));
typedef uint32_t UIntVector __attribute__((vector_size(GM_LANES * 4), aligned(4)));
typedef uint16_t HalfVector __attribute__((vector_size(GM_LANES * 2), aligned(2)));
typedef int8_t ByteVector __attribute__((vector_size(GM_LANES), aligned(1)));

#define INLINE static inline __attribute__((always_inline))
#define LOAD(p) (*(const Vector *)(p))
#define STORE(p, v) (*(Vector *)(p) = (v))

INLINE Vector splat(float x) { return x - (Vector){0}; }

INLINE Vector select_vector(IntVector mask, Vector yes, Vector no) {
  return (Vector)((mask & (IntVector)yes) | (~mask & (IntVector)no));
}

// Where either is NaN these give `b`, as the processor's instructions do: numbers that may be NaN come second.
INLINE Vector minimum(Vector a, Vector b) { return select_vector(a < b, a, b); }
INLINE Vector maximum(Vector a, Vector b) { return select_vector(a > b, a, b); }

INLINE float sum_lanes(Vector v) {
  float lanes[GM_LANES], total = 0;
  memcpy(lanes, &v, sizeof lanes);
  for (int width = GM_LANES / 2; width; width /= 2)
    for (int i = 0; i < width; i++) lanes[i] += lanes[i + width];
  total = lanes[0];
  return total;
}

// The sums of the lanes of four vectors, as sum_lanes adds them.
INLINE void sum_four_lanes(const Vector *v, float *sums) {
#if GM_LANES == 16
#define PICK(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
  Vector halves[2];
#pragma clang loop unroll(full)
  for (int i = 0; i < 2; i++)
    halves[i] = PICK(v[2 * i], v[2 * i + 1], 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23) +
                PICK(v[2 * i], v[2 * i + 1], 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31);
  Vector quarters = PICK(halves[0], halves[1], 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27) +
                    PICK(halves[0], halves[1], 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31);
  quarters += PICK(quarters, quarters, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
  quarters += PICK(quarters, quarters, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14);
  for (int i = 0; i < 4; i++) sums[i] = quarters[4 * i];
#else
  for (int i = 0; i < 4; i++) sums[i] = sum_lanes(v[i]);
#endif
}

INLINE float max_lanes(Vector v) {
  float lanes[GM_LANES];
  memcpy(lanes, &v, sizeof lanes);
  float best = lanes[0];
  for (int i = 1; i < GM_LANES; i++) best = lanes[i] > best ? lanes[i] : best;
  return best;
}

// A partial vector: the first `count` lanes from memory, the others zero.
INLINE Vector load_part(const float *p, int64_t count) {
  if (count >= GM_LANES) return LOAD(p);
  Vector v = {0};
  memcpy(&v, p, (size_t)count * 4);
  return v;
}

INLINE void store_part(float *p, Vector v, int64_t count) {
  if (count >= GM_LANES) STORE(p, v);
  else memcpy(p, &v, (size_t)count * 4);
}

// e^x to about one unit in the last place: x = n·ln2 + r, |r| ≤ ln2/2, a polynomial for e^r (Cephes expf). NaN stays NaN.
INLINE Vector exponential(Vector x) {
  x = minimum(splat(88.3f), maximum(splat(-87.3f), x));
  const Vector shift = splat(12582912.0f);
  Vector n = (x * 1.44269504088896341f + shift) - shift;
  Vector r = x - n * 0.693359375f;
  r = r - n * -2.12194440e-4f;
  Vector p = splat(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  IntVector exponent = (__builtin_convertvector(n, IntVector) + 127) << 23;
  return p * (Vector)exponent;
}

INLINE Vector sigmoid(Vector x) { return 1.0f / (1.0f + exponential(-x)); }

INLINE Vector hyperbolic_tangent(Vector x) { return 2.0f * sigmoid(2.0f * x) - 1.0f; }

INLINE Vector absolute(Vector x) { return (Vector)((IntVector)x & 0x7FFFFFFF); }

// The error function, absolute error below 2e-7 (Abramowitz & Stegun 7.1.26).
INLINE Vector error_function(Vector x) {
  Vector a = absolute(x);
  Vector t = 1.0f / (1.0f + 0.3275911f * a);
  Vector p = splat(1.061405429f);
  p = p * t - 1.453152027f;
  p = p * t + 1.421413741f;
  p = p * t - 0.284496736f;
  p = p * t + 0.254829592f;
  Vector y = 1.0f - p * t * exponential(-a * a);
  return select_vector(x < 0.0f, -y, y);
}

INLINE Vector widen(const uint16_t *p) {
  HalfVector half = *(const HalfVector *)p;
  return (Vector)(__builtin_convertvector(half, UIntVector) << 16);
}

// float16 as floats; exact.
INLINE Vector float16_numbers(HalfVector halves) {
  const UIntVector bits = __builtin_convertvector(halves, UIntVector);
  const UIntVector size = bits & 0x7FFF;
  // The exponents are rebiased, and once more those of NaN.
  const UIntVector bias = 112 << 23 | (UIntVector){0};
  const Vector whole = (Vector)((size << 13) + bias + ((UIntVector)((IntVector)size >= 0x7C00) & bias));
  const Vector small = __builtin_convertvector((IntVector)size, Vector) * 0x1p-24f;
  const Vector number = select_vector((IntVector)size < 0x400, small, whole);
  return (Vector)((UIntVector)number | ((bits & 0x8000) << 16));
}

INLINE float half_number(const uint8_t *place) {
  HalfVector halves = {0};
  memcpy(&halves, place, sizeof halves[0]);
  return float16_numbers(halves)[0];
}
