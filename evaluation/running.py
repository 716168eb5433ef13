"""Runs a question set against an engine and gathers a Report: what was measured, how surely, and every question's why.

Knows an engine's three verbs and nothing of libraries, files or pages. `evaluation/report.py` draws what comes out.
"""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

import numpy as np

from chat.answer import Answer, Quote
from errors import ArticleNotFound, FootnoteError, QuestionSetError, SettingError
from evaluation.answers import judge, measure_answer
from evaluation.calibration import Judged, calibration_measures
from evaluation.engine import Engine
from evaluation.intervals import FLIPS, RESAMPLES, SEED, Difference, Interval, intervals, paired
from evaluation.measures import RETRIEVAL_MEASURES, Retrieval, is_relevant, measure_retrieval
from evaluation.questions import MAX_SHOWN, Evidence, Question, QuestionSet
from index.values import Hit, SearchResult

DEPTH = 200  # passages asked for: enough that a hundred articles are among them in most rankings
SHOWN = 5  # passages kept of each ranking, so that a person can see why


@dataclass(frozen=True, slots=True)
class FoundPassage:
    """A passage of a ranking, verbatim. `relevant`: it holds evidence, or is of a relevant article."""

    rank: int
    article_id: str
    title: str
    source: str
    section: str
    page: int | None
    start: int
    end: int
    text: str
    score: float
    relevant: bool
    trace: Mapping[str, float | int | None]


@dataclass(frozen=True, slots=True)
class Ranking:
    """What one method found for one question.

    `rank` is where the first evidence (or relevant article) was found, from 1, None when not among the passages;
    `ranks` say it for each. `error` is why the search failed, in which case all `measures` are 0.
    """

    method: str
    rank: int | None
    ranks: tuple[int | None, ...]
    measures: Mapping[str, float]
    passages: tuple[FoundPassage, ...]
    milliseconds: float | None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One question with all that came of it.

    `answers` are the expected ones (None: not known). `measures` are the first method's and the answer's. `answered`
    is None when the question was not asked or asking failed; `error` says why it failed. `rankings` are in the order
    of methods, `quotes` the first three. `judged` says how sure the best answer was, shown or not, and whether it is
    right; None where the question was not asked.
    """

    question_id: str
    question: str
    kind: str
    after: tuple[str, ...]
    answers: tuple[str, ...] | None
    evidence: tuple[Evidence, ...]
    documents: Mapping[str, int]
    rank: int | None
    measures: Mapping[str, float]
    answered: bool | None
    text: str | None
    reason: str | None
    explanation: str
    quotes: tuple[Quote, ...]
    rankings: tuple[Ranking, ...]
    milliseconds: float | None
    error: str | None = None
    judged: Judged | None = None

    def to_json(self) -> dict[str, Any]:
        """The row in the command line's shape."""
        return asdict(self) | {"quotes": [quote.to_json() for quote in self.quotes]}


