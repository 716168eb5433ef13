"""The truth: articles, blocks, places, passages and their vectors, in SQLite through SQLAlchemy Core.

The one file that touches SQLAlchemy. Knows no models and no views; views ask it what changed since the revision that
they show. Every change is one transaction that begins IMMEDIATE, so that a killed process leaves the store as it was
before or after an article. Keys are integers that are never used again.
"""

import json
import sqlite3
import tempfile
import uuid
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import islice
from operator import sub
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from errors import LibraryBusy, LibraryDamaged, LibraryError, LibraryFull
from index.values import Correction
from ingest.article import Article, Block, BlockKind, Place, Row, sha256_hex
from ingest.corrections import lay_over
from ingest.passages import Passage, Unit
from ingest.sources import Fetched

# 2: articles hold where facts were found, places where their words stand. 3: corrections.
FORMAT = 3
BUSY_SECONDS = 30

_Item = TypeVar("_Item")

_metadata = sa.MetaData()
_properties = sa.Table(
    "properties",
    _metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
_articles = sa.Table(
    "articles",
    _metadata,
    sa.Column("key", sa.Integer, primary_key=True),
    sa.Column("article_id", sa.Text, nullable=False, unique=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("published", sa.Text),
    sa.Column("facts", sa.Text, nullable=False),
    sa.Column("origins", sa.Text, nullable=False, server_default="{}"),  # since format 2
    sa.Column("head", sa.Text, nullable=False, server_default=""),  # since 3: what its passages' headings begin with
    sa.Column("sha256", sa.Text, nullable=False, index=True),
    sa.Column("text_sha256", sa.Text, nullable=False),
    sa.Column("text", sa.LargeBinary, nullable=False),  # UTF-8, deflated
    sa.Column("characters", sa.Integer, nullable=False),
    sa.Column("blocks", sa.LargeBinary, nullable=False),  # JSON, deflated
    sa.Column("pages", sa.Integer),
    sa.Column("passages", sa.Integer, nullable=False),
    sa.Column("made_with", sa.Text, nullable=False),  # parser version, passage and embedder settings
    sa.Column("embedder", sa.Text, nullable=False),  # vectors of another embedder are in another space
    sa.Column("origin", sa.Text, nullable=False),  # "corpus" when it came with the drop folder, else "user"
    sa.Column("original", sa.Text, nullable=False),  # how the original is read again: see Original
    sa.Column("row", sa.LargeBinary),  # the original bytes of a .jsonl row, deflated; files lie beside the store
    sqlite_autoincrement=True,
)
_places = sa.Table(
    "places",
    _metadata,
    sa.Column("article", sa.Integer, primary_key=True),
    sa.Column("page", sa.Integer, primary_key=True),
    sa.Column("places", sa.LargeBinary, nullable=False),  # JSON, deflated
)
_passages = sa.Table(
    "passages",
    _metadata,
    sa.Column("key", sa.Integer, primary_key=True),
    sa.Column("article", sa.Integer, nullable=False, index=True),
    sa.Column("start", sa.Integer, nullable=False),
    sa.Column("end", sa.Integer, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("heading", sa.Text, nullable=False),
    sa.Column("section", sa.Text, nullable=False),
    sa.Column("pages", sa.Text, nullable=False),
    sa.Column("furniture", sa.Boolean, nullable=False),
    sa.Column("units", sa.Text, nullable=False),  # JSON: column names, then start, end and kind of each unit
    sa.Column("vector", sa.LargeBinary, nullable=False),  # little-endian float16
    sa.Column("revision", sa.Integer, nullable=False, index=True),
    sqlite_autoincrement=True,
)
_gone = sa.Table(
    "gone",
    _metadata,
    sa.Column("passage", sa.Integer, primary_key=True),
    sa.Column("revision", sa.Integer, nullable=False, index=True),
)
_kept_out = sa.Table(  # articles of the drop folder that a person removed: out until the file changes
    "kept_out",
    _metadata,
    sa.Column("article_id", sa.Text, primary_key=True),
    sa.Column("sha256", sa.Text, nullable=False),
)
_corrections = sa.Table(  # what a person said of an article: it stays when the article is read again, or goes
    "corrections",
    _metadata,
    sa.Column("article_id", sa.Text, primary_key=True),
    sa.Column("corrected", sa.Text, nullable=False),  # JSON: value by key, null for what is not so
)


@dataclass(frozen=True, slots=True)
class Original:
    """How the original bytes are read again: under which file name and media type, with which given title and date.

    `fetched` is what the web server said of them.
    """

    file_name: str
    media_type: str | None = None
    title: str | None = None
    published: str | None = None
    fetched: Fetched | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """What the store holds of an article, without its text: corrections are laid over what was found.

    `head` is what the headings of its passages begin with.
    """

    key: int
    article_id: str
    source: str
    title: str
    published: date | None
    facts: Mapping[str, str]
    origins: Mapping[str, str]
    sha256: str
    text_sha256: str
    characters: int
    pages: int | None
    passages: int
    made_with: str
    embedder: str
    origin: str
    head: str
    corrections: tuple[Correction, ...]


@dataclass(frozen=True, slots=True)
class NewArticle:
    """An article as it was found, ready to be stored: its passages with vectors of shape (len(passages), dimension).

    Their headings begin with `head`.
    """

    article: Article
    head: str
    passages: Sequence[Passage]
    vectors: npt.NDArray[np.float32]
    made_with: str
    embedder: str
    origin: str
    original: Original
    row: bytes | None = None


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage as stored, with the key of its article."""

    key: int
    article: int
    start: int
    end: int
    text: str
    heading: str
    section: str
    pages: tuple[int, ...]
    furniture: bool
    units: tuple[Unit, ...]
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """What a view needs to go from one revision to `revision`: passages that are new, and keys that are gone."""

    revision: int
    gone: tuple[int, ...]
    keys: npt.NDArray[np.int64]


class Store:
    """The store in `folder`/store.sqlite; made when missing. Safe to use from several threads and processes.

    Raises LibraryDamaged when the file is no store, LibraryBusy when another writer holds it for over 30 s,
    LibraryFull when the disk is full.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / "store.sqlite"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LibraryError(f"{folder}: the library's folder cannot be made ({error.strerror})") from error
        self._engine = sa.create_engine(
            f"sqlite:///{self.path}", connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False}
        )
        sa.event.listen(self._engine, "connect", _on_connect)
        with self._reading() as connection:
            found = _format(connection)
        if found < FORMAT:  # only then is the lock of a writer needed
            with self._writing() as connection:
                _bring_up_to_date(connection)
        if found > FORMAT:
            raise LibraryError(f"{folder}: made by a newer version of Footnote; update the program to open it")

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    # Properties -------------------------------------------------------------------------------------------------

    def property(self, key: str) -> str | None:
        """A remembered value, None when there is none."""
        with self._reading() as connection:
            return _property(connection, key)

    def set_property(self, key: str, value: str) -> None:
        """Remember a value."""
        with self._writing() as connection:
            _set_property(connection, key, value)

    def identity(self) -> str:
        """Tells this store from any other, so that a view of another one is not taken for its own."""
        return self.property("identity") or ""

    def revision(self) -> int:
        """The number of the last change, from 0."""
        return int(self.property("revision") or 0)

    # Articles ---------------------------------------------------------------------------------------------------

    def put(self, new: Sequence[NewArticle], before: Callable[[], None] = lambda: None) -> int:
        """Add or replace articles in one transaction; return the revision after it.

        `before` runs inside it, when no other process can be changing the store.
        """
        with self._writing() as connection:
            before()
            revision = _next_revision(connection)
            ids = [each.article.article_id for each in new]
            _take_out(connection, ids, revision)
            for some in _slices(ids, 500):
                connection.execute(_kept_out.delete().where(_kept_out.c.article_id.in_(some)))
            for each in new:
                article = each.article
                encoded = article.text.encode("utf-8", "surrogatepass")
                row = {
                    "article_id": article.article_id,
                    "source": article.source,
                    "title": article.title,
                    "published": None if article.published is None else article.published.isoformat(),
                    "facts": json.dumps(dict(article.facts), ensure_ascii=False),
                    "origins": json.dumps(dict(article.origins), ensure_ascii=False),
                    "head": each.head,
                    "sha256": article.sha256,
                    "text_sha256": sha256_hex(encoded),
                    "text": zlib.compress(encoded, 1),
                    "characters": len(article.text),
                    "blocks": _pack_blocks(article.blocks),
                    "pages": article.pages,
                    "passages": len(each.passages),
                    "made_with": each.made_with,
                    "embedder": each.embedder,
                    "origin": each.origin,
                    "original": _pack_original(each.original),
                    "row": None if each.row is None else zlib.compress(each.row, 1),
                }
                inserted = connection.execute(_articles.insert(), row)
                key = int(inserted.lastrowid)
                _insert_places(connection, key, article.places)
                _insert_passages(connection, key, each.passages, each.vectors, revision)
            return revision

    def recut(self, key: int, head: str, passages: Sequence[Passage], vectors: npt.NDArray[np.float32]) -> bool:
        """Put other passages in the place of an article's, in one transaction; False when it is no longer there."""
        with self._writing() as connection:
            if connection.scalar(sa.select(_articles.c.key).where(_articles.c.key == key)) is None:
                return False  # taken out, or replaced under another key
            revision = _next_revision(connection)
            _take_passages_out(connection, key, revision)
            _insert_passages(connection, key, passages, vectors, revision)
            connection.execute(
                _articles.update().where(_articles.c.key == key).values(head=head, passages=len(passages))
            )
            return True

    def correct(self, article_id: str, changes: Mapping[str, str | None], undo: Collection[str] = ()) -> None:
        """Keep corrections of an article beside those there are, and forget those of `undo`."""
        with self._writing() as connection:
            kept = _corrections_of(connection, article_id)
            corrected = {key: value for key, value in {**kept, **changes}.items() if key not in undo}
            connection.execute(_corrections.delete().where(_corrections.c.article_id == article_id))
            if corrected:
                packed = json.dumps(corrected, ensure_ascii=False)
                connection.execute(_corrections.insert().values(article_id=article_id, corrected=packed))
            _next_revision(connection)

    def corrections(self, article_id: str) -> dict[str, str | None]:
        """What a person said of an article, whether it is there or not."""
        with self._reading() as connection:
            return _corrections_of(connection, article_id)

    def take_out(self, article_ids: Sequence[str], *, keep_out: bool) -> list[str]:
        """Remove articles in one transaction; return the ids that were there.

        `keep_out` remembers that a person did it.
        """
        with self._writing() as connection:
            held = [
                row
                for some in _slices(list(article_ids), 500)
                for row in connection.execute(
                    sa.select(_articles.c.article_id, _articles.c.sha256).where(_articles.c.article_id.in_(some))
                )
            ]
            if not held:
                return []
            revision = _next_revision(connection)
            ids = [row.article_id for row in held]
            _take_out(connection, ids, revision)
            if keep_out:
                for row in held:
                    connection.execute(_kept_out.delete().where(_kept_out.c.article_id == row.article_id))
                    connection.execute(_kept_out.insert().values(article_id=row.article_id, sha256=row.sha256))
            return ids

    def unreferenced(self, digests: Iterable[str]) -> Iterator[str]:
        """Those of the SHA-256 digests that no article has; no other process changes the store meanwhile."""
        with self._writing() as connection:
            for digest in digests:
                if connection.scalar(sa.select(_articles.c.key).where(_articles.c.sha256 == digest).limit(1)) is None:
                    yield digest

    def kept_out(self) -> dict[str, str]:
        """SHA-256 by article id of what a person removed."""
        with self._reading() as connection:
            return {row.article_id: row.sha256 for row in connection.execute(sa.select(_kept_out))}

    def held(self) -> list[Held]:
        """All articles, in the order in which they were added."""
        with self._reading() as connection:
            return [_held(row) for row in connection.execute(_HELD.order_by(_articles.c.key))]

    def article(self, article_id: str, *, corrected: bool = True) -> Article | None:
        """An article whole, with its corrections or as it was found; None when it is not there."""
        with self._reading() as connection:
            row = connection.execute(sa.select(_articles).where(_articles.c.article_id == article_id)).one_or_none()
            if row is None:
                return None
            places = connection.execute(
                sa.select(_places.c.page, _places.c.places).where(_places.c.article == row.key).order_by(_places.c.page)
            ).all()
            corrections = _corrections_of(connection, article_id) if corrected else {}
            title, published, facts, origins = lay_over(*_found(row), corrections)
            return Article(
                source=row.source,
                title=title,
                text=zlib.decompress(row.text).decode("utf-8", "surrogatepass"),
                sha256=row.sha256,
                published=published,
                facts=facts,
                origins=origins,
                blocks=_unpack_blocks(row.blocks),
                places=tuple(place for page in places for place in _unpack_places(page.page, page.places)),
                pages=row.pages,
            )

    def boxes(self, article_id: str, start: int, end: int) -> list[tuple[float, float, float, float, float]]:
        """(page, left, top, right, bottom) of the words of [start, end), line by line, in points from the top left."""
        with self._reading() as connection:
            rows = connection.execute(
                sa.select(_places.c.page, _places.c.places)
                .join(_articles, _articles.c.key == _places.c.article)
                .where(_articles.c.article_id == article_id)
                .where(_places.c.page.in_(self._pages_of(connection, article_id, start, end)))
                .order_by(_places.c.page)
            ).all()
            return [
                (place.page, *box)
                for row in rows
                for place in _unpack_places(row.page, row.places)
                for box in place.boxes_of(start, end)
            ]

    def _pages_of(self, connection: sa.Connection, article_id: str, start: int, end: int) -> list[int]:
        rows = connection.execute(
            sa.select(_passages.c.pages)
            .join(_articles, _articles.c.key == _passages.c.article)
            .where(_articles.c.article_id == article_id, _passages.c.start < end, _passages.c.end > start)
        )
        return sorted({int(page) for row in rows for page in row.pages.split(",") if page})

    def original(self, article_id: str) -> tuple[Original, bytes | None, str] | None:
        """How to read an article again, its row's bytes (None for a file), and the SHA-256 of the bytes."""
        with self._reading() as connection:
            row = connection.execute(
                sa.select(_articles.c.original, _articles.c.row, _articles.c.sha256).where(
                    _articles.c.article_id == article_id
                )
            ).one_or_none()
        if row is None:
            return None
        return _unpack_original(row.original), None if row.row is None else zlib.decompress(row.row), row.sha256

    def fetched_from(self, address: str) -> str | None:
        """The id of the article that was fetched from an address, where its server said something of the version."""
        with self._reading() as connection:
            rows = connection.execute(
                sa.select(_articles.c.article_id, _articles.c.original).where(_articles.c.source.startswith("http"))
            ).all()
        for row in rows:
            fetched = _unpack_original(row.original).fetched
            if fetched is not None and fetched.address == address:
                return str(row.article_id)
        return None

    # Passages ---------------------------------------------------------------------------------------------------

    def passages(self, keys: Sequence[int]) -> dict[int, tuple[StoredPassage, Held]]:
        """Passages with their articles, by key, from one read; keys that are gone are missing."""
        result: dict[int, tuple[StoredPassage, Held]] = {}
        articles: dict[int, Held] = {}
        with self._reading() as connection:
            for some in _slices(list(keys), 500):
                rows = connection.execute(sa.select(*_PASSAGE_COLUMNS).where(_passages.c.key.in_(some))).all()
                missing = {row.article for row in rows} - set(articles)
                for few in _slices(sorted(missing), 500):
                    for row in connection.execute(_HELD.where(_articles.c.key.in_(few))):
                        articles[row.key] = _held(row)
                for row in rows:
                    result[row.key] = (_passage(row), articles[row.article])
        return result

    def passages_of(self, article_id: str) -> list[StoredPassage]:
        """An article's passages, in order."""
        with self._reading() as connection:
            rows = connection.execute(
                sa.select(*_PASSAGE_COLUMNS)
                .join(_articles, _articles.c.key == _passages.c.article)
                .where(_articles.c.article_id == article_id)
                .order_by(_passages.c.key)
            )
            return [_passage(row) for row in rows]

    def passage_keys(self, articles: Sequence[int]) -> npt.NDArray[np.int64]:
        """Keys of all passages of these articles (by their keys)."""
        found: list[int] = []
        with self._reading() as connection:
            for some in _slices(list(articles), 500):
                found += connection.scalars(sa.select(_passages.c.key).where(_passages.c.article.in_(some))).all()
        return np.array(found, dtype=np.int64)

    def places_of(self, passages: Iterable[int]) -> dict[int, tuple[int, bool]]:
        """The article of each passage (by keys), and whether it is the only one there; gone ones are left out."""
        found: dict[int, tuple[int, bool]] = {}
        columns = (_passages.c.key, _passages.c.article, _articles.c.passages)
        with self._reading() as connection:
            for some in _slices(list(passages), 500):
                query = sa.select(*columns).join(_articles, _articles.c.key == _passages.c.article)
                for row in connection.execute(query.where(_passages.c.key.in_(some))):
                    found[row.key] = (row.article, row.passages == 1)
        return found

    def count_passages(self) -> int:
        """How many passages there are."""
        with self._reading() as connection:
            return int(connection.scalar(sa.select(sa.func.count()).select_from(_passages)) or 0)

    def change_since(self, revision: int) -> Change:
        """What changed after `revision`."""
        with self._reading() as connection:
            now = int(_property(connection, "revision") or 0)
            if now == revision:  # what every search asks first: the queries below would read all passages
                return Change(now, (), np.zeros(0, dtype=np.int64))
            gone = (
                connection.scalars(sa.select(_gone.c.passage).where(_gone.c.revision > revision)).all()
                if revision
                else []
            )
            keys = connection.scalars(
                sa.select(_passages.c.key).where(_passages.c.revision > revision).order_by(_passages.c.key)
            ).all()
        return Change(now, tuple(gone), np.array(keys, dtype=np.int64))

    def vectors(
        self, keys: Sequence[int] | npt.NDArray[np.int64], embedder: str, dimension: int
    ) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]]:
        """Keys and vectors in slices of a few thousand, of passages that this embedder made.

        Others are left out, and so are vectors of another width than `dimension`: they are damaged.
        """
        width = 2 * dimension
        for some in _slices([int(key) for key in keys], 4000):
            with self._reading() as connection:
                rows = connection.execute(
                    sa.select(_passages.c.key, _passages.c.vector)
                    .join(_articles, _articles.c.key == _passages.c.article)
                    .where(_passages.c.key.between(some[0], some[-1]), _articles.c.embedder == embedder)
                    .order_by(_passages.c.key)
                ).all()
            wanted = set(some)
            rows = [row for row in rows if row.key in wanted and len(row.vector) == width]
            if rows:
                vectors = np.frombuffer(b"".join(row.vector for row in rows), dtype="<f2").reshape(len(rows), -1)
                yield np.array([row.key for row in rows], dtype=np.int64), vectors.astype(np.float32)

    def texts(self, keys: Sequence[int] | npt.NDArray[np.int64]) -> Iterator[tuple[int, int, str, str]]:
        """(key, article key, heading, text) of passages, in slices; keys that are gone are left out."""
        for some in _slices([int(key) for key in keys], 4000):
            with self._reading() as connection:
                rows = connection.execute(
                    sa.select(_passages.c.key, _passages.c.article, _passages.c.heading, _passages.c.text)
                    .where(_passages.c.key.between(some[0], some[-1]))
                    .order_by(_passages.c.key)
                ).all()
            wanted = set(some)
            yield from ((row.key, row.article, row.heading, row.text) for row in rows if row.key in wanted)

    def check(self) -> list[str]:
        """What SQLite itself finds wrong, empty when nothing is."""
        try:
            with self._reading() as connection:
                found = connection.exec_driver_sql("PRAGMA quick_check(20)").scalars().all()
        except LibraryDamaged as error:
            return [str(error.__cause__)]
        return [str(line) for line in found if line != "ok"]

    def wrong_vectors(self, article_id: str, dimension: int) -> int:
        """How many of an article's passages have a vector of another width, or one that is not of length 1."""
        with self._reading() as connection:
            rows = connection.scalars(
                sa.select(_passages.c.vector)
                .join(_articles, _articles.c.key == _passages.c.article)
                .where(_articles.c.article_id == article_id)
            ).all()
        wrong = 0
        for row in rows:
            length = (
                float(np.linalg.norm(np.frombuffer(row, dtype="<f2").astype(np.float32))) if len(row) % 2 == 0 else 0
            )
            wrong += len(row) != 2 * dimension or not 0.98 < length < 1.02
        return wrong

    # Connections ------------------------------------------------------------------------------------------------

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        with _translated(self.path), self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            yield connection
            connection.rollback()

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        with _translated(self.path), self._engine.connect() as connection:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            connection.commit()


