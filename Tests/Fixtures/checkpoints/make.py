"""Makes the PyTorch files in this folder and what a reader must find in them.

    python3 Tests/Fixtures/checkpoints/make.py     (PyTorch 2.15, safetensors 0.8, numpy)

Keys of storages in old files are addresses, so the bytes of `legacy.bin` differ from run to run; SHA256SUMS lists those
that are here.
"""

import collections
import hashlib
import json
import pathlib

import torch
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).parent


def flat(value, name=""):
    """The tensors of nested dictionaries and lists, by their keys with full stops between them."""
    if isinstance(value, torch.Tensor):
        return {name: value.detach().clone().contiguous()}
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, (list, tuple)) else []
    result = {}
    for key, inner in pairs:
        result.update(flat(inner, f"{name}.{key}" if name else str(key)))
    return result


def state():
    table = collections.OrderedDict()
    whole = torch.tensor([0.0, 3.0, -3.5, 100.0, 0.0, 1.5])
    for dtype in [torch.float64, torch.float32, torch.float16, torch.bfloat16]:
        table[str(dtype).removeprefix("torch.")] = whole.to(dtype).reshape(2, 3)
    for dtype in [torch.int64, torch.int32, torch.int16, torch.int8]:
        table[str(dtype).removeprefix("torch.")] = torch.tensor([0, 3, -3, 100, -128, 127], dtype=dtype)
    table["uint8"] = torch.tensor([0, 3, 255], dtype=torch.uint8)
    table["bool"] = torch.tensor([True, False, True])
    table["scalar"] = torch.tensor(2.5)
    table["empty"] = torch.zeros(0, 4)

    shared = torch.arange(24, dtype=torch.float16).reshape(4, 6)
    table["shared"] = shared
    table["shared.again"] = shared
    table["shared.transposed"] = shared.t()
    table["shared.rows"] = shared[1:3]
    table["shared.columns"] = shared[:, 2:5]
    table["shared.every_other"] = shared[::2, ::3]
    table["shared.permuted"] = shared.reshape(2, 2, 6).permute(2, 0, 1)
    table["shared.repeated"] = shared[0, :2].expand(3, 2)
    table["integers.transposed"] = torch.arange(6).reshape(2, 3).t()
    table["parameter"] = torch.nn.Parameter(torch.tensor([[1.0, -1.0]]))
    table["naïve \"name\"\n"] = torch.tensor([7], dtype=torch.int64)
    table["inside"] = {"list": [torch.tensor([1.0]), None, {"deep": torch.tensor([2.0])}], 3: torch.tensor([3.0])}
    table["plain"] = {
        "none": None, "yes": True, "no": False, "small": 7, "large": 10**9, "huge": 10**30, "negative": -5,
        "number": 0.5, "text": "text", "tuple": (1, 2, 3, 4), "list": [1, "two", None],
    }
    table._metadata = collections.OrderedDict({"": {"version": 1}, "inside": {"version": 2, "assign": False}})
    return table


def folder(path, tensors, shards, index_name, pattern):
    path.mkdir(exist_ok=True)
    weight_map = {}
    for number, names in enumerate(shards, 1):
        file = pattern.format(number, len(shards))
        torch.save(collections.OrderedDict((name, tensors[name]) for name in names), path / file)
        weight_map.update({name: file for name in names})
    total = sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())
    index = {"metadata": {"total_size": total}, "weight_map": weight_map}
    (path / index_name).write_text(json.dumps(index, indent=2) + "\n")
    (path / "config.json").write_text(json.dumps({"model_type": "llama"}) + "\n")


