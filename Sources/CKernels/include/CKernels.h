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
  GM_SILU = 3,        // x · sigmoid(x)
  GM_IDENTITY = 4,    // x
} GMActivation;

// How keys and values are held.
typedef enum {
  GM_SPAN_FLOATS,
  GM_SPAN_HALVES,  // float16
  GM_SPAN_BYTES    // signed; those of one row and head share a scale
} GMSpanFormat;

// Some consecutive rows of keys and values. `key` and `value` point at the first row's first head, `key_scales` and
// `value_scales`, for bytes, at its scale, behind which those of the row's other heads lie. The gradients are only looked
// at by the backward pass, which reads floats.
typedef struct {
  const void *key;
  const void *value;
  const float *key_scales;
  const float *value_scales;
  float *key_gradient;
  float *value_gradient;
  int64_t rows;
  int64_t stride;        // from row to row of keys, values and their gradients
  int64_t head_stride;   // from head to head of them
  int64_t scale_stride;  // of the scales
  GMSpanFormat format;
} GMSpan;

// Queries that see the same spans. `query` points at the first row's first head, the others follow; `output` and the
// gradients likewise. When causal, the last query sees every key and each earlier query one key less; `ahead` adds to that.
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
  int32_t rounds;  // whether the forward pass may round its operands to bfloat16
  int64_t window;  // the most keys up to its own that a query sees, the last ones; 0 for all
  const int32_t *ahead;  // of causal queries, how many keys behind its own each one sees, never fewer in all than the one before; null for none
} GMAttention;

typedef struct {
  const GMAttention *items;
  int64_t count;
  int64_t units;  // of the items for one key/value head
  int64_t key_value_heads;
  int64_t group;  // query heads that share a key/value head, one behind the other
  int64_t head_width;
  int64_t most_keys;  // of an item
  float scale;
} GMAttentionCall;

enum {
  GM_PANEL = 64,  // outputs of a panel of packed weights
  // 8 bits: inputs that share a scale, and the bytes of their block of a panel: four inputs of each output side by side,
  // then bfloat16 scales and int16 sums of the numbers. The last block may have only 64 inputs.
  GM_BYTE_GROUP = 128,
  GM_BYTE_BLOCK = GM_PANEL * (GM_BYTE_GROUP + 4),
  // 4 bits: the same; of each byte the low half belongs to the first four of eight inputs, the high half to the others.
  // Nibbles mean the number plus 8.
  GM_NIBBLE_GROUP = 32,
  GM_NIBBLE_BLOCK = GM_PANEL * (GM_NIBBLE_GROUP / 2 + 2),
  GM_ROW_PADDING = 16,
  GM_LOW_BITS = 7,  // of a number as two bytes
  // Formats of blocks: inputs whose codes lie together.
  GM_CODE_GROUP = 32,
  // bfloat16: rows of a block and numbers of a tile, see GMRows.
  GM_HALF_ROWS = 32,
  GM_HALF_GROUP = 32
};

// How rows enter a product.
typedef enum {
  GM_FLOATS,
  GM_SHIFTED_BYTES,  // numbers plus 128
  GM_SIGNED_BYTES,   // with sums
  GM_PAIRED_BYTES,   // two bytes a number
  GM_HALVES
} GMRowKind;

// How the numbers of a weight are held.
typedef enum {
  GM_FLOAT32,
  GM_BFLOAT16,
  GM_INT8,
  GM_INT4,
  // Those of llama.cpp's files, in blocks.
  GM_FIRST_BLOCK_FORMAT,
  GM_Q4_0 = GM_FIRST_BLOCK_FORMAT,
  GM_Q4_1,
  GM_Q5_0,
  GM_Q5_1,
  GM_Q8_0,
  GM_Q2_K,
  GM_Q3_K,
  GM_Q4_K,
  GM_Q5_K,
  GM_Q6_K,
  GM_IQ4_NL,
  GM_IQ4_XS
} GMFormat;

