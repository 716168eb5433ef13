"""What a person says that an article's title, date and facts are: checked, and laid over what was found.

Knows no storage. A correction is a value, or None where the person says that there is none.
"""

import re
from collections.abc import Mapping
from datetime import date

from errors import CorrectionError
from ingest.facts import add_calendar
from ingest.periods import parse_period

CORRECTED = "corrected"  # the origin of what a person said

_LONGEST = 300
_KEY = re.compile(r"[^\W\d][\w-]{0,40}")
_FIXED = frozenset({"source", "article_id", "sha256", "text_sha256", "text", "pages", "passages", "origin"})
_DAYS = frozenset({"published", "period_end"})
_PERIODS = frozenset({"period", "calendar_period"})
_MONTH_DAY = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")


def parse_corrections(given: Mapping[str, str | None]) -> dict[str, str | None]:
    """Corrections by fact, "title" or "published", as they are kept; an empty value removes.

    Raises CorrectionError, which says which one is wrong and how it is written.
    """
    return {name: _checked(name, value or "") for key, value in given.items() for name in (fact_name(key),)}


def fact_name(key: str) -> str:
    """The name of a fact as it is kept: "Year end" is "year_end". Raises CorrectionError where it can be none."""
    name = re.sub(r"[\s-]+", "_", key.strip().lower())
    if not _KEY.fullmatch(name):
        raise CorrectionError(f"{key}: no name of a fact; it begins with a letter and has no spaces, as in year_end")
    if name in _FIXED:
        raise CorrectionError(f"{name}: cannot be corrected; it says where the article came from or what it holds")
    return name


def _checked(key: str, value: str) -> str | None:
    value = " ".join(value.split())
    if not value:
        if key == "title":
            raise CorrectionError("title: an article needs one; undo the correction to have the one that was found")
        return None
    if len(value) > _LONGEST:
        raise CorrectionError(f"{key}: has {len(value)} characters; at most {_LONGEST} are kept")
    if key in _DAYS:
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError:
            raise CorrectionError(f"{key}: {value} is not a date; write it as 2025-07-01") from None
    if key in _PERIODS:
        period = parse_period(value)
        if period is None:
            raise CorrectionError(f"{key}: {value} is not a period; write it as 2023, 2023 Q3 or 2023 H1")
        return period.label
    if key == "year_end" and not _MONTH_DAY.fullmatch(value):
        raise CorrectionError(f"year_end: {value} is not a day of the year; write month and day as 09-30")
    if key == "language" and not _LANGUAGE.fullmatch(value):
        raise CorrectionError(f"language: {value} is not a language's code; write it as en or de")
    return value


def lay_over(
    title: str,
    published: date | None,
    facts: Mapping[str, str],
    origins: Mapping[str, str],
    corrections: Mapping[str, str | None],
) -> tuple[str, date | None, dict[str, str], dict[str, str]]:
    """Title, date, facts and origins with the corrections on top.

    What was removed keeps "corrected" as its origin. The calendar's period follows the corrected period or its end.
    """
    shown, where = dict(facts), dict(origins)
    for key, value in corrections.items():
        where[key] = CORRECTED
        if key == "title":
            title = value or title
        elif key == "published":
            published = None if value is None else date.fromisoformat(value)
        elif value is None:
            shown.pop(key, None)
        else:
            shown[key] = value
    if corrections.keys() & {"period", "period_end"} and "calendar_period" not in corrections:
        shown.pop("calendar_period", None)
        where.pop("calendar_period", None)
        add_calendar(shown, where, published)
    return title, published, shown, where
