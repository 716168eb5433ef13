"""Finds what can become articles: a file, the files of a folder or a `.zip`, or the rows of a `.jsonl` file.

Opens nothing but `.jsonl` and `.zip` files; what a file holds is `ingest/reading.py`'s business, addresses are
`ingest/web.py`'s.
"""

import gzip
import io
import json
import os
import re
import stat
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast

from errors import FetchError, SourceError, SourceMissing, SourceTooLarge, SourceUnreadable
from ingest.archives import Member, is_document, members

ROW_MEDIA_TYPE = "application/x-footnote-row"

# A row is an article held in memory several times over while it is read; this is the limit of a plain text, too.
MAX_ROW_BYTES = 64 * 1024 * 1024

# A file of another kind can be wrong in every row: beyond this many the rest is counted, not listed.
MAX_ROW_ERRORS = 100

_ROW_SUFFIXES = (".jsonl", ".jsonl.gz")
_TEMPORARY = re.compile(r"~\$.*|.*~|.*\.(?:tmp|swp|swo|part|crdownload|lock)|thumbs\.db|desktop\.ini", re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_QUESTION_KEYS = frozenset({"question", "query", "query_id", "query-id", "question_id", "corpus-id", "corpus_id"})


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a web server said of the version it gave: at which address, its ETag and Last-Modified, as they came.

    Sent back with the next request for that address, they spare the answer when nothing has changed.
    """

    address: str
    etag: str = ""
    last_modified: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """Where an article comes from: `path` or the `member` of an archive, read only when its turn comes, or `data`.

    `name` becomes the article's `source`. `media_type` is set when somebody told us (a web server, a row); without it
    content and suffix decide. `title` and `published` override what the source says of itself. `password` opens a
    protected file and is kept nowhere; `ocr_language` is what text in pictures is written in, as tesseract names it.
    """

    name: str
    path: Path | None = None
    data: bytes | None = None
    media_type: str | None = None
    title: str | None = None
    published: date | None = None
    member: Member | None = None
    password: str | None = field(default=None, repr=False)
    ocr_language: str | None = None
    fetched: Fetched | None = None

    def read_bytes(self, limit: int = -1) -> bytes:
        """All bytes, or the first `limit`; raises SourceMissing or SourceUnreadable."""
        if self.data is not None:
            return self.data if limit < 0 else self.data[:limit]
        if self.member is not None:
            return self.member.read(self.name, limit)
        if self.path is None:
            raise SourceMissing(self.name, "has neither a file nor text")
        try:
            with self.path.open("rb") as file:
                return file.read(limit)
        except (FileNotFoundError, IsADirectoryError):
            raise SourceMissing(self.name, "is no longer there; check the path") from None
        except OSError as error:
            raise SourceUnreadable(self.name, f"cannot be opened ({error.strerror or error})") from error

    def size(self) -> int:
        """Bytes of the source; 0 when it cannot be told (`read_bytes` then says why)."""
        if self.data is not None:
            return len(self.data)
        if self.member is not None:
            return self.member.size
        try:
            return 0 if self.path is None else self.path.stat().st_size
        except OSError:
            return 0


def is_address(argument: str) -> bool:
    """Whether this is a web address, which `ingest/web.py` fetches, rather than a path."""
    return argument.lower().startswith(("http://", "https://"))


def is_skipped(path: Path) -> bool:
    """Hidden and temporary files: never articles, wherever they lie."""
    return path.name.startswith(".") or _TEMPORARY.fullmatch(path.name) is not None


def is_skipped_in_corpus(path: Path) -> bool:
    """What may lie in the drop folder without being an article: read-me files, question sets, hidden and temporary."""
    name = path.name.lower()
    questions = name.startswith("questions") and name.endswith(_ROW_SUFFIXES)
    return is_skipped(path) or name.startswith("readme") or questions


def find_sources(
    argument: str | Path,
    *,
    relative_to: Path | None = None,
    skip: Callable[[Path], bool] = is_skipped,
) -> Iterator[Source | SourceError]:
    """The sources that a path stands for, in a stable order, lazily; an error takes the place of what cannot be used.

    A file is one source, a `.jsonl` or `.jsonl.gz` file one a row, a `.zip` one a file inside, a folder all of these
    below it, without what `skip` holds for (asked for folders, too). Names are resolved paths, relative to
    `relative_to` where they lie inside it.
    """
    if isinstance(argument, str) and _SCHEME.match(argument):
        reason = "is an address, not a file" if is_address(argument) else "only http and https addresses can be added"
        yield FetchError(argument, reason)
        return
    if not str(argument).strip():
        yield SourceMissing("(nothing)", "no path was given; name a file, a folder or an address")
        return
    path = Path(argument)
    base = None if relative_to is None else relative_to.resolve()
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError, RuntimeError) as error:
        yield _not_there(error, str(path).replace("\0", "\\0"))
        return
    if stat.S_ISDIR(mode):
        yield from _in_folder(path, base, skip)
    elif stat.S_ISREG(mode):
        yield from _in_file(path, base, skip)
    else:
        yield SourceMissing(str(path), "is neither a file nor a folder")


def _not_there(error: Exception, name: str) -> SourceError:
    if isinstance(error, PermissionError):
        return SourceUnreadable(name, "may not be opened; check its permissions")
    return SourceMissing(name, "there is no such file or folder; check the path")


def find_files(
    folder: Path, *, relative_to: Path | None = None, skip: Callable[[Path], bool] = is_skipped
) -> Iterator[Path | SourceError]:
    """Every file below `folder`, sorted by path; each real file and folder once, so that loops end.

    What cannot be looked at is an error under the name that a source there would begin with.
    """
    base = None if relative_to is None else relative_to.resolve()
    seen: set[Path] = set()
    waiting = [folder]
    while waiting:
        path = waiting.pop()
        try:
            real = path.resolve()
            if real in seen:
                continue
            seen.add(real)
            mode = real.stat().st_mode
            if stat.S_ISDIR(mode):
                below = sorted(path.iterdir(), key=lambda each: each.name, reverse=True)
                waiting.extend(each for each in below if not skip(each))
                continue
        except (OSError, RuntimeError) as error:
            if not path.is_symlink():  # a link that leads nowhere or in a circle is no article that went missing
                yield _not_there(error, _name(path, base))
            continue
        if stat.S_ISREG(mode):
            yield path


def _in_folder(folder: Path, base: Path | None, skip: Callable[[Path], bool]) -> Iterator[Source | SourceError]:
    found = False
    for path in find_files(folder, relative_to=base, skip=skip):
        found = True
        if isinstance(path, SourceError):
            yield path
        else:
            yield from _in_file(path, base, skip)
    if not found:
        yield SourceMissing(str(folder), "this folder holds no articles; put text, PDF, Word or web page files into it")


def _in_file(path: Path, base: Path | None, skip: Callable[[Path], bool]) -> Iterator[Source | SourceError]:
    name = _name(path, base)
    if path.name.lower().endswith(_ROW_SUFFIXES):
        yield from _in_rows(partial(_open_rows, path), name)
    elif path.name.lower().endswith(".zip") and not is_document(path):
        yield from find_in_archive(path, name, skip=skip)
    else:
        yield Source(name=name, path=path.resolve())


def find_in_archive(
    archive: Path | bytes, name: str, *, skip: Callable[[Path], bool] = is_skipped
) -> Iterator[Source | SourceError]:
    """The sources in a `.zip`, named `name`, a slash and their path inside; what `skip` holds for is left out."""
    found = False
    for member in members(archive, name):
        path = PurePosixPath(member.source if isinstance(member, SourceError) else member.path)
        inside = path.relative_to(name) if isinstance(member, SourceError) and path.is_relative_to(name) else path
        if any(part != ".." and (skip(Path(part)) or part == "__MACOSX") for part in inside.parts):
            continue
        found = True
        if isinstance(member, SourceError):
            yield member
            continue
        source = Source(name=f"{name}/{member.path}", member=member)
        if member.path.lower().endswith(_ROW_SUFFIXES):
            yield from _in_rows(partial(_open_member_rows, source), source.name)
        else:
            yield source
    if not found:
        yield SourceMissing(name, "this archive holds no articles; put text, PDF, Word or web page files into it")


def _name(path: Path, base: Path | None) -> str:
    real = path.resolve()
    if base is not None and real.is_relative_to(base):
        real = real.relative_to(base)
    # Names that are not UTF-8 on disk arrive with lone surrogates, which no database or JSON takes.
    return os.fsencode(real.as_posix()).decode("utf-8", "replace")


def _in_rows(opened: Callable[[], BinaryIO], name: str) -> Iterator[Source | SourceError]:
    """The rows of a `.jsonl` file; wrong ones become errors that name the line, and the rest goes on."""
    errors = rows = 0
    lines: dict[str, int] = {}
    try:
        with opened() as file:
            for number, raw in _numbered(file, name):
                rows += 1
                result = _row(raw, name, number)
                if isinstance(result, _NotArticles):
                    yield SourceUnreadable(name, str(result))
                    return
                if isinstance(result, Source):
                    first = lines.setdefault(result.name, number)
                    if first == number:
                        yield result
                        continue
                    result = SourceUnreadable(f"{name}, line {number}", f"its _id is already that of line {first}")
                errors += 1
                if errors <= MAX_ROW_ERRORS:
                    yield result
    except SourceError as error:
        yield error
        return
    except (OSError, EOFError, zlib.error) as error:
        yield SourceUnreadable(name, f"is damaged or cannot be opened ({error})")
        return
    if errors > MAX_ROW_ERRORS:
        yield SourceUnreadable(name, f"{errors - MAX_ROW_ERRORS} more rows could not be read, for reasons as above")
    if not rows:
        yield SourceUnreadable(name, "is empty")


class _NotArticles(Exception):
    """The file as a whole holds something else than articles."""


def _open_rows(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path, "rb")) if path.name.lower().endswith(".gz") else path.open("rb")


def _open_member_rows(source: Source) -> BinaryIO:
    file = io.BytesIO(source.read_bytes())
    return cast(BinaryIO, gzip.open(file, "rb")) if source.name.lower().endswith(".gz") else file


def _numbered(file: BinaryIO, name: str) -> Iterator[tuple[int, bytes]]:
    """Lines that are not blank, cut at line feeds only, numbered from 1."""
    number = 0
    while raw := file.readline(MAX_ROW_BYTES + 1):
        number += 1
        if len(raw) > MAX_ROW_BYTES:
            limit = MAX_ROW_BYTES // (1024 * 1024)
            raise SourceTooLarge(f"{name}, line {number}", f"a row may have {limit} MB; split it, the rest is not read")
        if number == 1:
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        if raw.strip():
            yield number, raw


def _row(raw: bytes, name: str, number: int) -> Source | SourceError | _NotArticles:
    where = f"{name}, line {number}"
    try:
        row: Any = json.loads(raw.decode("utf-8"))
    except UnicodeDecodeError:
        return SourceUnreadable(where, "is not UTF-8; save the file as UTF-8")
    except (ValueError, RecursionError):
        return SourceUnreadable(where, "is not JSON; each line must be one JSON object")
    if not isinstance(row, dict):
        return SourceUnreadable(where, "is not a JSON object; each line must be one, with _id and text")
    if "text" not in row and _QUESTION_KEYS & row.keys():
        return _NotArticles("holds questions or relevance labels, not articles; `app.py evaluate` reads such files")
    identity, text = row.get("_id"), row.get("text")
    if isinstance(identity, bool) or not isinstance(identity, str | int) or not str(identity).strip():
        return SourceUnreadable(where, "has no _id; each row needs one, as text or a whole number")
    if not isinstance(text, str):
        return SourceUnreadable(where, "has no text; each row needs one")
    if not text.strip():
        return SourceUnreadable(where, "its text is empty")
    try:
        data = json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode("utf-8")
    except UnicodeEncodeError:
        return SourceUnreadable(where, "holds half a character (a lone surrogate); save the file again as UTF-8")
    return Source(name=str(identity), data=data, media_type=ROW_MEDIA_TYPE)
