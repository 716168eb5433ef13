"""What a `.zip` holds is added file by file; what must not be unpacked is told and left."""

import io
import struct
import zipfile
from collections.abc import Iterable

import pytest

from errors import SourceError
from index.library import Library
from ingest.archives import ArchiveLimits, is_document, members
from ingest.sources import Source, find_in_archive, find_sources, is_skipped
from tests.fakes_embedder import BagEmbedder


def zipped(*files, compression=zipfile.ZIP_DEFLATED):
    """A zip of (name, bytes) pairs."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", compression) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return made.getvalue()


def found(data, **more):
    """What each entry of an archive named X.zip gives: a name, or an error as a line."""
    return [each.name if isinstance(each, Source) else str(each) for each in find_in_archive(data, "X.zip", **more)]


def sources_of(entries: Iterable[Source | SourceError]) -> list[Source]:
    """The entries, each of which has to be a source."""
    sources: list[Source] = []
    for each in entries:
        assert isinstance(each, Source), each
        sources.append(each)
    return sources


def flagged(data, name, flag):
    """The archive with a flag set on one member, in its own header and in the directory."""
    changed = bytearray(data)
    for signature, flags, length, start in ((b"PK\3\4", 6, 26, 30), (b"PK\1\2", 8, 28, 46)):
        at = -1
        while (at := data.find(signature, at + 1)) >= 0:
            (size,) = struct.unpack_from("<H", data, at + length)
            if data[at + start : at + start + size] == name.encode():
                changed[at + flags] |= flag
    return bytes(changed)


def test_files_are_sources_named_by_archive_and_path():
    data = zipped(("reports/2024/a.txt", "Alpha."), ("b.md", "# Beta"), ("reports/", ""))
    sources = sources_of(find_in_archive(data, "X.zip"))
    assert [(each.name, each.size(), each.read_bytes()) for each in sources] == [
        ("X.zip/b.md", 6, b"# Beta"),
        ("X.zip/reports/2024/a.txt", 6, b"Alpha."),
    ]
    assert sources[0].read_bytes(3) == b"# B"


def test_hidden_temporary_and_resource_files_are_left_out():
    data = zipped(("a.txt", "A."), (".DS_Store", "x"), ("__MACOSX/._a.txt", "x"), ("~$a.docx", "x"), (".git/b", "x"))
    assert found(data) == ["X.zip/a.txt"]
    assert found(data, skip=lambda path: is_skipped(path) or path.name == "a.txt") == [
        "X.zip: this archive holds no articles; put text, PDF, Word or web page files into it"
    ]


@pytest.mark.parametrize("name", ["../../evil.txt", "/etc/passwd", "a/../../b.txt", "C:\\evil.txt", "C:/evil.txt"])
def test_names_that_lead_out_are_told_and_the_rest_is_read(name):
    told = found(zipped((name, "x"), ("good.txt", "Good.")))
    assert "X.zip/good.txt" in told
    (error,) = [each for each in told if each != "X.zip/good.txt"]
    assert error.endswith(": its name leads out of the archive; rename it, or unpack it and add the file")
    assert "\n" not in error


def test_names_are_shown_as_they_were_written():
    data = bytearray(zipped(("m?rz.txt".replace("?", "xx"), "A.")))
    written = "märz.txt".encode()
    assert found(bytes(data).replace(b"mxxrz.txt", written)) == ["X.zip/märz.txt"]
    assert found(zipped(("a\\b.txt", "A."))) == ["X.zip/a/b.txt"]


def test_locked_files_are_told_and_the_rest_is_read():
    data = flagged(zipped(("secret.txt", "A."), ("open.txt", "B.")), "secret.txt", 1)
    assert found(data) == ["X.zip/open.txt", "X.zip/secret.txt: is locked with a password; unpack it and add the file"]


def test_archives_in_archives_are_not_opened():
    data = zipped(("inner.zip", zipped(("a.txt", "A."))), ("b.txt", "B."))
    assert found(data) == [
        "X.zip/b.txt",
        "X.zip/inner.zip: is an archive in an archive; unpack the outer one and add it by itself",
    ]


def test_the_second_file_of_a_name_is_told():
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = zipped(("a.txt", "One."), ("a.txt", "Two."))
    assert found(data) == ["X.zip/a.txt", "X.zip/a.txt: is in the archive twice; only the first is read"]


def test_a_bomb_is_told_by_its_ratio_and_costs_nothing():
    data = zipped(("bomb.txt", bytes(64 * 1024 * 1024)), ("good.txt", "Good."))
    assert len(data) < 100_000
    assert found(data) == [
        "X.zip/bomb.txt: unpacks to far more than a document holds; it is not read",
        "X.zip/good.txt",
    ]


def test_a_size_that_lies_gives_an_error_not_more_bytes():
    data = zipped(("a.txt", bytes(5_000_000)))
    lying = data.replace(struct.pack("<L", 5_000_000), struct.pack("<L", 10))
    (source,) = sources_of(find_in_archive(lying, "X.zip"))
    with pytest.raises(SourceError, match=r"X\.zip/a\.txt: is damaged or incomplete"):
        source.read_bytes()


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_compression_that_cannot_be_read_piece_by_piece_is_refused(compression):
    told = found(zipped(("a.txt", "A" * 1000), compression=compression))
    assert told[0] == "X.zip/a.txt: is packed in a way that cannot be read; unpack it and add the file"


def test_limits_of_count_size_and_total_are_told():
    data = zipped(("a.txt", "x" * 50), ("b.txt", "x" * 200), ("c.txt", "x" * 80), ("d.txt", "x" * 10))

    def told(**limits):
        return [
            each.source for each in members(data, "X.zip", ArchiveLimits(**limits)) if isinstance(each, SourceError)
        ]

    assert told() == []
    assert told(files=3) == ["X.zip"]
    assert told(file_bytes=100) == ["X.zip/b.txt"]
    assert told(file_bytes=100, all_bytes=130) == ["X.zip/b.txt", "X.zip/d.txt"]


@pytest.mark.parametrize("data", [b"", b"PK\3\4 nothing more", zipped(("a.txt", "A."))[:-30], b"no zip at all"])
def test_damaged_archives_are_told_in_a_line(data):
    assert found(data) == ["X.zip: is damaged or incomplete; fetch or save it again"]


def test_damage_inside_costs_only_its_file():
    data = zipped(("a.txt", "A" * 100), ("b.txt", "B."), compression=zipfile.ZIP_STORED)
    sources = sources_of(find_in_archive(data.replace(b"A" * 100, b"A" * 99 + b"?"), "X.zip"))
    with pytest.raises(SourceError, match="damaged"):
        sources[0].read_bytes()
    assert sources[1].read_bytes() == b"B."


def test_office_files_and_books_are_documents_not_archives(tmp_path):
    assert is_document(zipped(("[Content_Types].xml", "<x/>"), ("word/document.xml", "<x/>")))
    assert is_document(zipped(("mimetype", "application/epub+zip")))
    assert not is_document(zipped(("word.docx", "x")))
    assert not is_document(b"PK damaged")
    path = tmp_path / "really.zip"
    path.write_bytes(zipped(("[Content_Types].xml", "<x/>"), ("word/document.xml", "<x/>")))
    assert [each.path for each in sources_of(find_sources(path))] == [path.resolve()]


def test_rows_in_an_archive_are_articles_of_their_own():
    data = zipped(("rows.jsonl", '{"_id": "r1", "text": "One."}\n{"_id": "r2"}\n'))
    assert found(data) == ["r1", "X.zip/rows.jsonl, line 2: has no text; each row needs one"]


def test_an_archive_is_added_again_without_change_and_its_originals_are_kept(tmp_path):
    (tmp_path / "in").mkdir()
    path = tmp_path / "in" / "X.zip"
    page = b"<html><body><p>" + b"Profits rose in March. " * 20 + b"</p></body></html>"
    path.write_bytes(zipped(("a.txt", "Alpha rose."), ("deep/page.html", page), ("bad.docx", "x"), ("p.exe", b"\1\2")))
    with Library(tmp_path / "library", BagEmbedder()) as library:
        report = library.add(find_sources(path, relative_to=tmp_path / "in"))
        assert sorted(each.source for each in library.articles()) == ["X.zip/a.txt", "X.zip/deep/page.html"]
        assert sorted(each.source for each in report.failed) == ["X.zip/bad.docx", "X.zip/p.exe"]
        assert library.original("X.zip/deep/page.html") == ("page.html", page)
        again = library.add(find_sources(path, relative_to=tmp_path / "in"))
        assert (len(again.unchanged), again.added, again.replaced) == (2, (), ())
        assert library.verify() == []
