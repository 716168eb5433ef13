"""The contract that both views of the store keep, then what is theirs alone."""

import json
import logging

import numpy as np
import pytest
from filelock import FileLock

import index.vectors
import index.words
from index.store import NewArticle, Original, Store
from index.vectors import VectorView
from index.words import WordView
from ingest.article import Article, BlockKind
from ingest.passages import Passage, Unit
from tests.fakes_embedder import BagEmbedder

BAG = BagEmbedder()


def new(source, *texts):
    passages, start = [], 0
    for text in texts:
        unit = Unit(start, start + len(text), BlockKind.PARAGRAPH)
        passages.append(Passage(start, start + len(text), text, "", "", (), False, (unit,)))
        start += len(text) + 1
    vectors = BAG.embed_passages([passage.embedded for passage in passages])
    return NewArticle(
        Article(source, source, "\n".join(texts), "0" * 64),
        source,
        passages,
        vectors,
        "made",
        "bag",
        "user",
        Original(source),
    )


def identity_of(source):
    return new(source, "x").article.article_id


class Vectors:
    """The vector view, asked with words."""

    def __init__(self, folder):
        self.view = VectorView(folder, 64, "bag")

    def search(self, query, k=10, articles=None, store=None):
        allowed = None if articles is None else store.passage_keys(articles)
        return [key for key, score in self.view.search(BAG.embed_queries([query])[0], k, allowed) if score > 0.1]


class Words:
    """The word view."""

    def __init__(self, folder):
        self.view = WordView(folder)

    def search(self, query, k=10, articles=None, store=None):
        return [key for key, _ in self.view.search(query, k, articles)]


@pytest.fixture
def store(tmp_path):
    made = Store(tmp_path)
    yield made
    made.close()


@pytest.fixture(params=[Vectors, Words])
def kind(request, monkeypatch):
    monkeypatch.setattr(index.vectors, "_SNAPSHOT_PASSAGES", 1)  # every change is written, as it is with thousands
    monkeypatch.setattr(index.vectors, "_SNAPSHOT_SHARE", 0)
    for module in (index.vectors, index.words):
        monkeypatch.setattr(module, "_LOCK_SECONDS", 0.05)
    return request.param


def shown(kind, folder, store):
    """What a view that is opened now finds for a word that stands in every passage."""
    opened = kind(folder)
    opened.view.catch_up(store)
    assert opened.view.revision == store.revision()
    assert len(opened.view) == len(opened.search("always", k=1000))
    return sorted(opened.search("always", k=1000))


def test_a_view_of_an_empty_store_finds_nothing(kind, store, tmp_path):
    opened = kind(tmp_path / "views")
    assert opened.search("always") == []
    opened.view.catch_up(store)
    assert (len(opened.view), opened.search("always")) == (0, [])


def test_a_view_follows_what_is_added_replaced_and_removed(kind, store, tmp_path):
    opened = kind(tmp_path / "views")
    store.put([new("a", "always apples", "always pears"), new("b", "always nuts")])
    opened.view.catch_up(store)
    assert opened.search("apples")[0] == 1
    assert opened.search("nuts")[0] == 3
    assert sorted(opened.search("always")) == [1, 2, 3]
    store.put([new("a", "always plums")])
    opened.view.catch_up(store)
    assert sorted(opened.search("always")) == [3, 4]
    assert opened.search("plums")[0] == 4
    store.take_out([identity_of("b")], keep_out=False)
    opened.view.catch_up(store)
    opened.view.catch_up(store)
    assert opened.search("always") == [4]
    assert (len(opened.view), opened.view.revision) == (1, 3)


def test_k_limits_and_filters_hold(kind, store, tmp_path):
    opened = kind(tmp_path / "views")
    store.put([new("a", "always apples"), new("b", "always nuts"), new("c", "always figs")])
    opened.view.catch_up(store)
    assert len(opened.search("always", k=2)) == 2
    assert sorted(opened.search("always", articles=[1, 3], store=store)) == [1, 3]
    assert opened.search("always", articles=[], store=store) == []
    assert opened.search("always", articles=[99], store=store) == []


