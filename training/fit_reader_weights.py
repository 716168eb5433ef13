"""Fits the weights of a reader: which unit answers, judged on SQuAD v2 dev as one library.

    .venv/bin/python -m training.fit_reader_weights SQUAD_V2_DEV LIBRARY [--reader models/reader] [--questions N]

SQUAD_V2_DEV is a folder in BEIR layout; LIBRARY a folder that the paragraphs are put into (kept, so that a second run
is quick). Questions are taken from articles whose title has an even SHA-1; the others measure and are never seen here.
Prints the weights, ready to paste, and how well they rank on a held-out fifth: those of chat/model_reader.py, or with
`--reader none` both sets of chat/reader.py.
"""

import argparse
import hashlib
import json
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from chat.reader import Reader
from chat.readers import NO_MODEL, make_reader
from chat.terms import asks_for_furniture
from index.embedder import SentenceEmbedder
from index.library import Library
from ingest.sources import find_sources
from training.reader_examples import rows_of

MODEL = (
    "span",
    "relevance",
    "coverage",
    "context",
    "missing",
    "years",
    "figures",
    "kind",
    "passage",
    "dense",
    "names",
    "places",
    "similarity",
)
FIRST = ("coverage", "context", "missing", "years", "figures", "kind", "passage", "dense", "long", "names", "asks")
READ = 10


def main() -> None:
    """Fit and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("squad", type=Path)
    parser.add_argument("library", type=Path)
    parser.add_argument("--reader", default=str(Path(__file__).parent.parent / "models" / "reader"))
    parser.add_argument("--questions", type=int, default=1500)
    parser.add_argument("--keep", type=Path, help="write features and labels of all candidates here, as JSON")
    args = parser.parse_args()
    with Library(args.library, SentenceEmbedder(), asks_for_furniture=asks_for_furniture) as library:
        if not library.articles():
            library.add(find_sources(args.squad / "corpus.jsonl.gz"))
        rows = list(_rows(args.squad, library, make_reader(library, args.reader), args.questions))
        if args.keep is not None:
            args.keep.write_text(json.dumps(rows), encoding="utf-8")
    random.Random(1).shuffle(rows)
    cut = len(rows) * 4 // 5
    plain = {"FIRST_WEIGHTS": FIRST, "WEIGHTS": (*FIRST, "similarity")}
    for name, features in (plain if args.reader == NO_MODEL else {"WEIGHTS": MODEL}).items():
        weights = _fit(rows[:cut], features)
        print(name, json.dumps({key: round(value, 3) for key, value in weights.items()}))
        print("  held out:", json.dumps(_measure(rows[cut:], weights)))


def is_for_fitting(title: str) -> bool:
    """Whether questions on this article may be fitted on: its title's SHA-1 is even."""
    return int(hashlib.sha1(title.encode()).hexdigest(), 16) % 2 == 0


def _rows(
    squad: Path, library: Library, reader: Reader, questions: int
) -> Iterator[list[tuple[dict[str, float], bool]]]:
    """For each question its candidates: features, and whether the unit holds a gold answer in the gold paragraph."""
    titles = {row["_id"]: row["title"] for row in rows_of(squad / "corpus.jsonl.gz")}
    chosen = [row for row in rows_of(squad / "queries.jsonl.gz") if is_for_fitting(titles[row["context_id"]])]
    random.Random(0).shuffle(chosen)
    for row in chosen[:questions]:
        hits = library.search(row["text"], k=READ).hits
        candidates = []
        for reading in reader.read(row["text"], hits):
            hit = hits[reading.passage]
            text = hit.text[reading.start - hit.start : reading.end - hit.start]
            right = hit.source == row["context_id"] and any(answer in text for answer in row["answer"] or ())
            candidates.append((dict(reading.features), right))
        yield candidates


def _fit(rows: list[list[tuple[dict[str, float], bool]]], features: tuple[str, ...]) -> dict[str, float]:
    from sklearn.linear_model import LogisticRegression

    flat = [each for row in rows for each in row]
    values = np.array([[each[0][name] for name in features] for each in flat])
    labels = np.array([each[1] for each in flat])
    model = LogisticRegression(C=10.0, max_iter=2000).fit(values, labels)
    return {"bias": float(model.intercept_[0]), **dict(zip(features, map(float, model.coef_[0]), strict=True))}


def _measure(rows: list[list[tuple[dict[str, float], bool]]], weights: dict[str, float]) -> dict[str, float]:
    """Share of questions with a right candidate whose best one is right; area under the curve of best scores."""
    from sklearn.metrics import roc_auc_score

    best, found, right = [], [], []
    for row in rows:
        if not row:
            continue
        scores = [sum(weights.get(name, 0.0) * value for name, value in features.items()) for features, _ in row]
        top = int(np.argmax(scores))
        best.append(scores[top])
        found.append(any(label for _, label in row))
        right.append(row[top][1])
    held = [r for r, f in zip(right, found, strict=True) if f]
    return {"right_of_found": round(float(np.mean(held)), 3), "auc_right": round(float(roc_auc_score(right, best)), 3)}


if __name__ == "__main__":
    main()
