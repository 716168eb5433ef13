"""Word files: what becomes of their parts, and of files that are broken or hostile."""

import io
import zipfile
from datetime import date, datetime

import docx
import pytest

from errors import SourceError, SourceTooLarge, SourceUnreadable
from ingest.article import Article, BlockKind
from ingest.formats.docx import read
from ingest.sources import Source


def _saved(document: "docx.document.Document") -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _read(data: bytes) -> Article:
    return read(data, Source("reports/letter.docx", data=data))


def _shown(article: Article) -> list[tuple[str, str]]:
    return [(block.kind.value, article.text[block.start : block.end]) for block in article.blocks]


@pytest.fixture
def letter() -> bytes:
    document = docx.Document()
    document.add_heading("Letter to shareholders", 0)
    document.add_paragraph("Revenue was\u00a0US$3 million.")
    document.add_heading("Outlook", 1)
    document.add_paragraph("Telemedicine", style="List Bullet")
    document.add_paragraph("Imaging", style="List Number")
    table = document.add_table(rows=0, cols=3)
    for row in (("Country", "2022", "2023"), ("China", "1.1", "1.59"), ("Japan", "0.9", "0.92")):
        for cell, text in zip(table.add_row().cells, row, strict=True):
            cell.text = text
    document.add_paragraph("After the table.")
    document.sections[0].header.paragraphs[0].text = "Running header"
    document.core_properties.title = "The letter"
    document.core_properties.author = "Ada Lovelace"
    document.core_properties.created = datetime(2024, 5, 6, 7, 8)
    return _saved(document)


def test_parts_become_blocks_in_document_order(letter: bytes) -> None:
    article = _read(letter)
    assert _shown(article) == [
        ("heading", "Letter to shareholders"),
        ("paragraph", "Revenue was US$3 million."),
        ("heading", "Outlook"),
        ("list_item", "• Telemedicine"),
        ("list_item", "• Imaging"),
        ("table_header", "Country | 2022 | 2023"),
        ("table_row", "China | 1.1 | 1.59"),
        ("table_row", "Japan | 0.9 | 0.92"),
        ("paragraph", "After the table."),
    ]
    assert "Running header" not in article.text
    assert article.blocks[6].columns == ("Country", "2022", "2023")


def test_what_the_file_says_of_itself(letter: bytes) -> None:
    article = _read(letter)
    assert (article.title, article.published, dict(article.facts)) == (
        "The letter",
        date(2024, 5, 6),
        {"author": "Ada Lovelace"},
    )
    assert article.pages is None
    assert article.source == "reports/letter.docx"


def test_without_a_stated_title_the_first_heading_then_the_file_name_serves() -> None:
    document = docx.Document()
    document.core_properties.title = ""
    document.add_paragraph("Text.")
    assert _read(_saved(document)).title == "letter"
    document.add_heading("Found inside", 1)
    assert _read(_saved(document)).title == "Found inside"


def test_a_file_with_macros_is_read_without_them(letter: bytes) -> None:
    plain = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    macro = "application/vnd.ms-word.document.macroEnabled.main+xml"
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(letter)) as old, zipfile.ZipFile(out, "w") as new:
        for part in old.infolist():
            body = old.read(part)
            if part.filename == "[Content_Types].xml":
                body = body.replace(plain.encode(), macro.encode())
            new.writestr(part.filename, body)
        new.writestr("word/vbaProject.bin", b"macros")
    assert _read(out.getvalue()).text == _read(letter).text


def test_external_links_are_not_followed(letter: bytes) -> None:
    out = io.BytesIO()
    link = (
        b'<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
        b'attachedTemplate" Target="http://192.0.2.1/evil.dotm" TargetMode="External"/></Relationships>'
    )
    with zipfile.ZipFile(io.BytesIO(letter)) as old, zipfile.ZipFile(out, "w") as new:
        for part in old.infolist():
            body = old.read(part)
            if part.filename == "word/_rels/document.xml.rels":
                body = body.replace(b"</Relationships>", link)
            new.writestr(part.filename, body)
    # The test run fails on any attempt to reach the network.
    assert _read(out.getvalue()).text == _read(letter).text


def test_a_frame_of_one_cell_is_no_table() -> None:
    document = docx.Document()
    document.add_table(rows=1, cols=1).rows[0].cells[0].text = "Framed words."
    assert _shown(_read(_saved(document))) == [("paragraph", "Framed words.")]


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", bytes(30_000_000))
    with pytest.raises(SourceTooLarge, match="unpacks to far more than a document holds"):
        _read(out.getvalue())


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 broken", b"not a zip at all"])
def test_what_is_no_word_file_is_said_so(data: bytes) -> None:
    with pytest.raises(SourceUnreadable):
        _read(data)


def test_an_archive_of_other_things_is_no_word_file() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("notes.txt", "hello")
    with pytest.raises(SourceUnreadable, match="is damaged or no Word file"):
        _read(out.getvalue())


def test_a_file_without_text_is_said_so() -> None:
    with pytest.raises(SourceUnreadable, match="holds no text"):
        _read(_saved(docx.Document()))


def test_entities_are_not_expanded(letter: bytes) -> None:
    out = io.BytesIO()
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    with zipfile.ZipFile(io.BytesIO(letter)) as old, zipfile.ZipFile(out, "w") as new:
        for part in old.infolist():
            body = old.read(part)
            if part.filename == "word/document.xml":
                head, _, rest = body.partition(b"?>")
                body = head + b"?>" + bomb + rest.replace(b"After the table.", b"&b;")
            new.writestr(part.filename, body)
    try:
        article = _read(out.getvalue())
    except SourceError:
        return
    assert "aaaaaaaaaa" not in article.text


def test_damage_gives_an_article_or_a_source_error(letter: bytes) -> None:
    for place in range(0, len(letter), len(letter) // 50):
        for broken in (letter[:place], letter[:place] + bytes([letter[place] ^ 0x5A]) + letter[place + 1 :]):
            try:
                article = _read(broken)
            except SourceError:
                continue
            for block in article.blocks:
                assert article.text[block.start : block.end].strip()


def test_every_character_belongs_to_a_block_or_a_gap(letter: bytes) -> None:
    article = _read(letter)
    covered = sum(block.end - block.start for block in article.blocks)
    gaps = sum(b.start - a.end for a, b in zip(article.blocks, article.blocks[1:], strict=False))
    assert covered + gaps == len(article.text)
    assert {block.kind for block in article.blocks} >= {BlockKind.HEADING, BlockKind.TABLE_ROW}
