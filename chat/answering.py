"""A question becomes an Answer: search, read, quote, or decline with a reason.

Wires the library and a reader; knows neither model nor page. Quotes are cut from the passages' own characters, so they
are verbatim by construction.
"""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from chat.answer import Answer, Considered, DifferentValue, Disagreement, Quote, Reason, listed
from chat.confidence import Calibration, confidence_features, quote_alone, relevance_features
from chat.disagreement import Value, as_answer, compare_values, judge
from chat.follow_ups import complete
from chat.lists import with_whole_list
from chat.merging import merged, text_of
from chat.parts import parts_of
from chat.question import (
    absent_names,
    absent_years,
    clean_question,
    unmentioned_names,
    unmentioned_years,
)
from chat.reader import Reader, Reading
from chat.routing import Router
from chat.terms import years_in
from index.library import Library
from index.values import Hit, SearchResult
from index.where import EVERYTHING, Where
from ingest.article import BlockKind, Row

_SPEAKS = 0.5  # probability from which passages speak of a question, where that is calibrated
_NOTHING = SearchResult("", (), {})


@dataclass(frozen=True, slots=True)
class AnswerSettings:
    """`read` passages go to the reader; an answer with up to `quotes` quotes is shown from `threshold` on.

    `threshold` is a confidence (None: the calibration's own), or the reader's own probability, from `likely` on, where
    there is no calibration. From `likely` on a reading of the document that is asked for goes before better ones of
    others. Without a calibration, nothing that was found speaks of the question below `relevant`. A search that is
    reranked has its first `rerank` passages read, whose relevance counts `relevance_weight` times beside their scores.
    """

    read: int = 10
    rerank: int = 30
    relevance_weight: float = 0.3
    threshold: float | None = None
    likely: float = 0.5
    relevant: float = 0.2
    quotes: int = 4


@dataclass(frozen=True, slots=True)
class Examined:
    """A question looked into, before it is decided whether the answer is shown.

    `answer` is what would be shown (without `text` when nothing was read). `declined` is why it is not shown however
    likely it is, with a sentence for people. `found`, `readings` and `features` are what its confidence comes from.
    """

    answer: Answer
    declined: tuple[Reason, str] | None
    found: SearchResult = _NOTHING
    readings: tuple[Reading, ...] = ()
    features: Mapping[str, float] = field(default_factory=dict)


