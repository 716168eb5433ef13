"""The figures of a text: money, shares, growth rates, counts, ratios, days, years and reporting periods, normalised so
that they compare whatever the words: "RMB 115.7 billion (approximately US$16.02 billion)", "31 to 40 percent",
"$8.7bn", "FY24 Q3".

Pure functions on text; knows no index and no model. Which kind of figure a question asks for is told here, too.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from chat.terms import Asked, asked_for
from ingest.cleaning import folded
from ingest.dates import MONTHS, dates_in
from ingest.periods import find_periods


class FigureKind(StrEnum):
    """What a figure measures."""

    MONEY = "money"
    PERCENT = "percent"
    POINTS = "points"  # percentage points; a basis point is a hundredth of one
    GROWTH = "growth"  # a percentage that is a rate of growth
    COUNT = "count"  # of the things that `unit` names
    RATIO = "ratio"  # "tenfold", "3.5x"
    NUMBER = "number"  # with nothing that says of what
    DATE = "date"  # a day, or a month of a year
    YEAR = "year"
    PERIOD = "period"  # "FY24 Q3": a reporting period called as such


NUMERIC = frozenset({kind for kind in FigureKind if kind not in ("date", "year", "period")})
TEMPORAL = frozenset({FigureKind.DATE, FigureKind.YEAR, FigureKind.PERIOD})


class Approximation(StrEnum):
    """How closely a figure is meant."""

    EXACT = ""
    ABOUT = "about"
    OVER = "over"  # at least, more than
    UNDER = "under"  # at most, less than


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure in `text[start:end]`: the number with its currency, scale and percent sign, without the thing counted.

    `low` and `high` are equal but for a range, and normalised: "US$8.7bn" is 8700000000, "50 bps" is 0.5, and days,
    years and periods are their first and last day as proleptic Gregorian ordinals (a fiscal period as if it were the
    calendar's). `unit` is the ISO code of a currency, or the sign where several currencies share it ("$", "¥", "kr");
    the noun in the singular for a count; the label ("2024 Q3") for a period; "" otherwise. `step` is the worth of the
    last digit that was written: 1000000000 for "16 billion", 10000000 for "16.02 billion". `equivalents` are the same
    value in other units, given beside it.
    """

    kind: FigureKind
    low: Decimal
    high: Decimal
    unit: str
    start: int
    end: int
    approximation: Approximation = Approximation.EXACT
    step: Decimal = Decimal(1)
    equivalents: tuple["Figure", ...] = ()


_SCALES: dict[str, Decimal] = {
    word: Decimal(10) ** power
    for power, words in (
        (3, "thousand thousands k tsd"),
        (4, "万 萬"),
        (5, "lakh lakhs lac lacs"),
        (6, "million millions mn mln mio m mm"),
        (7, "crore crores cr"),
        (8, "亿 億"),
        (9, "billion billions bn bln mrd b"),
        (12, "trillion trillions tn trn t"),
    )
    for word in words.split()
}
_SCALES["lakh crore"] = Decimal(10) ** 12
# A single letter is a scale only where it touches its number: "5m", "US$6.5B"; "t" are tonnes unless it is money.
_SCALE = re.compile(
    r"[\s-]?(?P<word>lakh\s+crore|thousands?|millions?|billions?|trillions?|mn|mln|bn|bln|tn|trn|tsd|mio|mrd|lakhs?|lacs?"
    r"|crores?|cr)\b(?!\w)|\s?(?P<sign>[万萬亿億])|(?P<letter>mm|[kmbt])(?![\w’'])",
    re.IGNORECASE,
)
_ISO = (
    "USD EUR GBP CNY RMB JPY INR HKD TWD SGD AUD CAD NZD CHF SEK NOK DKK KRW BRL MXN ZAR RUB TRY PLN CZK HUF ILS THB"
    " IDR MYR PHP VND AED SAR QAR KWD EGP NGN KES PKR BDT LKR CLP COP ARS PEN UAH RON BGN ISK MOP"
).split()
_SIGNS = {
    **{code: code for code in _ISO},
    **{"RMB": "CNY", "CN¥": "CNY", "Rs": "INR", "Rs.": "INR", "₹": "INR", "€": "EUR", "£": "GBP", "₩": "KRW"},
    **{"US$": "USD", "U.S.$": "USD", "HK$": "HKD", "NT$": "TWD", "S$": "SGD", "A$": "AUD", "AU$": "AUD", "C$": "CAD"},
    **{"CA$": "CAD", "NZ$": "NZD", "R$": "BRL", "MX$": "MXN", "₽": "RUB", "₺": "TRY", "₫": "VND", "฿": "THB"},
    **{"$": "$", "¥": "¥", "￥": "¥", "kr": "kr", "USD$": "USD", "¢": "$"},
}
_SHARED = {  # currencies that share a sign
    "$": frozenset("USD HKD TWD SGD AUD CAD NZD MXN CLP COP ARS".split()),
    "¥": frozenset(("CNY", "JPY")),
    "kr": frozenset(("SEK", "NOK", "DKK", "ISK")),
}
_NAMES = (
    (r"(?:US|U\.S\.|American)\s+dollars?", "USD"),
    (r"(?:Hong Kong|HK)\s+dollars?", "HKD"),
    (r"Singapore\s+dollars?", "SGD"),
    (r"Australian\s+dollars?", "AUD"),
    (r"Canadian\s+dollars?", "CAD"),
    (r"(?:New\s+)?Taiwan\s+dollars?", "TWD"),
    (r"dollars?", "$"),
    (r"euros?", "EUR"),
    (r"(?:pounds?(?:\s+sterling)?|sterling)", "GBP"),
    (r"(?:Chinese\s+)?(?:yuan|renminbi)", "CNY"),
    (r"(?:Japanese\s+)?yen", "JPY"),
    (r"(?:Indian\s+)?rupees?", "INR"),
    (r"(?:Korean\s+|South Korean\s+)?won(?!\s+(?:a|an|the|by|its)\b)", "KRW"),
    (r"(?:Swiss\s+)?francs?", "CHF"),
    (r"(?:Swedish\s+)?kronor", "SEK"),
    (r"roubles?|rubles?", "RUB"),
    (r"reais", "BRL"),
)
_SIGN = "|".join(sorted(map(re.escape, _SIGNS), key=len, reverse=True))
_CURRENCY_BEFORE = re.compile(rf"(?<![A-Za-z])(?P<sign>{_SIGN})\s?(?P<negative>\()?\Z")
_CURRENCY_AFTER = re.compile(
    rf"\s?(?P<sign>€|£|₹|¢|\$(?!\d)|(?:(?<=\d)|(?<=[\s.])|(?<=n))(?-i:{'|'.join(_ISO)}|kr)\b)"
    rf"|[\s-](?P<name>{'|'.join(f'(?:{pattern})' for pattern, _ in _NAMES)})\b",
    re.IGNORECASE,
)
_NAME_PATTERNS = tuple((re.compile(pattern, re.IGNORECASE), code) for pattern, code in _NAMES)
_IN_WORDS = re.compile(
    rf"(?<![A-Za-z])(?P<sign>(?-i:{_SIGN}))(?![A-Za-z])|\b(?P<name>{'|'.join(f'(?:{p})' for p, _ in _NAMES)})\b",
    re.IGNORECASE,
)

