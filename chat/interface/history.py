"""A conversation, as the browser keeps it: questions with their answers, as JSON and back.

Knows neither Gradio nor markup. What comes back from a browser is checked field by field and rebuilt as values;
anything unexpected drops the turn, so that stored text never reaches the page except through rendering.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any, TypeVar

from chat.answer import Answer, AnsweredPart, Considered, DifferentValue, Disagreement, Quote, Reason
from chat.interface.backend import Filters
from chat.interface.rendering import Cited
from errors import FootnoteError
from index.values import StoredArticle

_T = TypeVar("_T")

_EVERYWHERE = Filters()
KEPT_TURNS = 40  # a browser grants about 5 million characters in all
KEPT_PASSAGES = 5
KEPT_CHARACTERS = 300  # of a passage: enough for its line in a list


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and its answer, or the one-line error that came instead. `scope` says what the filters left.

    `as_written`: nothing was taken from the questions before it.
    """

    question: str
    answer: Answer | None
    error: str = ""
    scope: str = ""
    filters: Filters = _EVERYWHERE
    as_written: bool = False


def dump_turns(turns: Iterable[Turn]) -> list[dict[str, Any]]:
    """The last turns as plain JSON, passages shortened."""
    return [_dump(turn) for turn in list(turns)[-KEPT_TURNS:]]


def load_turns(data: Any) -> list[Turn]:
    """The turns that `data` holds; what is not a whole, well-typed turn is left out."""
    if not isinstance(data, list):
        return []
    turns = []
    for each in data[-KEPT_TURNS:]:
        try:
            turns.append(_load(each))
        except (AttributeError, IndexError, KeyError, TypeError, ValueError, OverflowError):
            continue
    return turns


def questions_before(turns: Sequence[Turn]) -> list[str]:
    """The questions that the next one may go on from, oldest first: none from before one that was to stand alone."""
    alone = max((at for at, turn in enumerate(turns) if turn.as_written), default=0)
    return [turn.question for turn in turns[alone:]]


def stale_quotes(answer: Answer, article: Callable[[str], StoredArticle]) -> set[Cited]:
    """The quotes that their article no longer holds at their place."""
    texts: dict[str, str | None] = {}
    stale = set()
    told = (value.quote for each in answer.disagreements for value in each.values)
    for quote in (*answer.quotes, *told):
        if quote.article_id not in texts:
            try:
                texts[quote.article_id] = article(quote.article_id).article.text
            except FootnoteError:
                texts[quote.article_id] = None
        text = texts[quote.article_id]
        if text is None or text[quote.start : quote.end] != quote.text:
            stale.add((quote.article_id, quote.start, quote.end))
    return stale


def _dump(turn: Turn) -> dict[str, Any]:
    asked = {"question": turn.question, "filters": _dump_filters(turn.filters), "as_written": turn.as_written}
    if turn.answer is None:
        return {**asked, "error": turn.error}
    kept = tuple(
        replace(each, text=each.text[:KEPT_CHARACTERS], end=each.start + len(each.text[:KEPT_CHARACTERS]))
        for each in turn.answer.passages[:KEPT_PASSAGES]
    )
    answer = replace(turn.answer, passages=kept, withheld=None)
    return {**asked, "answer": answer.to_json(), "scope": turn.scope}


def _dump_filters(filters: Filters) -> dict[str, Any]:
    """What is set, in JSON's types."""
    values = {each.name: getattr(filters, each.name) for each in fields(filters)}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in values.items() if value}


def _load_filters(data: dict[str, Any]) -> Filters:
    def chosen(name: str) -> tuple[str, ...]:
        return tuple(_text(each) for each in data.get(name, ()))

    def day(name: str) -> date | None:
        return date.fromisoformat(_text(data[name])) if name in data else None

    return Filters(
        articles=chosen("articles"),
        companies=chosen("companies"),
        kinds=chosen("kinds"),
        periods=chosen("periods"),
        since=day("since"),
        until=day("until"),
    )


