"""Question sets, measures, runs and reports. `evaluate` runs a set against an engine and gives a Report."""

from evaluation.beir import load_beir
from evaluation.engine import Engine, LibraryEngine, parse_method
from evaluation.gate import MEANINGS, MEASURES, check_gate, parse_gates
from evaluation.intervals import Difference, Interval
from evaluation.plots import (
    kinds_svg,
    recall_svg,
    reliability_svg,
    reliability_words,
    risk_coverage_svg,
    risk_coverage_words,
)
from evaluation.questions import Evidence, Question, QuestionSet, load_questions
from evaluation.report import html_report
from evaluation.running import FoundPassage, Kind, Percentiles, Ranking, Report, Row, evaluate

__all__ = [
    "MEANINGS",
    "MEASURES",
    "Difference",
    "Engine",
    "Evidence",
    "FoundPassage",
    "Interval",
    "Kind",
    "LibraryEngine",
    "Percentiles",
    "Question",
    "QuestionSet",
    "Ranking",
    "Report",
    "Row",
    "check_gate",
    "evaluate",
    "html_report",
    "kinds_svg",
    "load_beir",
    "load_questions",
    "parse_gates",
    "parse_method",
    "recall_svg",
    "reliability_svg",
    "reliability_words",
    "risk_coverage_svg",
    "risk_coverage_words",
]
