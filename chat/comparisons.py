"""Comparisons as the questions of a table's cells: "Compare A and B", "How does X differ between A and B?", "revenue of
A, B and C in 2023 and 2024".

Pure functions on text. A frame says what a comparison asks of each of its subjects; other things side by side in the
question make further rows and columns.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from chat.measures import measures_in
from chat.periods import asked_periods
from chat.places import places_in, spellings
from chat.side_by_side import VERSUS, Companies, Group, Kind, groups_in
from chat.terms import Asked, asked_for, names_in

MOST_PARTS = 12  # a table with more cells is the grid's work, not an answer's


@dataclass(frozen=True, slots=True)
class Cell:
    """A question that stands by itself, and where its answer belongs: in a table's row and column ("" for none)."""

    question: str
    row: str = ""
    column: str = ""

    @property
    def label(self) -> str:
        """What names it beside its quotes: its row and column, or else the question."""
        return " · ".join(filter(None, (self.row, self.column))) or self.question


_IN = r"(?:in terms of|with (?:regard|respect) to|when it comes to|as to|regarding|by|on|in|for) (?:their |the |its )?"
_DOES = r"(?:do|does|did|will|would)"
_IS = r"(?:is|are|was|were)"
_ASKS = r"(?:what|when|who|where|why|how|which)"
_WHICH = r"which (?:of them |one |\w+ )??"
_TAIL = r"(?P<rest>(?: (?:in|by|for|at|during) [^,:]+)?)"
_DIFFERENCES = rf"(?:what|how \w+) {_IS} the (?:\w+ )?differences?"
_MORE = (
    r"(?<!or )(?P<more>further|larger|bigger|higher|lower|greater|smaller|faster|slower|older|newer|younger|richer"
    r"|cheaper|stronger|weaker|longer|shorter|wider|deeper|better|worse|earlier|later|ahead|behind"
    r"|(?:more|less) \w+)(?! or\b)"
)
_MUCH = r"(?P<much>more|less|fewer)"
_BASES = {
    **{"further": "far", "bigger": "big", "larger": "large", "wider": "wide", "better": "good", "worse": "bad"},
    **{"earlier": "early", "later": "late", "ahead": "far ahead", "behind": "far behind"},
}
# What a comparison says, and what it asks of each of its subjects: those called s ("A and B"), or a and b, or whatever
# stands side by side in all of it; m is the measure. The first that fits is taken.
_FRAMES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(said, re.IGNORECASE), asks)
    for said, asks in (
        (rf"compare (?P<a>.+?) (?:with|to|against) (?P<b>.+?) {_IN}(?P<m>[^,]+)", "what is the {m} of {subject}"),
        (r"compare (?P<a>.+?) (?:with|to|against) (?P<b>.+)", "what is {subject}"),
        (rf"compare (?P<s>.+?) {_IN}(?P<m>[^,]+)", "what is the {m} of {subject}"),
        (r"compare (?P<all>.+)", "what is {all}"),
        (r"compare (?P<s>.+)", "what is {subject}"),
        (
            rf"{_DIFFERENCES} in (?P<m>.+?) (?:between|of|for) (?P<s>.+?){_TAIL}",
            "what is the {m} of {subject}{rest}",
        ),
        (rf"{_DIFFERENCES} between (?P<s>.+?) {_IN}(?P<m>.+)", "what is the {m} of {subject}"),
        (rf"{_DIFFERENCES} between (?P<s>.+)", "what is {subject}"),
        (
            rf"how {_DOES} (?:the )?(?P<m>.+?) (?:differ|vary|compare) (?:between|across) (?P<s>.+?){_TAIL}",
            "what is the {m} of {subject}{rest}",
        ),
        (
            rf"how {_DOES} (?P<a>.+?) (?:differ|compare) (?:with|to|from|against) (?P<b>.+?) {_IN}(?P<m>.+)",
            "what is the {m} of {subject}",
        ),
        (r"how (?:do|does) (?P<a>.+?) (?:differ|compare) (?:with|to|from|against) (?P<b>.+)", "what is {subject}"),
        (rf"how {_DOES} (?P<all>.+?) (?:differ|compare|vary){_TAIL}", "what is {all}{rest}"),
        (rf"how {_DOES} (?P<s>.+?) (?:differ|compare) {_IN}(?P<m>.+)", "what is the {m} of {subject}"),
        (r"how (?:do|does) (?P<s>.+?) (?:differ|compare)", "what is {subject}"),
        (
            rf"{_WHICH}(?P<has>has|have|had) {_MUCH} (?P<m>[^,:]+?){_TAIL}[,:] (?P<s>.+)",
            "how {base} {m} {has} {subject}{rest}",
        ),
        (
            rf"{_WHICH}(?:has|have|had|shows?|gives?|offers?) (?:the |an? )?{_MORE} (?P<m>[^,:]+?){_TAIL}[,:]"
            r" (?P<s>.+)",
            "what is the {m} of {subject}{rest}",
        ),
        (rf"{_WHICH}(?P<is>{_IS}) (?:the )?{_MORE}(?P<rest>[^,:]*)[,:] (?P<s>.+)", "how {base} {is} {subject}{rest}"),
        (
            rf"{_WHICH}(?P<will>will|would|should|could) (?P<verb>\w+) (?:the )?{_MORE}(?P<rest>[^,:]*)[,:] (?P<s>.+)",
            "how {base} {will} {subject} {verb}{rest}",
        ),
        (
            rf"{_WHICH}(?P<verb>\w+?)s? {_MORE}(?P<rest>[^,:]*)[,:] (?P<s>.+)",
            "how {base} does {subject} {verb}{rest}",
        ),
        (
            rf"(?:does|do|did|has|have) (?P<a>.+?) (?:have|had|get|show) (?:an? )?{_MORE} (?P<m>.+?) than (?P<b>.+)",
            "what is the {m} of {subject}",
        ),
        (
            rf"(?P<is>{_IS}) {_MUCH} (?P<m>.+?) (?P<in>in|for|by|at|on) (?P<a>.+?) (?:or|than) (?:(?P=in) )?(?P<b>.+)",
            "how {base} {is} {m} {in} {subject}",
        ),
        (rf"(?P<is>{_IS}) (?P<a>.+?) {_MORE} than (?P<b>.+)", "how {base} {is} {subject}"),
        (
            rf"(?P<does>{_DOES}) (?P<a>.+?) (?P<verb>\w+) {_MORE} than (?P<b>.+)",
            "how {base} {does} {subject} {verb}",
        ),
        (rf"(?P<a>[^,:]+?) {VERSUS} (?P<b>[^,:]+?)[,:] (?P<asks>{_ASKS}\b.+)", "{asks} of {subject}"),
    )
)
_SUBJECTS_FIRST = re.compile(
    rf"(?:(?:of|between) )?(?P<s>[^,:]+? (?:or|and) [^,:]+?)[,:] (?P<which>{_WHICH}\S.*)", re.IGNORECASE
)
_TWO = re.compile(rf"(?:both |either )?(?P<a>.+?),? (?:and|or|{VERSUS}) (?P<b>.+)", re.IGNORECASE)
_EACH = re.compile(rf"\b(?:{VERSUS}|respectively|each|both(?: of)?(?: the)? (?=[^ ]+ and ))", re.IGNORECASE)
_OF = re.compile(r"\b(?:of|in|for|at|by|from|across|between)\s+(?:both\s+)?(?:the\s+)?$", re.IGNORECASE)
_FROM = re.compile(r"\b(?:between|from)\s+(?:the\s+)?$", re.IGNORECASE)
_LEADING = re.compile(r"^(?:(?:that|those) of |in |for |of |between |both )+", re.IGNORECASE)
_THAT = re.compile(r"(?:that|those) (?P<of>of|for|in)\s", re.IGNORECASE)
_WHEN = re.compile(
    r" (?:in|for|by|during|at the end of) (?:the )?(?:fiscal )?(?:(?:19|20)\d\d|FY|[QH][1-4])[^,]*$", re.IGNORECASE
)
_OWNED = re.compile(r".+?['’]s? (?P<what>\S.*)")
# What means nothing without its other side: "previous quarters" of whom?
_RELATIVE = re.compile(
    r"(?:(?:the|its|their) )?(?:previous|prior|preceding|last|same|other|others|those|these|that|this|it|industry|peers"
    r"|most|rest|\d[\d.,]*|one|two|three)\b",
    re.IGNORECASE,
)
_NO_MEASURE = re.compile(r"(?:both|each|all|every|any|these|those|managing|\w{3,}ing)\b", re.IGNORECASE)


