"""What stands in a question or a sentence that can be compared: years, figures, names, and what is being asked.

Pure functions on text; knows no index and no model. Chapters of a grammar this is not: every rule is a pattern that
held on several of the measured sets.
"""

import math
import re
from collections.abc import Mapping, Sequence
from enum import StrEnum

from chat.places import spellings

_YEAR = re.compile(
    r"(?<![\d.,])((?:19|20)\d\d)(?!\d|[.,]\d)"
    # The end of a range; the month and day of a date such as 2023-07-01 are none.
    r"(?:\s?[–/-]\s?((?:19|20)?\d\d)(?!\d|[/-]\d))?"
)
_SHORT_YEAR = re.compile(r"(?<!\w)FY\s?['’]?(\d\d)(?!\d)", re.IGNORECASE)
_SMALL = "one two three four five six seven eight nine ten".split()
_FROM_YEAR = re.compile(
    rf"\b(?P<count>{'|'.join(_SMALL)}|[1-3]?\d)\s+years?\s+(?P<way>after|before)\s+(?P<year>(?:19|20)\d\d)(?!\d)", re.I
)
_FIGURE = re.compile(r"(?<![\w.])\d+(?:,\d{3})*(?:\.\d+)?")
_PERIOD_NAME = re.compile(r"FY\W?(?:\d\d)?(?:\d\d)?|[QH][1-4]|[1-4][QH](?:\d\d)?", re.IGNORECASE)
_WORD = r"(?:(?:[A-Z]\.)+(?:[A-Z]\b\.?)?|[A-Z][\w&-]*)"
_CAPITALISED = re.compile(rf"(?<![\w’'-])(?:{_WORD}|[a-z]+[A-Z]\w*)(?:\s+(?:(?:of|and|&|the|for|de)\s+)*{_WORD})*")
_TWO_WORDS = re.compile(r"(.+) and (.+)")

_DOCUMENT = r"(?:article|report|briefing)"
_ASKS_FURNITURE = re.compile(
    rf"\bauthor(?:s|ed)?\b|\bbyline\b|\bwritten by\b|\bwho wrote\b|\bwrote (?:it|this|that|the (?:\w+ )?{_DOCUMENT})\b"
    r"|\bpublishers?\b|\bpublished (?:by|on)\b|\b(?:who|when|where) (?:published|issued|released)\b"
    r"|\b(?:when|where|by whom) (?:was|were|is) (?:\w+ ){1,4}(?:published|written|posted|updated)\b"
    rf"|\bdate of publication\b|\bpublication date\b|\bdate of (?:the|this) {_DOCUMENT}\b"
    rf"|\b(?:issued|stands behind|is behind) (?:this|the) {_DOCUMENT}\b"
    r"|\bcontact(?:s|ed)?\b|\be-?mails?\b|\bweb ?sites?\b|\b(?:tele)?phone numbers?\b|\bsubscribe\b"
    r"|\breading time\b|\bcopyright\b|\babout us\b|\b(?:where|which) .*\boffices?\b"
    # "How does AI address the shortage?" asks for no address.
    r"|\b(?:postal|mailing|web|street|office|whose|their|its|your|the|what) address(?:es)?\b"
    r"(?! th(?:e|is|at|ese|ose)\b)",
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
    (
        Asked.DATE,
        re.compile(r"\b(?:when|what (?:year|date|month|day)|which (?:year|date|month|quarter))\b", re.I),
    ),
    (
        Asked.FIGURE,
        re.compile(
            r"\bhow (?:many|much|large|big|small|high|long|far|often|old|fast|wide|widely|deep|heavy|accurate)\b"
            r"|\bwhat(?:[’']s| is| was| were| are| will be| would be)\b.*\b"
            r"(?:worth|size|value|valued|valuation|share|percent\w*|rate|growth|cagr|amount|number|price|revenue|sales|income"
            r"|cost|margin|population|total|ratio|profits?|loss|earnings|ebitda|turnover|spending|expenditures?|debt|dividend"
            r"|headcount|inflation|yield|cash flow|budget|fine|fee|return on)\b"
            r"|\bwhat (?:\w+ )?(?:percent\w*|share|proportion|number|amount|fraction|rate|price|value)\b"
            r"(?! (?:chain|proposition)s?\b)"
            r"|\bwhat (?:do|does|did|will|would|should|could|might) .*\b(?:worth|cost|amount to|come to)\b",
            re.I,
        ),
    ),
    (Asked.PERSON, re.compile(r"\bwho(?:m|se)?\b", re.I)),
    (
        Asked.REASON,
        re.compile(
            r"\bwhy\b|\b(?:what|which) (?:\w+ ){0,2}reasons?\b"
            r"|\bhow (?:does|do|did|can|could|is|are|was|were|has|have|will|would)\b",
            re.I,
        ),
    ),
    (Asked.LIST, re.compile(r"\b(?:what|which) are the\b|\blist\b|\bwhich \w+s\b", re.I)),
    (Asked.NAME, re.compile(r"\b(?:which|what|where|in what|under which)\b", re.I)),
)


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
    """Years from 1900 to 2099 that a text names; "2023–30" names both ends, "two years after 2023" 2025."""
    years = {2000 + int(match.group(1)) for match in _SHORT_YEAR.finditer(text)}
    if " years " in text:
        text = _FROM_YEAR.sub(_counted, text)
    for match in _YEAR.finditer(text):
        first, end = int(match.group(1)), match.group(2)
        years.add(first)
        if end is not None:
            last = int(end) if len(end) == 4 else first // 100 * 100 + int(end)
            if len(end) == 2 and first % 100 >= 90 and int(end) < 50:
                last += 100  # 1998–02
            if last > first:
                years.add(last)
    return frozenset(years)