_DIGITS = (
    r"\d{1,3}(?:[,’'\u00a0\u202f\u2009]\d{2,3})*(?:[,’'\u00a0\u202f\u2009]\d{3})(?:\.\d+)?(?![\d])"
    r"|\d{1,3}(?:\.\d{3})+,\d{1,2}(?!\d)|\d+(?:\.\d+)?|(?<!\d)\.\d+"
)
_UNITS = {
    word: number
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
        " seventeen eighteen nineteen".split()
    )
}
_TENS = {
    word: 10 * number
    for number, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2)
}


def _any_of(words: Iterable[str]) -> str:
    """A pattern of words, longest first, branched by their first letters: most positions then fail at once."""
    branches: dict[str, list[str]] = {}
    for word in sorted(words, key=len, reverse=True):
        branches.setdefault(word[0], []).append(word[1:])
    return "(?:" + "|".join(f"{letter}(?:{'|'.join(rest)})" for letter, rest in branches.items()) + ")"


_SMALL = rf"(?:{_any_of(_TENS)}(?:[\s-]{_any_of(list(_UNITS)[1:10])})?|{_any_of(_UNITS)})"
_PARTS_OF = {"half": 2, "halves": 2, "third": 3, "quarter": 4, "fifth": 5, "tenth": 10}
_NUMBER = re.compile(
    rf"(?P<digits>{_DIGITS})"
    rf"|\b(?=[aefhnostz])(?:(?P<part>(?P<parts>one|two|three|four|a)[\s-](?P<of>third|quarter|fifth|tenth)s?)\b(?=\s+(?:of|the|its|their|as)\b)"
    rf"|(?P<one_in>one\s+in\s+(?P<every>{'|'.join(list(_UNITS)[2:])}))\b"
    rf"|(?P<fold>(?P<folds>two|three|four|five|six|seven|eight|nine|ten)fold)\b"
    rf"|(?P<words>half\s+a(?=\s+(?:million|billion|trillion))|(?:an?|several(?=x))(?=\s+(?:thousand|million|billion|trillion)\b)"
    rf"|(?:{_SMALL}|a)\s+hundred(?:\s+(?:and\s+)?{_SMALL})?|{_SMALL})\b)",
    re.IGNORECASE,
)
_GLUED_BEFORE = re.compile(r"[A-Za-z0-9_&][-–/.:#@]\Z|[A-Za-z0-9_#@/:]\Z|[&]\w+\s\Z|\d[.,]\Z|\b(?:No|no|Nos|Class|Figure|Fig|Table|Part|Chapter|Section|Note|Item|Phase|Tier|Level|Article|Exhibit|Page|page|pp|Series|Version|version)\.?\s\Z")  # fmt: skip # noqa: E501
_GLUED_AFTER = re.compile(r"[A-Za-z_]|[.,:/]\d|-(?![\s])(?:[A-Z](?![a-z])|\d)|-(?:day|year|month|week|hour|minute)s?(?:-old)?\b|(?:st|nd|rd|th)\b")  # fmt: skip # noqa: E501
_PERCENT = re.compile(
    r"\s?(?P<points>(?:percentage|per\s?cent(?:age)?)[\s-]points?\b|p\.?p\.?t?s?\b(?!\w)|%[\s-]points?\b)"
    r"|[\s-]?(?P<basis>basis[\s-]points?\b|bps?\b)|\s?(?P<percent>%|％)"
    r"|[\s-](?P<word>per\s?cent\b|percent(?:age)?\b|pct\b\.?)",
    re.IGNORECASE,
)
_FOLD = re.compile(r"(?:-?fold\b|x(?!\w)|\s?×(?!\s?\d)|\s+times\b(?!\s+(?:a|per|each)\b))", re.IGNORECASE)
_PLUS = re.compile(r"\+|\s+(?:plus\b(?!\s+\w)|or\s+(?:more|so|less|fewer)\b)")
_APPROXIMATE = re.compile(
    r"(?:(?P<about>\b(?:about|around|approximately|approx\.?|roughly|some|circa|ca?\.|nearly|almost|close\s+to|an?\s+estimated"
    r"|estimated(?:\s+at)?|just\s+(?:under|over|above|below|shy\s+of)|nigh\s+on|in\s+the\s+region\s+of|near|little\s+(?:over|under)"
    r"|or\s+so)|[~≈∼])"
    r"|(?P<over>\b(?:over|more\s+than|above|exceed(?:s|ed|ing)?|at\s+least|upwards?\s+of|in\s+excess\s+of|no\s+(?:less|fewer)\s+than"
    r"|not\s+less\s+than|greater\s+than|north\s+of|surpass(?:ed|es|ing)?|topp(?:ed|ing))|[>≥])"
    r"|(?P<under>\b(?:less\s+than|fewer\s+than|under|below|up\s+to|at\s+most|no\s+more\s+than|not\s+more\s+than|as\s+much\s+as"
    r"|as\s+many\s+as|south\s+of)|[<≤]))\s*(?:an?\s+|the\s+)?(?:estimated\s+)?\Z",
    re.IGNORECASE,
)
_MINUS = re.compile(r"(?:(?:^|(?<=[\s(|~]))[-−–](?:\s?)|\b(?:minus|negative)\s+)\Z")
_RANGE = re.compile(r"\s?(?:–|—|-|~)\s?|\s+to\s+(?:about\s+|around\s+|nearly\s+)?")
_AND = re.compile(r"\s+and\s+")
_BETWEEN = re.compile(r"\bbetween\s+(?:about\s+|around\s+)?\Z", re.IGNORECASE)
_SAME = re.compile(
    r"\s*(?:[(\[/,;=–—]|\bor\b|\bi\.e\.)\s*(?:(?:or|about|approximately|approx\.?|around|roughly|some|nearly|almost|over"
    r"|equal(?:s|ing)?(?:\s+to)?|equivalent(?:\s+to)?|the\s+equivalent\s+of|worth|that\s+is|i\.e\.|=|~|≈)[\s,]*)*",
    re.IGNORECASE,
)
_GROWTH_AFTER = re.compile(
    r"\s*\(?\s*(?:CAGR|compound|(?:average\s+)?(?:annual(?:ly|ised|ized)?|year(?:ly)?)\b(?!\s+(?:margin|return|yield|interest|fee|rate\s+of\s+(?!growth)))"
    r"|growth\b|(?:a|per|each|every)\s+year\b|year[\s-](?:on|over)[\s-]year|y[/-]?o[/-]?y|q[/-]?o[/-]?q|increase\b|rise\b|decline\b"
    r"|decrease\b|drop\b|jump\b|surge\b|fall\b|higher\b|lower\b|up\b|down\b|more\s+than\b(?!\s+\d)|from\s+(?:a|the)\s+year)",
    re.IGNORECASE,
)
_GROWTH_BEFORE = re.compile(
    r"(?:\bCAGR\b|\bgrowth\b|\b(?:grow|grew|grown|growing|grows|expand(?:s|ed|ing)?|rose|rise[ns]?|rising|increas(?:e[sd]?|ing)|climb(?:s|ed|ing)?"
    r"|jump(?:s|ed|ing)?|surg(?:e[sd]?|ing)|fell|fall(?:s|en|ing)?|declin(?:e[sd]?|ing)|decreas(?:e[sd]?|ing)|dropp(?:ed|ing)|drops?"
    r"|shr[aiu]nk|gain(?:s|ed|ing)?|advanc(?:e[sd]?|ing)|up|down|slid|slipp(?:ed|ing)|slump(?:ed)?))"
    r"(?!\s+to\b)(?:\)?\s+(?!to\b|from\b|and\b|with\b|or\b|account\w*|represent\w*|margin)[(\w’',-]+){0,5}?\)?\s*[(:]?\s*[~≈]?\Z",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:19|20)\d\d")
