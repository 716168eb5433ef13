"""Whether sources give different values for what was asked: the same thing, the same measure, the same period.

False alarms are worse than misses, so a value counts only where its sentence or row speaks of everything that the
question and the answer speak of, and restricts it by nothing that they do not: no other year, company, country, segment,
no target beside an actual figure, no change beside a level. Words and figures alone; knows no index and no model.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from chat.cells import AskedColumn, asked_column, cells_asked_for
from chat.figures import NUMERIC, TEMPORAL, Figure, FigureKind, agree, asked_kinds, comparable, find_figures
from chat.places import places_in, spellings
from chat.terms import names_in, years_in
from index.values import Hit
from ingest.article import BlockKind
from ingest.passages import Unit


@dataclass(frozen=True, slots=True)
class Value:
    """A value that a source states: `unit` of the passage with the number `passage`, and [start, end) of the article.

    `note` says in words what tells it apart ("restated", "later document"), or nothing. `sources` is how many articles
    among the passages state it, or one that agrees.
    """

    passage: int
    unit: Unit
    start: int
    end: int
    note: str
    sources: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """`values` differ, newest first, the answer's own among them; none where all agree. `agreements` counts the other
    articles that state the answer's value.
    """

    values: tuple[Value, ...] = ()
    agreements: int = 0


Answering = tuple[int, Unit, Sequence[tuple[int, int]]]  # a passage, what answers of it, and its words in the article

NOTHING_TO_COMPARE = Comparison()
_IN_ORDER = (
    frozenset({FigureKind.MONEY}),
    frozenset({FigureKind.COUNT, FigureKind.NUMBER}),
    NUMERIC - {FigureKind.MONEY, FigureKind.COUNT, FigureKind.NUMBER},
)
_MOST_VALUES = 6
_FARTHEST = 50  # values that differ by a larger factor measure something else


def compare_values(question: str, hits: Sequence[Hit], answers: Sequence[Answering]) -> Comparison:
    """Compares the value that `answers` give with all that the passages `hits` state for the same.

    Of the answers, best first, the first that states a figure for what was asked is compared. Nothing is where the
    question asks for no figure and the best answer is none.
    """
    asked = _asked(question)
    if not answers or _CHOOSES.search(question) or not (asked.kinds or _kinds_of(hits[answers[0][0]], *answers[0][1:])):
        return NOTHING_TO_COMPARE
    # A question for "figures" or "forecasts" leaves the kind open: that of the words shown, or amounts rather than rates.
    shown = _kinds_of(hits[answers[0][0]], *answers[0][1:])
    kinds_in_turn = (asked.kinds,) if asked.kinds and asked.kinds != NUMERIC else (shown,) if shown else _IN_ORDER
    for kinds in kinds_in_turn:
        for passage, unit, spans in answers:
            own = _statement(asked, kinds, passage, hits[passage], unit, spans)
            if own is not None and _answers(asked, own):
                found = _compare(asked, kinds, hits, own)
                # Where no period is asked for, many values are those of many dates.
                series = len(found.values) > 2 and not (asked.years or asked.parts)
                return Comparison((), found.agreements) if series else found
    return NOTHING_TO_COMPARE


def _compare(asked: "_Asked", kinds: frozenset[FigureKind], hits: Sequence[Hit], own: "_Statement") -> Comparison:
    stated = [own]
    seen = {(own.hit.article_id, own.unit.start)}
    needed = [_spellings(key) for key in asked.hard & _words(own.text)]
    for number, hit in enumerate(hits):
        if hit.furniture:
            continue
        lowered, section = hit.text.lower(), hit.section.rsplit(" › ", 1)[-1].lower()
        for index, each in enumerate(hit.units):
            if (hit.article_id, each.start) in seen or each.kind in (BlockKind.HEADING, BlockKind.TABLE_HEADER):
                continue
            seen.add((hit.article_id, each.start))
            if own.is_row and each.kind is BlockKind.TABLE_ROW and hit.article_id == own.hit.article_id:
                continue
            # Most units lack a word and are done with here: reading one takes a hundred times as long.
            before = hit.units[max(0, index - 1)].start - hit.start
            said = lowered[before : each.end - hit.start]
            if each.row is not None:
                said = " ".join((said, *each.row.labels, *each.row.columns, each.row.caption)).lower()
            if not all(any(word in said or word in section for word in words) for words in needed):
                continue
            other = _statement(asked, kinds, number, hit, each, ())
            if other is not None and _of_the_same(asked, own, other):
                stated.append(other)
    return _compared(own, stated)


# --- what a question asks ---


@dataclass(frozen=True, slots=True)
class _Asked:
    kinds: frozenset[FigureKind]
    years: frozenset[int]
    parts: frozenset[str]  # "Q3", "H1", months
    places: frozenset[str]
    names: frozenset[str]  # in lower case, places left out
    words: frozenset[str]
    hard: frozenset[str]  # words that a statement must share
    forecast: bool


@lru_cache(maxsize=64)
def _asked(question: str) -> _Asked:
    kinds = asked_kinds(question)
    if not kinds and _ASKS_FOR_FIGURES.search(question):
        kinds = NUMERIC
    years = years_in(question)
    places = _places(question)
    names = frozenset(name.lower() for name in _names(question))
    words = _words(question)
    said = {key for name in (*names, *(each for place in places for each in spellings(place))) for key in _words(name)}
    hard = words - said - _SOFT
    if kinds and kinds <= TEMPORAL:
        hard |= words & _EVENTS
    forecast = _FORECAST.search(question) is not None
    return _Asked(kinds, years, _parts(question), places, names, words, hard, forecast)


# Such a question compares values itself, and no statement of one answers it.
_CHOOSES = re.compile(
    r"\b(?:less|more|fewer|greater|higher|lower|larger|smaller|longer)\s+than\b|\b(?:highest|lowest|largest|smallest|higher|lower|larger|smaller|greater)\b"
    r"|\bcompare|\bversus\b|\bvs\b|\bdiffer(?:s|ence|ences)?\b",
    re.I,
)
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
            found.add(f"{'H' if match['of'].lower() == 'half' else 'Q'}{_NTH[match['nth'].lower()]}")
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
def _spellings(key: str) -> tuple[str, ...]:
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
        if word.endswith(suffix) and len(word) - len(suffix) >= 4 and not word.endswith("ss"):
            return word[: -len(suffix)]
    return word


def _keys(words: str) -> frozenset[str]:
    return frozenset(_key(word) for word in words.split())


@lru_cache(maxsize=4096)
def _words(text: str) -> frozenset[str]:
    """The keys of a text's words, without those that tell nothing; parts of words with a hyphen too."""
    found = set()
    for match in _WORD.finditer(text):
        word = match.group()
        for part in {word, *word.split("-")}:
            if part.lower() not in _EMPTY and len(part) > 1:
                found.add(_key(part))
    return frozenset(found)


