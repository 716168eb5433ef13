import json
import sqlite3
import threading
import zlib
from contextlib import closing
from datetime import date

import numpy as np
import pytest

import index.store
from errors import LibraryBusy, LibraryDamaged, LibraryError
from index.store import FORMAT, NewArticle, Original, Store
from ingest.article import Article, Block, BlockKind, Place, article_id
from ingest.passages import Passage, Unit


def new(source, *texts, row=None, **more):
    """An article with one passage for each text, whose vector says its length."""
    whole = "\n\n".join(texts)
    passages, blocks, start = [], [], 0
    for text in texts:
        end = start + len(text)
        unit = Unit(start, end, BlockKind.PARAGRAPH)
        passages.append(Passage(start, end, text, "T", "S", (1,), False, (unit,), ("A", "B")))
        blocks.append(Block(BlockKind.PARAGRAPH, start, end, 1))
        start = end + 2
    article = Article(source, "T", whole, "5" * 64, blocks=tuple(blocks), pages=1, **more)
    vectors = np.array([[len(text), 0, 0, 0] for text in texts], dtype=np.float32).reshape(len(texts), 4)
    return NewArticle(article, "T", passages, vectors, "made", "model", "user", Original("a.txt"), row)


@pytest.fixture
def store(tmp_path):
    with_store = Store(tmp_path)
    yield with_store
    with_store.close()


def keys(store):
    return store.change_since(0).keys.tolist()


def test_an_article_comes_back_as_it_was_stored(store):
    each = new(
        "café \U0001f600.txt",
        "One “text” with \U0001f600.",
        "Two.",
        published=date(2024, 6, 30),
        facts={"company": "Intel"},
        origins={"company": "cover page"},
        places=(
            Place(0, 5, 1, ((1.0, 2.0, 3.0, 4.5),)),
            Place(6, 20, 1, ((70.1, 12.3, 90.7, 24.0),), (0, 4, 701, 780, 5, 14, 785, 907)),
            Place(20, 25, 2),
        ),
    )
    store.put([each])
    assert store.article(each.article.article_id) == each.article
    (held,) = store.held()
    assert (held.source, held.published, held.facts) == ("café \U0001f600.txt", date(2024, 6, 30), {"company": "Intel"})
    assert held.origins == {"company": "cover page"}
    assert (held.passages, held.pages, held.characters) == (2, 1, len(each.article.text))
    assert store.original(each.article.article_id) == (Original("a.txt"), None, "5" * 64)
    first, second = store.passages_of(each.article.article_id)
    assert (first.text, first.units, first.columns, first.pages) == (
        "One “text” with \U0001f600.",
        each.passages[0].units,
        ("A", "B"),
        (1,),
    )
    assert second.units == each.passages[1].units


def test_boxes_are_those_of_the_lines_that_are_touched(store):
    places = (Place(0, 4, 1, ((1, 2, 3, 4),)), Place(4, 9, 1, ((5, 6, 7, 8),)))
    each = new("a.pdf", "abcd efgh", places=places)
    store.put([each])
    identity = each.article.article_id
    assert store.boxes(identity, 0, 3) == [(1, 1, 2, 3, 4)]
    assert store.boxes(identity, 3, 5) == [(1, 1, 2, 3, 4), (1, 5, 6, 7, 8)]
    assert store.boxes("nobody", 0, 3) == []


def test_boxes_are_cut_to_the_words_that_are_asked_for(store):
    line = Place(10, 23, 1, ((10.0, 50.0, 60.0, 62.0),), (0, 3, 100, 220, 4, 7, 250, 370, 8, 13, 400, 600))
    store.put([new("a.pdf", "0123456789one two three", places=(Place(0, 10, 1, ((0.0, 0.0, 9.0, 9.0),)), line))])
    identity = article_id("a.pdf")
    assert store.boxes(identity, 14, 17) == [(1, 25.0, 50.0, 37.0, 62.0)]
    assert store.boxes(identity, 14, 23) == [(1, 25.0, 50.0, 60.0, 62.0)]
    assert store.boxes(identity, 10, 18) == [(1, 10.0, 50.0, 37.0, 62.0)]
    assert store.boxes(identity, 18, 20) == [(1, 40.0, 50.0, 48.0, 62.0)]  # two of five letters
    assert store.boxes(identity, 13, 14) == []  # a space


