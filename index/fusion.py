"""Two rankings become one. Pure functions over keys and scores; knows no index.

Measured (docs/measurements.md): a convex combination of scores, each normalised over its own candidates, ranks better
than reciprocal rank fusion on every set but one, as Bruch, Gai and Ingber found ("An Analysis of Fusion Functions for
Hybrid Retrieval", 2023).
"""

from collections.abc import Mapping, Sequence

_BEST = 3  # passages that speak for their article

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


def in_context(
    scores: Mapping[int, float], places: Mapping[int, tuple[int, bool]], *, neighbour: float, article: float
) -> dict[int, float]:
    """Each passage's score with a share of what stands around it; in [0, 1] where `scores` lie there.

    A passage gets `neighbour` times the better of the two beside it in its article and `article` times the mean of that
    article's best three: where several passages of one place speak of the question, its answer is likelier to stand
    there than where a word happens to fall. `places` gives the article of each key, and whether the passage is all of
    it: that one is its own neighbour, so that short articles lose nothing. Keys of an article follow each other.
    """
    by_article: dict[int, list[float]] = {}
    for key, score in scores.items():
        by_article.setdefault(places[key][0], []).append(score)
    means = {each: sum(best) / len(best) for each, own in by_article.items() if (best := sorted(own)[-_BEST:])}
    result = {}
    for key, score in scores.items():
        home, whole = places[key]
        beside = [scores[other] for other in (key - 1, key + 1) if other in scores and places[other][0] == home]
        around = score if whole else max(beside, default=0.0)
        result[key] = (score + neighbour * around + article * means[home]) / (1 + neighbour + article)
    return result


def _min_max(scores: Mapping[int, float]) -> dict[int, float]:
    if not scores:
        return {}
    low, high = min(scores.values()), max(scores.values())
    if high <= low:
        return dict.fromkeys(scores, 1.0)
    return {key: (score - low) / (high - low) for key, score in scores.items()}
