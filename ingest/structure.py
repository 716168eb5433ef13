"""Plain text to title, blocks, date and facts, from nothing but its lines.

Knows how people lay out text: blank lines, hard wraps, bullets, bare heading lines, tables. Reads each line a fixed
number of times, so that time grows with the text alone. Changes no character.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import repeat

from ingest.article import Block, BlockKind, Row
from ingest.dates import date_of_line
from ingest.furniture import is_byline, is_caption, is_prompt, mark_furniture
from ingest.tables import (
    cell_ranges,
    cells_of,
    flat_table_rows,
    gap_cells_of,
    has_values,
    is_framed,
    is_separator_row,
    shape_of,
)

_LONGEST_HEADING = 130
_LONGEST_TITLE = 200
_TITLE_FROM_TEXT = 90  # characters of the first sentence that stand in for a title
_LONGEST_LOOKED_AT = 300
_DATE_WITHIN = 3000  # a date line further down is the date of something else
_WRAP_WIDTHS = (55, 140)  # hard wraps seen in mail, transcripts and minutes lie between
_LABEL_REPEATS = 6  # a line that often, and this share of all such lines, is a speaker or a page header
_LABEL_SHARE = 0.08
_MOST_HEADINGS_IN_A_ROW = 4  # more short lines than that are a menu or an index
_MOST_LINES = 1_500_000  # beyond, lines are too many to be looked at one by one
_COARSE_LINES = 1000
_LONGEST_FLAT_TABLE = 400

_SIGN_BULLET = re.compile(r"[•‣▪▫●○◦∙■□►➤✓✔](?:\s*\S|$)|·\s+\S")
_MARK_BULLET = re.compile(r"[*+–—-]\s+\S")
_NUMBER_BULLET = re.compile(
    r"(?:\d{1,3}[.)]|\(\d{1,3}\)|\([a-z]\)|[a-z]\)|\([ivx]{1,5}\))\s+\S|"
    r"(?:[一二三四五六七八九十]{1,3}|\d{1,2})、|（[一二三四五六七八九十\d]{1,3}）"
)
_HASH_HEADING = re.compile(r"(#{1,6})\s+\S.{0,200}")
_WIKI_HEADING = re.compile(r"((?:=\s?){1,6})\s*[^=\s].{0,200}?\s*((?:\s?=){1,6})")
_NUMBERED_HEADING = re.compile(r"(?P<number>\d{1,2}(?:\.\d{1,2}){0,4})[.)]?\s+[^\W\d_]")
_NAMED_HEADING = re.compile(
    r"(?:part|chapter|section|article|appendix|annex|schedule|item)\s+(?:\d{1,3}[A-Z]?|[IVXLC]{1,6}|[A-Z])\b",
    re.IGNORECASE,
)
_ROMAN_HEADING = re.compile(r"[IVX]{1,5}\.\s+[^\W\d_]")
_RULE = re.compile(r"[\s=_*~#.+–—-]{3,}")
_WORD = re.compile(r"[^\W\d_][\w’'-]*")
_FIGURE = re.compile(r"(?<!\w)[$€£¥(]?\d[\d.,]*\d%?\)?(?!\w)")
_SPEAKER = re.compile(r"[^\W\d_a-z][\w .,’'()-]{1,60}:")
_SPEAKS = re.compile(r"[^\W\d_a-z]{2}[^a-z:]{0,40}:\s")
_SUBSCRIPT = re.compile(r"\d{1,2}\s+[a-z(]")
_QUESTION = re.compile(
    r"(?:what|why|how|when|where|who|whose|which|is|are|was|were|can|could|do|does|did|will|would|should|has|have)\b"
    r"(?!.*[.!?]\s)",
    re.IGNORECASE,
)
_LEADS = re.compile(r"(?:for immediate release|press release|news release|embargoed .{0,60})\W*", re.IGNORECASE)
_SMALL_WORD = re.compile(
    r"an?|and|as|at|but|by|for|from|into|in|nor|of|on|or|over|per|than|the|to|under|up|versus|via|vs|with",
    re.IGNORECASE,
)
_CLOSING_HEADING = re.compile(
    r"(?:key\s+takeaways?|takeaways?|conclusions?|concluding\s+remarks|summary|outlook|about\b.*|references|notes|"
    r"appendix.*|methodology|disclaimers?|disclosures?|contacts?\b.*|q\s?&\s?a|questions?\s+and\s+answers?|faqs?)",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?…。！？]['\"”’)\]]*$")


@dataclass(frozen=True, slots=True)
class Structure:
    """What a text's lines say: blocks in order, without overlap, over every character that is no space."""

    title: str
    blocks: tuple[Block, ...]
    published: date | None = None
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def origins(self) -> dict[str, str]:
        """Where facts and date were found, as an article's origins have it."""
        return dict.fromkeys((*self.facts, *(["published"] if self.published else [])), "first lines")