_TEMPORAL = re.compile(r"(?:19|20)\d\d|['’]\d\d|\bFY|[1-4][QH]|\d年", re.IGNORECASE)
_MONTH = "|".join(sorted(map(str.title, MONTHS), key=len, reverse=True))
_MONTH_OF_YEAR = re.compile(rf"\b(?P<month>{_MONTH})\b\.?,?\s+(?:of\s+)?(?P<year>(?:19|20)\d\d)(?!\d)")
_SPAN_OF_YEARS = re.compile(
    r"(?<![\d.,$€£¥])(?P<first>(?:19|20)\d\d)(?:\s?[–—/-]\s?|\s+(?:to|through|until)\s+)(?P<last>(?:19|20)?\d\d)(?![\d%]|[./-]\d|\s?(?:%|percent))"
)
_WORD = re.compile(r"[\s-]{1,2}(?P<word>[A-Za-z][\w’'&/.-]*)")
_NO_NOUN = frozenset(
    """a an the of in on at by for from to and or but with as than that which who is are was were be been being has have
    had will would can could may might should must not no do does did if when while where during between through per
    each every its their his her our your this these those it they we he she you there then more less fewer higher lower
    up down over under about above below ago earlier later since before after until within across into against versus vs
    compared respectively only also so after-tax annually percent points rose fell grew increased decreased declined
    was-reported both all any most some such due according including excluding because""".split()
)
_PLURAL = re.compile(r".{3,}(?<![sui’'])s")
_IRREGULAR = {
    "people": "people",
    "men": "man",
    "women": "woman",
    "children": "child",
    "staff": "staff",
    "personnel": "staff",
}
_STRETCHES = frozenset("day week month quarter year decade".split())
_SINGULAR_S = frozenset("gas basis analysis bus plus business series class process address access loss news diabetes us its as this".split())  # fmt: skip # noqa: E501


