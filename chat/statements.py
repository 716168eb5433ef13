"""What a sentence or table row states: one figure, with the words, years, places and restrictions that go with it, so
that two statements can be told to be of the same thing or not. What a question asks is read likewise.

Pure functions on words; knows no index and no model.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from chat.cells import AskedColumn, asked_column, cells_asked_for
from chat.figures import NUMERIC, TEMPORAL, Figure, FigureKind, asked_kinds, find_figures
from chat.places import places_in, spellings
from chat.terms import names_in, years_in
from index.values import Hit
from ingest.article import BlockKind, Row
from ingest.cleaning import folded
from ingest.passages import Unit

# --- what a question asks ---


@dataclass(frozen=True, slots=True)
class AskedValue:
    """What a question asks: which kinds of figure (empty: none), of which years, parts of years ("Q3", "H1", "march"),
    places and names (in lower case). `words` are its words, `hard` those that a statement of the same thing must share,
    and `forecast` says that it asks for a forecast.
    """

    question: str
    kinds: frozenset[FigureKind]
    years: frozenset[int]
    parts: frozenset[str]
    places: frozenset[str]
    names: frozenset[str]
    words: frozenset[str]
    hard: frozenset[str]
    forecast: bool


@lru_cache(maxsize=64)
def read_question(question: str) -> AskedValue:
    """What a question asks. A question for "figures" or a "forecast" may be answered by any number."""
    kinds = asked_kinds(question)
    if not kinds and _ASKS_FOR_FIGURES.search(question):
        kinds = NUMERIC
    years = years_in(question)
    places = places_of(question)
    names = frozenset(name.lower() for name in names_of(question) if not content_words(name) <= _MEASURED | SOFT)
    words = content_words(question)
    said = {
        key
        for name in (*names, *(each for place in places for each in spellings(place)))
        for key in content_words(name)
    }
    hard = words - said - SOFT
    if kinds and kinds <= TEMPORAL:
        hard |= words & _EVENTS
    forecast = _FORECAST.search(question) is not None
    return AskedValue(question, kinds, years, _parts(question), places, names, words, hard, forecast)


_ASKS_FOR_FIGURES = re.compile(
    r"\b(?:forecasts?|predict\w*|project(?:s|ed|ions?)|expect\w*|estimates?|figures?|numbers?|values?|valuation)\b",
    re.I,
)
_PART = re.compile(
    r"\b(?:Q(?P<q>[1-4])|(?P<nq>[1-4])Q|H(?P<h>[12])|(?P<nh>[12])H"
    r"|(?P<nth>first|second|third|fourth|1st|2nd|3rd|4th)[\s-]+(?P<of>(?:fiscal\s+)?quarter|half))(?![a-z])"
    r"|\b(?P<month>January|February|March|April|May|June|July|August|September|October|November|December)\b"
    r"|\b(?P<stretch>full[\s-]year|quarterly|quarter|half[\s-]year|nine[\s-]months?|six[\s-]months?|three[\s-]months?)\b",
    re.IGNORECASE,
)
_NTH = {"first": 1, "second": 2, "third": 3, "fourth": 4, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4}


def _parts(text: str) -> frozenset[str]:
    """Parts of a year that a text names: "Q3", "H1", "march", "quarter"."""
    found = set()
    for match in _PART.finditer(text):
        if match["nth"]:
            found.add(f"{'H' if match['of'].lower() == 'half' else 'Q'}{_NTH[folded(match['nth'])]}")
        elif number := match["q"] or match["nq"]:
            found.add(f"Q{number}")
        elif number := match["h"] or match["nh"]:
            found.add(f"H{number}")
        elif match["month"]:
            if match["month"][0].isupper():
                found.add(match["month"].lower())
        else:
            found.add(match["stretch"].lower())
    return frozenset(found)


# --- words ---

_WORD = re.compile(r"[^\W\d_][\w&]*(?:[’'-][^\W\d_]\w*)*")
_ALIKE = {  # words of one measure, by any of them; read in their stems
    word: group.split()[0]
    for group in (
        "revenue revenues sales turnover topline",
        "profit profits income earnings earn earned earns",
        "employ employs employed employees employee staff people workers worker workforce headcount personnel",
        "store stores shop shops outlet outlets",
        "plant plants factory factories",
        "growth grow grows growing grew grown cagr expand expands expanding expansion increase rise rose rising",
        "buy buys bought acquire acquires acquired acquisition purchase purchased",
        "found founded established incorporated founding foundation",
        "vehicle vehicles car cars automobile automobiles",
        "spend spends spent spending expenditure expenditures",
        "sell sells sold selling",
        "cost costs price prices priced",
        "pay pays paid paying",
        "start starts started begin begins began beginning launch launched commence",
        "finish finished finishes complete completed completes completion",
        "loss losses lose lost",
        "user users",
        "use uses used using",
        "go goes went gone",
        "hold holds held holding",
        "lead leads led leading",
        "fall falls fell fallen",
        "leave leaves left",
        "take takes took taken",
        "win wins winning",
        "build builds built building",
        "lay lays laid",
        "open opens opened opening",
        "write writes wrote written",
        "send sends sent",
        "fly flies flew flown",
        "run runs ran running operate operates operated",
        "operating operating",
        "operation operations",
        "planted planted",
        "analysis analyses",
        "marketing marketing",
        "rating ratings",
        "make makes made making",
        "raise raises raised raising",
    )
    for word in group.split()
}


@lru_cache(maxsize=1024)
def in_common(key: str) -> tuple[str, ...]:
    """What the words with a key have in common, in lower case."""
    return (key, *(word for word, other in _ALIKE.items() if other == key))


_SUFFIXES = (
    *("ations", "ation", "ments", "ment", "ings", "ing", "ions", "ion", "ities", "ity", "ives", "ive", "ors", "or"),
    *("ers", "er", "ies", "ied", "als", "al", "ed", "es", "ly", "s", "e", "y"),
)


@lru_cache(maxsize=8192)
def _key(word: str) -> str:
    """What a word is compared by: one word for those of one measure, else its stem."""
    word = re.sub(r"[’']s?$", "", word.lower())
    if word in _ALIKE:
        return _ALIKE[word]
    if word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    for suffix in _SUFFIXES:
        least = 3 if suffix in ("ing", "ed", "s") else 4
        if word.endswith(suffix) and len(word) - len(suffix) >= least and not word.endswith("ss"):
            stem = word[: -len(suffix)]
            doubled = suffix in ("ing", "ed") and stem[-1] == stem[-2] and stem[-1] not in "lsdz"
            return stem[:-1] if doubled else stem
    return word


def _keys(words: str) -> frozenset[str]:
    return frozenset(_key(word) for word in words.split())


@lru_cache(maxsize=4096)
def content_words(text: str) -> frozenset[str]:
    """The keys of a text's words, without those that tell nothing; parts of words with a hyphen too."""
    found = set()
    for match in _WORD.finditer(text):
        word = match.group()
        for part in {word, *word.split("-")}:
            if part.lower() not in _EMPTY and len(part) > 1:
                found.add(_key(part))
    return frozenset(found)