def test_places_of_an_older_format_are_read(tmp_path):
    old = Store(tmp_path)
    old.put([new("a.pdf", "abcd efgh", places=(Place(0, 9, 1, ((1.5, 2, 3, 4),)),))])
    packed = zlib.compress(json.dumps([[0, 4, [[1.5, 2, 3, 4]]], [4, 9, []]]).encode())
    with sqlite3.connect(tmp_path / "store.sqlite") as connection:
        connection.execute("UPDATE places SET places = ?", (packed,))
    connection.close()
    old.close()
    store = Store(tmp_path)
    assert store.boxes(article_id("a.pdf"), 0, 9) == [(1, 1.5, 2, 3, 4)]
    article = store.article(article_id("a.pdf"))
    assert article is not None
    assert article.places == (Place(0, 4, 1, ((1.5, 2, 3, 4),)), Place(4, 9, 1))
    store.close()


def test_a_row_keeps_its_bytes_in_the_store(store):
    each = new("1", "text", row=b'{"_id": 1}')
    store.put([each])
    assert store.original(each.article.article_id) == (Original("a.txt"), b'{"_id": 1}', "5" * 64)


def test_each_change_has_a_number_and_views_learn_what_came_and_went(store):
    assert store.revision() == 0
    assert store.put([new("a", "one", "two"), new("b", "three")]) == 1
    assert store.change_since(0).revision == 1
    assert keys(store) == [1, 2, 3]
    assert store.put([new("a", "four")]) == 2
    change = store.change_since(1)
    assert (change.revision, sorted(change.gone), change.keys.tolist()) == (2, [1, 2], [4])
    assert keys(store) == [3, 4]
    assert store.take_out([new("b").article.article_id, "nobody"], keep_out=False) == [new("b").article.article_id]
    change = store.change_since(2)
    assert (change.revision, change.gone, change.keys.tolist()) == (3, (3,), [])
    assert store.take_out(["nobody"], keep_out=True) == []
    assert store.revision() == 3


def test_keys_are_never_used_again(store):
    store.put([new("a", "one", "two")])
    store.take_out([store.held()[0].article_id], keep_out=False)
    store.put([new("a", "one", "two")])
    assert keys(store) == [3, 4]
    assert store.held()[0].key == 2


def test_a_failure_on_the_way_leaves_everything_as_it_was(store):
    store.put([new("a", "one")])
    before = store.article(store.held()[0].article_id)

    def fail():
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        store.put([new("a", "two"), new("b", "three")], before=fail)
    assert store.revision() == 1
    assert [held.source for held in store.held()] == ["a"]
    assert store.article(before.article_id) == before


def test_vectors_and_texts_come_in_the_order_of_their_keys(store):
    store.put([new("a", "one", "three"), new("b", "seventeen")])
    ((found, vectors),) = store.vectors([1, 2, 3, 99], "model", 4)
    assert found.tolist() == [1, 2, 3]
    assert vectors[:, 0].tolist() == [3, 5, 9]
    assert list(store.vectors([1, 2, 3], "another model", 4)) == []
    assert [(key, article, text) for key, article, _, text in store.texts([2, 3])] == [
        (2, 1, "three"),
        (3, 2, "seventeen"),
    ]
    assert store.passage_keys([2]).tolist() == [3]
    assert set(store.passages([1, 3, 99])) == {1, 3}


def test_what_a_person_took_out_is_remembered_until_it_is_added_again(store):
    store.put([new("a", "one")])
    identity = store.held()[0].article_id
    store.take_out([identity], keep_out=True)
    assert store.kept_out() == {identity: "5" * 64}
    store.put([new("a", "one")])
    assert store.kept_out() == {}


