"""Trains the reader from all-MiniLM-L6-v2 on examples made by `training.reader_examples`.

    .venv/bin/python -m training.train_reader EXAMPLES OUT --minutes 90

EXAMPLES is a folder of example files; one added while training runs is taken up with the next part. OUT gets
`reader.pt`, rewritten every few minutes; `training.save_reader` makes the package of weights of it. The learning rate
falls with the time spent, so a shorter run is a whole one, too.

bfloat16 with float32 master weights, no dropout, batches of one length, attention as plain products: on a CPU with
bfloat16 everything else was slower (docs/measurements.md).
"""

import argparse
import json
import math
import pickle
import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional

CLS, SEP = 101, 102
_STEP = 16  # lengths of batches are multiples of this
SHARES = Path(__file__).parent / "reader_shares.json"  # of each kind of example in a part


class Layer(nn.Module):
    """One layer of BERT; query, key and value are one product."""

    def __init__(self, weights: Mapping[str, torch.Tensor], name: str, heads: int) -> None:
        super().__init__()
        self.heads = heads
        own = {"query": "attention.self.query", "key": "attention.self.key", "value": "attention.self.value"}
        self.mixed = _linear(weights, *(f"{name}{part}" for part in own.values()))
        self.output = _linear(weights, f"{name}attention.output.dense")
        self.norm = _norm(weights, f"{name}attention.output.LayerNorm")
        self.up = _linear(weights, f"{name}intermediate.dense")
        self.down = _linear(weights, f"{name}output.dense")
        self.last_norm = _norm(weights, f"{name}output.LayerNorm")

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """(batch, length, width) to the same."""
        batch, length, width = hidden.shape
        each = width // self.heads
        query, key, value = self.mixed(hidden).view(batch, length, 3, self.heads, each).permute(2, 0, 3, 1, 4)
        scores = torch.matmul(query * (1 / math.sqrt(each)), key.transpose(-1, -2))
        seen = torch.matmul(torch.softmax(scores, -1), value)
        hidden = self.norm(hidden + self.output(seen.transpose(1, 2).reshape(batch, length, width)))
        result: torch.Tensor = self.last_norm(hidden + self.down(functional.gelu(self.up(hidden))))
        return result


