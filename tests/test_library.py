"""The library's front door, with an embedder that counts words."""

import shutil
import sqlite3
import threading
import time

import pytest
from fpdf import FPDF

import index.library
from errors import ArticleNotFound, CorrectionError, LibraryError, SourceMissing
from index.library import Library, SearchSettings
from index.values import AddReport, Correction, Failure, Method, Preference, Problem, Progress
from index.where import parse_where
from ingest.article import Article, article_id, sha256_hex
from ingest.passages import PassageSettings
from ingest.reading import read_article
from ingest.sources import ROW_MEDIA_TYPE, Source
from tests.fakes_embedder import BagEmbedder


def text(name, words, **more):
    return Source(name, data=words.encode(), **more)


def row(name, data):
    return Source(name, data=data.encode(), media_type=ROW_MEDIA_TYPE)


def named(*sources):
    return tuple(article_id(each) for each in sources)


def sources_of(result):
    return [hit.source for hit in result.hits]


@pytest.fixture
def library(tmp_path):
    with Library(tmp_path / "library", BagEmbedder()) as opened:
        yield opened


@pytest.fixture
def three(library):
    """A library of three articles."""
    library.add(
        [
            text("apples.txt", "Apples are red. The harvest of apples rose by a tenth."),
            text("pears.txt", "Pears are green. The harvest of pears fell."),
            row(
                "7", '{"_id": "7", "title": "Nuts", "text": "Nuts are brown.", "date": "2024-05-01", "company": "Acme"}'
            ),
        ]
    )
    return library


# Choosing ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "where", "found"),
    [
        (["all"], [], ["apples.txt", "pears.txt", "7"]),
        ([], ["company=Acme"], ["7"]),
        (["7", "all"], [], ["7", "apples.txt", "pears.txt"]),
        (["*.TXT"], [], ["apples.txt", "pears.txt"]),
        (["pears.txt", "Nuts", "Nut?"], [], ["pears.txt", "7"]),
        (["all"], ["source!=pears.txt"], ["apples.txt", "7"]),
    ],
)
def test_articles_are_chosen_by_names_patterns_and_filters(three, names, where, found):
    assert [each.source for each in three.find(names, parse_where(where))] == found


def test_articles_are_chosen_by_their_folder(library):
    library.add([text("reports/2023/a.txt", "One."), text("reports/b.txt", "Two."), text("reports.txt", "Three.")])
    assert [each.source for each in library.find(["reports/"])] == ["reports/2023/a.txt", "reports/b.txt"]
    assert [each.source for each in library.find(["./reports/2023"])] == ["reports/2023/a.txt"]


def test_a_choice_of_nothing_is_told(three, library):
    with pytest.raises(ArticleNotFound, match=r"\*\.pdf: no such article"):
        three.find(["pears.txt", "*.pdf"])
    with pytest.raises(LibraryError, match="no article passes --where"):
        three.find(["pears.txt"], parse_where(["company=Acme"]))


# Adding --------------------------------------------------------------------------------------------------------------


def test_added_articles_are_listed_shown_and_found(three):
    assert [summary.source for summary in three.articles()] == ["apples.txt", "pears.txt", "7"]
    assert [summary.passages for summary in three.articles()] == [1, 1, 1]
    stored = three.article("apples.txt")
    assert stored.article.text == "Apples are red. The harvest of apples rose by a tenth."
    assert stored.text_sha256 == sha256_hex(stored.article.text)
    assert three.article("Nuts").article.facts == {"company": "Acme"}
    assert sources_of(three.search("harvest of pears"))[0] == "pears.txt"
    assert three.verify() == []


def test_every_hit_is_verbatim_and_knows_its_article(three):
    hits = three.search("apples pears nuts harvest").hits
    assert len(hits) == 3
    for hit in hits:
        article = three.article(hit.article_id).article
        assert hit.text == article.text[hit.start : hit.end]
        assert (hit.title, hit.source, hit.sha256) == (article.title, article.source, article.sha256)
        assert "".join(article.text[unit.start : unit.end] for unit in hit.units).replace(" ", "") == hit.text.replace(
            " ", ""
        )


def test_the_same_again_changes_nothing(three):
    revision = three.revision
    report = three.add([text("apples.txt", "Apples are red. The harvest of apples rose by a tenth.")])
    assert report.unchanged == named("apples.txt")
    assert (report.added, report.replaced, three.revision) == ((), (), revision)


