"""Answers as files that others can read and check: Markdown, CSV and JSON, with every citation.

Knows answers and text formats; no library, no page. `chat/proof.py` reads the files again and checks each quote. Quotes
are written character for character: what a format would take for its own signs is escaped, never left out or changed.
"""

import csv
import io
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields, replace
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from chat.answer import Answer, Quote, Table, percent_of
from errors import SettingError

FORMATS = (".md", ".csv", ".json")
NO_ANSWER = "No answer: "  # before the reason why
ANSWER_LABEL = "**Answer:** "
SOURCES = "## Sources"
GRID_SHEET, CITATIONS_SHEET = "Grid", "Citations"  # of a workbook
GRID_HEAD = 3  # rows above the first question: titles, what tells articles apart, sources
SHOWN_KINDS = ("answer", "disagreement")  # of a citation whose quote stands in the grid itself

# Excel, LibreOffice and Google Sheets compute what begins so, when they open a CSV file.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_MARKUP = frozenset("\\`*_{}[]<>#|~&$^")
_LINE_MARKUP = frozenset("+-=")  # at the beginning of a line
_LIST_NUMBER = re.compile(r"(?m)^\d{1,9}(?=[.)])")
_BLANK = ("", " ")


class Turn(Protocol):
    """A question with its answer, or the one-line error that came instead; `scope` says what was left out of it."""

    @property
    def question(self) -> str:
        """As it was typed."""

    @property
    def answer(self) -> Answer | None:
        """None where an error came instead."""

    @property
    def error(self) -> str:
        """The error, or nothing."""

    @property
    def scope(self) -> str:
        """What the question was put to where that was not the whole library, in words."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was asked outside the page, with its answer."""

    question: str
    answer: Answer | None
    error: str = ""
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Citation:
    """A row of an exported table: a quote with its place and what it answers, or why there is none.

    `kind` is "answer", "context", "disagreement" or "none". `answer` are the words of the quote that answer. `start`
    and `end` count characters of the article's text, half-open; empty texts and None are where nothing is known.
    """

    question: str
    article: str = ""
    kind: str = "none"
    answer: str = ""
    quote: str = ""
    part: str = ""
    section: str = ""
    page: int | None = None
    start: int | None = None
    end: int | None = None
    published: str = ""
    source: str = ""
    article_id: str = ""
    sha256: str = ""
    text_sha256: str = ""
    confidence: float | None = None
    score: float | None = None
    reason: str = ""
    explanation: str = ""
    column: str = ""
    labels: str = ""
    unit: str = ""
    caption: str = ""
    understood: str = ""
    scope: str = ""


COLUMNS = tuple(field.name for field in fields(Citation))


def export(turns: Sequence[Turn], suffix: str, *, made: date, one: bool = False) -> bytes:
    """The file's bytes in the format that `suffix`, one of FORMATS, names. `one`: an answer alone, no conversation."""
    if suffix == ".json":
        first = turns[0].answer if one and turns else None
        value = conversation_json(turns, made) if first is None else first.to_json()
        return json.dumps(value, ensure_ascii=False, indent=1).encode("utf-8", "replace")
    if suffix == ".csv":
        rows = [row for turn in turns for row in citations(turn)]
        return csv_bytes(COLUMNS, ([cell_of(value) for value in asdict(row).values()] for row in rows))
    return markdown(turns, made).encode("utf-8", "replace")


def conversation_json(turns: Sequence[Turn], made: date) -> dict[str, Any]:
    """All turns; each has its answer in the shape of `ask --json`, or the error that came instead."""
    return {
        "exported": made.isoformat(),
        "conversation": [
            {"question": turn.question, "scope": turn.scope}
            | ({"error": turn.error} if turn.answer is None else {"answer": turn.answer.to_json()})
            for turn in turns
        ],
    }


# Tables ---------------------------------------------------------------------------------------------------------------


