"""The command line as other programs call it: words, shapes and exit codes, by subprocess with the real model."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from fpdf import FPDF

from app import _answer_text
from chat.answer import DifferentValue, Disagreement
from tests import test_export

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("FOOTNOTE_")}

PASSAGE = {"article_id", "title", "source", "section", "page", "pages", "start", "end", "text", "score"}
QUOTE = PASSAGE | {"published", "answers", "spans", "span", "part", "boxes", "sha256", "text_sha256"}
ANSWER = {
    *("question", "understood", "answered", "reason", "text", "confidence", "quotes", "disagreements", "passages"),
    "milliseconds",
}
REPORT = {"added", "replaced", "unchanged", "removed", "duplicates", "failed"}


def run(*arguments, library=None, code=0, stdin=None, env=None):
    """The finished process; what it says on both streams is checked against its exit code."""
    command = [sys.executable, str(ROOT / "app.py")]
    command += [] if library is None else ["--library", str(library)]
    done = subprocess.run(
        [*command, *map(str, arguments)],
        input=None if stdin is None else stdin.encode(),
        capture_output=True,
        env={**ENVIRONMENT, **(env or {})},
        cwd=ROOT,
        timeout=250,
    )
    shown = done.stderr.decode()
    assert done.returncode == code, shown or done.stdout.decode()[-2000:]
    assert "Traceback" not in shown
    if code == 1:
        assert shown.startswith("footnote: ")
    return done


def said(*arguments, **more):
    """The JSON on standard output, which holds nothing else."""
    return json.loads(run(*arguments, "--json", **more).stdout)


def lines(*arguments, **more):
    return [
        json.loads(line) for line in run(*arguments, "--json", **more).stdout.decode().removesuffix("\n").split("\n")
    ]


def errors(done):
    return done.stderr.decode().removesuffix("\n").split("\n")


@pytest.fixture(scope="session")
def filled(tmp_path_factory):
    """A library that was filled from the drop folder at its first use, and what was said of it."""
    folder = tmp_path_factory.mktemp("app") / "library"
    return folder, said("add", library=folder)


@pytest.fixture(scope="session")
def library(filled):
    return filled[0]


@pytest.fixture(scope="session")
def shown(library):
    """Each article as `show` gives it, by id."""
    return {
        each["article_id"]: said("show", each["article_id"], library=library) for each in said("list", library=library)
    }


def questions():
    with open(ROOT / "corpus" / "questions.jsonl", encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


@pytest.fixture(scope="session")
def answers(library):
    """Answers to all questions that come with the corpus."""
    asked = "".join(f"{each['question']}\n" for each in questions())
    return lines("ask", "--batch", "-", library=library, stdin=asked)


pytestmark = pytest.mark.model


# Filling and listing -------------------------------------------------------------------------------------------------


def test_a_new_library_is_filled_from_the_drop_folder(filled):
    _, report = filled
    assert set(report) == REPORT
    names = [path for path in (ROOT / "corpus").iterdir() if not path.name.startswith(("README", "questions", "."))]
    assert len(report["added"]) == len(names)
    assert report["failed"] == report["duplicates"] == report["removed"] == []


def test_add_without_a_path_again_changes_nothing(filled, library):
    report = said("add", library=library)
    assert sorted(report["unchanged"]) == sorted(filled[1]["added"])
    assert report["added"] == report["replaced"] == report["failed"] == []


def test_list_and_show_have_their_shapes(library, shown):
    listed = said("list", library=library)
    for each in listed:
        assert {"article_id", "title", "source", "published", "facts", "pages", "passages", "sha256"} <= set(each)
        article = shown[each["article_id"]]
        assert {"article_id", "title", "source", "published", "facts", "sha256", "text_sha256", "text", "pages"} <= set(
            article
        )
        assert article["sha256"] == each["sha256"]
    sources = [each["source"] for each in listed]
    assert "corpus/market-size.md" in sources
    pages = {Path(each["source"]).suffix: each["pages"] for each in listed}
    assert pages[".pdf"] == 2
    assert pages[".md"] is None


def test_show_takes_a_source_a_file_name_and_a_title(library, shown):
    article = next(each for each in shown.values() if each["source"] == "corpus/market-size.md")
    for name in ("corpus/market-size.md", "market-size.md", article["title"]):
        assert said("show", name, library=library) == article
    plain = run("show", "market-size.md", library=library).stdout.decode()
    assert article["text"] in plain


def test_facts_are_corrected_and_given_back(library):
    before = said("list", library=library)
    corrected = said("correct", "outlook.md", "Ticker=AIH", "period=Q3 2026", "author=", library=library)
    assert (corrected["facts"]["ticker"], corrected["facts"]["period"]) == ("AIH", "2026 Q3")
    assert "author" not in corrected["facts"]
    assert corrected["origins"]["ticker"] == "corrected"
    assert {"key": "author", "value": None, "found": "Footnote editorial", "found_in": "front matter"} in corrected[
        "corrections"
    ]
    assert "ticker: AIH  (corrected)" in run("show", "outlook.md", library=library).stdout.decode()
    assert said("search", "AI", "--where", "period=2026 Q3", library=library)["passages"]
    done = run("correct", "outlook.md", "published=3/4/2026", library=library, code=1)
    assert errors(done) == ["footnote: published: 3/4/2026 is not a date; write it as 2025-07-01"]
    assert "write key=value" in errors(run("correct", "outlook.md", "ticker", library=library, code=1))[0]
    run("correct", "outlook.md", "--undo", library=library)
    assert said("list", library=library) == before


def test_the_library_verifies(library):
    report = said("verify", library=library)
    assert set(report) == {"ok", "checked", "problems"}
    assert (report["ok"], report["problems"]) == (True, [])
    assert report["checked"]["articles"] == len(said("list", library=library))


# Asking --------------------------------------------------------------------------------------------------------------


def test_a_batch_has_one_answer_a_line_in_order(answers):
    assert [answer["question"] for answer in answers] == [each["question"] for each in questions()]


def test_answers_have_their_shape(answers):
    reasons = {"nothing_relevant", "entity_absent", "period_absent", "no_answer_in_passages"}
    for answer in answers:
        assert set(answer) >= ANSWER
        assert set(answer["milliseconds"]) >= {"embed", "retrieve", "read", "total"}
        assert all(set(passage) >= PASSAGE for passage in answer["passages"])
        assert answer["confidence"] is None or 0 <= answer["confidence"] <= 1
        if not answer["answered"]:
            assert answer["reason"] in reasons
            assert (answer["text"], answer["quotes"], answer["confidence"]) == (None, [], None)
            continue
        assert answer["reason"] is None
        assert all(set(quote) >= QUOTE for quote in answer["quotes"])
        assert answer["quotes"][0]["answers"]
    assert any(answer["answered"] for answer in answers)
    assert not all(answer["answered"] for answer in answers)


def test_every_quote_and_passage_is_verbatim(answers, shown):
    for answer in answers:
        answering = []
        for quote in answer["quotes"]:
            article = shown[quote["article_id"]]
            assert quote["text"] == article["text"][quote["start"] : quote["end"]]
            assert (quote["sha256"], quote["text_sha256"]) == (article["sha256"], article["text_sha256"])
            assert (quote["source"], quote["title"]) == (article["source"], article["title"])
            assert quote["span"] == (quote["spans"][0] if quote["spans"] else None)
            assert all(quote["start"] <= start < end <= quote["end"] for start, end in quote["spans"])
            if quote["answers"]:
                answering += [article["text"][start:end] for start, end in quote["spans"]]
            if article["pages"] is not None:
                assert quote["page"] in quote["pages"]
                assert quote["boxes"]
                assert all(box[0] in quote["pages"] for box in quote["boxes"])
        assert answer["text"] == ("; ".join(answering) if answer["answered"] else None)
        for passage in answer["passages"]:
            text = shown[passage["article_id"]]["text"]
            assert passage["text"] == text[passage["start"] : passage["end"]]


def test_answers_are_given_one_at_a_time_whatever_is_asked(library, shown):
    """Each question is written when the answer to the one before it has been read, so nothing waits for the end."""
    command = [
        sys.executable,
        str(ROOT / "app.py"),
        "ask",
        "--batch",
        "-",
        "--json",
        "--library",
        str(library),
        "--k",
        "2",
    ]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT, cwd=ROOT
    )
    into, out, told = process.stdin, process.stdout, process.stderr
    assert into is not None
    assert out is not None
    assert told is not None

    def ask(line):
        into.write(line.encode() + b"\n")
        into.flush()
        return json.loads(out.readline())

    first = "What was China's AI healthcare market worth in 2023?"
    answer = ask(first)
    assert "1.59 billion" in answer["text"]
    assert len(answer["passages"]) == 2
    follow_up = ask(json.dumps({"question": "And in 2028?", "after": [first]}))
    assert follow_up["question"] == "And in 2028?"
    assert "2028" in follow_up["understood"]
    assert "healthcare market" in follow_up["understood"]
    for empty in ("", "   ", "?!… —", "\x01\x02\t", json.dumps({"question": ""}), json.dumps({"question": "\x00\x1b"})):
        assert (ask(empty)["answered"], ask(empty)["reason"]) == (False, "empty_question")
    for odd in (
        "market " * 1500,
        "x" * 10_000,
        "中国的人工智能医疗市场有多大？",
        "What\x00 was\x07 the market worth?",
        json.dumps({"question": "\ud800 market"}),
        '{"question": 5}',
    ):
        answer = ask(odd)
        for quote in answer["quotes"]:
            assert quote["text"] == shown[quote["article_id"]]["text"][quote["start"] : quote["end"]]
        assert answer["reason"] != "empty_question"
    into.close()
    assert process.wait(60) == 0
    assert (out.read(), told.read()) == (b"", b"")
    out.close()
    told.close()


def test_one_question_with_an_earlier_one(library):
    first = "What was China's AI healthcare market worth in 2023?"
    answer = said("ask", "And in 2028?", "--after", first, "--where", "source=market-size.md", library=library)
    assert "2028" in answer["understood"]
    assert {passage["source"] for passage in answer["passages"]} == {"corpus/market-size.md"}
    assert len(answer["passages"]) <= 10


def test_search_lists_passages_and_reranks_when_asked(library, shown):
    queries = "market forecast 2028\n\nmedical imaging\n"
    for options in (["--method", "words"], ["--rerank"]):
        found = lines("search", "--batch", "-", "--k", "3", *options, library=library, stdin=queries)
        assert [each["query"] for each in found] == ["market forecast 2028", "", "medical imaging"]
        assert [len(each["passages"]) for each in found] == [3, 0, 3]
        for each in found:
            assert set(each["milliseconds"]) == {"embed", "retrieve", "rerank", "total"}
            for passage in each["passages"]:
                assert set(passage) >= PASSAGE
                text = shown[passage["article_id"]]["text"]
                assert passage["text"] == text[passage["start"] : passage["end"]]
            if "--rerank" not in options:
                scores = [passage["score"] for passage in each["passages"]]
                assert scores == sorted(scores, reverse=True)


# Options, usage and errors -------------------------------------------------------------------------------------------


def test_options_stand_before_or_behind_the_verb(tmp_path):
    before, behind, both = tmp_path / "before", tmp_path / "behind", tmp_path / "both"
    assert said("--library", before, "--empty", "list") == []
    assert said("list", "--library", behind, "--empty") == []
    assert said("--library", before, "list", "--library", both, "--empty") == []
    for folder in (before, behind, both):
        assert (folder / "store.sqlite").exists()
        # Kept apart from the drop folder for good.
        assert said("list", library=folder) == []
    assert said("list", env={"FOOTNOTE_LIBRARY": str(before)}) == []


def test_an_empty_library_declines(tmp_path):
    answer = said("--empty", "ask", "What was it worth?", library=tmp_path / "library")
    assert (answer["answered"], answer["reason"], answer["passages"]) == (False, "empty_library", [])
    plain = run("ask", "What was it worth?", library=tmp_path / "library")
    assert plain.stdout.decode() == "Your library is empty: add articles first.\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["ask"],
        ["ask", "What?", "--batch", "-"],
        ["ask", "What?", "--k", "0"],
        ["ask", "What?", "--k", "many"],
        ["ask", "What?", "--nonsense"],
        ["search"],
        ["show"],
        ["remove"],
        ["chat", "--port", "http"],
        ["evaluate"],
    ],
)
def test_wrong_usage_ends_with_2(arguments):
    done = run(*arguments, code=2)
    assert done.stdout == b""
    assert b"usage:" in done.stderr


def test_help_ends_with_0_and_names_the_commands():
    shown = run("--help").stdout.decode()
    for verb in ("chat", "ask", "search", "add", "list", "show", "remove", "evaluate", "verify"):
        assert f"\n    {verb}" in shown


def test_help_and_lists_load_no_model_no_index_of_vectors_and_no_page(library):
    for arguments in (["--help"], ["--library", str(library), "list"]):
        code = (
            "import sys, runpy\n"
            f"sys.argv = {['app.py', *arguments]!r}\n"
            "try:\n    runpy.run_path('app.py', run_name='__main__')\n"
            "except SystemExit:\n    pass\n"
            "slow = ('torch', 'faiss', 'gradio', 'transformers')\n"
            "print([name for name in slow if name in sys.modules], file=sys.stderr)"
        )
        done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=ENVIRONMENT, capture_output=True, check=True)
        assert done.stderr.decode().strip().endswith("[]")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "nobody"], "nobody: no such article"),
        (["ask", "What?", "--where", "company"], "--where 'company': write key=value"),
        (["ask", "--batch", "no/such/file"], "no/such/file: cannot be read"),
        (["search", "--batch", "corpus"], "corpus: cannot be read"),
        (["verify", "no/such/file"], "no/such/file: cannot be read"),
        (["verify", "pyproject.toml"], "pyproject.toml: is no export of Footnote"),
        (["evaluate", "no/such/set.jsonl"], "no/such/set.jsonl: there is no such question set"),
        (["chat", "--host", "0.0.0.0"], "only this machine may open the page"),
        (["chat", "--host", "192.168.1.2"], "only this machine may open the page"),
        (["chat", "--port", "99999"], "a port is a number from 1 to 65535"),
    ],
)
def test_errors_are_one_line_and_end_with_1(library, arguments, message):
    done = run(*arguments, library=library, code=1)
    assert done.stdout == b""
    (line,) = errors(done)
    assert message in line


def test_wrong_settings_are_named(tmp_path):
    for env, message in (
        ({"FOOTNOTE_DEPTH": "deep"}, "FOOTNOTE_DEPTH='deep': must be a whole number"),
        ({"FOOTNOTE_DENSE_WEIGHT": "2"}, "FOOTNOTE_DENSE_WEIGHT=2.0: must be between 0 and 1"),
        ({"FOOTNOTE_THRESHOLD": "50"}, "FOOTNOTE_THRESHOLD=50.0: must be between 0 and 1"),
        ({"FOOTNOTE_THRESHOLD": "often"}, "FOOTNOTE_THRESHOLD='often': must be a number"),
        ({"FOOTNOTE_NUMBER_TYPE": "int4"}, "FOOTNOTE_NUMBER_TYPE='int4'"),
    ):
        (line,) = errors(run("list", library=tmp_path / "library", code=1, env=env))
        assert message in line


def test_libraries_that_cannot_be_opened_are_told(tmp_path):
    (tmp_path / "file").write_text("in the way")
    assert "cannot be made" in errors(run("list", library=tmp_path / "file", code=1))[0]
    (tmp_path / "store.sqlite").write_bytes(b"no database at all " * 100)
    (line,) = errors(run("list", library=tmp_path, code=1))
    assert "is damaged" in line
    assert "restore it from a backup" in line


def test_a_model_that_is_missing_is_told(tmp_path):
    done = run("--empty", "list", "--json", library=tmp_path, env={"FOOTNOTE_EMBEDDER": "no/such/model"})
    assert json.loads(done.stdout) == []
    (tmp_path / "a.txt").write_text("Some words.")
    done = run("add", tmp_path / "a.txt", library=tmp_path, env={"FOOTNOTE_EMBEDDER": "no/such/model"}, code=1)
    assert "no such model folder" in errors(done)[0]


# Exported answers ----------------------------------------------------------------------------------------------------


def test_exported_answers_are_checked_against_the_sources(library, answers, tmp_path):
    export = tmp_path / "answers.jsonl"
    export.write_text("".join(json.dumps(answer) + "\n" for answer in answers), "utf-8")
    report = said("verify", export, library=library)
    assert report["ok"]
    assert report["checked"]["quotes"] == report["checked"]["unchanged"] > 100
    first = next(answer for answer in answers if answer["answered"])
    first = json.loads(json.dumps(first))
    first["quotes"][0]["text"] = first["quotes"][0]["text"].replace("1", "2") + "!"
    first["passages"] = first["passages"][:1]
    first["passages"][0]["article_id"] = "nobody"
    export.write_text(json.dumps({**first, "quotes": first["quotes"][:1]}), "utf-8")
    report = json.loads(run("verify", export, "--json", library=library, code=1).stdout)
    assert not report["ok"]
    assert [problem["what"] for problem in report["problems"]] == ["altered", "source_gone"]


@pytest.mark.parametrize("suffix", [".md", ".csv", ".json"])
def test_an_answer_is_exported_and_verified(library, tmp_path, suffix):
    path = tmp_path / f"answer{suffix}"
    question = questions()[0]["question"]
    printed = said("ask", question, "--export", path, library=library)
    assert said("verify", path, library=library)["checked"]["unchanged"] >= len(printed["quotes"]) > 0
    if suffix == ".json":
        kept = json.loads(path.read_bytes())
        assert kept["quotes"] == printed["quotes"]
    words = printed["text"].encode()
    escaped = words.replace(b"$", b"\\$") if suffix == ".md" else words
    assert escaped in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(escaped, b"nothing"))
    assert not json.loads(run("verify", path, "--json", library=library, code=1).stdout)["ok"]


def test_different_values_are_printed_with_their_quotes():
    one = test_export.quote("It may reach US$7.33 billion", "US$7.33 billion")
    other = test_export.quote("US$16.02 billion", "US$16.02 billion")
    values = DifferentValue("US$16.02 billion", other, "restated"), DifferentValue("US$7.33 billion", one)
    printed = _answer_text(replace(test_export.answer(one), disagreements=(Disagreement(values),)))
    told = printed.partition("The article gives different values:\n")[2].split("\n")
    assert told[0] == '  US$16.02 billion (restated): "US$16.02 billion"'
    assert told[2] == '  US$7.33 billion: "It may reach US$7.33 billion"'
    assert "2025-07-01" in told[1]
    assert "different values" not in _answer_text(test_export.answer(one))


def test_how_probable_an_answer_is_stands_under_it():
    value = test_export.answer(test_export.quote("It may reach US$7.33 billion", "US$7.33 billion"))
    assert _answer_text(replace(value, confidence=0.714)).endswith("\n\nRight with a probability of 71 in 100.")
    assert "probability" not in _answer_text(replace(value, confidence=None))


def test_a_grid_is_made_and_verified(library, tmp_path):
    asked = "".join(f"{each['question']}\n" for each in questions()[:2])
    for suffix in (".xlsx", ".csv"):
        out = tmp_path / f"grid{suffix}"
        made = said("grid", "-", "market-size.md", "*.pdf", "--out", out, library=library, stdin=asked)
        assert (made["questions"], made["articles"], made["out"]) == (2, 2, str(out))
        assert 0 < made["answered"] == sum(not cell["blank"] for row in made["grid"]["cells"] for cell in row)
        for row in made["grid"]["cells"]:
            for article, cell in zip(made["grid"]["articles"], row, strict=True):
                quotes = cell["answer"]["quotes"]
                assert bool(quotes) == (cell["blank"] == "")
                assert {quote["article_id"] for quote in quotes} <= {article["article_id"]}
        report = said("verify", out, library=library)
        assert report["ok"]
        assert report["checked"]["quotes"] >= made["answered"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["grid.csv", "grid.xlsx"]


def test_a_grid_that_cannot_be_made_is_told(library, tmp_path):
    file, empty, binary = tmp_path / "q.txt", tmp_path / "empty.txt", tmp_path / "binary.txt"
    file.write_text("How large is the market?\n")
    empty.write_text("\n\n")
    binary.write_bytes(b"\xff\xfe\x00\x81")
    out = tmp_path / "grid.csv"
    for arguments, message in {
        (file, "nobody.md", "--out", out): "nobody.md: no such article",
        (file, "all", "--out", tmp_path / "grid.pdf"): "grid.pdf: give it one of the endings .csv, .xlsx, .json",
        (file, "all", "--out", tmp_path / "nowhere" / "grid.csv"): "there is no folder",
        (file, "all", "--where", "company=Nobody", "--out", out): "no article passes --where",
        (file, "--out", out): "say which articles",
        (empty, "all", "--out", out): "empty.txt: holds no questions; write one a line",
        (binary, "all", "--out", out): "binary.txt: is no text in UTF-8",
        (tmp_path / "none.txt", "all", "--out", out): "none.txt: cannot be read",
    }.items():
        assert message in errors(run("grid", *arguments, library=library, code=1))[0]
    assert not out.exists()


# Bad input -----------------------------------------------------------------------------------------------------------


def bad_files(folder):
    """Files that cannot become articles, each with words of the error that it must give."""
    folder.mkdir()
    (folder / "empty.txt").write_bytes(b"")
    (folder / "empty.pdf").write_bytes(b"")
    locked = FPDF()
    locked.set_encryption(owner_password="owner", user_password="user")
    locked.add_page()
    locked.set_font("helvetica")
    locked.cell(text="secret")
    locked.output(str(folder / "locked.pdf"))
    scan = FPDF()
    scan.add_page()
    scan.rect(10, 10, 50, 50)
    scan.output(str(folder / "scan.pdf"))
    (folder / "binary.txt").write_bytes(bytes(range(256)) * 40)
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7\n" + b"\x00garbage" * 100)
    (folder / "broken.docx").write_bytes(b"PK\x03\x04" + b"garbage" * 100)
    with open(folder / "huge.txt", "wb") as file:
        file.truncate(200 * 1024 * 1024)
    (folder / "table.xyz").write_bytes(b"1,2,3")
    (folder / "nothing here").mkdir()
    return {
        folder / "empty.txt": "is empty",
        folder / "empty.pdf": "is empty",
        folder / "locked.pdf": "password",
        folder / "scan.pdf": "text",
        folder / "binary.txt": "",
        folder / "broken.pdf": "",
        folder / "broken.docx": "damaged",
        folder / "huge.txt": "MB",
        folder / "table.xyz": "cannot be read",
        folder / "nothing here": "holds no articles",
        folder / "nowhere.txt": "no such file",
        "ftp://example.com/report.pdf": "only http and https",
        "file:///etc/passwd": "only http and https",
        "http://127.0.0.1/report": "private network or to this computer",
        "http://localhost:8000/": "private network or to this computer",
        "http://[::1]/": "private network or to this computer",
        "http://2130706433/": "odd number",
        "http://10.0.0.1/": "private network",
    }


def test_bad_input_is_told_one_by_one_and_the_rest_is_added(tmp_path):
    expected = bad_files(tmp_path / "bad")
    good = tmp_path / "good"
    good.mkdir()
    (good / "windows.txt").write_bytes("Sales rose to €5 million – “a record” at Café Zürich.".encode("cp1252"))
    (good / "wide.txt").write_bytes("Profit fell to £3 million.".encode("utf-16"))
    (good / "deep.html").write_bytes(
        b"<html><body>" + b"<div>" * 20_000 + b"<p>Costs were stable over the year.</p>" + b"</div>" * 20_000
    )
    rows = [
        {
            "_id": "r1",
            "title": "One",
            "text": "  One line.\n\nAnother \ufb01ne line. ",
            "date": "2024-05-01",
            "company": "Acme",
        },
        {"_id": "r2", "text": "Two.", "source": "somewhere"},
    ]
    (good / "rows.jsonl").write_text("".join(json.dumps(each) + "\n" for each in rows) + "not json\n", "utf-8")
    library = tmp_path / "library"
    done = run("--empty", "add", *expected, good, "--json", library=library, code=1)
    report = json.loads(done.stdout)
    assert len(errors(done)) == len(report["failed"])
    told = {each["source"]: each["error"] for each in report["failed"]}
    for each, words in expected.items():
        assert words in told[str(each)], f"{each}: {told}"
    locked = str(tmp_path / "bad" / "locked.pdf")
    assert [each["source"] for each in report["failed"] if each.get("needs_password")] == [locked]
    # A page nested this deep is either read or refused, in words; it takes nothing else along.
    deep = [error for source, error in told.items() if source.endswith("deep.html")]
    assert all("nested" in error for error in deep)
    assert len(report["added"]) + len(deep) == 5
    assert next(error for source, error in told.items() if source.endswith("rows.jsonl, line 3")).startswith(
        "is not JSON"
    )
    first = said("show", "r1", library=library)
    assert (first["text"], first["published"], first["facts"]) == (rows[0]["text"], "2024-05-01", {"company": "Acme"})
    assert said("show", "r2", library=library)["facts"] == {"origin": "somewhere"}
    assert (
        said("show", "windows.txt", library=library)["text"] == "Sales rose to €5 million – “a record” at Café Zürich."
    )
    assert said("show", "wide.txt", library=library)["text"] == "Profit fell to £3 million."
    assert len(said("add", "--password", "user", locked, library=library)["added"]) == 1
    assert said("show", "locked.pdf", library=library)["text"] == "secret"
    assert said("verify", library=library)["ok"]
    assert run("add", library=library, code=1).stdout == b""  # apart from the drop folder: what should it add?


# The drop folder, removing -------------------------------------------------------------------------------------------


def test_the_library_follows_the_drop_folder_and_what_was_removed_stays_out(tmp_path):
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for name in ("market-size.md", "outlook.md"):
        shutil.copy(ROOT / "corpus" / name, corpus / name)
    shutil.copy(ROOT / "corpus" / "README.md", corpus / "README.md")
    follow = {"library": tmp_path / "library", "env": {"FOOTNOTE_CORPUS": str(corpus)}}
    assert len(said("add", **follow)["added"]) == 2
    removed = said("remove", "outlook.md", **follow)
    assert set(removed) == {"removed", "failed"}
    assert len(removed["removed"]) == 1
    (corpus / "zinc.md").write_text("# Zinc\n\nThe price of zinc rose to 3,120 dollars a tonne in May 2024.\n", "utf-8")
    report = said("add", **follow)
    assert (len(report["added"]), len(report["unchanged"]), report["removed"]) == (1, 1, [])
    assert [Path(each["source"]).name for each in said("list", **follow)] == ["market-size.md", "zinc.md"]
    (passage,) = said("search", "price of zinc", "--k", "1", "--method", "words", **follow)["passages"]
    assert "The price of zinc rose to 3,120 dollars a tonne in May 2024." in passage["text"]
    (corpus / "zinc.md").unlink()
    assert len(said("add", **follow)["removed"]) == 1
    done = run("remove", "nobody", "market-size.md", "--json", code=1, **follow)
    report = json.loads(done.stdout)
    assert (len(report["removed"]), report["failed"][0]["article"]) == (1, "nobody")
    assert len(errors(done)) == 1
    assert said("verify", **follow)["ok"]


def test_evaluation_has_its_shape_and_its_gate(library, tmp_path):
    few = [each for each in questions() if each.get("answers")][:3]
    file = tmp_path / "few.jsonl"
    file.write_text("".join(json.dumps(each) + "\n" for each in few), "utf-8")
    options = ["--no-ask", "--report", tmp_path / "report.html"]
    report = said("evaluate", file, *options, library=library)
    assert set(report) >= {"set", "questions", "measures", "by_kind", "rows", "compared"}
    assert (report["questions"], len(report["rows"])) == (3, 3)
    assert all(set(measure) >= {"mean", "low", "high"} for measure in report["measures"].values())
    assert "<html" in (tmp_path / "report.html").read_text("utf-8")
