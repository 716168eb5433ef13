"""Values as JSON for the page's own scripts: an article to read, the library's table, jobs, an evaluation.

Knows no Gradio and no HTTP. Texts are sent as they are; the scripts put them into the page as text, never as markup.
JavaScript counts in UTF-16 units and Python in characters, so each block carries its text and its own offsets.
"""

import bisect
from collections.abc import Mapping, Sequence
from typing import Any

from chat.interface.backend import EvaluatedQuestion, Evaluation
from chat.interface.jobs import Job
from chat.interface.rendering import file_name, long_date
from index.values import ArticleSummary, StoredArticle
from ingest.article import Article, Block, BlockKind

WINDOW = 600  # blocks sent at once; a whole annual report would take the browser seconds
BEFORE = 150  # of these, before the place asked for


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
    kind = "Web page" if web else suffix[1].upper() if len(suffix) == 2 and len(suffix[1]) <= 5 else "Text"
    return {
        "article_id": summary.article_id,
        "title": summary.title,
        "source": summary.source,
        "file": file_name(summary.source),
        "company": summary.facts.get("company", ""),
        "published": None if summary.published is None else summary.published.isoformat(),
        "kind": kind,
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


def evaluation_view(evaluation: Evaluation) -> dict[str, Any]:
    """Measures and one line for each question; the details of a question are asked for one by one."""
    return {
        "label": evaluation.label,
        "methods": [method.value for method in evaluation.methods],
        "measures": [
            {
                "name": measure.name,
                "meaning": measure.meaning,
                "values": [{"mean": each.mean, "low": each.low, "high": each.high} for each in measure.values],
            }
            for measure in evaluation.measures
        ],
        "recall": [[list(point) for point in curve] for curve in evaluation.recall],
        "questions": [
            {"question": each.question, "kind": each.kind, "ranks": list(each.ranks), "gold": bool(each.expected)}
            for each in evaluation.questions
        ],
        "files": sorted(evaluation.files),
    }


def question_view(question: EvaluatedQuestion, methods: Sequence[str]) -> dict[str, Any]:
    """Why a question came out as it did: what was expected, what was found, what was answered."""
    return {
        "question": question.question,
        "kind": question.kind,
        "answers": list(question.answers),
        "answered": question.answered,
        "answer": question.answer,
        "expected": [
            {
                "article_id": each.article_id,
                "title": each.title,
                "start": each.start,
                "end": each.end,
                "text": each.text,
            }
            for each in question.expected
        ],
        "methods": [
            {
                "method": method,
                "rank": rank,
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
                        "evidence": each.evidence,
                    }
                    for each in found
                ],
            }
            for method, rank, found in zip(methods, question.ranks, question.found, strict=True)
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
