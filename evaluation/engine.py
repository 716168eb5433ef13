"""What is evaluated, seen from here: something that searches and asks. The library with its answerer is one."""

from collections.abc import Sequence
from typing import Protocol

from chat.answer import Answer
from errors import SettingError
from index.values import Method, SearchResult, StoredArticle


class Engine(Protocol):
    """What an evaluation asks. `method` is a name, so that an engine may offer more than the library does."""

    @property
    def revision(self) -> int:
        """The revision of the library that is searched."""
        ...

    def search(self, query: str, k: int, method: str) -> SearchResult:
        """The first `k` passages; SettingError when there is no such method."""
        ...

    def ask(self, question: str, after: Sequence[str]) -> Answer:
        """An answer, or why there is none."""
        ...

    def article(self, name: str) -> StoredArticle:
        """The article with this id; ArticleNotFound when there is none."""
        ...


class Searchable(Protocol):
    """What `LibraryEngine` needs of a library."""

    @property
    def revision(self) -> int:
        """Counts the changes."""
        ...

    def search(self, query: str, *, k: int = 10, method: Method = Method.FUSED) -> SearchResult:
        """The first `k` passages."""
        ...

    def article(self, name: str) -> StoredArticle:
        """The article with this id."""
        ...


class Asked(Protocol):
    """What `LibraryEngine` needs of an answerer."""

    def ask(self, question: str, *, after: Sequence[str] = ()) -> Answer:
        """An answer, or why there is none."""
        ...


class LibraryEngine:
    """A library and its answerer as an Engine: evaluation sees what users see."""

    def __init__(self, library: Searchable, answerer: Asked) -> None:
        self._library = library
        self._answerer = answerer

    @property
    def revision(self) -> int:
        """The library's revision."""
        return self._library.revision

    def search(self, query: str, k: int, method: str) -> SearchResult:
        """The library's first `k` passages by the method of that name."""
        return self._library.search(query, k=k, method=parse_method(method))

    def ask(self, question: str, after: Sequence[str]) -> Answer:
        """The answerer's answer."""
        return self._answerer.ask(question, after=after)

    def article(self, name: str) -> StoredArticle:
        """The library's article."""
        return self._library.article(name)


def parse_method(name: str) -> Method:
    """The method of that name; SettingError lists the ones there are."""
    try:
        return Method(name)
    except ValueError:
        raise SettingError(f"{name}: no such way to search; there are {', '.join(Method)}") from None
