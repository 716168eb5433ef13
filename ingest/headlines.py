"""What a document is and whose, by its headlines: results of a company, a call about them, an annual report, a rule.

An article that speaks of a company is not that company's: without signs of an issuer's own document there is none.
"""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import PurePosixPath

from ingest.article import Article
from ingest.cleaning import folded
from ingest.companies import same_company
from ingest.dates import dates_in
from ingest.filings import as_written, fiscal_of_quarter
from ingest.found import Found
from ingest.periods import (
    Period,
    find_periods,
    fiscal_period,
    ordinal,
    parse_period,
    year_end_of,
    year_ends,
)

_HEADLINES = 8  # lines that may be a headline
_LONGEST_HEADLINE = 180
_FIRST_LINES = 25  # that may say whose rules these are
_FIRST_BLOCKS = 25
_LONGEST_MARK = 90  # characters of a line such as "12 CFR Ch. II (1-1-22 Edition)"
_RULED_WITHIN = 100_000  # characters in which a regulation has headings such as "§ 208.2 Definitions"
_OPENING = 4_000  # characters in which a release says who reports what
_NAMED_AT_LEAST = 2
_RELEASED_WITHIN = 60_000  # characters of a filing in which a release of results begins

_REPORTS = re.compile(
    r"\s+(?:today\s+)?(?:reports?|reported|announces?|announced|posts|delivers|releases|publishes|issues|provides)\b",
    re.IGNORECASE,
)
_RESULTS = re.compile(r"\b(?:results|earnings|revenues?|sales|profits?|net income)\b", re.IGNORECASE)
_NEAR_PERIOD = re.compile(
    r"\b(?:quarter(?:ly)?|half|year|full-year|annual|[1-4]Q|Q[1-4]|H[12]|FY\s?\d\d)", re.IGNORECASE
)
_CALL = re.compile(
    r"\b(?:(?:earnings|results|quarter(?:ly)?)\b.{0,40}\bcall\b|earnings\s+(?:conference\s+)?call|call\s+transcript)",
    re.IGNORECASE,
)
# What is said on a call, and not in a story about one.
_SPOKEN = re.compile(
    r"^\W*(?-i:[A-Z][A-Z .’'-]{4,40}:\s)|^\W*operator\b|\boperator\s+(?:instructions?|directions?)\b"
    r"|\bthank\s+you\s+for\s+(?:joining|standing\s+by)\b|\bgood\s+(?:morning|afternoon|evening|day),?\s+(?:and|every)",
    re.IGNORECASE | re.MULTILINE,
)
_ANNUAL = re.compile(
    r"\b(?P<kind>annual|half[\s-]year(?:ly)?|interim|quarterly)\s+(?:financial\s+|integrated\s+)?(?:report|statement)"
    r"(?:\s+(?:and|&)\s+(?:accounts|financial\s+statements|form\s+(?:20-F|10-K)))?"
    r"[\s,:–—-]*(?:for\s+)?(?:the\s+)?(?:fiscal\s+|financial\s+)?(?:year\s+|FY\s?)?(?:ended\s.{6,20}|(?:19|20)\d\d\S{0,5})?"
    r"(?:\s*[|–—]\s*.{0,60})?\s*$",
    re.IGNORECASE,
)
_ANNUAL_KINDS = {"a": "annual report", "h": "half-year report", "i": "interim report", "q": "quarterly report"}
# What a company's own release has and a story about it has not; two of these must be there.
_RELEASE_SIGNS = (
    re.compile(r"\b(?:today\s+(?:announced|reported|released)|(?:announced|reported)\s+today)\b", re.IGNORECASE),
    re.compile(r"\bforward[\s-]looking\s+(?:statements?|information)\b", re.IGNORECASE),
    re.compile(
        r"\bfor\s+immediate\s+release\b|\bpress\s+release\b|\b(?:business|pr|globe)\s?(?:news)?wire\b|\bexhibit\s+99",
        re.IGNORECASE,
    ),
    re.compile(
        r"\binvestors?(?:\s+relations)?\s+(?:contacts?|relations|inquiries|enquiries)\b|\b(?:press|media)\s+contacts?\b"
        r"|^About\s+[A-Z]",
        re.IGNORECASE | re.MULTILINE,
    ),
)
_LISTED = re.compile(
    r"\(\s*(?:[\w /&]{0,30}\b)?(?:NASDAQ|NYSE|NYSE American|NYSE Arca|AMEX|LSE|TSX|TSXV|ASX|HKEX|SEHK|SGX|Euronext"
    r"(?:\s+\w+)?|Xetra|FRA|SIX|BME|OTCQ[BX])\s*[:：]\s*(?P<ticker>[A-Z0-9]{1,6}(?:[.-][A-Z]{1,2})?)\b",
    re.IGNORECASE,
)
_IN_BRACKETS = re.compile(r"\(\s*(?:[A-Za-z]+\s*:\s*)?(?P<ticker>[A-Z]{1,5}(?:\.[A-Z])?)\s*\)")
_STOCK_CODE = re.compile(r"\bstock\s+code\s*[:：]?\s*(?P<ticker>\d{1,6}(?:\.[A-Z]{2})?)\b", re.IGNORECASE)
_ENDED = re.compile(
    r"\b(?P<span>quarter|(?:three|3)[\s-]months?|(?:six|6)[\s-]months?|half[\s-]year|half|(?:twelve|12)[\s-]months?"
    r"|(?:fiscal\s+|financial\s+)?year)(?:\s+period)?,?\s+(?:that\s+)?(?:ended|ending)\s+(?:on\s+)?",
    re.IGNORECASE,
)
_NTH_ENDED = re.compile(
    r"(?P<label>(?:(?:fiscal\s+(?:year\s+)?)?(?:19|20)\d\d\s+)?(?:fiscal\s+)?(?P<nth>first|second|third|fourth)\s+(?:fiscal\s+)?quarter"
    r"(?:\s+of\s+(?:its\s+|our\s+)?(?:fiscal\s+(?:year\s+)?)?(?:19|20)\d\d)?),?\s+(?:that\s+)?(?:ended|ending)\s+(?:on\s+)?",
    re.IGNORECASE,
)
_LEGAL = (
    r"(?:incorporated|inc|corporation|corp|company|co|limited|ltd|llc|plc|p\.l\.c|ag|se|kgaa|gmbh|s\.?a|s\.?p\.?a|n\.?v|b\.?v"
    r"|ab|asa|a/s|oyj|bhd|berhad|tbk|holdings?|group|s\.?a\.?b\.?(?:\s+de\s+c\.?v)?|pty|k\.?k)"
)
_ENDS_LEGAL = re.compile(rf"[\s,]{_LEGAL}\.?(?:\s*\([^)]{{0,30}}\))?$", re.IGNORECASE)
_LEGAL_TAIL = re.compile(rf"(?:[\s,]+{_LEGAL}\.?)+$|^the\s+", re.IGNORECASE)
_AUTHORITY = re.compile(
    r"\b(?:authority|commission|commissioner|ministry|department|agency|bureau|central bank|reserve|treasury|parliament"
    r"|council|open market committee|board of governors)\b",
    re.IGNORECASE,
)
_AUTHORITY_NAME = re.compile(
    r"(?:©\s*|\(c\)\s*|copyright\s+)?(?:(?:19|20)\d\d\s+)?(?P<name>(?:The\s+)?[A-Z][\w’'&.-]*"
    r"(?:,?\s+(?:of|for|and|the|on|in|&|[A-Z][\w’'&.-]*)){1,12})",
)
_RIGHTS = re.compile(r"(?:©|\(c\)\s|copyright\s)[^\n]{4,120}?(?=\s+first\s+published|\n|$)", re.IGNORECASE)
_MINUTES = re.compile(
    r"\bminutes\s+of\s+(?:the|an?)\b.{0,80}\b(?:meeting|committee|board|council|assembly)\b", re.IGNORECASE
)
_RULES = re.compile(
    r"\b\d{1,2}\s+CFR\b|\bfederal\s+register\b|\bofficial\s+journal\s+of\b|\bsupervisory\s+policy\s+manual\b"
    r"|\b(?:all|for|to)\s+authori[sz]ed\s+institutions\b|\bstatutory\s+guideline\s+issued\b",
    re.IGNORECASE,
)
_SECTIONS = re.compile(r"^§+\s?\d+[.:]\d+", re.MULTILINE)
_RULE_TITLE = re.compile(
    r"\b(?:guidelines?|guidance\s+(?:note|on)|code\s+of\s+(?:banking\s+)?(?:practice|conduct)|circular|regulation|directive|ordinance"
    r"|supervisory\s+(?:policy|statement))\b",
    re.IGNORECASE,
)
_NOT_A_NAME = re.compile(
    r"\b(?:transcript|edited|full|q[1-4]|quarter|results?|earnings|call|conference|report|annual|interim|why|how|what|after"
    r"|before|as|when|stock|shares?|analysts?|update|press|release|news)\b|[?!:;“”\"|]|\d{4}",
    re.IGNORECASE,
)
_CAPITALS = re.compile(r"[A-Z]{2,5}")


