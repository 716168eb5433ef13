"""Two rankings become one. Pure functions over keys and scores; knows no index.

Measured (docs/measurements.md): a convex combination of scores, each normalised over its own candidates, ranks better
than reciprocal rank fusion on every set but one, as Bruch, Gai and Ingber found ("An Analysis of Fusion Functions for
Hybrid Retrieval", 2023).
"""

from collections.abc import Mapping, Sequence

Ranking = Sequence[tuple[int, float]]
"""(key, score) pairs, best first."""


def convex(dense: Ranking, words: Ranking, weight: float) -> dict[int, float]:
    """`weight` times the normalised dense score plus (1 - weight) times the normalised BM25 score, in [0, 1].

    Each leg is scaled from its lowest to its highest candidate to [0, 1]; a key that a leg lacks gets 0 there, as its
    lowest candidate does.
    """
    scaled_dense, scaled_words = _min_max(dict(dense)), _min_max(dict(words))
    return {
        key: weight * scaled_dense.get(key, 0.0) + (1 - weight) * scaled_words.get(key, 0.0)
        for key in {**scaled_dense, **scaled_words}
    }


def reciprocal(dense: Ranking, words: Ranking, constant: int = 60) -> dict[int, float]:
    """Reciprocal rank fusion: the sum of 1 / (constant + rank), ranks from 1.

    Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet" (2009), who found 60.
    """
    scores: dict[int, float] = {}
    for ranking in (dense, words):
        for rank, (key, _) in enumerate(ranking, start=1):
            scores[key] = scores.get(key, 0.0) + 1 / (constant + rank)
    return scores


def _min_max(scores: Mapping[int, float]) -> dict[int, float]:
    if not scores:
        return {}
    low, high = min(scores.values()), max(scores.values())
    if high <= low:
        return dict.fromkeys(scores, 1.0)
    return {key: (score - low) / (high - low) for key, score in scores.items()}
