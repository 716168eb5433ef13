"""What the cover of a filing with the US regulator says, and which fiscal quarter or year a report covers.

Works on lines and text of any format. Knows no company: fiscal years are taken from what the filing says of them.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from ingest.cleaning import folded
from ingest.dates import MONTHS, dates_in
from ingest.periods import Period, find_periods, fiscal_period, year_end_of

COVER_LINES = 160
_SEARCHED = 250_000  # characters in which a filing says how its fiscal year lies
_SIGNED_WITHIN = 40_000  # characters from the end
_LONGEST_NAME = 100

_OF_EVENTS = ("8-K", "6-K")  # forms that report on no period

_REGULATOR = re.compile(r"securities\s+and\s+exchange\s+commission", re.IGNORECASE)
_FORM = re.compile(r"\bform\s+(10-[QK]T?|8-K|20-F|40-F|6-K)(/A)?\b", re.IGNORECASE)
_REGISTRANT = re.compile(r"\(?\s*(?:exact\s+name\s+of|translation\s+of)\s+(?:the\s+)?registrant", re.IGNORECASE)
_FILE_NUMBER = re.compile(r"commission\s+file\s+(?:number|no)", re.IGNORECASE)
_SPAN = re.compile(
    r"for\s+the\s+(?:(?P<quarter>quarterly\s+period|(?:fiscal\s+)?quarter)|(?P<transition>transition\s+period)"
    r"|(?P<year>(?:fiscal\s+)?year)|(?P<month>month))(?:\s+(?:ended|ending|of))?\s*:?\s*",
    re.IGNORECASE,
)
_REPORTED = re.compile(r"date\s+of\s+(?:earliest\s+event\s+reported|report)", re.IGNORECASE)
_SUFFIX_ALONE = re.compile(
    r"(?:the\s+)?(?:corporation|company|incorporated|inc|limited|ltd|plc|llc|l\.p)\.?,?", re.IGNORECASE
)
_SYMBOL_HEAD = re.compile(r"(?:trading|ticker)\s+symbol", re.IGNORECASE)
_SYMBOL = re.compile(r"[A-Z]{1,5}(?:[./-][A-Z]{1,2})?")
_NO_SYMBOL = frozenset({"N/A", "NA", "NONE", "NYSE", "OR", "LLC", "INC", "YES", "NO", "NASD", "USD"})
_BEFORE_EXCHANGE = re.compile(
    r"\b([A-Z]{1,5}(?:[./-][A-Z]{1,2})?)\s+(?:the\s+)?(?:nasdaq|new\s+york\s+stock|nyse|cboe)", re.IGNORECASE
)
_CELLS = re.compile(r"\s{2,}|\s*[|\t]\s*")

_YEAR_ENDED = re.compile(r"\byear\s+(?:ended|ending|ends|that\s+ended)\s+(?:on\s+)?", re.IGNORECASE)
_MONTH_NAMES = "|".join(sorted((name for name in MONTHS if len(name) > 3 or name == "may"), key=len, reverse=True))
_YEAR_ENDS = re.compile(
    r"\bfiscal\s+years?\b[^.]{0,100}?\b(?:ends?|ending|ended)\s+(?:on\s+)?(?:the\s+)?"
    r"(?:(?:last|final|first)\s+\w+\s+(?:in|of)\s+|\w+\s+(?:nearest|closest|nearest\s+to|closest\s+to)\s+(?:to\s+)?)?"
    rf"(?P<month>{_MONTH_NAMES})\b(?:\s+(?P<day>\d{{1,2}}))?",
    re.IGNORECASE,
)
_TO_DATE = re.compile(
    r"\b(?:(?P<months>three|six|nine|twelve|3|6|9|12)[\s-]+months?|"
    r"(?P<weeks>thirteen|twenty[\s-]six|thirty[\s-]nine|13|14|26|27|39|40)[\s-]+weeks?)\s+(?:period\s+)?ended\b",
    re.IGNORECASE,
)
_LENGTHS = {
    **dict.fromkeys(("three", "3", "thirteen", "13", "14"), 3),
    **dict.fromkeys(("six", "6", "twenty six", "26", "27"), 6),
    **dict.fromkeys(("nine", "9", "thirty nine", "39", "40"), 9),
}
_LABELLED_YEAR = re.compile(
    r"\b(?:fiscal(?:\s+year)?|FY)\s*(?P<label>20\d\d)\b[^.;]{0,60}?\b(?:ended|ends|ending|end)\s+(?:on\s+)?",
    re.IGNORECASE,
)
_QUARTER = re.compile(r"\bquarter\b|\bQ[1-4]\b", re.IGNORECASE)
_SIGNED = re.compile(r"\bdated?\s*:?\s+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Cover:
    """A filing's cover. Texts are empty and dates None where it does not say; `ended` closes the period reported on."""

    company: str
    form: str
    ticker: str = ""
    span: str = ""
    ended: date | None = None
    reported: date | None = None

    @property
    def title(self) -> str:
        """What the document is called: "Acme Inc. Form 10-Q, quarterly period ended July 1, 2023"."""
        base = f"{self.company} Form {self.form}"
        if self.ended is not None:
            return f"{base}, {self.span} ended {in_words(self.ended)}"
        return base if self.reported is None else f"{base}, {in_words(self.reported)}"

    @property
    def months(self) -> int:
        """How long the period is: 3 or 12, and 0 for a transition period."""
        return {"quarterly period": 3, "fiscal year": 12}.get(self.span, 0)


