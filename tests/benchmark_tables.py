"""How often a question about one cell of a table is answered with that cell. A benchmark, not a test: nothing passes.

    .venv/bin/python tests/benchmark_tables.py filings SHARED/data/filings_10q/pdfs [--library DIR]
    .venv/bin/python tests/benchmark_tables.py tatqa SHARED/data/tatqa_dev [--library DIR] [--every 1]

`filings` asks the questions below, whose answers were read off the pages, of six quarterly reports. `tatqa` asks the
questions of TAT-QA (CC BY 4.0) that one cell answers, once over all contexts and once within the right one, since most
were written with the context in view. Prints as JSON, of all questions asked: `cell`, the answer is the cell; `row`,
the first quote is from the right article and holds it; `row@4`, one of four quotes does; `answered`.
"""

import argparse
import gzip
import json
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import app
from errors import SourceError
from index.where import EVERYTHING, parse_where
from ingest.sources import Source, find_sources
from settings import Settings

FILES = ("2023 Q3 AAPL", "2022 Q3 AAPL", "2022 Q3 AMZN", "2022 Q3 INTC", "2022 Q3 MSFT", "2022 Q3 NVDA")
# Question, the report that holds the answer, and the figure in the cell.
QUESTIONS = (
    ("What were Apple's net sales of services in the three months ended July 1, 2023?", 0, "21,213"),
    ("What were Apple's net sales of products in the nine months ended July 1, 2023?", 0, "230,901"),
    ("How much did Apple spend on research and development in the quarter ended July 1, 2023?", 0, "7,442"),
    ("What was Apple's gross margin for the nine months ended July 1, 2023?", 0, "128,721"),
    ("What was Apple's diluted earnings per share in the three months ended July 1, 2023?", 0, "1.26"),
    ("What was Apple's inventory as of July 1, 2023?", 0, "7,351"),
    ("How much were Apple's vendor non-trade receivables as of September 24, 2022?", 0, "32,748"),
    ("What was Apple's non-current term debt on July 1, 2023?", 0, "98,071"),
    ("How much did Apple spend on repurchases of common stock in the nine months ended July 1, 2023?", 0, "56,547"),
    ("What were net sales of iPad in the three months ended July 1, 2023?", 0, "5,791"),
    ("What were iPhone net sales in the nine months ended July 1, 2023?", 0, "156,778"),
    ("What was Apple's total net sales for the three months ended June 26, 2021?", 1, "81,434"),
    (
        "What were Apple's selling, general and administrative expenses in the nine months ended June 25, 2022?",
        1,
        "18,654",
    ),
    ("What was Apple's operating income in the three months ended June 25, 2022?", 1, "23,076"),
    ("What was Apple's share-based compensation expense in the nine months ended June 25, 2022?", 1, "6,760"),
    ("How many RSUs did Apple grant in the nine months ended June 25, 2022?", 1, "84,927"),
    ("What was Amazon's operating income in the three months ended September 30, 2022?", 2, "2,525"),
    ("How much did Amazon spend on fulfillment in the nine months ended September 30, 2022?", 2, "61,196"),
    ("What were Amazon's net product sales in the three months ended September 30, 2021?", 2, "54,876"),
    ("What was Amazon's goodwill at December 31, 2021?", 2, "15,371"),
    ("What were AWS net sales in the nine months ended September 30, 2022?", 2, "58,718"),
    ("What were net sales of Amazon's physical stores in the three months ended September 30, 2022?", 2, "4,694"),
    (
        "How much did Amazon pay for purchases of property and equipment in the nine months ended September 30, 2022?",
        2,
        "47,053",
    ),
    ("What were Amazon's operating lease liabilities due in 2024?", 2, "7,918"),
    ("What was Intel's net income in the three months ended October 1, 2022?", 3, "1,019"),
    ("What was Intel's total comprehensive income for the nine months ended September 25, 2021?", 3, "14,849"),
    ("What were Intel's inventories on October 1, 2022?", 3, "12,831"),
    ("How much short-term debt did Intel have as of December 25, 2021?", 3, "4,591"),
    (
        "What were Intel's employee severance and benefit arrangements in the nine months ended October 1, 2022?",
        3,
        "650",
    ),
    ("How much marketable debt of Intel is due in 2-5 years?", 3, "4,962"),
    ("What was Microsoft's product revenue in the three months ended September 30, 2022?", 4, "15,741"),
    ("What was Microsoft's sales and marketing expense in the three months ended September 30, 2021?", 4, "4,547"),
    ("What was Microsoft's goodwill as of June 30, 2022?", 4, "67,524"),
    ("How much short-term unearned revenue did Microsoft have at September 30, 2022?", 4, "41,340"),
    (
        "What was the adjusted cost basis of Microsoft's municipal securities of level 2 on September 30, 2022?",
        4,
        "372",
    ),
    ("What was NVIDIA's revenue in the three months ended October 30, 2022?", 5, "5,931"),
    ("What was NVIDIA's research and development expense for the nine months ended October 31, 2021?", 5, "3,802"),
    ("What was NVIDIA's interest income in the three months ended October 30, 2022?", 5, "88"),
    ("What was the estimated fair value of NVIDIA's corporate debt securities on January 30, 2022?", 5, "9,974"),
    ("What are NVIDIA's operating lease obligations for fiscal year 2025?", 5, "167"),
)


