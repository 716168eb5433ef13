"""Which sentence, list item or table row of the passages answers a question: the Reader protocol and a reader without
a trained model.

Works on passages that a search found; knows no index. Scores compare across passages, so that one threshold decides
whether anything is shown at all.
"""

import hashlib
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from chat.cells import AskedColumn, Cell, asked_column, asks_for_cell, cells_asked_for, spans_of
from chat.figures import (
    NUMERIC,
    TEMPORAL,
    Figure,
    FigureKind,
    asked_kinds,
    asked_unit,
    find_figures,
    same_unit,
    singular,
)
from chat.terms import Asked, asked_for, asks_for_furniture, figures_in, names_in, rarities, years_in
from index.embedder import Embedder
from index.values import Hit
from ingest.article import BlockKind, Row
from ingest.passages import Unit
from ingest.sentences import sentence_spans
from ingest.tables import has_values


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

    def read(self, question: str, passages: Sequence[Hit], *, whole: str = "") -> list[Reading]:
        """What could answer, best first; empty when nothing could.

        `whole` is the question with the company and period that it names, where `question` lacks them because the
        passages are of the right document already.
        """
        ...


# Weights of a logistic model. Where they come from: regressions on the half of SQuAD v2 dev that is never reported on
# (training/fit_sentence_reader.py) gave those of similarity, coverage, years and kind. Their weight of the passage's
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
_LONGEST_WHOLE = 600  # characters; a longer list item is quoted by its sentences


class SentenceReader:
    """Scores every unit by the words, figures and years it shares with the question, and the best by similarity, too.

    `terms` gives the index terms of a text, `frequencies` in how many of `passages` (a count) each term stands.
    """

    def __init__(
        self,
        embedder: Embedder,
        *,
        terms: Callable[[str], list[str]],
        frequencies: Callable[[Sequence[str]], Mapping[str, int]],
        passages: Callable[[], int],
        weights: Mapping[str, float] = WEIGHTS,
        first_weights: Mapping[str, float] = FIRST_WEIGHTS,
    ) -> None:
        self._embedder = embedder
        self._terms = terms
        self._frequencies = frequencies
        self._passages = passages
        self._weights = weights
        self._first_weights = first_weights

    @property
    def identity(self) -> str:
        """Changes with the weights and the embedder: what a calibration is fitted for."""
        weights = [self._embedder.identity, dict(self._weights), dict(self._first_weights)]
        return hashlib.sha256(json.dumps(weights, sort_keys=True).encode()).hexdigest()

    def read(self, question: str, passages: Sequence[Hit], *, whole: str = "") -> list[Reading]:
        """Readings of all units that could answer, best first."""
        candidates = self._candidates(question, passages, whole or question)
        candidates.sort(key=lambda each: -each.first_score)
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
                    probability=_logistic(features, self._weights),
                    features=features,
                    row=each.unit.row,
                    columns=tuple(cell.column for cell in each.cells if cell.column) if points else (),
                )
            )
        readings.sort(key=lambda reading: -reading.probability)
        return readings

    def _candidates(self, question: str, passages: Sequence[Hit], whole_question: str) -> list["_Candidate"]:
        terms = self._terms(question)
        counts = self._frequencies(terms)
        total = max(1, self._passages())
        rarity = rarities(terms, counts, total)
        whole = sum(rarity.values()) or 1.0
        rarest = math.log(1 + (total + 0.5) / 0.5)  # of a term that stands nowhere
        asked = asked_for(question)
        wanted_years, wanted_figures = years_in(question), figures_in(question)
        # What the search added to the passages of the right document tells nothing about which of them answers.
        added = max((float(hit.trace.get("bonus") or 0.0) for hit in passages), default=0.0)
        best = max((hit.score - added for hit in passages), default=1.0) or 1.0
        furniture = asks_for_furniture(question)
        name_terms = set(self._terms(" ".join(names_in(question))))
        asked_terms = set(terms)
        columns: dict[str, AskedColumn] = {}  # by article, since its facts tell what "Q3" is
        result = []
        for number, hit in enumerate(passages):
            if hit.furniture and not furniture:
                continue
            heading_terms = set(self._terms(hit.heading))
            around = heading_terms | set(self._terms(hit.text))
            years_around = years_in(f"{hit.heading} {hit.section}")
            for unit in _quotable(hit):
                if unit.kind in (BlockKind.HEADING, BlockKind.TABLE_HEADER):
                    continue
                text = hit.text[unit.start - hit.start : unit.end - hit.start]
                cells: tuple[Cell, ...] = ()
                read_as = said = text
                label: set[str] = set()
                if unit.kind is BlockKind.TABLE_ROW:
                    row = unit.row or Row()
                    if not has_values(["", *(text[start:end] for start, end in row.cells)]) and row.cells:
                        continue  # a label of other rows tells nothing by itself
                    if hit.article_id not in columns:
                        columns[hit.article_id] = asked_column(whole_question, hit.facts)
                    cells = cells_asked_for(columns[hit.article_id], text, row)
                    named = text[slice(*row.cells[0])] if row.cells else ""
                    label = set(self._terms(" ".join((*row.labels, named))))
                    said = _cell_in_words(text, row, named, cells)
                    read_as = f"{hit.section.rsplit(' › ', 1)[-1]} {said}"
                own = set(self._terms(f"{read_as} {unit.row.caption} {unit.row.unit}" if unit.row else read_as))
                lacking = [rarity[term] for term in terms if term not in around and term not in own]
                features = {
                    "bias": 1.0,
                    "coverage": sum(rarity[term] for term in terms if term in own) / whole,
                    "context": sum(rarity[term] for term in terms if term in around or term in own) / whole,
                    "missing": max(lacking, default=0.0) / rarest,
                    "years": _agreement(wanted_years, years_in(said), years_around),
                    "figures": len(wanted_figures & figures_in(text)) / len(wanted_figures) if wanted_figures else 0.0,
                    "kind": _kind_match(asked, question, text, furniture),
                    "passage": max(0.0, hit.score - added) / best,
                    "dense": float(hit.trace.get("dense_score") or 0.0),
                    "long": max(0.0, len(text) - 300) / 300,
                    "names": _share(name_terms, own | heading_terms),
                    "asks": 1.0 if text.rstrip().endswith("?") else 0.0,
                    "furniture": 1.0 if hit.furniture else 0.0,
                    "label": len(label & asked_terms) / len(label) - 0.5 if label else 0.0,
                    "cell": max((max(-3.0, min(3.0, cell.agrees)) for cell in cells), default=0.0) / 3,
                }
                first_score = _logistic(features, self._first_weights)
                result.append(_Candidate(number, unit, text, read_as, cells, features, first_score))
        return result


