"""Follow-up questions completed from the conversation: "And in India?", "Net income?", "How accurate is it?".

Pure functions on text, no model that writes: the earlier question is kept and the new words take the place of its own
of the same kind, or a pronoun gives way to what the earlier question is about. A question that stands alone stays.
"""

import re
from collections.abc import Sequence

from chat.measures import measures_in
from chat.places import places_in, spellings
from chat.question import EMPTY_WORDS, JOINING_WORDS, MOST_CHARACTERS, clean_question
from chat.terms import Asked, asked_for, asks_for_furniture, names_in
from chat.topics import ASKS, HELPS, PREPOSITIONS, owner_in, topic_of, with_topic

_MOST_EARLIER = 50  # questions that are looked back on
_LONGEST = 8  # words of a piece of a question; what is longer says what it is about

_OPENING = re.compile(r"^\s*(?:(?:and|but|or|then|so|what about|how about)\b[\s,:]*)+", re.IGNORECASE)
_WHY = re.compile(
    r"^\s*(?:(?:and|but|so)\s+)?(why not|why|how so|how come|since when|when|where|who)[\s?]*$", re.IGNORECASE
)
_COMPARE = re.compile(
    r"^(?:(?:and|but|so)\s+)?how (?:does|do|did) (?:that|this|it|they|these|those) (?:compare|differ) (?:with|to|from)"
    r"(?: (?:that|those) (?:of|in|for))? (?P<what>.+?)[\s?.!]*$",
    re.IGNORECASE,
)
_OPPOSITES = {"for": "against", "with": "without", "before": "after", "from": "to", "within": "outside"}
_OPPOSITES |= {value: key for key, value in _OPPOSITES.items()}
_PHRASE = re.compile(rf"(?P<preposition>{PREPOSITIONS})\s+(?P<what>\S.*)", re.IGNORECASE)
_PIECE_ASKS = re.compile(
    rf"{PREPOSITIONS}\s+(?:how (?:many|much|long|far|often)|which|what|whose|whom|when)"
    rf"(?:\s+(?!(?:{HELPS}|{PREPOSITIONS})\b)\S+){{0,3}}|how (?:many|much|often)(?:\s+\S+)?|(?:which|what)\s+\S+",
    re.IGNORECASE,
)
_ASKED = re.compile(
    rf"(?P<asks>{ASKS}(?: (?:many|much))?)(?: (?P<noun>(?!{HELPS}\b)\S+(?: (?!{HELPS}\b)\S+){{0,4}}?))?"
    rf" (?P<help>{HELPS}) (?P<rest>.+)",
    re.IGNORECASE,
)
_WHICH_DOES = re.compile(r"which (?P<does>(?!of\b)[a-z]+s\b.*)", re.IGNORECASE)
_WHICH_NOUN = re.compile(
    r"(?P<which>(?:which|what) [\w'’-]+) [a-z]+\b[^,]*?(?P<tail>(?: (?:by|in|of|among|at) .+)?)", re.IGNORECASE
)
_BARE = re.compile(
    r"(?:what|how (?:much|large|high|big)) (?:(?:was|were|will be|is the|are the) (?:the )?)(?P<what>.+)", re.IGNORECASE
)
_OTHER_ONE = re.compile(r"(?:(?:of|for|in) )?the (?P<which>[\w-]+) ones?", re.IGNORECASE)

