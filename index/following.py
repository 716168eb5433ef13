"""The library follows a folder: what is put there is added, what changes replaced, what goes removed.

Articles added otherwise stay. What a person removed stays removed until its file changes or is added by name. A folder
that is not there, as when a drive is not connected, is told, and what came from it stays.
"""

import os
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from errors import SourceError, SourceMissing
from index.library import Library, OnProgress
from index.values import AddReport, Failure, Progress
from ingest.article import article_id, sha256_hex
from ingest.sources import Source, find_files, find_sources, is_skipped, is_skipped_in_corpus

ORIGIN = "corpus"

Stamp = tuple[int, int, int]  # of a file: bytes, when it was last written in nanoseconds, its number on the disk


def follow(
    library: Library,
    folder: Path,
    *,
    relative_to: Path,
    on_progress: OnProgress | None = None,
    stop: Callable[[], bool] | None = None,
) -> AddReport:
    """Bring the library to what the drop folder holds; names are relative to `relative_to` where they lie inside it."""
    return Following(library, folder, relative_to=relative_to, drop_folder=True).update(
        on_progress=on_progress, stop=stop
    )


class FolderGone(SourceMissing):
    """A followed folder is not there, or not the one it was."""


@dataclass(frozen=True, slots=True)
class _Listed:
    """What a file held when it was last looked into: the ids of its articles, and names that could not be read.

    Such a name stands for everything below it: the files of a folder or archive, the rows of a `.jsonl` file.
    """

    ids: frozenset[str]
    unread: tuple[str, ...]


