import html
import json
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from chat.answer import Answer, AnsweredPart, Considered, DifferentValue, Disagreement, Quote, Reason
from chat.interface.backend import Filters
from chat.interface.history import Turn, dump_turns, load_turns, questions_before, stale_quotes
from chat.interface.message import Place, render_answer
from chat.interface.rendering import cite_href, escape, file_name, long_date, render_question, snippet
from chat.question import clean_question
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
    reader = Reader(render_answer(value, scope=title, place=Place(2, follows=True)))
    known = {"div", "p", "blockquote", "span", "mark", "a", "details", "summary", "ul", "li", "ins", "button"}
    assert {tag for tag, _ in reader.tags} <= known
    for tag, attributes in reader.tags:
        assert set(attributes) <= ({"class", "type", "value"} if tag == "button" else {"class", "href", "title"})
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


@given(NASTY, NASTY, st.booleans())
def test_only_our_own_tags_stand_in_disagreements_and_declined_answers(text, title, same):
    sides = tuple(
        DifferentValue(text or "5", quote(text, title=title, article_id="abc123" if same else f"def{at}"))
        for at in range(3)
    )
    near = Considered("abc123", title, title, text, 2, (2,), 100, 100 + len(text), text, 0.5)
    told = answer(sides[0].quote, disagreements=(Disagreement(sides),), confidence=0.5)
    declined = answer(answered=False, reason=Reason.ENTITY_ABSENT, explanation=title, text=None, passages=(near,))
    for value in (told, declined):
        reader = Reader(render_answer(value, scope=title, place=Place(0)))
        for tag, attributes in reader.tags:
            assert tag in {
                *"div p blockquote span mark a details summary ul li button table thead tbody tr th td".split()
            }
            assert set(attributes) <= {"class", "href", "title", "type", "value", "scope", "style"}
            assert (attributes.get("href") or "#cite-").startswith("#cite-")


def test_disagreeing_sources_stand_side_by_side_once():
    one, other = quote("It is 7.33."), quote("It is 16.02.", article_id="def456")
    told = Disagreement((DifferentValue("7.33", one), DifferentValue("16.02", other)))
    markup = render_answer(answer(one, other, disagreements=(told,)))
    text = Reader(markup).text
    assert "Sources disagree" in text
    assert "2 sources say 7.33 and 16.02." in text
    assert text.count("It is 7.33.") == 1
    assert text.count("It is 16.02.") == 1
    assert markup.count('class="fn-side"') == 2


def test_values_of_one_article_are_not_called_sources():
    values = (DifferentValue("7.33", quote("It is 7.33.")), DifferentValue("16.02", quote("It is 16.02.", start=300)))
    text = Reader(render_answer(answer(values[0].quote, disagreements=(Disagreement(values),)))).text
    assert "The article gives different figures" in text
    assert "Sources disagree" not in text


def test_each_value_opens_its_place_and_says_its_date():
    one, other = quote("It is 7.33."), quote("It is 16.02.", article_id="def456", published=None)
    told = Disagreement((DifferentValue("7.33", one), DifferentValue("16.02", other)))
    markup = render_answer(answer(one, other, disagreements=(told,)))
    first, second = markup.split('<li class="fn-side">')[1:]
    assert (
        '<p class="fn-value"><a href="#cite-abc123-100-111" title="Open source 1&#58; Market">7&#46;33</a></p>' in first
    )
    assert Reader(first).text.startswith("1 July 2025")
    assert '<a href="#cite-def456-100-112" title="Open source 2&#58; Market">16&#46;02</a>' in second
    assert Reader(second).text.startswith("Undated")


def test_what_tells_a_value_apart_is_named_and_how_many_give_it():
    one, other = quote("It is 7.33."), quote("It is 16.02.", article_id="def456")
    told = Disagreement((DifferentValue("7.33", one, "later <b>document"), DifferentValue("16.02", other, sources=3)))
    first, second = (
        Reader(each).text
        for each in render_answer(answer(one, other, disagreements=(told,))).split('<li class="fn-side">')[1:]
    )
    assert first.startswith("1 July 2025 Later <b>document7.33")
    assert "sources in all" not in first
    assert second.startswith("1 July 202516.02")
    assert "Given by 3 sources in all." in second


