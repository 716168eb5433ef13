"""How an article is cut into passages: what is embedded, searched and read.

Knows blocks, sentences and a tokenizer's piece offsets; knows nothing of models or storage. A passage is as large as
the embedder reads whole, so that it truncates nothing; it never crosses a heading and never parts a table row from its
column names, which then stand in the passage's heading.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile

from ingest.article import Article, Block, BlockKind, Row
from ingest.periods import find_periods
from ingest.sentences import sentence_spans

# Piece offsets of each text, as half-open character ranges in order, without special tokens.
PieceOffsets = Callable[[Sequence[str]], list[list[tuple[int, int]]]]


@dataclass(frozen=True, slots=True)
class PassageSettings:
    """Sizes in word pieces of the embedder, but for `most_characters`.

    `heading_pieces` bounds the heading, `whole_pieces` heading and text together (the embedder reads 256 with its two
    special tokens), `text_pieces` what a passage is filled up to. `most_characters` bounds text that a tokenizer takes
    as one unknown word.
    """

    heading_pieces: int = 48
    whole_pieces: int = 254
    text_pieces: int = 160
    most_characters: int = 2400

    def key(self) -> str:
        """What is stored with vectors, so that they are made anew when it changes."""
        return f"{self.heading_pieces}/{self.whole_pieces}/{self.text_pieces}/{self.most_characters}"


@dataclass(frozen=True, slots=True)
class Unit:
    """What can be quoted: a sentence, list item, table row, heading or caption, `text[start:end]` of the article.

    `row` says how a table row is read.
    """

    start: int
    end: int
    kind: BlockKind
    row: Row | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """`text` is the article's `text[start:end]`. `heading` is embedded and searched with it and never quoted.

    `section` is the path of headings above, `pages` count from 1, `furniture` says that the passage is byline, share
    prompt or the like. `units` are in order and hold every character that is not space; `columns` are the column names
    of the table rows among them.
    """

    start: int
    end: int
    text: str
    heading: str
    section: str
    pages: tuple[int, ...]
    furniture: bool
    units: tuple[Unit, ...] = ()
    columns: tuple[str, ...] = ()

    @property
    def embedded(self) -> str:
        """What the embedder reads."""
        return f"{self.heading}\n{self.text}" if self.heading else self.text


@dataclass(slots=True)
class _Unit:
    start: int
    end: int
    kind: BlockKind
    pieces: int
    joins: bool  # False where a new block begins: a better place to cut
    row: Row | None = None


@dataclass(slots=True)
class _Section:
    path: tuple[str, ...]
    columns: tuple[str, ...]
    furniture: bool
    units: list[_Unit]
    heading_only: bool = False
    caption: str = ""
    unit: str = ""

    def takes(self, block: Block) -> bool:
        """Whether a block can stand in one passage with the table rows that are here: rows of one table do."""
        if not self.columns:
            return True
        if block.kind is not BlockKind.TABLE_ROW:
            return block.kind not in (BlockKind.TABLE_HEADER, BlockKind.CAPTION)
        row = block.row or Row()
        named = {name for name in row.columns if name}
        return not named or (
            (row.caption, row.unit) == (self.caption, self.unit) and not named.isdisjoint(self.columns)
        )

    def take_row(self, row: Row) -> None:
        """Learn the names of a row's columns; rows with empty cells may lack some."""
        self.caption, self.unit = self.caption or row.caption, self.unit or row.unit
        if len(row.columns) > len(self.columns) and {*self.columns} <= {*row.columns}:
            self.columns = row.columns
        else:
            self.columns += tuple(name for name in row.columns if name not in self.columns)


def split_article(article: Article, pieces: PieceOffsets, settings: PassageSettings | None = None) -> list[Passage]:
    """Cut `article` into passages, in order; every character that is not space stands in one.

    `pieces` gives the word pieces of a batch of texts. Passages of one section have about equal sizes.
    """
    settings = PassageSettings() if settings is None else settings
    text = article.text
    sections = _sections(article, pieces, settings)
    heads = _headings(article.title, article.facts, sections, pieces, settings)
    passages: list[Passage] = []
    for section, (heading, heading_pieces) in zip(sections, heads, strict=True):
        room = min(settings.text_pieces, settings.whole_pieces - heading_pieces)
        for units in _pack(section.units, room, settings.most_characters):
            start, end = units[0].start, units[-1].end
            passages.append(
                Passage(
                    start=start,
                    end=end,
                    text=text[start:end],
                    heading=heading,
                    section=" › ".join(section.path),
                    pages=(),
                    furniture=section.furniture,
                    units=tuple(Unit(unit.start, unit.end, unit.kind, unit.row) for unit in units),
                    columns=section.columns,
                )
            )
    return _with_pages(article, passages)


