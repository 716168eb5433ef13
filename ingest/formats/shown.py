"""Spreadsheet cells as the program shows them: numbers and dates under their number formats.

Knows the formats' language (sections, digits, literals, percent, thousands, dates), no library and no file. What a
format asks beyond that (fractions, colours, other calendars) is shown plainly: nothing of a value is made up.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum, auto
from functools import lru_cache

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# "quoted", \escaped, _space of a sign, *filling, [colour, condition, currency], General, digits with commas, the rest
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|(?P<gap>_.)|(?P<fill>\*.)|\[(?P<bracket>[^\]]*)\]|(?P<general>General)'
    r"|(?P<exponent>E[+-]0+)|(?P<digits>[0#?][0#?,.]*|\.[0#?]+)|(?P<time>AM/PM|A/P|[yYmMdDhHsS]+(?:\.0+)?)|(?P<other>.)",
    re.DOTALL | re.IGNORECASE,
)
_CURRENCY = re.compile(r"\$([^-\]]*)")
_CONDITION = re.compile(r"[<>=]")
_GENERAL_DIGITS = 11  # what a cell of usual width has room for
_LONGEST_FORMAT = 255
_LOCAL_DATES = ("mm-dd-yy", "m/d/yy", "m/d/yyyy", "dd/mm/yyyy", "d/m/yy", "d/m/yyyy", "mm/dd/yyyy", "mm/dd/yy")

Value = str | int | float | bool | datetime | date | time | timedelta | None


def shown(value: Value, number_format: str) -> str:
    """A cell's value as text; "" for an empty one."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return _number(value, number_format[:_LONGEST_FORMAT])
    if isinstance(value, timedelta):
        return str(value)
    return _moment(value, number_format[:_LONGEST_FORMAT])


# Numbers


def _number(value: int | float, number_format: str) -> str:
    if number_format == "General" and isinstance(value, int):
        return str(value) if abs(value) < 10**_GENERAL_DIGITS else _general(Decimal(value))
    exact = Decimal(repr(value))
    if not exact.is_finite():
        return str(value)
    plan = _plan(number_format, (exact > 0) - (exact < 0))
    if plan.kind is _Kind.GENERAL:
        return _general(exact)
    if plan.kind is _Kind.DIGITS:
        return _formatted(exact, plan.tokens, plan.keeps_sign)
    if plan.kind is _Kind.WORDS:
        return "".join(_literal(kind, text) for kind, text in plan.tokens).strip()
    text = "".join(_general(abs(exact)) if kind == "general" else _literal(kind, each) for kind, each in plan.tokens)
    return f"-{text.strip()}" if exact < 0 and plan.keeps_sign else text.strip()


