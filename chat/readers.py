"""Puts the reader of a library together, from the name that a setting gives."""

from collections.abc import Callable
from pathlib import Path

from chat.candidates import Candidates
from chat.model_reader import ModelReader
from chat.reader import Reader, SentenceReader
from chat.span_model import load_span_model
from index.library import Library

NO_MODEL = "none"


def make_reader(library: Library, name: str | Path) -> Reader:
    """The reader in the folder `name`, or one without a model where it is "none". Raises ModelError.

    It computes with the number type that the library's embedder found the quicker one, and with as many threads.
    """
    if str(name) == NO_MODEL:
        return SentenceReader(library.embedder, library)
    number_type: Callable[[], str] = lambda: str(getattr(library.embedder, "number_type", "float32"))  # noqa: E731
    threads: Callable[[], int] = lambda: int(getattr(library.embedder, "threads", 1))  # noqa: E731
    model = load_span_model(name, number_type=number_type, threads=threads)
    return ModelReader(model, Candidates(library), library.embedder)
