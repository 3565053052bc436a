"""Times a vision tower of random weights in PyTorch, on one picture: one JSON line with the seconds of each pass.

CLIP ViT-L/14 at 336 pixels runs all 24 layers, ConvNeXt-L at 1024 pixels all four stages, as `gamma-mod bench --tower`
does. The first two passes are not counted. ONEDNN_MAX_CPU_ISA in the environment limits the instructions.
"""

import argparse
import json
import os
import time

import torch
from transformers import CLIPVisionConfig, CLIPVisionModel, ConvNextConfig, ConvNextModel


def clip_large():
    config = CLIPVisionConfig(
        hidden_size=1024, intermediate_size=4096, num_hidden_layers=24, num_attention_heads=16, image_size=336,
        patch_size=14, attn_implementation="sdpa",
    )
    return CLIPVisionModel(config), 336


def convnext_large():
    config = ConvNextConfig(hidden_sizes=[192, 384, 768, 1536], depths=[3, 3, 27, 3], layer_scale_init_value=1e-6)
    return ConvNextModel(config), 1024


TOWERS = {"clip-l-336": clip_large, "convnext-l-1024": convnext_large}
DTYPES = {"bf16": torch.bfloat16, "f32": torch.float32}


def measure(tower, dtype, repeat, channels_last):
    model, side = TOWERS[tower]()
    model = model.eval().to(DTYPES[dtype])
    pixels = torch.randn(1, 3, side, side, dtype=DTYPES[dtype])
    if channels_last:
        model = model.to(memory_format=torch.channels_last)
        pixels = pixels.to(memory_format=torch.channels_last)
    seconds = []
    with torch.inference_mode():
        for _ in range(repeat + 2):
            start = time.perf_counter()
            model(pixel_values=pixels)
            seconds.append(time.perf_counter() - start)
    return seconds[2:]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tower", choices=sorted(TOWERS), required=True)
    parser.add_argument("--dtype", choices=sorted(DTYPES), default="bf16")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--channels-last", action="store_true", help="channels behind each other, for convolutions")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    seconds = measure(arguments.tower, arguments.dtype, arguments.repeat, arguments.channels_last)
    print(json.dumps({
        "tower": arguments.tower, "dtype": arguments.dtype, "threads": arguments.threads, "torch": torch.__version__,
        "isa": os.environ.get("ONEDNN_MAX_CPU_ISA", "all"), "channels_last": arguments.channels_last,
        "seconds": seconds,
    }))


if __name__ == "__main__":
    main()
