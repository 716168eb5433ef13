"""How long a filing in HTML takes to read, and the memory that this takes. Not a test.

    .venv/bin/python tests/benchmark_filing.py [--megabytes 10]

Makes up a filing in inline XBRL (per page a heading, four paragraphs, an item of a list; on every other page a table of
25 rows in 27 columns of markup), reads it once and prints seconds of processor and the peak of resident memory as JSON.
"""

import argparse
import json
import random
import resource
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from ingest.reading import read_article
from ingest.sources import Source
from tests.fakes_filings import PROSE, bullet, divided, divided_table, line, page_end


def main() -> None:
    """Make, read, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=float, default=10.0)
    megabytes = parser.parse_args().megabytes
    data, pages = _filing(megabytes)
    begin = time.process_time()
    article = read_article(Source(name="filing.htm", data=data))
    seconds = time.process_time() - begin
    measured = {
        "megabytes": round(len(data) / 1e6, 1),
        "pages": pages,
        "seconds": round(seconds, 2),
        "blocks": len(article.blocks),
        "characters": len(article.text),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    print(json.dumps(measured), flush=True)


def _filing(megabytes: float) -> tuple[bytes, int]:
    rng = random.Random(1)
    parts = [line("SECURITIES AND EXCHANGE COMMISSION", bold=True, centred=True), line("FORM |10-K", bold=True)]
    size = pages = 0
    while size < megabytes * 1e6:
        pages += 1
        page = [line(f"Item {pages // 20 + 1}. A chapter", bold=True)] if pages % 20 == 1 else []
        page.append(line(f"Heading number {pages}", bold=True))
        for _ in range(4):
            page.append(line(f"{PROSE} In {1990 + rng.randrange(30)} it made ${rng.randrange(9999)} million. " * 3))
        page.append(bullet(PROSE[:90]))
        if pages % 2:
            rows = [(f"Row {row}", *(f"{rng.randrange(99999):,}" for _ in range(4))) for row in range(25)]
            heads = [("Three Months Ended", 2), ("Six Months Ended", 2)]
            page.append(divided_table(heads, ["July 1,<br>2023", "June 25,<br>2022"] * 2, rows))
        page.append(page_end(f"Harbour Instruments, Inc. | 2023 Form 10-K | {pages}", "Table of Contents"))
        parts.append("".join(page))
        size += len(parts[-1])
    return divided("".join(parts), EntityRegistrantName="Harbour Instruments, Inc.").encode(), pages


if __name__ == "__main__":
    main()
