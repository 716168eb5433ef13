"""Names of companies, compared as people write them: "Intel" is "INTEL CORPORATION" is "Intel Corp.".

Pure functions on text; knows no list of companies.
"""

import re
import unicodedata

_LEGAL = frozenset(
    """inc incorporated corp corporation co company companies ltd limited plc llc llp lp ag se sa nv bv ab asa oyj spa
    srl gmbh kgaa kk pte pty bhd tbk jsc pjsc sab cv holding holdings group trust the and""".split()
)
_WORD = re.compile(
    r"(?<!\w)(?:[^\W\d_]\.){2,}"  # "S.A." and "U.S." are one word each
    r"|(?<!\w['’])[^\W_]+(?:\.(?=[^\W\d_]{2})[^\W_]+)*(?:['’](?!s\b)[^\W_]+)?"
    r"|&"
)


def folded_words(text: str) -> list[tuple[str, int, int]]:
    """The words of a text with where each starts and ends; in lower case without accents, "and" for "&"."""
    return [(_folded(match.group()), *match.span()) for match in _WORD.finditer(text)]


def company_words(name: str) -> tuple[str, ...]:
    """The words that tell a company from others, folded; legal forms and "the" left out.

    A name of nothing else ("The Trust Company") keeps its words.
    """
    words = [word for word, _, _ in folded_words(name)]  # "Macy's" is "macy", as where a question has it
    first, last = 0, len(words)
    while first < last and words[first] == "the":
        first += 1
    while last > first and words[last - 1] in _LEGAL:
        last -= 1
    return tuple(words[first:last]) or tuple(words)


def same_company(a: str, b: str) -> bool:
    """Whether two names are the same but for legal form, accents, capitals and punctuation."""
    return bool(company_words(a)) and company_words(a) == company_words(b)


def _folded(word: str) -> str:
    if word == "&":
        return "and"
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", word) if not unicodedata.combining(sign))
    return plain.lower().replace("’", "'").replace(".", "" if word.endswith(".") else ".")
