"""A watched folder: what changes in it changes in the library, once it has settled, whatever happens to the folder."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from errors import LibraryBusy
from index.following import Following
from index.library import Library
from index.values import Progress
from index.watching import RETRY_SECONDS, FolderWatch
from ingest.sources import Source
from tests.fakes_embedder import BagEmbedder

ROOT = Path(__file__).resolve().parent.parent


class Watched:
    """A folder under watch, and a clock: `after(seconds)` looks again and gives what was told."""

    def __init__(self, root, library):
        self.folder = root / "watched"
        self.folder.mkdir()
        self.library = library
        self.now = 2_000_000_000.0
        self.restart()

    def restart(self):
        self.told: list[Progress] = []
        following = Following(self.library, self.folder, relative_to=self.folder.parent)
        self.watch = FolderWatch(following, self.told.append, settle_seconds=3)

    def write(self, name, text, *, age=0.0):
        """Write a file that seems to have been written `age` seconds ago."""
        path = self.folder / name
        path.write_text(text)
        os.utime(path, (self.now - age, self.now - age))
        return path

    def after(self, seconds):
        self.now += seconds
        self.told.clear()
        self.watch.look(self.now)
        return [(each.outcome, each.source) for each in self.told]

    def held(self):
        return sorted(each.source for each in self.library.articles())


@pytest.fixture
def watched(tmp_path):
    with Library(tmp_path / "library", BagEmbedder()) as library:
        yield Watched(tmp_path, library)


def test_what_lies_there_is_added_at_once_and_what_is_being_written_is_waited_for(watched):
    watched.write("old.txt", "Old words.", age=60)
    watched.write("fresh.txt", "Half a file", age=0.5)
    assert watched.after(0) == [("added", "watched/old.txt")]
    watched.write("fresh.txt", "Half a file, and more")
    assert watched.after(2) == []
    assert watched.after(1.5) == []
    assert watched.after(2) == [("added", "watched/fresh.txt")]
    assert watched.library.article("watched/fresh.txt").article.text == "Half a file, and more"


def test_changes_replace_and_files_that_stay_away_are_removed(watched):
    file = watched.write("a.txt", "One.", age=60)
    watched.after(0)
    watched.write("a.txt", "Two.")
    watched.after(2)
    assert watched.after(4) == [("replaced", "watched/a.txt")]
    file.unlink()
    assert watched.after(2) == []
    watched.write("a.txt", "Two.", age=60)  # saved by deleting and writing again
    watched.after(2)
    assert watched.after(10) == []
    file.unlink()
    watched.after(2)
    assert watched.after(4) == [("removed", "watched/a.txt")]
    assert watched.held() == []


def test_a_file_that_waits_to_be_gone_is_not_removed_for_another_s_sake(watched):
    file = watched.write("a.txt", "One.", age=60)
    watched.write("b.txt", "Other.", age=60)
    watched.after(0)
    watched.write("b.txt", "Other words.")
    watched.after(1)
    file.unlink()
    assert watched.after(3) == [("replaced", "watched/b.txt")]
    assert watched.held() == ["watched/a.txt", "watched/b.txt"]


def test_what_changed_while_nobody_watched_is_caught_up_with(watched):
    gone = watched.write("gone.txt", "Gone.", age=60)
    watched.write("a.txt", "One.", age=60)
    watched.after(0)
    gone.unlink()
    watched.write("a.txt", "One and more.", age=30)
    watched.restart()
    assert sorted(watched.after(0)) == [("removed", "watched/gone.txt"), ("replaced", "watched/a.txt")]


def test_a_file_under_a_new_name_is_not_lost(watched):
    watched.write("a.txt", "One.", age=60)
    watched.after(0)
    (watched.folder / "a.txt").rename(watched.folder / "b.txt")
    watched.after(2)
    assert watched.after(4) == [("removed", "watched/a.txt"), ("added", "watched/b.txt")]


def test_a_copy_takes_over_when_the_first_file_goes_or_changes(watched):
    watched.write("a.txt", "One.", age=60)
    watched.write("b.txt", "One.", age=60)
    watched.write("c.txt", "One.", age=60)
    assert sorted(watched.after(0)) == [
        ("added", "watched/a.txt"),
        ("duplicate", "watched/b.txt"),
        ("duplicate", "watched/c.txt"),
    ]
    (watched.folder / "a.txt").unlink()
    watched.after(2)
    assert sorted(watched.after(4)) == [
        ("added", "watched/b.txt"),
        ("duplicate", "watched/c.txt"),
        ("removed", "watched/a.txt"),
    ]
    watched.write("b.txt", "Two.", age=1)
    watched.after(2)
    assert watched.after(4) == [("replaced", "watched/b.txt"), ("added", "watched/c.txt")]


def test_articles_added_otherwise_stay(watched):
    mine = watched.write("mine.txt", "My own words.", age=60)
    watched.library.add([Source("watched/mine.txt", path=mine), Source("elsewhere.txt", data=b"Other words.")])
    watched.after(0)
    mine.unlink()
    watched.after(2)
    assert watched.after(4) == []
    assert watched.held() == ["elsewhere.txt", "watched/mine.txt"]


def test_an_article_that_a_person_removed_stays_out_until_its_file_changes(watched):
    watched.write("a.txt", "One.", age=60)
    watched.after(0)
    watched.library.remove(["watched/a.txt"])
    watched.restart()
    assert watched.after(0) == []
    watched.write("a.txt", "Two words.", age=60)
    watched.after(2)
    assert watched.after(4) == [("added", "watched/a.txt")]


def test_a_file_that_cannot_be_read_is_told_once_and_the_rest_goes_on(watched):
    watched.write("bad.pdf", "no PDF at all", age=60)
    watched.write("good.txt", "Good.", age=60)
    assert sorted(watched.after(0)) == [("added", "watched/good.txt"), ("failed", "watched/bad.pdf")]
    assert "\n" not in watched.told[0].detail
    assert watched.after(60) == []
    watched.write("bad.pdf", "still none")
    watched.after(2)
    assert watched.after(4) == [("failed", "watched/bad.pdf")]


def test_a_folder_that_vanishes_keeps_its_articles_and_goes_on_when_it_is_back(watched):
    watched.write("a.txt", "One.", age=60)
    watched.after(0)
    away = watched.folder.with_name("away")
    watched.folder.rename(away)
    assert watched.after(2) == [("missing", str(watched.folder))]
    assert watched.after(60) == []
    watched.folder.mkdir()  # where the drive was mounted
    assert watched.after(60) == []
    assert watched.held() == ["watched/a.txt"]
    watched.folder.rmdir()
    away.rename(watched.folder)
    assert watched.after(2) == [("back", str(watched.folder))]
    watched.write("b.txt", "Two.", age=60)
    watched.after(2)
    assert watched.after(4) == [("added", "watched/b.txt")]


def test_a_library_that_is_busy_is_tried_again(watched, monkeypatch):
    watched.write("a.txt", "One.", age=60)
    with monkeypatch.context() as patch:

        def busy(*args, **more):
            raise LibraryBusy("library: another process writes to it; try again later")

        patch.setattr(watched.library, "add", busy)
        assert watched.after(0) == [("waiting", str(watched.folder))]
        assert watched.after(1) == []
    assert watched.after(RETRY_SECONDS) == [("added", "watched/a.txt")]


def test_only_what_changed_is_read_again(watched, monkeypatch):
    watched.write("a.txt", "One.", age=60)
    watched.write("rows.jsonl", '{"_id": "r1", "text": "Row one."}\n', age=60)
    watched.after(0)
    read = []
    original = Source.read_bytes

    def noted(self, *args):
        read.append(self.name)
        return original(self, *args)

    monkeypatch.setattr(Source, "read_bytes", noted)
    watched.write("b.txt", "Two.", age=60)
    watched.after(2)
    assert watched.after(4) == [("added", "watched/b.txt")]
    assert set(read) == {"watched/b.txt"}


_WATCHER = """
import sys
from pathlib import Path
from index.following import Following
from index.library import Library
from index.watching import watch
from tests.fakes_embedder import BagEmbedder
with Library(Path(sys.argv[1]), BagEmbedder(), batch_passages=2) as library:
    following = Following(library, Path(sys.argv[2]), relative_to=Path(sys.argv[2]).parent)
    watch([following], lambda progress: print(progress.outcome, progress.source, flush=True),
          poll_seconds=0.02, settle_seconds=0.05)
