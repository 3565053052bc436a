#ifndef GAMMA_CTURBOJPEG_H
#define GAMMA_CTURBOJPEG_H

// A thin layer over libjpeg-turbo's libjpeg interface: its error handling needs setjmp, which Swift cannot
// call, and the TurboJPEG interface hides the Adobe marker that decides how CMYK samples are stored.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Decodes a JPEG file of the given size, known from its header, into width * height * 3 bytes of RGB:
// accurate integer inverse DCT, smooth ("fancy") chroma upsampling. Returns true on success; otherwise it
// fills `message` (always terminated). Files that end before the end marker are refused, as are those of more
// than `scan_limit` scans.
bool gamma_jpeg_decode(const uint8_t *file, size_t file_size, uint32_t width, uint32_t height,
                       int32_t scan_limit, uint8_t *rgb, char *message, size_t message_size);

#endif
