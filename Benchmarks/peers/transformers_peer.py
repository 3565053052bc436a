"""Hugging Face transformers on PyTorch as a peer, in bfloat16."""
import torch
import transformers

from peer import arguments, serve, take_output
from shapes import CONTEXT, NORM_EPSILON, SHAPES, Shape


class Transformers:
    """A LlamaForCausalLM of random weights."""

    def __init__(self, shape: Shape, prompt_tokens: int, decode_tokens: int) -> None:
        self._decode_tokens = decode_tokens
        configuration = transformers.LlamaConfig(
            hidden_size=shape.width,
            intermediate_size=shape.ffn,
            num_hidden_layers=shape.layers,
            num_attention_heads=shape.heads,
            num_key_value_heads=shape.kv_heads,
            vocab_size=shape.vocabulary,
            max_position_embeddings=CONTEXT,
            rms_norm_eps=NORM_EPSILON,
        )
        self._model = transformers.AutoModelForCausalLM.from_config(
            configuration, dtype=torch.bfloat16, attn_implementation="sdpa"
        ).eval()
        self._prompt = 1 + torch.arange(prompt_tokens)[None] * 7919 % 31000
        self._cache: transformers.Cache | None = None
        self._next = self._prompt[:, -1:]
        self.versions = {
            "transformers": transformers.__version__,
            "PyTorch": torch.__version__,
            "its processor features": torch.backends.cpu.get_cpu_capability(),
        }

    def prefill(self) -> None:
        self._cache = None
        self._advance(self._prompt)

    def decode(self) -> None:
        for _ in range(self._decode_tokens):
            self._advance(self._next)

    def _advance(self, ids: torch.Tensor) -> None:
        result = self._model(input_ids=ids, past_key_values=self._cache, use_cache=True, logits_to_keep=1)
        self._cache = result.past_key_values
        self._next = result.logits[:, -1].argmax(dim=-1, keepdim=True)


if __name__ == "__main__":
    answers = take_output()
    parser = arguments(__doc__)
    parser.add_argument("--shape", choices=SHAPES, required=True)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    with torch.inference_mode():
        engine = Transformers(SHAPES[options.shape], options.prompt_tokens, options.decode_tokens)
        serve(engine, options.decode_tokens, answers)
