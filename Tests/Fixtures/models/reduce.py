"""Reduces a case of the reference data to what the decoder's tests need.

    python3 reduce.py SOURCE_FOLDER TARGET_FOLDER

Keeps the language model and its routers, all inputs but the pixels, and all outputs but those of the vision tower and
most of the projector; the gradient of the projector's last bias stays, since it is the sum over the image rows'
gradients.
"""
import shutil
import sys
from pathlib import Path

from safetensors.torch import load_file, save_file

source, target = map(Path, sys.argv[1:])
target.mkdir(parents=True, exist_ok=True)


def reduce(name, drops):
    tensors = load_file(source / name)
    save_file({k: v for k, v in tensors.items() if not drops(k)}, target / name)


def is_not_decoder(name):
    return "vision" in name or "mm_projector" in name and name != "grad.model.mm_projector.2.bias"


reduce("model.safetensors", is_not_decoder)
reduce("inputs.safetensors", lambda name: name == "pixel_values")
reduce("outputs.safetensors", is_not_decoder)
shutil.copy(source / "config.json", target / "config.json")
