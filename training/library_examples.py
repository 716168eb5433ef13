"""Examples for the reader made of a library's own passages, with what its search finds beside them as wrong ones.

    .venv/bin/python -m training.library_examples LIBRARY OUT [--tatqa FOLDER]

LIBRARY holds the articles; OUT is the file to write. Questions are made by template: a figure or date of a sentence
asked for in its place ("revenue grew how much to $24.5 billion"), the words of a sentence as a search, a heading as a
question, a table's cell by the names of its row and column. `--tatqa` adds the questions of a folder in BEIR layout
whose articles the library holds. Never made of the sets that measure (training/README.md names them).
"""

import argparse
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from index.embedder import SentenceEmbedder, find_model
from index.library import Library
from index.values import Hit
from ingest.article import BlockKind
from training.reader_examples import Example, Pieces, make, places_of, rows_of, save

_FIGURE = re.compile(
    r"(?:(?:US|HK|A|C)?[$€£¥]\s?)?\d[\d,]*(?:\.\d+)?(?:[- ]\d/\d)?"
    r"(?:\s?(?:%|percent(?:age points?)?|basis points|thousand|million|billion|trillion))*"
)
_DATE = re.compile(
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
    r"(?: \d{1,2})?(?:,? \d{4})?|\b(?:19|20)\d\d\b"
)
_STOP = frozenset(
    """a an and are as at be been but by for from had has have in into is it its of on or our that the their them they
    this to was we were which will with would you your there these those than then so not no also""".split()
)
_ABOUT = (
    "What is said about {}?", "{}", "What does the document say about {}?", "How is {} described?", "{}?",
    "Tell me about {}", "What are the details of {}?",
)  # fmt: skip
_CELL = (
    "What was {row} in {column}?", "{row} {column}", "How much was {row} for {column}?",
    "What were the {row} in {column}?",
    "{row} for {column}?", "What is the {row} as of {column}?",
)  # fmt: skip


