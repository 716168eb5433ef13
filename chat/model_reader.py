"""A reader with a trained model: which unit of the passages answers, and which of its words.

The model reads each passage whole; its best span inside each unit is weighed with what the unit shares with the
question. A cell that the question names by row and column stays the cell of chat/cells.py.
"""

import hashlib
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chat.candidates import Candidate, Candidates, new_figures
from chat.cells import asks_for_cell, spans_of
from chat.figures import NUMERIC, TEMPORAL, Figure, as_meant, asked_kinds, find_figures
from chat.reader import Reading, answering_spans, logistic, sigmoid, weighed, without_bullet
from chat.span_model import PassageRead, SpanModel
from chat.terms import Asked, asked_for, years_in
from index.embedder import Embedder
from index.values import Hit
from ingest.article import BlockKind
from ingest.sentences import sentence_spans

# Weights of a logistic model. A fit on the half of SQuAD v2 dev that is never reported on
# (training/fit_reader_weights.py) gave those of span, relevance, coverage, kind and similarity. Its 6 for the passage
# only says that each question was written for one paragraph, so 4 was taken; years, places and names tell more in
# reports of many companies and countries; the last four do not occur there and are SentenceReader's.
WEIGHTS: Mapping[str, float] = {
    "bias": -5.2,
    "span": 0.3,
    "relevance": 0.15,
    "coverage": 1.6,
    "missing": -0.5,
    "years": 0.8,
    "figures": 0.4,
    "kind": 0.6,
    "passage": 4.0,
    "dense": 0.5,
    "places": 1.0,
    "similarity": 2.0,
    "names": 0.5,
    "asks": -1.5,
    "furniture": 3.0,
    "label": 1.5,
    "cell": 1.0,
}
Scored = tuple[float, int, int]  # a span's score above "no answer", and where it starts and ends
_WORD = re.compile(r"\w+")
_YEAR = re.compile(r"(?<![\d.,])(?:19|20)\d\d(?![\d%]|[.,]\d)")
_EMBEDDED = 12  # units whose similarity is computed
_AT_ONCE = 4  # passages that are read before it is asked whether the others can win
_MOST_GAINED = 2.0  # log odds by which reading lifts a unit above what leads by then, hardly ever more
SPANS = 12  # of a unit that are looked at for the words to show
_SHORT = 60  # characters that an answer may have whatever it adds to the words that answer
_SAME = 0.6  # of the characters of two spans shared, from which one says what the other does
_MOSTLY = 0.7  # of a span's characters are a figure's: then it is the figure that answers
_EXACT = 0.5  # what a span's being no longer than the answer counts beside its holding it (docs/measurements.md)
_MOST = 20.0  # logits are cut there: beyond, a model is as sure as it can be