"""


def _watcher(library, folder):
    return subprocess.Popen(
        [sys.executable, "-c", _WATCHER, str(library), str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="nothing is killed like this elsewhere")
def test_killed_while_watching_the_library_is_whole_and_the_next_watch_finishes(tmp_path):
    folder = tmp_path / "watched"
    folder.mkdir()
    chance = random.Random(7)
    for version in range(3):
        for number in range(8):
            (folder / f"{number}.txt").write_text(f"File {number} in version {version}.")
        watcher = _watcher(tmp_path / "library", folder)
        assert watcher.stdout is not None
        for _ in range(chance.randrange(1, 5)):
            watcher.stdout.readline()
        watcher.kill()
        watcher.communicate(timeout=30)
        with Library(tmp_path / "library", BagEmbedder()) as library:
            assert library.verify() == []
    (folder / "0.txt").unlink()
    watcher = _watcher(tmp_path / "library", folder)
    end = time.monotonic() + 60
    texts = []
    try:
        while time.monotonic() < end:
            time.sleep(0.2)
            with Library(tmp_path / "library", BagEmbedder()) as library:
                texts = sorted(library.article(each.article_id).article.text for each in library.articles())
            if texts == [f"File {number} in version 2." for number in range(1, 8)]:
                break
    finally:
        watcher.kill()
        watcher.communicate(timeout=30)
    assert texts == [f"File {number} in version 2." for number in range(1, 8)]


def test_others_may_add_while_a_folder_is_watched(tmp_path):
    folder = tmp_path / "watched"
    folder.mkdir()
    watcher = _watcher(tmp_path / "library", folder)
    assert watcher.stdout is not None
    try:
        with Library(tmp_path / "library", BagEmbedder(), batch_passages=1) as library:
            for number in range(12):
                (folder / f"{number}.txt").write_text(f"File {number} is watched.")
                library.add([Source(f"mine/{number}.txt", data=f"File {number} is mine.".encode())])
            told = sorted(watcher.stdout.readline() for _ in range(12))
            assert told == sorted(f"added watched/{number}.txt\n" for number in range(12))
            assert len(library.articles()) == 24
            assert library.verify() == []
    finally:
        watcher.kill()
        watcher.communicate(timeout=30)


@pytest.mark.model
def test_a_drop_folder_that_is_missing_is_told_and_its_articles_stay(tmp_path):
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "a.txt").write_text("Profits rose.")
    environment = {**os.environ, "FOOTNOTE_CORPUS": str(corpus), "FOOTNOTE_LIBRARY": str(tmp_path / "library")}

    def run(*arguments):
        command = [sys.executable, "app.py", *arguments, "--json"]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)

    assert len(json.loads(run("add").stdout)["added"]) == 1
    corpus.rename(tmp_path / "away")
    done = run("add")
    assert done.returncode == 1
    assert done.stderr == f"footnote: {corpus}: is not there; its articles stay in the library until it is back\n"
    assert json.loads(done.stdout)["removed"] == []
    assert len(json.loads(run("list").stdout)) == 1


@pytest.mark.model
@pytest.mark.skipif(not hasattr(signal, "SIGINT") or os.name == "nt", reason="Ctrl-C is sent otherwise there")
def test_the_command_line_prints_a_line_a_change_and_ends_with_ctrl_c(tmp_path):
    folder = tmp_path / "watched"
    folder.mkdir()
    (folder / "a.txt").write_text("Profits rose.")
    os.utime(folder / "a.txt", (1_600_000_000, 1_600_000_000))
    command = [sys.executable, "app.py", "--library", str(tmp_path / "library"), "--empty", "add", "--watch"]
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)  # jobs in the background ignore it, children, too
    try:
        watcher = subprocess.Popen(
            [*command, str(folder), "--json"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
    finally:
        signal.signal(signal.SIGINT, before)
    assert watcher.stdout is not None
    line = watcher.stdout.readline()
    (folder / "a.txt").unlink()
    second = watcher.stdout.readline()
    watcher.send_signal(signal.SIGINT)
    rest, told = watcher.communicate(timeout=60)
    name = (folder / "a.txt").as_posix()
    assert json.loads(line) == {"outcome": "added", "source": name, "detail": ""}
    assert json.loads(second) == {"outcome": "removed", "source": name, "detail": ""}
    assert (watcher.returncode, rest) == (0, "")
    assert "Stopped watching" in told
    assert "Traceback" not in told


def test_a_folder_that_is_not_there_is_wrong_from_the_start(tmp_path):
    command = [sys.executable, "app.py", "--library", str(tmp_path / "library"), "add", "--watch", str(tmp_path / "no")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr == f"footnote: {tmp_path / 'no'}: there is no such folder to watch; check the path\n"