_EMPTY = frozenset(
    """a an the of in on at by for from to with as and or but if not no nor so than then that this these those
    there here it its it’s they them their he his she her we our you your i my is are was were be been being am
    do does did has have had having will would shall should can could may might must what which who whom whose
    when where why how much many very also only just about around approximately roughly nearly almost some over
    under above below between up down out off into onto per each every all both any other such same own more
    most less least fewer one two three while during after before since until through within without according
    us percent cent thousand million billion trillion bn mn""".split()
)
# Words that a statement of the same thing may lack: of size, of forecasting, of having, of documents and of time.
SOFT = _keys(
    """worth value valued values valuation size sized large big high great amount amounts total number numbers
    figure figures level reach reaches reached come comes came stand stands stood hit become get gets got
    account accounted make makes run own owns hold holds held have expected expect expects forecast forecasts
    projected project projection projections predict predicted estimate estimated estimates anticipate
    anticipated set seen see current currently today now latest last end ended year years annual annually yearly
    month months quarter quarters half day fiscal financial full company companies firm firms group business
    article articles report reports reported document say says said according different does exist there give
    gives given put puts rate long far fast quick wide tall old amounting compound average entire overall whole
    actual actually time times period many much agree differ source sources first second third fourth five six
    seven eight nine ten restated forecasters analysts analyst investors percentage percent is share shares
    bring brings brought briefing study paper note survey summary"""
)
_EVENTS = _keys("start end finish launch open close found begin reach report")
# Words of measures: one with a capital, as it opens a question, names nobody.
_MEASURED = _keys(
    """revenue profit margin debt borrowings assets liabilities equity dividend cash tax ebitda backlog growth
    inflation unemployment deficit yield return interest ratio loss deposits loans occupancy utilization capacity
    attendance penetration churn retention wages salary rent fees fares premiums subsidy grant reserves circulation
    membership backlog bookings royalties stake turnout mortality accuracy
    market industry sector money cost spend pay invest raise earn owe borrow fund receive give get take put work
    employ make produce output sell deliver ship supply handle carry serve treat enrol enroll use drive launch open
    start finish build buy own operate list trade hold commission join found bill charge consume fill occupy control
    command attract host visit insure lend grant award distribute return collect gain draw attend travel pass"""
)
# Modifiers that restrict nothing.
GENERIC = SOFT | _keys(
    """total overall global worldwide annual full-year consolidated reported group combined latest average
    estimated its roughly potential leading early late final main new recent record strong steady similar
    unchanged previous following expected projected forecast respectively world approximately around nearly over
    about intermediate baseline further official domestic local national operator maker chain agency owner"""
)


