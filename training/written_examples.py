"""Examples for the reader from questions written by hand: some with an answer, some without.

    .venv/bin/python -m training.written_examples DATA LIBRARY OUT

The folder `training/written` has them. `questions.jsonl.gz`: each names its passage by the SHA-256 of its text, since
most of the texts are not ours to copy: a paragraph of the training sets in DATA, or a passage of LIBRARY (as
training/library_examples.py has it, with `written/documents` added). "answer" are its words there, "" where the passage
does not answer. `answers.jsonl.gz` has, by its `id`, the words that answer a question of which DATA tells the sentence
alone. What the library's search finds beside a passage of its own is a wrong one. `pairs/*.txt`: two texts on the same
things in other words, with what each of them answers; their form is told in `of_pairs`. All companies, figures and
rules in `documents` and `pairs` are invented.
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

WRITTEN = Path(__file__).parent / "written"
_NEAR = 4  # wrong passages to a question
_LONG = 60  # characters from which an answer is told apart by where it stands, not by its words


def main() -> None:
    """Write the examples."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("library", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    pieces = Pieces(find_model("sentence-transformers/all-MiniLM-L6-v2") / "tokenizer.json")
    rows = rows_of(WRITTEN / "questions.jsonl.gz")
    with Library(args.library, SentenceEmbedder()) as library:
        made = [
            *of_paragraphs(args.data, rows, pieces),
            *of_sentences(args.data, rows_of(WRITTEN / "answers.jsonl.gz"), pieces),
            *of_library(library, rows, pieces),
            *of_pairs(WRITTEN / "pairs", pieces),
        ]
    save(made, args.out)


def key_of(text: str) -> str:
    """What a question names its passage by."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def of_paragraphs(data: Path, rows: Sequence[Mapping[str, Any]], pieces: Pieces) -> Iterator[Example]:
    """Questions on paragraphs of the training sets."""
    asked = {row["passage"] for row in rows}
    known: dict[str, tuple[str, str]] = {}
    for paragraph in _training_rows(data):
        key = key_of(paragraph["context"])
        if key in asked:
            known[key] = (paragraph["title"].replace("_", " "), paragraph["context"])
    for row in rows:
        if row["passage"] in known:
            heading, text = known[row["passage"]]
            yield from _own(pieces, row, heading, text)


def of_sentences(data: Path, rows: Sequence[Mapping[str, Any]], pieces: Pieces) -> Iterator[Example]:
    """Questions of the training sets with the sentence that answers, told more exactly: the words of it that do."""
    known = {row["id"]: row["answer"] for row in rows}
    for row in _training_rows(data):
        if row["id"] not in known:
            continue
        sentence = row["answers"][0]
        places = places_of(known[row["id"]], sentence["text"])
        if 0 < len(places) <= 2:
            moved = [(sentence["answer_start"] + start, sentence["answer_start"] + end) for start, end in places]
            heading = row["title"].replace("_", " ")
            yield make(pieces, row["question"], heading, row["context"], moved, 1, f"{row['source']}:words")


def _training_rows(data: Path) -> Iterator[dict[str, Any]]:
    for file in sorted((data / "train").glob("*.jsonl.gz")):
        yield from rows_of(file)


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


def of_pairs(folder: Path, pieces: Pieces) -> Iterator[Example]:
    """Questions on the pairs of texts in a folder's .txt files, each question with either text.

    A pair begins with a line "=== title of A | title of B", then "A: text", "B: text", and questions: "Q: question",
    the words of A that answer it and those of B, parted by tabs, "-" for none.
    """
    for file in sorted(folder.glob("*.txt")):
        titles, texts = ["", ""], ["", ""]
        for line in file.read_text(encoding="utf-8").splitlines():
            if line.startswith("==="):
                titles = [each.strip() for each in line.strip("= ").split("|")]
            elif line.startswith(("A:", "B:")):
                texts["AB".index(line[0])] = line[2:].strip()
            elif line.startswith("Q:"):
                question, *answers = (each.strip() for each in line[2:].split("\t"))
                for title, text, answer in zip(titles, texts, answers, strict=False):
                    places = places_of(answer, text)
                    if answer == "-":
                        yield make(pieces, question, title, text, [], -1, "written:pair:null")
                    elif 0 < len(places) <= 2:
                        yield make(pieces, question, title, text, places, 1, "written:pair")


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