def read_headlines(article: Article, lines: Sequence[str], file_name: str, found: Found) -> None:
    """Add kind, company, ticker and period where the title, a first line or the file's name tells them."""
    stem = re.sub(r"[_\s-]+", " ", PurePosixPath(file_name).stem)
    headlines = [(article.title, "title")]
    headlines += [(line, "first page") for line in lines[:_HEADLINES]]
    headlines = [(text, where) for text, where in headlines if len(text) <= _LONGEST_HEADLINE]
    opening = "\n".join(lines)[:_OPENING]
    for read in (_call, _release, _yearly):
        for headline, where in (*headlines, (stem, "file name")):
            if read(headline, where, article, opening, found):
                return
    if not found.get("kind"):
        _of_authority(article, lines, found)
    if found.get("site") and found.published is not None:
        found.add("kind", "article", "page metadata")


def add_results(article: Article, company: str, found: Found) -> None:
    """The period of the company's own release of results, where a filing brings one."""
    for block in article.blocks:
        if block.start > _RELEASED_WITHIN:
            return
        headline = article.text[block.start : block.end]
        match = _reports_results(headline) if len(headline) <= _LONGEST_HEADLINE else None
        mention = None if match is None else next(find_periods(headline[match.start() :]), None)
        if match is None or mention is None or not same_company(_without_bracket(headline[: match.start()]), company):
            continue
        found.add("period", mention.period.label, "headline")
        _add_period_ended(article.text[block.end : block.end + _OPENING], found)
        return


