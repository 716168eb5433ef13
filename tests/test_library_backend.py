import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chat.answer import Answer, Reason
from chat.interface.backend import Filters, PastedText, UploadedFile, WebAddress
from chat.interface.library_backend import LibraryBackend, where_of
from errors import ArticleNotFound, CorrectionError, FetchError, QuestionSetError
from index.library import Library
from index.values import AddReport, Method
from index.where import EVERYTHING, Where
from ingest.sources import Source


class LetterEmbedder:
    """Counts letters: texts with the same letters are near."""

    identity = "letters"
    dimension = 26

    def embed_queries(self, texts: Sequence[str]) -> Any:
        counts = np.array([[text.lower().count(chr(97 + at)) + 0.01 for at in range(26)] for text in texts], np.float32)
        return counts / np.linalg.norm(counts, axis=1, keepdims=True)

    embed_passages = embed_queries

    def pieces(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        return [[match.span() for match in re.finditer(r"\w+|[^\w\s]", text)] for text in texts]


class Declining:
    """Answers nothing and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, tuple[str, ...], Where]] = []

    def ask(self, question: str, *, after: Sequence[str] = (), k: int = 10, where: Where = EVERYTHING) -> Answer:
        self.asked.append((question, tuple(after), where))
        reason = Reason.NOTHING_RELEVANT
        return Answer(question, question, False, reason, "Nothing.", None, None, (), (), (), {"total": 1.0})


def fetch(url: str, **_: Any) -> Source:
    if url.endswith("/feed"):
        items = "<item><link>https://example.org/a</link></item><item><link>https://example.org/b</link></item>"
        return Source(url, data=f"<rss><channel>{items}</channel></rss>".encode(), media_type="text/xml")
    if "gone" in url:
        raise FetchError(url, "answered 404; check the address")
    return Source(url, data=b"<html><body><p>Fetched words stand here.</p></body></html>", media_type="text/html")


@pytest.fixture
def backend(tmp_path: Path) -> Iterator[LibraryBackend]:
    bundled = tmp_path / "questions.jsonl"
    bundled.write_text('{"question": "What rose?", "answers": []}\n', "utf-8")
    sets = [("Bundled", bundled), ("Missing", tmp_path / "missing.jsonl")]
    with Library(tmp_path / "library", LetterEmbedder()) as library:
        yield LibraryBackend(library, Declining(), fetch, question_sets=sets, examples=["What rose?"])


def add(backend: LibraryBackend, entry: Any) -> AddReport:
    return backend.add(entry, on_progress=lambda progress: None)


def test_filters_become_conditions_that_all_must_hold():
    filters = Filters(("a1", "b2"), ("Delta",), ("10-Q",), ("2025 Q1",), date(2025, 1, 31), date(2025, 12, 31))
    where = where_of(filters)
    about = {"kind": "10-Q", "period": "2025 Q1"}
    fields: dict[str, str | None] = {"article_id": "b2", "company": "Delta Inc.", "published": "2025-06-01", **about}
    assert where.matches(fields)
    assert not where.matches(fields | {"article_id": "c3"})
    assert not where.matches(fields | {"company": "Other"})
    assert not where.matches(fields | {"kind": "10-K"})
    assert not where.matches(fields | {"period": "2025 Q2"})
    assert not where.matches(fields | {"published": "2024-12-31"})
    assert not where.matches(fields | {"published": None})
    assert where_of(Filters()) == EVERYTHING


def test_corrections_are_kept_at_once_and_stand_in_headings_after(backend, tmp_path):
    path = tmp_path / "note.txt"
    path.write_text("Revenue rose to 5 million.", "utf-8")
    (article_id,) = add(backend, UploadedFile(path.name, path)).added
    stored = backend.correct(article_id, {"company": "Acme Inc.", "period": "Q3 2024"}, [])
    assert stored.article.facts["period"] == "2024 Q3"
    assert [each.key for each in stored.corrections] == ["company", "period"]
    backend.recut(article_id)
    assert backend.articles()[0].facts["company"] == "Acme Inc."
    stored = backend.correct(article_id, {}, ["period"])
    assert [each.key for each in stored.corrections] == ["company"]
    with pytest.raises(CorrectionError, match="is not a period"):
        backend.correct(article_id, {"period": "autumn"}, [])
    with pytest.raises(ArticleNotFound):
        backend.correct("nothing", {"company": "Acme"}, [])


def test_an_uploaded_file_is_known_by_its_real_name(backend, tmp_path):
    path = tmp_path / "Bericht März (final).txt"
    path.write_text("Revenue rose to 5 million.", "utf-8")
    report = add(backend, UploadedFile(path.name, path))
    (article_id,) = report.added
    assert backend.article(article_id).article.source == "Bericht März (final).txt"
    path.unlink()
    original = backend.original(article_id)
    assert (original.name, original.data) == ("Bericht März (final).txt", b"Revenue rose to 5 million.")


def test_an_uploaded_archive_gives_its_files_by_name(backend, tmp_path):
    path = tmp_path / "Reports.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a/one.txt", "One rose.")
        archive.writestr("two.exe", "x")
    report = add(backend, UploadedFile(path.name, path))
    assert [each.source for each in backend.articles()] == ["Reports.zip/a/one.txt"]
    assert [each.source for each in report.failed] == ["Reports.zip/two.exe"]
    path.unlink()
    assert backend.original(report.added[0]).data == b"One rose."


def test_rows_of_an_uploaded_file_become_articles_and_wrong_ones_name_the_file(backend, tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"_id": "r1", "title": "One", "text": "Words of one."}\nnot json\n', "utf-8")
    report = add(backend, UploadedFile(path.name, path))
    assert len(report.added) == 1
    assert [each.source.startswith("rows.jsonl") for each in report.failed] == [True]
    assert str(tmp_path) not in report.failed[0].error


def test_a_pasted_text_keeps_title_and_date(backend):
    (article_id,) = add(backend, PastedText("Call with Delta", "Margins rose by 2 points.", date(2025, 7, 1))).added
    article = backend.article(article_id).article
    assert (article.title, article.published) == ("Call with Delta", date(2025, 7, 1))
    assert article.text.strip() == "Margins rose by 2 points."
    assert add(backend, PastedText("Call with Delta", "Margins fell.", None)).replaced == (article_id,)


def test_a_web_page_is_fetched_and_a_failure_is_passed_on(backend):
    (article_id,) = add(backend, WebAddress("https://example.org/a")).added
    assert backend.article(article_id).article.source == "https://example.org/a"
    (failure,) = add(backend, WebAddress("https://example.org/gone")).failed
    assert (failure.source, failure.error) == ("https://example.org/gone", "answered 404; check the address")


def test_a_feed_is_listed_with_what_is_held_of_it(backend):
    add(backend, WebAddress("https://example.org/a"))
    report = add(backend, WebAddress("https://example.org/feed"))
    (listed,) = report.listed
    assert [each.address for each in listed.listing.entries] == ["https://example.org/a", "https://example.org/b"]
    assert listed.held == {"https://example.org/a"}
    assert (report.added, report.failed) == ((), ())


def test_removed_articles_are_gone(backend):
    (article_id,) = add(backend, PastedText("T", "Some words.")).added
    assert backend.remove([article_id, "unknown"]).removed == (article_id,)
    with pytest.raises(ArticleNotFound):
        backend.article(article_id)


def test_examples_are_offered_once_there_is_something_to_ask(backend):
    assert backend.examples() == ()
    add(backend, PastedText("T", "Some words."))
    assert backend.examples() == ("What rose?",)


def test_a_question_reaches_the_answerer_with_its_conversation_and_filters(backend):
    backend.ask("And then?", after=["Before?"], filters=Filters(companies=("Delta",)))
    ((question, after, where),) = backend._answerer.asked
    assert (question, after) == ("And then?", ("Before?",))
    assert where.matches({"company": "Delta"})


def test_question_sets_are_checked_kept_and_evaluated(backend):
    add(backend, PastedText("Walrus", "Walrus revenue rose to 5 million."))
    assert [(each.label, each.questions) for each in backend.question_sets()] == [("Bundled", 1)]
    evidence = '[{"article": "Walrus", "quote": "revenue rose"}]'
    row = f'{{"question": "What rose?", "answers": ["revenue"], "evidence": {evidence}}}'
    kept = backend.keep_question_set("../My set.jsonl", row.encode())
    assert (kept.label, kept.questions) == ("My set", 1)
    assert kept in backend.question_sets()
    seen: list[tuple[int, int]] = []
    report = backend.evaluate(kept.key, [Method.WORDS], on_progress=lambda *done: seen.append(done), stop=lambda: False)
    assert seen == [(1, 1)]
    assert report.rows[0].rank == 1
    assert report.measures["false_silence"].mean == 1.0


def test_a_question_set_that_does_not_fit_is_not_kept(backend, tmp_path):
    with pytest.raises(QuestionSetError, match=r"^bad\.jsonl: .*line 1") as caught:
        backend.keep_question_set(
            "bad.jsonl", b'{"question": "q", "answers": ["a"], "evidence": [{"article": "x", "quote": "y"}]}'
        )
    assert str(tmp_path) not in str(caught.value)
    assert [each.label for each in backend.question_sets()] == ["Bundled"]
    assert not list((tmp_path / "library" / "question-sets").iterdir())


def test_only_listed_question_sets_can_be_evaluated(backend, tmp_path):
    other = tmp_path / "other.jsonl"
    other.write_text('{"question": "q", "answers": []}\n', "utf-8")
    with pytest.raises(QuestionSetError, match="gone"):
        backend.evaluate(str(other), [Method.FUSED], on_progress=lambda *done: None, stop=lambda: False)
