"""Every question put to every article by itself: a grid whose cells are verbatim quotes or say why there is none.

Knows an answerer and articles; neither files nor page. An article that never mentions whom or which year a question is
about is not asked: its own figures would be taken for those of another.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from typing import Any, Protocol

from chat.answer import Answer, Reason, listed
from chat.export import (
    CITATIONS_SHEET,
    COLUMNS,
    GRID_HEAD,
    GRID_SHEET,
    NO_ANSWER,
    SHOWN_KINDS,
    Asked,
    Citation,
    cell_of,
    cell_text,
    citations,
    csv_bytes,
    marks_of,
)
from chat.follow_ups import complete
from chat.places import spellings
from chat.question import absent_names, absent_years, clean_question
from chat.terms import years_in
from errors import FootnoteError, SettingError
from index.values import ArticleSummary, StoredArticle
from index.where import EVERYTHING, Condition, Where

FORMATS = (".csv", ".xlsx", ".json")
KEPT_PASSAGES = 1  # of a cell: the closest, to open where there is no answer
_STOPPED = "The grid was stopped before this was asked."
_WORDS: Mapping[Reason, str] = {  # of one article, where an answer's own explanation speaks of the whole library
    Reason.NOTHING_RELEVANT: "Nothing in this article speaks of it.",
    Reason.NO_ANSWER_IN_PASSAGES: "This article speaks of it, but none of its sentences answers the question.",
}
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class GridQuestion:
    """A row's question, with the earlier questions of its conversation, oldest first."""

    question: str
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GridCell:
    """What one article answers to one question; where nothing is quoted `blank` says why, in words.

    `answer` is None where the question could not be put: an error, or the grid was stopped.
    """

    answer: Answer | None
    blank: str = ""

    @property
    def reason(self) -> Reason | None:
        """Why nothing is quoted; None where something is, or no answer was made."""
        return None if self.answer is None else self.answer.reason


@dataclass(frozen=True, slots=True)
class Grid:
    """`cells[i][j]` is what `articles[j]` answers to `questions[i]`."""

    questions: tuple[GridQuestion, ...]
    articles: tuple[ArticleSummary, ...]
    cells: tuple[tuple[GridCell, ...], ...]

    @property
    def answered(self) -> int:
        """How many cells hold a quote."""
        return sum(not cell.blank for row in self.cells for cell in row)

    def to_json(self) -> dict[str, Any]:
        """The grid in the command line's shape."""
        return {
            "questions": [{"question": each.question, "after": list(each.after)} for each in self.questions],
            "articles": [each.to_json() for each in self.articles],
            "cells": [
                [
                    {"blank": cell.blank, "answer": None if cell.answer is None else cell.answer.to_json()}
                    for cell in row
                ]
                for row in self.cells
            ],
        }


class Asks(Protocol):
    """What a grid needs of an answerer."""

    def ask(self, question: str, *, after: Sequence[str] = (), k: int = 10, where: Where = EVERYTHING) -> Answer:
        """An answer, or why there is none."""
        ...


OnCell = Callable[[int, int, GridCell], None]  # row, column, what became of it