class ReaderModel(nn.Module):
    """MiniLM with a span head (start, end) and a relevance head on its first piece; word embeddings are frozen."""

    def __init__(self, weights: Mapping[str, torch.Tensor], layers: int = 6, heads: int = 12) -> None:
        super().__init__()
        words = weights["embeddings.word_embeddings.weight"]
        self.words = nn.Embedding(words.shape[0], words.shape[1])
        self.words.weight = nn.Parameter(words.clone(), requires_grad=False)
        self.positions = nn.Parameter(weights["embeddings.position_embeddings.weight"].clone())
        self.types = nn.Parameter(weights["embeddings.token_type_embeddings.weight"].clone())
        self.norm = _norm(weights, "embeddings.LayerNorm")
        self.layers = nn.ModuleList(Layer(weights, f"encoder.layer.{number}.", heads) for number in range(layers))
        width = self.words.embedding_dim
        self.span = nn.Linear(width, 2)
        self.relevance = nn.Linear(width, 1)
        for head in (self.span, self.relevance):
            nn.init.normal_(head.weight, std=0.02)
            nn.init.zeros_(head.bias)

    def forward(self, pieces: torch.Tensor, types: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Start and end logits, (batch, length), and relevance logits, (batch,), of unpadded pieces."""
        hidden = self.words(pieces) + self.positions[: pieces.shape[1]] + self.types[types]
        hidden = self.norm(hidden)
        for layer in self.layers:
            hidden = layer(hidden)
        span = self.span(hidden).float()
        return span[..., 0], span[..., 1], self.relevance(hidden[:, 0]).float().squeeze(-1)


def _linear(weights: Mapping[str, torch.Tensor], *names: str) -> nn.Linear:
    weight = torch.cat([weights[f"{name}.weight"] for name in names])
    result = nn.Linear(weight.shape[1], weight.shape[0])
    result.weight.data = weight.clone()
    result.bias.data = torch.cat([weights[f"{name}.bias"] for name in names]).clone()
    return result


def _norm(weights: Mapping[str, torch.Tensor], name: str) -> nn.LayerNorm:
    weight = weights[f"{name}.weight"]
    result = nn.LayerNorm(weight.shape[0], eps=1e-12)
    result.weight.data, result.bias.data = weight.clone(), weights[f"{name}.bias"].clone()
    return result


class Prepared:
    """An example laid out for a batch: pieces, where the passage begins, one answer or none, relevance."""

    __slots__ = ("begin", "end", "known", "pieces", "relevant", "spread", "start")

    def __init__(self, example: tuple[Any, ...], longest: int, random_: random.Random) -> None:
        question, heading, passage, spans, relevant, _, spread, known = example
        question = question[:40]
        heading = heading if random_.random() < 0.7 else []
        room = longest - len(question) - len(heading[:32]) - 3
        span = random_.choice(spans) if spans else None
        first, last = span if span else (0, 0)
        if last - first >= room - 8:
            last = first + room - 8
        # Only as much of the passage as there is room for, cut at random around the answer; then whole steps.
        length = min(len(passage), room)
        fixed = len(question) + len(heading[:32]) + 3
        total = max(_STEP, (fixed + length) // _STEP * _STEP)
        if total - fixed < last - first + 1:
            total += _STEP
        length = total - fixed
        if length > len(passage):  # too short for whole steps: take what is missing from the question's padding
            heading = heading[:32]
            total = (fixed + len(passage)) // _STEP * _STEP
            drop = fixed + len(passage) - total
            heading = heading[: max(0, len(heading) - drop)]
            length = total - len(question) - len(heading) - 3
        low, high = max(0, last - length + 1), min(first, len(passage) - length)
        if not span:
            low, high = 0, max(0, len(passage) - length)
        offset = random_.randint(min(low, high), max(low, high)) if high >= 0 else 0
        offset = max(0, offset)
        head = heading[:32]
        before = [CLS, *question, SEP, *head]
        kept = passage[offset : offset + length]
        self.pieces = [*before, *kept, SEP]
        self.begin = len(question) + 2
        if span:
            self.start = len(before) + first - offset
            self.end = len(before) + min(last - offset, len(kept) - 1)
        else:
            self.start = self.end = 0
        self.relevant, self.spread, self.known = relevant, spread, known
        if span and not (len(before) <= self.start <= self.end < len(self.pieces) - 1):
            self.known = False
            self.start = self.end = 0


def parts(
    pools: Mapping[str, list[tuple[Any, ...]]],
    queues: dict[str, list[tuple[Any, ...]]],
    size: int,
    random_: random.Random,
) -> list[tuple[Any, ...]]:
    """`size` examples, by share; each source goes round before it repeats."""
    known = json.loads(SHARES.read_text(encoding="utf-8"))
    shares = {source: known.get(source, 0.0) for source in pools}
    total = sum(shares.values())
    chosen: list[tuple[Any, ...]] = []
    for source, share in shares.items():
        for _ in range(int(size * share / total + random_.random())):
            queue = queues.setdefault(source, [])
            if not queue:
                queue.extend(pools[source])
                random_.shuffle(queue)
            chosen.append(queue.pop())
    return chosen


def batches(
    examples: list[tuple[Any, ...]], longest: int, tokens: int, random_: random.Random
) -> Iterator[list[Prepared]]:
    """Batches of one length of about `tokens` pieces, in random order."""
    by_length: dict[int, list[Prepared]] = defaultdict(list)
    for example in examples:
        prepared = Prepared(example, longest, random_)
        by_length[len(prepared.pieces)].append(prepared)
    made = []
    for length, group in by_length.items():
        random_.shuffle(group)
        size = max(1, tokens // length)
        made += [group[i : i + size] for i in range(0, len(group), size)]
    made = [batch for batch in made if len(batch) * len(batch[0].pieces) >= tokens // 3]
    random_.shuffle(made)
    yield from made


def loss_of(model: ReaderModel, batch: list[Prepared]) -> tuple[torch.Tensor, dict[str, float]]:
    """The mean loss of a batch: start and end against the answer or the null at [CLS], and relevance."""
    pieces = torch.tensor([each.pieces for each in batch])
    begin = torch.tensor([each.begin for each in batch])
    place = torch.arange(pieces.shape[1])[None, :]
    types = (place >= begin[:, None]).long()
    start_logits, end_logits, relevance = model(pieces, types)
    allowed = (place == 0) | ((place >= begin[:, None]) & (place < pieces.shape[1] - 1))
    start = torch.tensor([each.start for each in batch])
    end = torch.tensor([each.end for each in batch])
    spread = torch.tensor([each.spread and each.end > 0 for each in batch])
    known = torch.tensor([each.known for each in batch]).float()
    inside = (place >= start[:, None]) & (place <= end[:, None])
    total = torch.zeros(len(batch))
    for logits, target in ((start_logits, start), (end_logits, end)):
        logits = logits.masked_fill(~allowed, -1e4)
        log_probability = torch.log_softmax(logits, 1)
        exact = log_probability.gather(1, target[:, None])[:, 0]
        anywhere = log_probability.masked_fill(~inside, -1e4).logsumexp(1)
        total = total - torch.where(spread, anywhere, exact) / 2
    span_loss = (total * known).sum() / known.sum().clamp(min=1)
    relevant = torch.tensor([each.relevant for each in batch])
    judged = (relevant >= 0).float()
    each_loss = functional.binary_cross_entropy_with_logits(relevance, relevant.clamp(min=0).float(), reduction="none")
    relevance_loss = (each_loss * judged).sum() / judged.sum().clamp(min=1)
    return span_loss + 0.5 * relevance_loss, {"span": span_loss.item(), "relevance": relevance_loss.item()}


def load_pools(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    """All examples in `folder`, by source."""
    pools: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for file in sorted(folder.glob("*.pickle")):
        with file.open("rb") as opened:
            for example in pickle.load(opened):  # noqa: S301  written by us a moment ago
                pools[example[5]].append(example)
    return pools


def main() -> None:
    """Train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("examples", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=90)
    parser.add_argument("--rate", type=float, default=2.5e-4)
    parser.add_argument("--tokens", type=int, default=3072, help="pieces in a batch")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", type=Path, help="a reader.pt, or a folder such as models/reader, to go on from")
    args = parser.parse_args()
    from safetensors.torch import load_file

    from index.embedder import find_model

    torch.manual_seed(args.seed)
    random_ = random.Random(args.seed)
    weights = load_file(find_model("sentence-transformers/all-MiniLM-L6-v2") / "model.safetensors")
    masters = ReaderModel(weights)
    if args.start:
        masters.load_state_dict(_state(args.start), strict=False)  # the word embeddings are not among them in a folder
    model = ReaderModel(weights)
    model.load_state_dict(masters.state_dict())
    model.bfloat16()
    pairs = [
        (master, own) for master, own in zip(masters.parameters(), model.parameters(), strict=True) if own.requires_grad
    ]
    plain = [master for master, _ in pairs if master.ndim < 2]
    matrices = [master for master, _ in pairs if master.ndim >= 2]
    optimizer = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}],
        lr=args.rate, betas=(0.9, 0.98), fused=True,
    )  # fmt: skip
    args.out.mkdir(parents=True, exist_ok=True)
    queues: dict[str, list[tuple[Any, ...]]] = {}
    begin, stamp, pools = time.monotonic(), 0.0, {}
    step = seen = 0
    spent = 0.0
    means: Counter[str] = Counter()
    while spent < 1:
        newest = max(file.stat().st_mtime for file in args.examples.glob("*.pickle"))
        if newest != stamp:
            stamp, pools = newest, load_pools(args.examples)
            print({source: len(each) for source, each in pools.items()}, flush=True)
        longest = 144 if spent < 0.4 else 208 if spent < 0.75 else 272
        for batch in batches(parts(pools, queues, 6000, random_), longest, args.tokens, random_):
            spent = min(1.0, (time.monotonic() - begin) / (60 * args.minutes))
            rate = args.rate * min(1.0, (step + 1) / 200) * max(0.01, 1 - spent)
            for group in optimizer.param_groups:
                group["lr"] = rate
            loss, named = loss_of(model, batch)
            loss.backward()  # type: ignore[no-untyped-call]
            for master, own in pairs:
                master.grad = own.grad.float() if own.grad is not None else None
                own.grad = None
            nn.utils.clip_grad_norm_([master for master, _ in pairs], 1.0)
            optimizer.step()
            with torch.no_grad():
                for master, own in pairs:
                    own.copy_(master)
            step += 1
            seen += len(batch) * len(batch[0].pieces)
            means.update(named)
            if step % 100 == 0:
                figures = {name: round(value / 100, 3) for name, value in means.items()}
                means.clear()
                minutes = (time.monotonic() - begin) / 60
                print(json.dumps({"step": step, "tokens": seen, "minutes": round(minutes, 1), **figures}), flush=True)
            if spent >= 1:
                break
        _save(masters, args.out)
    print(json.dumps({"steps": step, "tokens": seen}), flush=True)


def _state(path: Path) -> dict[str, torch.Tensor]:
    from safetensors.torch import load_file

    from training.save_reader import as_trained

    if path.is_dir():
        return as_trained(load_file(path / "model.safetensors"))
    state: dict[str, torch.Tensor] = torch.load(path)
    return state


def _save(model: ReaderModel, out: Path) -> None:
    aside = out / "reader.pt.new"
    torch.save(model.state_dict(), aside)
    aside.replace(out / "reader.pt")


if __name__ == "__main__":
    main()
