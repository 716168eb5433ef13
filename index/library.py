"""The front door: a library of articles that can be added to, searched and checked.

Owns the store, its two views and the originals, and calls the embedder; knows nothing of readers, answers or pages.
Slow, fallible work (reading, embedding) comes before the transaction that stores an article.
"""

import errno
import hashlib
import logging
import os
import re
import shutil
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from errors import (
    ArticleNotFound,
    CorrectionError,
    FootnoteError,
    LibraryDamaged,
    LibraryError,
    LibraryFull,
    SourceEncrypted,
    SourceError,
    SourceMissing,
)
from index import fusion
from index.embedder import Embedder, Vectors
from index.pace import Pace
from index.store import Held, NewArticle, Original, Store, StoredPassage
from index.values import (
    NO_PREFERENCE,
    AddReport,
    ArticleSummary,
    Correction,
    Failure,
    Hit,
    Method,
    Preference,
    Problem,
    Progress,
    RemoveReport,
    SearchResult,
    StoredArticle,
)
from index.vectors import VectorView
from index.where import EVERYTHING, Where, fields_of
from index.words import WordView
from ingest.article import Article, article_id, sha256_hex
from ingest.corrections import fact_name, lay_over, parse_corrections
from ingest.passages import Passage, PassageSettings, head_of, split_article
from ingest.reading import PARSER_VERSION, read_article
from ingest.sources import ROW_MEDIA_TYPE, Source
from ingest.workers import WorkerPool, needs_worker

log = logging.getLogger(__name__)

# Groups of articles held at once: one that is filled, one that is computed, one that is ready to be.
_MOST_GROUPS = 3
# Originals that a group holds; a single one may be larger.
_GROUP_BYTES = 32 * 1024 * 1024
OnProgress = Callable[[Progress], None]
# No space, a quota, a limit on the size of files.
_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG)


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """How passages are ranked. Depth and weights were measured (docs/measurements.md), the factor is a judgement.

    `depth` candidates come from each leg. `dense_weight` in [0, 1] is the share of the dense score in the convex
    combination; `neighbour_weight` and `article_weight` are what a passage gets of its neighbours' and its article's
    score. `furniture_factor` multiplies the score of bylines, share prompts and the like, unless the question
    asks for such things.
    """

    depth: int = 200
    dense_weight: float = 0.45
    neighbour_weight: float = 0.1
    article_weight: float = 0.5
    furniture_factor: float = 0.4


