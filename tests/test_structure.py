import gzip
import json
import os
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.article import BlockKind
from ingest.cleaning import clean_text, decode
from ingest.structure import find_structure

SHARED = Path(os.environ.get("FOOTNOTE_SHARED", Path(__file__).resolve().parent.parent.parent / "shared")) / "data"

HEADING, PARAGRAPH, LIST_ITEM = BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.LIST_ITEM
TABLE_HEADER, TABLE_ROW = BlockKind.TABLE_HEADER, BlockKind.TABLE_ROW
CAPTION, FURNITURE = BlockKind.CAPTION, BlockKind.FURNITURE


def shown(text):
    return [(block.kind, text[block.start : block.end]) for block in find_structure(text).blocks]


def assert_covers(text, blocks):
    position = 0
    for block in blocks:
        assert position <= block.start < block.end
        assert not text[position : block.start].strip()
        assert text[block.start : block.end] == text[block.start : block.end].strip()
        assert (block.level > 0) == (block.kind is HEADING)
        position = block.end
    assert not text[position:].strip()


LINES = st.sampled_from(
    [
        "",
        "",
        "A Heading",
        "# Marked",
        "= = Wiki = =",
        "1. Numbered",
        "  • an item",
        "    that goes on",
        "- dashed",
        "(a) lettered",
        "Name | 2023 | 2024",
        "Revenue | 5 | 6",
        "|---|---|",
        "Sales\t5\t6",
        "Sales   5   6",
        "About Us",
        "By Jane Doe",
        "Read more",
        "-----",
        "A sentence, which is long enough to have been wrapped by a mail program at",
        "seventy columns. It ends here.",
        "SPEAKER NAME:",
        "July 22, 2014",
        "•",
        "\ufeff",
        "\u2028",
    ]
)


@given(
    st.one_of(
        st.text(), st.lists(LINES, max_size=25).map("\n".join), st.text(alphabet="aA1 \n\t|-•#=.:\r\x1f", max_size=80)
    )
)
@settings(deadline=None, max_examples=400)
def test_blocks_cover_every_character_in_order_without_overlap(text):
    assert_covers(text, find_structure(text).blocks)


@pytest.mark.shared
def test_blocks_cover_every_shared_text():
    files = sorted(SHARED.glob("*/*.jsonl.gz"))
    if not files:
        pytest.skip("the shared data is not here")
    for file in files:
        with gzip.open(file, "rt", encoding="utf-8", newline="\n") as rows:
            for number, line in enumerate(rows):
                text = json.loads(line).get("text", "")
                if number % 7 == 0 and isinstance(text, str):
                    assert_covers(text, find_structure(text, title="").blocks)


def test_paragraphs_are_parted_by_blank_lines_and_keep_their_wraps():
    text = (
        "The committee decided to increase slightly the degree of pressure on reserve\n"
        "positions. The action is expected to be associated with a small increase in\n"
        "short-term rates.\n\n"
        "The decision was taken to move toward a less accommodative stance.\n"
    )
    assert shown(text) == [
        (PARAGRAPH, text[: text.index("\n\n")]),
        (PARAGRAPH, "The decision was taken to move toward a less accommodative stance."),
    ]


def test_long_lines_are_paragraphs_of_their_own():
    first = "Defined benefit schemes are valued each year by an actuary who is independent of the company. " * 2
    second = "The largest scheme is in the United Kingdom and was closed to new members a long time ago. " * 2
    text = f"Accounting policies\n{first}\n{second}"
    assert shown(text) == [(HEADING, "Accounting policies"), (PARAGRAPH, first.strip()), (PARAGRAPH, second.strip())]


def test_a_line_that_begins_in_lower_case_goes_on_with_the_one_before():
    text = (
        "The rate fell because of the disposition of preferred stock in a foreign affiliate,\nas a result of a merger."
    )
    assert shown(text) == [(PARAGRAPH, text)]


