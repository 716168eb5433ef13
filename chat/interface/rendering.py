"""Answers become markup for the chat. Every character of articles, titles and questions is escaped here.

Knows no Gradio and no HTTP. The chat reads its messages as Markdown with HTML and then sanitises them, so escaping
`<` and `&` alone would leave Markdown live, and attributes other than class, href and title would be lost. What a
citation points at is therefore written into its href: `#cite-ARTICLE-START-END`.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from difflib import SequenceMatcher

from chat.answer import Answer, Considered, DifferentValue, Disagreement, Quote, Reason

SHOWN_CONTEXT = 3  # quotes beside those that answer
SHOWN_CLOSEST = 3  # passages offered when there is no answer
SHOWN_TRACE = 10  # passages listed under "How this was found"
SNIPPET = 240  # characters of a passage shown in a list

# Of each reason: its name, what it says where the answer does not say it more closely, and what one could do.
DECLINED = {
    Reason.EMPTY_QUESTION: ("No question", "Please type a question.", ""),
    Reason.EMPTY_LIBRARY: (
        "Empty library",
        "Your library holds no articles yet.",
        "Add articles, then ask again.",
    ),
    Reason.NOTHING_RELEVANT: (
        "Nothing relevant",
        "No passage in your library speaks of this.",
        "Ask in other words, or add articles about it.",
    ),
    Reason.ENTITY_ABSENT: (
        "Not in your library",
        "Your library does not mention who or what the question asks about.",
        "Check how the name is spelled, or add articles about it.",
    ),
    Reason.PERIOD_ABSENT: (
        "Period not covered",
        "Your library says nothing about the period in question.",
        "Ask about another period, or add the documents of this one.",
    ),
    Reason.NO_ANSWER_IN_PASSAGES: (
        "Mentioned, but not answered",
        "The closest passages in your library do not answer this.",
        "Read the closest passages yourself, or ask for one fact at a time.",
    ),
}
_ADDING_HELPS = frozenset({Reason.EMPTY_LIBRARY, Reason.NOTHING_RELEVANT, Reason.ENTITY_ABSENT, Reason.PERIOD_ABSENT})

# The usual words for probabilities, from the lowest that each stands for.
CONFIDENCE = (
    (0.9, "Very likely right"),
    (0.66, "Likely right"),
    (0.33, "As likely wrong as right"),
    (0.0, "Probably not right"),
)

STEPS = {"embed": "question", "retrieve": "search", "read": "reading", "total": "in all"}  # of an answer's milliseconds

Cited = tuple[str, int, int]  # article id and the half-open range of characters

_WORD = re.compile(r"\w+")
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


@dataclass(frozen=True, slots=True)
class Place:
    """Where an answer stands in its conversation, which gives it buttons that put its question again.

    `turn` counts from 0. `follows`: it can be completed from questions before it; `as_written`: it was not.
    """

    turn: int
    follows: bool = False
    as_written: bool = False


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


def render_answer(answer: Answer, *, stale: Collection[Cited] = (), scope: str = "", place: Place | None = None) -> str:
    """The whole message. `stale` are the quotes whose article changed or went since the answer.

    `scope` says to which part of the library the question was put, where that was not the whole.
    """
    parts = [f'<p class="fn-scope">Asked only of: {escape(scope)}</p>'] if scope else []
    parts.append(_understood(answer, place))
    parts += _answered(answer, stale) if answer.answered else _declined(answer, scope, place)
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
    parts = [_disagreement(each, numbers, stale) for each in answer.disagreements]
    if not parts:
        parts.append(_lead(answer, numbers))
    parts.append(_confidence(answer.confidence))
    parts.extend(_quote(quote, numbers, stale) for quote in rest if quote.answers)
    context = [_quote(quote, numbers, stale) for quote in rest if not quote.answers][:SHOWN_CONTEXT]
    if context:
        parts.append(f'<div class="fn-context"><p class="fn-label">Context</p>{"".join(context)}</div>')
    return parts


def _lead(answer: Answer, numbers: dict[Cited, int]) -> str:
    """The words that answer, by themselves: one after the other where there are several."""
    found = [(quote, span) for quote in answer.quotes if quote.answers for span in quote.spans]
    if len(found) > 1:
        items = "".join(
            f"<li>{escape(quote.text[start - quote.start : end - quote.start])} {_chip(quote, numbers)}</li>"
            for quote, (start, end) in found
        )
        return f'<ul class="fn-lead fn-items">{items}</ul>'
    if not answer.text or any(quote.answers and _is_most_of(answer.text, quote.text) for quote in answer.quotes):
        return ""
    return f'<p class="fn-lead">{escape(answer.text)}</p>'


def _confidence(confidence: float | None) -> str:
    """A probability in words and percent, with what it means one click away; never all or nothing."""
    if confidence is None:
        return ""
    words = next((words for least, words in CONFIDENCE if confidence >= least), CONFIDENCE[-1][1])
    percent = round(min(max(confidence, 0.01), 0.99) * 100)
    return (
        f'<details class="fn-confidence"><summary><span class="fn-gauge"><span style="width: {percent}%"></span></span>'
        f"{words}, {percent}&nbsp;%</summary>"
        f"<p>Of test questions whose answers are known, about {percent} in 100 that were answered with this confidence "
        "were answered rightly. It says how well these words fit your question, not whether the source itself is "
        "right: open the quote and judge.</p></details>"
    )


def _declined(answer: Answer, scope: str, place: Place | None) -> list[str]:
    name, plain, advice = "No answer", "Your library does not answer this.", ""
    if answer.reason is not None:
        name, plain, advice = DECLINED[answer.reason]
    parts = [
        f'<p class="fn-label fn-reason">{escape(name)}</p>',
        f'<p class="fn-lead fn-none">{escape(answer.explanation or plain)}</p>',
    ]
    buttons = []
    if scope and place is not None:
        buttons.append(_again("everywhere", place, "Ask the whole library"))
    if answer.reason in _ADDING_HELPS:
        buttons.append('<button type="button" class="fn-button fn-to-library">Add articles</button>')
    if advice:
        parts.append(f'<p class="fn-advice">{escape(advice)}</p>')
    if buttons:
        parts.append(f'<p class="fn-actions">{" ".join(buttons)}</p>')
    closest = answer.passages[:SHOWN_CLOSEST]
    if closest:
        items = "".join(_closest(number + 1, passage) for number, passage in enumerate(closest))
        parts.append(f'<div class="fn-closest"><p class="fn-label">Closest passages</p>{items}</div>')
    return parts


def _again(what: str, place: Place, label: str) -> str:
    """A button that puts the question again; the page knows `what`, its script tells the page of the click."""
    return f'<button type="button" class="fn-button fn-again" value="{what}-{place.turn}">{escape(label)}</button>'


def _understood(answer: Answer, place: Place | None) -> str:
    """How the question was completed, what was added underlined, and the way back; or forth again."""
    if place is not None and place.as_written:
        button = _again("completed", place, "Complete it from the conversation") if place.follows else ""
        return f'<p class="fn-understood">Asked exactly as written. {button}</p>'
    if not answer.completed:
        return ""
    pieces, at, added = [], 0, _added(answer.understood, answer.question)
    for start, end in added:
        pieces.append(escape(answer.understood[at:start]))
        pieces.append(f"<ins>{escape(answer.understood[start:end])}</ins>")
        at = end
    pieces.append(escape(answer.understood[at:]))
    undo = ""
    if place is not None and place.follows:
        key = '<span class="fn-key">Underlined: from your earlier questions.</span> ' if added else ""
        undo = f'<p class="fn-undo">{key}{_again("written", place, "Ask exactly as written")}</p>'
    return (
        f'<div class="fn-understood"><p>Understood as: <span class="fn-read">{"".join(pieces)}</span></p>{undo}</div>'
    )


def _added(understood: str, question: str) -> list[tuple[int, int]]:
    """Ranges of `understood`, whole words with what stands between them, that the question does not say."""
    words = list(_WORD.finditer(understood))
    folded = [word.group().casefold() for word in words]
    own = [word.casefold() for word in _WORD.findall(question)]
    blocks = SequenceMatcher(None, folded, own, autojunk=False).get_matching_blocks()
    said = {block.a + step for block in blocks for step in range(block.size)}
    moved = Counter(own) - Counter(folded[at] for at in said)
    for at, each in enumerate(folded):
        if at not in said and moved[each]:
            moved[each] -= 1
            said.add(at)
    ranges: list[tuple[int, int]] = []
    for at, word in enumerate(words):
        if at in said:
            continue
        joined = at > 0 and at - 1 not in said
        ranges.append((ranges.pop()[0] if joined else word.start(), word.end()))
    return ranges


def _same(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()


def _is_most_of(text: str, quoted: str) -> bool:
    """Whether the quote says little beside the answer (a bullet, a full stop), so that one of them is enough."""
    return text in quoted and len(text) >= 0.8 * len(quoted)


def _key(quote: Quote) -> Cited:
    return quote.article_id, quote.start, quote.end


def _disagreement(disagreement: Disagreement, numbers: dict[Cited, int], stale: Collection[Cited]) -> str:
    values = disagreement.values
    articles = {value.quote.article_id for value in values}
    heading = "The article gives different figures" if len(articles) == 1 else "Sources disagree"
    *figures, last = dict.fromkeys(value.text for value in values)
    who = f"{len(values)} places in it say" if len(articles) == 1 else f"{len(articles)} sources say"
    what = f"On what you ask, {who} {', '.join(figures)} and {last}." if figures else ""
    sides = "".join(f'<li class="fn-side">{_side(value, numbers, stale)}</li>' for value in values)
    return (
        f'<div class="fn-disagreement"><p class="fn-lead fn-differ">{heading}</p>'
        f'<p class="fn-what">{escape(what)}</p><ul class="fn-sides">{sides}</ul></div>'
    )


def _side(value: DifferentValue, numbers: dict[Cited, int], stale: Collection[Cited]) -> str:
    quote = value.quote
    href = cite_href(quote.article_id, quote.start, quote.end)
    day = "Undated" if quote.published is None else long_date(quote.published)
    if value.note:
        day += f" · {value.note}"
    words = _quote(replace(quote, published=None), numbers, stale)  # the date stands above, where dates are compared
    return (
        f'<p class="fn-when">{escape(day)}</p><p class="fn-value"><a href="{href}">{escape(value.text)}</a></p>{words}'
    )


def _chip(quote: Quote, numbers: dict[Cited, int]) -> str:
    number = numbers[_key(quote)]
    href = cite_href(quote.article_id, quote.start, quote.end)
    return f'<a class="fn-cite" href="{href}" title="{escape(f"Open source {number}: {quote.title}")}">{number}</a>'


def _quote(quote: Quote, numbers: dict[Cited, int], stale: Collection[Cited]) -> str:
    href = cite_href(quote.article_id, quote.start, quote.end)
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
        f'<p class="fn-source">{_chip(quote, numbers)} '
        f"{_place(quote.title, quote.section, quote.page, quote.published, href)}</p>{note}</div>"
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
    times = ", ".join(f"{STEPS.get(name, name)} {value:.1f} ms" for name, value in answer.milliseconds.items())
    rows = "".join(_trace_row(number + 1, each) for number, each in enumerate(answer.passages[:SHOWN_TRACE]))
    table = ""
    if rows:
        names = ("Rank", "Passage", "By meaning", "By words", "Together", "Read")
        head = "".join(f'<th scope="col">{name}</th>' for name in names)
        table = (
            f'<div class="fn-scroll"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
            '<p class="fn-times">By meaning and by words: the place in that search, counted from 1, and its score. '
            "Together: the score of both. Read: the score that decides the rank. Higher is better; a dash: not found "
            "that way.</p>"
        )
    total = answer.milliseconds.get("total")
    took = "" if total is None else f' <span class="fn-took">{total:.0f} ms</span>'
    return (
        f'<details class="fn-trace"><summary>How this was found{took}</summary>'
        f'<p class="fn-times">{escape(times)}</p>{table}</details>'
    )


def _trace_row(number: int, passage: Considered) -> str:
    href = cite_href(passage.article_id, passage.start, passage.end)
    where = passage.title if not passage.section else f"{passage.title}: {passage.section}"
    trace = passage.trace
    found = (
        _found(trace.get("dense_rank"), trace.get("dense_score")),
        _found(trace.get("words_rank"), trace.get("words_score")),
        _found(None, trace.get("search_score")),
        f"{passage.score:.3f}",
    )
    cells = "".join(f"<td>{each}</td>" for each in found)
    return f'<tr><td>{number}</td><td><a href="{href}">{escape(snippet(where, 90))}</a></td>{cells}</tr>'


def _found(rank: float | None, score: float | None) -> str:
    """A place and its score, as far as they are known."""
    known = [] if rank is None else [f"{int(rank)}"]
    if score is not None:
        known.append(f"<span>{score:.2f}</span>")
    return " ".join(known) or "–"
