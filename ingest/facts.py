"""Completes an article's facts from what it says of itself: issuer, kind, period, dates, language, author.

Called for every format once it is read. What a row, a front matter or a page's own data states goes before what is
found in the text, and that before the metadata of a file and its name. An article that speaks of a company is not that
company's: without signs of an issuer's own document there is no company. Better none than a wrong one.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from pathlib import PurePosixPath

from ingest.article import Article
from ingest.companies import same_company
from ingest.dates import date_of_line, dates_in
from ingest.filings import Cover, as_written, date_signed, find_fiscal, fiscal_of_quarter, read_cover
from ingest.language import find_language
from ingest.periods import (
    Period,
    calendar_period,
    find_periods,
    fiscal_period,
    ordinal,
    parse_period,
    year_end_of,
    year_ends,
)

# Where a file says things of itself that are often somebody else's: whatever the text says goes before these.
_STATED = frozenset({"PDF metadata", "document properties"})
# Where the regulator's own data say whose and of when a filing is, in its ways of writing.
_REGULATOR = frozenset({"inline XBRL", "submission header"})
# A filing's cover names it better than anything but these.
_TITLE_ORIGINS = frozenset({"given", "row", "front matter"})

_HEAD = 12_000  # characters among which a cover's or release's lines stand
_FIRST_PAGES = 3
_HEADLINES = 8  # lines that may be a headline
_LONGEST_HEADLINE = 180
_DATE_LINES = 25
_LONGEST_LABELLED = 90  # characters within which a label and its date stand
_FIRST_BLOCKS = 25
_LONGEST_MARK = 60  # characters of a running line such as "12 CFR Ch. II (1-1-22 Edition)"
_OPENING = 4_000  # characters in which a release says who reports what
_NAMED_AT_LEAST = 2
_RELEASED_WITHIN = 60_000  # characters of a filing in which a release of results begins

_DATE_LABEL = re.compile(
    r"\W*(?:published|publication date|date|dated|date of issue|issued|released|updated|revised|last updated)\b"
    r"[\s:]*(?:on\s)?",
    re.IGNORECASE,
)
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
    r"|\ball\s+authori[sz]ed\s+institutions\b",
    re.IGNORECASE,
)
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
_CALL_AFTER_MIDDLE = timedelta(days=70)  # a quarter's middle lies 45 days before its end, its call 2 to 6 weeks after


def complete_facts(article: Article, file_name: str) -> Article:
    """`article` with what it says of itself made facts, and for each where it was found.

    `file_name` is the file's real name, looked at last.
    """
    found = _Facts(article)
    found.normalise()
    lines = first_lines(article)
    cover = read_cover(lines)
    if cover is not None:
        _from_cover(cover, article, found)
    else:
        _from_headlines(article, lines, file_name, found)
        _add_published(lines, found)
    _check_author(article.text, found)
    if (language := find_language(article.text)) is not None:
        found.add("language", language, "text")
    add_calendar(found.facts, found.origins, found.published)
    return replace(article, title=found.title, published=found.published, facts=found.facts, origins=found.origins)


def first_lines(article: Article) -> list[str]:
    """The lines of an article's first pages as they stand there: those of a PDF from its places."""
    text = article.text
    limit = min(_HEAD, len(text))
    if article.places:
        at = bisect_left(article.places, limit, key=lambda place: place.start)
        pieces = [text[place.start : place.end] for place in article.places[:at] if place.page <= _FIRST_PAGES]
    else:
        pieces = text[:limit].split("\n")
    return [piece.strip() for piece in pieces if piece.strip()]


class _Facts:
    """Facts, title and date in the making. What is stated strongly is not replaced by what is found."""

    def __init__(self, article: Article) -> None:
        self.facts = dict(article.facts)
        self.origins = dict(article.origins)
        self.title = article.title
        self.published = article.published

    def get(self, key: str) -> str:
        return self.facts.get(key, "")

    def add(self, key: str, value: str, origin: str) -> None:
        """Add a fact unless it is there."""
        if value and not self.get(key):
            self.facts[key] = value
            self.origins[key] = origin

    def entitle(self, title: str, origin: str) -> None:
        """Call the document so, unless its source does otherwise."""
        if self.origins.get("title") not in _TITLE_ORIGINS:
            self.title = title
            self.origins["title"] = origin

    def date_by(self, day: date, origin: str) -> None:
        """Date the document, unless it is dated by more than what its file says of itself."""
        if self.published is None or self.origins.get("published") in _STATED:
            self.published = day
            self.origins["published"] = origin

    def normalise(self) -> None:
        """Given periods in the notation that filters compare, and the regulator's year-end as it is every year."""
        for key in ("period", "calendar_period"):
            if (period := parse_period(self.get(key))) is not None:
                self.facts[key] = period.label
        if self.origins.get("year_end") in _REGULATOR:
            with suppress(ValueError):
                self.facts["year_end"] = year_ends(*year_end_of(date.fromisoformat(f"2001-{self.get('year_end')}")))


# Filings


def _from_cover(cover: Cover, article: Article, found: _Facts) -> None:
    text = article.text
    company = as_written(cover.company, text)
    where = "cover page"
    if found.origins.get("company") in _REGULATOR and same_company(company, found.get("company")):
        found.facts["company"] = company
    found.add("company", company, where)
    found.add("kind", cover.form, where)
    found.add("ticker", cover.ticker, where)
    found.entitle(replace(cover, company=company).title, where)
    if found.origins.get("published") == "first lines":  # a date with a line to itself is the period's on a cover
        found.published = None
        del found.origins["published"]
    if cover.ended is not None:
        found.add("period_end", cover.ended.isoformat(), where)
        if cover.months and (fiscal := find_fiscal(text, cover.ended, cover.months)) is not None:
            found.add("period", fiscal.period.label, "statements")
            found.add("year_end", year_ends(*fiscal.year_end), "statements")
        signed = date_signed(text, cover.ended)
        if signed is not None and not _filed_after(signed, found):
            found.date_by(signed, "signature")
    elif cover.reported is not None:
        found.date_by(cover.reported, where)
    if cover.form.startswith(("8-K", "6-K")):
        _add_results(article, company, found)


