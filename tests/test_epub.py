"""Books: chapters in reading order, metadata as facts, locks told."""

import io
import zipfile
from datetime import date

import pytest

from errors import SourceEncrypted, SourceError
from ingest.article import BlockKind
from ingest.reading import read_article
from ingest.sources import Source

CONTAINER = '<container><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
METADATA = """<metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>The bank book</dc:title>
<dc:creator>Ada Lovelace</dc:creator><dc:date>2024-05-06T00:00:00Z</dc:date><dc:language>en-GB</dc:language>
</metadata>"""
PACKAGE = f"""<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf">{METADATA}<manifest>
<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>
<item id="two" href="text/chapter%202.xhtml" media-type="application/xhtml+xml"/>
<item id="one" href="text/one.xhtml" media-type="application/xhtml+xml"/>
<item id="cover" href="cover.xhtml" media-type="application/xhtml+xml"/>
<item id="style" href="a.css" media-type="text/css"/></manifest>
<spine><itemref idref="cover"/><itemref idref="nav"/><itemref idref="one"/><itemref idref="two"/><itemref idref="gone"/>
</spine></package>"""


def chapter(title, text):
    head = '<?xml version="1.0"?><html><head><title/><script/></head>'
    return f'{head}<body><a id="x"/><h1>{title}</h1>{text}</body></html>'


FILES = {
    "mimetype": "application/epub+zip",
    "META-INF/container.xml": CONTAINER,
    "OEBPS/book.opf": PACKAGE,
    "OEBPS/nav.xhtml": chapter("Contents", "<p>One, two</p>"),
    "OEBPS/cover.xhtml": "<html><body><img src='cover.png'/></body></html>",
    "OEBPS/text/one.xhtml": chapter("One", "<p>Banks lend, as Ada Lovelace wrote.</p>"),
    "OEBPS/text/chapter 2.xhtml": chapter(
        "Two", "<table><tr><th>Year</th><th>Sum</th></tr><tr><td>2023</td><td>5</td></tr></table>"
    ),
}


def book(**changes):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in (FILES | {name.replace("__", "/"): text for name, text in changes.items()}).items():
            if text is not None:
                archive.writestr(name, text)
    return made.getvalue()


def read(data):
    return read_article(Source("book.epub", data=data))


def test_chapters_are_read_in_their_order():
    article = read(book())
    assert article.text == "One\n\nBanks lend, as Ada Lovelace wrote.\n\nTwo\n\nYear | Sum\n2023 | 5"
    headings = [article.text[b.start : b.end] for b in article.blocks if b.kind is BlockKind.HEADING]
    assert headings == ["One", "Two"]
    row = next(b for b in article.blocks if b.kind is BlockKind.TABLE_ROW)
    assert row.columns == ("Year", "Sum")


def test_metadata_are_facts():
    article = read(book())
    assert (article.title, article.published) == ("The bank book", date(2024, 5, 6))
    assert (article.facts["author"], article.facts["language"]) == ("Ada Lovelace", "en")
    assert article.origins["title"] == "book metadata"


def locked(algorithm):
    return (
        f'<encryption><EncryptedData><EncryptionMethod Algorithm="{algorithm}"/><CipherData>'
        '<CipherReference URI="OEBPS/text/one.xhtml"/></CipherData></EncryptedData></encryption>'
    )


def test_a_locked_book_is_told_and_disguised_fonts_are_no_lock():
    with pytest.raises(SourceEncrypted, match="is locked to the shop or library that it came from"):
        read(book(**{"META-INF__encryption.xml": locked("http://www.w3.org/2001/04/xmlenc#aes256-cbc")}))
    assert read(book(**{"META-INF__encryption.xml": locked("http://www.idpf.org/2008/embedding")})).text


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"OEBPS__book.opf": None}, "is damaged or no book"),
        ({"META-INF__container.xml": "<container/>"}, "is damaged or no book"),
        ({"OEBPS__book.opf": ""}, "is damaged or no book"),
        ({"OEBPS__book.opf": "<package><manifest/><spine/></package>"}, "holds no text"),
    ],
)
def test_what_goes_wrong_is_said_in_a_line(changes, says):
    with pytest.raises(SourceError, match=says) as caught:
        read(book(**changes))
    assert "\n" not in str(caught.value)


def test_a_package_cannot_lead_out_of_the_book_or_expand_entities(tmp_path):
    secret = tmp_path / "secret.xhtml"
    secret.write_text("<html><body><p>secret</p></body></html>")
    leading = PACKAGE.replace("text/one.xhtml", "../../../../" + secret.as_posix())
    doctype = f'<!DOCTYPE package [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    entity = leading.replace("<package", doctype + "<package", 1).replace("The bank book", "Book &x;")
    article = read(book(**{"OEBPS__book.opf": entity}))
    assert "secret" not in article.text + article.title
