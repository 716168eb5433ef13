"""The JSON endpoints and files behind the page: articles, originals, adding, removing, evaluating.

Knows the Backend and the job queue; nothing of Gradio. Every error is one line of JSON: `{"error": "..."}`. The page's
own scripts are the only users; the command line has its own way to the same library.
"""

import asyncio
import json
import logging
import shutil
import tempfile
from collections.abc import Callable, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from chat.interface.backend import Backend, Entry, PastedText, UploadedFile, WebAddress
from chat.interface.grid_routes import GridRoutes
from chat.interface.jobs import Handle, Item, JobQueue
from chat.interface.rendering import file_name
from chat.interface.replies import (
    JSON_LIMIT,
    Endpoint,
    body_of,
    error_reply,
    field_of,
    json_body,
    one_line_errors,
    whole_number,
)
from chat.interface.views import article_view, facts_view, job_view, report_view, row_view, summary_view
from errors import FootnoteError, LibraryFull, SourceTooLarge
from evaluation import Report, html_report, recall_svg, reliability_svg, risk_coverage_svg
from index.pace import duration
from index.values import AddReport, Listed, Method, Progress
from ingest.article import Article

logger = logging.getLogger(__name__)

ASSETS = Path(__file__).parent / "assets"
UPLOAD_LIMIT = 256 * 1024 * 1024  # bytes of one file; the readers have limits of their own below this
URL_LIMIT = 500  # pages chosen from a list at once; as many as a job has lines
SCALES = {"1": 1.0, "1.5": 1.5, "2": 2.0, "3": 3.0, "4": 4.0}  # pixels a point; few, so that pictures are found again
PLOTS = {"recall": recall_svg, "reliability": reliability_svg, "coverage": risk_coverage_svg}
METHOD_NAMES = tuple(method.value for method in Method)