def test_a_changed_source_replaces_its_article_and_keeps_its_id(three):
    report = three.add([text("apples.txt", "Apples are gone.")])
    assert (report.replaced, report.added) == (named("apples.txt"), ())
    assert three.article(report.replaced[0]).article.text == "Apples are gone."
    assert sources_of(three.search("harvest", method=Method.WORDS)) == ["pears.txt"]
    assert three.verify() == []


def test_the_same_bytes_under_another_name_are_reported_and_not_kept_twice(three):
    report = three.add([text("copy of pears.txt", "Pears are green. The harvest of pears fell.")])
    assert report.duplicates == (("copy of pears.txt", "pears.txt"),)
    assert len(three.articles()) == 3


def test_duplicates_and_repeats_within_one_call_are_recognised(library):
    report = library.add([text("a.txt", "One."), text("b.txt", "One."), text("a.txt", "One."), text("a.txt", "Two.")])
    assert report.added == named("a.txt")
    assert report.duplicates == (("b.txt", "a.txt"),)
    assert report.unchanged == named("a.txt")
    assert report.replaced == named("a.txt")
    assert library.article("a.txt").article.text == "Two."


def test_bytes_that_could_not_be_read_under_one_name_are_no_duplicate_under_another(library):
    report = library.add([text("a.xyz", "Some text."), text("b.txt", "Some text.")])
    assert [failure.source for failure in report.failed] == ["a.xyz"]
    assert (report.added, report.duplicates) == (named("b.txt"), ())


def test_what_fails_is_told_and_the_rest_goes_on(library, tmp_path):
    seen = []
    report = library.add(
        [
            Source("gone.txt", path=tmp_path / "gone.txt"),
            text("a.txt", "One."),
            text("empty.txt", ""),
            SourceMissing("nowhere", "there is no such file"),
            text("b.txt", "Two."),
        ],
        total=5,
        on_progress=lambda progress: seen.append((progress.source, progress.outcome)),
    )
    assert report.added == named("a.txt", "b.txt")
    assert report.failed == (
        Failure("gone.txt", "is no longer there; check the path"),
        Failure("empty.txt", "is empty"),
        Failure("nowhere", "there is no such file"),
    )
    assert [each for each in seen if each[1] not in ("reading", "computing")] == [
        ("gone.txt", "failed"),
        ("empty.txt", "failed"),
        ("nowhere", "failed"),
        ("a.txt", "added"),
        ("b.txt", "added"),
    ]
    assert library.verify() == []


def test_a_file_that_changes_while_it_is_read_is_refused(library, tmp_path, monkeypatch):
    file = tmp_path / "a.txt"
    file.write_text("Before.")

    def read_and_change(source):
        article = read_article(source)
        file.write_text("After.")
        return article

    monkeypatch.setattr(index.library, "read_article", read_and_change)
    (failure,) = library.add([Source("a.txt", path=file)]).failed
    assert failure == Failure("a.txt", "changed while it was being read; add it again")
    monkeypatch.undo()
    assert library.add([Source("a.txt", path=file)]).added == named("a.txt")


def test_adding_can_be_stopped_and_what_was_stored_stays(tmp_path):
    with Library(tmp_path, BagEmbedder(), batch_passages=1) as library:
        asked = iter([False, False, True])
        report = library.add([text(f"{n}.txt", f"Text {n}.") for n in range(9)], stop=lambda: next(asked))
        assert report.added == named("0.txt", "1.txt")
        assert len(library.articles()) == 2
        assert library.verify() == []


def test_ctrl_c_keeps_what_was_computed_and_the_next_time_reads_only_the_rest(tmp_path, monkeypatch):
    sources = [text(f"{n}.txt", f"Text {n} of many.") for n in range(9)]
    embedder = BagEmbedder()

    def interrupt(progress):
        if progress.source == "5.txt":
            while not embedder.embedded:
                time.sleep(0.01)
            raise KeyboardInterrupt

    with Library(tmp_path, embedder, batch_passages=2) as library:
        with pytest.raises(KeyboardInterrupt):
            library.add(sources, on_progress=interrupt)
        held = {each.source for each in library.articles()}
        assert {"0.txt", "1.txt"} <= held <= {"0.txt", "1.txt", "2.txt", "3.txt"}
        assert library.verify() == []
        read: list[str] = []

        def reading(source: Source) -> Article:
            read.append(source.name)
            return read_article(source)

        monkeypatch.setattr(index.library, "read_article", reading)
        report = library.add(sources)
        assert {*read} == {f"{n}.txt" for n in range(9)} - held
        assert set(report.unchanged) == set(named(*held))
        assert len(library.articles()) == 9
        assert library.verify() == []


