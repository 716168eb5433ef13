"""Whether sources give different values for what was asked: the same thing, the same measure, the same period.

False alarms are worse than misses, so a value counts only where its sentence or row speaks of everything that the
question and the answer speak of, and restricts it by nothing that they do not: no other year, company, country or
segment, no target beside an actual figure, no change beside a level. A reader that finds that a sentence answers the
question stands in for the words of its measure, which may be put in other words, and for nothing else. Knows no model.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chat.figures import NUMERIC, TEMPORAL, Figure, FigureKind, agree, comparable, same_unit
from chat.statements import (
    EVENTS,
    GENERIC,
    MEASURED,
    MEASURES,
    SOFT,
    AskedValue,
    Statement,
    content_words,
    in_common,
    kinds_of,
    names_of,
    places_of,
    read_question,
    read_statement,
)
from index.values import Hit
from ingest.article import BlockKind
from ingest.passages import Unit


@dataclass(frozen=True, slots=True)
class Value:
    """A value that a source states: `unit` of the passage with the number `passage`, and [start, end) of the article.

    `note` says in words what tells it apart ("restated", "later document"), or nothing. `sources` is how many articles
    among the passages state it, or one that agrees.
    """

    passage: int
    unit: Unit
    start: int
    end: int
    note: str
    sources: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """`values` differ, newest first, the answer's own among them; none where all agree. `agreements` counts the other
    articles that state the answer's value.
    """

    values: tuple[Value, ...] = ()
    agreements: int = 0


Answering = tuple[int, Unit, Sequence[tuple[int, int]]]  # a passage, what answers of it, and its words in the article


@dataclass(frozen=True, slots=True)
class Evidence:
    """How well a unit answers the question by itself: `span` is a reader's logit of its best words above none, and
    `words` are these in the article.
    """

    span: float
    words: Sequence[tuple[int, int]]


Judged = Mapping[tuple[int, int], Evidence]  # by the number of the passage and the unit's start in the article

NOTHING_TO_COMPARE = Comparison()
_IN_ORDER = (
    frozenset({FigureKind.MONEY}),
    frozenset({FigureKind.COUNT, FigureKind.NUMBER}),
    NUMERIC - {FigureKind.MONEY, FigureKind.COUNT, FigureKind.NUMBER},
)
_MOST_VALUES = 6
_ANSWERS = 0.0  # logit from which a sentence answers the question, whatever its words
_FAILS = -4.0  # logit below which a sentence does not, whatever its words
_FARTHEST = 50  # values that differ by a larger factor measure something else


def compare_values(
    question: str, hits: Sequence[Hit], answers: Sequence[Answering], judged: Judged | None = None
) -> Comparison:
    """Compares the value that `answers` give with all that the passages `hits` state for the same.

    Of the answers, best first, the first that states a figure for what was asked is compared. Nothing is where the
    question asks for no figure and the best answer is none, and where the question compares values itself. `judged` is
    what a reader thinks of the units that it read; without it, words alone decide.
    """
    if not answers or _CHOOSES.search(question):
        return NOTHING_TO_COMPARE
    asked = read_question(question)
    passage, unit, spans = answers[0]
    shown = kinds_of(hits[passage], unit, spans)
    if not asked.kinds and not shown:
        return NOTHING_TO_COMPARE
    if _WHETHER.search(question):  # no sentence need answer it: any that states such a figure is compared
        answers = [*answers, *((n, each, ()) for n, hit in enumerate(hits) for each in hit.units if not hit.furniture)]
    # A question for "figures" or "forecasts" leaves the kind open: that of the words shown, or amounts before rates.
    in_turn = (asked.kinds,) if asked.kinds and asked.kinds != NUMERIC else (shown,) if shown else _IN_ORDER
    for kinds in in_turn:
        for passage, unit, spans in answers:
            own = read_statement(asked, kinds, passage, hits[passage], unit, spans)
            if own is not None and _answers(asked, own):
                found = _compare(asked, kinds, hits, own, judged or {})
                # Where no period is asked for, many values are those of many dates.
                series = len(found.values) > 2 and not (asked.years or asked.parts)
                return Comparison((), found.agreements) if series else found
    return NOTHING_TO_COMPARE


# Such a question asks whether values differ.
_WHETHER = re.compile(
    r"\b(?:dis)?agree(?:s|ment)?\b|\bconflict|\bcontradict|\bconsistent\b|\bdisputed?\b", re.IGNORECASE
)
# Such a question compares values itself, and no statement of one answers it.
_CHOOSES = re.compile(
    r"\b(?:less|more|fewer|longer)\s+than\b|\b(?:highest|lowest|largest|smallest|higher|lower|larger|smaller|greater)\b"
    r"|\bcompare|\bversus\b|\bvs\b|\bdiffer(?:s|ence|ences)?\b",
    re.IGNORECASE,
)


def _compare(
    asked: AskedValue, kinds: frozenset[FigureKind], hits: Sequence[Hit], own: Statement, judged: Judged
) -> Comparison:
    stated = [own]
    seen = {(own.hit.article_id, own.unit.start)}
    needed = [in_common(key) for key in asked.hard & own.said]
    for number, hit in enumerate(hits):
        if hit.furniture:
            continue
        lowered, section = hit.text.lower(), hit.section.rsplit(" › ", 1)[-1].lower()
        for index, each in enumerate(hit.units):
            if (hit.article_id, each.start) in seen or each.kind in (BlockKind.HEADING, BlockKind.TABLE_HEADER):
                continue
            seen.add((hit.article_id, each.start))
            if own.column is not None and each.kind is BlockKind.TABLE_ROW and hit.article_id == own.hit.article_id:
                continue
            evidence = None if each.kind is BlockKind.TABLE_ROW else judged.get((number, each.start))
            if evidence is not None and evidence.span < _FAILS:
                continue
            sure = evidence is not None and evidence.span >= _ANSWERS
            # Most units lack a word and are done with here: reading one takes a hundred times as long.
            before = hit.units[max(0, index - 1)].start - hit.start
            said = lowered[before : each.end - hit.start]
            if each.row is not None:
                said = " ".join((said, *each.row.labels, *each.row.columns, each.row.caption)).lower()
            if not sure and not all(any(word in said or word in section for word in words) for words in needed):
                continue
            other = read_statement(asked, kinds, number, hit, each, evidence.words if evidence and sure else ())
            if other is not None and _of_the_same(asked, own, other, sure=sure):
                stated.append(other)
    return _compared(own, stated)


# --- whether two statements are of the same ---


def _answers(asked: AskedValue, own: Statement) -> bool:
    """Whether a statement is of the years and places asked for."""
    if own.figure.kind not in TEMPORAL and asked.years and not asked.years & own.years:
        return False
    return not asked.places or not own.places or bool(asked.places & own.places)


def _of_the_same(asked: AskedValue, own: Statement, other: Statement, *, sure: bool) -> bool:
    """Whether another statement answers the same question about the same thing and period.

    `sure` says that a reader finds that it does, so that other words may name the measure.
    """
    if not _in_one_unit(asked, own, other, sure=sure) or other.earlier != own.earlier or other.delta != own.delta:
        return False
    things = {content_words(each.figure.unit) for each in (own, other) if each.figure.kind is FigureKind.COUNT}
    if own.figure.kind is not other.figure.kind and not all(thing & asked.words for thing in things):
        return False  # a bare number is a count of what is asked for, or of nothing
    if None not in (own.column, other.column) and own.column != other.column:
        return False
    if other.change - own.words or own.change - other.words:
        return False
    if own.target != other.target or (own.forecast != other.forecast and not asked.forecast):
        return False
    return (
        _same_time(asked, own, other)
        and _same_subject(asked, own, other, sure=sure)
        and _near(own.figure, other.figure)
    )


def _in_one_unit(asked: AskedValue, own: Statement, other: Statement, *, sure: bool) -> bool:
    """Whether the figures compare; a growth rate may be written as a plain percentage."""
    if {own.figure.kind, other.figure.kind} == {FigureKind.PERCENT, FigureKind.GROWTH}:
        return sure or bool(_GROWTH & asked.words & own.said & other.said)
    return comparable(own.figure, other.figure)


_GROWTH = content_words("growth")


def _near(one: Figure, other: Figure) -> bool:
    if one.kind in TEMPORAL:
        return True
    for left in (one, *one.equivalents):
        for right in (other, *other.equivalents):
            if left.unit == right.unit and min(abs(left.high), abs(right.high)) > 0:
                return max(abs(left.high), abs(right.high)) / min(abs(left.high), abs(right.high)) <= _FARTHEST
    return True


def _same_time(asked: AskedValue, own: Statement, other: Statement) -> bool:
    if own.figure.kind in TEMPORAL:
        return True
    if asked.years:
        if not asked.years & own.years or asked.years & own.years != asked.years & other.years:
            return False
    elif own.years != other.years or (not own.years and own.hit.facts.get("period") != other.hit.facts.get("period")):
        return False
    return own.parts == other.parts and (not asked.parts or own.parts == asked.parts)


def _strangers(asked: AskedValue, other: Statement) -> list[str]:
    """Names in a sentence but for a common word that opens it."""
    sentence = other.sentence
    known = asked.words | GENERIC
    return [
        name
        for name in names_of(sentence)
        if not (sentence.startswith(name) and (content_words(name) <= known or f" {name.lower()}" in other.hit.text))
    ]


def _same_subject(asked: AskedValue, own: Statement, other: Statement, *, sure: bool) -> bool:
    places = asked.places or own.places or places_of(own.hit.title)
    if other.places - places and not asked.places & other.places:
        return False
    if asked.places and not asked.places & (other.places | places_of(f"{other.hit.title} {other.hit.heading}")):
        return False
    said = f"{other.text} {other.hit.title} {other.hit.heading} {other.hit.facts.get('company', '')}".lower()
    if not all(name in said for name in asked.names):
        return False
    lowered = other.sentence.lower()
    if asked.names and not any(name in lowered for name in asked.names) and _strangers(asked, other):
        return False
    last = content_words(other.hit.section.rsplit(" › ", 1)[-1])
    missing = ((asked.hard & own.said) - other.said - last) | (asked.hard - other.words)
    if missing and not (sure and _only_measured(asked, own, other, missing)):
        return False
    if not (asked.hard or asked.names):  # then the statements must speak of one thing by themselves
        shared, around = (own.said & other.said) - SOFT, (own.words & other.words) - SOFT
        if not shared or len(around) < 2:
            return False
    return other.restricts <= own.words | own.restricts and own.restricts <= other.words | other.restricts


def _only_measured(asked: AskedValue, own: Statement, other: Statement, missing: frozenset[str]) -> bool:
    """Whether a statement lacks nothing but words of the measure, and names no other measure."""
    if not missing <= MEASURED or not (asked.names or asked.hard - MEASURED):
        return False
    if other.figure.kind in TEMPORAL:  # of when something else happened
        return not (content_words(other.clause) & EVENTS) - asked.words - own.words
    clause = other.clause
    if other.figure.kind in (FigureKind.PERCENT, FigureKind.GROWTH):  # what follows is what it is a part of
        clause = clause.partition(other.sentence[other.figure.start : other.figure.end])[0]
    return not (content_words(clause) & MEASURES) - asked.words - own.words


# --- what differs ---

_RESTATED = re.compile(
    r"\b(?:restat|revis|correct(?:ed|ion)|adjusted|raised (?:its|their)|lowered (?:its|their))", re.IGNORECASE
)


def _compared(own: Statement, stated: Sequence[Statement]) -> Comparison:
    groups: list[list[Statement]] = []
    for each in stated:
        group = next((group for group in groups if agree(group[0].figure, each.figure)), None)
        if group is None:
            groups.append([each])
        else:
            group.append(each)
    articles = {each.hit.article_id for each in groups[0]} - {own.hit.article_id}
    if len(groups) == 1:
        return Comparison((), len(articles))
    firsts = [max(group, key=lambda each: (each is own, _day(each))) for group in groups]
    days = [_day(each) for each in firsts]
    values = []
    for group, first in zip(groups, firsts, strict=True):
        note = ""
        if _RESTATED.search(first.text):
            note = "restated"
        elif _day(first) == max(days) and _day(first) > min(days):
            note = "later document"
        sources = len({each.hit.article_id for each in group})
        both = (first.figure, *first.figure.equivalents)
        figure = next((each for each in both if same_unit(each.unit, own.figure.unit)), first.figure)
        start, end = first.unit.start + figure.start, first.unit.start + figure.end
        values.append((_day(first), Value(first.passage, first.unit, start, end, note, sources)))
    others = sorted(values[1:], key=lambda each: -each[0])[: _MOST_VALUES - 1]
    return Comparison(
        tuple(value for _, value in sorted([values[0], *others], key=lambda each: -each[0])), len(articles)
    )


def _day(statement: Statement) -> int:
    published = statement.hit.published
    return 0 if published is None else published.toordinal()
