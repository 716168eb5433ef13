"""Reads Word files (.docx, .docm) through python-docx: what stands in the document's body, in its order.

Headers, footers, comments, pictures and macros are left out; nothing that the file links to is opened. The only file
that touches python-docx.
"""

import io
import re
import zipfile
from datetime import date, datetime
from pathlib import PurePosixPath
from typing import Any
from zlib import error as ZlibError

import docx
from docx.document import Document
from docx.opc.exceptions import OpcError
from docx.oxml import parse_xml
from docx.oxml.ns import qn
from lxml.etree import LxmlError

from errors import SourceTooLarge, SourceUnreadable
from ingest.article import Article, BlockKind, sha256_hex
from ingest.building import TextBuilder
from ingest.cleaning import clean_text
from ingest.formats.docx_body import Parts, add_body
from ingest.sources import Source

MAX_UNPACKED_BYTES = 500 * 1024 * 1024
# Text packs about ten to one, tables of zeros fifty to one; a bomb packs a thousand to one.
MAX_RATIO = 200
MAX_PARTS = 20_000
_RATIO_FROM_BYTES = 20 * 1024 * 1024

STATED = "document properties"  # where facts come from that the file states of itself

_DAMAGED = "is damaged or no Word file, whatever its name says; save it again as .docx"
_MACRO_TYPE = b"application/vnd.ms-word.document.macroEnabled.main+xml"
_PLAIN_TYPE = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_NOTED_AUTHOR = re.compile(r"python-docx|user|admin(?:istrator)?|author|owner|unknown|microsoft.*", re.IGNORECASE)
_JUNK_TITLE = re.compile(r"(?:document\d*|untitled|word document|title|microsoft word.*)|.*\.docx?", re.IGNORECASE)


def read(data: bytes, source: Source) -> Article:
    """The article in a Word file; raises SourceUnreadable or SourceTooLarge, and nothing else."""
    if not data:
        raise SourceUnreadable(source.name, "is empty")
    document = _open(_as_plain(data, source.name), source.name)
    try:
        builder = TextBuilder()
        add_body(document.element.body, _parts(document), builder)
        text, blocks = builder.text, tuple(builder.blocks)
        title, author, published = _properties(document)
    except (LxmlError, OpcError, KeyError, ValueError, TypeError, AttributeError, IndexError, AssertionError) as error:
        # python-docx trusts the markup; what is missing or misplaced shows as any of these.
        raise SourceUnreadable(source.name, _DAMAGED) from error
    if not text:
        raise SourceUnreadable(source.name, "holds no text")
    stated = (("title", title), ("author", author), ("published", published))
    origins = dict.fromkeys((name for name, value in stated if value), STATED)
    if not title:
        title = next((text[b.start : b.end] for b in blocks if b.kind is BlockKind.HEADING and b.level == 1), "")
    return Article(
        source=source.name,
        title=title or PurePosixPath(source.name.rstrip("/")).stem or source.name,
        text=text,
        sha256=sha256_hex(data),
        published=published,
        facts={"author": author} if author else {},
        origins={"title": "heading" if title else "file name", **origins},
        blocks=blocks,
    )


# --- opening ---------------------------------------------------------------------------------------------------------


def _as_plain(data: bytes, name: str) -> bytes:
    """The file, checked for what it would unpack to; one with macros as the same without them."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            _check_size(parts, len(data), name)
            if any(part.flag_bits & 1 for part in parts):
                raise SourceUnreadable(name, "is a locked archive; save it again as .docx without a password")
            types = archive.read("[Content_Types].xml")
            if _MACRO_TYPE not in types:
                return data
            copy = io.BytesIO()
            with zipfile.ZipFile(copy, "w", zipfile.ZIP_STORED) as plain:
                for part in parts:
                    body = archive.read(part)
                    if part.filename == "[Content_Types].xml":
                        body = types.replace(_MACRO_TYPE, _PLAIN_TYPE)
                    plain.writestr(part.filename, body)
            return copy.getvalue()
    except (zipfile.BadZipFile, ZlibError, KeyError, ValueError, NotImplementedError, EOFError, OSError):
        raise SourceUnreadable(name, _DAMAGED) from None


def _check_size(parts: list[zipfile.ZipInfo], packed: int, name: str) -> None:
    # What an archive says of its sizes is safe to trust: reading stops there, or fails.
    unpacked = sum(part.file_size for part in parts)
    if unpacked > MAX_UNPACKED_BYTES or len(parts) > MAX_PARTS:
        limit = MAX_UNPACKED_BYTES // (1024 * 1024)
        raise SourceTooLarge(name, f"unpacks to more than the {limit} MB that are read; split it into parts")
    if unpacked > _RATIO_FROM_BYTES and unpacked > MAX_RATIO * packed:
        raise SourceTooLarge(name, "unpacks to far more than a document holds; save it again as .docx")


def _open(data: bytes, name: str) -> Document:
    try:
        return docx.Document(io.BytesIO(data))
    except (zipfile.BadZipFile, ZlibError, OpcError, LxmlError, KeyError, ValueError, TypeError, AttributeError,
            IndexError, AssertionError, NotImplementedError, EOFError, OSError):  # fmt: skip
        raise SourceUnreadable(name, _DAMAGED) from None


def _properties(document: Document) -> tuple[str, str, date | None]:
    """Title, author and date as the file states them; "" and None where it does not."""
    core = document.core_properties
    title = " ".join(clean_text(core.title or "").split())
    author = " ".join(clean_text(core.author or "").split())
    if _JUNK_TITLE.fullmatch(title) or len(title) > 300:
        title = ""
    if _NOTED_AUTHOR.fullmatch(author):
        author = ""
    published = None
    for stated in (_stated(core, "created"), _stated(core, "modified")):
        # Files made by a program carry the date of its template.
        if stated is not None and stated.year > 2013:
            published = stated.date()
            break
    return title, author[:200], published


def _stated(core: object, name: str) -> datetime | None:
    try:
        value = getattr(core, name)
    except (ValueError, AttributeError):
        return None
    return value if isinstance(value, datetime) else None


def _parts(document: Document) -> Parts:
    """The other parts of the file that its body refers to; a damaged one is done without."""
    trees: dict[str, Any] = {}
    for relation in document.part.rels.values():
        name = relation.reltype.rpartition("/")[2]
        if relation.is_external or name not in ("styles", "numbering", "footnotes", "endnotes"):
            continue
        try:
            trees[name] = parse_xml(relation.target_part.blob)
        except (LxmlError, ValueError):
            continue
    notes: dict[tuple[str, str], Any] = {}
    for kind in ("footnote", "endnote"):
        for note in trees.get(f"{kind}s", ()):
            # Those with a type are the lines between text and notes.
            if note.tag == qn(f"w:{kind}") and note.get(qn("w:type")) is None:
                notes[kind, note.get(qn("w:id"), "")] = note
    return Parts(trees.get("styles"), trees.get("numbering"), notes)
