"""Answers as Markdown, CSV and JSON: verbatim whatever the words are, and found again by whoever checks them."""

import csv
import io
import json
import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from chat.answer import Answer, AnsweredPart, DifferentValue, Disagreement, Quote, Reason
from chat.export import COLUMNS, Asked, csv_bytes, escape_markdown, export, from_cell, marks_of, new_file
from chat.proof import check_export
from errors import ArticleNotFound, SettingError
from index.values import StoredArticle
from ingest.article import Article, sha256_hex

MADE = date(2026, 3, 4)
TEXT = (
    "Growth is quick.\n"
    "- *The* market was worth US$1.59 billion_in_2023 [sic] & more | <b>bold</b>.\n"
    "=SUM(A1) is what the cell says.\n"
    "2028. It may reach US$7.33 billion, or US$16.02 billion."
)


def quote(words: str, answers: str = "", text: str = TEXT, **more) -> Quote:
    start = text.index(words)
    at = start + words.index(answers)
    return Quote(
        article_id="one", title="Market, *today*", source="notes/market.md", published=date(2025, 7, 1), section="Size",
        page=3, pages=(3,), start=start, end=start + len(words), text=words, answers=bool(answers),
        spans=((at, at + len(answers)),) if answers else (), sha256="a" * 64, text_sha256=sha256_hex(text), score=0.5,
        **more,
    )  # fmt: skip


def answer(*quotes: Quote, **more) -> Answer:
    text = "; ".join(each.text[a - each.start : b - each.start] for each in quotes for a, b in each.spans)
    return Answer(
        question="How large?", understood="How large is the market?", answered=True, reason=None, explanation="",
        text=text, confidence=0.93, quotes=quotes, disagreements=(), passages=(), milliseconds={}, **more,
    )  # fmt: skip


def declined() -> Answer:
    return replace(
        answer(), question="And Mars?", understood="And Mars?", answered=False, reason=Reason.ENTITY_ABSENT,
        explanation="No passage in your library speaks of Mars.", text=None, confidence=None,
    )  # fmt: skip


ROW = quote(
    "- *The* market was worth US$1.59 billion_in_2023 [sic] & more | <b>bold</b>.",
    "US$1.59 billion",
    part="2023",
    unit="in *billions*",
)
FORMULA = quote("=SUM(A1) is what the cell says.")
BOTH = quote("2028. It may reach US$7.33 billion, or US$16.02 billion.", "US$7.33 billion")
DIFFERENT = Disagreement(
    (DifferentValue("US$7.33 billion", BOTH), DifferentValue("US$16.02 billion", BOTH, "restated"))
)
CONVERSATION = [
    Asked("How large?", answer(ROW, FORMULA), scope="Market, *today*"),
    Asked("And in 2028?", replace(answer(BOTH), disagreements=(DIFFERENT,), notes=("“FY” is read as 2028.",))),
    Asked("And Mars?", declined()),
    Asked("Broken?", None, "The model is missing."),
]


def library_with(text: str = TEXT):
    def article(name: str) -> StoredArticle:
        if name != "one":
            raise ArticleNotFound(name)
        return StoredArticle(Article(source="m", title="M", text=text, sha256=sha256_hex(text)), sha256_hex(text))

    return article