def test_a_view_opened_later_shows_the_snapshot_and_what_came_since(kind, store, tmp_path):
    folder = tmp_path / "views"
    store.put([new("a", "always apples")])
    assert shown(kind, folder, store) == [1]
    store.put([new("b", "always nuts"), new("a", "always pears")])
    assert shown(kind, folder, store) == [2, 3]
    assert shown(kind, folder, store) == [2, 3]


def test_a_view_in_memory_needs_no_folder(kind, store):
    store.put([new("a", "always apples")])
    assert shown(kind, None, store) == [1]


def test_a_view_sees_what_another_view_of_the_folder_wrote(kind, store, tmp_path):
    one, other = kind(tmp_path / "views"), kind(tmp_path / "views")
    for n in range(4):
        store.put([new(f"article {n}", f"always {n}")])
        (one, other)[n % 2].view.catch_up(store)
    for each in (one, other):
        each.view.catch_up(store)
        assert sorted(each.search("always")) == [1, 2, 3, 4]
        assert len(each.view) == 4


def every_file(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file() and "lock" not in path.name)


def test_files_that_were_deleted_are_made_again(kind, store, tmp_path):
    folder = tmp_path / "views"
    store.put([new("a", "always apples"), new("b", "always nuts")])
    assert shown(kind, folder, store) == [1, 2]
    for number in range(len(every_file(folder))):
        files = every_file(folder)
        path = files[min(number, len(files) - 1)]
        path.unlink()
        assert shown(kind, folder, store) == [1, 2], path.name


@pytest.mark.parametrize("harm", [b"", b"nothing of the kind", None], ids=["empty", "garbage", "cut"])
def test_files_that_were_damaged_are_made_again(kind, store, tmp_path, harm):
    folder = tmp_path / "views"
    store.put([new("a", "always apples"), new("b", "always nuts")])
    assert shown(kind, folder, store) == [1, 2]
    for number in range(len(every_file(folder))):
        files = every_file(folder)
        path = files[min(number, len(files) - 1)]
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2] if harm is None else harm)
        assert shown(kind, folder, store) == store.change_since(0).keys.tolist(), path.name
        store.put([new("a", "always apples")])
        assert shown(kind, folder, store) == store.change_since(0).keys.tolist(), path.name


def test_a_view_of_another_store_is_not_taken_for_its_own(kind, tmp_path):
    folder = tmp_path / "views"
    for name in ("one", "another"):
        store = Store(tmp_path / name)
        store.put([new("a", f"always {name}")])
        opened = kind(folder)
        opened.view.catch_up(store)
        assert opened.search(name) == [1]
        store.close()


def test_who_misses_the_lock_goes_on_in_memory(kind, store, tmp_path):
    folder = tmp_path / "views"
    store.put([new("a", "always apples")])
    assert shown(kind, folder, store) == [1]
    store.put([new("b", "always nuts")])
    before = {path: path.read_bytes() for path in every_file(folder)}
    with FileLock(folder / "lock"):
        assert shown(kind, folder, store) == [1, 2]
    assert {path: path.read_bytes() for path in every_file(folder)} == before
    assert shown(kind, folder, store) == [1, 2]


def test_a_folder_that_cannot_be_written_is_no_reason_to_fail(kind, store, tmp_path, caplog):
    (tmp_path / "views").write_text("a file in the way")
    store.put([new("a", "always apples")])
    with caplog.at_level(logging.WARNING):
        assert shown(kind, tmp_path / "views", store) == [1]
    assert "views" in caplog.text


def test_vectors_come_by_cosine_similarity(store):
    store.put([new("a", "one two three four", "one two", "five")])
    view = VectorView(None, 64, "bag")
    view.catch_up(store)
    found = view.search(BAG.embed_queries(["one two"])[0], 3)
    assert [key for key, _ in found] == [2, 1, 3]
    assert [score for _, score in found] == pytest.approx([1.0, 2 / np.sqrt(8), 0.0], abs=2e-3)