_YEAR_WORDS = r"(?:FY\s?['’]?)?(?:19|20)\d\d(?:\s?[–/-]\s?(?:(?:19|20)\d\d|\d\d))?\b|\bFY\s?['’]?\d\d\b"
_YEAR = re.compile(_YEAR_WORDS, re.IGNORECASE)
_YEARS = re.compile(rf"(?:{_YEAR_WORDS})(?:\s*(?:to|and|or|until|through|,|–|-)\s*(?:{_YEAR_WORDS}))*", re.IGNORECASE)
_WHEN = r"(?:(?:in|by|until|since|during|before|after)\s+)?"
_PART = re.compile(r"\b(?:[QH][1-4])\b", re.IGNORECASE)
_PERIOD = re.compile(
    rf"(?:\b(?:in|by|for|during|since|until)\s+)(?:the\s+)?(?:[QH][1-4]\s+)?(?:{_YEAR_WORDS})", re.IGNORECASE
)
_SHIFT = re.compile(
    r"(?:(?:in|for|during|of)\s+)?(?:the\s+|a\s+)?(?:same\s+(?:quarter|period)\s+(?:of\s+)?(?:the\s+|a\s+)?)?"
    r"(?:(?P<unit>year|quarter)\s+(?P<way>before|earlier|after|later)(?:\s+that)?"
    r"|(?P<way_first>previous|prior|preceding|last|following|next)\s+(?P<unit_last>year|quarter))",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+(?:[’'-][^\W_]+)*")


def complete(question: str, after: Sequence[str]) -> str:
    """The question with what it lacks taken from those before it (oldest first; the last fifty are looked at).

    "And in India?" keeps the earlier question and puts India in place of its country, "FY24?" its year, "Net income?"
    its measure; "How accurate is it?" says what it is. "Why?" asks why of it. A question that stands alone is returned
    as it is.
    """
    earlier = ""
    for each in map(clean_question, after[-_MOST_EARLIER:]):
        if each:
            earlier = _follow(each, earlier)
    return _follow(question, earlier)[: max(MOST_CHARACTERS, len(question))]


def _follow(question: str, earlier: str) -> str:
    if not earlier:
        return question
    why = _WHY.match(question)
    if why:
        opening = f"{why.group(1).capitalize()}: "
        return earlier if earlier.startswith(opening) else opening + earlier
    compare = _COMPARE.match(question)
    if compare:
        return _beside(earlier, compare["what"])
    opening_words = _OPENING.match(question)
    rest = question[opening_words.end() if opening_words else 0 :].strip(" ?.!…,")
    names = names_in(rest) or places_in(rest)
    new_words = _words_beyond(rest, names)
    opened = opening_words is not None
    says_nothing_more = not new_words - EMPTY_WORDS and (opened or (not names and bool(_YEAR.search(rest))))
    if len(rest.split()) <= _LONGEST and (says_nothing_more or not _is_sentence(rest)):
        changed = _from_piece(rest, earlier, names, opened=opened)
        return changed or (_with_words(earlier, rest, names, new_words) if opened else question)
    return _from_sentence(question, rest, earlier, opened=opened)


def _is_sentence(text: str) -> bool:
    """Whether a text has a verb, as far as small words and the order of words tell."""
    if _PIECE_ASKS.fullmatch(text):
        return False
    return re.search(rf"\b(?:{HELPS}|{ASKS})\b", text, re.IGNORECASE) is not None


# A sentence of its own ------------------------------------------------------------------------------------------------


def _from_sentence(question: str, rest: str, earlier: str, *, opened: bool) -> str:
    """A whole question with what its pronouns mean, and with the company, country and period that it lacks.

    These are missed only where it opens as a follow-up ("And how large …"), where it leaned on the earlier question by
    a pronoun, or where it is nothing but a measure ("What was net income?").
    """
    if asks_for_furniture(question):
        return question  # "Who wrote it?" asks of the article
    told = with_topic(rest, earlier)
    leans = told != rest
    if not leans and not _is_bare_measure(rest) and not (opened and len(rest.split()) <= _LONGEST):
        return question
    which, noun = _WHICH_DOES.fullmatch(told), _WHICH_NOUN.fullmatch(earlier.strip(" ?.!"))
    if not leans and not names_in(told):
        told = f"{noun['which']} {which['does']}{noun['tail']}" if which and noun else _with_owner(told, earlier)
    period = _PERIOD.search(earlier)
    if period and not _YEAR.search(told) and not _PART.search(told) and asked_for(told) is Asked.FIGURE:
        told = f"{told} {period.group()}"
    return question if told == rest and not opened else f"{told[:1].upper()}{told[1:]}?"


def _is_bare_measure(question: str) -> bool:
    """ "What was net income in 2022?": a measure and a period, of nobody."""
    bare = _BARE.fullmatch(question)
    measures = [each.text for each in measures_in(bare["what"])] if bare else []
    return bare is not None and bool(measures) and not _words_beyond(bare["what"], measures) - JOINING_WORDS


def _with_owner(question: str, earlier: str) -> str:
    """A question that names nobody with whom the earlier one names: before its measure, or behind."""
    owner = owner_in(earlier, places=False) or owner_in(earlier, places=True)
    if not owner:
        return question
    measures = measures_in(question)
    if measures and asked_for(question) is Asked.FIGURE:
        start = re.search(rf"(?:the )?{re.escape(measures[0].text)}", question)
        if start is not None:
            return f"{question[: start.start()]}{owner}'s {measures[0].text}{question[start.end() :]}"
    return f"{question} in {spellings(owner)[0]}" if spellings(owner) else f"{question}, {owner}"


# A piece of one -------------------------------------------------------------------------------------------------------


def _from_piece(rest: str, earlier: str, names: Sequence[str], *, opened: bool) -> str | None:
    """The earlier question with the words of `rest` in the place of its own; None where they have no place there."""
    shifted = _shifted(earlier, rest)
    if shifted is not None:
        return shifted
    if _PIECE_ASKS.fullmatch(rest):
        return _asked_instead(rest, earlier)
    measures = [each.text for each in measures_in(rest)]
    names = [name for name in names if not any(name in measure for measure in measures)]
    if names and measures and not re.search(r"\b(?:its|their)\b", rest, re.IGNORECASE):
        return None  # "Acme revenue 2023" stands alone
    more = _words_beyond(rest, [*names, *measures]) - EMPTY_WORDS - _words_beyond(earlier, ())
    for place in (_opposite, _other_one):
        result = place(earlier, rest)
        if result is not None:
            return result
    if more:
        places = (_phrase, _counted, _subject) if opened else (_phrase, _counted)
        return next(filter(None, (place(earlier, rest) for place in places)), None)
    if not (names or measures or _YEAR.search(rest) or _PART.search(rest)):
        return None
    if names and not measures and not any(_same_kind(name, earlier) for name in names):
        instead = _phrase(earlier, rest) if not spellings(names[0]) else None
        instead = instead or (_subject(earlier, rest) if opened and not spellings(names[0]) else None)
        if instead is not None:
            return instead
    return _with_words(earlier, rest, names, frozenset())


def _with_words(earlier: str, rest: str, names: Sequence[str], more: frozenset[str]) -> str:
    """The earlier question about the years, quarter, measure and names of `rest`, and with its other words behind."""
    result = _with_years(earlier, rest)
    part = _PART.search(rest)
    if part:
        result = _replaced(result, _PART, part.group())
    measures = measures_in(rest)
    if measures:
        result = _with_measure(result, measures[-1].text)
    for name in names:
        result = _with_name(result, name, rest, earlier)
    known = EMPTY_WORDS | _words_beyond(earlier, ()) | _words_beyond(" ".join(each.text for each in measures), ())
    if more - known:
        # More than another name, measure or year: kept whole behind the question that it goes on from.
        bare = re.sub(rf"^{PREPOSITIONS}\s+(?:the\s+)?", "", rest, flags=re.IGNORECASE)
        result = f"{earlier.rstrip('?. ')}, {bare}?" if not names else _appended(result, rest)
    return result


def _shifted(earlier: str, rest: str) -> str | None:
    """ "The year before", "next quarter": the earlier question a year or quarter on."""
    match = _SHIFT.fullmatch(rest)
    if match is None:
        return None
    unit = (match["unit"] or match["unit_last"]).lower()
    step = 1 if (match["way"] or match["way_first"]).lower() in ("after", "later", "following", "next") else -1
    years = list(re.finditer(r"(?:19|20)\d\d|(?<=FY)\d\d|(?<=FY )\d\d", earlier))
    parts = list(_PART.finditer(earlier))
    if not years:
        return _appended(earlier, rest)
    year = int(years[-1].group())
    if unit == "quarter" and parts and parts[-1].group()[0].upper() == "Q":
        number = int(parts[-1].group()[1]) + step
        step = -1 if number < 1 else 1 if number > 4 else 0
        quarter = f"{parts[-1].group()[0]}{(number - 1) % 4 + 1}"
        earlier = f"{earlier[: parts[-1].start()]}{quarter}{earlier[parts[-1].end() :]}"
    return f"{earlier[: years[-1].start()]}{year + step:02}{earlier[years[-1].end() :]}"


def _beside(earlier: str, what: str) -> str:
    """The earlier question of its own subject and of `what`: "How does that compare with Europe?"."""
    shifted = _shifted(earlier, what)
    other = _YEAR.search(shifted if shifted else what)
    years = list(_YEAR.finditer(earlier))
    if other and years and (shifted or not names_in(what)):
        last = list(_YEAR.finditer(shifted))[-1] if shifted else other
        return f"{earlier[: years[-1].end()]} and {last.group()}{earlier[years[-1].end() :]}"
    names = names_in(what) or places_in(what)
    olds = [each for each in names_in(earlier) if each in earlier]
    olds = [each for each in olds if names and bool(spellings(each)) == bool(spellings(names[0]))] or olds
    if not names or not olds:
        return f"{earlier.rstrip('?. ')} compared with {what}?"
    end = earlier.rindex(olds[-1]) + len(olds[-1])
    owned = re.match(r"['’]s", earlier[end:])
    together = f"{owned.group()} and {names[0]}{owned.group()}" if owned else f" and {names[0]}"
    return f"{earlier[:end]}{together}{earlier[end + (2 if owned else 0) :]}"


def _asked_instead(piece: str, earlier: str) -> str | None:
    """ "In how many hospitals?", "By when?": what the earlier question tells, asked for something else."""
    asked = _ASKED.fullmatch(earlier.strip(" ?.!"))
    if asked is None:
        told = re.sub(rf"^{ASKS} ", "the ", earlier.strip(" ?.!"), flags=re.IGNORECASE)
        return f"{piece[:1].upper()}{piece[1:]}: {told}?"
    noun = f"the {asked['noun']}" if asked["noun"] and " " not in asked["asks"] else ""
    if asked["help"].lower() in ("do", "does", "did"):
        told = f"{asked['help']} {asked['rest']} {noun}"
    else:
        told = f"{asked['help']} {noun} {asked['rest']}"
    return f"{piece[:1].upper()}{piece[1:]} {' '.join(told.split())}?"


def _opposite(earlier: str, rest: str) -> str | None:
    """ "And against it?" of a question that asks what speaks for something."""
    match = re.fullmatch(r"(?P<preposition>\w+)(?: (?:it|them|that|this))?", rest, re.IGNORECASE)
    old = _OPPOSITES.get(match["preposition"].lower()) if match else None
    if match is None or old is None or not re.search(rf"\b{old}\b", earlier):
        return None
    return re.sub(rf"\b{old}\b", match["preposition"].lower(), earlier, count=1)


def _other_one(earlier: str, rest: str) -> str | None:
    """ "The lower one" of a question on "the higher forecast"; a place among them is replaced as names are."""
    match = _OTHER_ONE.fullmatch(rest)
    if match is None or spellings(match["which"]):
        return None
    measures = [each for each in measures_in(earlier) if " " in each.text]
    if measures and not re.search(r"(?:er|est)$", match["which"]):
        start = measures[-1].start
        return f"{earlier[:start]}{match['which']}{earlier[start + len(measures[-1].text.split()[0]) :]}"
    ending = next((each for each in ("est", "er") if match["which"].endswith(each)), "")
    old = re.search(rf"\bthe (?P<which>[\w-]*{ending})(?= [\w-]+)", earlier)
    if old is None:
        return None
    return f"{earlier[: old.start('which')]}{match['which']}{earlier[old.end('which') :]}"


def _phrase(earlier: str, rest: str) -> str | None:
    """ "For licensing" in the place of the earlier question's "for a joint venture", or else of its last phrase."""
    phrase = _PHRASE.fullmatch(rest)
    if phrase is None:
        return None
    text = earlier.rstrip(" ?.!")
    stop = rf"(?=\s+(?:{PREPOSITIONS}|{HELPS}|worth|and|each)\b|[,:;]|$)"
    same = list(re.finditer(rf"\b{phrase['preposition']}\s+\S.*?{stop}", text, re.IGNORECASE))
    if same:
        return f"{text[: same[-1].start()]}{rest[:1].lower()}{rest[1:]}{text[same[-1].end() :]}?"
    last = re.search(rf"\s(?P<phrase>{PREPOSITIONS}\s+(?:(?!{PREPOSITIONS}\b)\S+\s*)+)$", text, re.IGNORECASE)
    if last and not (names_in(last["phrase"]) or places_in(last["phrase"]) or _YEAR.search(last["phrase"])):
        return f"{text[: last.start()]} {rest[:1].lower()}{rest[1:]}?"
    return f"{text} {rest[:1].lower()}{rest[1:]}?"


def _counted(earlier: str, rest: str) -> str | None:
    """ "People" in the place of what the earlier question counts."""
    if not re.fullmatch(r"[a-z][\w-]*(?: [a-z][\w-]*)?", rest):
        return None
    old = re.search(r"\bhow many (?P<noun>[\w-]+)", earlier, re.IGNORECASE)
    return None if old is None else f"{earlier[: old.start('noun')]}{rest}{earlier[old.end('noun') :]}"


def _subject(earlier: str, rest: str) -> str | None:
    """ "The screening for ADHD" in the place of the earlier question's subject, where that can be told."""
    if re.match(r"(?:the|an?)\b|[A-Z]", rest) is None:
        return None
    text = earlier.rstrip(" ?.!")
    after_help = re.match(
        r"(?P<asks>.*?\b(?:is|are|was|were|has|have|had|will|can|could|would) )(?P<old>(?:the|an?|[A-Z]).+?)"
        r"(?P<verb> [a-z]+(?:ed|en|wn|ght|ade|de|one|ut))?$",
        text,
    )
    plural = re.match(r"(?P<asks>.*?\b(?:do|did) )(?P<old>(?:[\w'’&-]+ )*?[\w-]+s)(?P<verb> [a-z]+\b.*)$", text)
    old = plural or after_help
    if old is None:
        return None
    tail = re.search(rf"\s{PREPOSITIONS}\s.*", old["old"], re.IGNORECASE)
    kept = tail.group() if tail and re.search(rf"\s{PREPOSITIONS}\s", rest, re.IGNORECASE) is None else ""
    return f"{old['asks']}{rest}{kept}{old['verb'] or ''}?"


def _with_measure(text: str, measure: str) -> str:
    """`text` about another measure; where it names none, that measure of what it is about."""
    olds = measures_in(text)
    if olds:
        return f"{text[: olds[-1].start]}{measure}{text[olds[-1].end :]}"
    topic = topic_of(text)
    if topic is None:
        return _appended(text, measure)
    period = _PERIOD.search(text)
    return f"What is the {measure} of {topic.whole}{f' {period.group()}' if period else ''}?"


def _same_kind(name: str, earlier: str) -> bool:
    """Whether the earlier question has a name that `name` can take the place of."""
    return any(bool(spellings(each)) == bool(spellings(name)) for each in names_in(earlier))


def _words_beyond(text: str, names: Sequence[str]) -> frozenset[str]:
    """Words of a text, in lower case, that stand in none of `names` and in no year or quarter."""
    text = _PART.sub(" ", _YEAR.sub(" ", text))
    for name in names:
        text = re.sub(rf"(?<!\w){re.escape(name)}(?:[’']s)?(?!\w)", " ", text, flags=re.IGNORECASE)
    return frozenset(word.lower() for word in _WORD.findall(text))


def _with_years(text: str, rest: str) -> str:
    """`text` about the year or years of `rest`: one year replaces the last, several replace a range."""
    several = _YEARS.search(rest)
    if several is None:
        return text
    new = several.group()
    pattern = _YEAR if _YEAR.fullmatch(new) else _YEARS
    before = re.search(rf"({_WHEN}){re.escape(new)}", rest, re.IGNORECASE)
    if before is not None and before.group(1):
        with_preposition = re.compile(_WHEN.rstrip("?") + f"(?:{pattern.pattern})", re.IGNORECASE)
        if with_preposition.search(text):
            return _replaced(text, with_preposition, before.group().lower().replace("fy", "FY"))
    return _replaced(text, pattern, new)


def _with_name(text: str, name: str, rest: str, earlier: str) -> str:
    """`text` about `name`: a place takes the place of the last place, anyone else that of the last other name."""
    is_place = bool(spellings(name))
    olds = [each for each in names_in(earlier) if bool(spellings(each)) == is_place and each in text]
    if not olds and not is_place and re.match(PREPOSITIONS + r"\s", rest, re.IGNORECASE) is None:
        olds = [each for each in names_in(earlier) if each in text][-1:]
    new = f"the {name}" if re.search(rf"\bthe\s+{re.escape(name)}", rest, re.IGNORECASE) else name
    if not olds:
        return _appended(text, rest)
    return _replaced(text, re.compile(rf"(?<!\w)(?:the\s+)?{re.escape(olds[-1])}(?!\w)"), new)


def _replaced(text: str, pattern: re.Pattern[str], new: str) -> str:
    """`text` with the last match of `pattern` replaced by `new`, or `new` appended."""
    matches = list(pattern.finditer(text))
    if not matches:
        return _appended(text, new)
    return text[: matches[-1].start()] + new + text[matches[-1].end() :]


def _appended(text: str, more: str) -> str:
    return text if more.lower() in text.lower() else f"{text.rstrip('?. ')}, {more}?"
