"""What a person names becomes sources: paths, folders and archives, and web addresses when their turn comes.

A feed or sitemap is a list of pages to choose from, not an article. Knows the library only to ask what it holds and
fetched before; adding is the library's business.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from errors import FetchError, SourceError
from index.library import Library
from index.values import Listed
from ingest.archives import is_document
from ingest.listing import MAX_ENTRIES, Entry, Listing, newest_first
from ingest.sources import Fetched, Source, find_files, find_in_archive, find_sources, is_address
from ingest.web import Remembered, Unmodified

LIST_SECONDS = 120.0  # for all the sitemaps that an index names

Choose = Callable[[Listing], Sequence[Entry]]


class Fetch(Protocol):
    """`ingest.web.fetch`, or what stands for it."""

    def __call__(self, url: str, *, remembered: Remembered) -> Source | Unmodified:
        """What is at an address; raises SourceError."""
        ...


class Gathering:
    """Finds the sources that arguments name; names of files are relative to `relative_to` where they lie inside it.

    `choose` gives the entries of a list that are wanted, or raises SourceError; without it lists are kept in `listed`.
    """

    def __init__(
        self, library: Library, fetch: Fetch, *, relative_to: Path | None = None, choose: Choose | None = None
    ) -> None:
        self._library = library
        self._fetch = fetch
        self._relative_to = relative_to
        self._choose = choose
        self.listed: list[Listed] = []

    def sources(self, arguments: Iterable[str | Path]) -> Iterator[Source | SourceError]:
        """The sources, lazily; an error takes the place of what cannot be used."""
        for argument in arguments:
            if isinstance(argument, Path) or not is_address(argument):
                yield from find_sources(argument, relative_to=self._relative_to)
            else:
                yield from self._at(argument)

    def _at(self, address: str, *, chosen: bool = False) -> Iterator[Source | SourceError]:
        """The sources at an address; of a list those that are chosen, unless it was itself `chosen` from one."""
        try:
            source = self._fetched(address)
            if not _is_list(source):
                yield from _unpacked(source)
                return
            if chosen:
                raise FetchError(address, "is a list of pages itself; add it by its own address")
            listing = _read_list(source)
        except SourceError as error:
            yield error
            return
        if listing.maps:
            entries = {each.address: each for each in listing.entries}
            left_out = listing.left_out
            end = time.monotonic() + LIST_SECONDS
            for number, place in enumerate(listing.maps):
                if len(entries) >= MAX_ENTRIES or time.monotonic() > end:
                    left_out += len(listing.maps) - number
                    break
                try:
                    found = _read_list(self._fetched(place))
                except SourceError as error:
                    yield error
                    continue
                entries |= {each.address: each for each in found.entries}
                left_out += found.left_out + len(found.maps)
            newest = newest_first(entries.values())
            left_out += len(newest[MAX_ENTRIES:])
            listing = replace(listing, entries=tuple(newest[:MAX_ENTRIES]), maps=(), left_out=left_out)
        if self._choose is None:
            held = frozenset(each.source for each in self._library.articles())
            self.listed.append(Listed(listing, held & {each.address for each in listing.entries}))
            return
        try:
            wanted = self._choose(listing)
        except SourceError as error:
            yield error
            return
        for entry in wanted:
            yield from self._at(entry.address, chosen=True)

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


def expected(arguments: Iterable[str | Path]) -> tuple[int | None, int | None]:
    """How many sources files and folders hold, and their bytes, without opening any; None where only reading tells.

    That is so of addresses, archives and files of rows.
    """
    count = size = 0
    for argument in arguments:
        if not isinstance(argument, Path) and is_address(argument):
            return None, None
        for path in find_files(Path(argument)):
            if isinstance(path, SourceError):
                count += 1
                continue
            if path.name.lower().endswith((".zip", ".jsonl", ".gz")):
                return None, None
            try:
                size += path.stat().st_size
            except OSError:
                pass  # adding it tells why
            count += 1
    return count, size


def _is_list(source: Source) -> bool:
    data = source.data or b""
    if not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<", b"\x1f\x8b")):
        return False
    from ingest.formats.feeds import looks_like_list

    return looks_like_list(data)


def _read_list(source: Source) -> Listing:
    from ingest.formats.feeds import looks_like_list, read_list

    data = source.read_bytes()
    if not looks_like_list(data):
        raise FetchError(source.name, "is named as a sitemap and is none")
    return read_list(data, source.name)


def _unpacked(source: Source) -> Iterator[Source | SourceError]:
    if source.data is not None and source.data.startswith(b"PK") and not is_document(source.data):
        yield from find_in_archive(source.data, source.name)
    else:
        yield source
