"""An answer becomes a message of the chat: the words that answer, how sure they are, the quotes, or why there is none.

Knows no Gradio and no HTTP; what it is made of is in `rendering.py`.
"""

import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from difflib import SequenceMatcher

from chat.answer import Answer, Considered, Reason, percent_of
from chat.interface.beside import render_disagreement, render_parts, render_table, why_not
from chat.interface.rendering import Cited, Cites, cite_href, cited, escape, render_passage, snippet

SHOWN_CONTEXT = 3  # quotes beside those that answer
SHOWN_CLOSEST = 3  # passages offered when there is no answer
SHOWN_TRACE = 10  # passages listed under "How this was found"

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

# Words for probabilities, from the lowest that each stands for. The lower ones promise little and deny nothing: on
# reports, four of five answers between .2 and .66 are right, since the probability was fitted on harder questions.
CONFIDENCE = (
    (0.9, "Very likely right"),
    (0.66, "Likely right"),
    (0.33, "May well be right"),
    (0.0, "Uncertain"),
)

STEPS = {"embed": "question", "retrieve": "search", "read": "reading", "total": "in all"}  # of an answer's milliseconds

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an answer stands in its conversation, which gives it buttons that put its question again.

    `turn` counts from 0. `follows`: it can be completed from questions before it; `as_written`: it was not.
    """

    turn: int
    follows: bool = False
    as_written: bool = False


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
    cites = Cites((*answer.quotes, *told), stale)
    apart = {cited(quote) for quote in told}
    rest = [quote for quote in answer.quotes if cited(quote) not in apart]
    answering = [quote for quote in rest if quote.answers]
    if answer.table is not None:
        parts = [render_table(answer, answer.table, cites)]
    elif answer.parts:
        parts = [render_parts(answer, answering, cites)]
        answering = []
    else:
        parts = [] if answer.disagreements else [_lead(answer, cites)]
    parts.extend(render_disagreement(each, answer, cites) for each in answer.disagreements)
    parts.append(_confidence(answer.confidence, len(answer.parts)))
    if answer.agreements and not answer.disagreements and not answer.parts:
        others = "1 more source says" if answer.agreements == 1 else f"{answer.agreements} more sources say"
        parts.append(f'<p class="fn-note">{others} the same.</p>')
    parts.extend(cites.quote(quote, part=quote.part) for quote in answering)
    context = [cites.quote(quote, part=quote.part) for quote in rest if not quote.answers][:SHOWN_CONTEXT]
    if context:
        parts.append(f'<div class="fn-context"><p class="fn-label">Context</p>{"".join(context)}</div>')
    return parts


def _lead(answer: Answer, cites: Cites) -> str:
    """The words that answer, by themselves: one after the other where there are several."""
    found = [(quote, span) for quote in answer.quotes if quote.answers for span in quote.spans]
    if len(found) > 1:
        items = "".join(
            f"<li>{escape(quote.text[start - quote.start : end - quote.start])} {cites.chip(quote)}</li>"
            for quote, (start, end) in found
        )
        return f'<ul class="fn-lead fn-items">{items}</ul>'
    if not answer.text or any(quote.answers and _is_most_of(answer.text, quote.text) for quote in answer.quotes):
        return ""
    return f'<p class="fn-lead">{escape(answer.text)}</p>'


def _confidence(confidence: float | None, parts: int) -> str:
    """A probability in words and percent, with what it means one click away; never all or nothing."""
    if confidence is None:
        return ""
    percent = percent_of(confidence)
    words = next(words for least, words in CONFIDENCE if percent >= least * 100)
    told = f"All parts together: {words[0].lower()}{words[1:]}" if parts > 1 else words
    return (
        f'<details class="fn-confidence"><summary><span class="fn-gauge"><span style="width: {percent}%"></span></span>'
        f"{told}, {percent}&nbsp;%</summary>"
        f"<p>Of test questions on an encyclopedia, half of them made to mislead, about {percent} in 100 that were "
        "answered with this confidence were answered rightly; on reports it has been more. It says how well these "
        "words fit your question, not whether the source itself is "
        "right: open the quote and judge.</p></details>"
    )


def _declined(answer: Answer, scope: str, place: Place | None) -> list[str]:
    name, plain, advice = "No answer", "Your library does not answer this.", ""
    if answer.reason is not None:
        name, plain, advice = DECLINED[answer.reason]
    parts = [f'<p class="fn-label fn-reason">{escape(name)}</p>']
    if len({part.explanation for part in answer.parts}) > 1:
        parts += [f'<p class="fn-lead fn-none">{escape(plain)}</p>', why_not(answer.parts)]
    else:
        parts.append(f'<p class="fn-lead fn-none">{escape(answer.explanation or plain)}</p>')
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
        items = "".join(render_passage(number + 1, passage) for number, passage in enumerate(closest))
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


def _is_most_of(text: str, quoted: str) -> bool:
    """Whether the quote says little beside the answer (a bullet, a full stop), so that one of them is enough."""
    return text in quoted and len(text) >= 0.8 * len(quoted)


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
