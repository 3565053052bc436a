"""The programs that are compared, each as a thing that can be asked for one measurement after the other."""
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from shapes import SHAPES

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
RUNS = ROOT / "runs" / "peers"
PYTHON = RUNS / "venv" / "bin" / "python"


@dataclass
class Sizes:
    """What is measured; the same for everyone."""

    shape: str
    prompt_tokens: int
    text_tokens: int
    decode_tokens: int
    threads: int


class Failure(RuntimeError):
    """A runner that ended or cannot start."""


@dataclass
class Kept:
    """A peer whose process keeps its model between measurements."""

    name: str
    command: list[str]
    versions: dict[str, str] = field(default_factory=dict)
    _process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        log = (RUNS / f"{self.name.replace(' ', '-')}.log").open("w")
        self._process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, cwd=HERE
        )
        self.versions = self._answer()

    def measure(self) -> dict[str, float]:
        if self._process is None:
            self.start()
        assert self._process and self._process.stdin
        print(file=self._process.stdin, flush=True)
        return self._answer()

    def stop(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answer(self) -> dict:
        assert self._process and self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise Failure(f"{self.name} ended with {self._process.wait()}; see its log in {RUNS}")
        return json.loads(line)


@dataclass
class GammaMod:
    """This project's `bench`, dense and routed in alternation; a process for each measurement."""

    name: str
    dtype: str
    sizes: Sizes
    versions: dict[str, str] = field(default_factory=dict)

    def measure(self) -> dict[str, float]:
        sizes = self.sizes
        command = [
            ROOT / ".build/release/gamma-mod", "bench", "--shape", sizes.shape, "--dtype", self.dtype, "--json",
            "--image-tokens", sizes.prompt_tokens - sizes.text_tokens, "--text-tokens", sizes.text_tokens,
            "--decode-tokens", sizes.decode_tokens, "--threads", sizes.threads, "--repeat", 3, *routing(sizes),
        ]
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        if done.returncode:
            raise Failure(f"{self.name}: {done.stderr.strip()}")
        report = json.loads(done.stdout)
        self.versions = {"backend": report["backend"]}
        return {
            "prefill": report["dense"]["prefill_s"], "decode": 1 / report["dense"]["decode_tokens_per_s"],
            "routed_prefill": report["gamma"]["prefill_s"], "routed_decode": 1 / report["gamma"]["decode_tokens_per_s"],
            "skipped": report["gamma"]["skip_ratio"], "efficiency": report["ratios"]["efficiency"],
            "flops": report["ratios"]["flops"], "foreign_load": report["foreign_load"],
        }

    def stop(self) -> None:
        pass


def routing(sizes: Sizes) -> list:
    """7 of 8 layers routed, so many image rows skipped that 58 % of all rows are."""
    share = 0.58 * sizes.prompt_tokens / (sizes.prompt_tokens - sizes.text_tokens)
    return ["--skip", f"{share:.4f}", "--dense-layers", SHAPES[sizes.shape].dense_layers]


def llama_cpp(sizes: Sizes, quantisation: str) -> Kept:
    """llama.cpp on a file that write_models.py has made."""
    return Kept(
        f"llama.cpp {quantisation}",
        [str(PYTHON), "llama_cpp_peer.py", "--model", str(model_file(sizes.shape, quantisation)), *counts(sizes)],
    )


def transformers(sizes: Sizes) -> Kept:
    """Hugging Face transformers in bfloat16."""
    return Kept("transformers bf16", [str(PYTHON), "transformers_peer.py", "--shape", sizes.shape, *counts(sizes)])


def counts(sizes: Sizes) -> list[str]:
    return [
        "--threads", str(sizes.threads), "--prompt-tokens", str(sizes.prompt_tokens),
        "--decode-tokens", str(sizes.decode_tokens),
    ]


def model_file(shape: str, quantisation: str) -> Path:
    return RUNS / "models" / f"{shape}-{quantisation}.gguf"


def write_models(shape: str, quantisations: list[str]) -> None:
    """Makes the GGUF files that are missing."""
    missing = [name for name in quantisations if not model_file(shape, name).exists()]
    if missing:
        others = [name for name in quantisations if name != "BF16"]
        subprocess.run(
            [PYTHON, "write_models.py", "--shape", shape, "--folder", RUNS / "models", *others], check=True, cwd=HERE
        )


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return "unknown processor"


def progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def cores() -> int:
    return os.cpu_count() or 1