def _load(data: dict[str, Any]) -> Turn:
    question = _text(data["question"])
    filters = _load_filters(data.get("filters", {}))
    as_written = _flag(data.get("as_written", False))
    if "answer" not in data:
        return Turn(question, None, _text(data["error"]), filters=filters, as_written=as_written)
    answer = data["answer"]
    reason = answer["reason"]
    return Turn(
        question,
        Answer(
            question=_text(answer["question"]),
            understood=_text(answer["understood"]),
            answered=_flag(answer["answered"]),
            reason=None if reason is None else Reason(reason),
            explanation=_text(answer["explanation"]),
            text=_maybe(_text, answer["text"]),
            confidence=_maybe(_number, answer["confidence"]),
            quotes=tuple(_quote(each) for each in answer["quotes"]),
            disagreements=tuple(_disagreement(each) for each in answer["disagreements"]),
            passages=tuple(_considered(each) for each in answer["passages"]),
            milliseconds={_text(name): _number(value) for name, value in answer["milliseconds"].items()},
            notes=tuple(_text(each) for each in answer.get("notes", ())),
            agreements=_count(answer.get("agreements", 0)),
            parts=tuple(_part(each, len(answer["quotes"])) for each in answer.get("parts", ())),
        ),
        scope=_text(data.get("scope", "")),
        filters=filters,
        as_written=as_written,
    )


def _disagreement(data: dict[str, Any]) -> Disagreement:
    values = tuple(
        DifferentValue(
            _text(each["text"]),
            _quote(each["quote"]),
            _text(each.get("note", "")),
            _count(each.get("sources", 1)),
        )
        for each in data["values"]
    )
    if not values:
        raise ValueError("nothing that differs")
    return Disagreement(values)


def _part(data: dict[str, Any], quotes: int) -> AnsweredPart:
    numbers = tuple(_count(each) for each in data["quotes"])
    if any(number >= quotes for number in numbers):
        raise IndexError("no such quote")
    reason = data["reason"]
    return AnsweredPart(
        question=_text(data["question"]),
        label=_text(data["label"]),
        row=_text(data["row"]),
        column=_text(data["column"]),
        text=_maybe(_text, data["text"]),
        quotes=numbers,
        reason=None if reason is None else Reason(reason),
        explanation=_text(data["explanation"]),
    )


def _quote(data: dict[str, Any]) -> Quote:
    published = data["published"]
    return Quote(
        article_id=_text(data["article_id"]),
        title=_text(data["title"]),
        source=_text(data["source"]),
        published=None if published is None else date.fromisoformat(_text(published)),
        section=_text(data["section"]),
        page=_maybe(_count, data["page"]),
        pages=tuple(_count(each) for each in data["pages"]),
        start=_count(data["start"]),
        end=_count(data["end"]),
        text=_text(data["text"]),
        answers=_flag(data["answers"]),
        spans=tuple((_count(start), _count(end)) for start, end in data["spans"]),
        sha256=_text(data["sha256"]),
        text_sha256=_text(data["text_sha256"]),
        score=_number(data["score"]),
        part=_maybe(_text, data.get("part")),
        columns=tuple(_text(each) for each in data.get("columns", ())),
        column=tuple(_text(each) for each in data.get("column", ())),
        labels=tuple(_text(each) for each in data.get("labels", ())),
        unit=_text(data.get("unit", "")),
        caption=_text(data.get("caption", "")),
        boxes=tuple(_box(*each) for each in data.get("boxes", ())),
    )


def _box(page: float, left: float, top: float, right: float, bottom: float) -> tuple[float, float, float, float, float]:
    return _count(page), _number(left), _number(top), _number(right), _number(bottom)


def _considered(data: dict[str, Any]) -> Considered:
    return Considered(
        article_id=_text(data["article_id"]),
        title=_text(data["title"]),
        source=_text(data["source"]),
        section=_text(data["section"]),
        page=_maybe(_count, data["page"]),
        pages=tuple(_count(each) for each in data["pages"]),
        start=_count(data["start"]),
        end=_count(data["end"]),
        text=_text(data["text"]),
        score=_number(data["score"]),
        trace={_text(name): _maybe(_number, value) for name, value in data.get("trace", {}).items()},
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError("not a truth value")
    return value


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError("not a count")
    return value


def _number(value: Any) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError("not a number")
    return float(value)


def _maybe(check: Callable[[Any], _T], value: Any) -> _T | None:
    return None if value is None else check(value)
