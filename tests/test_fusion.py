import pytest

from index.fusion import convex, in_context, reciprocal


def test_a_convex_combination_scales_each_leg_to_its_own_range():
    dense = [(1, 0.9), (2, 0.7), (3, 0.5)]
    words = [(2, 12.0), (4, 8.0), (3, 4.0)]
    # Scaled: dense 1, 0.5, 0; words 1 (of 2), 0.5 (of 4), 0 (of 3).
    assert convex(dense, words, 0.4) == pytest.approx({1: 0.4, 2: 0.4 * 0.5 + 0.6, 3: 0.0, 4: 0.3})


def test_a_leg_without_candidates_adds_nothing():
    assert convex([(1, 0.9), (2, 0.1)], [], 0.4) == pytest.approx({1: 0.4, 2: 0.0})
    assert convex([], [(1, 3.0), (2, 1.0)], 0.4) == pytest.approx({1: 0.6, 2: 0.0})
    assert convex([], [], 0.4) == {}


def test_equal_scores_all_count_in_full():
    assert convex([(1, 0.5), (2, 0.5)], [(3, 7.0)], 0.5) == {1: 0.5, 2: 0.5, 3: 0.5}


def test_negative_similarities_are_scaled_like_all_others():
    assert convex([(1, 0.2), (2, -0.2), (3, 0.0)], [], 1.0) == pytest.approx({1: 1.0, 2: 0.0, 3: 0.5})


def test_reciprocal_rank_fusion_adds_one_over_sixty_and_the_rank():
    fused = reciprocal([(1, 0.9), (2, 0.1)], [(2, 9.0), (3, 1.0)])
    assert fused == pytest.approx({1: 1 / 61, 2: 1 / 62 + 1 / 61, 3: 1 / 62})
    assert max(fused, key=fused.__getitem__) == 2


def test_the_constant_of_reciprocal_ranks_can_be_another():
    assert reciprocal([(1, 0.9)], [(1, 0.1)], constant=1) == {1: 1.0}


def test_what_stands_around_a_passage_lifts_it():
    scores = {1: 0.6, 2: 0.6, 3: 0.5, 9: 0.6}
    places = {1: (10, False), 2: (20, False), 3: (20, False), 9: (30, True)}
    lifted = in_context(scores, places, neighbour=0.2, article=0.0)
    assert lifted == pytest.approx({1: 0.6 / 1.2, 2: 0.7 / 1.2, 3: 0.62 / 1.2, 9: 0.72 / 1.2})


def test_passages_that_only_follow_in_number_are_no_neighbours():
    lifted = in_context({1: 0.4, 2: 0.8}, {1: (10, False), 2: (20, False)}, neighbour=1.0, article=0.0)
    assert lifted == pytest.approx({1: 0.2, 2: 0.4})


def test_the_best_three_speak_for_their_article():
    scores = {1: 1.0, 3: 0.8, 5: 0.6, 7: 0.0}
    lifted = in_context(scores, dict.fromkeys(scores, (10, False)), neighbour=0.0, article=1.0)
    assert lifted == pytest.approx({1: 0.9, 3: 0.8, 5: 0.7, 7: 0.4})


def test_without_weights_scores_stay_as_they_are():
    scores = {1: 1.0, 2: 0.3}
    assert in_context(scores, dict.fromkeys(scores, (10, False)), neighbour=0.0, article=0.0) == scores
    assert in_context({}, {}, neighbour=0.2, article=0.5) == {}