def test_bullets_are_kept_whole_with_the_lines_that_hang_below_them():
    text = (
        "It is driven by:\n\n  • Wider use in hospitals:\n    budgets grow.\n  • Telemedicine\n\n– a dash\n(a) a letter"
    )
    assert shown(text) == [
        (PARAGRAPH, "It is driven by:"),
        (LIST_ITEM, "• Wider use in hospitals:\n    budgets grow."),
        (LIST_ITEM, "• Telemedicine"),
        (LIST_ITEM, "– a dash"),
        (LIST_ITEM, "(a) a letter"),
    ]


def test_a_bullet_on_a_line_of_its_own_takes_the_next_line():
    assert shown("•\nGrowth in Asia\n•\nGrowth in Europe") == [
        (LIST_ITEM, "•\nGrowth in Asia"),
        (LIST_ITEM, "•\nGrowth in Europe"),
    ]


def test_a_wrapped_line_that_begins_with_a_dash_or_number_is_no_bullet():
    text = (
        "The company grew by more than any of its larger competitors have done over\n"
        "- admittedly short - period that we looked at, and it did so in fiscal year\n"
        "19. The rest followed."
    )
    assert shown(text) == [(PARAGRAPH, text)]


def test_numbered_lines_in_a_row_are_a_list_and_one_above_text_is_a_heading():
    body = "Inventories are stated at the lower of cost and net realisable value."
    text = (
        f"Report on the Year\n\n1. Open it.\n2. Read it.\n\n{body}\n\n3. Inventories\n\n{body}\n\n3.1 Parts\n\n{body}"
    )
    assert [(block.kind, block.level) for block in find_structure(text).blocks] == [
        (HEADING, 1),
        (LIST_ITEM, 0),
        (LIST_ITEM, 0),
        (PARAGRAPH, 0),
        (HEADING, 2),
        (PARAGRAPH, 0),
        (HEADING, 3),
        (PARAGRAPH, 0),
    ]


BODY = "The market grew by a tenth, and most observers expect it to go on growing for some years to come."


@pytest.mark.parametrize(
    "line",
    [
        "Market size and trajectory",
        "2023 baseline",
        "Why China leads the pack",
        "What is the outlook?",
        "Global context: China VS. other APAC markets",
        "FINANCIAL HIGHLIGHTS",
        "Comparative Overview of the Asian Markets (2030 projections)",
        "Item 1A. Risk Factors",
        "市场规模",
        "## Outlook",
        "= = Plot = =",
    ],
)
def test_bare_short_lines_are_headings(line):
    assert (HEADING, line) in shown(f"A Title For This\n\n{BODY}\n\n{line}\n\n{BODY}")


@pytest.mark.parametrize(
    "line",
    [
        "In emerging markets:",
        "It grew.",
        "we did not expect this",
        "Revenue 4,500 3,200 2,100 900",
        "July 22, 2014",
        "“A remarkable year”",
        "Operator, could you please repeat your instructions?",
        "AMY HOOD: Yes, and more",
        "AMY HOOD:",
        "investors@example.com",
        "12",
    ],
)
def test_lead_ins_sentences_labels_and_figures_are_not_headings(line):
    kinds = [kind for kind, text in shown(f"A Title For This\n\n{BODY}\n\n{line}\n\n{BODY}") if text == line]
    assert HEADING not in kinds


def test_a_short_line_with_nothing_below_is_no_heading():
    assert shown(f"A Title For This\n\n{BODY}\n\nJane Doe")[-1] == (PARAGRAPH, "Jane Doe")


def test_a_speaker_stays_with_what_is_said():
    text = f"Earnings Call\n\nAMY HOOD:\n{BODY}"
    assert shown(text)[1] == (PARAGRAPH, f"AMY HOOD:\n{BODY}")