class Routes:
    """All endpoints over one backend; `close` ends the jobs and drops files that wait."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._jobs = JobQueue()
        self._grids = GridRoutes(backend, self._jobs)
        self._uploads = Path(tempfile.mkdtemp(prefix="footnote-uploads-"))

    def close(self) -> None:
        """Stop background work and delete uploads that were not added."""
        self._jobs.close()
        shutil.rmtree(self._uploads, ignore_errors=True)

    def table(self) -> list[Route]:
        """The routes, to be mounted before the page."""

        def get(path: str, endpoint: Endpoint) -> Route:
            return Route(path, one_line_errors(endpoint), methods=["GET"])

        def post(path: str, endpoint: Endpoint) -> Route:
            return Route(path, one_line_errors(endpoint), methods=["POST"])

        return [
            get("/health", self.health),
            get("/ui/{name}", self.asset),
            get("/api/articles", self.articles),
            get("/api/article/{article_id}", self.article),
            get("/api/original/{article_id}", self.original),
            get("/api/page/{article_id}/{page:int}", self.page),
            get("/api/page/{article_id}/{page:int}/picture", self.page_picture),
            get("/api/jobs", self.jobs),
            post("/api/jobs/{key}/cancel", self.cancel),
            post("/api/jobs/{key}/forget", self.forget),
            post("/api/add/file", self.add_file),
            post("/api/add/url", self.add_url),
            post("/api/add/urls", self.add_urls),
            get("/api/jobs/{key}/list", self.listed),
            post("/api/add/text", self.add_text),
            post("/api/remove", self.remove),
            get("/api/facts/{article_id}", self.facts),
            post("/api/correct", self.correct),
            post("/api/grids", self._grids.make),
            get("/api/grids/{key}", self._grids.grid),
            get("/api/grids/{key}/files/{name}", self._grids.file),
            get("/api/sets", self.sets),
            post("/api/sets", self.keep_set),
            post("/api/evaluations", self.evaluate),
            get("/api/evaluations/{key}", self.evaluation),
            get("/api/evaluations/{key}/questions/{number:int}", self.evaluated_question),
            get("/api/evaluations/{key}/{plot:str}-{shade:str}.svg", self.plot),
            get("/api/evaluations/{key}/files/{name}", self.evaluation_file),
        ]

    async def health(self, request: Request) -> Response:
        """Says that the server answers."""
        return JSONResponse({"ok": True})

    async def asset(self, request: Request) -> Response:
        """A script or style sheet of the page."""
        path = ASSETS / request.path_params["name"]
        if path.suffix not in (".js", ".css", ".svg") or path.parent != ASSETS or not path.is_file():
            return error_reply("There is no such file.", 404)
        return FileResponse(path, headers={"Cache-Control": "no-cache"})

    async def articles(self, request: Request) -> Response:
        """Everything that the library holds, one line each."""
        summaries = await run_in_threadpool(self._backend.articles)
        return JSONResponse({"articles": [summary_view(each) for each in summaries]})

    async def article(self, request: Request) -> Response:
        """A window of an article: `?at=CHARACTER`, or `?first=BLOCK`; with `?end=` the boxes of `at` to there."""
        article_id = request.path_params["article_id"]
        at = whole_number(request.query_params.get("at")) or 0
        end = whole_number(request.query_params.get("end")) or 0
        first = whole_number(request.query_params.get("first"))

        def view() -> dict[str, Any]:
            stored = self._backend.article(article_id)
            pdf = _is_pdf(stored.article)
            return article_view(stored, at=at, first=first) | {
                "original": f"/api/original/{quote(stored.article.article_id)}",
                "original_is_pdf": pdf,
                "boxes": [list(box) for box in self._backend.boxes(article_id, at, end)] if pdf and at < end else [],
            }

        return JSONResponse(await run_in_threadpool(view))

    async def original(self, request: Request) -> Response:
        """The file as it was added. Only PDFs open in the browser; all others are saved, never run as a page."""
        original = await run_in_threadpool(self._backend.original, request.path_params["article_id"])
        pdf = original.data.startswith(b"%PDF-")
        disposition = "inline" if pdf else "attachment"
        return Response(
            original.data,
            media_type="application/pdf" if pdf else "application/octet-stream",
            headers={
                "Content-Disposition": f"{disposition}; filename*=UTF-8''{quote(original.name)}",
                "X-Content-Type-Options": "nosniff",
                # a sandbox would also switch off the browser's own PDF viewer
                "Content-Security-Policy": "script-src 'none'; object-src 'self'"
                if pdf
                else "sandbox; default-src 'none'",
            },
        )

    async def page(self, request: Request) -> Response:
        """How large a page of a PDF is, in points; `of` names the file that its picture is drawn from."""
        article_id, page = request.path_params["article_id"], request.path_params["page"]
        extent = await run_in_threadpool(self._backend.page_extent, article_id, page)
        return JSONResponse({"page": page, "width": extent.width, "height": extent.height, "of": extent.sha256[:16]})

    async def page_picture(self, request: Request) -> Response:
        """A page of a PDF as PNG, `?scale=` pixels a point, one of `SCALES`; kept for good where `?of=` is given."""
        article_id, page = request.path_params["article_id"], request.path_params["page"]
        scale = SCALES.get(request.query_params.get("scale", "2"))
        if scale is None:
            return error_reply(f"The scale must be one of {', '.join(SCALES)}.", 400)
        picture = await run_in_threadpool(self._backend.page_picture, article_id, page, scale)
        tag = f'"{picture.sha256[:16]}-{page}-{scale:g}"'
        same_file = request.query_params.get("of") == picture.sha256[:16]
        headers = {
            "ETag": tag,
            # the file may be replaced: only an address that names its content is good for ever
            "Cache-Control": "private, max-age=31536000, immutable" if same_file else "private, no-cache",
        }
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return Response(picture.png, media_type="image/png", headers=headers)

    async def jobs(self, request: Request) -> Response:
        """Jobs, of one kind with `?kind=add`, `?kind=grid` or `?kind=evaluate`."""
        return JSONResponse({"jobs": [job_view(each) for each in self._jobs.jobs(request.query_params.get("kind"))]})

    async def cancel(self, request: Request) -> Response:
        """Ask a job to stop."""
        return JSONResponse({"ok": self._jobs.cancel(request.path_params["key"])})

    async def forget(self, request: Request) -> Response:
        """Take a finished job off the list."""
        return JSONResponse({"ok": self._jobs.forget(request.path_params["key"])})

    async def add_file(self, request: Request) -> Response:
        """Receive one file as the request's body, under `?name=`, and queue it.

        The body goes to disk piece by piece, so that memory does not grow with the file.
        """
        name = file_name(request.query_params.get("name", "").replace("\x00", "")).strip()
        if name in ("", ".", ".."):
            return error_reply("The file has no name.", 400)
        # a folder of its own, so that the file keeps its real name, by which the library will know it
        path = Path(tempfile.mkdtemp(dir=self._uploads)) / name
        try:
            await _receive(request, path, name)
        except BaseException:
            shutil.rmtree(path.parent, ignore_errors=True)
            raise
        # a header, since addresses end up in logs
        password = unquote(request.headers.get("x-footnote-password", "")) or None
        return JSONResponse({"job": self._add([UploadedFile(name, path, password)])})

    async def add_url(self, request: Request) -> Response:
        """Queue a web page: `{"url": ...}`."""
        url = field_of(await json_body(request), "url").strip()
        if not _is_web_address(url):
            return error_reply("The address must begin with http:// or https://.", 400)
        return JSONResponse({"job": self._add([WebAddress(url)])})

    async def listed(self, request: Request) -> Response:
        """The pages that a feed or sitemap lists, which a job found at the address it was given."""
        job = self._jobs.job(request.path_params["key"])
        if job is None or not isinstance(job.result, Listed):
            return error_reply("This list is no longer kept; fetch the address again.", 404)
        return JSONResponse(job.result.to_json())

    async def add_urls(self, request: Request) -> Response:
        """Queue pages that were chosen from a list: `{"urls": [...]}`."""
        urls = (await json_body(request)).get("urls")
        if not isinstance(urls, list) or not urls or not all(isinstance(each, str) for each in urls):
            return error_reply("Choose at least one page.", 400)
        if len(urls) > URL_LIMIT:
            return error_reply(f"Choose at most {URL_LIMIT} pages at once.", 400)
        if not all(_is_web_address(each) for each in urls):
            return error_reply("Each address must begin with http:// or https://.", 400)
        return JSONResponse({"job": self._add([WebAddress(each) for each in dict.fromkeys(urls)])})

    async def add_text(self, request: Request) -> Response:
        """Queue a pasted text: `{"title", "text", "published"}`, the date as YYYY-MM-DD or empty."""
        data = await json_body(request)
        title, text, published = (field_of(data, name) for name in ("title", "text", "published"))
        if not title.strip():
            return error_reply("Please give the text a title.", 400)
        if not text.strip():
            return error_reply("Please paste some text.", 400)
        try:
            day = date.fromisoformat(published) if published else None
        except ValueError:
            return error_reply(f"{published}: not a date; write it as 2025-07-01.", 400)
        return JSONResponse({"job": self._add([PastedText(title.strip(), text, day)])})

    async def remove(self, request: Request) -> Response:
        """Take articles out: `{"articles": [ids]}`."""
        wanted = (await json_body(request)).get("articles")
        if not isinstance(wanted, list) or not wanted or not all(isinstance(each, str) for each in wanted):
            return error_reply("Select the articles to remove.", 400)
        removed = await run_in_threadpool(self._backend.remove, wanted)
        failed = [{"article": each.source, "error": each.error} for each in removed.failed]
        return JSONResponse({"removed": list(removed.removed), "failed": failed})

    async def facts(self, request: Request) -> Response:
        """An article's title, date and facts, each with where it was found."""
        stored = await run_in_threadpool(self._backend.article, request.path_params["article_id"])
        return JSONResponse(facts_view(stored))

    async def correct(self, request: Request) -> Response:
        """Keep corrections: `{"article": id, "changes": {fact: value}, "undo": [facts]}`; an empty value removes.

        Facts change at once; the article's passages are cut anew, where they must be, in the background.
        """
        data = await json_body(request)
        article, changes, undo = field_of(data, "article"), data.get("changes", {}), data.get("undo", [])
        texts = isinstance(changes, dict) and all(isinstance(each, str) for each in changes.values())
        if not texts or not isinstance(undo, list) or not all(isinstance(each, str) for each in undo):
            return error_reply("Say what to correct.", 400)
        backend = self._backend
        stored = await run_in_threadpool(backend.correct, article, changes, undo)
        self._jobs.submit("correct", stored.article.title, lambda _: backend.recut(article))
        return JSONResponse(facts_view(stored))

    async def sets(self, request: Request) -> Response:
        """The question sets that can be evaluated."""
        sets = await run_in_threadpool(self._backend.question_sets)
        return JSONResponse(
            {"sets": [{"key": each.key, "label": each.label, "questions": each.questions} for each in sets]}
        )

    async def keep_set(self, request: Request) -> Response:
        """Check and keep a question set sent as the body, under `?name=`."""
        name = file_name(request.query_params.get("name", "")).strip() or "questions.jsonl"
        data = await body_of(request, JSON_LIMIT, name)
        kept = await run_in_threadpool(self._backend.keep_question_set, name, data)
        return JSONResponse({"key": kept.key, "label": kept.label, "questions": kept.questions})

    async def evaluate(self, request: Request) -> Response:
        """Queue an evaluation: `{"set": key, "methods": [names]}`."""
        data = await json_body(request)
        key, names = field_of(data, "set"), data.get("methods")
        if not isinstance(names, list) or not names or not all(each in METHOD_NAMES for each in names):
            return error_reply("Choose at least one method.", 400)
        known = {each.key: each for each in await run_in_threadpool(self._backend.question_sets)}
        if key not in known:
            return error_reply("That question set is gone; choose another.", 404)
        methods = [Method(each) for each in dict.fromkeys(names)]
        backend = self._backend

        def work(handle: Handle) -> Report:
            handle.progress(0, known[key].questions)
            return backend.evaluate(key, methods, on_progress=handle.progress, stop=handle.cancelled)

        return JSONResponse({"job": self._jobs.submit("evaluate", known[key].label, work)})

    async def evaluation(self, request: Request) -> Response:
        """A finished evaluation: measures, comparisons, and a line for each question."""
        report = self._report(request)
        job = self._jobs.job(request.path_params["key"])
        return _gone() if report is None or job is None else JSONResponse(report_view(report, job.title))

    async def evaluated_question(self, request: Request) -> Response:
        """One question of it, with what was expected and found."""
        report = self._report(request)
        number = request.path_params["number"]
        if report is None or number >= len(report.rows):
            return _gone()
        summaries = await run_in_threadpool(self._backend.articles)
        return JSONResponse(row_view(report.rows[number], {each.article_id: each.title for each in summaries}))

    async def plot(self, request: Request) -> Response:
        """A plot as an image, its text light or dark: of recall@k, of reliability, or of risk against coverage."""
        report = self._report(request)
        draw = PLOTS.get(request.path_params["plot"])
        if report is None or draw is None:
            return _gone()
        ink = "#e9e6df" if request.path_params["shade"] == "dark" else "#1d2126"
        svg = draw(report).replace("<svg ", f'<svg color="{ink}" ', 1)
        return Response(svg, media_type="image/svg+xml")

    async def evaluation_file(self, request: Request) -> Response:
        """A download: the questions as CSV, everything as JSON, the report as HTML."""
        report = self._report(request)
        name = request.path_params["name"]
        makers: dict[str, Callable[[Report], str]] = {
            "questions.csv": lambda each: "\ufeff" + each.rows_csv(),  # without the mark Excel takes UTF-8 for ANSI
            "evaluation.json": lambda each: json.dumps(each.to_json(), ensure_ascii=False, indent=1),
            "report.html": html_report,
        }
        if report is None or name not in makers:
            return _gone()
        data = (await run_in_threadpool(makers[name], report)).encode("utf-8", "replace")
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(data, media_type="application/octet-stream", headers=headers)

    def _report(self, request: Request) -> Report | None:
        job = self._jobs.job(request.path_params["key"])
        return job.result if job is not None and isinstance(job.result, Report) else None

    def _add(self, entries: Sequence[Entry]) -> str:
        names = [each.name for each in entries]
        title = names[0] if len(names) == 1 else f"{len(names)} files"
        return self._jobs.submit("add", title, partial(self._add_all, entries), items=names)

    def _add_all(self, entries: Sequence[Entry], handle: Handle) -> Listed | None:
        listed: Listed | None = None
        for number, entry in enumerate(entries):
            try:
                if not handle.cancelled():
                    listed = self._add_one(number, entry, handle) or listed
            finally:
                if isinstance(entry, UploadedFile):
                    shutil.rmtree(entry.path.parent, ignore_errors=True)
            handle.progress(number + 1, len(entries))
        return listed

    def _add_one(self, number: int, entry: Entry, handle: Handle) -> Listed | None:
        """Add one entry and say what became of it; gives the list that was found in its place, if one was."""
        handle.item(number, "reading")

        def watch(progress: Progress) -> None:
            several = progress.total is not None and progress.total > 1
            detail = [f"{progress.done} of {progress.total} articles"] if several else []
            if several and progress.remaining:
                detail.append(f"about {duration(progress.remaining)} left")
            handle.item(number, "reading" if progress.is_done else progress.outcome, ", ".join(detail))

        try:
            report = self._backend.add(entry, on_progress=watch)
        except FootnoteError as error:
            handle.item(number, "failed", _without_name(str(error), entry.name))
            return None
        except Exception:  # the other entries of the job must still have their turn
            logger.exception("an entry could not be added")
            handle.item(number, "failed", "An unexpected error stopped this; the program's log has details.")
            return None
        state, detail = _outcome(report, entry.name)
        handle.item(number, state, detail)
        if state not in ("failed", "locked"):
            for failure in report.failed:
                handle.append(Item(failure.source, "failed", _without_name(failure.error, failure.source)))
        return report.listed[0] if report.listed else None