def in_words(day: date) -> str:
    """ "July 1, 2023"."""
    return f"{day:%B} {day.day}, {day.year}"


def read_cover(lines: Sequence[str]) -> Cover | None:
    """The cover among a document's first lines; None where it is no filing's, or does not say whose."""
    lines = [" ".join(line.split(" ")) for line in lines[:COVER_LINES]]
    if not any(_REGULATOR.search(" ".join(lines[i : i + 2])) for i in range(min(40, len(lines)))):
        return None
    form = next((match for line in lines[:60] if len(line) < 80 and (match := _FORM.search(line))), None)
    company = _company(lines)
    if form is None or not company:
        return None
    name = form[1].upper() + (form[2] or "").upper()
    span, ended = ("", None) if name.startswith(_OF_EVENTS) else _period(lines)
    reported = _reported(lines) if name.startswith(_OF_EVENTS) else None
    return Cover(company, name, _ticker(lines), span, ended, reported)


def _company(lines: Sequence[str]) -> str:
    for index, line in enumerate(lines):
        if match := _REGISTRANT.search(line):
            before = line[: match.start()].strip(" _-|")
            if _is_name(before):
                return before
            for above in range(index - 1, max(-1, index - 4), -1):
                name = lines[above].strip(" _*|")
                if _SUFFIX_ALONE.fullmatch(name) and above:
                    name = f"{lines[above - 1].strip(' _*|')} {name}"
                if _is_name(name):
                    return name
    for index, line in enumerate(lines):
        if _FILE_NUMBER.search(line):
            for below in lines[index + 1 : index + 3]:
                if _is_name(below.strip(" _*|")):
                    return below.strip(" _*|")
    return ""


def _is_name(text: str) -> bool:
    return (
        2 <= len(text) <= _LONGEST_NAME
        and sum(map(str.isalpha, text)) > len(text) / 2
        and not text.startswith("(")
        and not _FILE_NUMBER.search(text)
        and not _SPAN.search(text)
    )


def _period(lines: Sequence[str]) -> tuple[str, date | None]:
    """What the form reports on, in words, and when that ended."""
    for index, line in enumerate(lines):
        for match in _SPAN.finditer(line):
            if match["month"]:
                continue
            following = f"{line[match.end() :]} {' '.join(lines[index + 1 : index + 3])}"
            if match["transition"]:
                # "from ... to ..." when it is one; blank on all other forms
                day = next(iter(dates_in(following.partition(" to ")[2][:40])), None)
                span = "transition period"
            else:
                day = next(iter(dates_in(following[:60])), None)
                span = "quarterly period" if match["quarter"] else "fiscal year"
            if day is not None and day.start < 25:
                return span, day.day
    return "", None


def _reported(lines: Sequence[str]) -> date | None:
    for index, line in enumerate(lines):
        if _REPORTED.search(line):
            for near in (line, *lines[index + 1 : index + 2], *lines[max(0, index - 1) : index]):
                if found := dates_in(near):
                    return found[0].day
    return None


def _ticker(lines: Sequence[str]) -> str:
    """The first symbol in the cover's table of securities."""
    for index, line in enumerate(lines):
        if not _SYMBOL_HEAD.search(line):
            continue
        for below in (line, *lines[index + 1 : index + 25]):
            for cell in _CELLS.split(below):
                if _SYMBOL.fullmatch(cell.strip()) and cell.strip() not in _NO_SYMBOL:
                    return cell.strip()
            match = _BEFORE_EXCHANGE.search(below)
            if match and match[1].isupper() and match[1] not in _NO_SYMBOL:
                return match[1]
            if below.lower().startswith("indicate by check"):
                break
    return ""


# The fiscal year


@dataclass(frozen=True, slots=True)
class Fiscal:
    """The company's own label of a period, and month and day on which its fiscal years end."""

    period: Period
    year_end: tuple[int, int]


def find_fiscal(text: str, ended: date, months: int) -> Fiscal | None:
    """How the period of `months` that ended on `ended` is called in its company's fiscal year, from the text.

    None where the text does not say, or says two things that do not fit.
    """
    text = text[:_SEARCHED]
    quarter = None if months == 12 else _quarter_to_date(text)
    stated = year_end_of(ended) if months == 12 else _stated_year_end(text, ended)
    year_end = stated or _year_end_after(ended, quarter)
    if year_end is None:
        return None
    plain = fiscal_period(ended, months, year_end)
    if plain is None or (quarter is not None and months == 3 and plain.part != f"Q{quarter}"):
        return None
    behind = _behind(text, plain, ended, year_end)
    return Fiscal(Period(plain.year - behind, plain.part), year_end)


