"""Whether articles hold the words of their PDF pages, whole and in order, against PDFium's raw text. Not a test.

    .venv/bin/python tests/benchmark_words.py FOLDER_OR_PDF... [--pages 30] [--seed 3] [--look FOLDER]

Pages are drawn with a fixed seed from all pages of the PDFs. For each: its raw words; the share of them that the
article has from that page; the words left out (they should be running headers, footers and page numbers alone); words
that the article has and the page lacks; `order`, the share of the common words that stand in the longest common order;
and `breaks`, how many times the article jumps to another place of the raw text, where that is no gap left by words that
were left out. The raw text is in the order that the page is drawn in, which may itself be wrong: jumps are for the eye.
`--look` writes each page as a picture with the article's text of it beside, to compare by eye.
"""

import argparse
import random
import re
from bisect import bisect_left
from collections import Counter
from difflib import SequenceMatcher
from pathlib import Path

import pypdfium2

from ingest.article import Article
from ingest.cleaning import clean_text
from ingest.formats import pdf
from ingest.sources import Source

_WORD = re.compile(r"\w+")


def main() -> None:
    """Draw the pages, compare, print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--pages", type=int, default=30)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--look", type=Path)
    args = parser.parse_args()
    files = [file for path in args.paths for file in (sorted(path.rglob("*.pdf")) if path.is_dir() else [path])]
    drawn = _drawn(files, args.pages, args.seed)
    print("| page | raw words | kept | left out | added | order | breaks |\n|---|---|---|---|---|---|---|")
    totals = [0, 0, 0, 0, 0]
    for file in sorted({file for file, _ in drawn}):
        data = file.read_bytes()
        article = pdf.read(data, Source(file.name, data=data))
        document = pypdfium2.PdfDocument(data)
        for number in sorted(number for name, number in drawn if name == file):
            page = document[number - 1]
            raw = _words(_unbroken(page.get_textpage().get_text_range()))
            text = page_text(article, number)
            mine = _words(text)
            out, added = Counter(raw) - Counter(mine), Counter(mine) - Counter(raw)
            common = len(mine) - added.total()
            ordered, breaks = order(raw, mine)
            kept = (len(raw) - out.total()) / max(len(raw), 1)
            shown = " ".join(word for word, count in out.items() for _ in range(count))
            print(
                f"| {file.stem}, {number} | {len(raw)} | {kept:.3f} | {_short(shown)} | {_short(' '.join(added))} "
                f"| {ordered / max(common, 1):.3f} | {breaks} |",
                flush=True,
            )
            counts = (len(raw), out.total(), added.total(), common, ordered)
            totals = [a + b for a, b in zip(totals, counts, strict=True)]
            if args.look:
                args.look.mkdir(parents=True, exist_ok=True)
                stem = args.look / f"{file.stem} {number}"
                page.render(scale=1.3).to_pil().save(f"{stem}.png")
                Path(f"{stem}.txt").write_text(blocks_text(article, number), "utf-8")
        document.close()
    raw_words, out_words, added_words, common, ordered = totals
    print(
        f"\n{len(drawn)} pages, {raw_words} raw words: kept {1 - out_words / raw_words:.4f}, "
        f"added {added_words / raw_words:.4f}, order {ordered / common:.4f}"
    )


def _drawn(files: list[Path], count: int, seed: int) -> list[tuple[Path, int]]:
    pages = []
    for file in files:
        document = pypdfium2.PdfDocument(file)
        pages += [(file, number) for number in range(1, len(document) + 1)]
        document.close()
    return random.Random(seed).sample(pages, min(count, len(pages)))


def page_text(article: Article, number: int) -> str:
    """The article's text that stands on a page."""
    parts, end = [], 0
    for place in article.places:
        if place.page == number:
            # A word that was cut at a line's end is whole again: its parts touch.
            parts.append(("" if place.start == end else "\n") + article.text[place.start : place.end])
            end = place.end
    return _unbroken("".join(parts))


def blocks_text(article: Article, number: int) -> str:
    """The blocks of which some words stand on a page, each behind its kind."""
    spans = [(place.start, place.end) for place in article.places if place.page == number]
    shown = []
    for block in article.blocks:
        if any(start < block.end and block.start < end for start, end in spans):
            level = str(block.level) if block.level else ""
            shown.append(f"[{block.kind.value}{level}] {article.text[block.start : block.end]}")
    return "\n".join(shown) + "\n"


def _unbroken(text: str) -> str:
    """Without hyphens, so that it does not matter which were put in at a line's end; PDFium marks those."""
    return re.sub(r"[\ufffe\u2010-]\s*", "", clean_text(text))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")))


def order(raw: list[str], mine: list[str]) -> tuple[int, int]:
    """How many words of `mine` stand in the longest order that they share with `raw`, and how often it jumps."""
    blocks = SequenceMatcher(None, raw, mine, autojunk=False).get_matching_blocks()
    in_order = sum(block.size for block in blocks)
    # Each word takes the nearest unused place behind the last one, else the first unused: an upper bound of jumps.
    places: dict[str, list[int]] = {}
    for index, word in enumerate(raw):
        places.setdefault(word, []).append(index)
    last, jumps = -1, 0
    for word in mine:
        free = places.get(word)
        if not free:
            continue
        index = bisect_left(free, last + 1)
        place = free.pop(index if index < len(free) else 0)
        jumps += place < last or place > last + 40
        last = place
    return in_order, jumps


def _short(text: str, limit: int = 70) -> str:
    text = text.replace("|", "\\|")
    return text if len(text) <= limit else text[:limit] + " …"


if __name__ == "__main__":
    main()
