"""Questions by articles: what a cell holds, and the files that are made of a grid and checked again."""

import csv
import io
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from openpyxl import load_workbook
from openpyxl.cell.rich_text import CellRichText

from chat.answer import Answer, DifferentValue, Disagreement, Quote, Reason
from chat.grid import Grid, GridQuestion, grid_bytes, make_grid, parse_questions
from chat.proof import check_export
from chat.workbook import MOST_CHARACTERS, Cell, Sheet, cut, read_sheets, write_workbook
from errors import ArticleNotFound, SettingError
from index.values import ArticleSummary, StoredArticle
from index.where import Where
from ingest.article import Article, sha256_hex

TEXTS = {
    "one": "=Sales rose.\nSales were US$5 million in 2023, or US$6 million with licences. Zebra grew.",
    "two": "Nothing but weather here, as of 2023.",
    "three": "Costs fell. Zebra paid US$2 million.",
}
HELD = {
    name: Article(
        source=f"reports/{name}.md", title=f"Report {name}", text=text, sha256=sha256_hex(text),
        published=date(2024, 5, 6), facts={"company": "Acme", "period": "2022"},
    )
    for name, text in TEXTS.items()
}  # fmt: skip
ARTICLES = [
    ArticleSummary(name, each.title, each.source, each.published, each.facts, None, 1, len(each.text), each.sha256)
    for name, each in HELD.items()
]


def article(name: str) -> StoredArticle:
    if name not in HELD:
        raise ArticleNotFound(name)
    return StoredArticle(HELD[name], sha256_hex(HELD[name].text))


def quote(name: str, words: str, *answers: str) -> Quote:
    start = HELD[name].text.index(words)
    spans = tuple((start + words.index(each), start + words.index(each) + len(each)) for each in answers)
    return Quote(
        name, HELD[name].title, HELD[name].source, HELD[name].published, "", None, (), start, start + len(words), words,
        bool(answers), spans, HELD[name].sha256, sha256_hex(HELD[name].text), 0.9,
    )  # fmt: skip


