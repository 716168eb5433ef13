"""Questions with their gold: what a question set holds, and how our own JSON lines are read and checked.

Gold is an article, an offset range and the quoted words, never a passage: passages can be cut anew without new labels.
Knows nothing of search, answers or measures; `evaluation/beir.py` reads the other format.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from chat.answer import Reason
from errors import ArticleNotFound, QuestionSetError
from index.values import ArticleSummary, StoredArticle
from ingest.article import Article, article_id

MAX_BYTES = 200_000_000  # a question set beyond this is a mistake: ten thousand questions take about 5 MB
REASONS = tuple(reason.value for reason in Reason)
MAX_SHOWN = 10  # problems named in one error message


@dataclass(frozen=True, slots=True)
class Evidence:
    """Words that hold the answer: `text` is the article's `text[start:end]`. `article` is the article's source.

    `pages` count from 1 and are empty where the article has none.
    """

    article: str
    start: int
    end: int
    text: str
    pages: tuple[int, ...] = ()

    @property
    def article_id(self) -> str:
        """The id of the article that holds the words."""
        return article_id(self.article)

    def to_json(self) -> dict[str, Any]:
        """The evidence in the command line's shape."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Question:
    """A question and what is right.

    `answers` are acceptable wordings; empty means that the articles hold no answer; None means that nobody wrote one
    down, so only retrieval is measured. `documents` maps the sources of relevant articles to their grades (above 0)
    where whole articles are judged. `after` are the earlier questions of the conversation, oldest first. `reason` is
    why it should be declined, in the words that answers use ("period_absent"); None: any reason would do.
    """

    question_id: str
    question: str
    kind: str
    answers: tuple[str, ...] | None
    evidence: tuple[Evidence, ...] = ()
    documents: Mapping[str, int] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    reason: str | None = None

    @property
    def answerable(self) -> bool | None:
        """Whether the articles answer it; None when that is not known."""
        return None if self.answers is None else bool(self.answers)


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Questions under a name. `corpus` is the set's own articles (JSON lines, perhaps packed); None: the library's."""

    name: str
    questions: tuple[Question, ...]
    corpus: Path | None = None


class Articles(Protocol):
    """What a question set is checked against; a library is one."""

    def articles(self) -> Sequence[ArticleSummary]:
        """Every article held."""
        ...

    def article(self, name: str) -> StoredArticle:
        """The article with this id, source or title; ArticleNotFound when there is none."""
        ...


def load_questions(path: Path, library: Articles) -> QuestionSet:
    """Read our own format and check it against the library: one JSON object a line.

    `{"question_id"?, "question", "kind"?, "answers": [...], "evidence": [{"article", "quote", "start"?}], "after"?,
    "reason"?}`
    - `answers` is empty when the articles hold no answer, and may be left out where only retrieval is to be measured.
    - `article` is an id, source, title or file name. `quote` is verbatim, but runs of white space may differ; the first
      place where it stands is taken, from `start` on if that is given.
    - `reason` says why a question without an answer should be declined, as answers do: "entity_absent".
    - `"quotes": [...]` may stand instead of `evidence`: each is looked for in all articles, in the library's order.
    Raises QuestionSetError, which names the file, the lines and what to do for the first ten problems (all of them are
    in its `problems`).
    """
    finder = QuoteFinder(library)
    questions: list[Question] = []
    problems: list[str] = []
    lines_of: dict[str, int] = {}
    for number, row in _numbered_rows(path, problems):
        question = _question(row, number, finder, problems)
        if question is None:
            continue
        earlier = lines_of.setdefault(question.question_id, number)
        if earlier != number:
            problems.append(
                f"line {number}: question_id {question.question_id!r} stands on line {earlier} too; make it different"
            )
        questions.append(question)
    if not problems and not questions:
        raise QuestionSetError(f"{path}: holds no questions; write one JSON object a line")
    raise_problems(path, problems)
    return QuestionSet(path.stem, tuple(questions))


class QuoteFinder:
    """Finds articles by any of their names, and quotes in them. Reads each article once."""

    def __init__(self, library: Articles) -> None:
        self._library = library
        self._read: dict[str, Article] = {}
        self._summaries = list(library.articles())
        self._by_name: list[dict[str, list[str]]] = [{}, {}, {}, {}]
        for summary in self._summaries:
            file_name = re.split(r"[/\\]", summary.source)[-1]
            names = (summary.article_id, summary.source, summary.title, file_name)
            for known, name in zip(self._by_name, names, strict=True):
                known.setdefault(name, []).append(summary.article_id)

    def find(self, article: str, quote: str, start: int = 0) -> Evidence:
        """Where `quote` stands in the article of that name, at or after `start`; QuestionSetError says why not."""
        found = self._resolve(article)
        evidence = _locate(found, quote, start)
        if evidence is None:
            raise QuestionSetError(
                f"the quote {_short(quote)} does not stand in {article}; "
                "copy it from the text that `app.py show` prints"
            )
        return evidence

    def find_anywhere(self, quote: str) -> Evidence:
        """Where `quote` first stands in any article; QuestionSetError when it does not."""
        for summary in self._summaries:
            evidence = _locate(self._article(summary.article_id), quote, 0)
            if evidence is not None:
                return evidence
        raise QuestionSetError(
            f"the quote {_short(quote)} stands in no article of the library; "
            "add its article, or copy the quote from the text that `app.py show` prints"
        )

    def _resolve(self, name: str) -> Article:
        for known in self._by_name:
            ids = known.get(name, [])
            if len(ids) > 1:
                raise QuestionSetError(
                    f"{len(ids)} articles are called {name!r}; give the source or the id of the one meant"
                )
            if ids:
                return self._article(ids[0])
        raise QuestionSetError(f"no article is called {name!r}; add it, or take a name from `app.py list`")

    def _article(self, name: str) -> Article:
        if name not in self._read:
            try:
                self._read[name] = self._library.article(name).article
            except ArticleNotFound as gone:
                raise QuestionSetError(str(gone)) from gone
        return self._read[name]


def find_range(text: str, quote: str, start: int = 0) -> tuple[int, int] | None:
    """Where `quote` first stands in `text` at or after `start`: exactly, or else with any white space for white space.

    The words in `text` at the range that is given back are the ones to show: they may differ in white space.
    """
    quote = quote.strip()
    exact = text.find(quote, start)
    if exact >= 0:
        return exact, exact + len(quote)
    folded = re.compile(r"\s+".join(map(re.escape, quote.split()))).search(text, start)
    return None if folded is None else folded.span()


def pages_of(article: Article, start: int, end: int) -> tuple[int, ...]:
    """The pages, from 1, that hold any of the characters [start, end); empty where the article has no pages."""
    places = {place.page for place in article.places if place.start < end and start < place.end}
    if not places:
        places = {b.page for b in article.blocks if b.page is not None and b.start < end and start < b.end}
    return tuple(sorted(places))


def raise_problems(path: Path, problems: Sequence[str]) -> None:
    """Raise one QuestionSetError for all `problems` of a file, if there are any."""
    if not problems:
        return
    more = f"; and {len(problems) - MAX_SHOWN} more" if len(problems) > MAX_SHOWN else ""
    raise QuestionSetError(f"{path}: " + "; ".join(problems[:MAX_SHOWN]) + more, problems)


def read_rows(lines: Iterable[str], problems: list[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """The JSON objects of `lines` with their line numbers, from 1; other lines are added to `problems`."""
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            why = (
                f"column {error.colno}: {error.msg}" if isinstance(error, json.JSONDecodeError) else "too deeply nested"
            )
            problems.append(f"line {number}: no JSON ({why}); write one JSON object a line")
            continue
        if isinstance(row, dict):
            yield number, row
        else:
            problems.append(f"line {number}: no JSON object; write one, in braces, a line")


def _numbered_rows(path: Path, problems: list[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise QuestionSetError(f"{path}: larger than {MAX_BYTES // 1_000_000} MB; split it")
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise QuestionSetError(f"{path}: not UTF-8 text (byte {error.start}); save it as UTF-8") from error
    except OSError as error:
        raise QuestionSetError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    # split("\n"): splitlines() also cuts at U+2028 and U+0085, which may stand inside a JSON string
    return read_rows(text.split("\n"), problems)


def _question(row: dict[str, Any], number: int, finder: QuoteFinder, problems: list[str]) -> Question | None:
    """The question of one row, or None with at least one more entry in `problems`."""
    before = len(problems)

    def wrong(what: str) -> None:
        problems.append(f"line {number}: {what}")

    question = row.get("question")
    if not _is_words(question):
        wrong('"question" must be a text that is not empty')
    for key in ("answers", "after", "quotes"):
        values = row.get(key, [])
        if not isinstance(values, list) or not all(map(_is_words, values)):
            wrong(f'"{key}" must be a list of texts, none of them empty')
    for key in ("question_id", "kind"):
        if key in row and not (_is_words(row[key]) or (key == "question_id" and type(row[key]) is int)):
            wrong(f'"{key}" must be a text that is not empty')
    if "reason" in row and row["reason"] not in REASONS:
        wrong(f'"reason" must be one of {", ".join(REASONS)}')
    if len(problems) > before:
        return None
    if "answers" not in row and not row.get("evidence") and not row.get("quotes"):
        wrong('has no "answers" and no "evidence"; give answers: [] if the articles hold no answer')
        return None

    evidence: list[Evidence] = []
    entries = row.get("evidence", [])
    for entry in entries if isinstance(entries, list) else [entries]:
        shape = isinstance(entry, dict) and _is_words(entry.get("article")) and _is_words(entry.get("quote"))
        if not shape or type(entry.get("start", 0)) is not int or entry.get("start", 0) < 0:
            wrong('"evidence" must be a list of {"article": name, "quote": words of the article}')
            continue
        try:
            evidence.append(finder.find(entry["article"], entry["quote"], entry.get("start", 0)))
        except QuestionSetError as error:
            wrong(str(error))
    for quote in row.get("quotes", []) if not entries else []:
        try:
            evidence.append(finder.find_anywhere(quote))
        except QuestionSetError as error:
            wrong(str(error))
    answers = tuple(row["answers"]) if "answers" in row else None
    if row.get("reason") is not None and answers != ():
        wrong('"reason" says why there is no answer, but "answers" is not empty; drop one of them')
    if answers == () and evidence:
        wrong(
            '"answers" is empty, so the articles hold no answer, but evidence is given; '
            "give answers or drop the evidence"
        )
    if len(problems) > before:
        return None
    return Question(
        question_id=str(row.get("question_id", f"line {number}")),
        question=str(question),
        kind=row.get("kind", "unanswerable" if answers == () else "answerable"),
        answers=answers,
        evidence=tuple(dict.fromkeys(evidence)),
        after=tuple(row.get("after", [])),
        reason=row.get("reason"),
    )


def _locate(article: Article, quote: str, start: int) -> Evidence | None:
    found = find_range(article.text, quote, start)
    if found is None:
        return None
    first, last = found
    return Evidence(article.source, first, last, article.text[first:last], pages_of(article, first, last))


def _is_words(value: object) -> bool:
    if not isinstance(value, str) or not value.strip():
        return False
    return not any("\ud800" <= character <= "\udfff" for character in value)  # half a character: cannot be written


def _short(quote: str) -> str:
    words = " ".join(quote.split())
    return f"“{words}”" if len(words) <= 60 else f"“{words[:57]}…”"