def _call(headline: str, where: str, article: Article, opening: str, found: Found) -> bool:
    match = _CALL.search(headline)
    if match is None or (found.get("kind") and "call" not in found.get("kind")):
        return False
    if "transcript" not in headline.lower() and not _SPOKEN.search(article.text):
        return False
    found.add("kind", "call transcript", where)
    mention = next(find_periods(headline), None)
    bracket = _LISTED.search(headline) or _IN_BRACKETS.search(headline)
    starts = [
        match.start(),
        *(each.start() for each in (bracket,) if each),
        *(each.start for each in (mention,) if each),
    ]
    before = headline[: min(starts)]
    if mention is not None and not before.strip(" -–—|"):  # "Q3 2024 Acme Inc Earnings Call"
        before = headline[mention.end : match.start()]
    name = before.strip(" -–—|,’'").removesuffix("’s").removesuffix("'s")
    name = re.sub(r"\s+(?:the|its)$", "", name)
    if bracket is not None:
        found.add("ticker", bracket["ticker"].upper(), where)
    if _CAPITALS.fullmatch(name) and _times_named(name, article.text) < 3:
        found.add("ticker", name, where)
    elif name != found.get("ticker") and _is_company(name, article.text):
        found.add("company", name, where)
    if mention is None:
        mention = next((each for each in find_periods(opening) if each.period.part), None)
        where = "text"
    if mention is not None:
        found.add("period", mention.period.label, where)
    return True


