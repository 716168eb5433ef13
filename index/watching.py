"""Watches folders that a library follows: looks every few seconds, and acts once a file has stopped changing.

Looking beats the system's notices here: those never come from network drives and synced folders, where half-copied
files are most likely. Knows files by size and time alone; what they hold is `index/following.py`'s business.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from errors import LibraryBusy, LibraryFull
from index.following import FolderGone, Following, Stamp
from index.library import OnProgress
from index.values import Progress

POLL_SECONDS = 2.0
# A file has been written whole when nothing of it changed for so long, and is gone when it stays away for so long:
# programs save by deleting and renaming, and copies pause.
SETTLE_SECONDS = 3.0
RETRY_SECONDS = 30.0
_PAUSES = 10  # times what a look took: ten thousand files must not keep a processor busy


def watch(
    followings: Sequence[Following],
    on_change: OnProgress,
    *,
    stop: Callable[[], bool] = lambda: False,
    poll_seconds: float = POLL_SECONDS,
    settle_seconds: float = SETTLE_SECONDS,
) -> None:
    """Follow folders until `stop` says so or Ctrl-C comes. `on_change` is told of each change and failure, once."""
    watches = [FolderWatch(each, on_change, settle_seconds=settle_seconds) for each in followings]
    while not stop():
        begun = time.monotonic()
        for each in watches:
            each.look(time.time())
        time.sleep(max(poll_seconds, _PAUSES * (time.monotonic() - begun)))


class FolderWatch:
    """One folder: what was last seen of its files, since when, and what the library was last told of them."""

    def __init__(self, following: Following, on_change: OnProgress, *, settle_seconds: float = SETTLE_SECONDS) -> None:
        self._following = following
        self._on_change = on_change
        self._settle_seconds = settle_seconds
        self._known: dict[Path, Stamp] = {}  # as the library was told
        self._seen: dict[Path, tuple[Stamp | None, float]] = {}  # what differs from it, and since when it does so
        self._first = True
        self._gone = False
        self._not_before = 0.0

    def look(self, now: float) -> None:
        """Look at the folder; `now` is in seconds since 1970, as the times of files are."""
        if now < self._not_before:
            return
        try:
            stamps = self._following.stamps()
        except FolderGone as gone:
            self._tell_gone(gone)
            return
        if self._gone:
            self._gone = False
            self._on_change(Progress(0, None, str(self._following.folder), "back"))
        changed = self._settled(stamps, now)
        if not changed and not self._first:
            return
        try:
            report = self._following.update(changed, on_progress=self._tell)
        except (LibraryBusy, LibraryFull) as error:
            self._not_before = now + RETRY_SECONDS
            self._on_change(Progress(0, None, str(self._following.folder), "waiting", str(error)))
            return
        if any(each.source == str(self._following.folder) for each in report.failed):
            return  # it went in this very moment
        self._first = False
        for path in changed:
            self._seen.pop(path, None)
            if path in stamps:
                self._known[path] = stamps[path]
            else:
                self._known.pop(path, None)

    def _settled(self, stamps: dict[Path, Stamp], now: float) -> set[Path]:
        """The files that are new, different or gone, and have been so for long enough."""
        settled: set[Path] = set()
        different = {path for path in {*stamps, *self._known} if stamps.get(path) != self._known.get(path)}
        for path in list(self._seen):
            if path not in different:
                del self._seen[path]
        for path in different:
            stamp = stamps.get(path)
            seen, since = self._seen.get(path, (None, None))
            if since is None or seen != stamp:
                # What lay there untouched before we came need not be watched first.
                since = min(now, stamp[1] / 1e9) if self._first and stamp is not None else now
                self._seen[path] = (stamp, since)
            if now - since >= self._settle_seconds:
                settled.add(path)
        return settled

    def _tell(self, progress: Progress) -> None:
        if progress.is_done and progress.outcome != "unchanged":
            self._on_change(progress)

    def _tell_gone(self, gone: FolderGone) -> None:
        if not self._gone:
            self._gone = True
            self._on_change(Progress(0, None, gone.source, "missing", gone.reason))