_EMPTY = frozenset(
    """a an the of in on at by for from to with as and or but if not no nor so than then that this these those there here
    it its it’s they them their he his she her we our you your i my is are was were be been being am do does did has have had
    having will would shall should can could may might must what which who whom whose when where why how much many very
    also only just about around approximately roughly nearly almost some over under above below between up down out off
    into onto per each every all both any other such same own more most less least fewer one two three while during
    after before since until through within without according us percent per cent""".split()
)
# Words that a statement of the same thing may lack: of size, of forecasting, of having, of documents and of time.
_SOFT = _keys(
    """worth value valued values valuation size sized large big high great amount amounts total number numbers figure figures
    level reach reaches reached come comes came stand stands stood hit become get gets got account accounted make makes run
    own owns hold holds held have expected expect expects forecast forecasts projected project
    projection projections predict predicted estimate estimated estimates anticipate anticipated set seen see current currently
    today now latest last end ended year years annual annually yearly month months quarter quarters half day fiscal financial
    full company companies firm firms group business article articles report reports reported document say says said
    according different does exist there give gives given put puts rate long far fast quick wide tall old amounting
    compound average entire overall whole actual actually time times period many much agree differ source sources
    first second third fourth five six seven eight nine ten restated forecasters analysts analyst investors market-size percentage percent share-of is"""
)
_EVENTS = _keys("start end finish launch open close found begin reach report")
# Modifiers that restrict nothing.
_GENERIC = _SOFT | _keys(
    """total overall global worldwide annual full-year consolidated reported group combined latest average estimated its
    gross-total roughly potential leading early late final main new recent record strong steady similar unchanged previous
    following expected projected forecast respectively world approximately around nearly over about intermediate baseline
    further official domestic local national"""
)