def main() -> None:
    """Write the examples."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--tatqa", type=Path)
    parser.add_argument("--most", type=int, default=6000, help="questions made by template")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    random_ = random.Random(args.seed)
    pieces = Pieces(find_model("sentence-transformers/all-MiniLM-L6-v2") / "tokenizer.json")
    made: list[Example] = []
    with Library(args.library, SentenceEmbedder()) as library:
        if args.tatqa:
            made += _labelled(library, pieces, args.tatqa)
        made += _templates(library, pieces, args.most, random_)
    save(made, args.out)


def _labelled(library: Library, pieces: Pieces, folder: Path) -> Iterator[Example]:
    """Questions on contexts of text and table: the words of a cell or sentence, in passages as search finds them."""
    queries = {row["_id"]: row for row in rows_of(folder / "queries.jsonl.gz")}
    gold = {row["query_id"]: row["doc_id"] for row in rows_of(folder / "evidence.jsonl.gz")}
    for key, row in queries.items():
        answers = [str(each) for each in row["answer"]] if isinstance(row["answer"], list) else []
        spoken = row["category"] in ("span", "multi-span")
        for hit in library.search(row["text"], k=12).hits:
            own = hit.source == gold.get(key)
            found = [place for answer in answers for place in places_of(answer, hit.text)] if spoken else []
            if own and spoken and 0 < len(found) <= 4:
                yield _example(pieces, row["text"], hit, found, 1, "library:tatqa")
            elif own and not spoken:
                yield _example(pieces, row["text"], hit, (), 1, "library:tatqa:arithmetic", span_known=False)
            elif own:
                yield _example(
                    pieces, row["text"], hit, (), -1 if found else 0, "library:tatqa:null", span_known=not found
                )
            else:
                # Another report may answer as well ("total revenue in 2019"): nothing is said of its words.
                yield _example(pieces, row["text"], hit, (), 0, "library:tatqa:other", span_known=False)


def _templates(library: Library, pieces: Pieces, most: int, random_: random.Random) -> Iterator[Example]:
    sources = [summary.article_id for summary in library.articles()]
    random_.shuffle(sources)
    each = max(4, most // max(1, len(sources)))
    for article_id in sources:
        article = library.article(article_id).article
        spans = library.passages(article_id)
        questions = list(_questions(article.text, article.blocks, random_))
        random_.shuffle(questions)
        for question, start, end, first, last, source in questions[: each * 2]:
            inside = [i for i, (begin, stop) in enumerate(spans) if begin <= start and end <= stop]
            if not inside:
                continue
            hits = library.search(question, k=12).hits
            answer = article.text[start:end]
            given = 0
            for hit in hits:
                if hit.article_id == article_id and hit.start <= start and end <= hit.end:
                    yield _example(
                        pieces,
                        question,
                        hit,
                        [(start - hit.start, end - hit.start)],
                        1,
                        source,
                        spread=source == "library:words",
                    )
                elif (
                    given < 4
                    and answer not in hit.text
                    and not (hit.article_id == article_id and hit.start < last and hit.end > first)
                ):
                    given += 1
                    yield _example(pieces, question, hit, (), 0, source + ":near")
        most -= each
        if most <= 0:
            return


def _questions(
    text: str, blocks: Sequence[Any], random_: random.Random
) -> Iterator[tuple[str, int, int, int, int, str]]:
    """(question, start, end of its answer, start, end of the block, kind of example)."""
    for number, block in enumerate(blocks):
        body = text[block.start : block.end]
        if block.kind is BlockKind.HEADING and 8 <= len(body) <= 90:
            following = [each for each in blocks[number + 1 : number + 2] if each.kind is not BlockKind.HEADING]
            for each in following:
                question = random_.choice(_ABOUT).format(body.strip(" .:"))
                yield question, each.start, min(each.end, each.start + 200), each.start, each.end, "library:words"
        elif block.kind is BlockKind.TABLE_ROW and block.row is not None and len(block.row.cells) > 1:
            label = body[slice(*block.row.cells[0])].strip(" .:")
            columns = block.row.columns
            named = [
                (cell, columns[i])
                for i, cell in enumerate(block.row.cells)
                if i and i < len(columns) and columns[i] and re.search(r"\d", body[slice(*cell)])
            ]
            if re.search(r"[A-Za-z]{3}", label) and named:
                (first, last), column = random_.choice(named)
                row = label if not block.row.labels else f"{block.row.labels[-1]} {label}"
                question = random_.choice(_CELL).format(
                    row=row.lower() if random_.random() < 0.6 else row, column=column
                )
                yield question, block.start + first, block.start + last, block.start, block.end, "library:cell"
        elif block.kind in (BlockKind.PARAGRAPH, BlockKind.LIST_ITEM) and len(body) > 60:
            from ingest.sentences import sentence_spans

            spans = [span for span in sentence_spans(body) if 50 <= span[1] - span[0] <= 320]
            if not spans:
                continue
            begin, stop = random_.choice(spans)
            sentence = body[begin:stop]
            figures = [
                *(("figure", each) for each in _FIGURE.finditer(sentence)),
                *(("date", each) for each in _DATE.finditer(sentence)),
            ]
            figures = [each for each in figures if len(each[1].group()) > 1]
            if figures and random_.random() < 0.75:
                kind, match = random_.choice(figures)
                question = _asked_in_place(sentence, match, kind, random_)
                yield (
                    question,
                    block.start + begin + match.start(),
                    block.start + begin + match.end(),
                    block.start,
                    block.end,
                    "library:figure",
                )
            else:
                words = [word for word in re.findall(r"[\w’'-]+", sentence) if word.lower() not in _STOP]
                if len(words) >= 5:
                    first = random_.randint(0, max(0, len(words) - 6))
                    phrase = " ".join(
                        word for word in words[first : first + random_.randint(4, 9)] if random_.random() < 0.85
                    )
                    yield (
                        random_.choice(_ABOUT).format(phrase),
                        block.start + begin,
                        block.start + stop,
                        block.start,
                        block.end,
                        "library:words",
                    )


def _asked_in_place(sentence: str, match: re.Match[str], kind: str, random_: random.Random) -> str:
    """The sentence with words in place of its figure, and some others left out."""
    text = match.group()
    if kind == "date":
        asked = random_.choice(("when", "which date", "what year")) if not text.isdigit() else "which year"
    elif "%" in text or "percent" in text or "basis" in text:
        asked = random_.choice(("what percentage", "how much", "what percent"))
    elif text[0] in "$€£¥UHAC":
        asked = random_.choice(("how much", "how much money", "what amount"))
    else:
        asked = random_.choice(("how many", "how much", "what number"))
    before, after = sentence[: match.start()].split(), sentence[match.end() :].split()
    before, after = before[-random_.randint(5, 14) :], after[: random_.randint(3, 9)]
    keep = [word for word in before if random_.random() < 0.85], [word for word in after if random_.random() < 0.85]
    if random_.random() < 0.4:
        return f"{asked.capitalize()} {' '.join(keep[1])} {' '.join(keep[0])}".strip(" .,;") + "?"
    return f"{' '.join(keep[0])} {asked} {' '.join(keep[1])}".strip(" .,;") + "?"


def _example(
    pieces: Pieces,
    question: str,
    hit: Hit,
    answers: Sequence[tuple[int, int]],
    relevant: int,
    source: str,
    *,
    spread: bool = False,
    span_known: bool = True,
) -> Example:
    return make(
        pieces, question, hit.heading, hit.text, answers, relevant, source, spread=spread, span_known=span_known
    )


if __name__ == "__main__":
    main()
