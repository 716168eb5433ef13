"""Killed at any moment, written to by two at once, or out of space: the library stays whole."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ARTICLES = 12

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked, to save the time of imports")


def run(what, folder, *numbers):
    command = [sys.executable, "-m", "tests.killed_library", what, str(folder), *map(str, numbers)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=250)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_killed_twenty_times_it_is_whole_each_time_and_finishes_the_next_time(tmp_path):
    told, (problems, texts, found) = run("kill_again_and_again", tmp_path, 20)
    assert len(told) == 20
    for number, (damage, held, shown) in enumerate(told):
        assert damage == []
        assert shown == len(held)
        # Each article is as it was before or after being replaced, never between.
        known = {f"{n}.txt": [f"Article {n} in version {v}." for v in range(number + 1)] for n in range(ARTICLES)}
        assert all(text in known[source] for source, text in held.items())
    assert any(
        0 < sum(f"version {n}." in text for text in held.values()) < ARTICLES for n, (_, held, _) in enumerate(told)
    )
    assert problems == []
    assert texts == {f"{n}.txt": f"Article {n} in version last." for n in range(ARTICLES)}
    assert found == ARTICLES


def test_two_processes_add_at_once_while_a_third_searches(tmp_path):
    codes, (problems, texts, found) = run("two_at_once", tmp_path)
    assert codes == [0, 0, 0]
    assert problems == []
    assert set(texts) == {f"{n}.txt" for n in range(2 * ARTICLES)}
    assert found == 2 * ARTICLES


@pytest.mark.parametrize("size", [20, 8000], ids=["the store is full", "an original does not fit"])
def test_a_full_disk_is_told_in_a_line_and_nothing_is_lost(tmp_path, size):
    _, (kind, message), (problems, texts, found) = run("run_out_of_space", tmp_path, size)
    assert kind == "LibraryFull"
    assert "the disk is full; free some space and try again (nothing was lost)" in message
    assert "\n" not in message
    assert problems == []
    assert len(texts) == ARTICLES
    assert found >= ARTICLES
