#ifndef GAMMA_CPNG_H
#define GAMMA_CPNG_H

// A thin layer over libpng and zlib: their error handling needs setjmp, which Swift cannot call. The
// functions that return a bool return true on success; otherwise they fill `message` (always terminated) and
// have freed what they took.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Decodes a PNG file of the given size, known from its header, into width * height * 3 bytes of RGB.
// Alpha and transparency are dropped, 16-bit samples keep their high byte, ancillary chunks are skipped.
bool gamma_png_decode(const uint8_t *file, size_t file_size, uint32_t width, uint32_t height, uint8_t *rgb,
                      char *message, size_t message_size);

// Encodes RGB8 rows. The same pixels give the same bytes with the same libraries: level and filter are fixed.
// On success `*file` is a buffer of `*file_size` bytes that the caller releases with free().
bool gamma_png_encode(const uint8_t *rgb, uint32_t width, uint32_t height, uint8_t **file, size_t *file_size,
                      char *message, size_t message_size);

// The size to which a zlib stream inflates; counting stops soon after it exceeds `limit`, or where the stream
// breaks. Needs a small constant amount of memory.
size_t gamma_zlib_inflated_size(const uint8_t *stream, size_t stream_size, size_t limit);

#endif
