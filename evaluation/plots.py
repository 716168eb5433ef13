"""Plots of a report as SVG: recall against k, measures by kind of question, reliability, and risk against coverage.

Text and axes take the colour of the text around them, lines and bars middle tones: both read on light and dark ground.
"""

import math
import re
from collections.abc import Callable, Sequence
from hashlib import sha256
from html import escape

from evaluation.calibration import reliability, risk_coverage
from evaluation.intervals import Interval
from evaluation.measures import RECALL_AT
from evaluation.running import Report, judged_in

COLOURS = ("#1f84a3", "#c2571a", "#8a63b8", "#5d8a1f")  # at least 3 to 1 against white and against #15191e
DASHES = ("", "7 4", "2 4", "9 3 2 3")  # lines differ by more than their colour
KIND_MEASURES = ("recall@5", "quote@1", "right", "silence")
KINDS_SHOWN = 12
_WIDTH, _LEFT, _RIGHT = 640, 48, 16
_POINTS = 400  # of a curve: more than there are pixels to tell apart
_SHORT = 24  # characters of a name beside a plot
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def recall_svg(report: Report) -> str:
    """Mean recall@k, 0 to 1, of every method, as one SVG element; the first method with the band of its interval."""
    height, top, bottom = 320, 42, 44
    step = (_WIDTH - _LEFT - _RIGHT - 40) / (len(RECALL_AT) - 1)

    def x(i: int) -> float:
        return _LEFT + 20 + step * i

    def y(value: float) -> float:
        return top + (height - top - bottom) * (1 - value)

    parts = _grid(y, _LEFT, _WIDTH - _RIGHT)
    for i, k in enumerate(RECALL_AT):
        parts.append(_text(x(i), height - 24, str(k), anchor="middle"))
    parts.append(_text(_WIDTH / 2, height - 6, "k: how many are looked at (steps not to scale)", anchor="middle"))
    words: list[str] = []
    for number, method in enumerate(report.methods):
        curve = [
            (i, k, report.by_method[method][f"recall@{k}"])
            for i, k in enumerate(RECALL_AT)
            if f"recall@{k}" in report.by_method[method]
        ]
        colour, dash = COLOURS[number % len(COLOURS)], DASHES[number % len(DASHES)]
        stroke = f'stroke="{colour}" stroke-width="2.2"' + (f' stroke-dasharray="{dash}"' if dash else "")
        if number == 0 and curve:
            edge = [f"{x(i):.1f},{y(each.high):.1f}" for i, _, each in curve]
            edge += [f"{x(i):.1f},{y(each.low):.1f}" for i, _, each in reversed(curve)]
            parts.append(f'<polygon points="{" ".join(edge)}" fill="{colour}" fill-opacity="0.18"/>')
        points = " ".join(f"{x(i):.1f},{y(each.mean):.1f}" for i, _, each in curve)
        parts.append(f'<polyline points="{points}" fill="none" {stroke}/>')
        parts += [f'<circle cx="{x(i):.1f}" cy="{y(each.mean):.1f}" r="3.2" fill="{colour}"/>' for i, _, each in curve]
        legend = _LEFT + number * 145
        parts.append(f'<path d="M{legend} 16h22" {stroke}/>')
        parts.append(_text(legend + 28, 20, _shortened(method, 15)))
        words.append(f"{method}: " + ", ".join(f"{each.mean:.2f} at {k}" for _, k, each in curve))
    if not any(report.by_method.values()):
        parts.append(_text(_WIDTH / 2, height / 2, "nothing to measure: no question has evidence", anchor="middle"))
    described = "; ".join(words) + ". The band is the first method's 95 % interval."
    return _svg("recall", "Recall by how many are looked at", described, height, parts)