@lru_cache(maxsize=4096)
def _places(text: str) -> frozenset[str]:
    """Places that a text names, under their usual names: "Chinese" is China."""
    found = set(places_in(text))
    for name in names_in(_OF_MONEY.sub(" ", text)):
        if rows := spellings(name):
            found.add(rows[0])
    return frozenset(found)


def _names(text: str) -> list[str]:
    """Names in a text that are no places."""
    return [name for name in names_in(_OF_MONEY.sub(" ", text)) if not spellings(name)]


_OF_MONEY = re.compile(r"\b[A-Z]{1,3}\$|\b(?:RMB|CAGR|USD|EUR|[A-Z]{3}(?=\s?\d))")  # no names: "US$5", "SEK 6"


# --- statements ---


@dataclass(frozen=True, slots=True)
class _Statement:
    """A figure that a unit states, with what is said of it. `clause` is the part of the unit that is about it."""

    passage: int
    hit: Hit
    unit: Unit
    figure: Figure  # its offsets count from the unit's start
    sentence: str
    text: str  # with the unit before it, where it only goes on ("It …")
    clause: str
    is_row: bool
    column: str
    years: frozenset[int]
    parts: frozenset[str]
    places: frozenset[str]
    words: frozenset[str]  # of the clause
    around: frozenset[str]  # of the unit, its headings and title
    restricts: frozenset[str]
    target: bool
    forecast: bool
    delta: bool
    earlier: bool
    change: frozenset[str]  # verbs of opening, closing, buying, which make another count of the same things


def _kinds_of(hit: Hit, unit: Unit, spans: Sequence[tuple[int, int]]) -> frozenset[FigureKind]:
    """The kind of the figure that an answer's words are, where they are hardly more than one."""
    if len(spans) != 1:
        return frozenset()
    start, end = (at - unit.start for at in spans[0])
    text = hit.text[unit.start - hit.start : unit.end - hit.start]
    figures = find_figures(text, unit=unit.row.unit if unit.row is not None else None)
    kinds = {each.kind for each in figures if 2 * (min(end, each.end) - max(start, each.start)) >= end - start}
    return frozenset(kinds) if len(kinds) == 1 else frozenset()


def _statement(
    asked: _Asked,
    kinds: frozenset[FigureKind],
    passage: int,
    hit: Hit,
    unit: Unit,
    spans: Sequence[tuple[int, int]],
) -> _Statement | None:
    """What a unit states of the kinds asked for; of several figures the one in `spans`, or else the likeliest."""
    text = hit.text[unit.start - hit.start : unit.end - hit.start]
    if not text or text.rstrip().endswith("?"):
        return None
    heading = f"{hit.title} {hit.heading}"
    row = unit.row if unit.kind is BlockKind.TABLE_ROW else None
    if not spans and not asked.hard & (_words(text) | _words(heading)) and asked.hard:
        return None
    figures = find_figures(text, unit=row.unit if row is not None else None)
    chosen = [each for each in figures if each.kind in kinds]
    if not chosen:
        return None
    column, label = "", ""
    if row is not None and row.cells:
        label = " ".join((*row.labels, text[slice(*row.cells[0])]))
        cells = cells_asked_for(_column(asked), text, row)
        if spans:
            cells = (
                tuple(
                    each
                    for each in cells
                    if any(a < unit.start + each.end and unit.start + each.start < b for a, b in spans)
                )
                or cells
            )
        if len(cells) != 1:
            return None
        column = cells[0].column
        chosen = [each for each in chosen if cells[0].start <= each.start < cells[0].end]
        if not chosen:
            return None
    elif spans:
        inside = [
            each for each in chosen if any(a < unit.start + each.end and unit.start + each.start < b for a, b in spans)
        ]
        chosen = inside or chosen
    clauses = {each.start: _clause(text, each, figures) for each in chosen}
    figure = (
        chosen[0] if row is not None else max(chosen, key=lambda each: _likely(asked, text, clauses[each.start], each))
    )
    if row is not None and row.cells:
        clause, whole = f"{label} {column}", f"{label} {column} {row.caption}"
        start = end = 0
    else:
        start, end = clauses[figure.start]
        clause, whole = text[start:end], text
        if _GOES_ON.match(text):
            whole = f"{_unit_before(hit, unit)} {text}"
    years = _years_of(figure, figures, text, (start, end)) if row is None else years_in(whole)
    if not years and figure.kind not in TEMPORAL:
        years = years_in(whole if len(years_in(text)) == 1 else "") or years_in(hit.section.rsplit(" › ", 1)[-1])
    before = text[max(0, figure.start - 60) : figure.start]
    published = hit.published.year if hit.published is not None else 9999
    return _Statement(
        passage=passage,
        hit=hit,
        unit=unit,
        figure=figure,
        sentence=text,
        text=whole,
        clause=clause,
        is_row=row is not None,
        column=column,
        years=years,
        parts=_parts(clause)
        or (_parts(whole) if len(chosen) == 1 else frozenset())
        or (_parts(f"{hit.title} {hit.section}") if asked.parts else frozenset())
        or (_parts(hit.facts.get("period", "")) if asked.parts else frozenset()),
        places=_places(clause) or _places(whole[: whole.find(clause) + len(clause)] if clause in whole else whole),
        words=_words(clause),
        around=_words(whole) | _words(heading),
        restricts=_restrictors(asked, clause, label),
        target=_TARGET.search(clause[: max(0, figure.end - start)] or clause) is not None
        or _PLANNED.match(text, figure.end) is not None,
        forecast=_FORECAST.search(clause) is not None or min(years, default=0) > published,
        delta=figure.kind in _AMOUNTS and _DELTA.search(before) is not None,
        earlier=figure.kind not in TEMPORAL and _EARLIER.search(before) is not None,
        change=_change(asked, text[start : figure.start]) if row is None else frozenset(),
    )