@dataclass(frozen=True, slots=True)
class Kind:
    """The measures of the questions of one kind."""

    questions: int
    measures: Mapping[str, Interval]


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Milliseconds that half, and 95 of 100, questions stayed below."""

    p50: float
    p95: float


@dataclass(frozen=True, slots=True)
class Report:
    """An evaluation. `measures` are the first method's and the answers', `by_method` hold retrieval for every method.

    `measures` have those of calibration, too, where answers carry a confidence. `questions` counts those evaluated,
    `total` those of the set: fewer were evaluated if somebody stopped it.
    `compared` maps "A vs B" to A minus B for each measure of retrieval. `milliseconds` has search and ask, if known.
    """

    set: str
    questions: int
    total: int
    methods: tuple[str, ...]
    measures: Mapping[str, Interval]
    by_method: Mapping[str, Mapping[str, Interval]]
    by_kind: Mapping[str, Kind]
    rows: tuple[Row, ...]
    compared: Mapping[str, Mapping[str, Difference]]
    revision: int
    settings: Mapping[str, Any]
    date: datetime
    milliseconds: Mapping[str, Percentiles]

    @property
    def complete(self) -> bool:
        """Whether every question of the set was evaluated."""
        return self.questions == self.total

    @property
    def failed(self) -> int:
        """How many questions met an error in searching or asking; they count 0."""
        return sum(row.error is not None or any(each.error for each in row.rankings) for row in self.rows)

    def to_json(self) -> dict[str, Any]:
        """The report in the command line's shape."""
        return {
            "set": self.set,
            "questions": self.questions,
            "total": self.total,
            "complete": self.complete,
            "failed": self.failed,
            "methods": list(self.methods),
            "measures": _plain(self.measures),
            "by_method": {method: _plain(measures) for method, measures in self.by_method.items()},
            "by_kind": {
                name: {"questions": kind.questions, "measures": _plain(kind.measures)}
                for name, kind in self.by_kind.items()
            },
            "rows": [row.to_json() for row in self.rows],
            "compared": {pair: _plain(measures) for pair, measures in self.compared.items()},
            "library_revision": self.revision,
            "settings": dict(self.settings),
            "date": self.date.isoformat(timespec="seconds"),
            "milliseconds": {verb: asdict(each) for verb, each in self.milliseconds.items()},
        }

    def rows_csv(self) -> str:
        """One line a question, with its measures. Open it in a spreadsheet; for verbatim text take the JSON.

        A cell that a spreadsheet would take for a formula (it begins with = + - @, a tab or a line break) gets a '
        before it.
        """
        names = list(self.measures)
        out = io.StringIO()
        writer = csv.writer(out)
        head = ["question_id", "question", "kind", "expected", "articles", "evidence", "answered", "answer", "reason"]
        ranks = [f"rank {method}" for method in self.methods]
        writer.writerow([*head, "error", *ranks, *names])
        for row in self.rows:
            words = [
                row.question_id,
                row.question,
                row.kind,
                "" if row.answers is None else " | ".join(row.answers),
                " | ".join(dict.fromkeys([*(each.article for each in row.evidence), *row.documents])),
                " | ".join(each.text for each in row.evidence),
                "" if row.answered is None else "yes" if row.answered else "no",
                row.text or "",
                row.reason or "",
                row.error or next((each.error for each in row.rankings if each.error), ""),
            ]
            found = ["" if each.rank is None else each.rank for each in row.rankings]
            values = [f"{row.measures[name]:.6g}" if name in row.measures else "" for name in names]
            writer.writerow([*map(_no_formula, words), *found, *values])
        return out.getvalue()


