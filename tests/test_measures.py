"""Retrieval and answer measures, with numbers worked out by hand."""

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.answer import Answer, Considered, DifferentValue, Disagreement, Quote, Reason
from evaluation.answers import ANSWER_MEASURES, holds, measure_answer, normalised, token_f1
from evaluation.measures import RETRIEVAL_MEASURES, brings, is_relevant, measure_retrieval
from evaluation.questions import Evidence, Question
from ingest.article import article_id


def passage(source: str, start: int, end: int, *pages: int) -> Considered:
    first = pages[0] if pages else None
    return Considered(article_id(source), source, source, "", first, pages, start, end, "x" * (end - start), 1.0)


def evidence(source: str, start: int, end: int, *pages: int) -> Evidence:
    return Evidence(source, start, end, "x" * (end - start), pages)


def question(
    *gold: Evidence, answers: tuple[str, ...] | None = None, kind: str = "figure", **documents: int
) -> Question:
    return Question("q", "Q?", kind, answers, gold, documents)


def measured(asked: Question, *passages: Considered) -> dict[str, float]:
    (result,) = measure_retrieval([asked], [passages])
    return dict(result.measures)


def test_passage_brings_evidence_when_they_share_half_of_the_shorter() -> None:
    gold = evidence("a", 100, 200)
    assert brings(passage("a", 0, 150), gold)
    assert not brings(passage("a", 0, 149), gold)
    assert brings(passage("a", 150, 900), gold)
    assert brings(passage("a", 120, 130), gold)  # inside the evidence
    assert not brings(passage("a", 196, 206), gold)
    assert not brings(passage("b", 100, 200), gold)
    assert not brings(passage("a", 200, 300), gold)


@given(st.integers(1, 60), st.lists(st.tuples(st.integers(-40, 60), st.integers(1, 60)), min_size=1, max_size=6))
def test_passages_that_cover_evidence_together_always_bring_it(length: int, pieces: list[tuple[int, int]]) -> None:
    gold = evidence("a", 100, 100 + length)
    passages = [passage("a", 100 + start, 100 + start + size) for start, size in pieces]
    covered = {i for p in passages for i in range(p.start, p.end)}
    if covered >= set(range(gold.start, gold.end)):
        assert any(brings(p, gold) for p in passages)


def test_rank_measures_of_evidence_by_hand() -> None:
    asked = question(evidence("a", 0, 100), evidence("a", 1000, 1100), evidence("b", 0, 50))
    passages = [
        passage("c", 0, 500),  # 1: nothing
        passage("a", 0, 80),  # 2: the first piece
        passage("a", 40, 200),  # 3: the first piece again
        passage("a", 900, 1200),  # 4: the second piece
    ]
    (result,) = measure_retrieval([asked], [passages])
    assert result.ranks == (2, 4, None)
    assert result.rank == 2
    values = result.measures
    assert [values[f"recall@{k}"] for k in (1, 3, 5, 100)] == pytest.approx([0, 1 / 3, 2 / 3, 2 / 3])
    assert [values[f"precision@{k}"] for k in (1, 3, 5, 10)] == pytest.approx([0, 2 / 3, 3 / 5, 3 / 10])
    assert values["mrr@10"] == pytest.approx(1 / 2)
    # first finds at ranks 2 and 4, three relevant: (1/log2(3) + 1/log2(5)) / (1 + 1/log2(3) + 1/log2(4))
    assert values["ndcg@10"] == pytest.approx((0.6309298 + 0.4306766) / 2.1309298)
    assert values["map"] == pytest.approx((1 / 2 + 2 / 4) / 3)


def test_two_pieces_in_one_passage_are_a_perfect_ranking() -> None:
    asked = question(evidence("a", 0, 10), evidence("a", 20, 30))
    values = measured(asked, passage("a", 0, 40), passage("a", 0, 40))
    assert [values[name] for name in ("ndcg@10", "map", "mrr@10", "recall@1", "precision@1")] == [1, 1, 1, 1, 1]
    assert values["precision@3"] == pytest.approx(2 / 3)
    apart = measured(asked, passage("a", 0, 12), passage("a", 18, 40))
    assert [apart[name] for name in ("ndcg@10", "map", "recall@1", "recall@3")] == pytest.approx([1, 1, 0.5, 1])


def test_mrr_and_ndcg_end_at_ten_but_map_and_recall_at_100_do_not() -> None:
    asked = question(evidence("a", 0, 10))
    values = measured(asked, *[passage("z", i, i + 1) for i in range(10)], passage("a", 0, 10))
    assert (values["mrr@10"], values["ndcg@10"], values["recall@10"], values["recall@20"]) == (0, 0, 0, 1)
    assert values["map"] == pytest.approx(1 / 11)


