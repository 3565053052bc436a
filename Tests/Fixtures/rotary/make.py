"""Records what transformers' modeling_rope_utils makes of configurations.

    python3 make.py

Each case has config.json's keys, the layers that are asked for (Gemma), the length of the sequence, and frequencies and the
factor of cosines and sines. Needs torch and transformers; 5.24 made what lies here.
"""
import hashlib
import json
from pathlib import Path

import torch
from transformers import Gemma3TextConfig, LlamaConfig, Phi3Config
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

folder = Path(__file__).parent
base = dict(hidden_size=64, num_attention_heads=4, head_dim=16, max_position_embeddings=4096)
half = 8


def case(kind, length=None, keys={}, layers=None, config=LlamaConfig, **rope):
    written = base | keys
    given = {"rope_type": kind, **rope}
    written["rope_parameters"] = {layers: given} if layers else given
    if layers:
        written["layer_types"] = ["full_attention", "sliding_attention"]
        written["num_hidden_layers"] = 2
    made = config(**json.loads(json.dumps(written)))
    arguments = {"layer_type": layers} if layers else {}
    frequencies, factor = ROPE_INIT_FUNCTIONS[kind](made, torch.device("cpu"), seq_len=length, **arguments)
    return dict(
        config=written, layers=layers, length=length, frequencies=[float(value) for value in frequencies],
        factor=float(factor))


long = dict(short_factor=[1 + i / 8 for i in range(half)], long_factor=[2.5 + i for i in range(half)])
cases = [
    case("linear", factor=3.0, rope_theta=1e4),
    case("llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=1024,
         rope_theta=5e5),
    case("dynamic", factor=4.0, rope_theta=1e4),
    case("dynamic", 4096, factor=4.0, rope_theta=1e4),
    case("dynamic", 9000, factor=4.0, rope_theta=1e4),
    case("yarn", factor=4.0, original_max_position_embeddings=1024, rope_theta=1e4),
    case("yarn", factor=4.0, original_max_position_embeddings=1024, rope_theta=1e4, truncate=False),
    case("yarn", factor=16.0, original_max_position_embeddings=256, rope_theta=1e6, mscale=0.7, mscale_all_dim=1.2),
    case("yarn", factor=16.0, original_max_position_embeddings=256, rope_theta=1e6, mscale=0.7),
    case("yarn", factor=2.0, original_max_position_embeddings=2048, rope_theta=1e6, attention_factor=1.25, beta_fast=24,
         beta_slow=3),
    case("yarn", factor=None, original_max_position_embeddings=512, rope_theta=1e5),
    case("longrope", factor=4.0, original_max_position_embeddings=1024, rope_theta=1e4, **long),
    case("longrope", 1024, original_max_position_embeddings=1024, rope_theta=1e4, **long),
    case("longrope", 1025, original_max_position_embeddings=1024, rope_theta=1e4, **long),
    case("longrope", 2000, original_max_position_embeddings=1024, rope_theta=1e4, attention_factor=1.5, **long),
    case("longrope", 3000, dict(original_max_position_embeddings=2048), config=Phi3Config, rope_theta=1e4, **long),
    case("linear", layers="full_attention", config=Gemma3TextConfig, factor=8.0, rope_theta=1e6),
    case("yarn", layers="sliding_attention", config=Gemma3TextConfig, factor=8.0, rope_theta=1e4,
         original_max_position_embeddings=512),
]
target = folder / "frequencies.json"
target.write_text(json.dumps(cases, indent=1) + "\n")
(folder / "SHA256SUMS").write_text(f"{hashlib.sha256(target.read_bytes()).hexdigest()}  {target.name}\n")
