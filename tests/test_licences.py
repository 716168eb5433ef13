from importlib.metadata import Distribution, distributions
from pathlib import Path


def licence_of(package: Distribution) -> str:
    """What a package's metadata says of its licence, in one text."""
    said = package.metadata
    parts = [said.get("License-Expression"), said.get("License"), *(said.get_all("Classifier") or [])]
    return " | ".join(part for part in parts if part and (part in parts[:2] or part.startswith("License")))


def test_no_installed_package_binds_those_who_serve_it_over_a_network():
    licences = {package.metadata["Name"]: licence_of(package) for package in distributions()}
    assert "BSD" in licences["numpy"]  # or nothing was read
    assert {name: text for name, text in licences.items() if "AGPL" in text or "Affero" in text} == {}


def test_the_licence_is_apaches_in_full():
    text = (Path(__file__).resolve().parent.parent / "LICENSE").read_text("utf-8")
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