@lru_cache(maxsize=4096)
def find_figures(text: str, *, unit: str | None = None) -> tuple[Figure, ...]:
    """The figures of a text, in order; none of them overlap.

    `unit` says that the text is a table's row or cell and what stands above it about units ("In millions of US dollars,
    except per share amounts", or ""): bare figures then have that scale and currency, and "(1,234)" is negative. Years,
    percentages and figures with a currency, scale or noun of their own keep theirs. Remembered for the last
    few thousand texts, since a sentence is looked at more than once.
    """
    taken = list(_temporal(text)) if _TEMPORAL.search(text) else []
    tokens = _tokens(text, taken, unit)
    figures = [*taken, *_joined(text, tokens)]
    figures.sort(key=lambda figure: (figure.start, -figure.end))
    return tuple(_with_equivalents(text, figures))


def asked_kinds(question: str) -> frozenset[FigureKind]:
    """The kinds of figure that would answer a question; empty when it asks for no figure ("Who founded it?")."""
    asked = asked_for(question)
    if asked is Asked.DATE:
        return TEMPORAL
    if asked is not Asked.FIGURE:
        return frozenset()
    if _ASKS_COUNT.search(question):
        return frozenset({FigureKind.COUNT, FigureKind.NUMBER})
    if _ASKS_RATIO.search(question):
        return frozenset({FigureKind.PERCENT, FigureKind.RATIO, FigureKind.NUMBER})
    if _ASKS_PERCENT.search(question):
        kinds = {FigureKind.PERCENT, FigureKind.GROWTH, FigureKind.POINTS}
        return frozenset(kinds | {FigureKind.RATIO} if _ASKS_GROWTH.search(question) else kinds)
    if _ASKS_MONEY.search(question):
        return frozenset({FigureKind.MONEY})
    return NUMERIC


_ASKS_COUNT = re.compile(r"\bhow many\b|\bnumber of\b|\bhow often\b|\bpopulation\b|\bheadcount\b", re.IGNORECASE)
_ASKS_RATIO = re.compile(r"\bratios?\b", re.IGNORECASE)
_ASKS_GROWTH = re.compile(
    r"\bgrow(?:s|th|n|ing)?\b|\bgrew\b|\bcagr\b|\bhow fast\b|\bincrease\b|\bexpand", re.IGNORECASE
)
_ASKS_PERCENT = re.compile(
    r"\bper\s?cent|%|\bshare(?!s?\s+(?:price|repurchase|capital|count|of\s+stock)|holder|s\b)|\brates?\b|\bgrowth\b"
    r"|\breturn on\b|\bcagr\b|\bproportion\b|\bmargins?\b|\byields?\b|\bfraction\b|\bhow fast\b|\bslice\b"
    r"|\bhow much of\b|\bhow accurate\b|\b(?:what|which) part of\b"
    r"|\bhow much (?:did|has|have|will|does|do)\b.*\b(?:grow|grown|rise|risen|increase|fall|decline)d?\b",
    re.IGNORECASE,
)
_SIZED = r"(?:market|fund|deal|fine|budget)(?:[’']s)?"
_ASKS_MONEY = re.compile(
    r"\bhow much (?:money|more money|is|was|are|were|did|does|do|has"
    r"|have|had|will|would|should|could|can|may)\b|\bworth\b|\bvalued?\b|\bprices?\b"
    r"|\bcosts?\b|\brevenues?\b|\bsales\b|\bincome\b|\bprofits?\b|\bearnings\b|\bebitda?\b|\bcapex\b|\bexpenses?\b"
    r"|\bcapital expenditures?\b|\bdebt\b|\bassets\b|\bliabilities\b|\bcash\b|\bspend(?:ing)?\b|\bfees?\b|\bamount\b"
    r"|\binvest(?:ed|ment)?\b|\bdividends?\b|\bturnover\b|\bloss(?:es)?\b|\bmarket\s+cap"
    rf"|\b{_SIZED}\b.*\b(?:large|big|size)\b|\b(?:large|big|size)\b.*\b{_SIZED}",
    re.IGNORECASE,
)


