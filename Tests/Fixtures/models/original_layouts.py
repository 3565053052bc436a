"""Weights and configurations of transformers' LLaVA-NeXT, LLaVA-OneVision, InternVL and FastVLM models in the layouts of their own code."""
import torch


def renamed(key, pairs):
    for old, new in pairs:
        if key.startswith(old):
            return new + key[len(old):]
    return key


def llava(model):
    """→ weights, config.json, and config.json of the tower's folder, which is called `tower`."""
    tower = model.config.vision_config.to_dict()
    isSigLIP = tower["model_type"].startswith("siglip")
    weights = {
        renamed(key, [
            ("model.language_model.", "model."), ("model.vision_tower.", "model.vision_tower.vision_tower.vision_model."),
            ("model.multi_modal_projector.linear_1", "model.mm_projector.0"),
            ("model.multi_modal_projector.linear_2", "model.mm_projector.2")]): value.contiguous()
        for key, value in model.state_dict().items()}
    # LLaVA's code takes the last layer off.
    tower["num_hidden_layers"] += isSigLIP
    config = model.config.text_config.to_dict() | {
        "model_type": "llava_qwen" if isSigLIP else "llava", "mm_vision_tower": "tower", "mm_projector_type": "mlp2x_gelu",
        "mm_vision_select_layer": -2, "mm_patch_merge_type": "spatial_unpad",
        "image_aspect_ratio": "anyres_max_9" if isSigLIP else "anyres",
        "image_grid_pinpoints": [[width, height] for height, width in model.config.image_grid_pinpoints]}
    return weights, config, tower


def marked(ids, image):
    """One mark for each run of a picture's rows."""
    return [
        -200 if token == image else token for place, token in enumerate(ids)
        if token != image or place == 0 or ids[place - 1] != image]


def internvl(model):
    """→ weights and config.json."""
    weights, fused = {}, {}
    for key, value in model.state_dict().items():
        key = renamed(key, [
            ("model.language_model.", "language_model.model."), ("model.vision_tower.", "vision_model."),
            ("lm_head", "language_model.lm_head"), ("model.multi_modal_projector.layer_norm", "mlp1.0"),
            ("model.multi_modal_projector.linear_1", "mlp1.1"), ("model.multi_modal_projector.linear_2", "mlp1.3")])
        for old, new in [
            ("encoder.layer.", "encoder.layers."), ("cls_token", "class_embedding"),
            ("patch_embeddings.projection", "patch_embedding"), ("position_embeddings", "position_embedding"),
            ("layernorm_before", "norm1"), ("layernorm_after", "norm2"), ("attention.projection_layer", "attn.proj"),
            ("lambda_1", "ls1"), ("lambda_2", "ls2")]:
            key = key.replace(old, new)
        part = next((part for part in ("q_proj", "k_proj", "v_proj") if "attention." + part in key), None)
        if part:
            fused.setdefault(key.replace("attention." + part, "attn.qkv"), {})[part] = value
        else:
            weights[key] = value.contiguous()
    weights |= {key: torch.cat([parts[p] for p in ("q_proj", "k_proj", "v_proj")]) for key, parts in fused.items()}
    tower = model.config.vision_config.to_dict()
    tower |= {
        "model_type": "intern_vit_6b", "image_size": tower["image_size"][0], "patch_size": tower["patch_size"][0],
        "qk_normalization": False, "qkv_bias": tower["attention_bias"]}
    return weights, {
        "model_type": "internvl_chat", "llm_config": model.config.text_config.to_dict(), "vision_config": tower,
        "select_layer": -1, "downsample_ratio": 0.5, "ps_version": "v2", "image_token_id": model.config.image_token_id}


def fastvlm(model):
    """→ weights and config.json, which has the sizes of the tower, too. As transformers' converter of FastVLM, the other way round."""
    weights = {}
    begins = [0, 2, 4, 7, 10]
    for key, value in model.state_dict().items():
        key = renamed(key, [
            ("model.language_model.", "model."), ("model.vision_tower.timm_model.", "model.vision_tower.vision_tower.model."),
            ("model.multi_modal_projector.linear_1", "model.mm_projector.0"),
            ("model.multi_modal_projector.linear_2", "model.mm_projector.2")])
        for stage, begin in enumerate(begins):
            before = begin - 1 if stage < 3 else begin - 2
            key = key.replace(f"stages.{stage}.downsample.proj.0.reparam_conv", f"network.{before}.proj.0.lkb_reparam")
            key = key.replace(f"stages.{stage}.downsample", f"network.{before}")
            key = key.replace(f"stages.{stage}.pos_emb", f"network.{begin - 1}")
            key = key.replace(f"stages.{stage}.blocks", f"network.{begin}")
        if "vision_tower" in key:
            for old, new in [
                (".stem.", ".patch_embed."), (".mlp.", ".convffn."), (".gamma", ""), ("final_conv", "conv_exp"),
                ("se.fc1", "se.reduce"), ("se.fc2", "se.expand")]:
                key = key.replace(old, new)
        weights[key] = value.contiguous()
    side = round(model.config.image_seq_length ** 0.5) * 64
    return weights, model.config.text_config.to_dict() | {
        "model_type": "llava_qwen2", "mm_vision_tower": f"mobileclip_l_{side}", "mm_projector_type": "mlp2x_gelu",
        "vision_config": model.config.vision_config.to_dict()}