def fiscal_of_quarter(text: str, ended: date, quarter: int) -> Fiscal | None:
    """How the quarter that ended on `ended` is called, where it is known which of its year it is (1 to 4)."""
    year_end = _year_end_after(ended, quarter)
    plain = None if year_end is None else fiscal_period(ended, 3, year_end)
    if plain is None or year_end is None:
        return None
    return Fiscal(Period(plain.year - _behind(text[:_SEARCHED], plain, ended, year_end), plain.part), year_end)


def _quarter_to_date(text: str) -> int | None:
    """Which quarter it is, by how long the year so far is in the statements: "nine months ended" is the third."""
    counts: Counter[int] = Counter()
    for match in _TO_DATE.finditer(text):
        written = re.sub(r"[\s-]+", " ", match["months"] or match["weeks"]).lower()
        if months := _LENGTHS.get(written):
            counts[months] += 1
    for months in (9, 6, 3):
        if counts[months] >= 2 and counts[months] >= 0.2 * counts[3]:
            return months // 3
    return None


def _year_end_after(ended: date, quarter: int | None) -> tuple[int, int] | None:
    if quarter is None:
        return None
    return year_end_of(ended + timedelta(days=round((4 - quarter) * 365.25 / 4)))


def _stated_year_end(text: str, ended: date) -> tuple[int, int] | None:
    """The year-end that the text names most often: "Form 10-K for the fiscal year ended June 30, 2023"."""
    votes: Counter[tuple[int, int]] = Counter()
    for match in _YEAR_ENDED.finditer(text):
        found = dates_in(text[match.end() : match.end() + 24])
        if found and found[0].start == 0 and abs((found[0].day - ended).days) < 1200:
            votes[year_end_of(found[0].day)] += 1
    for match in _YEAR_ENDS.finditer(text):
        month = MONTHS[folded(match["month"])]
        day = int(match["day"] or 28)
        if 1 <= day <= 28 or match["day"]:
            try:
                votes[year_end_of(date(ended.year, month, day))] += 3
            except ValueError:
                continue
    return votes.most_common(1)[0][0] if votes else None


def _behind(text: str, plain: Period, ended: date, year_end: tuple[int, int]) -> int:
    """1 where the company calls a fiscal year after the year in which most of it lies, not after that of its end."""
    if year_end[0] > 6:
        return 0
    votes: Counter[int] = Counter()
    for match in _LABELLED_YEAR.finditer(text):
        found = dates_in(text[match.end() : match.end() + 24])
        if found and found[0].start == 0 and year_end_of(found[0].day) == year_end:
            votes[found[0].day.year - int(match["label"])] += 1
    if plain.part:
        named = (each.period for near in _around_quarters(text) for each in find_periods(near))
        years = Counter(period.year for period in named if period.part == plain.part)
        # The quarter itself and that of the year before are named about as often; the later one is meant.
        current = [year for year, count in years.items() if count >= 2 and year - plain.year in (-1, 0)]
        if current:
            votes[plain.year - max(current)] += 2
    return 1 if votes[1] > votes[0] else 0


def _around_quarters(text: str) -> Iterator[str]:
    """Where a text speaks of quarters: reading all of it for periods would take ten times as long."""
    end = 0
    for match in _QUARTER.finditer(text):
        if match.start() >= end:
            end = match.end() + 40
            yield text[max(0, match.start() - 30) : end]


def date_signed(text: str, ended: date) -> date | None:
    """When a report on a period that ended on `ended` was signed: what its last pages say most often."""
    days = Counter(
        found[0].day
        for match in _SIGNED.finditer(text, max(0, len(text) - _SIGNED_WITHIN))
        if (found := dates_in(text[match.end() : match.end() + 24]))
        and found[0].start == 0
        and 0 < (found[0].day - ended).days < 200
    )
    return days.most_common(1)[0][0] if days else None


def as_written(name: str, text: str) -> str:
    """A name in capitals as the text writes it elsewhere; as it is where the text does not."""
    if not name.isupper():
        return name
    pattern = r"(?<!\w)" + r"\s+".join(re.escape(word) for word in name.split()) + r"(?!\w)"
    written = Counter(" ".join(match.group().split()) for match in _limited(pattern, text))
    ordinary = [(count, form) for form, count in written.items() if not form.isupper() and not form.islower()]
    if ordinary:
        return max(ordinary)[1]
    # "ACME HOLDINGS, INC." is often only "Acme Holdings" in the text.
    head, comma, tail = name.rpartition(", ") if ", " in name else name.rpartition(" ")
    if head and len(tail) <= 12 and (short := as_written(head, text)) != head:
        return f"{short}{comma or ' '}{tail if len(tail) <= 3 and not tail.endswith('.') else tail.capitalize()}"
    return name


def _limited(pattern: str, text: str) -> Iterator[re.Match[str]]:
    for number, match in enumerate(re.finditer(pattern, text, re.IGNORECASE)):
        if number >= 500:
            return
        yield match