def _release(headline: str, where: str, article: Article, opening: str, found: Found) -> bool:
    match = _reports_results(headline)
    if match is None:
        return False
    listed = _LISTED.search(opening)
    signs = sum(sign.search(article.text) is not None for sign in _RELEASE_SIGNS) + (listed is not None)
    name = _without_bracket(headline[: match.start()])
    if signs < 2 or not _is_company(name, article.text):
        return False
    found.add("kind", "earnings release", where)
    found.add("company", as_written(name, article.text), where)
    if listed is not None:
        found.add("ticker", listed["ticker"].upper(), "text")
    mention = next(find_periods(headline[match.start() :]), None)
    if mention is not None:
        found.add("period", mention.period.label, where)
    _add_period_ended(opening, found)
    if mention is None:
        _add_fiscal(article.text, opening, found)
    return True


def _add_fiscal(text: str, opening: str, found: Found) -> None:
    """The label of the quarter that ended on `period_end`: "third quarter ended July 1" says which, the rest the year.

    What the opening calls a quarter otherwise is most often the one it is compared with.
    """
    for match in _NTH_ENDED.finditer(opening):
        label = parse_period(match["label"])
        days = dates_in(opening[match.end() : match.end() + 24])
        if not days or days[0].start or days[0].day.isoformat() != found.get("period_end"):
            continue
        if label is None:
            fiscal = fiscal_of_quarter(text, days[0].day, ordinal(match["nth"]))
            label = None if fiscal is None else fiscal.period
        if label is not None:
            found.add("period", label.label, "text")
            _add_year_end(label, days[0].day, found)
        return


def _reports_results(headline: str) -> re.Match[str] | None:
    """Where a headline goes on to say that somebody reports results of a period."""
    match = _REPORTS.search(headline)
    if match is None or not _RESULTS.search(headline) or not _NEAR_PERIOD.search(headline, match.start()):
        return None
    return match


def _without_bracket(name: str) -> str:
    return re.sub(r"\s*\([^)]*\)\s*$", "", name).strip(" -–—|,")


def _yearly(headline: str, where: str, article: Article, opening: str, found: Found) -> bool:
    match = _ANNUAL.search(headline)
    if match is None or len(headline) > 90:
        return False
    before = headline[: match.start()]
    before = re.sub(r"(?:19|20)\d\d(?:/\d\d)?\s*$", "", before.strip()).strip(" -–—|:,’'")
    lines = [line.strip() for line in opening.split("\n")[:40]]
    named = [line for line in lines if len(line) <= 80 and _ENDS_LEGAL.search(line)]
    name = next((each for each in (before, *named) if each and _is_company(each, article.text, times=4)), "")
    year = re.search(r"(?<!\d)((?:19|20)\d\d)(?:\s?[/–-]\s?(\d\d))?(?!\d)", headline)
    if not name or (year is None and not _names_year_ended(opening)):
        return False
    found.add("kind", _ANNUAL_KINDS[folded(match["kind"][0])], where)
    found.add("company", as_written(name, article.text), where)
    if code := _STOCK_CODE.search(opening) or _LISTED.search(opening):
        found.add("ticker", code["ticker"].upper(), "cover page")
    if match["kind"].lower() == "annual" and year is not None:
        label = int(year[1]) + (1 if year[2] and int(year[2]) == (int(year[1]) + 1) % 100 else 0)
        found.add("period", str(label), where)
    _add_period_ended(article.text[:60_000], found)
    return True


