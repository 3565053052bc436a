"""Writes Benchmarks/RESULTS.md from measurements."""
import datetime
import json
from pathlib import Path
from statistics import median

from runners import ROOT, cores, processor

# What is compared, of whom with whom, and the ratio that is wanted.
BARS = [
    ("prefill, dense int8", "gamma-mod int8", "prefill", "best llama.cpp", 2.5),
    ("prefill, dense int8", "gamma-mod int8", "prefill", "transformers bf16", 2.0),
    ("prefill, γ-MoD int8", "gamma-mod int8", "routed_prefill", "best llama.cpp", 4.6),
    ("prefill, γ-MoD int8", "gamma-mod int8", "routed_prefill", "transformers bf16", 3.6),
    ("prefill, dense bf16", "gamma-mod bf16", "prefill", "transformers bf16", 1.15),
    ("prefill, dense bf16", "gamma-mod bf16", "prefill", "llama.cpp BF16", 1.4),
    ("decode, int4", "gamma-mod int4", "decode", "llama.cpp Q4_0", 1.2),
    ("decode, int8", "gamma-mod int8", "decode", "llama.cpp Q8_0", 1.2),
]


def write_report(results: Path) -> None:
    lines = [json.loads(line) for line in results.read_text().splitlines()]
    runners: dict[str, list[dict]] = {}
    for line in lines:
        runners.setdefault(line["runner"], []).append(line)
    sizes = lines[-1]["sizes"]
    text = [
        "# gamma-mod beside its peers",
        "",
        f"Shape `{sizes['shape']}`, random weights, {sizes['prompt_tokens']} prompt tokens, then {sizes['decode_tokens']} "
        f"generated ones, {sizes['threads']} threads on {processor()} with {cores()} cores, "
        f"{datetime.date.today().isoformat()}. Medians of runs in alternation; in brackets the fastest and the slowest. "
        "γ-MoD routes 7 of 8 layers and skips 58 % of the rows there. Written by `make bench-peers`.",
        "",
        "| runner | runs | prefill, s | tokens/s | decode, tokens/s |",
        "|---|---|---|---|---|",
    ]
    for name, measured in runners.items():
        text.append(row(name, measured, "prefill", "decode", sizes))
        if "routed_prefill" in measured[0]:
            text.append(row(f"{name}, γ-MoD", measured, "routed_prefill", "routed_decode", sizes))
    text += ["", "| what | beside | ratio | wanted |", "|---|---|---|---|"]
    for title, ours, kind, theirs, wanted in BARS:
        ratio = compare(runners, ours, kind, theirs)
        if ratio is not None:
            text.append(f"| {title} | {ratio[1]} | {ratio[0]:.2f} | ≥ {wanted} |")
    text += ["", "Versions:", ""]
    texts = [", ".join(f"{key} {value}" for key, value in measured[-1]["versions"].items()) for measured in runners.values()]
    text += [f"- {line}" for line in dict.fromkeys(texts)]
    worst = max(line["foreign_load"] for line in lines)
    text += ["", f"Other programs took at most {worst:.1%} of the machine's time during a run."]
    (ROOT / "Benchmarks" / "RESULTS.md").write_text("\n".join(text) + "\n")


def row(name: str, measured: list[dict], prefill: str, decode: str, sizes: dict) -> str:
    seconds = [line[prefill] for line in measured]
    rates = [1 / line[decode] for line in measured]
    return (f"| {name} | {len(measured)} | {spread(seconds, 2)} | {sizes['prompt_tokens'] / median(seconds):.0f} "
            f"| {spread(rates, 1)} |")


def spread(numbers: list[float], digits: int) -> str:
    return f"{median(numbers):.{digits}f} [{min(numbers):.{digits}f}, {max(numbers):.{digits}f}]"


def compare(runners: dict[str, list[dict]], ours: str, kind: str, theirs: str) -> tuple[float, str] | None:
    """The ratio of the medians, and with whom."""
    peers = [name for name in runners if name.startswith("llama.cpp")] if theirs == "best llama.cpp" else [theirs]
    if ours not in runners or not all(name in runners for name in peers) or not peers:
        return None
    other = kind.removeprefix("routed_")
    times = {name: median(line[other] for line in runners[name]) for name in peers}
    best = min(times, key=times.__getitem__)
    return times[best] / median(line[kind] for line in runners[ours]), best
