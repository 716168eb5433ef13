"""Reads Word files (.docx, .docm) through python-docx: what stands in the document's body, in its order.

Headers, footers, comments, pictures and macros are left out; nothing that the file links to is opened. The only file
that touches python-docx.
"""

import io
import zipfile
from pathlib import PurePosixPath
from typing import Any
from zlib import error as ZlibError

import docx
from docx.document import Document
from docx.opc.exceptions import OpcError
from docx.oxml import parse_xml
from docx.oxml.ns import qn
from lxml.etree import LxmlError

from errors import SourceUnreadable
from ingest.article import Article, BlockKind, sha256_hex
from ingest.building import TextBuilder
from ingest.formats.docx_body import Parts, add_body
from ingest.formats.office import BAD_PACKAGE, check_package, properties_of
from ingest.sources import Source

_DAMAGED = "is damaged or no Word file, whatever its name says; save it again as .docx"
_MACRO_TYPE = b"application/vnd.ms-word.document.macroEnabled.main+xml"
_PLAIN_TYPE = b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"


def read(data: bytes, source: Source) -> Article:
    """The article in a Word file; raises SourceUnreadable or SourceTooLarge, and nothing else."""
    if not data:
        raise SourceUnreadable(source.name, "is empty")
    document = _open(_as_plain(data, source.name), source.name)
    try:
        builder = TextBuilder()
        add_body(document.element.body, _parts(document), builder)
        text, blocks = builder.text, tuple(builder.blocks)
        core = document.core_properties
        stated = properties_of(core.title, core.author, core)
    except (LxmlError, OpcError, KeyError, ValueError, TypeError, AttributeError, IndexError, AssertionError) as error:
        # python-docx trusts the markup; what is missing or misplaced shows as any of these.
        raise SourceUnreadable(source.name, _DAMAGED) from error
    if not text:
        raise SourceUnreadable(source.name, "holds no text")
    title = stated.title
    if not title:
        title = next((text[b.start : b.end] for b in blocks if b.kind is BlockKind.HEADING and b.level == 1), "")
    return Article(
        source=source.name,
        title=title or PurePosixPath(source.name.rstrip("/")).stem or source.name,
        text=text,
        sha256=sha256_hex(data),
        published=stated.published,
        facts={"author": stated.author} if stated.author else {},
        origins={"title": "heading" if title else "file name", **stated.origins},
        blocks=blocks,
    )


# --- opening ---------------------------------------------------------------------------------------------------------


def _as_plain(data: bytes, name: str) -> bytes:
    """The file, checked for what it would unpack to; one with macros as the same without them."""
    check_package(data, name, ".docx")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
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
    except BAD_PACKAGE:
        raise SourceUnreadable(name, _DAMAGED) from None


def _open(data: bytes, name: str) -> Document:
    try:
        return docx.Document(io.BytesIO(data))
    except (zipfile.BadZipFile, ZlibError, OpcError, LxmlError, KeyError, ValueError, TypeError, AttributeError,
            IndexError, AssertionError, NotImplementedError, EOFError, OSError):  # fmt: skip
        raise SourceUnreadable(name, _DAMAGED) from None


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