def test_the_next_articles_are_read_while_vectors_are_computed_but_only_so_many(tmp_path, monkeypatch):
    may = threading.Event()
    embedder = BagEmbedder()
    embed = embedder.embed_passages

    def embed_when_it_may(texts):
        assert may.wait(30), "nothing was read meanwhile"
        return embed(texts)

    def watch(progress):
        if (progress.source, progress.outcome) == ("8.txt", "computing"):
            assert embedder.embedded == []  # three groups of three were read before any was computed
            threading.Timer(0.3, may.set).start()

    def sources():
        for n in range(12):
            assert n < 9 or may.is_set(), "more is read than may be held"
            yield text(f"{n}.txt", f"Text {n}.")

    monkeypatch.setattr(embedder, "embed_passages", embed_when_it_may)
    with Library(tmp_path, embedder, batch_passages=3) as library:
        report = library.add(sources(), on_progress=watch)
        assert report.added == named(*(f"{n}.txt" for n in range(12)))


def test_large_originals_are_not_held_until_there_are_passages_enough(tmp_path, monkeypatch):
    monkeypatch.setattr(index.library, "_GROUP_BYTES", 10)
    states: list[tuple[str, str]] = []
    with Library(tmp_path, BagEmbedder()) as library:
        library.add(
            [text(f"{n}.txt", f"A text of {n} more than ten bytes.") for n in range(6)],
            on_progress=lambda progress: states.append((progress.source, progress.outcome)),
        )
    assert states.index(("0.txt", "added")) < states.index(("4.txt", "reading"))


def test_progress_tells_each_state_and_what_is_left(tmp_path):
    seen: list[Progress] = []
    with Library(tmp_path, BagEmbedder(), batch_passages=1) as library:
        library.add([text("a.txt", "One."), text("b.txt", "Two.")], total=2, size=8, on_progress=seen.append)
    for name in ("a.txt", "b.txt"):
        told = [each.outcome for each in seen if each.source == name]
        assert list(dict.fromkeys(told)) == ["reading", "computing", "added"]  # on a busy machine one is told again
    assert [each.is_done for each in seen if each.source == "a.txt"] == [False, False, True]
    assert seen[0].remaining is None
    assert (seen[-1].done, seen[-1].total, seen[-1].remaining) == (2, 2, 0.0)


def test_files_that_need_a_process_of_their_own_are_read_too(library):
    page = "<html><head><title>Figs</title></head><body><article><p>Figs are purple.</p></article></body></html>"
    assert library.add([text("figs.html", page)]).added == named("figs.html")
    assert "Figs are purple." in library.article("figs.html").article.text


def test_originals_are_kept_once_and_go_with_their_last_article(library):
    library.add([text("a.txt", "One.", title="A")])
    name, data = library.original("a.txt")
    assert (name, data) == ("a.txt", b"One.")
    (kept,) = [path for path in (library.folder / "originals").rglob("*") if path.is_file()]
    assert kept.name == sha256_hex(b"One.")
    library.add([text("a.txt", "Two.")])
    (kept,) = [path for path in (library.folder / "originals").rglob("*") if path.is_file()]
    assert kept.name == sha256_hex(b"Two.")
    library.remove(["a.txt"])
    assert [path for path in (library.folder / "originals").rglob("*") if path.is_file()] == []


def test_given_titles_and_dates_survive_reading_again(tmp_path):
    with Library(tmp_path, BagEmbedder()) as library:
        library.add([text("note", "Some words.", title="My note", media_type="text/plain")])
    with Library(tmp_path, BagEmbedder("another")) as library:
        assert [summary.title for summary in library.outdated()] == ["My note"]
        assert library.renew().replaced == named("note")
        assert library.article("My note").article.text == "Some words."


