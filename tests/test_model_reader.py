"""The reader with a model: which unit, which of its words, held to the kind that is asked for."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.answering import Answerer
from chat.candidates import Candidates
from chat.model_reader import ModelReader, _beyond, likeliest
from chat.span_model import PassageRead
from index.library import Library
from ingest.sources import find_sources
from tests.fakes_embedder import BagEmbedder

ARTICLE = """# The market

## Size

The market was worth US$7.33 billion in 2023, and analysts of Frost & Sullivan expect US$16.02 billion by 2028.

More than 40 devices are used in a hospital.

Hospitals lead, since they hold the data that models are trained on and can pay for them.

## Rules

• Devices of class three need a clinical trial.
• Devices of class two need none.
"""


@dataclass
class ScriptedModel:
    """Likes the words given, wherever they stand: 6 for each start and end, 0 elsewhere; the null is 1."""

    words: Mapping[str, float] = field(default_factory=dict)
    relevant: str = ""
    identity: str = "scripted"
    asked: list[str] = field(default_factory=list)

    def read(self, question: str, passages: Sequence[tuple[str, str]]) -> list[PassageRead]:
        self.asked.append(question)
        return [self._read(text) for _, text in passages]

    def _read(self, text: str) -> PassageRead:
        offsets = [match.span() for match in re.finditer(r"\w+|[^\w\s]", text)]
        start, end = np.zeros((2, len(offsets)), dtype=np.float32)
        for words, score in self.words.items():
            for match in re.finditer(re.escape(words), text):
                start[[i for i, each in enumerate(offsets) if each[0] == match.start()]] = score
                end[[i for i, each in enumerate(offsets) if each[1] == match.end()]] = score
        return PassageRead(4.0 if self.relevant and self.relevant in text else -4.0, 1.0, start, end, offsets)


@pytest.fixture
def library(tmp_path: Path) -> Library:
    (tmp_path / "article.md").write_text(ARTICLE, encoding="utf-8")
    library = Library(tmp_path / "library", BagEmbedder())
    library.add(find_sources(tmp_path / "article.md"))
    return library


def answer(library: Library, question: str, model: ScriptedModel) -> str | None:
    reader = ModelReader(model, Candidates(library), library.embedder)
    return Answerer(library, reader).examine(question).answer.text


def test_the_models_words_answer(library):
    assert answer(library, "Who expects growth?", ScriptedModel({"Frost & Sullivan": 6.0})) == "Frost & Sullivan"


def test_a_figure_is_taken_whole_where_the_model_stops_inside(library):
    asked = "How much will the market be worth in 2028?"
    assert answer(library, asked, ScriptedModel({"16.02": 6.0})) == "US$16.02 billion"


def test_a_figure_keeps_the_words_that_say_how_closely_it_is_meant(library):
    asked = "How many devices does a hospital use?"
    assert answer(library, asked, ScriptedModel({"40": 6.0})) == "More than 40"


def test_words_of_another_kind_give_way_to_the_figure_that_the_model_likes_best(library):
    model = ScriptedModel({"Frost": 9.0, "US$16.02 billion": 3.0})
    assert answer(library, "How much will the market be worth?", model) == "US$16.02 billion"


def test_a_figure_is_that_of_the_year_asked_for(library):
    model = ScriptedModel({"US$16.02 billion": 9.0, "US$7.33 billion": 2.0})
    assert answer(library, "How much was the market worth in 2023?", model) == "US$7.33 billion"
    assert answer(library, "How much will the market be worth by 2028?", model) == "US$16.02 billion"


def test_words_of_the_question_are_no_answer():
    text = "The forecast for 2028 is twice that of 2023."
    spans = [(9.0, 4, 21), (8.0, 25, 35), (7.0, 4, 35)]
    assert _beyond("What is the forecast for 2028?", text, spans) == spans[1:]
    assert _beyond("What is the forecast for 2028?", text, spans[:1]) == spans[:1]  # nothing else was found
    assert _beyond("What?", text, []) == []


def test_of_nested_spans_the_one_that_most_answers_stand_in_is_shown():
    # A word alone, the phrase around it, and one that adds a little to the phrase, which few believe.
    assert likeliest([(5.0, 0, 8), (4.8, 0, 58), (1.0, 0, 60)]) == (0, 58)


def test_a_span_of_which_the_model_is_sure_stays():
    assert likeliest([(9.0, 10, 20), (2.0, 0, 40), (1.0, 10, 55)]) == (10, 20)


def test_a_span_is_not_stretched_beyond_what_is_still_short():
    assert likeliest([(5.0, 0, 10), (4.9, 0, 200)]) == (0, 10)


@given(
    st.lists(
        st.tuples(st.floats(-20, 20), st.integers(0, 300), st.integers(1, 80)).map(
            lambda each: (each[0], each[1], each[1] + each[2])
        ),
        min_size=1,
        max_size=12,
    ).map(lambda spans: sorted(spans, reverse=True))
)
def test_what_is_shown_is_one_of_the_spans_found(spans):
    assert likeliest(spans) in {each[1:] for each in spans}


def test_a_reason_is_the_whole_sentence(library):
    found = answer(library, "Why do hospitals lead?", ScriptedModel({"data": 6.0}))
    assert found == "Hospitals lead, since they hold the data that models are trained on and can pay for them."


def test_what_the_model_finds_ranks_units(library):
    hits = library.search("What do devices need?", k=10).hits
    reader = ModelReader(ScriptedModel({"class two need none": 8.0}), Candidates(library), library.embedder)
    readings = reader.read("What do devices need?", hits)
    best = hits[readings[0].passage].text[readings[0].start - hits[readings[0].passage].start :]
    assert best.startswith("• Devices of class two")
    assert readings[0].features["span"] == pytest.approx(15.0)
    assert [each.probability for each in readings] == sorted((each.probability for each in readings), reverse=True)


def test_the_model_is_asked_the_whole_question_once(library):
    model = ScriptedModel()
    hits = library.search("devices", k=10).hits
    ModelReader(model, Candidates(library), library.embedder).read(
        "What do devices need?", hits, whole="What do devices of Acme need?"
    )
    assert model.asked == ["What do devices of Acme need?"]


def test_passages_that_cannot_win_are_not_read(tmp_path, monkeypatch):
    for number in range(9):
        words = "Pears are sold by weight." if number else "Plums of Acme are harvested in August by 40 people."
        (tmp_path / f"{number}.md").write_text(f"# Fruit {number}\n\n{words}\n", encoding="utf-8")
    with Library(tmp_path / "library", BagEmbedder()) as many:
        many.add(find_sources(tmp_path))
        question = "When are the plums of Acme harvested?"
        hits = many.search(question, k=10).hits
        seen: list[int] = []

        class Counting(ScriptedModel):
            def read(self, asked: str, passages: Sequence[tuple[str, str]]) -> list[PassageRead]:
                seen.append(len(passages))
                return super().read(asked, passages)

        sure = ModelReader(Counting({"August": 9.0}), Candidates(many), many.embedder).read(question, hits)
        assert (len(hits), seen) == (9, [4])
        assert {each.passage for each in sure} < set(range(9))
        seen.clear()
        monkeypatch.setattr("chat.model_reader._MOST_GAINED", 20.0)  # reading may lift any unit above any other
        doubtful = ModelReader(Counting(), Candidates(many), many.embedder).read("Which fruit is sold by weight?", hits)
        assert seen == [4, 4, 1]
        assert {each.passage for each in doubtful} == set(range(9))


def test_relevance_orders_passages(library):
    hits = library.search("devices", k=10).hits
    reader = ModelReader(ScriptedModel(relevant="clinical trial"), Candidates(library), library.embedder)
    judged = reader.relevance("devices", hits)
    assert all(0 < each < 1 for each in judged)
    assert "clinical trial" in hits[int(np.argmax(judged))].text


def test_a_model_without_relevance_is_taken_by_its_best_span(library):
    class Spans(ScriptedModel):
        def _read(self, text: str) -> PassageRead:
            whole = super()._read(text)
            return PassageRead(None, whole.null, whole.start, whole.end, whole.offsets)

    hits = library.search("devices", k=10).hits
    judged = ModelReader(Spans({"clinical trial": 6.0}), Candidates(library), library.embedder).relevance(
        "devices", hits
    )
    assert "clinical trial" in hits[int(np.argmax(judged))].text


def test_a_model_without_spans_still_answers_by_words_and_figures(library):
    class Judge(ScriptedModel):
        def _read(self, text: str) -> PassageRead:
            none = np.zeros(0, dtype=np.float32)
            return PassageRead(3.0 if "worth" in text else -3.0, 0.0, none, none, ())

    assert answer(library, "How much was the market worth in 2023?", Judge()) == "US$7.33 billion"


def test_no_passages_give_no_readings(library):
    model = ScriptedModel()
    reader = ModelReader(model, Candidates(library), library.embedder)
    assert (reader.read("What?", []), reader.relevance("What?", [])) == ([], [])
    assert model.asked == []  # some models fail on a batch of none


def test_another_model_is_another_reader(library):
    one, other = (
        ModelReader(ScriptedModel(identity=name), Candidates(library), library.embedder) for name in ("a", "b")
    )
    assert one.identity != other.identity