_HELD = sa.select(
    *(
        _articles.c[name]
        for name in (
            "key article_id source title published facts origins sha256 text_sha256 characters pages passages made_with"
            " embedder origin head"
        ).split()
    ),
    _corrections.c.corrected,
).select_from(_articles.outerjoin(_corrections, _corrections.c.article_id == _articles.c.article_id))
_PASSAGE_COLUMNS = [
    _passages.c[name] for name in "key article start end text heading section pages furniture units".split()
]


def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves: the driver's own would not be IMMEDIATE
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except (zlib.error, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise LibraryDamaged(_damaged(path, error)) from error
    except sa.exc.DBAPIError as error:
        said = str(error.orig).lower()
        if "locked" in said or "busy" in said:
            raise LibraryBusy(
                f"{path}: another program has been changing the library for over {BUSY_SECONDS} seconds; "
                "try again when it is done"
            ) from error
        if "full" in said or ("i/o error" in said and not _can_write(path.parent)):
            raise LibraryFull(f"{path}: the disk is full; free some space and try again (nothing was lost)") from error
        if "malformed" in said or "not a database" in said:
            raise LibraryDamaged(_damaged(path, error.orig)) from error
        if "readonly" in said or "unable to open" in said:
            raise LibraryError(f"{path}: cannot be written ({error.orig}); check the folder's permissions") from error
        if "i/o error" in said:
            raise LibraryError(f"{path}: cannot be read or written ({error.orig}); check the disk") from error
        raise


def _damaged(path: Path, error: object) -> str:
    return (
        f"{path}: is damaged ({error}); restore it from a backup, or move the library's folder away "
        "and add the articles anew"
    )


def _can_write(folder: Path) -> bool:
    """Whether a megabyte can be written there: a quota or a limit of file sizes looks like a broken disk otherwise."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(1_000_000))
    except OSError:
        return False
    return True


def _format(connection: sa.Connection) -> int:
    """The format of what is there, 0 when nothing is."""
    return int(_property(connection, "format") or 0) if sa.inspect(connection).has_table("properties") else 0


def _bring_up_to_date(connection: sa.Connection) -> None:
    """Make the tables, or add to those of an older format what it lacks."""
    found = _format(connection)  # another process may have done it meanwhile
    if found >= FORMAT:
        return
    _metadata.create_all(connection)
    if not found:
        _set_property(connection, "revision", "0")
        _set_property(connection, "identity", uuid.uuid4().hex)
    else:
        there = {column["name"] for column in sa.inspect(connection).get_columns("articles")}
        for name in {"origins", "head"} - there:
            added = sa.schema.CreateColumn(_articles.c[name]).compile(dialect=connection.dialect)
            connection.exec_driver_sql(f"ALTER TABLE articles ADD COLUMN {added}")
    _set_property(connection, "format", str(FORMAT))


def _property(connection: sa.Connection, key: str) -> str | None:
    value = connection.scalar(sa.select(_properties.c.value).where(_properties.c.key == key))
    return None if value is None else str(value)


def _set_property(connection: sa.Connection, key: str, value: str) -> None:
    connection.execute(_properties.delete().where(_properties.c.key == key))
    connection.execute(_properties.insert().values(key=key, value=value))


def _next_revision(connection: sa.Connection) -> int:
    revision = int(_property(connection, "revision") or 0) + 1
    _set_property(connection, "revision", str(revision))
    return revision


def _take_out(connection: sa.Connection, article_ids: Sequence[str], revision: int) -> None:
    for some in _slices(article_ids, 500):
        for key in connection.scalars(sa.select(_articles.c.key).where(_articles.c.article_id.in_(some))).all():
            _take_passages_out(connection, key, revision)
            connection.execute(_places.delete().where(_places.c.article == key))
            connection.execute(_articles.delete().where(_articles.c.key == key))


def _take_passages_out(connection: sa.Connection, key: int, revision: int) -> None:
    connection.execute(
        _gone.insert().from_select(
            ["passage", "revision"],
            sa.select(_passages.c.key, sa.literal(revision)).where(_passages.c.article == key),
        )
    )
    connection.execute(_passages.delete().where(_passages.c.article == key))


def _insert_passages(
    connection: sa.Connection,
    key: int,
    passages: Sequence[Passage],
    vectors: npt.NDArray[np.float32],
    revision: int,
) -> None:
    halves = np.ascontiguousarray(vectors, dtype="<f2")
    rows = [
        {
            "article": key,
            "start": passage.start,
            "end": passage.end,
            "text": passage.text,
            "heading": passage.heading,
            "section": passage.section,
            "pages": ",".join(map(str, passage.pages)),
            "furniture": passage.furniture,
            "units": _pack_units(passage),
            "vector": halves[i].tobytes(),
            "revision": revision,
        }
        for i, passage in enumerate(passages)
    ]
    if rows:
        connection.execute(_passages.insert(), rows)


def _corrections_of(connection: sa.Connection, article_id: str) -> dict[str, str | None]:
    packed = connection.scalar(sa.select(_corrections.c.corrected).where(_corrections.c.article_id == article_id))
    return {} if packed is None else dict(json.loads(packed))


def _found(row: Any) -> tuple[str, date | None, dict[str, str], dict[str, str]]:
    """Title, date, facts and origins of an article as they were found."""
    published = None if row.published is None else date.fromisoformat(row.published)
    return row.title, published, json.loads(row.facts), json.loads(row.origins)


def _insert_places(connection: sa.Connection, key: int, places: Iterable[Place]) -> None:
    pages: dict[int, list[Place]] = {}
    for place in places:
        pages.setdefault(place.page, []).append(place)
    rows = [{"article": key, "page": page, "places": _pack_places(held)} for page, held in pages.items()]
    if rows:
        connection.execute(_places.insert(), rows)


def _pack_places(places: Sequence[Place]) -> bytes:
    """The places of a page: step from the last one's end, length, boxes and number of words of each; then the stops of
    all as four columns of steps from word to word: small whole numbers, like ones together, take half the room.
    """
    rows: list[list[Any]] = []
    columns: tuple[list[int], ...] = ([], [], [], [])
    end = 0
    for place in places:
        boxes = [[round(10 * number) for number in box] for box in place.boxes]
        rows.append([place.start - end, place.end - place.start, boxes, len(place.stops) // 4])
        end = place.end
        starts, ends, lefts, rights = (place.stops[each::4] for each in range(4))
        columns[0].extend(map(sub, starts, (0, *ends)))
        columns[1].extend(map(sub, ends, starts))
        columns[2].extend(map(sub, lefts, (0, *rights)))
        columns[3].extend(map(sub, rights, lefts))
    return zlib.compress(json.dumps([rows, *columns], separators=(",", ":")).encode(), 6)


def _unpack_places(page: int, packed: bytes) -> Iterator[Place]:
    held = json.loads(zlib.decompress(packed))
    if isinstance(held[0][0], int):  # format 1: start, end and boxes in points
        for start, end, boxes in held:
            yield Place(start, end, page, tuple((box[0], box[1], box[2], box[3]) for box in boxes))
        return
    rows, *columns = held
    steps = zip(*columns, strict=True)
    end = 0
    for gap, length, boxes, words in rows:
        start = end + gap
        end = start + length
        stops: list[int] = []
        last = edge = 0
        for before, letters, space, width in islice(steps, words):
            first, left = last + before, edge + space
            last, edge = first + letters, left + width
            stops += (first, last, left, edge)
        yield Place(start, end, page, tuple((b[0] / 10, b[1] / 10, b[2] / 10, b[3] / 10) for b in boxes), tuple(stops))


def _pack_original(original: Original) -> str:
    fetched = original.fetched
    return json.dumps(
        [
            original.file_name,
            original.media_type,
            original.title,
            original.published,
            None if fetched is None else [fetched.address, fetched.etag, fetched.last_modified],
        ]
    )


def _unpack_original(text: str) -> Original:
    file_name, media_type, title, published, *more = json.loads(text)
    fetched = Fetched(*more[0]) if more and more[0] is not None else None
    return Original(file_name, media_type, title, published, fetched)


def _pack_blocks(blocks: Sequence[Block]) -> bytes:
    rows = [[b.kind.value, b.start, b.end, b.page, b.level, _pack_row(b.row)] for b in blocks]
    return zlib.compress(
        json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"), 1
    )


def _unpack_blocks(packed: bytes) -> tuple[Block, ...]:
    rows = json.loads(zlib.decompress(packed).decode("utf-8", "surrogatepass"))
    return tuple(
        Block(BlockKind(kind), start, end, page, level, _unpack_row(row)) for kind, start, end, page, level, row in rows
    )


def _pack_row(row: Row | None) -> list[Any] | None:
    return None if row is None else [row.columns, row.cells, row.labels, row.caption, row.unit, row.indent]


def _unpack_row(packed: list[Any] | None) -> Row | None:
    if not packed:
        return None
    if isinstance(packed[0], str):  # of an article that was read before rows had more than their columns
        return Row(columns=tuple(packed))
    columns, cells, labels, caption, unit, indent = packed
    return Row(tuple((start, end) for start, end in cells), tuple(columns), tuple(labels), caption, unit, indent)


def _held(row: Any) -> Held:
    found = _found(row)
    corrected: dict[str, str | None] = {} if row.corrected is None else json.loads(row.corrected)
    title, published, facts, origins = lay_over(*found, corrected) if corrected else found
    return Held(
        key=row.key,
        article_id=row.article_id,
        source=row.source,
        title=title,
        published=published,
        facts=facts,
        origins=origins,
        sha256=row.sha256,
        text_sha256=row.text_sha256,
        characters=row.characters,
        pages=row.pages,
        passages=row.passages,
        made_with=row.made_with,
        embedder=row.embedder,
        origin=row.origin,
        head=row.head,
        corrections=tuple(
            Correction(
                key, value, {**found[2], "title": row.title, "published": row.published}.get(key), found[3].get(key, "")
            )
            for key, value in corrected.items()
        ),
    )


def _pack_units(passage: Passage) -> str:
    units = [
        [unit.start - passage.start, unit.end - passage.start, unit.kind.value, _pack_row(unit.row)]
        for unit in passage.units
    ]
    return json.dumps([list(passage.columns), units], ensure_ascii=False, separators=(",", ":"))


def _passage(row: Any) -> StoredPassage:
    columns, units = json.loads(row.units)
    return StoredPassage(
        key=row.key,
        article=row.article,
        start=row.start,
        end=row.end,
        text=row.text,
        heading=row.heading,
        section=row.section,
        pages=tuple(int(page) for page in row.pages.split(",") if page),
        furniture=bool(row.furniture),
        units=tuple(
            Unit(row.start + start, row.start + end, BlockKind(kind), _unpack_row(more[0]) if more else None)
            for start, end, kind, *more in units
        ),
        columns=tuple(columns),
    )


def _slices(items: Sequence[_Item], size: int) -> Iterator[Sequence[_Item]]:
    for first in range(0, len(items), size):
        yield items[first : first + size]