class Asked(NamedTuple):
    """A question, the source that holds the answer, and the cell."""

    question: str
    source: str
    cell: str


def main() -> None:
    """Fill a library, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("filings", "tatqa"))
    parser.add_argument("data", type=Path)
    parser.add_argument("--library", type=Path, help="use and keep this library instead of a temporary one")
    parser.add_argument("--every", type=int, default=1, help="ask every n-th question")
    parser.add_argument("--show", action="store_true", help="print what was not answered with the cell")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(library=args.library or Path(folder) / "library")
        asked = list(_filings() if args.what == "filings" else _tatqa(args.data))[:: args.every]
        with app._library(settings, argparse.Namespace(empty=True)) as library:
            if library.is_empty:
                report = library.add(_sources(args.what, args.data, Path(folder)))
                if report.failed:
                    raise SystemExit(f"{report.failed[0].source}: {report.failed[0].error}")
            answerer = app._answerer(library, settings)
            print(json.dumps(_measured(answerer, asked, within=False, show=args.show)))
            if args.what == "tatqa":
                print(json.dumps(_measured(answerer, asked, within=True, show=args.show)))


def _filings() -> Iterator[Asked]:
    for question, file, cell in QUESTIONS:
        yield Asked(question, f"{FILES[file]}.pdf", cell)


def _tatqa(data: Path) -> Iterator[Asked]:
    tables = {
        row["_id"]: {_bare(cell) for line in row["table"] for cell in line} for row in _rows(data / "corpus.jsonl.gz")
    }
    where = {row["query_id"]: row["doc_id"] for row in _rows(data / "evidence.jsonl.gz")}
    for row in _rows(data / "queries.jsonl.gz"):
        if row["category"] != "span" or not row["answer_from"].startswith("table") or row["derivation"]:
            continue
        answers = row["answer"] if isinstance(row["answer"], list) else [row["answer"]]
        if (
            len(answers) == 1
            and re.search(r"\d", str(answers[0]))
            and _bare(str(answers[0])) in tables[where[row["_id"]]]
        ):
            yield Asked(row["text"], where[row["_id"]], str(answers[0]))


def _sources(what: str, data: Path, folder: Path) -> Iterator[Source | SourceError]:
    if what == "filings":
        yield from (Source(f"{name}.pdf", path=data / f"{name}.pdf") for name in FILES)
        return
    rows = [{key: row[key] for key in ("_id", "title", "text")} for row in _rows(data / "corpus.jsonl.gz")]
    path = folder / "contexts.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    yield from find_sources(path)


def _measured(answerer: Any, asked: list[Asked], *, within: bool, show: bool) -> dict[str, Any]:
    right = {"cell": 0, "row": 0, "row@4": 0, "answered": 0}
    for each in asked:
        where = parse_where([f"source={each.source}"]) if within else EVERYTHING
        answer = answerer.ask(each.question, where=where)
        held = [_holds(quote, each) for quote in answer.quotes]
        first = answer.quotes[0] if answer.quotes else None
        span = "" if first is None else "; ".join(first.text[a - first.start : b - first.start] for a, b in first.spans)
        cell = bool(held and held[0]) and _bare(span) == _bare(each.cell)
        right["cell"] += cell
        right["row"] += bool(held and held[0])
        right["row@4"] += any(held)
        right["answered"] += answer.answered
        if show and not cell:
            got = None if first is None else (Path(first.source).name, first.page, span, first.text[:160])
            print(f"{each.question}\n    {each.cell} in {each.source}; got {got}", file=sys.stderr)
    share = {name: round(count / len(asked), 3) for name, count in right.items()}
    return {"questions": len(asked), "within the right article": within, **share}


def _holds(quote: Any, asked: Asked) -> bool:
    figures = {_bare(figure) for figure in re.findall(r"[$€£]?\s?\(?[\d][\d,.]*", quote.text)}
    return Path(quote.source).name == asked.source and _bare(asked.cell) in figures


def _bare(cell: str) -> str:
    """A figure without signs of currency, brackets, per cent and footnotes."""
    return re.sub(r"[^\w.,-]|(?<=\d)[.,]$", "", cell.strip(" .,;")).casefold()


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).decode("utf-8").split("\n") if line.strip()]


if __name__ == "__main__":
    main()
