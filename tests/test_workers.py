"""Child processes that read: what a file that hangs, crashes, exits or eats memory costs, and what it must not."""

import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from errors import SourceError, SourceTimeout, SourceTooLarge, SourceUnreadable
from ingest.article import Article
from ingest.sources import Source
from ingest.workers import WorkerPool, needs_worker

_PLANTED = """
import ctypes, os, sys, time
from errors import SourceUnreadable
from ingest.article import Article, sha256_hex
from ingest.patience import give_sign_of_life

def read(source):
    text = source.read_bytes().decode()
    if text == "hang":
        while True:
            time.sleep(0.05)
    if text == "exit":
        os._exit(3)
    if text == "crash":
        ctypes.string_at(0)
    if text == "eat":
        held = []
        while True:
            held.append(bytearray(50_000_000))
    if text == "killed":
        os.kill(os.getpid(), 9)
    if text == "raise":
        raise KeyError("a mistake of the reader")
    if text == "refuse":
        raise SourceUnreadable(source.name, "is refused")
    if text == "print":
        print("noise on standard output", flush=True)
        os.write(1, b"more noise")
    if text == "modules":
        text = " ".join(sorted(sys.modules))
    if text == "patience":
        for _ in range(8):
            time.sleep(0.5)
            give_sign_of_life()
    if text == "language":
        text = str(source.ocr_language)
    if text == "password":
        text = str(source.password)
    if text == "pid":
        text = str(os.getpid())
    return Article(source.name, "T", text, sha256_hex(text))
"""


