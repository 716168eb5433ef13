import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from venv import create

import pytest

import setup_environment
from setup_environment import SetupStopped, choose_torch, explain_failure, find_fault, gpu_names, remove_environment

HERE = sys.version_info[:2]


@pytest.fixture
def venv(tmp_path):
    """An environment of the Python that runs the tests, with a pip that does nothing."""
    folder = tmp_path / "project" / ".venv"
    create(folder, symlinks=os.name != "nt")
    lib = Path("Lib") if os.name == "nt" else Path("lib") / f"python{HERE[0]}.{HERE[1]}"
    (folder / lib / "site-packages" / "pip").mkdir(parents=True)
    (folder / lib / "site-packages" / "pip" / "__init__.py").touch()
    describe(folder, made_at=folder)
    return folder


def describe(folder, *, made_at, version=f"{HERE[0]}.{HERE[1]}.1"):
    lines = [f"home = {Path(sys.executable).parent}", f"version = {version}"]
    (folder / "pyvenv.cfg").write_text("\n".join([*lines, f"command = /usr/bin/python3 -m venv {made_at}"]))


def report(*names):
    return {"install": [{"metadata": {"name": name, "version": "1"}} for name in names]}


def test_a_working_environment_has_no_fault(venv):
    assert find_fault(venv, None) is None
    assert find_fault(venv, HERE) is None


def test_a_missing_environment_is_a_fault(tmp_path):
    assert find_fault(tmp_path / ".venv", None) == "there is none"


def test_another_version_of_python_is_a_fault_only_when_one_was_asked_for(venv):
    assert find_fault(venv, (3, 99)) == f"it has Python {HERE[0]}.{HERE[1]}, not 3.99"


def test_a_python_that_was_removed_is_a_fault(venv):
    python = setup_environment.python_of(venv)
    python.unlink()
    python.symlink_to("/nowhere/python3")
    assert find_fault(venv, None) == "its Python is gone"


def test_a_python_that_was_upgraded_in_place_is_a_fault(venv):
    describe(venv, made_at=venv, version="3.2.1")
    assert find_fault(venv, None) == f"its Python changed from 3.2.1 to {HERE[0]}.{HERE[1]}"


def test_a_moved_folder_is_a_fault(venv):
    moved = venv.parent.with_name("moved")
    venv.parent.rename(moved)
    assert find_fault(moved / ".venv", None) == f"it was moved or copied here from {venv}"


def test_a_moved_folder_is_noticed_by_the_stamp_too(venv):
    setup_environment.write_stamp(venv, "run")
    (venv / "pyvenv.cfg").write_text(
        f"home = {Path(sys.executable).parent}\n"
    )  # as other tools write it, without the command
    assert find_fault(venv, None) is None
    moved = venv.parent.with_name("moved")
    venv.parent.rename(moved)
    assert find_fault(moved / ".venv", None) == f"it was moved or copied here from {venv}"


def test_set_up_is_current_until_a_requirement_file_changes(venv, monkeypatch, tmp_path):
    for name in ("requirements.txt", "requirements-test.txt", "constraints.txt"):
        (tmp_path / name).write_text(f"{name}==1\n")
    monkeypatch.setattr(setup_environment, "ROOT", tmp_path)
    assert not setup_environment.is_current(venv, "run")
    setup_environment.write_stamp(venv, "run")
    assert setup_environment.is_current(venv, "run")
    assert not setup_environment.is_current(venv, "tests")
    setup_environment.write_stamp(venv, "tests")
    assert setup_environment.is_current(venv, "tests")
    (tmp_path / "requirements-test.txt").write_text("other==2\n")
    assert setup_environment.is_current(venv, "run")
    assert not setup_environment.is_current(venv, "tests")


def test_a_broken_environment_is_removed(venv):
    remove_environment(venv, "its Python is gone")
    assert not venv.exists()


def test_a_folder_that_is_no_environment_is_left_alone(tmp_path):
    folder = tmp_path / ".venv"
    folder.mkdir()
    (folder / "thesis.txt").write_text("years of work")
    with pytest.raises(SetupStopped, match="is no Python environment; move it away"):
        remove_environment(folder, "there is none")
    assert (folder / "thesis.txt").read_text() == "years of work"


def test_gpu_packages_are_told_from_others():
    found = gpu_names(report("torch", "numpy", "nvidia_cublas", "triton", "cuda-toolkit", "sympy"))
    assert found == ["cuda-toolkit", "nvidia-cublas", "triton"]


def fake_pip(monkeypatch, answers):
    """A pip that answers a dry run for each requirement with package names, or fails with a text."""
    asked = []

    def run(python, command, log):
        requirement = command[-1]
        asked.append(requirement)
        answer = answers[requirement]
        if isinstance(answer, str):
            return 1, answer
        Path(command[command.index("--report") + 1]).write_text(json.dumps(report(*answer)))
        return 0, ""

    monkeypatch.setattr(setup_environment, "run_pip", run)
    monkeypatch.delenv("FOOTNOTE_ALLOW_CUDA", raising=False)
    return asked


