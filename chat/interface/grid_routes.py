"""The endpoints of the Grid tab: a grid is made in the background, watched cell by cell, and saved as a file.

Knows the Backend and the job queue; nothing of Gradio.
"""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from chat.answer import Considered, Quote
from chat.export import SHOWN_KINDS, Asked, citations, marks_of
from chat.grid import FORMATS, Grid, GridCell, GridQuestion, grid_bytes, parse_questions
from chat.interface.backend import Backend
from chat.interface.jobs import Handle, JobQueue
from chat.interface.replies import error_reply, field_of, json_body, whole_number
from chat.interface.views import summary_view
from index.values import ArticleSummary

MOST_CELLS = 20_000  # about an hour of questions, and some hundred megabytes of answers
SHOWN_CELLS = 500  # sent at once


@dataclass(slots=True)
class _Run:
    """A grid that is being made: what was asked, and the cells so far in the order in which they were made."""

    questions: Sequence[GridQuestion]
    articles: Sequence[ArticleSummary]
    cells: list[dict[str, Any]] = field(default_factory=list)


class GridRoutes:
    """Grids over one backend; each is remembered for as long as its job is."""

    def __init__(self, backend: Backend, jobs: JobQueue) -> None:
        self._backend = backend
        self._jobs = jobs
        self._runs: dict[str, _Run] = {}
        self._lock = threading.Lock()

    async def make(self, request: Request) -> Response:
        """Queue a grid: `{"questions": text with one a line, "articles": [ids]}`."""
        data = await json_body(request)
        wanted = data.get("articles")
        if not isinstance(wanted, list) or not wanted or not all(isinstance(each, str) for each in wanted):
            return error_reply("Choose at least one article.", 400)
        text = field_of(data, "questions")
        if not text.strip():
            return error_reply("Write at least one question, one a line.", 400)
        questions = parse_questions(text, "The questions")
        held = {each.article_id: each for each in await run_in_threadpool(self._backend.articles)}
        articles = [held[each] for each in dict.fromkeys(wanted) if each in held]
        if not articles:
            return error_reply("These articles are no longer in your library; choose others.", 404)
        cells = len(questions) * len(articles)
        if cells > MOST_CELLS:
            return error_reply(
                f"That makes {cells:,} cells; at most {MOST_CELLS:,} are filled at once, so choose fewer articles.", 400
            )
        run = _Run(questions, articles)
        title = f"{_counted(len(questions), 'question')}, {_counted(len(articles), 'article')}"
        key = self._jobs.submit("grid", title, lambda handle: self._work(run, handle))
        with self._lock:
            known = {job.key for job in self._jobs.jobs("grid")}
            self._runs = {each: kept for each, kept in self._runs.items() if each in known} | {key: run}
        return JSONResponse({"job": key})

    def _work(self, run: _Run, handle: Handle) -> Grid:
        total = len(run.questions) * len(run.articles)
        handle.progress(0, total)

        def on_cell(down: int, across: int, cell: GridCell) -> None:
            run.cells.append({"row": down, "column": across} | cell_view(cell))
            handle.progress(len(run.cells), total)

        ids = [each.article_id for each in run.articles]
        return self._backend.grid(run.questions, ids, on_cell=on_cell, stop=handle.cancelled)

    async def grid(self, request: Request) -> Response:
        """What was asked, and the cells made from number `?since=` on, in the order in which they were made."""
        run = self._runs.get(request.path_params["key"])
        if run is None:
            return _gone()
        since = whole_number(request.query_params.get("since")) or 0
        return JSONResponse(
            {
                "questions": [each.question for each in run.questions],
                "articles": [summary_view(each) for each in run.articles],
                "cells": run.cells[since : since + SHOWN_CELLS],
                "made": len(run.cells),
            }
        )

    async def file(self, request: Request) -> Response:
        """A finished or stopped grid as a download: grid.xlsx, grid.csv or grid.json."""
        job = self._jobs.job(request.path_params["key"])
        name = request.path_params["name"]
        suffix = name.removeprefix("grid")
        if job is None or not isinstance(job.result, Grid) or suffix not in FORMATS:
            return _gone()
        data = await run_in_threadpool(grid_bytes, job.result, suffix)
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(data, media_type="application/octet-stream", headers=headers)


def cell_view(cell: GridCell) -> dict[str, Any]:
    """A cell as the page draws it: its quotes in pieces of plain and answering words, or why there is none."""
    answer = cell.answer
    if answer is None or cell.blank:
        near = answer.passages[0] if answer is not None and answer.passages else None
        reason = "" if cell.reason is None else cell.reason.value
        return {"blank": cell.blank, "reason": reason, "quotes": [], "near": None if near is None else _place(near)}
    shown = {
        (row.article_id, row.start, row.end)
        for row in citations(Asked(answer.question, answer))
        if row.kind in SHOWN_KINDS
    }
    told = [value.quote for each in answer.disagreements for value in each.values]
    quotes = {(each.article_id, each.start, each.end): each for each in (*told, *answer.quotes)}
    return {
        "blank": "",
        "reason": "",
        "confidence": answer.confidence,
        "differ": bool(answer.disagreements),
        "quotes": [_quote(quote) for key, quote in quotes.items() if key in shown],
        "near": None,
    }


def _quote(quote: Quote) -> dict[str, Any]:
    pieces: list[Mapping[str, Any]] = []
    at = 0
    for start, end in marks_of(quote):
        pieces += [{"text": quote.text[at:start], "answers": False}, {"text": quote.text[start:end], "answers": True}]
        at = end
    pieces.append({"text": quote.text[at:], "answers": False})
    return _place(quote) | {
        "pieces": [piece for piece in pieces if piece["text"]],
        "column": " · ".join(filter(None, quote.column)),
        "unit": quote.unit,
    }


def _place(found: Quote | Considered) -> dict[str, Any]:
    return {"article_id": found.article_id, "start": found.start, "end": found.end, "page": found.page}


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _gone() -> Response:
    return error_reply("This grid is no longer kept; make it again.", 404)
