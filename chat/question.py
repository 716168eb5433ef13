"""What a question means: completed from the conversation, and checked for what the library has never heard of.

Pure functions; what the library knows comes in as callables.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from chat.places import places_in, spellings
from chat.terms import names_in, years_in

MOST_CHARACTERS = 2000  # of a question; what comes behind is not read
_LONGEST_FOLLOW_UP = 8  # words; what is longer says itself what it is about

_OPENING = re.compile(r"^\s*(?:(?:and|but|or|then|so|what about|how about)\b[\s,:]*)+", re.IGNORECASE)
_WHY = re.compile(r"^\s*(?:(?:and|but|so)\s+)?(why|how so|how come|since when|when|where|who)[\s?]*$", re.IGNORECASE)
_PREPOSITION = re.compile(r"^(?:in|for|by|at|of|with|from|on|during)\s+(?:the\s+)?", re.IGNORECASE)
_YEAR_WORDS = r"(?:FY\s?['’]?)?(?:19|20)\d\d(?:\s?[–/-]\s?(?:(?:19|20)\d\d|\d\d))?\b|\bFY\s?['’]?\d\d\b"
_YEAR = re.compile(_YEAR_WORDS, re.IGNORECASE)
_YEARS = re.compile(rf"(?:{_YEAR_WORDS})(?:\s*(?:to|and|or|until|through|,|–|-)\s*(?:{_YEAR_WORDS}))*", re.IGNORECASE)
_WHEN = r"(?:(?:in|by|until|since|during|before|after)\s+)?"
_PART = re.compile(r"\b(?:[QH][1-4])\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+(?:[’'-][^\W_]+)*")

_JOINING = frozenset(
    "in for by at of with from on during the a an and or to between until since through about vs".split()
)
_EMPTY_WORDS = _JOINING | frozenset(
    """what that this it its they them those these is are was were be will would do does did has have had there
    then""".split()
)


def clean_question(question: str) -> str:
    """A question on one line, without control characters, cut to MOST_CHARACTERS."""
    kept = "".join(character if character.isprintable() else " " for character in question)
    return " ".join(kept.split())[:MOST_CHARACTERS].rstrip()


def complete(question: str, after: Sequence[str]) -> str:
    """The question with what it lacks taken from those before it (oldest first).

    "And in India?" keeps the earlier question and puts India in place of its country, "FY24?" its year; "Why?" asks why
    of it. A question that stands alone is returned as it is.
    """
    earlier = ""
    for each in map(clean_question, after):
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
    opening_words = _OPENING.match(question)
    if len(question.split()) > _LONGEST_FOLLOW_UP:
        return question
    rest = question[opening_words.end() if opening_words else 0 :].strip(" ?.!…,")
    names = names_in(rest) or places_in(rest)
    new_words = _words_beyond(rest, names)
    if opening_words is None and (new_words - _JOINING or not (names or _YEAR.search(rest) or _PART.search(rest))):
        return question
    result = _with_years(earlier, rest)
    part = _PART.search(rest)
    if part:
        result = _replaced(result, _PART, part.group())
    for name in names:
        result = _with_name(result, name, rest, earlier)
    if new_words - _EMPTY_WORDS - _words_beyond(earlier, ()):
        # More than another name or year: kept whole behind the question that it goes on from.
        result = f"{earlier.rstrip('?. ')}, {_PREPOSITION.sub('', rest)}?" if not names else _appended(result, rest)
    return result


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
            return _replaced(text, with_preposition, before.group())
    return _replaced(text, pattern, new)


def _with_name(text: str, name: str, rest: str, earlier: str) -> str:
    """`text` about `name`: a place takes the place of the last place, anyone else that of the last other name."""
    is_place = bool(spellings(name))
    olds = [each for each in names_in(earlier) if bool(spellings(each)) == is_place and each in text]
    if not olds and not is_place and _PREPOSITION.match(rest) is None:
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


def absent_names(
    question: str,
    terms: Callable[[str], list[str]],
    frequencies: Callable[[Sequence[str]], Mapping[str, int]],
    passages: Sequence[str] | None = None,
) -> tuple[str, ...]:
    """Names in the question that the library cannot know, under any spelling of a place.

    Those of which no word stands anywhere; and, given `passages`, the best that were found, those of which a word
    stands nowhere and that no passage names in fewer or more words: "Acme Bank" is unknown where only other banks are
    named, "Elon Musk" is known where it says "Musk".
    """
    absent = []
    for name in names_in(question):
        words = list(dict.fromkeys(word for spelling in spellings(name) or (name,) for word in terms(spelling)))
        known = sum(count > 0 for count in frequencies(words).values())
        partly = 0 < known < len(words) and not spellings(name) and passages is not None
        if words and (not known or (partly and not is_mentioned(name, passages or ()))):
            absent.append(name)
    return tuple(absent)


def unmentioned_names(question: str, passages: Sequence[str]) -> tuple[str, ...]:
    """Names in the question that none of the passages mentions."""
    return tuple(name for name in names_in(question) if not is_mentioned(name, passages))


def is_mentioned(name: str, passages: Sequence[str]) -> bool:
    """Whether a passage holds the name, in any case, or a name of fewer or more words that may be the same one.

    Words that the passages also write in lower case ("bank") are ordinary ones, and name nobody by themselves.
    """
    called = spellings(name) or (name,)
    phrases = [f" {' '.join(_folded(each))} " for each in called]
    if any(phrase in f" {' '.join(_folded(text))} " for text in passages for phrase in phrases):
        return True
    wanted = [words for words in map(_name_words, called) if words]
    ordinary = {word for text in passages for word in _LOWER.findall(text)}
    for text in passages:
        for run in _RUN.finditer(text):
            words = _name_words(run.group())
            if any(each <= words or (words <= each and words - ordinary) for each in wanted):
                return True
    return False


_LOWER = re.compile(r"(?<![\w’'-])[a-z]+(?![\w])")
_RUN = re.compile(r"(?<![\w’'-])[A-Z][\w&-]*(?:[.’'](?=\w)[\w&-]+)*(?:\s+(?:of\s+)?[A-Z][\w&-]*)*")


def _folded(text: str) -> list[str]:
    return [re.sub(r"[’']s?$", "", word) for word in re.findall(r"[^\W_]+(?:[’'.-][^\W_]+)*", text.lower())]


def _name_words(name: str) -> frozenset[str]:
    return frozenset(_folded(name)) - _EMPTY_WORDS


def unmentioned_years(question: str, passages: Sequence[str]) -> tuple[int, ...]:
    """Years in the question that none of the passages names."""
    named = frozenset().union(*map(years_in, passages))
    return tuple(sorted(years_in(question) - named))


def absent_years(question: str, frequencies: Callable[[Sequence[str]], Mapping[str, int]]) -> tuple[int, ...]:
    """Years in the question that stand nowhere in the library, neither as 2024 nor as FY2024, FY24, 2024E or 2024F."""
    absent = []
    for year in sorted(years_in(question)):
        written = [str(year), f"fy{year}", f"fy{year % 100:02}", f"{year}e", f"{year}f", f"{year}a", f"{year}s"]
        if not any(frequencies(written).values()):
            absent.append(year)
    return tuple(absent)
