"""What stands in a question or a sentence that can be compared: years, figures, names, and what is being asked.

Pure functions on text; knows no index and no model. Chapters of a grammar this is not: every rule is a pattern that held
on several of the measured sets.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

_YEAR = re.compile(r"(?<![\d.,])(?:FY\s?'?|fiscal(?:\s+year)?\s+)?((?:19|20)\d\d)(?![\d]|[.,]\d)(?:\s?[–-]\s?((?:19|20)?\d\d)(?!\d))?", re.IGNORECASE)  # noqa: RUF001
_FIGURE = re.compile(r"(?<![\w.])\d+(?:,\d{3})*(?:\.\d+)?")
_CAPITALISED = re.compile(r"(?<![\w’'-])(?:[A-Z][\w&’'-]*|[a-z]+[A-Z]\w*)(?:\s+(?:of|and|&|the|for|de)?\s*(?:[A-Z][\w&’'-]*))*")  # noqa: RUF001

_ASKS_FURNITURE = re.compile(
    r"\b(?:who (?:wrote|is the author|authored|published)|author|wrote|written by|byline|publisher|published|publication|"
    r"contact|e-?mail|website|web site|subscri\w+|reading time|copyright|about us|offices?|phone|address)\b",
    re.IGNORECASE,
)


class Asked(StrEnum):
    """What kind of words would answer."""

    FIGURE = "figure"
    DATE = "date"
    PERSON = "person"
    NAME = "name"
    REASON = "reason"
    LIST = "list"
    OTHER = "other"


_PATTERNS: tuple[tuple[Asked, re.Pattern[str]], ...] = (
    (Asked.DATE, re.compile(r"\b(?:when|what (?:year|date|month|day)|which (?:year|date|month|quarter)|by what year|since when)\b", re.I)),
    (
        Asked.FIGURE,
        re.compile(
            r"\bhow (?:many|much|large|big|high|long|far|often|old|fast|wide|deep|heavy)\b|\bwhat (?:is|was|were|are|will be|would be)\b.*\b"
            r"(?:worth|size|value|valued|share|percent\w*|rate|growth|cagr|amount|number|price|revenue|sales|income|cost|margin|population|total|ratio)\b"
            r"|\bwhat (?:percent\w*|share|proportion|number|amount|fraction)\b|\bat what (?:rate|price)\b",
            re.I,
        ),
    ),
    (Asked.PERSON, re.compile(r"\bwho(?:m|se)?\b", re.I)),
    (Asked.REASON, re.compile(r"\bwhy\b|\bfor what reason\b|\bhow (?:does|do|did|can|could|is|are|was|were|has|have|will|would)\b", re.I)),
    (Asked.LIST, re.compile(r"\b(?:what|which) are the\b|\blist\b|\bwhich \w+s\b", re.I)),
    (Asked.NAME, re.compile(r"\b(?:which|what|where|in what|under which)\b", re.I)),
)


@dataclass(frozen=True, slots=True)
class Clues:
    """What a text offers for comparison. Names are as written, years are numbers."""

    years: frozenset[int]
    figures: frozenset[str]
    names: tuple[str, ...]


def asks_for_furniture(question: str) -> bool:
    """Whether a question asks for author, publisher, date of publication or contact."""
    return _ASKS_FURNITURE.search(question) is not None


def asked_for(question: str) -> Asked:
    """What kind of words would answer a question."""
    for asked, pattern in _PATTERNS:
        if pattern.search(question):
            return asked
    return Asked.OTHER


def years_in(text: str) -> frozenset[int]:
    """Years from 1900 to 2099 that a text names; "2023–30" names both ends."""  # noqa: RUF002
    years: set[int] = set()
    for match in _YEAR.finditer(text):
        first = int(match.group(1))
        years.add(first)
        last = match.group(2)
        if last is not None:
            years.add(int(last) if len(last) == 4 else first // 100 * 100 + int(last))
    return frozenset(years)


def figures_in(text: str) -> frozenset[str]:
    """Figures of a text without their thousands' commas, years left out."""
    years = {str(year) for year in years_in(text)}
    return frozenset(figure.replace(",", "") for figure in _FIGURE.findall(text)) - years


def names_in(question: str) -> tuple[str, ...]:
    """Proper names in a question: runs of capitalised words, but for a capital that only opens the sentence."""
    names = []
    for match in _CAPITALISED.finditer(question):
        name = match.group().strip()
        name = re.sub(r"[’']s$", "", name)
        if match.start() == 0 or question[: match.start()].rstrip()[-1:] in (".", "?", "!", ""):
            first, _, rest = name.partition(" ")
            if first.lower() in _OPENERS:
                name = rest.strip()
        name = re.sub(r"^(?:the|of|and|for|de|&)\s+", "", name)
        if name and name.lower() not in _OPENERS:
            names.append(name)
    return tuple(dict.fromkeys(names))


def clues(text: str) -> Clues:
    """Years, figures and names of a question."""
    return Clues(years_in(text), figures_in(text), names_in(text))


_OPENERS = frozenset(
    """what which who whom whose when where why how is are was were do does did can could will would should has have had
    in on at by for from of to under with the a an and or but if compare list give name tell show explain describe please
    according during after before between since until i does""".split()
)