def kinds_svg(report: Report, names: Sequence[str] = KIND_MEASURES) -> str:
    """Bars of the named measures (those that the report has) for each kind of question, with intervals as whiskers."""
    names = [name for name in names if any(name in kind.measures for kind in report.by_kind.values())]
    left, top, bar = 200, 44, 13
    parts: list[str] = []
    words: list[str] = []
    at = float(top)
    for name, kind in list(report.by_kind.items())[:KINDS_SHOWN]:
        parts.append(_text(left - 10, at + bar - 2, f"{_shortened(name, _SHORT)} ({kind.questions})", anchor="end"))
        for number, measure in enumerate(names):
            if measure in kind.measures:
                parts += _bar(kind.measures[measure], at, left, bar, COLOURS[number % len(COLOURS)])
                words.append(f"{name}, {measure}: {kind.measures[measure].mean:.2f}")
                at += bar + 3
        at += 14
    at = max(at, top + 30)

    def x(value: float) -> float:
        return left + (_WIDTH - _RIGHT - 30 - left) * value

    ground = [
        f'<path d="M{x(tick):.1f} {top - 8}V{at:.0f}" stroke="currentColor" stroke-opacity="0.18"/>'
        + _text(x(tick), at + 16, f"{tick:.1f}", anchor="middle")
        for tick in (0, 0.2, 0.4, 0.6, 0.8, 1.0)
    ]
    legend = [
        f'<rect x="{left + i * 105}" y="10" width="14" height="11" fill="{COLOURS[i % len(COLOURS)]}"/>'
        + _text(left + i * 105 + 20, 20, measure)
        for i, measure in enumerate(names)
    ]
    more = len(report.by_kind) - KINDS_SHOWN
    described = "; ".join(words) + (f". {more} more kinds are not drawn." if more > 0 else ".")
    return _svg("kinds", "Measures by kind of question", described, round(at) + 28, [*ground, *legend, *parts])


def reliability_svg(report: Report) -> str:
    """The share of right answers in each of ten bins of confidence, beside the diagonal where the two agree.

    A bin's dot is as large as it has questions, whose number stands above the axis.
    """
    height, top, bottom = 340, 24, 60
    x, y = _unit_square(height, top, bottom)
    bins = [each for each in reliability(judged_in(report.rows)) if each.questions]
    parts = _grid(y, _LEFT, _WIDTH - _RIGHT) + _ticks(x, height - 40)
    parts.append(_text(_WIDTH / 2, height - 6, "confidence (below: how many questions)", anchor="middle"))
    parts.append(
        f'<path d="M{x(0):.1f} {y(0):.1f}L{x(1):.1f} {y(1):.1f}" stroke="currentColor" stroke-opacity="0.5" '
        'stroke-dasharray="4 4"/>'
    )
    most = max((each.questions for each in bins), default=1)
    for each in bins:
        radius = 3 + 7 * math.sqrt(each.questions / most)
        place = f'cx="{x(each.confidence):.1f}" cy="{y(each.right):.1f}"'
        parts.append(f'<circle {place} r="{radius:.1f}" fill="{COLOURS[0]}" fill-opacity="0.85"/>')
        parts.append(_text(x((each.low + each.high) / 2), height - 23, str(each.questions), anchor="middle"))
    if not bins:
        parts.append(_text(_WIDTH / 2, height / 2, "nothing to draw: answers have no confidence", anchor="middle"))
    return _svg("reliability", "Reliability of confidence", reliability_words(report), height, parts)


def reliability_words(report: Report) -> str:
    """The plot of reliability in words, for those who do not see it."""
    bins = [each for each in reliability(judged_in(report.rows)) if each.questions]
    words = [f"{e.low:.1f} to {e.high:.1f}: {e.right:.2f} right of {e.questions}" for e in bins]
    return "Share of right answers by confidence. " + ("; ".join(words) or "No answer has a confidence") + "."