_GOES_ON = re.compile(
    r"(?:[\w,’']+\s+){0,4}?(?:it|its|they|their|he|she|this|these|the\s+(?:company|group|firm|bank|maker|chain|market|business|agency))\b",
    re.I,
)


def _unit_before(hit: Hit, unit: Unit) -> str:
    before = [each for each in hit.units if each.end <= unit.start]
    return hit.text[before[-1].start - hit.start : before[-1].end - hit.start] if before else ""


@lru_cache(maxsize=64)
def _column(asked: _Asked) -> AskedColumn:
    """What decides about columns: the years, parts of years and words asked for."""
    return asked_column(" ".join((*map(str, sorted(asked.years)), *sorted(asked.parts), *sorted(asked.words))))


_TARGET = re.compile(
    r"(?<!than )(?<!as )\b(?:targets?|targeted|targeting|aims?|aimed|aiming|goals?|plans?|planned|planning|wants?|wanted|seeks?|hopes?|hoped|ambitions?"
    r"|guid(?:ance|es|ed)|intends?|budget(?:s|ed)?|offer(?:ed|s)?|bid|was to|were to|if|could|would|proposed|asked for)\b",
    re.IGNORECASE,
)
_PLANNED = re.compile(r"[^.;]{0,20}\b(?:target(?:ed)?|goal|planned|budgeted|hoped|guidance)\b", re.IGNORECASE)
_FORECAST = re.compile(
    r"(?<!than )(?<!as )\b(?:will|expect(?:s|ed|ation|ations)?|forecasts?|forecasted|project(?:s|ed|ion|ions)|predict(?:s|ed|ion|ions)?|anticipat\w+"
    r"|outlook|set to|see[ns]?(?:\s+it)?\s+(?:at|reaching)|due to|consensus|estimates? for)\b",
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
    r"\b(?:from|(?:compared|comparing)\s+(?:with|to)|versus|vs\.?|against|after|(?:up|down)\s+from|previously|earlier|before|had\s+been|was\s+once"
    r"|instead\s+of|rather\s+than|than|beat(?:ing)?|miss(?:ed|ing)?|above|below)\s+(?:(?:about|around|over|nearly|some|more than|a|an|the|of|estimated|restated|previous)\s+)*\Z",
    re.IGNORECASE,
)
_AMOUNTS = frozenset({FigureKind.MONEY, FigureKind.COUNT, FigureKind.NUMBER})
_CHANGES = _keys(
    """open close shut add cut hire dismiss build refit order buy sell launch create gain deliver install replace repay lend
    borrow win plan want cancel recall lay offer award move train"""
)


