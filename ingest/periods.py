"""Reporting periods: how companies name them, and where a fiscal quarter or year lies on the calendar.

The notation is "2023 Q3" for a quarter, "2023 H1" for a half and "2023" for a year. Knows no documents.
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from ingest.cleaning import folded

_ORDINALS = {
    word: number
    for number, words in enumerate(("first 1st", "second 2nd", "third 3rd", "fourth 4th final"), 1)
    for word in words.split()
}
_NTH = "|".join(_ORDINALS)
_DAYS_IN_YEAR = 365.25
# A fiscal year of 52 or 53 weeks ends up to a week before or after the end of a month, on another day each year.
_NEAR_MONTH_END = 7


@dataclass(frozen=True, slots=True)
class Period:
    """A quarter ("Q1" to "Q4"), a half ("H1", "H2") or, with an empty `part`, the whole of a year."""

    year: int
    part: str = ""

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """The period in the notation of this module."""
        return f"{self.year} {self.part}".rstrip()

    @property
    def months(self) -> int:
        """How long it is."""
        return {"Q": 3, "H": 6}.get(self.part[:1], 12)

    @property
    def last(self) -> int:
        """Its last quarter, counted from the first of the year 0."""
        return 4 * self.year + int(self.part[1:] or 1) * self.months // 3 - 1

    @property
    def first(self) -> int:
        """Its first quarter, counted likewise."""
        return self.last - self.months // 3 + 1


@dataclass(frozen=True, slots=True)
class Mention:
    """A period named in a text, in `text[start:end]`. `fiscal` says that the words call it fiscal."""

    period: Period
    start: int
    end: int
    fiscal: bool


# The year, in four digits or, marked as one, in two.
_YEAR = (
    r"(?P<fiscal{n}>(?:(?:fiscal|financial)(?:\s+year)?|\bF\.?Y\.?)[\s-]*)?"
    r"(?:(?P<year{n}>(?:19|20)\d\d)(?:[/-](?P<next{n}>\d\d)(?!\d))?|(?P<short{n}>(?:(?<=FY)|(?<=FY\s)|['’])\d\d)(?!\d))"
)
_PART = (
    rf"(?:Q\s?(?P<q{{n}}>[1-4])|(?P<nq{{n}}>[1-4])Q"
    rf"|(?P<pq{{n}}>fiscal[\s-]+)?(?P<oq{{n}}>{_NTH})[\s-]+(?P<fq{{n}}>(?:fiscal|financial)[\s-]+)?quarter"
    r"|H(?P<h{n}>[12])|(?P<nh{n}>[12])H|(?P<oh{n}>first|second)[\s-]+half(?:[\s-]year)?)"
)
# "Fourth quarter and full-year 2023": the quarter is what the document is about.
_AND = r"(?:\s+(?:and|&)\s+(?:the\s+)?(?:(?:full|fiscal|first|half|year|six|nine|twelve|months?|to|date)[\s-]+){1,4}?)?"
_BETWEEN = r"(?:,|\s|-|\bresults\b|\bearnings\b|\bending\b|\bof\b|\bfor\b|\bin\b|\bthe\b|\bour\b|\bits\b){0,8}?"
_MENTION = re.compile(
    "|".join(
        (
            rf"\b{_PART.format(n=1)}\b{_AND}{_BETWEEN}{_YEAR.format(n=1)}(?![\w,.]*\d)",
            rf"{_YEAR.format(n=2)}(?:['’]s)?[\s,:-]{{0,3}}{_PART.format(n=2)}\b",
            r"\b(?:(?P<nq3>[1-4])Q|(?P<nh3>[12])H)[-\s]?['’]?(?P<bare3>\d\d)(?!\d)",
            rf"\b(?P<whole>(?:full[\s-]+|fiscal\s+|financial\s+)year|F\.?Y\.?|fiscal)[\s-]*{_YEAR.format(n=4)}(?![\w,.]*\d)",
        )
    ),
    re.IGNORECASE,
)


def parse_period(text: str) -> Period | None:
    """The period that a label is, whatever its notation ("FY24 Q3", "3Q23", "first half of 2023"); None for others."""
    stripped = " ".join(text.split())
    if re.fullmatch(r"(?:19|20)\d\d", stripped):
        return Period(int(stripped))
    found = next(find_periods(stripped), None)
    return found.period if found is not None and found.end - found.start == len(stripped) else None


def find_periods(text: str) -> Iterator[Mention]:
    """The quarters, halves and years that a text names as such, in order; a bare year is none of them."""
    for match in _MENTION.finditer(text):
        group = match.groupdict()

        def first(*names: str, group: dict[str, str | None] = group) -> str:
            return next((value for name in names for n in "1234" if (value := group.get(f"{name}{n}"))), "")

        written = first("year") or first("short", "bare")[-2:]
        if not written:
            continue
        year = int(written) if len(written) == 4 else 2000 + int(written)
        if (following := first("next")) and int(following) == (year + 1) % 100:
            year += 1  # "2023/24" ends in 2024
        part = ""
        if number := first("q", "nq"):
            part = f"Q{number}"
        elif word := first("oq"):
            part = f"Q{_ORDINALS[folded(word)]}"
        elif number := first("h", "nh"):
            part = f"H{number}"
        elif word := first("oh"):
            part = f"H{_ORDINALS[folded(word)]}"
        whole = group["whole"] or ""
        fiscal = bool(first("fiscal", "fq", "pq")) or (whole != "" and not whole.lower().startswith("full"))
        yield Mention(Period(year, part), match.start(), match.end(), fiscal)


def calendar_period(end: date, months: int) -> Period:
    """The calendar quarter, half or year (by `months`: 3, 6 or 12) in which the middle of the period lies.

    A quarter from February to April is the calendar's first: most of it lies there.
    """
    middle = end - timedelta(days=round(months / 12 * _DAYS_IN_YEAR / 2))
    if months <= 3:
        return Period(middle.year, f"Q{(middle.month + 2) // 3}")
    if months <= 6:
        return Period(middle.year, f"H{(middle.month + 5) // 6}")
    return Period(middle.year)


def year_end_of(day: date) -> tuple[int, int]:
    """Month and day on which a fiscal year that ended on `day` ends: the end of a month where one is near."""
    for near in (day, day - timedelta(days=_NEAR_MONTH_END), day + timedelta(days=_NEAR_MONTH_END)):
        last = date(near.year, near.month, monthrange(near.year, near.month)[1])
        if abs((last - day).days) < _NEAR_MONTH_END:
            return near.month, 28 if near.month == 2 else last.day
    return day.month, day.day


def ordinal(word: str) -> int:
    """1 for "first" to 4 for "fourth"."""
    return _ORDINALS[folded(word)]


def year_ends(month: int, day: int) -> str:
    """The fact `year_end`: "09-30"."""
    return f"{month:02}-{day:02}"


def fiscal_period(end: date, months: int, year_end: tuple[int, int], *, behind: int = 0) -> Period | None:
    """The company's label of the period of `months` that ended on `end`; None where it fits no quarter or half.

    `year_end` is as `year_end_of` gives it. A fiscal year is called after the year in which it ends, less `behind`.
    """
    closing = _close(end, year_end)
    year = closing.year - behind
    if months >= 12:
        return Period(year) if abs((closing - end).days) <= 14 else None
    left = (closing - end).days / _DAYS_IN_YEAR * 12  # months until the fiscal year ends
    parts = 12 // months
    number = parts - left / months
    if abs(number - round(number)) > 0.25 or not 1 <= round(number) <= parts:
        return None
    return Period(year, f"{'Q' if months == 3 else 'H'}{round(number)}")


def _close(end: date, year_end: tuple[int, int]) -> date:
    """The first end of a fiscal year that is not clearly before `end`."""
    closings = (date(year, *year_end) for year in (end.year - 1, end.year, end.year + 1))
    return next(closing for closing in closings if (closing - end).days >= -10)