def test_a_name_repeated_above_each_turn_is_a_speaker_not_a_heading():
    text = "Earnings Call\n\n" + f"Amy Hood\n\n{BODY}\n\n" * 6
    assert [kind for kind, _ in shown(text)].count(HEADING) == 1


def test_levels_follow_marks_numbers_and_stacked_headings():
    text = (
        f"Annual Review\n\n{BODY}\n\nMarket size\n\n2023 baseline\n\n{BODY}\n\n2028 forecast\n\n{BODY}\n\n"
        f"Key areas of growth\n\nImaging\n\n{BODY}\n\nWhat the rest of the region does: an overview\n\n{BODY}"
    )
    structure = find_structure(text)
    levels = [(text[b.start : b.end], b.level) for b in structure.blocks if b.kind is HEADING]
    assert levels == [
        ("Annual Review", 1),
        ("Market size", 2),
        ("2023 baseline", 3),
        ("2028 forecast", 3),
        ("Key areas of growth", 2),
        ("Imaging", 3),
        ("What the rest of the region does: an overview", 2),
    ]
    marked = find_structure("= A =\n\nx.\n\n= = B = =\n\nx.\n\n### C\nx.")
    assert [block.level for block in marked.blocks if block.level] == [1, 2, 3]


def test_a_flattened_table_has_its_header_line_as_columns():
    header = "Country Market value (US$, billion) CAGR (2023–2030) Key features"
    rows = ["China US$18.88B 42.5% Fast adoption", "Japan US$1.87B 21.7% Mature system", "Peru Emerging N/A Early"]
    text = f"An Overview of Markets\n\n{BODY}\n\n" + "\n".join([header, *rows])
    blocks = find_structure(text).blocks
    assert shown(text)[2:] == [(TABLE_HEADER, header), *((TABLE_ROW, row) for row in rows)]
    assert {block.columns for block in blocks[2:]} == {(header,)}


def test_table_cells_are_cut_and_header_rows_combined():
    header = " |  | Years Ended September 30, | \n | 2019 | 2018 | 2017\n"
    text = f"{BODY}\n\n{header}Fixed Price | $  1,452.4 | $1 | $2\nOther | 4 | 5 | 6"
    structure = find_structure(text)
    columns = ("", "Years Ended September 30, 2019", "Years Ended September 30, 2018", "Years Ended September 30, 2017")
    assert [block.kind for block in structure.blocks] == [PARAGRAPH, TABLE_HEADER, TABLE_ROW, TABLE_ROW]
    assert structure.blocks[2].columns == columns
    assert text[structure.blocks[2].start : structure.blocks[2].end] == "Fixed Price | $  1,452.4 | $1 | $2"


def test_tables_of_tabs_and_of_gaps_are_cut():
    for gap in ("\t", "    "):
        text = gap.join(["Segment", "Q4 2019", "Q4 2018"]) + "\n" + gap.join(["Wireless", "2,493", "2,407"])
        structure = find_structure(text, title="x")
        assert [(block.kind, block.columns) for block in structure.blocks] == [
            (TABLE_HEADER, ("Segment", "Q4 2019", "Q4 2018")),
            (TABLE_ROW, ("Segment", "Q4 2019", "Q4 2018")),
        ]


def test_two_spaces_behind_a_sentence_make_no_table():
    text = "We grew in 2014.  Growth was 5 percent.\nWe shrank in 2015.  The loss was 7 percent."
    assert TABLE_ROW not in [kind for kind, _ in shown(text)]


