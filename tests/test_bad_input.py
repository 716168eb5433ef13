"""Hostile and broken pages and Word files, read as `add` reads them, in a child process: text or one clear line."""

import io
import os
import zipfile
from collections.abc import Iterator

import docx
import pytest

from errors import SourceError
from ingest.sources import Source
from ingest.workers import WorkerPool
from tests.fakes_filings import PROSE, divided, line, page_end

MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool]:
    with WorkerPool(1) as pool:
        yield pool


def outcome(pool: WorkerPool, name: str, data: bytes) -> str:
    """The text that is read, or the line that says why there is none."""
    try:
        article = pool.read_one(Source(name, data=data))
    except SourceError as error:
        return str(error).replace("\n", " and another line: ")
    for block in article.blocks:
        assert article.text[block.start : block.end].strip()
    return article.text


def filing(megabytes: float) -> bytes:
    page = line("Heading", bold=True) + line(PROSE * 4) * 12 + page_end("12", "Table of Contents")
    return divided(page * int(megabytes * MEGABYTE / len(page)) + line("The last words.")).encode()


PAGES = {
    "scripts": (
        "<html><body onload='evil()'><script>evil()</script><p onclick=\"evil()\">Good</p><iframe src=//x>evil</iframe>"
        "<object data=x>evil</object><svg><script>evil()</script><text>evil</text></svg>"
        "<a href='javascript:evil()'>words</a><style>p:after{content:'evil'}</style><template><p>evil</p></template>"
        "<noscript>evil</noscript>"
        "<img src=x onerror=evil() alt=''><textarea>evil</textarea><!-- evil --><math><mi>evil</mi></math>"
        "</body></html>",
        "Good\n\nwords",
    ),
    "unclosed tags": (
        "<html><body><p>one<p>two<b>three<div>four<ul><li>five<li>six",
        "one\n\ntwothree\n\nfour\n\n• five\n• six",
    ),
    "tags closed twice": ("<html><body></p></div>one</b></td></table></html></body>two</html> three", "onetwo three"),
    "an attribute without an end": ("<html><body>words<p class='", "words"),
    "entities": (
        '<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0//EN" "http://www.w3.org/x.dtd">'
        '<html xmlns="http://www.w3.org/1999/xhtml"><body><p>5&nbsp;&euro; &ndash; R&amp;D &#8212; &#x20AC;<br/>x</p>'
        "</body></html>",
        "5 € – R&D — €\nx",
    ),
    "laughs": (
        '<?xml version="1.0"?><!DOCTYPE html [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
        "<html><body><p>&b;</p></body></html>",
        "&b;",
    ),
    "NUL": ("<html><body><p>one\0two</p></body></html>", "onetwo"),
}  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_odd_pages_are_read_and_nothing_in_them_runs(pool, name):
    page, text = PAGES[name]
    assert outcome(pool, "page.html", page.encode()) == text


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "cp1251", "utf-8-sig", "koi8_r"])
@pytest.mark.parametrize("declared", ["", "<meta charset=iso-8859-1>", "<meta charset=utf-8>"])
def test_a_page_is_read_whatever_it_says_of_its_encoding(pool, encoding, declared):
    page = f"<html><head>{declared}</head><body><p>Выручка компании выросла за третий квартал.</p></body></html>"
    assert outcome(pool, "page.html", page.encode(encoding)) == "Выручка компании выросла за третий квартал."


@pytest.mark.parametrize("encoding", ["big5", "shift_jis", "gb18030", "euc_jp"])
def test_pages_in_east_asian_encodings_need_not_say_so(pool, encoding):
    words = "公司第三季度的收入是十五元，同比增。"
    if encoding in ("shift_jis", "euc_jp"):
        words = "当社の売上高は前年同期比で増となりました。"
    assert outcome(pool, "page.html", f"<html><body><p>{words}</p></body></html>".encode(encoding)) == words


@pytest.mark.parametrize(
    "body", ["<div>" * 300_000, "<table><tr><td>" * 100_000, "<b><i>" * 200_000, "<ul><li>" * 100_000], ids="dtbu"
)
@pytest.mark.parametrize("of", ["page", "filing"])
def test_nesting_without_end_is_refused(pool, body, of):
    page = divided(body) if of == "filing" else f"<html><body>{body}"
    assert outcome(pool, "page.html", page.encode()).endswith(
        "is nested too deeply to be read; save it as plain text or PDF"
    )


