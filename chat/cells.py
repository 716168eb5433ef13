"""Which cell of a table row a question asks for: that of the column whose name agrees with the question's days, years,
stretches of time and words.

Pure functions on texts and column names; knows no index and no model.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from chat.periods import AskedPeriod, asked_periods
from chat.terms import Asked, asked_for, years_in
from ingest.article import Row
from ingest.cleaning import folded
from ingest.dates import MONTHS, dates_in
from ingest.periods import parse_period
from ingest.tables import is_value

_COUNTS = {
    **{name: number for number, name in enumerate("one two three four five six seven eight nine".split(), start=1)},
    **{"twelve": 12, "thirteen": 13, "twenty-six": 26, "thirty-nine": 39, "fifty-two": 52, "fifty-three": 53},
}
_STRETCH = re.compile(
    rf"\b(?:(?P<count>{'|'.join(_COUNTS)}|\d{{1,2}})[\s-]+(?P<unit>months?|weeks?)|(?P<quarter>quarter(?:ly)?|[1-4]Q|Q[1-4])"
    r"|(?P<half>half(?:-year)?|H[12]|[12]H)|(?P<year>(?:fiscal |full |financial )?year|annual|FY))(?![\w-])",
    re.IGNORECASE,
)
_ORDINALS = ("first", "second", "third", "fourth", "1st", "2nd", "3rd", "4th")
_PART = re.compile(
    r"\b(?:(?P<sign>[QH])(?P<number>[1-4])|(?P<other>[1-4])(?P<after>[QH])"
    rf"|(?P<ordinal>{'|'.join(_ORDINALS)})[\s-]+(?:fiscal\s+)?(?P<unit>quarter|half))(?![a-z])",
    re.IGNORECASE,
)
_DAY = re.compile(rf"\b(?P<month>{'|'.join(MONTHS)})\b\.?\s+(?P<day>\d{{1,2}})(?!\d)", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+(?:[’'-][^\W\d_]+)*|\d+(?:\.\d+)?%?")
_OF_TIME = frozenset(
    """months month weeks week quarter quarterly half year years annual fiscal financial ended ending end as of at the
    for in and to period periods unaudited on a an total amount first second third fourth""".split()
) | set(_COUNTS)
_WHAT = re.compile(r"\b(?:what|how)\b", re.IGNORECASE)
_COUNT = re.compile(r"\bhow many\b|\bnumber of\b", re.IGNORECASE)
_SHARE = re.compile(r"%|\bper ?cent|\bshare of\b|\bproportion\b|\brate\b", re.IGNORECASE)
_CHANGE = re.compile(r"\bchanges?\b|\b(?:increase|decrease|growth|grew|rose|fell)\b|%", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a row: characters [start, end) of the row's text, its column's name, and how well that agrees.

    `agrees` is above 0 where day, year, stretch of time or words of the column are those asked for, below 0 where they
    are others, and 0 where nothing was asked or the column has no name.
    """

    start: int
    end: int
    column: str
    agrees: float


@dataclass(frozen=True, slots=True)
class AskedColumn:
    """What a question says of columns: days, years, stretches of time in months, parts of a year ("Q3", "H1"), all its
    words in lower case, and whether it asks for a change, a share or how many there are.
    """

    days: tuple[date, ...]
    years: frozenset[int]
    months: frozenset[int]
    parts: frozenset[str]
    words: frozenset[str]
    change: bool
    share: bool
    count: bool


def asked_column(question: str, facts: Mapping[str, str] | None = None) -> AskedColumn:
    """What `question` says of the columns of a document with these `facts` (period, calendar_period, period_end).

    A quarter that is the document's own is the day on which it ended: "Q3 2023" may be a column "July 1, 2023".
    """
    facts = facts or {}
    days = {found.day for found in dates_in(question)}
    years = set(years_in(question))
    for asked in asked_periods(question):
        if asked.ended is not None:
            days.add(asked.ended)
        elif (end := _end_of(asked, facts)) is not None:
            days.add(end)
            years.discard(asked.period.year if asked.period is not None else 0)
    return AskedColumn(
        days=tuple(sorted(days)),
        years=frozenset(years | {day.year for day in days}),
        months=frozenset(_stretches(question)),
        parts=frozenset(_parts(question)),
        words=_words(question),
        change=_CHANGE.search(question) is not None,
        share=_SHARE.search(question) is not None,
        count=_COUNT.search(question) is not None,
    )


