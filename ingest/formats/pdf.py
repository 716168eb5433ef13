"""Reads PDF files: words with their boxes through PDFium, metadata and outline through pypdf.

The only file that touches either library, and the only one that knows their errors. Lines and blocks are made of the
words in `pdf_lines.py` and `pdf_blocks.py`. PDFium is not thread-safe: call this in a process of its own.
"""

import ctypes
import io
import logging
import math
import re
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date
from pathlib import PurePosixPath

import pypdf
import pypdfium2
import pypdfium2.raw as pdfium

from errors import SourceEncrypted, SourceError, SourceTooLarge, SourceUnreadable
from ingest.article import Article, sha256_hex
from ingest.cleaning import clean_text
from ingest.dates import parse_date
from ingest.formats.pdf_blocks import Outline, blocks_of, fold_title, lay_out
from ingest.formats.pdf_letters import is_rubbish
from ingest.formats.pdf_lines import MIXED, Cell, Line, Look, Word, in_reading_order, lines_of, without_furniture
from ingest.formats.pdf_ocr import ADVICE, DPI, RecognitionFailed, find_tesseract, recognise
from ingest.formats.pdf_pages import draw_page
from ingest.sources import Source

MAX_PAGES = 20_000
# A page of dense print has some 10,000 characters; beyond this it is a drawing, or a trap.
MAX_PAGE_CHARACTERS = 400_000
MAX_CHARACTERS = 60_000_000
_MAX_OUTLINE = 5_000

STATED = "PDF metadata"  # where facts come from that the file states of itself

# Pages of pictures that are recognised in one document, at some seconds each.
MAX_RECOGNISED = 1_000

# A page with fewer letters and figures than this, and a picture or drawing on it, is one that only shows its text.
_FEW_CHARACTERS = 40
# The share of the page that the pictures cover, or the number of drawn paths, that may hold a text.
_PICTURE_SHARE = 0.25
_DRAWN_PATHS = 40

_LINE_END = re.compile(r"\s*[\r\n\ufffe]")
# A row of dots or dashes that leads to a page number is a word of its own: it is narrower than its letters are many.
_WORD = re.compile(r"[.…_·]{4,}|…+|(?:(?![._·]{4}|…)[^\s\ufffe\u0000-\u0008])+\ufffe?|\ufffe")
_AFTER_MARK = ".,;:!?)]”\"’'"
_BOLD = re.compile(rb"bold|black|heavy|semibold|demi|-bd|,b$", re.IGNORECASE)

_PDF_DATE = re.compile(r"D?:?\s*((?:19|20)\d{6})")
_JUNK_TITLE = re.compile(
    r"^microsoft (?:word|powerpoint|excel)|^(?:untitled|document\d*|doc\d*|slide \d+|powerpoint presentation"
    r"|title|print|introduction|contents|table of contents|cover)$"
    r"|\.(?:docx?|pdf|pptx?|xlsx?|indd|qxd|rtf|tex|html?|p65|fm)$|^[\d\W_]+$|^\S*[\d_]\S*$|^https?:|^[a-z]:\\",
    re.IGNORECASE,
)
_JUNK_AUTHOR = re.compile(
    r"(?:anonymous|unknown|user|admin(?:istrator)?|owner|author|microsoft.*|edgar.*|.*kscope.*|[a-z0-9._-]{1,12}|.*@.*)$",
    re.IGNORECASE,
)

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Metadata:
    title: str = ""
    author: str = ""
    created: date | None = None
    outline: Outline = field(default_factory=Outline)