def _sections(article: Article, pieces: PieceOffsets, settings: PassageSettings) -> list[_Section]:
    """Runs of blocks that one passage may hold together: under one heading, of one table, all furniture or none."""
    text = article.text
    blocks = _covering(article)
    offsets = pieces([text[block.start : block.end] for block in blocks])
    sections: list[_Section] = []
    path: list[tuple[int, str]] = []
    current: _Section | None = None
    for block, block_offsets in zip(blocks, offsets, strict=True):
        if block.start >= block.end:
            continue
        furniture = block.kind is BlockKind.FURNITURE
        if block.kind is BlockKind.HEADING:
            while path and path[-1][0] >= block.level:
                path.pop()
            path.append((block.level, " ".join(text[block.start : block.end].split())))
            names = tuple(name for _, name in path if name != article.title)
            # A heading without text of its own goes with the heading below it.
            if current is None or not current.heading_only or current.furniture:
                current = _Section(names, (), False, [], heading_only=True)
                sections.append(current)
            current.path = names
        else:
            fits = current is not None and (current.furniture == furniture or current.heading_only)
            if current is None or not fits or not current.takes(block):
                names = tuple(name for _, name in path if name != article.title)
                current = _Section(names, (), furniture, [])
                sections.append(current)
            current.furniture = furniture
            current.heading_only = False
            if block.kind is BlockKind.TABLE_ROW:
                current.take_row(block.row or Row())
        current.units.extend(_units(text, block, block_offsets, pieces, settings))
    return sections


def _covering(article: Article) -> list[Block]:
    """The article's blocks, and paragraphs for whatever a reader left outside of them."""
    blocks: list[Block] = []
    position = 0
    for block in (*article.blocks, None):
        start = len(article.text) if block is None else block.start
        between = article.text[position:start]
        if between.strip():
            begin = position + len(between) - len(between.lstrip())
            blocks.append(Block(BlockKind.PARAGRAPH, begin, position + len(between.rstrip())))
        if block is not None:
            blocks.append(block)
            position = max(position, block.end)
    return blocks


