import io
import subprocess
import sys
import zipfile
from datetime import date
from pathlib import Path

import pytest

from errors import SourceEncrypted, SourceMissing, SourceTooLarge, SourceUnreadable, UnsupportedSource
from ingest import reading
from ingest.reading import PARSER_VERSION, Kind, find_kind, read_article
from ingest.sources import ROW_MEDIA_TYPE, Source, find_sources

ROOT = Path(__file__).resolve().parent.parent


def zipped(*names):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return buffer.getvalue()


def kind_of(data, name="x", media_type=None):
    return find_kind(data[:4096], Source(name=name, data=data, media_type=media_type))


@pytest.mark.parametrize(
    ("data", "name", "media_type", "kind"),
    [
        (b"%PDF-1.7", "a.txt", None, Kind.PDF),
        (b"damaged", "a.pdf", None, Kind.PDF),
        (zipped("word/document.xml"), "a.bin", None, Kind.DOCX),
        (b"<!DOCTYPE html><html>", "a.txt", None, Kind.HTML),
        (b"\xef\xbb\xbf\n<!-- saved --><html>", "a", None, Kind.HTML),
        ("<html>".encode("utf-16"), "a", None, Kind.HTML),
        (b"text", "a.TXT", None, Kind.TEXT),
        (b"text", "folder.d/LICENSE", None, Kind.TEXT),
        (b"# A", "a.md", None, Kind.MARKDOWN),
        (b"words", "a.htm", None, Kind.HTML),
        (b"words", "https://example.com/a.b/c", "text/html; charset=utf-8", Kind.HTML),
        (b"words", "https://example.com/a.php", "text/plain", Kind.TEXT),
        (b"%PDF-1.7", "https://example.com/a", "text/html", Kind.PDF),
        (b'{"_id":"a.pdf"}', "a.pdf", ROW_MEDIA_TYPE, Kind.ROW),
        (b"We explain what %PDF- means.", "a.txt", None, Kind.TEXT),
    ],
)
def test_content_decides_before_the_suffix(data, name, media_type, kind):
    assert kind_of(data, name, media_type) is kind


@pytest.mark.parametrize(
    ("data", "name", "says"),
    [
        (b"\x89PNG", "a.png", r"files of this kind \(\.png\) cannot be read; plain text"),
        (b"x", "a.sav", r"\(\.sav\)"),
        (b"x", "https://example.com/", r"\(image/png\)"),
        (zipped("xl/workbook.bin"), "a.xlsb", "is a binary Excel workbook; save it as .xlsx"),
        (zipped("mimetype", "content.xml"), "a.odt", "is an OpenDocument file; save it as .docx"),
        (zipped("a.txt"), "a", "is an archive under another name; call it .zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old", "a.doc", "is an old Office file"),
        (b"{\\rtf1", "a.rtf", "is rich text"),
    ],
)
def test_unknown_kinds_are_named_with_what_can_be_read(data, name, says):
    media_type = "image/png" if name.startswith("https") else None
    with pytest.raises(UnsupportedSource, match=says):
        kind_of(data, name, media_type)


def test_a_word_file_with_a_password_says_so():
    data = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le")
    with pytest.raises(SourceEncrypted, match="password"):
        kind_of(data, "a.docx")


def test_a_damaged_archive_says_so():
    with pytest.raises(SourceUnreadable, match="damaged"):
        kind_of(zipped("word/document.xml")[:40], "a.docx")


@pytest.mark.parametrize("name", ["a.txt", "a.pdf", "a.docx", "a.html", "a.md", "a"])
def test_an_empty_file_of_any_kind_says_so(name):
    with pytest.raises(SourceUnreadable, match="is empty"):
        read_article(Source(name=name, data=b""))


def test_a_file_that_is_not_there_says_so(tmp_path):
    with pytest.raises(SourceMissing):
        read_article(Source(name="a.txt", path=tmp_path / "a.txt"))


def test_a_text_beyond_the_limit_is_refused_unread(tmp_path):
    file = tmp_path / "big.txt"
    with file.open("wb") as sparse:
        sparse.write(b"text")
        sparse.truncate(200 * 1024 * 1024)
    with pytest.raises(SourceTooLarge, match="has 200 MB, more than the 64 MB that can be read at once; split it"):
        read_article(Source(name="big.txt", path=file))
    with file.open("r+b") as sparse:
        sparse.truncate(600 * 1024 * 1024)
    with pytest.raises(SourceTooLarge, match="600 MB, more than the 512 MB"):
        read_article(Source(name="big.pdf", path=file))


@pytest.mark.parametrize("error", [RecursionError, MemoryError])
def test_a_reader_that_runs_out_of_stack_or_memory_is_a_clear_error(monkeypatch, error):
    def fail(*_):
        raise error

    monkeypatch.setattr(reading, "_read", fail)
    with pytest.raises(SourceTooLarge):
        read_article(Source(name="a.txt", data=b"text"))


def test_title_and_date_given_with_the_source_win():
    article = read_article(Source(name="a", data=b"It grew.", title="Mine", published=date(2025, 7, 2)))
    assert (article.title, article.published, article.source) == ("Mine", date(2025, 7, 2), "a")


def test_a_text_that_is_nothing_but_invisible_characters_holds_no_text():
    with pytest.raises(SourceUnreadable, match="holds no text"):
        read_article(Source(name="a.txt", data="\u200b\u00ad\u200b".encode()))


def test_each_kind_of_text_becomes_an_article(tmp_path):
    (tmp_path / "a.txt").write_text("It grew.", encoding="cp1252")
    (tmp_path / "b.md").write_text("# Title\n\nIt *grew*.")
    (tmp_path / "c.html").write_text("<html><body><h1>Title</h1><p>It grew.</p></body></html>")
    (tmp_path / "d.jsonl").write_text('{"_id": "row", "title": "Title", "text": "It grew.", "company": "Acme"}\n')
    found = find_sources(tmp_path, relative_to=tmp_path)
    articles = [read_article(source) for source in found if isinstance(source, Source)]
    assert [(article.source, article.title, article.text) for article in articles] == [
        ("a.txt", "It grew.", "It grew."),
        ("b.md", "Title", "Title\n\nIt grew."),
        ("c.html", "Title", "Title\n\nIt grew."),
        ("row", "Title", "It grew."),
    ]
    assert len({article.article_id for article in articles}) == 4


def test_reading_text_loads_no_library_for_other_formats():
    script = (
        "import sys; from ingest.reading import read_article; from ingest.sources import Source;"
        "read_article(Source(name='a.txt', data=b'It grew.'));"
        "print([name for name in ('pypdfium2', 'docx', 'trafilatura', 'markdown_it', 'torch') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_parser_has_a_version():
    assert PARSER_VERSION >= 1
