"""Fits the weights by which two statements that a reader has read are taken to be of the same thing and period.

    .venv/bin/python -m training.fit_disagreement WORK SET [SET ...]

Each SET names planted disagreements by the beginning of two files, `SET_articles.jsonl` and `SET_questions.jsonl`
(evaluation/sets/disagreements); WORK is a folder for their libraries. Prints the weights for chat/disagreement.py, and
for each set what the weights fitted on the others reach there: recall of conflicts and share of false alarms by
threshold. Statements of one case that hold an answer are of the same, where sources agree or where they do not; all
others are not.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from chat.answering import AnswerSettings
from chat.disagreement import as_answer, judge, likeness, other_statements, own_statement
from chat.figures import agree
from chat.reader import sigmoid, weighed
from chat.readers import make_reader
from chat.routing import Router
from chat.statements import Statement
from chat.terms import asks_for_furniture
from evaluation.answers import holds
from index.embedder import SentenceEmbedder
from index.library import Library
from ingest.sources import find_sources

_FOR = frozenset({"bias", "span", "relevance", "behind", "strict"})  # can only speak for it
_REGULAR = 1.0  # inverse strength of the regularisation
_THRESHOLDS = (0.5, 0.6, 0.7, 0.75, 0.8, 0.9)


@dataclass(frozen=True, slots=True)
class Pair:
    """An answer's statement and another: features, whether both are of the same, and whether their values differ."""

    features: dict[str, float]
    same: bool
    differ: bool


@dataclass(frozen=True, slots=True)
class Case:
    """A question of a set: its kind, and the pairs of what the answer and other units state."""

    kind: str
    pairs: list[Pair]


def main() -> None:
    """Read the sets, fit, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path)
    parser.add_argument("sets", type=Path, nargs="+")
    parser.add_argument("--reader", default="models/reader")
    args = parser.parse_args()
    cases = {each.name: list(_cases(args.work / each.name, each, args.reader)) for each in args.sets}
    for name, own in cases.items():
        rest = [case for other, each in cases.items() if other != name for case in each]
        if rest:
            weights = _fitted(rest)
            print(json.dumps({"set": name, "questions": len(own), "fitted": "on the others", **_reached(own, weights)}))
    everything = [case for each in cases.values() for case in each]
    weights = _fitted(everything)
    print(json.dumps({"questions": len(everything), "fitted": "on all", **_reached(everything, weights)}))
    print(json.dumps({name: round(value, 2) for name, value in weights.items()}, indent=1))


def _cases(folder: Path, beginning: Path, reader_name: str) -> Iterator[Case]:
    embedder = SentenceEmbedder(cache=folder.parent / "machine.json")
    with Library(folder, embedder, asks_for_furniture=asks_for_furniture, prefer=Router()) as library:
        library.add(find_sources(Path(f"{beginning}_articles.jsonl")))
        reader = make_reader(library, reader_name)
        settings = AnswerSettings()
        for line in Path(f"{beginning}_questions.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            found = library.search(row["question"], k=settings.read)
            hits = found.hits
            readings = reader.read(found.preference.rest or row["question"], hits, whole=row["question"])
            judged = judge(readings, hits)
            answers = [as_answer(each) for each in readings[: settings.quotes]]
            own = own_statement(row["question"], hits, answers, judged)
            if own is None:
                yield Case(row["kind"], [])
                continue
            asked, kinds, statement = own
            evidence = judged.get((statement.passage, statement.unit.start))
            pairs = []
            for other, other_evidence in other_statements(asked, kinds, hits, statement, judged):
                if evidence is None or other_evidence is None or other.hit.article_id == statement.hit.article_id:
                    continue  # words alone decide
                features = likeness(asked, statement, other, evidence, other_evidence)
                if features is not None:
                    gold = [_is_gold(row, each) for each in (statement, other)]
                    same = row["kind"] != "near_miss" and all(gold)
                    pairs.append(Pair(features, same, not agree(statement.figure, other.figure)))
            yield Case(row["kind"], pairs)


def _is_gold(row: dict[str, Any], statement: Statement) -> bool:
    """Whether a statement is of an article of the question's own case and holds one of its answers."""
    return statement.hit.source.rsplit("-", 1)[0].endswith(row["question_id"]) and any(
        holds(statement.sentence, gold) for gold in row["answers"]
    )


def _fitted(cases: Sequence[Case]) -> dict[str, float]:
    """Weights by name, of features as they are: the logistic model that is likeliest, with an L2 penalty.

    What can only speak for two statements being of the same has no weight below 0, the rest none above.
    """
    from scipy.optimize import minimize
    from sklearn.preprocessing import StandardScaler

    pairs = [pair for case in cases for pair in case.pairs]
    names = list(pairs[0].features)
    scaler = StandardScaler().fit([[pair.features[name] for name in names] for pair in pairs])
    values = scaler.transform([[pair.features[name] for name in names] for pair in pairs])
    signs = np.where([pair.same for pair in pairs], 1.0, -1.0)

    def loss(weights: Any) -> tuple[float, Any]:
        margins = signs * (values @ weights[1:] + weights[0])
        slopes = -signs / (1 + np.exp(margins))
        penalty = weights[1:] / _REGULAR
        total = np.logaddexp(0, -margins).sum() + 0.5 * (penalty * weights[1:]).sum()
        return float(total), np.concatenate([[slopes.sum()], values.T @ slopes + penalty])

    bounds = [(None, None), *((0, None) if name in _FOR else (None, 0) for name in names)]
    found = minimize(loss, np.zeros(len(names) + 1), jac=True, bounds=bounds, method="L-BFGS-B").x
    weights = np.divide(found[1:], scaler.scale_)
    result = dict(zip(names, map(float, weights), strict=True))
    result["bias"] = float(found[0] - (weights * scaler.mean_).sum())
    return result


def _reached(cases: Sequence[Case], weights: dict[str, float]) -> dict[str, Any]:
    """Recall of conflicts and share of false alarms by threshold."""
    result: dict[str, Any] = {"conflicts": sum(case.kind == "conflict" for case in cases)}
    for threshold in _THRESHOLDS:
        told, alarms = 0, 0
        for case in cases:
            shown = [
                pair for pair in case.pairs if pair.differ and sigmoid(weighed(pair.features, weights)) >= threshold
            ]
            told += case.kind == "conflict" and any(pair.same for pair in shown)
            alarms += case.kind != "conflict" and bool(shown)
        result[str(threshold)] = [
            round(told / max(1, result["conflicts"]), 3),
            round(alarms / max(1, len(cases) - result["conflicts"]), 3),
        ]
    return result


if __name__ == "__main__":
    main()
