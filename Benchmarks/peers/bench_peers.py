"""Times gamma-mod against llama.cpp and transformers on the same shape, in alternation, and writes Benchmarks/RESULTS.md.

Every measurement goes to runs/peers/SHAPE.jsonl at once; --report makes the tables from there without measuring.
"""
import argparse
import json
from pathlib import Path

from report import write_report
from runners import RUNS, Failure, GammaMod, Kept, Sizes, llama_cpp, progress, transformers, write_models
from shapes import SHAPES

QUANTISATIONS = ["Q4_0", "Q4_K_S", "Q8_0", "BF16"]
DISTURBED = 0.05  # share of the machine that other programs take, from which on a measurement is repeated
ATTEMPTS = 3


def runners(sizes: Sizes, only: str) -> list[Kept | GammaMod]:
    everyone = [
        *(GammaMod(f"gamma-mod {dtype}", dtype, sizes) for dtype in ("int8", "int4", "bf16")),
        *(llama_cpp(sizes, name) for name in QUANTISATIONS),
        transformers(sizes),
    ]
    return [runner for runner in everyone if only in runner.name]


def measure(runner: Kept | GammaMod) -> dict[str, float]:
    """A measurement that other programs did not disturb or, after some attempts, the last one."""
    for _ in range(ATTEMPTS):
        result = runner.measure()
        if result["foreign_load"] < DISTURBED:
            break
    return result


def run(sizes: Sizes, rounds: int, only: str, results: Path) -> None:
    write_models(sizes.shape, QUANTISATIONS)
    everyone = runners(sizes, only)
    with results.open("a") as output:
        for number in range(rounds):
            for runner in everyone:
                try:
                    result = measure(runner)
                except Failure as failure:
                    progress(str(failure))
                    runner.stop()
                    continue
                line = {"runner": runner.name, "sizes": vars(sizes), "versions": runner.versions, **result}
                print(json.dumps(line), file=output, flush=True)
                progress(f"round {number + 1} of {rounds}, {runner.name}: prefill {result['prefill']:.2f} s, "
                         f"{1 / result['decode']:.1f} tokens/s")
    for runner in everyone:
        runner.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", choices=SHAPES, default="llama-1.1b")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", default="", help="runners whose name holds this")
    parser.add_argument("--report", action="store_true", help="write the tables of what was measured before")
    options = parser.parse_args()
    sizes = Sizes(options.shape, prompt_tokens=640, text_tokens=64, decode_tokens=16, threads=options.threads)
    results = RUNS / f"{options.shape}.jsonl"
    if not options.report:
        run(sizes, options.rounds, options.only, results)
    write_report(results)


if __name__ == "__main__":
    main()
