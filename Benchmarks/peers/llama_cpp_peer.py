"""llama.cpp as a peer, through its C interface."""
import ctypes
from pathlib import Path

import llama_cpp

from peer import arguments, serve, take_output


class LlamaCpp:
    """A GGUF file, opened as llama.cpp opens it by default: mapped, repacked, flash attention where it helps."""

    def __init__(self, model: Path, threads: int, prompt_tokens: int, decode_tokens: int) -> None:
        self._prompt_tokens = prompt_tokens
        self._decode_tokens = decode_tokens
        llama_cpp.llama_backend_init()
        self._model = llama_cpp.llama_model_load_from_file(bytes(model), llama_cpp.llama_model_default_params())
        if not self._model:
            raise RuntimeError(f"llama.cpp cannot load {model}")
        parameters = llama_cpp.llama_context_default_params()
        parameters.n_ctx = prompt_tokens + decode_tokens
        parameters.n_batch = parameters.n_ubatch = prompt_tokens
        parameters.n_threads = parameters.n_threads_batch = threads
        self._context = llama_cpp.llama_init_from_model(self._model, parameters)
        if not self._context:
            raise RuntimeError(f"llama.cpp makes no context for {model}")
        self._batch = llama_cpp.llama_batch_init(prompt_tokens, 0, 1)
        self.versions = {"llama.cpp": _version(), "llama.cpp's features": _features()}

    def prefill(self) -> None:
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(self._context), False)
        self._run(position=0, count=self._prompt_tokens)

    def decode(self) -> None:
        for step in range(self._decode_tokens):
            self._run(position=self._prompt_tokens + step, count=1)

    def _run(self, position: int, count: int) -> None:
        batch = self._batch
        batch.n_tokens = count
        for row in range(count):
            batch.token[row] = 1 + (7919 * (position + row)) % 31000
            batch.pos[row] = position + row
            batch.n_seq_id[row] = 1
            batch.seq_id[row][0] = 0
            batch.logits[row] = row == count - 1
        if llama_cpp.llama_decode(self._context, batch) != 0:
            raise RuntimeError("llama.cpp cannot run the batch")
        llama_cpp.llama_synchronize(self._context)


def _version() -> str:
    """The version and commit of the ggml that llama.cpp was built with."""
    library = ctypes.CDLL(str(Path(llama_cpp.__file__).parent / "lib" / "libggml-base.so"))
    library.ggml_version.restype = library.ggml_commit.restype = ctypes.c_char_p
    return f"ggml {library.ggml_version().decode()}, commit {library.ggml_commit().decode()}"


def _features() -> str:
    """What the build uses of this processor."""
    pairs = (part.split("=") for part in llama_cpp.llama_print_system_info().decode().split(":", 1)[1].split("|") if "=" in part)
    return " ".join(name.strip() for name, value in pairs if value.strip() == "1")


if __name__ == "__main__":
    answers = take_output()
    parser = arguments(__doc__)
    parser.add_argument("--model", type=Path, required=True)
    options = parser.parse_args()
    engine = LlamaCpp(options.model, options.threads, options.prompt_tokens, options.decode_tokens)
    serve(engine, options.decode_tokens, answers)