class Library:
    """The library in `folder`, made when missing. Safe to use from several threads; close it when done.

    `workers` processes read files that need a process of their own, text in pictures as written in `ocr_language`
    (tesseract's name for it; English by default). Raises LibraryError and its kinds.
    """

    def __init__(
        self,
        folder: Path,
        embedder: Embedder,
        *,
        passages: PassageSettings | None = None,
        search: SearchSettings | None = None,
        workers: int = 1,
        batch_passages: int = 512,
        ocr_language: str | None = None,
        asks_for_furniture: Callable[[str], bool] = lambda _query: False,
        prefer: Callable[[str, Sequence[ArticleSummary]], Preference] = lambda _query, _articles: NO_PREFERENCE,
    ) -> None:
        self.folder = folder
        self.embedder = embedder
        self._passage_settings = PassageSettings() if passages is None else passages
        self._search_settings = SearchSettings() if search is None else search
        self._workers = workers
        self._batch_passages = batch_passages
        self._ocr_language = ocr_language
        self._asks_for_furniture = asks_for_furniture
        self._prefer = prefer
        self._store = Store(folder)
        self._vectors: VectorView | None = None
        self._words = WordView(folder / "views")
        self._lock = threading.RLock()
        self._held: tuple[int, list[Held], dict[str, Held]] | None = None  # of a revision, and by id
        self._summaries: tuple[list[Held], list[ArticleSummary]] | None = None

    # Adding and removing ------------------------------------------------------------------------------------------

    def add(
        self,
        sources: Iterable[Source | SourceError],
        *,
        origin: str = "user",
        total: int | None = None,
        size: int | None = None,
        on_progress: OnProgress | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> AddReport:
        """Add or replace articles; what fails is reported and the rest goes on.

        `total` is the number of sources and `size` their bytes, if known, for progress. `stop` is asked between
        sources; what was read by then is stored. What was stored stays, whatever ends the rest: asked to add the same
        again, it reads only what is missing.
        """
        adding = _Adding(self, origin, total, size, on_progress)
        adding.run(sources, stop)
        return adding.report()

    def remove(self, names: Sequence[str]) -> RemoveReport:
        """Take out articles named by id, source or title; what comes from the drop folder then stays out."""
        found: dict[str, Held] = {}
        failed: list[Failure] = []
        for name in names:
            try:
                held = self._find(name)
            except LibraryError as error:
                failed.append(Failure(name, str(error)))
            else:
                found[held.article_id] = held
        gone = set(self._take_out(list(found.values()), keep_out=True)) if found else set()
        return RemoveReport(tuple(each for each in found if each in gone), tuple(failed))

    def drop(self, ids: Sequence[str]) -> list[str]:
        """Take out articles whose files left the drop folder; they may come back with their files."""
        wanted = set(ids)
        return self._take_out([held for held in self._all() if held.article_id in wanted], keep_out=False)

    def kept_out(self) -> dict[str, str]:
        """SHA-256 by article id of drop folder articles that a person removed."""
        return self._store.kept_out()

    def from_origin(self, origin: str) -> list[ArticleSummary]:
        """Articles that came from there: "corpus" (the drop folder) or "user"."""
        return [_summary(held) for held in self._all() if held.origin == origin]

    def is_row(self, name: str) -> bool:
        """Whether an article came from a row of a `.jsonl` file."""
        kept = self._store.original(self._find(name).article_id)
        return kept is not None and kept[0].media_type == ROW_MEDIA_TYPE

    def outdated(self) -> list[ArticleSummary]:
        """Articles made with another parser, passage size or embedder than now, or whose passages' headings say what
        has been corrected; found by their words until renewed.
        """
        return [_summary(held) for held in self._all() if held.made_with != self._made_with() or _has_old_head(held)]

    def renew(self, *, on_progress: OnProgress | None = None, stop: Callable[[], bool] | None = None) -> AddReport:
        """Read outdated articles again from their originals, one transaction at a time; can be stopped and repeated.

        Where nothing but the headings of passages is old, the article is only cut anew.
        """
        made_with = self._made_with()
        recut = [held.article_id for held in self._all() if held.made_with == made_with and _has_old_head(held)]
        report = AddReport()
        for each in recut:
            with suppress(ArticleNotFound):  # removed meanwhile
                report += AddReport(replaced=(each,) if self.recut(each) else ())
        outdated = self.outdated()
        origins = {held.article_id: held.origin for held in self._all()}
        for origin in sorted(set(origins.values())):
            mine = [each for each in outdated if origins.get(each.article_id) == origin]
            if mine:
                sources = (self._kept_source(each) for each in mine)  # one after the other: each holds its bytes
                report += self.add(sources, origin=origin, total=len(mine), on_progress=on_progress, stop=stop)
        return report

    # Correcting ---------------------------------------------------------------------------------------------------

    def correct(
        self, name: str, changes: Mapping[str, str | None], *, undo: Sequence[str] | None = None
    ) -> ArticleSummary:
        """Keep what a person says of an article's facts, "title" and "published"; None or "" says that there is none.

        Corrections named in `undo` are forgotten, all with an empty one. Facts change at once; whether the passages'
        headings do, too, `recut` decides. Raises ArticleNotFound or CorrectionError.
        """
        held = self._find(name)
        parsed = parse_corrections(changes)
        forgotten = undo
        if undo is not None:
            there = [each.key for each in held.corrections]
            forgotten = there if not undo else [fact_name(each) for each in undo]
            if unknown := [each for each in forgotten if each not in there]:
                raise CorrectionError(f"{unknown[0]}: was not corrected; corrected are {', '.join(there) or 'none'}")
        self._store.correct(held.article_id, parsed, forgotten or ())
        return _summary(self._find(held.article_id))

    def corrections(self, name: str) -> tuple[Correction, ...]:
        """What a person corrected of an article, and what was found."""
        return self._find(name).corrections

    def recut(self, name: str) -> bool:
        """Cut and embed an article's passages anew where their headings say what has been corrected; whether it was."""
        held = self._find(name)
        article = self._store.article(held.article_id)
        if article is None or held.made_with != self._made_with() or not _has_old_head(held):
            return False
        passages = split_article(article, self.embedder.pieces, self._passage_settings)
        vectors = self.embedder.embed_passages([passage.embedded for passage in passages])
        done = self._store.recut(held.key, head_of(article.title, article.facts), passages, vectors)
        self._catch_up()
        return done

    # Looking ------------------------------------------------------------------------------------------------------

    @property
    def revision(self) -> int:
        """The number of the last change."""
        return self._store.revision()

    def articles(self) -> list[ArticleSummary]:
        """What the library holds, in the order in which it was added; the same list while nothing changes."""
        with self._lock:
            held = self._all()
            if self._summaries is None or self._summaries[0] is not held:
                self._summaries = (held, [_summary(each) for each in held])
            return self._summaries[1]

    @property
    def is_empty(self) -> bool:
        """Whether there is no article."""
        return not self._all()

    def article(self, name: str) -> StoredArticle:
        """An article by id, source, file name or title. Raises ArticleNotFound."""
        held = self._find(name)
        article = self._store.article(held.article_id)
        if article is None:
            raise ArticleNotFound(name)
        return StoredArticle(article, held.text_sha256, held.corrections)

    def find(self, names: Sequence[str], where: Where = EVERYTHING) -> list[ArticleSummary]:
        """Articles that are named and pass `where`, each once, in the order of the names; without names all that pass.

        A name is an id, source, file name or title, a pattern of one ("*.pdf"), a folder of sources, or "all". Raises
        ArticleNotFound for a name that means none, and LibraryError where a name means several or none passes.
        """
        held = self._all()
        chosen: dict[str, Held] = {} if names else {each.article_id: each for each in held}
        for name in names:
            try:
                found = [self._find(name)]
            except ArticleNotFound:
                found = [each for each in held if name == "all" or _is_meant(each, name)]
                if not found and name != "all":
                    raise
            chosen |= {each.article_id: each for each in found}
        passing = [_summary(each) for each in chosen.values() if where.matches(_fields(each))]
        if not passing:
            raise LibraryError("no article passes --where" if chosen else "the library is empty; add articles first")
        return passing

    def passages(self, name: str) -> list[tuple[int, int]]:
        """The offsets of an article's passages, in order."""
        return [(each.start, each.end) for each in self._store.passages_of(self._find(name).article_id)]

    def boxes(self, name: str, start: int, end: int) -> list[tuple[float, float, float, float, float]]:
        """(page, left, top, right, bottom) in points from the top left, of the words of [start, end), line by line."""
        return self._store.boxes(name, start, end)

    def original(self, name: str) -> tuple[str, bytes]:
        """The original file's name and bytes. Raises ArticleNotFound or LibraryDamaged."""
        source = self._kept_source(_summary(self._find(name)))
        if isinstance(source, SourceError):
            raise LibraryError(str(source))
        return Path(source.name).name or source.name, source.read_bytes()

    def fetched(self, address: str) -> Source | None:
        """The kept original of what was fetched from an address, with what its server said of the version."""
        article_id = self._store.fetched_from(address)
        held = next((each for each in self._all() if each.article_id == article_id), None)
        source = None if held is None else self._kept_source(_summary(held))
        return source if isinstance(source, Source) else None

    def original_source(self, name: str) -> tuple[Source, str]:
        """The original as a source that need not be in memory, and its SHA-256. Raises as `original` does."""
        held = self._find(name)
        path = self._original_path(held.sha256)
        if path.is_file():
            return Source(held.source, path), held.sha256
        source = self._kept_source(_summary(held))
        if isinstance(source, SourceError):
            raise LibraryError(str(source))
        return source, held.sha256

    def frequencies_of(self, terms: Sequence[str]) -> dict[str, int]:
        """In how many passages each term stands, as of the last search."""
        return self._words.frequencies(terms)

    def count_passages(self) -> int:
        """How many passages there are, as of the last search."""
        return len(self._words)

    def terms(self, text: str) -> list[str]:
        """The terms of a text as the word index knows them: lower case, stemmed, without stop words."""
        return self._words.terms(text)

    def property(self, key: str) -> str | None:
        """A value that the library remembers."""
        return self._store.property(key)

    def set_property(self, key: str, value: str) -> None:
        """Have the library remember a value."""
        self._store.set_property(key, value)

    # Searching ----------------------------------------------------------------------------------------------------

    def search(
        self, query: str, *, k: int = 10, where: Where = EVERYTHING, method: Method = Method.FUSED
    ) -> SearchResult:
        """The `k` best passages for a question, among the articles that `where` lets through.

        `milliseconds` has embed (the question), retrieve, rerank (0 here) and total.
        """
        begin = time.perf_counter()
        self._catch_up()
        query = " ".join(query.encode("utf-8", "replace").decode("utf-8").split())  # half a character has no vector
        if not query or k < 1:
            return SearchResult(query, (), {"embed": 0.0, "retrieve": 0.0, "rerank": 0.0, "total": _since(begin)})
        vector: npt.NDArray[np.float32] | None = None
        embed = time.perf_counter()
        if method is not Method.WORDS and len(self._vector_view()):
            vector = self.embedder.embed_queries([query])[0]
        retrieve = time.perf_counter()
        preference = self._prefer(query, self.articles())
        ranked = self._ranked(query, vector, where, method, max(self._search_settings.depth, k), preference)
        hits = self._hits(query, ranked, k)
        end = time.perf_counter()
        times = {
            "embed": round((retrieve - embed) * 1000, 2),
            "retrieve": round((end - retrieve) * 1000, 2),
            "rerank": 0.0,
            "total": round((end - begin) * 1000, 2),
        }
        return SearchResult(query, hits, times, preference)

    def warm_up(self) -> None:
        """Load the model and the views now, so that the first question does not wait for them."""
        self._catch_up()
        self.embedder.embed_queries(["What was revenue in the last quarter?"])

    # Checking -----------------------------------------------------------------------------------------------------

    def verify(self) -> list[Problem]:
        """Everything in the library that does not agree: empty when it is whole."""
        problems = [Problem(f"the store is damaged: {line}", str(self._store.path)) for line in self._store.check()]
        if problems:
            return problems
        keys = 0
        for held in self._all():
            problems += self._verify_article(held)
            keys += held.passages
        stored = self._store.count_passages()
        if stored != keys:
            problems.append(
                Problem(f"{stored} passages are stored, but the articles count {keys}", str(self._store.path))
            )
        self._catch_up()
        if len(self._words) != stored:
            problems.append(
                Problem(f"the word index shows {len(self._words)} of {stored} passages", str(self.folder / "views"))
            )
        current = sum(held.passages for held in self._all() if held.embedder == self.embedder.identity)
        if len(self._vector_view()) != current:
            problems.append(
                Problem(
                    f"the vector index shows {len(self._vector_view())} of {current} passages",
                    str(self.folder / "views"),
                )
            )
        return problems

    def close(self) -> None:
        """Let go of the files; the library cannot be used afterwards."""
        self._store.close()

    def __enter__(self) -> "Library":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Inside -------------------------------------------------------------------------------------------------------

    def _made_with(self) -> str:
        return f"parser {PARSER_VERSION}; passages {self._passage_settings.key()}; embedder {self.embedder.identity}"

    def _corrected(self, article: Article) -> Article:
        """What was found, with what a person said of this source."""
        corrections = self._store.corrections(article.article_id)
        if not corrections:
            return article
        title, published, facts, origins = lay_over(
            article.title, article.published, article.facts, article.origins, corrections
        )
        return replace(article, title=title, published=published, facts=facts, origins=origins)

    def _vector_view(self) -> VectorView:
        with self._lock:
            if self._vectors is None:
                self._vectors = VectorView(self.folder / "views", self.embedder.dimension, self.embedder.identity)
            return self._vectors

    def _catch_up(self) -> None:
        self._vector_view().catch_up(self._store)
        self._words.catch_up(self._store)

    def _all(self) -> list[Held]:
        return self._now()[1]

    def _now(self) -> tuple[int, list[Held], dict[str, Held]]:
        with self._lock:
            revision = self._store.revision()
            if self._held is None or self._held[0] != revision:
                held = self._store.held()
                self._held = (revision, held, {each.article_id: each for each in held})
            return self._held

    def _find(self, name: str) -> Held:
        """The one article that `name` means; several of one title or file name are an error, not a guess."""
        _, held, by_id = self._now()
        if name in by_id:
            return by_id[name]
        tests: list[Callable[[Held], bool]] = [
            lambda each: each.source == name,
            lambda each: each.title == name,
            lambda each: Path(each.source).name == name,
            lambda each: Path(each.source).is_absolute() and Path(each.source) == Path(name).absolute(),
        ]
        for test in tests:
            found = [each for each in held if test(each)]
            if len(found) == 1:
                return found[0]
            if found:
                ids = ", ".join(each.article_id for each in found[:5])
                raise LibraryError(f"{name}: {len(found)} articles are called so; name one by its id ({ids})")
        raise ArticleNotFound(name)

    def _take_out(self, held: Sequence[Held], *, keep_out: bool) -> list[str]:
        removed = self._store.take_out([each.article_id for each in held], keep_out=keep_out)
        self._forget_originals({each.sha256 for each in held})
        self._catch_up()
        return removed

    def _ranked(
        self,
        query: str,
        vector: npt.NDArray[np.float32] | None,
        where: Where,
        method: Method,
        depth: int,
        preference: Preference,
    ) -> list[tuple[int, float, dict[str, float | int | None]]]:
        passing = [held for held in self._all() if where.matches(_fields(held))] if where else None
        if passing == []:
            return []
        bonus: dict[int, float] = {}
        dense: dict[int, float] = {}
        words: dict[int, float] = {}

        def look(articles: Sequence[int] | None, passages: npt.NDArray[np.int64] | None) -> None:
            if vector is not None:
                dense.update(self._vector_view().search(vector, depth, passages))
            if method is not Method.VECTORS:
                words.update(self._words.search(query, depth, articles))

        everywhere = None if passing is None else [held.key for held in passing]
        look(everywhere, None if everywhere is None or vector is None else self._store.passage_keys(everywhere))
        if preference.bonus:
            by_bonus: dict[float, list[int]] = {}
            for held in self._all() if passing is None else passing:
                if (value := preference.bonus.get(held.article_id)) is not None:
                    by_bonus.setdefault(value, []).append(held.key)
            for value, keys in by_bonus.items():
                bonus |= dict.fromkeys(self._store.passage_keys(keys).tolist(), value)
            if bonus:
                # By itself, too: among many articles the passages of the preferred may stand below `depth`.
                look([key for keys in by_bonus.values() for key in keys], np.fromiter(bonus, dtype=np.int64))
        return _ordered(dense, words, bonus, self._store.places_of, method, self._search_settings)

    def _hits(
        self, query: str, ranked: Sequence[tuple[int, float, dict[str, float | int | None]]], k: int
    ) -> tuple[Hit, ...]:
        """The best `k` that the store still has; furniture ranked down unless the question asks for it."""
        factor = 1.0 if self._asks_for_furniture(query) else self._search_settings.furniture_factor
        hits: list[Hit] = []
        # What is ranked down can fall below what comes later, so a margin is looked at; and what another process took
        # out a moment ago makes room for what comes behind it.
        margin = k + 20
        found: dict[int, tuple[StoredPassage, Held]] = {}
        for first in range(0, len(ranked), margin):
            found |= self._store.passages([key for key, _, _ in ranked[first : first + margin]])
            if len(found) >= k + 10:
                break
        for key, score, trace in ranked:
            if key not in found:
                continue
            passage, held = found[key]
            hits.append(
                Hit(
                    key=key,
                    article_id=held.article_id,
                    title=held.title,
                    source=held.source,
                    published=held.published,
                    heading=passage.heading,
                    section=passage.section,
                    start=passage.start,
                    end=passage.end,
                    text=passage.text,
                    pages=passage.pages,
                    furniture=passage.furniture,
                    sha256=held.sha256,
                    text_sha256=held.text_sha256,
                    score=score * factor if passage.furniture and score > 0 else score,
                    units=passage.units,
                    columns=passage.columns,
                    facts=held.facts,
                    trace=trace,
                )
            )
        hits.sort(key=lambda hit: (-hit.score, hit.key))
        return tuple(hits[:k])

    def _verify_article(self, held: Held) -> Iterator[Problem]:
        where = f"{held.source} ({held.article_id})"
        try:
            article = self._store.article(held.article_id)
            passages = self._store.passages_of(held.article_id)
        except LibraryDamaged as error:
            yield Problem(f"it cannot be read ({error.__cause__})", where)
            return
        if article is None:
            return
        if sha256_hex(article.text) != held.text_sha256:
            yield Problem("the text is not the one that was stored", where)
        if len(passages) != held.passages:
            yield Problem(f"it has {len(passages)} of {held.passages} passages", where)
        if held.embedder == self.embedder.identity:
            wrong = self._store.wrong_vectors(held.article_id, self.embedder.dimension)
            if wrong:
                yield Problem(f"the vectors of {wrong} passages are damaged", where)
        for passage in passages:
            if article.text[passage.start : passage.end] != passage.text:
                yield Problem(f"the passage at {passage.start} is not what the article says there", where)
        source = self._kept_source(_summary(held))
        if isinstance(source, SourceError):
            yield Problem(source.reason, where)
        elif sha256_hex(source.read_bytes()) != held.sha256:
            yield Problem("the kept original is not the file that was read", where)

    # Originals: under their SHA-256, beside the store -------------------------------------------------------------

    def _original_path(self, sha256: str) -> Path:
        return self.folder / "originals" / sha256[:2] / sha256

    def _keep_original(self, sha256: str, data: bytes) -> None:
        path = self._original_path(sha256)
        if path.exists():
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}.tmp")
            try:
                temporary.write_bytes(data)
                os.replace(temporary, path)
            finally:
                temporary.unlink(missing_ok=True)
        except OSError as error:
            raise _disk_error(path, error) from error

    def _forget_originals(self, digests: Iterable[str]) -> None:
        for digest in self._store.unreferenced(digests):
            self._original_path(digest).unlink(missing_ok=True)

    def _kept_source(self, summary: ArticleSummary) -> Source | SourceError:
        kept = self._store.original(summary.article_id)
        if kept is None:
            return SourceMissing(summary.source, "is no longer in the library")
        original, row, sha256 = kept
        path = self._original_path(sha256)
        data = row
        if data is None:
            try:
                data = path.read_bytes()
            except OSError:
                return SourceMissing(summary.source, f"its kept original is missing ({path}); add the file again")
        return Source(
            name=summary.source,
            data=data,
            media_type=original.media_type,
            title=original.title,
            published=None if original.published is None else date.fromisoformat(original.published),
            fetched=original.fetched,
        )


