"""How far adding has come and how long it will still take. Knows numbers and a clock, nothing of articles."""

import math
import time
from collections.abc import Callable


class Pace:
    """Counts sources that are done, and estimates the seconds that the rest takes.

    `total` is their number and `size` their bytes, where known. What was skipped took no time; the rest is judged by
    bytes, or by number where nobody knows them: large files take longer.
    """

    def __init__(
        self, total: int | None = None, size: int | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.done = 0
        self.total = total
        self._size = size
        self._clock = clock
        self._begun = self._last = clock()
        self._worked = [0, 0]  # sources and bytes that took their time
        self._skipped = [0, 0]

    def skipped(self, size: int) -> None:
        """A source of `size` bytes was done at once."""
        self.done += 1
        self._skipped[0] += 1
        self._skipped[1] += size

    def worked(self, size: int) -> None:
        """A source of `size` bytes was done, after work."""
        self.done += 1
        self._worked[0] += 1
        self._worked[1] += size
        self._last = self._clock()

    def remaining(self) -> float | None:
        """Seconds, None while nothing was worked on or nobody knows how much there is."""
        if self.total is None or not self._worked[0]:
            return None
        seconds = self._last - self._begun  # what is under way now has taken the time since then
        left = max(0, self.total - self.done)
        if self._size is not None and self._worked[1]:
            bytes_left = max(0, self._size - self._worked[1] - self._skipped[1])
            estimate = seconds * bytes_left / self._worked[1] if left else 0.0
        else:
            estimate = seconds * left / self._worked[0]
        return max(0.0, estimate - (self._clock() - self._last))


def duration(seconds: float) -> str:
    """Seconds in words, rounded up, as exact as an estimate is worth: "40 seconds", "3 minutes", "2.5 hours"."""
    if seconds <= 50:
        return f"{max(1, math.ceil(seconds / 10)) * 10} seconds"
    if seconds <= 50 * 60:
        minutes = math.ceil(seconds / 60)
        return "1 minute" if minutes == 1 else f"{minutes} minutes"
    hours = math.ceil(seconds / 1800) / 2
    return "1 hour" if hours == 1 else f"{hours:g} hours"
