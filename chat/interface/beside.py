"""What an answer sets side by side: values that differ, the cells of a comparison, the parts of a question.

Knows no Gradio and no HTTP. Every value and every cell opens its quote in its place.
"""

from collections.abc import Sequence
from dataclasses import replace

from chat.answer import Answer, AnsweredPart, DifferentValue, Disagreement, Quote, Reason, Table
from chat.interface.rendering import Cites, cited, escape, long_date

# A reason in the few words that a cell has room for.
BLANKS = {
    Reason.EMPTY_QUESTION: "no question",
    Reason.EMPTY_LIBRARY: "empty library",
    Reason.NOTHING_RELEVANT: "nothing relevant",
    Reason.ENTITY_ABSENT: "not in your library",
    Reason.PERIOD_ABSENT: "period not covered",
    Reason.NO_ANSWER_IN_PASSAGES: "mentioned, not answered",
}


def render_disagreement(disagreement: Disagreement, answer: Answer, cites: Cites) -> str:
    """Values that differ, each with its date, quote and source; of several parts, which one they belong to."""
    values = disagreement.values
    one = disagreement.articles == 1
    heading = "The article gives different figures" if one else "Sources disagree"
    places = {cited(value.quote) for value in values}
    about = [
        part.label for part in answer.parts if any(cited(answer.quotes[number]) in places for number in part.quotes)
    ]
    *figures, last = dict.fromkeys(value.text for value in values)
    who = f"{len(values)} places in it say" if one else f"{disagreement.articles} sources say"
    on = "; ".join(about) or "what you ask"
    what = f"On {on}, {who} {', '.join(figures)} and {last}." if figures else ""
    sides = "".join(f'<li class="fn-side">{_side(value, cites)}</li>' for value in values)
    return (
        f'<div class="fn-disagreement"><p class="fn-lead fn-differ">{heading}</p>'
        f'<p class="fn-what">{escape(what)}</p><ul class="fn-sides">{sides}</ul></div>'
    )


def _side(value: DifferentValue, cites: Cites) -> str:
    day = "Undated" if value.quote.published is None else long_date(value.quote.published)
    note = f' <span class="fn-flag">{escape(value.note[:1].upper() + value.note[1:])}</span>' if value.note else ""
    link = cites.link(value.quote, value.text)
    words = cites.quote(replace(value.quote, published=None))  # the date stands above, where dates are compared
    others = f'<p class="fn-more">Given by {value.sources} sources in all.</p>' if value.sources > 1 else ""
    return f'<p class="fn-when">{day}{note}</p><p class="fn-value">{link}</p>{words}{others}'


def render_table(answer: Answer, table: Table, cites: Cites) -> str:
    """A comparison: in each cell the words of a quote, or why there are none."""
    names = [name or ("Answer" if len(table.columns) == 1 else "") for name in table.columns]
    head = "".join(f'<th scope="col">{escape(name)}</th>' if name else "<td></td>" for name in names)
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th>{"".join(_cell(answer, number, cites) for number in cells)}</tr>'
        for name, cells in zip(table.rows, table.cells, strict=True)
    )
    blank = [part for part in answer.parts if part.row and not part.quotes]
    return (
        f'<div class="fn-scroll fn-compared"><table><thead><tr><td></td>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div>{why_not(blank)}"
    )


def _cell(answer: Answer, number: int | None, cites: Cites) -> str:
    if number is None:
        return '<td class="fn-blank">–</td>'
    part = answer.parts[number]
    if not part.quotes:
        return f'<td class="fn-blank">{_blank(part)}</td>'
    return f"<td>{_words(answer, part, cites)}</td>"


def _words(answer: Answer, part: AnsweredPart, cites: Cites) -> str:
    """What answers a part, which opens its quote, and the number of each quote that does."""
    quotes = [answer.quotes[number] for number in part.quotes]
    chips = " ".join(cites.chip(quote) for quote in quotes)
    return f'<span class="fn-value">{cites.link(quotes[0], part.text or quotes[0].text)}</span> {chips}'


def _blank(part: AnsweredPart) -> str:
    return "no answer" if part.reason is None else BLANKS[part.reason]


def render_parts(answer: Answer, quotes: Sequence[Quote], cites: Cites) -> str:
    """The parts of a question one after the other; `quotes` are shown, each below the first part that it answers."""
    left = {cited(quote) for quote in quotes}
    items = []
    for part in answer.parts:
        lines = [f'<p class="fn-part">{escape(part.question)}</p>']
        if not part.quotes:
            lines.append(f'<p class="fn-blank">{escape(part.explanation or _blank(part).capitalize())}</p>')
        else:
            lines.append(f'<p class="fn-lead">{_words(answer, part, cites)}</p>')
        for quote in (answer.quotes[number] for number in part.quotes):
            if cited(quote) in left:
                left.remove(cited(quote))
                lines.append(cites.quote(quote))
        items.append(f"<li>{''.join(lines)}</li>")
    return f'<ul class="fn-parts">{"".join(items)}</ul>'


def why_not(parts: Sequence[AnsweredPart]) -> str:
    """The parts that have no answer, each with its reason."""
    items = "".join(
        f"<li><strong>{escape(part.label)}:</strong> {escape(part.explanation or _blank(part).capitalize())}</li>"
        for part in parts
    )
    return f'<ul class="fn-lacking">{items}</ul>' if items else ""