def read(data: bytes, source: Source) -> Article:
    """The article in a PDF: running headers and footers left out, paragraphs whole, a place for each line.

    Raises SourceUnreadable (no PDF, damaged, without text), SourceEncrypted or SourceTooLarge, and nothing else.
    """
    if not data:
        raise SourceUnreadable(source.name, "is empty")
    if b"%PDF-" not in data[:1024]:
        raise SourceUnreadable(source.name, "is not a PDF, whatever its name says; save it again as PDF")
    try:
        reading = _read_pages(data, source)
    except pypdfium2.PdfiumError as error:
        _LOG.info("%s: PDFium cannot open it (%s), pypdf tries", source.name, error)
        reading = _Reading(_second_opinion(data, source))
    _recognise(reading, data, source)
    pages = reading.pages
    if not any(char.isalnum() for lines in pages for line in lines for cell in line.cells for char in cell.text):
        raise SourceUnreadable(source.name, reading.without_text())
    metadata = _read_metadata(data, source)
    kept = without_furniture(pages, [height for _, height in reading.sizes])
    if not any(kept):
        kept = pages
    text, blocks, places = lay_out(blocks_of(kept, metadata.outline))
    title, title_origin = _title(metadata.title, kept, source)
    facts = {"author": metadata.author} if metadata.author else {}
    origins = dict.fromkeys((*facts, *(["published"] if metadata.created else [])), STATED) | {"title": title_origin}
    if reading.recognised:
        facts["ocr"] = _numbers(reading.recognised, len(pages))
        origins["ocr"] = "text recognised in pictures by tesseract; compare it with the page"
    if reading.unread:
        facts["unread_pages"] = _numbers(reading.unread, len(pages))
        why = reading.failure or f"more than {MAX_PAGE_CHARACTERS:,} characters on a page"
        origins["unread_pages"] = f"pages whose text could not be read; {why}"
    return Article(
        source=source.name,
        title=title,
        text=text,
        sha256=sha256_hex(data),
        published=metadata.created,
        facts=facts,
        origins=origins,
        blocks=blocks,
        places=places,
        pages=len(pages),
    )


# --- pages through PDFium --------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Reading:
    """The lines of each page, and the numbers of those pages that do not say what they show."""

    pages: list[list[Line]]
    sizes: list[tuple[float, float]] = field(default_factory=list)  # width and height as shown, in points
    pictures: list[int] = field(default_factory=list)
    rubbish: list[int] = field(default_factory=list)
    crowded: list[int] = field(default_factory=list)  # more characters than are read
    recognised: list[int] = field(default_factory=list)
    drawn: bool = False  # anything at all is drawn on some page
    failure: str = ""  # why pages were not recognised, and what to do

    @property
    def unread(self) -> list[int]:
        """The pages whose text is missing."""
        return sorted({*self.pictures, *self.rubbish, *self.crowded} - {*self.recognised})

    def without_text(self) -> str:
        """Why the whole document has no text, and what to do."""
        if self.crowded:
            return f"has pages of more than {MAX_PAGE_CHARACTERS:,} characters, which are not read; check what it is"
        if self.rubbish:
            what = "draws its text with fonts that do not say which letters they are, so it comes out as rubbish"
        elif self.pictures or self.drawn:
            what = "has no text, only pictures (a scan?)"
        else:
            return "has no text: its pages are empty; check that it is the right file"
        tried = "no text was recognised in them either" if self.recognised else "check that it is the right file"
        return f"{what}; {self.failure or tried}"


def _open(data: bytes, source: Source) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(data, password=source.password)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY):
            raise _encrypted(source) from None
        raise


def _encrypted(source: Source) -> SourceEncrypted:
    if source.password:
        return SourceEncrypted(source.name, "is protected by another password than the one given; try again")
    return SourceEncrypted(source.name, "is protected by a password; add it with its password, or a copy without one")