def _names_year_ended(text: str) -> bool:
    """Whether a text says of which year it reports: "for the year ended 31 December 2023"."""
    return any(dates_in(text[each.end() : each.end() + 24])[:1] for each in _ENDED.finditer(text))


def _is_company(name: str, text: str, *, times: int = _NAMED_AT_LEAST) -> bool:
    """Whether this can be a company's name, and the text goes on to speak of it."""
    if not 2 <= len(name) <= 70 or not (name[0].isupper() or name[0].isdecimal()) or len(name.split()) > 8:
        return False
    if _NOT_A_NAME.search(name) or _AUTHORITY.search(name):
        return False
    return _times_named(name, text) >= times


def _times_named(name: str, text: str) -> int:
    """How often the text names it, with or without its legal form."""
    core = _LEGAL_TAIL.sub("", name) or name
    pattern = re.compile(r"(?<!\w)" + re.escape(core) + r"(?!\w)", re.IGNORECASE if name.isupper() else 0)
    return sum(1 for _ in zip(pattern.finditer(text), range(20), strict=False))


def _add_period_ended(opening: str, found: Found) -> None:
    """The end of the period where the text states it: "the quarter ended June 30, 2024"; and what follows from it."""
    label = parse_period(found.get("period"))
    for match in _ENDED.finditer(opening):
        months = {"q": 3, "t": 3, "3": 3, "s": 6, "6": 6, "h": 6}.get(match["span"][0].lower(), 12)
        if match["span"].lower().startswith("twelve"):
            months = 12
        if label is not None and label.months != months:
            continue
        days = dates_in(opening[match.end() : match.end() + 24])
        if not days or days[0].start:
            continue
        ended = days[0].day
        if label is not None and abs(ended.year - label.year) > 1:
            continue
        found.add("period_end", ended.isoformat(), "text")
        if label is not None:
            _add_year_end(label, ended, found)
        return


def _add_year_end(label: Period, ended: date, found: Found) -> None:
    parts = 12 // label.months
    left = (parts - int(label.part[1:] or parts)) * label.months
    year_end = year_end_of(ended + timedelta(days=round(left * 365.25 / 12)))
    plain = fiscal_period(ended, label.months, year_end)
    if plain is not None and plain.part == label.part and plain.year - label.year in (0, 1):
        found.add("year_end", year_ends(*year_end), "text")


# Authorities


def _of_authority(article: Article, lines: Sequence[str], found: Found) -> None:
    if _MINUTES.search(article.title) or (lines and _MINUTES.match(lines[0].lstrip("\ufeff"))):
        found.add("kind", "minutes", "title" if _MINUTES.search(article.title) else "first page")
        return
    publisher = next((name for line in _alone(article) if (name := _authority_in(line))), "")
    # In a longer line it is a rule that somebody writes about.
    short = [line for line in (article.title, *lines[:_FIRST_LINES]) if len(line) <= _LONGEST_MARK and line[-1:] != "."]
    ruling = any(_RULES.search(line) for line in short) or len(_SECTIONS.findall(article.text[:_RULED_WITHIN])) >= 5
    if ruling or (publisher and _RULE_TITLE.search(article.title)):
        found.add("kind", "regulator", "first page")
        found.add("publisher", publisher, "first page")


def _alone(article: Article) -> list[str]:
    """The first blocks, and the lines in them that name a holder of rights: any other line may be a fragment."""
    shown = [article.text[block.start : block.end] for block in article.blocks[:_FIRST_BLOCKS]]
    return [*shown, *(match.group() for text in shown for match in _RIGHTS.finditer(text))]


def _authority_in(text: str) -> str:
    match = _AUTHORITY_NAME.fullmatch(" ".join(text.split()).strip(" .,"))
    return match["name"] if match is not None and _AUTHORITY.search(match["name"]) else ""