def lora(path):
    """A base and an adapter as PEFT writes it, with what merging must give, computed as PEFT's Linear.merge does."""
    torch.manual_seed(4)
    base = {
        f"model.layers.{layer}.{name}.weight": torch.randn(shape)
        for layer in range(2)
        for name, shape in [("self_attn.q_proj", (6, 8)), ("mlp.down_proj", (8, 10))]
    }
    base["model.embed_tokens.weight"] = torch.randn(11, 8)
    base["model.norm.weight"] = torch.randn(8)
    base["lm_head.weight"] = torch.randn(11, 8)
    rank, alpha = 4, 6
    adapter, merged = {}, dict(base)
    for name, weight in base.items():
        if "layers" not in name:
            continue
        a, b = torch.randn(rank, weight.shape[1]), torch.randn(weight.shape[0], rank)
        stem = "base_model.model." + name.removesuffix(".weight")
        adapter[stem + ".lora_A.weight"], adapter[stem + ".lora_B.weight"] = a, b
        merged[name] = weight + (b @ a) * (alpha / rank)
    a, b = torch.randn(rank, 11), torch.randn(8, rank)
    adapter["base_model.model.model.embed_tokens.lora_embedding_A"] = a
    adapter["base_model.model.model.embed_tokens.lora_embedding_B"] = b
    merged["model.embed_tokens.weight"] = base["model.embed_tokens.weight"] + (b @ a).T * (alpha / rank)
    adapter["base_model.model.lm_head.weight"] = merged["lm_head.weight"] = torch.randn(11, 8)
    rest = {
        "base_model.model.model.mm_projector.0.weight": torch.randn(8, 5).half(),
        "base_model.model.model.norm.weight": torch.randn(8).half(),
    }
    for name, tensor in rest.items():
        merged[name.removeprefix("base_model.model.")] = tensor.float()
    configuration = {
        "peft_type": "LORA", "r": rank, "lora_alpha": alpha, "target_modules": ["q_proj", "down_proj", "embed_tokens"],
        "use_rslora": False, "fan_in_fan_out": False, "modules_to_save": ["lm_head"], "bias": "none",
        "lora_dropout": 0.05, "init_lora_weights": True, "rank_pattern": {}, "alpha_pattern": {}, "use_dora": False,
        "base_model_name_or_path": "base", "task_type": "CAUSAL_LM", "inference_mode": True,
    }
    for name in ["base", "adapter"]:
        (path / name).mkdir(parents=True, exist_ok=True)
    save_file(base, path / "base/model.safetensors", {"format": "pt"})
    (path / "base/config.json").write_text(json.dumps({"model_type": "llama"}) + "\n")
    save_file(adapter, path / "adapter/adapter_model.safetensors", {"format": "pt"})
    torch.save(rest, path / "adapter/non_lora_trainables.bin")
    (path / "adapter/adapter_config.json").write_text(json.dumps(configuration, indent=2) + "\n")
    save_file(merged, path / "merged.safetensors")


def sums():
    lines = []
    for file in sorted(HERE.rglob("*")):
        if file.is_file() and file.name not in ("SHA256SUMS", "make.py") and "__pycache__" not in file.parts:
            lines.append(f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.relative_to(HERE)}\n")
    (HERE / "SHA256SUMS").write_text("".join(lines))


def main():
    table = state()
    torch.save(table, HERE / "zip.bin")
    torch.save(table, HERE / "protocol-4.bin", pickle_protocol=4)
    torch.save(table, HERE / "legacy.bin", _use_new_zipfile_serialization=False)
    save_file(flat(table), HERE / "found.safetensors")
    torch.save({"a": torch.tensor([1.0, 2.0])}, HERE / "small.bin")
    torch.save({"a": torch.tensor([1.0, 2.0])}, HERE / "small-legacy.bin", _use_new_zipfile_serialization=False)

    torch.manual_seed(3)
    tensors = {name: torch.randn(4, 3).to(dtype) for name, dtype in [
        ("model.a.weight", torch.bfloat16), ("model.b.weight", torch.float16), ("model.c.weight", torch.float32)]}
    folder(
        HERE / "sharded", tensors, [["model.a.weight", "model.c.weight"], ["model.b.weight"]],
        "pytorch_model.bin.index.json", "pytorch_model-{:05d}-of-{:05d}.bin")
    save_file(tensors, HERE / "sharded/found.safetensors")
    lora(HERE / "lora")
    sums()


if __name__ == "__main__":
    main()