def asked_unit(question: str) -> str:
    """The currency in which a question wants its answer ("in renminbi"), as `Figure.unit` has it; "" for any."""
    match = _ASKS_UNIT.search(question)
    return "" if match is None else _named(match["name"])


_ASKS_UNIT = re.compile(rf"\bin\s+(?P<name>{'|'.join(f'(?:{pattern})' for pattern, _ in _NAMES)})\b", re.IGNORECASE)


def same_unit(one: str, other: str) -> bool:
    """Whether two units can be the same: "$" is any dollar, "" any unit."""
    return one == other or not one or not other or other in _SHARED.get(one, ()) or one in _SHARED.get(other, ())


def agree(one: Figure, other: Figure) -> bool:
    """Whether two figures can state the same value: at the coarser's precision, as approximately as they are meant, in
    a range, or by an equivalent in another unit. Figures whose units cannot be compared do not agree.
    """
    return any(
        _agree(left, right)
        for left in (one, *one.equivalents)
        for right in (other, *other.equivalents)
        if same_unit(left.unit, right.unit)
    )


def comparable(one: Figure, other: Figure) -> bool:
    """Whether two figures are in one unit, or have equivalents that are."""
    return any(
        _like(left.kind, right.kind) and same_unit(left.unit, right.unit)
        for left in (one, *one.equivalents)
        for right in (other, *other.equivalents)
    )


def _like(one: FigureKind, other: FigureKind) -> bool:
    if one is other or (one in TEMPORAL and other in TEMPORAL):
        return True
    return {one, other} <= {FigureKind.COUNT, FigureKind.NUMBER}


_ABOUT = Decimal("0.05")  # how far, as a share of the value, "about" may be off
_BEYOND = Decimal("1.5")  # "over 100" may be 150, hardly 300


def _agree(one: Figure, other: Figure) -> bool:
    if one.kind in TEMPORAL:
        return one.low <= other.high and other.low <= one.high
    coarser = max(one.step, other.step)
    slack = coarser / 2
    if Approximation.ABOUT in (one.approximation, other.approximation):
        slack = max(slack, _ABOUT * max(abs(one.high), abs(other.high)))
    if one.low - slack <= other.high and other.low - slack <= one.high:
        return True
    for bound, value in ((one, other), (other, one)):
        if bound.approximation is Approximation.OVER and bound.high <= value.low <= bound.high * _BEYOND:
            return True
        if bound.approximation is Approximation.UNDER and bound.low / _BEYOND <= value.high <= bound.low:
            return True
    return False


# --- days, years, periods ---


def _temporal(text: str) -> Iterator[Figure]:
    """Days, months of years, periods called as such, spans of years and years, none overlapping."""
    taken: list[Figure] = []

    def free(start: int, end: int) -> bool:
        return all(end <= each.start or each.end <= start for each in taken)

    for day in dates_in(text):
        taken.append(_time(FigureKind.DATE, day.day, day.day, day.start, day.end))
    for period in find_periods(text):
        if free(period.start, period.end):
            first, last = _days_of(period.period.year, period.period.part)
            taken.append(_time(FigureKind.PERIOD, first, last, period.start, period.end, period.period.label))
    for match in _MONTH_OF_YEAR.finditer(text):
        if free(*match.span()):
            year, month = int(match["year"]), MONTHS[folded(match["month"])]
            taken.append(
                _time(FigureKind.DATE, date(year, month, 1), _last_of(year, month), match.start(), match.end())
            )
    for match in _SPAN_OF_YEARS.finditer(text):
        first_year, last_year = int(match["first"]), int(match["last"])
        if last_year < 100:
            last_year += first_year // 100 * 100
        if first_year < last_year and free(*match.span()):
            first, last = date(first_year, 1, 1), date(last_year, 12, 31)
            taken.append(_time(FigureKind.YEAR, first, last, match.start(), match.end()))
    return iter(taken)


def _time(kind: FigureKind, first: date, last: date, start: int, end: int, unit: str = "") -> Figure:
    return Figure(kind, Decimal(first.toordinal()), Decimal(last.toordinal()), unit, start, end)


def _days_of(year: int, part: str) -> tuple[date, date]:
    months = {"Q": 3, "H": 6}.get(part[:1], 12)
    number = int(part[1:] or 1)
    return date(year, (number - 1) * months + 1, 1), _last_of(year, number * months)


def _last_of(year: int, month: int) -> date:
    return date.fromordinal((date(year + 1, 1, 1) if month == 12 else date(year, month + 1, 1)).toordinal() - 1)


# --- numbers ---


@dataclass(slots=True)
class _Token:
    """A number with what belongs to it, before ranges are joined. `bare`: no currency, scale or sign of a kind."""

    value: Decimal
    step: Decimal
    start: int
    end: int
    number_start: int
    kind: FigureKind = FigureKind.NUMBER
    unit: str = ""
    scale: Decimal | None = None
    approximation: Approximation = Approximation.EXACT
    year: bool = False
    growth: bool = False


def _tokens(text: str, taken: Sequence[Figure], unit: str | None) -> list[_Token]:
    tokens: list[_Token] = []
    spans = sorted((figure.start, figure.end) for figure in taken)
    for match in _NUMBER.finditer(text):
        start, end = match.span()
        if any(first < end and start < last for first, last in spans) or (tokens and start < tokens[-1].end):
            continue
        token = _token(text, match)
        if token is not None:
            tokens.append(token)
    if unit is not None:
        for token in tokens:
            _as_cell(text, token, unit)
    return tokens


