"""All measures by name with what they mean for people, and the gate: is a report as good as was asked for?"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from errors import SettingError
from evaluation.answers import ANSWER_MEASURES, LOWER_IS_BETTER
from evaluation.calibration import CALIBRATION_MEASURES, COVERAGES
from evaluation.intervals import Interval
from evaluation.measures import CHARACTERS_AT, PAGES_AT, PRECISION_AT, RECALL_AT, RETRIEVAL_MEASURES
from evaluation.running import Report

MEASURES = (*RETRIEVAL_MEASURES, *ANSWER_MEASURES, *CALIBRATION_MEASURES)

MEANINGS: Mapping[str, str] = {
    "ndcg@10": "How high the evidence stands among the first ten; 1 is a perfect order.",
    "mrr@10": "One divided by the rank of the first evidence; 0 beyond rank ten.",
    "map": "Precision at the rank of each piece of evidence, averaged.",
    "recall@1": "Share of the evidence that the first passage brings.",
    **{f"recall@{k}": f"Share of the evidence that the first {k} passages bring." for k in RECALL_AT[1:]},
    "precision@1": "Share of first passages that hold evidence.",
    **{f"precision@{k}": f"Share of the first {k} passages that hold evidence." for k in PRECISION_AT[1:]},
    "page_recall@1": "Share of the evidence pages that the first page found is.",
    **{f"page_recall@{k}": f"Share of the evidence pages among the first {k} pages found." for k in PAGES_AT[1:]},
    f"char_recall@{CHARACTERS_AT}": f"Share of the evidence's characters in the first {CHARACTERS_AT} passages.",
    f"char_precision@{CHARACTERS_AT}": f"Share of the first {CHARACTERS_AT} passages' characters that are evidence.",
    f"char_iou@{CHARACTERS_AT}": f"Characters in evidence and the first {CHARACTERS_AT} passages, of all in either.",
    "exact_match": "Share of answers that equal an expected one, apart from case and punctuation.",
    "token_f1": "Words shared by the answer and the expected one.",
    "right": "Share of answers that give what was expected.",
    "quote@1": "Share of questions whose first quote holds the answer.",
    "quote@3": "Share of questions with the answer in one of the first three quotes.",
    "silence": "Share of questions without an answer that were left unanswered, as they should be.",
    "false_silence": "Share of questions with an answer that were left unanswered; lower is better.",
    "conflict_recall": "Share of questions with conflicting answers for which a disagreement shows all of them.",
    "false_alarms": "Share of answered questions with one answer that show a disagreement; lower is better.",
    "risk": "Share of all questions that got a wrong answer; lower is better.",
    "reason": "Share of questions without an answer that were declined for the right reason.",
    "ece": "How far confidence and the share of right answers lie apart, over ten bins; lower is better.",
    "brier": "Mean squared distance of confidence from right (1) or wrong (0); lower is better.",
    **{
        f"risk@{c}": f"Share wrong among the {c} % of all questions answered most surely; lower is better."
        for c in COVERAGES
    },
    "aurc": "Share wrong, averaged over every number of questions answered, the surest first; lower is better.",
}


@dataclass(frozen=True, slots=True)
class Gate:
    """What a measure's mean must reach: at least `value`, or at most where lower is better."""

    measure: str
    value: float

    def failure(self, measures: Mapping[str, Interval]) -> str | None:
        """One line that says why the measures do not pass; None when they do."""
        found = measures.get(self.measure)
        if found is None:
            return f"{self.measure}: not measured, the question set has nothing to measure it with"
        if self.measure in LOWER_IS_BETTER:
            return None if found.mean <= self.value else f"{self.measure}: {found.mean:.4f} is above {self.value:g}"
        return None if found.mean >= self.value else f"{self.measure}: {found.mean:.4f} is below {self.value:g}"


def parse_gates(expressions: Sequence[str]) -> tuple[Gate, ...]:
    """Gates from expressions such as `ndcg@10=0.7`; SettingError when one cannot be understood."""
    return tuple(map(_parse, expressions))


def check_gate(report: Report, expressions: Sequence[str]) -> list[str]:
    """A line for each gate that the report does not pass; SettingError for an unknown measure or value.

    A value is the least that the mean may be; where lower is better (risk, false_silence, ece …), it is the most. A
    report that somebody stopped before its end passes no gate.
    """
    gates = parse_gates(expressions)
    if gates and not report.complete:
        return [f"only {report.questions} of {report.total} questions were evaluated"]
    failures = (gate.failure(report.measures) for gate in gates)
    return [failure for failure in failures if failure is not None]


def _parse(expression: str) -> Gate:
    name, equals, number = (part.strip() for part in expression.partition("="))
    if name not in MEASURES:
        raise SettingError(f"{expression}: no measure is called {name!r}; there are {', '.join(MEASURES)}")
    try:
        value = float(number)
    except ValueError:
        value = math.nan
    if not equals or not 0 <= value <= 1:
        raise SettingError(f"{expression}: give a number from 0 to 1, such as {name}=0.7")
    return Gate(name, value)
