"""How long `ask` and `search` take over many passages. A benchmark, not a test: nothing here passes or fails.

    .venv/bin/python tests/benchmark_ask.py LIBRARY [--passages 50000] [--questions FILE] [TEXTS.jsonl.gz ...]

Fills LIBRARY (once) with articles made of the sentences of TEXTS, shuffled, under random vectors: the time of a search
depends on how many passages there are and how long, not on what they say. Then asks the questions of FILE (one a
line of JSON with "question" or "text"; by default corpus/questions.jsonl) and prints milliseconds as JSON.
"""

import argparse
import gzip
import json
import random
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from chat.answering import Answerer, AnswerSettings
from chat.confidence import load_calibration
from chat.readers import make_reader
from chat.terms import asks_for_furniture
from index.embedder import SentenceEmbedder
from index.library import Library
from index.store import NewArticle, Original, Store
from ingest.article import Article, Block, BlockKind, sha256_hex
from ingest.passages import split_article
from ingest.sentences import sentence_spans

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Fill, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", type=Path)
    parser.add_argument("texts", nargs="*", type=Path)
    parser.add_argument("--passages", type=int, default=50_000)
    parser.add_argument("--questions", type=Path, default=ROOT / "corpus" / "questions.jsonl")
    parser.add_argument("--number-type", default="auto")
    parser.add_argument("--reader", default=str(ROOT / "models" / "reader"))
    args = parser.parse_args()
    embedder = SentenceEmbedder(number_type=args.number_type, cache=args.library / "machine.json")
    with Library(args.library, embedder, asks_for_furniture=asks_for_furniture) as library:
        if not library.articles() and args.texts:
            _fill(args.library, embedder, args.texts, args.passages)
        reader = make_reader(library, args.reader)
        calibration = load_calibration(ROOT / "models" / "confidence" / "confidence.json", reader.identity)
        answerer = Answerer(library, reader, AnswerSettings(), calibration)
        questions = [str(row.get("question") or row.get("text")) for row in _rows(args.questions)][:100]
        library.warm_up()
        for question in questions[:10]:
            answerer.ask(question)
        asked = [answerer.ask(question).milliseconds for question in questions]
        found = [library.search(question).milliseconds["total"] for question in questions]
        print(
            json.dumps(
                {
                    "passages": library.count_passages(),
                    "questions": len(questions),
                    "number_type": embedder.number_type,
                    "ask": _summary([each["total"] for each in asked]),
                    "ask_read": _summary([each["read"] for each in asked]),
                    "search": _summary(found),
                }
            )
        )


def _fill(folder: Path, embedder: SentenceEmbedder, texts: list[Path], passages: int) -> None:
    chance = random.Random(0)
    vectors = np.random.default_rng(0)
    sentences = [
        row["text"][start:end]
        for path in texts
        for row in _rows(path)
        for start, end in sentence_spans(row["text"][:200_000])
        if 20 < end - start < 500
    ]
    store = Store(folder)
    made = 0
    begin = time.perf_counter()
    while made < passages:
        new: list[NewArticle] = []
        for _ in range(50):
            text = " ".join(chance.choices(sentences, k=200))
            source = f"made-{made}-{len(new)}"
            article = Article(
                source=source,
                title=" ".join(chance.choice(sentences).split()[:8]),
                text=text,
                sha256=sha256_hex(text),
                blocks=(Block(BlockKind.PARAGRAPH, 0, len(text)),),
            )
            cut = split_article(article, embedder.pieces)
            random_vectors = vectors.normal(size=(len(cut), embedder.dimension)).astype(np.float32)
            random_vectors /= np.linalg.norm(random_vectors, axis=1, keepdims=True)
            original = Original(source)
            new.append(NewArticle(article, "", cut, random_vectors, "made", embedder.identity, "user", original))
            made += len(cut)
        store.put(new)
    store.close()
    print(f"{made} passages in {time.perf_counter() - begin:.0f} s", file=sys.stderr)


def _rows(path: Path) -> list[dict[str, Any]]:
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")
    return [json.loads(line) for line in text.split("\n") if line.strip()]


def _summary(values: list[float]) -> dict[str, float]:
    return {"p50": round(float(np.percentile(values, 50)), 1), "p95": round(float(np.percentile(values, 95)), 1)}


if __name__ == "__main__":
    main()
