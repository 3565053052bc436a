"""Records what transformers' processors of pictures in tiles, and of any size, make of the inputs.

    python3 record_tiles.py

Writes hf_5.24.json beside this file. Made with transformers 5.24 and Pillow 11.3.
"""
import hashlib
import json
from pathlib import Path

import numpy
import PIL
import transformers
from PIL import Image
from transformers.models.got_ocr2.image_processing_pil_got_ocr2 import GotOcr2ImageProcessorPil
from transformers.models.llava_next.image_processing_pil_llava_next import LlavaNextImageProcessorPil
from transformers.models.pixtral.image_processing_pil_pixtral import PixtralImageProcessorPil

folder = Path(__file__).parent
clip = dict(image_mean=[0.48145466, 0.4578275, 0.40821073], image_std=[0.26862954, 0.26130258, 0.27577711])
CONFIGURATIONS = {
    "llava_next_28": (LlavaNextImageProcessorPil, clip | dict(
        size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28},
        image_grid_pinpoints=[[28, 56], [56, 28], [56, 56], [84, 28], [28, 84]])),
    "internvl_28": (GotOcr2ImageProcessorPil, dict(
        image_mean=[0.485, 0.456, 0.406], image_std=[0.229, 0.224, 0.225], size={"height": 28, "width": 28},
        crop_to_patches=True, min_patches=1, max_patches=12)),
    "pixtral_512": (PixtralImageProcessorPil, clip | dict(
        size={"longest_edge": 512}, patch_size={"height": 28, "width": 28})),
}


def recorded(value, keys):
    value = numpy.array(value)
    if value.ndim < 4:
        return value.tolist()
    mean, std = (numpy.array(keys[key]).reshape(3, 1, 1) for key in ("image_mean", "image_std"))
    pixels = numpy.rint((value.astype(numpy.float64) * std + mean) * 255).astype(numpy.uint8)
    return {"shape": list(value.shape), "u8_sha256": hashlib.sha256(pixels.tobytes()).hexdigest()}


configurations = {}
for name, (kind, keys) in CONFIGURATIONS.items():
    cases = {}
    for path in sorted((folder / "inputs").glob("*.png")):
        result = kind(**keys)(Image.open(path).convert("RGB"), return_tensors="np")
        cases[path.stem] = {key: recorded(result[key], keys) for key in sorted(result.keys())}
    type_name = kind.__name__.removesuffix("Pil")
    configurations[name] = {"processor": keys | {"image_processor_type": type_name}, "stride": None, "cases": cases}
versions = {"transformers": transformers.__version__, "pillow": PIL.__version__}
(folder / "hf_5.24.json").write_text(json.dumps({"versions": versions, "configs": configurations}, indent=1) + "\n")
