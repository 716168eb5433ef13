"""What answering gives: an Answer with Quotes, Disagreements, and why there is none when there is none.

Values only; `chat/answering.py` makes them. `docs/formats.md` explains the JSON that `to_json` gives.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from chat.question import clean_question


class Reason(StrEnum):
    """Why a question was not answered."""

    EMPTY_QUESTION = "empty_question"
    EMPTY_LIBRARY = "empty_library"
    NOTHING_RELEVANT = "nothing_relevant"
    ENTITY_ABSENT = "entity_absent"
    PERIOD_ABSENT = "period_absent"
    NO_ANSWER_IN_PASSAGES = "no_answer_in_passages"


def percent_of(confidence: float) -> int:
    """A probability in whole percent as people see it: from 1 to 99, since nothing is certain."""
    return round(min(max(confidence, 0.01), 0.99) * 100)


@dataclass(frozen=True, slots=True)
class Quote:
    """A whole sentence, list item or table row, verbatim: the article's `text[start:end]`.

    `spans` are the words that answer, as offsets into the article (not into the quote). `columns` are the column names
    of a quoted table row, `column` those of the cells that answer, `labels` the rows that head it, `unit` and `caption`
    the table's; all are shown beside it. `boxes` are (page, left, top, right, bottom) in points from the top left.
    `answers` is False for context. `score` is higher for better and compares within one answer.
    """

    article_id: str
    title: str
    source: str
    published: date | None
    section: str
    page: int | None
    pages: tuple[int, ...]
    start: int
    end: int
    text: str
    answers: bool
    spans: tuple[tuple[int, int], ...]
    sha256: str
    text_sha256: str
    score: float
    part: str | None = None
    columns: tuple[str, ...] = ()
    column: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    unit: str = ""
    caption: str = ""
    boxes: tuple[tuple[float, float, float, float, float], ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The quote in the command line's shape."""
        data = asdict(self)
        data["published"] = None if self.published is None else self.published.isoformat()
        data["span"] = list(self.spans[0]) if self.spans else None
        return data


@dataclass(frozen=True, slots=True)
class Considered:
    """A passage that was considered, in final order; verbatim like a quote."""

    article_id: str
    title: str
    source: str
    section: str
    page: int | None
    pages: tuple[int, ...]
    start: int
    end: int
    text: str
    score: float
    trace: dict[str, float | int | None] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The passage in the command line's shape."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class DifferentValue:
    """One of several values that sources give for the same thing.

    `note` tells it apart in words ("restated", "later document") where something does. `sources` counts the articles
    found that give it.
    """

    text: str
    quote: Quote
    note: str = ""
    sources: int = 1


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two or more sources (or one source twice) with different values for what was asked, newest first."""

    values: tuple[DifferentValue, ...]

    @property
    def articles(self) -> int:
        """How many articles the values stand in; 1 where one contradicts itself."""
        return len({value.quote.article_id for value in self.values})

    def to_json(self) -> dict[str, Any]:
        """The disagreement in the command line's shape."""
        return {
            "values": [
                {"text": v.text, "quote": v.quote.to_json(), "note": v.note, "sources": v.sources} for v in self.values
            ]
        }


@dataclass(frozen=True, slots=True)
class AnsweredPart:
    """One part of a question that asked several things, or one cell of a comparison.

    `question` is the part as a question of its own, `label` names it beside its quotes, `row` and `column` say where it
    stands in the table ("" where there is none). `text` are the words that answer it and `quotes` the numbers of the
    Answer's quotes that do, from 0; a part without an answer has None, none, and a `reason` with its `explanation`.
    """

    question: str
    label: str
    row: str
    column: str
    text: str | None
    quotes: tuple[int, ...]
    reason: Reason | None
    explanation: str

    def to_json(self) -> dict[str, Any]:
        """The part in the command line's shape."""
        return asdict(self) | {"reason": None if self.reason is None else self.reason.value}


@dataclass(frozen=True, slots=True)
class Table:
    """A comparison: `cells[row][column]` is the number of the Answer's part that stands there, from 0, or None."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[int | None, ...], ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer, or a typed reason why there is none.

    `text` is every span of every quote that answers, in order, joined with "; "; None when declined. `confidence` is
    the calibrated probability that it is right, None when declined or while no calibration exists for the reader.
    `explanation` is a sentence for people. `withheld` is the answer that was too doubtful to show, with its confidence:
    for measuring where the threshold should lie, never to be shown.
    `milliseconds` has embed, retrieve, read and total. `notes` say how something in the question was read that could be
    read two ways. `parts` are what a question of several parts, or a comparison, asks for; empty for one question. It
    is answered where one of its parts is, and its `confidence` is that all of what is shown is right. A list that was
    found elsewhere than what was judged has no `confidence`. `agreements` counts further articles among the passages
    that state the figure shown, or one that agrees with it; of several parts, as many as each of them has.
    """

    question: str
    understood: str
    answered: bool
    reason: Reason | None
    explanation: str
    text: str | None
    confidence: float | None
    quotes: tuple[Quote, ...]
    disagreements: tuple[Disagreement, ...]
    passages: tuple[Considered, ...]
    milliseconds: dict[str, float]
    notes: tuple[str, ...] = ()
    parts: tuple[AnsweredPart, ...] = ()
    withheld: "Answer | None" = None
    agreements: int = 0

    @property
    def table(self) -> Table | None:
        """The parts of a comparison by row and column; None where there is none."""
        rows = tuple(dict.fromkeys(part.row for part in self.parts if part.row))
        if not rows:
            return None
        columns = tuple(dict.fromkeys(part.column for part in self.parts if part.row))
        places = {(part.row, part.column): number for number, part in enumerate(self.parts)}
        return Table(rows, columns, tuple(tuple(places.get((row, each)) for each in columns) for row in rows))

    @property
    def completed(self) -> bool:
        """Whether earlier questions gave something to this one; asked again `as_written` it goes without."""
        return self.understood != clean_question(self.question)

    def to_json(self) -> dict[str, Any]:
        """The answer in the command line's shape."""
        return {
            "question": self.question,
            "understood": self.understood,
            "completed": self.completed,
            "answered": self.answered,
            "reason": None if self.reason is None else self.reason.value,
            "explanation": self.explanation,
            "text": self.text,
            "confidence": self.confidence,
            "quotes": [quote.to_json() for quote in self.quotes],
            "disagreements": [each.to_json() for each in self.disagreements],
            "passages": [passage.to_json() for passage in self.passages],
            "milliseconds": self.milliseconds,
            "notes": list(self.notes),
            "parts": [part.to_json() for part in self.parts],
            "table": None if self.table is None else asdict(self.table),
            "withheld": None
            if self.withheld is None
            else {"text": self.withheld.text, "confidence": self.withheld.confidence},
            "agreements": self.agreements,
        }


def listed(names: Sequence[str]) -> str:
    """Names as an explanation gives them: "A, B or C"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