@dataclass(slots=True)
class _Waiting:
    """An article read and cut, waiting for its vectors."""

    source: Source
    article: Article
    head: str
    passages: list[Passage]
    data: bytes
    replaces: bool


@dataclass(slots=True)
class _Group:
    """Articles whose vectors are computed together, with neighbours of equal length, and stored at once."""

    waiting: dict[str, _Waiting]
    passages: int = 0
    size: int = 0
    vectors: "Future[Vectors] | None" = None

    def append(self, each: _Waiting) -> None:
        self.waiting[each.article.article_id] = each
        self.passages += len(each.passages)
        self.size += len(each.data)


class _Adding:
    """One call of `Library.add`: what was read, what waits for vectors, and what became of everything.

    Children read ahead, the thread that called cuts and stores, and another computes vectors of one group while the
    next is read. No more than `_MOST_GROUPS` of them are held, so that memory does not grow with what is added.
    """

    def __init__(
        self, library: Library, origin: str, total: int | None, size: int | None, on_progress: OnProgress | None
    ) -> None:
        self._library = library
        self._origin = origin
        self._on_progress = on_progress
        self._made_with = library._made_with()
        self._pace = Pace(total, size)
        self._group = _Group({})
        self._computing: deque[_Group] = deque()
        self._embedding = ThreadPoolExecutor(1, thread_name_prefix="vectors")
        held = library._all()
        self._by_id = {each.article_id: (each.sha256, each.made_with) for each in held}
        self._by_sha256 = {each.sha256: each.source for each in held}
        self._results: dict[str, list[Any]] = {
            name: [] for name in ("added", "replaced", "unchanged", "duplicates", "failed")
        }

    def run(self, sources: Iterable[Source | SourceError], stop: Callable[[], bool] | None) -> None:
        library = self._library
        try:
            with WorkerPool(library._workers, ocr_language=library._ocr_language) as pool:
                for source, result in pool.read(self._to_read(sources, stop), while_waiting=self._store_finished):
                    if isinstance(result, SourceEncrypted) and (held := self._as_held(source)) is not None:
                        result = held
                    if isinstance(result, SourceError):
                        self._fail(source, result)
                    else:
                        self._read(source, result)
            self._finish()
        except KeyboardInterrupt:
            # What is under way takes seconds, and took minutes to read perhaps; a second Ctrl-C ends that, too.
            self._finish(begun_only=True)
            raise
        finally:
            self._embedding.shutdown(cancel_futures=True)
        library._catch_up()

    def report(self) -> AddReport:
        results = self._results
        return AddReport(
            added=tuple(results["added"]),
            replaced=tuple(results["replaced"]),
            unchanged=tuple(results["unchanged"]),
            duplicates=tuple(results["duplicates"]),
            failed=tuple(results["failed"]),
        )

    def _to_read(self, sources: Iterable[Source | SourceError], stop: Callable[[], bool] | None) -> Iterator[Source]:
        """The sources that a worker must read; the others are read here or reported, on the way."""
        for source in sources:
            if stop is not None and stop():
                return
            if isinstance(source, SourceError):
                self._fail(None, source)
                continue
            try:
                digest = _sha256_of(source)
            except SourceError as error:
                self._fail(source, error)
                continue
            identity = article_id(source.name)
            sha256, made_with = self._by_id.get(identity, ("", ""))
            if sha256 == digest and made_with == self._made_with:
                self._skip(source, identity)
                continue
            if self._by_sha256.get(sha256) == source.name:
                del self._by_sha256[sha256]  # its bytes are others now
            same_as = self._by_sha256.get(digest)
            if same_as is not None and same_as != source.name and identity not in self._by_id:
                self._skip(source, identity, same_as)
                continue
            self._tell(source.name, "reading")
            if needs_worker(source):
                yield source
                continue
            try:
                article = read_article(source)
            except SourceError as error:
                self._fail(source, error)
            else:
                self._read(source, article)

    def _as_held(self, source: Source) -> Article | None:
        """The article as the library holds it, where its file is the same and only its password is not at hand.

        Passwords are not kept, and neither is a copy without one: after a change of parser such an article keeps the
        text that it was read with, and is cut and embedded anew like all others.
        """
        identity = article_id(source.name)
        if source.password or self._by_id.get(identity, ("", ""))[0] != _sha256_of(source):
            return None
        return self._library._store.article(identity, corrected=False)

    def _read(self, source: Source, article: Article) -> None:
        library = self._library
        try:
            data = source.read_bytes()
        except SourceError as error:
            self._fail(source, error)
            return
        if sha256_hex(data) != article.sha256:
            self._fail(source, SourceError(source.name, "changed while it was being read; add it again"))
            return
        if self._is_here(source, article):
            return
        shown = library._corrected(article)
        passages = split_article(shown, library.embedder.pieces, library._passage_settings)
        self._by_sha256.setdefault(article.sha256, source.name)
        replaces = article.article_id in self._by_id
        head = head_of(shown.title, shown.facts)
        self._group.append(_Waiting(source, article, head, passages, data, replaces))
        self._tell(source.name, "computing")
        if self._group.passages >= library._batch_passages or self._group.size >= _GROUP_BYTES:
            self._compute()

    def _is_here(self, source: Source, article: Article) -> bool:
        """Whether what was read came twice in this very call, named twice or under two names."""
        identity = article.article_id
        groups = [*self._computing, self._group]
        earlier = next((each.waiting[identity].article for each in groups if identity in each.waiting), None)
        if earlier is not None and earlier.sha256 != article.sha256:
            self._finish()  # the file changed meanwhile: what is new replaces what was read before
            earlier = None
        sha256, made_with = self._by_id.get(identity, ("", ""))
        if earlier is not None or (sha256 == article.sha256 and made_with == self._made_with):
            self._skip(source, identity)
            return True
        same_as = self._by_sha256.get(article.sha256)
        if same_as is not None and same_as != article.source and identity not in self._by_id:
            self._skip(source, identity, same_as)
            return True
        return False

    def _compute(self) -> None:
        """Have vectors computed of what waits, once there is room."""
        group, self._group = self._group, _Group({})
        if not group.waiting:
            return
        while len(self._computing) + 1 >= _MOST_GROUPS:
            self._store_next()
        texts = [passage.embedded for each in group.waiting.values() for passage in each.passages]
        group.vectors = self._embedding.submit(self._library.embedder.embed_passages, texts)
        self._computing.append(group)

    def _store_finished(self) -> None:
        while self._computing and self._vectors_of(self._computing[0]).done():
            self._store_next()

    def _finish(self, *, begun_only: bool = False) -> None:
        """Compute and store all that was read, or all whose vectors are already being computed."""
        if not begun_only:
            self._compute()
        while self._computing:
            if begun_only and self._vectors_of(self._computing[0]).cancel():
                return  # so are those behind it
            self._store_next()

    def _store_next(self) -> None:
        vectors = self._vectors_of(self._computing[0])
        while not vectors.done():
            wait([vectors], 0.5)  # not for ever: Windows hears Ctrl-C only between waits
            self._tell(next(iter(self._computing[0].waiting.values())).source.name, "computing")
        self._store(list(self._computing.popleft().waiting.values()), vectors.result())

    @staticmethod
    def _vectors_of(group: _Group) -> "Future[Vectors]":
        assert group.vectors is not None  # noqa: S101  (only groups that are being computed are asked)
        return group.vectors

    def _store(self, waiting: Sequence[_Waiting], vectors: Vectors) -> None:
        library = self._library
        new: list[NewArticle] = []
        old: set[str] = set()
        first = 0
        for each in waiting:
            row = each.data if each.source.media_type == ROW_MEDIA_TYPE else None
            new.append(
                NewArticle(
                    article=each.article,
                    head=each.head,
                    passages=each.passages,
                    vectors=vectors[first : first + len(each.passages)],
                    made_with=self._made_with,
                    embedder=library.embedder.identity,
                    origin=self._origin,
                    original=Original(
                        Path(each.source.name).name,
                        each.source.media_type,
                        each.source.title,
                        None if each.source.published is None else each.source.published.isoformat(),
                        each.source.fetched,
                    ),
                    row=row,
                )
            )
            first += len(each.passages)
            if each.replaces:
                old.add(self._by_id[each.article.article_id][0])
        files = [each for each in waiting if each.source.media_type != ROW_MEDIA_TYPE]

        def keep_originals() -> None:
            for each in files:
                library._keep_original(each.article.sha256, each.data)

        library._store.put(new, before=keep_originals)
        if old:
            library._forget_originals(old)
        for each in waiting:
            outcome = "replaced" if each.replaces else "added"
            self._results[outcome].append(each.article.article_id)
            self._by_id[each.article.article_id] = (each.article.sha256, self._made_with)
            self._pace.worked(each.source.size())
        for each in waiting:
            self._tell(each.source.name, "replaced" if each.replaces else "added")

    def _skip(self, source: Source, identity: str, same_as: str | None = None) -> None:
        self._pace.skipped(source.size())
        if same_as is None:
            self._results["unchanged"].append(identity)
            self._tell(source.name, "unchanged")
        else:
            self._results["duplicates"].append((source.name, same_as))
            self._tell(source.name, "duplicate", f"the same as {same_as}")

    def _fail(self, source: Source | None, error: SourceError) -> None:
        self._pace.skipped(0 if source is None else source.size())
        self._results["failed"].append(Failure(error.source, error.reason, isinstance(error, SourceEncrypted)))
        self._tell(error.source, "failed", error.reason)

    def _tell(self, name: str, outcome: str, detail: str = "") -> None:
        if self._on_progress is not None:
            pace = self._pace
            self._on_progress(Progress(pace.done, pace.total, name, outcome, detail, pace.remaining()))


