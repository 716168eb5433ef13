"""How long the second start of the chat takes until its page answers, and the memory it then holds. Not a test.

    .venv/bin/python tests/benchmark_start.py [--library DIR] [--port 7871]

Starts `app.py chat` twice (the first start fills the library) and
prints seconds and megabytes (resident memory, read from /proc where there is one) as JSON.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    """Start, wait, print; twice."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", type=Path)
    parser.add_argument("--port", type=int, default=7871)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        library = args.library or Path(folder)
        for start in ("first", "second"):
            seconds, megabytes = _start(library, args.port)
            print(json.dumps({"start": start, "seconds": round(seconds, 1), "resident_mb": megabytes}), flush=True)


def _start(library: Path, port: int) -> tuple[float, int | None]:
    begin = time.perf_counter()
    command = [sys.executable, "app.py", "--library", str(library), "chat", "--port", str(port)]
    server = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        while not _answers(port):
            if server.poll() is not None or time.perf_counter() - begin > 300:
                sys.exit("the server did not come up")
            time.sleep(0.1)
        seconds = time.perf_counter() - begin
        time.sleep(2)
        return seconds, _resident(server.pid)
    finally:
        server.terminate()
        server.wait(20)


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _resident(pid: int) -> int | None:
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return None
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) // 1024


if __name__ == "__main__":
    main()
