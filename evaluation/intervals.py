"""How sure a mean is, and a difference of two: bootstrap intervals and a paired test. Knows numbers only.

Everything is drawn from a fixed seed, so that the same values give the same figures.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2_000
FLIPS = 10_000  # sign flips of the paired test, where they cannot all be tried
SEED = 20_240_701
_AT_ONCE = 4_000_000  # numbers drawn at a time: 32 MB

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over `questions` values, and where it would fall 95 times of 100 with other questions of the same sort."""

    mean: float
    low: float
    high: float
    questions: int

    def to_json(self) -> dict[str, float]:
        """The interval in the command line's shape."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Difference:
    """The mean of first minus second over `questions` paired values, its 95 % interval, and a two-sided p-value."""

    difference: float
    low: float
    high: float
    p: float
    questions: int

    def to_json(self) -> dict[str, float]:
        """The difference in the command line's shape."""
        return asdict(self)


def intervals(rows: Sequence[Mapping[str, float]]) -> dict[str, Interval]:
    """The mean of each measure over the rows that have it, with its interval, in the order of first appearance."""
    values: dict[str, list[float]] = {}
    for row in rows:
        for name, value in row.items():
            values.setdefault(name, []).append(value)
    drawn: dict[int, dict[str, Interval]] = {}
    for size in {len(each) for each in values.values()}:
        names = [name for name, each in values.items() if len(each) == size]
        table = np.array([values[name] for name in names], dtype=np.float64).T  # (questions, measures)
        low, high = _bounds(table)
        drawn[size] = {
            name: Interval(float(table[:, i].mean()), float(low[i]), float(high[i]), size)
            for i, name in enumerate(names)
        }
    return {name: drawn[len(each)][name] for name, each in values.items()}


def paired(first: Sequence[float], second: Sequence[float]) -> Difference:
    """First minus second, question by question (at least one).

    The interval is the percentile bootstrap of the differences. p is that of Fisher's randomisation test: how often the
    mean difference is at least as far from 0 when each pair is swapped by the toss of a coin; every way of swapping is
    tried where there are at most 10,000, and that many are drawn otherwise. Smucker, Allan and Carterette recommend it
    in "A Comparison of Statistical Significance Tests for Information Retrieval Evaluation" (2007). It is not
    corrected for the number of measures and configurations compared.
    """
    differences = np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64)  # (questions,)
    low, high = _bounds(differences[:, None])
    mean = float(differences.mean())
    return Difference(mean, float(low[0]), float(high[0]), _randomisation(differences), len(differences))


def _bounds(table: Floats) -> tuple[Floats, Floats]:
    """The 2.5th and 97.5th percentile of the means of resampled rows, for each column of (questions, measures)."""
    size = len(table)
    random = np.random.default_rng(SEED)
    means = np.empty((RESAMPLES, table.shape[1]))
    step = max(1, _AT_ONCE // size)
    for start in range(0, RESAMPLES, step):
        count = min(step, RESAMPLES - start)
        chosen = random.integers(0, size, (count, size)) + np.arange(count)[:, None] * size
        times = np.bincount(chosen.ravel(), minlength=count * size).reshape(count, size)  # how often each row is drawn
        means[start : start + count] = times @ table / size
    low, high = np.percentile(means, [2.5, 97.5], axis=0)
    return low, high


def _randomisation(differences: Floats) -> float:
    """The two-sided p-value of the mean of `differences`."""
    differences = differences[differences != 0]  # a pair without a difference is the same either way
    size = len(differences)
    observed = abs(float(differences.sum())) - 1e-12  # sums in another order differ in the last digits
    if 2**size <= FLIPS:
        all_signs = 1 - 2 * (np.arange(2**size)[:, None] >> np.arange(size) & 1)  # (2^size, size)
        return float(np.mean(np.abs(all_signs @ differences) >= observed))
    random = np.random.default_rng(SEED)
    step = max(1, _AT_ONCE // size)
    further = 0
    for start in range(0, FLIPS, step):
        count = min(step, FLIPS - start)
        signs = 1.0 - 2.0 * random.integers(0, 2, (count, size), dtype=np.int8)
        further += int(np.count_nonzero(np.abs(signs @ differences) >= observed))
    return (1 + further) / (1 + FLIPS)  # the order observed counts as one draw: p is never 0