class Answerer:
    """Answers questions from a library with a reader."""

    def __init__(
        self,
        library: Library,
        reader: Reader,
        settings: AnswerSettings | None = None,
        calibration: Calibration | None = None,
    ) -> None:
        self._library = library
        self._reader = reader
        self._settings = AnswerSettings() if settings is None else settings
        self._calibration = calibration
        self._router = Router()

    @property
    def threshold(self) -> float:
        """From which confidence on answers are shown; without a calibration it is the reader's own probability."""
        if self._settings.threshold is not None:
            return self._settings.threshold
        return self._settings.likely if self._calibration is None else self._calibration.threshold

    def ask(
        self,
        question: str,
        *,
        after: Sequence[str] = (),
        as_written: bool = False,
        k: int = 10,
        where: Where = EVERYTHING,
    ) -> Answer:
        """The answer to `question`, completed from the earlier questions in `after` (oldest first).

        `as_written` leaves it as it is, whatever was asked before. `k` limits the passages listed, never how much is
        read.
        """
        cleaned = clean_question(question)
        understood = cleaned if as_written else complete(cleaned, after)
        whole = self._answer_one(question, understood, k, where)
        if whole.reason in (Reason.EMPTY_QUESTION, Reason.EMPTY_LIBRARY):
            return whole
        cells = parts_of(understood, lambda text: self._router.companies_in(text, self._library.articles()))
        if not cells:
            return whole
        return merged(whole, cells, [self._answer_one(each.question, each.question, k, where) for each in cells], k)

    def _answer_one(self, question: str, understood: str, k: int, where: Where) -> Answer:
        """The answer to one question that stands by itself: `understood`, which `question` was completed to."""
        begin = time.perf_counter()
        examined = self.examine(question, understood, k=k, where=where, explain=self._calibration is not None)
        answer = examined.answer
        declined = examined.declined or self._doubt(examined, where)
        if declined is not None:
            reason, explanation = declined
            answer = replace(
                answer,
                answered=False,
                reason=reason,
                explanation=explanation,
                text=None,
                confidence=None,
                quotes=(),
                disagreements=(),
                notes=(),
                agreements=0,
                withheld=answer if examined.declined is None and answer.text is not None else None,
            )
        answer = with_whole_list(answer, self._library)
        answer.milliseconds["total"] = round((time.perf_counter() - begin) * 1000, 2)
        return answer

    def examine(
        self,
        question: str,
        understood: str | None = None,
        *,
        k: int = 10,
        where: Where = EVERYTHING,
        explain: bool = True,
    ) -> Examined:
        """The best answer to one question, whether or not it is likely enough to be shown.

        `understood` is what the question was completed to; None: it stands by itself. Without `explain` there are no
        features, and so no confidence.
        """
        begin = time.perf_counter()
        understood = clean_question(question) if understood is None else understood
        blank = _blank(question, understood)
        if not any(character.isalnum() for character in understood):
            return Examined(blank, (Reason.EMPTY_QUESTION, "There is no question to answer."))
        if self._library.is_empty:
            return Examined(blank, (Reason.EMPTY_LIBRARY, "Your library is empty: add articles first."))
        found = self._library.search(understood, k=max(k, self._settings.read), where=where)
        reading = time.perf_counter()
        hits = found.hits
        asked = found.preference.rest or understood
        readings = self._reader.read(asked, hits[: self._settings.read], whole=understood)
        readings = _of_documents_first(readings, hits, found.preference.documents, self._settings.likely)
        features = self._features(understood, asked, hits[: self._settings.read], readings) if explain else {}
        confidence = None
        if self._calibration is not None and features:
            confidence = round(self._calibration.right.probability(features), 4)
        quotes = self._quotes(hits, readings)
        answering = [as_answer(each) for each in readings[: self._settings.quotes]]
        compared = compare_values(understood, hits, answering, judge(readings, hits))
        differences = self._disagreements(hits, compared.values)
        read_ms = (time.perf_counter() - reading) * 1000
        answer = replace(
            blank,
            answered=bool(quotes),
            text=text_of(quotes) or None,
            confidence=confidence,
            quotes=quotes,
            passages=tuple(_considered(hit) for hit in _reordered(hits, readings)[:k]),
            milliseconds={
                "embed": found.milliseconds["embed"],
                "retrieve": found.milliseconds["retrieve"],
                "read": round(read_ms, 2),
                "total": round((time.perf_counter() - begin) * 1000, 2),
            },
            disagreements=differences,
            notes=found.preference.notes,
            agreements=compared.agreements,
        )
        return Examined(answer, self._outside(understood, found, readings), found, tuple(readings), features)

    def _features(
        self, question: str, asked: str, hits: Sequence[Hit], readings: Sequence[Reading]
    ) -> dict[str, float]:
        """What the confidence of the first reading is computed from; its quote is read once more, by itself."""
        if not readings:
            return {}
        alone = self._reader.read(asked, [quote_alone(hits[readings[0].passage], readings[0])], whole=question)
        return confidence_features(question, hits, readings, self._library, alone[0] if alone else None)

    def rerank(self, query: str, *, k: int = 10, where: Where = EVERYTHING) -> SearchResult:
        """A search whose first passages are ordered by their scores and what the reader thinks of them."""
        found = self._library.search(query, k=max(k, self._settings.rerank), where=where)
        begin = time.perf_counter()
        first = found.hits[: self._settings.rerank]
        judged = self._reader.relevance(found.query, first)
        weight = self._settings.relevance_weight
        ranked = [_rescored(hit, hit.score + weight * each) for hit, each in zip(first, judged, strict=True)]
        ranked.sort(key=lambda hit: -hit.score)
        hits = (ranked + list(found.hits[len(first) :]))[:k]
        spent = (time.perf_counter() - begin) * 1000
        times = dict(found.milliseconds)
        times["rerank"] = round(spent, 2)
        times["total"] = round(times["total"] + spent, 2)
        return SearchResult(found.query, tuple(hits), times, found.preference)

    def _outside(self, question: str, found: SearchResult, readings: Sequence[Reading]) -> tuple[Reason, str] | None:
        """Why the library cannot answer, however well something reads; None when it may."""
        library = self._library
        names = absent_names(question, library.terms, library.frequencies_of, _texts(found.hits))
        if names:
            return Reason.ENTITY_ABSENT, f"No passage in your library speaks of {listed(names)}."
        years = absent_years(question, library.frequencies_of)
        if years:
            return (
                Reason.PERIOD_ABSENT,
                f"No passage in your library speaks of {listed([str(year) for year in years])}.",
            )
        if readings and found.hits[readings[0].passage].article_id in found.preference.uncovered:
            likely = readings[0].probability >= self._settings.likely
            if not (likely and _names_years(question, readings[0], found.hits)):
                return Reason.PERIOD_ABSENT, found.preference.why_uncovered
        return None

    def _doubt(self, examined: Examined, where: Where) -> tuple[Reason, str] | None:
        """Why the answer is too doubtful to be shown; None when it is not."""
        best = examined.readings[0].probability if examined.readings else 0.0
        confidence = examined.answer.confidence
        if (best if confidence is None else confidence) >= self.threshold and examined.readings:
            return None
        hits = examined.found.hits
        if where and not hits:
            return Reason.NOTHING_RELEVANT, "No article passes the filters that were set."
        question = examined.answer.understood
        if self._calibration is None:
            speaks = best >= self._settings.relevant
        else:
            features = relevance_features(question, hits[: self._settings.read], self._library)
            speaks = bool(hits) and self._calibration.speaks.probability(features) >= _SPEAKS
        if not speaks:
            return Reason.NOTHING_RELEVANT, "No passage in your library speaks of what was asked."
        names, years = unmentioned_names(question, _texts(hits)), unmentioned_years(question, _texts(hits))
        if names:
            return Reason.ENTITY_ABSENT, f"None of the passages that were found speaks of {listed(names)}."
        if years:
            said = listed([str(year) for year in years])
            return Reason.PERIOD_ABSENT, f"None of the passages that were found speaks of {said}."
        return (
            Reason.NO_ANSWER_IN_PASSAGES,
            "Passages in your library speak of this, but none of their sentences answers the question.",
        )

    def _quotes(self, hits: Sequence[Hit], readings: Sequence[Reading]) -> tuple[Quote, ...]:
        quotes: list[Quote] = []
        seen: set[str] = set()
        for reading in readings:
            hit = hits[reading.passage]
            text = hit.text[reading.start - hit.start : reading.end - hit.start]
            folded = " ".join(text.lower().split())
            if folded in seen:
                continue
            seen.add(folded)
            quotes.append(self._quote(hit, reading, text, answers=not quotes))
            if len(quotes) == self._settings.quotes:
                break
        return tuple(quotes)

    def _disagreements(self, hits: Sequence[Hit], values: Sequence[Value]) -> tuple[Disagreement, ...]:
        """What the values differ in, each with its quote; nothing where there are none."""
        different = []
        for value in values:
            hit, unit = hits[value.passage], value.unit
            spans = ((value.start, value.end),)
            reading = Reading(value.passage, unit.start, unit.end, unit.kind, spans, hit.score, {}, unit.row)
            quote = self._quote(hit, reading, hit.text[unit.start - hit.start : unit.end - hit.start], answers=True)
            text = hit.text[value.start - hit.start : value.end - hit.start]
            different.append(DifferentValue(text, quote, value.note, value.sources))
        return (Disagreement(tuple(different)),) if different else ()

    def _quote(self, hit: Hit, reading: Reading, text: str, *, answers: bool) -> Quote:
        boxes = self._library.boxes(hit.article_id, reading.start, reading.end) if hit.pages else []
        pages = tuple(sorted({int(box[0]) for box in boxes})) or hit.pages
        row = (reading.row or Row()) if reading.kind is BlockKind.TABLE_ROW else None
        return Quote(
            article_id=hit.article_id,
            title=hit.title,
            source=hit.source,
            published=hit.published,
            section=hit.section,
            page=pages[0] if pages else None,
            pages=pages,
            start=reading.start,
            end=reading.end,
            text=text,
            answers=answers,
            spans=reading.spans,
            sha256=hit.sha256,
            text_sha256=hit.text_sha256,
            score=round(reading.probability, 4),
            columns=row.columns or hit.columns if row is not None else (),
            column=reading.columns,
            labels=row.labels if row is not None else (),
            unit=row.unit if row is not None else "",
            caption=row.caption if row is not None else "",
            boxes=tuple(boxes),
        )