def test_documents_rank_by_their_best_passage_and_count_by_grade() -> None:
    asked = question(d1=2, d2=1)
    passages = [passage("d3", 0, 1), passage("d3", 1, 2), passage("d2", 0, 1), passage("d1", 0, 1), passage("d2", 1, 2)]
    (result,) = measure_retrieval([asked], [passages])
    assert (result.rank, result.ranks) == (2, (3, 2))
    values = result.measures
    # gains 0, 1, 2 against the ideal 2, 1
    assert values["ndcg@10"] == pytest.approx((1 / math.log2(3) + 2 / math.log2(4)) / (2 + 1 / math.log2(3)))
    assert values["mrr@10"] == pytest.approx(1 / 2)
    assert values["map"] == pytest.approx((1 / 2 + 2 / 3) / 2)
    assert [values[f"recall@{k}"] for k in (1, 3)] == [0, 1]
    assert [values[f"precision@{k}"] for k in (3, 5)] == pytest.approx([2 / 3, 2 / 5])
    assert "char_recall@5" not in values
    assert is_relevant(passages[2], asked)
    assert not is_relevant(passages[0], asked)


def test_characters_by_hand() -> None:
    asked = question(evidence("a", 0, 100), evidence("a", 50, 150), evidence("b", 0, 50))  # 200 characters together
    values = measured(asked, passage("a", 100, 300), passage("a", 250, 400), passage("b", 40, 60))
    # passages hold 300 + 20 characters, of them evidence 50 + 10
    assert values["char_recall@5"] == pytest.approx(60 / 200)
    assert values["char_precision@5"] == pytest.approx(60 / 320)
    assert values["char_iou@5"] == pytest.approx(60 / 460)


def test_characters_count_five_passages() -> None:
    asked = question(evidence("a", 0, 10))
    values = measured(asked, *[passage("z", i * 10, i * 10 + 5) for i in range(5)], passage("a", 0, 10))
    assert values["char_recall@5"] == 0


def test_page_recall_counts_different_pages_in_order_of_passages() -> None:
    asked = question(evidence("a", 0, 10, 3), evidence("a", 20, 30, 4, 5))
    values = measured(
        asked, passage("b", 0, 5, 3), passage("a", 0, 5, 3), passage("a", 3, 5, 3), passage("a", 9, 25, 4)
    )
    assert [values[f"page_recall@{k}"] for k in (1, 5)] == pytest.approx([0, 2 / 3])


def test_question_without_passages_has_zero_everywhere() -> None:
    values = measured(question(evidence("a", 0, 10, 1)))
    assert tuple(values) == RETRIEVAL_MEASURES
    assert set(values.values()) == {0.0}
    assert set(measured(question(d1=1)).values()) == {0.0}


def test_question_without_gold_has_no_values_and_disturbs_no_other() -> None:
    asked = [question(), question(evidence("a", 0, 10))]
    first, second = measure_retrieval(asked, [[passage("a", 0, 10)], [passage("a", 0, 10)]])
    assert (dict(first.measures), first.rank, first.ranks) == ({}, None, ())
    assert second.measures["recall@1"] == 1


def test_order_stands_even_among_hundreds_of_passages() -> None:
    asked = question(evidence("a", 0, 10))
    passages = [passage("z", i, i + 1) for i in range(149)] + [passage("a", 0, 10)]
    assert measured(asked, *passages)["map"] == pytest.approx(1 / 150)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The value, of an “Asset”!", ("value", "of", "asset")),
        ("US$1.59 billion.", ("us1.59", "billion")),
        ("1,000 and 15.9", ("1000", "and", "15.9")),
        ("31–40 per cent", ("31", "40%")),
        ("−5 percent", ("-5%",)),
        ("state-of-the-art", ("stateoftheart",)),
        ("中国的市场", ("中国的市场",)),
    ],
)
def test_normalisation(text: str, words: tuple[str, ...]) -> None:
    assert normalised(text) == words


def test_token_f1_by_hand() -> None:
    assert token_f1("about US$1.59 billion", "US$1.59 billion") == pytest.approx(2 * 2 / (3 + 2))
    assert token_f1("one one two", "one three") == pytest.approx(2 * 1 / (3 + 2))
    assert token_f1("US$15.9 billion", "US$1.59 billion") == pytest.approx(2 * 1 / (2 + 2))
    assert token_f1("", "") == 0


def test_figures_stand_on_their_own() -> None:
    assert holds("It grew by 7% a year.", "7%")
    assert not holds("It grew by 97% a year.", "7%")
    assert not holds("It has 100 million users.", "100")
    assert holds("It has 100 users.", "100")
    assert holds("From 2023–2028 it doubles.", "2028")
    assert not holds("Anything", "—")


def quote(source: str, start: int, text: str) -> Quote:
    end = start + len(text)
    span = ((start, end),)
    return Quote(article_id(source), "", source, None, "", None, (), start, end, text, True, span, "", "", 1.0)