def test_sources_that_agree_are_counted():
    assert "2 more sources say the same." in Reader(render_answer(answer(quote(), agreements=2))).text
    assert "1 more source says the same." in Reader(render_answer(answer(quote(), agreements=1))).text
    assert "the same." not in Reader(render_answer(answer(quote()))).text


def test_several_spans_are_shown_as_a_list_each_with_its_source():
    one = quote("China, India and Japan grew.", spans=((100, 105), (107, 112)))
    other = quote("Vietnam grew, too.", article_id="def456", spans=((100, 107),))
    markup = render_answer(answer(one, other, text="China; India; Vietnam"))
    items = [Reader(each).text for each in markup.split("<li>")[1:]]
    assert [items[0], items[1]] == ["China 1", "India 1"]
    assert items[2].startswith("Vietnam 2")
    assert "China; India" not in Reader(markup).text


def part(question: str = "How large is India?", row: str = "", column: str = "", **more: Any) -> AnsweredPart:
    values: dict[str, Any] = {
        "question": question,
        "label": " · ".join(filter(None, (row, column))) or question,
        "row": row,
        "column": column,
        "text": None,
        "quotes": (),
        "reason": Reason.NO_ANSWER_IN_PASSAGES,
        "explanation": "Passages speak of it.",
    }
    return AnsweredPart(**(values | more))


def compared(text: str = "India: US$6.5 billion.", title: str = "Market") -> Answer:
    """India and Japan in two years, of which two cells have a quote, one none, and one was not asked for."""
    quotes = (
        quote(text, title=title, spans=((100, 105),), part="India · 2030"),
        quote("Japan: US$1.87 billion.", article_id="def456", spans=((107, 122),), part="Japan · 2030"),
    )
    parts = (
        part(row="India", column="2030", text="US$6.5 billion", quotes=(0,), reason=None, explanation=""),
        part(row="India", column="2031", reason=Reason.PERIOD_ABSENT, explanation=f"Nothing on {title}."),
        part(row="Japan", column="2030", text="US$1.87 billion", quotes=(1,), reason=None, explanation=""),
    )
    return answer(*quotes, text="US$6.5 billion; US$1.87 billion", parts=parts, confidence=0.7)


def test_a_comparison_is_a_table_whose_cells_open_their_quotes():
    markup = render_answer(compared())
    rows = [Reader(each).text for each in markup.split("<tr>")[1:]]
    assert [rows[0], rows[1]] == ["20302031", "IndiaUS$6.5 billion 1period not covered"]
    assert rows[2].startswith(
        "JapanUS$1.87 billion 2–India · 2031: Nothing on Market.All parts together: likely right, 70"
    )
    cells = markup.split("<td")
    assert '<a href="#cite-abc123-100-122" title="Open source 1&#58; Market">US&#36;6&#46;5 billion</a>' in cells[2]
    assert '<a href="#cite-def456-100-123"' in cells[4]
    assert '<th scope="col">2030</th>' in markup
    assert '<th scope="row">India</th>' in markup
    assert '<p class="fn-lead">' not in markup
    assert '<p class="fn-part">India &#183; 2030</p>' in markup


def test_a_comparison_in_one_thing_has_a_named_column():
    parts = tuple(part(row=row, text="6", quotes=(0,), reason=None) for row in ("India", "Japan"))
    markup = render_answer(answer(quote(), parts=parts))
    assert '<th scope="col">Answer</th>' in markup
    assert "<th></th>" not in markup


