"""Reads web pages saved as one file (.mht, .mhtml): the page inside is read as any other, its pictures are left out."""

import email
import email.policy
from dataclasses import replace

from errors import SourceUnreadable
from ingest.article import Article, sha256_hex
from ingest.formats import html
from ingest.sources import Source


def read(data: bytes, source: Source) -> Article:
    """The article of the first page in the file; raises SourceUnreadable where there is none."""
    try:
        message = email.message_from_bytes(data, policy=email.policy.default)
        for part in message.walk():
            if part.get_content_type() in ("text/html", "application/xhtml+xml"):
                page = part.get_payload(decode=True)
                charset = part.get_content_charset()
                break
        else:
            raise SourceUnreadable(source.name, "holds no web page; save it again as .html or PDF")
    except (LookupError, ValueError, TypeError, AttributeError, AssertionError) as error:
        # The parser promises never to fail, and does on headers that no program writes.
        raise SourceUnreadable(source.name, "is damaged; save the page again as .html or PDF") from error
    if not isinstance(page, bytes) or not page.strip():
        raise SourceUnreadable(source.name, "holds an empty web page; save it again as .html or PDF")
    declared = "text/html" if charset is None else f"text/html; charset={charset}"
    return replace(html.read(page, replace(source, media_type=declared)), sha256=sha256_hex(data))