def make_grid(
    questions: Sequence[GridQuestion],
    articles: Sequence[ArticleSummary],
    asks: Asks,
    article: Callable[[str], StoredArticle],
    *,
    on_cell: OnCell | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Grid:
    """Ask every article every question, question by question, so that each is embedded once.

    `article` gives an article by its id. `on_cell` hears of each cell as it is made. After `stop` the other cells say
    that they were not asked; an article that cannot be asked says so in its cells.
    """
    absent = {each.article_id: _Absent(each, article) for each in articles}
    rows = []
    for down, question in enumerate(questions):
        row = []
        for across, summary in enumerate(articles):
            cell = GridCell(None, _STOPPED)
            if not stop():
                cell = _cell(question, summary, asks, absent[summary.article_id])
                if on_cell is not None:
                    on_cell(down, across, cell)
            row.append(cell)
        rows.append(tuple(row))
    return Grid(tuple(questions), tuple(articles), tuple(rows))


def _cell(question: GridQuestion, summary: ArticleSummary, asks: Asks, absent: "_Absent") -> GridCell:
    try:
        understood = complete(clean_question(question.question), question.after)
        found = absent(understood)
        if found is not None:
            reason, words = found
            return GridCell(_declined(question.question, understood, reason, words), words)
        where = Where((Condition("article_id", "=", summary.article_id),))
        answer = asks.ask(question.question, after=question.after, where=where)
    except FootnoteError as error:
        return GridCell(None, " ".join(str(error).split()))
    answer = replace(answer, passages=answer.passages[:KEPT_PASSAGES], withheld=None)
    if answer.answered:
        return GridCell(answer)
    blank = answer.explanation if answer.reason is None else _WORDS.get(answer.reason, answer.explanation)
    return GridCell(replace(answer, explanation=blank), blank)


def _declined(question: str, understood: str, reason: Reason, words: str) -> Answer:
    return Answer(question, understood, False, reason, words, None, None, (), (), (), {})


class _Absent:
    """Why an article need not be asked: it never mentions a name or year of the question. Its words are read once."""

    def __init__(self, summary: ArticleSummary, article: Callable[[str], StoredArticle]) -> None:
        self._summary = summary
        self._article = article
        self._known: dict[str, bool] = {}

    def __call__(self, question: str) -> tuple[Reason, str] | None:
        names = [each for each in absent_names(question, _terms, self._frequencies) if not _only_opens(question, each)]
        if names:
            return Reason.ENTITY_ABSENT, f"This article does not mention {listed(names)}."
        years = absent_years(question, self._frequencies)
        if years:
            return Reason.PERIOD_ABSENT, f"This article does not mention {listed([str(year) for year in years])}."
        return None

    def _frequencies(self, terms: Sequence[str]) -> Mapping[str, int]:
        """Whether each term stands in the article's text, title or facts."""
        if any(term not in self._known for term in terms):
            words = self._words()
            self._known |= {term: term in words for term in terms}
        return {term: int(self._known[term]) for term in terms}

    def _words(self) -> set[str]:
        """All words, for a moment: those of a hundred long filings would fill the memory."""
        held = self._article(self._summary.article_id).article
        published = "" if held.published is None else held.published.isoformat()
        text = "\n".join([held.title, published, *held.facts.values(), held.text])
        return {*_terms(text), *map(str, years_in(text))}


def _only_opens(question: str, name: str) -> bool:
    """Whether a name may be a word that has its capital from standing first: "Headcount in 2023?"."""
    if not re.fullmatch(r"[^\W\d_][^\W\d_A-Z]*", name) or spellings(name):
        return False
    return re.search(rf"[^.?!\s\"“(][\"“(\s]*(?<!\w){re.escape(name)}(?!\w)", question) is None


def _terms(text: str) -> list[str]:
    return _WORD.findall(text.casefold())


# Questions ------------------------------------------------------------------------------------------------------------


def parse_questions(text: str, name: str, *, json_lines: bool = False) -> list[GridQuestion]:
    """Questions of a text, one a line: plain, or {"question": …, "after": […]}; each once. Raises SettingError.

    `name` is what to call the text in an error. With `json_lines` every line must be such an object.
    """
    questions: dict[GridQuestion, None] = {}
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        line = line.strip()
        if not line:
            continue
        question = GridQuestion(line)
        if json_lines or line.startswith("{"):
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                row = None
            if isinstance(row, dict) and isinstance(row.get("question"), str):
                after = row.get("after")
                question = GridQuestion(row["question"], tuple(map(str, after)) if isinstance(after, list) else ())
            elif json_lines:
                raise SettingError(f'{name}: line {number} is no question; write {{"question": "…"}}')
        if any(character.isalnum() for character in question.question):
            questions[question] = None
    if not questions:
        raise SettingError(f"{name}: holds no questions; write one a line")
    return list(questions)


# Files ----------------------------------------------------------------------------------------------------------------


def grid_bytes(grid: Grid, suffix: str) -> bytes:
    """The grid in the format that `suffix`, one of FORMATS, names.

    A workbook has the grid itself and a sheet with a row for each citation and each blank; CSV has those rows.
    """
    if suffix == ".json":
        return json.dumps(grid.to_json(), ensure_ascii=False, indent=1).encode("utf-8", "replace")
    rows = list(_citations(grid))
    if suffix == ".csv":
        return csv_bytes(COLUMNS, ([cell_of(value) for value in asdict(row).values()] for row in rows))
    return _workbook(grid, rows)


def _citations(grid: Grid) -> Iterable[Citation]:
    """A row for each quote that answers and for each blank, question by question."""
    for question, cells in zip(grid.questions, grid.cells, strict=True):
        for article, cell in zip(grid.articles, cells, strict=True):
            turn = Asked(question.question, cell.answer, cell.blank)
            for row in citations(turn):
                if row.kind in SHOWN_KINDS:
                    yield row
                elif row.kind == "none":
                    yield replace(
                        row,
                        article=article.title,
                        published=_published(article),
                        source=article.source,
                        article_id=article.article_id,
                        sha256=article.sha256,
                    )


def _workbook(grid: Grid, rows: Sequence[Citation]) -> bytes:
    from chat.workbook import Cell, Sheet, write_workbook

    head = partial(Cell, head=True)
    quiet = partial(Cell, quiet=True)
    about = [
        " · ".join(filter(None, (each.facts.get("company", ""), each.facts.get("period", ""), _published(each))))
        for each in grid.articles
    ]
    top = [  # GRID_HEAD rows
        [head("Question"), *(head(each.title) for each in grid.articles)],
        [quiet("About"), *(quiet(each) for each in about)],
        [quiet("Source"), *(quiet(each.source) for each in grid.articles)],
    ]
    shown = [
        [head(question.question), *(_grid_cell(cell) for cell in cells)]
        for question, cells in zip(grid.questions, grid.cells, strict=True)
    ]
    names = [field.name for field in fields(Citation)]
    cited = [[Cell(getattr(row, name)) for name in names] for row in rows]
    widths = [_WIDTHS.get(name, 14.0) for name in names]
    return write_workbook(
        [
            Sheet(GRID_SHEET, [*top, *shown], [36.0, 44.0], f"B{GRID_HEAD + 1}"),
            Sheet(CITATIONS_SHEET, [[head(name) for name in names], *cited], widths, "B2", filtered=True),
        ],
        title="Questions and articles",
    )


_WIDTHS = {"question": 36.0, "article": 30.0, "answer": 24.0, "quote": 60.0, "section": 28.0, "explanation": 36.0}


def _published(article: ArticleSummary) -> str:
    return "" if article.published is None else article.published.isoformat()


def _grid_cell(cell: GridCell) -> Any:
    """The quotes that answer, their answering words bold, or why there is none."""
    from chat.workbook import Cell

    if cell.answer is None or cell.blank:
        return Cell(f"{NO_ANSWER}{cell.blank}", quiet=True)
    quotes = [row.quote for row in citations(Asked(cell.answer.question, cell.answer)) if row.kind in SHOWN_KINDS]
    text = cell_text(quotes)
    by_text = {quote.text: marks_of(quote) for quote in cell.answer.quotes}
    bold: list[tuple[int, int]] = []
    at = 0
    for quote in dict.fromkeys(quotes):
        bold += [(at + start, at + end) for start, end in by_text.get(quote, ())]
        at += len(cell_text([quote, ""]))
    return Cell(text, bold=tuple(bold))
