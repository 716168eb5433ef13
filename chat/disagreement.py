"""Whether sources give different values for what was asked: the same thing, the same measure, the same period.

False alarms are worse than misses, so a value counts only where its sentence or row speaks of everything that the
question and the answer speak of, and restricts it by nothing that they do not: no other year, company, country or
segment, no target beside an actual figure, no change beside a level. A reader that finds that a sentence answers the
question stands in for the words of its measure, which may be put in other words, and for nothing else. Knows no model.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from chat.contrasts import contrasts
from chat.figures import NUMERIC, TEMPORAL, Figure, FigureKind, agree, comparable, same_unit
from chat.reader import Reading, sigmoid, weighed
from chat.statements import (
    GENERIC,
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
from ingest.dates import MONTHS
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
    """How well a unit answers the question by itself: `span` is a reader's logit of its best words above none,
    `relevance` one of its passage, `similarity` the cosine of its vector with the question's, and `words` are the best
    words in the article. `behind` is how far `span` lies behind that of the best unit of the same article, at most 0.
    """

    span: float
    words: Sequence[tuple[int, int]]
    relevance: float = 0.0
    behind: float = 0.0
    similarity: float = 0.5


Judged = Mapping[tuple[int, int], Evidence]  # by the number of the passage and the unit's start in the article

NOTHING_TO_COMPARE = Comparison()


def as_answer(reading: Reading) -> Answering:
    """What a reading answers with."""
    return reading.passage, Unit(reading.start, reading.end, reading.kind, reading.row), reading.spans


def judge(readings: Sequence[Reading], hits: Sequence[Hit]) -> Judged:
    """What a reader with a model thinks of the units; nothing of a reader that has none."""
    read = [each for each in readings if "span" in each.features]
    best: dict[str, float] = {}
    for each in read:
        article = hits[each.passage].article_id
        best[article] = max(best.get(article, -math.inf), each.features["span"])
    return {
        (each.passage, each.start): Evidence(
            each.features["span"],
            each.spans,
            each.features.get("relevance", 0.0),
            each.features["span"] - best[hits[each.passage].article_id],
            each.features.get("similarity", 0.5),
        )
        for each in read
    }


_IN_ORDER = (
    frozenset({FigureKind.MONEY}),
    frozenset({FigureKind.COUNT, FigureKind.NUMBER}),
    NUMERIC - {FigureKind.MONEY, FigureKind.COUNT, FigureKind.NUMBER},
)
_FAMILIES = (frozenset({FigureKind.PERCENT, FigureKind.GROWTH}), frozenset({FigureKind.COUNT, FigureKind.NUMBER}))
_MOST_VALUES = 6
_HOPELESS = -14.0  # a reader's logit below which a sentence is not looked at
_MIGHT = -2.0  # from which it may answer, whatever its words
_NEXT = -1.5  # or how far it may be behind the best of its article
# Of a logistic model of `likeness`: training/fit_disagreement.py, on planted disagreements of our own.
WEIGHTS: Mapping[str, float] = {
    "bias": -0.04,
    "span": 0.08,
    "relevance": 0.15,
    "behind": 0.37,
    "less_similar": -2.83,
    "unnamed": -1.53,
    "elsewhere": -0.51,
    "nowhere": -3.86,
    "target": -2.29,
    "forecast": -0.73,
    "earlier": -1.6,
    "change": -0.45,
    "restricts": -0.59,
    "no_part": -0.14,
    "contrast": -3.27,
    "lopsided": -0.11,
    "contrast_asked": -1.03,
    "strict": 1.98,
}
_LIKELY = 0.75  # probability from which two statements are taken to be of the same
_FARTHEST = 50  # values that differ by a larger factor measure something else


def compare_values(
    question: str, hits: Sequence[Hit], answers: Sequence[Answering], judged: Judged | None = None
) -> Comparison:
    """Compares the value that `answers` give with all that the passages `hits` state for the same.

    Of the answers, best first, the first that states a figure for what was asked is compared. Nothing is where the
    question asks for no figure and the best answer is none, and where the question compares values itself. `judged` is
    what a reader thinks of the units that it read; without it, words alone decide.
    """
    if judged is None or _WHETHER.search(question):  # no sentence answers whether values agree
        judged = {}
    own = own_statement(question, hits, answers, judged)
    if own is None:
        return NOTHING_TO_COMPARE
    asked, kinds, statement = own
    found = _compare(asked, kinds, hits, statement, judged)
    # Where no period is asked for, many values are those of many dates.
    series = len(found.values) > 2 and not (asked.years or asked.parts)
    return Comparison((), found.agreements) if series else found


def own_statement(
    question: str, hits: Sequence[Hit], answers: Sequence[Answering], judged: Judged
) -> tuple[AskedValue, frozenset[FigureKind], Statement] | None:
    """What is asked, of which kinds of figure, and the statement of the answer that others are compared with."""
    if not answers or _CHOOSES.search(question):
        return None
    asked = read_question(question)
    passage, unit, spans = answers[0]
    shown = kinds_of(hits[passage], unit, spans)
    if not asked.kinds and not shown:
        return None
    if _WHETHER.search(question):  # no sentence need answer it: any that states such a figure is compared
        answers = [*answers, *((n, each, ()) for n, hit in enumerate(hits) for each in hit.units if not hit.furniture)]
    # A question for "figures" or "forecasts" leaves the kind open: that of the words shown, or amounts before rates. A
    # reader that shows a share where words ask for an amount ("net revenue retention") is believed.
    kinds = asked.kinds if asked.kinds != NUMERIC else frozenset()
    if judged and shown and shown <= NUMERIC and kinds <= NUMERIC:
        kinds = next((family for family in _FAMILIES if shown <= family), shown)
    for each_kind in (kinds,) if kinds else (shown,) if shown else _IN_ORDER:
        for passage, unit, spans in answers:
            own = read_statement(asked, each_kind, passage, hits[passage], unit, spans)
            if own is not None and _answers(asked, own):
                return asked, each_kind, own
    return None


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
    own_evidence = judged.get((own.passage, own.unit.start))
    for other, evidence in other_statements(asked, kinds, hits, own, judged):
        # Of one article the reader likes one sentence best, whatever the others say.
        if own_evidence is None or evidence is None or other.hit.article_id == own.hit.article_id:
            same = _of_the_same(asked, own, other)
        else:
            same = _likely_the_same(likeness(asked, own, other, own_evidence, evidence))
        if same:
            stated.append(other)
    return _compared(own, stated)


def other_statements(
    asked: AskedValue, kinds: frozenset[FigureKind], hits: Sequence[Hit], own: Statement, judged: Judged
) -> Iterator[tuple[Statement, Evidence | None]]:
    """What other units state that might be of the same, with what a reader thinks of them."""
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
            if evidence is not None and evidence.span < _HOPELESS:
                continue
            # Most units lack a word and are done with here: reading one takes a hundred times as long.
            before = hit.units[max(0, index - 1)].start - hit.start
            said = lowered[before : each.end - hit.start]
            if each.row is not None:
                said = " ".join((said, *each.row.labels, *each.row.columns, each.row.caption)).lower()
            answers = evidence is not None and (evidence.span >= _MIGHT or evidence.behind >= _NEXT)
            if not answers and not all(any(word in said or word in section for word in words) for words in needed):
                continue
            other = read_statement(
                asked, kinds, number, hit, each, evidence.words if evidence is not None and answers else ()
            )
            if other is not None:
                yield other, evidence


# --- whether two statements are of the same ---


def _answers(asked: AskedValue, own: Statement) -> bool:
    """Whether a statement is of the years and places asked for."""
    if own.figure.kind not in TEMPORAL and asked.years and own.years and not asked.years & own.years:
        return False
    return not asked.places or not own.places or bool(asked.places & own.places)


def _of_the_same(asked: AskedValue, own: Statement, other: Statement) -> bool:
    """Whether another statement is, by its words alone, of the same thing and period that the question asks for."""
    if not _in_one_unit(asked, own, other) or other.earlier != own.earlier or other.delta != own.delta:
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
    return _same_time(asked, own, other) and _same_subject(asked, own, other) and _near(own.figure, other.figure)


def _in_one_unit(asked: AskedValue, own: Statement, other: Statement) -> bool:
    """Whether the figures compare; a growth rate may be written as a plain percentage."""
    if {own.figure.kind, other.figure.kind} == {FigureKind.PERCENT, FigureKind.GROWTH}:
        return bool(_GROWTH & asked.words & own.said & other.said)
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


def _said(other: Statement) -> str:
    """A statement with what its document is called and of, in lower case."""
    return f"{other.text} {other.hit.title} {other.hit.heading} {other.hit.facts.get('company', '')}".lower()


def _same_subject(asked: AskedValue, own: Statement, other: Statement) -> bool:
    places = asked.places or own.places or places_of(own.hit.title)
    if other.places - places and not asked.places & other.places:
        return False
    named = other.places | places_of(f"{other.hit.title} {other.hit.heading}")
    # One article speaks of several places, each where it names it.
    wanted = asked.places or (own.places if own.hit.article_id == other.hit.article_id else frozenset())
    if wanted and not wanted & named:
        return False
    if not all(name in _said(other) for name in asked.names):
        return False
    lowered = other.sentence.lower()
    if asked.names and not any(name in lowered for name in asked.names) and _strangers(asked, other):
        return False
    last = content_words(other.hit.section.rsplit(" › ", 1)[-1])
    if ((asked.hard & own.said) - other.said - last) | (asked.hard - other.words):
        return False
    if not (asked.hard or asked.names):  # then the statements must speak of one thing by themselves
        shared, around = (own.said & other.said) - SOFT, (own.words & other.words) - SOFT
        if not shared or len(around) < 2:
            return False
    return other.restricts <= own.words | own.restricts and own.restricts <= other.words | other.restricts


# --- how likely two statements are of the same, where a reader has read both ---


def likeness(
    asked: AskedValue, own: Statement, other: Statement, own_evidence: Evidence, evidence: Evidence
) -> dict[str, float] | None:
    """What speaks for and against another statement being of the same thing and period; None where it cannot be.

    Times that contradict, units that do not compare and magnitudes that are far apart rule it out.
    """
    if not _may_compare(own.figure, other.figure) or not _near(own.figure, other.figure):
        return None
    if own.figure.kind not in TEMPORAL and _other_time(asked, own, other):
        return None
    said = _said(other)
    unnamed = [name for name in asked.names if name not in said]
    places = asked.places or own.places or places_of(own.hit.title)
    named = other.places | places_of(f"{other.hit.title} {other.hit.heading}")
    different, lopsided = contrasts(f"{asked.question} {own.clause}", other.clause)
    differs, _ = contrasts(asked.question, other.sentence)
    return {
        "bias": 1.0,
        "span": max(-12.0, min(8.0, evidence.span)),
        "relevance": max(-6.0, min(6.0, evidence.relevance)),
        "behind": max(-6.0, evidence.behind),
        "less_similar": own_evidence.similarity - evidence.similarity,
        "unnamed": float(any(not _partly_named(name, said) for name in unnamed)),
        "elsewhere": float(bool(other.places - places and not asked.places & other.places)),
        "nowhere": float(bool(asked.places) and not asked.places & named),
        "target": float(own.target != other.target),
        "forecast": float(own.forecast != other.forecast and not asked.forecast),
        "earlier": float(own.earlier != other.earlier),
        "change": float(bool(other.change - own.words or own.change - other.words)),
        "restricts": min(2.0, len(other.restricts - own.words - own.restricts)),
        "no_part": float(bool(asked.parts) and not other.parts),
        "contrast": min(2.0, different),
        "lopsided": min(3.0, lopsided),
        "contrast_asked": min(2.0, differs),
        "strict": float(_of_the_same(asked, own, other)),
    }


def _likely_the_same(features: Mapping[str, float] | None) -> bool:
    return features is not None and sigmoid(weighed(features, WEIGHTS)) >= _LIKELY


def _may_compare(one: Figure, other: Figure) -> bool:
    """Whether figures are in one unit, or of one family: rates, and counts of things under different names."""
    if comparable(one, other):
        return True
    measured = {each.unit for each in (one, other)} & _UNITS
    return not measured and any(one.kind in family and other.kind in family for family in _FAMILIES)


_UNITS = frozenset(
    """tonne ton ounce gram kilogram kilo pound litre liter gallon barrel bushel watt watt-hour byte metre meter
    kilometre kilometer mile foot feet inch yard hectare acre sq square cubic hour minute second day week month year
    bcf tcf boe teu degree""".split()
)


def _other_time(asked: AskedValue, own: Statement, other: Statement) -> bool:
    """Whether the years or parts of years of two statements contradict."""
    years = asked.years or own.years
    if years and other.years and not years & other.years:
        return True
    parts = asked.parts | own.parts
    for kind in _TIMES:
        mine, its = kind & parts, kind & other.parts
        if mine and its and not mine & its:
            return True
    # A year without more is a whole one.
    whole, shorter = parts & _WHOLE or not parts, other.parts & _SHORTER
    return bool(whole and shorter) or bool(other.parts & _WHOLE and parts & _SHORTER)


_QUARTERS, _HALVES = frozenset({"Q1", "Q2", "Q3", "Q4"}), frozenset({"H1", "H2"})
_MONTHS = frozenset(month.lower() for month in MONTHS)
_WHOLE = frozenset({"full year", "full-year"})
_SHORTER = _QUARTERS | _HALVES | {
    *("quarter", "quarterly", "half year", "half-year", "nine month", "nine months", "nine-month", "nine-months"),
    *("six month", "six months", "six-month", "six-months", "three month", "three months", "three-month"),
}  # fmt: skip
_TIMES = (_QUARTERS, _HALVES, _MONTHS)


def _partly_named(name: str, said: str) -> bool:
    """Whether the first word that tells of a name stands in a text: "Hyeon Heavy" for Hyeon Heavy Industries."""
    words = [word for word in name.split() if len(word) > 3 and not content_words(word) <= GENERIC]
    return bool(words) and re.search(rf"(?<!\w){re.escape(words[0])}(?!\w)", said) is not None


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