def _units(
    text: str, block: Block, offsets: list[tuple[int, int]], pieces: PieceOffsets, settings: PassageSettings
) -> list[_Unit]:
    """Sentences of a paragraph, or the block whole; what is larger than a passage is cut between words."""
    ends = [end for _, end in offsets]
    room = min(settings.text_pieces, settings.whole_pieces - settings.heading_pieces)
    whole = block.kind not in (BlockKind.PARAGRAPH, BlockKind.FURNITURE)
    if whole and len(ends) <= room and block.end - block.start <= settings.most_characters:
        inside = block.row is not None and bool(block.row.labels)  # a row whose label stands above it
        return [_Unit(block.start, block.end, block.kind, len(ends), joins=inside, row=block.row)]
    units: list[_Unit] = []
    uncounted: list[_Unit] = []  # cut inside a word, whose parts then have other pieces
    for start, end in sentence_spans(text, block.start, block.end):
        first = bisect_right(ends, start - block.start)
        last = bisect_right(ends, end - block.start)
        torn = was_torn = False
        while last - first > room // 2 or end - start > settings.most_characters // 2:
            # Half a passage at most, so that long sentences still pack evenly. Cut at the last space that fits.
            cut = block.start + ends[min(first + room // 2, last) - 1] if last > first else end
            cut = min(cut, start + settings.most_characters // 2)
            if cut >= end:
                break
            space = max(text.rfind(" ", start + 1, cut), text.rfind("\n", start + 1, cut))
            torn = space <= start
            cut = max(cut, start + 1) if torn else space
            stop = bisect_right(ends, cut - block.start)
            stripped = cut
            while stripped > start and text[stripped - 1].isspace():
                stripped -= 1
            if stripped > start:
                units.append(_Unit(start, stripped, block.kind, max(stop - first, 1), joins=bool(units)))
                if torn or was_torn:
                    uncounted.append(units[-1])
            was_torn = torn
            start = cut
            while start < end and text[start].isspace():
                start += 1
            first = bisect_right(ends, start - block.start)
        if start < end:
            units.append(_Unit(start, end, block.kind, max(last - first, 1), joins=bool(units)))
            if was_torn:
                uncounted.append(units[-1])
    if uncounted:
        for unit, own in zip(uncounted, pieces([text[each.start : each.end] for each in uncounted]), strict=True):
            unit.pieces = max(len(own), 1)
    return units


def _pack(units: Sequence[_Unit], room: int, most_characters: int) -> list[list[_Unit]]:
    """Runs of consecutive units, none above `room` pieces, about equal in size, cut between blocks where near."""
    total = sum(unit.pieces for unit in units)
    parts = max(1, -(-total // room))
    goal = total / parts
    runs: list[list[_Unit]] = []
    run: list[_Unit] = []
    size = 0
    for unit in units:
        if run:
            full = size + unit.pieces > room or unit.end - run[0].start > most_characters
            enough = size + unit.pieces / 2 >= goal or (not unit.joins and size + unit.pieces * 0.75 >= goal)
            if full or (enough and len(runs) + 1 < parts):
                runs.append(run)
                run, size = [], 0
        run.append(unit)
        size += unit.pieces
    if run:
        runs.append(run)
    return runs


def head_of(title: str, facts: Mapping[str, str]) -> str:
    """What the headings of all passages of an article begin with: its title, and what that lacks of whose and when."""
    title = " ".join(title.split())
    company, period = facts.get("company", ""), facts.get("period", "")
    said = {each.period.label for each in find_periods(title)}
    about = [company if company.casefold() not in title.casefold() else "", period if period not in said else ""]
    return " · ".join(part for part in (title, *about) if part and (part is title or part not in title))


def _headings(
    title: str,
    facts: Mapping[str, str],
    sections: Sequence[_Section],
    pieces: PieceOffsets,
    settings: PassageSettings,
) -> list[tuple[str, int]]:
    """Each section's heading text and its number of pieces: title, outer and inner section, and of a table its unit,
    column names and caption."""
    head = head_of(title, facts)
    parts = [
        (
            head,
            section.path[-2] if len(section.path) > 1 else "",
            section.path[-1] if section.path else "",
            " | ".join(part for part in (section.unit, *_shortened(section.columns)) if part),
            section.caption,
        )
        for section in sections
    ]
    offsets = dict(zip(texts := list({each for five in parts for each in five}), pieces(texts), strict=True))
    return [_fitted(five, offsets, settings.heading_pieces) for five in parts]


def _shortened(columns: Sequence[str]) -> Iterator[str]:
    """Column names without the words that those before them began with: "Three Months Ended" is said once."""
    before: list[str] = []
    for name in columns:
        words = name.split()
        same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, words, strict=False)))
        yield " ".join(words[same:] if 2 <= same < len(words) else words)
        before = words or before


def _fitted(
    parts: tuple[str, str, str, str, str], offsets: Mapping[str, list[tuple[int, int]]], most: int
) -> tuple[str, int]:
    """The parts joined, within `most` pieces; a long title must not push out the section or the column names."""
    sizes = [len(offsets[part]) for part in parts]
    left = most - max(0, sum(size > 0 for size in sizes) - 1)  # a separator is one piece
    taken = [0, 0, 0, 0, 0]
    title, outer, inner, columns, caption = range(5)
    third = most // 3
    shares = (
        (inner, third),
        (columns, third),
        (title, most),
        (inner, most),
        (columns, most),
        (caption, most),
        (outer, most),
    )
    for part, share in shares:
        more = max(0, min(sizes[part] - taken[part], share, left))
        taken[part] += more
        left -= more
    kept = [part[: offsets[part][count - 1][1]] for part, count in zip(parts, taken, strict=True) if count]
    return " › ".join(kept), sum(taken) + max(0, len(kept) - 1)


def _with_pages(article: Article, passages: list[Passage]) -> list[Passage]:
    """The passages with the pages on which their characters stand, from the article's places or its blocks."""
    marks: list[tuple[int, int, int]] = [(place.start, place.end, place.page) for place in article.places]
    if not marks:
        marks = [(block.start, block.end, block.page) for block in article.blocks if block.page is not None]
    if not marks:
        return passages
    marks.sort()
    starts = [start for start, _, _ in marks]
    longest = max(end - start for start, end, _ in marks)
    result = []
    for passage in passages:
        low = bisect_right(starts, passage.start - longest - 1)
        high = bisect_right(starts, passage.end - 1)
        pages = {page for start, end, page in marks[low:high] if start < passage.end and end > passage.start}
        result.append(replace(passage, pages=tuple(sorted(pages))))
    return result
