// oneDNN's C API for Swift. The differences between oneDNN 2 and 3 end here.
#pragma once

#include <oneapi/dnnl/dnnl.h>

// How many threads OpenMP, on which oneDNN runs, gives to the next call of this thread.
void omp_set_num_threads(int count);

// A row-major matrix, or the transpose of one.
static inline dnnl_status_t gm_matrix(dnnl_memory_desc_t *out, dnnl_data_type_t type, int64_t rows, int64_t columns,
                                      int transposed) {
  dnnl_dims_t shape = {rows, columns};
  dnnl_dims_t strides = {transposed ? 1 : columns, transposed ? rows : 1};
#if DNNL_VERSION_MAJOR >= 3
  return dnnl_memory_desc_create_with_strides(out, 2, shape, type, strides);
#else
  return dnnl_memory_desc_init_by_strides(out, 2, shape, type, strides);
#endif
}

// A product of bfloat16 matrices with float32 result, a [m, k] · b [k, n] (+ what the result holds already).
// `name` receives the implementation's name, valid as long as oneDNN is loaded.
static inline dnnl_status_t gm_matmul_create(dnnl_engine_t engine, int64_t m, int64_t n, int64_t k, int transpose_a,
                                             int transpose_b, int accumulate, dnnl_primitive_t *out, const char **name) {
  dnnl_memory_desc_t a, b, c;
  dnnl_primitive_attr_t attributes;
  dnnl_post_ops_t additions;
  dnnl_primitive_desc_t description;
  dnnl_status_t status = gm_matrix(&a, dnnl_bf16, m, k, transpose_a);
  if (status == dnnl_success) status = gm_matrix(&b, dnnl_bf16, k, n, transpose_b);
  if (status == dnnl_success) status = gm_matrix(&c, dnnl_f32, m, n, 0);
  if (status == dnnl_success) status = dnnl_primitive_attr_create(&attributes);
  if (status != dnnl_success) return status;
  if (accumulate) {
    dnnl_post_ops_create(&additions);
#if DNNL_VERSION_MAJOR >= 3
    dnnl_post_ops_append_sum(additions, 1.0f, 0, dnnl_data_type_undef);
#else
    dnnl_post_ops_append_sum(additions, 1.0f);
#endif
    dnnl_primitive_attr_set_post_ops(attributes, additions);
    dnnl_post_ops_destroy(additions);
  }
#if DNNL_VERSION_MAJOR >= 3
  status = dnnl_matmul_primitive_desc_create(&description, engine, a, b, 0, c, attributes);
  dnnl_memory_desc_destroy(a);
  dnnl_memory_desc_destroy(b);
  dnnl_memory_desc_destroy(c);
#else
  dnnl_matmul_desc_t operation;
  status = dnnl_matmul_desc_init(&operation, &a, &b, 0, &c);
  if (status == dnnl_success) status = dnnl_primitive_desc_create(&description, &operation, attributes, engine, 0);
#endif
  dnnl_primitive_attr_destroy(attributes);
  if (status != dnnl_success) return status;
  dnnl_primitive_desc_query(description, dnnl_query_impl_info_str, 0, (void *)name);
  status = dnnl_primitive_create(out, description);
  dnnl_primitive_desc_destroy(description);
  return status;
}

// Runs a product made by gm_matmul_create with the same sizes.
static inline dnnl_status_t gm_matmul_run(dnnl_engine_t engine, dnnl_stream_t stream, dnnl_primitive_t primitive, int64_t m,
                                          int64_t n, int64_t k, int transpose_a, int transpose_b, const void *a,
                                          const void *b, void *c) {
  dnnl_memory_desc_t layouts[3];
  dnnl_memory_t memory[3] = {0, 0, 0};
  const int arguments[3] = {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST};
  void *pointers[3] = {(void *)a, (void *)b, c};
  dnnl_exec_arg_t list[3];
  gm_matrix(&layouts[0], dnnl_bf16, m, k, transpose_a);
  gm_matrix(&layouts[1], dnnl_bf16, k, n, transpose_b);
  dnnl_status_t status = gm_matrix(&layouts[2], dnnl_f32, m, n, 0);
  for (int i = 0; i < 3 && status == dnnl_success; i++) {
#if DNNL_VERSION_MAJOR >= 3
    status = dnnl_memory_create(&memory[i], layouts[i], engine, pointers[i]);
    dnnl_memory_desc_destroy(layouts[i]);
#else
    status = dnnl_memory_create(&memory[i], &layouts[i], engine, pointers[i]);
#endif
    list[i].arg = arguments[i];
    list[i].memory = memory[i];
  }
  if (status == dnnl_success) status = dnnl_primitive_execute(primitive, stream, 3, list);
  if (status == dnnl_success) status = dnnl_stream_wait(stream);
  for (int i = 0; i < 3; i++)
    if (memory[i]) dnnl_memory_destroy(memory[i]);
  return status;
}
