"""Question sets in BEIR layout: a folder with a corpus of its own, queries and judged documents.

The layout is that of Thakur et al., "BEIR: A Heterogenous Benchmark for Zero-shot Evaluation of Information Retrieval
Models" (2021), with two additions: `answer` in a query and `evidence.jsonl` with offsets. Files may be packed (`.gz`).
Knows nothing of the library: the corpus is only read for the text of evidence, and added by whoever evaluates.
"""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from errors import QuestionSetError
from evaluation.questions import Evidence, Question, QuestionSet, find_range, raise_problems, read_rows

SPLITS = ("test", "dev", "train")  # the first that is there is used

Row = tuple[int, dict[str, Any]]


def load_beir(folder: Path) -> QuestionSet:
    """Read `corpus.jsonl`, `queries.jsonl`, `qrels/test.tsv` (or dev, train) and, if there, `evidence.jsonl`.

    - Judgements are of whole documents; a grade of 0 is as good as none. Queries without a judgement are left out,
      unless they say that nothing answers them (`answer` is null or an empty list). Without `answer`, answers are not
      measured.
    - Evidence rows are `{"query_id", "doc_id", "excerpt", "start", "end", "page"?}` with offsets into the document's
      text and pages from 0; rows without offsets are not used.
    Raises QuestionSetError, which names the file, the line and what to do.
    """
    corpus = _file(folder, "corpus.jsonl")
    queries = _file(folder, "queries.jsonl")
    judged = _judgements(folder)
    evidence = _evidence(folder, corpus)
    problems: list[str] = []
    questions: list[Question] = []
    seen: set[str] = set()
    for number, row in _rows(queries, problems):
        query_id, text = _identity(row), row.get("text")
        if query_id is None or not isinstance(text, str) or not text.strip():
            problems.append(f'line {number}: needs "_id" and "text"')
            continue
        if query_id in seen:
            problems.append(f"line {number}: the _id {query_id!r} stands there twice")
            continue
        seen.add(query_id)
        documents = judged.get(query_id, {})
        answers = _answers(row, bool(documents))
        if not documents and answers != ():
            continue
        kind = row.get("category")
        questions.append(
            Question(
                question_id=query_id,
                question=text,
                kind=kind if isinstance(kind, str) and kind else "unanswerable" if answers == () else "answerable",
                answers=answers,
                evidence=tuple(evidence.get(query_id, ())),
                documents=documents,
            )
        )
    raise_problems(queries, problems)
    if not questions:
        raise QuestionSetError(f"{folder}: no query has a judged document; do queries and qrels use the same ids?")
    return QuestionSet(folder.resolve().name, tuple(questions), corpus)


def _judgements(folder: Path) -> dict[str, dict[str, int]]:
    """Grades above 0 by query and document, from the first split that is there."""
    paths = [folder / "qrels" / f"{split}.tsv" for split in SPLITS]
    path = next((each for each in paths if each.is_file()), None)
    if path is None:
        raise QuestionSetError(f"{folder}: has no qrels/test.tsv (nor dev, train); a BEIR folder needs one")
    judged: dict[str, dict[str, int]] = {}
    problems: list[str] = []
    for number, line in enumerate(_text(path).split("\n"), 1):
        if not line.strip():
            continue
        columns = line.rstrip("\r").split("\t")
        try:
            query, document, grade = columns[0], columns[1], int(columns[2])
        except (IndexError, ValueError):
            if number > 1:  # the first line may name the columns
                problems.append(f"line {number}: needs query, document and a whole number, with tabs between")
            continue
        if grade > 0:
            judged.setdefault(query, {})[document] = grade
    raise_problems(path, problems)
    return judged


def _evidence(folder: Path, corpus: Path) -> dict[str, list[Evidence]]:
    """Evidence with offsets by query; empty when the folder has none."""
    path = _optional_file(folder, "evidence.jsonl")
    if path is None:
        return {}
    problems: list[str] = []
    rows = [each for each in _rows(path, problems) if "start" in each[1] and "end" in each[1]]
    wanted = {str(row.get("doc_id")) for _, row in rows}
    texts: dict[str, str] = {}
    for _, row in _rows(corpus, problems) if wanted else ():
        identity, text = _identity(row), row.get("text")
        if identity in wanted and isinstance(text, str):
            texts[str(identity)] = text
    found: dict[str, list[Evidence]] = {}
    for number, row in rows:
        document, excerpt, start, end = str(row.get("doc_id")), row.get("excerpt"), row["start"], row["end"]
        if document not in texts:
            problems.append(f"line {number}: the corpus has no document {document!r}")
        elif not isinstance(excerpt, str) or not excerpt.strip() or type(start) is not int or type(end) is not int:
            problems.append(f'line {number}: needs "excerpt" (a text), "start" and "end" (whole numbers)')
        elif texts[document][start:end] != excerpt:
            there = find_range(texts[document], excerpt)
            where = "it does not stand in it" if there is None else f"it stands at {there[0]} to {there[1]}"
            problems.append(
                f"line {number}: the excerpt is not what stands at {start} to {end} of {document!r}; {where}"
            )
        else:
            page = row.get("page")
            pages = (page + 1,) if type(page) is int else ()
            found.setdefault(str(row.get("query_id")), []).append(Evidence(document, start, end, excerpt, pages))
    raise_problems(path, problems)
    return found


def _answers(row: dict[str, Any], judged: bool) -> tuple[str, ...] | None:
    """None: not known. A query that says null and has a judged document merely lacks a written answer."""
    if "answer" not in row:
        return None
    answer = row["answer"]
    if isinstance(answer, str) and answer.strip():
        return (answer,)
    if isinstance(answer, list):
        return tuple(each for each in answer if isinstance(each, str) and each.strip())
    return None if judged else ()


def _identity(row: dict[str, Any]) -> str | None:
    identity = row.get("_id")
    return str(identity) if isinstance(identity, str | int) and not isinstance(identity, bool) else None


def _file(folder: Path, name: str) -> Path:
    path = _optional_file(folder, name)
    if path is None:
        raise QuestionSetError(
            f"{folder}: has no {name} (nor {name}.gz); a BEIR folder needs corpus, queries and qrels"
        )
    return path


def _optional_file(folder: Path, name: str) -> Path | None:
    return next((path for path in (folder / name, folder / f"{name}.gz") if path.is_file()), None)


def _rows(path: Path, problems: list[str]) -> Iterator[Row]:
    """Rows one at a time: a corpus may be larger than memory. `newline="\\n"` cuts at line feeds and nowhere else."""
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8-sig", newline="\n") as lines:
            yield from read_rows(lines, problems)
    except UnicodeDecodeError as error:
        raise QuestionSetError(f"{path}: not UTF-8 text; save it as UTF-8") from error
    except (OSError, EOFError, zlib.error) as error:
        raise QuestionSetError(f"{path}: cannot be read ({error}); get the file again") from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise QuestionSetError(f"{path}: not UTF-8 text; save it as UTF-8") from error
    except OSError as error:
        raise QuestionSetError(f"{path}: cannot be read ({error.strerror}); check the path") from error