def test_a_large_filing_is_read_to_its_last_words(pool):
    assert outcome(pool, "large.htm", filing(12)).endswith("The last words.")


def test_what_is_larger_than_can_be_read_is_refused_before_it_is_read(pool):
    assert "more than the 64 MB that can be read at once" in outcome(
        pool, "large.htm", filing(64) + b" " * 5 * MEGABYTE
    )


@pytest.mark.skipif(os.name != "posix", reason="the limit of memory needs POSIX")
def test_a_page_that_needs_more_memory_than_there_may_be_is_refused():
    with WorkerPool(1, memory_bytes=220 * MEGABYTE) as small:
        assert "needs more memory" in outcome(small, "large.htm", filing(16))
        assert outcome(small, "small.htm", b"<html><body>words</body></html>") == "words"


MHTML = (
    "From: <Saved by a browser>\nSubject: A page\nMIME-Version: 1.0\n"
    'Content-Type: multipart/related; type="text/html"; boundary="----B"\n\n------B\nContent-Type: text/html{}\n'
    "Content-Transfer-Encoding: quoted-printable\n\n"
    '<html><body><p>Caf{} =3D words</p><img src=3D"cid:1"></body></html>\n'
    "------B\nContent-Type: image/png\nContent-Transfer-Encoding: base64\nContent-ID: <1>\n\naGVsbG8=\n------B--\n"
)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (MHTML.format("; charset=utf-8", "=C3=A9"), "Café = words"),
        (MHTML.format("", "=E9"), "Café = words"),
        (MHTML.format("; charset=no-such", "=C3=A9"), "Café = words"),
        (MHTML.replace("text/html{}", "text/plain{}"), "page.mht: holds no web page; save it again as .html or PDF"),
        ("no headers at all", "page.mht: holds no web page; save it again as .html or PDF"),
        (MHTML[:130], "page.mht: holds no web page; save it again as .html or PDF"),
    ],
)
def test_a_page_saved_as_one_file(pool, data, text):
    assert outcome(pool, "page.mht", data.replace("\n", "\r\n").encode()) == text


def word(body: str, head: str = "") -> bytes:
    plain = io.BytesIO()
    docx.Document().save(plain)
    out = io.BytesIO()
    with zipfile.ZipFile(plain) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            raw = old.read(part).decode("utf-8", "surrogateescape")
            if part.filename == "word/document.xml":
                start, _, rest = raw.partition("?>")
                raw = f"{start}?>{head}{rest.partition('<w:body>')[0]}<w:body>{body}</w:body></w:document>"
            new.writestr(part.filename, raw.encode("utf-8", "surrogateescape"))
    return out.getvalue()


def test_entities_of_a_word_file_are_not_expanded(pool):
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    data = word("<w:p><w:r><w:t>Before &l11; after</w:t></w:r></w:p>", f'<!DOCTYPE x [<!ENTITY l0 "ha">{laughs}]>')
    text = outcome(pool, "letter.docx", data)
    assert "haha" not in text
    assert len(text) < 200


@pytest.mark.parametrize("tag", ["w:tbl><w:tr><w:tc", "w:sdt><w:sdtContent", "w:ins"])
def test_nesting_without_end_in_a_word_file(pool, tag):
    ends = "".join(f"</{name}>" for name in reversed(tag.split("><")))
    text = outcome(pool, "letter.docx", word(f"<{tag}>" * 5000 + "<w:p><w:r><w:t>x</w:t></w:r></w:p>" + ends * 5000))
    assert text == "letter.docx: is damaged or no Word file, whatever its name says; save it again as .docx"


def test_a_word_file_of_tables_in_tables_is_read(pool):
    start, end = "<w:tbl><w:tr><w:tc>", "</w:tc></w:tr></w:tbl>"
    text = outcome(pool, "letter.docx", word(start * 40 + "<w:p><w:r><w:t>deep</w:t></w:r></w:p>" + end * 40))
    assert text == "deep"


def test_a_word_file_that_unpacks_to_far_more_than_it_is(pool):
    data = word("<w:p/>" * 12 * MEGABYTE)
    assert outcome(pool, "bomb.docx", data) == (
        "bomb.docx: unpacks to far more than a document holds; save it again as .docx"
    )