# Outdated ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["parser", "passages", "embedder"])
def test_articles_made_otherwise_are_outdated_until_they_are_renewed(tmp_path, monkeypatch, what):
    with Library(tmp_path, BagEmbedder()) as library:
        library.add([text("a.txt", "Apples are red."), row("7", '{"_id": "7", "text": "Nuts are brown."}')])
        library.add([text("b.txt", "Pears.")], origin="corpus")
        assert library.outdated() == []
    if what == "parser":
        monkeypatch.setattr(index.library, "PARSER_VERSION", 999)
    settings = PassageSettings(text_pieces=20) if what == "passages" else None
    embedder = BagEmbedder("another bag" if what == "embedder" else "bag of words")
    with Library(tmp_path, embedder, passages=settings) as library:
        assert len(library.outdated()) == 3
        assert sources_of(library.search("apples"))[0] == "a.txt"  # by its words at least
        assert library.verify() == []
        report = library.renew()
        assert set(report.replaced) == set(named("a.txt", "7", "b.txt"))
        assert library.outdated() == []
        assert [each.source for each in library.from_origin("corpus")] == ["b.txt"]
        assert sources_of(library.search("nuts", method=Method.VECTORS))[0] == "7"
        assert library.verify() == []


def test_adding_an_outdated_article_again_reads_it_again(tmp_path):
    with Library(tmp_path, BagEmbedder()) as library:
        library.add([text("a.txt", "Apples.")])
    with Library(tmp_path, BagEmbedder("another")) as library:
        assert library.add([text("a.txt", "Apples.")]).replaced == named("a.txt")


# Removing and finding by name ----------------------------------------------------------------------------------------


def test_a_protected_file_is_read_with_its_password_and_keeps_its_text_when_it_is_renewed(tmp_path):
    document = FPDF()
    document.set_encryption(owner_password="boss", user_password="sesame")
    document.add_page()
    document.set_font("Helvetica", size=11)
    document.text(20, 20, "Walrus revenue was US$9 million in the year.")
    data = bytes(document.output())
    with Library(tmp_path / "library", BagEmbedder()) as library:
        report = library.add([Source("own.pdf", data=data)])
        assert [(each.source, each.needs_password) for each in report.failed] == [("own.pdf", True)]
        assert library.add([Source("own.pdf", data=data, password="wrong")]).failed[0].needs_password
        assert library.add([Source("own.pdf", data=data, password="sesame")]).added
        before = library.article("own.pdf")
        found = before.article.title
        library.correct("own.pdf", {"title": "Walrus plc"})
    for path in (tmp_path / "library").rglob("*"):
        assert not path.is_file() or b"sesame" not in path.read_bytes()
    with Library(tmp_path / "library", BagEmbedder(), passages=PassageSettings(text_pieces=40)) as library:
        assert library.outdated()
        report = library.renew()
        assert (len(report.replaced), report.failed) == (1, ())
        assert not library.outdated()
        after = library.article("own.pdf")
        assert (after.article.text, after.article.places) == (before.article.text, before.article.places)
        (correction,) = after.corrections  # what was found is still known
        assert (after.article.title, correction.found) == ("Walrus plc", found)
        assert library.search("walrus revenue").hits[0].text.startswith("Walrus revenue")


def test_words_of_removed_articles_are_counted_no_more(library):
    library.add(
        [text(f"{n}.txt", f"Nvidia sold chips. Note {n}." if n == 3 else f"Chips, note {n}.") for n in range(9)]
    )
    (nvidia,) = library.terms("Nvidia")
    (chips,) = library.terms("chips")
    assert library.frequencies_of([nvidia, chips]) == {nvidia: 1, chips: 9}
    library.remove(["3.txt"])  # its part of the index holds the others, too
    assert library.frequencies_of([nvidia, chips]) == {nvidia: 0, chips: 8}


def test_articles_are_removed_by_id_source_file_name_and_title(library):
    names = ("folder/a.txt", "folder/b.txt", "folder/c.txt", "folder/d.txt")
    library.add([text(name, f"Text of {name}.", title=f"Title {name[7]}") for name in names])
    report = library.remove([article_id("folder/a.txt"), "folder/b.txt", "c.txt", "Title d", "nobody"])
    assert report.removed == named(*names)
    assert [failure.source for failure in report.failed] == ["nobody"]
    assert "no such article" in report.failed[0].error
    assert library.articles() == []
    assert library.verify() == []


