"""The error tree. Imports nothing of ours, so that every room can raise from it.

FootnoteError                  one line for the user: what happened, to which thing, what to do
├── SourceError                a source (file, URL, row) could not become an article
│   ├── SourceMissing          the path does not exist or is no file
│   ├── UnsupportedSource      no reader for this kind of file
│   ├── SourceUnreadable       broken, empty, wrongly encoded, or without text
│   ├── SourceEncrypted        needs a password
│   ├── SourceTooLarge         beyond a stated limit of bytes, pages or nesting
│   ├── SourceTimeout          reading it took longer than allowed, or its worker died
│   └── FetchError             a URL could not be fetched, or may not be
├── LibraryError               the library cannot do what was asked
│   ├── LibraryBusy            another process holds the lock for longer than we wait
│   ├── LibraryDamaged         what is on disk contradicts itself
│   ├── LibraryFull            the disk (or a quota) is full
│   └── ArticleNotFound        no such article
├── CorrectionError            a fact that a person corrects to what it cannot be
├── FilterError                a `where` expression that cannot be understood
├── ModelError                 a model is missing, altered or unusable
├── QuestionSetError           a question set that cannot be evaluated
└── SettingError               a setting with a value that it cannot have
"""

from collections.abc import Sequence


class FootnoteError(Exception):
    """Something a user can act on; `str(error)` is one complete line."""


class SourceError(FootnoteError):
    """A source could not become an article.

    `source` names it as the user knows it; `reason` says what happened and what to do, without the name.
    """

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(source, reason)
        self.source = source
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.source}: {self.reason}"


class SourceMissing(SourceError):
    """The path does not exist, or is not a file or folder."""


class UnsupportedSource(SourceError):
    """There is no reader for this kind of file."""


class SourceUnreadable(SourceError):
    """The file is broken, empty, wrongly encoded, or holds no text."""


class SourceEncrypted(SourceError):
    """The file needs a password."""


class SourceTooLarge(SourceError):
    """The file is beyond a limit of bytes, pages or nesting."""


class SourceTimeout(SourceError):
    """Reading took longer than allowed, or the process that read it died."""


class FetchError(SourceError):
    """The URL could not be fetched, or must not be."""


class LibraryError(FootnoteError):
    """The library cannot do what was asked."""


class LibraryBusy(LibraryError):
    """Another process holds the library for longer than we wait."""


class LibraryDamaged(LibraryError):
    """What is on disk contradicts itself."""


class LibraryFull(LibraryError):
    """The disk, or a quota on it, is full."""


class ArticleNotFound(LibraryError):
    """No article has this id, title or source."""

    def __init__(self, article: str) -> None:
        super().__init__(f"{article}: no such article; `app.py list` shows what the library holds")
        self.article = article


class CorrectionError(FootnoteError):
    """A fact cannot be corrected to this value, or not at all."""


class FilterError(FootnoteError):
    """A `where` expression that cannot be understood."""


class ModelError(FootnoteError):
    """A model is missing, altered or unusable."""


class QuestionSetError(FootnoteError):
    """A question set that cannot be evaluated. `problems` lists every one, the message perhaps only the first."""

    def __init__(self, message: str, problems: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class SettingError(FootnoteError):
    """A setting has a value that it cannot have."""
