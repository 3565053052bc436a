#include "CSentencePiece.h"

#include <sentencepiece_processor.h>

#include <cstdlib>
#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <vector>

struct gamma_sp_model {
  sentencepiece::SentencePieceProcessor processor;
};

namespace {

void explain(const char *message, char *reason, size_t capacity) {
  if (reason == nullptr || capacity == 0) return;
  std::strncpy(reason, message, capacity - 1);
  reason[capacity - 1] = '\0';
}

bool contains(const gamma_sp_model *model, int32_t id) {
  return id >= 0 && id < model->processor.GetPieceSize();
}

// A copy of `count` bytes for the caller, never NULL unless memory is gone.
void *hand_over(const void *source, size_t count) {
  void *memory = std::malloc(count == 0 ? 1 : count);
  if (memory != nullptr && count > 0) std::memcpy(memory, source, count);
  return memory;
}

}  // namespace

gamma_sp_model *gamma_sp_load(const void *bytes, size_t count, char *reason, size_t reason_capacity) {
  gamma_sp_model *model = nullptr;
  try {
    model = new gamma_sp_model;
    const auto status =
        model->processor.LoadFromSerializedProto({static_cast<const char *>(bytes), count});
    if (status.ok()) return model;
    explain(status.error_message(), reason, reason_capacity);
  } catch (const std::exception &error) {
    explain(error.what(), reason, reason_capacity);
  } catch (...) {
    explain("unknown failure", reason, reason_capacity);
  }
  gamma_sp_free(model);
  return nullptr;
}

void gamma_sp_free(gamma_sp_model *model) { delete model; }

int32_t gamma_sp_size(const gamma_sp_model *model) { return model->processor.GetPieceSize(); }
int32_t gamma_sp_bos(const gamma_sp_model *model) { return model->processor.bos_id(); }
int32_t gamma_sp_eos(const gamma_sp_model *model) { return model->processor.eos_id(); }
int32_t gamma_sp_pad(const gamma_sp_model *model) { return model->processor.pad_id(); }
int32_t gamma_sp_unk(const gamma_sp_model *model) { return model->processor.unk_id(); }

const char *gamma_sp_piece(const gamma_sp_model *model, int32_t id, size_t *count) {
  if (!contains(model, id)) return nullptr;
  const std::string &piece = model->processor.IdToPiece(id);
  *count = piece.size();
  return piece.data();
}

gamma_sp_kind gamma_sp_kind_of(const gamma_sp_model *model, int32_t id) {
  if (!contains(model, id)) return GAMMA_SP_UNUSED;
  if (model->processor.IsUnknown(id)) return GAMMA_SP_UNKNOWN;
  if (model->processor.IsControl(id)) return GAMMA_SP_CONTROL;
  if (model->processor.IsByte(id)) return GAMMA_SP_BYTE;
  if (model->processor.IsUnused(id)) return GAMMA_SP_UNUSED;
  return GAMMA_SP_NORMAL;
}

int64_t gamma_sp_encode(const gamma_sp_model *model, const char *text, size_t count, int32_t **ids) {
  try {
    std::vector<int> found;
    if (!model->processor.Encode({text, count}, &found).ok()) return -1;
    static_assert(sizeof(int) == sizeof(int32_t), "ids are 32-bit");
    *ids = static_cast<int32_t *>(hand_over(found.data(), found.size() * sizeof(int32_t)));
    return *ids == nullptr ? -1 : static_cast<int64_t>(found.size());
  } catch (...) {
    return -1;
  }
}

int64_t gamma_sp_decode(const gamma_sp_model *model, const int32_t *ids, size_t count, char **text) {
  try {
    const std::vector<int> wanted(ids, ids + count);
    for (int id : wanted) {
      if (!contains(model, id)) return -1;
    }
    std::string decoded;
    if (!model->processor.Decode(wanted, &decoded).ok()) return -1;
    *text = static_cast<char *>(hand_over(decoded.data(), decoded.size()));
    return *text == nullptr ? -1 : static_cast<int64_t>(decoded.size());
  } catch (...) {
    return -1;
  }
}

void gamma_sp_release(void *memory) { std::free(memory); }
