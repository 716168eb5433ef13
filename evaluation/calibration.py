"""Is confidence worth believing? Reliability, risk against coverage, and the figures that sum them up.

Knows numbers only: for each question that was asked, a `Judged` says how probable its best answer was held to be,
shown or withheld, and whether that answer is right. An answer to a question that the articles do not answer is never
right. Questions without a confidence (nothing was read, or the library cannot answer, whatever reads well) come last
when questions are put in order, and count as wrong there; calibration is measured over the others.

Names, with N questions, and the first i of them in order of confidence:
- risk@c       wrong answers among the first c % of N (rounded up) / their number: what somebody meets who wants
               c % of all questions answered. El-Yaniv and Wiener, "On the Foundations of Noise-free Selective
               Classification" (2010), call it selective risk at coverage c.
- aurc         the mean over i = 1 … N of the wrong answers among the first i / i: area under the risk-coverage curve.
- ece          the sum over 10 bins of equal width of |share right - mean confidence| times the bin's share of the
               questions: expected calibration error (Naeini, Cooper and Hauskrecht, 2015).
- brier        the mean of (confidence - right)^2.

All lie in 0 to 1, lower is better. Equal confidences keep no order of their own: each of them counts with the mean of
all, so that an order by chance changes nothing.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.intervals import RESAMPLES, SEED, Floats, Interval

BINS = 10
COVERAGES = (20, 30)  # percent
CALIBRATION_MEASURES = ("ece", "brier", *(f"risk@{percent}" for percent in COVERAGES), "aurc")


@dataclass(frozen=True, slots=True)
class Judged:
    """One question: the confidence of its best answer in [0, 1] (None: it has none), and whether that is right."""

    confidence: float | None
    right: bool


@dataclass(frozen=True, slots=True)
class Bin:
    """Questions whose confidence lies in [low, high): how many, their mean confidence, and the share that is right.

    The last bin holds 1, too. Without questions both means are nan.
    """

    low: float
    high: float
    questions: int
    confidence: float
    right: float


def reliability(judged: Sequence[Judged]) -> list[Bin]:
    """Ten bins of equal width over the questions that have a confidence."""
    confidence, right = _known(judged)
    places = _places(confidence)
    bins = []
    for number in range(BINS):
        inside = places == number
        count = int(inside.sum())
        means = (float(confidence[inside].mean()), float(right[inside].mean())) if count else (math.nan, math.nan)
        bins.append(Bin(number / BINS, (number + 1) / BINS, count, *means))
    return bins


def risk_coverage(judged: Sequence[Judged]) -> list[tuple[float, float]]:
    """(coverage, risk) after each question in order of confidence, both in (0, 1]."""
    confidence, right = _all(judged)
    wrong = _wrong_so_far(confidence, right)
    counts = np.arange(1, len(wrong) + 1)
    return list(zip((counts / max(1, len(wrong))).tolist(), (wrong / counts).tolist(), strict=True))


def calibration_measures(judged: Sequence[Judged]) -> dict[str, Interval]:
    """Every measure of the module with its bootstrap interval; empty when no question has a confidence."""
    known, every = _known(judged), _all(judged)
    if not len(known[0]):
        return {}
    functions: Mapping[str, tuple[Callable[[Floats, Floats], float], tuple[Floats, Floats]]] = {
        "ece": (ece, known),
        "brier": (brier, known),
        **{f"risk@{percent}": (_risk_at(percent / 100), every) for percent in COVERAGES},
        "aurc": (aurc, every),
    }
    return {name: _interval(function, *values) for name, (function, values) in functions.items()}


def ece(confidence: Floats, right: Floats) -> float:
    """Expected calibration error over ten bins; `right` is 0 or 1, both arrays are (questions,) and not empty."""
    gaps = np.bincount(_places(confidence), weights=right - confidence, minlength=BINS)
    return float(np.abs(gaps).sum() / len(confidence))


def brier(confidence: Floats, right: Floats) -> float:
    """The mean squared error of the confidences as probabilities."""
    return float(np.mean((confidence - right) ** 2))


def aurc(confidence: Floats, right: Floats) -> float:
    """The area under the risk-coverage curve."""
    wrong = _wrong_so_far(confidence, right)
    return float(np.mean(wrong / np.arange(1, len(wrong) + 1)))


def _risk_at(coverage: float) -> Callable[[Floats, Floats], float]:
    def risk(confidence: Floats, right: Floats) -> float:
        count = max(1, math.ceil(round(coverage * len(right), 6)))
        return float(_wrong_so_far(confidence, right)[count - 1] / count)

    return risk


def _wrong_so_far(confidence: Floats, right: Floats) -> Floats:
    """Wrong answers among the first i, in order of confidence; equal confidences share theirs evenly."""
    order = np.argsort(-confidence, kind="stable")
    ordered, wrong = confidence[order], 1 - right[order]
    starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))
    sizes = np.diff(np.append(starts, len(ordered)))
    shared = np.repeat(np.add.reduceat(wrong, starts) / sizes, sizes)
    return np.cumsum(shared)


def _places(confidence: Floats) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    # Rounded, since 0.3 * 10 is 3 and 0.7 * 10 is not quite 7.
    return np.clip(np.floor(np.round(confidence * BINS, 9)), 0, BINS - 1).astype(np.int64)


def _known(judged: Sequence[Judged]) -> tuple[Floats, Floats]:
    known = [each for each in judged if each.confidence is not None]
    return np.array([each.confidence for each in known], dtype=np.float64), np.array(
        [each.right for each in known], dtype=np.float64
    )


def _all(judged: Sequence[Judged]) -> tuple[Floats, Floats]:
    """Those without a confidence below all others, and wrong."""
    confidence = [-1.0 if each.confidence is None else each.confidence for each in judged]
    right = [each.right and each.confidence is not None for each in judged]
    return np.array(confidence, dtype=np.float64), np.array(right, dtype=np.float64)


def _interval(function: Callable[[Floats, Floats], float], confidence: Floats, right: Floats) -> Interval:
    """The value with the percentile bootstrap over questions."""
    size = len(right)
    random = np.random.default_rng(SEED)
    draws = (random.integers(0, size, size) for _ in range(RESAMPLES // 4))
    values = [function(confidence[chosen], right[chosen]) for chosen in draws]
    low, high = np.percentile(values, [2.5, 97.5])
    return Interval(function(confidence, right), float(low), float(high), size)