def cells_asked_for(asked: AskedColumn, text: str, row: Row) -> tuple[Cell, ...]:
    """The cell of a row that a question asks for, or one for each of several days or years.

    Empty when the row has no figures. `text` is the row's. Where columns agree equally well, the first one wins, since
    most reports put the newest first.
    """
    cells = [
        Cell(start, end, name, _agreement(asked, name) + _likeness(asked, text[start:end]))
        for (start, end), name in zip(row.cells[1:], (*row.columns[1:], *[""] * len(row.cells)), strict=False)
        if is_value(text[start:end])
    ]
    if not cells:
        return ()
    several = [replace(asked, days=(day,), years=frozenset({day.year})) for day in asked.days]
    several = several or [replace(asked, years=frozenset({year})) for year in sorted(asked.years)]
    if len(several) < 2 or asked.change:
        return (max(cells, key=lambda each: each.agrees),)
    best: list[Cell] = []
    for one in several:
        scored = [replace(each, agrees=_agreement(one, each.column)) for each in cells]
        cell = max(scored, key=lambda each: each.agrees)
        if cell.agrees > 0 and all(cell.start != other.start for other in best):
            best.append(cell)
    return tuple(sorted(best, key=lambda each: each.start)) or (max(cells, key=lambda each: each.agrees),)


def _end_of(asked: AskedPeriod, facts: Mapping[str, str]) -> date | None:
    """The day on which a period ended that a question names by a label which is the document's own."""
    own = {parse_period(facts.get(key, "")) for key in ("period", "calendar_period")}
    if asked.period is None or not asked.period.part or asked.period not in own:
        return None
    try:
        return date.fromisoformat(facts.get("period_end", ""))
    except ValueError:
        return None


def _likeness(asked: AskedColumn, value: str) -> float:
    """Whether a value is a share or a count where one is asked for, and something rather than a dash."""
    if not any(char.isdigit() for char in value):
        return -0.3
    if asked.count and any(sign in value for sign in "$€£¥"):
        return -0.5
    if "%" in value:
        return 0.8 if asked.share else -0.3
    return 0.0


class _Name(NamedTuple):
    """What a column's name says."""

    days: frozenset[date]
    years: frozenset[int]
    month_days: frozenset[tuple[int, int]]
    parts: frozenset[str]
    months: frozenset[int]
    words: frozenset[str]
    change: bool


@lru_cache(maxsize=4096)
def _read_name(column: str) -> _Name:
    """As above; remembered, since all rows of a table have the same names."""
    return _Name(
        days=frozenset(found.day for found in dates_in(column)),
        years=years_in(column),
        month_days=frozenset((MONTHS[folded(match["month"])], int(match["day"])) for match in _DAY.finditer(column)),
        parts=frozenset(_parts(column)),
        months=frozenset(_stretches(column)),
        words=_words(column) - _OF_TIME,
        change=_CHANGE.search(column) is not None,
    )


def _agreement(asked: AskedColumn, column: str) -> float:
    if not column:
        return 0.0
    score = 0.0
    own = _read_name(column)
    if asked.days and own.days:
        score += 3.0 if own.days & set(asked.days) else -3.0
    elif asked.years and own.years:
        # "2018/19" is the year that ends in 2019 rather than the one before.
        score += 2.0 if max(own.years) in asked.years else 1.0 if own.years & asked.years else -2.0
        if asked.days and own.month_days and own.years & asked.years:
            score += 1.0 if own.month_days & {(day.month, day.day) for day in asked.days} else -1.0
    if asked.parts and own.parts:
        score += 2.0 if own.parts & asked.parts else -2.0
    if asked.months and own.months:
        score += 2.0 if own.months & asked.months else -2.0
    if own.words:
        shared = len(own.words & asked.words)
        score += shared - 0.2 * (len(own.words) - shared)
    if own.change:
        score += 2.5 if asked.change else -1.0
    return score


def _stretches(text: str) -> set[int]:
    """Months of the stretches of time that a text names: 3 for a quarter or thirteen weeks."""
    found = set()
    for match in _STRETCH.finditer(text):
        if match["count"]:
            count = _COUNTS.get(folded(match["count"])) or int(match["count"])
            found.add(round(count * 12 / 52) if match["unit"].lower().startswith("week") else count)
        else:
            found.add(3 if match["quarter"] else 6 if match["half"] else 12)
    return found


def _parts(text: str) -> set[str]:
    """ "Q3" for "third quarter", "3Q" and the like."""
    found = set()
    for match in _PART.finditer(text):
        number = match["number"] or match["other"] or str(_ORDINALS.index(folded(match["ordinal"])) % 4 + 1)
        sign = match["sign"] or match["after"] or match["unit"][0].replace("q", "Q").replace("h", "H")
        found.add(f"{sign.upper()}{number}")
    return found


def _words(text: str) -> frozenset[str]:
    return frozenset(_stem(match.group().lower()) for match in _WORD.finditer(text))


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def asks_for_cell(question: str, cells: Sequence[Cell]) -> bool:
    """Whether a question that a row answers is answered by its `cells`, not by all that it says."""
    asked = asked_for(question)
    if asked is Asked.FIGURE:
        return True
    if asked not in (Asked.NAME, Asked.LIST, Asked.OTHER):
        return False
    said = any(cell.agrees > 0 for cell in cells)
    return said or (asked is not Asked.LIST and _WHAT.search(question) is not None)


def spans_of(cells: Sequence[Cell], start: int) -> tuple[tuple[int, int], ...]:
    """The cells as ranges of the article, `start` being the row's offset in it."""
    return tuple((start + cell.start, start + cell.end) for cell in cells)