class Following:
    """One folder that a library follows. Remembers what each file held, so that later looks read only what changed.

    Its articles are those whose origin it is: "corpus" for the drop folder, else the folder's own path.
    """

    def __init__(self, library: Library, folder: Path, *, relative_to: Path, drop_folder: bool = False) -> None:
        self.folder = folder
        self._library = library
        self._relative_to = relative_to
        self._origin = ORIGIN if drop_folder else f"folder {folder.resolve().as_posix()}"
        self._skip = is_skipped_in_corpus if drop_folder else is_skipped
        self._listed: dict[Path, _Listed] = {}
        self._duplicates: set[Path] = set()
        self._closed: set[str] = set()  # folders that could not be looked into the last time

    def stamps(self) -> dict[Path, Stamp]:
        """The files in the folder now; raises FolderGone."""
        self._check_folder()
        stamps: dict[Path, Stamp] = {}
        for path in find_files(self.folder, skip=self._skip):
            if isinstance(path, SourceError):
                continue  # told by `update`
            try:
                state = path.stat()
            except OSError:
                continue  # gone in this very moment
            stamps[path] = (state.st_size, state.st_mtime_ns, state.st_ino)
        return stamps

    def update(
        self,
        changed: Collection[Path] | None = None,
        *,
        on_progress: OnProgress | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> AddReport:
        """Bring the library to what the folder holds, or to what `changed` files of it do; what was known of the
        others still holds, even if they are gone meanwhile.

        A folder that is gone is reported as failed, and its articles stay.
        """
        try:
            self._check_folder()
        except FolderGone as gone:
            return AddReport(failed=(Failure(gone.source, gone.reason),))
        files, closed = self._look(changed)
        failed = [Failure(each.source, each.reason) for each in closed if each.source not in self._closed]
        self._closed = {each.source for each in closed}
        removed = self._drop(on_progress)
        report = self._add(files if changed is None else [path for path in files if path in changed], on_progress, stop)
        if removed or report.replaced:
            # What was the same as another file's article may now be the only one to hold it.
            again = [path for path in files if path in self._duplicates and changed is not None and path not in changed]
            self._duplicates.difference_update(again)
            if again:
                report += self._add(again, on_progress, stop)
        if on_progress is not None:
            for each in failed:
                on_progress(Progress(0, None, each.source, "failed", each.error))
        return replace(report, removed=tuple(removed), failed=(*failed, *report.failed))

    def _look(self, changed: Collection[Path] | None) -> tuple[list[Path], list[SourceError]]:
        """The files that are there, and what cannot be looked into; remembers what the changed ones hold."""
        files: list[Path] = []
        closed: list[SourceError] = []
        for path in find_files(self.folder, relative_to=self._relative_to, skip=self._skip):
            if isinstance(path, SourceError):
                closed.append(path)
            else:
                files.append(path)
        here = set(files)
        for path in list(self._listed):
            if path not in here and (changed is None or path in changed):
                del self._listed[path]
                self._duplicates.discard(path)
        for path in files:
            if path not in self._listed or changed is None or path in changed:
                self._listed[path] = self._list(path)
        return files, closed

    def _list(self, path: Path) -> _Listed:
        ids: set[str] = set()
        unread: list[str] = []
        for source in self._sources(path):
            if isinstance(source, SourceError):
                unread.append(source.source)
            else:
                ids.add(article_id(source.name))
        return _Listed(frozenset(ids), tuple(unread))

    def _drop(self, on_progress: OnProgress | None) -> list[str]:
        """Remove the articles whose files went, before others are added: a file under a new name is no duplicate."""
        there = set().union(*(each.ids for each in self._listed.values()))
        unread = {name for each in self._listed.values() for name in each.unread}
        closed = self._closed | unread
        rows_stay = bool(self._closed) or any(map(_may_hold_rows, unread))
        gone = [
            held
            for held in self._library.from_origin(self._origin)
            if held.article_id not in there
            # Nobody can tell which articles would have been in what cannot be read just now: they stay as they were.
            and not _is_below(held.source, closed)
            and not (rows_stay and self._library.is_row(held.article_id))
        ]
        removed = self._library.drop([held.article_id for held in gone])
        if on_progress is not None:
            for held in gone:
                on_progress(Progress(0, None, held.source, "removed"))
        return removed

    def _add(
        self, files: Collection[Path], on_progress: OnProgress | None, stop: Callable[[], bool] | None
    ) -> AddReport:
        kept_out = self._library.kept_out()
        total = sum(len(each.ids) + len(each.unread) for each in map(self._listed.__getitem__, files))

        def wanted() -> Iterator[Source | SourceError]:
            for path in files:
                for source in self._sources(path):
                    if isinstance(source, SourceError) or not _is_kept_out(source, kept_out):
                        yield source

        report = self._library.add(wanted(), origin=self._origin, total=total, on_progress=on_progress, stop=stop)
        if report.duplicates:
            same = {article_id(source) for source, _ in report.duplicates}
            self._duplicates.update(path for path in files if same & self._listed[path].ids)
        return report

    def _sources(self, path: Path) -> Iterator[Source | SourceError]:
        return find_sources(path, relative_to=self._relative_to, skip=self._skip)

    def _check_folder(self) -> None:
        """Raises FolderGone when the folder is not there, or is another one, empty: where a drive was mounted."""
        name = str(self.folder)
        try:
            state = self.folder.stat()
            with os.scandir(self.folder) as entries:
                empty = next(entries, None) is None
        except PermissionError:
            raise FolderGone(name, "may not be opened; check its permissions (its articles stay)") from None
        except OSError:
            raise FolderGone(name, "is not there; its articles stay in the library until it is back") from None
        identity = f"{state.st_dev} {state.st_ino}"
        key = f"identity of {self._origin}"
        known = self._library.property(key)
        if known == identity:
            return
        if empty and self._library.from_origin(self._origin):
            raise FolderGone(
                name,
                "is empty and not the folder it was, as if a drive were not connected; its articles stay: "
                "connect it, put a file into the folder, or use `app.py remove`",
            )
        self._library.set_property(key, identity)


def _is_below(source: str, names: Collection[str]) -> bool:
    """Whether an article's name is among these or lies below one of them."""
    if not names:
        return False
    parts = source.split("/")
    return any("/".join(parts[:length]) in names for length in range(1, len(parts) + 1))


def _may_hold_rows(name: str) -> bool:
    """Whether what goes by this name is a file of rows, a line of one, or an archive."""
    return name.partition(", line ")[0].lower().endswith((".jsonl", ".jsonl.gz", ".zip"))


def _is_kept_out(source: Source, kept_out: dict[str, str]) -> bool:
    digest = kept_out.get(article_id(source.name))
    try:
        return digest is not None and digest == sha256_hex(source.read_bytes())
    except SourceError:
        return False  # adding it tells why