def _read_pages(data: bytes, source: Source) -> _Reading:
    name = source.name
    with closing(_open(data, source)) as document:
        count = len(document)
        _check_count(count, name)
        reading = _Reading([])
        characters = broken = 0
        for index in range(count):
            lines: list[Line] = []
            try:
                with closing(document[index]) as page, closing(page.get_textpage()) as textpage:
                    reading.sizes.append(page.get_size())
                    text = _text(textpage)
                    if textpage.count_chars() > MAX_PAGE_CHARACTERS:
                        reading.crowded.append(index + 1)
                    elif is_rubbish(text):
                        reading.rubbish.append(index + 1)
                    else:
                        words = _Boxes(textpage.raw, text, page).words()
                        lines = in_reading_order(lines_of(words, index + 1))
                        if sum(map(str.isalnum, text[: 4 * _FEW_CHARACTERS])) < _FEW_CHARACTERS:
                            _look_at_picture(page, reading, index + 1)
            except pypdfium2.PdfiumError:
                broken += 1
                reading.sizes[index:] = [(0.0, 0.0)]
            characters += sum(len(cell.text) for line in lines for cell in line.cells)
            if characters > MAX_CHARACTERS:
                raise SourceTooLarge(name, f"has more than {MAX_CHARACTERS:,} characters of text; split it into parts")
            reading.pages.append(lines)
        if broken == count:
            raise SourceUnreadable(name, "is damaged: none of its pages can be read; fetch or save it again")
        if broken:
            _LOG.warning("%s: %d of %d pages are damaged and left out", name, broken, count)
        return reading


def _look_at_picture(page: pypdfium2.PdfPage, reading: _Reading, number: int) -> None:
    """Note a page with hardly any text of its own as a picture, where pictures or drawings may hold one."""
    width, height = page.get_size()
    covered, paths = 0.0, 0
    for thing in page.get_objects(max_depth=3):
        reading.drawn = True
        if thing.type == pdfium.FPDF_PAGEOBJ_IMAGE:
            left, bottom, right, top = thing.get_bounds()
            covered += abs((right - left) * (top - bottom))
        paths += thing.type == pdfium.FPDF_PAGEOBJ_PATH
        if covered > _PICTURE_SHARE * width * height or paths >= _DRAWN_PATHS:
            reading.pictures.append(number)
            return


def _recognise(reading: _Reading, data: bytes, source: Source) -> None:
    """Have the pages recognised that do not say what they show; what cannot be recognised stays without text."""
    wanted = sorted({*reading.pictures, *reading.rubbish})
    if not wanted:
        return
    program = find_tesseract()
    if program is None:
        reading.failure = ADVICE
        return
    if len(wanted) > MAX_RECOGNISED:
        reading.failure = f"only the first {MAX_RECOGNISED:,} such pages are recognised; split it into parts"
    for number in wanted[:MAX_RECOGNISED]:
        try:
            picture = draw_page(data, number, DPI / 72, source.name, source.password)
            # A PNG's width stands in its bytes 16 to 19.
            scale = int.from_bytes(picture[16:20]) / reading.sizes[number - 1][0]
            words = recognise(program, picture, scale, source.ocr_language or "eng")
        except (RecognitionFailed, SourceError) as error:
            reason = error.reason if isinstance(error, SourceError) else str(error)
            _LOG.warning("%s: page %d could not be recognised: %s", source.name, number, reason)
            reading.failure = reason
            continue
        reading.recognised.append(number)
        if words:
            reading.pages[number - 1] = lines_of(words, number)


def _numbers(pages: list[int], count: int) -> str:
    """Pages in words: "all pages", "pages 3, 7 to 9", "page 4"."""
    if len(pages) == count:
        return "all pages"
    parts: list[str] = []
    first = last = 0
    for page in [*pages, 0]:
        if page != last + 1 or not first:
            if first:
                parts.append(str(first) if first == last else f"{first} to {last}")
            first = page
        last = page
    return ("page " if len(pages) == 1 else "pages ") + ", ".join(parts)


def _check_count(count: int, name: str) -> None:
    if count == 0:
        raise SourceUnreadable(name, "is damaged or incomplete: it has no pages; fetch or save it again")
    if count > MAX_PAGES:
        raise SourceTooLarge(
            name, f"has {count:,} pages, more than the {MAX_PAGES:,} that are read; split it into parts"
        )


