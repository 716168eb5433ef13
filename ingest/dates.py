"""Dates as articles write them. Knows no locale: a date that could be read two ways is not read at all."""

import re
from dataclasses import dataclass
from datetime import date

from ingest.cleaning import folded

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sept sep",
            "october oct",
            "november nov",
            "december dec",
        ),
        start=1,
    )
    for name in names.split()
}
_MONTH = r"(?P<month>" + "|".join(sorted(MONTHS, key=len, reverse=True)) + r")\b\.?"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_PATTERNS = tuple(
    re.compile(r"(?<![\w.,/-])" + pattern + r"(?![\w/-])", re.IGNORECASE)
    for pattern in (
        rf"{_YEAR}-(?P<month>\d\d)-(?P<day>\d\d)(?:[T ]\d\d:\d\d[\w:.+-]*)?",
        rf"{_YEAR}/(?P<month>\d{{1,2}})/(?P<day>\d{{1,2}})",
        rf"{_DAY}\.\s?(?P<month>\d{{1,2}})\.\s?{_YEAR}",
        rf"{_DAY}(?:\s+of)?[\s-]+{_MONTH},?[\s-]+{_YEAR}",
        rf"{_MONTH}\s+{_DAY},?\s+{_YEAR}",
        rf"(?P<first>\d{{1,2}})/(?P<second>\d{{1,2}})/{_YEAR}",
        rf"{_YEAR}(?P<month>\d\d)(?P<day>\d\d)",
        rf"{_YEAR}\s?年\s?(?P<month>\d{{1,2}})\s?月\s?(?P<day>\d{{1,2}})\s?日",
    )
)
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+)?"
_LEAD = (
    r"(?:(?:first\s+)?(?:published|posted|released|dated?|issued|publication date|release date)\s*(?:on|:)?\s*:?\s*)?"
)
_TIME = r"(?:,?\s+(?:at\s+)?\d{1,2}[:.]\d\d\s*(?:[ap]\.?m\.?)?(?:\s*\(?[A-Z]{2,4}\)?)?)?"
_DATE_LINE = re.compile(_LEAD + _WEEKDAY + r"(?P<date>[^\n]{6,40}?)" + _TIME + r"\.?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Dated:
    """A date written in a text, at `text[start:end]`."""

    day: date
    start: int
    end: int


def dates_in(text: str) -> list[Dated]:
    """The dates written in a text, in order; of readings that overlap the first, then the longest."""
    found = [
        Dated(day, match.start(), match.end())
        for pattern in _PATTERNS
        for match in pattern.finditer(text)
        if (day := _date(match)) is not None
    ]
    found.sort(key=lambda each: (each.start, -each.end))
    kept: list[Dated] = []
    for each in found:
        if not kept or each.start >= kept[-1].end:
            kept.append(each)
    return kept


def parse_date(text: str) -> date | None:
    """The date that `text` is, alone or with a time behind it; None when it is none, or could be two."""
    stripped = text.strip()[:60]
    for pattern in _PATTERNS:
        if match := pattern.match(stripped):
            rest = stripped[match.end() :].strip(" ,")
            if not rest or re.fullmatch(_TIME, " " + rest, re.IGNORECASE):
                return _date(match)
    return None


def find_date(text: str) -> date | None:
    """The only date in a short text, such as a byline; None when there is none or more than one."""
    found = {each.day for each in dates_in(text[:400])}
    return found.pop() if len(found) == 1 else None


def date_of_line(line: str) -> date | None:
    """The date of a line that says nothing but a date: "Tuesday, July 22, 2014", "Published: 2 July 2025"."""
    if len(line) > 90 or not (match := _DATE_LINE.fullmatch(line.strip())):
        return None
    return parse_date(match["date"])


def _date(match: re.Match[str]) -> date | None:
    groups = match.groupdict()
    if "first" in groups:
        first, second = int(groups["first"]), int(groups["second"])
        if first > 12:
            day, month = first, second
        elif second > 12 or first == second:
            month, day = first, second
        else:
            return None  # 3/4/2025 is a day in March or in April
    else:
        day = int(groups["day"])
        month = MONTHS.get(folded(groups["month"])) or int(groups["month"])
    try:
        return date(int(groups["year"]), month, day)
    except ValueError:
        return None
