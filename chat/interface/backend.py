"""What the page asks of the program behind it: one Protocol and its plain values.

Knows no Gradio, no HTTP and no storage. `wired.py` implements it with the library, the answerer and evaluation; the
tests implement it with a library in memory.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Protocol

from chat.answer import Answer
from index.values import AddReport, ArticleSummary, Failure, Method, Progress, StoredArticle


@dataclass(frozen=True, slots=True)
class Filters:
    """Which articles a question is put to. Empty means all; several values of one kind mean either.

    `articles` are article ids. `since` and `until` are inclusive publication dates.
    """

    articles: tuple[str, ...] = ()
    companies: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file that was sent to the page: its real name, and where its bytes lie until it has been added."""

    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class WebAddress:
    """A page to fetch and add."""

    url: str

    @property
    def name(self) -> str:
        """What the list of files shows."""
        return self.url


@dataclass(frozen=True, slots=True)
class PastedText:
    """A text typed or pasted into the page."""

    title: str
    text: str
    published: date | None = None

    @property
    def name(self) -> str:
        """What the list of files shows."""
        return self.title


Entry = UploadedFile | WebAddress | PastedText


@dataclass(frozen=True, slots=True)
class Original:
    """The bytes from which an article was read, on disk, with the name to save them under."""

    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class Removed:
    """Ids of the articles that were taken out, and what could not be."""

    removed: tuple[str, ...]
    failed: tuple[Failure, ...] = ()


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """A set of questions that can be evaluated. `key` identifies it, `label` is for people."""

    key: str
    label: str
    questions: int


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with the bounds of its 95 % interval; None where there was nothing to average."""

    mean: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure for each method, in the order of `Evaluation.methods`. `meaning` is a sentence for people."""

    name: str
    meaning: str
    values: tuple[Interval, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that was found for a question of the set. `evidence` says that it holds expected evidence."""

    rank: int
    score: float
    article_id: str
    title: str
    section: str
    start: int
    end: int
    text: str
    evidence: bool


@dataclass(frozen=True, slots=True)
class Expected:
    """A quote that the question set names as evidence; offsets into the article's text."""

    article_id: str
    title: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class EvaluatedQuestion:
    """One question: the rank (from 1) at which each method first found evidence, None where it did not.

    `ranks` and `found` are in the order of `Evaluation.methods`. `expected` is empty for a question without an answer.
    `answered` is None when the answerer declined, and `answer` then says why.
    """

    question: str
    kind: str
    ranks: tuple[int | None, ...]
    answers: tuple[str, ...]
    expected: tuple[Expected, ...]
    found: tuple[tuple[Found, ...], ...]
    answered: str | None
    answer: str


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A finished run. `recall` holds (k, mean recall@k) for each method; `files` are ready to download.

    `files` maps a file name (`questions.csv`, `evaluation.json`, `report.html`) to its bytes.
    """

    label: str
    methods: tuple[Method, ...]
    measures: tuple[Measure, ...]
    recall: tuple[tuple[tuple[int, float], ...], ...]
    questions: tuple[EvaluatedQuestion, ...]
    files: Mapping[str, bytes] = field(default_factory=dict)


class Backend(Protocol):
    """The program behind the page. Every method may be called from any thread; all raise only FootnoteError."""

    def examples(self) -> Sequence[str]:
        """A few questions that the library can answer."""

    def articles(self) -> Sequence[ArticleSummary]:
        """What the library holds."""

    def article(self, article_id: str) -> StoredArticle:
        """One article. Raises ArticleNotFound."""

    def original(self, article_id: str) -> Original | None:
        """The file that the article was read from, where it was kept. Raises ArticleNotFound."""

    def ask(self, question: str, *, after: Sequence[str], filters: Filters) -> Answer:
        """Answer a question; `after` holds the earlier questions of the conversation, oldest first."""

    def add(self, entry: Entry, *, on_progress: Callable[[Progress], None]) -> AddReport:
        """Add one entry to the library (a file may hold several articles)."""

    def remove(self, article_ids: Sequence[str]) -> Removed:
        """Take articles out of the library."""

    def question_sets(self) -> Sequence[QuestionSet]:
        """The sets that can be evaluated, the usual one first."""

    def keep_question_set(self, name: str, data: bytes) -> QuestionSet:
        """Check and keep an uploaded set (JSON lines). Raises QuestionSetError."""

    def evaluate(
        self,
        key: str,
        methods: Sequence[Method],
        *,
        on_progress: Callable[[int, int], None],
        stop: Callable[[], bool],
    ) -> Evaluation | None:
        """Evaluate a set; `on_progress` gets questions done and their number. None when `stop` said so."""