def test_a_name_that_several_articles_have_is_not_guessed(library):
    library.add([text("a/report.txt", "One."), text("b/report.txt", "Two.")])
    (failure,) = library.remove(["report.txt"]).failed
    assert "2 articles are called so" in failure.error
    assert article_id("a/report.txt") in failure.error
    with pytest.raises(LibraryError, match="name one by its id"):
        library.article("report.txt")
    assert len(library.articles()) == 2


def test_an_article_that_is_not_there_is_told(library):
    with pytest.raises(ArticleNotFound, match="no such article"):
        library.article("nobody")


@pytest.mark.parametrize("method", Method)
def test_preferred_articles_are_found_below_any_depth(tmp_path, method):
    many = [text(f"{number}.txt", f"Apples are red. Crop {number} of apples rose.") for number in range(30)]
    settings = SearchSettings(depth=5)
    last = article_id("29.txt")

    def prefer(_question, articles):
        assert len(articles) == 30
        return Preference({last: 1.0}, notes=("read so",))

    with Library(tmp_path / "library", BagEmbedder(), search=settings, prefer=prefer) as library:
        library.add(many)
        result = library.search("red apples", k=3, method=method)
        assert result.hits[0].article_id == last
        assert len(result.hits) == 3
        assert result.hits[0].trace["bonus"] == 1.0
        assert "bonus" not in result.hits[1].trace
        assert result.preference.notes == ("read so",)
        narrowed = library.search("red apples", k=3, method=method, where=parse_where(["source=3.txt"]))
        assert sources_of(narrowed) == ["3.txt"]


def test_search_skips_removed_articles(three):
    three.remove(["pears.txt"])
    for method in Method:
        assert "pears.txt" not in sources_of(three.search("harvest of pears", method=method))


# Searching -----------------------------------------------------------------------------------------------------------


def test_filters_hold_in_both_legs(three):
    for method in Method:
        found = three.search("apples pears nuts harvest", where=parse_where(["company=acme"]), method=method)
        assert sources_of(found) == ["7"], method
        later = parse_where(["published>=2024-06"])
        assert three.search("apples pears nuts", where=later, method=method).hits == (), method
        apart = parse_where(["source!=apples.txt", "company!=Acme"])
        assert sources_of(three.search("apples pears nuts harvest", where=apart, method=method)) == ["pears.txt"]


def test_each_method_traces_the_legs_it_used(three):
    trace = {method: three.search("harvest of pears", method=method).hits[0].trace for method in Method}
    assert trace[Method.WORDS]["dense_rank"] is None
    assert trace[Method.VECTORS]["words_rank"] is None
    assert trace[Method.FUSED]["words_rank"] == trace[Method.FUSED]["dense_rank"] == 1
    assert set(three.search("pears").milliseconds) == {"embed", "retrieve", "rerank", "total"}


def test_scores_fall_and_k_limits_what_is_listed(three):
    hits = three.search("apples pears nuts harvest", k=2).hits
    assert len(hits) == 2
    assert hits[0].score >= hits[1].score


@pytest.mark.parametrize(
    "query", ["", "   ", "\0\n", "\ud800", "?!…", "x" * 10_000, "苹果", "apples\0red", '"AND (* apples']
)
def test_queries_of_every_kind_are_searched(three, query):
    assert len(three.search(query).hits) <= 3
    assert three.search(query, k=0).hits == ()


def test_furniture_is_ranked_down_unless_it_is_asked_for(tmp_path):
    words = "Posted by Written by Ann Writer Reading Time: 3 minutes\n\n"
    body = "\n\n".join(f"Paragraph {n} of an article about the market, Ann and the writer of it." for n in range(3))
    with Library(tmp_path, BagEmbedder(), asks_for_furniture=lambda query: "who" in query) as library:
        library.add([text("a.txt", f"A Market Article\n\n{words}{body}")])
        assert any(hit.furniture for hit in library.search("writer ann posted reading minutes", k=10).hits)
        asked = library.search("who posted written by ann writer reading time").hits
        plain = library.search("posted written by ann writer reading time").hits
        assert asked[0].furniture
        score = {hit.key: hit.score for hit in asked}
        for hit in plain:
            # The words of the question differ by "who", which stands nowhere.
            if hit.furniture:
                assert hit.score < score[hit.key]


