"""What is left of adding, in seconds and in words."""

import pytest

from index.gathering import expected
from index.pace import Pace, duration


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_nothing_is_said_before_anything_was_worked_on(clock):
    pace = Pace(10, clock=clock)
    clock.now = 5.0
    pace.skipped(100)
    assert pace.remaining() is None
    assert Pace(None, clock=clock).remaining() is None


def test_what_was_skipped_took_no_time(clock):
    pace = Pace(10, clock=clock)
    for _ in range(6):
        pace.skipped(100)
    clock.now = 8.0
    pace.worked(100)
    pace.worked(100)
    assert (pace.done, pace.remaining()) == (8, 8.0)  # four seconds a source, two are left
    clock.now = 11.0
    assert pace.remaining() == 5.0  # three of them went into what is under way
    clock.now = 99.0
    assert pace.remaining() == 0.0


def test_large_sources_take_longer_where_their_bytes_are_known(clock):
    pace = Pace(4, 1000, clock=clock)
    pace.skipped(100)
    clock.now = 3.0
    pace.worked(300)
    assert pace.remaining() == 6.0  # 600 bytes at 100 a second
    pace.worked(600)
    pace.worked(0)
    assert pace.remaining() == 0.0


def test_more_than_was_expected_is_no_trouble(clock):
    pace = Pace(1, 10, clock=clock)
    clock.now = 1.0
    pace.worked(20)
    pace.worked(20)
    assert pace.remaining() == 0.0
    assert pace.done == 2


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "10 seconds"),
        (31, "40 seconds"),
        (55, "1 minute"),
        (61, "2 minutes"),
        (3000, "50 minutes"),
        (3001, "1 hour"),
        (9000, "2.5 hours"),
        (36000, "10 hours"),
    ],
)
def test_durations_are_told_in_words(seconds, words):
    assert duration(seconds) == words


def test_files_and_folders_are_counted_without_being_opened(tmp_path):
    (tmp_path / "below").mkdir()
    (tmp_path / "a.txt").write_text("12345")
    (tmp_path / "below" / "b.pdf").write_text("123")
    (tmp_path / ".hidden").write_text("1")
    assert expected([tmp_path]) == (2, 8)
    assert expected([str(tmp_path / "a.txt"), tmp_path / "below"]) == (2, 8)
    assert expected([tmp_path / "nowhere"]) == (1, 0)


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.gz", "many.ZIP"])
def test_what_only_reading_tells_is_not_guessed(tmp_path, name):
    (tmp_path / "a.txt").write_text("12345")
    (tmp_path / name).write_text("")
    assert expected([tmp_path]) == (None, None)
    assert expected([tmp_path / "a.txt", "https://example.org/a"]) == (None, None)
