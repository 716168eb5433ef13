from hypothesis import given
from hypothesis import strategies as st

from ingest.sentences import sentence_spans


def sentences(text):
    return [text[start:end] for start, end in sentence_spans(text)]


def test_sentences_end_at_full_stops_question_and_exclamation_marks():
    assert sentences("Revenue rose. Did costs fall? They did! So it was.") == [
        "Revenue rose.",
        "Did costs fall?",
        "They did!",
        "So it was.",
    ]


def test_figures_abbreviations_and_initials_do_not_end_a_sentence():
    for text in (
        "Sales were US$1.59 billion in 2023.",
        "Mr. Powell and J. Smith met Dr. Wu.",
        "The U.S. market grew, e.g. by 3.5 percent.",
        "See Fig. 3 and Sec. 4 of the report.",
        "Apple Inc. said so.",
    ):
        assert sentences(text) == [text]


def test_a_company_s_abbreviation_may_end_a_sentence():
    assert sentences("We bought Acme Inc. The price was low.") == ["We bought Acme Inc.", "The price was low."]


def test_closing_quotes_and_footnote_marks_stay_with_their_sentence():
    assert sentences('He said "we grew." Then he left.[3] Nobody asked.') == [
        'He said "we grew."',
        "Then he left.[3]",
        "Nobody asked.",
    ]


def test_chinese_sentences_end_without_spaces():
    assert sentences("市场增长。利润下降！为什么？") == ["市场增长。", "利润下降！", "为什么？"]


def test_a_blank_line_ends_a_sentence_and_a_single_line_break_does_not():
    assert sentences("a heading\n\nThe text\nruns on.") == ["a heading", "The text\nruns on."]


def test_a_text_without_capitals_is_split_all_the_same():
    text = "the company grew by a third over the year. its costs fell at the same time. nobody had expected any of it."
    assert len(sentences(text)) == 3


def test_offsets_count_from_the_beginning_of_the_whole_text():
    assert sentence_spans("Not this. One here. Two here. Nor this.", 10, 29) == [(10, 19), (20, 29)]


@given(st.text(alphabet='aB1. \n?!。’"($•é中', max_size=200))
def test_sentences_are_in_order_and_hold_every_character_that_is_not_space(text):
    spans = sentence_spans(text)
    assert [end for _, end in spans[:-1]] <= [start for start, _ in spans[1:]]
    assert "".join("".join(text[start:end].split()) for start, end in spans) == "".join(text.split())
    assert all(text[start:end] == text[start:end].strip() != "" for start, end in spans)
