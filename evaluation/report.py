"""A report as one HTML file that needs nothing else: no script, no other host, light or dark as the reader's system is.

Everything that comes from articles, questions or answers is escaped. `evaluation/plots.py` draws.
"""

from collections.abc import Mapping, Sequence

from evaluation.answers import LOWER_IS_BETTER
from evaluation.gate import MEANINGS
from evaluation.intervals import Difference, Interval
from evaluation.plots import clean, kinds_svg, recall_svg, reliability_svg, risk_coverage_svg
from evaluation.running import Ranking, Report, Row

ROWS_SHOWN = 500  # more would make a file that browsers open slowly; CSV and JSON hold every row
PASSAGE_SHOWN = 700  # characters of a passage

_KIND_COLUMNS = ("ndcg@10", "recall@5", "mrr@10", "quote@1", "quote@3", "right", "token_f1", "silence", "false_silence")

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2126; --muted: #565d66; --line: #d9d5cc; --ground: #fbfaf7; --card: #fff;
  --good: #1d6b3a; --bad: #a3341c; --mark: #fff1b8; }
@media (prefers-color-scheme: dark) { :root { --ink: #e9e6df; --muted: #a9b0b8; --line: #3a424b; --ground: #15191e;
  --card: #1c2127; --good: #7fd19b; --bad: #f09a84; --mark: #4d4217; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem 1rem 4rem; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; } h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; }
.muted { color: var(--muted); } .good { color: var(--good); } .bad { color: var(--bad); }
.scroll { overflow-x: auto; } .scroll:focus-visible { outline: 2px solid; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; overflow-wrap: normal; }
caption { text-align: left; color: var(--muted); padding-bottom: .3rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid var(--line); }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
svg { width: 100%; max-width: 44rem; height: auto; background: var(--card); border: 1px solid var(--line); }
details { margin-top: .3rem; font-weight: 400; min-width: 15rem; } details[open] { min-width: min(28rem, 80vw); }
summary { cursor: pointer; } td:not(.n) { min-width: 9rem; }
blockquote { margin: .4rem 0; padding: .3rem .7rem; border-left: 3px solid var(--line); white-space: pre-wrap; }
blockquote.found { border-color: var(--good); background: var(--mark); }
""".strip()


def html_report(report: Report) -> str:
    """The report as a whole HTML document: measures, plots, comparison, kinds and questions, the worst first."""
    title = f"Evaluation of {report.set}"
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
            f"<title>{clean(title)}</title>\n<style>\n{_STYLE}\n</style>\n</head>\n<body>\n<main>",
            f"<h1>{clean(title)}</h1>",
            _summary(report),
            _section("Measures", _measures(report)),
            _section("Recall", recall_svg(report)),
            *([_section("Comparison", _compared(report))] if report.compared else []),
            *([_section("Confidence", _confidence(report))] if "ece" in report.measures else []),
            *([_section("By kind of question", kinds_svg(report) + _kinds(report))] if report.by_kind else []),
            _section("Questions", _questions(report)),
            _section("How it was measured", _settings(report)),
            "</main>\n</body>\n</html>\n",
        ]
    )


def _summary(report: Report) -> str:
    lines = [
        f"{report.questions} questions, library revision {report.revision}, "
        f"{clean(report.date.strftime('%d %B %Y, %H:%M %Z').strip(' ,'))}."
    ]
    if not report.complete:
        lines.append(f"Stopped early: {report.questions} of {report.total} questions were evaluated.")
    if report.failed:
        lines.append(f"{report.failed} questions met an error and count 0.")
    for verb, each in report.milliseconds.items():
        lines.append(
            f"{clean(verb.capitalize())}: {each.p50:g} ms for half of the questions, {each.p95:g} ms for 95 %."
        )
    return "".join(f'<p class="muted">{line}</p>' for line in lines)


def _section(title: str, body: str) -> str:
    return f"<section>\n<h2>{clean(title)}</h2>\n{body}\n</section>"


def _table(
    caption: str, head: Sequence[str], rows: Sequence[Sequence[str]], words: int = 1, *, last_words: bool = False
) -> str:
    """Cells are HTML. The first column names its row; from column `words` on stand figures, but words in the last."""

    def side(i: int) -> str:
        return "" if i < words or (last_words and i == len(head) - 1) else " class=n"

    columns = "".join(f'<th scope="col"{side(i)}>{clean(each)}</th>' for i, each in enumerate(head))
    body = "".join(
        "<tr>"
        + "".join(
            f'<th scope="row">{cell}</th>' if i == 0 else f"<td{side(i)}>{cell}</td>" for i, cell in enumerate(row)
        )
        + "</tr>\n"
        for row in rows
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{clean(caption)}"><table>'
        f"<caption>{clean(caption)}</caption><thead><tr>{columns}</tr></thead><tbody>\n{body}</tbody></table></div>"
    )


def _measures(report: Report) -> str:
    """All measures: the first method's and the answers', then retrieval of the other methods."""
    others = report.methods[1:]
    rows = [
        [
            clean(name),
            _interval(each),
            *(_interval(report.by_method[method].get(name)) for method in others),
            str(each.questions),
            clean(MEANINGS.get(name, "")),
        ]
        for name, each in report.measures.items()
    ]
    first = report.methods[0] if report.methods else ""
    caption = "Means over questions, with 95 % intervals"
    return _table(caption, ["Measure", first, *others, "Questions", "Meaning"], rows, last_words=True)


def _interval(each: Interval | None) -> str:
    if each is None:
        return "–"
    return f'{each.mean:.3f} <span class="muted">({each.low:.3f} to {each.high:.3f})</span>'


def _confidence(report: Report) -> str:
    return (
        "<p>On the dashed line, confidence is the share of right answers. An answer that was withheld as too doubtful "
        "counts with the confidence that it had; without any confidence a question comes last.</p>"
        + reliability_svg(report)
        + risk_coverage_svg(report)
    )


def _compared(report: Report) -> str:
    return "".join(
        _table(
            f"{pair}: difference of the means, first minus second",
            ["Measure", "Difference", "95 % interval", "p"],
            [[clean(name), *_difference(each)] for name, each in measures.items()],
        )
        for pair, measures in report.compared.items()
    )


def _difference(each: Difference) -> list[str]:
    sure = "" if each.low <= 0 <= each.high else "good" if each.difference > 0 else "bad"
    p = "&lt; 0.001" if each.p < 0.001 else f"{each.p:.3f}"
    return [
        f'<span class="{sure}">{_signed(each.difference)}</span>',
        f"{_signed(each.low)} to {_signed(each.high)}",
        p,
    ]


def _signed(value: float) -> str:
    shown = f"{value:+.3f}"
    return "0.000" if shown in ("+0.000", "-0.000") else shown


def _kinds(report: Report) -> str:
    names = [name for name in _KIND_COLUMNS if any(name in kind.measures for kind in report.by_kind.values())]
    rows = [
        [clean(kind), str(each.questions), *(_mean(each.measures, name) for name in names)]
        for kind, each in report.by_kind.items()
    ]
    return _table("Means by kind of question", ["Kind", "Questions", *names], rows)


def _mean(measures: Mapping[str, Interval], name: str) -> str:
    return f"{measures[name].mean:.3f}" if name in measures else "–"


def _questions(report: Report) -> str:
    """The worst first: wrong answers, then what was found last or not at all."""
    worst = sorted(report.rows, key=_badness, reverse=True)
    cells = [
        [
            clean(row.question) + _why(row),
            clean(row.kind),
            clean(row.text or "") if row.answered else clean(_silence(row)),
            _verdict(row),
            *(_rank(row, ranking) for ranking in row.rankings),
        ]
        for row in worst[:ROWS_SHOWN]
    ]
    ranks = [f"Rank, {method}" for method in report.methods]
    note = ""
    if len(report.rows) > ROWS_SHOWN:
        note = f'<p class="muted">The worst {ROWS_SHOWN} of {len(report.rows)}; CSV and JSON hold all.</p>'
    caption = "Every question, the worst first; the rank is where the first evidence was found"
    return note + _table(caption, ["Question", "Kind", "Answer", "Verdict", *ranks], cells, words=4)


def _badness(row: Row) -> tuple[float, float]:
    missed = bool(row.evidence or row.documents) and row.rank is None
    return row.measures.get("risk", 0.0) + (row.error is not None), 1e9 if missed else float(row.rank or 0)


def _silence(row: Row) -> str:
    if row.error is not None:
        return row.error
    return "" if row.answered is None else row.explanation or (row.reason or "not answered").replace("_", " ")


def _verdict(row: Row) -> str:
    if row.answered is None:
        return "failed" if row.error is not None else "not asked"
    if not row.answers:
        return (
            '<span class="bad">answered, should not be</span>' if row.answered else '<span class="good">silent</span>'
        )
    if not row.answered:
        return '<span class="bad">silent, should not be</span>'
    return '<span class="good">right</span>' if row.measures.get("right") else '<span class="bad">wrong</span>'


def _rank(row: Row, ranking: Ranking) -> str:
    if not row.evidence and not row.documents:
        return "–"
    return '<span class="bad">not found</span>' if ranking.rank is None else str(ranking.rank)


def _why(row: Row) -> str:
    """What was expected and what came first, to be opened."""
    parts: list[str] = []
    if row.after:
        parts.append(f"<p>Asked after: {clean(' / '.join(row.after))}</p>")
    if row.answers is not None:
        parts.append(f"<p>Expected: {clean(' / '.join(row.answers)) or 'no answer'}</p>")
    for evidence in row.evidence:
        where = f"{clean(evidence.article)}, characters {evidence.start} to {evidence.end}"
        parts.append(f'<p class="muted">Evidence in {where}</p><blockquote>{clean(evidence.text)}</blockquote>')
    if row.documents:
        parts.append(f"<p>Relevant articles: {clean(', '.join(row.documents))}</p>")
    for quote in row.quotes:
        parts.append(
            f'<p class="muted">Quoted from {clean(quote.title)}</p><blockquote>{clean(quote.text)}</blockquote>'
        )
    for ranking in row.rankings:
        parts.append(f"<p><strong>Found by {clean(ranking.method)}</strong></p>")
        if ranking.error is not None:
            parts.append(f'<p class="bad">{clean(ranking.error)}</p>')
        for each in ranking.passages:
            text = each.text if len(each.text) <= PASSAGE_SHOWN else each.text[:PASSAGE_SHOWN] + " […]"
            trace = ", ".join(
                f"{key.replace('_', ' ')} {value:.4g}" for key, value in each.trace.items() if value is not None
            )
            head = f"{each.rank}. {each.title}" + (f", page {each.page}" if each.page is not None else "")
            head += f"; score {each.score:.4g}" + (f" ({trace})" if trace else "")
            found = "; holds evidence" if each.relevant else ""
            parts.append(
                f'<p class="muted">{clean(head)}{found}</p>'
                f"<blockquote{' class=found' if each.relevant else ''}>{clean(text)}</blockquote>"
            )
    return f"<details><summary>Why</summary>{''.join(parts)}</details>"


def _settings(report: Report) -> str:
    lower = ", ".join(sorted(LOWER_IS_BETTER))
    return (
        "<p>A question without a result counts 0. Intervals are percentile bootstraps over questions; p is a two-sided "
        "randomisation test on pairs, not corrected for the number of comparisons. Higher is better, except for "
        f"{lower}.</p>"
        + _table(
            "Settings", ["Setting", "Value"], [[clean(k), clean(str(v))] for k, v in report.settings.items()], words=2
        )
    )


__all__ = ["html_report", "recall_svg"]