@given(NASTY, NASTY.filter(bool), st.booleans())
def test_only_our_own_tags_stand_in_comparisons_and_parts(text, title, answered):
    value = compared(text, title)
    told = Disagreement((DifferentValue(text, value.quotes[0]), DifferentValue(title, value.quotes[1])))
    named = tuple(replace(each, row=title + each.row, column=text, label=title, question=text) for each in value.parts)
    alone = tuple(replace(each, row="", column="") for each in named)
    for parts in (named, alone):
        reader = Reader(render_answer(replace(value, parts=parts, disagreements=(told,), answered=answered)))
        for tag, attributes in reader.tags:
            assert tag in {
                *"div p blockquote span mark a details summary ul li strong table thead tbody tr th td button".split()
            }
            assert set(attributes) <= {"class", "href", "title", "scope", "style", "type"}
            assert (attributes.get("href") or "#cite-").startswith("#cite-")


def test_parts_follow_each_other_each_with_its_quote_once_or_why_it_has_none():
    both = quote("It was worth US$5 billion in 2023.", spans=((113, 125), (129, 133)))
    parts = (
        part("What was it worth?", text="US$5 billion", quotes=(0,), reason=None),
        part("When?", text="2023", quotes=(0,), reason=None),
        part("Why?", explanation=""),
    )
    markup = render_answer(answer(both, text="US$5 billion; 2023", parts=parts))
    first, second, third = markup.split("<li>")[1:]
    assert Reader(first).text.startswith("What was it worth?US$5 billion 1It was worth US$5 billion in 2023.")
    assert Reader(second).text == "When?2023 1"
    assert Reader(third).text.startswith("Why?Mentioned, not answered")
    assert markup.count("<blockquote>") == 1


def test_a_comparison_without_any_answer_says_why_of_each_part():
    parts = (part(row="India", explanation="Nothing on India."), part(row="Chad", explanation="No Chad."))
    declined = answer(answered=False, reason=Reason.NO_ANSWER_IN_PASSAGES, text=None, parts=parts, explanation="Both.")
    text = Reader(render_answer(declined)).text
    assert "India: Nothing on India.Chad: No Chad." in text
    assert "Both." not in text


def test_a_disagreement_says_of_which_part_it_is():
    value = compared()
    told = Disagreement((DifferentValue("6.5", value.quotes[0]), DifferentValue("7", quote("It is 7.", start=500))))
    text = Reader(render_answer(replace(value, disagreements=(told,)))).text
    assert "On India · 2030, 2 places in it say 6.5 and 7." in text
    assert text.count("India: US$6.5 billion.") == 1


FOLLOWED = "How large was the market in India in 2030?"


def read_as(markup: str) -> str:
    return markup.split('<span class="fn-read">')[1].split("</p>")[0].removesuffix("</span>")


@pytest.mark.parametrize(
    ("question", "understood", "shown"),
    [
        ("And in India?", FOLLOWED, "<ins>How large was the market</ins> in India <ins>in 2030</ins>?"),
        ("why", "Why: How large?", "Why: <ins>How large</ins>?"),
        ("2030 <b>?", "<b> & 2030?", "<b> & 2030?"),
        ("x", "<i>, y?", "<<ins>i>, y</ins>?"),
        ("", FOLLOWED, f"<ins>{FOLLOWED[:-1]}</ins>?"),
    ],
)
def test_what_a_question_was_completed_with_is_underlined(question, understood, shown):
    markup = read_as(render_answer(answer(quote(), question=question, understood=understood)))
    assert html.unescape(markup) == shown


@given(NASTY, NASTY)
@example("", "\ufffe")
def test_the_question_as_understood_is_shown_whole(question, understood):
    understood = clean_question(understood)  # as every question is before it is completed
    markup = render_answer(answer(quote(), question=question, understood=understood), place=Place(1, follows=True))
    if "fn-read" in markup:
        assert Reader(read_as(markup)).text == understood


def test_a_completed_question_can_be_asked_as_written_and_back():
    completed = answer(quote(), question="And in India?", understood=FOLLOWED)
    assert 'value="written-3">Ask exactly as written</button>' in render_answer(completed, place=Place(3, follows=True))
    assert "fn-again" not in render_answer(completed)
    assert "fn-again" not in render_answer(completed, place=Place(3))
    alone = answer(quote(), question="And in India?", understood="And in India?")
    assert "fn-again" not in render_answer(alone, place=Place(3, follows=True))
    markup = render_answer(alone, place=Place(3, follows=True, as_written=True))
    assert "Asked exactly as written." in Reader(markup).text
    assert 'value="completed-3"' in markup