def _text(textpage: pypdfium2.PdfTextPage) -> str:
    """A page's text in the order it is drawn, one character for each of PDFium's."""
    count = textpage.count_chars()
    if not 0 < count <= MAX_PAGE_CHARACTERS:
        return ""
    text: str = textpage.get_text_range()
    if len(text) != count:
        # Left-out or paired characters would shift every box: ask for each character instead.
        text = "".join(_character(textpage.raw, i) for i in range(count))
    return text


def _character(raw: object, index: int) -> str:
    code = pdfium.FPDFText_GetUnicode(raw, index)
    return chr(code) if 0 < code < 0xD800 or 0xDFFF < code <= 0x10FFFF else " "


class _Boxes:
    """Cuts a page's text into words and asks for the boxes of their ends only: a tenth of the calls."""

    def __init__(self, raw: object, text: str, page: pypdfium2.PdfPage) -> None:
        self.raw = raw
        self.text = text
        self.rotation = page.get_rotation()
        self.left, self.bottom, self.right, self.top = page.get_bbox()
        self.rect = pdfium.FS_RECTF()
        self.reference = ctypes.byref(self.rect)
        self.name = ctypes.create_string_buffer(128)
        self.flags = ctypes.c_int()
        self.looks: dict[tuple[bytes, int], Look] = {}
        self.colour = [ctypes.c_uint() for _ in range(4)]
        self.colours = [ctypes.byref(each) for each in self.colour]

    def words(self) -> Iterator[Word]:
        text = self.text
        end = 0
        look = MIXED
        turned = False
        for match in _WORD.finditer(text):
            start, stop = match.span()
            between = text[end:start]
            spaced = " " in between or "\t" in between or "\xa0" in between
            if end == 0 or "\n" in between or "\r" in between:
                look, turned = self._look_of_line(start), self._is_turned(start)
            hyphen = text[stop - 1] == "\ufffe"
            letters = stop - hyphen
            end = stop
            if letters <= start:
                continue
            if turned:
                box = self._union(self._box(start), self._box(letters - 1))
                yield Word(text[start:letters], *box, spaced, hyphen, look, True)
            elif text[start:letters].isalpha():
                a = self._box(start)
                if letters - start == 1:
                    yield Word(text[start:letters], *a, spaced, hyphen, look)
                else:
                    yield Word(text[start:letters], *self._union(a, self._box(letters - 1)), spaced, hyphen, look)
            else:
                yield from self._parts(start, letters, spaced, hyphen, look)

    def _parts(self, start: int, stop: int, spaced: bool, hyphen: bool, look: Look) -> Iterator[Word]:
        """One word, or several where a raised number stands in it."""
        word = self.text[start:stop]
        first = self._box(start)
        last = self._box(stop - 1) if stop - start > 1 else first
        digits = len(word) - len(word.lstrip("0123456789"))
        if 0 < digits < 3 and word[digits : digits + 1].isalpha() and self._is_raised(first, last):
            yield Word(word[:digits], *self._union(first, self._box(start + digits - 1)), spaced, False, look)
            yield from self._parts(start + digits, stop, False, hyphen, look)
            return
        cut = self._raised(start, word, first, last)
        if cut is not None:
            a, b = cut
            yield from self._parts(start, start + a, spaced, False, look)
            mark = self._union(self._box(start + a), self._box(start + b - 1))
            yield Word(word[a:b], *mark, False, hyphen and b == len(word), look)
            if b < len(word):
                rest = self._union(self._box(start + b), last)
                yield Word(word[b:], *rest, False, hyphen, look)
            return
        yield Word(word, *self._union(first, last), spaced, hyphen, look)

    def _raised(
        self, start: int, word: str, first: tuple[float, ...], last: tuple[float, ...]
    ) -> tuple[int, int] | None:
        """Where in `word` a raised number stands behind something."""
        end = len(word.rstrip(_AFTER_MARK))
        if end < 2 or not word[end - 1].isdecimal():
            return None
        height = first[3] - first[1]
        mark = last if end == len(word) else self._box(start + end - 1)
        if not self._is_raised(mark, first):
            return None
        begin = end - 1
        while begin > 1 and word[begin - 1].isdecimal() and self._height(start + begin - 1) < 0.8 * height:
            begin -= 1
        return begin, end

    @staticmethod
    def _is_raised(mark: tuple[float, ...], beside: tuple[float, ...]) -> bool:
        """Whether a box is smaller than the one beside it and ends above its foot."""
        height = beside[3] - beside[1]
        return mark[3] - mark[1] <= 0.8 * height and mark[3] <= beside[3] - 0.05 * height

    def _height(self, index: int) -> float:
        box = self._box(index)
        return box[3] - box[1]

    @staticmethod
    def _union(a: tuple[float, ...], b: tuple[float, ...]) -> tuple[float, float, float, float]:
        # Spelt out, since it is done for every word: two thirds of the time of min and max.
        return (
            a[0] if a[0] <= b[0] else b[0],
            a[1] if a[1] <= b[1] else b[1],
            a[2] if a[2] >= b[2] else b[2],
            a[3] if a[3] >= b[3] else b[3],
        )

    def _box(self, index: int) -> tuple[float, float, float, float]:
        """Left, top, right, bottom of a character's full height, from the top left corner of the page as shown."""
        rect = self.rect
        if not pdfium.FPDFText_GetLooseCharBox(self.raw, index, self.reference):
            return 0.0, 0.0, 0.0, 0.0
        left, right = rect.left, rect.right
        low, high = (rect.bottom, rect.top) if rect.bottom <= rect.top else (rect.top, rect.bottom)
        if self.rotation == 90:
            return low - self.bottom, left - self.left, high - self.bottom, right - self.left
        if self.rotation == 180:
            return self.right - right, low - self.bottom, self.right - left, high - self.bottom
        if self.rotation == 270:
            return self.top - high, self.right - right, self.top - low, self.right - left
        return left - self.left, self.top - high, right - self.left, self.top - low

    def _is_turned(self, index: int) -> bool:
        """Whether the character stands on its side on the page as shown."""
        angle = pdfium.FPDFText_GetCharAngle(self.raw, index)
        return angle >= 0 and abs(math.sin(angle - math.radians(self.rotation))) > 0.7

    def _look_of_line(self, start: int) -> Look:
        """Font and colour of the drawn line that begins at `start`: mixed where its two ends differ."""
        end = _LINE_END.search(self.text, start)
        stop = len(self.text) if end is None else end.start()
        while self.text[stop - 1].isspace():
            stop -= 1
        first, last = self._look(start), self._look(stop - 1)
        return first if first == last else Look("", 0, first.bold and last.bold)

    def _look(self, index: int) -> Look:
        length = pdfium.FPDFText_GetFontInfo(self.raw, index, self.name, 128, ctypes.byref(self.flags))
        name = self.name.value if 0 < length <= 128 else b""
        colour = 0
        if pdfium.FPDFText_GetFillColor(self.raw, index, *self.colours):
            red, green, blue, _ = self.colour
            colour = red.value << 16 | green.value << 8 | blue.value
        key = name, colour
        if key not in self.looks:
            self.looks[key] = Look(name.decode("latin-1"), colour, bool(_BOLD.search(name)))
        return self.looks[key]


