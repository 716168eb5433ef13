"""Values as JSON for the page's own scripts: an article to read, the library's table, jobs, an evaluation.

Knows no Gradio and no HTTP. Texts are sent as they are; the scripts put them into the page as text, never as markup.
JavaScript counts in UTF-16 units and Python in characters, so each block carries its text and its own offsets.
"""

import bisect
from collections.abc import Mapping, Sequence
from typing import Any

from chat.interface.jobs import Job
from chat.interface.rendering import file_name, long_date
from evaluation.answers import LOWER_IS_BETTER
from evaluation.gate import MEANINGS
from evaluation.intervals import Interval
from evaluation.plots import reliability_words, risk_coverage_words
from evaluation.running import Report, Row
from index.values import ArticleSummary, StoredArticle
from ingest.article import Article, Block, BlockKind

WINDOW = 600  # blocks sent at once; a whole annual report would take the browser seconds
BEFORE = 150  # of these, before the place asked for
USUAL_FACTS = {
    "title": "Title",
    "published": "Published",
    "company": "Company",
    "ticker": "Ticker",
    "kind": "Kind of document",
    "period": "Period, as the company calls it",
    "calendar_period": "Period on the calendar",
    "period_end": "Period ended",
    "year_end": "Fiscal year ends",
    "language": "Language",
    "author": "Author",
}
MAIN = (
    "ndcg@10",
    "mrr@10",
    "recall@5",
    "recall@10",
    "precision@5",
    "right",
    "quote@1",
    "quote@3",
    "silence",
    "risk",
    "ece",
)
COMPARED = ("ndcg@10", "recall@5")


def article_view(stored: StoredArticle, *, at: int = 0, first: int | None = None) -> dict[str, Any]:
    """An article's facts and a window of its blocks: around character `at`, or from block `first` on."""
    article = stored.article
    blocks = readable_blocks(article)
    if first is None:
        place = bisect.bisect_right([block.start for block in blocks], at) - 1
        first = 0 if len(blocks) <= WINDOW else max(0, place - BEFORE)
    first = min(max(first, 0), len(blocks))
    shown = blocks[first : first + WINDOW]
    return {
        "article_id": article.article_id,
        "title": article.title,
        "source": article.source,
        "file": file_name(article.source),
        "published": None if article.published is None else long_date(article.published),
        "facts": dict(article.facts),
        "pages": article.pages,
        "sha256": article.sha256,
        "first": first,
        "blocks_in_all": len(blocks),
        "blocks": [_block(article, block) for block in shown],
    }


def facts_view(stored: StoredArticle) -> dict[str, Any]:
    """Title, date and facts as fields of a form, the usual ones first and empty where they are not known.

    Each says in words where its value was found, or what was found in place of what a person corrected.
    """
    article = stored.article
    corrected = {each.key: each for each in stored.corrections}
    published = "" if article.published is None else article.published.isoformat()
    values = {"title": article.title, "published": published, **article.facts}
    fields = []
    for key in dict.fromkeys((*USUAL_FACTS, *article.facts, *corrected)):
        correction = corrected.get(key)
        origin = article.origins.get(key, "")
        if correction is not None:
            was = f"{correction.found}, {correction.found_in}".rstrip(", ") if correction.found else "nothing"
            origin = f"Corrected; found was {was}"
        fields.append(
            {
                "key": key,
                "name": USUAL_FACTS.get(key, key.replace("_", " ").capitalize()),
                "value": values.get(key, ""),
                "origin": origin[:1].upper() + origin[1:],
                "corrected": correction is not None,
            }
        )
    return {"article_id": article.article_id, "fields": fields}


def readable_blocks(article: Article) -> list[Block]:
    """The blocks of an article, with text between them (there should be none but space) as paragraphs."""
    blocks: list[Block] = []
    at = 0
    for block in article.blocks:
        blocks.extend(_gap(article.text, at, block.start))
        blocks.append(block)
        at = max(at, block.end)
    blocks.extend(_gap(article.text, at, len(article.text)))
    return blocks


def summary_view(summary: ArticleSummary) -> dict[str, Any]:
    """One line of the library's table."""
    suffix = file_name(summary.source).rsplit(".", 1)
    web = "://" in summary.source
    written = "Web page" if web else suffix[1].upper() if len(suffix) == 2 and len(suffix[1]) <= 5 else "Text"
    return {
        "article_id": summary.article_id,
        "title": summary.title,
        "source": summary.source,
        "file": file_name(summary.source),
        "company": summary.facts.get("company", ""),
        "published": None if summary.published is None else summary.published.isoformat(),
        "period": summary.facts.get("period", ""),
        "kind": summary.facts.get("kind") or written,
        "pages": summary.pages,
        "passages": summary.passages,
    }


