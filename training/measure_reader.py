"""Measures a reader on questions with their paragraph given: SQuAD v1.1 and v2 dev, TAT-QA test spans, CLAP-NQ dev.

    .venv/bin/python -m training.measure_reader HELDOUT [--reader models/reader] [--most N]

HELDOUT is a folder with the four files. Exact match and F1 as in SQuAD's own script (Rajpurkar et al., 2016); for v2
the best F1 over all thresholds on the null (Rajpurkar et al., 2018). CLAP-NQ: token F1 of the sentence that holds the
best span with the nearest gold sentence (`sentence_f1`) and with all of them together (`sentence_f1_all`), over the
questions that have an answer; and over all, with the best threshold on the null (`best_with_null`). `right` is the
share of v1.1's questions whose best span counts as right in evaluations of answers, `right_shown` that of the words
that the program would show of the same sentence.
"""

import argparse
import json
import random
import re
import string
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from chat.model_reader import SPANS, Scored, likeliest
from chat.span_model import SpanModel, load_span_model
from evaluation.answers import says
from ingest.sentences import sentence_spans
from training.reader_examples import rows_of

_WINDOW = 1600  # characters read at once: some 350 word pieces
_STEP = 800


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("heldout", type=Path)
    parser.add_argument("--reader", type=Path, default=Path("models/reader"))
    parser.add_argument("--most", type=int, default=0, help="questions of each set, drawn with a fixed seed; 0: all")
    parser.add_argument("--number-type", default="bfloat16")
    args = parser.parse_args()
    model = load_span_model(args.reader, number_type=lambda: args.number_type)
    for name in ("squad_v11_dev", "squad_v2_dev", "tatqa_test_textspan", "clapnq_dev"):
        rows = rows_of(args.heldout / f"{name}.jsonl.gz")
        if args.most and len(rows) > args.most:
            rows = random.Random(0).sample(rows, args.most)
        both = [best(model, row["question"], row["title"].replace("_", " "), row["context"]) for row in rows]
        figures = measures(name, rows, [span for span, _ in both])
        if name == "squad_v11_dev":
            figures["right"] = _right(rows, [span[1:] for span, _ in both])
            figures["right_shown"] = _right(rows, [shown for _, shown in both])
        print(json.dumps({"set": name, "questions": len(rows), **figures}), flush=True)


def best(model: SpanModel, question: str, heading: str, context: str) -> tuple[Scored, tuple[int, int]]:
    """The best span anywhere in the context, read in windows, and where the words to show of its sentence stand."""
    begins = list(range(0, max(1, len(context) - _STEP), _STEP)) if len(context) > _WINDOW else [0]
    begins = [begin if begin == 0 else context.rfind(" ", 0, begin) + 1 for begin in begins]
    reads = model.read(question, [(heading, context[begin : begin + _WINDOW]) for begin in begins])
    found: list[tuple[Scored, tuple[int, int]]] = []
    for begin, read in zip(begins, reads, strict=True):
        span = read.best_span(0, len(context))
        if span is not None:
            text = context[begin : begin + _WINDOW]
            first, last = next((s for s in sentence_spans(text) if s[0] <= span[1] < s[1]), (0, len(text)))
            start, end = likeliest(read.best_spans(first, last, SPANS) or [span])
            found.append(((span[0], begin + span[1], begin + span[2]), (begin + start, begin + end)))
    return max(found, default=((-99.0, 0, 0), (0, 0)))


def measures(name: str, rows: Sequence[dict[str, Any]], found: Sequence[tuple[float, int, int]]) -> dict[str, float]:
    """The set's own measures, in percent for SQuAD, as shares otherwise."""
    scores = np.array([score for score, _, _ in found])
    texts = [row["context"][start:end] for row, (_, start, end) in zip(rows, found, strict=True)]
    golds = [[answer["text"] for answer in row["answers"]] for row in rows]
    if name == "clapnq_dev":
        sentences = [_sentence(row["context"], start, end) for row, (_, start, end) in zip(rows, found, strict=True)]
        f1s = np.array([f1(s, " ".join(gold)) if gold else 0.0 for s, gold in zip(sentences, golds, strict=True)])
        empty = np.array([not gold for gold in golds])
        nearest = np.array(
            [max((f1(s, g) for g in gold), default=0.0) for s, gold in zip(sentences, golds, strict=True)]
        )
        return {
            "sentence_f1": round(float(nearest[~empty].mean()), 3),
            "sentence_f1_all": round(float(f1s[~empty].mean()), 3),
            "best_with_null": round(_best(scores, nearest, empty), 3),
        }
    exact = np.array(
        [max((float(_plain(t) == _plain(g)) for g in gold), default=0.0) for t, gold in zip(texts, golds, strict=True)]
    )
    f1s = np.array([max((f1(t, g) for g in gold), default=0.0) for t, gold in zip(texts, golds, strict=True)])
    empty = np.array([not gold for gold in golds])
    if name == "squad_v2_dev":
        return {
            "best_f1": round(100 * _best(scores, f1s, empty), 2),
            "best_em": round(100 * _best(scores, exact, empty), 2),
        }
    if name == "squad_v11_dev":
        return {"em": round(100 * float(exact.mean()), 2), "f1": round(100 * float(f1s.mean()), 2)}
    return {"em": round(float(exact.mean()), 3), "f1": round(float(f1s.mean()), 3)}


def _right(rows: Sequence[dict[str, Any]], spans: Sequence[tuple[int, int]]) -> float:
    """The share of questions, in percent, whose words at `spans` count as right."""
    right = [
        says(row["context"][start:end], [each["text"] for each in row["answers"]])
        for row, (start, end) in zip(rows, spans, strict=True)
    ]
    return round(100 * sum(right) / len(right), 2)


def _best(scores: Any, values: Any, empty: Any) -> float:
    """The best mean over thresholds: below it a question is silent, which is right where there is no answer."""
    order = np.argsort(-scores)
    gained = np.concatenate([[0.0], np.cumsum(values[order] - empty[order])])
    return float((empty.sum() + gained.max()) / len(scores))


def _sentence(context: str, start: int, end: int) -> str:
    for first, last in sentence_spans(context):
        if first <= start < last:
            return context[first : max(last, end)]
    return context[start:end]


def _plain(text: str) -> str:
    text = "".join(c for c in text.lower() if c not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def f1(one: str, other: str) -> float:
    """Token F1 after SQuAD's normalisation."""
    a, b = _plain(one).split(), _plain(other).split()
    if not a or not b:
        return float(a == b)
    same = sum((Counter(a) & Counter(b)).values())
    return 2 * same / (len(a) + len(b))


if __name__ == "__main__":
    main()