// A weight matrix [outputs, inputs]. Floats and bfloat16: row-major or, for floats, laid out in panels [inputs, GM_PANEL].
// Others: panels of blocks. Outputs are padded to whole panels.
typedef struct {
  const uint8_t *values;
  int64_t outputs;
  int64_t inputs;
  GMFormat format;
  int32_t laid_out;
} GMWeight;

// Rows for products. As floats, for weights of floats and bfloat16. As bytes for packed weights: those of each GM_BYTE_GROUP
// of all rows one behind the other, x ≈ scale · number. The bytes are the numbers plus 128 or, where there are sums, the
// signed numbers. Both arrays may be read GM_ROW_PADDING rows beyond their end. As pairs of bytes for weights in blocks: of
// each GM_CODE_GROUP numbers of a row the upper bytes and then the lower ones, number = upper · 2^GM_LOW_BITS + lower, with
// one scale, and in `totals` the sums of both halves of the group, scaled. As bfloat16 for such weights: blocks of
// GM_HALF_ROWS rows, in each of them GM_HALF_GROUP numbers of every row, then the next ones; both padded to whole ones.
typedef struct {
  const float *floats;
  int64_t stride;  // of floats, in elements
  const uint8_t *bytes;  // [groups, rows, GM_BYTE_GROUP]
  const float *scales;   // [groups, rows]
  const int32_t *sums;   // [groups of GM_NIBBLE_GROUP, rows]
  const float *totals;   // [groups of GM_CODE_GROUP, rows, 2]
  const uint16_t *halves;  // halves_size of them
  int64_t rows;
} GMRows;

// Where a product goes: out = residual + factors · activation(product + bias), each of them optional. With a second product,
// which the first one gates, activation(product + bias) · second takes the place of the activation.
typedef struct {
  float *out;
  int64_t stride;
  const float *bias;      // per output
  const float *factors;   // per row
  const float *column_factors;  // per output
  const float *residual;  // as out
  GMActivation activation;
  int32_t activates;
} GMTarget;

// A matrix whose row `r` holds zeros behind its first used[r] columns; used_columns finds out how many.
typedef struct {
  const float *values;
  int64_t rows;
  int64_t width;
  const int64_t *used;
} GMMatrix;

