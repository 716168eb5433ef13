"""A question of several parts as questions that each stand by themselves: two questions in one, or a comparison.

Pure functions on text. Knows no library: whoever does says which words name a company.
"""

import re

from chat.comparisons import MOST_PARTS, Cell, compared
from chat.follow_ups import complete
from chat.side_by_side import Companies
from chat.terms import names_in
from chat.topics import ASKS, HELPS

_BEFORE = r"(?:(?:in|at|on|for|by|from|to|of|with|since|under)\s+)?"
# A question of its own has its verb behind "what" or behind a noun ("how many people does", "which law covers"). "when
# the law was passed" and "which in practice take long" go on with the sentence before.
_WHOLE = re.compile(
    rf"(?:tell me |explain |say |describe |show me )*{_BEFORE}(?:{ASKS}\s+{HELPS}\b"
    rf"|how\s+\w+\s+(?:\S+\s+){{0,4}}?{HELPS}\b|(?:what|which|whose)\s+(?!(?:in|on|at|by|of|for|the|an?|it|they)\b)\S+\s+"
    rf"(?:(?:\S+\s+){{0,4}}?{HELPS}\b|\w+s\b)|(?:who|what|which)\s+(?!types|kinds|sorts|forms|ways)"
    r"\w+(?:s|ed|ew|id|ook|ade)\b)",
    re.IGNORECASE,
)
_SUBORDINATE = re.compile(rf"(?:explain|tell me|say|describe|show me)\b.*?\b{ASKS}\b", re.IGNORECASE)
_AND_ASKS = re.compile(rf"[,;]?\s+(?:and|but)\s+(?:also\s+)?(?={_BEFORE}(?P<asks>{ASKS})\s+\S+)", re.IGNORECASE)
_NEXT_SENTENCE = re.compile(r"\?\s+(?:(?:and|also)\b[\s,]*)?(?=\S+\s+\S)", re.IGNORECASE)
_HOW_MANY_TWICE = re.compile(
    r"(how (?:many|much) \w+(?: \w+){0,2}?),? and (how (?:many|much) \w+(?: \w+){0,2}?)"
    rf" ({HELPS}\b.+)",
    re.IGNORECASE,
)
_GAPPED = re.compile(rf"(?P<asks>{ASKS})\s+{HELPS}\s+(?P<rest>\S+(?:\s+\S+){{0,2}})", re.IGNORECASE)


def parts_of(question: str, companies: Companies = lambda text: ()) -> tuple[Cell, ...]:
    """The parts of a question, two or more, or nothing where it asks one thing.

    `companies` gives the words of a text that name a company, as they stand in it; it is asked only where names stand
    side by side. A table of more than MOST_PARTS cells is left as one question.
    """
    text = " ".join(question.split())
    several = _several(text)
    parts = tuple(map(Cell, several)) if several else compared(text, companies)
    distinct = len({part.question for part in parts}) == len(parts)
    return parts if distinct and 2 <= len(parts) <= MOST_PARTS else ()


def _several(question: str) -> list[str]:
    """Two or more questions asked in one, each completed from the first; empty where there is one."""
    twice = _HOW_MANY_TWICE.fullmatch(question.rstrip(" ?.!"))
    if twice:
        return [_asked(f"{twice[1]} {twice[3]}"), _asked(f"{twice[2]} {twice[3]}")]
    sentences = [each for each in _NEXT_SENTENCE.split(question) if each.strip(" ?")]
    if not all(map(_WHOLE.match, sentences)):
        sentences = [question]
    questions = [each for sentence in sentences for each in _of_a_sentence(sentence)]
    return [questions[0], *(_standing(each, questions[0]) for each in questions[1:])] if len(questions) > 1 else []


def _of_a_sentence(sentence: str) -> list[str]:
    """The questions that "and" joins; a relative clause ("the man who …, and who …") is none of its own."""
    for match in _AND_ASKS.finditer(sentence):
        first, second = sentence[: match.start()], sentence[match.end() :]
        opening = _WHOLE.match(first)
        if opening is None or len(second.split()) < 3:
            continue
        if _WHOLE.match(second) is None and _SUBORDINATE.match(first) is None:
            continue
        if re.search(rf"\b{match['asks']}\b", first[opening.end() :], re.IGNORECASE):
            continue
        return [_asked(first), *_of_a_sentence(second)]
    return [_asked(sentence)]


def _standing(second: str, first: str) -> str:
    """The second question with what it leaves to the first put in: "and where is China?", "and when did it start?"."""
    gapped = _GAPPED.fullmatch(second.rstrip(" ?.!"))
    if gapped and gapped["rest"] in names_in(second) and re.match(rf"{gapped['asks']}\b", first, re.IGNORECASE):
        return complete(f"And {gapped['rest']}?", [first])
    return complete(second, [first])


def _asked(text: str) -> str:
    text = text.strip(" ,;?.!")
    return f"{text[:1].upper()}{text[1:]}?"
