// A C view of the parts of libsentencepiece that reading a trained model needs. No exception crosses it.
#ifndef GAMMA_SENTENCEPIECE_H
#define GAMMA_SENTENCEPIECE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Opaque: a loaded model, which never changes and may be used by several threads at once.
typedef struct gamma_sp_model gamma_sp_model;

typedef enum gamma_sp_kind {
  GAMMA_SP_NORMAL = 0,
  GAMMA_SP_UNKNOWN = 1,
  GAMMA_SP_CONTROL = 2,
  GAMMA_SP_BYTE = 3,
  GAMMA_SP_UNUSED = 4
} gamma_sp_kind;

// Loads a serialized model. On failure returns NULL and writes a zero-terminated reason into `reason`.
gamma_sp_model *gamma_sp_load(const void *bytes, size_t count, char *reason, size_t reason_capacity);
void gamma_sp_free(gamma_sp_model *model);

int32_t gamma_sp_size(const gamma_sp_model *model);
int32_t gamma_sp_bos(const gamma_sp_model *model);
int32_t gamma_sp_eos(const gamma_sp_model *model);
int32_t gamma_sp_pad(const gamma_sp_model *model);
int32_t gamma_sp_unk(const gamma_sp_model *model);

// The piece `id`, valid as long as the model; NULL for an id outside the vocabulary.
const char *gamma_sp_piece(const gamma_sp_model *model, int32_t id, size_t *count);
gamma_sp_kind gamma_sp_kind_of(const gamma_sp_model *model, int32_t id);

// Encodes UTF-8 text. Returns the number of ids, in memory for gamma_sp_release, or -1 on failure.
int64_t gamma_sp_encode(const gamma_sp_model *model, const char *text, size_t count, int32_t **ids);

// Decodes ids inside the vocabulary into UTF-8. Returns the number of bytes, in memory for gamma_sp_release, or -1.
int64_t gamma_sp_decode(const gamma_sp_model *model, const int32_t *ids, size_t count, char **text);

void gamma_sp_release(void *memory);

#ifdef __cplusplus
}
#endif

#endif