def _of_documents_first(
    readings: Sequence[Reading], hits: Sequence[Hit], documents: Collection[str], threshold: float
) -> list[Reading]:
    """Readings of the documents that are asked of before better ones of others, as far as they answer."""
    return sorted(
        readings,
        key=lambda each: (
            each.probability < threshold or hits[each.passage].article_id not in documents,
            -each.probability,
        ),
    )


def _names_years(question: str, reading: Reading, hits: Sequence[Hit]) -> bool:
    """Whether a table row is of the years asked for, though its document is of another: "due in 2028"."""
    asked = years_in(question)
    if reading.row is None or not asked:
        return False
    hit = hits[reading.passage]
    cells = reading.row.cells
    label = hit.text[reading.start - hit.start :][slice(*cells[0])] if cells else ""
    return asked <= years_in(" ".join((*reading.columns, *reading.row.labels, label)))


def _reordered(hits: Sequence[Hit], readings: Sequence[Reading]) -> list[Hit]:
    """Hits in the order of their best reading, with its probability as their score, then those that none is of.

    The latter keep their order, with scores that go on falling from there; the trace keeps what the search gave.
    """
    best: dict[int, float] = {}
    for reading in readings:
        best.setdefault(reading.passage, reading.probability)
    floor = min(best.values(), default=1.0)
    top = max((hit.score for hit in hits), default=0.0) or 1.0
    read = [_rescored(hits[i], probability) for i, probability in best.items()]
    return read + [_rescored(hit, floor * hit.score / top) for i, hit in enumerate(hits) if i not in best]


def _rescored(hit: Hit, score: float) -> Hit:
    return replace(hit, score=score, trace={**hit.trace, "search_score": round(hit.score, 4)})


def _considered(hit: Hit) -> Considered:
    return Considered(
        article_id=hit.article_id,
        title=hit.title,
        source=hit.source,
        section=hit.section,
        page=hit.page,
        pages=hit.pages,
        start=hit.start,
        end=hit.end,
        text=hit.text,
        score=round(hit.score, 4),
        trace=dict(hit.trace),
    )


def _blank(question: str, understood: str) -> Answer:
    """An answer before anything was looked for."""
    return Answer(
        question=question,
        understood=understood,
        answered=False,
        reason=None,
        explanation="",
        text=None,
        confidence=None,
        quotes=(),
        disagreements=(),
        passages=(),
        milliseconds={"embed": 0.0, "retrieve": 0.0, "read": 0.0, "total": 0.0},
    )


def _texts(hits: Sequence[Hit]) -> list[str]:
    return [f"{hit.title}\n{hit.heading}\n{hit.text}" for hit in hits]