@dataclass(slots=True)
class _Line:
    """A line without the space around it; `indent` is the space before."""

    start: int
    end: int
    indent: int
    text: str


@dataclass(slots=True)
class _Piece:
    """A block in the making; `text` only of one short line.

    `level` is 0 where a heading's level is still to be guessed; `alone` has a blank line after it.
    """

    kind: BlockKind
    start: int
    end: int
    text: str = ""
    level: int = 0
    columns: tuple[str, ...] = ()
    cells: tuple[tuple[int, int], ...] = ()
    alone: bool = False


def find_structure(text: str, *, title: str | None = None) -> Structure:
    """Blocks, title and, where a line says so, date and author of a plain text.

    With a `title` given, the first line is a heading like any other.
    """
    if text.count("\n") > _MOST_LINES:
        return Structure(title if title is not None else _short(text), tuple(_coarse(text)))
    pieces = [piece for lines in _chunks(text) for piece in _pieces_of(lines)]
    _number_lists(pieces)
    found = _take_title(pieces) if title is None else None
    _settle_headings(pieces)
    blocks = [Block(each.kind, each.start, each.end, None, each.level, _read_as(each)) for each in pieces]
    marked = mark_furniture(text, blocks)
    published = _date_among(pieces) or marked.published
    if title is None:
        title = found if found is not None else _first_words(text, marked.blocks)
    return Structure(title, marked.blocks, published, {} if marked.author is None else {"author": marked.author})


def _chunks(text: str) -> Iterator[list[_Line]]:
    """Lines between blank lines."""
    chunk: list[_Line] = []
    position = 0
    for raw in _lines(text):
        stripped = raw.strip()
        if stripped:
            indent = len(raw) - len(raw.lstrip())
            start = position + indent
            chunk.append(_Line(start, start + len(stripped), indent, stripped))
        elif chunk:
            yield chunk
            chunk = []
        position += len(raw) + 1
    if chunk:
        yield chunk


def _lines(text: str) -> Iterator[str]:
    position = 0
    while (end := text.find("\n", position)) >= 0:
        yield text[position:end]
        position = end + 1
    yield text[position:]


def _pieces_of(lines: list[_Line]) -> list[_Piece]:
    """The blocks of one chunk."""
    tables = _tables_in(lines)
    width = _wrap_width(lines)
    pieces: list[_Piece] = []
    at = 0
    while at < len(lines):
        if at in tables:
            end = tables[at]
            pieces.extend(_table(lines[at:end]))
        elif _is_bullet(lines, at):
            end = _item_end(lines, at, width)
            pieces.append(_joined(BlockKind.LIST_ITEM, lines[at:end]))
        else:
            level = _marked_level(lines[at].text)
            if level or _is_rule(lines[at].text):
                end = at + 1
                kind = BlockKind.HEADING if level else BlockKind.FURNITURE
                pieces.append(_joined(kind, lines[at:end], level))
            else:
                end = _paragraph_end(lines, at, width, tables)
                kind = BlockKind.PARAGRAPH
                if end == at + 1 and _may_be_heading(lines[at].text) and _stands_out(lines, at):
                    kind = BlockKind.HEADING
                pieces.append(_joined(kind, lines[at:end]))
        at = end
    pieces[-1].alone = True
    return pieces


