"""Reporting periods: as documents state them ("2023 Q3") and as questions ask for them ("Q3 FY23", "the latest 10-Q").

Pure functions on text. A label is a year, alone or with a quarter or half behind it: "2023", "2023 Q3", "2023 H1". A
company's fiscal year bears the number of the calendar year in which it ends, most often; the calendar's label of the
same months may be another.
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from ingest.dates import find_date
from ingest.periods import Period, ordinal

_YEAR = r"(?:(?P<year{0}>(?:19|20)\d\d)|['’](?P<short{0}>\d\d))(?!\d|[.,]\d)"
_FISCAL = r"(?:(?:fiscal|financial|FY|F)[\s-]*(?:years?\s*)?)"
_CALENDAR = r"(?:(?:calendar|CY|C)[\s-]*(?:years?\s*)?)"
_BASIS = rf"(?P<fiscal{{0}}>{_FISCAL})?(?P<calendar{{0}}>{_CALENDAR})?"
_ORDINAL = r"first|second|third|fourth|1st|2nd|3rd|4th"
_PART = (
    r"(?:(?P<sign{0}>[QH])\s?(?P<number{0}>[1-4])|(?P<number{0}b>[1-4])(?P<sign{0}b>[QH])"
    rf"|(?P<ordinal{{0}}>{_ORDINAL})[\s-]+(?:fiscal\s+|calendar\s+)?(?P<unit{{0}}>quarter|half))"
)
_JOIN = r"[\s,]*(?:of\s+|for\s+|in\s+)?(?:the\s+)?"


def _with(pattern: str, name: str) -> str:
    return pattern.replace("{0}", name)


_PART_FIRST = re.compile(
    rf"\b{_with(_BASIS, 'a')}{_with(_PART, 'p')}{_JOIN}{_with(_BASIS, 'b')}"
    rf"(?:{_with(_YEAR, 'y')}|(?P<bare>1[5-9]|[2-4]\d)(?![\w.,]\d|\d|\s?%))",
    re.IGNORECASE,
)
_YEAR_FIRST = re.compile(
    rf"\b{_with(_BASIS, 'a')}(?:{_with(_YEAR, 'y')}|(?<=FY)(?P<bare>\d\d)){_JOIN}{_with(_BASIS, 'b')}"
    rf"{_with(_PART, 'p')}(?!\w)",
    re.IGNORECASE,
)
_YEAR_ALONE = re.compile(
    rf"\b{_with(_BASIS, 'a')}(?:{_with(_YEAR, 'y')}|(?<=FY)['’]?(?P<bare>\d\d)\b|(?<=FY\s)(?P<barer>\d\d)\b)",
    re.IGNORECASE,
)
_ENDED = re.compile(
    r"\b(?:quarter(?:ly period)?|months|half|year|period|weeks)\s+(?:that\s+)?(?:ended|ending|to)\s+(?:in\s+|on\s+)?"
    r"(?P<date>[a-z]{3,9}\.?\s+\d{1,2},?\s+\d{4}|\d{1,2}\s+[a-z]{3,9}\.?\s+\d{4}|\d{4}-\d\d-\d\d"
    r"|(?P<month>[a-z]{3,9}\.?)\s+(?P<year>\d{4}))\b",
    re.IGNORECASE,
)

_REPORT = (
    r"10-?[QK]|20-?F|6-?K|8-?K|quarter(?:ly)?|annual|fiscal year|year|half(?:-year)?|filings?|reports?|results|earnings"
    r"|financial statements?|balance sheet|period|(?:conference )?calls?|transcripts?|(?:press )?releases?"
)
_LATEST = re.compile(
    rf"\b(?:latest|(?:most )?recent|newest|last|current)\s+(?:[a-z]+\s+)??(?P<report>{_REPORT})\b",
    re.IGNORECASE,
)
_KINDS: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (re.compile(r"\b10-?Q\b|\bquarterly (?:report|filing)", re.I), ("10-Q", "6-K")),
    (re.compile(r"\b10-?K\b|\bannual (?:report|filing)|\b20-?F\b|\b40-?F\b", re.I), ("10-K", "20-F", "40-F")),
    (re.compile(r"\b8-?K\b", re.I), ("8-K",)),
    (re.compile(r"\b(?:earnings|conference|analyst) call|\btranscript\b", re.I), ("call transcript",)),
    (re.compile(r"\b(?:press|earnings|news) release", re.I), ("earnings release",)),
)


class Basis(StrEnum):
    """Whose year a question means."""

    ANY = "any"  # it does not say
    FISCAL = "fiscal"
    CALENDAR = "calendar"


@dataclass(frozen=True, slots=True)
class AskedPeriod:
    """A period that a question names, in the words `text`; `ended` where it names the day instead of a label."""

    text: str
    period: Period | None = None
    basis: Basis = Basis.ANY
    ended: date | None = None


@dataclass(frozen=True, slots=True)
class AskedLatest:
    """The newest document, in the words `text`; `part` is "Q" or "Y" where a quarter's or a year's is asked for."""

    text: str
    part: str = ""


def common_year(period: Period, year_end: str) -> Period:
    """The label with the calendar year in which most of the fiscal year lies.

    `year_end` is the month and day on which the fiscal year ends ("01-28"). A fiscal year that ends in January to May
    counts as the year before, as in Compustat's definition of the data year (FYEAR), which is how most people speak of
    such companies: the quarter to October 2023 is "Q3 2023" although the company calls it Q3 of fiscal 2024.
    """
    month = year_end[:2]
    early = month.isdecimal() and 1 <= int(month) <= 5
    return Period(period.year - 1, period.part) if early else period


def asked_periods(question: str) -> tuple[AskedPeriod, ...]:
    """The periods that a question names, in its order: quarters and halves with their year, ends of periods, years."""
    found: list[tuple[int, AskedPeriod]] = []
    taken = [False] * len(question)

    def take(start: int, end: int, asked: AskedPeriod) -> None:
        if not any(taken[start:end]):
            taken[start:end] = [True] * (end - start)
            found.append((start, asked))

    for match in _ENDED.finditer(question):
        written = f"28 {match['month']} {match['year']}" if match["month"] else match["date"]
        if (day := find_date(written)) is not None:
            if match["month"]:
                day = day.replace(day=monthrange(day.year, day.month)[1])
            take(*match.span(), AskedPeriod(match.group(), ended=day))
    for pattern in (_PART_FIRST, _YEAR_FIRST, _YEAR_ALONE):
        for match in pattern.finditer(question):
            part = "" if pattern is _YEAR_ALONE else _part(match)
            if (year := _year(match)) is not None:
                take(match.start(), match.end(), AskedPeriod(match.group(), Period(year, part), _basis(match)))
    return tuple(asked for _, asked in sorted(found, key=lambda each: each[0]))


def asked_latest(question: str) -> AskedLatest | None:
    """Whether a question asks for what is newest: "the latest 10-Q", "last quarter"."""
    match = _LATEST.search(question)
    if match is None:
        return None
    report = match["report"].lower().replace("-", "")
    part = {"10q": "Q", "quarter": "Q", "quarterly": "Q", "6k": "Q", "10k": "Y", "20f": "Y", "annual": "Y"}.get(report)
    if part is None:
        part = "Y" if "year" in report and "half" not in report else ""
    return AskedLatest(match.group(), part)


def asked_kinds(question: str) -> tuple[str, ...]:
    """The kinds of document that a question names, as facts call them; empty when it names none."""
    return tuple(kind for pattern, kinds in _KINDS if pattern.search(question) for kind in kinds)


def _part(match: re.Match[str]) -> str:
    groups = match.groupdict()
    if groups["ordinalp"]:
        return f"{'Q' if groups['unitp'].lower() == 'quarter' else 'H'}{ordinal(groups['ordinalp'])}"
    sign, number = groups["signp"] or groups["signpb"], groups["numberp"] or groups["numberpb"]
    return f"{sign.upper()}{number}"


def _year(match: re.Match[str]) -> int | None:
    groups = match.groupdict()
    if groups["yeary"]:
        return int(groups["yeary"])
    short = groups.get("shorty") or groups.get("bare") or groups.get("barer")
    return 2000 + int(short) if short else None


def _basis(match: re.Match[str]) -> Basis:
    groups = match.groupdict()
    text = (match.group() + match.string[match.end() : match.end() + 15]).lower()
    if groups.get("fiscala") or groups.get("fiscalb") or re.search(r"\bfi(?:scal|nancial)\b", text):
        return Basis.FISCAL
    if groups.get("calendara") or groups.get("calendarb") or re.search(r"\bcalendar\b", text):
        return Basis.CALENDAR
    return Basis.ANY
