"""Text recognition for pages that are pictures, by the program tesseract where it is installed.

Knows pixels and words, no PDF. Nothing is installed or fetched here: without
tesseract, `find_tesseract` gives None, and the caller says what to install.
"""

import logging
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from ingest.formats.pdf_lines import Word
from ingest.patience import give_sign_of_life

# What to do, for messages: "... ; install tesseract ... and add it again".
ADVICE = (
    "install the free program tesseract (Debian, Ubuntu: apt install tesseract-ocr; macOS: brew install tesseract; "
    "Windows: its installer), which recognises text, and add the file again"
)
DPI = 300
# For one page; a page of dense print takes 2 to 6 seconds.
SECONDS = 90.0

# Words of which the program itself is this unsure are specks, lines and parts of drawings (0 to 100).
_LEAST_CONFIDENCE = 30.0
_LANGUAGE = re.compile(r"[A-Za-z0-9_]+(?:\+[A-Za-z0-9_]+)*")
_WINDOWS = (r"C:\Program Files\Tesseract-OCR\tesseract.exe", r"C:\Program Files (x86)\Tesseract-OCR\tesseract.exe")

_LOG = logging.getLogger(__name__)


class RecognitionFailed(Exception):
    """The program could not be used on this page; the message says why."""


def find_tesseract() -> str | None:
    """The program's path, None where it is not installed."""
    found = shutil.which("tesseract")
    if found is None and os.name == "nt":
        found = next((path for path in _WINDOWS if Path(path).exists()), None)
    return found


def recognise(program: str, picture: bytes, scale: float, language: str) -> list[Word]:
    """The words in a picture of a page (PNG) in reading order, boxes in points. Raises RecognitionFailed.

    `scale` is how many of its pixels make a point. `language` is one of the program's own names, or several joined with "+": "eng", "deu+eng".
    """
    if not _LANGUAGE.fullmatch(language):
        raise RecognitionFailed(f"{language!r} is no language of tesseract's, such as eng or deu+eng")
    command = [program, "stdin", "stdout", "-l", language, "--dpi", str(round(72 * scale)), "--psm", "3", "tsv"]
    try:
        done = subprocess.run(
            command,
            input=picture,
            capture_output=True,
            timeout=SECONDS,
            check=False,
            # More threads than one make a single page hardly quicker and slow everything else down.
            env={**os.environ, "OMP_THREAD_LIMIT": "1"},
        )
    except subprocess.TimeoutExpired:
        raise RecognitionFailed(f"tesseract took longer than {SECONDS:.0f} seconds") from None
    except OSError as error:
        raise RecognitionFailed(f"tesseract cannot be started ({error.strerror or error})") from None
    finally:
        give_sign_of_life()
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace")
        if "language" in said:
            raise RecognitionFailed(f"tesseract lacks its data for the language {language!r}")
        _LOG.info("tesseract: %s", said.strip())
        raise RecognitionFailed(f"tesseract failed on it (code {done.returncode})")
    return list(_words(done.stdout.decode("utf-8", "replace"), scale))


def _words(table: str, scale: float) -> Iterator[Word]:
    """The words of tesseract's table (TSV): level, page, block, paragraph, line, word, box, confidence, text.

    Boxes of letters differ in height with the letters; a line's words get the height that lines of their block have.
    """
    rows = [row for line in table.split("\n")[1:] if len(row := line.split("\t", 11)) == 12]
    lines: dict[tuple[str, ...], list[list[str]]] = {}
    for row in rows:
        if row[0] == "5" and row[11].strip() and float(row[10]) >= _LEAST_CONFIDENCE:
            lines.setdefault(tuple(row[1:5]), []).append(row)
    extents = {tuple(row[1:5]): _box(row) for row in rows if row[0] == "4"}
    heights: dict[tuple[str, ...], list[float]] = {}
    for key in lines:
        heights.setdefault(key[:3], []).append(extents[key][3] - extents[key][1])
    keys = list(lines)
    for index, key in enumerate(keys):
        _, top, _, bottom = extents[key]
        usual = median(heights[key[:3]])
        if 0.6 * usual < bottom - top < 1.6 * usual:
            top, bottom = (top + bottom - usual) / 2, (top + bottom + usual) / 2
        goes_on = index + 1 < len(keys) and keys[index + 1][:3] == key[:3] and lines[keys[index + 1]][0][11][0].islower()
        words = lines[key]
        for place, row in enumerate(words):
            text = row[11].strip()
            left, _, right, _ = _box(row)
            cut = place == len(words) - 1 and goes_on and len(text) > 2 and text[-1] in "-‐¬" and text[-2].isalpha()
            yield Word(
                text[:-1] if cut else text, left / scale, top / scale, right / scale, bottom / scale, place > 0, cut
            )


def _box(row: list[str]) -> tuple[float, float, float, float]:
    left, top, width, height = map(float, row[6:10])
    return left, top, left + width, top + height
