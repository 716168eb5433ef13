from importlib.metadata import Distribution, distributions
from pathlib import Path


def licences_of(package: Distribution) -> list[str]:
    """What a package's metadata says of its licence.

    Of a licence given in full only the first line counts: the text of the GPL, which wheels with Fortran code carry,
    speaks of the AGPL.
    """
    said = package.metadata
    expressions = [value for key in ("License-Expression", "License") for value in said.get_all(key, [])]
    classifiers = [value for value in said.get_all("Classifier", []) if value.startswith("License")]
    return [*(value.partition("\n")[0] for value in expressions), *classifiers]


def is_agpl(licence: str) -> bool:
    return "AGPL" in licence or "Affero" in licence


def test_no_installed_package_binds_those_who_serve_it_over_a_network():
    licences = {package.metadata["Name"]: licences_of(package) for package in distributions()}
    assert any("MIT" in licence for licence in licences["pytest"])  # or nothing was read
    assert {name for name, said in licences.items() if any(map(is_agpl, said))} == set()


def test_the_agpl_is_recognised():
    assert is_agpl("AGPL-3.0-or-later")
    assert is_agpl("License :: OSI Approved :: GNU Affero General Public License v3")
    assert not is_agpl("LGPL-3.0-only")


def test_our_licence_is_apaches_in_full():
    text = (Path(__file__).resolve().parent.parent / "LICENSE").read_text("utf-8")
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
