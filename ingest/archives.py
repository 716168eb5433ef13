"""Looks into `.zip` archives: which files they hold, and their bytes one file at a time.

Nothing is ever unpacked to disk, and nothing whose sizes, names or locks are not as they should be is read. Knows no
formats; `ingest/sources.py` makes sources of what is found here.
"""

import io
import re
import threading
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from errors import SourceEncrypted, SourceError, SourceTooLarge, SourceUnreadable

_MEGABYTE = 1024 * 1024
_DAMAGED = "is damaged or incomplete; fetch or save it again"
_ODDLY_PACKED = "is packed in a way that cannot be read; unpack it and add the file"
_DRIVE = re.compile(r"[A-Za-z]:")
_UTF8_FLAG = 0x800
_ENCRYPTED_FLAG = 0x1
_FAILURES = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError)
# Office files and books are archives, too: these are among their first members.
_DOCUMENTS = ("[Content_Types].xml", "mimetype", "META-INF/container.xml")


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """How much an archive may hold: files, bytes of one and of all when unpacked, and bytes unpacked to one packed.

    Text packs ten to one, tables of zeros fifty to one, a bomb a thousand to one; small files may pack as they like.
    """

    files: int = 10_000
    file_bytes: int = 256 * _MEGABYTE
    all_bytes: int = 4096 * _MEGABYTE
    ratio: int = 200
    ratio_from_bytes: int = 20 * _MEGABYTE


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive: its path inside, and `size` in bytes once it is unpacked."""

    path: str
    size: int
    _archive: "_Open" = field(repr=False, compare=False)
    _info: zipfile.ZipInfo = field(repr=False, compare=False)

    def read(self, name: str, limit: int = -1) -> bytes:
        """Its bytes, or the first `limit`; raises a SourceError about `name`."""
        try:
            return self._archive.read(self._info, limit)
        except NotImplementedError:
            raise SourceUnreadable(name, _ODDLY_PACKED) from None
        except _FAILURES:
            raise SourceUnreadable(name, _DAMAGED) from None


def is_document(data: Path | bytes) -> bool:
    """Whether these bytes in zip form are one document, an Office file or a book, rather than an archive of files."""
    try:
        with zipfile.ZipFile(data if isinstance(data, Path) else io.BytesIO(data)) as archive:
            return any(name in archive.NameToInfo for name in _DOCUMENTS)
    except _FAILURES:
        return False


def members(data: Path | bytes, name: str, limits: ArchiveLimits | None = None) -> Iterator[Member | SourceError]:
    """The files in an archive, sorted by path; an error takes the place of each that must not or cannot be read.

    `name` is the archive's own, for errors. The archive stays open as long as one of its members is in use.
    """
    limits = ArchiveLimits() if limits is None else limits
    try:
        opened = _Open(data)
    except _FAILURES:
        yield SourceUnreadable(name, _DAMAGED)
        return
    infos = [info for info in opened.infos() if not info.is_dir()]
    if len(infos) > limits.files:
        yield SourceTooLarge(name, f"holds {len(infos)} files, more than the {limits.files} that are read; split it")
        return
    seen: set[str] = set()
    total = 0
    for path, info in sorted(((_path(info), info) for info in infos), key=lambda each: each[0]):
        inside = f"{name}/{_printable(path)}"
        error = _refused(path, info, inside, limits)
        if error is None and path in seen:
            error = SourceUnreadable(inside, "is in the archive twice; only the first is read")
        if error is None and total + info.file_size > limits.all_bytes:
            error = SourceTooLarge(inside, f"is beyond the {limits.all_bytes // _MEGABYTE} MB read of one archive")
        if error is not None:
            yield error
            continue
        seen.add(path)
        total += info.file_size
        yield Member(path, info.file_size, opened, info)


def _refused(path: str, info: zipfile.ZipInfo, inside: str, limits: ArchiveLimits) -> SourceError | None:
    """Why a file is not read. Sizes are as the archive says: unpacking stops there, or fails."""
    parts = PurePosixPath(path).parts
    if not parts or ".." in parts or path.startswith("/") or _DRIVE.match(path) or "\0" in path:
        return SourceUnreadable(inside, "its name leads out of the archive; rename it, or unpack it and add the file")
    if info.flag_bits & _ENCRYPTED_FLAG:
        return SourceEncrypted(inside, "is locked with a password; unpack it and add the file")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        # The others give back whatever they hold at once, however small the piece that is asked for.
        return SourceUnreadable(inside, _ODDLY_PACKED)
    if info.file_size > limits.file_bytes:
        return SourceTooLarge(
            inside, f"is larger than the {limits.file_bytes // _MEGABYTE} MB read from an archive; add it unpacked"
        )
    if info.file_size > limits.ratio_from_bytes and info.file_size > limits.ratio * max(1, info.compress_size):
        return SourceTooLarge(inside, "unpacks to far more than a document holds; it is not read")
    if path.lower().endswith(".zip"):
        return SourceUnreadable(inside, "is an archive in an archive; unpack the outer one and add it by itself")
    return None


def _path(info: zipfile.ZipInfo) -> str:
    """A member's path, with slashes; old programs write names as bytes that nobody labels, mostly UTF-8 today."""
    name = info.orig_filename
    if not info.flag_bits & _UTF8_FLAG:
        try:
            name = name.encode("cp437").decode("utf-8")
        except UnicodeError:
            pass
    return name.replace("\\", "/").removeprefix("./")


def _printable(path: str) -> str:
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in path)[-300:]


class _Open:
    """An open archive, read by one thread at a time; closed when nobody refers to it any more."""

    def __init__(self, data: Path | bytes) -> None:
        self._lock = threading.Lock()
        self._archive = zipfile.ZipFile(data if isinstance(data, Path) else io.BytesIO(data))

    def infos(self) -> list[zipfile.ZipInfo]:
        return self._archive.infolist()

    def read(self, info: zipfile.ZipInfo, limit: int) -> bytes:
        with self._lock, self._archive.open(info) as file:
            return file.read(limit)
