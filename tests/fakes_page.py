"""A backend in memory for the tests of the page: a small library, answers by shared words, an instant evaluation."""

import io
import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from PIL import Image

from chat.answer import Answer, AnsweredPart, Considered, DifferentValue, Disagreement, Quote, Reason
from chat.grid import Grid, GridQuestion, OnCell, make_grid
from chat.interface.backend import (
    Entry,
    Filters,
    Original,
    PageExtent,
    PagePicture,
    PastedText,
    SetChoice,
    UploadedFile,
    WebAddress,
)
from errors import ArticleNotFound, QuestionSetError, SourceUnreadable
from evaluation import Question, Report, evaluate
from evaluation import QuestionSet as Questions
from evaluation.questions import QuoteFinder
from index.values import (
    AddReport,
    ArticleSummary,
    Correction,
    Failure,
    Hit,
    Listed,
    Method,
    Progress,
    RemoveReport,
    SearchResult,
    StoredArticle,
)
from index.where import EVERYTHING, Where
from ingest.article import Article, Block, BlockKind, Row, sha256_hex
from ingest.corrections import lay_over, parse_corrections
from ingest.listing import Entry as ListEntry
from ingest.listing import Listing

HOSTILE = '<img src=x onerror="window.pwned=1"><script>window.pwned=2</script>'


def article(source: str, title: str, lines: Sequence[tuple[BlockKind, str]], **more: object) -> Article:
    """An article from (kind, text) pairs, one block each."""
    text = ""
    blocks: list[Block] = []
    columns: tuple[str, ...] = ()
    for kind, line in lines:
        start = len(text)
        if kind is BlockKind.TABLE_HEADER:
            columns = tuple(line.split(" | "))
        level = 2 if kind is BlockKind.HEADING and blocks else int(kind is BlockKind.HEADING)
        row = kind is BlockKind.TABLE_ROW
        page = 1 + start // 700 if more.get("pages") else None
        blocks.append(Block(kind, start, start + len(line), page, level, Row(columns=columns) if row else None))
        text += line + ("\n" if kind in (BlockKind.TABLE_ROW, BlockKind.TABLE_HEADER, BlockKind.LIST_ITEM) else "\n\n")
    return Article(source, title, text, sha256_hex(text), blocks=tuple(blocks), **more)  # type: ignore[arg-type]


def library() -> list[Article]:
    """Four articles: a briefing, one with a table and pages, one on rules, and one that attacks the page."""
    heading, paragraph, item = BlockKind.HEADING, BlockKind.PARAGRAPH, BlockKind.LIST_ITEM
    head, row = BlockKind.TABLE_HEADER, BlockKind.TABLE_ROW
    filler = (
        "Hospitals buy such systems slowly, and most of the spending still goes to imaging and to records. "
        "Vendors that sell to provincial networks report longer contracts and fewer pilots than a year before."
    )
    return [
        article(
            "briefings/market-size.md",
            "How large is China’s AI healthcare market?",
            [
                (heading, "How large is China’s AI healthcare market?"),
                (
                    paragraph,
                    "In 2023 the market for artificial intelligence in Chinese healthcare was worth about "
                    "US$1.59 billion. Imaging made up the largest part of it.",
                ),
                (paragraph, filler),
                (heading, "Forecasts for 2028"),
                (
                    paragraph,
                    "One forecast puts the Chinese market at US$7.33 billion in 2028, a growth of 42.5 percent "
                    "a year. It counts software and services.",
                ),
                *[(paragraph, filler) for _ in range(14)],
                (heading, "What drives growth"),
                (item, "An ageing population needs more care than there are doctors to give it."),
                (item, "Public insurers pay for image reading by software in several provinces."),
                (paragraph, "The compound annual growth rate to 2030 is expected to stay above 40 percent."),
            ],
            published=date(2025, 7, 1),
            facts={"company": "Footnote Research", "kind": "briefing"},
        ),
        article(
            "reports/APAC comparison (final).pdf",
            "AI in healthcare: the APAC comparison",
            [
                (heading, "AI in healthcare: the APAC comparison"),
                (paragraph, filler),
                (
                    paragraph,
                    "Another forecast expects the Chinese market to reach US$16.02 billion in 2028, since it "
                    "also counts devices with built-in software.",
                ),
                (heading, "Five markets side by side"),
                (head, "Country | Market | Main strength"),
                (row, "China | US$1.59 billion in 2023 | Imaging and central records"),
                (row, "South Korea | US$0.1 billion in 2022 | Hospital networks"),
                (row, "Vietnam | not reported | DrAid in more than 100 hospitals"),
                (paragraph, filler),
            ],
            published=date(2025, 6, 12),
            facts={"company": "Delta Advisers", "kind": "report"},
            pages=2,
        ),
        article(
            "https://example.org/rules",
            "Data rules for medical software",
            [
                (heading, "Data rules for medical software"),
                (paragraph, "Patient records must stay inside the country unless a security review has been passed."),
                (paragraph, filler),
            ],
            published=date(2024, 11, 3),
        ),
        article(
            "hostile.html",
            f"Quarterly note {HOSTILE}",
            [
                (heading, f"Quarterly note {HOSTILE}"),
                (
                    paragraph,
                    f"Zebra revenue was **US$5** million {HOSTILE} in the [third](javascript:alert(1)) quarter.",
                ),
            ],
            facts={"company": HOSTILE},
        ),
    ]


