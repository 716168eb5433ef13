"""Where sentences begin and end in a stretch of text.

Knows English and Chinese end marks, abbreviations and initials as business writing has them; knows nothing of blocks,
which it is called for one at a time. Gives offsets and never changes a character.
"""

import re

# Full stops after these do not end a sentence. Compared in lower case without the stop itself.
_ABBREVIATIONS = frozenset(
    """mr mrs ms dr prof sen rep gov gen col capt sgt st jr sr rev hon messrs
    inc corp co ltd llc plc cos bros assn dept univ est no nos art arts sec secs fig figs eq vol vols ch pp para paras
    ed eds vs v cf approx ca resp incl excl e.g i.e al etc viz u.s u.k u.n e.u d.c l.p n.a s.a a.m p.m ph.d b.v
    jan feb mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat sun""".split()
)
# Abbreviations that often do end a sentence: they end one when a capital follows.
_MAY_END = frozenset("inc corp co ltd llc plc etc u.s u.k u.n e.u d.c l.p n.a s.a a.m p.m ph.d b.v al".split())

_END = re.compile(r"""(?:[.!?]+[)\]"'’”»]*(?:\[\d{1,3}\])*(?=\s)|[。！？]+[”』」）]*|\n\s*\n)\s*""")
_LAST_WORD = re.compile(r"(?:[A-Za-z]\.)*[A-Za-z]+$")
_OPENS_SENTENCE = re.compile(r"""["'“‘(\[«•–—-]*\s*[A-Z0-9À-ÖØ-Þ一-鿿$€£¥#]""")
_LOWER_OPENS = re.compile(r"""["'“‘(\[«•–—-]*\s*\w""")


def sentence_spans(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """The sentences of `text[start:end]` as half-open offsets into `text`, without surrounding space.

    Together they hold every character of the stretch that is not space. A text almost without capitals is split at
    every full stop that no abbreviation explains.
    """
    end = len(text) if end is None else end
    sample = text[start : min(end, start + 4000)]
    capitals = sum(1 for letter in sample if letter.isupper())
    letters = sum(1 for letter in sample if letter.isalpha())
    opens = _LOWER_OPENS if letters >= 80 and capitals * 200 < letters else _OPENS_SENTENCE
    spans: list[tuple[int, int]] = []
    begin = start
    for match in _END.finditer(text, start, end):
        if match.end() < end and not _ends_here(text, begin, match, opens, end):
            continue
        _append(text, begin, match.end(), spans)
        begin = match.end()
    _append(text, begin, end, spans)
    return spans


def _ends_here(text: str, begin: int, match: re.Match[str], opens: re.Pattern[str], end: int) -> bool:
    mark = match.group()
    if mark[0] in "\n。！？":
        return True
    if not opens.match(text, match.end(), end):
        return False
    if mark[0] != ".":
        return True
    word = _LAST_WORD.search(text, max(begin, match.start() - 24), match.start())
    if word is None:
        # A number such as "1." that opens a line is a list number, not a sentence.
        return not (text[begin : match.start()].strip(" (").isdigit() and match.start() - begin < 5)
    last = word.group().lower()
    if last in _ABBREVIATIONS:
        return last in _MAY_END and text[match.end()].isupper() and opens is _OPENS_SENTENCE
    # A single capital is an initial ("J. Powell") more often than an end ("Plan B.").
    return not (len(last) == 1 and word.group().isupper() and last != "i")


def _append(text: str, start: int, end: int, spans: list[tuple[int, int]]) -> None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start < end:
        spans.append((start, end))