def test_originals_that_no_article_has_are_named(store):
    store.put([new("a", "one")])
    assert list(store.unreferenced(["5" * 64, "6" * 64])) == ["6" * 64]


def test_properties_are_remembered(tmp_path, store):
    assert store.property("filled") is None
    store.set_property("filled", "1")
    store.set_property("filled", "2")
    again = Store(tmp_path)
    assert again.property("filled") == "2"
    assert again.identity() == store.identity() != ""
    again.close()


def test_a_store_of_the_first_format_opens_with_what_it_lacks(tmp_path):
    store = Store(tmp_path)
    store.put([new("a.txt", "One.", facts={"kind": "report"})])
    store.close()
    with closing(sqlite3.connect(tmp_path / "store.sqlite")) as connection:
        connection.execute("ALTER TABLE articles DROP COLUMN origins")
        connection.execute("ALTER TABLE articles DROP COLUMN head")
        connection.execute("DROP TABLE corrections")
        connection.execute("UPDATE properties SET value = '1' WHERE key = 'format'")
        connection.commit()
    again = Store(tmp_path)
    (held,) = again.held()
    assert (held.facts, held.origins, again.property("format")) == ({"kind": "report"}, {}, str(FORMAT))
    again.put([new("b.txt", "Two.", origins={"kind": "row"})])
    assert again.held()[1].origins == {"kind": "row"}
    again.correct(again.held()[0].article_id, {"kind": "note"})
    assert again.held()[0].facts == {"kind": "note"}
    again.close()


def test_a_newer_format_is_refused(tmp_path):
    store = Store(tmp_path)
    store.set_property("format", str(FORMAT + 1))
    store.close()
    with pytest.raises(LibraryError, match="newer version"):
        Store(tmp_path)


@pytest.mark.parametrize(
    "content", [b"this is no database, nor was it ever one" * 100, b"SQLite format 3\0" + b"\xff" * 4000]
)
def test_a_file_that_is_no_store_is_damaged(tmp_path, content):
    (tmp_path / "store.sqlite").write_bytes(content)
    with pytest.raises(LibraryDamaged, match="is damaged"):
        Store(tmp_path)


def test_a_store_with_torn_pages_is_damaged_and_the_check_says_so(tmp_path):
    store = Store(tmp_path)
    store.put([new(f"article {n}", "some text " * 200) for n in range(60)])
    store.close()
    file = tmp_path / "store.sqlite"
    data = bytearray(file.read_bytes())
    for page in range(5, len(data) // 4096, 2):
        data[page * 4096 : page * 4096 + 200] = b"\xa5" * 200
    file.write_bytes(data)
    store = Store(tmp_path)
    assert store.check() != []
    with pytest.raises(LibraryDamaged):
        [store.article(held.article_id) for held in store.held()]
    store.close()


def test_a_text_that_cannot_be_unpacked_is_damaged(tmp_path, store):
    store.put([new("a", "one")])
    with sqlite3.connect(tmp_path / "store.sqlite") as connection:
        connection.execute("UPDATE articles SET text = x'0102'")
    connection.close()
    with pytest.raises(LibraryDamaged, match="is damaged"):
        store.article(store.held()[0].article_id)


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LibraryError, match="cannot be made"):
        Store(tmp_path / "file")


def test_a_writer_that_is_busy_for_too_long_is_told_and_reading_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(index.store, "BUSY_SECONDS", 0.05)
    store = Store(tmp_path)
    store.put([new("a", "one")])
    other = sqlite3.connect(tmp_path / "store.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LibraryBusy, match="try again when it is done"):
        store.put([new("b", "two")])
    assert [held.source for held in store.held()] == ["a"]
    assert Store(tmp_path).revision() == 1
    other.execute("ROLLBACK")
    other.close()
    assert store.put([new("b", "two")]) == 2
    store.close()


def test_threads_read_and_write_at_once(store):
    failures = []

    def write(number):
        try:
            for n in range(8):
                store.put([new(f"{number}-{n}", "text")])
                assert len(store.held()) >= n
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert store.revision() == 32
    assert keys(store) == list(range(1, 33))
    assert store.check() == []
