"""Which sentence, list item or table row of the passages answers a question: the Reader protocol and a reader without
a trained model.

Works on passages that a search found; knows no index. Scores compare across passages, so that one threshold decides
whether anything is shown at all.
"""

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from chat.candidates import Candidates, Vocabulary, new_figures
from chat.cells import asks_for_cell, spans_of
from chat.figures import (
    NUMERIC,
    TEMPORAL,
    Figure,
    FigureKind,
    asked_kinds,
    asked_unit,
    same_unit,
    singular,
)
from chat.terms import years_in
from index.embedder import Embedder
from index.values import Hit
from ingest.article import BlockKind, Row


@dataclass(frozen=True, slots=True)
class Reading:
    """A unit of a passage as an answer: `passage` counts into the passages read, offsets are into the article.

    `spans` are the words that answer, inside [start, end); of a table row they are cells, `columns` the names of their
    columns, and `row` says how it is read. `probability` in [0, 1] estimates that the unit answers; it
    ranks readings across passages. `features` says how it came about.
    """

    passage: int
    start: int
    end: int
    kind: BlockKind
    spans: tuple[tuple[int, int], ...]
    probability: float
    features: Mapping[str, float]
    row: Row | None = None
    columns: tuple[str, ...] = ()


class Reader(Protocol):
    """Reads passages for a question; readings come best first."""

    @property
    def identity(self) -> str:
        """Changes with the model and the weights: what a calibration is fitted for."""
        ...

    def relevance(self, question: str, passages: Sequence[Hit]) -> list[float]:
        """How probable it is, in [0, 1], that each passage speaks of what was asked; ranks passages."""
        ...

    def read(self, question: str, passages: Sequence[Hit], *, whole: str = "") -> list[Reading]:
        """What could answer, best first; empty when nothing could.

        `whole` is the question with the company and period that it names, where `question` lacks them because the
        passages are of the right document already.
        """
        ...


# Weights of a logistic model. Where they come from: regressions on the half of SQuAD v2 dev that is never reported on
# (training/fit_reader_weights.py) gave those of similarity, coverage, years and kind. Their weight of the passage's
# score (8 to 11) only says that each question was written for one paragraph, so 3 was taken, after which it ranks as
# well there and better on our own briefings. `asks` and `furniture` do not occur there. The bias puts even odds where
# one in seventy answerable questions on the briefings falls silent, and half of the others.
FIRST_WEIGHTS: Mapping[str, float] = {
    "bias": -5.9,
    "coverage": 3.0,
    "context": 0.8,
    "missing": -0.5,
    "years": 0.8,
    "figures": 0.4,
    "kind": 0.8,
    "passage": 3.0,
    "dense": 1.0,
    "long": -0.2,
    "names": 0.5,
    "asks": -1.5,
    "furniture": 3.0,
    "label": 1.5,
    "cell": 1.0,
}
WEIGHTS: Mapping[str, float] = {**FIRST_WEIGHTS, "similarity": 4.0}
_EMBEDDED = 10  # units whose similarity is computed: they take 40 ms, and a dozen answered no better (measurements.md)