def job_view(job: Job) -> dict[str, Any]:
    """A job as the page watches it."""
    return {
        "key": job.key,
        "kind": job.kind,
        "title": job.title,
        "state": job.state.value,
        "finished": job.finished,
        "done": job.done,
        "total": job.total,
        "error": job.error,
        "items": [{"name": each.name, "state": each.state, "detail": each.detail} for each in job.items],
    }


def report_view(report: Report, label: str) -> dict[str, Any]:
    """Measures and one line for each question; the details of a question are asked for one by one.

    `label` is the set's name for people. Retrieval has a value for each method; answers have one, whatever the method.
    """
    retrieval = [name for name in report.measures if name in report.by_method[report.methods[0]]]
    answers = [name for name in report.measures if name not in retrieval]
    return {
        "label": label,
        "done": report.questions,
        "total": report.total,
        "failed": report.failed,
        "methods": list(report.methods),
        "retrieval": [
            _measure(name, [report.by_method[method].get(name) for method in report.methods]) for name in retrieval
        ],
        "answers": [_measure(name, [report.measures[name]]) for name in answers],
        "plots": [
            {"name": "reliability", "title": "Is confidence right?", "words": reliability_words(report)},
            {"name": "coverage", "title": "Wrong answers by share answered", "words": risk_coverage_words(report)},
        ]
        if "ece" in report.measures
        else [],
        "compared": [
            {
                "pair": pair,
                "measure": name,
                "difference": each.difference,
                "low": each.low,
                "high": each.high,
                "p": each.p,
            }
            for pair, measures in report.compared.items()
            for name, each in measures.items()
            if name in COMPARED
        ],
        "questions": [
            {
                "question": row.question,
                "kind": row.kind,
                "gold": bool(row.evidence or row.documents),
                "ranks": [each.rank for each in row.rankings],
                "error": row.error or next((each.error for each in row.rankings if each.error), None),
            }
            for row in report.rows
        ],
        "recall_words": recall_words(report),
    }


def row_view(row: Row, titles: Mapping[str, str]) -> dict[str, Any]:
    """Why a question came out as it did: what was expected, what was found, what was answered.

    `titles` by article id; an article that has gone is named by its source.
    """
    return {
        "question": row.question,
        "kind": row.kind,
        "answers": None if row.answers is None else list(row.answers),
        "answered": row.answered,
        "answer": row.text if row.answered else row.explanation,
        "quote": row.quotes[0].text if row.answered and row.quotes else None,
        "error": row.error,
        "expected": [
            {
                "article_id": each.article_id,
                "title": titles.get(each.article_id, file_name(each.article)),
                "start": each.start,
                "end": each.end,
                "text": each.text,
            }
            for each in row.evidence
        ],
        "documents": [file_name(source) for source in row.documents],
        "methods": [
            {
                "method": ranking.method,
                "rank": ranking.rank,
                "error": ranking.error,
                "found": [
                    {
                        "rank": each.rank,
                        "score": each.score,
                        "article_id": each.article_id,
                        "title": each.title,
                        "section": each.section,
                        "start": each.start,
                        "end": each.end,
                        "text": each.text,
                        "evidence": each.relevant,
                        "trace": {name: each.trace.get(name) for name in ("dense_rank", "words_rank")},
                    }
                    for each in ranking.passages
                ],
            }
            for ranking in row.rankings
        ],
    }


def recall_words(report: Report) -> str:
    """The plot of recall in words, for those who do not see it."""
    lines = []
    for method in report.methods:
        points = [
            f"{interval.mean:.2f} at {name.removeprefix('recall@')}"
            for name, interval in report.by_method[method].items()
            if name.startswith("recall@")
        ]
        lines.append(f"{method}: {', '.join(points) or 'nothing to measure'}")
    return "Recall by number of passages looked at. " + "; ".join(lines) + "."


def _measure(name: str, values: Sequence[Interval | None]) -> dict[str, Any]:
    return {
        "name": name,
        "meaning": MEANINGS.get(name, ""),
        "lower_is_better": name in LOWER_IS_BETTER,
        "main": name in MAIN,
        "values": [
            None if each is None else {"mean": each.mean, "low": each.low, "high": each.high} for each in values
        ],
    }


def _gap(text: str, start: int, end: int) -> list[Block]:
    piece = text[start:end]
    if not piece.strip():
        return []
    start += len(piece) - len(piece.lstrip())
    return [Block(BlockKind.PARAGRAPH, start, start + len(piece.strip()))]


def _block(article: Article, block: Block) -> Mapping[str, Any]:
    return {
        "kind": block.kind.value,
        "start": block.start,
        "end": block.end,
        "page": block.page,
        "level": block.level,
        "columns": list(block.columns),
        "text": article.text[block.start : block.end],
    }
