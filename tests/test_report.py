"""The HTML report and its plots: whole, escaped, accessible, without other hosts."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from evaluation.intervals import Difference, Interval
from evaluation.plots import clean, kinds_svg, recall_svg
from evaluation.questions import Evidence
from evaluation.report import html_report
from evaluation.running import FoundPassage, Kind, Percentiles, Ranking, Report, Row

SVG = "{http://www.w3.org/2000/svg}"
EVIL = "<script>alert(1)</script> \"' & \x00\ud800"
RECALL = {f"recall@{k}": Interval(k / 100, k / 200, k / 100, 9) for k in (1, 3, 5, 10, 20, 100)}


def passage(text: str, relevant: bool) -> FoundPassage:
    return FoundPassage(
        1, "id", "Title", "a.md", "", 3, 0, len(text), text, 0.5, relevant, {"words_rank": 2, "dense_rank": None}
    )


def row(
    question: str, rank: int | None, text: str | None = None, *, right: bool = True, answers: tuple[str, ...] = ("x",)
) -> Row:
    ranking = Ranking("fused", rank, (rank,), {}, (passage("the passage", rank == 1),), 1.0)
    evidence = (Evidence("a.md", 0, 4, "gold"),) if answers else ()
    measures = {"risk": float(text is not None and not right), "right": float(right)}
    return Row(
        "q", question, "figure", (), answers, evidence, {}, rank, measures, text is not None, text,
        None if text else "nothing_relevant", "", (), (ranking, replace(ranking, method="words")), 2.0,
    )  # fmt: skip


REPORT = Report(
    set="markets",
    questions=3,
    total=3,
    methods=("fused", "words"),
    measures=RECALL | {"right": Interval(0.5, 0.25, 0.75, 2)},
    by_method={"fused": RECALL, "words": RECALL},
    by_kind={"figure": Kind(2, {"recall@5": Interval(0.5, 0.4, 0.6, 2)}), "unanswerable": Kind(1, {})},
    rows=(row("Found?", 1, "US$1"), row("Missed?", None), row("Wrong?", 2, "US$9", right=False)),
    compared={"fused vs words": {"map": Difference(0.1, 0.05, 0.15, 0.0004, 9)}},
    revision=7,
    settings={"k": 200},
    date=datetime(2025, 7, 1, 12, 0, tzinfo=UTC),
    milliseconds={"search": Percentiles(9.5, 20.0)},
)


class Outline(HTMLParser):
    """Tags that are open at the end, attributes that could load something, and header cells without a scope."""

    VOID = frozenset({"meta", "br", "!doctype"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.headers_without_scope = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in self.VOID:
            self.open.append(tag)
        names = dict(attrs)
        self.loads += [
            f"{tag} {name}" for name in names if name in ("src", "href", "srcset", "action", "data", "xlink:href")
        ]
        self.loads += [f"{tag} {name}" for name in names if name.startswith("on")]
        self.headers_without_scope += tag == "th" and "scope" not in names

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_report_is_one_whole_document_that_loads_and_runs_nothing() -> None:
    text = html_report(REPORT)
    outline = Outline(text)
    assert outline.open == []
    assert outline.loads == []
    assert "script" not in outline.tags
    assert outline.headers_without_scope == 0
    assert "url(" not in text
    assert "@import" not in text
    assert re.findall(r"https?://[^\"'\s<]+", text) == ["http://www.w3.org/2000/svg"] * 2
    assert "prefers-color-scheme: dark" in text
    assert '<html lang="en">' in text


def test_report_shows_figures_with_intervals_and_comparison() -> None:
    text = html_report(REPORT)
    assert '0.500 <span class="muted">(0.250 to 0.750)</span>' in text
    assert '<span class="good">+0.100</span>' in text
    assert "+0.050 to +0.150" in text
    assert "&lt; 0.001" in text
    assert "Search: 9.5 ms for half of the questions, 20 ms for 95 %." in text
    assert "01 July 2025, 12:00 UTC" in text


def test_worst_questions_stand_first() -> None:
    text = html_report(REPORT)
    assert re.findall(r"<th scope=\"row\">(\w+\?)", text) == ["Wrong?", "Missed?", "Found?"]
    assert text.count('<span class="bad">not found</span>') == 2


def test_why_shows_expected_evidence_and_passages_with_their_trace() -> None:
    text = html_report(REPORT)
    assert "Expected: x" in text
    assert "Evidence in a.md, characters 0 to 4" in text
    assert "1. Title, page 3; score 0.5 (words rank 2); holds evidence" in text
    assert "<blockquote class=found>the passage</blockquote>" in text


def test_unanswerable_questions_say_whether_silence_was_kept() -> None:
    rows = (row("Silent?", None, answers=()), row("Spoke?", None, "US$9", right=False, answers=()))
    text = html_report(replace(REPORT, rows=rows))
    assert '<span class="good">silent</span>' in text
    assert '<span class="bad">answered, should not be</span>' in text
    assert "not found" not in text


def test_long_sets_show_the_worst_and_say_so() -> None:
    rows = tuple(row(f"Q{i}?", i + 1, "US$1") for i in range(600))
    text = html_report(replace(REPORT, rows=rows))
    assert "The worst 500 of 600" in text
    assert ">Q599?" in text
    assert ">Q99?" not in text


def test_stopped_and_failed_runs_say_so() -> None:
    text = html_report(
        replace(REPORT, total=9, rows=(replace(row("Q?", None), answered=None, error="the model is missing"),))
    )
    assert "Stopped early: 3 of 9 questions were evaluated." in text
    assert "1 questions met an error" in text
    assert "the model is missing" in text


def test_every_text_is_escaped() -> None:
    evil = replace(
        row(EVIL, 1, EVIL, answers=(EVIL,)),
        kind=EVIL,
        after=(EVIL,),
        evidence=(Evidence(EVIL, 0, 1, EVIL),),
        documents={EVIL: 1},
        explanation=EVIL,
        rankings=(Ranking(EVIL, 1, (1,), {}, (replace(passage(EVIL, True), title=EVIL),), None, EVIL),),
    )
    report = replace(
        REPORT,
        set=EVIL,
        methods=(EVIL, "words"),
        by_method={EVIL: RECALL, "words": RECALL},
        by_kind={EVIL: Kind(1, {"recall@5": Interval(1, 1, 1, 1)})},
        rows=(evil,),
        compared={EVIL: {EVIL: Difference(0, 0, 0, 1, 1)}},
        settings={EVIL: EVIL},
    )
    text = html_report(report)
    assert "<script" not in text
    assert Outline(text).open == []
    text.encode("utf-8")
    ET.fromstring(recall_svg(report))
    ET.fromstring(kinds_svg(report))


def test_clean_keeps_words_and_replaces_what_no_document_may_hold() -> None:
    assert clean("a < b & \"c\" 'd'\r\n\té") == "a &lt; b &amp; &quot;c&quot; &#x27;d&#x27;\n\té"
    assert clean("\x00\x1b\x85\ud800\uffff") == "\ufffd" * 5
    assert clean("\u2028中 😀") == "\u2028中 😀"


def test_recall_plot_draws_each_method_and_the_band_of_the_first() -> None:
    drawn = ET.fromstring(recall_svg(REPORT))
    assert drawn.get("role") == "img"
    assert drawn.findtext(f"{SVG}title") == "Recall by how many are looked at"
    described = drawn.findtext(f"{SVG}desc") or ""
    assert described.startswith("fused: 0.01 at 1, 0.03 at 3, 0.05 at 5, 0.10 at 10, 0.20 at 20, 1.00 at 100; words: ")
    ids = {each.get("id") for each in drawn if each.tag in (f"{SVG}title", f"{SVG}desc")}
    assert set((drawn.get("aria-labelledby") or "").split()) == ids
    assert len(drawn.findall(f"{SVG}polyline")) == 2
    (band,) = drawn.findall(f"{SVG}polygon")
    # the plot is 234 high from 42 down: recall@100 lies between 0.5 and 1
    assert (band.get("points") or "").split()[5:7] == ["604.0,42.0", "604.0,159.0"]


def test_kinds_plot_draws_what_was_measured() -> None:
    drawn = ET.fromstring(kinds_svg(REPORT))
    assert drawn.findtext(f"{SVG}desc") == "figure, recall@5: 0.50."
    words = [each.text for each in drawn.iter(f"{SVG}text")]
    assert "figure (2)" in words
    assert "unanswerable (1)" in words


@pytest.mark.parametrize("draw", [recall_svg, kinds_svg, html_report])
def test_empty_report_can_be_drawn(draw: object) -> None:
    empty = replace(
        REPORT, questions=0, measures={}, by_method={"fused": {}}, methods=("fused",), by_kind={}, rows=(), compared={}
    )
    assert callable(draw)
    assert "<svg" in draw(empty)
