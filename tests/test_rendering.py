import html
from datetime import date
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from chat.answer import Answer, Considered, DifferentValue, Disagreement, Quote, Reason
from chat.interface.history import Turn, dump_turns, load_turns, stale_quotes
from chat.interface.rendering import cite_href, escape, file_name, long_date, render_answer, render_question, snippet
from index.values import StoredArticle
from ingest.article import Article

# What an attacker would try, with ordinary text between.
SIGNS = st.sampled_from(list("<>&\"'`*_[]()!#|\\\n\t $~:/{}-=+.;0123456789"))
WORDS = st.sampled_from(
    ["<script>", "</div>", "&lt;", "&#60;", "javascript:", "<!--", "https://example.org", "**", "![x](y)"]
)
LETTERS = st.characters(exclude_categories=("Cs", "Cc"))
NASTY = st.lists(st.one_of(SIGNS, WORDS, LETTERS), max_size=30).map("".join)


class Reader(HTMLParser):
    """Gathers tags with their attributes, and the text."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


def quote(text: str = "It was worth US$5 billion.", **more: Any) -> Quote:
    values: dict[str, Any] = {
        "article_id": "abc123",
        "title": "Market",
        "source": "market.pdf",
        "published": date(2025, 7, 1),
        "section": "Size",
        "page": 3,
        "pages": (3,),
        "start": 100,
        "end": 100 + len(text),
        "text": text,
        "answers": True,
        "spans": (),
        "sha256": "s",
        "text_sha256": "t",
        "score": 1.0,
    }
    return Quote(**(values | more))


def answer(*quotes: Quote, **more: Any) -> Answer:
    values: dict[str, Any] = {
        "question": "How much?",
        "understood": "How much?",
        "answered": True,
        "reason": None,
        "explanation": "",
        "text": "US$5 billion",
        "confidence": None,
        "quotes": quotes,
        "disagreements": (),
        "passages": (),
        "milliseconds": {"total": 12.3},
    }
    return Answer(**(values | more))


@given(NASTY)
def test_escaped_text_is_shown_character_for_character(text):
    assert html.unescape(escape(text)) == text


@given(NASTY)
def test_escaped_text_holds_no_live_html(text):
    assert Reader(f"<div>{escape(text)}</div>").tags == [("div", {})]


@given(NASTY)
def test_escaped_text_holds_no_live_markdown(text):
    rendered = MarkdownIt("gfm-like", {"linkify": False}).render("x" + escape(text).strip(" ") + "x")
    inner = rendered.removeprefix("<p>").removesuffix("</p>\n")
    assert "<" not in inner


@given(NASTY, NASTY, NASTY, NASTY)
def test_only_our_own_tags_stand_in_an_answer(title, section, text, question):
    quoted = quote(text, title=title, section=section, columns=(title, text), spans=((100, 100 + len(text) // 2),))
    value = answer(quoted, understood=question, text=text, explanation=title)
    reader = Reader(render_answer(value, scope=title))
    known = {"div", "p", "blockquote", "span", "mark", "a", "details", "summary"}
    assert {tag for tag, _ in reader.tags} <= known
    for tag, attributes in reader.tags:
        assert set(attributes) <= {"class", "href", "title"}
        if tag == "a":
            assert attributes["href"] == f"#cite-abc123-100-{100 + len(text)}"


@given(NASTY.filter(bool), st.integers(0, 60), st.integers(0, 60))
def test_the_words_of_a_quote_are_the_quote(text, one, other):
    start, end = sorted((min(one, len(text)), min(other, len(text))))
    markup = render_answer(answer(quote(text, spans=((100 + start, 100 + end),))))
    words = markup.split('<span class="fn-words">', 1)[1].split("</span></blockquote>", 1)[0]
    assert Reader(words).text == text


def test_the_words_that_answer_are_marked():
    markup = render_answer(answer(quote(spans=((113, 125),))))
    marked = markup.split("<mark>", 1)[1].split("</mark>", 1)[0]
    assert html.unescape(marked) == "US$5 billion"


def test_context_has_no_marked_words():
    context = quote("India had US$1 billion.", start=300, end=323, answers=False, spans=((310, 322),))
    markup = render_answer(answer(quote(spans=((113, 125),)), context))
    assert markup.count("<mark>") == 1
    assert "Context" in Reader(markup).text


def test_a_sentence_that_answers_as_a_whole_is_shown_once():
    whole = quote(spans=((100, 126),))
    assert Reader(render_answer(answer(whole, text=whole.text))).text.count("It was worth US$5 billion.") == 1


def test_overlapping_and_outside_spans_do_not_repeat_words():
    markup = render_answer(answer(quote("abcdef", spans=((102, 104), (103, 105), (90, 101), (105, 400)))))
    assert "<mark>a</mark>b<mark>cd</mark><mark>e</mark><mark>f</mark>" in markup


def test_the_source_line_gives_title_section_page_and_date():
    text = Reader(render_answer(answer(quote()))).text
    assert "1 Market · Size · page 3 · 1 July 2025" in text


def test_column_names_stand_beside_a_table_row_and_not_in_its_words():
    markup = render_answer(answer(quote("China | 5", columns=("Country", "Market"))))
    words = markup.split('<span class="fn-words">', 1)[1].split("</span>", 1)[0]
    assert Reader(words).text == "China | 5"
    assert "Columns Country · Market" in Reader(markup).text


def test_column_unit_labels_and_caption_of_a_cell_stand_beside_its_row():
    more = {"columns": ("", "2023", "2022"), "column": ("2022",), "labels": ("Assets", "Current <b>assets</b>")}
    text = Reader(render_answer(answer(quote("Cash | 5 | 6", unit="in millions", caption="By kind:", **more)))).text
    assert "Under Assets · Current <b>assets</b>Column 2022Unit in millionsTable By kind:" in text
    assert "2023" not in text


def test_disagreeing_sources_stand_side_by_side_once():
    one, other = quote("It is 7.33."), quote("It is 16.02.", article_id="def456")
    told = Disagreement((DifferentValue("7.33", one), DifferentValue("16.02", other)))
    markup = render_answer(answer(one, other, disagreements=(told,)))
    text = Reader(markup).text
    assert "Your sources give different values." in text
    assert text.count("It is 7.33.") == 1
    assert text.count("It is 16.02.") == 1
    assert markup.count('class="fn-side"') == 2


def test_a_declined_answer_says_why_and_offers_passages():
    near = Considered("abc123", "Market", "m.pdf", "", 2, (2,), 10, 20, "something", 0.5)
    declined = answer(answered=False, reason=Reason.NOTHING_RELEVANT, text=None, passages=(near,))
    markup = render_answer(declined)
    assert "No passage in your library speaks of this." in Reader(markup).text
    assert 'href="#cite-abc123-10-20"' in markup
    assert "fn-quote" not in markup


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_a_sentence(reason):
    text = Reader(render_answer(answer(answered=False, reason=reason, text=None))).text
    assert text.split("How this was found")[0].endswith(".")


def test_confidence_is_shown_only_when_there_is_one():
    assert "Confidence" not in render_answer(answer(quote()))
    assert "Confidence 93 %" in Reader(render_answer(answer(quote(), confidence=0.93))).text


def test_a_question_keeps_its_lines():
    assert Reader(render_question("one\n<b>two</b>")).text == "one<b>two</b>"
    assert render_question("one\ntwo") == '<div class="fn-question">one<br>two</div>'


def test_a_citation_holds_nothing_but_letters_and_numbers():
    assert cite_href('a"><b>', 3, 9) == "#cite-ab-3-9"


def test_dates_and_names_are_the_same_everywhere():
    assert long_date(date(2025, 3, 9)) == "9 March 2025"
    assert file_name("a/b/Report (final).pdf") == "Report (final).pdf"
    assert file_name("C:\\a\\b.pdf") == "b.pdf"
    assert file_name("https://example.org/a") == "https://example.org/a"


def test_a_snippet_is_cut_at_a_word():
    assert snippet("one two three", 9) == "one two …"
    assert snippet("one\n two") == "one two"


def test_a_conversation_survives_the_browser():
    told = Disagreement((DifferentValue("5", quote()), DifferentValue("6", quote("six"))))
    near = Considered("abc123", "Market", "m.pdf", "", None, (), 10, 20, "something ", 0.5, {"words_rank": None})
    turns = [
        Turn("How much?", answer(quote(spans=((113, 125),)), disagreements=(told,), passages=(near,)), scope="Market"),
        Turn("And then?", None, "The library is busy."),
    ]
    assert load_turns(dump_turns(turns)) == turns


@pytest.mark.parametrize(
    "stored",
    [None, "text", {}, [1], [{}], [{"question": "q"}], [{"question": 1, "error": ""}], [{"question": "", "answer": 1}]],
)
def test_what_is_no_conversation_is_dropped(stored):
    assert load_turns(stored) == []


def test_one_broken_turn_does_not_lose_the_others():
    good = dump_turns([Turn("q", answer(quote()))])
    bad = dump_turns([Turn("q", answer(quote()))])
    bad[0]["answer"]["quotes"][0]["start"] = "1; drop"
    assert load_turns([*bad, *good]) == [Turn("q", answer(quote()))]


def test_a_quote_that_its_article_no_longer_holds_is_stale():
    held = Article("market.pdf", "Market", "x" * 100 + "It was worth US$5 billion.", "s")
    same = answer(quote())
    assert stale_quotes(same, lambda _: StoredArticle(held, "t")) == set()
    changed = Article("market.pdf", "Market", "y" * 200, "s")
    stale = stale_quotes(same, lambda _: StoredArticle(changed, "t"))
    assert stale == {("abc123", 100, 126)}
    assert "changed or removed" in render_answer(same, stale=stale)
