"""A question becomes an Answer: search, read, quote, or decline with a reason.

Wires the library and a reader; knows neither model nor page. Quotes are cut from the passages' own characters, so they
are verbatim by construction.
"""

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from chat.answer import Answer, Considered, Quote, Reason
from chat.merging import merged, text_of
from chat.parts import parts_of
from chat.question import absent_names, absent_years, clean_question, complete
from chat.reader import Reader, Reading
from chat.routing import companies_in
from chat.terms import years_in
from index.library import Library
from index.values import Hit, SearchResult
from index.where import EVERYTHING, Where
from ingest.article import BlockKind, Row


@dataclass(frozen=True, slots=True)
class AnswerSettings:
    """`read` passages go to the reader; an answer with up to `quotes` quotes is shown from `threshold` on.

    `threshold` and `relevant` (below it nothing that was found speaks of the question) are probabilities.
    """

    read: int = 10
    threshold: float = 0.5
    relevant: float = 0.2
    quotes: int = 4


class Answerer:
    """Answers questions from a library with a reader."""

    def __init__(self, library: Library, reader: Reader, settings: AnswerSettings | None = None) -> None:
        self._library = library
        self._reader = reader
        self._settings = AnswerSettings() if settings is None else settings

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
        cells = parts_of(understood, lambda text: companies_in(text, self._library.articles()))
        if not cells:
            return whole
        return merged(whole, cells, [self._answer_one(each.question, each.question, k, where) for each in cells], k)

    def _answer_one(self, question: str, understood: str, k: int, where: Where) -> Answer:
        """The answer to one question that stands by itself: `understood`, which `question` was completed to."""
        begin = time.perf_counter()
        if not any(character.isalnum() for character in understood):
            return _declined(question, understood, Reason.EMPTY_QUESTION, "There is no question to answer.", (), begin)
        if self._library.is_empty:
            return _declined(
                question, understood, Reason.EMPTY_LIBRARY, "Your library is empty: add articles first.", (), begin
            )
        found = self._library.search(understood, k=max(k, self._settings.read), where=where)
        reading = time.perf_counter()
        hits = found.hits
        asked = found.preference.rest or understood
        readings = self._reader.read(asked, hits[: self._settings.read], whole=understood)
        readings = _of_documents_first(readings, hits, found.preference.documents, self._settings.threshold)
        read_ms = (time.perf_counter() - reading) * 1000
        times = {
            "embed": found.milliseconds["embed"],
            "retrieve": found.milliseconds["retrieve"],
            "read": round(read_ms, 2),
            "total": 0.0,
        }
        ordered = _reordered(hits, readings)[:k]
        considered = tuple(_considered(hit) for hit in ordered)
        declined = self._why_not(understood, found, readings, where)
        if declined is not None:
            reason, explanation = declined
            return _declined(question, understood, reason, explanation, considered, begin, times)
        quotes = self._quotes(hits, readings)
        times["total"] = round((time.perf_counter() - begin) * 1000, 2)
        return Answer(
            question=question,
            understood=understood,
            answered=True,
            reason=None,
            explanation="",
            text=text_of(quotes),
            confidence=None,  # until it is calibrated: never an invented number
            quotes=quotes,
            disagreements=(),
            passages=considered,
            milliseconds=times,
            notes=found.preference.notes,
        )

    def rerank(self, query: str, *, k: int = 10, where: Where = EVERYTHING) -> SearchResult:
        """A search whose first passages are put in the reader's order."""
        found = self._library.search(query, k=max(k, self._settings.read), where=where)
        begin = time.perf_counter()
        asked = found.preference.rest or found.query
        hits = _reordered(found.hits, self._reader.read(asked, found.hits[: self._settings.read], whole=found.query))[
            :k
        ]
        spent = (time.perf_counter() - begin) * 1000
        times = dict(found.milliseconds)
        times["rerank"] = round(spent, 2)
        times["total"] = round(times["total"] + spent, 2)
        return SearchResult(found.query, tuple(hits), times, found.preference)

    def _why_not(
        self, question: str, found: SearchResult, readings: Sequence[Reading], where: Where
    ) -> tuple[Reason, str] | None:
        """Why nothing is shown, None when something is."""
        library = self._library
        names = absent_names(question, library.terms, library.frequencies_of)
        if names:
            return Reason.ENTITY_ABSENT, f"No passage in your library speaks of {_listed(names)}."
        years = absent_years(question, library.frequencies_of)
        if years:
            return (
                Reason.PERIOD_ABSENT,
                f"No passage in your library speaks of {_listed([str(year) for year in years])}.",
            )
        best = readings[0].probability if readings else 0.0
        if readings and found.hits[readings[0].passage].article_id in found.preference.uncovered:
            named = best >= self._settings.threshold and _names_years(question, readings[0], found.hits)
            if not named:
                return Reason.PERIOD_ABSENT, found.preference.why_uncovered
        if best >= self._settings.threshold:
            return None
        if where and not found.hits:
            return Reason.NOTHING_RELEVANT, "No article passes the filters that were set."
        if best < self._settings.relevant:
            return Reason.NOTHING_RELEVANT, "No passage in your library speaks of what was asked."
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


def _declined(
    question: str,
    understood: str,
    reason: Reason,
    explanation: str,
    passages: tuple[Considered, ...],
    begin: float,
    times: dict[str, float] | None = None,
) -> Answer:
    times = {"embed": 0.0, "retrieve": 0.0, "read": 0.0, **(times or {})}
    times["total"] = round((time.perf_counter() - begin) * 1000, 2)
    return Answer(
        question=question,
        understood=understood,
        answered=False,
        reason=reason,
        explanation=explanation,
        text=None,
        confidence=None,
        quotes=(),
        disagreements=(),
        passages=passages,
        milliseconds=times,
    )


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
