"""Bootstrap intervals and the paired test."""

import numpy as np
import pytest

from evaluation.intervals import Difference, Interval, intervals, paired


def test_equal_values_have_an_interval_without_width() -> None:
    assert intervals([{"a": 0.5}] * 7) == {"a": Interval(0.5, 0.5, 0.5, 7)}


def test_one_question_and_none() -> None:
    assert intervals([{"a": 1.0}]) == {"a": Interval(1.0, 1.0, 1.0, 1)}
    assert intervals([]) == {}


def test_measures_keep_their_order_and_count_the_questions_that_have_them() -> None:
    found = intervals([{"b": 1.0, "a": 0.0}, {"a": 1.0}, {"c": 0.0}])
    assert [(name, each.mean, each.questions) for name, each in found.items()] == [
        ("b", 1, 1),
        ("a", 0.5, 2),
        ("c", 0, 1),
    ]


def test_interval_of_a_share_is_near_the_normal_one() -> None:
    # 100 questions, 30 right: 0.3 +- 1.96 * sqrt(0.3 * 0.7 / 100) = 0.21 to 0.39
    found = intervals([{"hit": float(i < 30)} for i in range(100)])["hit"]
    assert found.mean == pytest.approx(0.3)
    assert found.low == pytest.approx(0.21, abs=0.015)
    assert found.high == pytest.approx(0.39, abs=0.015)


def test_same_values_give_the_same_interval_also_beside_other_measures() -> None:
    values = np.random.default_rng(1).random(50)
    alone = intervals([{"a": v} for v in values])["a"]
    beside = intervals([{"b": 1 - v, "a": v} for v in values])["a"]
    assert [alone.low, alone.high] == pytest.approx([beside.low, beside.high])


def test_paired_test_tries_every_swap_of_few_questions() -> None:
    # five differences of one sign: of 32 ways to swap, 2 are as far from 0
    found = paired([1, 1, 1, 1, 1], [0, 0, 0, 0, 0.5])
    assert found.difference == pytest.approx(0.9)
    assert found.p == pytest.approx(2 / 32)
    # +1 +1 -1: sums of +-1+-1+-1 are at least 1 away from 0 in all 8 ways
    assert paired([1, 1, 0], [0, 0, 1]).p == 1.0


def test_configurations_that_agree_do_not_differ() -> None:
    assert paired([0.2, 0.4], [0.2, 0.4]) == Difference(0.0, 0.0, 0.0, 1.0, 2)


def test_paired_test_draws_swaps_of_many_questions() -> None:
    random = np.random.default_rng(2)
    base = random.random(300)
    better = paired(list(base + 0.1 + 0.1 * random.standard_normal(300)), list(base))
    assert better.p == pytest.approx(1 / 10_001)
    assert 0.08 < better.low < better.difference < better.high < 0.12
    same = paired(list(base + 0.1 * random.standard_normal(300)), list(base))
    assert same.p > 0.05
    assert same.low < 0 < same.high


def test_swapping_the_two_turns_the_difference_round() -> None:
    first, second = [0.9, 0.1, 0.8, 0.6], [0.2, 0.3, 0.1, 0.6]
    one, other = paired(first, second), paired(second, first)
    assert other.difference == pytest.approx(-one.difference)
    assert [other.low, other.high] == pytest.approx([-one.high, -one.low], abs=0.02)
    assert one.p == other.p
