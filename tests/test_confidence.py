"""Confidence: what its features say, the file that it comes from, and what an Answerer does with it."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chat.confidence import (
    Calibration,
    Logistic,
    confidence_features,
    load_calibration,
    log_odds,
    quote_alone,
    relevance_features,
)
from chat.reader import Reading, sigmoid
from errors import SettingError
from index.values import Hit
from ingest.article import BlockKind


class Words:
    """A vocabulary of `passages` in which each term stands as often as `counts` say, else in one."""

    def __init__(self, passages: int = 100, counts: Mapping[str, int] | None = None) -> None:
        self.passages, self.counts = passages, counts or {}

    def terms(self, text: str) -> list[str]:
        stop = {"the", "what", "was", "of", "in", "how", "many", "did", "is"}
        return [word for word in dict.fromkeys(re.findall(r"\w+", text.lower())) if word not in stop]

    def frequencies_of(self, terms: Sequence[str]) -> Mapping[str, int]:
        return {term: self.counts.get(term, 1) for term in terms}

    def count_passages(self) -> int:
        return self.passages


def hit(
    text: str, *, article: str = "a", dense: float | None = 0.5, words: float | None = 5.0, heading: str = ""
) -> Hit:
    trace = {"dense_score": dense, "words_score": words}
    return Hit(
        0, article, article, article, None, heading, "", 0, len(text), text, (), False, "", "", 0.5, trace=trace
    )  # fmt: skip


def reading(passage: int, text: str, words: str, probability: float, **features: float) -> Reading:
    start = text.index(words)
    spans = ((start, start + len(words)),)
    return Reading(passage, 0, len(text), BlockKind.PARAGRAPH, spans, probability, features)


SALES = "Acme sold 92 pumps in 2023."
OTHER = "Bolt sold 61 pumps in 2021."
QUESTION = "How many pumps did Acme sell in 2023?"


def features(
    question: str = QUESTION, texts: Sequence[str] = (SALES,), answers: Sequence[str] = ("92",), **more: Any
) -> dict[str, float]:
    hits = [hit(text, article=str(number)) for number, text in enumerate(texts)]
    readings = [reading(i, texts[i], answer, 0.9 - 0.3 * i) for i, answer in enumerate(answers)]
    return confidence_features(question, more.get("hits", hits), more.get("readings", readings), Words())


def test_without_a_reading_there_is_nothing_to_be_sure_of():
    assert confidence_features(QUESTION, [hit(SALES)], [], Words()) == {}
    assert relevance_features(QUESTION, [], Words()) == {}


def test_the_company_and_the_year_of_the_question_are_looked_for():
    right, wrong = features(), features(texts=(OTHER,), answers=("61",))
    assert (right["names"], right["years"]) == (1.0, 1.0)
    assert (wrong["names"], wrong["years"]) == (0.0, -1.0)
    assert features("How many pumps were sold?")["years"] == 0.0


def test_a_name_in_fewer_words_is_mentioned_though_not_all_of_its_words_are_there():
    found = features("How many pumps did Acme Pumping sell?")
    assert (found["names"], found["mentioned"]) == (0.0, 1.0)
    assert features("How many pumps did Bolt sell?")["mentioned"] == 0.0


def test_a_heading_names_company_and_year_for_its_passage():
    hits = [hit("It sold 92 pumps.", heading="Acme annual report 2023")]
    found = features(hits=hits, readings=[reading(0, hits[0].text, "92", 0.9)])
    assert (found["names"], found["years"]) == (1.0, 0.5)


def test_a_place_is_named_under_any_spelling():
    text = "In the United Kingdom 92 pumps were sold."
    assert features("How many pumps did the UK buy?", (text,))["names"] == 1.0


def test_an_answer_of_another_kind_than_was_asked_for_is_told():
    assert features()["kind"] == 1.0
    assert features(answers=("pumps",))["kind"] == -1.0
    assert features("What did Acme sell?", answers=("pumps",))["kind"] == 0.0
    assert features("Who sold pumps?", answers=("Acme",))["kind"] == 1.0
    assert features("When did Acme sell 92 pumps?", answers=("2023",))["kind"] == 1.0


def test_the_currency_that_is_asked_for_is_looked_for():
    text = "Sales were RMB 115.7 billion, or 40 percent of all."
    assert features("What were sales in renminbi?", (text,), ("RMB 115.7 billion",))["unit"] == 1.0
    assert features("What were sales in euros?", (text,), ("RMB 115.7 billion",))["unit"] == -1.0
    assert features("What were sales?", (text,), ("RMB 115.7 billion",))["unit"] == 0.0


def test_words_that_are_missing_weigh_as_much_as_they_are_rare():
    hits, readings = [hit(SALES)], [reading(0, SALES, "92", 0.9)]
    vocabulary = Words(counts={"sell": 99, "pumps": 50})
    common = confidence_features("pumps Acme 2023 sell", hits, readings, vocabulary)
    rare = confidence_features("pumps Acme 2023 dividend", hits, readings, vocabulary)
    assert common["covered_passage"] > 0.98 > rare["covered_passage"]
    assert rare["missing_passage"] == 1.0 > common["missing_passage"]


def test_gaps_are_to_the_next_that_says_something_else():
    readings = [reading(0, SALES, "92", 0.9), reading(1, OTHER, "61", 0.6)]
    hits = [hit(SALES, article="x"), hit(OTHER, article="y")]
    found = confidence_features(QUESTION, hits, readings, Words())
    assert found["gap"] == found["gap_article"] == pytest.approx(log_odds(0.9) - log_odds(0.6))
    assert found["agreeing"] == 0
    same = [hits[0], hit("In 2023 92 were sold", article="y")]
    agreed = confidence_features(QUESTION, same, [readings[0], reading(1, same[1].text, "92", 0.6)], Words())
    assert agreed["agreeing"] == pytest.approx(math.log(2))
    assert agreed["gap"] == 8.0


def test_the_same_value_in_other_words_agrees():
    texts = ["It may reach US$18.88 billion.", "It may reach nearly US$19 billion.", "It may reach RMB 19 billion."]
    hits = [hit(text, article=text) for text in texts]
    readings = [reading(i, text, text[13:-1], 0.9 - 0.2 * i) for i, text in enumerate(texts)]
    found = confidence_features("How large may it be?", hits, readings, Words())
    assert found["agreeing"] == pytest.approx(math.log(2))
    assert found["gap"] == pytest.approx(log_odds(0.9) - log_odds(0.5))


def test_figures_that_only_begin_alike_do_not_agree():
    hits = [hit(SALES, article="x"), hit("Bolt sold 921 pumps.", article="y")]
    readings = [reading(0, SALES, "92", 0.9), reading(1, hits[1].text, "921", 0.6)]
    assert confidence_features(QUESTION, hits, readings, Words())["agreeing"] == 0


def test_the_quote_is_read_by_itself_too():
    hits = [hit(f"{OTHER} {SALES} More follows.", heading="Acme")]
    start = len(OTHER) + 1
    best = Reading(0, start, start + len(SALES), BlockKind.PARAGRAPH, ((start + 10, start + 18),), 0.9, {"span": 4.0})
    alone = quote_alone(hits[0], best)
    assert (alone.text, alone.start, alone.end, alone.heading) == (SALES, start, start + len(SALES), "Acme")
    assert [(unit.start, unit.end) for unit in alone.units] == [(start, start + len(SALES))]
    again = replace(best, spans=((start + 10, start + 12),), probability=0.3, features={"span": 1.0})
    found = confidence_features(QUESTION, hits, [best], Words(), again)
    assert (found["alone.span"], found["alone_odds"], found["steady"]) == (1.0, log_odds(0.3), 0.25)
    assert "steady" not in confidence_features(QUESTION, hits, [best], Words())


def test_words_that_narrow_a_question_down_are_missed():
    assert features("How many pumps did Acme sell first?")["strict_missing"] == 1.0
    assert features("How many pumps did Acme sell?")["strict"] == 0.0
    text = "Acme first sold 92 pumps."
    assert features("How many pumps did Acme sell first?", (text,))["strict_missing"] == 0.0


def test_what_a_reader_says_keeps_its_own_names():
    found = features(readings=[reading(0, SALES, "92", 0.9, answer=3.5)])
    assert found["reader.answer"] == 3.5


@pytest.mark.parametrize("passages", [10, 50_000])
def test_features_mean_the_same_in_small_and_large_libraries(passages):
    # Every term stands in the same share of the passages, and BM25 scores follow the rarity of the terms.
    terms = Words().terms(QUESTION)
    vocabulary = Words(passages, dict.fromkeys(terms, max(1, passages // 10)))
    rarity = math.log(1 + (passages - passages // 10 + 0.5) / (passages // 10 + 0.5))
    hits = [hit(SALES, words=6 * rarity), hit(OTHER, article="b", words=3 * rarity)]
    found = confidence_features(QUESTION, hits, [reading(0, SALES, "92", 0.9)], vocabulary)
    assert found["words"] == pytest.approx(6 / 2.2 / len(terms), rel=0.01)
    assert found["words_ahead"] == pytest.approx(0.5)
    assert found["covered_passage"] == pytest.approx(3 / 4)


def test_a_leg_that_did_not_find_a_passage_gives_the_lowest_score_of_those_found():
    hits = [hit(SALES, dense=None, words=None), hit(OTHER, article="b", dense=0.4)]
    found = confidence_features(QUESTION, hits, [reading(0, SALES, "92", 0.9)], Words())
    assert (found["dense"], found["words"], found["words_behind"]) == (0.4, 0.0, 1.0)


def test_relevance_is_that_of_the_best_passage():
    near, far = hit("pumps of Acme in 2023", words=9.0, dense=0.8), hit("On poetry.", article="b", words=0.1, dense=0.1)
    found = relevance_features("pumps Acme 2023", [far, near], Words())
    assert (found["dense"], found["covered"], found["missing"], found["names"]) == (0.8, 1.0, 0.0, 1.0)
    lost = relevance_features("pumps Acme 2023", [far], Words())
    assert (lost["covered"], lost["missing"], lost["names"]) == (0.0, 1.0, 0.0)


# The file -------------------------------------------------------------------------------------------------------------

MODEL = Logistic(0.5, {"odds": (1.0, 2.0, 3.0)})
CALIBRATION = Calibration("reader-1", MODEL, Logistic(-1.0, {}), 0.4, {"fitted_on": "nothing"})


def test_a_model_standardises_and_bounds_what_it_has_not_seen():
    assert MODEL.probability({"odds": 1.0}) == sigmoid(0.5)
    assert MODEL.probability({"odds": 3.0}) == sigmoid(3.5)
    assert MODEL.probability({"odds": 1e9}) == sigmoid(9.5)
    assert MODEL.probability({}) == sigmoid(0.5)


def test_a_calibration_comes_back_from_its_file(tmp_path: Path):
    path = tmp_path / "confidence.json"
    path.write_text(json.dumps(CALIBRATION.to_json()), "utf-8")
    assert load_calibration(path, "reader-1") == CALIBRATION


def test_no_file_or_one_for_another_reader_gives_no_confidence(tmp_path: Path):
    path = tmp_path / "confidence.json"
    assert load_calibration(path, "reader-1") is None
    path.write_text(json.dumps(CALIBRATION.to_json()), "utf-8")
    assert load_calibration(path, "reader-2") is None
    path.write_text(json.dumps({**CALIBRATION.to_json(), "format": 0}), "utf-8")
    assert load_calibration(path, "reader-1") is None


@pytest.mark.parametrize(
    "change",
    [{"threshold": None}, {"threshold": "often"}, {"right": {"bias": 0.0}}, {"right": []}, {"speaks": None},
     {"right": {"bias": 0, "features": {"odds": [0, 0, 1]}}}, {"right": {"bias": 0, "features": {"odds": [0, 1]}}},
     {"right": {"bias": 0, "features": {"odds": [0, 1, math.nan]}}}, {"threshold": 2}],
)  # fmt: skip
def test_a_file_that_lacks_something_is_named(tmp_path: Path, change: dict[str, Any]):
    path = tmp_path / "confidence.json"
    path.write_text(json.dumps({**CALIBRATION.to_json(), **change}), "utf-8")
    with pytest.raises(SettingError, match=re.escape(str(path))):
        load_calibration(path, "reader-1")


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe"])
def test_a_file_that_is_no_json_is_named(tmp_path: Path, data: bytes):
    path = tmp_path / "confidence.json"
    path.write_bytes(data)
    with pytest.raises(SettingError, match="restore the file or delete it"):
        load_calibration(path, "reader-1")


def test_the_calibration_that_comes_along_can_be_read():
    path = Path(__file__).resolve().parent.parent / "models" / "confidence" / "confidence.json"
    if not path.exists():
        pytest.skip("no calibration comes along yet")
    reader = json.loads(path.read_text("utf-8"))["reader"]
    loaded = load_calibration(path, reader)
    assert loaded is not None
    assert {"fitted_on", "figures", "licence", "repeat"} <= set(loaded.card)
    assert 0 < loaded.threshold < 1
