"""Records what transformers' slow (Pillow) image processors make of computed pictures. LFM2-VL's has only torchvision's, which
resizes bytes by weights of 16 bits where the processor has AVX2.

    python3 synthetic.py

For each processor and picture: the shape, the SHA-256 of the samples as bytes in the processor's own layout, and its grids; or
that it refuses. Pillow 13 resizes columns first where that is less work; `rows_first` is what earlier releases make. SyntheticPreprocessingTests computes the same pictures. Needs transformers (5.24 made what lies here), Pillow
and numpy.
"""
import hashlib
import json
from pathlib import Path

import numpy
from PIL import Image
from transformers import Lfm2VlImageProcessor
from transformers.models.gemma3.image_processing_pil_gemma3 import Gemma3ImageProcessorPil
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

folder = Path(__file__).parent
sizes = [
    (1, 4096), (10000, 4), (27, 57), (57, 27), (1, 1), (500, 3), (16, 16), (33, 64), (427, 640), (224, 1000), (190, 191),
    (600, 45)]


def picture(kind, height, width):
    y, x, c = numpy.meshgrid(numpy.arange(height), numpy.arange(width), numpy.arange(3), indexing="ij")
    if kind == "slope":
        values = x * 7 + y * 13 + c * 31
    elif kind == "squares":
        values = ((x // 5 + y // 3 + c) % 2) * 255
    else:
        values = (x * 73856093 ^ y * 19349663 ^ c * 83492791) >> 7
    return Image.fromarray((values % 256).astype(numpy.uint8))


def rows_first(image, size, resample=None, *arguments, **more):
    return as_installed(as_installed(image, (size[0], image.height), resample), size, resample)


def samples_of(made):
    levels = numpy.rint((numpy.asarray(made["pixel_values"]).astype(numpy.float64) * 0.5 + 0.5) * 255)
    return hashlib.sha256(levels.astype(numpy.uint8).tobytes()).hexdigest()


as_installed = Image.Image.resize
half = [0.5, 0.5, 0.5]
configs = {
    "qwen3-vl": (Qwen2VLImageProcessorPil, {
        "image_processor_type": "Qwen2VLImageProcessorFast", "patch_size": 16, "merge_size": 2,
        "temporal_patch_size": 2, "image_mean": half, "image_std": half,
        "size": {"shortest_edge": 65536, "longest_edge": 16777216}}),
    "qwen3-vl-small": (Qwen2VLImageProcessorPil, {
        "image_processor_type": "Qwen2VLImageProcessorFast", "patch_size": 16, "merge_size": 2,
        "temporal_patch_size": 2, "image_mean": half, "image_std": half,
        "size": {"shortest_edge": 2048, "longest_edge": 65536}}),
    "gemma3": (Gemma3ImageProcessorPil, {
        "image_processor_type": "Gemma3ImageProcessor", "image_mean": half, "image_std": half, "resample": 2,
        "size": {"height": 112, "width": 112}}),
    "lfm2-vl": (Lfm2VlImageProcessor, {
        "image_processor_type": "Lfm2VlImageProcessor", "image_mean": half, "image_std": half, "resample": 2,
        "encoder_patch_size": 8, "tile_size": 64, "min_image_tokens": 4, "max_image_tokens": 16, "max_tiles": 6}),
}
result = {}
for name, (kind, settings) in configs.items():
    processor = kind(**{k: v for k, v in settings.items() if k != "image_processor_type"})
    cases = []
    for height, width in sizes:
        for look in ("slope", "squares", "noise"):
            case = {"kind": look, "height": height, "width": width}
            try:
                made = processor(picture(look, height, width), return_tensors="np")
            except ValueError:
                case["refused"] = True
            except RuntimeError:
                # LFM2-VL's fails where the whole of a very long picture has more patches than it pads to.
                continue
            else:
                case |= {"shape": list(numpy.asarray(made["pixel_values"]).shape), "sha256": samples_of(made)}
                Image.Image.resize = rows_first
                older = samples_of(processor(picture(look, height, width), return_tensors="np"))
                Image.Image.resize = as_installed
                if older != case["sha256"]:
                    case["rows_first"] = older
                if "image_grid_thw" in made:
                    case["grid"] = numpy.asarray(made["image_grid_thw"])[0].tolist()
                if "spatial_shapes" in made:
                    case["views"] = numpy.asarray(made["spatial_shapes"]).flatten().tolist()
            cases.append(case)
    result[name] = {"processor": settings, "cases": cases}
(folder / "synthetic_5.24.json").write_text(json.dumps(result, indent=0) + "\n")
