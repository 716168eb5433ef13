"""What a person names becomes sources: paths, folders and archives, and web addresses when their turn comes.

Knows the library only to ask what it fetched before; adding is the library's business.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

from errors import SourceError
from index.library import Library
from ingest.archives import is_document
from ingest.sources import Fetched, Source, find_in_archive, find_sources, is_address
from ingest.web import Remembered, Unmodified


class Fetch(Protocol):
    """`ingest.web.fetch`, or what stands for it."""

    def __call__(self, url: str, *, remembered: Remembered) -> Source | Unmodified:
        """What is at an address; raises SourceError."""
        ...


class Gathering:
    """Finds the sources that arguments name; names of files are relative to `relative_to` where they lie inside it."""

    def __init__(self, library: Library, fetch: Fetch, *, relative_to: Path | None = None) -> None:
        self._library = library
        self._fetch = fetch
        self._relative_to = relative_to

    def sources(self, arguments: Iterable[str | Path]) -> Iterator[Source | SourceError]:
        """The sources, lazily; an error takes the place of what cannot be used."""
        for argument in arguments:
            if isinstance(argument, Path) or not is_address(argument):
                yield from find_sources(argument, relative_to=self._relative_to)
                continue
            try:
                source = self._fetched(argument)
            except SourceError as error:
                yield error
                continue
            if source.data is not None and source.data.startswith(b"PK") and not is_document(source.data):
                yield from find_in_archive(source.data, source.name)
            else:
                yield source

    def _fetched(self, address: str) -> Source:
        """What is at an address; the kept original where the server says that it is still the same."""
        found = self._fetch(address, remembered=self._remembered)
        if isinstance(found, Source):
            return found
        kept = self._library.fetched(found.fetched.address)
        if kept is not None:
            return kept
        again = self._fetch(address, remembered=lambda _: None)  # it was removed in this very moment
        assert isinstance(again, Source)  # noqa: S101  (nothing was asked that "unmodified" could answer)
        return again

    def _remembered(self, address: str) -> Fetched | None:
        kept = self._library.fetched(address)
        return None if kept is None else kept.fetched
