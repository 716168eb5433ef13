"""Whether the boxes of quotes hold exactly the quoted words. A benchmark, not a test: nothing here passes or fails.

    .venv/bin/python tests/benchmark_boxes.py LIBRARY QUESTIONS.jsonl... [--units] [--show 20]

Asks the library, which holds PDFs, every question of the files (lines of JSON with "question" or "text"), and reads
with PDFium what stands inside the boxes of each quote on the pages of its original. With `--units` it takes everything
that the library could quote instead of what it does quote. Prints the shares as JSON, and what differs before it.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from chat.answering import Answerer
from chat.readers import make_reader
from chat.terms import asks_for_furniture
from index.embedder import SentenceEmbedder
from index.library import Library
from index.store import Store
from tests.words_in_boxes import Box, Pages

Marked = tuple[str, str, tuple[Box, ...]]  # the article's id, the quoted words, their boxes


def main() -> None:
    """Ask, look, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("library", type=Path)
    parser.add_argument("questions", nargs="*", type=Path)
    parser.add_argument("--units", action="store_true")
    parser.add_argument("--show", type=int, default=20)
    args = parser.parse_args()
    embedder = SentenceEmbedder(cache=args.library / "machine.json")
    with Library(args.library, embedder, asks_for_furniture=asks_for_furniture) as library:
        if args.units:
            marked = list(_units(library, Store(args.library)))
        else:
            marked = list(_quotes(library, embedder, args.questions))
        exact = unmarked = 0
        differing: Counter[str] = Counter()
        by_article: dict[str, list[Marked]] = {}
        for each in marked:
            by_article.setdefault(each[0], []).append(each)
        shown = 0
        for article, quotes in by_article.items():
            name, data = library.original(article)
            with Pages(data) as pages:
                for _, text, boxes in quotes:
                    unmarked += not boxes
                    same = pages.hold(boxes, text)
                    exact += same
                    differing[name] += not same
                    if not same and shown < args.show:
                        shown += 1
                        numbers = sorted({int(box[0]) for box in boxes})
                        found = pages.text_in(boxes)
                        print(f"{name}, page {numbers}\n  quote {text!r}\n  found {found!r}\n  boxes {boxes}")
        print(
            json.dumps(
                {
                    "quotes": len(marked),
                    "exact": exact,
                    "share": round(exact / max(len(marked), 1), 4),
                    "without_boxes": unmarked,
                    "differing": dict((+differing).most_common()),
                }
            )
        )


def _quotes(library: Library, embedder: SentenceEmbedder, files: list[Path]) -> Iterator[Marked]:
    reader = make_reader(library, Path(__file__).resolve().parent.parent / "models" / "reader")
    answerer = Answerer(library, reader)
    for path in files:
        for line in path.read_text("utf-8").split("\n"):
            if line.strip():
                row = json.loads(line)
                for quote in answerer.ask(str(row.get("question") or row.get("text"))).quotes:
                    yield quote.article_id, quote.text, quote.boxes


def _units(library: Library, store: Store) -> Iterator[Marked]:
    for summary in library.articles():
        article = library.article(summary.article_id).article
        units = [unit for passage in store.passages_of(summary.article_id) for unit in passage.units]
        for start, end in dict.fromkeys((unit.start, unit.end) for unit in units):
            boxes = ((place.page, *box) for place in article.places for box in place.boxes_of(start, end))
            yield summary.article_id, article.text[start:end], tuple(boxes)


if __name__ == "__main__":
    main()