def compared(question: str, companies: Companies) -> tuple[Cell, ...]:
    """A question for each cell of the comparison that `question` makes; fewer than two where it makes none."""
    text = re.sub(r"^please\s+", "", question.rstrip(" ?.!"), flags=re.IGNORECASE)
    first = _SUBJECTS_FIRST.fullmatch(text)
    if first:
        text = f"{first['which']}, {first['s']}"
    for said, asks in _FRAMES:
        match = said.fullmatch(text)
        cells = () if match is None else _framed(match, asks, companies)
        if len(cells) > 1:
            return cells
    return _cells(f"{text}?", companies)


def _cells(question: str, companies: Companies, *, compared: bool = False) -> tuple[Cell, ...]:
    """A cell for each combination of the things that stand side by side in a question."""
    cells = []
    for labels, words in _expanded(question, companies, compared):
        row = labels.pop(Kind.NAME, None) or (labels.pop(next(iter(labels))) if labels else "")
        measure = next((each.text for each in measures_in(words) if each.text != row), "")
        cells.append(Cell(words, row, " · ".join(labels.values()) or _of_one(measure)))
    return tuple(cells)


def _framed(match: re.Match[str], asks: str, companies: Companies) -> tuple[Cell, ...]:
    """The cells of a comparison that a frame fits, none where what stands in it is no subject or no measure."""
    named = {name: value or "" for name, value in match.groupdict().items()}
    if "all" in named:
        for each in reversed(measures_in(named["all"])):
            named["all"] = f"{named['all'][: each.start]}{_of_one(each.text)}{named['all'][each.end :]}"
        article = "" if re.match(r"[A-Z]|(?:the|an?)\b", named["all"]) else "the "
        named["all"] = article + named["all"]
        return _cells(_asked(asks.format(**named)), companies, compared=True)
    measure = _of_one(named.get("m", ""))
    # "in 2023" and "in China" are no measures.
    if measure and (_is_about(measure) or (_NO_MEASURE.match(measure) and not measures_in(measure))):
        return ()
    more = named.get("more", "").lower()
    much = "many" if named.get("m", "").split(" ")[0].endswith("s") else "much"
    named["base"] = much if named.get("much") else _BASES.get(more, more.split(" ")[-1].removesuffix("er"))
    if named.get("much"):
        measure = named["m"]
    named |= {name: named[name].lower() for name in ("is", "does", "has", "will") if name in named}
    if "a" in named:
        subjects = [(each, each) for each in _alike(named["a"], named["b"])]
    else:
        subjects = _subjects(named["s"], companies)
    if any(_RELATIVE.match(subject) for _, subject in subjects):
        return ()
    cells = []
    for label, subject in subjects:
        subject = _of_one(subject) if measures_in(subject) else subject
        asked = asks.format(**{**named, "m": measure, "subject": subject})
        for labels, words in _expanded(_asked(asked), companies):
            cells.append(Cell(words, _shown(label), " · ".join(labels.values()) or measure))
    return tuple(cells)


