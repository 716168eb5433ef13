"""Words of one kind side by side in a question: "China, Japan and India", "2023 and 2024", "revenue and net income".

Pure functions on text. No name is cut in two: whether "Procter and Gamble" is one company or two is told by what the
library knows, by what joins the words, and by fixed expressions ("research and development").
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from chat.measures import measures_in
from chat.periods import asked_periods
from chat.places import places_in, spellings
from chat.terms import names_in

Companies = Callable[
    [str], Collection[str]
]  # the words of a text that name a company of the library, as they stand there
VERSUS = r"(?:versus|vs\.?|as opposed to|compared (?:with|to)|in comparison (?:with|to)|relative to)"


class Kind(StrEnum):
    """What stands side by side."""

    NAME = "name"
    PERIOD = "period"
    MEASURE = "measure"


@dataclass(frozen=True, slots=True)
class Group:
    """Two or more words of a kind, side by side in text[start:end]; `items` are complete ("Q1 2024", not "Q1").

    `strong`: what joins them tells several things from one ("Apple's and Intel's", "versus", a preposition repeated).
    """

    kind: Kind
    start: int
    end: int
    items: tuple[str, ...]
    strong: bool = False


@dataclass(frozen=True, slots=True)
class _Span:
    kind: Kind
    start: int
    end: int


_JOINER = re.compile(
    rf"(?P<possessive>['’]s?)?(?:\s*,\s*(?:(?:and|or)\s+)?|\s+(?:(?P<versus>{VERSUS}|against)|and|or|as well as)\s+)"
    r"(?P<again>(?:(?:in|for|of|by|at|from|during)\s+)?(?:the\s+|that of\s+)?)",
    re.IGNORECASE,
)
_WORDS_THAT_JOIN = re.compile(rf"\b(?:and|or|as well as|against|{VERSUS})\s", re.IGNORECASE)
# Words that belong together wherever they stand: the language of reports, no list of companies.
_FIXED = re.compile(
    r"\b(?:research (?:and|&) development|mergers (?:and|&) acquisitions|sales (?:and|&) marketing|marketing and sales"
    r"|general (?:and|&) administrative|profits? (?:and|&) loss(?:es)?|plant,? and equipment|property and equipment"
    r"|cash (?:and|&) (?:cash )?equivalents|health and safety|food and drug|science and technology|oil and gas"
    r"|property and casualty|loans and advances|depreciation and amorti[sz]ation|principal and interest"
    r"|costs? and expenses|supply and demand|securities and exchange|standard and poor|trinidad and tobago"
    r"|bosnia and herzegovina|antigua and barbuda|assets and liabilities|income and expenses?|deposits and loans"
    r"|interest and dividends?|(?:revenue|sales) and (?:earnings|revenue) (?:growth|guidance))\b",
    re.IGNORECASE,
)
_LEANING = re.compile(
    r"\b(?:[QH][1-4]|first|second|third|fourth)(?= quarter| half|\s*(?:,|and\b|or\b|versus\b|vs\b))(?: quarter| half)?",
    re.IGNORECASE,
)
_YEAR = re.compile(r"(?:19|20)\d\d|(?<=FY)['’]?\d\d\b|(?<=FY\s)\d\d\b|(?<=['’])\d\d\b", re.IGNORECASE)
_PART = re.compile(r"\b(?:[QH][1-4]|first|second|third|fourth)\b", re.IGNORECASE)


def groups_in(text: str, companies: Companies, *, compared: bool = False) -> list[Group]:
    """Names, periods and measures that stand side by side in a text, in order.

    `compared`: the text is what somebody compares, so that "and" between two names joins two things.
    """
    if _WORDS_THAT_JOIN.search(text) is None:
        return []
    fixed = [match.span() for match in _FIXED.finditer(text)]
    groups = _runs(text, list(_periods(text)), fixed)
    groups += _runs(text, [_Span(Kind.MEASURE, each.start, each.end) for each in measures_in(text)], fixed)
    names = list(_names(text))
    if _runs(text, names, fixed):
        known = companies(text)
        whole = [_Span(Kind.NAME, *match.span()) for name in known for match in re.finditer(re.escape(name), text)]
        names = [each for each in names if not any(w.start < each.end and each.start < w.end for w in whole)] + whole
        names.sort(key=lambda each: each.start)
        groups += [each for each in _runs(text, names, fixed) if compared or _are_several(text, each, known)]
    return sorted(groups, key=lambda each: each.start)


def _are_several(text: str, names: Group, companies: Collection[str]) -> bool:
    """Whether names side by side are several things and not one whose name has an "and" in it."""
    if names.strong or all(map(spellings, names.items)) or any(name in companies for name in names.items):
        return True
    return len(names.items) > 2 and "," in text[names.start : names.end]


def _periods(text: str) -> Iterator[_Span]:
    """Periods, and quarters that lean on the year of one beside them ("Q1" of "Q1 and Q2 2024")."""
    spans: list[tuple[int, int]] = []
    for asked in asked_periods(text):
        start = text.index(asked.text, spans[-1][1] if spans else 0)
        spans.append((start, start + len(asked.text.rstrip(" ,"))))
    spans += [
        match.span()
        for match in _LEANING.finditer(text)
        if not any(a < match.end() and match.start() < b for a, b in spans)
    ]
    return (_Span(Kind.PERIOD, start, end) for start, end in sorted(spans))


def _names(text: str) -> Iterator[_Span]:
    """Names, and places in any case, with "and" between them instead of inside."""
    apart = re.sub(r"\b(?:and|or)\b", lambda match: ",".ljust(len(match.group())), text)
    words = [*names_in(apart), *(spelling for place in places_in(apart) for spelling in spellings(place))]
    spans: list[tuple[int, int]] = []
    for word in sorted(dict.fromkeys(words), key=len, reverse=True):
        flags = re.IGNORECASE if len(word) > 3 and spellings(word) else re.NOFLAG
        for match in re.finditer(rf"(?<![\w-]){re.escape(word)}(?![\w-])", apart, flags):
            if not any(start < match.end() and match.start() < end for start, end in spans):
                spans.append(match.span())
    return (_Span(Kind.NAME, start, end) for start, end in sorted(spans))


def _runs(text: str, spans: Sequence[_Span], fixed: Sequence[tuple[int, int]]) -> list[Group]:
    """Two or more spans with nothing but joiners between them, a word among these."""
    runs: list[list[_Span]] = []
    joiners: list[list[re.Match[str]]] = []
    for span in spans:
        joiner = _JOINER.fullmatch(text, runs[-1][-1].end, span.start) if runs else None
        if joiner is not None and any(a <= joiner.start() and joiner.end() < b for a, b in fixed):
            runs[-1][-1] = _Span(span.kind, runs[-1][-1].start, span.end)
        elif joiner is None:
            runs.append([span])
            joiners.append([])
        else:
            runs[-1].append(span)
            joiners[-1].append(joiner)
    groups = []
    for run, between in zip(runs, joiners, strict=True):
        run, between = _parted_where_strong(run, between)
        if not any(_WORDS_THAT_JOIN.search(joiner.group() + " ") for joiner in between):
            continue
        strong = any(map(_is_strong, between))
        items = tuple(text[span.start : span.end] for span in run)
        if run[0].kind is Kind.PERIOD:
            items = _completed(items)
        groups.append(Group(run[0].kind, run[0].start, run[-1].end, items, strong))
    return groups


def _is_strong(joiner: re.Match[str]) -> bool:
    return bool(joiner["versus"] or joiner["again"] or joiner["possessive"])


def _parted_where_strong(
    run: Sequence[_Span], joiners: Sequence[re.Match[str]]
) -> tuple[list[_Span], list[re.Match[str]]]:
    """Of "the Securities and Exchange Commission and the Bank of England" the second "and" alone parts names."""
    if not any(map(_is_strong, joiners)) or run[0].kind is not Kind.NAME:
        return list(run), list(joiners)
    spans, kept = [run[0]], []
    for span, joiner in zip(run[1:], joiners, strict=True):
        if _is_strong(joiner) or "," in joiner.group():
            spans.append(span)
            kept.append(joiner)
        else:
            spans[-1] = _Span(span.kind, spans[-1].start, span.end)
    return spans, kept


def _completed(periods: Sequence[str]) -> tuple[str, ...]:
    """Each period with what it leaves to another: the year to a later one, the quarter to one before.

    "Q1", "Q2 2024" are "Q1 2024", "Q2 2024"; "Q1 2023", "2024" are "Q1 2023", "Q1 2024".
    """
    result: list[str] = []
    for at, period in enumerate(periods):
        part, year = _PART.search(period), _YEAR.search(period)
        if year is None:
            donor = next((each for each in periods[at + 1 :] if _PART.search(each) and _YEAR.search(each)), None)
            if donor is not None and part is not None:
                period = _PART.sub(part.group(), donor, count=1)
        elif year.group() == period and result and len(result[-1]) > len(period):
            period = _YEAR.sub(period, result[-1])
        result.append(period)
    return tuple(result)
