"""Which articles a question is about: those of the company and the period that it names.

Reads the facts of the library's articles (company, ticker, kind, period, calendar_period, period_end, year_end) and the
words of the question; knows no index. Where a question names both and the library holds that document, its passages
come first, whatever other documents say in similar words.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from chat.periods import (
    AskedLatest,
    AskedPeriod,
    Basis,
    asked_kinds,
    asked_latest,
    asked_periods,
    common_year,
)
from chat.places import spellings
from index.values import NO_PREFERENCE, ArticleSummary, Preference
from ingest.companies import company_words, folded_words
from ingest.periods import Period, parse_period

# Added to fused scores, which lie in [0, 1]. The right document goes before everything else; the right company and the
# right year only lean, since others write about it, too.
_THE_DOCUMENT = 1.0
_THE_COMPANY = 0.3
_THE_YEAR = 0.15
_THE_KIND = 0.05
_SAME_END_DAYS = 7  # 52-week years end up to a week from the month's end

_TICKER = re.compile(r"(?<![\w&.])\$?[A-Z]{2,5}(?:\.[A-Z])?(?![\w&])")
# Abbreviations that are tickers of somebody, too, and mean something else in most questions.
_NO_TICKERS = frozenset(
    """AI IT US UK EU CEO CFO COO CTO EPS GDP ESG IPO ALL FY OR AND THE ARE FOR ANY SEC PE PC TV IR HR RD SO ON CAN NOW
    ROE ROA ROI EBIT KPI API AR VR EV GAAP IFRS CAGR USD EUR GBP RMB QE""".split()
)
# First words that many names share: alone they name nobody.
_COMMON_FIRST = frozenset(
    """general american united national first bank international global new royal standard western eastern northern
    southern north south east west pacific atlantic central federal state people china japan india british deutsche
    advanced applied digital data energy health home life old public city industrial capital financial green blue red
    black great best big key core open smart super total universal world air china's micro texas california """.split()
)


@dataclass(frozen=True, slots=True)
class _Document:
    """What routing needs of one article."""

    article_id: str
    company: tuple[str, ...]
    name: str
    ticker: str
    kind: str
    period: Period | None
    calendar: Period | None
    common: Period | None
    ended: date | None
    published: date | None

    @property
    def newest(self) -> tuple[date, date]:
        """What orders documents by time."""
        return self.ended or self.published or date.min, self.published or self.ended or date.min


class Router:
    """Prefers the articles that a question is about; what it knows of the articles is kept until they change."""

    def __init__(self) -> None:
        self._known: tuple[Sequence[ArticleSummary], _Companies] | None = None

    def __call__(self, question: str, articles: Sequence[ArticleSummary]) -> Preference:
        """What the question's company and period say of `articles`; pass the same sequence while nothing changed."""
        return _preference(question, self._companies_of(articles))

    def companies_in(self, text: str, articles: Sequence[ArticleSummary]) -> tuple[str, ...]:
        """The words of a text that name a company of which there are `articles`, as they stand in it."""
        return tuple(self._companies_of(articles).named_in(text).values())

    def _companies_of(self, articles: Sequence[ArticleSummary]) -> "_Companies":
        known = self._known
        if known is None or known[0] is not articles:
            known = (articles, _Companies([_document(article) for article in articles]))
            self._known = known
        return known[1]


class _Companies:
    """The companies that documents come from, and the forms under which a question may name them."""

    def __init__(self, documents: Sequence[_Document]) -> None:
        self.documents: dict[tuple[str, ...], list[_Document]] = {}
        self.without_company: list[_Document] = []
        for document in documents:
            if document.company:
                self.documents.setdefault(document.company, []).append(document)
            else:
                self.without_company.append(document)
        self._tickers: dict[str, tuple[str, ...]] = {}
        forms: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
        for company, own in self.documents.items():
            for ticker in {each.ticker for each in own if each.ticker}:
                self._tickers[ticker] = company
            for form in _forms(company):
                forms.setdefault(form, set()).add(company)
        # A form that means two companies names neither, unless it is the whole name of one.
        self._forms = {
            form: form if form in companies else next(iter(companies))
            for form, companies in forms.items()
            if len(companies) == 1 or form in companies
        }
        self._longest = max(map(len, self._forms), default=0)

    def named_in(self, question: str) -> dict[tuple[str, ...], str]:
        """The companies that a question names, in its order, each with the words that name it."""
        found: dict[tuple[str, ...], str] = {}
        words = folded_words(question)
        capitals = any(question[start].isupper() for _, start, _ in words[1:])
        at = 0
        while at < len(words):
            for length in range(min(self._longest, len(words) - at), 0, -1):
                form = tuple(word for word, _, _ in words[at : at + length])
                start, end = words[at][1], words[at + length - 1][2]
                company = self._forms.get(form)
                # "What is the target price?" asks about no retailer.
                if company is not None and (length > 1 or not capitals or question[start].isupper()):
                    found.setdefault(company, question[start:end])
                    at += length
                    break
            else:
                at += 1
        for match in _TICKER.finditer(question):
            sign = match.group()
            if (sign[0] == "$" or sign not in _NO_TICKERS) and (owner := self._tickers.get(sign.lstrip("$"))):
                found.setdefault(owner, sign)
        return found