def _expanded(question: str, companies: Companies, compared: bool = False) -> Iterator[tuple[dict[Kind, str], str]]:
    """The question for each combination of the things side by side in it, with what each is about.

    One more than MOST_PARTS at most: that is too many already.
    """
    return islice(_combined(question, companies, compared), MOST_PARTS + 1)


def _combined(question: str, companies: Companies, compared: bool) -> Iterator[tuple[dict[Kind, str], str]]:
    groups = groups_in(question, companies, compared=compared)
    group = next((each for each in groups if compared or _is_of_each(question, each)), None)
    if group is None:
        yield {}, question
        return
    before = _FROM.sub("of " if group.kind is Kind.NAME else "in ", question[: group.start])
    before = re.sub(r"\bboth\s+$", "", before, flags=re.IGNORECASE)
    rest = re.sub(r",?\s+respectively\b", "", question[group.end :])
    for item in group.items:
        for labels, words in _combined(f"{before}{item}{rest}", companies, compared):
            yield {group.kind: item, **labels}, words


def _is_of_each(question: str, group: Group) -> bool:
    """Whether a question is asked of each thing of a group, rather than of all together or of a stretch of time."""
    before, rest = question[: group.start], question[group.end :]
    if group.kind is Kind.PERIOD and (
        re.match(r"\s*(?:to|through|until|[-–])\s*\d", rest) or re.search(r"\d\s*(?:to|through|[-–])\s*$", before)
    ):
        return False
    if _EACH.search(question):
        return True
    asked = asked_for(question)
    if group.kind is Kind.NAME:
        return (asked is Asked.FIGURE or bool(measures_in(question))) and (
            _OF.search(before) is not None or rest[:2] in ("'s", "’s")
        )
    return asked is not Asked.DATE and _FROM.search(before) is None


