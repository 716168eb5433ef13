"""What an answer is made of, as markup for the chat. Every character of articles, titles and questions is escaped here.

Knows no Gradio and no HTTP. The chat reads its messages as Markdown with HTML and then sanitises them, so escaping
`<` and `&` alone would leave Markdown live, and attributes other than class, href and title would be lost. What a
citation points at is therefore written into its href: `#cite-ARTICLE-START-END`.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date

from chat.answer import Considered, Quote

SNIPPET = 240  # characters of a passage shown in a list

Cited = tuple[str, int, int]  # article id and the half-open range of characters

_PLAIN = re.compile(r"[0-9A-Za-z ]")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def escape(text: str) -> str:
    """`text` as markup that shows exactly these characters, in Markdown as in HTML.

    Everything but ASCII letters, digits and spaces becomes a numeric reference. C1 controls stay as they are, since
    HTML reads their references as Windows-1252 characters; they mean nothing to Markdown.
    """
    return "".join(
        each if _PLAIN.match(each) or "\x80" <= each <= "\x9f" or each.isalnum() else f"&#{ord(each)};" for each in text
    )


def long_date(day: date) -> str:
    """A date as people write it, the same in every locale: 1 July 2025."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def file_name(source: str) -> str:
    """The last part of a path, or the whole of a URL or id."""
    return source if "://" in source else source.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]


def cite_href(article_id: str, start: int, end: int) -> str:
    """The fragment that opens an article at characters [start, end)."""
    return f"#cite-{re.sub(r'[^0-9A-Za-z_]', '', article_id)}-{int(start)}-{int(end)}"


def snippet(text: str, length: int = SNIPPET) -> str:
    """The beginning of a passage on one line, cut at a word with an ellipsis."""
    line = " ".join(text.split())
    if len(line) <= length:
        return line
    return line[:length].rsplit(" ", 1)[0] + " …"


def render_question(question: str) -> str:
    """The reader's own message."""
    lines = "<br>".join(escape(line) for line in question.split("\n"))
    return f'<div class="fn-question">{lines}</div>'


def render_pending() -> str:
    """What stands in the answer's place while it is being looked for."""
    return '<div class="fn-pending"><span class="fn-dot"></span>Reading your library</div>'


def render_failure(message: str) -> str:
    """An error in the answer's place, in one line."""
    return f'<div class="fn-answer fn-failed"><p class="fn-lead">{escape(message)}</p></div>'


class Cites:
    """The quotes of one answer as markup, numbered in their order. `stale` are those whose source is no longer so."""

    def __init__(self, quotes: Iterable[Quote], stale: Collection[Cited] = ()) -> None:
        self._numbers: dict[Cited, int] = {}
        for quote in quotes:
            self._numbers.setdefault(cited(quote), len(self._numbers) + 1)
        self._stale = stale

    def link(self, quote: Quote, words: str) -> str:
        """Words that open a quote in its place."""
        return f'<a href="{_href(quote)}" title="{escape(self._title(quote))}">{escape(words)}</a>'

    def chip(self, quote: Quote) -> str:
        """A quote's number, which opens it in its place."""
        number = self._numbers[cited(quote)]
        return f'<a class="fn-cite" href="{_href(quote)}" title="{escape(self._title(quote))}">{number}</a>'

    def quote(self, quote: Quote, *, part: str | None = None) -> str:
        """The words with where they stand; `part` is what they answer, where that is to be said."""
        columns = "".join(
            f'<p class="fn-columns"><span class="fn-label">{label}</span> '
            f"{' <span>·</span> '.join(map(escape, names))}</p>"
            for label, names in _read_as(quote)
        )
        stale = cited(quote) in self._stale
        note = '<p class="fn-stale">This source was changed or removed after this answer.</p>' if stale else ""
        answers = f'<p class="fn-part">{escape(part)}</p>' if part else ""
        place = source_line(quote.title, quote.section, quote.page, quote.published, _href(quote))
        return (
            f'<div class="fn-quote">{answers}<blockquote><span class="fn-words">{_marked(quote)}</span></blockquote>'
            f'{columns}<p class="fn-source">{self.chip(quote)} {place}</p>{note}</div>'
        )

    def _title(self, quote: Quote) -> str:
        return f"Open source {self._numbers[cited(quote)]}: {quote.title}"


def cited(quote: Quote) -> Cited:
    """What identifies a quote."""
    return quote.article_id, quote.start, quote.end


def _href(quote: Quote) -> str:
    return cite_href(*cited(quote))


def _read_as(quote: Quote) -> Iterator[tuple[str, Sequence[str]]]:
    """What tells how a table row is read, in words: the rows that head it, its columns, unit and caption."""
    if quote.labels:
        yield "Under", quote.labels
    if quote.column:
        yield "Column" if len(quote.column) == 1 else "Columns", quote.column
    elif any(quote.columns):
        yield "Columns", [name for name in quote.columns if name]
    if quote.unit:
        yield "Unit", [quote.unit]
    if quote.caption:
        yield "Table", [quote.caption]


def _marked(quote: Quote) -> str:
    pieces: list[str] = []
    at = 0
    for start, end in sorted(quote.spans) if quote.answers else ():  # in context nothing is the answer
        start, end = max(start - quote.start, at), min(end - quote.start, len(quote.text))
        if start >= end:
            continue
        pieces.append(escape(quote.text[at:start]))
        pieces.append(f"<mark>{escape(quote.text[start:end])}</mark>")
        at = end
    pieces.append(escape(quote.text[at:]))
    return "".join(pieces)


def source_line(title: str, section: str, page: int | None, published: date | None, href: str) -> str:
    """Where something stands: the title, which opens it, section, page and date."""
    facts = []
    if section and not _same(section, title):
        facts.append(f"<span>{escape(section)}</span>")
    if page is not None:
        facts.append(f'<span class="fn-fact">page {page}</span>')
    if published is not None:
        facts.append(f'<span class="fn-fact">{escape(long_date(published))}</span>')
    rest = "".join(f' <span class="fn-sep">·</span> {fact}' for fact in facts)
    return f'<span class="fn-place"><a class="fn-title" href="{href}">{escape(title)}</a>{rest}</span>'


def _same(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def render_passage(number: int, passage: Considered) -> str:
    """A passage that does not answer: where it stands, and how it begins below its heading."""
    begins = snippet(passage.text.lstrip().removeprefix(passage.section.rsplit(" › ", 1)[-1]) or passage.text)
    href = cite_href(passage.article_id, passage.start, passage.end)
    place = source_line(passage.title, passage.section, passage.page, None, href)
    chip = f'<a class="fn-cite" href="{href}" title="{escape(f"Open passage {number}: {passage.title}")}">{number}</a>'
    return (
        f'<div class="fn-near"><p class="fn-source">{chip} {place}</p><p class="fn-snippet">{escape(begins)}</p></div>'
    )
