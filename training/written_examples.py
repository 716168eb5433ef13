"""Examples for the reader from questions written by hand on passages: some with an answer, some without.

    .venv/bin/python -m training.written_examples DATA LIBRARY OUT [--questions training/written_questions.jsonl.gz]

Each question names its passage by the SHA-256 of its text, since the texts are not ours to copy: a paragraph of the
training sets in DATA, or a passage of LIBRARY (as training/library_examples.py has it). "answer" are its words there,
"" where the passage does not answer. What the library's search finds beside a passage of its own is a wrong one.
"""

import argparse
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from index.embedder import SentenceEmbedder, find_model
from index.library import Library
from index.values import Hit
from training.reader_examples import Example, Pieces, make, places_of, rows_of, save

QUESTIONS = Path(__file__).parent / "written_questions.jsonl.gz"
_NEAR = 4  # wrong passages to a question
_LONG = 60  # characters from which an answer is told apart by where it stands, not by its words


def main() -> None:
    """Write the examples."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("library", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--questions", type=Path, default=QUESTIONS)
    args = parser.parse_args()
    pieces = Pieces(find_model("sentence-transformers/all-MiniLM-L6-v2") / "tokenizer.json")
    rows = rows_of(args.questions)
    with Library(args.library, SentenceEmbedder()) as library:
        made = [*of_paragraphs(args.data, rows, pieces), *of_library(library, rows, pieces)]
    save(made, args.out)


def key_of(text: str) -> str:
    """What a question names its passage by."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def of_paragraphs(data: Path, rows: Sequence[Mapping[str, Any]], pieces: Pieces) -> Iterator[Example]:
    """Questions on paragraphs of the training sets."""
    asked = {row["passage"] for row in rows}
    known: dict[str, tuple[str, str]] = {}
    for file in sorted((data / "train").glob("*.jsonl.gz")):
        for paragraph in rows_of(file):
            key = key_of(paragraph["context"])
            if key in asked:
                known[key] = (paragraph["title"].replace("_", " "), paragraph["context"])
    for row in rows:
        if row["passage"] in known:
            heading, text = known[row["passage"]]
            yield from _own(pieces, row, heading, text)


def of_library(library: Library, rows: Sequence[Mapping[str, Any]], pieces: Pieces) -> Iterator[Example]:
    """Questions on passages of the library, each with the nearest wrong passages."""
    texts = {}
    for summary in library.articles():
        article = library.article(summary.article_id).article
        for start, end in library.passages(summary.article_id):
            texts[key_of(article.text[start:end])] = (summary.article_id, start, end)
    for row in rows:
        if row["passage"] not in texts:
            continue
        article_id, start, end = texts[row["passage"]]
        found = library.search(row["question"], k=12).hits
        own = next((hit for hit in found if (hit.article_id, hit.start, hit.end) == (article_id, start, end)), None)
        if own is None:
            body = library.article(article_id).article.text[start:end]
            yield from _own(pieces, row, "", body)
        else:
            yield from _own(pieces, row, own.heading, own.text)
        if row["answer"]:
            for hit in wrong(found, row["answer"], article_id, start, end):
                yield make(pieces, row["question"], hit.heading, hit.text, [], 0, "written:near")


def _own(pieces: Pieces, row: Mapping[str, Any], heading: str, text: str) -> Iterator[Example]:
    """A question with the passage that it was written for."""
    if not row["answer"]:
        # It speaks of the subject, so nothing is said of its relevance.
        yield make(pieces, row["question"], heading, text, [], -1, "written:null")
        return
    places = places_of(row["answer"], text)
    if 0 < len(places) <= 3:
        yield make(pieces, row["question"], heading, text, places, 1, "written")


def wrong(found: Sequence[Hit], answer: str, article_id: str, start: int, end: int) -> list[Hit]:
    """The first passages that neither overlap the right one nor hold its answer's words."""
    return [
        hit
        for hit in found
        if not (hit.article_id == article_id and hit.start < end and hit.end > start)
        and (len(answer) > _LONG or answer.lower() not in hit.text.lower())
    ][:_NEAR]


if __name__ == "__main__":
    main()