@lru_cache(maxsize=4096)
def places_of(text: str) -> frozenset[str]:
    """Places that a text names, under their usual names: "Chinese" is China."""
    found = set(places_in(text))
    for name in names_in(_OF_MONEY.sub(" ", text)):
        if rows := spellings(name):
            found.add(rows[0])
    return frozenset(found)


def names_of(text: str) -> list[str]:
    """Names in a text that are no places."""
    return [name for name in names_in(_OF_MONEY.sub(" ", text)) if not spellings(name)]


_OF_MONEY = re.compile(r"\b[A-Z]{1,3}\$|\b(?:RMB|CAGR|USD|EUR|[A-Z]{3}(?=\s?\d))")  # no names: "US$5", "SEK 6"


# --- statements ---

_OPENS = 15  # characters that may stand before a figure that an answer's words begin with: "a little over"


@dataclass(frozen=True, slots=True)
class Statement:
    """A figure that a unit states, with what is said of it. Its offsets count from the unit's start.

    `sentence` is the unit's text, `text` the same with the unit before it where it goes on from that ("Its …"), `said`
    the words of either, `clause` the part about the figure; of a table row these are its label and column. `column`
    is None for other units. `years` and `parts` of years are those that the figure is of. `words` stand in the unit,
    its headings or its title. `restricts` are words that say of what part of the thing asked for the figure is.
    `target`, `forecast`, `delta` (by how much it changed) and `earlier` (what it is compared with) say what the figure
    is meant as, `change` by which verb of opening, closing or buying it is governed.
    """

    passage: int
    hit: Hit
    unit: Unit
    figure: Figure
    sentence: str
    text: str
    said: frozenset[str]
    clause: str
    column: str | None
    years: frozenset[int]
    parts: frozenset[str]
    places: frozenset[str]
    words: frozenset[str]
    restricts: frozenset[str]
    target: bool
    forecast: bool
    delta: bool
    earlier: bool
    change: frozenset[str]


def kinds_of(hit: Hit, unit: Unit, spans: Sequence[tuple[int, int]]) -> frozenset[FigureKind]:
    """The kind of the figure that an answer's words are or begin with ("89.4% from 97.0%"); none of several kinds."""
    if len(spans) != 1:
        return frozenset()
    start, end = (at - unit.start for at in spans[0])
    text = hit.text[unit.start - hit.start : unit.end - hit.start]
    figures = find_figures(text, unit=unit.row.unit if unit.row is not None else None)
    inside = [each for each in figures if each.start < end and start < each.end]
    if not inside or inside[0].start - start > _OPENS:
        return frozenset()
    kinds = {each.kind for each in inside}
    return frozenset(kinds) if len(kinds) == 1 else frozenset()


