"""What a web page says in its head about addresses: the one it wants to be known by, and the one it leads on to.

Looks at tags one after the other, never at the page as a tree, so that it can be asked of any bytes from anywhere in
the time of reading them once.
"""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, urlencode, urljoin, urlsplit

_HEAD_BYTES = 256 * 1024
_SLOWEST_REFRESH = 5.0  # seconds; a page that reloads itself later is meant to be read first

_WANTED = ("<link", "<meta", "<base")
_PASSED = {"<script": "</script", "<style": "</style", "<noscript": "</noscript", "<template": "</template"}
_ATTRIBUTE = re.compile(
    r"""[\s/]{0,200}([^\s=>"'/]{1,100})(?:\s{0,20}=\s{0,20}(?:"([^"]{0,3000})"|'([^']{0,3000})'|([^\s>"']{1,3000})))?"""
)
_REFRESH = re.compile(r"\s*(\d{0,6}(?:\.\d{0,6})?)\s*[;,]\s*(?:url\s*=\s*)?[\"']?([^\"']{1,3000})", re.IGNORECASE)
_LINK_HEADER = re.compile(r"<([^<>]{1,3000})>\s{0,9};[^,<>]{0,200}?\brel\s{0,9}=\s{0,9}\"?canonical\b", re.IGNORECASE)
_SAME_SITE = ("www.", "m.", "mobile.", "amp.")
_PAGE_KEY = re.compile(r"(?:page|p|pg|paged|start|offset|seite)", re.IGNORECASE)
_PAGE_PATH = re.compile(r"/page/(?:[2-9]|\d{2,})/?$", re.IGNORECASE)
_TRACKING = re.compile(r"utm_\w+|fbclid|gclid|msclkid|mc_[ce]id", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PageHead:
    """Addresses in a page's head, absolute: its canonical one, and the one it leads on to at once; "" without."""

    canonical: str = ""
    leads_to: str = ""


def read_head(page: bytes, address: str) -> PageHead:
    """What the page at `address` says of addresses."""
    base, canonical, shared, leads_to = address, "", "", ""
    for tag, attributes in _tags(page[:_HEAD_BYTES].decode("utf-8", "replace")):
        if tag == "<base":
            base = urljoin_or(address, attributes.get("href", ""))
        elif tag == "<link" and "canonical" in attributes.get("rel", "").lower().split():
            canonical = canonical or attributes.get("href", "").strip()
        elif tag == "<meta" and "og:url" in (attributes.get("property"), attributes.get("name")):
            shared = shared or attributes.get("content", "").strip()
        elif tag == "<meta" and attributes.get("http-equiv", "").lower() == "refresh":
            match = _REFRESH.match(attributes.get("content", ""))
            if match and float(match[1].strip(".") or 0) <= _SLOWEST_REFRESH:
                leads_to = leads_to or match[2].strip()
    named = canonical or shared
    return PageHead(urljoin_or(base, named) if named else "", urljoin_or(base, leads_to) if leads_to else "")


def canonical_in_header(header: str, address: str) -> str:
    """The canonical address in an HTTP Link header, absolute; "" without."""
    match = _LINK_HEADER.search(header)
    return urljoin_or(address, match[1].strip()) if match else ""


def may_stand_for(canonical: SplitResult, here: SplitResult) -> bool:
    """Whether a canonical address is believed: on the same site, and neither its front page nor the first of pages.

    A site that names its front page, or page 1, everywhere would make one article of all its pages.
    """
    if _site(canonical.hostname) != _site(here.hostname) or (canonical.port or 0) != (here.port or 0):
        return False
    if canonical.path in ("", "/") and not canonical.query and (here.path not in ("", "/") or here.query):
        return False
    if _PAGE_PATH.search(here.path) and not _PAGE_PATH.search(canonical.path):
        return False
    kept = dict(parse_qsl(canonical.query))
    return not any(
        _PAGE_KEY.fullmatch(key) and value.isdigit() and int(value[:9]) > 1 and kept.get(key) != value
        for key, value in parse_qsl(here.query)
    )


def without_tracking(query: str) -> str:
    """A query without what only tells where a reader came from; unchanged where there is nothing of it."""
    pairs = parse_qsl(query, keep_blank_values=True)
    kept = [(key, value) for key, value in pairs if not _TRACKING.fullmatch(key)]
    return query if len(kept) == len(pairs) else urlencode(kept)


def urljoin_or(base: str, address: str) -> str:
    """`address` as seen from `base`; `base` itself where it cannot be understood."""
    try:
        joined = urljoin(base, address)
        urlsplit(joined)
    except ValueError:
        return base
    return joined


def _site(host: str | None) -> str:
    host = (host or "").lower().rstrip(".")
    for prefix in _SAME_SITE:
        host = host.removeprefix(prefix)
    return host


def _tags(text: str) -> Iterator[tuple[str, dict[str, str]]]:
    """The link, meta and base tags before the body, with their attributes; nothing within scripts and comments."""
    lower = text.lower()
    at = 0
    while (at := lower.find("<", at)) >= 0:
        if lower.startswith("<!--", at):
            end = lower.find("-->", at + 4)
        elif lower.startswith("<body", at):
            return
        elif passed := next((name for name in _PASSED if lower.startswith(name, at)), None):
            end = lower.find(_PASSED[passed], at)
        elif wanted := next((name for name in _WANTED if lower.startswith(name, at)), None):
            end = at + len(wanted)
            attributes: dict[str, str] = {}
            while match := _ATTRIBUTE.match(text, end):
                value = next((each for each in match.groups()[1:] if each is not None), "")
                attributes.setdefault(match[1].lower(), html.unescape(value))
                end = match.end()
            yield wanted, attributes
        else:
            end = at + 1
        if end < 0:
            return
        at = max(end, at + 1)
