"""Evaluation runs against an engine without models: what is counted, kept, exported and compared."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from chat.answer import Answer, Quote, Reason
from errors import ArticleNotFound, ModelError, QuestionSetError, SettingError
from evaluation.engine import LibraryEngine
from evaluation.gate import MEANINGS, MEASURES, check_gate
from evaluation.intervals import Interval
from evaluation.questions import Evidence, Question, QuestionSet
from evaluation.running import Percentiles, Report, evaluate
from index.values import Hit, Method, SearchResult, StoredArticle
from ingest.article import Article, article_id

TEXT = "China spent US$1.59 billion. India grew by 31 percent. =SUM(A1) is a formula."
ARTICLE = Article("a.md", "Markets", TEXT, "")
WHEN = datetime(2025, 7, 1, 12, 0, tzinfo=UTC)


def hit(start: int, end: int, score: float = 1.0) -> Hit:
    return Hit(
        1,
        ARTICLE.article_id,
        "Markets",
        "a.md",
        None,
        "",
        "",
        start,
        end,
        TEXT[start:end],
        (),
        False,
        "",
        "",
        score,
        trace={"words_rank": 1},
    )


def evidence(quote: str) -> Evidence:
    start = TEXT.index(quote)
    return Evidence("a.md", start, start + len(quote), quote)


def quote(text: str) -> Quote:
    start = TEXT.index(text)
    end = start + len(text)
    return Quote(
        ARTICLE.article_id, "Markets", "a.md", None, "", None, (), start, end, text, True, ((start, end),), "", "", 1.0
    )


CHINA, INDIA, FORMULA = "China spent US$1.59 billion.", "India grew by 31 percent.", "=SUM(A1) is a formula."
QUESTIONS = QuestionSet(
    "markets",
    (
        Question("q1", "What did China spend?", "figure", ("US$1.59 billion",), (evidence(CHINA),)),
        Question("q2", "How did India grow?", "figure", ("31 percent",), (evidence(INDIA),)),
        Question("q3", "What of Mars?", "unanswerable", ()),
    ),
)


class FakeEngine:
    """Finds sentences of TEXT in a fixed order by method; answers the question on China."""

    revision = 7

    def __init__(self) -> None:
        self.searched: list[tuple[str, int, str]] = []
        self.text = TEXT

    def search(self, query: str, k: int, method: str) -> SearchResult:
        self.searched.append((query, k, method))
        if "broken" in query:
            raise ModelError("the model is missing")
        order = {"fused": (0, 29, 55), "words": (55, 0, 29)}[method]
        ends = {0: 28, 29: 54, 55: 77}
        return SearchResult(query, tuple(hit(at, ends[at]) for at in order)[:k], {"total": float(len(self.searched))})

    def ask(self, question: str, after: Sequence[str]) -> Answer:
        made = Answer(
            question,
            f"{question} {'; '.join(after)}",
            True,
            None,
            "",
            "US$1.59 billion",
            None,
            (quote(CHINA),),
            (),
            (),
            {},
        )
        if "broken" in question:
            raise ModelError("the reader is missing")
        if "China" in question:
            return made
        return replace(
            made,
            answered=False,
            reason=Reason.NOTHING_RELEVANT,
            explanation="No passage speaks of it.",
            text=None,
            quotes=(),
        )

    def article(self, name: str) -> StoredArticle:
        if name != ARTICLE.article_id:
            raise ArticleNotFound(name)
        return StoredArticle(replace(ARTICLE, text=self.text), "")


def run(*questions: Question, **more: Any) -> Report:
    asked = QuestionSet("markets", questions) if questions else QUESTIONS
    return evaluate(asked, FakeEngine(), date=WHEN, **more)


def test_measures_are_means_over_the_questions_that_have_them() -> None:
    report = run()
    means = {name: (each.mean, each.questions) for name, each in report.measures.items()}
    assert means["mrr@10"] == (0.75, 2)
    assert means["recall@1"] == (0.5, 2)
    assert means["recall@3"] == (1.0, 2)
    assert means["precision@1"] == (0.5, 2)
    assert means["exact_match"] == (0.5, 2)
    assert means["quote@1"] == (0.5, 2)
    assert means["silence"] == (1.0, 1)
    assert means["false_silence"] == (0.5, 2)
    assert means["risk"] == (0.0, 3)
    assert (report.set, report.questions, report.total, report.complete, report.failed) == ("markets", 3, 3, True, 0)
    assert (report.revision, report.date) == (7, WHEN)


def test_kinds_are_measured_apart() -> None:
    kinds = run().by_kind
    assert [(name, kind.questions) for name, kind in kinds.items()] == [("figure", 2), ("unanswerable", 1)]
    assert kinds["unanswerable"].measures == {
        "silence": Interval(1.0, 1.0, 1.0, 1),
        "risk": Interval(0.0, 0.0, 0.0, 1),
    }


def test_row_keeps_what_shows_why() -> None:
    row = run(shown=2).rows[1]
    assert (row.question_id, row.rank, row.answered, row.text, row.reason) == ("q2", 2, False, None, "nothing_relevant")
    assert row.explanation == "No passage speaks of it."
    (ranking,) = row.rankings
    assert [(each.rank, each.text, each.relevant) for each in ranking.passages] == [(1, CHINA, False), (2, INDIA, True)]
    assert ranking.passages[0].trace == {"words_rank": 1}
    for passage in ranking.passages:
        assert TEXT[passage.start : passage.end] == passage.text


def test_methods_are_compared_question_by_question() -> None:
    report = run(methods=("fused", "words"))
    assert report.by_method["fused"]["mrr@10"].mean == pytest.approx((1 + 1 / 2) / 2)
    assert report.by_method["words"]["mrr@10"].mean == pytest.approx((1 / 2 + 1 / 3) / 2)
    assert list(report.compared) == ["fused vs words"]
    found = report.compared["fused vs words"]["mrr@10"]
    assert found.difference == pytest.approx(1 / 3)
    assert found.p == pytest.approx(2 / 4)  # two differences of one sign: 2 of 4 ways to swap them
    assert found.questions == 2
    assert "exact_match" not in report.compared["fused vs words"]
    assert [each.rank for each in report.rows[0].rankings] == [1, 2]


def test_question_that_fails_counts_zero_and_says_why() -> None:
    broken = Question("q4", "broken?", "figure", ("31 percent",), (evidence(INDIA),))
    report = run(QUESTIONS.questions[0], broken)
    assert report.failed == 1
    assert report.measures["recall@10"].mean == 0.5
    assert report.measures["exact_match"].mean == 0.5
    row = report.rows[1]
    assert (row.error, row.rankings[0].error) == ("the reader is missing", "the model is missing")
    assert set(row.rankings[0].measures.values()) == {0.0}
    assert row.answered is None


def test_follow_up_is_searched_as_it_was_understood() -> None:
    engine = FakeEngine()
    follow_up = replace(QUESTIONS.questions[0], after=("In 2023?",))
    evaluate(QuestionSet("s", (follow_up, QUESTIONS.questions[1])), engine, k=20)
    assert engine.searched == [
        ("What did China spend? In 2023?", 20, "fused"),
        ("How did India grow?", 20, "fused"),
    ]


def test_answers_are_asked_for_only_where_they_are_known_and_wanted() -> None:
    unknown = replace(QUESTIONS.questions[0], answers=None)
    report = run(unknown)
    assert report.rows[0].answered is None
    assert "exact_match" not in report.measures
    assert "exact_match" not in run(ask=False).measures


def test_stop_ends_the_run_and_the_report_says_so() -> None:
    steps: list[tuple[int, int]] = []
    report = run(on_progress=lambda done, total: steps.append((done, total)), stop=lambda: len(steps) == 2)
    assert steps == [(1, 3), (2, 3)]
    assert (report.questions, report.total, report.complete) == (2, 3, False)
    assert check_gate(report, ["recall@3=0.1"]) == ["only 2 of 3 questions were evaluated"]


def test_stopped_before_the_first_question_is_an_empty_report() -> None:
    report = run(stop=lambda: True)
    assert (report.questions, report.measures, report.rows, report.milliseconds) == (0, {}, (), {})


def test_changed_and_missing_articles_are_named_before_anything_runs() -> None:
    engine = FakeEngine()
    engine.text = "Rewritten."
    gone = Question("q9", "Q?", "figure", None, (Evidence("gone.md", 0, 1, "x"),))
    with pytest.raises(QuestionSetError) as caught:
        evaluate(QuestionSet("s", (QUESTIONS.questions[0], gone)), engine)
    assert caught.value.problems == (
        "q1: a.md has changed; load the question set again",
        "gone.md is not in the library; add it",
    )
    assert engine.searched == []


def test_no_method_or_no_depth_is_an_error() -> None:
    with pytest.raises(SettingError):
        run(methods=())
    with pytest.raises(SettingError):
        run(k=0)


def test_milliseconds_are_those_of_the_first_method() -> None:
    assert run().milliseconds == {"search": Percentiles(2.0, 2.9)}


def test_json_has_the_shape_that_others_read() -> None:
    data = json.loads(json.dumps(run(methods=("fused", "words"), settings={"model": "small"}).to_json()))
    assert {"set", "questions", "measures", "by_kind", "rows", "compared"} <= data.keys()
    assert data["measures"]["silence"] == {"mean": 1.0, "low": 1.0, "high": 1.0, "questions": 1}
    assert data["by_kind"]["figure"]["measures"]["recall@3"]["mean"] == 1.0
    assert data["compared"]["fused vs words"]["mrr@10"].keys() == {"difference", "low", "high", "p", "questions"}
    assert data["rows"][0]["evidence"] == [{"article": "a.md", "start": 0, "end": 28, "text": CHINA, "pages": []}]
    assert data["rows"][0]["quotes"][0]["text"] == CHINA
    assert data["library_revision"] == 7
    assert data["settings"]["model"] == "small"
    assert data["settings"]["k"] == 200
    assert data["date"] == "2025-07-01T12:00:00+00:00"


def test_csv_has_a_line_a_question_and_no_formulas() -> None:
    asked = Question("=1+1", "@me", "-kind", ("+1", "x"), (evidence(FORMULA),))
    report = run(asked, QUESTIONS.questions[1])
    first, second = csv.DictReader(io.StringIO(report.rows_csv()))
    assert [first[key] for key in ("question_id", "question", "kind", "expected", "evidence")] == [
        "'=1+1",
        "'@me",
        "'-kind",
        "'+1 | x",
        "'" + FORMULA,
    ]
    assert (first["rank fused"], second["rank fused"]) == ("3", "2")
    assert (second["answered"], second["reason"], second["mrr@10"]) == ("no", "nothing_relevant", "0.5")


def test_gate_names_what_falls_short() -> None:
    report = run()
    assert check_gate(report, ["recall@3=1", "mrr@10=0.75", "risk=0", "silence = 0.9"]) == []
    assert check_gate(report, ["mrr@10=0.8", "false_silence=0.4", "page_recall@5=0.1"]) == [
        "mrr@10: 0.7500 is below 0.8",
        "false_silence: 0.5000 is above 0.4",
        "page_recall@5: not measured, the question set has nothing to measure it with",
    ]


def test_unknown_measure_lists_the_known_ones() -> None:
    with pytest.raises(SettingError, match=r"ndcg=0.7: no measure is called 'ndcg'; there are ndcg@10, recall@1, "):
        check_gate(run(), ["ndcg=0.7"])


@pytest.mark.parametrize("expression", ["map", "map=", "map=much", "map=70", "map=-1", "map=nan"])
def test_gate_without_a_share_is_an_error(expression: str) -> None:
    with pytest.raises(SettingError, match=r"give a number from 0 to 1, such as map=0\.7"):
        check_gate(run(), [expression])


def test_every_measure_has_a_meaning() -> None:
    assert set(MEANINGS) == set(MEASURES)
    assert set(run().measures) <= set(MEASURES)


def test_library_engine_passes_method_and_conversation_on() -> None:
    class Library(FakeEngine):
        def search(self, query: str, *, k: int = 10, method: Method = Method.FUSED) -> SearchResult:  # type: ignore[override]
            return super().search(query, k, method.value)

    class Answerer:
        def ask(self, question: str, *, after: Sequence[str] = ()) -> Answer:
            return FakeEngine().ask(question, after)

    engine = LibraryEngine(Library(), Answerer())
    report = evaluate(QUESTIONS, engine, methods=("words",))
    assert report.measures["mrr@10"].mean == pytest.approx((1 / 2 + 1 / 3) / 2)
    assert engine.article(article_id("a.md")).article.title == "Markets"
    with pytest.raises(SettingError, match="best: no such way to search; there are fused, reciprocal, vectors, words"):
        evaluate(QUESTIONS, engine, methods=("best",))