def answer(text: str | None, *quotes: Quote, **more: Any) -> Answer:
    answered = text is not None
    reason = None if answered else Reason.NOTHING_RELEVANT
    made = Answer("Q?", "Q?", answered, reason, "", text, None, quotes, (), (), {"total": 1.0})
    return replace(made, **more)


GOLD = question(evidence("a", 100, 140), answers=("US$1.59 billion", "1.59bn"))


def test_right_answer_by_hand() -> None:
    right = answer("about US$1.59 billion", quote("a", 100, "x" * 40))
    assert measure_answer(GOLD, right) == {
        "exact_match": 0.0,
        "token_f1": pytest.approx(0.8),
        "right": 1.0,
        "quote@1": 1.0,
        "quote@3": 1.0,
        "false_silence": 0.0,
        "risk": 0.0,
        "false_alarms": 0.0,
    }
    assert measure_answer(GOLD, answer("the US$1.59 billion."))["exact_match"] == 1.0


def test_wrong_answer_is_risk() -> None:
    values = measure_answer(
        GOLD, answer("US$7 trillion", quote("b", 0, "no"), quote("b", 9, "It was US$1.59 billion."))
    )
    assert (values["right"], values["risk"], values["quote@1"], values["quote@3"]) == (0.0, 1.0, 0.0, 1.0)


def test_long_answer_and_long_quote_do_not_count_for_holding_the_gold_one() -> None:
    long = "It was US$1.59 billion " + "and so on " * 60
    values = measure_answer(GOLD, answer(long, quote("b", 0, long)))
    assert (values["right"], values["quote@1"]) == (0.0, 0.0)


def test_silence_is_wrong_where_there_is_an_answer_and_right_where_there_is_none() -> None:
    values = measure_answer(GOLD, answer(None))
    assert values == dict.fromkeys(ANSWER_MEASURES[:5], 0.0) | {"false_silence": 1.0, "risk": 0.0}

    assert measure_answer(GOLD, None) == values
    nothing = question(answers=(), kind="unanswerable")
    assert measure_answer(nothing, answer(None)) == {"silence": 1.0, "risk": 0.0}
    assert measure_answer(nothing, answer("US$1")) == {"silence": 0.0, "risk": 1.0}
    assert measure_answer(nothing, None) == {"silence": 0.0, "risk": 0.0}  # an error is no silence


def test_a_conflict_is_found_when_all_values_are_shown_and_an_alarm_is_false_where_there_is_none() -> None:
    sides = [DifferentValue(text, quote("a", 0, f"It was {text}.")) for text in ("US$7 billion", "US$16 billion")]
    conflict = question(answers=("US$7 billion", "US$16 billion"), kind="conflict")
    told = answer("US$7 billion", quote("a", 0, "It was US$7 billion."), disagreements=(Disagreement(tuple(sides)),))
    assert measure_answer(conflict, told)["conflict_recall"] == 1.0
    assert measure_answer(conflict, replace(told, disagreements=(Disagreement((sides[0],)),)))["conflict_recall"] == 0.0
    assert measure_answer(conflict, answer(None))["conflict_recall"] == 0.0
    assert "false_alarms" not in measure_answer(conflict, told)
    assert measure_answer(GOLD, told)["false_alarms"] == 1.0
    assert "false_alarms" not in measure_answer(GOLD, answer(None))


def test_unknown_answers_are_not_measured() -> None:
    assert measure_answer(question(d1=1), answer("anything")) == {}


def test_conflict_needs_every_value_and_a_disagreement() -> None:
    asked = question(answers=("US$7.33 billion", "US$16.02 billion"), kind="conflict")
    low, high = quote("a", 0, "It may be US$7.33 billion."), quote("b", 0, "It may be US$16.02 billion.")
    values = Disagreement((DifferentValue("US$7.33 billion", low), DifferentValue("US$16.02 billion", high)))
    assert measure_answer(asked, answer("US$7.33 billion", low, disagreements=(values,)))["right"] == 1.0
    assert measure_answer(asked, answer("US$7.33 billion; US$16.02 billion", low, high))["right"] == 0.0
    assert measure_answer(asked, answer("US$7.33 billion; US$16.02 billion", low, high))["exact_match"] == 1.0
    assert measure_answer(replace(asked, kind="compare"), answer("US$7.33 billion", low))["right"] == 0.0


def test_a_reason_counts_only_when_it_is_the_expected_one() -> None:
    asked = Question("q", "Q", "unanswerable", (), reason="period_absent")
    declined = answer(None, answered=False, reason=Reason.PERIOD_ABSENT)
    assert measure_answer(asked, declined)["reason"] == 1.0
    assert measure_answer(asked, replace(declined, reason=Reason.ENTITY_ABSENT))["reason"] == 0.0
    assert measure_answer(asked, answer("92"))["reason"] == 0.0
    assert measure_answer(asked, None)["reason"] == 0.0
    assert "reason" not in measure_answer(replace(asked, reason=None), declined)
