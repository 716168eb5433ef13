"""Reads feeds (RSS 0.9 to 2.0, Atom) and sitemaps (and indexes of these), packed or not, as lists of pages.

Forgiving about markup, since feeds seldom are right. Nothing that they refer to is loaded and no entity of their own
is expanded.
"""

import html
import io
import re
import zlib
from collections.abc import Iterator
from datetime import date
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

from lxml import etree

from errors import SourceTooLarge, SourceUnreadable
from ingest.cleaning import clean_text
from ingest.dates import parse_date
from ingest.listing import MAX_ENTRIES, Entry, Listing, newest_first
from ingest.page_head import without_tracking

MAX_BYTES = 50 * 1024 * 1024  # unpacked, as the sitemap protocol has it
MAX_MAPS = 50

_ROOT = re.compile(rb"<(?:[\w.-]{1,40}:)?(?:rss|rdf|feed|urlset|sitemapindex)[\s>]", re.IGNORECASE)
_BEFORE_ROOT = (b"<?", b"<!--", b"<!")
_TAG = re.compile(r"<[^<>]{1,1000}>")
_PARENTS = {"entry": "feed", "url": "urlset", "sitemap": "sitemapindex"}  # of an item it may be anything
_DATES = ("published", "pubdate", "date", "issued", "publication_date", "updated", "lastmod", "modified")
_LONGEST_TITLE = 300


def looks_like_list(data: bytes) -> bool:
    """Whether these bytes are a feed or sitemap, packed or not."""
    head = data[: 64 * 1024]
    if head.startswith(b"\x1f\x8b"):
        try:
            head = zlib.decompressobj(31).decompress(head, 64 * 1024)
        except zlib.error:
            return False
    head = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    at = 0 if head.startswith(b"<") else -1
    while at >= 0 and head.startswith(_BEFORE_ROOT, at):
        end = head.find(b"-->" if head.startswith(b"<!--", at) else b">", at)
        at = -1 if end < 0 else head.find(b"<", end)
    return at >= 0 and _ROOT.match(head, at) is not None


def read_list(data: bytes, address: str) -> Listing:
    """The list that a feed or sitemap found at `address` holds; raises SourceUnreadable or SourceTooLarge."""
    data = _unpacked(data, address)
    title = ""
    entries: dict[str, Entry] = {}
    maps: dict[str, None] = {}
    left_out = 0
    is_map = False
    for kind, element in _elements(data, address):
        if kind == "title":
            title = title or _text(element)
        elif kind == "sitemap":
            if found := _address(address, _first(element, "loc")):
                left_out += len(maps) >= MAX_MAPS and found not in maps
                if len(maps) < MAX_MAPS:
                    maps[found] = None
        else:
            is_map = is_map or kind == "url"
            entry = _entry(element, address)
            if entry is None or entry.address in entries:
                continue
            if len(entries) < MAX_ENTRIES:
                entries[entry.address] = entry
            else:
                left_out += 1
    # A sitemap's order means nothing, a feed's own does.
    listed = newest_first(entries.values()) if is_map else list(entries.values())
    if not listed and not maps:
        raise SourceUnreadable(address, "is a feed or sitemap that lists no pages")
    return Listing(address, title or (urlsplit(address).hostname or address), tuple(listed), tuple(maps), left_out)


def _unpacked(data: bytes, address: str) -> bytes:
    if data.startswith(b"\x1f\x8b"):
        unpacker = zlib.decompressobj(31)
        try:
            data = unpacker.decompress(data, MAX_BYTES + 1)
        except zlib.error:
            raise SourceUnreadable(address, "is a damaged sitemap; try again") from None
        if not unpacker.eof and len(data) <= MAX_BYTES:
            raise SourceUnreadable(address, "broke off before the end; try again")
    if len(data) > MAX_BYTES:
        raise SourceTooLarge(address, f"is a list of more than the {MAX_BYTES // (1024 * 1024)} MB that are read")
    return data


def _elements(data: bytes, address: str) -> Iterator[tuple[str, Any]]:
    """("title", element) of the whole list, and its entries and maps; each is dropped once the next is asked for."""
    events = etree.iterparse(
        io.BytesIO(data),
        events=("end",),
        recover=True,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        for _, element in events:
            name = _name(element)
            parent = element.getparent()
            if name == "title" and parent is not None and _name(parent) in ("channel", "feed"):
                yield "title", element
            elif name == "item" or (name in _PARENTS and parent is not None and _name(parent) == _PARENTS[name]):
                yield name, element
                element.clear()
                while element.getprevious() is not None and parent is not None:
                    del parent[0]
    except etree.XMLSyntaxError:
        raise SourceUnreadable(address, "is a feed or sitemap that is damaged; try again later") from None


def _entry(element: Any, address: str) -> Entry | None:
    """The page that an entry names; None for one that leads nowhere, such as a broadcast."""
    link = ""
    guid = None
    for child in element:
        name = _name(child)
        if name == "link" and child.get("href") is not None:
            if child.get("rel", "alternate") == "alternate":
                link = link or child.get("href")
        elif name in ("link", "loc"):
            link = link or _raw(child)
        elif name == "guid" and child.get("isPermaLink", "true").lower() == "true":
            guid = _raw(child)
    found = _address(address, link or guid or "")
    if not found:
        return None
    published = next(filter(None, (_day(_raw(each)) for each in _named(element, *_DATES))), None)
    titles = [*_named(element, "title")]
    return Entry(found, _text(titles[0]) if titles else "", published)


def _named(element: Any, *names: str) -> Iterator[Any]:
    """Descendants of these names, those of the first name first, and of the element's own kind first."""
    space = etree.QName(element).namespace
    found = [each for each in element.iterdescendants() if isinstance(each.tag, str)]
    found.sort(key=lambda each: etree.QName(each).namespace != space)  # a picture's title is not the page's
    for name in names:
        yield from (each for each in found if _name(each) == name)


def _first(element: Any, name: str) -> str:
    return next((_raw(each) for each in _named(element, name)), "")


def _address(base: str, address: str) -> str:
    """Absolute, without the mark of a place in the page and without tracking; "" for what is no web address."""
    try:
        parts = urlsplit(urljoin(base, address.strip()))
        if not address.strip() or parts.scheme not in ("http", "https") or not parts.hostname:
            return ""
    except ValueError:
        return ""
    return parts._replace(fragment="", query=without_tracking(parts.query)).geturl()


def _day(text: str) -> date | None:
    """The day of "2025-07-01T10:00:00Z" or of "Tue, 01 Jul 2025 08:00:00 +0200", as it was where it was written."""
    if (day := parse_date(text)) is not None:
        return day
    try:
        return parsedate_to_datetime(text).date()
    except (ValueError, TypeError, IndexError):
        return None


def _raw(element: Any) -> str:
    return "".join(element.itertext()).strip()


def _text(element: Any) -> str:
    """Titles may be markup, written as text, or even both."""
    text = _raw(element)
    if "<" in text or "&" in text:
        text = html.unescape(_TAG.sub("", html.unescape(text)))
    text = " ".join(clean_text(text).split())
    return text if len(text) <= _LONGEST_TITLE else text[: _LONGEST_TITLE - 1] + "…"


def _name(element: Any) -> str:
    return etree.QName(element).localname.lower() if isinstance(element.tag, str) else ""