def read_statement(
    asked: AskedValue,
    kinds: frozenset[FigureKind],
    passage: int,
    hit: Hit,
    unit: Unit,
    spans: Sequence[tuple[int, int]] = (),
) -> Statement | None:
    """What a unit states of `kinds`: the figure in `spans` (offsets into the article), or else the likeliest.

    None where it states none. `passage` is only remembered.
    """
    sentence = hit.text[unit.start - hit.start : unit.end - hit.start]
    row = unit.row if unit.kind is BlockKind.TABLE_ROW and unit.row is not None and unit.row.cells else None
    figures = find_figures(sentence, unit=row.unit if row is not None else None)
    chosen = [each for each in figures if each.kind in kinds]
    if not chosen or sentence.rstrip().endswith("?"):
        return None
    pointed = [(start - unit.start, end - unit.start) for start, end in spans]
    if row is not None:
        return _row_statement(asked, chosen, passage, hit, unit, row, sentence, pointed)
    clauses = {each.start: _clause(sentence, each, figures) for each in figures}
    shown = [each for each in chosen if any(start < each.end and each.start < end for start, end in pointed)]
    if shown:  # "89.4% from 97.0%", "68.4%, against 7.1%": the first that is not what another is compared with
        figure = next((each for each in shown if not _is_earlier(sentence, each)), shown[0])
    else:
        figure = max(chosen, key=lambda each: _likely(asked, sentence, clauses[each.start], each))
    start, end = clauses[figure.start]
    others = [clauses[each.start] for each in figures if each.start != figure.start and each.kind in NUMERIC]
    clause, text, said = sentence[start:end], sentence, sentence
    if goes_on := _GOES_ON.match(sentence):
        text = f"{_unit_before(hit, unit)} {sentence}"
        said = text if goes_on["subject"] else sentence
    section = hit.section.rsplit(" › ", 1)[-1]
    years = _years_of(figure, figures, sentence, (start, end))
    # What stands with another figure alone tells nothing of this one: "£187m, compared with £152m in 2023".
    rest = _without(sentence, [each for each in others if not (each[0] < end and start < each[1])])
    around = text[: len(text) - len(sentence)] + rest
    if not years and figure.kind not in TEMPORAL:
        years = years_in(around) if len(years_in(rest)) == 1 else years_in(section)
        if not years and len(years_in(hit.title)) == 1:
            years = years_in(hit.title)
    parts = _parts(clause) or _parts(around)
    if asked.parts and not parts:
        parts = _parts(f"{hit.title} {hit.section}") or _parts(hit.facts.get("period", ""))
    published = hit.published.year if hit.published is not None else date.max.year
    return Statement(
        passage=passage,
        hit=hit,
        unit=unit,
        figure=figure,
        sentence=sentence,
        text=text,
        said=content_words(said),
        clause=clause,
        column=None,
        years=years,
        parts=parts,
        places=places_of(clause) or places_of(text.partition(clause)[0] + clause),
        words=content_words(said) | content_words(f"{hit.title} {hit.heading}"),
        restricts=_restrictors(asked, clause, clause[max(0, figure.end - start) :]),
        target=_TARGET.search(sentence, start, figure.end) is not None
        or _PLANNED.match(sentence, figure.end) is not None,
        forecast=_forecast(clause, years, published),
        delta=figure.kind in _AMOUNTS and _delta(asked, sentence[max(0, figure.start - 60) : figure.start]),
        earlier=_is_earlier(sentence, figure),
        change=_change(asked, sentence[start : figure.start]),
    )


def _row_statement(
    asked: AskedValue,
    chosen: Sequence[Figure],
    passage: int,
    hit: Hit,
    unit: Unit,
    row: Row,
    sentence: str,
    pointed: Sequence[tuple[int, int]],
) -> Statement | None:
    """What a table row states in the one cell that is asked for, or pointed at."""
    cells = cells_asked_for(_column(asked), sentence, row)
    cells = tuple(c for c in cells if any(start < c.end and c.start < end for start, end in pointed)) or cells
    inside = [each for cell in cells for each in chosen if cell.start <= each.start < cell.end]
    if len(cells) != 1 or not inside:
        return None
    column = cells[0].column
    label = " ".join((*row.labels, sentence[slice(*row.cells[0])]))
    clause = f"{label} {column}"
    text = f"{clause} {row.caption}"
    published = hit.published.year if hit.published is not None else date.max.year
    years = years_in(text) or years_in(hit.section.rsplit(" › ", 1)[-1])
    return Statement(
        passage=passage,
        hit=hit,
        unit=unit,
        figure=inside[0],
        sentence=sentence,
        text=text,
        said=content_words(text),
        clause=clause,
        column=column,
        years=years,
        parts=_parts(clause) or (_parts(hit.facts.get("period", "")) if asked.parts else frozenset()),
        places=places_of(clause) or places_of(text),
        words=content_words(text) | content_words(f"{hit.title} {hit.heading}"),
        restricts=frozenset(content_words(label) - asked.words - GENERIC),
        target=_TARGET.search(clause) is not None,
        forecast=_forecast(clause, years, published),
        delta=False,
        earlier=False,
        change=frozenset(),
    )