def test_a_declined_answer_says_why_and_offers_passages():
    near = Considered("abc123", "Market", "m.pdf", "", 2, (2,), 10, 20, "something", 0.5)
    declined = answer(answered=False, reason=Reason.NOTHING_RELEVANT, text=None, passages=(near,))
    markup = render_answer(declined)
    assert "No passage in your library speaks of this." in Reader(markup).text
    assert 'href="#cite-abc123-10-20"' in markup
    assert "fn-quote" not in markup


def test_a_passage_offered_does_not_repeat_its_heading():
    text = "Where it stood in 2023\n\nThe market grew."
    near = Considered("abc123", "Market", "m.pdf", "Figures › Where it stood in 2023", None, (), 10, 60, text, 0.5)
    declined = answer(answered=False, reason=Reason.NOTHING_RELEVANT, text=None, passages=(near,))
    assert '<p class="fn-snippet">The market grew&#46;</p>' in render_answer(declined)
    bare = replace(near, text="Where it stood in 2023")
    shown = render_answer(replace(declined, passages=(bare,)))
    assert '<p class="fn-snippet">Where it stood in 2023</p>' in shown


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_words_of_its_own(reason):
    others = [Reader(render_answer(answer(answered=False, reason=each, text=None))).text for each in Reason]
    text = Reader(render_answer(answer(answered=False, reason=reason, text=None))).text
    assert others.count(text) == 1
    sentences = text.split("How this was found")[0].removesuffix("Add articles")
    assert sentences.endswith(".")


def test_what_the_answer_says_goes_before_the_usual_words():
    why = "No passage in your library speaks of Brazil."
    text = Reader(render_answer(answer(answered=False, reason=Reason.ENTITY_ABSENT, text=None, explanation=why))).text
    assert text.startswith(f"Not in your library{why}Check how the name is spelled")


def test_filters_can_be_left_where_nothing_was_found():
    declined = answer(answered=False, reason=Reason.NOTHING_RELEVANT, text=None)
    assert 'value="everywhere-0">Ask the whole library</button>' in render_answer(
        declined, scope="Market", place=Place(0)
    )
    assert "everywhere" not in render_answer(declined, place=Place(0))
    assert "everywhere" not in render_answer(declined, scope="Market")


@pytest.mark.parametrize(
    ("confidence", "words"),
    [
        (1.0, "Very likely right, 99\xa0%"),
        (0.93, "Very likely right, 93\xa0%"),
        (0.896, "Very likely right, 90\xa0%"),
        (0.84, "Likely right, 84\xa0%"),
        (0.66, "Likely right, 66\xa0%"),
        (0.5, "May well be right, 50\xa0%"),
        (0.1, "Uncertain, 10\xa0%"),
        (0.0, "Uncertain, 1\xa0%"),
    ],
)
def test_confidence_is_told_in_words_and_percent(confidence, words):
    markup = render_answer(answer(quote(), confidence=confidence))
    assert Reader(markup.split("<summary>")[1].split("</summary>")[0]).text == words


def test_no_confidence_is_shown_when_there_is_none():
    assert "fn-confidence" not in render_answer(answer(quote()))