def _change(asked: _Asked, before: str) -> frozenset[str]:
    """The verb of change that governs a figure, from the part of its clause that stands before it."""
    for match in reversed(list(_WORD.finditer(before))[-8:]):
        key = _key(match.group())
        if key in asked.words and key not in asked.hard & _HEADS:
            if key in _CHANGES or key in _GOVERNS:
                return frozenset()
        elif key in _CHANGES:
            return frozenset({key})
    return frozenset()


_GOVERNS = _keys("have employ pay use run own spend sell produce make earn hold serve treat supply")
_TAIL = re.compile(
    r"\s(?:after|because|thanks\s+to|due\s+to|owing\s+to|amid|driven\s+by|helped\s+by|hurt\s+by|as\s+a\s+result)\s(?![^,;]{0,30}\d)",
    re.I,
)
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
    tail = _TAIL.search(text, figure.end, end)
    return start, end if tail is None else tail.start()


def _likely(asked: _Asked, text: str, clause: tuple[int, int], figure: Figure) -> tuple[float, float]:
    """How likely a figure of a sentence is the one asked for: its clause names year, place and words asked for."""
    said = text[slice(*clause)]
    score = 0.0
    if asked.years and figure.kind not in TEMPORAL:
        years = years_in(said)
        score += 2.0 if years & asked.years else -2.0 if years else 0.0
    places = _places(said)
    if asked.places:
        score += 2.0 if places & asked.places else -2.0 if places else 0.0
    score += len(asked.hard & _words(said)) + 0.5 * any(name in said.lower() for name in asked.names)
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
    r"(?:^|[,;(]\s*|\band\s+)(?:in|at|for|from|within|across|of|excluding|including)\s+(?P<what>(?:[\w’'-]+\s+){0,3}?[\w’'-]+)(?=\s*,|\s+(?:the|it|its|a|an|[A-Z])\b)",
    re.IGNORECASE,
)
_OF = re.compile(
    r"\s+(?:of|from|in|for|at|on|with|to)\s+(?:(?:the|a|an|its|their|all)\s+)?"
    r"(?P<what>[^\W\d_][\w’'-]*(?:\s+(?!(?:will|was|were|is|are|has|had|have|came|come|to|in|by|at|of|for|rose|fell|grew|reached|stood|and|or)\b)"
    r"[^\W\d_][\w’'-]*){0,2})"
)
_PART_OF = re.compile(
    r"\b(?:alone|of which|of these|of those|among them|including|excluding|adjusted|restated-from)\b", re.I
)


