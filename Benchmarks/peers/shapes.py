"""The decoders that are compared; sizes as `gamma-mod bench --shape` has them."""
from dataclasses import dataclass


@dataclass(frozen=True)
class Shape:
    """A LLaMA-style decoder."""

    layers: int
    width: int
    ffn: int
    heads: int
    kv_heads: int
    vocabulary: int

    @property
    def head_width(self) -> int:
        return self.width // self.heads

    @property
    def dense_layers(self) -> int:
        """Layers that stay dense when 7 of 8 are routed."""
        return round(self.layers / 8)


SHAPES = {
    "llama-1.1b": Shape(layers=22, width=2048, ffn=5632, heads=32, kv_heads=4, vocabulary=32000),
    "llava-1.5-7b": Shape(layers=32, width=4096, ffn=11008, heads=32, kv_heads=32, vocabulary=32000),
}
CONTEXT = 8192
NORM_EPSILON = 1e-5
