"""Makes `.venv` and installs what Footnote needs, on any system; `make setup` calls it, and Windows users do.

Knows pip and the requirement files, and nothing of the program: standard library alone. Where packages come from is
for pip's own settings to say (index, find-links, proxy, certificates); nothing here names a place.

    python3 setup_environment.py            what the program needs
    python3 setup_environment.py --tests    and what the tests need, a browser included
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, TextIO

OLDEST = (3, 11)  # the syntax and the standard library that the program uses
ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
LOG = ROOT / "setup.log"
STAMP = "footnote-setup.json"
FILES = {
    "run": ("requirements.txt", "constraints.txt"),
    "tests": ("requirements.txt", "requirements-test.txt", "constraints.txt"),
}
GPU_PACKAGES = ("nvidia-", "cuda-", "triton", "pytorch-triton", "rocm")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
BROWSER_PLACES = (  # where systems that keep programs off the PATH put them
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)


class SetupStopped(Exception):
    """Set-up cannot go on; the text says what happened and what to do."""


def main(arguments: list[str]) -> int:
    """Set up and return the exit code: 0 ready, 1 stopped with a message, 130 interrupted."""
    parser = argparse.ArgumentParser(description="Make .venv and install what Footnote needs.")
    parser.add_argument("--tests", action="store_true", help="also install what the tests need")
    parser.add_argument(
        "--any-python",
        action="store_true",
        help="keep a working .venv even if it was made by another version of Python than this one",
    )
    options = parser.parse_args(arguments)
    try:
        if sys.version_info < OLDEST:
            raise SetupStopped(
                f"this is Python {version_text(sys.version_info)}, and Footnote needs {version_text(OLDEST)} or later; "
                "install one and run this file with it."
            )
        set_up("tests" if options.tests else "run", None if options.any_python else tuple(sys.version_info[:2]))
        if options.tests:
            install_programs()
    except SetupStopped as stopped:
        print(f"Set-up stopped: {stopped}", file=sys.stderr)
        return 1
    except OSError as error:
        print(f"Set-up stopped: {explain_failure(str(error))}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nSet-up interrupted; run it again to go on where it stopped.", file=sys.stderr)
        return 130
    return 0


def set_up(group: str, wanted: tuple[int, ...] | None) -> None:
    """Bring `.venv` to what `group` ("run" or "tests") asks for; at once when it is there already.

    `wanted` is the (major, minor) of Python that it must have, None for any that is new enough.
    """
    fault = find_fault(VENV, wanted)
    if fault is None and is_current(VENV, group):
        return
    if fault is not None:
        remove_environment(VENV, fault)
        say(f"1/3  Making .venv with Python {version_text(sys.version_info)}")
        make_environment(VENV)
    else:
        say("1/3  .venv is there; its packages are missing or out of date")
    python = python_of(VENV)
    with LOG.open("w", encoding="utf-8") as log:
        say("2/3  Looking for a build of torch that fits (the GPU builds take gigabytes)")
        torch = choose_torch(python, log)
        say("3/3  Installing packages (about 2 GB on disk; some minutes the first time)")
        command = ["install", "-c", "constraints.txt", *(f"-r{name}" for name in FILES[group] if name[0] == "r"), torch]
        code, output = run_pip(python, command, log)
        if code != 0:
            raise SetupStopped(f"{explain_failure(output)} Everything that pip said is in {LOG.name}.")
    write_stamp(VENV, group)
    say("Ready.")


def python_of(venv: Path) -> Path:
    """The environment's interpreter."""
    return venv / "Scripts" / "python.exe" if os.name == "nt" else venv / "bin" / "python"