@dataclass(slots=True)
class _Candidate:
    passage: int
    unit: Unit
    text: str
    read_as: str
    cells: tuple[Cell, ...]
    features: dict[str, float]
    first_score: float


def _cell_in_words(text: str, row: Row, label: str, cells: Sequence[Cell]) -> str:
    """What a row says in the cells that are asked for, as a sentence might; the whole row where none is."""
    if not cells:
        return f"{' '.join(row.labels)} {' | '.join(row.columns)}: {text}"
    said = "; ".join(f"{cell.column} {text[cell.start : cell.end]}".strip() for cell in cells)
    return f"{' '.join(row.labels)} {label}: {said}".strip()


def _logistic(features: Mapping[str, float], weights: Mapping[str, float]) -> float:
    total = sum(weights.get(name, 0.0) * value for name, value in features.items())
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


def _quotable(hit: Hit) -> Iterator[Unit]:
    """The units of a passage, a long list item by its sentences."""
    for unit in hit.units:
        if unit.kind is BlockKind.LIST_ITEM and unit.end - unit.start > _LONGEST_WHOLE:
            text = hit.text[unit.start - hit.start : unit.end - hit.start]
            for start, end in sentence_spans(text):
                yield Unit(unit.start + start, unit.start + end, unit.kind)
        else:
            yield unit


def _share(wanted: set[str], there: set[str]) -> float:
    """How much of `wanted` is there, 1 when nothing is wanted."""
    return len(wanted & there) / len(wanted) if wanted else 1.0


def _agreement(wanted: frozenset[int], own: frozenset[int], around: frozenset[int]) -> float:
    """1 when a unit names every year asked for, 0.5 when its heading does, -1 when it speaks of other years alone."""
    if not wanted:
        return 0.0
    if wanted <= own:
        return 1.0
    if wanted <= own | around:
        return 0.5
    return -1.0 if own else -0.3


_BULLET = re.compile(r"(?:[•·▪◦‣*–-]|\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)])\s+(?=\S)")
_BYLINE = re.compile(r"\b(?:[Bb]y|[Aa]uthors?:?)\s+[A-Z]\w+")
_PERSON = re.compile(r"\b[A-Z][\w’'.-]+(?:\s+(?:[A-Z][\w’'.-]+|&|of|de|and))*\s+[A-Z][\w’'.-]+")


def _kind_match(asked: Asked, question: str, text: str, furniture: bool) -> float:
    """1 when the text holds the kind of words asked for, -1 when it does not, 0 when any words would do.

    `furniture` says that the question asks for author, publisher or the like.
    """
    if asked in (Asked.FIGURE, Asked.DATE):
        return 1.0 if _new_figures(TEMPORAL if asked is Asked.DATE else NUMERIC, question, text) else -1.0
    if furniture and _BYLINE.search(text):
        return 1.0
    if asked is Asked.PERSON:
        said = set(_PERSON.findall(question))
        return 0.5 if any(name not in said for name in _PERSON.findall(text)) else -0.5
    return 0.0


def answering_spans(question: str, text: str, start: int) -> tuple[tuple[int, int], ...]:
    """The words of a unit that answer: the one figure or date that is asked for, else the unit whole.

    `start` is the unit's offset in the article. Of several figures the one nearest to the question's other words wins.
    """
    kinds = asked_kinds(question)
    mark = _BULLET.match(text)
    whole = ((start + (mark.end() if mark else 0), start + len(text)),)
    if not kinds:
        return whole
    figures = _new_figures(kinds, question, text)
    if not figures and not kinds <= TEMPORAL:
        figures = _new_figures(NUMERIC, question, text)
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


def _positions(words: Sequence[str], text: str) -> list[tuple[int, int]]:
    lowered = text.lower()
    return [
        match.span()
        for word in sorted({word.lower() for word in words})
        for match in re.finditer(re.escape(word), lowered)
    ]


def _new_figures(kinds: frozenset[FigureKind], question: str, text: str) -> list[Figure]:
    """Figures of some of `kinds` in `text` that the question does not already say."""
    said = {question[figure.start : figure.end] for figure in find_figures(question)}
    return [each for each in find_figures(text) if each.kind in kinds and text[each.start : each.end] not in said]