def rows_of(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def checked(tmp_path, data: bytes, suffix: str, text: str = TEXT):
    path = tmp_path / f"export{suffix}"
    path.write_bytes(data)
    return check_export(path, library_with(text))


class Shown(HTMLParser):
    """The text that a browser shows of quotations, and which of it is bold."""

    def __init__(self) -> None:
        super().__init__()
        self.text, self.bold, self._is_bold = "", "", 0

    def handle_starttag(self, tag, attrs):
        self._is_bold += tag in ("strong", "b")

    def handle_endtag(self, tag):
        self._is_bold -= tag in ("strong", "b")

    def handle_data(self, data):
        self.text += data
        self.bold += data if self._is_bold else ""


def shown(markdown: str) -> Shown:
    seen = Shown()
    seen.feed(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(markdown))
    return seen


@pytest.mark.parametrize("suffix", [".md", ".csv", ".json"])
def test_every_exported_quote_is_verified(tmp_path, suffix):
    counts, problems = checked(tmp_path, export(CONVERSATION, suffix, made=MADE), suffix)
    assert problems == []
    assert counts["quotes"] == counts["unchanged"] >= 4


@pytest.mark.parametrize("suffix", [".md", ".csv", ".json"])
def test_words_changed_in_the_export_are_altered(tmp_path, suffix):
    data = export([Asked("How large?", answer(BOTH))], suffix, made=MADE)
    for old, new in ((b"or US", b"and US"), (b"may reach", b"may  reach"), (b"7.33", b"9.99")):
        assert old in data
        counts, problems = checked(tmp_path, data.replace(old, new), suffix)
        assert (counts["quotes"], counts["altered"]) == (1, 1), (old, problems)


@pytest.mark.parametrize("suffix", [".md", ".csv", ".json"])
def test_an_answer_that_its_quote_does_not_hold_is_altered(tmp_path, suffix):
    data = export([Asked("How large?", answer(BOTH))], suffix, made=MADE)
    at = {
        ".md": rb"(?<=Answer:\*\* )US\\\$7.33",
        ".csv": rb"(?<=,answer,)US\$7.33",
        ".json": rb'(?<="reason": null,\n    "explanation": "",\n    "text": ")US\$7.33',
    }
    changed, count = re.subn(at[suffix], b"US$8.33", data, count=1, flags=re.MULTILINE)
    assert count == 1
    counts, problems = checked(tmp_path, changed, suffix)
    assert (counts["quotes"], counts["altered"]) == (1, 1)
    assert problems[0]["where"].endswith("(the answer “US$8.33 billion” does not stand in it)")


@pytest.mark.parametrize("suffix", [".md", ".csv", ".json"])
def test_a_changed_library_is_told(tmp_path, suffix):
    data = export([Asked("How large?", answer(BOTH))], suffix, made=MADE)
    _, problems = checked(tmp_path, data, suffix, text="A new line.\n" + TEXT)
    (problem,) = problems
    assert problem["what"] == "moved"
    assert problem["now"] == [problem["start"] + 12, problem["end"] + 12]
    _, problems = checked(tmp_path, data, suffix, text=TEXT.replace("7.33", "7.4"))
    assert [each["what"] for each in problems] == ["altered"]
    _, problems = checked(tmp_path, data.replace(b"one", b"two"), suffix)
    assert [each["what"] for each in problems] == ["source_gone"]


def test_a_table_has_a_row_for_each_quote_and_each_blank():
    rows = rows_of(export(CONVERSATION, ".csv", made=MADE))
    assert list(rows[0]) == list(COLUMNS)
    assert [(row["question"], row["kind"], row["answer"]) for row in rows] == [
        ("How large?", "answer", "US$1.59 billion"),
        ("How large?", "context", ""),
        ("And in 2028?", "disagreement", "US$7.33 billion"),
        ("And in 2028?", "disagreement", "US$16.02 billion"),
        ("And Mars?", "none", ""),
        ("Broken?", "none", ""),
    ]
    first = rows[0]
    assert (first["part"], first["section"], first["page"], first["published"]) == ("2023", "Size", "3", "2025-07-01")
    assert (first["confidence"], first["unit"], first["scope"]) == ("0.93", "in *billions*", "Market, *today*")
    assert TEXT[int(first["start"]) : int(first["end"])] == from_cell(first["quote"]) == ROW.text
    assert (rows[4]["reason"], rows[4]["explanation"]) == (
        "entity_absent",
        "No passage in your library speaks of Mars.",
    )
    assert rows[5]["explanation"] == "The model is missing."


def test_no_cell_of_a_table_is_computed():
    quotes = [row["quote"] for row in rows_of(export(CONVERSATION, ".csv", made=MADE))]
    assert quotes[:2] == [f"'{ROW.text}", "'=SUM(A1) is what the cell says."]


@given(st.text(st.sampled_from("=+-@'\t\r\n,\";＝ a"), max_size=6))
def test_a_cell_gives_back_what_it_was_given(text):
    data = csv_bytes(["quote"], [[text, "x"]])
    cell = next(csv.reader(io.StringIO(data.decode("utf-8-sig").partition("\r\n")[2], newline="")))[0]
    assert from_cell(cell) == text
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "＝"))


def test_a_conversation_is_json_with_answers_as_the_command_line_prints_them():
    value = json.loads(export(CONVERSATION, ".json", made=MADE))
    assert value["exported"] == "2026-03-04"
    assert [turn["question"] for turn in value["conversation"]] == [turn.question for turn in CONVERSATION]
    assert value["conversation"][0]["answer"] == json.loads(json.dumps(answer(ROW, FORMULA).to_json()))
    assert value["conversation"][3] == {"question": "Broken?", "scope": "", "error": "The model is missing."}


def test_an_answer_alone_is_what_ask_prints():
    assert json.loads(export(CONVERSATION[:1], ".json", made=MADE, one=True)) == json.loads(
        json.dumps(answer(ROW, FORMULA).to_json())
    )


