"""What a question means: completed from the conversation, and checked for what the library has never heard of.

Pure functions; what the library knows comes in as callables.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from chat.terms import names_in, years_in

MOST_CHARACTERS = 2000  # of a question; what comes behind is not read

_ELLIPTIC = re.compile(r"^\s*(?:and|what about|how about|or|then)\b[\s,:]*", re.IGNORECASE)
_WHY = re.compile(r"^\s*(?:and\s+)?(why|how so|how come|since when|when|where|who)\s*\??\s*$", re.IGNORECASE)
_PREPOSITION = re.compile(r"^(?:in|for|by|at|of|with|from|on|during)\s+", re.IGNORECASE)


def clean_question(question: str) -> str:
    """A question on one line, without control characters, cut to MOST_CHARACTERS."""
    kept = "".join(character if character.isprintable() else " " for character in question)
    return " ".join(kept.split())[:MOST_CHARACTERS]


def complete(question: str, after: Sequence[str]) -> str:
    """The question with what it lacks taken from the one before it.

    "And in India?" keeps the earlier question and puts India in place of its country; "Why?" asks why of it. A question
    that stands alone is returned as it is.
    """
    earlier = next((clean_question(each) for each in reversed(after) if clean_question(each)), "")
    if not earlier:
        return question
    if len(after) > 1:
        earlier = complete(earlier, after[:-1])
    why = _WHY.match(question)
    if why:
        return f"{why.group(1).capitalize()}: {earlier}"
    if not _ELLIPTIC.match(question) or len(question.split()) > 8:
        return question
    rest = _ELLIPTIC.sub("", question).strip(" ?.!")
    rest = _PREPOSITION.sub("", rest)
    years, names = years_in(rest), names_in(rest)
    result = earlier
    if years:
        result = _swap(result, [str(year) for year in years_in(earlier)], rest if not names else str(max(years)))
    if names:
        result = _swap(result, list(names_in(earlier)), names[0])
    if not years and not names and rest:
        result = f"{earlier.rstrip('?. ')} {rest}?"
    return result


def _swap(text: str, old: Sequence[str], new: str) -> str:
    """`text` with the last of `old` that stands in it replaced by `new`, or `new` appended."""
    for each in reversed(old):
        if each in text and each.lower() not in _NOT_SUBJECTS:
            return text.replace(each, new, 1)
    return f"{text.rstrip('?. ')}, {new}?"


_NOT_SUBJECTS = frozenset({"ai", "cagr", "gdp", "ceo", "cfo", "r&d"})


def absent_names(
    question: str, terms: Callable[[str], list[str]], frequencies: Callable[[Sequence[str]], Mapping[str, int]]
) -> tuple[str, ...]:
    """Names in the question of which no word stands anywhere in the library."""
    absent = []
    for name in names_in(question):
        words = terms(name)
        if words and not any(frequencies(words).values()):
            absent.append(name)
    return tuple(absent)


def absent_years(question: str, frequencies: Callable[[Sequence[str]], Mapping[str, int]]) -> tuple[int, ...]:
    """Years in the question that stand nowhere in the library."""
    years = sorted(years_in(question))
    counts = frequencies([str(year) for year in years])
    return tuple(year for year in years if not counts[str(year)])
