"""Every knob, with its unit and the reason for its default. Read from the environment by `app.py` alone."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from errors import SettingError

ROOT = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Settings:
    """One value for each knob; the environment variable is FOOTNOTE_ and the name in capitals."""

    # The folder that holds everything the program writes.
    library: Path = ROOT / "library"
    # The drop folder that a library is filled from.
    corpus: Path = ROOT / "corpus"
    # A sentence-transformers model: the name of the one that comes along, or a folder on this machine.
    embedder: str = "sentence-transformers/all-MiniLM-L6-v2"
    # What reads the passages: a folder with our reader, or with any question-answering model or cross-encoder of
    # transformers; "none" reads with words and figures alone.
    reader: str = str(ROOT / "models" / "reader")
    # "float32", "bfloat16", or "auto": the quicker one on this machine, found by a self-test of about a second.
    number_type: str = "auto"
    # Threads for the models; 0 leaves it to torch, which takes the machine's cores.
    threads: int = 0
    # Processes that read PDF, Word and web files while vectors are computed; one keeps up with the embedder.
    workers: int = 1
    # Languages of the text in scanned pages, as tesseract names them: "eng", "deu+eng"; it needs its data for each.
    ocr_language: str = "eng"
    # Passages whose vectors are computed together: enough to find neighbours of equal length, and stored often.
    batch_passages: int = 512
    # Word pieces: the embedder reads 256 with its two special tokens.
    heading_pieces: int = 48
    passage_pieces: int = 160
    # Candidates that each leg of a search brings; min-max normalisation was measured over 200.
    depth: int = 200
    # Share of the dense score in the convex combination, 0 to 1 (docs/measurements.md).
    dense_weight: float = 0.45
    # Confidence from which an answer is shown, 0 to 1: higher is silent more often and wrong less often. Without it the
    # calibration's own is taken, .03 for the reader that comes along (docs/measurements.md).
    threshold: float | None = None


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """The defaults, changed by FOOTNOTE_… variables. Raises SettingError naming variable and value."""
    settings = Settings()
    for field in fields(Settings):
        name = f"FOOTNOTE_{field.name.upper()}"
        text = environment.get(name)
        if text is None or not text.strip():
            continue
        default = getattr(settings, field.name)
        kind = float if default is None else type(default)
        try:
            value: Any = Path(text).expanduser() if isinstance(default, Path) else kind(text)
        except ValueError:
            wanted = {"int": "a whole number", "float": "a number"}.get(kind.__name__, "text")
            raise SettingError(f"{name}={text!r}: must be {wanted}") from None
        settings = replace(settings, **{field.name: value})
    _check(settings)
    return settings


def _check(settings: Settings) -> None:
    limits = {"workers": (1, 64), "threads": (0, 256), "heading_pieces": (0, 120), "passage_pieces": (16, 254)}
    limits |= {"depth": (10, 5000), "batch_passages": (1, 100_000), "dense_weight": (0, 1), "threshold": (0, 1)}
    for name, (low, high) in limits.items():
        value = getattr(settings, name)
        if value is not None and not low <= value <= high:
            raise SettingError(f"FOOTNOTE_{name.upper()}={value}: must be between {low} and {high}")
    if settings.number_type not in ("auto", "float32", "bfloat16"):
        raise SettingError(f"FOOTNOTE_NUMBER_TYPE={settings.number_type!r}: must be auto, float32 or bfloat16")