def _wrap_width(lines: list[_Line]) -> int | None:
    """The width at which a chunk's lines were wrapped; None where each line is its own."""
    lengths = [len(line.text) for line in lines]
    longest = max(lengths)
    low, high = _WRAP_WIDTHS
    full = sum(length >= 0.75 * longest for length in lengths[:-1])
    return longest if low <= longest <= high and full >= 0.6 * (len(lines) - 1) > 0 else None


def _joined(kind: BlockKind, lines: list[_Line], level: int = 0) -> _Piece:
    text = lines[0].text if len(lines) == 1 and len(lines[0].text) <= _LONGEST_LOOKED_AT else ""
    return _Piece(kind, lines[0].start, lines[-1].end, text, level)


# Tables


def _tables_in(lines: list[_Line]) -> dict[int, int]:
    """Where tables begin among a chunk's lines, and the line after each."""
    tables: dict[int, int] = {}
    at = 0
    while at < len(lines):
        end, is_table = _run_of_rows(lines, at)
        if is_table:
            tables[at] = end
        at = end
    if not tables and len(lines) <= _LONGEST_FLAT_TABLE and not any(_bullet_kind(line.text) for line in lines):
        # Bare rows fill their chunk; a heading may stand on top.
        texts = [line.text for line in lines]
        for top in (0, 1):
            if flat_table_rows(texts[top:]):
                return {top: len(lines)}
    return tables


def _run_of_rows(lines: list[_Line], at: int) -> tuple[int, bool]:
    """The end of the lines from `at` that have cells of one kind (at least `at + 1`), and whether they are a table."""
    end, figures = at, 0
    parted = cells_of if cells_of(lines[at].text) is not None else gap_cells_of
    while end < len(lines) and (cells := parted(lines[end].text)) is not None:
        figures += has_values(cells)
        end += 1
    rows = end - at
    if parted is cells_of and "|" in lines[at].text:
        return max(end, at + 1), rows >= 2  # a single line is a list of links, or a byline
    needed = 1 if parted is cells_of else 0.5 * rows  # tabs and gaps without figures are mere layout
    return max(end, at + 1), rows >= 2 and figures >= needed


def _table(lines: list[_Line]) -> list[_Piece]:
    first = lines[0].text
    parts = cells_of(first) or gap_cells_of(first)
    if parts is None:
        header = _joined(BlockKind.TABLE_HEADER, lines[:1])
        header.columns = (first,)
        return [header, *(_row(line, (first,), ()) for line in lines[1:])]
    separator = next((number for number, line in enumerate(lines[:4]) if is_separator_row(line.text)), None)
    framed = all(is_framed(line.text) for line in lines)
    rows = [cells_of(line.text, framed=framed) or gap_cells_of(line.text) or [line.text] for line in lines[:12]]
    shape = shape_of(rows, separator)
    header_rows = shape.header_rows if separator is None else shape.header_rows + 1
    pieces = []
    if header_rows:
        header = _joined(BlockKind.TABLE_HEADER, lines[:header_rows])
        header.columns = shape.columns
        pieces.append(header)
    ranges = (cell_ranges(line.text, framed=framed) for line in lines[header_rows:])
    return [*pieces, *map(_row, lines[header_rows:], repeat(shape.columns), ranges)]


def _read_as(piece: _Piece) -> Row | None:
    if piece.kind is BlockKind.TABLE_HEADER:
        return Row(columns=piece.columns)
    return Row(piece.cells, piece.columns) if piece.kind is BlockKind.TABLE_ROW else None


