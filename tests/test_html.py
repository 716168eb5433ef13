import socket
from datetime import date

import pytest

from errors import SourceTooLarge, SourceUnreadable
from ingest.formats import html
from ingest.sources import Source

LONG = "It is long enough to matter to whoever looks for the article in this page, since it has many words in it. "


def read(page, name="page.html"):
    return html.read(page if isinstance(page, bytes) else page.encode(), Source(name=name))


def shown(article):
    position = 0
    for block in article.blocks:
        assert not article.text[position : block.start].strip()
        position = block.end
    assert position == len(article.text)
    return [(block.kind.value, article.text[block.start : block.end]) for block in article.blocks]


PAGE = f"""<!DOCTYPE html><html><head><title>Big Title | The Site</title><meta name="author" content="Jane Doe">
<meta property="og:site_name" content="The Site">
<meta property="article:published_time" content="2025-07-02T10:00:00Z"><style>p {{color: red}}</style></head><body>
<nav><ul><li><a href="/">Home page</a></li><li><a href="/x">Our products</a></li></ul></nav>
<article><h1>Big Title</h1><p>In 2019 the <b>first</b> <a href="x">paragraph</a>. {LONG}</p><h2>Sub heading</h2>
<ul><li>one item</li><li>two<ul><li>nested</li></ul></li></ul><ol><li>first</li><li>second</li></ol>
<table><tr><th>Country</th><th>2023</th></tr><tr><td>China</td><td>US$<b>1.59</b> billion<sup>1</sup></td></tr></table>
<p>Another one with 10<sup>6</sup> patients. {LONG}</p><p>{LONG}</p></article>
<footer>Copyright of the footer</footer><script>var hidden = "script";</script></body></html>"""


def test_an_article_is_found_without_navigation_scripts_and_styles():
    article = read(PAGE)
    assert article.title == "Big Title"
    assert article.published == date(2025, 7, 2)
    assert article.facts == {"author": "Jane Doe", "site": "The Site"}
    assert shown(article) == [
        ("heading", "Big Title"),
        ("paragraph", f"In 2019 the first paragraph. {LONG}".strip()),
        ("heading", "Sub heading"),
        ("list_item", "• one item"),
        ("list_item", "• two"),
        ("list_item", "• nested"),
        ("list_item", "1. first"),
        ("list_item", "2. second"),
        ("table_header", "Country | 2023"),
        ("table_row", "China | US$1.59 billion¹"),
        ("paragraph", f"Another one with 10⁶ patients. {LONG}".strip()),
        ("paragraph", LONG.strip()),
    ]
    assert [block.level for block in article.blocks if block.level] == [1, 2]
    assert article.blocks[9].columns == ("Country", "2023")


def test_where_no_article_stands_out_all_that_is_visible_is_read():
    article = read(
        "<html><body><h1>Hello</h1><div>Small <i>page</i>.<br>Second line.</div><nav>Menu</nav>"
        "<table><tr><td></td><td colspan=2>2023</td><td colspan=2>2024</td></tr>"
        "<tr><td>Revenue</td><td>$</td><td>5.1</td><td>$</td><td>6.2</td></tr>"
        "<tr><td>Loss</td><td colspan=2>(1.5</td><td>)</td><td></td></tr></table>"
        "<table><tr><td>•</td><td>A bullet</td></tr></table>"
        "<ul><li><a href='x'>Only a link</a></li><li>An item</li></ul>"
        "<div style='display:none'>hidden</div><p hidden>hidden</p>tail</body></html>"
    )
    assert shown(article) == [
        ("heading", "Hello"),
        ("paragraph", "Small page.\nSecond line."),
        ("table_header", "2023 | 2024"),
        ("table_row", "Revenue | $5.1 | $6.2"),
        ("table_row", "Loss | (1.5)"),
        ("list_item", "• A bullet"),
        ("furniture", "• Only a link"),
        ("list_item", "• An item"),
        ("paragraph", "tail"),
    ]
    assert article.blocks[3].columns == ("", "2023", "2024")
    assert article.title == "Hello"


def test_a_year_in_the_text_is_not_the_date_of_publication():
    assert read(f"<html><body><p>In May 2019 it grew. {LONG * 5}</p></body></html>").published is None


def test_a_title_left_out_of_the_article_is_put_on_top():
    article = read(f"<html><head><title>The Title</title></head><body><p>{LONG * 4}</p></body></html>")
    assert shown(article)[0] == ("heading", "The Title")


@pytest.mark.parametrize(
    "page",
    [
        "<html><head><meta charset=iso-8859-1></head><body><p>Café – 5 €</p></body></html>".encode("cp1252"),
        "<html><body><p>Café – 5 €</p></body></html>".encode("cp1252"),
        "<html><body><p>Café – 5 €</p></body></html>".encode("utf-16"),
        '<?xml version="1.0" encoding="utf-8"?><html><body><p>Café – 5 €</p></body></html>'.encode(),
        "<html><head><meta charset='no-such'></head><body><p>Café – 5 €</p></body></html>".encode(),
    ],
)
def test_pages_are_decoded_as_browsers_do(page):
    assert read(page).text == "Café – 5 €"


