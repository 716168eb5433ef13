"""Turns a source into an Article: looks at its first bytes, then its suffix, and calls the one reader that fits;
what it found is completed with the facts that the text tells.

Knows which kinds there are, not how any of them is read. Readers are imported when first needed, so that adding text
never loads the PDF library.
"""

import io
import re
import zipfile
from dataclasses import replace
from enum import StrEnum
from pathlib import PurePosixPath

from errors import SourceEncrypted, SourceError, SourceTooLarge, SourceUnreadable, UnsupportedSource
from ingest.article import Article
from ingest.captions import with_captions
from ingest.facts import complete_facts
from ingest.sources import ROW_MEDIA_TYPE, Source

# Part of what makes an article "unchanged": raise it whenever the same bytes would give other text or other blocks.
PARSER_VERSION = 2

MAX_BYTES = 512 * 1024 * 1024
MAX_TEXT_BYTES = 64 * 1024 * 1024

READABLE = (
    "plain text (.txt), Markdown (.md), web pages (.html, .mht), PDF, Word (.docx), Excel (.xlsx), PowerPoint (.pptx), "
    "books (.epub), e-mails (.eml), tables (.csv) and .jsonl can be read"
)

_HEAD_BYTES = 4096

# What the SEC's archive hands out as one text, or one document out of it.
_SUBMISSION = re.compile(
    rb"\s*(?:-----BEGIN PRIVACY-ENHANCED MESSAGE-----|<(?:SEC|IMS)-(?:DOCUMENT|HEADER)>|<DOCUMENT>\s*<TYPE>)"
)


class Kind(StrEnum):
    """Which reader a source needs."""

    TEXT = "text"
    MARKDOWN = "markdown"
    HTML = "html"
    SUBMISSION = "submission"
    MHTML = "mhtml"
    PDF = "pdf"
    DOCX = "docx"
    XLSX = "xlsx"
    PPTX = "pptx"
    EPUB = "epub"
    TABLE = "table"
    EML = "eml"
    ROW = "row"


_BY_SUFFIX = {
    ".txt": Kind.TEXT,
    ".text": Kind.TEXT,
    ".log": Kind.TEXT,
    ".rst": Kind.TEXT,
    ".md": Kind.MARKDOWN,
    ".markdown": Kind.MARKDOWN,
    ".html": Kind.HTML,
    ".htm": Kind.HTML,
    ".xhtml": Kind.HTML,
    ".mht": Kind.MHTML,
    ".mhtml": Kind.MHTML,
    ".pdf": Kind.PDF,
    ".docx": Kind.DOCX,
    ".csv": Kind.TABLE,
    ".tsv": Kind.TABLE,
    ".tab": Kind.TABLE,
    ".eml": Kind.EML,
}
_BY_MEDIA_TYPE = {
    ROW_MEDIA_TYPE: Kind.ROW,
    "text/plain": Kind.TEXT,
    "text/markdown": Kind.MARKDOWN,
    "text/html": Kind.HTML,
    "application/xhtml+xml": Kind.HTML,
    "multipart/related": Kind.MHTML,
    "application/pdf": Kind.PDF,
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": Kind.DOCX,
    "text/csv": Kind.TABLE,
    "message/rfc822": Kind.EML,
    "text/tab-separated-values": Kind.TABLE,
}


def read_article(source: Source) -> Article:
    """The article that `source` holds; raises a SourceError that says what is wrong and what to do.

    `source.title` and `source.published` take the place of what the source says of itself.
    """
    size = source.size()
    if size > MAX_BYTES:
        raise SourceTooLarge(source.name, _too_large(size, MAX_BYTES))
    head = source.read_bytes(_HEAD_BYTES)
    if not head:
        raise SourceUnreadable(source.name, "is empty")
    kind = find_kind(head, source)
    if kind in (Kind.TEXT, Kind.MARKDOWN, Kind.HTML, Kind.ROW, Kind.TABLE) and size > MAX_TEXT_BYTES:
        raise SourceTooLarge(source.name, _too_large(size, MAX_TEXT_BYTES))
    data = source.read_bytes()
    try:
        article = _read(kind, data, source)
    except RecursionError:
        raise SourceTooLarge(source.name, "is nested too deeply to be read; save it as plain text or PDF") from None
    except MemoryError:
        raise SourceTooLarge(source.name, "needs more memory than there is; split it into smaller files") from None
    if not article.text.strip():
        raise SourceUnreadable(source.name, "holds no text")
    article = replace(article, blocks=with_captions(article.text, article.blocks))
    return complete_facts(_with_given(article, source), source.name if source.path is None else source.path.name)