def test_markdown_says_what_an_answer_says():
    text = export(CONVERSATION, ".md", made=MADE).decode()
    page = shown(text)
    for said in (
        "Exported on 2026-03-04",
        "Asked only of: Market, *today*",
        "Understood as: How large is the market?",
        "Answer: US$1.59 billion",
        "Confidence: 93 %",
        "— [1] Market, *today* · Size · page 3 · 2025-07-01",
        "Read as: in *billions*",
        "The article gives different values.",
        "Note: “FY” is read as 2028.",
        "Note: restated",
        "No answer: No passage in your library speaks of Mars. (entity absent)",
        "No answer: The model is missing.",
        f"article one, characters {BOTH.start}-{BOTH.end}, SHA-256 of the file {'a' * 64}, of its text ",
    ):
        assert said in page.text, said
    assert text.count("\n> ") > text.count("[3]") > 1  # both values cite one source
    assert "**US\\$7.33 billion**" in text
    assert "**US\\$16.02 billion**" in text


def test_a_comparison_is_a_table_and_a_part_without_answer_says_why(tmp_path):
    parts = (
        AnsweredPart("Size in 2023?", "2023", "Market | size", "2023", "US$1.59 billion", (0,), None, ""),
        AnsweredPart(
            "Size in 2031?", "2031", "Market | size", "2031", None, (), Reason.PERIOD_ABSENT, "Not of *2031*."
        ),
    )
    turns = [Asked("How large in 2023 and 2031?", replace(answer(ROW), parts=parts))]
    text = export(turns, ".md", made=MADE).decode()
    assert "|  | 2023 | 2031 |\n| --- | --- | --- |\n| Market \\| size | US\\$1.59 billion [1] | – |" in text
    assert "### 2031\n\nNo answer: Not of \\*2031\\*." in text
    rows = rows_of(export(turns, ".csv", made=MADE))
    assert [(row["part"], row["kind"], row["reason"], row["explanation"]) for row in rows] == [
        ("2023", "answer", "", ""),
        ("2031", "none", "period_absent", "Not of *2031*."),
    ]
    for suffix in (".md", ".csv", ".json"):
        counts, problems = checked(tmp_path, export(turns, suffix, made=MADE), suffix)
        assert (counts["quotes"], problems) == (1, [])


def test_values_that_differ_in_one_part_leave_the_other_parts_their_answer():
    first, second = replace(ROW, part="2023"), replace(BOTH, part="2028")
    parts = (
        AnsweredPart("Size in 2023?", "2023", "", "", "US$1.59 billion", (0,), None, ""),
        AnsweredPart("Size in 2028?", "2028", "", "", "US$7.33 billion", (1,), None, ""),
    )
    other = DifferentValue("US$1.59 billion", replace(ROW, article_id="two", part=None))
    told = Disagreement((DifferentValue("US$7.33 billion", BOTH), other))
    value = replace(answer(first, second), parts=parts, disagreements=(told,), confidence=0.999)
    page = shown(export([Asked("How large in 2023 and 2028?", value)], ".md", made=MADE).decode())
    for said in ("Answer: US$1.59 billion; US$7.33 billion", "Sources give different values.", "Confidence: 99 %"):
        assert said in page.text
    rows = rows_of(export([Asked("How large in 2023 and 2028?", value)], ".csv", made=MADE))
    assert [(row["kind"], row["part"], row["answer"]) for row in rows] == [
        ("disagreement", "2028", "US$7.33 billion"),
        ("disagreement", "2028", "US$1.59 billion"),
        ("answer", "2023", "US$1.59 billion"),
    ]


words = st.text(
    st.sampled_from("\\`*_{}[]<>#|~&$^+-=.():!\"' \n\t12ab“é—\xa0;@") | st.characters(exclude_categories=("Cs", "Cc")),
    min_size=1,
    max_size=30,
)


@given(words, st.integers(0, 30), st.integers(1, 30), words)
@example("- a\n# b", 0, 3, "x")
@example("a*b", 1, 1, "=1")
@example("S$1.5", 1, 2, "1. x")
@example("&amp; &#35;", 0, 30, "<b>")
@example(" a  b ", 0, 2, "— [1] x")
@example("> a\n\n    b", 0, 2, "`article x, characters 1-2`")
def test_any_words_are_shown_as_they_are_and_read_back(tmp_path_factory, sentence, start, length, title):
    start = min(start, len(sentence) - 1)
    end = min(start + length, len(sentence))
    text = f"{sentence}|"
    cited = replace(quote(sentence, sentence[start:end], text), title=title, spans=((start, end),))
    data = export([Asked(title, answer(cited))], ".md", made=MADE).decode()
    body = re.search(r"(?ms)^> .*?(?=\n>\n> — \[1\])", data)
    assert body is not None
    page = shown(body.group())
    assert page.text.split() == sentence.split()
    ((a, b),) = marks_of(cited)
    if "\n" not in sentence:
        assert page.text.strip("\n") == sentence
        assert page.bold == sentence[a:b]
    path = tmp_path_factory.mktemp("words") / "x.md"
    path.write_bytes(data.encode())
    counts, problems = check_export(path, library_with(text))
    assert (counts["quotes"], problems) == (1, [])


