"""Work that outlives a request: one thread, one job at a time, and a table of jobs that pages may watch.

Knows nothing of articles or HTTP. A job is a function that receives a `Handle` to report through; what it returns is
kept as the job's result.
"""

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from errors import FootnoteError

logger = logging.getLogger(__name__)

KEPT_FINISHED = 20  # finished jobs that stay visible; failures must not vanish before they were read
KEPT_ITEMS = 500  # lines of one job; a file with thousands of bad rows must not fill the memory of every page


class JobState(StrEnum):
    """How far a job has come."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


FINISHED = (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a job: what it is about, its state in one word, and a sentence where there is more to say."""

    name: str
    state: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it stood at one moment. `total` is None while unknown; `error` is one line for people."""

    key: str
    kind: str
    title: str
    state: JobState = JobState.WAITING
    items: tuple[Item, ...] = ()
    done: int = 0
    total: int | None = None
    error: str = ""
    result: Any = None

    @property
    def finished(self) -> bool:
        """Whether it has ended, in whatever way."""
        return self.state in FINISHED


class Handle:
    """How a running job reports, and learns that nobody wants it any more."""

    def __init__(self, jobs: "JobQueue", key: str) -> None:
        self._jobs = jobs
        self._key = key

    def item(self, number: int, state: str, detail: str = "") -> None:
        """Set the state of line `number` (from 0)."""

        def change(job: Job) -> Job:
            items = list(job.items)
            items[number] = Item(items[number].name, state, detail)
            return replace(job, items=tuple(items))

        self._jobs._change(self._key, change)

    def append(self, item: Item) -> None:
        """Add a line; beyond the limit of lines nothing more is added."""
        self._jobs._change(
            self._key, lambda job: job if len(job.items) >= KEPT_ITEMS else replace(job, items=(*job.items, item))
        )

    def progress(self, done: int, total: int | None) -> None:
        """Say how much is done of how much."""
        self._jobs._change(self._key, lambda job: replace(job, done=done, total=total))

    def cancelled(self) -> bool:
        """Whether the job should stop."""
        return self._jobs._is_cancelled(self._key)


Work = Callable[[Handle], Any]


class JobQueue:
    """Runs jobs one after another in a thread of its own, and remembers the last ones."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}
        self._cancelled: set[str] = set()
        self._numbers = 0
        self._queue: queue.Queue[tuple[str, Work] | None] = queue.Queue()
        self._thread: threading.Thread | None = None

    def submit(self, kind: str, title: str, work: Work, *, items: Sequence[str] = ()) -> str:
        """Queue a job whose lines are named by `items`; gives its key."""
        with self._lock:
            self._numbers += 1
            key = str(self._numbers)
            lines = tuple(Item(name, JobState.WAITING.value) for name in items)
            self._jobs[key] = Job(key=key, kind=kind, title=title, items=lines, total=len(lines) or None)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="footnote-jobs", daemon=True)
                self._thread.start()
        self._queue.put((key, work))
        return key

    def jobs(self, kind: str | None = None) -> tuple[Job, ...]:
        """All remembered jobs (of one kind), oldest first."""
        with self._lock:
            return tuple(job for job in self._jobs.values() if kind is None or job.kind == kind)

    def job(self, key: str) -> Job | None:
        """One job, or None when it is unknown or long gone."""
        with self._lock:
            return self._jobs.get(key)

    def cancel(self, key: str) -> bool:
        """Ask a job to stop (a waiting one never starts). False when it is unknown or has ended."""
        with self._lock:
            job = self._jobs.get(key)
            if job is None or job.finished:
                return False
            self._cancelled.add(key)
            if job.state is JobState.WAITING:
                self._jobs[key] = replace(job, state=JobState.CANCELLED)
            return True

    def forget(self, key: str) -> bool:
        """Drop a finished job from the table. False when it is unknown or still runs."""
        with self._lock:
            job = self._jobs.get(key)
            if job is None or not job.finished:
                return False
            del self._jobs[key]
            return True

    def close(self) -> None:
        """Stop what runs and end the thread; waiting jobs are cancelled."""
        with self._lock:
            thread = self._thread
            waiting = [key for key, job in self._jobs.items() if not job.finished]
        for key in waiting:
            self.cancel(key)
        if thread is not None:
            self._queue.put(None)
            thread.join(timeout=10)

    def _run(self) -> None:
        while (task := self._queue.get()) is not None:
            key, work = task
            job = self.job(key)
            if job is None or job.finished:
                continue
            self._change(key, lambda job: replace(job, state=JobState.RUNNING))
            try:
                result = work(Handle(self, key))
            except FootnoteError as error:
                self._end(key, JobState.FAILED, error=str(error))
            except Exception:  # one bad job must not end the thread that all others need
                logger.exception("a background job failed")
                self._end(
                    key, JobState.FAILED, error="An unexpected error stopped this; the program's log has details."
                )
            else:
                self._end(key, JobState.CANCELLED if self._is_cancelled(key) else JobState.DONE, result=result)

    def _change(self, key: str, change: Callable[[Job], Job]) -> None:
        with self._lock:
            job = self._jobs.get(key)
            if job is not None:
                self._jobs[key] = change(job)

    def _end(self, key: str, state: JobState, *, result: Any = None, error: str = "") -> None:
        self._change(key, lambda job: replace(job, state=state, result=result, error=error))
        with self._lock:
            self._cancelled.discard(key)
            finished = [each for each, job in self._jobs.items() if job.finished]
            for each in finished[:-KEPT_FINISHED]:
                del self._jobs[each]

    def _is_cancelled(self, key: str) -> bool:
        with self._lock:
            return key in self._cancelled
