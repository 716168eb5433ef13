"""What the page asks of the program behind it: one Protocol and its plain values.

Knows no Gradio, no HTTP and no storage. `library_backend.py` implements it with the library, the answerer and
evaluation; the tests implement it with articles in memory.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Protocol

from chat.answer import Answer
from chat.grid import Grid, GridQuestion, OnCell
from evaluation.running import Report
from index.values import AddReport, ArticleSummary, Method, Progress, RemoveReport, StoredArticle


@dataclass(frozen=True, slots=True)
class Filters:
    """Which articles a question is put to. Empty means all; several values of one kind mean either.

    `articles` are article ids. `since` and `until` are inclusive publication dates.
    """

    articles: tuple[str, ...] = ()
    companies: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    periods: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file that was sent to the page: its real name, and where its bytes lie until it has been added."""

    name: str
    path: Path
    password: str | None = field(default=None, repr=False)


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
    """The bytes from which an article was read, and the name to save them under."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class PageExtent:
    """A page's width and height in points as it is shown, and the SHA-256 of the file it is in."""

    width: float
    height: float
    sha256: str


@dataclass(frozen=True, slots=True)
class PagePicture:
    """A page as PNG, and the SHA-256 of the file it is in."""

    png: bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class SetChoice:
    """A set of questions that can be evaluated. `key` identifies it, `label` is for people."""

    key: str
    label: str
    questions: int


class Backend(Protocol):
    """The program behind the page. Every method may be called from any thread; all raise only FootnoteError."""

    def examples(self) -> Sequence[str]:
        """A few questions that the library can answer."""

    def articles(self) -> Sequence[ArticleSummary]:
        """What the library holds."""

    def article(self, article_id: str) -> StoredArticle:
        """One article. Raises ArticleNotFound."""

    def original(self, article_id: str) -> Original:
        """The file that the article was read from. Raises ArticleNotFound, or LibraryError when it was not kept."""

    def boxes(self, article_id: str, start: int, end: int) -> Sequence[tuple[float, float, float, float, float]]:
        """(page, left, top, right, bottom) in points from the top left, of [start, end); empty where not known."""

    def page_extent(self, article_id: str, page: int) -> PageExtent:
        """How large page `page` (from 1) of an article's PDF is. Raises as `original`, or SourceError."""

    def page_picture(self, article_id: str, page: int, scale: float) -> PagePicture:
        """Page `page` as a picture, `scale` pixels a point. Raises as `page_extent`."""

    def ask(self, question: str, *, after: Sequence[str], filters: Filters) -> Answer:
        """Answer a question; `after` holds the earlier questions of the conversation, oldest first."""

    def grid(
        self,
        questions: Sequence[GridQuestion],
        article_ids: Sequence[str],
        *,
        on_cell: OnCell,
        stop: Callable[[], bool],
    ) -> Grid:
        """Every question put to every article by itself; `on_cell` hears of each cell as it is made.

        Raises ArticleNotFound.
        """

    def add(self, entry: Entry, *, on_progress: Callable[[Progress], None]) -> AddReport:
        """Add one entry to the library (a file may hold several articles); of a feed or sitemap nothing is added, and
        the report's `listed` says what it lists."""

    def remove(self, article_ids: Sequence[str]) -> RemoveReport:
        """Take articles out of the library."""

    def correct(self, article_id: str, changes: Mapping[str, str], undo: Sequence[str]) -> StoredArticle:
        """Keep corrections of title, date and facts ("" removes) and forget those of `undo`; the article as it now is.

        Raises ArticleNotFound or CorrectionError.
        """

    def recut(self, article_id: str) -> None:
        """Bring an article's passages to what has been corrected, which may take seconds."""

    def question_sets(self) -> Sequence[SetChoice]:
        """The sets that can be evaluated, the usual one first."""

    def keep_question_set(self, name: str, data: bytes) -> SetChoice:
        """Check and keep an uploaded set (JSON lines). Raises QuestionSetError."""

    def evaluate(
        self,
        key: str,
        methods: Sequence[Method],
        *,
        on_progress: Callable[[int, int], None],
        stop: Callable[[], bool],
    ) -> Report:
        """Evaluate a set; `on_progress` gets questions done and their number. After `stop` the report is not complete.

        Raises QuestionSetError when the set does not fit the library.
        """
