"""Pages drawn in a process of their own: kept up to a limit, and a file that breaks the drawing costs only itself."""

from collections.abc import Callable
from pathlib import Path

import pytest
from fpdf import FPDF

from chat.interface.pictures import PagePictures
from errors import SourceError, SourceTimeout, SourceUnreadable
from ingest.sources import Source

_PLANTED = """
import os, time
from ingest.formats.pdf_pages import DrawnPage

def draw(source, page, scale):
    text = source.read_bytes().decode()
    if text == "hang":
        time.sleep(600)
    if text == "exit":
        os._exit(3)
    with open(os.environ["DRAWN"], "a") as log:
        log.write(f"{text} {page} {scale}\\n")
    return DrawnPage(100.0, 200.0, b"" if scale is None else bytes(1000))
"""


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """What the planted function `planted_drawing:draw` has drawn."""
    (tmp_path / "planted_drawing.py").write_text(_PLANTED, "utf-8")
    log = tmp_path / "drawn"
    log.touch()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("DRAWN", str(log))
    return lambda: log.read_text("utf-8").split("\n")[:-1]


def source(text: str) -> Source:
    return Source("a.pdf", data=text.encode())


def test_pictures_last_used_are_kept_up_to_the_limit(planted):
    pictures = PagePictures(kept_bytes=2500, draw="planted_drawing:draw")
    for page in (1, 2, 1, 3, 1, 2):  # the third picture pushes out the second, which was used before the first
        assert len(pictures.picture(source("x"), "sha", page, 2.0)) == 1000
    pictures.picture(source("x"), "sha", 1, 3.0)
    pictures.picture(source("x"), "other", 1, 3.0)
    pictures.close()
    assert planted() == ["x 1 2.0", "x 2 2.0", "x 3 2.0", "x 2 2.0", "x 1 3.0", "x 1 3.0"]


def test_an_extent_is_known_from_the_picture(planted):
    pictures = PagePictures(draw="planted_drawing:draw")
    assert pictures.extent(source("x"), "sha", 1) == (100.0, 200.0)
    pictures.picture(source("x"), "sha", 2, 1.0)
    assert pictures.extent(source("x"), "sha", 2) == pictures.extent(source("x"), "sha", 1) == (100.0, 200.0)
    pictures.close()
    assert planted() == ["x 1 None", "x 2 1.0"]


def test_a_file_that_ends_the_drawing_is_told_and_the_next_is_drawn(planted):
    pictures = PagePictures(draw="planted_drawing:draw")
    with pytest.raises(SourceTimeout, match=r"^a\.pdf: ended the program"):
        pictures.picture(source("exit"), "sha", 1, 1.0)
    assert len(pictures.picture(source("x"), "sha", 1, 1.0)) == 1000
    pictures.close()


def test_a_file_that_hangs_is_given_up(planted):
    pictures = PagePictures(seconds=0.5, draw="planted_drawing:draw")
    pictures.picture(source("x"), "sha", 1, 1.0)  # starting the process has time of its own
    with pytest.raises(SourceTimeout, match=r"^a\.pdf: was given up"):
        pictures.extent(source("hang"), "other", 1)
    pictures.close()


def test_a_real_page_is_drawn_in_the_process(tmp_path):
    document = FPDF(unit="pt", format=(200, 100))
    document.add_page()
    path = tmp_path / "a.pdf"
    path.write_bytes(bytes(document.output()))
    pictures = PagePictures()
    assert pictures.extent(Source("a.pdf", path), "sha", 1) == (200.0, 100.0)
    picture = pictures.picture(Source("a.pdf", path), "sha", 1, 2.0)
    assert (picture[:8], picture[16:24]) == (b"\x89PNG\r\n\x1a\n", (400).to_bytes(4) + (200).to_bytes(4))
    with pytest.raises(SourceUnreadable, match=r"^a\.pdf: has no page 2; it has 1$"):
        pictures.picture(Source("a.pdf", path), "sha", 2, 2.0)
    path.unlink()
    with pytest.raises(SourceError, match=r"^a\.pdf: "):
        pictures.picture(Source("a.pdf", path), "sha", 3, 2.0)
    pictures.close()