def _forms(company: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The whole name and its beginnings, but for those that say nothing; "Amazon" for "Amazon.com"."""
    forms = [company]
    for length in range(len(company) - 1, 0, -1):
        form = company[:length]
        if form[-1] in ("and", "of", "de", "the") or (length == 1 and not _distinctive(form[0])):
            continue
        forms.append(form)
    if "." in company[0]:
        forms += [(form[0].split(".")[0], *form[1:]) for form in list(forms)]
    return forms


def _distinctive(word: str) -> bool:
    return len(word) > 3 and word not in _COMMON_FIRST and not spellings(word)


def _document(article: ArticleSummary) -> _Document:
    facts = article.facts
    period = parse_period(facts.get("period", ""))
    return _Document(
        article_id=article.article_id,
        company=company_words(facts.get("company", "")),
        name=facts.get("company", ""),
        ticker=facts.get("ticker", "").upper(),
        kind=facts.get("kind", ""),
        period=period,
        calendar=parse_period(facts.get("calendar_period", "")),
        common=None if period is None else common_year(period, facts.get("year_end", "")),
        ended=_day(facts.get("period_end", "")),
        published=article.published,
    )


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _preference(question: str, companies: _Companies) -> Preference:
    named = companies.named_in(question)
    periods, latest, kinds = asked_periods(question), asked_latest(question), asked_kinds(question)
    if not named and len(companies.documents) == 1 and not companies.without_company:
        named = dict.fromkeys(companies.documents, "")  # a library of one company: nobody names it in every question
    bonus: dict[str, float] = {}
    documents: set[str] = set()
    notes: list[str] = []
    uncovered: list[_Document] = []
    for company in named:
        own = companies.documents[company]
        for document in own:
            bonus[document.article_id] = _THE_COMPANY + (_THE_KIND if document.kind in kinds else 0.0)
        of_kind = [document for document in own if document.kind in kinds] or own
        chosen = _of_periods(periods, of_kind, own, notes)
        if latest is not None and all(asked.period is not None and not asked.period.part for asked in periods):
            chosen += _newest(latest, of_kind)  # "How does the latest quarter compare with 2022?"
        documents |= {document.article_id for document in chosen}
        if not chosen:
            _lean_to_years(periods, own, bonus)
            if periods and not any(_covers(document, asked) for document in own for asked in periods):
                uncovered += own
    if not named and companies.documents:
        _lean_to_years(periods, [each for own in companies.documents.values() for each in own], bonus)
    if not bonus:
        return NO_PREFERENCE
    said = [*named.values(), *(asked.text for asked in periods), latest.text if latest is not None else ""]
    return Preference(
        bonus=bonus | dict.fromkeys(documents, _THE_DOCUMENT),
        documents=frozenset(documents),
        notes=tuple(dict.fromkeys(notes)),
        rest=_without(question, said) if documents else "",
        uncovered=frozenset(document.article_id for document in uncovered),
        why_uncovered=_why_uncovered(uncovered, periods),
    )


def _without(question: str, said: Sequence[str]) -> str:
    for words in filter(None, said):
        question = re.sub(rf"(?<!\w){re.escape(words.strip())}(?:[’']s?)?(?!\w)", " ", question)
    return " ".join(question.split())


def _covers(document: _Document, asked: AskedPeriod) -> bool:
    """Whether a document may speak of a period: its own, or one that it compares with.

    A quarter's report compares with the year before, a year's with the two before. What states no period may speak of
    any.
    """
    labels = [label for label in (document.common, document.period, document.calendar) if label is not None]
    before = max((1 if label.part else 2 for label in labels), default=0)
    wanted = asked.period
    if wanted is None and asked.ended is not None:
        if document.ended is None:
            return True
        days = (document.ended - asked.ended).days
        return any(abs(days - 365.25 * years) <= 2 * _SAME_END_DAYS for years in range(before + 1))
    if not labels or wanted is None:
        return True
    # A report on a year speaks of its quarters, too, and one on a quarter of the year so far.
    return any(
        0 <= label.year - wanted.year <= before and (label.part == wanted.part or not label.part or not wanted.part)
        for label in labels
    )


def _why_uncovered(documents: Sequence[_Document], periods: Sequence[AskedPeriod]) -> str:
    if not documents:
        return ""
    asked = " or ".join(f"“{each.text.strip()}”" for each in periods)
    held = sorted({str(each.period) for each in documents if each.period is not None})
    shown = ", ".join(held if len(held) <= 8 else [*held[:3], "…", *held[-4:]])
    return f"No document of {documents[0].name} in your library covers {asked}; it has {shown}."


def _of_periods(
    periods: Sequence[AskedPeriod], of_kind: Sequence[_Document], own: Sequence[_Document], notes: list[str]
) -> list[_Document]:
    """The documents of a company for the periods that are asked for, and how each was read where two readings exist."""
    chosen: list[_Document] = []
    for asked in periods:
        for documents in (of_kind, own):
            found = _of_period(asked, documents, notes)
            if found:
                chosen += found
                break
    return chosen


def _of_period(asked: AskedPeriod, documents: Sequence[_Document], notes: list[str]) -> list[_Document]:
    if asked.ended is not None:
        wanted = asked.ended
        return [each for each in documents if each.ended and abs((each.ended - wanted).days) <= _SAME_END_DAYS]
    readings = [[each for each in documents if reading(each) == asked.period] for reading in _READINGS[asked.basis]]
    found = next((reading for reading in readings if reading), [])
    ids = {each.article_id for each in found}
    others = [each for reading in readings for each in reading if each.article_id not in ids]
    if asked.basis is Basis.ANY and others and found[0].ended and others[0].ended:
        taken, other = found[0], others[0]
        notes.append(
            f"“{asked.text.strip()}” is read as {_described(taken)}. It could also mean {_described(other)}; "
            "name the day on which the period ended to have that one."
        )
    return found


# The order in which a label is read, first match wins: see `common_year`.
_READINGS: Mapping[Basis, tuple[Callable[[_Document], Period | None], ...]] = {
    Basis.ANY: (lambda each: each.common, lambda each: each.period, lambda each: each.calendar),
    Basis.FISCAL: (lambda each: each.period, lambda each: each.common),
    Basis.CALENDAR: (lambda each: each.calendar,),
}


def _described(document: _Document) -> str:
    ended = document.ended
    day = f"{ended.day} {ended:%B %Y}" if ended else "an unknown day"
    label = f", {document.name}’s own {document.period}" if document.period else ""
    return f"the period that ended on {day}{label}"


def _newest(latest: AskedLatest, documents: Sequence[_Document]) -> list[_Document]:
    """The newest documents that report on a quarter or year where one is asked for."""
    if latest.part:
        documents = [
            each for each in documents if each.period is not None and (each.period.part or "Y")[0] == latest.part
        ]
    dated = [each for each in documents if each.newest[0] != date.min]
    if not dated:
        return []
    last = max(each.newest[0] for each in dated)
    return [each for each in dated if each.newest[0] == last]


def _lean_to_years(periods: Sequence[AskedPeriod], documents: Sequence[_Document], bonus: dict[str, float]) -> None:
    """Documents of a year that is asked for, when none of the period itself is there."""
    wanted = {asked.period.year for asked in periods if asked.period is not None}
    wanted |= {asked.ended.year for asked in periods if asked.ended is not None}
    exact = {asked.period for asked in periods if asked.period is not None}
    for each in documents:
        labels = [label for label in (each.period, each.calendar, each.common) if label is not None]
        if any(label in exact for label in labels):
            bonus[each.article_id] = bonus.get(each.article_id, 0.0) + _THE_YEAR
        elif any(label.year in wanted for label in labels):
            bonus[each.article_id] = bonus.get(each.article_id, 0.0) + _THE_YEAR / 2
