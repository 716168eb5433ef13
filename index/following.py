"""The library follows a drop folder: what is put there is added, what changes replaced, what goes removed.

Articles added otherwise stay. What a person removed stays removed until its file changes or is added by name.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from errors import SourceError, SourceMissing
from index.library import Library, OnProgress
from index.values import AddReport, Progress
from ingest.article import article_id, sha256_hex
from ingest.sources import Source, find_sources, is_skipped_in_corpus

ORIGIN = "corpus"


def follow(
    library: Library,
    folder: Path,
    *,
    relative_to: Path,
    on_progress: OnProgress | None = None,
    stop: Callable[[], bool] | None = None,
) -> AddReport:
    """Bring the library to what `folder` holds; names are relative to `relative_to` where they lie inside it.

    A folder that is missing or empty is no error: whatever came from it before is removed.
    """
    here = list(_sources(folder, relative_to))
    # A file that cannot be read just now is still there: its article stays as it was. So do all rows of .jsonl files
    # when one cannot be read, since nobody can tell which rows it would have held.
    there = {article_id(each.source if isinstance(each, SourceError) else each.name) for each in here}
    rows_stay = any(isinstance(each, SourceError) for each in here)
    gone = [
        held
        for held in library.from_origin(ORIGIN)
        if held.article_id not in there and not (rows_stay and library.is_row(held.article_id))
    ]
    # First, so that a file under a new name is not taken for a duplicate of itself.
    removed = library.drop([held.article_id for held in gone])
    kept_out = library.kept_out()
    wanted = [each for each in here if isinstance(each, SourceError) or not _is_kept_out(each, kept_out)]
    report = library.add(wanted, origin=ORIGIN, total=len(wanted), on_progress=on_progress, stop=stop)
    if on_progress is not None:
        for held in gone:
            on_progress(Progress(len(wanted), len(wanted), held.source, "removed"))
    return replace(report, removed=tuple(removed))


def _sources(folder: Path, relative_to: Path) -> Iterator[Source | SourceError]:
    if not folder.is_dir():
        return
    for source in find_sources(folder, relative_to=relative_to, skip=is_skipped_in_corpus):
        if isinstance(source, SourceMissing) and source.source == str(folder):
            continue  # "this folder holds no articles": it need not
        yield source


def _is_kept_out(source: Source, kept_out: dict[str, str]) -> bool:
    digest = kept_out.get(article_id(source.name))
    try:
        return digest is not None and digest == sha256_hex(source.read_bytes())
    except SourceError:
        return False  # adding it tells why
