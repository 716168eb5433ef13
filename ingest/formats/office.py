"""What Office files have in common: a package that is checked before it is opened, and what it states of itself.

Knows neither documents nor sheets nor slides, and none of the libraries that read them.
"""

import io
import re
import zipfile
from dataclasses import dataclass
from datetime import date, datetime
from zlib import error as ZlibError

from errors import SourceTooLarge, SourceUnreadable
from ingest.cleaning import clean_text

STATED = "document properties"  # where facts come from that the file states of itself

MAX_UNPACKED_BYTES = 500 * 1024 * 1024
# Text packs about ten to one, tables of zeros fifty to one; a bomb packs a thousand to one.
MAX_RATIO = 200
MAX_PARTS = 20_000
_RATIO_FROM_BYTES = 20 * 1024 * 1024

BAD_PACKAGE = (zipfile.BadZipFile, ZlibError, KeyError, ValueError, NotImplementedError, EOFError, OSError)
_NO_AUTHOR = re.compile(
    r"python-(?:docx|pptx)|openpyxl|user|admin(?:istrator)?|author|owner|unknown|microsoft.*|apache poi", re.IGNORECASE
)
_NO_TITLE = re.compile(
    r"(?:(?:document|presentation|book|workbook|slide|folie)\s*\d*|untitled|title|(?:word|powerpoint) (?:document|"
    r"presentation)|microsoft (?:word|powerpoint|excel).*)|.*\.(?:docx?|pptx?|xlsx?)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Properties:
    """Title, author and date as a file states them; "" and None where it does not, or only its program does."""

    title: str
    author: str
    published: date | None

    @property
    def origins(self) -> dict[str, str]:
        """Where those that are there were found."""
        stated = (("title", self.title), ("author", self.author), ("published", self.published))
        return dict.fromkeys((name for name, value in stated if value), STATED)


def check_package(data: bytes, name: str, suffix: str) -> None:
    """Refuses what would unpack to too much, and what is locked; damage is found by who opens it.

    `suffix` is what to save such a file as. Raises SourceTooLarge and SourceUnreadable.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
    except BAD_PACKAGE:
        raise SourceUnreadable(name, f"is damaged, whatever its name says; save it again as {suffix}") from None
    # What an archive says of its sizes is safe to trust: reading stops there, or fails.
    unpacked = sum(part.file_size for part in parts)
    if unpacked > MAX_UNPACKED_BYTES or len(parts) > MAX_PARTS:
        limit = MAX_UNPACKED_BYTES // (1024 * 1024)
        raise SourceTooLarge(name, f"unpacks to more than the {limit} MB that are read; split it into parts")
    if unpacked > _RATIO_FROM_BYTES and unpacked > MAX_RATIO * len(data):
        raise SourceTooLarge(name, f"unpacks to far more than a document holds; save it again as {suffix}")
    if any(part.flag_bits & 1 for part in parts):
        raise SourceUnreadable(name, f"is a locked archive; save it again as {suffix} without a password")


def properties_of(title: str | None, author: str | None, core: object) -> Properties:
    """What a file states; `core` has its times as `created` and `modified`."""
    named, by = (" ".join(clean_text(each or "").split()) for each in (title, author))
    published = None
    for stated in (_stated(core, "created"), _stated(core, "modified")):
        # Files made by a program carry the date of its template.
        if stated is not None and stated.year > 2013:
            published = stated.date()
            break
    return Properties(
        "" if _NO_TITLE.fullmatch(named) or len(named) > 300 else named,
        "" if _NO_AUTHOR.fullmatch(by) else by[:200],
        published,
    )


def _stated(core: object, name: str) -> datetime | None:
    try:
        value = getattr(core, name)
    except (ValueError, AttributeError):
        return None
    return value if isinstance(value, datetime) else None