def _row(line: _Line, columns: tuple[str, ...], cells: tuple[tuple[int, int], ...]) -> _Piece:
    if is_separator_row(line.text):
        return _Piece(BlockKind.FURNITURE, line.start, line.end, line.text)
    return _Piece(BlockKind.TABLE_ROW, line.start, line.end, line.text, 0, columns, cells)


# Lists


def _bullet_kind(text: str) -> str:
    head = text[:12]
    if _SIGN_BULLET.match(head):
        return "sign"
    if _MARK_BULLET.match(head):
        return head[0]
    return "number" if _NUMBER_BULLET.match(head) else ""


def _is_bullet(lines: list[_Line], at: int) -> bool:
    text = lines[at].text
    kind = _bullet_kind(text)
    if not kind or _is_rule(text):
        return False
    if kind == "sign" or at == 0:
        return True
    # Within a wrapped paragraph a line may happen to begin with a dash or a number.
    before = lines[at - 1].text
    if before[-1] in ".:;!?" or len(before) < 50 or _bullet_kind(before) == kind:
        return True
    return any(_bullet_kind(line.text) == kind for line in lines[at + 1 : at + 12])


def _item_end(lines: list[_Line], at: int, width: int | None) -> int:
    """The line after a list item: what hangs below it belongs to it, and what its lines wrapped into."""
    end = at + 1
    while end < len(lines) and not _is_bullet(lines, end) and not _marked_level(lines[end].text):
        hangs = lines[end].indent > lines[at].indent
        bare = len(lines[at].text) <= 4 and end == at + 1  # the bullet stands on a line of its own
        if not (hangs or bare or _goes_on(lines, end, width)):
            break
        end += 1
    return end


# Paragraphs


def _paragraph_end(lines: list[_Line], at: int, width: int | None, tables: Mapping[int, int]) -> int:
    end = at + 1
    speaker = len(lines[at].text) <= 64 and _SPEAKER.fullmatch(lines[at].text) is not None
    while end < len(lines):
        text = lines[end].text
        if _is_bullet(lines, end) or _marked_level(text) or _is_rule(text) or end in tables:
            break
        if not (_goes_on(lines, end, width) or (speaker and end == at + 1)):
            break
        end += 1
    return end


def _goes_on(lines: list[_Line], at: int, width: int | None) -> bool:
    """Whether line `at` continues the paragraph of the line before it."""
    before, here = lines[at - 1], lines[at]
    ended = _SENTENCE_END.search(before.text, max(0, len(before.text) - 6)) is not None
    if ended and here.indent >= before.indent + 2:
        return False
    if not ended and before.text[-1] != ":" and here.text[0].islower():
        return True
    if width is None:
        return False
    # A wrapper breaks a line only where the next word no longer fits.
    word = len(here.text[: width + 1].split(maxsplit=1)[0])
    return len(before.text) + 1 + word > width


# Headings


def _marked_level(text: str) -> int:
    """The level of a heading that carries marks, as in Markdown or a wiki; 0 for any other line."""
    if text[0] == "#" and (match := _HASH_HEADING.fullmatch(text)):
        return len(match[1])
    if text[0] == "=" and text[-1] == "=" and len(text) <= 300 and (match := _WIKI_HEADING.fullmatch(text)):
        opening, closing = match[1].count("="), match[2].count("=")
        return opening if opening == closing else 0
    return 0


def _is_rule(text: str) -> bool:
    return text[0] in "=_*~#.+–—-" and len(text) <= 400 and _RULE.fullmatch(text) is not None