class _Kind(Enum):
    """How a number is shown: as if unformatted, unformatted among words, by digits, or not at all."""

    GENERAL = auto()
    AMONG_WORDS = auto()
    DIGITS = auto()
    WORDS = auto()


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a format says of numbers of one sign; `keeps_sign` where a negative one still shows it."""

    kind: _Kind
    tokens: tuple[tuple[str, str], ...]
    keeps_sign: bool


@lru_cache(maxsize=1024)
def _plan(number_format: str, sign: int) -> _Plan:
    sections = _sections(number_format)
    section, keeps_sign = _section_for(sign, sections)
    tokens = _tokens(section)
    kinds = {kind for kind, _ in tokens}
    if "time" in kinds or "/" in section:
        how = _Kind.GENERAL  # a date that is no date, or a fraction
    elif "general" in kinds:
        how = _Kind.AMONG_WORDS
    elif kinds & {"digits", "exponent"}:
        how = _Kind.DIGITS
    else:
        how = _Kind.WORDS if tokens or len(sections) > 1 else _Kind.GENERAL
    return _Plan(how, tokens, keeps_sign)


def _sections(number_format: str) -> list[str]:
    """The parts between semicolons that stand outside quotes and brackets."""
    parts = [""]
    for match in _TOKEN.finditer(number_format):
        if match["other"] == ";":
            parts.append("")
        else:
            parts[-1] += match[0]
    return parts


def _section_for(sign: int, sections: list[str]) -> tuple[str, bool]:
    """The section for numbers of a sign, and whether a negative one still shows it there."""
    if any(_CONDITION.search(each) for section in sections for each in re.findall(r"\[([^\]]*)\]", section)):
        return sections[0], True  # sections with conditions of their own: the first one's digits, plainly
    if sign < 0 and len(sections) > 1:
        return sections[1], False
    if sign == 0 and len(sections) > 2:
        return sections[2], True
    return sections[0], True


@lru_cache(maxsize=512)
def _tokens(section: str) -> tuple[tuple[str, str], ...]:
    found: list[tuple[str, str]] = []
    for match in _TOKEN.finditer(section):
        kind = match.lastgroup or "other"
        found.append((kind, match[kind]))
    return tuple(found)


def _formatted(value: Decimal, tokens: tuple[tuple[str, str], ...], keeps_sign: bool) -> str:
    pattern = "".join(text for kind, text in tokens if kind == "digits")
    percent = sum(text.count("%") for kind, text in tokens if kind == "other")
    scaled = abs(value).scaleb(2 * percent)
    scaled = scaled.scaleb(-3 * (len(pattern) - len(pattern.rstrip(","))))  # each comma behind the digits divides
    whole, _, fraction = pattern.rstrip(",").partition(".")
    decimals, least = len(re.sub(r"[^0#?]", "", fraction)), len(re.findall(r"0", fraction))
    exponent = next((text for kind, text in tokens if kind == "exponent"), "")
    if exponent:
        digits = f"{scaled:.{decimals}e}"
        mantissa, _, power = digits.partition("e")
        sign = "-" if int(power) < 0 else "+" if "+" in exponent else ""
        digits = f"{mantissa}E{sign}{abs(int(power)):0{len(exponent) - 2}d}"
    else:
        rounded = scaled.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
        digits = f"{rounded:,f}" if "," in whole else f"{rounded:f}"
        if decimals > least and "." in digits:
            kept = digits.rstrip("0")
            digits = digits[: max(len(kept), digits.index(".") + 1 + least)].rstrip(".")
        wanted = whole.count("0")
        if len(digits.partition(".")[0]) < wanted:
            head, point, tail = digits.partition(".")
            digits = head.zfill(wanted) + point + tail
        elif not wanted and digits.startswith("0.") and fraction:
            digits = digits[1:]
        if not wanted and not least and digits == "0":
            digits = ""
    parts: list[str] = []
    placed = False
    for kind, text in tokens:
        if kind == "digits":
            parts.append("" if placed else digits)
            placed = True
        elif kind != "exponent":
            parts.append(_literal(kind, text))
    text = "".join(parts).strip()
    return f"-{text}" if value < 0 and keeps_sign and re.search(r"[1-9]", digits) else text


def _general(value: Decimal) -> str:
    """A number as an unformatted cell shows it: whole ones whole, others to eleven digits and signs."""
    if value == value.to_integral_value() and abs(value) < Decimal(10) ** _GENERAL_DIGITS:
        return str(int(value))
    if abs(value) >= Decimal(10) ** _GENERAL_DIGITS or abs(value) < Decimal("1e-9"):
        return f"{value:.5e}".replace("e", "E") if value else "0"
    before = len(str(int(abs(value))))
    text = f"{value.quantize(Decimal(1).scaleb(-max(1, _GENERAL_DIGITS - 1 - before)), rounding=ROUND_HALF_UP):f}"
    return text.rstrip("0").rstrip(".")


def _literal(kind: str, text: str) -> str:
    if kind == "bracket":
        currency = _CURRENCY.match(text)
        return currency[1] if currency else ""
    if kind == "gap":
        return " "
    return text if kind in ("quoted", "escaped", "other") else ""


# Dates and times


def _moment(value: datetime | date | time, number_format: str) -> str:
    section = _sections(number_format)[0]
    parts = list(_time_parts(section))
    letters = "".join(text.lower() for kind, text in parts if kind == "time")
    if not letters or section.lower() in _LOCAL_DATES:
        # "mm-dd-yy" stands for the local way, which another reader's machine would turn round.
        return _iso(value)
    out: list[str] = []
    has_half = "am/pm" in letters or "a/p" in letters
    for kind, text in parts:
        out.append(_part(value, text, half=has_half) if kind == "time" else _literal(kind, text))
    return "".join(out).strip()


def _iso(value: datetime | date | time) -> str:
    if isinstance(value, datetime):
        at_midnight = value.time() == time()
        return value.date().isoformat() if at_midnight else value.isoformat(" ", "minutes")
    return value.isoformat() if isinstance(value, date) else value.isoformat("minutes")


def _time_parts(section: str) -> Iterator[tuple[str, str]]:
    """Tokens of a date's format; months that follow hours, or come before seconds, are minutes ("nn")."""
    tokens = list(_tokens(section))
    for at, (kind, text) in enumerate(tokens):
        if kind == "bracket" and re.fullmatch(r"[hms]+", text, re.IGNORECASE):
            kind = "time"  # hours beyond a day
        if kind == "time" and text.lower() in ("m", "mm"):
            before = next((each.lower() for other, each in reversed(tokens[:at]) if _is_time(other, each)), "")
            after = next((each.lower() for other, each in tokens[at + 1 :] if _is_time(other, each)), "")
            if before.startswith("h") or after.startswith("s"):
                text = "n" * len(text)
        yield kind, text


def _is_time(kind: str, text: str) -> bool:
    return kind == "time" or (kind == "bracket" and re.fullmatch(r"[hms]+", text, re.IGNORECASE) is not None)


def _part(value: datetime | date | time, text: str, *, half: bool) -> str:
    code = text.lower()
    day = value if isinstance(value, date) else None  # a datetime is a date, too
    clock = value if isinstance(value, datetime | time) else time()
    if code in ("am/pm", "a/p"):
        word = "AM" if clock.hour < 12 else "PM"
        return word if code == "am/pm" else word[0]
    letter, width = code[0], len(code)
    if letter == "h":
        hour = (clock.hour % 12 or 12) if half else clock.hour
        return f"{hour:0{min(width, 2)}d}"
    if letter == "n":
        return f"{clock.minute:0{min(width, 2)}d}"
    if letter == "s":
        return f"{clock.second:0{min(len(code.partition('.')[0]), 2)}d}"
    if day is None:
        return ""
    if letter == "y":
        return f"{day.year % 100:02d}" if width <= 2 else f"{day.year:04d}"
    if letter == "m":
        name = _MONTHS[day.month - 1]
        return {1: str(day.month), 2: f"{day.month:02d}", 3: name[:3], 5: name[0]}.get(width, name)
    weekday = _DAYS[day.weekday()]
    return {1: str(day.day), 2: f"{day.day:02d}", 3: weekday[:3]}.get(width, weekday)
