"""Makes the tiny random models of the families of 2025 and records what transformers computes with them.

    python3 make.py [CASE ...]

Needs torch and transformers (5.24 made what lies here). Each case gets config.json, model.safetensors, inputs.safetensors,
outputs.safetensors and SHA256SUMS. Besides prompts there is one to learn from, `train.`, with the loss and all gradients.
"""
import hashlib
import random
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import (
    Gemma3Config, Gemma3ForCausalLM, Gemma3ForConditionalGeneration, Gemma3TextConfig, Lfm2Config, Lfm2ForCausalLM,
    Lfm2VlConfig, Lfm2VlForConditionalGeneration, Qwen3VLConfig, Qwen3VLForConditionalGeneration)
from transformers.utils import logging

logging.set_verbosity_error()
logging.disable_progress_bar()
folder = Path(__file__).parent
IMAGE = 107
NEW_TOKENS = 16
choose = random.Random()
generator = torch.Generator()


def noise(*shape):
    return torch.randn(shape, generator=generator)


def words(count):
    return [choose.randrange(3, 100) for _ in range(count)]


def padded(rows):
    """A batch, padded on the left, and its mask."""
    length = max(map(len, rows))
    ids = torch.tensor([[0] * (length - len(row)) + row for row in rows])
    mask = torch.tensor([[0] * (length - len(row)) + [1] * len(row) for row in rows])
    return ids, mask


def text(**keys):
    base = dict(
        hidden_size=32, intermediate_size=48, num_hidden_layers=4, num_attention_heads=4, num_key_value_heads=2,
        vocab_size=108, max_position_embeddings=512, bos_token_id=1, eos_token_id=2, pad_token_id=0)
    return base | keys


class Case:
    """One model, its prompts and what is recorded of them."""

    def __init__(self, name, model, text_model, last_norm="norm", marks=None, one_centred=False):
        self.name, self.model, self.text_model = name, model.eval(), text_model
        self.last_norm = getattr(text_model, last_norm)
        self.marks = marks or (lambda ids: {})
        self.inputs, self.outputs = {}, {}
        for key, parameter in model.named_parameters():
            if parameter.dim() > 1:
                parameter.data = noise(*parameter.shape) * 1.2 / parameter.shape[-1] ** 0.5
            else:
                is_scale = "norm" in key and key.endswith("weight")
                is_centred = one_centred and ".vision" not in key
                parameter.data = float(is_scale and not is_centred) + 0.1 * noise(*parameter.shape)

    def rows_by_layer(self, run):
        """Runs it; what enters each layer, the last norm and what leaves that."""
        seen = []
        def enters(module, args, kwargs):
            seen.append((args[0] if args else kwargs["hidden_states"]).detach().clone())
        hooks = [
            module.register_forward_pre_hook(enters, with_kwargs=True)
            for module in [*self.text_model.layers, self.last_norm]]
        hooks.append(self.last_norm.register_forward_hook(lambda m, a, result: seen.append(result.detach().clone())))
        result = run()
        for hook in hooks:
            hook.remove()
        return result, seen

    def prompt(self, prefix, ids, mask=None, pictures={}):
        """A prompt or a batch of them; one alone is traced and continued."""
        self.inputs[prefix + "input_ids"] = ids
        if mask is not None:
            self.inputs[prefix + "attention_mask"] = mask
        self.inputs |= {prefix + key: value for key, value in pictures.items()}
        arguments = dict(input_ids=ids, attention_mask=mask, **pictures, **self.marks(ids))
        with torch.no_grad():
            result, seen = self.rows_by_layer(lambda: self.model(**arguments))
            self.outputs[prefix + "logits"] = result.logits
            if mask is not None:
                return
            names = ["inputs_embeds", *(f"hidden.{i}" for i in range(len(self.text_model.layers))), "hidden.final_norm"]
            self.outputs |= {prefix + name: rows for name, rows in zip(names, seen)}
            answer = self.model.generate(
                **{k: v for k, v in arguments.items() if v is not None}, max_new_tokens=NEW_TOKENS,
                min_new_tokens=NEW_TOKENS, do_sample=False, eos_token_id=None, pad_token_id=0, output_logits=True,
                return_dict_in_generate=True)
        self.outputs[prefix + "generate.ids"] = answer.sequences[0, -NEW_TOKENS:]
        self.outputs[prefix + "generate.logits"] = torch.cat(answer.logits)

    def learn(self, ids, labels, pictures={}, names=lambda name: name):
        """The loss and the gradients of all weights, under the names that the family's files have."""
        self.inputs |= {"train.input_ids": ids, "train.labels": labels}
        self.inputs |= {"train." + key: value for key, value in pictures.items()}
        self.model.zero_grad()
        loss = self.model(input_ids=ids, labels=labels, **pictures, **self.marks(ids)).loss
        loss.backward()
        self.outputs |= {"train.loss.ntp": loss.detach(), "train.loss.total": loss.detach()}
        for name, parameter in self.model.named_parameters():
            # A bias of keys changes no softmax: its gradient is rounding.
            if parameter.grad is not None and parameter.grad.abs().max() > 1e-6:
                self.outputs["train.grad." + names(name)] = parameter.grad

    def write(self):
        place = folder / self.name
        place.mkdir(exist_ok=True)
        self.model.save_pretrained(place)
        (place / "generation_config.json").unlink(missing_ok=True)
        for kind, tensors in (("inputs", self.inputs), ("outputs", self.outputs)):
            save_file({k: v.detach().clone().contiguous() for k, v in tensors.items()}, place / f"{kind}.safetensors")
        files = sorted(path for path in place.iterdir() if path.name != "SHA256SUMS")
        (place / "SHA256SUMS").write_text(
            "".join(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files))


