"""Reads books (.epub): their chapters in reading order, each as the web page that it is.

Styles, pictures, fonts and scripts are left out, and nothing outside the book is looked at. Knows the package around
the chapters; `ingest/formats/html.py` reads them.
"""

import io
import posixpath
import zipfile
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

from lxml import etree

from errors import SourceEncrypted, SourceUnreadable
from ingest.article import Article, BlockKind, sha256_hex
from ingest.building import TextBuilder
from ingest.cleaning import clean_text
from ingest.dates import parse_date
from ingest.formats import html
from ingest.formats.office import BAD_PACKAGE, check_package
from ingest.sources import Source

_DAMAGED = "is damaged or no book, whatever its name says; fetch or save it again"
_PAGES = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")
_STATED = "book metadata"
_FONTS = ("http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC")  # disguised fonts are no lock


def read(data: bytes, source: Source) -> Article:
    """The article in a book; raises SourceUnreadable, SourceEncrypted or SourceTooLarge."""
    check_package(data, source.name, ".epub")
    builder = TextBuilder()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            package_path = _package_path(archive)
            package = _tree(archive.read(package_path))
            locked = _locked(archive)
            for path in _chapters(package, posixpath.dirname(package_path)):
                if path in locked:
                    raise SourceEncrypted(source.name, "is locked to the shop or library that it came from")
                if path in archive.NameToInfo:
                    _add_chapter(archive.read(path), f"{source.name}/{path}", builder)
    except (*BAD_PACKAGE, etree.LxmlError, AttributeError, TypeError) as error:
        raise SourceUnreadable(source.name, _DAMAGED) from error
    if not builder.text:
        raise SourceUnreadable(source.name, "holds no text")
    stated = {name: _metadata(package, name) for name in ("title", "creator", "date", "language")}
    heading = next((b for b in builder.blocks if b.kind is BlockKind.HEADING and b.level == 1), None)
    title = stated["title"] or ("" if heading is None else builder.text[heading.start : heading.end])
    published = parse_date(stated["date"][:10])
    facts = {"author": stated["creator"], "language": stated["language"][:2].lower()}
    facts = {name: value for name, value in facts.items() if value}
    where = dict.fromkeys([*facts, *(["published"] if published else [])], _STATED)
    return Article(
        source=source.name,
        title=title or PurePosixPath(source.name.rstrip("/")).stem or source.name,
        text=builder.text,
        sha256=sha256_hex(data),
        published=published,
        facts=facts,
        origins={"title": _STATED if stated["title"] else "heading" if heading else "file name", **where},
        blocks=tuple(builder.blocks),
    )


def _add_chapter(page: bytes, name: str, builder: TextBuilder) -> None:
    try:
        builder.append(html.read_all(page, Source(name, data=page, media_type="application/xhtml+xml")))
    except SourceUnreadable:
        return  # a cover or a page of pictures


def _package_path(archive: zipfile.ZipFile) -> str:
    container = _tree(archive.read("META-INF/container.xml"))
    found = container.find(".//{*}rootfile")
    return str(found.get("full-path")) if found is not None else ""


def _chapters(package: Any, folder: str) -> Iterator[str]:
    """Paths of the chapters within the archive, in reading order; the list of contents is no chapter."""
    items = {item.get("id"): item for item in package.iterfind(".//{*}manifest/{*}item")}
    for reference in package.iterfind(".//{*}spine/{*}itemref"):
        item = items.get(reference.get("idref"))
        if item is None or item.get("media-type") not in _PAGES or "nav" in (item.get("properties") or "").split():
            continue
        path = posixpath.normpath(posixpath.join(folder, unquote((item.get("href") or "").partition("#")[0])))
        yield path


def _locked(archive: zipfile.ZipFile) -> set[str]:
    """Paths of what is encrypted, but for fonts."""
    if "META-INF/encryption.xml" not in archive.NameToInfo:
        return set()
    tree = _tree(archive.read("META-INF/encryption.xml"))
    locked: set[str] = set()
    for data in tree.iterfind(".//{*}EncryptedData"):
        method, reference = data.find("{*}EncryptionMethod"), data.find(".//{*}CipherReference")
        if reference is not None and (method is None or method.get("Algorithm") not in _FONTS):
            locked.add(posixpath.normpath(unquote(reference.get("URI") or "")))
    return locked


def _metadata(package: Any, name: str) -> str:
    found = package.find(f".//{{*}}metadata/{{http://purl.org/dc/elements/1.1/}}{name}")
    return "" if found is None else " ".join(clean_text("".join(found.itertext())).split())[:300]


def _tree(data: bytes) -> Any:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True)
    tree = etree.fromstring(data, parser)
    if tree is None:
        raise ValueError("no markup")
    return tree