# A sentence that goes on from the one before it: of what that names or, where it has no subject of its own, says.
_GOES_ON = re.compile(
    r"(?:[\w,’']+\s+){0,4}?(?:(?P<subject>it|they|this|these)|its|their|he|she"
    r"|the\s+(?:company|group|firm|bank|maker|operator|chain|market|business|agency))\b",
    re.IGNORECASE,
)


def _unit_before(hit: Hit, unit: Unit) -> str:
    before = [each for each in hit.units if each.end <= unit.start]
    return hit.text[before[-1].start - hit.start : before[-1].end - hit.start] if before else ""


@lru_cache(maxsize=64)
def _column(asked: AskedValue) -> AskedColumn:
    """What decides about columns: the years, parts of years and words asked for."""
    return asked_column(" ".join((*map(str, sorted(asked.years)), *sorted(asked.parts), *sorted(asked.words))))


_TARGET = re.compile(
    r"(?<!than )(?<!as )\b(?:target(?:s|ed|ing)?|aim(?:s|ed|ing)?|goals?|plan(?:s|ned|ning)?|want(?:s|ed)?|seeks?"
    r"|hope[sd]?|ambitions?|guid(?:ance|es|ed)|intends?|budget(?:s|ed)?|offer(?:ed|s)?|bid|was to|were to|if|could"
    r"|would|proposed|asked for)\b",
    re.IGNORECASE,
)
_PLANNED = re.compile(r"[^.;]{0,20}\b(?:target(?:ed)?|goal|planned|budgeted|hoped|guidance)\b", re.IGNORECASE)
_FORECAST = re.compile(
    r"(?<!than )(?<!as )\b(?:will|expect(?:s|ed|ations?)?"
    r"|forecast(?:s|ed)?|project(?:s|ed|ions?)|predict(?:s|ed|ions?)?"
    r"|anticipat\w+|outlook|set to|see[ns]?(?:\s+it)?\s+(?:at|reaching)|due to|consensus|estimates? for)\b",
    re.IGNORECASE,
)
_CHANGED = (
    r"(?:increas\w*|rise[ns]?|rising|rose|gain\w*|jump\w*|drop\w*|fall\w*|fell|declin\w*|decreas\w*|reduc\w*|sav(?:e|ed|es|ing|ings)|cut\w*"
    r"|gr[eo]w\w*|climb\w*|widen\w*|narrow\w*|expand\w*|up|down|lower\w*|rais\w*|chang\w*)"
)
_DELTA = re.compile(
    rf"\b(?:{_CHANGED}\s+(?:[\w’'-]+\s+){{0,4}}?by|{_CHANGED}(?:\s+of)?|an?other|further|additional(?:ly)?|extra|more)"
    r"\s+(?:(?:about|around|over|nearly|some|more than|at least|up to|an?|estimated)\s+)*\Z",
    re.IGNORECASE,
)
_EARLIER = re.compile(
    r"\b(?:from|(?:compared|comparing)\s+(?:with|to)|versus|vs\.?|against|after|(?:up|down)\s+from|previously|earlier"
    r"|before|had\s+been|was\s+once|instead\s+of|rather\s+than|than|beat(?:ing)?|miss(?:ed|ing)?|above|below)"
    r"\s+(?:(?:about|around|over|nearly|some|more than|a|an|the|of|estimated|restated|previous)\s+)*\Z",
    re.IGNORECASE,
)


def _is_earlier(sentence: str, figure: Figure) -> bool:
    """Whether a figure is what another is compared with."""
    return (
        figure.kind not in TEMPORAL and _EARLIER.search(sentence, max(0, figure.start - 60), figure.start) is not None
    )


def _without(text: str, places: Sequence[tuple[int, int]]) -> str:
    """A text with blanks at some places, as long as it was."""
    for start, end in places:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def _forecast(clause: str, years: frozenset[int], published: int) -> bool:
    """Whether a clause forecasts: what "will" be paid for a year that is over does not."""
    said = _FORECAST.search(clause)
    over = bool(years) and max(years) < published
    return (said is not None and not (over and said.group().lower() == "will")) or min(years, default=0) > published


def _delta(asked: AskedValue, before: str) -> bool:
    """Whether what stands before an amount makes it a change, which is not itself asked for ("raised $5 million")."""
    match = _DELTA.search(before)
    return match is not None and _key(_WORD.findall(match.group())[0]) not in asked.words