class ModelReader:
    """Reads with `model`; `candidates` finds the units, `embedder` tells how near the best are to the question."""

    def __init__(
        self, model: SpanModel, candidates: Candidates, embedder: Embedder, *, weights: Mapping[str, float] = WEIGHTS
    ) -> None:
        self._model = model
        self._candidates = candidates
        self._embedder = embedder
        self._weights = weights

    @property
    def identity(self) -> str:
        """Changes with the model and the weights: what a calibration is fitted for."""
        weights = [self._model.identity, self._embedder.identity, dict(self._weights)]
        return hashlib.sha256(json.dumps(weights, sort_keys=True).encode()).hexdigest()

    def read(self, question: str, passages: Sequence[Hit], *, whole: str = "") -> list[Reading]:
        """Readings of all units that could answer, best first; of those in passages that could win.

        The model reads the passages with the best units first and stops when those of the others cannot win.
        """
        candidates = self._candidates.of(question, passages, whole or question)
        if not candidates:
            return []
        units: dict[int, list[Candidate]] = {}
        for candidate in candidates:
            units.setdefault(candidate.passage, []).append(candidate)
        hopes = {i: max(weighed(unit.features, self._weights) for unit in units[i]) for i in units}
        order = sorted(units, key=lambda i: (-hopes[i], i))
        looked: list[_Looked] = []
        for first in range(0, len(order), _AT_ONCE):
            wave = order[first : first + _AT_ONCE]
            if looked and weighed(looked[0].features, self._weights) > hopes[wave[0]] + _MOST_GAINED:
                break
            for i, read in zip(wave, self._read(whole or question, [passages[i] for i in wave]), strict=True):
                looked += [self._look(question, unit, passages[i], read) for unit in units[i]]
            looked.sort(key=lambda each: -weighed(each.features, self._weights))
        vectors = self._embedder.embed_queries([question, *(each.candidate.read_as for each in looked[:_EMBEDDED])])
        similarities = [float(each) for each in vectors[1:] @ vectors[0]]
        # What was not looked at so closely is taken for no nearer than the farthest that was.
        similarities += [min(similarities)] * (len(looked) - len(similarities))
        readings = []
        for each, similarity in zip(looked, similarities, strict=True):
            each.features["similarity"] = similarity
            readings.append(self._reading(question, whole or question, each, passages[each.candidate.passage]))
        readings.sort(key=lambda reading: -reading.probability)
        return readings

    def relevance(self, question: str, passages: Sequence[Hit]) -> list[float]:
        """How probable it is, in (0, 1), that each passage is relevant."""
        return [sigmoid(_cut(_relevance(read))) for read in self._read(question, passages)]

    def _read(self, question: str, passages: Sequence[Hit]) -> list[PassageRead]:
        return self._model.read(question, [(hit.heading, hit.text) for hit in passages]) if passages else []

    def _look(self, question: str, each: Candidate, hit: Hit, read: PassageRead) -> "_Looked":
        begin = each.unit.start - hit.start
        spans = _beyond(question, hit.text, read.best_spans(begin, begin + len(each.text), SPANS))
        features = {
            **each.features,
            "span": _cut(spans[0][0]) if spans else 0.0,
            "relevance": _cut(_relevance(read)),
        }
        return _Looked(each, read, [(score, start - begin, end - begin) for score, start, end in spans], features)

    def _reading(self, question: str, whole: str, looked: "_Looked", hit: Hit) -> Reading:
        each = looked.candidate
        points = bool(each.cells) and asks_for_cell(whole, each.cells)
        if points:
            spans = spans_of(each.cells, each.unit.start)
        else:
            spans = self._spans(question, each, looked.read, each.unit.start - hit.start, looked.found)
        return Reading(
            passage=each.passage,
            start=each.unit.start,
            end=each.unit.end,
            kind=each.unit.kind,
            spans=spans,
            probability=logistic(looked.features, self._weights),
            features=looked.features,
            row=each.unit.row,
            columns=tuple(cell.column for cell in each.cells if cell.column) if points else (),
        )

    def _spans(
        self, question: str, each: Candidate, read: PassageRead, begin: int, spans: Sequence[Scored]
    ) -> tuple[tuple[int, int], ...]:
        """The words of a unit that answer: the model's, held to the kind of words that is asked for."""
        kinds = asked_kinds(question)
        start = each.unit.start
        if not spans:
            return answering_spans(question, each.text, start)
        found = spans[0][1:]
        if each.unit.kind is BlockKind.TABLE_ROW and not kinds:
            return (without_bullet(each.text, start),)
        if asked_for(question) is Asked.REASON and not kinds:
            # A reason is what is said, not a name in it: the sentence of the span.
            first, last = next((s for s in sentence_spans(each.text) if s[0] <= found[0] < s[1]), (0, len(each.text)))
            begin, end = without_bullet(each.text[first:last], start + first)
            return ((begin, max(end, start + found[1])),)
        if kinds:
            figures: Sequence[Figure] = new_figures(kinds, question, each.text)
            if not figures and not kinds <= TEMPORAL:
                figures = new_figures(NUMERIC, question, each.text)
            if not kinds <= TEMPORAL:
                figures = _of_the_years(years_in(question), each.text, figures)
            inside = [figure for figure in figures if figure.start < found[1] and figure.end > found[0]]
            if figures and not inside:
                scored = [(read.best_span(begin + figure.start, begin + figure.end), figure) for figure in figures]
                best = max(scored, key=lambda pair: -math.inf if pair[0] is None else pair[0][0])[1]
                found = as_meant(each.text, best)
            elif inside:
                # Whole figures: "16.02" of "more than US$16.02 billion" tells less than it says.
                first, last = as_meant(each.text, inside[0])[0], as_meant(each.text, inside[-1])[1]
                found = (min(found[0], first), max(found[1], last))
        else:
            figure = _figure_at(each.text, *found)
            found = likeliest(spans) if figure is None else as_meant(each.text, figure)
        return ((start + found[0], start + found[1]),)


