"""The word view: BM25 over passages. The one file that touches tantivy.

Knows the store's passages by key; a folder on disk shows some revision of the store and is brought forward under one
lock between processes. Losing it costs only the time to read the texts again.
"""

import logging
import shutil
import threading
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from index.files import locked, read_json, write_json
from index.store import Store

log = logging.getLogger(__name__)

_FORMAT = 1
_LOCK_SECONDS = 15.0
_WRITER_BYTES = 64_000_000
_ANALYZER = "footnote"
# Words and figures: a figure keeps its points and commas ("1,234.5"); every Han character stands alone.
_TOKEN = r"\p{N}+(?:[.,]\p{N}+)*[\p{L}]*|[\p{L}--\p{Han}]+[\p{N}]*|\p{Han}"  # noqa: S105
_FEW = 5000  # passages that a term stands in, which are counted one by one
_MOST_QUERY_TERMS = 64


class WordView:
    """BM25 over heading and text of passages. `folder` holds the index; None keeps it in memory alone.

    Safe to use from several threads.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._lock = threading.RLock()
        self._index: Any = None
        self._analyzer: Any = None
        self._revision = 0
        self._store: Store | None = None

    @property
    def revision(self) -> int:
        """The store revision that this view shows."""
        return self._revision

    def __len__(self) -> int:
        with self._lock:
            return 0 if self._index is None else int(self._index.searcher().num_docs)

    def catch_up(self, store: Store) -> None:
        """Show the store's current revision. Who cannot have the lock in time goes on in memory alone."""
        with self._lock:
            self._store = store
            if self._folder is not None:
                try:
                    if self._on_disk(store, self._folder):
                        return
                    log.warning("%s: held by another process; searching words from memory", self._folder)
                except (ValueError, OSError) as error:
                    # A disk that is full or may not be written: the store is whole, only this view cannot be kept.
                    log.warning("%s: cannot be written (%s); searching words from memory", self._folder, error)
                self._folder = None
                self._index = None
            if self._index is None:
                self._open(store)
            if store.revision() != self._revision:
                self._apply(store)

    def _on_disk(self, store: Store, folder: Path) -> bool:
        """Bring the folder and what is shown of it forward; False when another process holds it for too long."""
        if self._index is None:
            self._open(store)
        if store.revision() == self._revision:
            return True
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder / "lock", _LOCK_SECONDS) as had:
            if not had:
                return False
            self._open(store)  # also what another process has committed, or thrown away, since
            if not self._revision:
                self._begin()
            try:
                self._apply(store)
            except ValueError as error:
                log.warning("%s: the word index is unreadable and is made anew (%s)", folder, error)
                self._begin()
                self._apply(store)
        return True

    def search(self, query: str, k: int, articles: Sequence[int] | None = None) -> list[tuple[int, float]]:
        """Up to `k` (key, BM25 score) pairs, best first; only in `articles` (store keys) unless None."""
        import tantivy

        with self._lock:
            if self._index is None or (articles is not None and not articles):
                return []
            terms = self.terms(query)[:_MOST_QUERY_TERMS]
            if not terms:
                return []
            clauses = [(tantivy.Occur.Should, _holding(term)) for term in terms]
            wanted = tantivy.Query.boolean_query(clauses)
            if articles is not None:
                among = tantivy.Query.term_set_query(_schema(), "article", list(articles))
                wanted = tantivy.Query.boolean_query(
                    [(tantivy.Occur.Must, wanted), (tantivy.Occur.Must, tantivy.Query.const_score_query(among, 0.0))]
                )
            try:
                return self._found(wanted, k)
            except ValueError as error:
                if self._folder is None or self._store is None:
                    raise
                log.warning("%s: the word index is unreadable and is made anew (%s)", self._folder, error)
                (self._folder / "words.json").unlink(missing_ok=True)
                self._index = None
                self.catch_up(self._store)
                return self._found(wanted, k)

    def _found(self, wanted: Any, k: int) -> list[tuple[int, float]]:
        searcher = self._index.searcher()
        found = searcher.search(wanted, limit=k, count=False).hits
        keys = searcher.fast_field_values("key", [address for _, address in found])
        return [(int(key), float(score)) for (score, _), key in zip(found, keys, strict=True)]

    def terms(self, text: str) -> list[str]:
        """The terms of a text as the index knows them: lower case, stemmed, without stop words, each once."""
        with self._lock:
            if self._analyzer is None:
                self._analyzer = _analyzer()
            return list(dict.fromkeys(self._analyzer.analyze(text)))

    def frequencies(self, terms: Iterable[str]) -> dict[str, int]:
        """In how many passages each term stands: exactly where these are few, about where they are many."""
        with self._lock:
            if self._index is None:
                return dict.fromkeys(terms, 0)
            searcher = self._index.searcher()
            passages = int(searcher.num_docs)
            found = {}
            for term in terms:
                # What was removed is still among these, until the part of the index that held it is written anew.
                count = min(int(searcher.doc_freq("body", term)), passages)
                if 0 < count <= _FEW:
                    count = int(searcher.search(_holding(term), limit=1, count=True).count)
                found[term] = count
            return found

    def _open(self, store: Store) -> None:
        """Show what lies on disk, without changing it: nothing, when that is not an index of this store.

        Without the lock another process may be in the middle of writing, so trouble here is no proof of damage.
        """
        self._index, self._revision = None, 0
        if self._folder is not None:
            about = read_json(self._folder / "words.json")
            path = self._folder / "words"
            mine = about.get("format") == _FORMAT and about.get("store") == store.identity()
            # tantivy begins an index where it finds none.
            if mine and (path / "meta.json").exists():
                try:
                    index = _open_index(path)
                    if int(index.searcher().num_docs) == about.get("passages"):
                        self._index, self._revision = index, int(about.get("revision", 0))
                except (ValueError, OSError) as error:  # tantivy raises ValueError for all its own trouble
                    log.info("%s: the word index cannot be read (%s)", path, error)
        if self._index is None:
            self._index = _open_index(None)

    def _begin(self) -> None:
        """Begin an index without anything in it. On disk only under the lock."""
        self._index, self._revision = None, 0
        path = None
        if self._folder is not None:
            path = self._folder / "words"
            (self._folder / "words.json").unlink(missing_ok=True)
            shutil.rmtree(path, ignore_errors=True)
            path.mkdir(parents=True, exist_ok=True)
        self._index = _open_index(path)

    def _apply(self, store: Store) -> None:
        import tantivy

        change = store.change_since(self._revision)
        if change.revision < self._revision:  # the store was replaced by an older one
            self._begin()
            change = store.change_since(0)
        if change.revision == self._revision:
            self._index.reload()
            return
        writer = self._index.writer(_WRITER_BYTES, 1)
        if self._revision:
            # Also what is new: a process killed between commit and words.json has already put it in.
            for key in [*change.gone, *change.keys]:
                writer.delete_documents_by_term("key", int(key))
        for key, article, heading, text in store.texts(change.keys):
            body = f"{heading}\n{text}" if heading else text
            writer.add_document(tantivy.Document(key=key, article=article, body=body))
        writer.commit()
        writer.wait_merging_threads()
        self._index.reload()
        if self._folder is not None:
            about = {"format": _FORMAT, "store": store.identity(), "revision": change.revision, "passages": len(self)}
            write_json(self._folder / "words.json", about)
        self._revision = change.revision


def _open_index(path: Path | None) -> Any:
    """An index in a folder, begun when there is none, or in memory."""
    import tantivy

    index = tantivy.Index(_schema()) if path is None else tantivy.Index(_schema(), path=str(path))
    index.register_tokenizer(_ANALYZER, _analyzer())
    return index


@cache
def _schema() -> Any:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("key", indexed=True, fast=True)  # signed, as Python passes numbers
    builder.add_integer_field("article", indexed=True)
    builder.add_text_field("body", tokenizer_name=_ANALYZER, index_option="freq")
    return builder.build()


def _holding(term: str) -> Any:
    """The query for passages that a term stands in."""
    import tantivy

    return tantivy.Query.term_query(_schema(), "body", term, index_option="freq")


def _analyzer() -> Any:
    import tantivy

    return (
        tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.regex(_TOKEN))
        .filter(tantivy.Filter.remove_long(60))
        .filter(tantivy.Filter.lowercase())
        .filter(tantivy.Filter.ascii_fold())
        .filter(tantivy.Filter.stopword("english"))
        .filter(tantivy.Filter.stemmer("english"))
        .build()
    )
