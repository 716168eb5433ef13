import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.embedder import SentenceEmbedder
from ingest.article import Article, Block, BlockKind, Place, Row
from ingest.passages import PassageSettings, split_article
from ingest.sentences import sentence_spans
from tests.fakes_embedder import BagEmbedder

SMALL = PassageSettings(heading_pieces=6, whole_pieces=24, text_pieces=18, most_characters=300)
words = BagEmbedder().pieces


def article(*parts, title="Report", facts=None, gap="\n\n"):
    """An article of (kind, text) or (kind, text, level) or (kind, text, 0, columns) parts."""
    text, blocks = "", []
    for kind, part, *more in parts:
        text += gap if text else ""
        level = more[0] if more else 0
        row = Row(columns=more[1]) if len(more) > 1 else None
        blocks.append(Block(kind, len(text), len(text) + len(part), None, level, row))
        text += part
    return Article("a.txt", title, text, "0" * 64, facts=facts or {}, blocks=tuple(blocks))


def check(article, passages, settings, pieces):
    """What must hold of every cut, whatever the article."""
    covered = [False] * len(article.text)
    for passage in passages:
        assert passage.text == article.text[passage.start : passage.end]
        assert len(pieces([passage.embedded])[0]) <= settings.whole_pieces
        assert len(pieces([passage.heading])[0]) <= settings.heading_pieces
        for unit in passage.units:
            assert passage.start <= unit.start < unit.end <= passage.end
        for i in range(passage.start, passage.end):
            assert not covered[i] or article.text[i].isspace(), "passages do not overlap"
            covered[i] = True
        inside = "".join("".join(article.text[unit.start : unit.end].split()) for unit in passage.units)
        assert inside == "".join(passage.text.split())
        for block in article.blocks:
            if block.kind is BlockKind.HEADING and passage.start < block.start < passage.end:
                before = article.text[passage.start : block.start]
                headings = [b for b in article.blocks if b.kind is BlockKind.HEADING and b.end <= block.start]
                said = "".join(article.text[b.start : b.end] for b in headings if b.start >= passage.start)
                assert "".join(before.split()) == "".join(said.split()), "a passage crosses a heading"
    assert all(done or character.isspace() for done, character in zip(covered, article.text, strict=True))


KINDS = [BlockKind.PARAGRAPH, BlockKind.HEADING, BlockKind.LIST_ITEM, BlockKind.TABLE_ROW, BlockKind.FURNITURE]
LINE = st.text(alphabet="abcDE12. ,$中é-", min_size=1, max_size=120).map(str.strip).filter(bool)
PARTS = st.lists(st.tuples(st.sampled_from(KINDS), LINE, st.integers(1, 3)), max_size=12)


@given(PARTS, st.integers(0, 3))
def test_every_character_stands_in_a_passage_and_none_crosses_a_heading(parts, left_out):
    whole = article(*[(kind, text, level if kind is BlockKind.HEADING else 0) for kind, text, level in parts])
    check(whole, split_article(whole, words, SMALL), SMALL, words)
    # A reader may leave text outside of its blocks.
    some = Article("a.txt", "Report", whole.text, "0" * 64, blocks=whole.blocks[left_out:])
    check(some, split_article(some, words, SMALL), SMALL, words)


@pytest.mark.model
def test_real_word_pieces_fit_the_embedder():
    settings = PassageSettings()
    pieces = SentenceEmbedder().pieces
    long_word = "antidisestablishmentarianism" * 6
    parts = [
        (BlockKind.HEADING, "A heading that goes on and on " * 12, 1),
        (BlockKind.PARAGRAPH, "Unbelievably internationalised hyperparameterisation of €1,234.56bn. " * 60),
        (BlockKind.PARAGRAPH, f"{long_word} " * 40 + "."),
        (BlockKind.PARAGRAPH, "x" * 1290 + " " + "word " * 150 + "x" * 1299 + ", " + "qxz" * 33),
        (BlockKind.PARAGRAPH, "中国人工智能医疗市场规模持续增长" * 90),
        (BlockKind.HEADING, "Table", 2),
        *[(BlockKind.TABLE_ROW, f"{i} | {i * 37} | something", 0, ("Year", "Worth", "Note")) for i in range(80)],
        (BlockKind.LIST_ITEM, "• one item " + "with many words " * 200),
    ]
    whole = article(*parts, title="A title of unpronounceable Welsh: Llanfairpwllgwyngyll " * 9)
    passages = split_article(whole, pieces, settings)
    check(whole, passages, settings, pieces)
    rows = [passage for passage in passages if passage.columns]
    assert all(passage.columns == ("Year", "Worth", "Note") for passage in rows)


@pytest.mark.model
@given(st.text(alphabet="aqz中é1.-\u00ad'Ω ", max_size=3000))
def test_no_text_whatever_is_too_long_for_the_embedder(text):
    text = text.replace("\u00ad", "q" * 120)
    whole = Article("a.txt", "T", text, "0" * 64)
    check(whole, split_article(whole, _real_pieces), PassageSettings(), _real_pieces)