_AMOUNTS = frozenset({FigureKind.MONEY, FigureKind.COUNT, FigureKind.NUMBER})
_CHANGES = _keys(
    """open close shut add cut hire dismiss build refit order buy sell launch create gain deliver install replace repay
    lend borrow win plan want cancel recall lay offer award move train"""
)


def _change(asked: AskedValue, before: str) -> frozenset[str]:
    """The verb of change that governs a figure, from the part of its clause that stands before it."""
    for match in reversed(list(_WORD.finditer(before))[-8:]):
        key = _key(match.group())
        if _DOERS.fullmatch(match.group()):
            continue
        if key in asked.words and key not in asked.hard & _HEADS:
            if key in _CHANGES or key in _GOVERNS:
                return frozenset()
        elif key in _CHANGES:
            return frozenset({key})
    return frozenset()


_DOERS = re.compile(r"(?!deliver|order|offer|recover)\w+(?:er|or)s", re.IGNORECASE)
_GOVERNS = _keys("have employ pay use run own spend sell produce make earn hold serve treat supply")
_TAIL = re.compile(
    r"\s(?:after|because|thanks\s+to|due\s+to|owing\s+to|amid|driven\s+by|helped\s+by|hurt\s+by|as\s+a\s+result)\s(?![^,;]{0,30}\d)",
    re.I,
)
# Where the parts of a figure are: "21 million subscribers, most of them in Latin America".
_SPREAD = re.compile(r",\s(?:(?:most|many|some|half|much|the bulk)\s+of\s|mainly\b|mostly\b|chiefly\b|largely\b)", re.I)
_BREAK = re.compile(
    r"[;:]|\s[–—]\s|—|,?\s(?:while|whereas|but|although|though)\s|,\s(?:and|or|with|compared|versus|against|up|down|after|from|the|of|among|including|far)?"
    r"|\sand\s|\s(?:compared|versus|after|up from|down from|against)\s|\.\s"
)


def _clause(text: str, figure: Figure, figures: Sequence[Figure]) -> tuple[int, int]:
    """The part of a sentence about one figure: up to where the sentence breaks towards the next one of its kind."""
    start, end = 0, len(text)
    for other in figures:
        if other.kind in TEMPORAL and figure.kind not in TEMPORAL:
            continue
        if other.start == figure.start or any(
            each.unit == other.unit and each.low == other.low for each in figure.equivalents
        ):
            continue
        if other.end <= figure.start:
            breaks = list(_BREAK.finditer(text, other.end, figure.start))
            if breaks:
                start = max(start, breaks[0].start())
        elif other.start >= figure.end:
            breaks = list(_BREAK.finditer(text, figure.end, other.start))
            end = min(end, breaks[-1].start() if breaks else other.start)
    tails = [match.start() for pattern in (_TAIL, _SPREAD) if (match := pattern.search(text, figure.end, end))]
    return start, min(tails, default=end)


def _likely(asked: AskedValue, text: str, clause: tuple[int, int], figure: Figure) -> tuple[float, float]:
    """How likely a figure of a sentence is the one asked for: its clause names year, place and words asked for."""
    said = text[slice(*clause)]
    score = 0.0
    if asked.years and figure.kind not in TEMPORAL:
        years = years_in(said)
        score += 2.0 if years & asked.years else -2.0 if years else 0.0
    places = places_of(said)
    if asked.places:
        score += 2.0 if places & asked.places else -2.0 if places else 0.0
    score += len(asked.hard & content_words(said)) + 0.5 * any(name in said.lower() for name in asked.names)
    spots = [m.start() for m in _WORD.finditer(text) if _key(m.group()) in asked.words]
    years_at = [m.start() for year in asked.years for m in re.finditer(str(year), text)]
    near = min((max(figure.start - at, at - figure.end) for at in years_at or spots), default=0)
    score -= figure.kind not in TEMPORAL and _EARLIER.search(text, max(0, figure.start - 40), figure.start) is not None
    return score, -near


