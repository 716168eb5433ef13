"""The drop folder: what it holds is in the library, what leaves it goes."""

import json
import os

import pytest

from index.following import follow
from index.library import Library
from ingest.article import article_id
from ingest.sources import Source
from tests.fakes_embedder import BagEmbedder


@pytest.fixture
def library(tmp_path):
    with Library(tmp_path / "library", BagEmbedder()) as opened:
        yield opened


@pytest.fixture
def corpus(tmp_path):
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "a.md").write_text("Apples are red.")
    (folder / "b.md").write_text("Pears are green.")
    (folder / "README.md").write_text("What lies here.")
    (folder / "questions.jsonl").write_text('{"question": "What?"}')
    (folder / ".hidden.md").write_text("Hidden.")
    (folder / "c.md.tmp").write_text("Half a file.")
    return folder


def following(library, corpus, **more):
    return follow(library, corpus, relative_to=corpus.parent, **more)


def held(library):
    return [each.source for each in library.articles()]


def ids(*sources):
    return tuple(article_id(each) for each in sources)


def test_articles_come_in_and_what_is_no_article_stays_out(library, corpus):
    report = following(library, corpus)
    assert held(library) == ["corpus/a.md", "corpus/b.md"]
    assert (report.added, report.failed) == (ids("corpus/a.md", "corpus/b.md"), ())
    again = following(library, corpus)
    assert (again.unchanged, again.added, again.removed) == (report.added, (), ())


def test_changes_replace_and_files_that_go_are_removed(library, corpus):
    following(library, corpus)
    (corpus / "a.md").write_text("Apples are yellow.")
    (corpus / "b.md").unlink()
    (corpus / "c.md").write_text("Figs are purple.")
    report = following(library, corpus)
    assert (report.added, report.replaced, report.removed) == (
        ids("corpus/c.md"),
        ids("corpus/a.md"),
        ids("corpus/b.md"),
    )
    assert set(held(library)) == {"corpus/a.md", "corpus/c.md"}
    assert library.verify() == []


def test_a_file_under_a_new_name_is_there_at_once(library, corpus):
    following(library, corpus)
    (corpus / "b.md").rename(corpus / "pears.md")
    report = following(library, corpus)
    assert (report.added, report.removed, report.duplicates) == (ids("corpus/pears.md"), ids("corpus/b.md"), ())
    assert held(library) == ["corpus/a.md", "corpus/pears.md"]


def test_articles_added_otherwise_stay(library, corpus, tmp_path):
    library.add([Source("mine.txt", data=b"My own words.")])
    following(library, corpus)
    for file in corpus.iterdir():
        file.unlink()
    report = following(library, corpus)
    assert set(report.removed) == set(ids("corpus/a.md", "corpus/b.md"))
    assert held(library) == ["mine.txt"]


def test_an_article_that_was_removed_stays_out_until_its_file_changes(library, corpus):
    following(library, corpus)
    library.remove(["a.md"])
    for _ in range(2):
        following(library, corpus)
        assert held(library) == ["corpus/b.md"]
    (corpus / "a.md").write_text("Apples are yellow.")
    assert following(library, corpus).added == ids("corpus/a.md")
    following(library, corpus)
    assert set(held(library)) == {"corpus/a.md", "corpus/b.md"}


def test_an_article_that_was_removed_comes_back_when_it_is_added_by_name(library, corpus):
    following(library, corpus)
    library.remove(["a.md"])
    library.add([Source("corpus/a.md", path=corpus / "a.md")])
    following(library, corpus)
    assert set(held(library)) == {"corpus/a.md", "corpus/b.md"}


def test_a_removed_article_whose_file_went_and_came_back_the_same_stays_out(library, corpus):
    following(library, corpus)
    library.remove(["a.md"])
    kept = (corpus / "a.md").read_text()
    (corpus / "a.md").unlink()
    following(library, corpus)
    (corpus / "a.md").write_text(kept)
    following(library, corpus)
    assert held(library) == ["corpus/b.md"]


def test_a_file_that_cannot_be_read_any_more_keeps_its_article(library, corpus):
    following(library, corpus)
    (corpus / "a.md").write_bytes(b"")
    report = following(library, corpus)
    assert [failure.source for failure in report.failed] == ["corpus/a.md"]
    assert report.removed == ()
    assert library.article("corpus/a.md").article.text == "Apples are red."


def test_rows_follow_their_file(library, corpus):
    rows = corpus / "rows.jsonl"
    rows.write_text("".join(json.dumps({"_id": f"r{n}", "text": f"Row number {n}."}) + "\n" for n in range(3)))
    following(library, corpus)
    assert len(library.articles()) == 5
    rows.write_text(json.dumps({"_id": "r1", "text": "Row number 1."}) + "\n")
    assert following(library, corpus).removed == ids("r0", "r2")
    rows.write_text('{"_id": "r1", "te')
    report = following(library, corpus)
    assert (report.removed, len(report.failed)) == ((), 1)
    assert "r1" in held(library)


def test_an_empty_or_missing_folder_is_no_error(library, corpus, tmp_path):
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "empty", tmp_path / "nowhere"):
        report = following(library, folder)
        assert (report.added, report.failed, report.removed) == ((), (), ())


def test_progress_names_what_was_removed(library, corpus):
    following(library, corpus)
    (corpus / "b.md").unlink()
    seen = []
    following(library, corpus, on_progress=lambda progress: seen.append((progress.source, progress.outcome)))
    assert seen == [("corpus/a.md", "unchanged"), ("corpus/b.md", "removed")]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_told_and_stays(library, corpus):
    following(library, corpus)
    (corpus / "a.md").chmod(0)
    report = following(library, corpus)
    assert (len(report.failed), report.removed) == (1, ())