class FakeBackend:
    """`chat.interface.backend.Backend` over a dict."""

    def __init__(self, articles: Sequence[Article] | None = None) -> None:
        self.lock = threading.Lock()
        self.held = {each.article_id: each for each in (library() if articles is None else articles)}
        self.found: dict[str, Article] = {}
        self.corrected: dict[str, dict[str, str | None]] = {}
        self.recuts: list[str] = []
        self.asked: list[tuple[str, tuple[str, ...], Filters]] = []
        self.broken: set[str] = set()  # articles whose pages cannot be drawn
        self.drawn: list[tuple[str, int, float]] = []
        self.sets = [SetChoice("corpus", "Questions of the corpus", 4)]

    def examples(self) -> Sequence[str]:
        return (
            "What was the market worth in 2023?",
            "How large will the Chinese market be in 2028?",
            "How widely is DrAid used in Vietnam?",
        )

    def articles(self) -> Sequence[ArticleSummary]:
        return [
            ArticleSummary(
                each.article_id, each.title, each.source, each.published, each.facts, each.pages,
                len(each.blocks), len(each.text), each.sha256,
            )
            for each in self.held.values()
        ]  # fmt: skip

    def article(self, article_id: str) -> StoredArticle:
        if article_id not in self.held:
            raise ArticleNotFound(article_id)
        found = self.found.get(article_id, self.held[article_id])
        corrections = tuple(
            Correction(key, value, found.facts.get(key), found.origins.get(key, ""))
            for key, value in self.corrected.get(article_id, {}).items()
        )
        return StoredArticle(self.held[article_id], sha256_hex(self.held[article_id].text), corrections)

    def original(self, article_id: str) -> Original:
        held = self.article(article_id).article
        head = "%PDF-1.7\n" if held.source.endswith(".pdf") else ""
        return Original(held.source.rsplit("/", 1)[-1], (head + held.text).encode())

    def boxes(self, article_id: str, start: int, end: int) -> Sequence[tuple[float, float, float, float, float]]:
        """Each block of a page in a line of its own, 40 points below the one before."""
        found = []
        lines: Counter[int] = Counter()
        for block in self.article(article_id).article.blocks:
            if block.page is None:
                continue
            top = 80.0 + 40 * lines[block.page]
            lines[block.page] += 1
            if block.start < end and block.end > start:
                found.append((float(block.page), 72.0, top, 520.0, top + 30))
        return found

    def page_extent(self, article_id: str, page: int) -> PageExtent:
        held = self.article(article_id).article
        if article_id in self.broken or not 1 <= page <= (held.pages or 0):
            raise SourceUnreadable(held.source, f"is damaged: page {page} cannot be drawn; fetch or save it again")
        return PageExtent(595.0, 842.0, held.sha256)

    def page_picture(self, article_id: str, page: int, scale: float) -> PagePicture:
        extent = self.page_extent(article_id, page)
        self.drawn.append((article_id, page, scale))
        image = Image.new("L", (round(scale * extent.width), round(scale * extent.height)), 255)
        out = io.BytesIO()
        image.save(out, "PNG")
        return PagePicture(out.getvalue(), extent.sha256)

    def ask(self, question: str, after: Sequence[str] = (), filters: Filters | None = None) -> Answer:
        filters = Filters() if filters is None else filters
        self.asked.append((question, tuple(after), filters))
        ranked = self._ranked(question, filters)
        considered = tuple(
            Considered(
                each.article_id, each.title, each.source, each.section, each.page, each.pages, each.start, each.end,
                each.text, each.score, {"dense_rank": number + 1, "words_rank": None if number == 2 else number + 2},
            )
            for number, each in enumerate(ranked[:6])
        )  # fmt: skip
        times = {"embed": 4.2, "retrieve": 6.9, "read": 21.0, "total": 32.1}
        base = Answer(
            question, question, False, Reason.NOTHING_RELEVANT, "No passage in your library speaks of this.", None,
            None, (), (), considered, times,
        )  # fmt: skip
        if question.startswith("Compare"):
            return replace(base, **_compared(question, ranked))
        if not ranked or ranked[0].score < 2:
            return base
        if "2028" in question:
            both = [each for each in ranked if "2028" in each.text and each.spans][:2]
            values = tuple(DifferentValue(each.text[_figure(each.text)], each) for each in both)
            text = "; ".join(value.text for value in values)
            told = (Disagreement(values),) if len(values) > 1 else ()
            return replace(
                base, answered=True, reason=None, explanation="", text=text, quotes=tuple(both), disagreements=told
            )
        best = ranked[0]
        text = "; ".join(best.text[start - best.start : end - best.start] for start, end in best.spans)
        context = tuple(replace(each, answers=False, spans=()) for each in ranked[1:2])
        understood = question if len(question.split()) > 3 or not after else f"{after[-1]} {question}"
        return replace(
            base, understood=understood, answered=True, reason=None, explanation="", text=text or best.text,
            confidence=0.93, quotes=(best, *context),
        )  # fmt: skip

    def grid(
        self,
        questions: Sequence[GridQuestion],
        article_ids: Sequence[str],
        *,
        on_cell: OnCell,
        stop: Callable[[], bool],
    ) -> Grid:
        chosen = [each for each in self.articles() if each.article_id in article_ids]
        return make_grid(questions, chosen, _OneArticle(self), self.article, on_cell=on_cell, stop=stop)

    def add(self, entry: Entry, *, on_progress: Callable[[Progress], None]) -> AddReport:
        on_progress(Progress(0, 1, entry.name, "reading"))
        if isinstance(entry, UploadedFile):
            text, title, published = entry.path.read_text(encoding="utf-8"), Path(entry.name).stem, None
        elif isinstance(entry, WebAddress) and entry.url.endswith("/feed"):
            pages = [("One rose", "one", date(2025, 7, 1)), ("Two fell", "two", None), ("Three stayed", "three", None)]
            entries = tuple(ListEntry(f"https://news.example/{name}", title, day) for title, name, day in pages)
            held = frozenset({"https://news.example/three"})
            return AddReport(listed=(Listed(Listing(entry.url, "Example news", entries), held),))
        elif isinstance(entry, WebAddress) and entry.url.startswith("https://news.example/"):
            text, title, published = f"What is at {entry.url}.", entry.url, None
        elif isinstance(entry, WebAddress):
            return AddReport(failed=(Failure(entry.url, f"{entry.url}: the address leads nowhere; check it"),))
        else:
            assert isinstance(entry, PastedText)
            text, title, published = entry.text, entry.title, entry.published
        if text.startswith("Locked.") and getattr(entry, "password", None) != "Öffne dich":
            return AddReport(failed=(Failure(entry.name, "is protected by a password; add it with it", True),))
        if not text.strip():
            raise SourceUnreadable(entry.name, "holds no text; save it again with its text")
        new = article(entry.name, title, [(BlockKind.PARAGRAPH, part) for part in text.split("\n\n") if part.strip()])
        new = replace(new, published=published)
        with self.lock:
            same = [each for each in self.held.values() if each.sha256 == new.sha256]
            if same and same[0].source == new.source:
                return AddReport(unchanged=(new.article_id,))
            if same:
                return AddReport(duplicates=((new.source, same[0].source),))
            known = new.article_id in self.held
            self.held[new.article_id] = new
        return AddReport(replaced=(new.article_id,)) if known else AddReport(added=(new.article_id,))

    def remove(self, article_ids: Sequence[str]) -> RemoveReport:
        gone = tuple(each for each in article_ids if self.held.pop(each, None) is not None)
        return RemoveReport(gone, tuple(Failure(each, "no such article") for each in article_ids if each not in gone))

    def correct(self, article_id: str, changes: Mapping[str, str], undo: Sequence[str]) -> StoredArticle:
        held = self.article(article_id).article
        found = self.found.setdefault(article_id, held)
        kept = self.corrected.setdefault(article_id, {})
        kept.update(parse_corrections(changes))
        for key in undo:
            kept.pop(key, None)
        title, published, facts, origins = lay_over(found.title, found.published, found.facts, found.origins, kept)
        shown = replace(found, title=title, published=published, facts=facts, origins=origins)
        self.held[article_id] = shown
        return self.article(article_id)

    def recut(self, article_id: str) -> None:
        self.recuts.append(article_id)

    def question_sets(self) -> Sequence[SetChoice]:
        return self.sets

    def keep_question_set(self, name: str, data: bytes) -> SetChoice:
        try:
            rows = [json.loads(line) for line in data.decode("utf-8").split("\n") if line.strip()]
        except ValueError as error:
            raise QuestionSetError(f"{name}: is not JSON lines; save one question a line") from error
        kept = SetChoice(f"kept-{len(self.sets)}", name, len(rows))
        self.sets.append(kept)
        return kept

    def evaluate(
        self,
        key: str,
        methods: Sequence[Method],
        *,
        on_progress: Callable[[int, int], None],
        stop: Callable[[], bool],
    ) -> Report:
        label = next(each.label for each in self.sets if each.key == key)
        quotes = [
            ("US$1.59 billion", "was worth about US$1.59 billion"),
            ("US$7.33 billion", "at US$7.33 billion in 2028"),
            ("more than 100 hospitals", "DrAid in more than 100 hospitals"),
        ]
        finder = QuoteFinder(self)
        questions = [
            Question(f"q{number}", question, "figure", (answer,), (finder.find_anywhere(quote),))
            for number, (question, (answer, quote)) in enumerate(zip(self.examples(), quotes, strict=True))
        ]
        questions.append(Question("q9", "Who won the 1998 World Cup?", "unanswerable", ()))
        return evaluate(
            Questions(label, tuple(questions)),
            self,
            methods=[each.value for each in methods],
            on_progress=on_progress,
            stop=stop,
        )

    # What an evaluation asks of an engine
    revision = 1

    def search(self, query: str, k: int, method: str) -> SearchResult:
        ranked = self._ranked(query, Filters())[1 if method == "vectors" else 0 :]
        hits = tuple(
            Hit(number, each.article_id, each.title, each.source, each.published, each.section, each.section,
                each.start, each.end, each.text, each.pages, False, each.sha256, each.text_sha256,
                each.score, trace={"dense_rank": number, "words_rank": None})
            for number, each in enumerate(ranked[:k], 1)
        )  # fmt: skip
        return SearchResult(query, hits, {"total": 1.0})

    def _ranked(self, question: str, filters: Filters) -> list[Quote]:
        words = set(re.findall(r"\w+", question.lower())) - {"what", "was", "the", "in", "is", "how", "of", "who", "do"}
        quotes = []
        for each in self.held.values():
            if filters.articles and each.article_id not in filters.articles:
                continue
            if filters.companies and each.facts.get("company") not in filters.companies:
                continue
            section = ""
            for block in each.blocks:
                if block.kind is BlockKind.HEADING:
                    section = each.text[block.start : block.end]
                    continue
                for match in re.finditer(r"\S.*?(?:\.(?=\s|$)|$)", each.text[block.start : block.end]):
                    quotes.append(self._quote(each, block, section, match, words))
        return sorted(quotes, key=lambda quote: (-quote.score, quote.article_id, quote.start))

    def _quote(self, held: Article, block: Block, section: str, match: re.Match[str], words: set[str]) -> Quote:
        text, start = match.group(), block.start + match.start()
        figure = _figure(text)
        spans = ((start + figure.start, start + figure.stop),) if figure.stop else ()
        return Quote(
            held.article_id, held.title, held.source, held.published, section, block.page,
            (block.page,) if block.page else (), start, start + len(text), text, True, spans, held.sha256,
            sha256_hex(held.text), float(len(words & set(re.findall(r"\w+", text.lower())))), columns=block.columns,
        )  # fmt: skip