PYTHON = setup_environment.python_of(setup_environment.VENV)


def test_a_torch_without_gpu_packages_is_taken(monkeypatch):
    asked = fake_pip(monkeypatch, {"torch==2.13.0": ["torch", "sympy"]})
    assert choose_torch(PYTHON, io.StringIO()) == "torch==2.13.0"
    assert asked == ["torch==2.13.0"]


def test_an_installed_torch_is_kept(monkeypatch):
    fake_pip(monkeypatch, {"torch==2.13.0": []})
    assert choose_torch(PYTHON, io.StringIO()) == "torch==2.13.0"


def test_a_cpu_build_is_looked_for_when_gpu_packages_would_come(monkeypatch):
    fake_pip(monkeypatch, {"torch==2.13.0": ["torch", "nvidia-cublas"], "torch==2.13.0+cpu": ["torch"]})
    assert choose_torch(PYTHON, io.StringIO()) == "torch==2.13.0+cpu"


def test_set_up_stops_rather_than_take_gpu_packages_unasked(monkeypatch):
    fake_pip(monkeypatch, {"torch==2.13.0": ["nvidia-cublas", "triton"], "torch==2.13.0+cpu": "ERROR: none"})
    with pytest.raises(SetupStopped, match="brings 2 GPU packages") as stopped:
        choose_torch(PYTHON, io.StringIO())
    for way_out in (
        "PIP_EXTRA_INDEX_URL",
        "PIP_FIND_LINKS",
        'pip install WHERE "torch==2.13.0"',
        "FOOTNOTE_ALLOW_CUDA=1",
    ):
        assert way_out in str(stopped.value)


def test_gpu_packages_are_taken_when_asked_for(monkeypatch):
    asked = fake_pip(monkeypatch, {})
    monkeypatch.setenv("FOOTNOTE_ALLOW_CUDA", "1")
    assert choose_torch(PYTHON, io.StringIO()) == "torch==2.13.0"
    assert asked == []


REFUSED = "WARNING: Retrying (Retry(total=0)) after connection broken by NewConnectionError('[Errno 111]')\n"


@pytest.mark.parametrize(
    ("output", "start"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "the disk is full"),
        (REFUSED + "ERROR: No matching distribution found for torch==2.13.0", "pip could not reach its package index"),
        ("ERROR: No matching distribution found for faiss-cpu==1.15.1", "pip finds no build of faiss-cpu==1.15.1"),
        ("ERROR: [Errno 13] Permission denied: '/x'", "a file may not be written"),
        (
            "Collecting a\nERROR: ResolutionImpossible: see above.\nhint: none",
            "ERROR: ResolutionImpossible: see above.",
        ),
        ("", "it gave no reason."),
    ],
)
def test_a_failure_of_pip_becomes_a_sentence(output, start):
    said = explain_failure(output)
    assert said.startswith(start)
    assert "\n" not in said


def test_a_stop_is_one_line_on_standard_error(monkeypatch, capsys):
    def stop(group, wanted):
        raise SetupStopped("the disk is full; make room.")

    monkeypatch.setattr(setup_environment, "set_up", stop)
    assert setup_environment.main([]) == 1
    assert capsys.readouterr() == ("", "Set-up stopped: the disk is full; make room.\n")


def test_an_old_python_gets_a_sentence(monkeypatch, capsys):
    monkeypatch.setattr(setup_environment, "OLDEST", (9, 1))
    assert setup_environment.main([]) == 1
    assert "Footnote needs 9.1 or later" in capsys.readouterr().err


def test_a_browser_that_is_named_is_taken(monkeypatch):
    monkeypatch.setenv("FOOTNOTE_BROWSER", sys.executable)
    assert setup_environment.find_browser() == sys.executable
    monkeypatch.setenv("FOOTNOTE_BROWSER", "/nowhere/chromium")
    assert setup_environment.find_browser() is None


@pytest.mark.parametrize("debian", [True, False])
def test_programs_that_tests_need_are_installed_or_named(monkeypatch, capsys, debian):
    ran: list[list[str]] = []

    def fail(command: list[str], **_: object) -> subprocess.CompletedProcess[str]:
        ran.append(command[1:])
        return subprocess.CompletedProcess(command, 1, "", "no network\n")

    monkeypatch.setattr(setup_environment, "find_browser", lambda: None)
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/apt-get" if name == "apt-get" else None)
    monkeypatch.setattr(setup_environment, "is_debian", lambda: debian)
    monkeypatch.setattr(setup_environment, "is_root", lambda: True)
    monkeypatch.setattr(subprocess, "run", fail)
    setup_environment.install_programs()
    said = capsys.readouterr()
    assert "tesseract" in said.out + said.err
    assert ran == ([["update"]] if debian else [])  # what fails is told, and stops nothing


def test_nothing_is_installed_that_is_there(monkeypatch):
    monkeypatch.setattr(setup_environment, "find_browser", lambda: "/usr/bin/chromium")
    monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/tesseract")
    monkeypatch.setattr(subprocess, "run", None)
    setup_environment.install_programs()