def _years_of(figure: Figure, figures: Sequence[Figure], text: str, clause: tuple[int, int]) -> frozenset[int]:
    """The years that a figure is of: those named in its clause, of several the nearest."""
    if figure.kind in TEMPORAL:
        return frozenset()
    named = [each for each in figures if each.kind in TEMPORAL and clause[0] <= each.start < clause[1]]
    if not named:
        return frozenset()
    # A year behind its figure belongs to it ("$5 billion in 2023"), sooner than one before.
    best = min(
        named, key=lambda each: each.start - figure.end if each.start >= figure.end else 1.5 * (figure.start - each.end)
    )
    if figure.kind in (FigureKind.GROWTH, FigureKind.RATIO) or best.kind is FigureKind.YEAR:
        return years_in(text[best.start : best.end])
    return frozenset(range(date.fromordinal(int(best.low)).year, date.fromordinal(int(best.high)).year + 1))


_BEFORE_NOUN = re.compile(r"([^\W\d_][\w&]*(?:[-’'][^\W\d_]\w*)*)\s+\Z")
_LIMITS = re.compile(
    r"(?:^|[,;(]\s*|\band\s+)(?:in|at|for|from|within|across|of|excluding|including|among|amongst|under|before|without)\s+(?P<what>(?:[\w’'-]+\s+){0,3}?[\w’'-]+)(?=\s*,|\s+(?:the|it|its|a|an|[A-Z])\b)",
    re.IGNORECASE,
)
_OF = re.compile(
    r"\s+(?:of|from|in|for)\s+(?:(?:the|a|an|its|their|all)\s+)?"
    r"(?P<what>[^\W\d_][\w’'-]*(?:\s+(?!(?:will|was|were|is|are|has|had|have|came|come|to|in|by|at|of|for|rose|fell|grew|reached|stood|and|or)\b)"
    r"[^\W\d_][\w’'-]*){0,2})"
)
_AMONG = re.compile(r"\s+(?:in|among|amongst|for|at)\s+(?:the\s+)?(?P<what>[a-z][\w’'-]*)")
_PART_OF = re.compile(
    r"\A\W*of\s|\b(?:alone|of which|of these|of those|among them|including|excluding|adjusted|restated-from)\b", re.I
)
# Words that make another measure of one.
_QUALIFIERS = _keys(
    """net gross organic underlying core headline adjusted gaap non-gaap ifrs proforma diluted comparable like-for-like
    pre-tax after-tax special one-off interim preliminary contracted registered listed minimum maximum peak youth"""
)


def _restrictors(asked: AskedValue, clause: str, behind_figure: str) -> frozenset[str]:
    """Words that restrict what a clause speaks of, beyond what the question says.

    Those before one of its nouns ("cloud revenue"), those behind it ("revenue from licences"), those that open the
    clause ("in motor insurance, the ratio …"), and those right behind the figure ("31 percent among women").
    """
    found: set[str] = set()
    if part := _AMONG.match(behind_figure):
        found |= content_words(part["what"])
    clause = _OF_MONEY.sub(" ", clause)
    names = {key for name in asked.names for key in content_words(name)}
    for match in _WORD.finditer(clause):
        word = match.group()
        if _key(word) not in asked.hard and not (_key(word) in asked.words and _key(word) in _HEADS):
            continue
        at = match.start()
        for _ in range(3):
            before = _BEFORE_NOUN.search(clause, max(0, at - 40), at)
            if before is None or before.group(1).lower() in _EMPTY or _NO_MODIFIER.fullmatch(before.group(1)):
                break
            found |= content_words(before.group(1))
            if "’" in before.group(1) or "'" in before.group(1):
                break
            at = before.start()
        behind = _OF.match(clause, match.end())
        if behind is not None:
            found |= content_words(behind["what"])
    for match in _LIMITS.finditer(clause):
        found |= content_words(match["what"])
    found |= content_words(clause) & _QUALIFIERS
    if _PART_OF.search(clause):
        found.add("part of")
    known = (
        asked.words
        | names
        | GENERIC
        | {key for each in asked.places for name in spellings(each) for key in content_words(name)}
    )
    return frozenset(word for word in found if word not in known and not word.isdigit())


_HEADS = _keys("margin rate ratio share number amount value size price market")
# Verbs and other words that stand before a noun without restricting it.
_NO_MODIFIER = re.compile(
    r"(?:report|record|post|generat|earn|achiev|see|book|ha[sd]|lift|rais|pay|paid|produc|deliver|sell|sold|spen[dt]|mak|made|put|say|show"
    r"|reach|us|serv|treat|employ|operat(?:es|ed)|own|run|hold|held|invest|approv|clos|open|grow|grew|drive|drov|suppl|expect|project|forecast|estimat)"
    r"(?:e?s|e?d|ing|)|e?d|is|are|named|called",
    re.IGNORECASE,
)
