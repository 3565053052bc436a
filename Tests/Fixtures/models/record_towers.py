"""Records tiny random models with towers, and what transformers makes of a prompt with pictures.

    python3 record_towers.py [NAME]...

Writes a folder per case beside this file: config.json and weights as transformers writes them, inputs, and every tensor that
`gamma-mod trace` writes too. Made with transformers 5.24.
"""
import hashlib
import json
import shutil
import sys
from pathlib import Path

import torch
import original_layouts
from safetensors.torch import save_file
from transformers import (
    CLIPVisionConfig, FastVlmConfig, FastVlmForConditionalGeneration, InternVLConfig, InternVLForConditionalGeneration, LlamaConfig, LlavaNextConfig,
    LlavaNextForConditionalGeneration, LlavaOnevisionConfig, LlavaOnevisionForConditionalGeneration, Mistral3Config, Mistral3ForConditionalGeneration, MistralConfig, PixtralVisionConfig,
    Qwen2Config, SiglipVisionConfig)

torch.set_grad_enabled(False)
IMAGE = 139


def text(**keys):
    return dict(
        hidden_size=32, intermediate_size=48, num_hidden_layers=4, num_attention_heads=4, num_key_value_heads=2,
        vocab_size=140, max_position_embeddings=512, bos_token_id=1, eos_token_id=2, pad_token_id=0) | keys


def llava_next():
    grid = [[24, 48], [48, 24], [48, 48]]
    config = LlavaNextConfig(
        text_config=LlamaConfig(**text()), image_token_index=IMAGE, image_grid_pinpoints=grid, vision_feature_layer=[-2, 1],
        vision_config=CLIPVisionConfig(
            hidden_size=24, intermediate_size=40, num_hidden_layers=3, num_attention_heads=3, image_size=24, patch_size=6))
    sizes = torch.tensor([[40, 30], [20, 90]])
    pixels = torch.randn(2, 5, 3, 24, 24)
    pixels[1, 3:] = 0
    model = LlavaNextForConditionalGeneration(config)
    return model, {"pixel_values": pixels, "image_sizes": sizes}, "packed_features"


def internvl():
    config = InternVLConfig(
        text_config=Qwen2Config(**text()), image_token_id=IMAGE, image_seq_length=4, tie_word_embeddings=False,
        vision_config=dict(
            hidden_size=24, intermediate_size=40, num_hidden_layers=3, num_attention_heads=3, image_size=[24, 24],
            patch_size=[6, 6], attention_bias=True))
    return InternVLForConditionalGeneration(config), {"pixel_values": torch.randn(3, 3, 24, 24)}, "projector.output"


def mistral3():
    config = Mistral3Config(
        text_config=MistralConfig(**text(), sliding_window=None), image_token_index=IMAGE, tie_word_embeddings=False,
        vision_config=PixtralVisionConfig(
            hidden_size=32, intermediate_size=44, num_hidden_layers=3, num_attention_heads=2, image_size=64, patch_size=4,
            hidden_act="silu"))
    inputs = {"pixel_values": torch.randn(1, 3, 24, 40), "image_sizes": torch.tensor([[24, 40]])}
    return Mistral3ForConditionalGeneration(config), inputs, "projector.output"


def onevision():
    """Only in its own code's layout; `llava-onevision` is the other."""
    config = LlavaOnevisionConfig(
        text_config=Qwen2Config(**text()), image_token_index=IMAGE, video_token_index=138, vision_feature_layer=-1,
        image_grid_pinpoints=[[24, 48], [48, 24], [48, 48]], vision_feature_select_strategy="full",
        vision_config=SiglipVisionConfig(
            hidden_size=24, intermediate_size=40, num_hidden_layers=2, num_attention_heads=3, image_size=24, patch_size=6,
            vision_use_head=False))
    inputs = {"pixel_values": torch.randn(1, 3, 3, 24, 24), "image_sizes": torch.tensor([[20, 90]])}
    return LlavaOnevisionForConditionalGeneration(config), inputs, "packed_features"


def fastvlm():
    config = FastVlmConfig(
        text_config=Qwen2Config(**text()), image_token_index=IMAGE, image_seq_length=4,
        vision_config=dict(
            model_type="timm_wrapper", architecture="fastvit_mci3", do_pooling=True, global_pool="avg", hidden_size=128,
            model_args=dict(inference_mode=True, layers=[1, 1, 1, 1, 1], embed_dims=[8, 16, 16, 32, 64])))
    model = FastVlmForConditionalGeneration(config)
    for key, buffer in model.named_buffers():
        if "running" in key:
            buffer.data = torch.randn(buffer.shape).abs() + 0.5
    return model, {"pixel_values": torch.randn(1, 3, 128, 128)}, "projector.output"


