"""Reads plain text in any usual encoding. Knows no layout; `ingest/structure.py` does."""

from pathlib import PurePosixPath

from errors import SourceUnreadable
from ingest.article import Article, sha256_hex
from ingest.cleaning import clean_text, decode, looks_binary
from ingest.sources import Source
from ingest.structure import find_structure


def read(data: bytes, source: Source) -> Article:
    """The article of a plain text; raises SourceUnreadable where the bytes are no text."""
    text = clean_text(decode_text(data, source))
    structure = find_structure(text)
    return Article(
        source=source.name,
        title=structure.title or PurePosixPath(source.name).stem,
        text=text,
        sha256=sha256_hex(data),
        published=structure.published,
        facts=structure.facts,
        blocks=structure.blocks,
    )


def decode_text(data: bytes, source: Source) -> str:
    """The characters of a text-like source, uncleaned; raises SourceUnreadable for empty and binary files."""
    text = decode(data)
    if looks_binary(text):
        raise SourceUnreadable(source.name, "is no text, whatever its name says; save it as text or PDF")
    if not text.strip("\ufeff \t\r\n\f\v\0"):
        raise SourceUnreadable(source.name, "is empty")
    return text
