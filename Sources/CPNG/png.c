#include "CPNG.h"

#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

// What libpng's callbacks need: the place to return to after an error, and where the bytes come from or go.
struct session {
  jmp_buf failed;
  char *message;
  size_t message_size;
  const uint8_t *input;
  size_t input_left;
  uint8_t *output;
  size_t output_size, output_capacity;
};

static void on_error(png_structp png, png_const_charp text) {
  struct session *session = png_get_error_ptr(png);
  snprintf(session->message, session->message_size, "%s", text);
  longjmp(session->failed, 1);
}

static void on_warning(png_structp png, png_const_charp text) {
  (void)png;
  (void)text;
}

static void read_input(png_structp png, png_bytep bytes, size_t count) {
  struct session *session = png_get_io_ptr(png);
  if (count > session->input_left) png_error(png, "the file ends too early");
  memcpy(bytes, session->input, count);
  session->input += count;
  session->input_left -= count;
}

static void write_output(png_structp png, png_bytep bytes, size_t count) {
  struct session *session = png_get_io_ptr(png);
  if (count > SIZE_MAX / 4 - session->output_size) png_error(png, "the picture is too large");
  size_t needed = session->output_size + count;
  if (needed > session->output_capacity) {
    size_t capacity = needed * 2 < 4096 ? 4096 : needed * 2;
    uint8_t *grown = realloc(session->output, capacity);
    if (grown == NULL) png_error(png, "out of memory");
    session->output = grown;
    session->output_capacity = capacity;
  }
  memcpy(session->output + session->output_size, bytes, count);
  session->output_size = needed;
}

static void flush_output(png_structp png) { (void)png; }

bool gamma_png_decode(const uint8_t *file, size_t file_size, uint32_t width, uint32_t height, uint8_t *rgb,
                      char *message, size_t message_size) {
  struct session session = {.message = message, .message_size = message_size};
  session.input = file;
  session.input_left = file_size;
  png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &session, on_error, on_warning);
  png_infop info = png == NULL ? NULL : png_create_info_struct(png);
  if (info == NULL) {
    png_destroy_read_struct(&png, NULL, NULL);
    snprintf(message, message_size, "out of memory");
    return false;
  }
  if (setjmp(session.failed)) {
    png_destroy_read_struct(&png, &info, NULL);
    return false;
  }

  png_set_read_fn(png, &session, read_input);
  png_set_user_limits(png, width, height);
  png_set_chunk_malloc_max(png, 1 << 20);
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
  png_read_info(png, info);
  if (png_get_image_width(png, info) != width || png_get_image_height(png, info) != height) {
    png_error(png, "the size differs from the header's");
  }
  png_byte color = png_get_color_type(png, info);
  if (png_get_bit_depth(png, info) == 16) png_set_strip_16(png);
  if (color == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
  if (color == PNG_COLOR_TYPE_GRAY) png_set_expand_gray_1_2_4_to_8(png);
  if ((color & PNG_COLOR_MASK_COLOR) == 0) png_set_gray_to_rgb(png);
  png_set_strip_alpha(png);
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, info);
  size_t row = (size_t)width * 3;
  if (png_get_rowbytes(png, info) != row) png_error(png, "the rows have an unexpected length");
  for (int pass = 0; pass < passes; pass++) {
    for (uint32_t y = 0; y < height; y++) png_read_row(png, rgb + y * row, NULL);
  }
  png_read_end(png, NULL);
  png_destroy_read_struct(&png, &info, NULL);
  return true;
}

bool gamma_png_encode(const uint8_t *rgb, uint32_t width, uint32_t height, uint8_t **file, size_t *file_size,
                      char *message, size_t message_size) {
  struct session session = {.message = message, .message_size = message_size};
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &session, on_error, on_warning);
  png_infop info = png == NULL ? NULL : png_create_info_struct(png);
  if (info == NULL) {
    png_destroy_write_struct(&png, NULL);
    snprintf(message, message_size, "out of memory");
    return false;
  }
  if (setjmp(session.failed)) {
    png_destroy_write_struct(&png, &info);
    free(session.output);
    return false;
  }

  png_set_write_fn(png, &session, write_output, flush_output);
  png_set_IHDR(png, info, width, height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_set_compression_level(png, 6);
  png_set_compression_strategy(png, Z_DEFAULT_STRATEGY);
  png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_PAETH);
  png_write_info(png, info);
  for (uint32_t y = 0; y < height; y++) png_write_row(png, rgb + (size_t)y * width * 3);
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  *file = session.output;
  *file_size = session.output_size;
  return true;
}

size_t gamma_zlib_inflated_size(const uint8_t *stream, size_t stream_size, size_t limit) {
  z_stream inflater = {0};
  if (inflateInit(&inflater) != Z_OK) return 0;
  uint8_t scratch[16384];
  size_t total = 0;
  int status = Z_OK;
  // zlib counts its input in 32 bits; a PNG chunk is shorter than 2^31 bytes.
  inflater.next_in = (Bytef *)stream;
  inflater.avail_in = stream_size > UINT32_MAX ? UINT32_MAX : (uInt)stream_size;
  while (status == Z_OK && total <= limit) {
    inflater.next_out = scratch;
    inflater.avail_out = sizeof scratch;
    status = inflate(&inflater, Z_NO_FLUSH);
    total += sizeof scratch - inflater.avail_out;
  }
  inflateEnd(&inflater);
  return total;
}
