"""Reads sources in child processes, so that a file that hangs, crashes or eats memory costs only itself.

A child is `python -m ingest.workers`, started when first needed: it imports nothing but `ingest`, never the program's
main module, and ends when its pipe closes, whatever happens to the parent. Messages are pickles of our own values
behind their length; each child has one source at a time, a deadline and (on POSIX) a limit of memory.
"""

import importlib
import os
import pickle
import signal
import struct
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from typing import IO, Any, Self

from errors import SourceError, SourceTimeout, SourceTooLarge, SourceUnreadable
from ingest.article import Article
from ingest.patience import on_sign_of_life
from ingest.reading import Kind, find_kind
from ingest.sources import Source

SECONDS = 60.0
SECONDS_PER_MEGABYTE = 3.0
MEMORY_BYTES = 4 * 1024**3

# Text of this size is read in a few milliseconds, less than it takes to send it to a child and back.
MAX_INLINE_BYTES = 2 * 1024 * 1024

# Of sources that come as bytes, such as fetched pages and files of archives, no more than this waits to be read.
_AHEAD_BYTES = 64 * 1024 * 1024

_READER = "ingest.reading:read_article"
_START_SECONDS = 60.0
_LENGTH = struct.Struct("!Q")
_WORKING = "working"  # the message of a child that takes long and is not stuck
_ROOT = Path(__file__).resolve().parent.parent
Result = tuple[Source, Article | SourceError]


def needs_worker(source: Source) -> bool:
    """Whether a source should be read in a child process: all but text, Markdown and rows up to 2 MB.

    False also for what no reader takes: reading it fails at once, with the right error.
    """
    try:
        head = source.read_bytes(4096)
        if head.startswith(b"PK"):
            return True
        plain = find_kind(head, source) in (Kind.TEXT, Kind.MARKDOWN, Kind.ROW)
    except SourceError:
        return False
    return not plain or source.size() > MAX_INLINE_BYTES


class WorkerPool:
    """Child processes that read sources; a context manager that leaves none behind.

    `seconds` is what a source may take, to which `SECONDS_PER_MEGABYTE` is added for its size, and what it may take
    again after each sign of life, such as a picture whose text was recognised; `memory_bytes` the address space of a
    child (POSIX only, None for no limit). `reader` names the function that reads, as "module:function": it takes a
    source, and what else is given to `call`; `ocr_language` is that of sources which name none.
    """

    def __init__(
        self,
        workers: int,
        seconds: float = SECONDS,
        memory_bytes: int | None = MEMORY_BYTES,
        *,
        reader: str = _READER,
        ocr_language: str | None = None,
    ) -> None:
        if workers < 1:
            raise ValueError(f"workers is {workers}, must be at least 1")
        self._workers = workers
        self._seconds = seconds
        self._memory_bytes = memory_bytes
        self._reader = reader
        self._ocr_language = ocr_language
        self._idle: list[_Child] = []
        self._children: set[_Child] = set()
        self._lock = threading.Lock()
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End every child at once, also those that are reading."""
        with self._lock:
            self._closed = True
            children = list(self._children)
            self._children.clear()
            self._idle.clear()
        for child in children:
            child.kill()

    def read(self, sources: Iterable[Source], *, while_waiting: Callable[[], None] = lambda: None) -> Iterator[Result]:
        """Each source with its article or error, in order; a few sources are read ahead while the caller works.

        `while_waiting` is called several times a second while none is ready. May be used once at a time. Leaving the
        iteration early gives up what was read ahead.
        """
        waiting: deque[_Task] = deque()
        pending = iter(sources)
        ahead = 2 * self._workers
        slots = threading.Semaphore(self._workers)
        try:
            exhausted = False
            while not exhausted or waiting:
                while not exhausted and len(waiting) < ahead and sum(each.held for each in waiting) < _AHEAD_BYTES:
                    source = next(pending, None)
                    if source is None:
                        exhausted = True
                    else:
                        waiting.append(_Task(self, source, slots))
                if waiting:
                    task = waiting[0]
                    while task.thread.is_alive():
                        task.thread.join(0.2)  # not for ever: Windows hears Ctrl-C only between waits
                        while_waiting()
                    waiting.popleft()
                    yield task.source, task.result()
        finally:
            for task in waiting:
                task.abandon()

    def read_one(self, source: Source) -> Article:
        """The article of one source; raises its SourceError."""
        article = self.call(source)
        if not isinstance(article, Article):
            raise SourceUnreadable(source.name, f"cannot be read ({type(article).__name__}); please report this file")
        return article

    def call(self, source: Source, *arguments: object) -> object:
        """What the pool's function makes of a source and of `arguments`, plain values; raises its SourceError."""
        if source.ocr_language is None:
            source = replace(source, ocr_language=self._ocr_language)
        child = self._take()
        outcome: object = None
        try:
            outcome = child.call(source, arguments, self._seconds + SECONDS_PER_MEGABYTE * source.size() / 1e6)
        finally:
            self._put_back(child, usable=outcome is not None and child.usable)
        if isinstance(outcome, SourceError):
            raise outcome
        return outcome

    def _take(self) -> "_Child":
        with self._lock:
            if self._closed:
                raise RuntimeError("the pool is closed")
            while self._idle:
                child = self._idle.pop()
                if child.is_alive():
                    return child
                self._children.discard(child)
            child = _Child(self._memory_bytes, self._reader)
            self._children.add(child)
            return child

    def _put_back(self, child: "_Child", *, usable: bool) -> None:
        with self._lock:
            if usable and not self._closed:
                self._idle.append(child)
                return
            self._children.discard(child)
        child.kill()