@dataclass(slots=True)
class _Looked:
    """A candidate with the model's best spans in it, their places counted in its text, and what speaks for it."""

    candidate: Candidate
    read: PassageRead
    found: Sequence[Scored]
    features: dict[str, float]


def _beyond(question: str, text: str, spans: Sequence[Scored]) -> Sequence[Scored]:
    """Those of `spans` that say more than the question does, all where none does."""
    said = set(_WORD.findall(question.lower()))
    return [span for span in spans if not set(_WORD.findall(text[span[1] : span[2]].lower())) <= said] or spans


def _figure_at(text: str, start: int, end: int) -> Figure | None:
    """The figure that [start, end) is, or hardly more than."""
    for figure in find_figures(text):
        if min(end, figure.end) - max(start, figure.start) >= _MOSTLY * (end - start):
            return figure
    return None


def likeliest(spans: Sequence[Scored]) -> tuple[int, int]:
    """The start and end of the span most probably taken for a right answer, if one of `spans` (best first) is it.

    The best span is often a word of the phrase that answers ("projects" of "projects inside the group"). A span serves
    where it holds the answer and is short, or is nearly the same; and the less it adds, the better it is: the least
    expected risk (Kumar and Byrne, "Minimum Bayes-Risk Decoding", 2004) where `evaluation/answers.py` says what is
    right.
    """
    odds = [math.exp(score - spans[0][0]) for score, _, _ in spans]

    def worth(start: int, end: int) -> float:
        total = 0.0
        for share, (_, first, last) in zip(odds, spans, strict=True):
            same = 2 * max(0, min(end, last) - max(start, first)) / (end - start + last - first)
            holds = start <= first and last <= end and end - start <= max(_SHORT, 4 * (last - first))
            total += share * (float(holds or same >= _SAME) + _EXACT * same)
        return total

    return max(((start, end) for _, start, end in spans), key=lambda each: worth(*each))


def _of_the_years(asked: frozenset[int], text: str, figures: Sequence[Figure]) -> Sequence[Figure]:
    """The figures next to a year that is asked for, where the text tells years apart; else all.

    "US$0.95 billion in 2023 and US$6.5 billion by 2030": a figure's year is the nearest one, rather behind it.
    """
    places = [(match.start(), int(match.group())) for match in _YEAR.finditer(text)]
    if not asked or len({year for _, year in places}) < 2:
        return figures

    def year_of(figure: Figure) -> int:
        return min(
            places, key=lambda each: each[0] - figure.end if each[0] >= figure.end else 2 * (figure.start - each[0])
        )[1]

    return [each for each in figures if year_of(each) in asked] or figures


def _relevance(read: PassageRead) -> float:
    """The logit that a passage is relevant: its own, or how far the best span stands above the null."""
    if read.relevance is not None:
        return read.relevance
    best = read.best_span(0, read.offsets[-1][1]) if read.offsets else None
    return 0.0 if best is None else best[0]


def _cut(logit: float) -> float:
    return max(-_MOST, min(_MOST, logit))
