"""Reads plain text in any usual encoding. Knows no layout; `ingest/structure.py` does."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from errors import SourceUnreadable
from ingest.article import Article, sha256_hex
from ingest.building import TextBuilder
from ingest.cleaning import clean_text, decode, looks_binary
from ingest.formats import edgar
from ingest.sources import Source
from ingest.structure import find_structure

_OPENING = 20_000  # characters in which title, date and author stand
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)


def read(data: bytes, source: Source) -> Article:
    """The article of a plain text; raises SourceUnreadable where the bytes are no text."""
    text = clean_text(decode_text(data, source))
    if edgar.is_tagged(text):
        builder = TextBuilder()
        edgar.add_tagged(text, builder)
        text, structure = builder.text, replace(find_structure(text[:_OPENING]), blocks=tuple(builder.blocks))
    else:
        structure = find_structure(text)
    return Article(
        source=source.name,
        title=structure.title or PurePosixPath(source.name).stem,
        text=text,
        sha256=sha256_hex(data),
        published=structure.published,
        facts=structure.facts,
        origins={"title": "first line" if structure.title else "file name", **structure.origins},
        blocks=structure.blocks,
    )


def decode_text(data: bytes, source: Source, declared: Sequence[str] = ()) -> str:
    """The characters of a text-like source, uncleaned; raises SourceUnreadable for empty and binary files.

    `declared` are encodings that the file itself names; what a web server said of it comes before them.
    """
    served = _CHARSET.search(source.media_type or "")
    text = decode(data, declared if served is None else (served[1], *declared))
    if looks_binary(text):
        raise SourceUnreadable(source.name, "is no text, whatever its name says; save it as text or PDF")
    if not text.strip("\ufeff \t\r\n\f\v\0"):
        raise SourceUnreadable(source.name, "is empty")
    return text
