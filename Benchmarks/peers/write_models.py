"""Writes GGUF files of random weights: BF16 tensor by tensor, the other formats by llama.cpp's own quantiser."""
import argparse
import ctypes
from collections.abc import Callable
from pathlib import Path

import gguf
import llama_cpp
import numpy as np

from shapes import CONTEXT, NORM_EPSILON, SHAPES, Shape

Tensors = list[tuple[str, tuple[int, ...]]]


def tensors(shape: Shape) -> Tensors:
    """The names and shapes, [outputs, inputs], of all tensors; norms have one axis."""
    kv_width = shape.kv_heads * shape.head_width
    layer: Tensors = [
        ("attn_norm", (shape.width,)),
        ("attn_q", (shape.width, shape.width)),
        ("attn_k", (kv_width, shape.width)),
        ("attn_v", (kv_width, shape.width)),
        ("attn_output", (shape.width, shape.width)),
        ("ffn_norm", (shape.width,)),
        ("ffn_gate", (shape.ffn, shape.width)),
        ("ffn_up", (shape.ffn, shape.width)),
        ("ffn_down", (shape.width, shape.ffn)),
    ]
    embedding = (shape.vocabulary, shape.width)
    return (
        [("token_embd.weight", embedding)]
        + [(f"blk.{index}.{name}.weight", size) for index in range(shape.layers) for name, size in layer]
        + [("output_norm.weight", (shape.width,)), ("output.weight", embedding)]
    )


def random_bfloat16() -> Callable[[tuple[int, ...]], np.ndarray]:
    """Makes tensors by repeating one block of random numbers: as hard to multiply as any, and quick to make."""
    numbers = np.random.default_rng(1).normal(0, 0.02, 65521).astype(np.float32)
    block = (numbers.view(np.uint32) >> 16).astype(np.uint16)
    return lambda size: np.resize(block, size)


def write_bfloat16(path: Path, shape: Shape) -> None:
    """Writes the decoder with bfloat16 matrices and without a vocabulary."""
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.layers)
    writer.add_feed_forward_length(shape.ffn)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_layer_norm_rms_eps(NORM_EPSILON)
    writer.add_rope_dimension_count(shape.head_width)
    writer.add_vocab_size(shape.vocabulary)
    writer.add_tokenizer_model("no_vocab")
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_BF16)
    bfloat16, float32 = gguf.GGMLQuantizationType.BF16, gguf.GGMLQuantizationType.F32
    for name, size in tensors(shape):
        width, kind = (4, float32) if len(size) == 1 else (2, bfloat16)
        writer.add_tensor_info(name, size, np.dtype(np.uint16), width * int(np.prod(size)), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    matrix = random_bfloat16()
    for _, size in tensors(shape):
        writer.write_tensor_data(np.ones(size, np.float32) if len(size) == 1 else matrix(size))
    writer.close()


def quantise(source: Path, target: Path, quantisation: str, threads: int) -> None:
    """Makes a file as `llama-quantize` makes it, with its choice of formats for the single matrices."""
    parameters = llama_cpp.llama_model_quantize_default_params()
    parameters.ftype = getattr(llama_cpp, f"LLAMA_FTYPE_MOSTLY_{quantisation}")
    parameters.nthread = threads
    if llama_cpp.llama_model_quantize(bytes(source), bytes(target), ctypes.byref(parameters)) != 0:
        raise RuntimeError(f"llama.cpp cannot write {quantisation} to {target}")


def main() -> None:
    """Writes the files that are missing; each under another name first."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", choices=SHAPES, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("quantisations", nargs="+")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    source = options.folder / f"{options.shape}-BF16.gguf"
    for quantisation in ["BF16", *options.quantisations]:
        target = options.folder / f"{options.shape}-{quantisation}.gguf"
        if target.exists():
            continue
        unfinished = target.with_suffix(".unfinished")
        if quantisation == "BF16":
            write_bfloat16(unfinished, SHAPES[options.shape])
        else:
            quantise(source, unfinished, quantisation, options.threads)
        unfinished.rename(target)


if __name__ == "__main__":
    main()
