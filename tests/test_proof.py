"""Quotes of an exported answer, checked against a library whose articles may have changed since."""

import json
from dataclasses import replace

import pytest

from chat.proof import check_export
from errors import ArticleNotFound, SettingError
from index.values import StoredArticle
from ingest.article import Article, sha256_hex

TEXT = "Growth is quick. The market was worth US$1.59 billion in 2023. Imaging leads."
START, END = TEXT.index("The market"), TEXT.index(" Imaging")
ARTICLE = Article(source="market.md", title="Market", text=TEXT, sha256=sha256_hex(TEXT))


def quote(**changes):
    held = {"article_id": "one", "title": "Market", "start": START, "end": END, "text": TEXT[START:END]}
    return {**held, **changes}


def answer(*quotes, **more):
    return {"question": "?", "answered": True, "quotes": list(quotes), "disagreements": [], "passages": [], **more}


def library_with(text=TEXT):
    def article(name: str) -> StoredArticle:
        if name != "one":
            raise ArticleNotFound(name)
        return StoredArticle(replace(ARTICLE, text=text), sha256_hex(text))

    return article


def check(tmp_path, exported, text=TEXT):
    path = tmp_path / "answer.json"
    path.write_text(exported if isinstance(exported, str) else json.dumps(exported, ensure_ascii=False), "utf-8")
    return check_export(path, library_with(text))


def test_a_quote_that_stands_where_it_stood_is_unchanged(tmp_path):
    counts, problems = check(tmp_path, answer(quote()))
    assert counts == {"quotes": 1, "unchanged": 1, "moved": 0, "altered": 0, "source_gone": 0}
    assert problems == []


def test_a_quote_that_stands_elsewhere_has_moved(tmp_path):
    counts, problems = check(tmp_path, answer(quote()), text="A new first line. " + TEXT)
    assert (counts["unchanged"], counts["moved"]) == (0, 1)
    assert problems == [
        {
            "what": "moved",
            "where": "Market, characters 17 to 62: “The market was worth US$1.59 billion in 2023.”",
            "article_id": "one",
            "start": 17,
            "end": 62,
            "now": [35, 80],
        }
    ]


def test_a_quote_whose_words_changed_is_altered(tmp_path):
    counts, problems = check(tmp_path, answer(quote()), text=TEXT.replace("1.59", "1.6"))
    assert counts["altered"] == 1
    assert [problem["what"] for problem in problems] == ["altered"]


def test_a_quote_altered_in_the_export_is_altered(tmp_path):
    counts, _ = check(tmp_path, answer(quote(text="The market was worth US$9.99 billion in 2023.")))
    assert counts["altered"] == 1


def test_a_quote_of_an_article_that_is_not_held_has_lost_its_source(tmp_path):
    counts, problems = check(tmp_path, answer(quote(article_id="two", title=None)))
    assert counts["source_gone"] == 1
    assert problems[0]["where"].startswith("two, characters 17 to 62: ")


@pytest.mark.parametrize(("start", "end"), [(-3, END), (END, START), (10**9, 10**9 + 45)])
def test_offsets_that_cannot_be_do_not_count_as_unchanged(tmp_path, start, end):
    counts, _ = check(tmp_path, answer(quote(start=start, end=end)))
    assert (counts["unchanged"], counts["moved"]) == (0, 1)


def test_the_last_sentence_with_an_end_behind_the_text_is_not_unchanged(tmp_path):
    counts, _ = check(tmp_path, answer(quote(start=END + 1, end=10**9, text="Imaging leads.")))
    assert (counts["unchanged"], counts["moved"]) == (0, 1)


@pytest.mark.parametrize(("start", "end"), [(START, END), (5, 5), (500, 600)])
def test_an_empty_quote_is_altered_wherever_it_stands(tmp_path, start, end):
    counts, _ = check(tmp_path, answer(quote(start=start, end=end, text="")))
    assert (counts["unchanged"], counts["altered"]) == (0, 1)


def test_passages_and_disagreements_are_checked_too(tmp_path):
    passage = quote(start=0, end=16, text="Growth is quick.")
    values = {"values": [{"text": "US$1.59 billion", "quote": quote(text="US$2 billion")}]}
    counts, _ = check(tmp_path, answer(quote(), passages=[passage], disagreements=[values]))
    assert counts == {"quotes": 3, "unchanged": 2, "moved": 0, "altered": 1, "source_gone": 0}


def test_a_batch_has_one_answer_a_line(tmp_path):
    lines = [json.dumps(answer(quote())), "", json.dumps(answer(quote(text="Something else.")))]
    counts, _ = check(tmp_path, "\n".join(lines) + "\n")
    assert (counts["quotes"], counts["unchanged"], counts["altered"]) == (2, 1, 1)


def test_a_long_quote_is_shortened_in_the_report(tmp_path):
    _, problems = check(tmp_path, answer(quote(text="x" * 200)))
    assert problems[0]["where"].endswith("“" + "x" * 79 + "…”")


@pytest.mark.parametrize("exported", [{"quotes": []}, [], {"quotes": [{"text": "no offsets"}]}, 3, {}])
def test_a_file_without_quotes_is_an_error_that_says_what_to_give(tmp_path, exported):
    with pytest.raises(
        SettingError,
        match=r"answer\.json: holds no quotes; give a file that `ask --json`, `ask --export`, `grid` or the page wrote",
    ):
        check(tmp_path, exported)


@pytest.mark.parametrize("exported", ["", "hello", "{", '{"quotes": []}\nhello'])
def test_a_file_that_is_not_json_is_an_error_that_names_it(tmp_path, exported):
    with pytest.raises(SettingError, match=r"answer\.json: "):
        check(tmp_path, exported)


def test_a_file_that_cannot_be_read_is_an_error_that_names_it(tmp_path):
    with pytest.raises(SettingError, match=r"nowhere\.json: cannot be read"):
        check_export(tmp_path / "nowhere.json", library_with())
    binary = tmp_path / "binary.json"
    binary.write_bytes(b"\xff\xfe\x00\x81")
    with pytest.raises(SettingError, match=r"binary\.json: cannot be read"):
        check_export(binary, library_with())


def test_an_offset_that_is_no_number_makes_no_quote(tmp_path):
    with pytest.raises(SettingError, match="holds no quotes"):
        check(tmp_path, answer(quote(start="17")))