# --- pypdf -----------------------------------------------------------------------------------------------------------


def _second_opinion(data: bytes, source: Source) -> list[list[Line]]:
    """What pypdf reads where PDFium gives up: lines without boxes."""
    name = source.name
    damaged = "is damaged or incomplete and cannot be read; fetch or save it again"
    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(source.password or ""):
            raise _encrypted(source)
        _check_count(len(reader.pages), name)
        pages = [_plain_lines(page.extract_text(), number) for number, page in enumerate(reader.pages, 1)]
    except SourceError:
        raise
    except Exception as error:
        # On damaged files pypdf fails in too many ways to name (KeyError, RecursionError, zlib.error, ...).
        _LOG.info("%s: pypdf cannot read it either (%r)", name, error)
        raise SourceUnreadable(name, damaged) from None
    if not any(pages):
        raise SourceUnreadable(name, damaged)
    return pages


def _plain_lines(text: str, page: int) -> list[Line]:
    lines = []
    for index, row in enumerate(text.split("\n")):
        if row := " ".join(clean_text(row).split()):
            box = (0.0, 12.0 * index, 0.0, 12.0 * index + 11)
            lines.append(Line(page, [Cell(row, box)], box, 10.0))
    return lines


def _read_metadata(data: bytes, source: Source) -> _Metadata:
    """Title, author, date and outline as the file states them; nothing where they cannot be read."""
    try:
        reader = pypdf.PdfReader(io.BytesIO(data))
        if reader.is_encrypted:
            reader.decrypt(source.password or "")
        stated: Mapping[str, object] = reader.metadata or {}
        title = _one_line(stated.get("/Title"))
        author = _one_line(stated.get("/Author"))
        created = _pdf_date(_one_line(stated.get("/CreationDate")))
        outline: dict[str, int] = {}
        _collect_outline(reader.outline, 1, outline)
    except Exception as error:
        # As above: a broken info dictionary or outline must not cost the text that PDFium has read.
        _LOG.info("no metadata: %r", error)
        return _Metadata()
    return _Metadata(title, "" if _JUNK_AUTHOR.match(author) else author[:200], created, Outline(outline))


