"""Reads e-mails (.eml): subject, sender and day, and the text; of attachments only the names.

Pictures are not loaded and links not followed. Knows the message around the text; `ingest/formats/html.py` and
`ingest/structure.py` read it.
"""

from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr, parsedate_to_datetime
from pathlib import PurePosixPath

from errors import SourceTooLarge, SourceUnreadable
from ingest.article import Article, Block, BlockKind, sha256_hex
from ingest.building import TextBuilder
from ingest.cleaning import clean_text, decode
from ingest.formats import html
from ingest.sources import Source
from ingest.structure import find_structure

_STATED = "e-mail header"
_LITTLE_SHARE = 0.5  # a plain text shorter than this share of the HTML says no more than where to read it
# The standard library's parser trusts what it has once begun to understand.
_MISPLACED = (LookupError, ValueError, TypeError, AttributeError, AssertionError)


def read(data: bytes, source: Source) -> Article:
    """The article in an e-mail; raises SourceUnreadable."""
    message = message_from_bytes(data, policy=policy.default)
    subject, sender, sent = (_header(message, name) for name in ("subject", "from", "date"))
    if not (sender or subject):
        raise SourceUnreadable(source.name, "is no e-mail, whatever its name says; save it as text")
    text, blocks = _text(message, source)
    builder = TextBuilder()
    builder.add(BlockKind.HEADING, subject, level=1)
    builder.append_text(text, blocks)
    if not blocks:
        raise SourceUnreadable(source.name, "holds no text")
    try:
        published = parsedate_to_datetime(sent).date()
    except (ValueError, TypeError, IndexError):
        published = None
    name, address = parseaddr(sender)
    attached = "; ".join(filter(None, (_name(part) for part in message.walk() if not part.is_multipart())))
    facts = {"author": name or address, "attachments": attached}
    facts = {key: value for key, value in facts.items() if value}
    origins = dict.fromkeys([*facts, *(["published"] if published else []), *(["title"] if subject else [])], _STATED)
    return Article(
        source=source.name,
        title=subject or PurePosixPath(source.name.rstrip("/")).stem or source.name,
        text=builder.text,
        sha256=sha256_hex(data),
        published=published,
        facts=facts,
        origins={"title": "file name", **origins},
        blocks=tuple(builder.blocks),
    )


def _text(message: EmailMessage, source: Source) -> tuple[str, tuple[Block, ...]]:
    """The plain text, or the HTML where that says more."""
    page = TextBuilder()
    if (found := _body(message, "html")) is not None:
        try:
            # Already decoded: whatever the page declares does not hold any more.
            utf8 = found.encode("utf-8", "replace")
            page = html.read_all(utf8, Source(source.name, data=utf8, media_type="text/html; charset=utf-8"))
        except (SourceUnreadable, SourceTooLarge):
            pass
    plain = clean_text(_body(message, "plain") or "").strip()
    if len(plain) < _LITTLE_SHARE * len(page.text) or not plain:
        return page.text, tuple(page.blocks)
    return plain, find_structure(plain).blocks


def _body(message: EmailMessage, kind: str) -> str | None:
    try:
        part = message.get_body(preferencelist=(kind,))
        if part is None:
            return None
        payload = part.get_payload(decode=True)
        return decode(payload, [part.get_content_charset("utf-8")]) if isinstance(payload, bytes) else None
    except _MISPLACED:
        return None


def _header(message: EmailMessage, name: str) -> str:
    try:
        value = str(message.get(name, ""))
    except _MISPLACED:
        return ""
    return " ".join(clean_text(value.encode("utf-8", "replace").decode("utf-8")).split())[:500]


def _name(part: EmailMessage) -> str:
    try:
        return " ".join(clean_text(part.get_filename() or "").split())[:200]
    except _MISPLACED:
        return ""