def citations(turn: Turn) -> list[Citation]:
    """A row for each quote of a turn, those that disagree first; one row that says why, where there is none."""
    answer = turn.answer
    if answer is None:
        return [Citation(turn.question, explanation=turn.error, scope=turn.scope)]
    if not answer.answered:
        reason = "" if answer.reason is None else answer.reason.value
        return [
            Citation(
                turn.question,
                reason=reason,
                explanation=answer.explanation,
                understood=answer.understood,
                scope=turn.scope,
            )
        ]
    rows = [_citation(turn, answer, *each) for each in _quotes_of(answer)]
    for part in answer.parts:
        if part.text is None:
            reason = "" if part.reason is None else part.reason.value
            row = Citation(turn.question, part=part.label, reason=reason, explanation=part.explanation)
            rows.append(replace(row, understood=answer.understood, scope=turn.scope))
    return rows


def _quotes_of(answer: Answer) -> Iterator[tuple[Quote, str, str, str]]:
    """Each quote with its kind, the words in it that answer, and what tells a value apart from others."""
    seen = set()
    parts = {_place(quote): quote.part for quote in answer.quotes}
    for told in answer.disagreements:
        part = next(filter(None, (parts.get(_place(value.quote)) for value in told.values)), None)
        for value in told.values:
            seen.add(_place(value.quote))
            yield replace(value.quote, part=part or value.quote.part), "disagreement", value.text, value.note
    for quote in answer.quotes:
        if _place(quote) not in seen:
            yield quote, "answer" if quote.answers else "context", words_of(quote), ""


def _place(quote: Quote) -> tuple[str, int, int]:
    return quote.article_id, quote.start, quote.end


def words_of(quote: Quote) -> str:
    """The words of a quote that answer, joined as in the answer's text; empty for context."""
    return "; ".join(quote.text[start:end] for start, end in marks_of(quote))


def marks_of(quote: Quote) -> list[tuple[int, int]]:
    """Where in the quote's text the words stand that answer, in order and apart from each other."""
    marks: list[tuple[int, int]] = []
    at = 0
    for start, end in sorted(quote.spans) if quote.answers else ():
        start, end = max(start - quote.start, at), min(end - quote.start, len(quote.text))
        if start < end:
            marks.append((start, end))
            at = end
    return marks


def _citation(turn: Turn, answer: Answer, quote: Quote, kind: str, words: str, note: str) -> Citation:
    return Citation(
        question=turn.question,
        article=quote.title,
        kind=kind,
        answer=words,
        quote=quote.text,
        part=quote.part or "",
        section=quote.section,
        page=quote.page,
        start=quote.start,
        end=quote.end,
        published="" if quote.published is None else quote.published.isoformat(),
        source=quote.source,
        article_id=quote.article_id,
        sha256=quote.sha256,
        text_sha256=quote.text_sha256,
        confidence=answer.confidence,
        score=quote.score,
        explanation=note,
        column="; ".join(quote.column or tuple(filter(None, quote.columns))),
        labels=" › ".join(quote.labels),
        unit=quote.unit,
        caption=quote.caption,
        understood=answer.understood,
        scope=turn.scope,
    )


def cell_text(quotes: Sequence[str]) -> str:
    """What a cell of a grid shows of the quotes that answer, each once."""
    return "\n\n".join(dict.fromkeys(quotes))


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A table as CSV in UTF-8 with its mark, without which Excel takes it for something else.

    What a spreadsheet program would compute gets an apostrophe before it; `from_cell` takes that off again.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(header)
    for row in rows:
        writer.writerow([f"'{each}" if _FORMULA.match(each) else each for each in row])
    return out.getvalue().encode("utf-8-sig", "replace")


def from_cell(text: str) -> str:
    """What `csv_bytes` was given for this cell."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def cell_of(value: str | float | None) -> str:
    """A value as a cell's text."""
    return "" if value is None else str(value)


# Markdown -------------------------------------------------------------------------------------------------------------