def _compared(question: str, ranked: Sequence[Quote]) -> dict[str, Any]:
    """The fields of an answer that compares the countries named: the table row of each, or none."""
    quotes: list[Quote] = []
    parts = []
    for name in re.findall(r"China|South Korea|Vietnam|Japan", question):
        label = f"{name} · market"
        row = next((each for each in ranked if each.text.startswith(f"{name} |") and each.spans), None)
        asked = f"What is the market of {name}?"
        if row is None:
            why = f"No passage in your library speaks of {name}."
            parts.append(AnsweredPart(asked, label, name, "market", None, (), Reason.ENTITY_ABSENT, why))
            continue
        ((start, end),) = row.spans
        words = row.text[start - row.start : end - row.start]
        parts.append(AnsweredPart(asked, label, name, "market", words, (len(quotes),), None, ""))
        quotes.append(replace(row, part=label))
    text = "; ".join(part.text for part in parts if part.text)
    return {
        "answered": True, "reason": None, "explanation": "", "text": text, "confidence": 0.7,
        "quotes": tuple(quotes), "parts": tuple(parts),
    }  # fmt: skip


class _OneArticle:
    """Asks a fake of the article that a condition names."""

    def __init__(self, backend: FakeBackend) -> None:
        self._backend = backend

    def ask(self, question: str, *, after: Sequence[str] = (), k: int = 10, where: Where = EVERYTHING) -> Answer:
        return self._backend.ask(question, after, Filters(articles=(where.conditions[0].value,)))


def _figure(text: str) -> slice:
    found = re.search(r"(?:US\$[\d.]+(?:\*\*)? (?:billion|million)|more than \d+ hospitals|[\d.]+ percent)", text)
    return slice(0, 0) if found is None else slice(*found.span())
