"""BERT computed from its weights with torch alone: an encoder, and sentence embedders made of it.

The same numbers as transformers and sentence-transformers give, for the models that they were made for and that nearly
everybody uses. Loads in a quarter of the time and memory, and computes half as fast again, since the weights are laid
out once, query, key and value are one product, and no probability is divided before it is needed. Knows nothing of
texts or tokenizers.
"""

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from index.files import read_json

_POOLING = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "first"}


def bert_pooling(folder: Path) -> str | None:
    """How the model in `folder` makes one vector of many, "mean" or "first"; None when it is no model for `Bert`."""
    config = read_json(folder / "config.json")
    plain = (
        config.get("model_type") == "bert"
        and config.get("hidden_act") == "gelu"
        and config.get("position_embedding_type", "absolute") == "absolute"
        and (folder / "model.safetensors").is_file()
    )
    try:
        steps = json.loads((folder / "modules.json").read_text(encoding="utf-8"))
        kinds = [str(step["type"]).rpartition(".")[2] for step in steps]
        pooling = read_json(folder / str(steps[1]["path"]) / "config.json")
    except (OSError, ValueError, LookupError, TypeError):
        return None
    if not plain or kinds not in (["Transformer", "Pooling"], ["Transformer", "Pooling", "Normalize"]):
        return None
    modes = [name for name, used in pooling.items() if name.startswith("pooling_mode_") and used]
    return _POOLING.get(modes[0]) if len(modes) == 1 else None