def markdown(turns: Sequence[Turn], made: date) -> str:
    """Questions as headings, answers as quotations, and a numbered list of all sources behind them.

    Citations are plain numbers, since a footnote's own notation is lost where text is copied into a word processor.
    """
    numbers: dict[tuple[str, int, int], int] = {}
    sources: list[str] = []
    parts = ["# Answers from Footnote", f"Exported on {made.isoformat()}. Quotations are verbatim."]
    for turn in turns:
        parts.append(f"## {_line(turn.question)}")
        parts += _turn(turn, numbers, sources)
    if sources:
        parts += [SOURCES, "\n".join(sources)]
    return "\n\n".join(parts) + "\n"


def _turn(turn: Turn, numbers: dict[tuple[str, int, int], int], sources: list[str]) -> Iterator[str]:
    answer = turn.answer
    if turn.scope:
        yield f"Asked only of: {_line(turn.scope)}"
    if answer is None:
        yield f"{NO_ANSWER}{_line(turn.error)}"
        return
    if " ".join(answer.understood.split()) != " ".join(turn.question.split()):
        yield f"Understood as: {_line(answer.understood)}"
    if not answer.answered:
        reason = "" if answer.reason is None else f" ({answer.reason.value.replace('_', ' ')})"
        yield f"{NO_ANSWER}{_line(answer.explanation)}{reason}"
        near = [f"- {_where(each.title, each.section, each.page, '')}" for each in answer.passages[:3]]
        if near:
            yield "Closest passages:\n\n" + "\n".join(near)
        return
    if answer.text and (answer.parts or not answer.disagreements):
        yield f"{ANSWER_LABEL}{_line(answer.text)}"
    if answer.disagreements:
        one = all(each.articles == 1 for each in answer.disagreements)
        yield f"{'The article gives' if one else 'Sources give'} different values."
    if answer.confidence is not None:
        yield f"Confidence: {percent_of(answer.confidence)} %"
    shown: list[str] = []
    part: str | None = None
    context = False
    for quote, kind, words, note in _quotes_of(answer):
        if _place(quote) not in numbers:
            numbers[_place(quote)] = len(numbers) + 1
            sources.append(_source(numbers[_place(quote)], quote))
        if quote.part is not None and quote.part != part:
            shown.append(f"### {_line(quote.part)}")
        if kind == "context" and not context:
            shown.append("Context:")
        part, context = quote.part, kind == "context"
        shown.append(_quotation(quote, numbers[_place(quote)], words if kind == "disagreement" else None, note))
    if answer.table is not None:
        yield _table(answer, answer.table, numbers)
    yield from shown
    for each in answer.parts:
        if each.text is None:
            yield f"### {_line(each.label)}"
            yield f"{NO_ANSWER}{_line(each.explanation)}"
    for note in answer.notes:
        yield f"Note: {_line(note)}"