def test_the_trace_gives_places_and_scores_of_each_step():
    steps = {"dense_rank": 2, "dense_score": 0.614, "words_rank": None, "words_score": None, "search_score": 0.5}
    near = Considered("abc123", "Market", "m.pdf", "", 2, (2,), 10, 20, "something", 0.87654, steps)
    markup = render_answer(answer(quote(), passages=(near,), milliseconds={"embed": 4.24, "total": 9.0}))
    cells = [Reader(each).text for each in markup.split("<tbody>")[1].split("<td>")[1:]]
    assert [cell.split("By meaning")[0] for cell in cells] == ["1", "Market", "2 0.61", "–", "0.50", "0.877"]
    assert "question 4.2 ms, in all 9.0 ms" in Reader(markup).text


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
    told = Disagreement((DifferentValue("5", quote(), "restated", 2), DifferentValue("6", quote("six"))))
    near = Considered("abc123", "Market", "m.pdf", "", None, (), 10, 20, "something ", 0.5, {"words_rank": None})
    turns = [
        Turn("How much?", answer(quote(spans=((113, 125),)), disagreements=(told,), passages=(near,)), scope="Market"),
        Turn("And then?", None, "The library is busy."),
        Turn("Compare", compared()),
        Turn("And?", answer(quote(), agreements=3), filters=Filters(("a",), since=date(2025, 1, 31)), as_written=True),
    ]
    stored = json.loads(json.dumps(dump_turns(turns)))
    assert load_turns(stored) == turns


def test_a_conversation_of_before_is_still_read():
    (stored,) = dump_turns([Turn("How much?", answer(quote()))])
    for added in ("filters", "as_written", "scope"):
        del stored[added]
    for added in ("notes", "parts", "table", "completed", "agreements"):
        del stored["answer"][added]
    assert load_turns([stored]) == [Turn("How much?", answer(quote()))]


def test_what_stands_alone_begins_the_conversation_anew():
    turns = [Turn("one", None), Turn("two", None, as_written=True), Turn("three", None)]
    assert questions_before(turns) == ["two", "three"]
    assert questions_before(turns[:1]) == ["one"]
    assert questions_before([]) == []


@pytest.mark.parametrize(
    "stored",
    [None, "text", {}, [1], [{}], [{"question": "q"}], [{"question": 1, "error": ""}], [{"question": "", "answer": 1}]],
)
def test_what_is_no_conversation_is_dropped(stored):
    assert load_turns(stored) == []


def test_boxes_of_a_quote_are_kept_so_that_saved_answers_have_them():
    boxed = replace(answer(quote()), quotes=(replace(quote(), boxes=((3, 72.0, 510.5, 401.0, 524.0),)),))
    (turn,) = load_turns(json.loads(json.dumps(dump_turns([Turn("How much?", boxed)]))))
    assert turn.answer == boxed


def test_a_disagreement_without_values_is_dropped():
    (stored,) = dump_turns([Turn("How much?", answer(quote(), disagreements=(Disagreement(()),)))])
    assert load_turns([stored]) == []


def test_one_broken_turn_does_not_lose_the_others():
    good = dump_turns([Turn("q", answer(quote()))])
    bad = dump_turns([Turn("q", answer(quote()))])
    bad[0]["answer"]["quotes"][0]["start"] = "1; drop"
    assert load_turns([*bad, *good]) == [Turn("q", answer(quote()))]


def test_a_part_that_counts_quotes_which_are_not_there_is_dropped():
    (stored,) = dump_turns([Turn("Compare", compared())])
    stored["answer"]["parts"][0]["quotes"] = [2]
    assert load_turns([stored]) == []


def test_an_answer_that_was_withheld_is_not_kept_in_the_browser():
    withheld = answer(quote("Too doubtful."), text="doubtful")
    declined = answer(answered=False, reason=Reason.NOTHING_RELEVANT, text=None, withheld=withheld)
    assert "doubtful" not in json.dumps(dump_turns([Turn("q", declined)]))
    assert "doubtful" not in render_answer(declined)


def test_a_quote_that_its_article_no_longer_holds_is_stale():
    held = Article("market.pdf", "Market", "x" * 100 + "It was worth US$5 billion.", "s")
    same = answer(quote())
    assert stale_quotes(same, lambda _: StoredArticle(held, "t")) == set()
    changed = Article("market.pdf", "Market", "y" * 200, "s")
    stale = stale_quotes(same, lambda _: StoredArticle(changed, "t"))
    assert stale == {("abc123", 100, 126)}
    assert "changed or removed" in render_answer(same, stale=stale)
