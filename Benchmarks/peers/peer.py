"""The child's side of a peer: a process that keeps its model and times it whenever a line asks for it.

The first line that it writes holds the versions; each line that it reads afterwards is answered with one line of seconds.
"""
import argparse
import json
import os
import sys
import time
from typing import Protocol

from foreign_load import ForeignLoad


class Engine(Protocol):
    """A loaded model."""

    versions: dict[str, str]

    def prefill(self) -> None:
        """Forgets everything, reads a prompt and computes the logits of its last token."""

    def decode(self) -> None:
        """Generates tokens behind the prompt, one after the other."""


def arguments(description: str | None) -> argparse.ArgumentParser:
    """The options that every peer has."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--prompt-tokens", type=int, required=True)
    parser.add_argument("--decode-tokens", type=int, required=True)
    return parser


def take_output() -> int:
    """Keeps standard output for answers; whatever libraries print goes to standard error."""
    answers = os.dup(1)
    os.dup2(2, 1)
    return answers


def serve(engine: Engine, decode_tokens: int, answers: int) -> None:
    """Warms up, then measures once for each line of standard input."""
    with os.fdopen(answers, "w") as output:
        _measure(engine, decode_tokens)
        print(json.dumps(engine.versions), file=output, flush=True)
        for _ in sys.stdin:
            print(json.dumps(_measure(engine, decode_tokens)), file=output, flush=True)


def _measure(engine: Engine, decode_tokens: int) -> dict[str, float]:
    load = ForeignLoad()
    start = time.perf_counter()
    engine.prefill()
    middle = time.perf_counter()
    engine.decode()
    end = time.perf_counter()
    return {
        "prefill": middle - start,
        "decode": (end - middle) / max(1, decode_tokens),
        "foreign_load": load.share(),
    }