class FakeAnswerer:
    """Finds a dollar figure in the one article that it is asked of."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def ask(self, question: str, *, after: Sequence[str] = (), k: int = 10, where: Where | None = None) -> Answer:
        assert where is not None
        (condition,) = where.conditions
        assert (condition.key, condition.operator) == ("article_id", "=")
        name = condition.value
        self.asked.append((question, name))
        base = Answer(
            question, question, False, Reason.NOTHING_RELEVANT, "No passage in your library speaks of this.", None,
            None, (), (), (), {},
        )  # fmt: skip
        if "breaks" in question:
            raise ArticleNotFound(name)
        found = re.search(r"[^.\n]*?(US\$\d million)[^.]*\.", HELD[name].text)
        if "how much" not in question.lower() or found is None:
            return base
        own = quote(name, found[0], found[1])
        other = quote(name, "Costs fell.") if name == "three" else own
        both = Disagreement((DifferentValue("US$5 million", own), DifferentValue("US$6 million", own)))
        return replace(
            base, answered=True, reason=None, text=found[1], confidence=0.8, quotes=(own, other),
            disagreements=(both,) if "licences" in found[0] else (),
        )  # fmt: skip


def grid_of(*questions: str, **more) -> tuple[Grid, list[tuple[str, str]]]:
    answerer = FakeAnswerer()
    return make_grid([GridQuestion(each) for each in questions], ARTICLES, answerer, article, **more), answerer.asked


def blanks(grid: Grid) -> list[list[str]]:
    return [[cell.blank for cell in row] for row in grid.cells]


QUESTIONS = ("How much was sold?", "=What else?")


def saved(tmp_path, suffix: str, *questions: str):
    path = tmp_path / f"grid{suffix}"
    path.write_bytes(grid_bytes(grid_of(*(questions or QUESTIONS))[0], suffix))
    return path


# Cells ---------------------------------------------------------------------------------------------------------------


def test_every_question_is_put_to_every_article_by_itself_question_by_question():
    grid, asked = grid_of(*QUESTIONS)
    assert asked == [(question, name) for question in QUESTIONS for name in TEXTS]
    assert grid.answered == 2
    assert [cell.answer.text if cell.answer else None for cell in grid.cells[0]] == [
        "US$5 million",
        None,
        "US$2 million",
    ]
    nothing = "Nothing in this article speaks of it."
    assert blanks(grid) == [["", nothing, ""], [nothing] * 3]
    assert grid.cells[0][1].reason is Reason.NOTHING_RELEVANT


def test_an_article_that_does_not_mention_a_name_or_year_is_not_asked():
    grid, asked = grid_of("How much did Zebra pay in 2023?")
    assert blanks(grid) == [["", "This article does not mention Zebra.", "This article does not mention 2023."]]
    assert [cell.reason for cell in grid.cells[0]] == [None, Reason.ENTITY_ABSENT, Reason.PERIOD_ABSENT]
    assert [name for _, name in asked] == ["one"]


def test_what_facts_say_counts_as_mentioned():
    _, asked = grid_of("How much did Acme sell in 2022 and 2024?")
    assert [name for _, name in asked] == ["one", "two", "three"]


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("Headcount in 2023?", True),
        ("How much? Really?", True),
        ("India in 2023?", False),
        ("IBM in 2023?", False),
        ("What of Headcount in 2023?", False),
        ("Deutsche Telekom in 2023?", False),
    ],
)
def test_a_word_that_only_opens_the_question_is_no_name(question, asked):
    _, pairs = grid_of(question)
    assert ("one" in [name for _, name in pairs]) == asked


def test_a_follow_up_is_understood_before_it_is_asked():
    answerer = FakeAnswerer()
    question = GridQuestion("And in 2031?", ("How much was sold in 2023?",))
    grid = make_grid([question], ARTICLES[:1], answerer, article)
    assert blanks(grid) == [["This article does not mention 2031."]]
    assert answerer.asked == []


def test_an_error_is_told_in_its_cell_and_the_rest_goes_on():
    grid, _ = grid_of("What breaks?", QUESTIONS[0])
    assert grid.cells[0][0].blank.startswith("one: no such article")
    assert grid.cells[0][0].answer is None
    assert grid.answered == 2


def test_cells_are_told_as_they_are_made_and_after_a_stop_no_more_is_asked():
    told: list[tuple[int, int]] = []
    grid, asked = grid_of(
        *QUESTIONS, on_cell=lambda down, across, _: told.append((down, across)), stop=lambda: len(told) == 4
    )
    assert told == [(0, 0), (0, 1), (0, 2), (1, 0)]
    assert len(asked) == 4
    assert [cell.blank for cell in grid.cells[1][1:]] == ["The grid was stopped before this was asked."] * 2


# Questions -----------------------------------------------------------------------------------------------------------


def test_questions_are_lines_each_once():
    text = '\ufeffOne?\r\n\n  Two? \n{"question": "Three?", "after": ["One?"]}\nOne?\n---\n'
    assert parse_questions(text, "x") == [GridQuestion("One?"), GridQuestion("Two?"), GridQuestion("Three?", ("One?",))]


@pytest.mark.parametrize(
    ("text", "json_lines", "said"),
    [
        ("", False, "q: holds no questions; write one a line"),
        ("\n \n", False, "q: holds no questions"),
        ('{"question": "One?"}\nTwo?', True, 'q: line 2 is no question; write {"question": "…"}'),
        ('{"text": "One?"}', True, "q: line 1 is no question"),
    ],
)
def test_a_file_without_questions_is_told(text, json_lines, said):
    with pytest.raises(SettingError, match=re.escape(said)):
        parse_questions(text, "q", json_lines=json_lines)


# Files ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".json"])
def test_every_quote_of_a_grid_is_verified(tmp_path, suffix):
    counts, problems = check_export(saved(tmp_path, suffix), article)
    assert problems == []
    assert counts["quotes"] == counts["unchanged"] >= 2


@pytest.mark.parametrize("suffix", [".csv", ".xlsx", ".json"])
def test_a_grid_of_blanks_is_one_too(tmp_path, suffix):
    counts, problems = check_export(saved(tmp_path, suffix, "What else?"), article)
    assert (counts["quotes"], problems) == (0, [])


def test_a_table_has_a_row_for_each_quote_and_each_blank(tmp_path):
    rows = list(csv.DictReader(io.StringIO(saved(tmp_path, ".csv").read_text("utf-8-sig"), newline="")))
    assert [(row["question"], row["article"], row["kind"], row["answer"], row["reason"]) for row in rows] == [
        ("How much was sold?", "Report one", "disagreement", "US$5 million", ""),
        ("How much was sold?", "Report one", "disagreement", "US$6 million", ""),
        ("How much was sold?", "Report two", "none", "", "nothing_relevant"),
        ("How much was sold?", "Report three", "answer", "US$2 million", ""),
        ("'=What else?", "Report one", "none", "", "nothing_relevant"),
        ("'=What else?", "Report two", "none", "", "nothing_relevant"),
        ("'=What else?", "Report three", "none", "", "nothing_relevant"),
    ]
    assert (rows[2]["source"], rows[2]["published"], rows[2]["explanation"]) == (
        "reports/two.md",
        "2024-05-06",
        "Nothing in this article speaks of it.",
    )


def test_a_workbook_shows_questions_down_and_articles_across(tmp_path):
    book = load_workbook(saved(tmp_path, ".xlsx"), rich_text=True)
    grid = book["Grid"]
    assert book.sheetnames == ["Grid", "Citations"]
    assert grid.freeze_panes == "B4"
    assert [str(cell.value) for cell in grid[1]] == ["Question", "Report one", "Report two", "Report three"]
    assert grid["B2"].value == "Acme · 2022 · 2024-05-06"
    assert [cell.value for cell in grid[3]][1:] == ["reports/one.md", "reports/two.md", "reports/three.md"]
    assert str(grid["B4"].value) == "Sales were US$5 million in 2023, or US$6 million with licences."
    assert isinstance(grid["B4"].value, CellRichText)
    assert [str(piece) for piece in grid["B4"].value if not isinstance(piece, str)] == ["US$5 million"]
    assert grid["C4"].value == "No answer: Nothing in this article speaks of it."
    assert (grid["A5"].value, grid["A5"].data_type, grid["A5"].quotePrefix) == ("=What else?", "s", True)
    cited = book["Citations"]
    names = [cell.value for cell in cited[1]]
    first = dict(zip(names, [cell.value for cell in cited[2]], strict=True))
    assert TEXTS["one"][first["start"] : first["end"]] == first["quote"]
    assert (first["confidence"], first["score"]) == (0.8, 0.9)


@pytest.mark.parametrize(
    ("sheet", "cell", "new", "said"),
    [
        ("Grid", "B4", "Sales were US$9 million.", "row 4 of the sheet Grid says “Sales were US$9 million.”"),
        (
            "Citations",
            "E2",
            "Sales were US$9 million.",
            "row 4 of the sheet Grid says “Sales were US$5 million in 2023",
        ),
        ("Citations", "D2", "US$9 million", "the answer “US$9 million” does not stand in it"),
        ("Citations", "I2", 3, "row 2: Report one, characters 3 to"),
    ],
)
def test_a_workbook_that_was_tampered_with_is_told(tmp_path, sheet, cell, new, said):
    path = saved(tmp_path, ".xlsx")
    book = load_workbook(path)
    book[sheet][cell] = new
    book.save(path)
    counts, problems = check_export(path, article)
    state = "moved" if isinstance(new, int) else "altered"
    assert (counts["quotes"], counts[state]) == (3, 1)
    assert said in problems[0]["where"]


def test_a_workbook_saved_by_another_program_still_agrees(tmp_path):
    path = saved(tmp_path, ".xlsx")
    book = load_workbook(path)
    book.save(path)
    counts, problems = check_export(path, article)
    assert (counts["quotes"], problems) == (3, [])


def test_a_grid_is_json(tmp_path):
    value = json.loads(saved(tmp_path, ".json").read_bytes())
    assert [each["question"] for each in value["questions"]] == list(QUESTIONS)
    assert [each["article_id"] for each in value["articles"]] == list(TEXTS)
    assert value["cells"][0][0]["answer"]["text"] == "US$5 million"
    assert value["cells"][1][2]["blank"] == "Nothing in this article speaks of it."


# Workbooks -----------------------------------------------------------------------------------------------------------


def test_cells_hold_any_text_as_it_is():
    texts = [
        "=1+1",
        "+1",
        "-5%",
        "@x",
        "#N/A",
        "007",
        "2024-01-01",
        "a_x0041_b",
        "x\ry\x07z\nw\t",
        "  lead",
        "é😀",
        "'a",
    ]
    data = write_workbook([Sheet("Grid", [[Cell(each) for each in texts]], [10.0], "B2")], "x")
    assert read_sheets(data, "x", ["Grid"]) == {"Grid": [texts]}
    row = load_workbook(io.BytesIO(data))["Grid"][1]
    assert {cell.data_type for cell in row} == {"s"}


def test_a_text_beyond_what_a_cell_holds_is_cut_and_says_so():
    assert cut("x" * MOST_CHARACTERS) == "x" * MOST_CHARACTERS
    for sign in ("x", "😀"):
        shorter = cut(sign * (MOST_CHARACTERS + 1))
        assert len(shorter.encode("utf-16-le")) // 2 <= MOST_CHARACTERS
        assert shorter.endswith(f"{sign} … (cut; the sheet Citations and the article have it whole)")