def _token(text: str, match: re.Match[str]) -> _Token | None:
    start, end = match.span()
    if match["part"] or match["one_in"] or match["fold"]:
        return _worded(match)
    written = match["digits"]
    before = _CURRENCY_BEFORE.search(text, max(0, start - 6), start)
    sign_end = start
    if before is None and (minus := _MINUS.search(text, max(0, start - 10), start)) is not None:
        sign_end = minus.start()
        before = _CURRENCY_BEFORE.search(text, max(0, sign_end - 6), sign_end)
    negative = sign_end < start
    glued = text[max(0, start - 14) : start]
    if before is None and written and not negative and _GLUED_BEFORE.search(glued):
        if not re.search(r"\d\s?[–—-]\Z", glued):  # the second half of a range
            return None
        if re.search(r"[A-Za-z]\d+\s?[–—-]\Z", glued):
            return None
    value, step = _read(written) if written else _read_words(match["words"])
    token = _Token(value, step, before.start() if before else sign_end, end, start)
    if before is not None:
        token.kind, token.unit = FigureKind.MONEY, _code(before["sign"])
        if before["negative"] and text[end : end + 1] == ")":
            negative, end, token.end = True, end + 1, end + 1  # "$(12.4) million"
        if (minus := _MINUS.search(text, max(0, token.start - 10), token.start)) is not None:
            negative, token.start = True, minus.start()
    scale = _SCALE.match(text, end)
    if scale is not None and scale["letter"] and (not written or (scale["letter"] == "t" and before is None)):
        scale = None
    if (
        scale is not None
        and scale["letter"] == "m"
        and before is None
        and not re.match(r"m(?:\s|$|[),.;+])", text[end : end + 2])
    ):
        scale = None
    if scale is not None:
        token.scale = _SCALES[" ".join(folded(scale["word"] or scale["sign"] or scale["letter"]).split())]
        token.value, token.step = token.value * token.scale, token.step * token.scale
        token.end = scale.end()
    if (
        written
        and scale is None
        and _GLUED_AFTER.match(text, end)
        and not (
            _PERCENT.match(text, end)
            or _FOLD.match(text, end)
            or _RANGE.match(text, end)
            or _CURRENCY_AFTER.match(text, end)
        )
    ):
        return None
    if written and re.match(
        r"-(?:[A-Z](?![a-z])|(?:day|year|month|week|hour|minute)s?\b)", text[token.end : token.end + 10]
    ):
        return None
    if negative:
        token.value = -token.value
    _kind_of(text, token)
    if not written and token.kind is FigureKind.NUMBER and token.scale is None and not _counts(text, token, match):
        return None
    token.approximation = _approximation(text, token)
    return token


def _counts(text: str, token: _Token, match: re.Match[str]) -> bool:
    """Whether a number in words counts something: "three plants", not "one of", "number two"."""
    if match["words"].lower() in ("one", "zero", "a", "an"):
        return False
    _noun(text, token)
    return token.kind is FigureKind.COUNT


def _worded(match: re.Match[str]) -> _Token:
    """Fractions and multiples in words."""
    start, end = match.span()
    if match["fold"]:
        return _Token(Decimal(_UNITS[folded(match["folds"])]), Decimal(1), start, end, start, FigureKind.RATIO)
    if match["one_in"]:
        top, bottom = 1, _UNITS[folded(match["every"])]
    else:
        top, bottom = _UNITS.get(folded(match["parts"]), 1), _PARTS_OF[folded(match["of"])]
    value = (Decimal(100) * top / bottom).quantize(Decimal("0.01"))
    return _Token(value, Decimal(1), start, end, start, FigureKind.PERCENT, approximation=Approximation.ABOUT)


def _read(written: str) -> tuple[Decimal, Decimal]:
    """Value and worth of the last digit: three zeros at the end and more are taken for rounding."""
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+,\d{1,2}", written):
        written = written.replace(".", "").replace(",", ".")
    plain = re.sub(r"[^\d.]", "", written)
    value = Decimal(plain)
    exponent = value.as_tuple().exponent
    step = Decimal(1).scaleb(int(exponent))
    if "." not in plain and value and (zeros := len(plain) - len(plain.rstrip("0"))) >= 3:
        step = Decimal(10) ** zeros
    return value, step


def _read_words(words: str) -> tuple[Decimal, Decimal]:
    words = folded(words)
    if words.startswith("half"):
        return Decimal("0.5"), Decimal("0.1")
    total = 0
    for word in re.findall(r"[a-z]+", words):
        if word == "hundred":
            total = max(1, total) * 100
        else:
            total += _UNITS.get(word, _TENS.get(word, 0))
    return Decimal(total or 1), Decimal(100 if total >= 100 and total % 100 == 0 else 1)


def _code(sign: str) -> str:
    return _SIGNS.get(sign) or _SIGNS.get(sign.upper()) or sign


