import gzip
import json
import os
import sys
from pathlib import Path

import pytest

from errors import FetchError, SourceError, SourceMissing, SourceTooLarge, SourceUnreadable
from ingest.sources import ROW_MEDIA_TYPE, Source, find_sources, is_address, is_skipped_in_corpus


def sources(found):
    return [each for each in found if isinstance(each, Source)]


def names(found):
    return [each.name for each in sources(found)]


def reasons(found):
    return [str(each) for each in found if isinstance(each, SourceError)]


def write_rows(path, *lines):
    path.write_bytes("\n".join(lines).encode())
    return path


def test_a_file_is_one_source_that_is_read_when_its_turn_comes(tmp_path):
    file = tmp_path / "Report 2024.txt"
    file.write_text("text")
    (source,) = sources(find_sources(str(file)))
    assert source == Source(name=file.resolve().as_posix(), path=file.resolve())
    assert source.read_bytes() == b"text"
    assert source.read_bytes(2) == b"te"
    assert source.size() == 4


def test_names_are_relative_to_a_folder_that_holds_them(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("a")
    (tmp_path / "b.txt").write_text("b")
    assert names(find_sources(tmp_path / "in" / "a.txt", relative_to=tmp_path)) == ["in/a.txt"]
    assert names(find_sources(tmp_path / "b.txt", relative_to=tmp_path / "in")) == [(tmp_path / "b.txt").as_posix()]


def test_a_folder_is_every_file_below_it_in_order_without_hidden_and_temporary_ones(tmp_path):
    for name in (
        "b.txt", "a/z.md", "a/a.pdf", "A.txt", ".hidden.txt", ".git/x.txt", "~$doc.docx", "x.tmp", "x.swp", "x~",
        ".DS_Store", "c.xyz",
    ):  # fmt: skip
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("text")
    assert names(find_sources(tmp_path, relative_to=tmp_path)) == ["A.txt", "a/a.pdf", "a/z.md", "b.txt", "c.xyz"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_in_a_circle_end(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "text.txt").write_text("text")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    (tmp_path / "self").symlink_to(tmp_path / "self")
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    assert list(find_sources(tmp_path, relative_to=tmp_path)) == [
        Source(name="a/text.txt", path=tmp_path / "a" / "text.txt")
    ]


def test_a_folder_without_articles_says_so(tmp_path):
    (tmp_path / "empty").mkdir()
    (error,) = find_sources(tmp_path)
    assert isinstance(error, SourceMissing)
    assert "holds no articles" in error.reason


@pytest.mark.parametrize("path", ["", "   ", "no/such/file.txt", "a\0b", "x" * 5000])
def test_a_path_that_does_not_exist_says_so(path):
    (error,) = find_sources(path)
    assert isinstance(error, SourceMissing)
    assert "\n" not in str(error)
    assert "\0" not in str(error)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_what_is_neither_file_nor_folder_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.txt")
    (error,) = find_sources(tmp_path / "pipe.txt")
    assert isinstance(error, SourceMissing)
    (error,) = find_sources(tmp_path)
    assert isinstance(error, SourceMissing)


@pytest.mark.parametrize("address", ["ftp://example.com/a", "file:///etc/passwd", "FILE://x", "gopher://x"])
def test_only_web_addresses_can_be_added(address):
    (error,) = find_sources(address)
    assert isinstance(error, FetchError)
    assert error.reason == "only http and https addresses can be added"


def test_web_addresses_are_told_from_paths():
    assert is_address("https://example.com/a")
    assert is_address("HTTP://example.com")
    assert not is_address("httpdocs/a.txt")
    (error,) = find_sources("https://example.com/a")
    assert isinstance(error, FetchError)


def test_rows_become_sources_with_their_text_untouched(tmp_path):
    row = {"_id": "r1", "title": "T", "text": " A\u2028b\u0085\u00a0ﬁ\r\nc ", "year": 2024}
    file = write_rows(tmp_path / "rows.jsonl", json.dumps(row, ensure_ascii=False), "", '{"_id": 7, "text": "x"}', "")
    first, second = sources(find_sources(file))
    assert (first.name, first.media_type, first.path) == ("r1", ROW_MEDIA_TYPE, None)
    assert json.loads(first.read_bytes()) == row
    assert second.name == "7"


def test_the_same_row_gives_the_same_bytes_whatever_the_order_of_its_keys(tmp_path):
    first = write_rows(tmp_path / "a.jsonl", '{"_id": "1", "text": "x"}')
    second = write_rows(tmp_path / "b.jsonl", '{"text":"x","_id":"1"}\r')
    assert [each.data for each in sources(find_sources(first))] == [each.data for each in sources(find_sources(second))]


def test_packed_rows_are_read_and_a_damaged_pack_says_so(tmp_path):
    file = tmp_path / "rows.jsonl.gz"
    file.write_bytes(gzip.compress(b'\xef\xbb\xbf{"_id": "1", "text": "x"}\n'))
    assert names(find_sources(file)) == ["1"]
    file.write_bytes(file.read_bytes()[:-12])
    assert "is damaged" in reasons(find_sources(file))[0]
    file.write_bytes(b"no gzip at all")
    assert "is damaged" in reasons(find_sources(file))[0]


def test_a_wrong_row_is_named_with_its_line_and_the_rest_goes_on(tmp_path):
    lines = [
        '{"_id": "1", "text": "x"}',
        "not json",
        "[1, 2]",
        '{"text": "no id"}',
        '{"_id": "2"}',
        '{"_id": "3", "text": "  "}',
        '{"_id": "4", "text": 5}',
        '{"_id": true, "text": "x"}',
        '{"_id": "1", "text": "again"}',
        '{"_id": "5", "text": "half \\ud800"}',
        "[" * 100_000,
        '{"_id": "6", "text": "y"}',
    ]
    file = write_rows(tmp_path / "rows.jsonl", *lines)
    file.write_bytes(file.read_bytes() + b'\n{"_id": "7", "text": "caf\xe9"}')
    found = list(find_sources(file, relative_to=tmp_path))
    assert names(found) == ["1", "6"]
    assert reasons(found) == [
        "rows.jsonl, line 2: is not JSON; each line must be one JSON object",
        "rows.jsonl, line 3: is not a JSON object; each line must be one, with _id and text",
        "rows.jsonl, line 4: has no _id; each row needs one, as text or a whole number",
        "rows.jsonl, line 5: has no text; each row needs one",
        "rows.jsonl, line 6: its text is empty",
        "rows.jsonl, line 7: has no text; each row needs one",
        "rows.jsonl, line 8: has no _id; each row needs one, as text or a whole number",
        "rows.jsonl, line 9: its _id is already that of line 1",
        "rows.jsonl, line 10: holds half a character (a lone surrogate); save the file again as UTF-8",
        "rows.jsonl, line 11: is not JSON; each line must be one JSON object",
        "rows.jsonl, line 13: is not UTF-8; save the file as UTF-8",
    ]
    assert all(isinstance(each, Source | SourceUnreadable) for each in found)


@pytest.mark.parametrize(
    "line",
    ['{"question_id": "1", "question": "Why?"}', '{"query-id": "1", "corpus-id": "2", "score": 1}', '{"query": "x"}'],
)
def test_a_file_of_questions_or_labels_is_refused_as_a_whole(tmp_path, line):
    (error,) = find_sources(write_rows(tmp_path / "rows.jsonl", *[line] * 500))
    assert isinstance(error, SourceUnreadable)
    assert "questions or relevance labels, not articles" in error.reason


def test_a_file_wrong_in_every_row_is_counted_not_listed(tmp_path):
    found = reasons(find_sources(write_rows(tmp_path / "rows.jsonl", *["oops"] * 250)))
    assert len(found) == 101
    assert found[-1].endswith("150 more rows could not be read, for reasons as above")


def test_an_empty_rows_file_says_so(tmp_path):
    assert reasons(find_sources(write_rows(tmp_path / "rows.jsonl"), relative_to=tmp_path)) == ["rows.jsonl: is empty"]


def test_an_endless_row_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("ingest.sources.MAX_ROW_BYTES", 1024 * 1024)
    (error,) = find_sources(write_rows(tmp_path / "rows.jsonl", "x" * 2_000_000))
    assert isinstance(error, SourceTooLarge)


def test_the_drop_folder_may_hold_read_me_files_and_question_sets():
    skipped = ["README.md", "readme.txt", "questions.jsonl", "Questions-2.jsonl.gz", ".x", "~$a.docx", "a.tmp"]
    assert [name for name in skipped if not is_skipped_in_corpus(Path(name))] == []
    kept = ["questions.md", "my-questions.jsonl", "market.md", "rows.jsonl"]
    assert [name for name in kept if is_skipped_in_corpus(Path(name))] == []


def test_what_skip_holds_for_is_left_out(tmp_path):
    (tmp_path / "README.md").write_text("x")
    (tmp_path / "a.md").write_text("x")
    assert names(find_sources(tmp_path, relative_to=tmp_path, skip=is_skipped_in_corpus)) == ["a.md"]


def test_a_file_that_went_away_before_it_was_read_says_so(tmp_path):
    source = Source(name="a.txt", path=tmp_path / "a.txt")
    with pytest.raises(SourceMissing):
        source.read_bytes()
    with pytest.raises(SourceMissing):
        Source(name="nothing").read_bytes()
    assert source.size() == 0