def _add_results(article: Article, company: str, found: _Facts) -> None:
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


def _filed_after(signed: date, found: _Facts) -> bool:
    """Whether the date that is known may be that of filing: the day of signing, or the next working day."""
    return found.published is not None and 0 <= (found.published - signed).days <= 3


# Releases, calls and annual reports


def _from_headlines(article: Article, lines: Sequence[str], file_name: str, found: _Facts) -> None:
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


def _call(headline: str, where: str, article: Article, opening: str, found: _Facts) -> bool:
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


def _release(headline: str, where: str, article: Article, opening: str, found: _Facts) -> bool:
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


def _add_fiscal(text: str, opening: str, found: _Facts) -> None:
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


def _yearly(headline: str, where: str, article: Article, opening: str, found: _Facts) -> bool:
    match = _ANNUAL.search(headline)
    if match is None or len(headline) > 90:
        return False
    before = headline[: match.start()]
    before = re.sub(r"(?:19|20)\d\d(?:/\d\d)?\s*$", "", before.strip()).strip(" -–—|:,’'")
    lines = [line.strip() for line in opening.split("\n")[:40]]
    named = [line for line in lines if len(line) <= 80 and _ENDS_LEGAL.search(line)]
    name = next((each for each in (before, *named) if each and _is_company(each, article.text, times=4)), "")
    year = re.search(r"(?<!\d)((?:19|20)\d\d)(?:\s?[/–-]\s?(\d\d))?(?!\d)", headline)
    if not name or (year is None and not find_year_ended(opening)):
        return False
    found.add("kind", _ANNUAL_KINDS[match["kind"][0].lower()], where)
    found.add("company", as_written(name, article.text), where)
    if code := _STOCK_CODE.search(opening) or _LISTED.search(opening):
        found.add("ticker", code["ticker"].upper(), "cover page")
    if match["kind"].lower() == "annual" and year is not None:
        label = int(year[1]) + (1 if year[2] and int(year[2]) == (int(year[1]) + 1) % 100 else 0)
        found.add("period", str(label), where)
    _add_period_ended(article.text[:60_000], found)
    return True


def find_year_ended(text: str) -> bool:
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


def _add_period_ended(opening: str, found: _Facts) -> None:
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


def _add_year_end(label: Period, ended: date, found: _Facts) -> None:
    parts = 12 // label.months
    left = (parts - int(label.part[1:] or parts)) * label.months
    year_end = year_end_of(ended + timedelta(days=round(left * 365.25 / 12)))
    plain = fiscal_period(ended, label.months, year_end)
    if plain is not None and plain.part == label.part and plain.year - label.year in (0, 1):
        found.add("year_end", year_ends(*year_end), "text")


# Authorities


def _of_authority(article: Article, lines: Sequence[str], found: _Facts) -> None:
    if _MINUTES.search(article.title) or (lines and _MINUTES.match(lines[0].lstrip("\ufeff"))):
        found.add("kind", "minutes", "title" if _MINUTES.search(article.title) else "first page")
        return
    publisher = next((name for line in _alone(article) if (name := _authority_in(line))), "")
    # In a longer line it is a rule that somebody writes about.
    ruling = any(_RULES.search(line) for line in (article.title, *lines[:_DATE_LINES]) if len(line) <= _LONGEST_MARK)
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


# Dates, author


def _add_published(lines: Sequence[str], found: _Facts) -> None:
    """The date that the first lines show as the document's own: behind a label, or with a line to itself."""
    alone: date | None = None
    for line in lines[:_DATE_LINES]:
        for each in dates_in(line[:_LONGEST_LABELLED]):
            if each.day.isoformat() != found.get("period_end") and _DATE_LABEL.fullmatch(line[: each.start]):
                found.date_by(each.day, "first page")
                return
        if alone is None and (day := date_of_line(line.strip(" .|-–—"))) and day.isoformat() != found.get("period_end"):
            alone = day
    if alone is not None:
        found.date_by(alone, "first page")


def _check_author(text: str, found: _Facts) -> None:
    """Drop the author that a file's properties name but its text does not: that is who saved the file."""
    author = found.get("author")
    if author and found.origins.get("author") in _STATED:
        shown = " ".join(f"{text[:4000]} {text[-3000:]}".split()).casefold()
        if " ".join(author.split()).casefold() not in shown:
            del found.facts["author"], found.origins["author"]


def add_calendar(facts: dict[str, str], origins: dict[str, str], published: date | None) -> None:
    """The calendar's period: from the period's end, or for a call, which follows its quarter closely, from its day."""
    label = parse_period(facts.get("period", ""))
    if label is None or facts.get("calendar_period"):
        return
    try:
        ended = date.fromisoformat(facts.get("period_end", ""))
    except ValueError:
        ended = None
    if ended is not None:
        facts["calendar_period"] = calendar_period(ended, label.months).label
        origins["calendar_period"] = "period_end"
    elif label.months == 3 and "call" in facts.get("kind", "") and published is not None:
        middle = published - _CALL_AFTER_MIDDLE
        likely = Period(middle.year, f"Q{(middle.month + 2) // 3}")
        # One quarter early is either a late call or a year that ends in spring: nobody can tell.
        if likely.last - label.last != 1:
            facts["calendar_period"] = likely.label
            origins["calendar_period"] = "date of the call"
