"""Reads what the SEC's archive hands out as one text: a submission with its documents, and filings in plain text.

A submission is a header and documents between tags; the form and its exhibits are read in order, spreadsheets, pictures
and XBRL files in it are not. Plain text carries a few tags of its own: where pages end, and where the columns of tables
stand.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath

from errors import SourceTooLarge, SourceUnreadable
from ingest.article import Article, BlockKind, sha256_hex
from ingest.building import TextBuilder
from ingest.cleaning import clean_text, decode
from ingest.dates import parse_date
from ingest.formats.html_tables import Grid, Placed, add_table, grid_of_placed, table_of
from ingest.sources import Source
from ingest.structure import find_structure
from ingest.tables import has_values

MAX_READ_BYTES = 64 * 1024 * 1024  # of documents that are read; what is left out does not count

_DOCUMENT = re.compile(rb"<DOCUMENT>(.*?)(?:</DOCUMENT>|\Z)", re.DOTALL)
_FIELD = re.compile(rb"<(TYPE|SEQUENCE|FILENAME|DESCRIPTION)>([^\r\n<]{0,500})")
_NOT_READ = re.compile(r"graphic|zip|excel|xml|json|cover|ex-101.*|ex-10[24].*|ex-27.*|.*pdf", re.IGNORECASE)
_WRAPPED = re.compile(rb"\s*<(?:XBRL|XML|PDF|JSON|ZIP)>", re.IGNORECASE)  # around inline XBRL, too
_PACKED = re.compile(rb"\s*begin \d{3} ")
_HTML = re.compile(
    rb"\s*(?:<!--.{0,2000}?-->\s*|<\?xml[^>]{0,500}>\s*)*<(?:!doctype\s+html|html|head|body|div|p|font|center)\b",
    re.IGNORECASE | re.DOTALL,
)
_HEADER = {
    "company": re.compile(r"COMPANY CONFORMED NAME:\s*(\S.{0,150})"),
    "kind": re.compile(r"CONFORMED SUBMISSION TYPE:\s*(\S{1,20})"),
    "period_end": re.compile(r"CONFORMED PERIOD OF REPORT:\s*(\d{8})"),
    "year_end": re.compile(r"FISCAL YEAR END:\s*(\d{4})"),
    "filed": re.compile(r"FILED AS OF DATE:\s*(\d{8})"),
}
_PERIODIC = re.compile(r"10-[KQ].*|20-F.*|40-F.*|11-K.*", re.IGNORECASE)

_TAGGED = re.compile(r"^[ \t]*<(?:PAGE|S>[ \t]+<C|TABLE)>", re.MULTILINE | re.IGNORECASE)
_PAGE = re.compile(
    r"(?:^[ \t]*(?:[-–]?\s?(?:[A-Z]{1,2}-)?\d{1,3}\s?[-–]?|[ivxl]{1,6})[ \t]*\n\s*)?"
    r"^[ \t]*<PAGE>[ \t]*(?:\d{1,3}[ \t]*)?$",
    re.MULTILINE | re.IGNORECASE,
)
_TABLE = re.compile(r"^[ \t]*<TABLE>(.*?)(?:</TABLE>|\Z)", re.MULTILINE | re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"</?(?:PAGE|TABLE|CAPTION|S|C|FN|F\d{0,2}|TEXT|R|B|U|I|BR|CENTER)>", re.IGNORECASE)
_STUB = re.compile(r"^[ \t]*<S>.*$", re.MULTILINE | re.IGNORECASE)
_LEADERS = re.compile(r"(?:\s?\.){3,}(?=\s|$)")
_RULE = re.compile(r"[\s=_-]+")
_CELL = re.compile(r"[$(]?\S+(?: \S+)*")
_SIGN = re.compile(r"([$£]) {1,12}(?=[\d(.-])")
_ENDS = re.compile(r"[.!?:;][\"')]*\s*$")


@dataclass(frozen=True, slots=True)
class _Document:
    kind: str
    title: str
    body: bytes


def is_tagged(text: str) -> bool:
    """Whether a plain text carries the tags of filings: pages, tables and their columns."""
    return _TAGGED.search(text) is not None


def read(data: bytes, source: Source) -> Article:
    """The article of a submission: its documents one after the other; raises SourceUnreadable or SourceTooLarge."""
    documents = [found for match in _DOCUMENT.finditer(data) if (found := _document(match[1])) is not None]
    if sum(len(each.body) for each in documents) > MAX_READ_BYTES:
        limit = MAX_READ_BYTES // (1024 * 1024)
        raise SourceTooLarge(source.name, f"holds more than the {limit} MB of text that are read at once; split it")
    builder = TextBuilder()
    facts: dict[str, str] = {}
    title = ""
    for number, document in enumerate(documents):
        part, said = _read(document, source)
        if not part.blocks:
            continue
        if number:
            builder.add(BlockKind.HEADING, document.title, level=1)
        elif said:
            facts, title = said
        builder.append(part)
    if not builder.blocks:
        raise SourceUnreadable(source.name, "is a submission without a document that can be read; add its documents")
    first = data.find(b"<DOCUMENT>")
    header, published = _header(clean_text(decode(data[: max(first, 0)][:200_000])))
    origins = dict.fromkeys(header, "submission header") | dict.fromkeys(facts, "inline XBRL")
    if published is not None:
        origins["published"] = "submission header"
    facts = header | facts
    named = " ".join(filter(None, (facts.get("company", ""), facts.get("kind", ""), facts.get("period", ""))))
    return Article(
        source=source.name,
        title=title or named or PurePosixPath(source.name).stem,
        text=builder.text,
        sha256=sha256_hex(data),
        published=published,
        facts=facts,
        origins=origins,
        blocks=tuple(builder.blocks),
    )


def _document(raw: bytes) -> _Document | None:
    """A document between its tags; None for what is no text."""
    start = raw.find(b"<TEXT>")
    head = raw[: start if start >= 0 else 2000]
    fields = {match[1].decode(): " ".join(clean_text(decode(match[2])).split()) for match in _FIELD.finditer(head)}
    kind, description = fields.get("TYPE", ""), fields.get("DESCRIPTION", "")
    body = raw[start + len(b"<TEXT>") :] if start >= 0 else _FIELD.sub(b"", raw)
    body = body.rpartition(b"</TEXT>")[0] or body
    wrapped = _WRAPPED.match(body)
    if wrapped is not None:
        body = body[wrapped.end() :]
    if _NOT_READ.fullmatch(kind) or _PACKED.match(body) or (wrapped is not None and not _HTML.match(body[:8000])):
        return None
    title = kind if kind.casefold() in description.casefold() else f"{kind} {description}".strip()
    return _Document(kind, description if title == kind and description else title, body)


def _read(document: _Document, source: Source) -> tuple[TextBuilder, tuple[dict[str, str], str] | None]:
    """The blocks of a document, and what a form in HTML says of itself: facts and title."""
    if _HTML.match(document.body[:8000]):
        from ingest.formats import html  # with trafilatura, which plain text can do without

        filing = html.read_filing(document.body, source)
        return filing.builder, (filing.facts, filing.title())
    builder = TextBuilder()
    add_tagged(clean_text(decode(document.body)), builder)
    return builder, None


def _header(text: str) -> tuple[dict[str, str], date | None]:
    """Facts of a submission's header, and the day on which it was filed."""
    said = {key: match[1].strip() for key, pattern in _HEADER.items() if (match := pattern.search(text))}
    facts: dict[str, str] = {key: said[key] for key in ("company", "kind") if key in said}
    end = parse_date(said.get("period_end", ""))
    if end is not None and _PERIODIC.fullmatch(said.get("kind", "")):
        facts["period_end"] = end.isoformat()
    if "year_end" in said:
        facts["year_end"] = f"{said['year_end'][:2]}-{said['year_end'][2:]}"
    return facts, parse_date(said.get("filed", ""))


