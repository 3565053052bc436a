"""Reduces a case of the reference data to what the tests need.

    python3 reduce.py SOURCE_FOLDER TARGET_FOLDER

Keeps weights, inputs and configurations, and of the outputs what `gamma-mod trace` writes too.
"""
import re
import shutil
import sys
from pathlib import Path

from safetensors.torch import load_file, save_file

source, target = map(Path, sys.argv[1:])
shutil.copytree(source, target, ignore=shutil.ignore_patterns("outputs.safetensors", "case.json"), dirs_exist_ok=True)
dropped = re.compile(
    r"(^|\.)(attn|sv|rank|rank64|rank_margin|arank64|cache|position|position_ids|key_mask|decode|mining|generate_nocache)\.|vision\.(?!features)"
)
outputs = load_file(source / "outputs.safetensors")
save_file({k: v for k, v in outputs.items() if not dropped.search(k)}, target / "outputs.safetensors")