def _counted(match: re.Match[str]) -> str:
    """The year that "five years after 2023" is."""
    count = match["count"].lower()
    years = int(count) if count.isdigit() else _SMALL.index(count) + 1
    return str(int(match["year"]) + (years if match["way"].lower() == "after" else -years))


def figures_in(text: str) -> frozenset[str]:
    """Figures of a text without their thousands' commas, years left out."""
    years = {str(year) for year in years_in(text)}
    return frozenset(figure.replace(",", "") for figure in _FIGURE.findall(text)) - years


def names_in(question: str) -> tuple[str, ...]:
    """Proper names in a question, without possessive 's: runs of capitalised words.

    Left out: a capital that only opens the sentence, periods ("Q3", "FY24", "May"), titles, and abbreviations that name
    a measure or a field ("CAGR", "AI") rather than someone. "India and China" are two, "Merck & Co" is one. A question
    in capitals throughout tells nothing of names.
    """
    if not any(character.islower() for character in question):
        return ()
    names: list[str] = []
    for match in _CAPITALISED.finditer(question):
        name = match.group()
        if question[: match.start()].rstrip(" \"“‘'(")[-1:] in ("", ".", "?", "!"):
            first, _, rest = name.partition(" ")
            if first.lower() in _OPENERS:
                name = re.sub(r"^(?:(?:the|of|and|for|de|&)\s+)+", "", rest)
        two = _TWO_WORDS.fullmatch(name)
        parts = [name]
        if two is not None and (len(name.split()) == 3 or (spellings(two.group(1)) and spellings(two.group(2)))):
            parts = [two.group(1), two.group(2)]
        names += [part for part in map(_without_measures, parts) if part and not _is_no_name(part)]
    return tuple(dict.fromkeys(names))


def rarities(terms: Sequence[str], frequencies: Mapping[str, int], passages: int) -> dict[str, float]:
    """What each term weighs where `frequencies` of `passages` hold it: a term that stands nowhere weighs most.

    As in BM25 (Robertson and Spärck Jones).
    """
    total = max(1, passages)
    return {term: math.log(1 + (total - frequencies[term] + 0.5) / (frequencies[term] + 0.5)) for term in terms}


def _without_measures(name: str) -> str:
    """ "Asia-Pacific AI" is about Asia-Pacific, "CEO of Baidu" about Baidu; "AI Act" stays."""
    words = name.split()
    while len(words) > 2 and words[0].lower() in _NOT_NAMES and words[1] in ("of", "and", "for"):
        del words[:2]
    while len(words) > 1 and (words[-1].lower() in _NOT_NAMES or words[-1] in ("of", "and", "for", "the", "&", "de")):
        words.pop()
    return " ".join(words)


def _is_no_name(words: str) -> bool:
    return words.lower() in _OPENERS or words.lower() in _NOT_NAMES or all(map(_PERIOD_NAME.fullmatch, words.split()))


_OPENERS = frozenset(
    """what which who whom whose when where why how is are was were am be do does did can could will would should shall
    may might must has have had in on at by for from of to under with the a an and or but if not no as than then also so
    according during after before between since until among across through over about per versus while given compared
    beyond besides apart within without outside inside against both each all
    compare list give name tell show explain describe please rank outline summarise summarize identify find discuss
    define state provide estimate quote i we you it they he she this that these those there here my our your their
    its""".split()
)
_NOT_NAMES = frozenset(
    """ai ml it cagr gdp roi roe roa roic ebit ebitda eps fcf capex opex ipo m&a esg kpi tam sam arr mrr aum nav yoy qoq
    ceo cfo coo cto cio r&d q&a faq b2b b2c us$ hk$ usd eur gbp cny rmb jpy inr dr mr mrs ms prof
    january february march april may june july august september october november december
    jan feb mar apr jun jul aug sep sept oct nov dec monday tuesday wednesday thursday friday saturday sunday""".split()
)