def test_another_process_s_changes_are_seen(three, tmp_path):
    with Library(three.folder, BagEmbedder()) as other:
        other.add([text("figs.txt", "Figs are purple.")])
        other.remove(["pears.txt"])
    assert sources_of(three.search("figs purple"))[0] == "figs.txt"
    assert "pears.txt" not in sources_of(three.search("pears green"))
    assert len(three.articles()) == 3


def test_passages_that_another_process_took_out_a_moment_ago_make_room_for_the_next(three, monkeypatch):
    passages = three._store.passages
    gone = three.search("harvest of pears").hits[0].key
    monkeypatch.setattr(three._store, "passages", lambda keys: {k: v for k, v in passages(keys).items() if k != gone})
    hits = three.search("harvest of pears", k=2).hits
    assert len(hits) == 2
    assert gone not in [hit.key for hit in hits]


def test_threads_add_and_search_at_once(library):
    library.add([text("first.txt", "Always there.")])
    failures = []

    def add(number):
        try:
            for n in range(4):
                library.add([text(f"{number}-{n}.txt", f"Always number {number} {n}.")])
        except Exception as error:
            failures.append(error)

    def search():
        try:
            for _ in range(30):
                assert library.search("always").hits
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=add, args=(n,)) for n in range(2)] + [
        threading.Thread(target=search) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(library.articles()) == 9
    assert library.verify() == []


# Checking ------------------------------------------------------------------------------------------------------------


def plant(library, statement):
    library.close()
    with sqlite3.connect(library.folder / "store.sqlite") as connection:
        connection.execute(statement)
    connection.close()


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        (
            "UPDATE passages SET text = replace(text, 'red', 'blue')",
            "the passage at 0 is not what the article says there",
        ),
        ("UPDATE articles SET text = x'00' WHERE key = 1", "it cannot be read"),
        ("UPDATE articles SET text_sha256 = 'x' WHERE key = 1", "the text is not the one that was stored"),
        ("UPDATE articles SET blocks = x'00' WHERE key = 1", "it cannot be read"),
        ("UPDATE passages SET units = 'nonsense' WHERE key = 1", "it cannot be read"),
        ("UPDATE passages SET vector = x'0000' WHERE key = 1", "the vectors of 1 passages are damaged"),
        ("UPDATE passages SET vector = zeroblob(128) WHERE key = 1", "the vectors of 1 passages are damaged"),
        ("DELETE FROM passages WHERE key = 1", "it has 0 of 1 passages"),
    ],
)
def test_damage_in_the_store_is_found(three, statement, what):
    plant(three, statement)
    with Library(three.folder, BagEmbedder()) as library:
        problems = library.verify()
        assert any(what in problem.what and "apples.txt" in problem.where for problem in problems), problems
        assert not any("pears.txt" in problem.where for problem in problems)


def test_an_original_that_is_gone_or_changed_is_found(three):
    path = three._original_path(sha256_hex(b"Pears are green. The harvest of pears fell."))
    path.write_bytes(b"Pears are blue.")
    where = f"pears.txt ({article_id('pears.txt')})"
    assert three.verify() == [Problem("the kept original is not the file that was read", where)]
    path.unlink()
    (problem,) = three.verify()
    assert "its kept original is missing" in problem.what
    assert problem.where == where
    with pytest.raises(LibraryError, match="missing"):
        three.original("pears.txt")


def test_views_that_are_gone_are_made_again_without_loss(three):
    three.close()
    shutil.rmtree(three.folder / "views")
    embedder = BagEmbedder()
    with Library(three.folder, embedder) as library:
        assert library.verify() == []
        assert sources_of(library.search("harvest of pears"))[0] == "pears.txt"
        assert embedder.embedded == []


def test_a_library_remembers_its_properties(three):
    three.set_property("apart", "1")
    with Library(three.folder, BagEmbedder()) as other:
        assert other.property("apart") == "1"
        assert other.property("nothing") is None


# Correcting ----------------------------------------------------------------------------------------------------------