def _kind_of(text: str, token: _Token) -> None:
    """Read what stands behind a number: percent sign, currency, "fold", the thing counted; moves the token's end."""
    plus = _PLUS.match(text, token.end)
    if plus is not None and plus.group() == "+":
        token.end = plus.end()
    percent = _PERCENT.match(text, token.end)
    if percent is not None and token.kind is not FigureKind.MONEY:
        token.end = percent.end()
        if percent["basis"]:
            token.value, token.step = token.value / 100, token.step / 100
        token.kind = FigureKind.POINTS if percent["basis"] or percent["points"] else FigureKind.PERCENT
        if token.kind is FigureKind.PERCENT and (
            _GROWTH_AFTER.match(text, token.end) or _GROWTH_BEFORE.search(text, max(0, token.start - 70), token.start)
        ):
            token.growth = True
        return
    if token.kind is FigureKind.MONEY:
        return
    after = _CURRENCY_AFTER.match(text, token.end)
    if after is not None:
        token.kind = FigureKind.MONEY
        token.unit = _code(after["sign"]) if after["sign"] else _named(after["name"])
        token.end = after.end()
        return
    if (fold := _FOLD.match(text, token.end)) is not None and token.scale is None:
        token.kind, token.end = FigureKind.RATIO, fold.end()
        return
    if token.scale is None and token.step == 1 and _YEAR.fullmatch(text, token.number_start, token.end):
        token.year, token.value, token.start = True, abs(token.value), token.number_start  # "2018 -2019"
        return
    _noun(text, token)


def _named(name: str) -> str:
    return next(code for pattern, code in _NAME_PATTERNS if pattern.fullmatch(name))


# Units of measure that are written with a prefix: "146 kt" are 146,000 tonnes, "3.5 GW" as much as "3,460 MW" or so.
_METRIC = re.compile(r"\s?(?P<prefix>[kMGT])(?P<base>t|Wh|Wp?|B)(?![\w’'-])")
_PREFIXES = {"k": 3, "M": 6, "G": 9, "T": 12}
_BASES = {"t": "tonne", "W": "watt", "Wp": "watt", "Wh": "watt-hour", "B": "byte"}


def _noun(text: str, token: _Token) -> None:
    """Tell a count by the plural noun that follows within four words: "92 AI-powered Class III medical devices"."""
    metric = _METRIC.match(text, token.end)
    if metric is not None and token.kind is FigureKind.NUMBER:
        scale = Decimal(10) ** _PREFIXES[metric["prefix"]]
        token.kind, token.unit = FigureKind.COUNT, _BASES[metric["base"]]
        token.value, token.step = token.value * scale, token.step * scale
        token.scale = scale * (token.scale or 1)
        return
    at, first = token.end, ""
    for _ in range(5):
        match = _WORD.match(text, at)
        if match is None:
            break
        word = match["word"].rstrip(".'’-/")
        lowered = word.lower()
        if lowered in _NO_NOUN:
            break
        if lowered in _IRREGULAR:
            token.kind, token.unit = FigureKind.COUNT, _IRREGULAR[lowered]
            return
        if _PLURAL.fullmatch(lowered) and lowered not in _SINGULAR_S:
            token.kind, token.unit = FigureKind.COUNT, singular(lowered)
            return
        first = first or word
        at = match.end()
        if match["word"].endswith((".", "'")):
            break
    if first and (first[0].islower() or any(map(str.isupper, first[1:]))) and len(first) > 1 and token.value != 1:
        token.kind, token.unit = FigureKind.COUNT, first


def singular(noun: str) -> str:
    """The singular of a plural noun, or what will do for comparing: "companies" is "company", "boxes" is "boxe"."""
    if noun in _IRREGULAR:
        return _IRREGULAR[noun]
    if noun.endswith("ies") and len(noun) > 4:
        return noun[:-3] + "y"
    if noun.endswith(("sses", "shes", "ches", "xes")):
        return noun[:-2]
    return noun[:-1] if noun.endswith("s") and not noun.endswith(("ss", "us", "is")) and len(noun) > 3 else noun


def _approximation(text: str, token: _Token) -> Approximation:
    if token.approximation:
        return token.approximation
    after = _PLUS.match(text, token.end)
    said = after.group() if after is not None else ""
    if (
        text[token.end - 1] == "+"
        or text[token.number_start : token.end].find("+") >= 0
        or "more" in said
        or said == "+"
    ):
        return Approximation.OVER
    if "so" in said:
        return Approximation.ABOUT
    if "less" in said or "fewer" in said:
        return Approximation.UNDER
    before = _APPROXIMATE.search(text, max(0, token.start - 30), token.start)
    if before is None or (token.unit in _STRETCHES and before.group().lower().startswith("over ")):
        return Approximation.EXACT  # "over five years" lasts five
    return Approximation(before.lastgroup or "")


def as_meant(text: str, figure: Figure) -> tuple[int, int]:
    """The place of a figure of `text` with the words that say how closely it is meant: "more than 100", "100 or so"."""
    if figure.approximation is Approximation.EXACT:
        return figure.start, figure.end
    before = _APPROXIMATE.search(text, max(0, figure.start - 30), figure.start)
    after = _PLUS.match(text, figure.end)
    return figure.start if before is None else before.start(), figure.end if after is None else after.end()


_UNIT_SCALE = re.compile(r"\b(thousand|million|billion|trillion|lakh|crore|mn|bn|mio|mrd)s?\b|(?<=['’$€£¥])(0{3}|m|bn)s?\b|\b(000s)\b", re.IGNORECASE)  # fmt: skip # noqa: E501
_PER_SHARE = re.compile(r"\bper\s+(?:\w+\s+)?(?:share|unit|ADS|ordinary)\b", re.IGNORECASE)