typedef struct {
  const char *name;
  int64_t lanes;

  // Elementwise, over `count` numbers.
  void (*add)(const float *a, const float *b, float *out, int64_t count);
  void (*add_scaled)(float *accumulator, const float *x, float scale, int64_t count);
  void (*activation)(GMActivation kind, const float *x, float *out, int64_t count);
  void (*activation_backward)(GMActivation kind, const float *x, const float *dout, float *dx, int64_t count);
  // activation(gate) · up
  void (*gated)(GMActivation kind, const float *gate, const float *up, float *out, int64_t count);
  void (*gated_backward)(GMActivation kind, const float *gate, const float *up, const float *dout, float *dgate, float *dup,
                         int64_t count);
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
  void (*scale_columns)(const float *x, const float *scale, float *out, int64_t rows, int64_t width);
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

  // The rows first ..< last of `x [*, width]` as bytes, signed where `out` has sums.
  void (*quantize_rows)(const float *x, int64_t width, int64_t first, int64_t last, const GMRows *out);
  // The same as bfloat16, and how many numbers that takes.
  void (*halve_rows)(const float *x, int64_t width, int64_t first, int64_t last, const GMRows *out);
  int64_t (*halves_size)(int64_t rows, int64_t width);
  // As what so many rows meet a weight.
  GMRowKind (*row_kind)(const GMWeight *weight, int64_t rows);
  // x · weightᵀ for some of the product_units(rows, outputs) units of work; with `up`, silu(x · weightᵀ) · (x · upᵀ),
  // where both have the same format and shape. `scratch` holds product_scratch bytes for each of the two.
  int64_t (*product_units)(int64_t rows, int64_t outputs);
  int64_t (*product_scratch)(const GMWeight *weight, int64_t rows);
  void (*multiply_weight)(const GMRows *x, const GMWeight *weight, const GMWeight *up, const GMTarget *target, int64_t first,
                          int64_t last, void *scratch);
  // Bytes of a panel of packed weights; writes one from `rows` ≤ GM_PANEL outputs; reads one output back.
  int64_t (*panel_bytes)(GMFormat format, int64_t inputs);
  void (*pack_panel)(const float *x, int64_t rows, const GMWeight *weight, int64_t panel);
  void (*unpack_row)(const GMWeight *weight, int64_t output, float *out);
  // Of a format of blocks: the inputs of a block, 0 for other formats, and the bytes that it takes in files; writes a panel
  // from the blocks of `rows` outputs, each of which begins in its own place.
  int64_t (*file_block)(GMFormat format, int64_t *bytes);
  void (*pack_blocks)(const uint8_t *const *lines, int64_t rows, const GMWeight *weight, int64_t panel);
  // Doubles the numbers of a panel of blocks, which is exact.
  void (*double_blocks)(const GMWeight *weight, int64_t panel);
  // Whether the scales of packed weights in one panel are all numbers.
  int (*has_finite_scales)(const GMWeight *weight, int64_t panel);

  // Lines `x [lines, head_width]` in a narrow format, each with its scale where that has scales.
  void (*narrow_lines)(GMSpanFormat format, const float *x, int64_t lines, int64_t head_width, void *out, float *scales);
  // One key or value of a head as floats.
  void (*read_line)(const GMSpan *span, int32_t is_value, int64_t row, int64_t head, int64_t head_width, float *out);
  // softmax(scale · query · keyᵀ) · value for the units first ..< last; `scratch` holds attention_scratch floats. A unit
  // is a block of attention_block queries of an item in all heads that share a key/value head. Those of an item lie
  // together, those of all items for one key/value head before those for the next one; neighbours share their keys.
  int64_t (*attention_block)(const GMAttention *item);
  int64_t (*attention_scratch)(int64_t head_width, int64_t most_keys);
  void (*attention)(const GMAttentionCall *call, int64_t first, int64_t last, float *scratch);
  // All items for one key/value head.
  void (*attention_backward)(const GMAttentionCall *call, int64_t key_value_head, float *scratch);
  // The softmax rows of the only item for a query head, `out [rows, keys]`, for measuring the rank of attention maps.
  void (*attention_map)(const GMAttentionCall *call, int64_t query_head, float *scratch, float *out);

  // Counts singular values. `products` holds x · xᵀ in doubles, row_products_size of them; `scratch` holds
  // row_products_scratch doubles.
  void (*used_columns)(const float *x, int64_t rows, int64_t width, int64_t *used);
  int64_t (*row_products_size)(int64_t rows);
  int64_t (*row_products_scratch)(int64_t rows, int64_t width);
  void (*row_products)(const GMMatrix *x, double *products, double *scratch);
  // The eigenvalues of `products` above `bound`. Pivots smaller than `least` count as negative and as of that size;
  // `largest` receives the size of the largest one, by which rounding errors grow.
  int64_t (*count_above)(const double *products, int64_t rows, double bound, double least, double *scratch, double *largest);
  // out [width] = xᵀ · (x · v)
  void (*multiply_twice)(const GMMatrix *x, const float *v, float *out);

  // Depthwise convolution of a grid `[height · width, channels]` with `weight [side · side, channels]`, zeros around it,
  // plus a bias per channel unless that is null; the grid rows first ..< last.
  void (*depthwise)(const float *x, const float *weight, const float *bias, float *out, int64_t height, int64_t width,
                    int64_t channels, int64_t side, int64_t first, int64_t last);
  void (*depthwise_weight_gradient)(const float *x, const float *dout, float *dweight, int64_t height, int64_t width,
                                    int64_t channels, int64_t side);
} GMKernels;

// Whether products of bfloat16 are faster than those of float32: by matrix tiles, or by AMD's vectors. Intel's vectors do
// half as many (measured on Sapphire Rapids: 0.086 against 0.177 TFLOP/s a core).
int gm_multiplies_halves_fast(void);

// The variants that this processor can run, fastest first; the last is portable C. `count` receives how many.
const GMKernels *const *gm_kernels(int *count);