def _restrictors(asked: _Asked, clause: str, label: str) -> frozenset[str]:
    """Words that restrict what a clause speaks of, beyond what the question says.

    Those before one of its nouns ("cloud revenue"), those behind it ("revenue from licences"), and those that open the
    clause ("in motor insurance, the ratio …"). Of a table row all words of its label.
    """
    if label:
        return frozenset(word for word in _words(label) if word not in asked.words and word not in _GENERIC)
    found: set[str] = set()
    clause = _OF_MONEY.sub(" ", clause)
    names = {key for name in asked.names for key in _words(name)}
    for match in _WORD.finditer(clause):
        word = match.group()
        if _key(word) not in asked.hard and not (_key(word) in asked.words and _key(word) in _HEADS):
            continue
        at = match.start()
        for _ in range(3):
            before = _BEFORE_NOUN.search(clause, max(0, at - 40), at)
            if before is None or before.group(1).lower() in _EMPTY or _NO_MODIFIER.fullmatch(before.group(1)):
                break
            found |= _words(before.group(1))
            if "’" in before.group(1) or "'" in before.group(1):
                break
            at = before.start()
        behind = _OF.match(clause, match.end())
        if behind is not None:
            found |= _words(behind["what"])
    for match in _LIMITS.finditer(clause):
        found |= _words(match["what"])
    if _PART_OF.search(clause):
        found.add("part of")
    known = (
        asked.words
        | names
        | _GENERIC
        | {key for each in asked.places for name in spellings(each) for key in _words(name)}
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


# --- whether two statements are of the same ---


def _answers(asked: _Asked, own: _Statement) -> bool:
    """Whether a statement is of the years and places asked for."""
    if own.figure.kind not in TEMPORAL and asked.years and not asked.years & own.years:
        return False
    return not asked.places or not own.places or bool(asked.places & own.places)


def _of_the_same(asked: _Asked, own: _Statement, other: _Statement) -> bool:
    """Whether another statement answers the same question about the same thing and period."""
    if not comparable(own.figure, other.figure) or other.earlier != own.earlier or other.delta != own.delta:
        return False
    if own.figure.kind is FigureKind.COUNT and other.figure.kind is FigureKind.NUMBER:
        return False
    if own.is_row and other.is_row and (own.hit.article_id == other.hit.article_id or own.column != other.column):
        return False
    if other.change - own.around or own.change - other.around:
        return False
    if own.target != other.target or (own.forecast != other.forecast and not asked.forecast):
        return False
    return _same_time(asked, own, other) and _same_subject(asked, own, other) and _near(own.figure, other.figure)


def _near(one: Figure, other: Figure) -> bool:
    if one.kind in TEMPORAL:
        return True
    for left in (one, *one.equivalents):
        for right in (other, *other.equivalents):
            if left.unit == right.unit and min(abs(left.high), abs(right.high)) > 0:
                return max(abs(left.high), abs(right.high)) / min(abs(left.high), abs(right.high)) <= _FARTHEST
    return True


def _same_time(asked: _Asked, own: _Statement, other: _Statement) -> bool:
    if own.figure.kind in TEMPORAL:
        return True
    if asked.years:
        if not asked.years & own.years or asked.years & own.years != asked.years & other.years:
            return False
    elif own.years != other.years or (not own.years and own.hit.facts.get("period") != other.hit.facts.get("period")):
        return False
    return own.parts == other.parts and (not asked.parts or own.parts == asked.parts)


def _strangers(asked: _Asked, other: _Statement) -> list[str]:
    """Names in a sentence but for a common word that opens it."""
    sentence = other.sentence
    known = asked.words | _GENERIC
    return [
        name
        for name in _names(sentence)
        if not (sentence.startswith(name) and (_words(name) <= known or f" {name.lower()}" in other.hit.text))
    ]


def _same_subject(asked: _Asked, own: _Statement, other: _Statement) -> bool:
    places = asked.places or own.places or _places(own.hit.title)
    if other.places - places and not asked.places & other.places:
        return False
    if asked.places and not asked.places & (other.places | _places(f"{other.hit.title} {other.hit.heading}")):
        return False
    said = f"{other.text} {other.hit.title} {other.hit.heading} {other.hit.facts.get('company', '')}".lower()
    if not all(name in said for name in asked.names):
        return False
    lowered = other.sentence.lower()
    if asked.names and not any(name in lowered for name in asked.names) and _strangers(asked, other):
        return False
    last = _words(other.hit.section.rsplit(" › ", 1)[-1])
    if (asked.hard & _words(own.text)) - _words(other.text) - last or not asked.hard <= other.around:
        return False
    if not asked.hard and len((_words(own.text) & _words(other.text)) - _SOFT) < 2:
        return False
    return other.restricts <= own.around | own.restricts and own.restricts <= other.around | other.restricts


# --- what differs ---

_RESTATED = re.compile(
    r"\b(?:restat|revis|correct(?:ed|ion)|adjusted|raised (?:its|their)|lowered (?:its|their))", re.IGNORECASE
)


def _compared(own: _Statement, stated: Sequence[_Statement]) -> Comparison:
    groups: list[list[_Statement]] = []
    for each in stated:
        group = next((group for group in groups if agree(group[0].figure, each.figure)), None)
        if group is None:
            groups.append([each])
        else:
            group.append(each)
    articles = {each.hit.article_id for each in groups[0]} - {own.hit.article_id}
    if len(groups) == 1:
        return Comparison((), len(articles))
    firsts = [max(group, key=lambda each: (each is own, _day(each))) for group in groups]
    days = [_day(each) for each in firsts]
    values = []
    for group, first in zip(groups, firsts, strict=True):
        note = ""
        if _RESTATED.search(first.text):
            note = "restated"
        elif _day(first) == max(days) and _day(first) > min(days):
            note = "later document"
        sources = len({each.hit.article_id for each in group})
        start = first.unit.start + first.figure.start
        end = first.unit.start + first.figure.end
        values.append((_day(first), Value(first.passage, first.unit, start, end, note, sources)))
    values.sort(key=lambda each: -each[0])
    return Comparison(tuple(value for _, value in values[:_MOST_VALUES]), len(articles))


def _day(statement: _Statement) -> int:
    published = statement.hit.published
    return 0 if published is None else published.toordinal()