def _may_be_heading(text: str) -> bool:
    """Whether a line could be a heading by its own looks: short, no sentence, no label, no figures in a row."""
    if len(text) > _LONGEST_HEADING or text[-1] in ".,;:!…。；：，–—-" or text[0].islower() or text[0] in "–—-−":
        return False
    if _SUBSCRIPT.match(text) or _SPEAKS.match(text):
        return False
    if text[0] in "\"'“‘([" and text[-1] in "\"'”’)]":
        return False  # a remark or a quotation
    words = _WORD.findall(text)
    letters = sum(map(len, words))
    if letters < (2 if text[0] > "\u2e80" else 3) or len(words) > 18:
        return False
    if "@" in text or "://" in text or "|" in text or "\t" in text or len(_FIGURE.findall(text)) > 3:
        return False
    if date_of_line(text) is not None or _LEADS.fullmatch(text) or is_byline(text) or is_prompt(text):
        return False
    if is_caption(text):
        return False
    if _SMALL_WORD.fullmatch(words[-1]) and words[-1].islower() and text.endswith(words[-1]):
        return False  # broken off in the middle
    long_words = [word for word in words if not _SMALL_WORD.fullmatch(word)]
    capitals = sum(not word[0].islower() for word in long_words)
    if text[-1] == "?":
        return len(words) <= 14 and _QUESTION.match(text) is not None
    # Sentence case is a heading while it is short; longer ones must look like a title.
    return len(words) <= 10 or capitals >= 0.6 * len(long_words)


def _stands_out(lines: list[_Line], at: int) -> bool:
    """Whether a line has the place of a heading in its chunk: alone, or on top of something longer."""
    if at + 1 == len(lines):
        return at == 0
    following = lines[at + 1]
    if _bullet_kind(following.text):
        return at == 0
    if at == 0 and _is_rule(following.text):
        return True
    text = lines[at].text
    if following.text[0].islower() or _SUBSCRIPT.match(following.text):
        return False
    return len(text) <= 100 and len(following.text) > max(90, 2 * len(text))


def _take_title(pieces: list[_Piece]) -> str | None:
    """Makes the first line the title, if it looks like one; dates, bylines and "press release" may stand before it."""
    for piece in pieces[:5]:
        text = piece.text
        if piece.kind is BlockKind.HEADING:
            piece.level = 1
            return text.strip("#= \t") or text
        if piece.kind is BlockKind.FURNITURE:
            continue
        if piece.kind is not BlockKind.PARAGRAPH or not text:
            return None
        if date_of_line(text) is not None or is_byline(text) or _LEADS.fullmatch(text) or is_prompt(text):
            continue
        words = _WORD.findall(text[:_LONGEST_TITLE])
        if len(text) > _LONGEST_TITLE or len(words) < 2 or text[-1] in ".,;:…。；" or text[0].islower():
            return None
        if len(pieces) < 2 or "|" in text or "\t" in text:
            return None
        piece.kind, piece.level = BlockKind.HEADING, 1
        return text
    return None


def _settle_headings(pieces: list[_Piece]) -> None:
    """Demotes what only looked like headings and gives levels to the rest."""
    guessed = [piece for piece in pieces if piece.kind is BlockKind.HEADING and not piece.level]
    repeats = Counter(piece.text for piece in guessed)
    for piece in guessed:
        if repeats[piece.text] >= max(_LABEL_REPEATS, _LABEL_SHARE * len(guessed)):
            piece.kind = BlockKind.PARAGRAPH
    run: list[_Piece] = []
    for piece, after in _with_next(pieces):
        if piece.kind is not BlockKind.HEADING or piece.level:
            continue
        run.append(piece)
        if after is not None and after.kind is BlockKind.HEADING and not after.level:
            continue
        if after is None or after.kind is BlockKind.FURNITURE:
            demoted = run  # nothing follows that they could head
        else:
            demoted = run[:-1] if len(run) > _MOST_HEADINGS_IN_A_ROW else []
        for each in demoted:
            each.kind = BlockKind.PARAGRAPH
        run = []
    _give_levels(pieces)


def _with_next(pieces: list[_Piece]) -> Iterator[tuple[_Piece, _Piece | None]]:
    for number, piece in enumerate(pieces):
        yield piece, pieces[number + 1] if number + 1 < len(pieces) else None


