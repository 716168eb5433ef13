"""Answers from a real library with a small embedder, and a reader that a test tells what to find."""

import json
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from chat.answer import Answer, Considered, Quote, Reason
from chat.answering import Answerer, AnswerSettings
from chat.confidence import Calibration, Logistic, log_odds
from chat.reader import Reading, SentenceReader
from chat.routing import Router
from chat.terms import asks_for_furniture
from index.embedder import Vectors
from index.library import Library
from index.values import Hit
from index.where import parse_where
from ingest.article import BlockKind
from ingest.passages import PassageSettings
from ingest.sources import ROW_MEDIA_TYPE, Source

_WORD = re.compile(r"\w+|[^\w\s]")


class HashedWords:
    """A bag of words as 64 numbers: texts that share words lie near each other."""

    identity = "hashed-words@1"
    dimension = 64

    def embed_queries(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in _WORD.findall(text.lower()):
                vectors[row, zlib.crc32(word.encode()) % self.dimension] += 1
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        return vectors

    embed_passages = embed_queries

    def pieces(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        return [[match.span() for match in _WORD.finditer(text)] for text in texts]


@dataclass
class ScriptedReader:
    """Finds the given words: each unit that holds one of them is a reading of that probability, the words its span."""

    finds: dict[str, float] = field(default_factory=dict)
    questions: list[str] = field(default_factory=list)
    read_passages: list[int] = field(default_factory=list)

    identity = "scripted"

    def relevance(self, question: str, passages: Sequence[Hit]) -> list[float]:
        best = [0.0] * len(passages)
        for reading in self.read(question, passages):
            best[reading.passage] = max(best[reading.passage], reading.probability)
        return best

    def read(self, question: str, passages: Sequence[Hit], *, whole: str = "") -> list[Reading]:
        self.questions.append(question)
        self.read_passages.append(len(passages))
        readings = []
        for words, probability in self.finds.items():
            for number, hit in enumerate(passages):
                for unit in hit.units:
                    text = hit.text[unit.start - hit.start : unit.end - hit.start]
                    spans = tuple(
                        (unit.start + m.start(), unit.start + m.end()) for m in re.finditer(re.escape(words), text)
                    )
                    if spans:
                        readings.append(Reading(number, unit.start, unit.end, unit.kind, spans, probability, {}))
        return sorted(readings, key=lambda reading: -reading.probability)


MARKET = """# The market for AI in Chinese healthcare

By Maria Example | Published July 1, 2025

China's AI healthcare market was worth US$1.59 billion in 2023. Imaging makes up the largest part of it.

## Forecasts

One forecast sees US$7.33 billion in 2028. Another sees US$16.02 billion in the same year.

| Country | Value in 2023 | Growth |
|---|---|---|
| India | US$0.95 billion | 40% |
| Japan | US$0.92 billion | 21.7% |

## Rules

- Devices of class three need a clinical trial.
- Data of patients stay inside the country.
"""
DEVICES = """# Approved devices

The regulator had approved 92 devices by the end of 2023. Two thirds of them read images of lungs.

By the end of 2022 it had approved 61 devices.
"""


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    # Small passages, so that a few short articles have many of them.
    passages = PassageSettings(heading_pieces=24, whole_pieces=90, text_pieces=40)
    with Library(
        tmp_path / "library", HashedWords(), passages=passages, asks_for_furniture=asks_for_furniture
    ) as library:
        yield library


@pytest.fixture
def filled(library: Library) -> Library:
    report = library.add([source("market.md", MARKET), source("devices.md", DEVICES)])
    assert (len(report.added), report.failed) == (2, ())
    return library


def source(name: str, text: str) -> Source:
    return Source(name=name, data=text.encode())


def ask(library: Library, question: str, finds: dict[str, float] | None = None, **more: object) -> Answer:
    return Answerer(library, ScriptedReader(finds or {})).ask(question, **more)  # type: ignore[arg-type]


def sentence_reader(library: Library) -> SentenceReader:
    """The reader without a trained model, with weights that stay when the fitted ones change."""
    weights = {"bias": -5.0, "coverage": 8.0, "passage": 3.0, "furniture": 3.0}
    return SentenceReader(
        library.embedder,
        library,
        weights=weights,
        first_weights=weights,
    )


def assert_verbatim(library: Library, answer: Answer) -> None:
    everything: list[Quote | Considered] = [*answer.quotes, *answer.passages]
    for shown in everything:
        assert library.article(shown.article_id).article.text[shown.start : shown.end] == shown.text
    for quote in answer.quotes:
        assert all(quote.start <= start < end <= quote.end for start, end in quote.spans)
        assert quote.text_sha256 == library.article(quote.article_id).text_sha256


# Answered -------------------------------------------------------------------------------------------------------------


def test_an_answer_is_a_whole_sentence_with_the_words_that_answer_marked(filled):
    answer = ask(filled, "What was China's market worth in 2023?", {"US$1.59 billion": 0.9})
    assert (answer.answered, answer.reason, answer.text) == (True, None, "US$1.59 billion")
    quote = answer.quotes[0]
    assert quote.text == "China's AI healthcare market was worth US$1.59 billion in 2023."
    assert (quote.title, quote.source, quote.answers) == ("The market for AI in Chinese healthcare", "market.md", True)
    ((start, end),) = quote.spans
    assert filled.article(quote.article_id).article.text[start:end] == "US$1.59 billion"
    assert_verbatim(filled, answer)


def test_text_joins_all_spans_of_quotes_that_answer_in_order(filled):
    answer = ask(filled, "What drives devices?", {"approved": 0.9, "in": 0.5})
    assert [quote.answers for quote in answer.quotes] == [True, False, False, False]
    joined = [
        filled.article(quote.article_id).article.text[start:end]
        for quote in answer.quotes
        if quote.answers
        for start, end in quote.spans
    ]
    assert answer.text == "; ".join(joined) == "approved"
    several = ask(filled, "Which images?", {"of": 0.9})
    assert several.quotes[0].text.count("of") == len(several.quotes[0].spans)
    assert several.text == "; ".join(["of"] * len(several.quotes[0].spans))


def test_quotes_come_best_first_and_the_same_words_once(filled):
    filled.add([source("copy.md", "# A copy\n\n" + DEVICES.split("\n\n")[1] + "\n")])
    answer = ask(filled, "How many devices are approved?", {"61": 0.5, "92 devices": 0.8, "thirds": 0.6})
    assert [quote.score for quote in answer.quotes] == [0.8, 0.6, 0.5]
    assert [quote.text for quote in answer.quotes] == [
        "The regulator had approved 92 devices by the end of 2023.",
        "Two thirds of them read images of lungs.",
        "By the end of 2022 it had approved 61 devices.",
    ]


def test_at_most_so_many_quotes_are_shown_as_the_settings_say(filled):
    answerer = Answerer(filled, ScriptedReader({"e": 0.9}), AnswerSettings(quotes=2))
    assert len(answerer.ask("What is there?").quotes) == 2


def test_a_list_item_is_quoted_whole(filled):
    answer = ask(filled, "What do devices of class three need?", {"clinical trial": 0.9})
    assert answer.quotes[0].text == "• Devices of class three need a clinical trial."
    assert answer.quotes[0].columns == ()
    assert answer.quotes[0].section == "Rules"


SALES = """# Sales of the group

Sales by region were as follows (in millions):

| Region | Year Ended December 31, 2023 | Year Ended December 31, 2022 |
|---|---|---|
| Asia: | | |
| Imaging | 5,123 | 4,611 |
| Software | 812 | 799 |
| Europe: | | |
| Imaging | 3,870 | 3,902 |
"""


def test_a_cell_that_is_asked_for_answers_with_its_column_unit_and_labels_beside_the_row(library):
    library.add([source("sales.md", SALES)])
    answer = Answerer(library, sentence_reader(library)).ask("How much were sales of imaging in Asia in 2022?")
    quote = answer.quotes[0]
    assert answer.text == "4,611"
    assert (quote.text, quote.column) == ("Imaging | 5,123 | 4,611", ("Year Ended December 31, 2022",))
    assert (quote.labels, quote.unit) == (("Asia",), "in millions")
    assert quote.caption == "Sales by region were as follows (in millions):"
    told = quote.to_json()
    assert (told["column"], told["labels"], told["unit"]) == (
        ("Year Ended December 31, 2022",),
        ("Asia",),
        "in millions",
    )


def test_a_table_row_has_its_columns_beside_it_and_not_inside(filled):
    answer = ask(filled, "What was the growth of Japan?", {"21.7%": 0.9})
    quote = answer.quotes[0]
    assert quote.columns == ("Country", "Value in 2023", "Growth")
    assert "Japan" in quote.text
    assert "India" not in quote.text
    assert "Country" not in quote.text
    assert answer.text == "21.7%"
    assert_verbatim(filled, answer)


def test_every_quote_and_passage_of_many_questions_is_verbatim(filled):
    answerer = Answerer(filled, sentence_reader(filled))
    for question in [
        "What was China's AI healthcare market worth in 2023?",
        "What is forecast for 2028?",
        "How large is India's market?",
        "How many devices were approved by the end of 2022?",
        "What stays inside the country?",
        "中国市场规模?",
        "'; DROP TABLE passages; -- (AND OR NOT) [0 TO 1]",
    ]:
        assert_verbatim(filled, answerer.ask(question))


def test_follow_ups_are_completed_before_they_are_read(filled):
    reader = ScriptedReader({"US$0.95 billion": 0.9})
    answer = Answerer(filled, reader).ask("And in India?", after=["What was China's market worth in 2023?"])
    assert answer.question == "And in India?"
    assert answer.understood == "What was India's market worth in 2023?"
    assert reader.questions == ["What was India's market worth in 2023?"]
    assert answer.text == "US$0.95 billion"
    assert answer.to_json()["completed"] is True


@dataclass
class FindsByQuestion(ScriptedReader):
    """Finds other words for other questions: those of the longest key that stands in the question."""

    by_question: dict[str, dict[str, float]] = field(default_factory=dict)

    def read(self, question: str, passages: Sequence[Hit], *, whole: str = "") -> list[Reading]:
        keys = sorted((key for key in self.by_question if key in question), key=len)
        self.finds = self.by_question[keys[-1]] if keys else {}
        return ScriptedReader.read(self, question, passages, whole=whole)


def test_a_comparison_quotes_for_each_subject_and_says_what_is_missing(filled):
    reader = FindsByQuestion(by_question={"of India": {"US$0.95 billion": 0.9}, "of Japan": {"US$0.92 billion": 0.8}})
    answer = Answerer(filled, reader).ask("Compare the value of the market of India, Japan and Brazil in 2023")
    assert answer.answered
    assert answer.text == "US$0.95 billion; US$0.92 billion"
    assert [(part.row, part.text, part.quotes, part.reason) for part in answer.parts] == [
        ("India", "US$0.95 billion", (0,), None),
        ("Japan", "US$0.92 billion", (1,), None),
        ("Brazil", None, (), Reason.ENTITY_ABSENT),
    ]
    assert [quote.part for quote in answer.quotes] == ["India · value", "Japan · value"]
    told = answer.to_json()
    assert told["table"] == {"rows": ("India", "Japan", "Brazil"), "columns": ("value",), "cells": ((0,), (1,), (2,))}
    assert told["parts"][2]["reason"] == "entity_absent"
    assert "Brazil" in told["parts"][2]["explanation"]
    assert_verbatim(filled, answer)


def test_each_of_two_questions_in_one_is_searched_and_quoted(filled):
    reader = FindsByQuestion(by_question={"How many": {"92": 0.9}, "When": {"the end of 2022": 0.8}})
    answer = Answerer(filled, reader).ask("How many devices are approved and when had it approved 61 devices?")
    assert answer.text == "92; the end of 2022"
    assert [part.question for part in answer.parts] == [
        "How many devices are approved?",
        "When had it approved 61 devices?",
    ]
    assert answer.table is None
    assert reader.questions[1:] == [part.question for part in answer.parts]


def test_a_sentence_that_speaks_of_every_part_stands_for_all(library):
    library.add(
        [source("two.md", "# Two\n\nIndia earned 5 million and Japan 7 million.\n\nJapan earned 9 million before tax.")]
    )
    reader = FindsByQuestion(
        by_question={
            "India and Japan": {"5 million": 0.9},
            "of India": {"5 million": 0.9},
            "of Japan": {"9 million": 0.9, "7 million": 0.6},
        }
    )
    answer = Answerer(library, reader).ask("Compare the income of India and Japan")
    assert [(quote.text, quote.part) for quote in answer.quotes if quote.answers] == [
        ("India earned 5 million and Japan 7 million.", "India · income; Japan · income")
    ]
    assert [(part.text, part.quotes) for part in answer.parts] == [("5 million", (0,)), ("7 million", (0,))]
    assert answer.text == "5 million; 7 million"
    # It was judged once, as the answer to the whole question.
    judged = Answerer(library, reader, calibration=calibrated(0.6)).ask("Compare the income of India and Japan")
    assert (judged.text, judged.confidence) == ("5 million; 7 million", 0.6)


def test_the_confidence_of_two_parts_is_that_both_are_right(filled):
    reader = FindsByQuestion(by_question={"How many": {"92": 0.9}, "When": {"the end of 2022": 0.8}})
    answerer = Answerer(filled, reader, calibration=calibrated(0.7))
    answer = answerer.ask("How many devices are approved and when had it approved 61 devices?")
    assert (answer.text, answer.confidence) == ("92; the end of 2022", 0.49)


def test_where_no_part_is_answered_the_whole_question_is(filled):
    reader = FindsByQuestion(by_question={"India and Japan": {"US$0.95 billion": 0.9}})
    question = "Compare the value of the market of India and Japan"
    answer = Answerer(filled, reader).ask(question)
    assert (answer.answered, answer.parts, answer.text) == (True, (), "US$0.95 billion")
    silent = Answerer(filled, FindsByQuestion()).ask(question)
    assert (silent.answered, silent.quotes, silent.text) == (False, (), None)
    assert silent.reason is silent.parts[0].reason
    assert silent.passages


def test_a_question_asked_as_written_takes_nothing_from_earlier_ones(filled):
    reader = ScriptedReader({"US$0.95 billion": 0.9})
    after = ["What was China's market worth in 2023?"]
    answer = Answerer(filled, reader).ask(" And in  India?", after=after, as_written=True)
    assert (answer.understood, answer.completed) == ("And in India?", False)
    assert reader.questions == ["And in India?"]


def test_nothing_is_claimed_that_was_not_measured(filled):
    answer = ask(filled, "How many devices are approved?", {"92": 0.8})
    assert answer.confidence is None
    assert answer.disagreements == ()
    assert set(answer.milliseconds) == {"embed", "retrieve", "read", "total"}
    assert all(spent >= 0 for spent in answer.milliseconds.values())


def test_an_answer_becomes_json(filled):
    shown = json.loads(json.dumps(ask(filled, "How many devices are approved?", {"92": 0.8}).to_json()))
    assert shown["answered"] is True
    assert shown["reason"] is None
    assert shown["quotes"][0]["span"] == shown["quotes"][0]["spans"][0]
    assert set(shown["passages"][0]) >= {"article_id", "source", "page", "pages", "start", "end", "text", "score"}


# Declined -------------------------------------------------------------------------------------------------------------


def assert_declined(answer: Answer, reason: Reason) -> None:
    assert (answer.answered, answer.reason) == (False, reason)
    assert (answer.text, answer.confidence, answer.quotes, answer.disagreements) == (None, None, (), ())
    assert answer.explanation.endswith(".")


@pytest.mark.parametrize("question", ["", "   ", "?!", "\x00\x07", "…"])
def test_an_empty_question_is_declined_without_a_search(library, question):
    reader = ScriptedReader()
    answer = Answerer(library, reader).ask(question)
    assert_declined(answer, Reason.EMPTY_QUESTION)
    assert reader.questions == []


def test_an_empty_library_says_so(library):
    answer = ask(library, "What was China's market worth?")
    assert_declined(answer, Reason.EMPTY_LIBRARY)
    assert answer.explanation == "Your library is empty: add articles first."
    assert answer.passages == ()


def test_a_name_that_the_library_has_never_heard_of_is_named(filled):
    answer = ask(filled, "How large is Brazil's AI healthcare market?", {"US$1.59 billion": 0.99})
    assert_declined(answer, Reason.ENTITY_ABSENT)
    assert answer.explanation == "No passage in your library speaks of Brazil."
    assert answer.passages != ()


def test_several_absent_names_are_all_named(filled):
    answer = ask(filled, "Do Brazil, Peru or DeepMind lead?")
    assert answer.explanation == "No passage in your library speaks of Brazil, Peru or DeepMind."


def test_a_company_is_absent_though_a_word_of_its_name_stands_everywhere(filled):
    answer = ask(filled, "How many devices has Acme Healthcare?", {"92": 0.99})
    assert_declined(answer, Reason.ENTITY_ABSENT)
    assert answer.explanation == "No passage in your library speaks of Acme Healthcare."


def test_a_doubtful_answer_is_declined_for_the_year_or_name_that_no_passage_found_has(filled):
    doubt = calibrated(0.1)
    answerer = Answerer(filled, ScriptedReader({"92": 0.9}), AnswerSettings(read=1), doubt)
    answer = answerer.ask("How many devices had the regulator approved in 2028?", k=1)
    assert_declined(answer, Reason.PERIOD_ABSENT)
    assert answer.explanation == "None of the passages that were found speaks of 2028."
    answer = answerer.ask("How many devices had the regulator approved in Japan?", k=1)
    assert_declined(answer, Reason.ENTITY_ABSENT)
    assert answer.explanation == "None of the passages that were found speaks of Japan."
    assert "US$" not in str(answer.passages[0].text)


def test_a_year_that_the_library_has_never_heard_of_is_named(filled):
    answer = ask(filled, "What was China's market worth in 2010?", {"US$1.59 billion": 0.99})
    assert_declined(answer, Reason.PERIOD_ABSENT)
    assert answer.explanation == "No passage in your library speaks of 2010."


def test_a_place_under_another_name_is_not_absent(filled):
    answer = ask(filled, "How large is the Japanese market?", {"US$0.92 billion": 0.9})
    assert answer.text == "US$0.92 billion"


@pytest.mark.parametrize(
    ("probability", "reason"),
    [(0.41, None), (0.39, Reason.NO_ANSWER_IN_PASSAGES), (0.16, Reason.NO_ANSWER_IN_PASSAGES),
     (0.14, Reason.NOTHING_RELEVANT)],
)  # fmt: skip
def test_what_the_reader_believes_decides_what_is_shown(filled, probability, reason):
    settings = AnswerSettings(threshold=0.4, relevant=0.15)
    answer = Answerer(filled, ScriptedReader({"92": probability}), settings).ask("How many devices?")
    assert answer.reason is reason
    assert answer.answered is (reason is None)


def calibrated(probability: float, *, speaks: float = 0.9, threshold: float = 0.4) -> Calibration:
    """Holds every answer for right with the same probability."""
    return Calibration("scripted", Logistic(log_odds(probability), {}), Logistic(log_odds(speaks), {}), threshold, {})


@pytest.mark.parametrize(
    ("confidence", "threshold", "shown"),
    [(0.41, None, True), (0.39, None, False), (0.39, 0.3, True), (0.8, 0.9, False)],
)
def test_with_a_calibration_confidence_decides(filled, confidence, threshold, shown):
    reader = ScriptedReader({"92": 0.01})  # what the reader itself believes no longer counts
    answer = Answerer(filled, reader, AnswerSettings(threshold=threshold), calibrated(confidence)).ask(
        "How many devices?"
    )
    assert answer.answered is shown
    assert answer.confidence == (confidence if shown else None)
    assert (answer.withheld is None) is shown


def test_a_withheld_answer_is_told_apart_from_what_is_shown(filled):
    answer = Answerer(filled, ScriptedReader({"92": 0.9}), calibration=calibrated(0.2)).ask("How many devices?")
    assert_declined(answer, Reason.NO_ANSWER_IN_PASSAGES)
    assert answer.to_json()["withheld"] == {"text": "92", "confidence": 0.2}
    assert ask(filled, "How many devices?", {"92": 0.9}).to_json()["withheld"] is None


def test_what_the_library_cannot_answer_is_not_even_withheld(filled):
    answerer = Answerer(filled, ScriptedReader({"US$1.59 billion": 0.9}), calibration=calibrated(0.9))
    answer = answerer.ask("What was China's market worth in 2010?")
    assert_declined(answer, Reason.PERIOD_ABSENT)
    assert answer.withheld is None


def test_passages_that_do_not_speak_of_it_are_told_from_those_that_do(filled):
    reader = ScriptedReader({"92": 0.9})
    for speaks, reason in [(0.6, Reason.NO_ANSWER_IN_PASSAGES), (0.4, Reason.NOTHING_RELEVANT)]:
        answer = Answerer(filled, reader, calibration=calibrated(0.1, speaks=speaks)).ask("How many devices?")
        assert_declined(answer, reason)


@pytest.mark.parametrize("k", [1, 100])
def test_confidence_does_not_hang_on_how_much_is_listed(filled, k):
    fitted = Calibration("scripted", Logistic(0.0, {"dense_ahead": (0.0, 0.1, 1.0)}), Logistic(0.0, {}), 0.0, {})
    answerer = Answerer(filled, ScriptedReader({"92": 0.9}), AnswerSettings(read=2), fitted)
    assert answerer.ask("How many devices?", k=k).confidence == answerer.ask("How many devices?").confidence


def test_a_question_can_be_examined_without_deciding(filled):
    answerer = Answerer(filled, ScriptedReader({"92": 0.01}), calibration=calibrated(0.1))
    examined = answerer.examine("How many devices?")
    assert (examined.answer.text, examined.answer.confidence, examined.declined) == ("92", 0.1, None)
    assert examined.features["odds"] == log_odds(0.01)
    nothing = Answerer(filled, ScriptedReader()).examine("How many devices?")
    assert (nothing.answer.text, nothing.answer.answered, nothing.features) == (None, False, {})


def test_passages_are_listed_also_when_nothing_is_answered(filled):
    answer = ask(filled, "How do I renew a driving licence?", k=3)
    assert_declined(answer, Reason.NOTHING_RELEVANT)
    assert len(answer.passages) == 3
    assert_verbatim(filled, answer)


def test_filters_that_no_article_passes_are_an_answer_of_their_own(filled):
    answer = ask(filled, "How many devices?", {"92": 0.9}, where=parse_where(["source=nowhere.md"]))
    assert_declined(answer, Reason.NOTHING_RELEVANT)
    assert answer.explanation == "No article passes the filters that were set."


def test_filters_hold_for_quotes_and_passages(filled):
    answer = ask(filled, "What was approved in 2023?", {"2023": 0.9}, where=parse_where(["source=devices.md"]))
    assert {quote.source for quote in answer.quotes} == {"devices.md"}
    assert {passage.source for passage in answer.passages} == {"devices.md"}


# The document that is asked for ---------------------------------------------------------------------------------------

REPORT = """{{"_id": "{name}", "title": "{name}", "company": "Acme Corp.", "kind": "10-Q", "period": "{period}",
 "period_end": "{ended}", "year_end": "09-30", "calendar_period": "{calendar}",
 "text": "Gross margin was {margin} percent of sales. Costs were as planned."}}"""


@pytest.fixture
def reports(tmp_path: Path) -> Iterator[Library]:
    with Library(tmp_path / "library", HashedWords(), prefer=Router()) as library:
        for name, period, ended, calendar, margin in (
            ("spring", "2023 Q2", "2023-03-31", "2023 Q1", "31"),
            ("winter", "2023 Q1", "2022-12-31", "2022 Q4", "42"),
        ):
            row = REPORT.format(name=name, period=period, ended=ended, calendar=calendar, margin=margin)
            library.add([Source(name, data=row.replace("\n", "").encode(), media_type=ROW_MEDIA_TYPE)])
        library.add(
            [source("rivals.md", "# Rivals\n\nAcme's gross margin in Q1 2023 was above that of rivals in 2021.")]
        )
        yield library


def test_the_document_that_is_named_answers_and_its_reading_is_told(reports):
    reader = ScriptedReader({"31": 0.9, "42": 0.9})
    answer = Answerer(reports, reader).ask("What was Acme's gross margin in Q1 2023?")
    assert (answer.text, answer.quotes[0].source) == ("42", "winter")
    assert reader.questions == ["What was gross margin in ?"]
    (note,) = answer.notes
    assert "31 December 2022" in note
    assert "31 March 2023" in note
    assert answer.to_json()["notes"] == [note]


def test_a_period_that_the_companys_documents_do_not_cover_is_declined(reports):
    answer = Answerer(reports, ScriptedReader({"31": 0.9, "42": 0.9})).ask("What was Acme's gross margin in Q3 2021?")
    assert_declined(answer, Reason.PERIOD_ABSENT)
    assert answer.explanation == (
        "No document of Acme Corp. in your library covers “Q3 2021”; it has 2023 Q1, 2023 Q2."
    )


DUE = (
    '{"_id": "dues", "title": "Acme quarterly report", "company": "Acme Corp.", "period": "2023 Q2", "kind": "10-Q",'
    ' "period_end": "2023-03-31", "text": "Payments of leases are due as follows (in millions):\\n\\n'
    ' | Year Ended December 31, 2027 | Year Ended December 31, 2028\\nLease payments due | 413 | 517"}'
)


def test_a_cell_of_a_year_that_no_report_covers_answers_for_that_year(tmp_path):
    with Library(tmp_path / "due", HashedWords(), prefer=Router()) as due:
        due.add([Source("dues", data=DUE.encode(), media_type=ROW_MEDIA_TYPE)])
        answerer = Answerer(due, sentence_reader(due))
        assert answerer.ask("What are Acme's lease payments due in 2028?").text == "517"
        # Nothing that is said of 2029 was found, so the report's silence on that year counts.
        assert not answerer.ask("What are Acme's lease payments due in 2029?").answered


def test_somebody_elses_article_may_cover_it(reports):
    answer = Answerer(reports, ScriptedReader({"rivals in 2021": 0.9})).ask("What was Acme's gross margin in Q3 2021?")
    assert answer.answered
    assert answer.quotes[0].source == "rivals.md"


# What is listed -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("k", [0, 1, 3])
def test_k_limits_what_is_listed_and_never_what_is_read(filled, k):
    reader = ScriptedReader({"92": 0.9})
    answer = Answerer(filled, reader, AnswerSettings(read=5)).ask("How many devices are approved?", k=k)
    assert len(answer.passages) == k
    assert reader.read_passages == [5]
    assert answer.text == "92"


def test_many_can_be_listed_while_few_are_read(filled):
    reader = ScriptedReader({"92": 0.9})
    answer = Answerer(filled, reader, AnswerSettings(read=2)).ask("How many devices are approved?", k=100)
    assert len(answer.passages) == filled.count_passages() > 2
    assert reader.read_passages == [2]


def test_passages_stand_in_the_readers_order_then_in_that_of_the_search(filled):
    question = "How many devices are approved?"
    found = [hit.key for hit in filled.search(question, k=10).hits]
    starts = {hit.key: (hit.source, hit.start) for hit in filled.search(question, k=10).hits}
    last = filled.search(question, k=10).hits[-1]
    words = last.text[last.units[-1].start - last.start : last.units[-1].end - last.start]
    answerer = Answerer(filled, ScriptedReader({words: 0.9}), AnswerSettings(relevance_weight=2))
    expected = [found[-1], *found[:-1]]
    assert [hit.key for hit in answerer.rerank(question, k=10).hits] == expected
    listed = [(passage.source, passage.start) for passage in answerer.ask(question, k=10).passages]
    assert listed == [starts[key] for key in expected]


def test_rerank_lists_k_after_reading_all_and_counts_its_time(filled):
    reader = ScriptedReader({"61": 0.9})
    result = Answerer(filled, reader).rerank("How many devices are approved?", k=1)
    assert [("61" in hit.text) for hit in result.hits] == [True]
    assert set(result.milliseconds) == {"embed", "retrieve", "rerank", "total"}
    assert result.milliseconds["total"] >= result.milliseconds["rerank"]


# The reader without a trained model -----------------------------------------------------------------------------------


def test_furniture_answers_who_wrote_it(filled):
    answer = Answerer(filled, sentence_reader(filled)).ask("Who published the article on AI in Chinese healthcare?")
    assert answer.quotes[0].text == "By Maria Example | Published July 1, 2025"
    assert_verbatim(filled, answer)


def test_furniture_answers_nothing_else(filled):
    reader = sentence_reader(filled)
    hits = filled.search("Maria Example July", k=50).hits
    assert any("Maria Example" in hit.text for hit in hits)
    for question, expected in [("How did Maria fare in July?", False), ("How is Maria's e-mail in July?", True)]:
        readings = reader.read(question, hits)
        found = [hits[each.passage].text[each.start - hits[each.passage].start :] for each in readings]
        assert any(text.startswith("By Maria Example") for text in found) is expected


def test_a_heading_is_never_an_answer(filled):
    hits = filled.search("Approved devices", k=50).hits
    readings = sentence_reader(filled).read("Approved devices", hits)
    assert readings
    assert {reading.kind for reading in readings} <= {BlockKind.PARAGRAPH, BlockKind.LIST_ITEM, BlockKind.TABLE_ROW}


def test_the_sentence_with_the_questions_words_answers(filled):
    answer = Answerer(filled, sentence_reader(filled)).ask("Which devices of class three need a clinical trial?")
    assert answer.quotes[0].text == "• Devices of class three need a clinical trial."