@given(words)
def test_escaped_words_are_shown_as_they_are(text):
    line = " ".join(text.split())
    assert shown(f"# {escape_markdown(line)}\n").text.rstrip("\n") == line


# Files that came another way -----------------------------------------------------------------------------------------


def test_remarks_between_quotations_do_not_matter(tmp_path):
    data = export(CONVERSATION[:1], ".md", made=MADE).decode()
    data = data.replace("## Sources", "> I do not believe this.\n\nMy own remark, see [1].\n\n## Sources").replace(
        "\n", "\r\n"
    )
    counts, problems = checked(tmp_path, data.encode(), ".md")
    assert (counts["quotes"], problems) == (2, [])


def test_a_quotation_whose_source_was_deleted_is_altered(tmp_path):
    data = export(CONVERSATION[:1], ".md", made=MADE).decode()
    data = re.sub(r"(?m)^2\. .*$", "", data)
    counts, problems = checked(tmp_path, data.encode(), ".md")
    assert (counts["unchanged"], counts["altered"]) == (1, 1)
    assert problems[0]["where"].endswith("(source 2 is not in the file's list)")


@pytest.mark.parametrize(("separator", "encoding"), [(";", "utf-8-sig"), ("\t", "utf-8"), (";", "cp1252")])
def test_tables_that_a_spreadsheet_program_saved_again_are_read(tmp_path, separator, encoding):
    rows = rows_of(export(CONVERSATION, ".csv", made=MADE))
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]), delimiter=separator)
    writer.writeheader()
    writer.writerows(rows)
    counts, problems = checked(tmp_path, out.getvalue().encode(encoding), ".csv")
    assert (counts["quotes"], problems) == (4, [])


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv", b"question,answer\r\n1,2\r\n"),
        ("a.md", b"# Notes\n\n> A quotation of my own\n"),
        ("a.xlsx", b"PK\x03\x04 no workbook"),
        ("a.pdf", b"%PDF-1.7 \x81\x8d"),
        ("a.json", b'{"a": 1}'),
        ("a.csv", b""),
    ],
)
def test_what_is_no_export_is_told_with_what_to_give(tmp_path, name, data):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(SettingError, match=r"a\.\w+: .*; give "):
        check_export(path, library_with())


def test_an_export_of_blanks_alone_agrees(tmp_path):
    for suffix in (".md", ".csv", ".json"):
        counts, problems = checked(tmp_path, export(CONVERSATION[2:], suffix, made=MADE), suffix)
        assert (counts["quotes"], problems) == (0, [])


# Writing -------------------------------------------------------------------------------------------------------------


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("before")
    with pytest.raises(KeyboardInterrupt), new_file(path, [".csv"]):
        raise KeyboardInterrupt
    assert path.read_text() == "before"
    with new_file(path, [".csv"]) as write:
        write(b"after")
    assert path.read_text() == "after"
    assert list(tmp_path.iterdir()) == [path]


def test_a_place_that_cannot_be_written_is_told_before_the_work(tmp_path):
    (tmp_path / "folder.csv").mkdir()
    for path, said in {
        tmp_path / "x.pdf": "x.pdf: give it one of the endings .csv, .xlsx",
        tmp_path / "x": "x: give it one of the endings",
        tmp_path / "folder.csv": "folder.csv: is a folder",
        tmp_path / "nowhere" / "x.csv": "x.csv: there is no folder",
    }.items():
        with pytest.raises(SettingError, match=re.escape(said)), new_file(path, [".csv", ".xlsx"]):
            raise AssertionError("the work began")


def test_a_file_that_is_open_elsewhere_is_told(tmp_path, monkeypatch):
    path = tmp_path / "x.csv"
    path.write_text("before")

    def replace_open(source, target):
        raise PermissionError(13, "Permission denied", str(source))

    monkeypatch.setattr("os.replace", replace_open)
    said = r"cannot be written \(Permission denied\); close it where it is open"
    with pytest.raises(SettingError, match=said), new_file(path, [".csv"]) as write:
        write(b"after")
    assert list(tmp_path.iterdir()) == [path]