def test_vectors_of_another_embedder_are_left_out(store, tmp_path):
    store.put([new("a", "one")])
    view = VectorView(tmp_path / "views", 64, "another")
    view.catch_up(store)
    assert (len(view), view.revision) == (0, 1)


def test_a_snapshot_of_another_embedder_is_ignored(store, tmp_path, monkeypatch):
    monkeypatch.setattr(index.vectors, "_SNAPSHOT_PASSAGES", 1)
    store.put([new("a", "one")])
    VectorView(tmp_path, 64, "another").catch_up(store)
    assert json.loads((tmp_path / "vectors.json").read_text())["identity"] == "another"
    view = VectorView(tmp_path, 64, "bag")
    view.catch_up(store)
    assert len(view) == 1
    assert json.loads((tmp_path / "vectors.json").read_text())["identity"] == "bag"


def test_old_snapshots_are_cleared_away(store, tmp_path, monkeypatch):
    monkeypatch.setattr(index.vectors, "_SNAPSHOT_PASSAGES", 1)
    view = VectorView(tmp_path / "views", 64, "bag")
    for n in range(3):
        store.put([new(f"{n}", f"text {n}")])
        view.catch_up(store)
    assert [path.name for path in (tmp_path / "views").glob("*.faiss")] == ["vectors-3.faiss"]


def test_a_few_passages_are_not_worth_a_snapshot(store, tmp_path):
    view = VectorView(tmp_path / "views", 64, "bag")
    store.put([new("a", "one")])
    view.catch_up(store)
    assert not (tmp_path / "views").exists()


def test_a_change_that_breaks_off_halfway_is_not_applied_twice(store, monkeypatch):
    view = VectorView(None, 64, "bag")
    store.put([new("a", "always one")])
    view.catch_up(store)
    store.put([new("b", "always two")])
    vectors = store.vectors

    def broken(*arguments):
        yield from vectors(*arguments)
        raise OSError("the disk is gone")

    monkeypatch.setattr(store, "vectors", broken)
    with pytest.raises(OSError, match="gone"):
        view.catch_up(store)
    monkeypatch.undo()
    view.catch_up(store)
    assert sorted(key for key, _ in view.search(BAG.embed_queries(["always"])[0], 10)) == [1, 2]


def test_words_are_stemmed_folded_and_without_stop_words():
    view = WordView(None)
    assert view.terms("The companies and their Cafés: growing, GROWING!") == ["compani", "cafe", "grow"]
    assert view.terms("US$1,234.5 in 2023, 40nm; 中国") == ["us", "1,234.5", "2023", "40nm", "中", "国"]


def test_questions_are_words_and_never_query_syntax(store):
    store.put([new("a", "profit AND loss"), new("b", "title")])
    view = WordView(None)
    view.catch_up(store)
    for query in ('body:"profit', "profit^9 +loss -profit", "(profit", "profit*", "profit\0", "[profit TO"):
        assert view.search(query, 5)[0][0] == 1
    assert view.search("the of and", 5) == []
    assert view.search("\"'*()[]", 5) == []


def test_frequencies_count_passages_not_occurrences(store):
    store.put([new("a", "profit profit profit", "profit and loss")])
    view = WordView(None)
    assert view.frequencies(["profit"]) == {"profit": 0}
    view.catch_up(store)
    assert view.frequencies(["profit", "loss", "nobody"]) == {"profit": 2, "loss": 1, "nobody": 0}


def test_passages_written_by_a_process_that_was_killed_before_it_said_so_are_not_there_twice(store, tmp_path):
    folder = tmp_path / "views"
    store.put([new("a", "always apples")])
    assert shown(Words, folder, store) == [1]
    about = (folder / "words.json").read_text()
    store.put([new("b", "always nuts")])
    assert shown(Words, folder, store) == [1, 2]
    (folder / "words.json").write_text(about)
    assert shown(Words, folder, store) == [1, 2]