def _outcome(report: AddReport, name: str) -> tuple[str, str]:
    """The state of an entry in one word, and what there is to say about it."""
    counts = {
        "added": len(report.added),
        "replaced": len(report.replaced),
        "unchanged": len(report.unchanged),
        "duplicate": len(report.duplicates),
        "failed": len(report.failed),
    }
    if report.listed:
        return "list", f"Lists {len(report.listed[0].listing.entries)} pages; nothing was added yet."
    happened = [state for state, count in counts.items() if count]
    if not happened:
        return "failed", "Nothing was found in it."
    if sum(counts.values()) > 1:
        return happened[0], ", ".join(f"{counts[state]} {state}" for state in happened)
    if report.failed:
        state = "locked" if report.failed[0].needs_password else "failed"
        return state, _without_name(report.failed[0].error, report.failed[0].source, name)
    if report.duplicates:
        return "duplicate", f"The same content is already held as {file_name(report.duplicates[0][1])}."
    return happened[0], ""


def _without_name(message: str, *names: str) -> str:
    """A message without the name of the thing before it, which the list shows already."""
    for name in names:
        message = message.removeprefix(f"{name}: ")
    return message


def _is_pdf(article: Article) -> bool:
    """Whether its original is a PDF; one from the web may go by any name, but only PDFs know where words stand."""
    named = file_name(article.source).lower().endswith(".pdf")
    return article.pages is not None and (named or any(place.boxes for place in article.places))


def _is_web_address(url: str) -> bool:
    try:
        return urlsplit(url).scheme in ("http", "https") and bool(urlsplit(url).hostname)
    except ValueError:
        return False


def _gone() -> Response:
    return error_reply("This result is no longer kept; run the evaluation again.", 404)


async def _receive(request: Request, path: Path, name: str) -> None:
    size = 0
    try:
        with path.open("wb") as file:
            async for piece in request.stream():
                size += len(piece)
                if size > UPLOAD_LIMIT:
                    raise SourceTooLarge(name, f"larger than {UPLOAD_LIMIT // 1024**2} MB; split it into parts")
                await asyncio.to_thread(file.write, piece)
    except OSError as error:
        raise LibraryFull(f"{name}: could not be received ({error.strerror}); make room on the disk") from error