class Encoder:
    """The layers of a BERT, computing in `number_type` ("float32" or "bfloat16"). Safe to call from several threads.

    `weights` are named as in a BERT of transformers. Raises KeyError when they are not a BERT's.
    """

    def __init__(self, weights: Mapping[str, Any], config: Mapping[str, Any], number_type: str) -> None:
        import torch

        self.dimension = int(config["hidden_size"])
        self.padding = int(config.get("pad_token_id") or 0)
        self.type = torch.bfloat16 if number_type == "bfloat16" else torch.float32
        self._heads = int(config["num_attention_heads"])
        self._epsilon = float(config["layer_norm_eps"])
        self._linear = _linear_for(self.type)
        positions = weights["embeddings.position_embeddings.weight"]
        types = weights["embeddings.token_type_embeddings.weight"].float()
        self._words = weights["embeddings.word_embeddings.weight"].to(self.type)
        self._positions = (positions.float() + types[0]).to(self.type)
        self._second = (types[min(1, len(types) - 1)] - types[0]).to(self.type)  # what the second text adds
        self._norm = self._two(weights, "embeddings.LayerNorm")
        layers = range(int(config["num_hidden_layers"]))
        self._layers = [self._layer(weights, f"encoder.layer.{number}.") for number in layers]
        self._careful = False  # whether scores were too large for exp() once, in any call; else each is spared a look

    @property
    def longest(self) -> int:
        """The most tokens that a text may have."""
        return len(self._positions)

    def __call__(
        self,
        tokens: npt.NDArray[np.int64],
        lengths: npt.NDArray[np.int64],
        second: npt.NDArray[np.bool_] | None = None,
    ) -> Any:
        """The last layer, a torch tensor of shape (n, longest, dimension), of token ids padded to shape (n, longest).

        `second`, of the same shape, says which tokens belong to the second of two texts. Call in inference mode.
        """
        import torch
        from torch.nn import functional

        count, longest = tokens.shape
        mask = _real(lengths, longest).to(self.type)
        first = functional.embedding(torch.from_numpy(tokens), self._words) + self._positions[:longest]
        if second is not None:
            first += torch.from_numpy(second)[:, :, None] * self._second
        first = self._normed(first.view(count * longest, self.dimension), self._norm)
        careful = self._careful  # read once: another thread may set it while this call goes through the layers
        hidden = self._through_layers(first, mask, careful)
        if not careful and not bool(torch.isfinite(hidden).all()):
            self._careful = True
            hidden = self._through_layers(first, mask, True)
        return hidden.view(count, longest, self.dimension)

    def _through_layers(self, hidden: Any, mask: Any, careful: bool) -> Any:
        for attention, output, norm, up, down, last_norm in self._layers:
            mixed = self._attend(self._linear(hidden, attention, ""), mask, careful)
            hidden = self._normed(self._linear(mixed, output, "").add_(hidden), norm)
            inner = self._linear(hidden, up, "gelu")
            hidden = self._normed(self._linear(inner, down, "").add_(hidden), last_norm)
        return hidden

    def _attend(self, projected: Any, mask: Any, careful: bool) -> Any:
        """Scaled dot-product attention, shape (count * longest, dimension), of queries, keys and values side by side.

        A padded key counts nothing because its value is 0, and so is its 1 in the last column of the values, whose
        product is the sum that a softmax divides by. With heads as narrow as MiniLM's (32) torch's fused kernel takes
        more than twice as long on the CPU in bfloat16, its softmax alone as long as both products.
        """
        import torch

        count, longest = mask.shape
        width = self.dimension // self._heads
        shape = (count * self._heads, longest, width)
        query, key, value = projected.view(count, longest, 3, self._heads, width).permute(2, 0, 3, 1, 4).contiguous()
        summed = mask.new_empty((count, self._heads, longest, width + 1))
        torch.mul(value, mask[:, None, :, None], out=summed[..., :width])
        summed[..., width] = mask[:, None, :]
        scores = torch.bmm(query.view(shape), key.view(shape).transpose(1, 2))
        if not careful:
            return _mixed(scores.exp_(), summed).reshape(count * longest, self.dimension)
        scores.view(count, self._heads, longest, longest).masked_fill_(mask[:, None, None, :] == 0, -math.inf)
        mixed = _mixed(scores.sub_(scores.amax(-1, keepdim=True)).exp_(), summed)
        return mixed.reshape(count * longest, self.dimension)

    def _layer(self, weights: Mapping[str, Any], name: str) -> tuple[Any, ...]:
        import torch

        parts = [f"{name}attention.self.{part}" for part in ("query", "key", "value")]
        factors = (1 / math.sqrt(self.dimension // self._heads), 1.0, 1.0)  # scores are scaled with the queries
        scaled = [
            torch.cat([weights[f"{part}.{kind}"].float() * factor for part, factor in zip(parts, factors, strict=True)])
            for kind in ("weight", "bias")
        ]
        return (
            self._laid_out(*scaled),
            self._laid_out(*_pair(weights, f"{name}attention.output.dense")),
            self._two(weights, f"{name}attention.output.LayerNorm"),
            self._laid_out(*_pair(weights, f"{name}intermediate.dense")),
            self._laid_out(*_pair(weights, f"{name}output.dense")),
            self._two(weights, f"{name}output.LayerNorm"),
        )

    def _laid_out(self, weight: Any, bias: Any) -> tuple[Any, Any]:
        weight = weight.to(self.type).contiguous()
        return (_packed(weight) if self._linear is _packed_linear else weight), bias.to(self.type)

    def _two(self, weights: Mapping[str, Any], name: str) -> tuple[Any, Any]:
        weight, bias = _pair(weights, name)
        return weight.to(self.type), bias.to(self.type)

    def _normed(self, hidden: Any, norm: tuple[Any, Any]) -> Any:
        from torch.nn import functional

        return functional.layer_norm(hidden, (self.dimension,), *norm, self._epsilon)


class Bert:
    """The sentence embedder in `folder`; `pooling` is what `bert_pooling` said.

    Raises what safetensors and torch raise when the weights are not a BERT's.
    """

    def __init__(self, folder: Path, number_type: str, pooling: str) -> None:
        from safetensors.torch import load_file

        weights = {name.removeprefix("bert."): value for name, value in load_file(folder / "model.safetensors").items()}
        self._encoder = Encoder(weights, read_json(folder / "config.json"), number_type)
        self.dimension = self._encoder.dimension
        self.padding = self._encoder.padding
        self._mean = pooling == "mean"

    def __call__(self, tokens: npt.NDArray[np.int64], lengths: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """Vectors of length 1, shape (n, dimension), of token ids padded to shape (n, longest)."""
        import torch
        from torch.nn import functional

        with torch.inference_mode():
            hidden = self._encoder(tokens, lengths).float()
            real = _real(lengths, tokens.shape[1])
            pooled = (hidden * real[:, :, None]).sum(1) if self._mean else hidden[:, 0]
            result: npt.NDArray[np.float32] = functional.normalize(pooled, dim=1).numpy()
            return result


def _real(lengths: npt.NDArray[np.int64], longest: int) -> Any:
    """Which of the tokens, shape (n, longest), are no padding."""
    import torch

    return torch.arange(longest)[None, :] < torch.from_numpy(lengths)[:, None]


def _pair(weights: Mapping[str, Any], name: str) -> tuple[Any, Any]:
    return weights[f"{name}.weight"], weights[f"{name}.bias"]


def _mixed(powers: Any, summed: Any) -> Any:
    """Values weighted by `powers` and divided by their sum; (count, longest, heads, width), not contiguous."""
    import torch

    count, heads, longest, columns = summed.shape
    products = torch.bmm(powers, summed.view(count * heads, longest, columns)).view(summed.shape)
    return (products[..., :-1] / products[..., -1:]).transpose(1, 2)


_PACKED_FOR = 2048  # rows for which the layout is chosen; it serves other numbers as well


def _packed(weight: Any) -> Any:
    import torch

    return torch.ops.mkldnn._reorder_linear_weight(weight, _PACKED_FOR)


def _packed_linear(hidden: Any, layer: tuple[Any, Any], activation: str) -> Any:
    import torch

    return torch.ops.mkldnn._linear_pointwise(hidden, *layer, activation or "none", [], "none")


def _plain_linear(hidden: Any, layer: tuple[Any, Any], activation: str) -> Any:
    from torch.nn import functional

    product = functional.linear(hidden, *layer)
    return functional.gelu(product) if activation else product


def _linear_for(number_type: Any) -> Callable[[Any, tuple[Any, Any], str], Any]:
    """The quicker way to multiply: with weights laid out for oneDNN, where this build of torch has it.

    In float32 torch's own library is as quick. The operations are those that torch.compile uses; a build without
    them, or with others, is told by trying.
    """
    import torch

    if number_type is torch.bfloat16:
        try:
            some = torch.ones((16, 16), dtype=number_type)
            product = _packed_linear(some, (_packed(some), some[0]), "gelu")
            if torch.equal(product.round(), torch.full_like(some, 17.0)):
                return _packed_linear
        except (AttributeError, RuntimeError, TypeError):
            pass
    return _plain_linear
