"""A feed or sitemap is a list of web pages to choose from. Values only; `ingest/formats/feeds.py` reads them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

MAX_ENTRIES = 10_000  # of one list; nobody chooses among more


@dataclass(frozen=True, slots=True)
class Entry:
    """A page that a list names: its address, and title and date where the list gives them."""

    address: str
    title: str = ""
    published: date | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A feed or sitemap at `address`: its entries, newest first or as they stand, each address once.

    `maps` are addresses of further sitemaps that hold entries. `left_out` counts entries and maps beyond the limits.
    """

    address: str
    title: str
    entries: tuple[Entry, ...]
    maps: tuple[str, ...] = ()
    left_out: int = 0


def newest_first(entries: Iterable[Entry]) -> list[Entry]:
    """Entries by date, those without one last, otherwise as they stood."""
    return sorted(entries, key=lambda entry: entry.published or date.min, reverse=True)