def _ordered(
    dense: Mapping[int, float],
    words: Mapping[int, float],
    bonus: Mapping[int, float],
    places: Callable[[Collection[int]], Mapping[int, tuple[int, bool]]],
    method: Method,
    settings: SearchSettings,
) -> list[tuple[int, float, dict[str, float | int | None]]]:
    """Passage keys by score, best first, with where each leg found them; `places` as `fusion.in_context` wants them."""
    dense_ranks, words_ranks = _ranks(dense), _ranks(words)
    legs = [(key, dense[key]) for key in dense_ranks], [(key, words[key]) for key in words_ranks]
    unit = 1.0
    if method is Method.FUSED:
        scores = fusion.convex(*legs, settings.dense_weight)
        known = places(scores)
        scores = fusion.in_context(
            {key: score for key, score in scores.items() if key in known},
            known,
            neighbour=settings.neighbour_weight,
            article=settings.article_weight,
        )
    else:
        scores = fusion.reciprocal(*legs) if method is Method.RECIPROCAL else dict(dense or words)
        unit = max(scores.values(), default=0.0)
    if bonus:
        scores = {key: score + unit * bonus.get(key, 0.0) for key, score in scores.items()}
    ranked = []
    for key, score in sorted(scores.items(), key=lambda item: (-item[1], item[0])):
        trace: dict[str, float | int | None] = {
            "dense_rank": dense_ranks.get(key),
            "dense_score": dense.get(key),
            "words_rank": words_ranks.get(key),
            "words_score": words.get(key),
        }
        if key in bonus:
            trace["bonus"] = bonus[key]
        ranked.append((key, score, trace))
    return ranked


