"""Answers become markup for the chat. Every character of articles, titles and questions is escaped here.

Knows no Gradio and no HTTP. The chat reads its messages as Markdown with HTML and then sanitises them, so escaping
`<` and `&` alone would leave Markdown live, and attributes other than class, href and title would be lost. What a
citation points at is therefore written into its href: `#cite-ARTICLE-START-END`.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import date

from chat.answer import Answer, Considered, Disagreement, Quote, Reason

SHOWN_CONTEXT = 3  # quotes beside those that answer
SHOWN_CLOSEST = 3  # passages offered when there is no answer
SHOWN_TRACE = 10  # passages listed under "How this was found"
SNIPPET = 240  # characters of a passage shown in a list

DECLINED = {
    Reason.EMPTY_QUESTION: "Please type a question.",
    Reason.EMPTY_LIBRARY: "Your library is empty. Add articles under Library, then ask again.",
    Reason.NOTHING_RELEVANT: "No passage in your library speaks of this.",
    Reason.ENTITY_ABSENT: "Your library does not mention who or what the question asks about.",
    Reason.PERIOD_ABSENT: "Your library says nothing about the period in question.",
    Reason.NO_ANSWER_IN_PASSAGES: "The closest passages in your library do not answer this.",
}

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


def render_answer(answer: Answer, *, stale: Collection[Cited] = (), scope: str = "") -> str:
    """The whole message. `stale` are the quotes whose article changed or went since the answer.

    `scope` says to which part of the library the question was put, where that was not the whole.
    """
    parts = _answered(answer, stale) if answer.answered else _declined(answer)
    if scope:
        parts.insert(0, f'<p class="fn-scope">Asked only of: {escape(scope)}</p>')
    parts += [f'<p class="fn-note">{escape(note)}</p>' for note in answer.notes]
    parts.append(_trace(answer))
    kind = "fn-answered" if answer.answered else "fn-declined"
    return f'<div class="fn-answer {kind}">{"".join(parts)}</div>'


def _answered(answer: Answer, stale: Collection[Cited]) -> list[str]:
    told = [value.quote for each in answer.disagreements for value in each.values]
    numbers: dict[Cited, int] = {}
    for quote in (*answer.quotes, *told):
        numbers.setdefault(_key(quote), len(numbers) + 1)
    apart = {_key(quote) for quote in told}
    rest = [quote for quote in answer.quotes if _key(quote) not in apart]
    parts = [_understood(answer)]
    if answer.disagreements:
        parts.append('<p class="fn-lead fn-differ">Your sources give different values.</p>')
        parts.extend(_disagreement(each, numbers, stale) for each in answer.disagreements)
    elif answer.text and not any(quote.answers and _is_most_of(answer.text, quote.text) for quote in rest):
        parts.append(f'<p class="fn-lead">{escape(answer.text)}</p>')
    if answer.confidence is not None:
        parts.append(f'<p class="fn-confidence">Confidence {escape(f"{answer.confidence * 100:.0f} %")}</p>')
    parts.extend(_quote(quote, numbers, stale) for quote in rest if quote.answers)
    context = [_quote(quote, numbers, stale) for quote in rest if not quote.answers][:SHOWN_CONTEXT]
    if context:
        parts.append(f'<div class="fn-context"><p class="fn-label">Context</p>{"".join(context)}</div>')
    return parts


def _declined(answer: Answer) -> list[str]:
    plain = DECLINED[answer.reason] if answer.reason is not None else "Your library does not answer this."
    parts = [_understood(answer), f'<p class="fn-lead fn-none">{escape(answer.explanation or plain)}</p>']
    closest = answer.passages[:SHOWN_CLOSEST]
    if closest:
        items = "".join(_closest(number + 1, passage) for number, passage in enumerate(closest))
        parts.append(f'<div class="fn-closest"><p class="fn-label">Closest passages</p>{items}</div>')
    return parts


def _understood(answer: Answer) -> str:
    if not answer.understood or _same(answer.understood, answer.question):
        return ""
    return f'<p class="fn-understood">Understood as: {escape(answer.understood)}</p>'


def _same(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def _is_most_of(text: str, quoted: str) -> bool:
    """Whether the quote says little beside the answer (a bullet, a full stop), so that one of them is enough."""
    return text in quoted and len(text) >= 0.8 * len(quoted)


def _key(quote: Quote) -> Cited:
    return quote.article_id, quote.start, quote.end


def _disagreement(disagreement: Disagreement, numbers: dict[Cited, int], stale: Collection[Cited]) -> str:
    sides = "".join(
        f'<div class="fn-side"><p class="fn-value">{escape(value.text)}</p>{_quote(value.quote, numbers, stale)}</div>'
        for value in disagreement.values
    )
    return f'<div class="fn-sides">{sides}</div>'


def _quote(quote: Quote, numbers: dict[Cited, int], stale: Collection[Cited]) -> str:
    number = numbers[_key(quote)]
    href = cite_href(quote.article_id, quote.start, quote.end)
    title = f"Open source {number}: {quote.title}"
    chip = f'<a class="fn-cite" href="{href}" title="{escape(title)}">{number}</a>'
    columns = "".join(
        f'<p class="fn-columns"><span class="fn-label">{label}</span> {" <span>·</span> ".join(map(escape, names))}</p>'
        for label, names in _read_as(quote)
    )
    note = (
        '<p class="fn-stale">This source was changed or removed after this answer.</p>' if _key(quote) in stale else ""
    )
    part = "" if quote.part is None else f'<p class="fn-part">{escape(quote.part)}</p>'
    return (
        f'<div class="fn-quote">{part}<blockquote><span class="fn-words">{_marked(quote)}</span></blockquote>{columns}'
        f'<p class="fn-source">{chip} {_place(quote.title, quote.section, quote.page, quote.published, href)}</p>'
        f"{note}</div>"
    )


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


def _place(title: str, section: str, page: int | None, published: date | None, href: str) -> str:
    facts = []
    if section and not _same(section, title):
        facts.append(f"<span>{escape(section)}</span>")
    if page is not None:
        facts.append(f'<span class="fn-fact">page {page}</span>')
    if published is not None:
        facts.append(f'<span class="fn-fact">{escape(long_date(published))}</span>')
    rest = "".join(f' <span class="fn-sep">·</span> {fact}' for fact in facts)
    return f'<span class="fn-place"><a class="fn-title" href="{href}">{escape(title)}</a>{rest}</span>'


def _closest(number: int, passage: Considered) -> str:
    href = cite_href(passage.article_id, passage.start, passage.end)
    place = _place(passage.title, passage.section, passage.page, None, href)
    chip = f'<a class="fn-cite" href="{href}" title="{escape(f"Open passage {number}: {passage.title}")}">{number}</a>'
    return (
        f'<div class="fn-near"><p class="fn-source">{chip} {place}</p>'
        f'<p class="fn-snippet">{escape(snippet(passage.text))}</p></div>'
    )


def snippet(text: str, length: int = SNIPPET) -> str:
    """The beginning of a passage on one line, cut at a word with an ellipsis."""
    line = " ".join(text.split())
    if len(line) <= length:
        return line
    return line[:length].rsplit(" ", 1)[0] + " …"


def _trace(answer: Answer) -> str:
    if not answer.passages and not answer.milliseconds:
        return ""
    times = ", ".join(f"{name} {value:.1f} ms" for name, value in answer.milliseconds.items())
    rows = "".join(_trace_row(number + 1, each) for number, each in enumerate(answer.passages[:SHOWN_TRACE]))
    table = ""
    if rows:
        head = "<th>Rank</th><th>Passage</th><th>By meaning</th><th>By words</th><th>Score</th>"
        table = f'<div class="fn-scroll"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    total = answer.milliseconds.get("total")
    took = "" if total is None else f' <span class="fn-took">{total:.0f} ms</span>'
    return (
        f'<details class="fn-trace"><summary>How this was found{took}</summary>'
        f'<p class="fn-times">{escape(times)}</p>{table}</details>'
    )


def _trace_row(number: int, passage: Considered) -> str:
    href = cite_href(passage.article_id, passage.start, passage.end)
    where = passage.title if not passage.section else f"{passage.title}: {passage.section}"
    return (
        f'<tr><td>{number}</td><td><a href="{href}">{escape(snippet(where, 90))}</a></td>'
        f"<td>{_rank(passage.trace.get('dense_rank'))}</td><td>{_rank(passage.trace.get('words_rank'))}</td>"
        f"<td>{passage.score:.3f}</td></tr>"
    )


def _rank(value: float | None) -> str:
    return "–" if value is None else f"{int(value)}"
