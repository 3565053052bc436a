// Row, attention and matrix-vector kernels in float32 (weights also bfloat16): what oneDNN does not do well.
//
// Every function is single-threaded and touches only the rows that it is given; callers split the work. All matrices
// are row-major. `stride` is the distance between rows in elements.
#pragma once

#include <stdint.h>

typedef enum {
  GM_GELU_ERF = 0,    // x/2 · (1 + erf(x/√2))
  GM_GELU_TANH = 1,   // the tanh approximation of it
  GM_GELU_QUICK = 2,  // x · sigmoid(1.702 x)
} GMActivation;

// Some consecutive rows of keys and values of one key/value head. `key` and `value` point at the head's first column.
// The gradients are only looked at by the backward pass.
typedef struct {
  const float *key;
  const float *value;
  float *key_gradient;
  float *value_gradient;
  int64_t rows;
  int64_t stride;
} GMSpan;

// Queries that see the same spans. When causal, the last query sees every key and each earlier query one key less.
typedef struct {
  const float *query;
  float *output;
  const float *output_gradient;
  float *query_gradient;
  int64_t rows;
  int64_t stride;  // of query, output and their gradients
  const GMSpan *spans;
  int32_t span_count;
  int32_t causal;
  int64_t window;  // the most keys that a query sees, the last ones; 0 for all
} GMAttention;

typedef struct {
  const char *name;
  int64_t lanes;

  // Elementwise, over `count` numbers.
  void (*add)(const float *a, const float *b, float *out, int64_t count);
  void (*add_scaled)(float *accumulator, const float *x, float scale, int64_t count);
  void (*activation)(GMActivation kind, const float *x, float *out, int64_t count);
  void (*activation_backward)(GMActivation kind, const float *x, const float *dout, float *dx, int64_t count);
  void (*swiglu)(const float *gate, const float *up, float *out, int64_t count);
  void (*swiglu_backward)(const float *gate, const float *up, const float *dout, float *dgate, float *dup, int64_t count);
  double (*sum_of_squares)(const float *x, int64_t count);
  void (*to_bfloat16)(const float *x, uint16_t *out, int64_t count);
  void (*from_bfloat16)(const uint16_t *x, float *out, int64_t count);
  // AdamW (Loshchilov & Hutter 2019): `correction1`, `correction2` are 1 - βᵗ.
  void (*adamw)(float *parameter, const float *gradient, float *mean, float *variance, int64_t count, float rate,
                float beta1, float beta2, float epsilon, float decay, float correction1, float correction2,
                float gradient_scale);

  // By rows of `width` numbers.
  void (*rms_norm)(const float *x, const float *weight, float *out, float *inverse, int64_t rows, int64_t width, float epsilon);
  void (*rms_norm_backward)(const float *x, const float *weight, const float *inverse, const float *dout, float *dx,
                            float *dweight, int64_t rows, int64_t width);
  void (*layer_norm)(const float *x, const float *weight, const float *bias, float *out, float *mean, float *inverse,
                     int64_t rows, int64_t width, float epsilon);
  void (*layer_norm_backward)(const float *x, const float *weight, const float *mean, const float *inverse,
                              const float *dout, float *dx, float *dweight, float *dbias, int64_t rows, int64_t width);
  void (*add_bias)(float *x, const float *bias, int64_t rows, int64_t width);
  void (*sum_rows)(const float *x, float *accumulator, int64_t rows, int64_t width);
  void (*scale_rows)(const float *x, const float *scale, float *out, int64_t rows, int64_t width);
  void (*dot_rows)(const float *a, const float *b, float *out, int64_t rows, int64_t width);
  // Rotates the pairs (i, i + half) of each head by `direction` × the angles whose cosines and sines stand in row
  // `positions[row]` of the tables `[*, half]`.
  void (*rotate)(const float *x, float *out, const int32_t *positions, const float *cosines, const float *sines,
                 float direction, int64_t rows, int64_t heads, int64_t half);
  // The loss of each row and, where `dlogits` is not null, (softmax − one-hot) · scale. A negative target is ignored.
  void (*cross_entropy)(const float *logits, const int32_t *targets, float *losses, float *dlogits, float scale,
                        int64_t rows, int64_t classes);

  // out[m, n] (+)= Σₖ a[m·a_row + k·a_column] · b[k·b_stride + n]
  void (*multiply)(const float *a, int64_t a_row, int64_t a_column, const float *b, int64_t b_stride, float *out,
                   int64_t out_stride, int64_t m, int64_t n, int64_t k, int accumulate);
  // out[m, n] = Σₖ x[m, k] · weight[n, k] for the weight rows first ..< last; few x rows.
  void (*matrix_vector)(const float *x, const float *weight, float *out, int64_t m, int64_t k, int64_t out_stride,
                        int64_t first, int64_t last);
  void (*matrix_vector_bfloat16)(const float *x, const uint16_t *weight, float *out, int64_t m, int64_t k,
                                 int64_t out_stride, int64_t first, int64_t last);

  // softmax(scale · query · keyᵀ) · value for one head of each item; `scratch` holds attention_scratch floats.
  int64_t (*attention_scratch)(int64_t head_width, int64_t most_keys);
  void (*attention)(const GMAttention *items, int64_t count, int64_t head_width, float scale, int64_t most_keys, float *scratch);
  void (*attention_backward)(const GMAttention *items, int64_t count, int64_t head_width, float scale,
                             int64_t most_keys, float *scratch);
  // The softmax rows themselves, `out [rows, keys]`, for measuring the rank of attention maps.
  void (*attention_map)(const GMAttention *item, int64_t head_width, float scale, int64_t most_keys, float *scratch, float *out);

  // Depthwise convolution of a grid `[height · width, channels]` with `weight [side · side, channels]`, zeros around it.
  void (*depthwise)(const float *x, const float *weight, float *out, int64_t height, int64_t width, int64_t channels,
                    int64_t side, int64_t first, int64_t last);
  void (*depthwise_weight_gradient)(const float *x, const float *dout, float *dweight, int64_t height, int64_t width,
                                    int64_t channels, int64_t side);
} GMKernels;

// The variants that this processor can run, fastest first; the last is portable C. `count` receives how many.
const GMKernels *const *gm_kernels(int *count);