CASES = {"llava-next": llava_next, "internvl": internvl, "mistral3": mistral3, "llava-onevision-orig": onevision, "fastvlm": fastvlm}


def randomise(model):
    for key, parameter in model.named_parameters():
        if parameter.dim() > 1:
            inputs = parameter[0].numel() if parameter.dim() == 4 else parameter.shape[-1]
            parameter.data = torch.randn(parameter.shape) * 1.2 / inputs ** 0.5
        else:
            parameter.data = ("norm" in key) * key.endswith("weight") + 0.1 * torch.randn(parameter.shape)
    model.eval()


def record(name, seed):
    torch.manual_seed(seed)
    model, inputs, rows_name = CASES[name]()
    randomise(model)
    folder = Path(__file__).parent / name
    model.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    images = model.get_image_features(**inputs)
    pictures = images.pooler_output
    pictures = pictures if isinstance(pictures, torch.Tensor) else torch.cat(list(pictures))
    captured = {}

    def keep(key, value):
        # What a hook returns would take the value's place.
        captured.setdefault(key, value)

    decoder = model.model.language_model
    handles = [
        model.model.multi_modal_projector.register_forward_pre_hook(
            lambda module, arguments: keep("vision.features", arguments[0])),
        decoder.register_forward_pre_hook(
            lambda module, arguments, keys: keep("inputs_embeds", keys["inputs_embeds"]), with_kwargs=True),
        decoder.norm.register_forward_hook(lambda module, arguments, result: keep("hidden.final_norm", result))]
    for index, layer in enumerate(decoder.layers):
        handles.append(layer.register_forward_hook(
            lambda module, arguments, result, index=index: keep(
                f"hidden.{index}", result[0] if isinstance(result, tuple) else result)))
    count = pictures.numel() // pictures.shape[-1]
    ids = [1, 5, 9] + [IMAGE] * count + torch.randint(3, 130, (6,)).tolist()
    inputs = {"input_ids": torch.tensor([ids])} | inputs
    outputs = {"logits": model(**inputs).logits} | captured
    for handle in handles:
        handle.remove()
    outputs[rows_name] = pictures
    if name == "internvl":
        # The projector is handed squares of patches.
        outputs["vision.features"] = images.last_hidden_state[:, 1:]
    answer = model.generate(
        **inputs, max_new_tokens=16, min_new_tokens=16, do_sample=False, eos_token_id=None, return_dict_in_generate=True,
        output_logits=True)
    outputs["generate.ids"] = answer.sequences[0, -16:]
    outputs["generate.logits"] = torch.cat(answer.logits)
    save_file({k: v.contiguous() for k, v in inputs.items()}, folder / "inputs.safetensors")
    save_file({k: v.contiguous().clone() for k, v in outputs.items()}, folder / "outputs.safetensors")
    if name == "llava-onevision-orig":
        weights, config, tower = original_layouts.llava(model)
        mark(folder, inputs)
        write(folder, weights, config, tower)
    if name == "fastvlm":
        original = folder.parent / "fastvlm-orig"
        shutil.copytree(folder, original, dirs_exist_ok=True)
        write(original, *original_layouts.fastvlm(model))
        mark(original, inputs)
        sign(original)
    if name == "internvl":
        original = folder.parent / "internvl-orig"
        shutil.copytree(folder, original, dirs_exist_ok=True)
        write(original, *original_layouts.internvl(model))
        sign(original)
    sign(folder)


def mark(folder, inputs):
    """Writes the inputs with one mark for the picture."""
    ids = original_layouts.marked(inputs["input_ids"][0].tolist(), IMAGE)
    inputs = {k: v.contiguous() for k, v in inputs.items()} | {"input_ids": torch.tensor([ids])}
    save_file(inputs, folder / "inputs.safetensors")


def write(folder, weights, config, tower=None):
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps(config, indent=1, default=str))
    if tower:
        (folder / "tower").mkdir(exist_ok=True)
        (folder / "tower/config.json").write_text(json.dumps(tower, indent=1, default=str))


def sign(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "SHA256SUMS")
    for path in files:
        path.chmod(0o644)
    (folder / "SHA256SUMS").write_text(
        "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder)}\n" for path in files))


for index, name in enumerate(CASES):
    if name in (sys.argv[1:] or CASES):
        record(name, 100 + index)