def evaluate(
    question_set: QuestionSet,
    engine: Engine,
    *,
    methods: Sequence[str] = ("fused",),
    k: int = DEPTH,
    ask: bool = True,
    shown: int = SHOWN,
    settings: Mapping[str, Any] | None = None,
    date: datetime | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Report:
    """Search with every method, ask once, measure.

    `k` is how many passages each search gives, so also how far down evidence can be found; `shown` how many are kept in
    the report. Questions are asked only where the set knows the answers. A follow-up question is searched for as the
    answerer completed it (when `ask`). A question on which the engine fails with a FootnoteError counts 0 and says why.
    `settings` are written into the report. `on_progress` gets the questions done and their number; `stop` is asked
    before each question, and when it says True, the report covers the questions done.
    Raises QuestionSetError when evidence no longer stands in its article, SettingError for unusable methods or `k`.
    """
    methods = tuple(dict.fromkeys(methods))
    if not methods or k < 1:
        raise SettingError("an evaluation needs at least one method and one passage")
    check_evidence(question_set, engine)
    total = len(question_set.questions)
    rows: list[Row] = []
    for question in question_set.questions:
        if stop is not None and stop():
            break
        rows.append(_row(question, engine, methods, k, ask, shown))
        if on_progress is not None:
            on_progress(len(rows), total)
    retrieval = {method: intervals([row.rankings[i].measures for row in rows]) for i, method in enumerate(methods)}
    used = {"methods": list(methods), "k": k, "asked": ask, "resamples": RESAMPLES, "flips": FLIPS, "seed": SEED}
    return Report(
        set=question_set.name,
        questions=len(rows),
        total=total,
        methods=methods,
        measures=intervals([row.measures for row in rows]) | calibration_measures(judged_in(rows)),
        by_method=retrieval,
        by_kind=_by_kind(rows),
        rows=tuple(rows),
        compared=_compared(rows, methods),
        revision=engine.revision,
        settings=used | dict(settings or {}),
        date=datetime.now(UTC) if date is None else date,
        milliseconds=_milliseconds(rows),
    )


def judged_in(rows: Sequence[Row]) -> list[Judged]:
    """The judged answers of those rows that were asked."""
    return [row.judged for row in rows if row.judged is not None]


def check_evidence(question_set: QuestionSet, engine: Engine) -> None:
    """Raise QuestionSetError unless all evidence stands in its article, as it did when the set was loaded."""
    problems: list[str] = []
    texts: dict[str, str | None] = {}
    for question in question_set.questions:
        for evidence in question.evidence:
            if evidence.article not in texts:
                try:
                    texts[evidence.article] = engine.article(evidence.article_id).article.text
                except ArticleNotFound:
                    texts[evidence.article] = None
                    problems.append(f"{evidence.article} is not in the library; add it")
            text = texts[evidence.article]
            if text is not None and text[evidence.start : evidence.end] != evidence.text:
                problems.append(f"{question.question_id}: {evidence.article} has changed; load the question set again")
    if problems:
        more = f"; and {len(problems) - MAX_SHOWN} more" if len(problems) > MAX_SHOWN else ""
        raise QuestionSetError(f"{question_set.name}: " + "; ".join(problems[:MAX_SHOWN]) + more, problems)


def _row(question: Question, engine: Engine, methods: Sequence[str], k: int, ask: bool, shown: int) -> Row:
    answer: Answer | None = None
    error: str | None = None
    measures: dict[str, float] = {}
    judged: Judged | None = None
    if ask and question.answers is not None:
        try:
            answer = engine.ask(question.question, question.after)
        except FootnoteError as failure:
            error = str(failure)
        measures = measure_answer(question, answer)
        judged = judge(question, answer)
    query = answer.understood if answer is not None and question.after else question.question
    rankings = tuple(_ranking(question, query, engine, method, k, shown) for method in methods)
    return Row(
        question_id=question.question_id,
        question=question.question,
        kind=question.kind,
        after=question.after,
        answers=question.answers,
        evidence=question.evidence,
        documents=question.documents,
        rank=rankings[0].rank,
        measures=dict(rankings[0].measures) | measures,
        answered=None if answer is None else answer.answered,
        text=None if answer is None else answer.text,
        reason=None if answer is None or answer.reason is None else answer.reason.value,
        explanation="" if answer is None else answer.explanation,
        quotes=() if answer is None else answer.quotes[:3],
        rankings=rankings,
        milliseconds=None if answer is None else answer.milliseconds.get("total"),
        error=error,
        judged=judged,
    )


def _ranking(question: Question, query: str, engine: Engine, method: str, k: int, shown: int) -> Ranking:
    error: str | None = None
    try:
        found = engine.search(query, k, method)
    except SettingError:
        raise  # the method, not the question, is at fault
    except FootnoteError as failure:
        error = str(failure)
        found = SearchResult(query, (), {})
    measured: Retrieval = measure_retrieval([question], [found.hits[:k]])[0]
    passages = tuple(_found(hit, rank, question) for rank, hit in enumerate(found.hits[:shown], 1))
    total = found.milliseconds.get("total")
    return Ranking(method, measured.rank, measured.ranks, measured.measures, passages, total, error)


def _found(hit: Hit, rank: int, question: Question) -> FoundPassage:
    return FoundPassage(
        rank=rank,
        article_id=hit.article_id,
        title=hit.title,
        source=hit.source,
        section=hit.section,
        page=hit.page,
        start=hit.start,
        end=hit.end,
        text=hit.text,
        score=hit.score,
        relevant=is_relevant(hit, question),
        trace=dict(hit.trace),
    )


def _by_kind(rows: Sequence[Row]) -> dict[str, Kind]:
    """In order of size, the largest first."""
    kinds: dict[str, list[Row]] = {}
    for row in rows:
        kinds.setdefault(row.kind, []).append(row)
    ordered = sorted(kinds.items(), key=lambda item: (-len(item[1]), item[0]))
    return {kind: Kind(len(each), intervals([row.measures for row in each])) for kind, each in ordered}


def _compared(rows: Sequence[Row], methods: Sequence[str]) -> dict[str, dict[str, Difference]]:
    compared: dict[str, dict[str, Difference]] = {}
    for (i, first), (j, second) in combinations(enumerate(methods), 2):
        pair = compared.setdefault(f"{first} vs {second}", {})
        for name in RETRIEVAL_MEASURES:
            both = [(row.rankings[i].measures, row.rankings[j].measures) for row in rows]
            left = [a[name] for a, b in both if name in a and name in b]
            right = [b[name] for a, b in both if name in a and name in b]
            if left:
                pair[name] = paired(left, right)
    return compared


def _milliseconds(rows: Sequence[Row]) -> dict[str, Percentiles]:
    times = {
        "search": [row.rankings[0].milliseconds for row in rows],
        "ask": [row.milliseconds for row in rows],
    }
    found: dict[str, Percentiles] = {}
    for verb, each in times.items():
        known = [time for time in each if time is not None]
        if known:
            p50, p95 = np.percentile(known, [50, 95])
            found[verb] = Percentiles(round(float(p50), 1), round(float(p95), 1))
    return found


def _plain(measures: Mapping[str, Interval] | Mapping[str, Difference]) -> dict[str, dict[str, float]]:
    return {name: each.to_json() for name, each in measures.items()}


def _no_formula(cell: str) -> str:
    return "'" + cell if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else cell
