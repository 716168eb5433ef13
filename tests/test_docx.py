"""Word files: what becomes of their parts, and of files that are broken or hostile."""

import io
import re
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
        ("list_item", "1. Imaging"),
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


_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def _with(data: bytes, body: str, **parts: str) -> bytes:
    """A file with this body, and with parts of its own ("footnotes", "numbering") in WordprocessingML."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for part in old.infolist():
            raw = old.read(part).decode("utf-8", "surrogateescape")
            if part.filename == "word/document.xml":
                head, _, _ = raw.partition("<w:body>")
                raw = f"{head}<w:body>{body}</w:body></w:document>"
            if part.filename == "word/_rels/document.xml.rels":
                kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
                raw = re.sub(r"<Relationship [^>]*numbering[^>]*/>", "", raw) if "numbering" in parts else raw
                links = "".join(f'<Relationship Id="x{n}" Type="{kinds}/{n}" Target="own-{n}.xml"/>' for n in parts)
                raw = raw.replace("</Relationships>", f"{links}</Relationships>")
            if part.filename == "[Content_Types].xml":
                kind = "application/vnd.openxmlformats-officedocument.wordprocessingml"
                names = "".join(f'<Override PartName="/word/own-{n}.xml" ContentType="{kind}.{n}+xml"/>' for n in parts)
                raw = raw.replace("</Types>", f"{names}</Types>")
            new.writestr(part.filename, raw.encode("utf-8", "surrogateescape"))
        for name, content in parts.items():
            new.writestr(f"word/own-{name}.xml", f"<w:{name} {_W}>{content}</w:{name}>")
    return out.getvalue()


def _p(words: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t xml:space='preserve'>{words}</w:t></w:r></w:p>"


def test_numbers_of_lists_and_headings_are_counted_as_word_shows_them(letter: bytes) -> None:
    levels = "".join(
        f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="{shape}"/><w:lvlText w:val="{text}"/></w:lvl>'
        for level, (shape, text) in enumerate([("decimal", "%1."), ("lowerLetter", "(%2)"), ("upperRoman", "%1.%3")])
    )
    numbering = (
        f'<w:abstractNum w:abstractNumId="5">{levels}</w:abstractNum>'
        '<w:num w:numId="7"><w:abstractNumId w:val="5"/></w:num><w:num w:numId="8"><w:abstractNumId w:val="5"/>'
        '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="4"/></w:lvlOverride></w:num>'
    )

    def item(words: str, level: int, number: int = 7) -> str:
        return _p(words, f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>')

    heading = '<w:pStyle w:val="Heading1"/><w:numPr><w:ilvl w:val="0"/><w:numId w:val="7"/></w:numPr>'
    body = _p("Scope", heading) + item("one", 1) + item("two", 1) + item("deep", 2) + _p("Terms", heading)
    body += (
        item("again", 1)
        + item("anew", 0, 8)
        + item("after", 0, 8)
        + _p("none", '<w:numPr><w:numId w:val="0"/></w:numPr>')
    )
    assert _shown(_read(_with(letter, body, numbering=numbering))) == [
        ("heading", "1. Scope"),
        ("list_item", "(a) one"),
        ("list_item", "(b) two"),
        ("list_item", "1.I deep"),
        ("heading", "2. Terms"),
        ("list_item", "(a) again"),
        ("list_item", "4. anew"),
        ("list_item", "5. after"),
        ("paragraph", "none"),
    ]


def test_notes_follow_the_block_that_refers_to_them(letter: bytes) -> None:
    notes = (
        '<w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>'
        f'<w:footnote w:id="2">{_p(" Unaudited.")}</w:footnote><w:footnote w:id="3">{_p("In thousands.")}</w:footnote>'
    )
    reference = '<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:footnoteReference w:id="{}"/></w:r>'
    body = _p("Revenue was 3").replace("</w:p>", reference.format(2) + "<w:r><w:t> million.</w:t></w:r></w:p>")
    rows = "".join(
        f"<w:tr>{''.join(f'<w:tc>{cell}</w:tc>' for cell in row)}</w:tr>"
        for row in ((_p("Kind"), _p("2023")), (_p("Sales").replace("</w:p>", reference.format(3) + "</w:p>"), _p("5")))
    )
    assert _shown(_read(_with(letter, f"{body}<w:tbl>{rows}</w:tbl>", footnotes=notes))) == [
        ("paragraph", "Revenue was 3¹ million."),
        ("paragraph", "¹ Unaudited."),
        ("table_header", "Kind | 2023"),
        ("table_row", "Sales² | 5"),
        ("paragraph", "² In thousands."),
    ]


def test_cells_that_were_merged_name_each_column_below_them(letter: bytes) -> None:
    def cell(words: str, properties: str = "") -> str:
        return f"<w:tc><w:tcPr>{properties}</w:tcPr>{_p(words)}</w:tc>"

    rows = [
        cell("Item", '<w:vMerge w:val="restart"/>') + cell("Three months", '<w:gridSpan w:val="2"/>'),
        cell("", "<w:vMerge/>") + cell("2023") + cell("2022"),
        cell("Sales") + cell("5") + cell("4"),
        cell("Cost") + cell("3") + cell("2"),
    ]
    article = _read(_with(letter, f"<w:tbl>{''.join(f'<w:tr>{row}</w:tr>' for row in rows)}</w:tbl>"))
    assert _shown(article) == [
        ("table_header", "Item | Three months\n2023 | 2022"),
        ("table_row", "Sales | 5 | 4"),
        ("table_row", "Cost | 3 | 2"),
    ]
    assert article.blocks[1].columns == ("Item", "Three months 2023", "Three months 2022")


def test_changes_are_read_as_accepted_and_hidden_words_left_out(letter: bytes) -> None:
    body = (
        "<w:p><w:r><w:t>Sales </w:t></w:r><w:del><w:r><w:delText>fell</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>rose</w:t></w:r></w:ins><w:r><w:rPr><w:vanish/></w:rPr><w:t> secretly</w:t></w:r>"
        "<w:r><w:t>.</w:t></w:r></w:p>"
        "<w:moveFrom><w:p><w:r><w:t>Gone.</w:t></w:r></w:p></w:moveFrom>"
        "<w:p><w:moveFrom><w:r><w:t>Gone too.</w:t></w:r></w:moveFrom><w:r><w:t>Kept.</w:t></w:r></w:p>"
        '<w:p><w:r><w:fldChar w:fldCharType="begin"/><w:instrText>PAGE</w:instrText>'
        '<w:fldChar w:fldCharType="separate"/>'
        '<w:t>x</w:t><w:rPr/><w:fldChar w:fldCharType="end"/></w:r><w:r><w:t>10</w:t></w:r>'
        '<w:r><w:rPr><w:vertAlign w:val="superscript"/></w:rPr><w:t>6</w:t></w:r></w:p>'
    )
    assert _shown(_read(_with(letter, body))) == [
        ("paragraph", "Sales rose."),
        ("paragraph", "Kept."),
        ("paragraph", "x10⁶"),
    ]


def test_content_controls_and_text_boxes_are_read_once_each(letter: bytes) -> None:
    box = f"<w:txbxContent>{_p('In the box.')}</w:txbxContent>"
    compatible = "http://schemas.openxmlformats.org/markup-compatibility/2006"
    body = (
        f"<w:sdt><w:sdtPr/><w:sdtContent>{_p('Controlled.')}<w:tbl><w:sdt><w:sdtContent><w:tr><w:tc>{_p('a')}</w:tc>"
        f"<w:tc>{_p('1')}</w:tc></w:tr></w:sdtContent></w:sdt><w:tr><w:tc>{_p('b')}</w:tc><w:tc>{_p('2')}</w:tc></w:tr>"
        "</w:tbl></w:sdtContent></w:sdt>"
        f'<w:p><w:r><w:t>Before</w:t></w:r><w:r><mc:AlternateContent xmlns:mc="{compatible}"><mc:Choice Requires="wps">'
        f"<w:drawing>{box}</w:drawing></mc:Choice><mc:Fallback><w:pict>{box}</w:pict></mc:Fallback></mc:AlternateContent>"
        "</w:r><w:r><w:t> and after.</w:t></w:r></w:p>"
    )
    assert _shown(_read(_with(letter, body))) == [
        ("paragraph", "Controlled."),
        ("table_row", "a | 1"),
        ("table_row", "b | 2"),
        ("paragraph", "Before and after."),
        ("paragraph", "In the box."),
    ]


def test_bold_lines_are_headings_where_there_are_no_styles_for_them(letter: bytes) -> None:
    def bold(words: str) -> str:
        return f"<w:p><w:r><w:rPr><w:b/></w:rPr><w:t>{words}</w:t></w:r></w:p>"

    body = bold("Outlook") + _p("Sales may rise.") + bold("This is a sentence.")
    assert [kind for kind, _ in _shown(_read(_with(letter, body)))] == ["heading", "paragraph", "paragraph"]
    body += _p("A real one", '<w:pStyle w:val="Heading2"/>')
    assert [kind for kind, _ in _shown(_read(_with(letter, body)))] == [
        "paragraph",
        "paragraph",
        "paragraph",
        "heading",
    ]


def test_an_outline_level_makes_a_heading_whatever_its_style(letter: bytes) -> None:
    article = _read(
        _with(letter, _p("Überschrift", '<w:outlineLvl w:val="1"/>') + _p("Text.", '<w:outlineLvl w:val="9"/>'))
    )
    assert [(block.kind.value, block.level) for block in article.blocks] == [("heading", 2), ("paragraph", 0)]


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