class SentenceReader:
    """Scores every unit by the words, figures and years it shares with the question, the best by similarity, too."""

    def __init__(
        self,
        embedder: Embedder,
        vocabulary: Vocabulary,
        *,
        weights: Mapping[str, float] = WEIGHTS,
        first_weights: Mapping[str, float] = FIRST_WEIGHTS,
    ) -> None:
        self._embedder = embedder
        self._candidates = Candidates(vocabulary)
        self._weights = weights
        self._first_weights = first_weights

    @property
    def identity(self) -> str:
        """Changes with the weights and the embedder: what a calibration is fitted for."""
        weights = [self._embedder.identity, dict(self._weights), dict(self._first_weights)]
        return hashlib.sha256(json.dumps(weights, sort_keys=True).encode()).hexdigest()

    def relevance(self, question: str, passages: Sequence[Hit]) -> list[float]:
        """The probability of each passage's best unit, 0 for those of which none was looked at."""
        best = [0.0] * len(passages)
        for reading in self.read(question, passages):
            best[reading.passage] = max(best[reading.passage], reading.probability)
        return best

    def read(self, question: str, passages: Sequence[Hit], *, whole: str = "") -> list[Reading]:
        """Readings of all units that could answer, best first."""
        candidates = self._candidates.of(question, passages, whole or question)
        candidates.sort(key=lambda each: -logistic(each.features, self._first_weights))
        chosen = candidates[:_EMBEDDED]
        if not chosen:
            return []
        vectors = self._embedder.embed_queries([question, *(each.read_as for each in chosen)])
        similarities = vectors[1:] @ vectors[0]
        readings = []
        for each, similarity in zip(chosen, similarities, strict=True):
            features = {**each.features, "similarity": float(similarity)}
            points = bool(each.cells) and asks_for_cell(whole or question, each.cells)
            readings.append(
                Reading(
                    passage=each.passage,
                    start=each.unit.start,
                    end=each.unit.end,
                    kind=each.unit.kind,
                    spans=spans_of(each.cells, each.unit.start)
                    if points
                    else answering_spans(question, each.text, each.unit.start),
                    probability=logistic(features, self._weights),
                    features=features,
                    row=each.unit.row,
                    columns=tuple(cell.column for cell in each.cells if cell.column) if points else (),
                )
            )
        readings.sort(key=lambda reading: -reading.probability)
        return readings


def sigmoid(x: float) -> float:
    """1 / (1 + e^-x)."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, x))))


def weighed(features: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """The log odds that a logistic model with `weights` gives; a feature that is not known counts nothing."""
    return sum(weights.get(name, 0.0) * value for name, value in features.items())


def logistic(features: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """The probability that a logistic model with `weights` gives."""
    return sigmoid(weighed(features, weights))


_BULLET = re.compile(r"(?:[•·▪◦‣*–-]|\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)])\s+(?=\S)")


def answering_spans(question: str, text: str, start: int) -> tuple[tuple[int, int], ...]:
    """The words of a unit that answer: the one figure or date that is asked for, else the unit whole.

    `start` is the unit's offset in the article. Of several figures the one nearest to the question's other words wins.
    """
    kinds = asked_kinds(question)
    whole = (without_bullet(text, start),)
    if not kinds:
        return whole
    figures = new_figures(kinds, question, text)
    if not figures and not kinds <= TEMPORAL:
        figures = new_figures(NUMERIC, question, text)
    if not figures:
        return whole
    unit = asked_unit(question)
    nouns = set(re.findall(r"\w+", question.lower()))
    figures = (
        [each for each in figures if unit and same_unit(each.unit, unit)]
        or [each for each in figures if each.kind is FigureKind.COUNT and each.unit in set(map(singular, nouns))]
        or figures
    )
    # Figures stand next to their year ("US$0.95 billion in 2023 and US$6.5 billion by 2030"), so years decide alone.
    words = [] if kinds <= TEMPORAL else [str(year) for year in years_in(question)]
    anchors = _positions(words, text) or _positions(re.findall(r"\w{3,}", question), text)

    def distance(figure: Figure) -> float:
        gaps = sorted(max(figure.start - end, begin - figure.end, 0) for begin, end in anchors)
        # The nearer half of the question's words decide; far ones stand in another clause.
        near = gaps[: max(1, len(gaps) // 2)]
        return float(np.mean(near)) if near else 0.0

    best = min(figures, key=distance)
    return ((start + best.start, start + best.end),)


def without_bullet(text: str, start: int) -> tuple[int, int]:
    """The place of a unit less its bullet or number; `start` is its offset in the article."""
    mark = _BULLET.match(text)
    return start + (mark.end() if mark else 0), start + len(text)


def _positions(words: Sequence[str], text: str) -> list[tuple[int, int]]:
    lowered = text.lower()
    return [
        match.span()
        for word in sorted({word.lower() for word in words})
        for match in re.finditer(re.escape(word), lowered)
    ]