class _Task:
    """One source under way in a thread of its own, which does nothing but wait for a child."""

    def __init__(self, pool: WorkerPool, source: Source, slots: threading.Semaphore) -> None:
        self.source = source
        self.held = 0 if source.data is None else len(source.data)  # bytes in memory until it is done
        self._pool = pool
        self._slots = slots
        self._outcome: Article | SourceError | BaseException | None = None
        self._abandoned = False
        self.thread = threading.Thread(target=self._run, name="reading", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        with self._slots:
            if self._abandoned:
                return
            try:
                self._outcome = self._pool.read_one(self.source)
            except BaseException as error:
                # Handed to the thread that asks for the result.
                self._outcome = error

    def result(self) -> Article | SourceError:
        if isinstance(self._outcome, Article | SourceError):
            return self._outcome
        raise self._outcome or RuntimeError("reading was given up")

    def abandon(self) -> None:
        self._abandoned = True


class _Child:
    """A child process at the other end of two pipes."""

    def __init__(self, memory_bytes: int | None, reader: str) -> None:
        self.usable = True
        self._process = subprocess.Popen(
            [sys.executable, "-m", "ingest.workers", reader, str(memory_bytes or 0)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=_ROOT,
            env={**os.environ, "PYTHONPATH": _python_path()},
            # Ctrl-C reaches the whole foreground group: children leave it and end with their pipe.
            start_new_session=os.name == "posix",
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        self._started = False

    def is_alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    def _was_killed(self) -> bool:
        """Whether the process has ended because somebody else, such as a system short of memory, killed it."""
        try:
            return self._process.wait(5) == -getattr(signal, "SIGKILL", 0) != 0
        except subprocess.TimeoutExpired:
            return False

    def kill(self) -> None:
        """End the process; safe to call twice and from another thread."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    pass

    def call(self, source: Source, arguments: tuple[object, ...], seconds: float) -> object:
        """What the function returns, or a SourceError; `usable` turns false when the process is lost."""
        limit = seconds + (0.0 if self._started else _START_SECONDS)
        self._started = True
        late = threading.Event()
        begun = time.monotonic()

        def stop() -> None:
            late.set()
            self._process.kill()

        # A timer that kills the child is the one way to end a blocked read that works on every system.
        timer = _timer(limit, stop)
        try:
            _send(_pipe(self._process.stdin), (_message(source), arguments))
            while (answer := _receive(_pipe(self._process.stdout))) == _WORKING:
                timer.cancel()
                timer = _timer(limit, stop)
        except (OSError, EOFError, ValueError, pickle.UnpicklingError):
            self.usable = False
            if late.is_set():
                took = f"{time.monotonic() - begun:.0f}"
                return SourceTimeout(
                    source.name, f"was given up after {took} seconds; it may be damaged: save it again or split it"
                )
            if self._was_killed():
                return SourceTooLarge(
                    source.name,
                    "was given up: the system ended the program that was reading it, probably for lack of memory; "
                    "close other programs, or split the file",
                )
            return SourceTimeout(
                source.name, "ended the program that was reading it; it is probably damaged: save it again"
            )
        finally:
            timer.cancel()
        return answer


def _timer(seconds: float, stop: Callable[[], None]) -> threading.Timer:
    timer = threading.Timer(seconds, stop)
    timer.daemon = True
    timer.start()
    return timer


def _message(source: Source) -> Source:
    # The child runs in another folder: a relative path would mean something else there.
    path = None if source.path is None else source.path.absolute()
    data = source.data if source.member is None else source.read_bytes()
    return replace(source, path=path, data=data, member=None)


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise EOFError
    return pipe


def _python_path() -> str:
    inherited = os.environ.get("PYTHONPATH")
    return str(_ROOT) if not inherited else f"{_ROOT}{os.pathsep}{inherited}"


def _send(pipe: IO[bytes], value: object) -> None:
    data = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    pipe.write(_LENGTH.pack(len(data)))
    pipe.write(data)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> object:
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    data = pipe.read(length)
    if len(data) < length:
        raise EOFError
    return pickle.loads(data)  # noqa: S301  (from our own child, over a pipe that nobody else holds)


# --- the child -------------------------------------------------------------------------------------------------------


def serve(reader: str, memory_bytes: int) -> None:
    """Read one source after the other from standard input; the process ends when that closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    incoming, outgoing = sys.stdin.buffer, os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    # What a library prints must not get between the messages.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if memory_bytes:
        _limit_memory(memory_bytes)
    module, _, function = reader.partition(":")
    call: Callable[..., object] = getattr(importlib.import_module(module), function)
    on_sign_of_life(lambda: _send(outgoing, _WORKING))
    messages: SimpleQueue[Any] = SimpleQueue()
    threading.Thread(target=_listen, args=(incoming, messages), daemon=True).start()
    while True:
        source, arguments = messages.get()
        answer: object
        try:
            answer = call(source, *arguments)
        except SourceError as error:
            answer = error.with_traceback(None)
        except MemoryError:
            answer = SourceTooLarge(source.name, "needs more memory than reading may take; split it into smaller files")
        except RecursionError:
            answer = SourceTooLarge(source.name, "is nested too deeply to be read; save it as plain text or PDF")
        except Exception as error:
            # A reader's mistake must not take the other files along; its name helps to report it.
            answer = SourceUnreadable(source.name, f"cannot be read ({type(error).__name__}); please report this file")
        _send(outgoing, answer)


def _listen(incoming: IO[bytes], messages: "SimpleQueue[Any]") -> None:
    """Pass messages on; end the process when the parent is gone, even in the middle of a file that hangs."""
    while True:
        try:
            messages.put(_receive(incoming))
        except (EOFError, OSError):
            os._exit(0)


def _limit_memory(memory_bytes: int) -> None:
    """The one place that needs POSIX; elsewhere only the deadline guards."""
    try:
        import resource
    except ImportError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = memory_bytes if hard == resource.RLIM_INFINITY else min(memory_bytes, hard)
    try:
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    except (ValueError, OSError):
        return


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
