"""The page's Backend over the library, the answerer and evaluation. Knows no Gradio and no HTTP.

Question sets that people upload are kept in the library's own folder; nothing is ever written to the drop folder.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from chat.answer import Answer
from chat.grid import Grid, GridQuestion, OnCell, make_grid
from chat.interface.backend import (
    Entry,
    Filters,
    Original,
    PageExtent,
    PagePicture,
    PastedText,
    SetChoice,
    UploadedFile,
)
from chat.interface.pictures import PagePictures
from errors import LibraryFull, QuestionSetError, SourceError
from evaluation import LibraryEngine, Report, evaluate, load_questions
from index.gathering import Fetch, Gathering
from index.library import Library
from index.values import AddReport, ArticleSummary, Method, Progress, RemoveReport, StoredArticle
from index.where import EVERYTHING, Condition, Where
from ingest.sources import Source, find_sources

KEPT_SETS = "question-sets"  # folder below the library's
SHOWN_EXAMPLES = 4


class Asks(Protocol):
    """What the page needs of an answerer."""

    def ask(self, question: str, *, after: Sequence[str] = (), k: int = 10, where: Where = EVERYTHING) -> Answer:
        """An answer, or why there is none."""
        ...


class LibraryBackend:
    """The library with its answerer, as the page asks for it.

    `fetch` gives what is at a web address. `question_sets` are files that come with the program, by label;
    `examples` are questions to begin with, of which the first few are offered while the library holds articles.
    """

    def __init__(
        self,
        library: Library,
        answerer: Asks,
        fetch: Fetch,
        *,
        question_sets: Sequence[tuple[str, Path]] = (),
        examples: Sequence[str] = (),
    ) -> None:
        self._library = library
        self._answerer = answerer
        self._fetch = fetch
        self._question_sets = tuple(question_sets)
        self._examples = tuple(examples)
        self._pictures = PagePictures()

    def close(self) -> None:
        """End the process that draws pages."""
        self._pictures.close()

    def examples(self) -> Sequence[str]:
        """Questions to begin with; none while the library is empty."""
        return self._examples[:SHOWN_EXAMPLES] if self._library.articles() else ()

    def articles(self) -> Sequence[ArticleSummary]:
        """What the library holds."""
        return self._library.articles()

    def article(self, article_id: str) -> StoredArticle:
        """One article."""
        return self._library.article(article_id)

    def original(self, article_id: str) -> Original:
        """The file that the article was read from."""
        name, data = self._library.original(article_id)
        return Original(name, data)

    def boxes(self, article_id: str, start: int, end: int) -> Sequence[tuple[float, float, float, float, float]]:
        """Where characters of an article stand on its pages."""
        return self._library.boxes(article_id, start, end)

    def page_extent(self, article_id: str, page: int) -> PageExtent:
        """How large a page is."""
        source, sha256 = self._library.original_source(article_id)
        return PageExtent(*self._pictures.extent(source, sha256, page), sha256)

    def page_picture(self, article_id: str, page: int, scale: float) -> PagePicture:
        """A page as a picture."""
        source, sha256 = self._library.original_source(article_id)
        return PagePicture(self._pictures.picture(source, sha256, page, scale), sha256)

    def ask(self, question: str, *, after: Sequence[str], filters: Filters) -> Answer:
        """The answerer's answer among the articles that the filters let through."""
        return self._answerer.ask(question, after=after, where=where_of(filters))

    def grid(
        self,
        questions: Sequence[GridQuestion],
        article_ids: Sequence[str],
        *,
        on_cell: OnCell,
        stop: Callable[[], bool],
    ) -> Grid:
        """Every question put to every article."""
        articles = self._library.find(article_ids)
        return make_grid(questions, articles, self._answerer, self._library.article, on_cell=on_cell, stop=stop)

    def add(self, entry: Entry, *, on_progress: Callable[[Progress], None]) -> AddReport:
        """Add what an entry stands for."""
        gathering = Gathering(self._library, self._fetch)
        report = self._library.add(self._sources(entry, gathering), on_progress=on_progress)
        return replace(report, listed=tuple(gathering.listed))

    def remove(self, article_ids: Sequence[str]) -> RemoveReport:
        """Take articles out."""
        return self._library.remove(article_ids)

    def correct(self, article_id: str, changes: Mapping[str, str], undo: Sequence[str]) -> StoredArticle:
        """Keep corrections, and forget those of `undo`."""
        self._library.correct(article_id, changes, undo=undo or None)
        return self._library.article(article_id)

    def recut(self, article_id: str) -> None:
        """Cut and embed the article anew where its passages' headings say what has been corrected."""
        self._library.recut(article_id)

    def question_sets(self) -> Sequence[SetChoice]:
        """The sets that came with the program, then the uploaded ones by name."""
        known = [(label, path) for label, path in self._question_sets if path.is_file()]
        known += [(path.stem, path) for path in sorted(self._kept_folder().glob("*.jsonl"))]
        return [SetChoice(str(path), label, _count(path)) for label, path in known]

    def keep_question_set(self, name: str, data: bytes) -> SetChoice:
        """Keep a set under its name once it fits the library; one of the same name is replaced."""
        stem = re.sub(r"[^\w .()-]", "_", Path(name).stem).strip(" .")[:80] or "questions"
        folder = self._kept_folder()
        trial, kept = folder / f".{stem}.part", folder / f"{stem}.jsonl"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            trial.write_bytes(data)
            questions = load_questions(trial, self._library).questions
            trial.replace(kept)
        except OSError as error:
            raise LibraryFull(f"{name}: could not be kept ({error.strerror}); make room on the disk") from error
        except QuestionSetError as error:
            raise QuestionSetError(str(error).replace(str(trial), name), getattr(error, "problems", ())) from error
        finally:
            trial.unlink(missing_ok=True)
        return SetChoice(str(kept), stem, len(questions))

    def evaluate(
        self,
        key: str,
        methods: Sequence[Method],
        *,
        on_progress: Callable[[int, int], None],
        stop: Callable[[], bool],
    ) -> Report:
        """Evaluate a set against the library as users see it."""
        if key not in {each.key for each in self.question_sets()}:
            raise QuestionSetError(f"{Path(key).name}: this question set is gone; choose another")
        return evaluate(
            load_questions(Path(key), self._library),
            LibraryEngine(self._library, self._answerer),
            methods=[method.value for method in methods],
            on_progress=on_progress,
            stop=stop,
        )

    def _sources(self, entry: Entry, gathering: Gathering) -> Iterable[Source | SourceError]:
        if isinstance(entry, UploadedFile):
            found = find_sources(entry.path, relative_to=entry.path.parent)
            if entry.password is None:
                return found
            return (each if isinstance(each, SourceError) else replace(each, password=entry.password) for each in found)
        if isinstance(entry, PastedText):
            return [
                Source(
                    name=f"{entry.title} (pasted text)",
                    data=entry.text.encode("utf-8", "replace"),
                    media_type="text/plain",
                    title=entry.title,
                    published=entry.published,
                )
            ]
        return gathering.sources([entry.url])

    def _kept_folder(self) -> Path:
        return self._library.folder / KEPT_SETS


def where_of(filters: Filters) -> Where:
    """The page's filters as conditions of a search."""
    conditions = [Condition("article_id", "=", each) for each in filters.articles]
    conditions += [Condition("company", "=", each) for each in filters.companies]
    conditions += [Condition("kind", "=", each) for each in filters.kinds]
    conditions += [Condition("period", "=", each) for each in filters.periods]
    if filters.since is not None:
        conditions.append(Condition("published", ">=", filters.since.isoformat()))
    if filters.until is not None:
        conditions.append(Condition("published", "<=", filters.until.isoformat()))
    return Where(tuple(conditions))


def _count(path: Path) -> int:
    try:
        with path.open("rb") as file:
            return sum(1 for line in file if line.strip())
    except OSError:
        return 0