def test_furniture_is_marked_by_what_it_does():
    text = (
        f"A Title For This\n\nBy Jane Doe | 2 July 2025 | 5 min read\n\n{BODY}\n\n"
        f"Figure 1: Growth by year\n\n{BODY}\n\n"
        "Our guides help investors to find their way. Start exploring\n\nShare this article\n\n"
        f"{BODY}\n\nAbout Us\n\nWe are a publisher of reports.\n\nWrite to us.\n\n© 2025 Example Press"
    )
    structure = find_structure(text)
    assert [text[b.start : b.end] for b in structure.blocks if b.kind is FURNITURE] == [
        "By Jane Doe | 2 July 2025 | 5 min read",
        "Our guides help investors to find their way. Start exploring",
        "Share this article",
        "About Us",
        "We are a publisher of reports.",
        "Write to us.",
        "© 2025 Example Press",
    ]
    assert (CAPTION, "Figure 1: Growth by year") in shown(text)
    assert structure.facts == {"author": "Jane Doe"}
    assert structure.published == date(2025, 7, 2)


@pytest.mark.parametrize(
    "line",
    [
        "By 2028, the market will reach US$16.02 billion.",
        "By contrast, Japan has a mature system.",
        "Share prices rose by a tenth.",
        "The firm has learned to read more.",
        "(C) Distribution of the number of species.",
        "Contact lenses sold well.",
    ],
)
def test_ordinary_sentences_are_not_furniture(line):
    assert (PARAGRAPH, line) in shown(f"A Title For This\n\n{BODY}\n\n{line}\n\n{BODY}")


def test_a_text_of_nothing_but_furniture_is_the_article():
    assert shown("© 2013 Jane Doe. All rights reserved.") == [(PARAGRAPH, "© 2013 Jane Doe. All rights reserved.")]


def test_a_date_line_is_the_publication_date_and_a_date_in_a_sentence_is_not():
    assert find_structure(f"Earnings Call\nTuesday, July 22, 2014\n\n{BODY}").published == date(2014, 7, 22)
    assert find_structure(f"Earnings Call\n\nOn July 22, 2014 we met. {BODY}").published is None


def test_the_first_line_is_the_title_and_otherwise_the_first_words():
    assert find_structure(f"FOR IMMEDIATE RELEASE\n\nAcme Grows Again\n\n{BODY}").title == "Acme Grows Again"
    assert find_structure(f"{BODY} {BODY}").title == (
        "The market grew by a tenth, and most observers expect it to go on growing for some years…"
    )
    assert find_structure("").title == ""


def test_a_text_of_one_enormous_line_is_one_paragraph():
    text = "the company had income of 5 million in 2019 . " * 50_000
    (block,) = find_structure(text).blocks
    assert (block.kind, block.start, block.end) == (PARAGRAPH, 0, len(text.rstrip()))


def test_more_lines_than_can_be_looked_at_are_taken_together(monkeypatch):
    monkeypatch.setattr("ingest.structure._MOST_LINES", 10)
    text = "\n".join(["A line"] * 2500) + "\n\n"
    blocks = find_structure(text).blocks
    assert len(blocks) == 3
    assert_covers(text, blocks)


@pytest.mark.shared
def test_the_seed_article_is_understood():
    path = SHARED / "seed" / "china-ai-healthcare-market-part-1.txt"
    if not path.exists():
        pytest.skip("the shared data is not here")
    text = clean_text(decode(path.read_bytes()))
    structure = find_structure(text)
    headings = [(block.level, text[block.start : block.end]) for block in structure.blocks if block.kind is HEADING]
    assert structure.title == headings[0][1] == text.split("\n")[0].strip()
    assert [level for level, _ in headings] == [1, 2, 2, 2, 2, 3, 3, 3, 2, 3, 3, 3, 2, 2, 2, 2, 2]
    assert structure.facts == {"author": "Giulia Interesse"}
    assert structure.published is None
    kinds = [block.kind for block in structure.blocks]
    assert kinds.count(LIST_ITEM) == text.count("\n  • ") == 27
    assert (kinds.count(TABLE_HEADER), kinds.count(TABLE_ROW)) == (1, 6)
    furniture = [text[block.start : block.end].split()[0] for block in structure.blocks if block.kind is FURNITURE]
    assert furniture == ["Posted", "Explore", "Stay", "About", "China", "Dezan"]