@pytest.fixture
def planted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "planted_reader.py").write_text(_PLANTED, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return "planted_reader:read"


def _source(text: str) -> Source:
    return Source(text, data=text.encode())


def test_reads_in_input_order_through_the_real_readers(tmp_path: Path) -> None:
    names = [f"{number}.txt" for number in range(7)]
    for name in names:
        (tmp_path / name).write_text(f"Article {name}\n\nSome text.", encoding="utf-8")
    with WorkerPool(2) as pool:
        results = list(pool.read(Source(name, path=tmp_path / name) for name in names))
    assert [source.name for source, _ in results] == names
    assert [article.source for _, article in results if isinstance(article, Article)] == names


def test_relative_paths_mean_the_same_in_a_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "near.txt").write_text("Near text.", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with WorkerPool(1) as pool:
        assert pool.read_one(Source("near.txt", path=Path("near.txt"))).text == "Near text."


def test_bad_sources_are_reported_and_the_rest_goes_on(planted: str) -> None:
    texts = ["one", "exit", "two", "crash", "three", "raise", "refuse", "print", "four"]
    with WorkerPool(1, reader=planted) as pool:
        results = {source.name: outcome for source, outcome in pool.read(map(_source, texts))}
    assert list(results) == texts
    assert {type(results[name]) for name in ("one", "two", "three", "print", "four")} == {Article}
    assert isinstance(results["exit"], SourceTimeout)
    assert isinstance(results["crash"], SourceTimeout)
    assert str(results["exit"]) == (
        "exit: ended the program that was reading it; it is probably damaged: save it again"
    )
    assert str(results["raise"]) == "raise: cannot be read (KeyError); please report this file"
    assert str(results["refuse"]) == "refuse: is refused"
    assert isinstance(results["refuse"], SourceUnreadable)


def test_a_hanging_source_times_out_and_its_child_is_replaced(planted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.workers._START_SECONDS", 20.0)
    with WorkerPool(1, seconds=0.5, reader=planted) as pool:
        first = pool.read_one(_source("pid")).text
        with pytest.raises(SourceTimeout, match="was given up after"):
            pool.read_one(_source("hang"))
        assert pool.read_one(_source("pid")).text != first


@pytest.mark.skipif(os.name != "posix", reason="the limit of memory needs POSIX")
def test_memory_is_limited(planted: str) -> None:
    with WorkerPool(1, memory_bytes=600_000_000, reader=planted) as pool:
        with pytest.raises(SourceTooLarge, match="needs more memory"):
            pool.read_one(_source("eat"))
        assert pool.read_one(_source("still here")).text == "still here"


@pytest.mark.skipif(os.name != "posix", reason="other systems do not kill for lack of memory")
def test_a_child_that_the_system_kills_for_lack_of_memory_is_told_and_the_rest_goes_on(planted: str) -> None:
    with WorkerPool(1, reader=planted) as pool:
        results = {source.name: outcome for source, outcome in pool.read(map(_source, ["one", "killed", "two"]))}
    assert isinstance(results["killed"], SourceTooLarge)
    assert str(results["killed"]) == (
        "killed: was given up: the system ended the program that was reading it, probably for lack of memory; "
        "close other programs, or split the file"
    )
    assert type(results["one"]) is type(results["two"]) is Article


def test_bytes_that_wait_to_be_read_are_bounded(planted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest.workers._AHEAD_BYTES", 10)
    asked: list[str] = []

    def sources() -> Iterator[Source]:
        for number in range(6):
            asked.append(f"{number}")
            yield _source(f"source number {number}")

    with WorkerPool(4, reader=planted) as pool:
        for count, _ in enumerate(pool.read(sources()), 1):
            assert len(asked) == count
    assert len(asked) == 6


def test_the_caller_may_work_while_it_waits(planted: str) -> None:
    calls: list[int] = []
    with WorkerPool(1, reader=planted) as pool:
        list(pool.read([_source("patience")], while_waiting=lambda: calls.append(1)))
    assert len(calls) >= 3


def test_a_child_imports_no_model_and_not_the_main_module(planted: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        textwrap.dedent(
            """
            import sys
            sys.modules["torch"] = sys  # stands for something heavy in the main module
            from ingest.sources import Source
            from ingest.workers import WorkerPool
            print("main module runs")
            with WorkerPool(1, reader="planted_reader:read") as pool:
                print(pool.read_one(Source("modules", data=b"modules")).text)
            """
        ),
        encoding="utf-8",
    )
    root = Path(__file__).resolve().parent.parent
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), str(tmp_path)])}
    done = subprocess.run([sys.executable, str(program)], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.count("main module runs") == 1
    modules = set(done.stdout.split("\n")[1].split())
    assert "ingest.sources" in modules
    assert not modules & {"torch", "faiss", "gradio", "tantivy", "transformers", "sqlalchemy", "app", "index", "chat"}


def test_children_are_few_and_start_when_needed(planted: str) -> None:
    with WorkerPool(2, reader=planted) as pool:
        assert not pool._children
        assert len({article.text for _, article in pool.read(_source("pid") for _ in range(8))}) <= 2  # type: ignore[union-attr]


def test_reading_ahead_is_bounded(planted: str) -> None:
    taken = []

    def sources() -> Iterator[Source]:
        for number in range(100):
            taken.append(number)
            yield _source(f"text {number}")

    with WorkerPool(2, reader=planted) as pool:
        results = pool.read(sources())
        next(results)
        assert len(taken) <= 5


@pytest.mark.skipif(os.name != "posix", reason="asks for a process by its number")
def test_closing_ends_children_that_hang(planted: str) -> None:
    pool = WorkerPool(1, reader=planted)
    number = int(pool.read_one(_source("pid")).text)
    results = pool.read([_source("hang")])
    _start(results)
    pool.close()
    assert not _is_running(number)


@pytest.mark.skipif(os.name != "posix", reason="kills a process by its number")
def test_children_end_when_the_parent_is_killed(planted: str, tmp_path: Path) -> None:
    program = textwrap.dedent(
        """
        from ingest.sources import Source
        from ingest.workers import WorkerPool
        pool = WorkerPool(1, reader="planted_reader:read")
        print(pool.read_one(Source("pid", data=b"pid")).text, flush=True)
        pool.read_one(Source("hang", data=b"hang"))
        """
    )
    root = Path(__file__).resolve().parent.parent
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), str(tmp_path)])}
    with subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        number = int(parent.stdout.readline())
        parent.kill()
        parent.wait()
    for _ in range(200):
        if not _is_running(number):
            break
        time.sleep(0.05)
    assert not _is_running(number)


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("a.txt", b"plain words", False),
        ("a.md", b"# Title", False),
        ("a.pdf", b"%PDF-1.4", True),
        ("called.txt", b"%PDF-1.4", True),
        ("a.docx", b"PK\x03\x04", True),
        ("a.html", b"<html><p>x", True),
        ("big.txt", b"word " * 500_000, True),
        ("picture.png", b"\x89PNG", False),
    ],
)
def test_only_what_may_hang_needs_a_worker(name: str, data: bytes, expected: bool) -> None:
    assert needs_worker(Source(name, data=data)) is expected


def test_a_pool_needs_a_worker() -> None:
    with pytest.raises(ValueError, match="workers is 0"):
        WorkerPool(0)


def test_errors_keep_their_kind_on_the_way_back(tmp_path: Path) -> None:
    with WorkerPool(1) as pool, pytest.raises(SourceError, match="is empty"):
        pool.read_one(Source("empty.pdf", data=b""))


def _start(results: object) -> None:
    """Let the pool begin without waiting for the first result."""
    import threading

    threading.Thread(target=lambda: next(results, None), daemon=True).start()  # type: ignore[call-overload]
    time.sleep(0.3)


def _is_running(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{number}/stat")
    return not (state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z")


def test_a_source_that_shows_signs_of_life_may_take_long(planted: str) -> None:
    with WorkerPool(1, seconds=2, reader=planted) as pool:
        pool.read_one(_source("warm"))
        assert pool.read_one(_source("patience")).text == "patience"  # four seconds, half a second a step


def test_a_child_is_told_the_language_of_pictures_and_the_password(planted: str) -> None:
    with WorkerPool(1, reader=planted, ocr_language="deu") as pool:
        assert pool.read_one(_source("language")).text == "deu"
        assert pool.read_one(Source("a", data=b"language", ocr_language="fra")).text == "fra"
        assert pool.read_one(Source("a", data=b"password", password="open sesame")).text == "open sesame"


def test_a_password_is_not_shown_with_its_source() -> None:
    assert "sesame" not in repr(Source("a.pdf", password="sesame"))
