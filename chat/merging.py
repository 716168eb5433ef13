"""The answers to the parts of a question as one Answer, every quote with the part that it answers.

Values only: who searches and reads is `answering`.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from chat.answer import Answer, AnsweredPart, Considered, Quote, Reason
from chat.comparisons import Cell
from chat.places import spellings

_Unit = tuple[str, int, int]  # article, start, end


def merged(whole: Answer, cells: Sequence[Cell], answers: Sequence[Answer], k: int) -> Answer:
    """One answer from those to the parts of a question and the one to the `whole` question.

    A sentence that was found for the whole question and speaks of every part stands for all of them. The whole
    question's answer is kept where no part has one. Quotes that answer come first, in the order of the parts; then one
    more quote of each. `k` limits the passages listed.
    """
    milliseconds = {
        name: round(sum(each.milliseconds.get(name, 0.0) for each in (whole, *answers)), 2)
        for name in whole.milliseconds
    }
    if whole.answered and not any(answer.answered for answer in answers):
        return replace(whole, milliseconds=milliseconds)
    together = _said_together(whole, cells, answers)
    if together is not None:
        answers = [_told_by(together, answer) for answer in answers]
    quotes: dict[_Unit, Quote] = {}
    units: list[list[_Unit]] = []
    for cell, answer in zip(cells, answers, strict=True):
        answering = [replace(quote, part=cell.label) for quote in answer.quotes if quote.answers]
        units.append([_unit(quote) for quote in answering])
        for quote in answering:
            quotes[_unit(quote)] = _joined(quotes[_unit(quote)], quote) if _unit(quote) in quotes else quote
    for cell, answer in zip(cells, answers, strict=True):
        beside = next((quote for quote in answer.quotes if not quote.answers and _unit(quote) not in quotes), None)
        if beside is not None:
            quotes[_unit(beside)] = replace(beside, part=cell.label)
    numbers = {unit: number for number, unit in enumerate(quotes)}
    parts = tuple(
        AnsweredPart(
            question=cell.question,
            label=cell.label,
            row=cell.row,
            column=cell.column,
            text=answer.text,
            quotes=tuple(numbers[unit] for unit in own),
            reason=answer.reason,
            explanation=answer.explanation,
        )
        for cell, answer, own in zip(cells, answers, units, strict=True)
    )
    answered = [answer for answer in answers if answer.answered]
    reason, explanation = (None, "") if answered else _why_not(parts)
    judged = answered if together is None else [whole]  # what stands for all parts was judged as the whole's answer
    known = [answer.confidence for answer in judged if answer.confidence is not None]
    all_quotes = tuple(quotes.values())
    return replace(
        whole,
        answered=bool(answered),
        reason=reason,
        explanation=explanation,
        text=text_of(all_quotes) if answered else None,
        # That all of what is shown is right, as if the parts were independent.
        confidence=round(math.prod(known), 4) if known and len(known) == len(judged) else None,
        quotes=all_quotes if answered else (),
        disagreements=tuple(dict.fromkeys(each for answer in answers for each in answer.disagreements)),
        passages=_in_turn([answer.passages for answer in answers])[:k],
        milliseconds=milliseconds,
        notes=tuple(dict.fromkeys(note for each in (whole, *answers) for note in each.notes)),
        parts=parts,
        withheld=None if answered else whole.withheld,
        agreements=min((answer.agreements for answer in answered), default=0),
    )


def text_of(quotes: Iterable[Quote]) -> str:
    """The exact words that answer: every span of every quote that answers, in order."""
    return "; ".join(
        quote.text[start - quote.start : end - quote.start]
        for quote in quotes
        if quote.answers
        for start, end in quote.spans
    )


def _said_together(whole: Answer, cells: Sequence[Cell], answers: Sequence[Answer]) -> _Unit | None:
    """The sentence that answers the whole question, where it names what every part is about and each part found it."""
    quote = next((quote for quote in whole.quotes if quote.answers), None)
    if quote is None or not all(cell.row and _names(quote.text, cell.row) for cell in cells):
        return None
    found = all(any(_unit(each) == _unit(quote) for each in answer.quotes) for answer in answers)
    return _unit(quote) if found else None


def _names(text: str, subject: str) -> bool:
    """Whether a text speaks of a subject: a place by any of its names, anything else by its words."""
    folded = text.lower()
    if spellings(subject):
        return any(re.search(rf"(?<!\w){re.escape(name.lower())}(?!\w)", folded) for name in spellings(subject))
    return all(word in folded for word in re.findall(r"\w{3,}", subject.lower()))


def _told_by(unit: _Unit, answer: Answer) -> Answer:
    """The answer with one of its quotes alone as what answers."""
    quotes = sorted(
        (replace(quote, answers=_unit(quote) == unit) for quote in answer.quotes), key=lambda quote: not quote.answers
    )
    told = replace(answer, text=text_of(quotes), quotes=tuple(quotes))
    # What was found to agree or differ was compared with the part's own answer.
    return told if _unit(answer.quotes[0]) == unit else replace(told, disagreements=(), agreements=0)


def _unit(quote: Quote) -> _Unit:
    return quote.article_id, quote.start, quote.end


def _joined(quote: Quote, other: Quote) -> Quote:
    """One quote that answers two parts, with the words that answer either."""
    spans = sorted({*quote.spans, *other.spans})
    # A sentence that answers one part as a whole and another by a figure in it answers by the figure.
    inmost = [(a, b) for a, b in spans if not any(a <= c and d <= b for c, d in spans if (c, d) != (a, b))]
    part = "; ".join(dict.fromkeys(filter(None, (quote.part, other.part))))
    column = tuple(dict.fromkeys((*quote.column, *other.column)))
    return replace(quote, spans=tuple(inmost), part=part, column=column, score=max(quote.score, other.score))


def _why_not(parts: Sequence[AnsweredPart]) -> tuple[Reason, str]:
    """The reason that all parts share, or that passages give no answer; and the explanation of each."""
    reasons = {part.reason for part in parts if part.reason is not None}
    reason = reasons.pop() if len(reasons) == 1 else Reason.NO_ANSWER_IN_PASSAGES
    explanations = dict.fromkeys(part.explanation for part in parts)
    if len(explanations) == 1:
        return reason, next(iter(explanations))
    return reason, " ".join(f"{part.label}: {part.explanation}" for part in parts)


def _in_turn(lists: Sequence[Sequence[Considered]]) -> tuple[Considered, ...]:
    """The first passages of all lists, then the second ones, each passage once."""
    found: dict[_Unit, Considered] = {}
    for rank in range(max(map(len, lists), default=0)):
        for passages in lists:
            if rank < len(passages):
                passage = passages[rank]
                found.setdefault((passage.article_id, passage.start, passage.end), passage)
    return tuple(found.values())