def _collect_outline(items: object, depth: int, found: dict[str, int]) -> None:
    if not isinstance(items, list) or depth > 6:
        return
    for item in items:
        if len(found) >= _MAX_OUTLINE:
            return
        if isinstance(item, list):
            _collect_outline(item, depth + 1, found)
        elif title := fold_title(_one_line(getattr(item, "title", ""))):
            found.setdefault(title, depth)


def _one_line(value: object) -> str:
    return " ".join(clean_text(str(value)).split()) if isinstance(value, str) else ""


def _pdf_date(text: str) -> date | None:
    match = _PDF_DATE.match(text)
    return parse_date(match[1]) if match else None


# --- what the whole says ---------------------------------------------------------------------------------------------


def _title(stated: str, pages: list[list[Line]], source: Source) -> tuple[str, str]:
    """The title, and where it stands."""
    if 4 <= len(stated) <= 200 and not _JUNK_TITLE.search(stated) and sum(map(str.isalpha, stated)) > len(stated) / 2:
        return stated, STATED
    if shown := _largest(pages):
        return shown, "first page"
    return PurePosixPath(source.name.rstrip("/")).stem or source.name, "file name"


def _largest(pages: list[list[Line]]) -> str:
    """The largest lines of the first page when they stand out from the rest."""
    lines = [line for line in pages[0] if sum(map(str.isalpha, line.text)) >= 3 and not line.turned] if pages else []
    if not lines:
        return ""
    size = max(line.size for line in lines)
    body = sorted(line.size for page in pages[:20] for line in page for _ in range(1 + len(line.text) // 20))
    if size < 1.15 * body[len(body) // 2]:
        return ""
    start = next(index for index, line in enumerate(lines) if line.size >= 0.97 * size)
    chosen = [lines[start]]
    for line in lines[start + 1 : start + 4]:
        if line.size < 0.97 * size:
            break
        chosen.append(line)
    parts = [" ".join(cell.text for cell in line.cells) + ("" if line.hyphen else " ") for line in chosen]
    title = "".join(parts).strip()
    # A single short word is the name of a part ("Purpose"), not of the whole.
    return title if len(title) <= 200 and (" " in title or len(title) > 12) else ""