def labels(ids, first):
    """Everything from a place on is learnt."""
    result = ids.clone()
    result[:, :first] = -100
    return result


def qwen3_vl():
    rope = {"rope_type": "default", "mrope_section": [4, 3, 3], "rope_theta": 1e4, "mrope_interleaved": True}
    model = Qwen3VLForConditionalGeneration(Qwen3VLConfig(
        text_config=text(num_attention_heads=2, num_key_value_heads=1, head_dim=20, rope_parameters=rope),
        vision_config=dict(
            depth=4, num_heads=2, patch_size=4, spatial_merge_size=2, temporal_patch_size=2, hidden_size=24,
            intermediate_size=28, out_hidden_size=32, num_position_embeddings=36,
            deepstack_visual_indexes=[0, 1, 3]),
        image_token_id=IMAGE, video_token_id=106, vision_start_token_id=105, vision_end_token_id=104))
    case = Case(
        "qwen3-vl", model, model.model.language_model,
        marks=lambda ids: {"mm_token_type_ids": (ids == IMAGE).long()})

    def prompt(grids):
        ids = words(3)
        for height, width in grids:
            ids += [105] + [IMAGE] * (height * width // 4) + [104] + words(4)
        return ids, {
            "pixel_values": noise(sum(h * w for h, w in grids), 96),
            "image_grid_thw": torch.tensor([[1, h, w] for h, w in grids])}

    ids, pictures = prompt([(6, 8)])
    case.prompt("", torch.tensor([ids]), pictures=pictures)
    with torch.no_grad():
        seen = model.get_image_features(**pictures)
        taps = []
        hooks = [
            model.model.visual.blocks[block].register_forward_hook(lambda m, a, result: taps.append(result))
            for block in (0, 1, 3)]
        model.model.visual(pictures["pixel_values"], pictures["image_grid_thw"])
        for hook in hooks:
            hook.remove()
        case.outputs["vision.features"] = torch.cat([seen.last_hidden_state, *taps], dim=-1)
        case.outputs["projector.output"] = torch.cat(
            [torch.cat(list(seen.pooler_output)), *(torch.cat(list(rows)) for rows in seen.deepstack_features)], dim=-1)
    ids, pictures = prompt([(2, 6), (4, 4)])
    case.prompt("two.", torch.tensor([ids]), pictures=pictures)
    pairs = [prompt([grid]) for grid in [(4, 2), (2, 10)]]
    ids, mask = padded([ids for ids, _ in pairs])
    joined = {key: torch.cat([pictures[key] for _, pictures in pairs]) for key in pairs[0][1]}
    case.prompt("leftpad_batch.", ids, mask, joined)
    case.prompt("text.", torch.tensor([words(21)]))
    ids, pictures = prompt([(4, 6)])
    case.learn(torch.tensor([ids]), labels(torch.tensor([ids]), len(ids) - 4), pictures)
    return case


def gemma_text(**keys):
    return text(
        head_dim=12, query_pre_attn_scalar=20, sliding_window=6, sliding_window_pattern=3, num_hidden_layers=4,
        rope_parameters={
            "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 3e4},
            "sliding_attention": {"rope_type": "default", "rope_theta": 2e3}}, **keys)


def gemma3():
    model = Gemma3ForConditionalGeneration(Gemma3Config(
        text_config=gemma_text(), image_token_index=IMAGE, mm_tokens_per_image=9, boi_token_index=105,
        eoi_token_index=104, vision_config=dict(
            hidden_size=24, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2, image_size=24,
            patch_size=4, vision_use_head=False)))
    case = Case(
        "gemma3", model, model.model.language_model, one_centred=True,
        marks=lambda ids: {"token_type_ids": (ids == IMAGE).long()})

    def prompt(count):
        ids = words(4)
        for _ in range(count):
            ids += [105] + [IMAGE] * 9 + [104] + words(3)
        return ids, {"pixel_values": noise(count, 3, 24, 24)}

    ids, pictures = prompt(1)
    case.prompt("", torch.tensor([ids]), pictures=pictures)
    with torch.no_grad():
        seen = model.get_image_features(**pictures)
    case.outputs |= {"vision.features": seen.last_hidden_state, "projector.output": seen.pooler_output}
    ids, pictures = prompt(2)
    case.prompt("two.", torch.tensor([ids]), pictures=pictures)
    ids, mask = padded([prompt(1)[0], words(6) + prompt(1)[0]])
    case.prompt("leftpad_batch.", ids, mask, {"pixel_values": noise(2, 3, 24, 24)})
    case.prompt("text.", torch.tensor([words(21)]))
    ids, pictures = prompt(1)

    def name(key):
        """The hub's."""
        key = key.removeprefix("model.")
        key = key.replace("language_model.", "language_model.model.", 1)
        is_bare = key.startswith("vision_tower.") and not key.startswith("vision_tower.vision_model.")
        return key.replace("vision_tower.", "vision_tower.vision_model.", 1) if is_bare else key

    case.learn(torch.tensor([ids]), labels(torch.tensor([ids]), len(ids) - 4), pictures, name)
    return case


def gemma3_text():
    model = Gemma3ForCausalLM(Gemma3TextConfig(**gemma_text(final_logit_softcapping=4.0)))
    case = Case("gemma3-text", model, model.model, one_centred=True)
    case.prompt("", torch.tensor([words(23)]))
    ids, mask = padded([words(9), words(17)])
    case.prompt("leftpad_batch.", ids, mask)
    ids = torch.tensor([words(15)])
    case.learn(ids, labels(ids, 6))
    return case


def lfm2_text(**keys):
    return text(
        layer_types=["conv", "full_attention", "full_attention", "conv"], conv_L_cache=3, block_ff_dim=60,
        block_multiple_of=8, rope_parameters={"rope_theta": 5e3, "rope_type": "default"}, **keys)


def lfm2():
    model = Lfm2ForCausalLM(Lfm2Config(**lfm2_text(conv_bias=True)))
    case = Case("lfm2-text", model, model.model, last_norm="embedding_norm")
    case.prompt("", torch.tensor([words(23)]))
    # With biases padding is something to the original's convolutions.
    case.prompt("short.", torch.tensor([words(2)]))
    ids = torch.tensor([words(15)])
    case.learn(ids, labels(ids, 6))
    return case


def lfm2_vl():
    model = Lfm2VlForConditionalGeneration(Lfm2VlConfig(
        text_config=lfm2_text() | {"model_type": "lfm2"}, image_token_id=IMAGE, projector_hidden_size=40,
        vision_config=dict(
            model_type="siglip2_vision_model", hidden_size=24, intermediate_size=32, num_hidden_layers=2,
            num_attention_heads=2, num_patches=16, patch_size=4, vision_use_head=False)))
    case = Case("lfm2-vl", model, model.model.language_model, last_norm="embedding_norm")

    def prompt(shapes):
        ids = words(4)
        for height, width in shapes:
            ids += [105] + [IMAGE] * (height * width // 4) + [104] + words(3)
        mask = torch.zeros(len(shapes), 48, dtype=torch.long)
        for view, (height, width) in enumerate(shapes):
            mask[view, :height * width] = 1
        return ids, {
            "pixel_values": noise(len(shapes), 48, 48), "spatial_shapes": torch.tensor(shapes),
            "pixel_attention_mask": mask}

    ids, pictures = prompt([(6, 4)])
    case.prompt("", torch.tensor([ids]), pictures=pictures)
    with torch.no_grad():
        seen = model.get_image_features(**pictures, return_dict=True)
    case.outputs |= {
        "vision.features": seen.last_hidden_state[0, :24], "projector.output": torch.cat(list(seen.pooler_output))}
    ids, pictures = prompt([(4, 4), (4, 4), (2, 8)])
    case.prompt("tiles.", torch.tensor([ids]), pictures=pictures)
    pairs = [prompt([shape]) for shape in [(4, 2), (2, 10)]]
    ids, mask = padded([ids for ids, _ in pairs])
    joined = {key: torch.cat([pictures[key] for _, pictures in pairs]) for key in pairs[0][1]}
    case.prompt("leftpad_batch.", ids, mask, joined)
    case.prompt("text.", torch.tensor([words(21)]))
    ids, pictures = prompt([(2, 4)])

    def name(key):
        """The hub's."""
        is_bare = ".vision_tower." in key and ".vision_model." not in key
        return key.replace(".vision_tower.", ".vision_tower.vision_model.", 1) if is_bare else key

    case.learn(torch.tensor([ids]), labels(torch.tensor([ids]), len(ids) - 4), pictures, name)
    return case


cases = {
    "qwen3-vl": qwen3_vl, "gemma3": gemma3, "gemma3-text": gemma3_text, "lfm2-text": lfm2, "lfm2-vl": lfm2_vl}
for name in sys.argv[1:] or cases:
    choose.seed(name)
    generator.manual_seed(7)
    cases[name]().write()