def risk_coverage_svg(report: Report) -> str:
    """The share of wrong answers among the surest, against the share of all questions that are answered."""
    height, top, bottom = 320, 24, 44
    x, y = _unit_square(height, top, bottom)
    judged = judged_in(report.rows)
    known = any(each.confidence is not None for each in judged)
    curve = risk_coverage(judged) if known else []
    parts = _grid(y, _LEFT, _WIDTH - _RIGHT) + _ticks(x, height - 24)
    parts.append(_text(_WIDTH / 2, height - 6, "share of all questions answered, the surest first", anchor="middle"))
    step = max(1, len(curve) // _POINTS)
    drawn = curve[::step] + curve[-1:]
    points = " ".join(f"{x(coverage):.1f},{y(risk):.1f}" for coverage, risk in drawn)
    parts.append(f'<polyline points="{points}" fill="none" stroke="{COLOURS[1]}" stroke-width="2.2"/>')
    shown = sum(row.answered is True for row in report.rows) / max(1, len(judged))
    if known:
        parts.append(f'<path d="M{x(shown):.1f} {y(1):.1f}V{y(0):.1f}" stroke="{COLOURS[0]}" stroke-dasharray="7 4"/>')
        parts.append(_text(x(min(shown, 0.8)) + 6, top + 14, f"answered: {shown:.0%}"))
    else:
        parts.append(_text(_WIDTH / 2, height / 2, "nothing to draw: answers have no confidence", anchor="middle"))
    return _svg("coverage", "Risk against coverage", risk_coverage_words(report), height, parts)


def risk_coverage_words(report: Report) -> str:
    """The plot of risk against coverage in words."""
    judged = judged_in(report.rows)
    curve = risk_coverage(judged) if any(each.confidence is not None for each in judged) else []
    marks = [curve[math.ceil(len(curve) * tenth / 10) - 1] for tenth in range(1, 11)] if curve else []
    words = [f"{risk:.2f} at {coverage:.0%}" for coverage, risk in marks]
    return "Share of wrong answers by share answered. " + ("; ".join(words) or "No answer has a confidence") + "."


def clean(text: str) -> str:
    """`text` escaped for HTML, XML and attributes; characters that these cannot hold become U+FFFD."""
    return escape(_UNFIT.sub("\ufffd", text.replace("\r\n", "\n")), quote=True)


def _bar(value: Interval, at: float, left: int, bar: int, colour: str) -> list[str]:
    room = _WIDTH - _RIGHT - 30 - left
    middle = at + bar / 2
    return [
        f'<rect x="{left}" y="{at:.1f}" width="{room * value.mean:.1f}" height="{bar}" fill="{colour}"/>',
        f'<path d="M{left + room * value.low:.1f} {middle:.1f}H{left + room * value.high:.1f}" '
        'stroke="currentColor" stroke-width="1.4"/>',
        _text(_WIDTH - _RIGHT, at + bar - 2, f"{value.mean:.2f}", anchor="end"),
    ]


def _unit_square(height: int, top: int, bottom: int) -> tuple[Callable[[float], float], Callable[[float], float]]:
    """Where 0 to 1 lie, across and up."""

    def x(value: float) -> float:
        return _LEFT + 12 + (_WIDTH - _LEFT - _RIGHT - 24) * value

    def y(value: float) -> float:
        return top + (height - top - bottom) * (1 - value)

    return x, y


def _ticks(x: Callable[[float], float], at: float) -> list[str]:
    return [_text(x(tick), at, f"{tick:.1f}", anchor="middle") for tick in (0, 0.2, 0.4, 0.6, 0.8, 1.0)]


def _grid(y: Callable[[float], float], left: int, right: int) -> list[str]:
    """Lines across with their values."""
    parts: list[str] = []
    for tick in (0, 0.2, 0.4, 0.6, 0.8, 1.0):
        parts.append(f'<path d="M{left} {y(tick):.1f}H{right}" stroke="currentColor" stroke-opacity="0.18"/>')
        parts.append(_text(left - 8, y(tick) + 4, f"{tick:.1f}", anchor="end"))
    return parts


def _text(x: float, y: float, words: str, *, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="currentColor">{clean(words)}</text>'


def _shortened(name: str, most: int) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"


def _svg(name: str, title: str, described: str, height: int, parts: Sequence[str]) -> str:
    # ids of their own for each plot, since several may stand in one page
    mark = f"{name}-{sha256(described.encode('utf-8', 'replace')).hexdigest()[:8]}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-labelledby="{mark}-title {mark}-desc" font-family="system-ui, sans-serif" font-size="12">'
        f'<title id="{mark}-title">{clean(title)}</title><desc id="{mark}-desc">{clean(described)}</desc>'
        f"{''.join(parts)}</svg>"
    )