_real = SentenceEmbedder()


def _real_pieces(texts):
    return _real.pieces(texts)


@pytest.mark.model
def test_counting_word_pieces_loads_no_model():
    code = (
        "import sys; from index.embedder import SentenceEmbedder; from ingest.passages import split_article\n"
        "from ingest.article import Article\n"
        "print(len(split_article(Article('a', 'T', 'One. Two.', '0'), SentenceEmbedder().pieces)))\n"
        "print([name for name in ('torch', 'faiss', 'sentence_transformers') if name in sys.modules])\n"
    )
    root = Path(__file__).resolve().parent.parent
    shown = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert shown.stdout == "1\n[]\n"


def test_table_rows_keep_their_column_names_in_every_passage():
    rows = [(BlockKind.TABLE_ROW, f"{year} | {year * 2} million", 0, ("Year", "Revenue")) for year in range(2000, 2012)]
    passages = split_article(article((BlockKind.HEADING, "Figures", 1), *rows), words, SMALL)
    assert len(passages) > 1
    assert all(passage.columns == ("Year", "Revenue") for passage in passages)
    assert all("Year | Revenue" in passage.heading for passage in passages)
    units = [unit for passage in passages for unit in passage.units if unit.kind is BlockKind.TABLE_ROW]
    assert len(units) == 12


def test_rows_of_different_tables_share_no_passage():
    passages = split_article(
        article(
            (BlockKind.TABLE_ROW, "1 | 2", 0, ("A", "B")),
            (BlockKind.TABLE_ROW, "3 | 4", 0, ("C", "D")),
        ),
        words,
    )
    assert [(passage.text, passage.columns) for passage in passages] == [("1 | 2", ("A", "B")), ("3 | 4", ("C", "D"))]


def test_a_passage_s_heading_names_title_company_period_and_section():
    (passage,) = split_article(
        article(
            (BlockKind.HEADING, "Results", 1),
            (BlockKind.HEADING, "Revenue", 2),
            (BlockKind.PARAGRAPH, "It rose."),
            title="Annual report",
            facts={"company": "Acme", "period": "2024"},
        ),
        words,
    )
    assert passage.heading == "Annual report · Acme · 2024 › Results › Revenue"
    assert passage.section == "Results › Revenue"
    assert passage.text == "Results\n\nRevenue\n\nIt rose."


def test_units_are_whole_sentences_items_and_rows():
    whole = article(
        (BlockKind.PARAGRAPH, "Revenue rose by 3.5 percent. Mr. Wu said so. Costs fell."),
        (BlockKind.LIST_ITEM, "• First. And still first."),
    )
    (passage,) = split_article(whole, words)
    assert [whole.text[unit.start : unit.end] for unit in passage.units] == [
        "Revenue rose by 3.5 percent.",
        "Mr. Wu said so.",
        "Costs fell.",
        "• First. And still first.",
    ]
    assert [(unit.start, unit.end) for unit in passage.units[:3]] == sentence_spans(whole.text, 0, whole.blocks[0].end)


def test_furniture_stands_in_passages_of_its_own():
    passages = split_article(
        article(
            (BlockKind.FURNITURE, "By Ann Writer"), (BlockKind.PARAGRAPH, "Text."), (BlockKind.FURNITURE, "About us")
        ),
        words,
    )
    assert [(passage.text, passage.furniture) for passage in passages] == [
        ("By Ann Writer", True),
        ("Text.", False),
        ("About us", True),
    ]


def test_passages_know_the_pages_on_which_their_characters_stand():
    text = "First page. Second page."
    whole = Article("a.pdf", "T", text, "0" * 64, places=(Place(0, 11, 1), Place(12, 24, 2)), pages=2)
    settings = PassageSettings(heading_pieces=2, whole_pieces=4, text_pieces=2)
    assert [passage.pages for passage in split_article(whole, words, settings)] == [(1,), (2,)]
    assert [passage.pages for passage in split_article(whole, words)] == [(1, 2)]


def test_an_article_without_text_has_no_passages():
    assert split_article(Article("a", "T", " \n ", "0"), words) == []


@pytest.mark.model
def test_a_line_of_ten_megabytes_without_spaces_is_cut_and_nothing_lost():
    text = "abcdefghij" * 1_000_000
    passages = split_article(Article("a", "T", text, "0"), _real_pieces)
    assert "".join(passage.text for passage in passages) == text
    assert max(len(passage.text) for passage in passages) <= 2400


def test_settings_that_change_passages_change_their_key():
    keys = {
        PassageSettings().key(),
        PassageSettings(heading_pieces=40).key(),
        PassageSettings(text_pieces=100).key(),
        PassageSettings(most_characters=1000).key(),
    }
    assert len(keys) == 4
