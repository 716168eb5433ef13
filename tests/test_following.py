"""The drop folder: what it holds is in the library, what leaves it goes."""

import json
import os
import zipfile

import pytest

from index.following import Following, follow
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


def test_an_empty_folder_is_no_error(library, tmp_path):
    (tmp_path / "empty").mkdir()
    report = following(library, tmp_path / "empty")
    assert (report.added, report.failed, report.removed) == ((), (), ())


def test_a_folder_that_is_gone_is_told_and_its_articles_stay(library, corpus):
    following(library, corpus)
    corpus.rename(corpus.with_name("away"))
    report = following(library, corpus)
    assert [str(each.source) for each in report.failed] == [str(corpus)]
    assert report.failed[0].error == "is not there; its articles stay in the library until it is back"
    assert (report.removed, len(held(library))) == ((), 2)
    corpus.with_name("away").rename(corpus)
    assert len(following(library, corpus).unchanged) == 2


def test_an_empty_folder_in_place_of_another_is_a_drive_that_is_missing(library, corpus):
    following(library, corpus)
    corpus.rename(corpus.with_name("drive"))
    corpus.mkdir()
    for _ in range(2):
        report = following(library, corpus)
        assert (report.removed, len(held(library))) == ((), 2)
        assert report.failed[0].error.startswith("is empty and not the folder it was, as if a drive were not connected")
    (corpus / "new.md").write_text("A new beginning.")
    report = following(library, corpus)
    assert (len(report.removed), report.failed, held(library)) == (2, (), ["corpus/new.md"])


def test_a_folder_that_was_emptied_by_hand_loses_its_articles(library, corpus):
    following(library, corpus)
    for file in corpus.iterdir():
        file.unlink()
    assert len(following(library, corpus).removed) == 2


def test_files_follow_their_archive_and_stay_while_it_is_damaged(library, corpus):
    def pack(**files):
        with zipfile.ZipFile(corpus / "x.zip", "w") as archive:
            for name, text in files.items():
                archive.writestr(f"{name}.txt", text)

    pack(one="One is here.", two="Two is here.")
    following(library, corpus)
    whole = (corpus / "x.zip").read_bytes()
    (corpus / "x.zip").write_bytes(whole[:-40])
    report = following(library, corpus)
    assert (report.removed, [each.source for each in report.failed]) == ((), ["corpus/x.zip"])
    pack(one="One is here.", three="Two is here.")  # under a new name, which is no duplicate
    report = following(library, corpus)
    assert (report.removed, report.added) == (ids("corpus/x.zip/two.txt"), ids("corpus/x.zip/three.txt"))


def test_followers_of_two_folders_keep_to_their_own(library, corpus, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.md").write_text("Other apples.")
    second = Following(library, other, relative_to=tmp_path)
    following(library, corpus)
    second.update()
    (other / "a.md").unlink()
    following(library, corpus)
    assert set(held(library)) == {"corpus/a.md", "corpus/b.md", "other/a.md"}
    second.update()
    assert set(held(library)) == {"corpus/a.md", "corpus/b.md"}


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_folder_without_permission_keeps_its_articles(library, corpus):
    (corpus / "sub").mkdir()
    (corpus / "sub" / "c.md").write_text("Cherries are dark.")
    following(library, corpus)
    (corpus / "sub").chmod(0)
    report = following(library, corpus)
    (corpus / "sub").chmod(0o755)
    assert ([each.source for each in report.failed], report.removed) == (["corpus/sub"], ())


def test_progress_names_what_was_removed(library, corpus):
    following(library, corpus)
    (corpus / "b.md").unlink()
    seen = []
    following(library, corpus, on_progress=lambda progress: seen.append((progress.source, progress.outcome)))
    assert seen == [("corpus/b.md", "removed"), ("corpus/a.md", "unchanged")]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_told_and_stays(library, corpus):
    following(library, corpus)
    (corpus / "a.md").chmod(0)
    report = following(library, corpus)
    assert (len(report.failed), report.removed) == (1, ())
