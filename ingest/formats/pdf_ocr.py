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
# Letters that rise above "x" or go below the line, by which share of the font's size.
_TALL = re.compile(r"[A-Z0-9bdfhklt$€£&(/%!?’'\"À-Þß]")
_HANGING = re.compile(r"[gjpqy,;(Q$]")
_BELOW = 0.21
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

    `scale` is how many of its pixels make a point. `language` is one of the program's own names, or several joined
    with "+": "eng", "deu+eng".
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

    Its boxes end where the ink does, so that "more" is lower than "Apple": heights are worked out from the letters,
    and each word gets the full height of its line's font, as the words of other PDFs have it.
    """
    lines: dict[tuple[str, ...], list[list[str]]] = {}
    for line in table.split("\n")[1:]:
        row = line.split("\t", 11)
        if len(row) == 12 and row[0] == "5" and row[11].strip() and float(row[10]) >= _LEAST_CONFIDENCE:
            lines.setdefault(tuple(row[1:5]), []).append(row)
    sizes = {key: median(float(row[9]) / _share_of_size(row[11]) for row in words) for key, words in lines.items()}
    usual = median(size for key, size in sizes.items() for _ in lines[key]) if sizes else 0.0
    keys = list(lines)
    for index, key in enumerate(keys):
        size = usual if abs(sizes[key] - usual) < 0.12 * usual else sizes[key]
        words = lines[key]
        after = lines[keys[index + 1]][0][11] if index + 1 < len(keys) and keys[index + 1][:3] == key[:3] else ""
        for place, row in enumerate(words):
            text = row[11].strip()
            left, top, width, height = map(float, row[6:10])
            base = top + height - (_BELOW * size if _HANGING.search(text) else 0.0)
            upper, lower = base - 0.92 * size, base + 0.23 * size
            last = place == len(words) - 1
            cut = last and after[:1].islower() and len(text) > 2 and text[-1] in "-‐¬" and text[-2].isalpha()
            text = text[:-1] if cut else text
            yield Word(text, left / scale, upper / scale, (left + width) / scale, lower / scale, place > 0, cut)


def _share_of_size(text: str) -> float:
    """How much of a font's size the letters of a word stand in, roughly the same for all print."""
    high = 0.72 if _TALL.search(text) else 0.52
    return high + (_BELOW if _HANGING.search(text) else 0.0)