def _with_given(article: Article, source: Source) -> Article:
    """The article under the title and with the date that came with its source."""
    origins = dict(article.origins)
    if source.title is not None:
        article, origins["title"] = replace(article, title=source.title), "given"
    if source.published is not None:
        article, origins["published"] = replace(article, published=source.published), "given"
    return replace(article, origins=origins)


def find_kind(head: bytes, source: Source) -> Kind:
    """Which reader fits, from the first bytes, then the media type, then the suffix; raises UnsupportedSource."""
    media_type = (source.media_type or "").partition(";")[0].strip().lower()
    if media_type == ROW_MEDIA_TYPE:
        return Kind.ROW
    if head.lstrip().startswith(b"%PDF-"):
        return Kind.PDF
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _kind_of_zip(source)
    if head.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        _refuse_old_office(source)
    if head.lstrip().startswith(b"{\\rtf"):
        raise UnsupportedSource(source.name, "is rich text (RTF); save it as .docx or .txt")
    if _SUBMISSION.match(head):
        return Kind.SUBMISSION
    if _looks_like_html(head):
        return Kind.HTML
    suffix = PurePosixPath(source.name if source.path is None else source.path.name).suffix.lower()
    kind = _BY_MEDIA_TYPE.get(media_type) or _BY_SUFFIX.get(suffix)
    if kind is None and not suffix and not media_type:
        kind = Kind.TEXT
    if kind is None:
        raise UnsupportedSource(source.name, f"files of this kind ({media_type or suffix}) cannot be read; {READABLE}")
    return kind


def _read(kind: Kind, data: bytes, source: Source) -> Article:
    if kind is Kind.PDF:
        from ingest.formats import pdf

        return pdf.read(data, source)
    if kind is Kind.DOCX:
        from ingest.formats import docx

        return docx.read(data, source)
    if kind is Kind.XLSX:
        from ingest.formats import xlsx

        return xlsx.read(data, source)
    if kind is Kind.PPTX:
        from ingest.formats import pptx

        return pptx.read(data, source)
    if kind is Kind.EPUB:
        from ingest.formats import epub

        return epub.read(data, source)
    if kind is Kind.EML:
        from ingest.formats import eml

        return eml.read(data, source)
    if kind is Kind.TABLE:
        from ingest.formats import delimited

        return delimited.read(data, source)
    if kind is Kind.HTML:
        from ingest.formats import html

        return html.read(data, source)
    if kind is Kind.MHTML:
        from ingest.formats import mhtml

        return mhtml.read(data, source)
    if kind is Kind.SUBMISSION:
        from ingest.formats import edgar

        return edgar.read(data, source)
    if kind is Kind.MARKDOWN:
        from ingest.formats import markdown

        return markdown.read(data, source)
    if kind is Kind.ROW:
        from ingest.formats import jsonl

        return jsonl.read(data, source)
    from ingest.formats import text

    return text.read(data, source)


def _kind_of_zip(source: Source) -> Kind:
    try:
        with zipfile.ZipFile(io.BytesIO(source.read_bytes())) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        raise SourceUnreadable(source.name, "is damaged or incomplete; fetch or save it again") from None
    if "word/document.xml" in names:
        return Kind.DOCX
    if "xl/workbook.xml" in names:
        return Kind.XLSX
    if "ppt/presentation.xml" in names:
        return Kind.PPTX
    if "META-INF/container.xml" in names:
        return Kind.EPUB
    if "xl/workbook.bin" in names:
        raise UnsupportedSource(source.name, "is a binary Excel workbook; save it as .xlsx")
    if "content.xml" in names and "mimetype" in names:
        raise UnsupportedSource(source.name, "is an OpenDocument file; save it as .docx, .xlsx, .pptx or PDF")
    raise UnsupportedSource(source.name, "is an archive under another name; call it .zip to add what it holds")


def _refuse_old_office(source: Source) -> None:
    # A Word file with a password is an old-style container with this stream inside.
    error: SourceError = UnsupportedSource(source.name, "is an old Office file; save it as .docx or PDF")
    if "EncryptedPackage".encode("utf-16-le") in source.read_bytes():
        error = SourceEncrypted(source.name, "is protected by a password; save a copy without one")
    raise error


def _looks_like_html(head: bytes) -> bool:
    start = head.removeprefix(b"\xef\xbb\xbf").replace(b"\0", b"").lstrip(b"\xff\xfe \t\r\n").lower()
    while start.startswith((b"<!--", b"<?xml")):
        _, found, rest = start.partition(b"-->" if start.startswith(b"<!--") else b"?>")
        if not found:
            return False
        start = rest.lstrip()
    return start.startswith((b"<!doctype html", b"<html"))


def _too_large(size: int, limit: int) -> str:
    megabytes = 1024 * 1024
    return (
        f"has {-(-size // megabytes)} MB, more than the {limit // megabytes} MB that can be read at once; "
        "split it into smaller files"
    )