def _as_cell(text: str, token: _Token, unit: str) -> None:
    """Scale and sign of a bare number in a table under `unit`."""
    if token.year:
        return
    if text[max(0, token.start - 1) : token.start] == "(" and text[token.end : token.end + 1] == ")":
        token.value = -abs(token.value)
        token.start, token.end = token.start - 1, token.end + 1
    if token.scale is not None or token.kind not in (FigureKind.NUMBER, FigureKind.MONEY, FigureKind.COUNT):
        return
    if token.kind is FigureKind.COUNT and text[token.end : token.end + 2].strip(" |") != "":
        return
    if "per share" in unit.lower() and _PER_SHARE.search(text):
        scale = None
    else:
        found = _UNIT_SCALE.search(unit)
        word = next((group for group in found.groups() if group), "").lower() if found else ""
        scale = Decimal(1000) if word.startswith("000") else _SCALES.get(word)
    currency = _IN_WORDS.search(unit)
    if currency is not None and token.kind is not FigureKind.MONEY:
        token.kind = FigureKind.MONEY
        token.unit = _code(currency["sign"]) if currency["sign"] else _named(currency["name"])
    elif token.kind is FigureKind.NUMBER and re.search(r"%|\bper\s?cent", unit) and scale is None and currency is None:
        token.kind = FigureKind.PERCENT
    if scale is not None:
        token.value, token.step, token.scale = token.value * scale, token.step * scale, scale


# --- ranges and equivalents ---


def _joined(text: str, tokens: Sequence[_Token]) -> Iterator[Figure]:
    """Figures of tokens: "31 to 40 percent" is one, "from 31 to 40 percent" are two with one unit."""
    index = 0
    while index < len(tokens):
        token = tokens[index]
        follower = tokens[index + 1] if index + 1 < len(tokens) else None
        if follower is not None and (joined := _range(text, token, follower)) is not None:
            yield from joined
            index += 2
            continue
        yield _figure(token)
        index += 1


def _range(text: str, one: _Token, other: _Token) -> tuple[Figure, ...] | None:
    between = text[one.end : other.start]
    before = text[max(0, one.start - 24) : one.start]
    if one.approximation is not Approximation.EXACT:
        match = _APPROXIMATE.search(text, max(0, one.start - 30), one.start)
        before = text[max(0, match.start() - 24) : match.start()] if match else before
    both = _AND.fullmatch(between) is not None and _BETWEEN.search(before) is not None
    if not both and _RANGE.fullmatch(between) is None:
        return None
    if one.year or other.year:
        return None
    low = replace(one)
    if low.kind in (FigureKind.NUMBER, FigureKind.COUNT) and low.scale is None and low.unit in ("", "to"):
        low.kind, low.unit, low.growth = other.kind, other.unit, other.growth
    high = replace(other)
    if low.kind is FigureKind.MONEY and high.kind in (FigureKind.NUMBER, FigureKind.COUNT):
        high.kind, high.unit = low.kind, low.unit
    if low.scale is None and high.scale is not None and low.value < 1000:
        low.value, low.step = low.value * high.scale, low.step * high.scale
    if low.kind is FigureKind.POINTS and one.kind is FigureKind.NUMBER and "b" in text[other.number_start : other.end]:
        low.value, low.step = low.value / 100, low.step / 100
    if not _like(low.kind, high.kind) or not same_unit(low.unit, high.unit) or low.value >= high.value:
        return None
    low.growth = high.growth = low.growth or high.growth
    if re.search(r"\bfrom\s+\Z", before, re.IGNORECASE) and not re.search(
        r"(?:rang\w+|anywhere)\s+from\s+\Z", before, re.I
    ):
        return _figure(low), _figure(high)
    figure = _figure(high)
    return (
        replace(figure, low=low.value, start=one.start, unit=low.unit or high.unit, approximation=one.approximation),
    )


def _figure(token: _Token) -> Figure:
    if token.year:
        year = int(token.value)
        return _time(FigureKind.YEAR, date(year, 1, 1), date(year, 12, 31), token.start, token.end)
    kind = FigureKind.GROWTH if token.growth else token.kind
    return Figure(kind, token.value, token.value, token.unit, token.start, token.end, token.approximation, token.step)


def _with_equivalents(text: str, figures: list[Figure]) -> list[Figure]:
    for index in range(len(figures) - 1):
        one, other = figures[index], figures[index + 1]
        if one.kind is not other.kind or one.kind not in (FigureKind.MONEY, FigureKind.COUNT) or one.unit == other.unit:
            continue
        start = one.end
        if one.kind is FigureKind.COUNT:
            start += len(re.match(r"(?:[\s-]\S+)?", text[start:]).group())  # type: ignore[union-attr]
            if not re.fullmatch(r"\s*\(\s*(?:about|approximately|or|~)?\s*", text[start : other.start]):
                continue
        elif _SAME.fullmatch(text[start : other.start]) is None or same_unit(one.unit, other.unit):
            continue
        figures[index] = replace(one, equivalents=(replace(other, equivalents=()),))
        figures[index + 1] = replace(other, equivalents=(replace(one, equivalents=()),))
    return figures
