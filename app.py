"""The command line: parse, call one function, print. It alone prints, reads settings and names concrete classes.

What a command needs is imported inside it, so that `--help` and errors of usage answer at once.
"""

import argparse
import getpass
import hashlib
import json
import logging
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from errors import (
    CorrectionError,
    FetchError,
    FootnoteError,
    QuestionSetError,
    SettingError,
    SourceError,
    SourceMissing,
)
from settings import ROOT, Settings, read_settings

if TYPE_CHECKING:
    from datetime import date

    from chat.answer import Answer
    from chat.answering import Answerer
    from index.gathering import Choose, Gathering
    from index.library import Library
    from index.values import AddReport, Hit, Listed, Progress
    from ingest.listing import Entry, Listing
    from ingest.sources import Source

log = logging.getLogger("footnote")

EXAMPLES = (  # a figure, another one, one from the Word file, and one that is honestly declined
    "What was China's AI healthcare market worth in 2023?",
    "How much of its GDP does South Korea spend on research and development?",
    "Which data laws must a foreign company obey in China?",
    "How big is the AI healthcare market of Singapore?",
)
CALIBRATION = ROOT / "models" / "confidence" / "confidence.json"
SHOWN_ENTRIES = 200  # of a feed or sitemap, on a terminal
_SYNCED = ("dropbox", "onedrive", "icloud", "google drive", "googledrive", "nextcloud", "syncthing")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code: 0 done, 1 an error that was told, 2 wrong usage."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    parsed = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO if parsed.verbose else logging.WARNING, format="%(message)s")
    if not parsed.verbose:
        for name in ("pypdf", "trafilatura", "sentence_transformers", "transformers", "httpx"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        settings = read_settings()
        if parsed.library is not None:
            settings = replace(settings, library=Path(parsed.library).expanduser())
        return int(parsed.run(parsed, replace(settings, library=settings.library.absolute())))
    except FootnoteError as error:
        _tell(f"footnote: {_one_line(str(error))}")
        return 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader of our output has gone
        return 1
    except KeyboardInterrupt:
        _tell("footnote: stopped; what was done so far is kept, and the same command goes on from there")
        return 130


# Commands -----------------------------------------------------------------------------------------------------------


def _chat(parsed: argparse.Namespace, settings: Settings) -> int:
    from chat.interface.server import listen, serve

    listen(parsed.host, parsed.port).close()  # a wrong host or a taken port is told before the library is filled
    from chat.interface.library_backend import LibraryBackend
    from ingest.web import fetch

    with _library(settings, parsed) as library:
        _fill(library, settings, parsed, always=True)
        _renew(library)
        answerer = _answerer(library, settings)
        _tell("Loading the model …")
        library.warm_up()
        answerer.ask(EXAMPLES[0])
        sets = [("The articles that come with Footnote", ROOT / "corpus" / "questions.jsonl")]
        backend = LibraryBackend(
            library, answerer, fetch, question_sets=[] if _is_apart(library) else sets, examples=EXAMPLES
        )
        with closing(backend):
            serve(
                backend,
                parsed.host,
                parsed.port,
                on_ready=lambda url: _tell(f"Footnote answers on {url} (Ctrl-C stops)"),
            )
    return 0


def _ask(parsed: argparse.Namespace, settings: Settings) -> int:
    from index.where import parse_where

    where = parse_where(parsed.where)
    with _exporting(parsed.export) as export, _library(settings, parsed) as library:
        _fill(library, settings, parsed)
        answerer = _answerer(library, settings)
        if parsed.batch is None:
            answer = answerer.ask(
                parsed.question, after=parsed.after, as_written=parsed.as_written, k=parsed.k, where=where
            )
            _out(json.dumps(answer.to_json(), ensure_ascii=False) if parsed.json else _answer_text(answer))
            export([answer])
            return 0
        answers: list[Answer] = []
        for question, after in _questions(parsed.batch):
            earlier = [*parsed.after, *after]
            answer = answerer.ask(question, after=earlier, as_written=parsed.as_written, k=parsed.k, where=where)
            _out(json.dumps(answer.to_json(), ensure_ascii=False) if parsed.json else _answer_text(answer) + "\n")
            if parsed.export is not None:
                answers.append(answer)
        export(answers, one=False)
    return 0


@contextmanager
def _exporting(name: str | None) -> "Iterator[Callable[..., None]]":
    """A function that writes answers to the file `name`, which is checked before any is made; it does nothing without.

    `one` says that a single answer is no conversation of one.
    """
    if name is None:
        yield lambda *_, **__: None
        return
    from datetime import date

    from chat.export import FORMATS, Asked, export, new_file

    path = Path(name)
    with new_file(path, FORMATS) as write:

        def export_all(answers: "Sequence[Answer]", *, one: bool = True) -> None:
            turns = [Asked(answer.question, answer) for answer in answers]
            write(export(turns, path.suffix.lower(), made=date.today(), one=one))

        yield export_all


def _grid(parsed: argparse.Namespace, settings: Settings) -> int:
    from index.where import parse_where

    if not parsed.articles and not parsed.where:
        raise SettingError("grid: say which articles, as in: grid questions.txt all --out grid.xlsx; or give --where")
    where = parse_where(parsed.where)
    from chat.export import new_file
    from chat.grid import FORMATS, grid_bytes, make_grid, parse_questions

    questions = parse_questions(
        _read_text(parsed.questions), parsed.questions, json_lines=parsed.questions.lower().endswith(".jsonl")
    )
    path = Path(parsed.out)
    try:
        with new_file(path, FORMATS) as write, _library(settings, parsed) as library:
            _fill(library, settings, parsed)
            articles = library.find(parsed.articles, where)
            answerer = _answerer(library, settings)
            with _counted("Asking", unit=" cells") as on_count:
                done = iter(range(1, len(questions) * len(articles) + 1))
                grid = make_grid(
                    questions,
                    articles,
                    answerer,
                    library.article,
                    on_cell=lambda *_: on_count(next(done), len(questions) * len(articles)),
                )
            write(grid_bytes(grid, path.suffix.lower()))
    except KeyboardInterrupt:
        _tell(f"footnote: stopped; {path} was not written")
        return 130
    counts = {"questions": len(questions), "articles": len(articles), "answered": grid.answered, "out": str(path)}
    if parsed.json:
        _out(json.dumps(counts | {"grid": grid.to_json()}, ensure_ascii=False))
    else:
        blank = len(questions) * len(articles) - grid.answered
        _out(f"{path}: {len(questions)} questions, {len(articles)} articles; {grid.answered} answered, {blank} blank")
    return 0


def _read_text(name: str) -> str:
    """A text file's content, or that of standard input for "-"."""
    try:
        data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        return data.decode("utf-8-sig")
    except OSError as error:
        raise SettingError(f"{name}: cannot be read ({error.strerror}); check the path") from None
    except UnicodeDecodeError:
        raise SettingError(f"{name}: is no text in UTF-8; save it as plain text with one question a line") from None


def _search(parsed: argparse.Namespace, settings: Settings) -> int:
    from index.values import Method
    from index.where import parse_where

    where = parse_where(parsed.where)
    with _library(settings, parsed) as library:
        _fill(library, settings, parsed)
        answerer = _answerer(library, settings) if parsed.rerank else None
        queries = [parsed.query] if parsed.batch is None else (question for question, _ in _questions(parsed.batch))
        for query in queries:
            if answerer is not None:
                found = answerer.rerank(query, k=parsed.k, where=where)
            else:
                found = library.search(query, k=parsed.k, where=where, method=Method(parsed.method))
            if parsed.json:
                shape = {
                    "query": query,
                    "passages": [hit.to_json() for hit in found.hits],
                    "milliseconds": dict(found.milliseconds),
                    "notes": list(found.preference.notes),
                }
                _out(json.dumps(shape, ensure_ascii=False))
            else:
                _out("\n\n".join(_hit_text(i, hit) for i, hit in enumerate(found.hits, 1)) or "Nothing was found.")
    return 0


def _add(parsed: argparse.Namespace, settings: Settings) -> int:
    if parsed.watch:
        return _watch(parsed, settings)
    with _library(settings, parsed) as library:
        if not parsed.paths:
            _check_not_apart(library, parsed)
            report = _follow(library, settings) + _renew(library)
        else:
            from index.gathering import Gathering, expected
            from ingest.web import fetch

            _fill(library, settings, parsed)
            gathering = Gathering(library, fetch, relative_to=ROOT, choose=_chooser(parsed))
            total, size = expected(parsed.paths)
            with _progress("Adding") as on_progress:
                report = library.add(
                    _with_password(gathering.sources(parsed.paths), parsed.password),
                    total=total,
                    size=size,
                    on_progress=on_progress,
                )
            report = replace(report, listed=tuple(gathering.listed))
            if parsed.password is None and sys.stdin.isatty() and sys.stderr.isatty():
                report = _add_with_passwords(library, report, gathering, parsed.paths)
        _out(json.dumps(report.to_json(), ensure_ascii=False) if parsed.json else _report_text(report))
        for failure in report.failed:
            _tell(f"footnote: {_one_line(f'{failure.source}: {failure.error}')}")
        return 1 if report.failed else 0


def _with_password(sources: "Iterable[Source | SourceError]", password: str | None) -> "Iterator[Source | SourceError]":
    for source in sources:
        yield source if isinstance(source, SourceError) else replace(source, password=password)


def _add_with_passwords(
    library: "Library", report: "AddReport", gathering: "Gathering", arguments: Sequence[str]
) -> "AddReport":
    """Ask for the passwords of the files that need one, three times at most, and add these; Enter leaves a file out."""
    locked = {each.source for each in report.failed if each.needs_password}
    if not locked:
        return report
    from ingest.sources import is_address

    again = [each for each in arguments if not is_address(each) or each in locked]  # pages are not fetched twice
    for source in gathering.sources(again):
        if isinstance(source, SourceError) or source.name not in locked:
            continue
        for _ in range(3):
            password = getpass.getpass(f"Password of {source.name} (Enter leaves it out): ", stream=sys.stderr)
            if not password:
                break
            opened = library.add([replace(source, password=password)])
            if not any(each.needs_password for each in opened.failed):
                rest = tuple(each for each in report.failed if each.source != source.name)
                report = replace(report, failed=rest) + opened
                break
    return report


def _chooser(parsed: argparse.Namespace) -> "Choose | None":
    """What --all and --choose take of a feed or sitemap."""
    if not parsed.all and parsed.choose is None:
        return None

    def choose(listing: "Listing") -> "Sequence[Entry]":
        if parsed.all:
            return listing.entries
        beyond = [number for number in parsed.choose if number > len(listing.entries)]
        if beyond:
            raise FetchError(listing.address, f"lists {len(listing.entries)} pages, so there is no number {beyond[0]}")
        return [listing.entries[number - 1] for number in parsed.choose]

    return choose


def _watch(parsed: argparse.Namespace, settings: Settings) -> int:
    """Follow folders until Ctrl-C, and print each change as it happens."""
    from index.following import Following
    from index.watching import watch

    folders = [Path(each).expanduser() for each in parsed.paths] or [settings.corpus]
    for folder in folders:
        if not folder.is_dir():
            raise SourceMissing(str(folder), "there is no such folder to watch; check the path")

    def on_change(progress: "Progress") -> None:
        detail = _one_line(progress.detail)
        if parsed.json:
            shape = {"outcome": progress.outcome, "source": progress.source, "detail": detail}
            _out(json.dumps(shape, ensure_ascii=False))
        else:
            _out(f"{progress.outcome:9} {progress.source}{f': {detail}' if detail else ''}")

    with _library(settings, parsed) as library:
        if not parsed.paths:
            _check_not_apart(library, parsed)
        _fill(library, settings, parsed)
        _renew(library)
        followings = [
            Following(library, each, relative_to=ROOT, drop_folder=each.resolve() == settings.corpus.resolve())
            for each in folders
        ]
        _tell(f"Watching {', '.join(map(str, folders))} (Ctrl-C stops)")
        try:
            watch(followings, on_change)
        except KeyboardInterrupt:
            _tell("Stopped watching; what was done so far is kept.")
    return 0


def _list(parsed: argparse.Namespace, settings: Settings) -> int:
    with _library(settings, parsed) as library:
        _fill(library, settings, parsed)
        articles = library.articles()
    if parsed.json:
        _out(json.dumps([article.to_json() for article in articles], ensure_ascii=False))
        return 0
    for article in articles:
        date = "" if article.published is None else article.published.isoformat()
        pages = "" if article.pages is None else f"{article.pages} pages"
        counts = f"{pages:>10}  {article.passages:>5} passages"
        _out(f"{article.article_id}  {date:10}  {counts}  {article.title}  ({article.source})")
    _out(f"{len(articles)} articles" if len(articles) != 1 else "1 article")
    return 0


def _show(parsed: argparse.Namespace, settings: Settings) -> int:
    with _library(settings, parsed) as library:
        _fill(library, settings, parsed)
        stored = library.article(parsed.article)
    article = stored.article
    if parsed.json:
        shape = {
            "article_id": article.article_id,
            "title": article.title,
            "source": article.source,
            "published": None if article.published is None else article.published.isoformat(),
            "facts": dict(article.facts),
            "origins": dict(article.origins),
            "corrections": [each.to_json() for each in stored.corrections],
            "sha256": article.sha256,
            "text_sha256": stored.text_sha256,
            "text": article.text,
            "pages": article.pages,
        }
        _out(json.dumps(shape, ensure_ascii=False))
        return 0
    _out(f"{article.title}\n{article.source}\n{_facts_text(article.published, article.facts, article.origins)}")
    _out(article.text)
    return 0


def _correct(parsed: argparse.Namespace, settings: Settings) -> int:
    changes: dict[str, str | None] = {}
    for each in [] if parsed.undo else parsed.facts:
        key, found, value = each.partition("=")
        if not found:
            raise CorrectionError(f"{each}: write key=value, as in period='2023 Q3'; key= says that there is none")
        changes[key] = value
    if not parsed.undo and not changes:
        raise CorrectionError(f"{parsed.article}: say what to correct, as in company='Acme Inc.', or give --undo")
    with _library(settings, parsed) as library:
        _fill(library, settings, parsed)
        summary = library.correct(parsed.article, changes, undo=parsed.facts if parsed.undo else None)
        library.recut(summary.article_id)
        corrections = library.corrections(summary.article_id)
    if parsed.json:
        _out(
            json.dumps(
                {**summary.to_json(), "corrections": [each.to_json() for each in corrections]}, ensure_ascii=False
            )
        )
        return 0
    _out(
        f"{summary.title}\n{summary.source}\n{_facts_text(summary.published, summary.facts, summary.origins)}".rstrip()
    )
    return 0


def _remove(parsed: argparse.Namespace, settings: Settings) -> int:
    with _library(settings, parsed) as library:
        _fill(library, settings, parsed)
        report = library.remove(parsed.articles)
    if parsed.json:
        _out(json.dumps(report.to_json(), ensure_ascii=False))
    else:
        _out(f"removed {len(report.removed)}")
    for failure in report.failed:
        _tell(f"footnote: {_one_line(failure.error)}")
    return 1 if report.failed else 0


def _evaluate(parsed: argparse.Namespace, settings: Settings) -> int:
    from evaluation import (
        LibraryEngine,
        check_gate,
        evaluate,
        html_report,
        load_beir,
        load_questions,
        parse_gates,
        parse_method,
    )

    path = Path(parsed.set)
    parse_gates(parsed.min)
    methods = parsed.compare.split(",") if parsed.compare else ["fused"]
    methods = [parse_method(each.strip()).value for each in methods]
    if parsed.compare and len(set(methods)) < 2:
        raise SettingError(f"--compare {parsed.compare}: name at least two ways to search, as in --compare fused,words")
    if path.is_dir():
        questions = load_beir(path)
        digest = hashlib.sha1(str(path.resolve()).encode()).hexdigest()[:8]
        own = replace(settings, library=settings.library / "evaluations" / f"{path.name}-{digest}")
        opened = _library(own, parsed, empty=True)
    else:
        if not path.is_file():
            raise QuestionSetError(f"{path}: there is no such question set; name a .jsonl file or a BEIR folder")
        questions = None
        opened = _library(settings, parsed)
    with opened as library:
        if questions is None:
            _fill(library, settings, parsed)
            questions = load_questions(path, library)
        elif questions.corpus is not None:
            _fill_from(library, questions.corpus)
        engine = LibraryEngine(library, _answerer(library, settings))
        with _counted("Evaluating") as on_count:
            report = evaluate(questions, engine, methods=methods, ask=not parsed.no_ask, on_progress=on_count)
        failures = check_gate(report, parsed.min)
        target = Path(parsed.report) if parsed.report else settings.library / "evaluations" / f"{path.stem}.html"
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(html_report(report), encoding="utf-8")
        except OSError as error:
            raise SettingError(
                f"{target}: the report cannot be written ({error.strerror}); choose a place with --report"
            ) from None
    _out(json.dumps(report.to_json(), ensure_ascii=False) if parsed.json else _measures_text(report))
    _tell(f"Report: {target}")
    for failure in failures:
        _tell(f"footnote: {failure}")
    return 1 if failures else 0


def _verify(parsed: argparse.Namespace, settings: Settings) -> int:
    with _library(settings, parsed) as library:
        if parsed.file is None:
            problems = library.verify()
            articles = library.articles()
            checked: dict[str, int] = {
                "articles": len(articles),
                "passages": sum(article.passages for article in articles),
            }
            rows: list[dict[str, Any]] = [{"what": each.what, "where": each.where} for each in problems]
        else:
            from chat.proof import check_export

            checked, rows = check_export(Path(parsed.file), library.article)
    if parsed.json:
        _out(json.dumps({"ok": not rows, "checked": checked, "problems": rows}, ensure_ascii=False))
    else:
        for row in rows:
            _out(f"{row['where']}: {row['what']}")
        counted = ", ".join(f"{count} {name}" for name, count in checked.items())
        _out(f"{'Everything agrees' if not rows else f'{len(rows)} problems'}: {counted} checked.")
    if rows:
        _tell(f"footnote: problems found: {len(rows)}, the first in {_one_line(rows[0]['where'])}")
    return 1 if rows else 0


# Wiring -------------------------------------------------------------------------------------------------------------


@contextmanager
def _library(settings: Settings, parsed: argparse.Namespace, *, empty: bool = False) -> "Iterator[Library]":
    """The library that the settings name, open."""
    from chat.routing import Router
    from chat.terms import asks_for_furniture
    from index.embedder import SentenceEmbedder
    from index.library import Library, SearchSettings
    from ingest.passages import PassageSettings

    folder = settings.library
    synced = next((name for name in _SYNCED if name in str(folder).lower()), None)
    if synced is not None:
        _tell(f"footnote: {folder} looks like a synced folder ({synced}); a library is safe on a local disk only")
    embedder = SentenceEmbedder(
        settings.embedder,
        number_type=settings.number_type,
        threads=settings.threads or None,
        cache=Path(sys.prefix) / "footnote-machine.json",  # beside what was installed: it is the machine that counts
    )
    library = Library(
        folder,
        embedder,
        passages=PassageSettings(heading_pieces=settings.heading_pieces, text_pieces=settings.passage_pieces),
        search=SearchSettings(depth=settings.depth, dense_weight=settings.dense_weight),
        workers=settings.workers,
        batch_passages=settings.batch_passages,
        ocr_language=settings.ocr_language,
        asks_for_furniture=asks_for_furniture,
        prefer=Router(),
    )
    try:
        if (parsed.empty or empty) and not _is_apart(library):
            library.set_property("apart", "1")
        yield library
    finally:
        library.close()


def _answerer(library: "Library", settings: Settings) -> "Answerer":
    from chat.answering import Answerer, AnswerSettings
    from chat.confidence import load_calibration
    from chat.readers import make_reader

    reader = make_reader(library, settings.reader)
    calibration = load_calibration(CALIBRATION, reader.identity)
    return Answerer(library, reader, AnswerSettings(threshold=settings.threshold), calibration)


def _is_apart(library: "Library") -> bool:
    return library.property("apart") == "1"


def _check_not_apart(library: "Library", parsed: argparse.Namespace) -> None:
    if _is_apart(library) or parsed.empty:
        raise SettingError(
            "add: this library is kept apart from the drop folder (--empty); name what to add: add report.pdf"
        )


def _fill(library: "Library", settings: Settings, parsed: argparse.Namespace, *, always: bool = False) -> None:
    """Fill a new library from the drop folder; `always` has an old one follow it, too."""
    if _is_apart(library) or (not always and library.property("filled") == "1"):
        return
    report = _follow(library, settings)
    for failure in report.failed:
        _tell(f"footnote: {_one_line(f'{failure.source}: {failure.error}')}")


def _follow(library: "Library", settings: Settings) -> "AddReport":
    from index.following import follow

    with _progress("Reading the drop folder") as on_progress:
        report = follow(library, settings.corpus, relative_to=ROOT, on_progress=on_progress)
    library.set_property("filled", "1")
    return report


def _fill_from(library: "Library", corpus: Path) -> None:
    from ingest.sources import find_sources

    with _progress("Adding the set's own articles") as on_progress:
        report = library.add(find_sources(corpus), on_progress=on_progress)
    if report.failed:
        raise QuestionSetError(
            f"{corpus}: {len(report.failed)} articles could not be added, first {report.failed[0].source}"
        )


def _renew(library: "Library") -> "AddReport":
    """Read articles again that another parser, passage size or model made."""
    from index.values import AddReport

    if not library.outdated():
        return AddReport()
    with _progress("Bringing articles up to date") as on_progress:
        return library.renew(on_progress=on_progress)


def _questions(batch: str) -> Iterator[tuple[str, list[str]]]:
    """Questions of a batch, one a line: plain text, or {"question": …, "after": […]}."""
    try:
        stream: TextIO = sys.stdin
        if batch != "-":
            stream = open(batch, encoding="utf-8", errors="replace", newline="\n")  # noqa: SIM115 (read lazily)
    except OSError as error:
        raise SettingError(f"{batch}: cannot be read ({error.strerror})") from None
    if batch == "-" and hasattr(stream, "reconfigure"):
        stream.reconfigure(encoding="utf-8", errors="replace", newline="\n")
    for number, line in enumerate(stream):
        text = line.removesuffix("\n").removesuffix("\r")
        if number == 0:
            text = text.removeprefix("\ufeff")
        try:
            row = json.loads(text) if text.lstrip().startswith("{") else None
        except ValueError:
            row = None
        if isinstance(row, dict) and isinstance(row.get("question"), str):
            after = row.get("after") or []
            yield row["question"], [str(each) for each in after] if isinstance(after, list) else []
        else:
            yield text, []


# Printing -----------------------------------------------------------------------------------------------------------


def _out(text: str) -> None:
    print(text, flush=True)


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _one_line(text: str) -> str:
    return " ".join(text.split())


@contextmanager
def _progress(title: str) -> "Iterator[Callable[[Progress], None]]":
    """A bar on a terminal, with the file under way and the time that is left; nothing elsewhere."""
    from tqdm import tqdm

    from index.pace import duration

    shape = "{desc}: {n_fmt} of {total_fmt} |{bar:24}| {elapsed}{postfix}"
    with tqdm(desc=title, bar_format=shape, disable=not sys.stderr.isatty(), leave=False) as bar:

        def on_progress(progress: "Progress") -> None:
            bar.total = progress.total
            left = "" if not progress.remaining else f"about {duration(progress.remaining)} left, "
            bar.set_postfix_str(f"{left}{progress.outcome} {Path(progress.source).name[-40:]}", refresh=False)
            bar.n = progress.done
            bar.refresh()

        yield on_progress


@contextmanager
def _counted(title: str, unit: str = " questions") -> Iterator[Callable[[int, int], None]]:
    from tqdm import tqdm

    with tqdm(desc=title, unit=unit, disable=not sys.stderr.isatty(), leave=False) as bar:

        def on_count(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield on_count


def _answer_text(answer: "Answer") -> str:
    from chat.answer import percent_of

    understood = (
        f"Understood as: {answer.understood} (--as-written takes it as it stands)\n" if answer.completed else ""
    )
    if not answer.answered:
        lines = [understood + answer.explanation]
        lines += [f"  closest: {_place(each.title, each.section, each.page)}" for each in answer.passages[:3]]
        return "\n".join(lines)
    lines = [understood + (_table_text(answer).rstrip("\n") or answer.text or "")]
    for number, quote in enumerate(answer.quotes, 1):
        read_as = [" › ".join(quote.labels), " | ".join(filter(None, quote.column or quote.columns)), quote.unit]
        columns = f"\n    ({'; '.join(filter(None, read_as))})" if any(read_as) else ""
        date = "" if quote.published is None else f" · {quote.published.isoformat()}"
        lines.append(
            f'\n[{number}] "{quote.text}"{columns}\n    {_place(quote.title, quote.section, quote.page)}{date}'
        )
    for told in answer.disagreements:
        lines.append(f"\n{'The article gives' if told.articles == 1 else 'Sources give'} different values:")
        for value in told.values:
            quote = value.quote
            note = f" ({value.note})" if value.note else ""
            date = f", {quote.published.isoformat()}" if quote.published else ""
            lines.append(
                f'  {value.text}{note}: "{quote.text}"\n    {_place(quote.title, quote.section, quote.page)}{date}'
            )
    lines += [f"\nNo answer to {part.label}: {part.explanation}" for part in answer.parts if part.reason is not None]
    lines += [f"\n{note}" for note in answer.notes]
    if answer.confidence is not None:
        lines.append(f"\nRight with a probability of {percent_of(answer.confidence)} in 100.")
    return "\n".join(lines)


def _table_text(answer: "Answer") -> str:
    """A comparison in columns, each cell with the numbers of its quotes; "" where there is none."""
    table = answer.table
    if table is None:
        return ""
    lines = [["", *table.columns]] if any(table.columns) else []
    for row, numbers in zip(table.rows, table.cells, strict=True):
        cells = []
        for number in numbers:
            part = None if number is None else answer.parts[number]
            signs = "" if part is None else "".join(f"[{quote + 1}]" for quote in part.quotes)
            text = "" if part is None else part.text or f"({(part.reason or '').replace('_', ' ')})"
            cells.append(f"{' '.join(text.split())} {signs}".strip())
        lines.append([row, *cells])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "".join("  ".join(map(str.ljust, line, widths)).rstrip() + "\n" for line in lines)


def _facts_text(published: "date | None", facts: Mapping[str, str], origins: Mapping[str, str]) -> str:
    """A line for each fact, with where it was found."""
    shown = {} if published is None else {"published": published.isoformat()}
    return "".join(
        f"{key}: {value}{f'  ({origins[key]})' if key in origins else ''}\n"
        for key, value in {**shown, **facts}.items()
    )


def _hit_text(number: int, hit: "Hit") -> str:
    return f"{number}. {_place(hit.title, hit.section, hit.page)}\n   {' '.join(hit.text.split())[:300]}"


def _place(title: str, section: str, page: int | None) -> str:
    return " · ".join(each for each in (title, section, "" if page is None else f"page {page}") if each)


def _list_text(listed: "Listed") -> str:
    """A feed or sitemap to choose from."""
    listing = listed.listing
    lines = [f"{listing.title} ({listing.address}) lists {len(listing.entries)} pages:"]
    for number, each in enumerate(listing.entries[:SHOWN_ENTRIES], 1):
        date = "" if each.published is None else each.published.isoformat()
        held = " (in the library)" if each.address in listed.held else ""
        lines.append(f"{number:>5}  {date:10}  {' '.join(filter(None, (each.title, each.address)))}{held}")
    if len(listing.entries) > SHOWN_ENTRIES:
        lines.append(f"       … and {len(listing.entries) - SHOWN_ENTRIES} more; --json lists them all")
    if listing.left_out:
        lines.append(f"       {listing.left_out} more are beyond what is listed; name their own sitemap or page")
    lines.append("Nothing of it was added: repeat the command with --all, or with --choose and numbers, as in 1,3-5")
    return "\n".join(lines)


def _report_text(report: "AddReport") -> str:
    counts = {
        "added": report.added,
        "replaced": report.replaced,
        "unchanged": report.unchanged,
        "removed": report.removed,
        "duplicates": report.duplicates,
        "failed": report.failed,
    }
    counted = ", ".join(f"{len(items)} {name}" for name, items in counts.items() if items)
    lines = [_list_text(each) for each in report.listed]
    if counted or not lines:
        lines.append(counted or "nothing to add")
    lines += [f"  {source}: the same as {same_as}, which is in the library" for source, same_as in report.duplicates]
    return "\n".join(lines)


def _measures_text(report: Any) -> str:
    shape = report.to_json()
    lines = [f"{shape['set']}: {shape['questions']} questions"]
    for name, value in shape["measures"].items():
        lines.append(f"  {name:20} {value['mean']:.3f}  [{value['low']:.3f}, {value['high']:.3f}]")
    for pair, measures in shape.get("compared", {}).items():
        lines.append(f"{pair}:")
        for name, each in measures.items():
            lines.append(
                f"  {name:20} {each['difference']:+.3f}  [{each['low']:+.3f}, {each['high']:+.3f}]  p={each['p']:.3f}"
            )
    return "\n".join(lines)


# Parsing ------------------------------------------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="app.py",
        description="Footnote answers questions from your own articles, in their own words, with citations.",
    )
    _global_options(parser, default=None, flag=False)
    parser.set_defaults(run=_chat, host="127.0.0.1", port=7860)
    common = argparse.ArgumentParser(add_help=False)
    _global_options(common, default=argparse.SUPPRESS, flag=argparse.SUPPRESS)
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND")

    def verb(name: str, run: Callable[[argparse.Namespace, Settings], int], text: str) -> argparse.ArgumentParser:
        made = verbs.add_parser(name, parents=[common], help=text, description=text)
        made.set_defaults(run=run)
        return made

    chat = verb("chat", _chat, "open the web chat (the default)")
    chat.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    chat.add_argument("--port", type=int, default=7860, help="port (default 7860)")

    ask = verb("ask", _ask, "answer a question with quotes")
    _one_or_batch(ask, "question")
    ask.add_argument(
        "--after", action="append", default=[], metavar="QUESTION", help="an earlier question, oldest first"
    )
    ask.add_argument("--as-written", action="store_true", help="take nothing from earlier questions")
    ask.add_argument(
        "--export", metavar="FILE.md|csv|json", help="write the answer with its citations to this file, too"
    )
    _listing(ask)

    grid = verb("grid", _grid, "put every question to every article: a quote, or why there is none, in each cell")
    grid.add_argument(
        "questions", metavar="QUESTIONS", help="a file with one question a line, or .jsonl; - reads input"
    )
    grid.add_argument(
        "articles", nargs="*", metavar="ARTICLE", help="ids, titles, sources, folders, patterns as *.pdf, or all"
    )
    grid.add_argument("--out", required=True, metavar="FILE.xlsx|csv|json", help="where to write the grid")
    _where_option(grid)
    _json_option(grid)

    search = verb("search", _search, "find passages")
    _one_or_batch(search, "query")
    way = search.add_mutually_exclusive_group()  # reranking starts from the fused ranking
    way.add_argument(
        "--rerank", action="store_true", help="order the first 30 passages by their scores and the reader's relevance"
    )
    way.add_argument(
        "--method", choices=["fused", "reciprocal", "vectors", "words"], default="fused", help="default fused"
    )
    _listing(search)

    add = verb("add", _add, "add files, folders, addresses or .jsonl rows; without any, follow the drop folder corpus/")
    add.add_argument("paths", nargs="*", metavar="PATH|URL|FOLDER|FILE.jsonl")
    chosen = add.add_mutually_exclusive_group()
    chosen.add_argument("--all", action="store_true", help="add all pages that a feed or sitemap lists")
    chosen.add_argument(
        "--choose", type=_numbers, metavar="1,3-5", help="add these of them; without either they are only listed"
    )
    add.add_argument("--password", help="what opens protected PDF files; kept nowhere (asked for when it is left out)")
    add.add_argument("--watch", action="store_true", help="keep following these folders (or corpus/) until Ctrl-C")
    _json_option(add)

    _json_option(verb("list", _list, "list what the library holds"))

    show = verb("show", _show, "show one article's text and facts")
    show.add_argument("article", metavar="ARTICLE", help="its id, source, file name or title")
    _json_option(show)

    remove = verb("remove", _remove, "take articles out")
    remove.add_argument("articles", nargs="+", metavar="ARTICLE")
    _json_option(remove)

    correct = verb("correct", _correct, "correct what the library says of an article: its title, date and facts")
    correct.add_argument("article", metavar="ARTICLE", help="its id, source, file name or title")
    correct.add_argument("facts", nargs="*", metavar="KEY=VALUE", help="title, published or a fact; KEY= removes it")
    correct.add_argument("--undo", action="store_true", help="restore what was found: of the KEYs given, or of all")
    _json_option(correct)

    evaluate = verb("evaluate", _evaluate, "measure retrieval and answers on a question set")
    evaluate.add_argument("set", metavar="SET", help="a .jsonl file of questions, or a folder in BEIR layout")
    evaluate.add_argument(
        "--compare", metavar="A,B", help="ways to search, compared: fused, reciprocal, vectors, words"
    )
    evaluate.add_argument(
        "--min",
        action="append",
        default=[],
        metavar="MEASURE=X",
        help="fail (exit 1) below this; of risk, ece and the like above it",
    )
    evaluate.add_argument("--report", metavar="FILE.html", help="where to write the report")
    evaluate.add_argument("--no-ask", action="store_true", help="measure retrieval only")
    _json_option(evaluate)

    verify = verb("verify", _verify, "check the library, or the quotes of an exported answer")
    verify.add_argument(
        "file", nargs="?", metavar="FILE", help="what `ask --json`, `ask --export`, `grid` or the page wrote"
    )
    _json_option(verify)
    return parser


def _global_options(parser: argparse.ArgumentParser, *, default: Any, flag: Any) -> None:
    """Accepted before and behind the verb; behind it only what is given counts, so that it does not undo the first."""
    parser.add_argument(
        "--library", default=default, metavar="DIR", help="folder for all that is written (or FOOTNOTE_LIBRARY)"
    )
    parser.add_argument(
        "--empty", action="store_true", default=flag, help="keep this library apart from corpus/ for good"
    )
    parser.add_argument("--verbose", action="store_true", default=flag, help="say more on standard error")


def _one_or_batch(parser: argparse.ArgumentParser, name: str) -> None:
    one = parser.add_mutually_exclusive_group(required=True)
    one.add_argument(name, nargs="?", metavar=name.upper())
    one.add_argument("--batch", metavar="FILE|-", help=f"one {name} a line; - reads standard input")


def _listing(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--k", type=_count, default=10, help="how many passages are listed (default 10)")
    _where_option(parser)
    _json_option(parser)


def _where_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--where",
        action="append",
        default=[],
        metavar="EXPR",
        help="key=value, !=, <=, >= on facts, source, title and published; the same key twice means either",
    )


def _json_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON and nothing else")


def _numbers(text: str) -> list[int]:
    """ "1,3-5" as 1, 3, 4, 5; each once, in the order given."""
    numbers: dict[int, None] = {}
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,6})\s*(?:-\s*(\d{1,6})\s*)?", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
        if not 1 <= first <= last:
            raise argparse.ArgumentTypeError(f"{text!r} must be numbers and ranges from 1 on, as in 1,3-5")
        numbers |= dict.fromkeys(range(first, last + 1))
    return list(numbers)


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


if __name__ == "__main__":
    sys.exit(main())