def _is_meant(held: Held, pattern: str) -> bool:
    """Whether a pattern is of this article's id, title, source or file name, or names a folder that it is in."""
    folder = pattern.replace("\\", "/").rstrip("/") + "/"
    if folder != "/" and held.source.replace("\\", "/").startswith(folder.removeprefix("./")):
        return True
    names = (held.article_id, held.title, held.source, re.split(r"[/\\]", held.source)[-1])
    return any(fnmatchcase(name.casefold(), pattern.casefold()) for name in names)


def _ranks(scores: Mapping[int, float]) -> dict[int, int]:
    """The rank of each key, from 1, in order."""
    return {key: rank for rank, key in enumerate(sorted(scores, key=lambda key: (-scores[key], key)), 1)}


def _sha256_of(source: Source) -> str:
    if source.data is not None or source.path is None:
        return sha256_hex(source.read_bytes())
    try:
        with open(source.path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return sha256_hex(source.read_bytes())  # raises the SourceError that says what is wrong


def _summary(held: Held) -> ArticleSummary:
    return ArticleSummary(
        article_id=held.article_id,
        title=held.title,
        source=held.source,
        published=held.published,
        facts=held.facts,
        origins=held.origins,
        pages=held.pages,
        passages=held.passages,
        characters=held.characters,
        sha256=held.sha256,
    )


def _has_old_head(held: Held) -> bool:
    return held.head != head_of(held.title, held.facts)


def _fields(held: Held) -> dict[str, str | None]:
    return fields_of(held.article_id, held.source, held.title, held.published, held.facts)


def _disk_error(path: Path, error: OSError) -> FootnoteError:
    try:
        full = error.errno in _FULL or shutil.disk_usage(path.parents[2]).free < 1_000_000
    except OSError:
        full = False
    if full:
        return LibraryFull(f"{path.parents[2]}: the disk is full; free some space and try again (nothing was lost)")
    return LibraryError(f"{path}: cannot be written ({error.strerror}); check the folder's permissions")


def _since(begin: float) -> float:
    return round((time.perf_counter() - begin) * 1000, 2)