def _number_lists(pieces: list[_Piece]) -> None:
    """A numbered line that stands alone above running text is a heading, not a list of one item."""
    in_list = False
    for piece, after in _with_next(pieces):
        if piece.kind is not BlockKind.LIST_ITEM:
            in_list = False
            continue
        heads = after is not None and after.kind is BlockKind.PARAGRAPH and not in_list
        if (
            heads
            and (piece.alone or len(piece.text) <= 80)
            and piece.text
            and _NUMBERED_HEADING.match(piece.text)
            and _may_be_heading(piece.text)
        ):
            piece.kind = BlockKind.HEADING
        else:
            in_list = True


def _give_levels(pieces: list[_Piece]) -> None:
    """Levels from numbers and capitals; of two headings with nothing between, the second is below the first.

    Where only looks are left, a heading stays on its elder sister's level while it is as short as she is, and returns
    to the top otherwise: a missing parent says less that is wrong than a false one.
    """
    capitals_seen = False
    sister: int | None = None  # words of the first heading on level 3
    previous: _Piece | None = None
    for piece, after in _with_next(pieces):
        if piece.kind is BlockKind.HEADING:
            if not piece.level:
                if previous is None and after is not None and after.kind is BlockKind.HEADING:
                    sister = None  # it has headings of its own below
                piece.level, sister = _level(piece, previous, sister, capitals_seen)
                capitals_seen = capitals_seen or _is_capitals(piece.text)
            previous = piece
        else:
            previous = None


def _level(piece: _Piece, previous: _Piece | None, sister: int | None, capitals_seen: bool) -> tuple[int, int | None]:
    text = piece.text
    if (match := _NUMBERED_HEADING.match(text)) and int(match["number"].split(".")[0]) <= 40:
        return 2 + match["number"].count("."), None
    if _NAMED_HEADING.match(text) or _ROMAN_HEADING.match(text) or _is_capitals(text):
        return 2, None
    if capitals_seen:
        return 3, None
    words = len(text.split())
    if _CLOSING_HEADING.fullmatch(text) or ":" in text:
        return 2, None
    if previous is not None and previous.level == 2:
        return 3, words
    if sister is not None and words <= min(5, sister + 3):
        return 3, sister
    return 2, None


def _is_capitals(text: str) -> bool:
    return text.isupper() and len(_WORD.findall(text)) >= 1 and sum(map(str.isalpha, text)) >= 4


# Title and date where no line stands out


def _first_words(text: str, blocks: tuple[Block, ...]) -> str:
    """A title for a text without one: the beginning of what it says."""
    for block in blocks:
        if block.kind not in (BlockKind.FURNITURE, BlockKind.CAPTION):
            return _short(text[block.start : min(block.end, block.start + 2000)])
    return _short(text)


def _short(text: str) -> str:
    text = " ".join(text[:2000].strip("\ufeff").split())
    if len(text) <= _TITLE_FROM_TEXT:
        return text
    cut = text.rfind(" ", _TITLE_FROM_TEXT // 2, _TITLE_FROM_TEXT)
    return text[: cut if cut > 0 else _TITLE_FROM_TEXT].rstrip(" ,;:–—-") + "…"


def _date_among(pieces: list[_Piece]) -> date | None:
    """The date of the first line near the top that is nothing but a date."""
    for piece in pieces[:30]:
        if piece.start > _DATE_WITHIN:
            return None
        if piece.kind is BlockKind.PARAGRAPH and piece.text and (found := date_of_line(piece.text)) is not None:
            return found
    return None


def _coarse(text: str) -> Iterator[Block]:
    """Blocks of many lines each, for a text with more lines than can be looked at one by one."""
    start, lines, position = 0, 0, 0
    while position <= len(text):
        end = text.find("\n", position)
        end = len(text) if end < 0 else end
        lines += 1
        position = end + 1
        if lines >= _COARSE_LINES or position > len(text):
            piece = text[start:end]
            if stripped := piece.strip():
                first = start + len(piece) - len(piece.lstrip())
                yield Block(BlockKind.PARAGRAPH, first, first + len(stripped))
            start, lines = position, 0
