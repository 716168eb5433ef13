"""Figures of confidence on numbers that were worked out by hand, and their plots."""

import math
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.answer import Answer
from evaluation.answers import LOWER_IS_BETTER, judge
from evaluation.calibration import (
    CALIBRATION_MEASURES,
    Judged,
    aurc,
    brier,
    calibration_measures,
    ece,
    reliability,
    risk_coverage,
)
from evaluation.plots import reliability_svg, reliability_words, risk_coverage_svg, risk_coverage_words
from evaluation.questions import Question
from tests.test_report import REPORT

SVG = "{http://www.w3.org/2000/svg}"


def means(judged: list[Judged]) -> dict[str, float]:
    return {name: each.mean for name, each in calibration_measures(judged).items()}


def test_confidence_that_is_always_the_share_that_is_right_has_no_error():
    judged = [Judged(0.25, number == 0) for number in range(4)] + [Judged(0.75, number != 0) for number in range(4)]
    assert means(judged)["ece"] == 0
    assert means(judged)["brier"] == pytest.approx(0.1875)


def test_the_error_is_the_gap_of_each_bin_by_its_share_of_the_questions():
    # Three at .9 of which one is right, one at .2 that is right: (3 * |.9 - 1/3| + 1 * |.2 - 1|) / 4
    judged = [Judged(0.9, True), Judged(0.9, False), Judged(0.9, False), Judged(0.2, True)]
    assert means(judged)["ece"] == pytest.approx((1.7 + 0.8) / 4)


def test_gaps_of_one_bin_cancel_each_other_and_those_of_two_do_not():
    confidence = np.array([0.31, 0.39])
    assert ece(confidence, np.array([1.0, 0.0])) == pytest.approx(0.15)
    assert ece(np.array([0.29, 0.39]), np.array([1.0, 0.0])) == pytest.approx((0.71 + 0.39) / 2)


def test_an_edge_belongs_to_the_bin_above_and_one_to_the_last():
    bins = reliability([Judged(each, True) for each in (0.0, 0.3, 0.7, 1.0)])
    assert [each.questions for each in bins] == [1, 0, 0, 1, 0, 0, 0, 1, 0, 1]
    assert math.isnan(bins[1].right)
    assert bins[3].confidence == pytest.approx(0.3)
    assert bins[3].right == 1


def test_risk_is_the_share_of_wrong_answers_among_the_surest():
    judged = [Judged(1 - number / 10, number not in (1, 4, 5)) for number in range(10)]
    assert [round(risk, 3) for _, risk in risk_coverage(judged)[:6]] == [0, 0.5, 0.333, 0.25, 0.4, 0.5]
    found = means(judged)
    assert found["risk@20"] == pytest.approx(0.5)
    assert found["risk@30"] == pytest.approx(1 / 3)
    expected = (0 + 1 / 2 + 1 / 3 + 1 / 4 + 2 / 5 + 3 / 6 + 3 / 7 + 3 / 8 + 3 / 9 + 3 / 10) / 10
    assert found["aurc"] == pytest.approx(expected)


def test_questions_without_a_confidence_come_last_and_are_wrong_but_judge_no_confidence():
    judged = [Judged(None, True), Judged(0.1, True), Judged(None, False), Judged(0.2, True)]
    assert [round(risk, 3) for _, risk in risk_coverage(judged)] == [0, 0, 0.333, 0.5]
    assert reliability(judged)[0].questions == 0
    assert calibration_measures(judged)["brier"].questions == 2
    assert calibration_measures(judged)["aurc"].questions == 4


def test_equal_confidences_say_nothing_of_their_order():
    some = [Judged(0.5, True), Judged(0.5, False), Judged(0.5, False), Judged(0.5, True)]
    assert means(some) == means(some[::-1])
    assert means(some)["risk@20"] == 0.5


def test_without_any_confidence_nothing_is_measured():
    assert calibration_measures([Judged(None, False)]) == {}
    assert calibration_measures([]) == {}


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40))
def test_every_figure_lies_in_zero_to_one_and_lower_is_better(pairs):
    judged = [Judged(confidence, right) for confidence, right in pairs]
    confidence, right = np.array([c for c, _ in pairs]), np.array([float(r) for _, r in pairs])
    for value in (ece(confidence, right), brier(confidence, right), aurc(confidence, right)):
        assert 0 <= value <= 1
    assert sum(each.questions for each in reliability(judged)) == len(pairs)
    assert risk_coverage(judged)[-1][1] == pytest.approx(1 - right.mean())


def test_lower_is_better_for_all_of_them():
    assert set(CALIBRATION_MEASURES) <= LOWER_IS_BETTER


# Of answers ----------------------------------------------------------------------------------------------------------

ANSWER = Answer("q", "q", True, None, "", "92", 0.8, (), (), (), {})
DECLINED = replace(ANSWER, answered=False, text=None, confidence=None)


@pytest.mark.parametrize(
    ("answers", "answer", "expected"),
    [
        (("92",), ANSWER, Judged(0.8, True)),
        (("61",), ANSWER, Judged(0.8, False)),
        ((), ANSWER, Judged(0.8, False)),
        (("92",), replace(DECLINED, withheld=replace(ANSWER, confidence=0.3)), Judged(0.3, True)),
        (("92",), DECLINED, Judged(None, False)),
        (("92",), None, Judged(None, False)),
        (None, ANSWER, None),
    ],
)
def test_a_withheld_answer_is_judged_with_the_confidence_that_it_had(answers, answer, expected):
    assert judge(Question("1", "q", "figure", answers), answer) == expected


# Drawn ---------------------------------------------------------------------------------------------------------------


def drawn(judged: list[Judged | None]) -> str:
    rows = tuple(replace(REPORT.rows[0], judged=each) for each in judged)
    report = replace(REPORT, rows=rows)
    for svg in (reliability_svg(report), risk_coverage_svg(report)):
        assert ET.fromstring(svg).tag == f"{SVG}svg"
    return reliability_words(report) + risk_coverage_words(report)


def test_plots_say_in_words_what_they_draw():
    judged = [Judged(0.95, True), Judged(0.9, False), Judged(0.15, False), Judged(None, False)]
    words = drawn(list(judged))
    assert "0.9 to 1.0: 0.50 right of 2" in words
    assert "0.1 to 0.2: 0.00 right of 1" in words
    assert "0.00 at 25%" in words
    assert "0.75 at 100%" in words


def test_each_bin_is_a_dot_at_its_own_share():
    rows = tuple(replace(REPORT.rows[0], judged=Judged(0.5, right)) for right in (True, False))
    svg = ET.fromstring(reliability_svg(replace(REPORT, rows=rows)))
    (dot,) = svg.iter(f"{SVG}circle")
    assert float(dot.attrib["cx"]) == pytest.approx(336)
    assert float(dot.attrib["cy"]) == pytest.approx(152)


@pytest.mark.parametrize("judged", [[], [None], [Judged(None, False)]])
def test_plots_without_confidence_say_so(judged):
    assert "No answer has a confidence" in drawn(judged)
