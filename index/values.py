"""What the index gives back: hits, summaries and reports. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from ingest.article import Article
from ingest.listing import Listing
from ingest.passages import Unit


class Method(StrEnum):
    """How passages are ranked."""

    FUSED = "fused"  # dense and BM25 scores, each normalised, in a convex combination: the default
    RECIPROCAL = "reciprocal"  # reciprocal rank fusion of the two
    VECTORS = "vectors"  # dense alone
    WORDS = "words"  # BM25 alone


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage found: `text` is the article's `text[start:end]`, verbatim.

    `heading` was embedded and searched with the text and is never quoted; `section` is the path of headings above.
    `sha256` is of the original file, `text_sha256` of the article's text. `units` are what can be quoted of it,
    `columns` the column names of table rows among them. `facts` are the article's.
    `score` ranks within one search, higher is better. `trace` says how it came about: dense_score, dense_rank,
    words_score, words_rank (from 1), None where that leg did not find it; and the bonus in `score`, where there is one.
    """

    key: int
    article_id: str
    title: str
    source: str
    published: date | None
    heading: str
    section: str
    start: int
    end: int
    text: str
    pages: tuple[int, ...]
    furniture: bool
    sha256: str
    text_sha256: str
    score: float
    units: tuple[Unit, ...] = ()
    columns: tuple[str, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    trace: Mapping[str, float | int | None] = field(default_factory=dict)

    @property
    def page(self) -> int | None:
        """The page on which the passage begins, from 1; None where there are no pages."""
        return self.pages[0] if self.pages else None

    def to_json(self) -> dict[str, Any]:
        """The passage in the command line's shape."""
        return {
            "article_id": self.article_id,
            "title": self.title,
            "source": self.source,
            "section": self.section,
            "page": self.page,
            "pages": list(self.pages),
            "start": self.start,
            "end": self.end,
            "text": self.text,
            "score": self.score,
            "trace": dict(self.trace),
        }


@dataclass(frozen=True, slots=True)
class Preference:
    """Articles that a question is about, by the company and period it names.

    `bonus`, by article id, is added to the scores of an article's passages, which lie in [0, 1] before; `documents` are
    the very articles that it asks of. `notes` say in
    words how something in the question was read that could be read two ways. `rest` is the question without what named
    the document, where it named one: what its passages are to be read for. `uncovered` are articles of the company that
    is asked about which do not cover the period, where none does; `why_uncovered` says what the library has instead.
    """

    bonus: Mapping[str, float] = field(default_factory=dict)
    documents: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    rest: str = ""
    uncovered: frozenset[str] = frozenset()
    why_uncovered: str = ""


NO_PREFERENCE = Preference()


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Hits, best first, milliseconds for embed, retrieve, rerank and total, and what was preferred."""

    query: str
    hits: tuple[Hit, ...]
    milliseconds: Mapping[str, float]
    preference: Preference = NO_PREFERENCE


@dataclass(frozen=True, slots=True)
class ArticleSummary:
    """One line of the library's list. `pages` is None where there are none; `passages` counts them."""

    article_id: str
    title: str
    source: str
    published: date | None
    facts: Mapping[str, str]
    pages: int | None
    passages: int
    characters: int
    sha256: str
    origins: Mapping[str, str] = field(default_factory=dict)  # where facts, "title" and "published" were found

    def to_json(self) -> dict[str, Any]:
        """The summary in the command line's shape."""
        return {
            "article_id": self.article_id,
            "title": self.title,
            "source": self.source,
            "published": None if self.published is None else self.published.isoformat(),
            "facts": dict(self.facts),
            "origins": dict(self.origins),
            "pages": self.pages,
            "passages": self.passages,
            "characters": self.characters,
            "sha256": self.sha256,
        }


@dataclass(frozen=True, slots=True)
class Correction:
    """A fact, "title" or "published" as a person said it (None: there is none), and what was found, with where."""

    key: str
    value: str | None
    found: str | None
    found_in: str

    def to_json(self) -> dict[str, Any]:
        """The correction in the command line's shape."""
        return {"key": self.key, "value": self.value, "found": self.found, "found_in": self.found_in}


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article as the library holds it, corrections laid over what was found, with the SHA-256 of its text."""

    article: Article
    text_sha256: str
    corrections: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True)
class Failure:
    """A source that could not be added: which, and why with what to do. With its password it might be."""

    source: str
    error: str
    needs_password: bool = False

    def to_json(self) -> dict[str, Any]:
        """The failure in the command line's shape."""
        locked = {"needs_password": True} if self.needs_password else {}
        return {"source": self.source, "error": self.error} | locked


@dataclass(frozen=True, slots=True)
class Listed:
    """A feed or sitemap that was asked for: its pages are to be chosen from. `held` are addresses in the library."""

    listing: Listing
    held: frozenset[str]

    def to_json(self) -> dict[str, Any]:
        """The list in the command line's shape; numbers count from 1 and are what `--choose` takes."""
        return {
            "source": self.listing.address,
            "title": self.listing.title,
            "left_out": self.listing.left_out,
            "entries": [
                {
                    "number": number,
                    "title": each.title,
                    "source": each.address,
                    "published": None if each.published is None else each.published.isoformat(),
                    "held": each.address in self.held,
                }
                for number, each in enumerate(self.listing.entries, 1)
            ],
        }


@dataclass(frozen=True, slots=True)
class AddReport:
    """What adding did: article ids, bytes already held under another name, failures, and lists to choose from."""

    added: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    unchanged: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    duplicates: tuple[tuple[str, str], ...] = ()  # (source, the source that holds the same bytes)
    failed: tuple[Failure, ...] = ()
    listed: tuple[Listed, ...] = ()

    def __add__(self, other: "AddReport") -> "AddReport":
        """What both did, one after the other."""
        return AddReport(
            added=self.added + other.added,
            replaced=self.replaced + other.replaced,
            unchanged=self.unchanged + other.unchanged,
            removed=self.removed + other.removed,
            duplicates=self.duplicates + other.duplicates,
            failed=self.failed + other.failed,
            listed=self.listed + other.listed,
        )

    def to_json(self) -> dict[str, Any]:
        """The report in the command line's shape; `lists` is there only where there are any."""
        lists = {"lists": [each.to_json() for each in self.listed]} if self.listed else {}
        return lists | {
            "added": list(self.added),
            "replaced": list(self.replaced),
            "unchanged": list(self.unchanged),
            "removed": list(self.removed),
            "duplicates": [{"source": source, "same_as": same_as} for source, same_as in self.duplicates],
            "failed": [each.to_json() for each in self.failed],
        }


@dataclass(frozen=True, slots=True)
class RemoveReport:
    """Ids of what was removed, and names for which nothing could be."""

    removed: tuple[str, ...] = ()
    failed: tuple[Failure, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The report in the command line's shape."""
        return {
            "removed": list(self.removed),
            "failed": [{"article": each.source, "error": each.error} for each in self.failed],
        }


@dataclass(frozen=True, slots=True)
class Progress:
    """How far adding has come: sources done of total (None while unknown), and what happened to the last one.

    `outcome` is one of reading, computing (its vectors), added, replaced, unchanged, duplicate, removed, failed; of a
    folder that is watched also missing, back, or waiting (for the library). `detail` says why it failed. `remaining`
    is in seconds, None while nobody can tell.
    """

    done: int
    total: int | None
    source: str
    outcome: str
    detail: str = ""
    remaining: float | None = None

    @property
    def is_done(self) -> bool:
        """Whether nothing more happens to this source."""
        return self.outcome not in ("reading", "computing")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that does not agree: what, and where."""

    what: str
    where: str