def _table(answer: Answer, table: Table, numbers: dict[tuple[str, int, int], int]) -> str:
    """A comparison: words and the numbers of their sources, or a dash."""

    def cell(at: int | None) -> str:
        part = None if at is None else answer.parts[at]
        if part is None or part.text is None:
            return "–"
        cited = dict.fromkeys(numbers[_place(answer.quotes[each])] for each in part.quotes)
        return " ".join([_line(part.text), *(f"[{number}]" for number in cited)])

    rows = [["", *map(_line, table.columns)], ["---"] * (len(table.columns) + 1)]
    rows += [[_line(row), *map(cell, cells)] for row, cells in zip(table.rows, table.cells, strict=True)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _quotation(quote: Quote, number: int, value: str | None, note: str) -> str:
    at = -1 if value is None else quote.text.find(value)
    marks = marks_of(quote) if at < 0 else [(at, at + len(value or ""))]
    date_text = "" if quote.published is None else quote.published.isoformat()
    lines = [*_marked(quote.text, marks).split("\n"), ""]
    lines.append(f"— [{number}] {_where(quote.title, quote.section, quote.page, date_text)}")
    shown = [" › ".join(quote.labels), " | ".join(filter(None, quote.column or quote.columns)), quote.unit]
    if note:
        lines += ["", f"Note: {_line(note)}"]
    if any(shown):
        lines += ["", f"Read as: {_line('; '.join(filter(None, shown)))}"]
    return "\n".join(f"> {line}".rstrip() for line in lines)


def _source(number: int, quote: Quote) -> str:
    date_text = "" if quote.published is None else quote.published.isoformat()
    return (
        f"{number}. {_where(quote.title, quote.section, quote.page, date_text)}: {_line(quote.source)}, "
        f"`article {quote.article_id}, characters {quote.start}-{quote.end}, SHA-256 of the file {quote.sha256}, "
        f"of its text {quote.text_sha256}`"
    )


def _where(title: str, section: str, page: int | None, published: str) -> str:
    parts = [title, section if section != title else "", "" if page is None else f"page {page}", published]
    return " · ".join(_line(part) for part in parts if part)


def _line(text: str) -> str:
    return escape_markdown(" ".join(text.split()))


def escape_markdown(text: str) -> str:
    """`text` so that Markdown shows exactly its characters. Line breaks within become hard ones."""
    return "".join(_escaped(text))


def _escaped(text: str) -> list[str]:
    """Each character of a text as Markdown that shows it; white space that would be dropped is written by number."""
    signs = list(text)
    for number in _LIST_NUMBER.finditer(text):
        signs[number.end()] = f"\\{text[number.end()]}"
    for at, sign in enumerate(text):
        alone = 0 < at < len(text) - 1 and not text[at - 1].isspace() and not text[at + 1].isspace()
        opens = at == 0 or text[at - 1] == "\n"
        if sign in _MARKUP or (opens and sign in _LINE_MARKUP):
            signs[at] = f"\\{sign}"
        elif sign == "\n" and alone:
            signs[at] = "\\\n"
        elif sign in "\t\r\n" or (sign == " " and not alone) or (sign.isspace() and sign >= "\xa0"):
            signs[at] = f"&#{ord(sign)};"
    return signs


def _marked(text: str, marks: Sequence[tuple[int, int]]) -> str:
    """Escaped words with those of `marks` in bold."""
    signs = _escaped(text)
    for start, end in marks:
        # Beside letters, Markdown takes stars for bold only where the bold words begin and end with letters.
        before, after = text[start - 1 : start], text[end : end + 1]
        plain = (text[start].isalnum() or before in _BLANK) and (text[end - 1].isalnum() or after in _BLANK)
        opening, closing = ("**", "**") if plain else ("<b>", "</b>")
        signs[start] = opening + signs[start]
        signs[end - 1] += closing
    return "".join(signs)


# Files ----------------------------------------------------------------------------------------------------------------


@contextmanager
def new_file(path: Path, formats: Sequence[str]) -> Iterator[Callable[[bytes], None]]:
    """A place for a file that is made by long work: checked at once, filled by calling what this yields, then whole.

    Whatever ends the work before that leaves what stood there. Raises SettingError where `path` has another ending than
    `formats`, or cannot be written.
    """
    if path.suffix.lower() not in formats:
        raise SettingError(f"{path}: give it one of the endings {', '.join(formats)}, which say what is written")
    if path.is_dir():
        raise SettingError(f"{path}: is a folder; name a file in it")
    if not path.parent.is_dir():
        raise SettingError(f"{path}: there is no folder {path.parent}; make it, or choose another place")
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")

    def write(data: bytes) -> None:
        with _told(path), open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        with _told(path):
            os.replace(temporary, path)

    try:
        with _told(path):
            open(temporary, "wb").close()
            if path.exists():
                open(path, "r+b").close()  # what is open elsewhere, or not ours to write, is told now
        yield write
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        what = "close it where it is open, or choose another place" if path.exists() else "choose another place"
        raise SettingError(f"{path}: cannot be written ({error.strerror}); {what}") from None