def find_fault(venv: Path, wanted: tuple[int, ...] | None) -> str | None:
    """Why `venv` cannot be used, in words for the user; None when it can."""
    if not (venv / "pyvenv.cfg").is_file():
        return "there is none"
    probe = (
        "import importlib.util as u, json, sys; print(json.dumps([*sys.version_info[:2], u.find_spec('pip') is None]))"
    )
    try:
        answer = subprocess.run([str(python_of(venv)), "-c", probe], capture_output=True, text=True, check=True)
        major, minor, without_pip = json.loads(answer.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return "its Python is gone"
    settings = read_settings(venv / "pyvenv.cfg")
    made_with = settings.get("version", settings.get("version_info", ""))
    if made_with and not made_with.startswith(f"{major}.{minor}."):
        return f"its Python changed from {made_with} to {major}.{minor}"
    command = re.search(r" -m venv (?:-\S+ )*(.+)$", settings.get("command", ""))  # written by Python 3.11 and later
    made_at = read_stamp(venv).get("path") or (command.group(1) if command else None)
    if made_at and not same_place(Path(made_at), venv):
        return f"it was moved or copied here from {made_at}"
    if (major, minor) < OLDEST:
        return f"it has Python {major}.{minor}, which is too old"
    if wanted is not None and (major, minor) != wanted:
        return f"it has Python {major}.{minor}, not {version_text(wanted)}"
    return "it has no pip" if without_pip else None


def remove_environment(venv: Path, fault: str) -> None:
    """Remove a broken `.venv`, and nothing that is no environment."""
    if not venv.exists() and not venv.is_symlink():
        return
    if Path(sys.prefix).resolve() == venv.resolve():
        raise SetupStopped(f"{venv.name} must be made anew ({fault}); run this with a Python outside it.")
    if (venv / "pyvenv.cfg").is_file():
        say(f"     .venv is made anew: {fault}")
    elif not venv.is_dir() or any(path.is_file() for path in venv.rglob("*")):
        raise SetupStopped(f"{venv.name} is there but is no Python environment; move it away and run this again.")
    if venv.is_symlink():
        venv.unlink()
    else:
        shutil.rmtree(venv)


def make_environment(venv: Path) -> None:
    """Make an empty environment with pip, from the Python that runs this file."""
    made = subprocess.run([sys.executable, "-m", "venv", str(venv)], capture_output=True, text=True, check=False)
    if made.returncode == 0:
        return
    said = made.stdout + made.stderr
    shutil.rmtree(venv, ignore_errors=True)
    if "ensurepip" in said:
        raise SetupStopped(
            f"{sys.executable} came without venv and pip; install them (on Debian and Ubuntu the package "
            f"python{version_text(sys.version_info)}-venv) or set PYTHON to another Python."
        )
    raise SetupStopped(f"{sys.executable} could not make .venv: {explain_failure(said)}")


def choose_torch(python: Path, log: TextIO) -> str:
    """The torch requirement to install: one that brings no GPU packages, or any if the user said so.

    Asks pip what it would do, which downloads no packages where the index serves metadata. An installed torch of the
    pinned version is kept, whatever build it is.
    """
    pinned = re.search(r"^torch==([\w.]+)", (ROOT / "requirements.txt").read_text("utf-8"), re.MULTILINE)
    assert pinned is not None, "requirements.txt pins torch"  # noqa: S101  (a mistake of ours, not of the user)
    requirement = pinned.group(0)
    if os.environ.get("FOOTNOTE_ALLOW_CUDA", "") not in ("", "0"):
        return requirement
    unwanted, failure = gpu_packages(python, requirement, log)
    if failure:
        raise SetupStopped(f"{explain_failure(failure)} Everything that pip said is in {LOG.name}.")
    if not unwanted:
        return requirement
    still_unwanted, failure = gpu_packages(python, f"{requirement}+cpu", log)
    if not failure and not still_unwanted:
        return f"{requirement}+cpu"
    raise SetupStopped(
        f"the build of torch {pinned.group(1)} that pip finds for {name_of(python)} brings {len(unwanted)} GPU "
        f"packages ({', '.join(unwanted[:2])}, ...): gigabytes that Footnote does not need. No package was installed.\n"
        "Do one of these, then run set-up again:\n"
        "  - let pip see CPU builds: set PIP_EXTRA_INDEX_URL (an index) or PIP_FIND_LINKS (a folder)\n"
        f'  - install a CPU build yourself: {python.relative_to(ROOT)} -m pip install WHERE "{requirement}"\n'
        "  - use another Python, for which pip may find one: make setup PYTHON=python3.12\n"
        "  - accept the GPU build: set FOOTNOTE_ALLOW_CUDA=1"
    )


def name_of(python: Path) -> str:
    """ "Python 3.12", as an interpreter calls itself."""
    said = subprocess.run([str(python), "--version"], capture_output=True, text=True, check=False).stdout
    return ".".join(said.strip().split(".")[:2])


def gpu_packages(python: Path, requirement: str, log: TextIO) -> tuple[list[str], str]:
    """The GPU packages that installing `requirement` would bring, sorted, and what pip said if it could not tell."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        command = ["install", "--dry-run", "-c", "constraints.txt", "--report", str(report), requirement]
        code, output = run_pip(python, command, log)
        if code != 0:
            return [], output or "pip gave no reason"
        return gpu_names(json.loads(report.read_text("utf-8"))), ""


def gpu_names(report: dict[str, Any]) -> list[str]:
    """The names of GPU packages in pip's installation report, sorted."""
    names = (str(item["metadata"]["name"]).lower().replace("_", "-") for item in report["install"])
    return sorted(name for name in names if name.startswith(GPU_PACKAGES))


def run_pip(python: Path, command: list[str], log: TextIO) -> tuple[int, str]:
    """Run pip with the user's own settings; log every line, show the large downloads, return code and output."""
    log.write(f"$ pip {' '.join(command)}\n")
    lines: list[str] = []
    with subprocess.Popen(
        [str(python), "-m", "pip", "--disable-pip-version-check", "--no-input", *command],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"},
    ) as pip:
        assert pip.stdout is not None  # noqa: S101  (for the type checker)
        for line in pip.stdout:
            lines.append(line)
            log.write(line)
            log.flush()
            large = re.match(r"\s*Downloading (\S+) \((\d{2,}(?:\.\d+)? MB|[\d.]+ GB)\)", line)
            if large and "--dry-run" not in command:
                say(f"     downloading {large.group(1).rpartition('/')[2]}, {large.group(2)}")
            elif line.startswith("Installing collected packages"):
                say(f"     unpacking {line.count(',') + 1} packages")
    return pip.returncode, "".join(lines)


def explain_failure(output: str) -> str:
    """What went wrong and what to do, in a sentence or two, from what pip or the system said."""
    said = output.lower()
    if any(sign in said for sign in ("no space left", "errno 28", "disk quota exceeded", "not enough space")):
        return "the disk is full; make room (about 4 GB) and run this again."
    network = ("retrying (retry(", "connection error", "connectionerror", "failed to establish", "name resolution")
    if any(sign in said for sign in (*network, "read timed out", "proxyerror", "sslerror", "ssl: cert")):
        return "pip could not reach its package index; is the network off, or a proxy or certificate not set in pip?"
    missing = re.search(r"no matching distribution found for ([^\s;]+)", said)
    if missing:
        return (
            f"pip finds no build of {missing.group(1)} for Python {version_text(sys.version_info)} on this system; try "
            "another version of Python (3.11 to 3.13 are likely to work), or add an index to pip's settings."
        )
    if "permission denied" in said or "access is denied" in said:
        return "a file may not be written; close programs that use .venv, look at its owner, and run this again."
    errors = [line.strip() for line in output.splitlines() if line.strip().lower().startswith("error")]
    last = (errors or output.strip().splitlines() or ["it gave no reason"])[-1]
    return f"{last.strip()[:300].rstrip('.')}."


def read_settings(path: Path) -> dict[str, str]:
    """The `key = value` lines of a pyvenv.cfg."""
    pairs = (line.partition("=") for line in path.read_text("utf-8", "replace").splitlines())
    return {key.strip().lower(): value.strip() for key, _, value in pairs}


def same_place(one: Path, other: Path) -> bool:
    """Whether both paths lead to one folder; False when either is missing."""
    try:
        return one.samefile(other)
    except OSError:
        return False


def fingerprint(group: str) -> str:
    """Changes whenever a requirement file of `group` does."""
    digest = hashlib.sha256()
    for name in FILES[group]:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def read_stamp(venv: Path) -> dict[str, str]:
    """What was last installed; empty when unknown."""
    try:
        stamp = json.loads((venv / STAMP).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def is_current(venv: Path, group: str) -> bool:
    """Whether the last set-up that ended well had today's requirement files."""
    return read_stamp(venv).get(group) == fingerprint(group)


def write_stamp(venv: Path, group: str) -> None:
    """Remember what was installed, and where the environment stands."""
    done = {name: fingerprint(name) for name in FILES if name in ("run", group)}
    (venv / STAMP).write_text(json.dumps({**read_stamp(venv), "path": str(venv), **done}, indent=1), "utf-8")


def find_browser() -> str | None:
    """The path of a Chromium, Chrome or Edge that can run the browser tests; FOOTNOTE_BROWSER names one."""
    named = os.environ.get("FOOTNOTE_BROWSER")
    if named:
        return shutil.which(named)
    found = (shutil.which(name) for name in (*BROWSERS, *BROWSER_PLACES))
    return next((path for path in found if path is not None), None)


def install_programs() -> None:
    """Install what tests run besides Python from Debian, where that is possible unasked; otherwise say what to install.

    Never stops set-up.
    """
    missing: dict[str, list[str]] = {}
    if find_browser() is None:
        missing["Chromium, Chrome or Edge"] = ["chromium", "fonts-liberation"]
    if shutil.which("tesseract") is None:
        missing["tesseract"] = ["tesseract-ocr", "tesseract-ocr-eng"]
    if not missing:
        return
    names = " and ".join(missing)
    if not (is_debian() and is_root() and shutil.which("apt-get")):
        say(f"Not found: {names}. Install what is missing, or the tests that need it are skipped.")
        return
    packages = [package for some in missing.values() for package in some]
    say(f"     installing {', '.join(packages)} with apt-get for the tests")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        done = subprocess.run(["apt-get", *command], capture_output=True, text=True, env=environment, check=False)
        if done.returncode != 0:
            last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            say(f"apt-get {command[0]} failed ({last}); the tests that need {names} are skipped.")
            return


def is_debian() -> bool:
    """Whether this is Debian itself, whose chromium package holds the browser (Ubuntu's only points elsewhere)."""
    try:
        return re.search(r"^ID=\"?debian\"?$", Path("/etc/os-release").read_text("utf-8"), re.MULTILINE) is not None
    except OSError:
        return False


def is_root() -> bool:
    """Whether packages of the system can be installed without asking; never on Windows."""
    user_of = getattr(os, "geteuid", None)
    return user_of is not None and user_of() == 0


def version_text(version: tuple[Any, ...]) -> str:
    """Major and minor version, as people write it."""
    return ".".join(str(part) for part in version[:2])


def say(line: str) -> None:
    """One line of progress, at once."""
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
