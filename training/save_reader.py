"""Makes `models/reader` of what training kept: weights in half precision, without the frozen word embeddings.

    .venv/bin/python -m training.save_reader RUN/reader.pt [RUN/reader.pt ...] models/reader [--shares .3 .7]

Of several runs, each of which went on from the one before, the mean is taken: it reads better than any of them
(Wortsman et al., "Model soups", 2022; docs/measurements.md).
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from index.embedder import MINILM, MINILM_SHA256

# What the program needs to know of the weights; the sizes are those that training cut to.
ABOUT = {"base": MINILM, "base_sha256": MINILM_SHA256, "question_pieces": 96, "heading_pieces": 32}
_PARTS = ("query", "key", "value")
_NAMES = {
    "output": "attention.output.dense",
    "norm": "attention.output.LayerNorm",
    "up": "intermediate.dense",
    "down": "output.dense",
    "last_norm": "output.LayerNorm",
}


def named_as_bert(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The weights under the names that a BERT of transformers has, in half precision; `span` and `relevance` stay."""
    result = {}
    for name, value in state.items():
        where, _, kind = name.rpartition(".")
        if name.startswith("words."):
            continue
        if name == "positions":
            result["embeddings.position_embeddings.weight"] = value
        elif name == "types":
            result["embeddings.token_type_embeddings.weight"] = value
        elif where == "norm":
            result[f"embeddings.LayerNorm.{kind}"] = value
        elif name.startswith("layers."):
            _, number, part, _ = name.split(".")
            if part == "mixed":
                for each, piece in zip(_PARTS, value.chunk(3), strict=True):
                    result[f"encoder.layer.{number}.attention.self.{each}.{kind}"] = piece
            else:
                result[f"encoder.layer.{number}.{_NAMES[part]}.{kind}"] = value
        else:
            result[name] = value
    return {name: value.detach().half().contiguous() for name, value in result.items()}


def as_trained(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The inverse of `named_as_bert`, in single precision: what training can go on from; without word embeddings."""
    result = {}
    parts = {name: part for part, name in _NAMES.items()}
    for name, value in weights.items():
        where, _, kind = name.rpartition(".")
        if name.startswith("embeddings.position"):
            result["positions"] = value.float()
        elif name.startswith("embeddings.token_type"):
            result["types"] = value.float()
        elif where == "embeddings.LayerNorm":
            result[f"norm.{kind}"] = value.float()
        elif name.startswith("encoder.layer."):
            number, part = where.removeprefix("encoder.layer.").split(".", 1)
            if part in parts:
                result[f"layers.{number}.{parts[part]}.{kind}"] = value.float()
            elif part == "attention.self.query":
                three = [weights[f"encoder.layer.{number}.attention.self.{each}.{kind}"] for each in _PARTS]
                result[f"layers.{number}.mixed.{kind}"] = torch.cat(three).float()
        else:
            result[name] = value.float()
    return result


def mean_of(states: Sequence[Mapping[str, torch.Tensor]], shares: Sequence[float]) -> dict[str, torch.Tensor]:
    """The mean of weights of the same names and shapes, by shares that add up to 1."""
    return {
        name: sum((share * state[name].float() for share, state in zip(shares, states, strict=True)), torch.zeros(()))
        for name in states[0]
    }


def main() -> None:
    """Write the folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("states", type=Path, nargs="+")
    parser.add_argument("out", type=Path)
    parser.add_argument("--shares", type=float, nargs="+", help="of each in the mean; equal ones unless given")
    args = parser.parse_args()
    shares = args.shares or [1 / len(args.states)] * len(args.states)
    if len(shares) != len(args.states) or abs(sum(shares) - 1) > 1e-6:
        parser.error("--shares: as many as there are states, which add up to 1")
    from safetensors.torch import save_file

    args.out.mkdir(parents=True, exist_ok=True)
    save_file(
        named_as_bert(mean_of([torch.load(each) for each in args.states], shares)), args.out / "model.safetensors"
    )
    (args.out / "reader.json").write_text(json.dumps(ABOUT, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
