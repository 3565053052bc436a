#include "CTurboJPEG.h"

#include <setjmp.h>
#include <stdio.h>
// jpeglib.h needs FILE and size_t declared before it.
#include <jpeglib.h>

struct error_manager {
  struct jpeg_error_mgr base;
  jmp_buf failed;
  char *message;
  size_t message_size;
};

struct progress_manager {
  struct jpeg_progress_mgr base;
  int scan_limit;
};

static void fail(j_common_ptr jpeg, const char *text) {
  struct error_manager *errors = (struct error_manager *)jpeg->err;
  snprintf(errors->message, errors->message_size, "%s", text);
  longjmp(errors->failed, 1);
}

static void on_error(j_common_ptr jpeg) {
  char text[JMSG_LENGTH_MAX];
  jpeg->err->format_message(jpeg, text);
  fail(jpeg, text);
}

// Damage that libjpeg can decode past is tolerated, as other loaders do; only the message is suppressed.
static void on_message(j_common_ptr jpeg, int level) {
  (void)jpeg;
  (void)level;
}

static void on_progress(j_common_ptr jpeg) {
  const struct progress_manager *progress = (const struct progress_manager *)jpeg->progress;
  if (jpeg->is_decompressor && ((j_decompress_ptr)jpeg)->input_scan_number > progress->scan_limit) {
    fail(jpeg, "too many scans");
  }
}

static void no_operation(j_decompress_ptr jpeg) { (void)jpeg; }

static boolean refuse_more_input(j_decompress_ptr jpeg) {
  fail((j_common_ptr)jpeg, "the file ends too early");
  return FALSE;
}

static void skip_input(j_decompress_ptr jpeg, long count) {
  if (count <= 0) return;
  if ((size_t)count > jpeg->src->bytes_in_buffer) fail((j_common_ptr)jpeg, "the file ends too early");
  jpeg->src->next_input_byte += count;
  jpeg->src->bytes_in_buffer -= (size_t)count;
}

// round(a * b / 255) for bytes.
static unsigned multiply_255(unsigned a, unsigned b) {
  unsigned product = a * b + 128;
  return ((product >> 8) + product) >> 8;
}

// Plain conversion without a colour profile: channel = (255 - K) - C * (255 - K) / 255.
static void rgb_from_cmyk(const JSAMPLE *cmyk, uint8_t *rgb, uint32_t width, bool inverted) {
  unsigned flip = inverted ? 255 : 0;
  for (uint32_t x = 0; x < width; x++, cmyk += 4, rgb += 3) {
    unsigned light = 255 - (cmyk[3] ^ flip);
    for (int channel = 0; channel < 3; channel++) {
      rgb[channel] = (uint8_t)(light - multiply_255(cmyk[channel] ^ flip, light));
    }
  }
}

bool gamma_jpeg_decode(const uint8_t *file, size_t file_size, uint32_t width, uint32_t height,
                       int32_t scan_limit, uint8_t *rgb, char *message, size_t message_size) {
  struct jpeg_decompress_struct jpeg = {0};
  struct error_manager errors = {.message = message, .message_size = message_size};
  struct progress_manager progress = {.scan_limit = scan_limit};
  struct jpeg_source_mgr source = {0};
  jpeg.err = jpeg_std_error(&errors.base);
  errors.base.error_exit = on_error;
  errors.base.emit_message = on_message;
  if (setjmp(errors.failed)) {
    jpeg_destroy_decompress(&jpeg);
    return false;
  }

  jpeg_create_decompress(&jpeg);
  progress.base.progress_monitor = on_progress;
  jpeg.progress = &progress.base;
  source.next_input_byte = file;
  source.bytes_in_buffer = file_size;
  source.init_source = no_operation;
  source.fill_input_buffer = refuse_more_input;
  source.skip_input_data = skip_input;
  source.resync_to_restart = jpeg_resync_to_restart;
  source.term_source = no_operation;
  jpeg.src = &source;

  jpeg_read_header(&jpeg, TRUE);
  if (jpeg.image_width != width || jpeg.image_height != height) {
    fail((j_common_ptr)&jpeg, "the size differs from the header's");
  }
  bool cmyk = jpeg.num_components == 4;
  jpeg.out_color_space = cmyk ? JCS_CMYK : JCS_RGB;
  jpeg.dct_method = JDCT_ISLOW;
  jpeg.do_fancy_upsampling = TRUE;
  jpeg_start_decompress(&jpeg);
  JSAMPARRAY buffer = NULL;
  if (cmyk) buffer = jpeg.mem->alloc_sarray((j_common_ptr)&jpeg, JPOOL_IMAGE, width * 4, 1);
  while (jpeg.output_scanline < height) {
    uint8_t *row = rgb + (size_t)jpeg.output_scanline * width * 3;
    JSAMPROW direct = row;
    jpeg_read_scanlines(&jpeg, cmyk ? buffer : &direct, 1);
    if (cmyk) rgb_from_cmyk(buffer[0], row, width, jpeg.saw_Adobe_marker);
  }
  jpeg_finish_decompress(&jpeg);
  jpeg_destroy_decompress(&jpeg);
  return true;
}
