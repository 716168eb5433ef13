"""Completes an article's facts from what it says of itself: issuer, kind, period, dates, language, author.

Called for every format once it is read. What a row, a front matter or a page's own data states goes before what is
found in the text, and that before the metadata of a file and its name. Better no fact than a wrong one.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from ingest.article import Article
from ingest.companies import same_company
from ingest.dates import date_of_line, dates_in
from ingest.filings import Cover, as_written, date_signed, find_fiscal, read_cover
from ingest.found import REGULATOR, STATED, Found
from ingest.headlines import add_results, read_headlines
from ingest.language import find_language
from ingest.periods import (
    Period,
    calendar_period,
    parse_period,
    year_ends,
)

_HEAD = 12_000  # characters among which a cover's or release's lines stand
_FIRST_PAGES = 3
_DATE_LINES = 25
_LONGEST_LABELLED = 90  # characters within which a label and its date stand

_DATE_LABEL = re.compile(
    r"\W*(?:published|publication date|date|dated|date of issue|issued|released|updated|revised|last updated)\b"
    r"[\s:]*(?:on\s)?",
    re.IGNORECASE,
)
_CALL_AFTER_MIDDLE = timedelta(days=70)  # a quarter's middle lies 45 days before its end, its call 2 to 6 weeks after


def complete_facts(article: Article, file_name: str) -> Article:
    """`article` with what it says of itself made facts, and for each where it was found.

    `file_name` is the file's real name, looked at last.
    """
    found = Found(article)
    found.normalise()
    lines = first_lines(article)
    cover = read_cover(lines)
    if cover is not None:
        _from_cover(cover, article, found)
    else:
        read_headlines(article, lines, file_name, found)
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


# Filings


def _from_cover(cover: Cover, article: Article, found: Found) -> None:
    text = article.text
    company = as_written(cover.company, text)
    where = "cover page"
    if found.origins.get("company") in REGULATOR and same_company(company, found.get("company")):
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
        add_results(article, company, found)


def _filed_after(signed: date, found: Found) -> bool:
    """Whether the date that is known may be that of filing: the day of signing, or the next working day."""
    return found.published is not None and 0 <= (found.published - signed).days <= 3


# Dates, author


def _add_published(lines: Sequence[str], found: Found) -> None:
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


def _check_author(text: str, found: Found) -> None:
    """Drop the author that a file's properties name but its text does not: that is who saved the file."""
    author = found.get("author")
    if author and found.origins.get("author") in STATED:
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
