"""What the documents say is so: commands exist, links lead somewhere, and nothing names a place it should not."""

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TEXT_SUFFIXES = {".md", ".py", ".txt", ".toml", ".html", ".css", ".js", ".svg", ".json", ".jsonl", ".yml", ".yaml", ""}
# Where packages come from is for the user's pip to say. Put together here, so that this file does not name them either.
REGISTRIES = tuple(
    ".".join(parts)
    for parts in (
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("download", "pytorch", "org"),
        ("registry", "npmjs", "org"),
        ("deb", "debian", "org"),
        ("proxy", "golang", "org"),
        ("static", "crates", "io"),
    )
)
MACHINE_PATHS = tuple(f"/{name}/" for name in ("work", "root", "tmp", "home"))


@cache
def project_texts() -> dict[str, str]:
    """Every text file of the project that git tracks or would track, by its path."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):  # unpacked from an archive, or no git here
        hidden = {".venv", "library", "__pycache__"}
        listed = [
            path.relative_to(ROOT).as_posix()
            for path in ROOT.rglob("*")
            if path.is_file() and not hidden & set(path.parts)
        ]
    paths = [ROOT / name for name in listed]
    return {
        path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
        for path in paths
        if path.is_file() and path.suffix in TEXT_SUFFIXES
    }


def documents() -> dict[str, str]:
    """Markdown that speaks about the project; the articles of corpus/ speak of other things."""
    texts = project_texts()
    return {
        path: text
        for path, text in texts.items()
        if path.endswith(".md") and (not path.startswith("corpus/") or path.endswith("README.md"))
    }


def code_in(text: str) -> str:
    """The code blocks and code spans of a Markdown text, one a line."""
    blocks = re.findall(r"^```[^\n]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return "\n".join([*blocks, *re.findall(r"`([^`\n]+)`", text)])


def make_targets_in(text: str) -> set[str]:
    return set(re.findall(r"\bmake ([a-z][a-z-]*)", code_in(text)))


def verbs_in(text: str) -> set[str]:
    """Verbs of the command line, after global options and their values."""
    return set(re.findall(r"\bapp\.py(?: --library \S+| --empty)* ([a-z]+)", code_in(text)))


def test_code_is_found_in_blocks_and_in_lines():
    text = "Run `make chat`, make sense.\n```\nmake setup PYTHON=x\npython app.py --library x --empty ask 'why?'\n```\n"
    assert make_targets_in(text) == {"chat", "setup"}
    assert verbs_in(text) == {"ask"}


def test_the_readme_names_the_commands_that_matter():
    readme = project_texts()["README.md"]
    assert {"setup", "chat", "test"} <= make_targets_in(readme)
    assert {"add", "ask", "evaluate"} <= verbs_in(readme)


def test_make_targets_that_documents_name_exist():
    targets = set(re.findall(r"^([a-z-]+):", project_texts()["Makefile"], re.MULTILINE))
    assert {
        f"{path}: make {name}" for path, text in documents().items() for name in make_targets_in(text) - targets
    } == set()


def test_every_make_target_explains_itself():
    targets = re.findall(r"^([a-z]+):(.*)", project_texts()["Makefile"], re.MULTILINE)
    assert [name for name, rest in targets if "## " not in rest] == []


def test_verbs_that_documents_name_exist():
    done = subprocess.run([sys.executable, "app.py", "--help"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    known = set(re.findall(r"[a-z]+", done.stdout))
    assert {f"{path}: app.py {verb}" for path, text in documents().items() for verb in verbs_in(text) - known} == set()


def test_relative_links_lead_somewhere():
    broken = set()
    for path, text in documents().items():
        for target in re.findall(r"\]\(([^)\s]+)\)|(?:src|srcset|href)=\"([^\"]+)\"", text):
            link = (target[0] or target[1]).partition("#")[0]
            if link and not re.match(r"[a-z]+:", link) and not ((ROOT / path).parent / link).exists():
                broken.add(f"{path}: {link}")
    assert broken == set()


def test_the_file_tree_of_the_readme_is_the_projects():
    tree = re.search(r"^```text\n(.*?)^```", project_texts()["README.md"], re.MULTILINE | re.DOTALL)
    assert tree is not None
    named = [line.split()[0] for line in tree.group(1).splitlines() if line and not line.startswith(" ")]
    assert [name for name in named if not (ROOT / name).exists()] == []
    rooms = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert rooms <= {name.rstrip("/") for name in named}


@pytest.mark.parametrize("host", REGISTRIES)
def test_no_file_names_a_package_registry(host):
    assert [path for path, text in project_texts().items() if host in text.lower()] == []


def test_documents_name_no_path_of_one_machine():
    settings = {
        path: text for path, text in project_texts().items() if path in ("Makefile", "pyproject.toml", ".ci/run")
    }
    assert [
        f"{path}: {place}"
        for path, text in {**documents(), **settings}.items()
        for place in MACHINE_PATHS
        if place in text
    ] == []
