"""Filters on facts, source, title and dates: what `--where` and the page's filters ask.

Pure values: knows no storage. The same conditions hold in every leg of a search.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from errors import FilterError
from ingest.companies import same_company
from ingest.periods import parse_period

_EXPRESSION = re.compile(r"\s*([A-Za-z_][\w .-]*?)\s*(!=|<=|>=|=)\s*(.*?)\s*$", re.DOTALL)
_PERIODS = frozenset({"period", "calendar_period"})


@dataclass(frozen=True, slots=True)
class Condition:
    """`key operator value`, with an operator of =, !=, <= and >=."""

    key: str
    operator: str
    value: str


@dataclass(frozen=True, slots=True)
class Where:
    """Conditions that must all hold; several "=" on one key mean either. No conditions let everything through."""

    conditions: tuple[Condition, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.conditions)

    def matches(self, fields: Mapping[str, str | None]) -> bool:
        """Whether an article with these fields (its facts, and source, title, published, article_id) passes."""
        either: dict[str, bool] = {}
        for condition in self.conditions:
            held = _holds(condition, fields.get(condition.key))
            if condition.operator == "=":
                either[condition.key] = either.get(condition.key, False) or held
            elif not held:
                return False
        return all(either.values())


EVERYTHING = Where()


def parse_where(expressions: Sequence[str]) -> Where:
    """Conditions from texts such as "company=Intel" or "published>=2024-01-01". Raises FilterError."""
    conditions = []
    for expression in expressions:
        match = _EXPRESSION.match(expression)
        if match is None or not match.group(3):
            raise FilterError(f"--where {expression!r}: write key=value, key!=value, key<=value or key>=value")
        key, operator, value = match.groups()
        key = key.strip().lower().replace(" ", "_")
        if key in _PERIODS and operator in ("<=", ">=") and parse_period(value) is None:
            raise FilterError(f"--where {expression!r}: a period is written as 2023, 2023 Q3 or 2023 H1")
        if key == "published" and not re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", value):
            raise FilterError(f"--where {expression!r}: a date is written as 2024, 2024-06 or 2024-06-30")
        conditions.append(Condition(key, operator, value))
    return Where(tuple(conditions))


def fields_of(
    article_id: str, source: str, title: str, published: date | None, facts: Mapping[str, str]
) -> dict[str, str | None]:
    """What a condition may ask of an article. Its own properties win over facts of the same name."""
    named = {key.lower().replace(" ", "_"): value for key, value in facts.items()}
    return {
        **named,
        "article_id": article_id,
        "source": source,
        "title": title,
        "published": None if published is None else published.isoformat(),
    }


def _holds(condition: Condition, value: str | None) -> bool:
    if value is None:
        return condition.operator == "!="  # nothing is known, so it is not that value
    wanted = condition.value
    if condition.operator in ("=", "!="):
        same = _equal(condition.key, value, wanted)
        return same if condition.operator == "=" else not same
    if condition.key in _PERIODS and (held := parse_period(value)) and (bound := parse_period(wanted)):
        return held.last <= bound.last if condition.operator == "<=" else held.first >= bound.first
    left, right = _comparable(value, wanted)
    return left <= right if condition.operator == "<=" else left >= right


def _equal(key: str, value: str, wanted: str) -> bool:
    if key == "company" and same_company(value, wanted):
        return True
    if key in _PERIODS and (held := parse_period(value)) is not None:
        return held == parse_period(wanted)
    value, wanted = value.casefold(), wanted.casefold()
    if key == "published":
        return value.startswith(wanted)
    if key == "source":
        # A source may be named by its path, its file name, or its file name without the ending.
        name = re.split(r"[/\\]", value)[-1]
        return wanted in (value, name, name.rsplit(".", 1)[0])
    return value == wanted


def _comparable(value: str, wanted: str) -> tuple[tuple[float, str], tuple[float, str]]:
    """Numbers compare as numbers, all else (ISO dates too) as text; "2024" as an upper bound means its end."""
    try:
        return (float(value), ""), (float(wanted), "")
    except ValueError:
        return (0.0, value[: len(wanted)].casefold() if value[:4].isdigit() else value.casefold()), (
            0.0,
            wanted.casefold(),
        )
