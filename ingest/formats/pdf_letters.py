"""Tells text from rubbish: what a page says when its fonts do not say which letters they draw.

Such pages give private characters, control characters, or ordinary letters that are others ("7KH ERDUG" for "The
board"). Knows letters only, no PDF. Everything here is statistics over a page, so that a table, a list of codes or
another language is no rubbish: only a page that fails every sign is.
"""

import math
import unicodedata
from collections import Counter

# Shares of characters that no text has, beyond which a page is rubbish.
_ODD_SHARE = 0.25
# Fewer letters than this tell nothing.
_MIN_LETTERS = 120
# Cosine of a page's letters with the usual ones: texts in a dozen languages have .75 to .95, shuffled letters .3 to .7.
_LEAST_LIKENESS = 0.72
# Share of words that are among the most frequent of some language: a text has .2 and more, tables .05, rubbish none.
_LEAST_COMMON = 0.04

# Per thousand letters, roughly, over the larger languages in Latin letters; accents are left out of account.
_USUAL = {
    **{"a": 90, "b": 15, "c": 33, "d": 42, "e": 128, "f": 16, "g": 19, "h": 33, "i": 78, "j": 4, "k": 14, "l": 44},
    **{"m": 28, "n": 75, "o": 68, "p": 24, "q": 4, "r": 66, "s": 65, "t": 74, "u": 38, "v": 13, "w": 11, "x": 2},
    **{"y": 11, "z": 9},
}
_NORM = math.sqrt(sum(value * value for value in _USUAL.values()))
_COMMON = frozenset(
    "the of and to in a is that for on with as by at from be are or was it not this an which "
    "der die das und von zu den mit für im auf ist des ein eine nicht dem sich auch "
    "le la les des et en du un une est que dans pour par sur au qui "
    "el los las y del se con una su al lo como di e il che per non sono da della "
    "o os do da em um uma não na no dos het van een dat op te zijn niet "
    "i w z na się nie jest do och att det som på av för er til af ja on ei oli ovat "
    "ve bir bu için ile da yang dan untuk dengan a az és egy și de în je u na se".split()
)


def is_rubbish(text: str) -> bool:
    """Whether a page's text, as its fonts give it, cannot be what the page shows."""
    counts = Counter(text)
    total = odd = 0
    for char, count in counts.items():
        if not char.isspace():
            total += count
            odd += count if _is_odd(char) else 0
    if odd > 20 and odd > _ODD_SHARE * total:
        return True
    if not _looks_strange(counts):
        return False
    # Once more without codes and figures ("US0378331005"), which no language is told from.
    words = [word for word in text.split() if sum(map(str.isdigit, word)) <= len(word) / 2]
    if not _looks_strange(Counter("".join(words))):
        return False
    words = [word.strip(".,;:()'\"“”").casefold() for word in words]
    return sum(word in _COMMON for word in words) < _LEAST_COMMON * len(words)


def _looks_strange(counts: Counter[str]) -> bool:
    """Whether characters hold so many Latin letters that their frequencies tell, and these are no language's."""
    letters: Counter[str] = Counter()
    other = 0
    for char, count in counts.items():
        if char.isascii():
            if char.isalpha():
                letters[char.lower()] += count
        elif char.isalpha():
            base = _base(char)
            if base is None:
                other += count
            elif base:
                letters[base] += count
            else:
                letters["?"] += count
    known = letters.total()
    if known < _MIN_LETTERS or other > known:  # another script: nothing is known of its letters
        return False
    return _likeness(letters) < _LEAST_LIKENESS


def _is_odd(char: str) -> bool:
    """Private, undefined, control characters: those that no text is written in. Soft hyphens and the like are."""
    return char not in "\ufffe\x02\x03" and (char == "\ufffd" or unicodedata.category(char) in ("Co", "Cn", "Cc", "Cs"))


def _base(char: str) -> str | None:
    """The plain Latin letter under an accent; "" for a Latin one that has none, None for one of another script."""
    base = unicodedata.normalize("NFD", char)[0].lower()
    if base.isascii():
        return base
    return "" if "LATIN" in unicodedata.name(char, "") else None


def _likeness(letters: Counter[str]) -> float:
    """Cosine between the letters of a page and the usual ones, 0 to 1."""
    norm = math.sqrt(sum(count * count for count in letters.values()))
    return sum(count * _USUAL.get(letter, 0) for letter, count in letters.items()) / (norm * _NORM)