def _subjects(text: str, companies: Companies) -> list[tuple[str, str]]:
    """What stands side by side in `text`, or two things that "and", "or" or "versus" parts: a label and the words.

    What stands behind names or periods belongs to each of them: "China and Japan in 2023".
    """
    text = re.sub(r"^(?:both|either) ", "", text, flags=re.IGNORECASE)
    for group in groups_in(text, companies, compared=True):
        before, rest = text[: group.start], text[group.end :]
        if re.fullmatch(r"(?:the|in|for|of|\s)*", before, re.IGNORECASE):
            return [(item, f"{item}{rest}") for item in group.items]
    two = _TWO.fullmatch(text)
    if two is None or len(re.findall(rf"\s(?:and|or|{VERSUS})\s", text, re.IGNORECASE)) > 1:
        return []
    if _is_name(text) and not _EACH.search(text):
        return []
    return [(each, each) for each in _alike(two["a"], two["b"])]


def _alike(first: str, second: str) -> list[str]:
    """Two subjects, each with what it leaves to the other.

    "Apple's revenue" and "Microsoft's in 2023"; "the domestic" and "the international discount rate"; "the margin of
    Apple" and "that of Intel".
    """
    that = _THAT.match(second)
    head = re.match(rf".*?\s(?={that['of']}\s)", first) if that else None
    if that and head:
        second = head.group() + second[that.start("of") :]
    first, second = (_LEADING.sub("", each.strip(" ,")) for each in (first, second))
    when = _WHEN.search(second)
    shared = when.group() if when and not _WHEN.search(first) else ""
    second = second.removesuffix(shared)
    owned = _OWNED.fullmatch(first)
    if owned and re.search(r"['’]s?$", second):
        second = f"{second} {owned['what']}"
    measures = measures_in(second)
    if measures and not measures_in(first) and re.fullmatch(r"(?:the )?[a-z-]+", first):
        first = f"{first} {second[measures[0].start :]}" if not shared else f"{first} {measures[0].text}"
    return [first + shared, second + shared]


def _is_name(text: str) -> bool:
    """Whether words are one name, as far as capitals tell, and not two places."""
    return text in names_in(f"about {text}") and not all(map(spellings, re.split(" and ", text)))


def _is_about(words: str) -> bool:
    """Whether words name a period or a place and no measure."""
    return bool(asked_periods(words) or places_in(words)) and not measures_in(words)


def _of_one(measure: str) -> str:
    """ "growth rates" of several are the "growth rate" of each."""
    return re.sub(r"(?<=[a-z]{3}[^su])s$", "", measure.strip())


def _shown(subject: str) -> str:
    return re.sub(r"^(?:the|an?)\s+", "", subject, flags=re.IGNORECASE)


def _asked(text: str) -> str:
    text = " ".join(text.strip(" ,;?.!").split())
    return f"{text[:1].upper()}{text[1:]}?"
