"""Question sets: our own format checked against a library, and BEIR folders."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from errors import ArticleNotFound, QuestionSetError
from evaluation.beir import load_beir
from evaluation.questions import Evidence, Question, find_range, load_questions
from index.values import ArticleSummary, StoredArticle
from ingest.article import Article, Block, BlockKind, Place, article_id

CHINA = "China’s market reached US$1.59 billion\nin 2023. It may reach\u00a0US$18.88 billion by 2030."
INDIA = "India grows at 31 to 40 percent. China’s market reached US$1.59 billion."


class FakeLibrary:
    def __init__(self, *articles: Article) -> None:
        self._articles = {each.article_id: each for each in articles}

    def articles(self) -> Sequence[ArticleSummary]:
        return [
            ArticleSummary(key, each.title, each.source, None, {}, None, 1, len(each.text), "")
            for key, each in self._articles.items()
        ]

    def article(self, name: str) -> StoredArticle:
        if name not in self._articles:
            raise ArticleNotFound(name)
        return StoredArticle(self._articles[name], "")


LIBRARY = FakeLibrary(
    Article("/papers/china.pdf", "China outlook", CHINA, "", places=(Place(0, 48, 1), Place(48, 90, 2))),
    Article("india.md", "India outlook", INDIA, "", blocks=(Block(BlockKind.PARAGRAPH, 0, 32, page=7),)),
)


def write(folder: Path, *rows: dict[str, Any] | str) -> Path:
    path = folder / "set.jsonl"
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows), encoding="utf-8")
    return path


def problems(path: Path) -> list[str]:
    with pytest.raises(QuestionSetError) as caught:
        load_questions(path, LIBRARY)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)
    return list(caught.value.problems)


def test_row_becomes_question_with_offsets_pages_and_verbatim_evidence(tmp_path: Path) -> None:
    row = {
        "question_id": "a1",
        "question": "How large?",
        "kind": "figure",
        "answers": ["US$1.59 billion"],
        "evidence": [{"article": "/papers/china.pdf", "quote": "reached US$1.59 billion in 2023"}],
        "after": ["What about China?"],
    }
    loaded = load_questions(write(tmp_path, row), LIBRARY)
    assert loaded.name == "set"
    assert loaded.corpus is None
    evidence = Evidence("/papers/china.pdf", 15, 46, "reached US$1.59 billion\nin 2023", (1,))
    assert loaded.questions == (
        Question("a1", "How large?", "figure", ("US$1.59 billion",), (evidence,), {}, ("What about China?",)),
    )
    assert CHINA[evidence.start : evidence.end] == evidence.text
    assert evidence.article_id == article_id("/papers/china.pdf")


@pytest.mark.parametrize("name", ["/papers/china.pdf", "China outlook", "china.pdf", article_id("/papers/china.pdf")])
def test_article_is_found_by_each_of_its_names(tmp_path: Path, name: str) -> None:
    row = {"question": "Q", "answers": ["x"], "evidence": [{"article": name, "quote": "by 2030"}]}
    (question,) = load_questions(write(tmp_path, row), LIBRARY).questions
    assert question.evidence[0].article == "/papers/china.pdf"
    assert question.evidence[0].pages == (2,)


def test_name_of_two_articles_asks_for_the_source(tmp_path: Path) -> None:
    twins = FakeLibrary(Article("a/x.md", "Same", "one", ""), Article("b/x.md", "Same", "two", ""))
    row = {"question": "Q", "answers": ["x"], "evidence": [{"article": "Same", "quote": "one"}]}
    with pytest.raises(QuestionSetError, match="2 articles are called 'Same'; give the source or the id"):
        load_questions(write(tmp_path, row), twins)


def test_plain_quotes_are_looked_for_in_every_article(tmp_path: Path) -> None:
    row = {"question": "Q", "answers": ["31"], "quotes": ["grows at 31 to 40 percent", "reached US$1.59 billion"]}
    (question,) = load_questions(write(tmp_path, row), LIBRARY).questions
    assert [(e.article, e.start, e.end) for e in question.evidence] == [
        ("india.md", 6, 31),
        ("/papers/china.pdf", 15, 38),
    ]
    assert question.evidence[0].pages == (7,)


def test_start_chooses_a_later_place(tmp_path: Path) -> None:
    row = {"question": "Q", "answers": ["x"], "evidence": [{"article": "china.pdf", "quote": "US$1", "start": 30}]}
    (question,) = load_questions(write(tmp_path, row), LIBRARY).questions
    assert question.evidence[0].start == CHINA.index("US$18.88")


def test_kind_and_id_have_defaults(tmp_path: Path) -> None:
    rows = [{"question": "Q", "answers": []}, {"question": "R", "answers": ["x"]}]
    loaded = load_questions(write(tmp_path, *rows), LIBRARY).questions
    assert [(q.question_id, q.kind, q.answerable) for q in loaded] == [
        ("line 1", "unanswerable", False),
        ("line 2", "answerable", True),
    ]


def test_a_question_without_an_answer_may_say_why(tmp_path: Path) -> None:
    rows = [{"question": "Q", "answers": [], "reason": "period_absent"}, {"question": "R", "answers": []}]
    loaded = load_questions(write(tmp_path, *rows), LIBRARY).questions
    assert [question.reason for question in loaded] == ["period_absent", None]
    unknown: dict[str, Any] = {"question": "Q", "answers": [], "reason": "tired"}
    found = problems(write(tmp_path, unknown, {"question": "R", "answers": ["x"], "reason": "period_absent"}))
    assert [each.split(":")[0] for each in found] == ["line 1", "line 2"]
    assert "entity_absent" in found[0]


def test_question_without_answers_but_with_evidence_measures_retrieval_only(tmp_path: Path) -> None:
    row = {"question": "Q", "evidence": [{"article": "india.md", "quote": "India"}]}
    (question,) = load_questions(write(tmp_path, row), LIBRARY).questions
    assert question.answers is None
    assert question.answerable is None


def test_every_problem_is_gathered_with_its_line(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        "{not json",
        "[1]",
        {"answers": []},
        {"question": "Q"},
        {"question": "Q", "answers": "US$1"},
        {"question": "Q", "answers": ["x"], "evidence": [{"article": "nowhere.pdf", "quote": "a"}]},
        {"question": "Q", "answers": ["x"], "evidence": [{"article": "china.pdf", "quote": "US$2 billion"}]},
        {"question": "Q", "answers": ["x"], "evidence": [{"article": "china.pdf"}]},
        {"question": "Q", "answers": [], "evidence": [{"article": "china.pdf", "quote": "by 2030"}]},
        {"question": "Q", "answers": ["x"], "quotes": ["stands nowhere"]},
        {"question": "Q", "answers": ["\ud800"]},
    )
    found = problems(path)
    assert [each.split(":")[0] for each in found] == [f"line {n}" for n in range(1, 12)]
    assert "write one JSON object a line" in found[0]
    assert '"question" must be a text' in found[2]
    assert 'has no "answers" and no "evidence"' in found[3]
    assert '"answers" must be a list of texts' in found[4]
    assert "no article is called 'nowhere.pdf'" in found[5]
    assert "the quote “US$2 billion” does not stand in china.pdf" in found[6]
    assert '"evidence" must be a list' in found[7]
    assert "drop the evidence" in found[8]
    assert "stands in no article of the library" in found[9]


def test_message_shows_ten_problems_and_counts_the_rest(tmp_path: Path) -> None:
    path = write(tmp_path, *["[]"] * 12)
    with pytest.raises(QuestionSetError, match=r"line 10: .*; and 2 more$") as caught:
        load_questions(path, LIBRARY)
    assert "line 11" not in str(caught.value)
    assert len(caught.value.problems) == 12


def test_repeated_id_is_a_problem(tmp_path: Path) -> None:
    path = write(tmp_path, *[{"question_id": "x", "question": "Q", "answers": []}] * 2)
    assert problems(path) == ["line 2: question_id 'x' stands on line 1 too; make it different"]


def test_line_separators_inside_strings_do_not_cut_rows(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    path.write_text('{"question": "one\u2028two\u0085three", "answers": []}\r\n\r\n', encoding="utf-8")
    assert load_questions(path, LIBRARY).questions[0].question == "one\u2028two\u0085three"


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"\xff\xfe{\x00", "not UTF-8 text"), (b"", "holds no questions"), (b"\n\n", "holds no questions")],
)
def test_unusable_file_is_named_with_what_to_do(tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "set.jsonl"
    path.write_bytes(data)
    with pytest.raises(QuestionSetError, match=message):
        load_questions(path, LIBRARY)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(QuestionSetError, match=r"gone\.jsonl: cannot be read"):
        load_questions(tmp_path / "gone.jsonl", LIBRARY)


def test_exact_place_wins_over_an_earlier_folded_one() -> None:
    assert find_range("a\nb then a b", "a b") == (9, 12)
    assert find_range("a \n b", " a b ") == (0, 5)
    assert find_range("a.b", "a b") is None


def beir(folder: Path, files: dict[str, str], *, packed: bool = False) -> Path:
    (folder / "qrels").mkdir(parents=True)
    for name, text in files.items():
        if name in ("test", "dev", "train"):
            (folder / "qrels" / f"{name}.tsv").write_text(text, encoding="utf-8")
        elif packed:
            (folder / f"{name}.jsonl.gz").write_bytes(gzip.compress(text.encode()))
        else:
            (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
    return folder


CORPUS = '{"_id": "d1", "title": "T", "text": "Fees fell to $8."}\n{"_id": "d2", "title": "", "text": "Rates rose."}\n'
QUERIES = (
    '{"_id": "q1", "text": "Which fees?", "category": "fees", "answer": ["$8"]}\n'
    '{"_id": "q2", "text": "Which rates?"}\n'
    '{"_id": "q3", "text": "Not judged?"}\n'
    '{"_id": "q4", "text": "Nothing answers?", "answer": null}\n'
)
QRELS = "query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t0\nq2\td2\t1\n"
EVIDENCE = '{"query_id": "q1", "doc_id": "d1", "excerpt": "fell to $8", "start": 5, "end": 15, "page": 0}\n'


@pytest.mark.parametrize("packed", [False, True])
def test_beir_folder_is_read(tmp_path: Path, packed: bool) -> None:
    folder = beir(
        tmp_path / "fees", {"corpus": CORPUS, "queries": QUERIES, "evidence": EVIDENCE, "test": QRELS}, packed=packed
    )
    loaded = load_beir(folder)
    assert loaded.name == "fees"
    assert loaded.corpus == folder / ("corpus.jsonl.gz" if packed else "corpus.jsonl")
    assert loaded.questions == (
        Question("q1", "Which fees?", "fees", ("$8",), (Evidence("d1", 5, 15, "fell to $8", (1,)),), {"d1": 2}),
        Question("q2", "Which rates?", "answerable", None, (), {"d2": 1}),
        Question("q4", "Nothing answers?", "unanswerable", ()),
    )


def test_beir_takes_dev_where_there_is_no_test(tmp_path: Path) -> None:
    folder = beir(tmp_path / "s", {"corpus": CORPUS, "queries": QUERIES, "dev": "q2\td2\t1\n", "train": QRELS})
    assert [q.question_id for q in load_beir(folder).questions] == ["q2", "q4"]


def test_beir_evidence_without_offsets_is_not_used(tmp_path: Path) -> None:
    row = '{"query_id": "q1", "doc_id": "d1", "excerpts": ["$8"]}\n'
    folder = beir(tmp_path / "s", {"corpus": CORPUS, "queries": QUERIES, "evidence": row, "test": QRELS})
    assert load_beir(folder).questions[0].evidence == ()


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"queries": QUERIES, "test": QRELS}, "has no corpus.jsonl"),
        ({"corpus": CORPUS, "queries": QUERIES}, "has no qrels/test.tsv"),
        ({"corpus": CORPUS, "queries": QUERIES, "test": "a\tb\tc\nq1\td1\n"}, "line 2: needs query, document"),
        ({"corpus": CORPUS, "queries": '{"_id": "q1"}', "test": QRELS}, 'line 1: needs "_id" and "text"'),
        (
            {
                "corpus": CORPUS,
                "queries": QUERIES,
                "test": QRELS,
                "evidence": EVIDENCE.replace('"start": 5', '"start": 6'),
            },
            r"line 1: the excerpt is not what stands at 6 to 15 of 'd1'; it stands at 5 to 15",
        ),
        (
            {"corpus": CORPUS, "queries": QUERIES, "test": QRELS, "evidence": EVIDENCE.replace('"d1"', '"d9"')},
            "the corpus has no document 'd9'",
        ),
    ],
)
def test_beir_folder_with_a_mistake_says_which(tmp_path: Path, files: dict[str, str], message: str) -> None:
    folder = beir(tmp_path / "s", files)
    with pytest.raises(QuestionSetError, match=message):
        load_beir(folder)


def test_damaged_packed_file_is_named(tmp_path: Path) -> None:
    folder = beir(tmp_path / "s", {"corpus": CORPUS, "queries": QUERIES, "test": QRELS}, packed=True)
    (folder / "queries.jsonl.gz").write_bytes(b"no gzip at all")
    with pytest.raises(QuestionSetError, match=r"queries\.jsonl\.gz: cannot be read"):
        load_beir(folder)