@pytest.mark.parametrize(
    "page", ["<html></html>", "<html><body><script>x()</script></body></html>", "<html>", "<!-- x -->"]
)
def test_a_page_without_text_says_so(page):
    with pytest.raises(SourceUnreadable) as caught:
        read(page)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("tag", ["div", "span", "table", "blockquote", "b"])
def test_a_page_nested_beyond_reading_is_refused(tag):
    with pytest.raises(SourceTooLarge, match="nested too deeply"):
        read("<html><body>" + f"<{tag}>" * 100_000 + "deep" + f"</{tag}>" * 100_000)


@pytest.mark.parametrize("depth", [200, 300, 600, 1500])
def test_a_deep_page_keeps_its_deepest_words(depth):
    article = read("<html><body>" + "<div>" * depth + "deepest words" + "</div>" * depth + "<p>after</p></body></html>")
    assert [text for _, text in shown(article)] == ["deepest words", "after"]


def test_nested_lists_cost_no_more_space_than_text():
    article = read("<html><body>" + "<ul><li>item" * 900)
    assert len(article.blocks) == 900
    assert len(article.text) < 40_000


def test_entities_of_a_documents_own_are_not_expanded():
    article = read(
        '<?xml version="1.0"?><!DOCTYPE html [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;"><!ENTITY x SYSTEM "file:///etc/passwd">]>'
        "<html><body><p>Before &b; &x; after &amp; end</p></body></html>"
    )
    assert article.text == "Before &b; &x; after & end"


def test_nothing_is_fetched(monkeypatch):
    def refuse(*_):
        raise AssertionError("a page must not be a reason to use the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    page = PAGE.replace(
        "<article>", "<article><img src='http://example.com/a.png'><iframe src='http://example.com/'></iframe>"
    )
    page = page.replace(
        "<head>", "<head><link rel=stylesheet href='http://example.com/a.css'><base href='http://example.com'>"
    )
    assert read(page).title == "Big Title"


def test_a_long_page_is_read_whole():
    paragraphs = "".join(f"<p>Paragraph number {number} says something. {LONG}</p>" for number in range(30_000))
    article = read(f"<html><body>{paragraphs}</body></html>")
    assert len(article.blocks) == 30_000
    assert "Paragraph number 29999" in article.text


@pytest.mark.parametrize(
    "page",
    [
        "<html><body>words" + "<" * 50_000,
        "<html><body><p " + "a=b " * 50_000 + ">words",
        "<html><table><tr>" + "<td>words" * 5_000,
        "<html><body>words</p></div></td></html></html><p>words",
        "<html><body><table><tr><td colspan=99999999999>words</td><td colspan=-1>words</td></tr></table>",
    ],
)
def test_odd_markup_loses_no_words(page):
    article = read(page)
    shown(article)
    assert article.text.count("words") == page.count("words")


TABLE = (
    "<table><caption>Sales by <b>country</b>, in millions</caption><thead><tr><th rowspan='2' scope='col'>Country</th>"
    "<th colspan='2'>Year</th></tr><tr><th>2023</th><th>2022</th></tr></thead>"
    "<tbody><tr><th scope='row'>China</th><td>$</td><td>5</td></tr>"
    "<tr><th scope='row'>Japan</th><td>3</td><td></td></tr>"
    "<tr><th scope='row'>Korea</th><td>2</td><td>1</td></tr></tbody></table>"
)


@pytest.mark.parametrize(
    "page",
    [
        f"<html><body><article><h1>News</h1><p>{LONG * 3}</p>{TABLE}<p>{LONG * 3}</p></article></body></html>",
        f"<html><body><h1>News</h1><p>Words.</p>{TABLE}</body></html>",
    ],
    ids=["article", "all that is visible"],
)
def test_a_tables_caption_and_spans_are_kept(page):
    article = read(page.replace("<td>$</td><td>5</td>", "<td>5</td><td>4</td>"))
    rows = [(kind, text) for kind, text in shown(article) if kind in ("caption", "table_header", "table_row")]
    assert rows == [
        ("caption", "Sales by country, in millions"),
        ("table_header", "Country | Year\n2023 | 2022"),
        ("table_row", "China | 5 | 4"),
        ("table_row", "Japan | 3"),
        ("table_row", "Korea | 2 | 1"),
    ]
    assert {block.columns for block in article.blocks if block.kind.value == "table_row"} == {
        ("Country", "Year 2023", "Year 2022")
    }


def test_a_table_of_many_shapes_takes_no_longer_than_its_size():
    rows = "".join(
        "<tr>" + "".join(f"<td colspan={(row * cell) % 7 + 1}>words</td>" for cell in range(60)) + "</tr>"
        for row in range(300)
    )
    article = read(f"<html><body><table>{rows}</table></body></html>")
    assert article.text.count("words") == 300 * 60