# Plain text with tags


def add_tagged(text: str, builder: TextBuilder) -> None:
    """Adds a plain text without its tags: pages joined, tables as rows and columns."""
    text = "".join(_without_pages(text))
    at = 0
    for match in _TABLE.finditer(text):
        _add_text(text[at : match.start()], builder)
        rows = list(_rows(match[1]))
        grid = grid_of_placed(rows)
        if grid.width > 1 and any(has_values(grid.texts(number)) for number in range(len(grid.rows))):
            _add_table(match[1], grid, builder)
        else:
            _add_text(match[1], builder)
        at = match.end()
    _add_text(text[at:], builder)


def _without_pages(text: str) -> Iterator[str]:
    """The text of page after page, with what a paragraph needs to go on across a page's end."""
    last = ""
    for page in _PAGE.split(text):
        following = page.lstrip("\n \t")
        if last:
            goes_on = following and following[0].islower() and not _ENDS.search(last)
            yield "\n" if goes_on else "\n\n"
            page = following if goes_on else page.lstrip("\n")
        kept = page.rstrip()
        yield kept
        last = kept[-5:] or last


def _add_text(text: str, builder: TextBuilder) -> None:
    text = _TAG.sub("", text).strip("\n")
    if text.strip():
        structure = find_structure(text, title="")
        builder.append_text(text, structure.blocks)


def _add_table(raw: str, grid: Grid, builder: TextBuilder) -> None:
    caption, found, _ = raw.partition("<CAPTION>")
    if found and caption.strip():
        builder.add(BlockKind.CAPTION, " ".join(caption.split()))
    add_table(grid, builder, table_of(grid))


def _rows(raw: str) -> Iterator[Sequence[Placed]]:
    """The cells of each line of a table, by the columns of characters that they take."""
    _, found, rest = raw.partition("<CAPTION>")
    for line in _STUB.sub("", rest if found else raw).split("\n"):
        line = _TAG.sub("", line.expandtabs()).rstrip()
        if not line or _RULE.fullmatch(line):
            continue
        line = _LEADERS.sub(lambda match: " " * len(match[0]), line)
        # "$" stands at a column's left edge, its figure at the right: the spaces between go in front.
        line = _SIGN.sub(lambda match: " " * (len(match[0]) - 1) + match[1], line)
        yield [Placed(match[0], match.start(), match.end(), indent=match.start()) for match in _CELL.finditer(line)]
