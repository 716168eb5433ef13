"""Fitting confidence on synthetic questions whose chance of being right is known; no library, no model."""

import json
import math
import random
from pathlib import Path
from typing import Any

import pytest

from chat.reader import sigmoid
from evaluation.calibration import Judged, calibration_measures
from training.fit_confidence import _asked, _Cache, _figures, _fitted, _names, _speaking, _threshold


def synthetic(count: int, seed: int, *, slope: float = 2.0) -> list[dict[str, Any]]:
    """Questions that are right with probability sigmoid(slope * signal - 1), over ten articles."""
    draw = random.Random(seed)
    rows = []
    for number in range(count):
        signal = draw.gauss(0, 1)
        rows.append(
            {
                "id": str(number),
                "title": f"article {number % 10}",
                "answerable": True,
                "right": draw.random() < sigmoid(slope * signal - 1),
                "declined": None,
                "features": {"signal": 50 + 10 * signal, "noise": draw.gauss(0, 1), "constant": 3.0},
                "relevance": {"dense": 0.8},
                "apart": {"dense": 0.2},
                "right_article": number % 2 == 0,
            }
        )
    return rows


def test_what_is_fitted_gives_the_chance_that_new_answers_are_right():
    rows = synthetic(4000, 1)
    model = _fitted(_asked(rows), _names(rows, "features"), 1.0)
    mean, scale, weight = model.features["signal"]
    assert mean == pytest.approx(50, abs=1)
    assert scale == pytest.approx(10, abs=0.5)
    assert weight == pytest.approx(2, abs=0.25)
    assert abs(model.features["noise"][2]) < 0.15
    assert "constant" not in model.features
    new = synthetic(4000, 2)
    judged = [Judged(model.probability(row["features"]), row["right"]) for row in new]
    assert calibration_measures(judged)["ece"].mean < 0.03
    overconfident = [Judged(sigmoid(3 * math.log(p / (1 - p))), row["right"]) for row, p in zip(
        new, (model.probability(row["features"]) for row in new), strict=True)]  # fmt: skip
    assert calibration_measures(overconfident)["ece"].mean > 0.06


def test_the_threshold_lies_where_right_and_wrong_part():
    rows = synthetic(4000, 3)
    # Youden's J of a calibrated probability is largest at the share that is right.
    share = sum(row["right"] for row in rows) / len(rows)
    assert _threshold(rows, _names(rows, "features"), 1.0) == pytest.approx(share, abs=0.08)


def test_what_the_library_cannot_answer_is_not_fitted_on_and_counts_as_unanswered():
    rows = synthetic(1000, 5)
    model = _fitted(_asked(rows), ["signal"], 1.0)
    declined = [row | {"declined": "period_absent"} for row in rows]
    assert _asked(declined) == []
    half = rows[:500] + declined[500:]
    assert _figures(half, model, 0.0)["coverage"] == 0.5
    assert _figures([row | {"right": False} for row in rows], model, 0.0)["auc"] is None


def test_passages_speak_where_the_right_article_was_found_and_not_where_it_was_taken_out():
    rows = synthetic(10, 6)
    assert sum(label for _, label in _speaking(rows)) == 5
    assert [features for features, label in _speaking(rows) if not label] == [{"dense": 0.2}] * 10


def test_what_was_read_is_kept_for_the_same_reader_alone(tmp_path: Path):
    path = tmp_path / "rows.jsonl"
    _Cache(path, "one").put({"id": "q", "right": True})
    assert _Cache(path, "one").get("q") == {"id": "q", "right": True}
    assert _Cache(path, "two").get("q") is None
    _Cache(path, "two").put({"id": "q"})
    lines = path.read_text("utf-8").split("\n")
    path.write_text("\n".join([json.dumps({"reader": "two", "code": "older"}), *lines[1:]]), "utf-8")
    assert _Cache(path, "two", stale=True).get("q") == {"id": "q"}
    assert _Cache(path, "one", stale=True).get("q") is None
    assert json.loads(path.read_text("utf-8").split("\n")[0])["reader"] == "one"
