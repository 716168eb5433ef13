"""How quickly documents become searchable, and the memory that it takes. Not a test.

    .venv/bin/python tests/benchmark_add.py FOLDER... [--baseline SCRIPT]

Adds the folders to a new library with `app.py add` and prints one line of JSON: pages, passages, seconds from the
program's start to its end, pages a second, processor seconds, and the largest sum of all its processes' memory
(proportional set size, sampled from /proc where there is one). `--baseline` names a script that is run on the same
folders right after, and prints `pages_per_second` in a line of JSON; the ratio of the two is added.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Add, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", metavar="FOLDER")
    parser.add_argument("--baseline", type=Path, metavar="SCRIPT")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        app = [sys.executable, "app.py", "--library", folder, "--empty"]
        seconds, processor, peak, _ = _run([*app, "add", "--json", *args.folders])
        listed = json.loads(subprocess.run([*app, "list", "--json"], cwd=ROOT, capture_output=True, check=True).stdout)
    pages = sum(each["pages"] or 1 for each in listed)
    result: dict[str, Any] = {
        "articles": len(listed),
        "pages": pages,
        "passages": sum(each["passages"] for each in listed),
        "seconds": round(seconds, 1),
        "pages_per_second": round(pages / seconds, 2),
        "processor_seconds": round(processor, 1),
        "peak_megabytes": None if peak is None else round(peak / 1e6),
    }
    if args.baseline is not None:
        _, processor, _, output = _run([sys.executable, str(args.baseline), *args.folders])
        base = json.loads(output.strip().splitlines()[-1])
        result["baseline"] = {**base, "processor_seconds": round(processor, 1)}
        result["times_baseline"] = round(result["pages_per_second"] / base["pages_per_second"], 2)
    print(json.dumps(result))


def _run(command: list[str]) -> tuple[float, float, int | None, str]:
    """Wall and processor seconds, the largest memory of all processes together in bytes, and what was printed."""
    before = os.times()
    begin = time.perf_counter()
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    memory = _Memory(process.pid)
    output, _ = process.communicate()
    seconds = time.perf_counter() - begin
    after = os.times()
    if process.returncode:
        sys.exit(f"{' '.join(command)}: exit code {process.returncode}")
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return seconds, used, memory.peak(), output


class _Memory(threading.Thread):
    """Samples the memory of a process and all below it, ten times a second, until it ends."""

    def __init__(self, process: int) -> None:
        super().__init__(daemon=True)
        self._process = process
        self._peak = 0
        self.start()

    def peak(self) -> int | None:
        """Bytes; None where there is no /proc."""
        self.join()
        return self._peak or None

    def run(self) -> None:
        while now := sum(map(_proportional, _family(self._process))):
            self._peak = max(self._peak, now)
            time.sleep(0.1)


def _family(process: int) -> list[int]:
    """The process and all its descendants."""
    family = [process]
    for each in family:
        try:
            for task in Path(f"/proc/{each}/task").iterdir():
                family += map(int, (task / "children").read_text().split())
        except (OSError, ValueError):
            continue
    return family


def _proportional(process: int) -> int:
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


if __name__ == "__main__":
    main()
