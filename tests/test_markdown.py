from datetime import date

import pytest

from errors import SourceUnreadable
from ingest.article import BlockKind
from ingest.formats import markdown
from ingest.sources import Source


def read(text, name="briefing.md"):
    return markdown.read(text.encode(), Source(name=name))


def shown(article):
    return [(block.kind.value, article.text[block.start : block.end]) for block in article.blocks]


def test_the_text_is_what_readers_see_in_blocks():
    article = read(
        "# Heading *one*\n\nWith **bold**, a [link](http://x.y), `code`,\nwrapped; 10⁶ &amp; R&D, "
        "CO<sub>2</sub>, 10<sup>6</sup>.\n\n## Sub\n\n- one\n  continued\n  - nested\n- two\n\n3. three\n4. four\n\n"
        "> quoted\n\n```\nx = 1\n\ny = 2\n```\n\n![A chart](c.png)\n\n***\n\nShare this article\n"
    )
    assert article.text == (
        "Heading one\n\nWith bold, a link, code, wrapped; 10⁶ & R&D, CO₂, 10⁶.\n\nSub\n\n• one continued\n  • nested\n"
        "• two\n3. three\n4. four\n\nquoted\n\nx = 1\n\ny = 2\n\nA chart\n\nShare this article"
    )
    assert shown(article) == [
        ("heading", "Heading one"),
        ("paragraph", "With bold, a link, code, wrapped; 10⁶ & R&D, CO₂, 10⁶."),
        ("heading", "Sub"),
        ("list_item", "• one continued"),
        ("list_item", "• nested"),
        ("list_item", "• two"),
        ("list_item", "3. three"),
        ("list_item", "4. four"),
        ("paragraph", "quoted"),
        ("paragraph", "x = 1\n\ny = 2"),
        ("paragraph", "A chart"),
        ("furniture", "Share this article"),
    ]
    assert [block.level for block in article.blocks[:3]] == [1, 0, 2]


def test_table_rows_carry_their_column_names():
    article = read("| Country | 2023 |\n|---|--:|\n| China | **1.59** |\n| Peru \\| Chile | 2 |\n")
    assert shown(article) == [
        ("table_header", "Country | 2023"),
        ("table_row", "China | 1.59"),
        ("table_row", "Peru | Chile | 2"),
    ]
    assert {block.columns for block in article.blocks} == {("Country", "2023")}


def test_front_matter_gives_title_date_and_facts():
    article = read(
        "---\ntitle: 'A *Briefing*'\ndate: 2025-07-02\nAuthor: [A. Writer, B. Writer]\ncompany: Acme\n"
        "source: China Briefing\nempty:\nrank: 3\nmore: {a: 1}\n---\n# Another Heading\n\nIt grew.\n"
    )
    assert article.title == "A *Briefing*"
    assert article.published == date(2025, 7, 2)
    assert article.facts == {
        "author": "A. Writer, B. Writer",
        "company": "Acme",
        "origin": "China Briefing",
        "rank": "3",
        "more": '{"a":1}',
    }
    assert article.text == "Another Heading\n\nIt grew."


@pytest.mark.parametrize(
    "written", ["2025-07-02", "2 July 2025", "July 2, 2025", "2025-07-02T08:00:00Z", "2025-07-02 08:00:00"]
)
def test_dates_in_front_matter_are_read_as_people_write_them(written):
    assert read(f"---\npublished: {written}\n---\nIt grew.").published == date(2025, 7, 2)


def test_a_date_nobody_can_read_stays_a_fact():
    article = read("---\ndate: last summer\n---\nIt grew.")
    assert article.published is None
    assert article.facts == {"date": "last summer"}


@pytest.mark.parametrize(
    "matter",
    [
        "a: &x [1]\nb: *x",
        "a: &a [l,l,l]\nb: &b [*a,*a,*a]\nc: [*b,*b]",
        "a: [1",
        "just words",
        "- a list",
        "a: !!python/object/apply:os.system ['true']",
        "a: " + "[" * 5000,
        "date: 2025-99-99",
    ],
)
def test_front_matter_that_is_no_plain_mapping_is_part_of_the_text(matter):
    article = read(f"---\n{matter}\n---\n\nIt grew.")
    assert article.text.endswith("It grew.")
    assert "grew" not in article.facts


def test_without_front_matter_the_highest_heading_is_the_title():
    assert read("## Small\n\n# Large\n\nIt grew.").title == "Large"
    assert read("It grew by a tenth.").title == "It grew by a tenth."


def test_html_inside_is_read_as_text_without_scripts():
    article = read("<div>raw <b>html</b><!-- c --><script>alert(1)</script><style>p{}</style></div>\n\nIt <i>grew</i>.")
    assert article.text == "raw html\n\nIt grew."


def test_blocks_cover_the_text_in_order():
    article = read("# A\n\n- x\n- y\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\ntext\n\n    code\n")
    position = 0
    for block in article.blocks:
        assert not article.text[position : block.start].strip()
        position = block.end
    assert position == len(article.text)


@pytest.mark.parametrize(
    "text", [">" * 5000 + " deep", "- " * 2000 + "deep", "[" * 5000 + "deep", "* " * 3 + "deep", "  " * 300 + "- deep"]
)
def test_markdown_nested_beyond_reading_keeps_its_text(text):
    assert "deep" in read(text).text


def test_a_very_long_markdown_text_is_read_as_plain_text(monkeypatch):
    monkeypatch.setattr("ingest.formats.markdown.MAX_CHARACTERS", 10)
    assert read("# A heading\n\nIt **grew**.").text == "# A heading\n\nIt **grew**."


def test_empty_and_binary_files_are_refused():
    with pytest.raises(SourceUnreadable, match="is empty"):
        read(" \n")
    with pytest.raises(SourceUnreadable, match="is no text"):
        markdown.read(bytes(range(256)) * 4, Source(name="x.md"))


def test_the_kind_of_a_block_is_an_article_block_kind():
    assert {type(block.kind) for block in read("# A\n\nb").blocks} == {BlockKind}
