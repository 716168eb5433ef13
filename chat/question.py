"""A question as it is read: cleaned, and checked for what the library has never heard of.

Pure functions; what the library knows comes in as callables.
"""

import re
from collections.abc import Callable, Mapping, Sequence

from chat.places import spellings
from chat.terms import names_in, years_in

MOST_CHARACTERS = 2000  # of a question; what comes behind is not read
JOINING_WORDS = frozenset(
    "in for by at of with from on during the a an and or to between until since through about vs".split()
)
EMPTY_WORDS = JOINING_WORDS | frozenset(
    """what that this it its they their them those these is are was were be will would do does did has have had there
    then one ones""".split()
)


def clean_question(question: str) -> str:
    """A question on one line, without control characters, cut to MOST_CHARACTERS."""
    kept = "".join(character if character.isprintable() else " " for character in question)
    return " ".join(kept.split())[:MOST_CHARACTERS].rstrip()


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
    return frozenset(_folded(name)) - EMPTY_WORDS


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
