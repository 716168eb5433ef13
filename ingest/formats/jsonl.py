"""Reads one row of a `.jsonl` file. The text stays as it is given, character for character: nothing is cleaned."""

import json
from datetime import date
from typing import Any

from errors import SourceUnreadable
from ingest.article import Article, sha256_hex
from ingest.dates import parse_date
from ingest.sources import Source
from ingest.structure import find_structure

_OWN_KEYS = frozenset({"_id", "title", "text", "source"})
_DATE_KEYS = ("published", "date")


def read(data: bytes, source: Source) -> Article:
    """The article of a row such as `ingest/sources.py` makes; raises SourceUnreadable for any other bytes."""
    try:
        row: Any = json.loads(data)
    except ValueError:
        raise SourceUnreadable(source.name, "is no row of a .jsonl file") from None
    if not isinstance(row, dict) or not isinstance(row.get("text"), str):
        raise SourceUnreadable(source.name, "has no text; each row needs one")
    text: str = row["text"]
    title = fact_text(row.get("title")).strip()
    structure = find_structure(text, title=title or None)
    published, facts = facts_of(row)
    given = [*facts, *(["title"] if title else []), *(["published"] if published else [])]
    return Article(
        source=source.name,
        title=title or structure.title or source.name,
        text=text,
        sha256=sha256_hex(data),
        published=published or structure.published,
        facts={**structure.facts, **facts},
        origins={**structure.origins, **dict.fromkeys(given, "row")},
        blocks=structure.blocks,
    )


def facts_of(row: dict[str, Any]) -> tuple[date | None, dict[str, str]]:
    """Publication date and facts among a row's keys; `source` becomes `origin`, and a date nobody can read stays."""
    published: date | None = None
    facts: dict[str, str] = {}
    for key in _DATE_KEYS:
        if published is None and key in row:
            published = parse_date(fact_text(row[key]))
    for key, value in row.items():
        shown = fact_text(value)
        if key in _OWN_KEYS or not shown or (key in _DATE_KEYS and parse_date(shown) is not None):
            continue
        facts[key] = shown
    if origin := fact_text(row.get("source")):
        facts["origin"] = origin
    return published, facts


def fact_text(value: Any) -> str:
    """A value as a filter compares it: text as it is, lists and objects as compact JSON, nothing for what is empty."""
    if value is None or value == [] or value == {}:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
