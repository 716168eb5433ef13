"""How often questions that stand alone and ask one thing are completed or split, where they should be left. Not a test.

    .venv/bin/python -m tests.benchmark_questions FILE.jsonl[.gz]... [--show]

Each question of a file ("question" or "text"; those with "after" are left out) is completed after another one of the
same file, drawn with a fixed seed, and split. Prints the counts for each file as JSON, and with --show what changed.
Whether a change is wrong a person must tell: files hold comparisons and questions in one, too.
"""

import argparse
import gzip
import json
import random
from pathlib import Path

from chat.follow_ups import complete
from chat.parts import parts_of
from chat.question import clean_question


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--show", action="store_true", help="print the questions that were changed, too")
    parsed = parser.parse_args()
    for path in parsed.files:
        questions = _questions(path)
        drawn = random.Random(1)
        completed, split = [], []
        for question in questions:
            earlier = drawn.choice(questions)
            understood = complete(question, [earlier])
            if understood != question:
                completed.append((earlier, question, understood))
            parts = [part.question for part in parts_of(question)]
            if parts:
                split.append((question, parts))
        counts = {"questions": len(questions), "completed": len(completed), "split": len(split)}
        print(json.dumps({"file": path.name, **counts}))
        for change in [*completed, *split] if parsed.show else ():
            print("  ", json.dumps(change, ensure_ascii=False))


def _questions(path: Path) -> list[str]:
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    rows = [json.loads(line) for line in data.decode("utf-8").split("\n") if line.strip()]
    return [clean_question(row.get("question") or row["text"]) for row in rows if not row.get("after")]


if __name__ == "__main__":
    main()