NUTS = row("7", '{"_id": "7", "title": "Nuts", "text": "Nuts are brown.", "date": "2024-05-01", "company": "Acme"}')


def headings(library, name):
    return {each.heading for each in library._store.passages_of(article_id(name))}


def test_a_correction_lies_over_what_was_found_and_is_filtered_by(three):
    summary = three.correct("Nuts", {"company": "Delta Inc.", "published": "2025-01-31", "ticker": "DLT"})
    assert summary.facts == {"company": "Delta Inc.", "ticker": "DLT"}
    assert summary.published.isoformat() == "2025-01-31"
    assert summary.origins == {"title": "row", "company": "corrected", "published": "corrected", "ticker": "corrected"}
    assert three.article("7").article.facts == summary.facts
    assert three.articles()[2] == summary
    assert sources_of(three.search("nuts", where=parse_where(["company=Delta"]))) == ["7"]
    assert sources_of(three.search("nuts", where=parse_where(["company=Acme"]))) == []
    assert three.corrections("7") == (
        Correction("company", "Delta Inc.", "Acme", "row"),
        Correction("published", "2025-01-31", "2024-05-01", "row"),
        Correction("ticker", "DLT", None, ""),
    )


def test_a_corrected_name_stands_in_headings_once_they_are_cut_anew(three):
    assert headings(three, "7") == {"Nuts · Acme"}
    three.correct("7", {"company": "Delta"})
    assert [each.source for each in three.outdated()] == ["7"]
    assert three.recut("7")
    assert headings(three, "7") == {"Nuts · Delta"}
    assert three.outdated() == []
    assert not three.recut("7")
    assert sources_of(three.search("delta", method=Method.WORDS)) == ["7"]
    assert sources_of(three.search("acme", method=Method.WORDS)) == []
    assert [each.source for each in three.articles()] == ["apples.txt", "pears.txt", "7"]
    assert three.verify() == []


def test_what_no_heading_says_needs_no_new_passages(three):
    embedded = list(three.embedder.embedded)
    three.correct("7", {"ticker": "ACM", "language": "en"})
    assert three.outdated() == []
    assert not three.recut("7")
    assert three.embedder.embedded == embedded


def test_an_interrupted_correction_is_finished_by_the_next_renewal(three):
    three.correct("7", {"title": "Walnuts"})
    assert three.renew().replaced == named("7")
    assert headings(three, "7") == {"Walnuts · Acme"}
    assert three.renew() == AddReport()


def test_corrections_survive_reading_again_and_removal(three, monkeypatch):
    three.correct("7", {"company": "Delta", "kind": None})
    monkeypatch.setattr(index.library, "PARSER_VERSION", 99)
    assert len(three.renew().replaced) == 3
    assert (three.article("7").article.facts, headings(three, "7")) == ({"company": "Delta"}, {"Nuts · Delta"})
    changed = row("7", '{"_id": "7", "title": "Nuts", "text": "Nuts are green.", "company": "Acme", "kind": "note"}')
    assert three.add([changed]).replaced == named("7")
    assert three.article("7").article.facts == {"company": "Delta"}
    three.remove(["7"])
    assert three.add([NUTS]).added == named("7")
    assert (three.article("7").article.facts, headings(three, "7")) == ({"company": "Delta"}, {"Nuts · Delta"})


def test_undone_corrections_give_back_what_was_found(three):
    three.correct("7", {"company": "Delta", "title": "Walnuts", "ticker": "DLT"})
    three.recut("7")
    assert three.correct("7", {}, undo=["company"]).facts == {"company": "Acme", "ticker": "DLT"}
    summary = three.correct("7", {}, undo=[])
    assert (summary.title, summary.facts, three.corrections("7")) == ("Nuts", {"company": "Acme"}, ())
    three.recut("7")
    assert headings(three, "7") == {"Nuts · Acme"}


def test_a_correction_of_nothing_that_is_there_is_refused(three):
    with pytest.raises(ArticleNotFound):
        three.correct("walnuts", {"company": "Delta"})
    with pytest.raises(CorrectionError, match="is not a date"):
        three.correct("7", {"company": "Delta", "published": "soon"})
    assert three.corrections("7") == ()
    with pytest.raises(CorrectionError, match="ticker: was not corrected; corrected are none"):
        three.correct("7", {}, undo=["ticker"])
