"""The plot of recall@k as SVG, light or dark. Knows neither HTTP nor where it is shown.

An image of its own, since a page without inline script and `eval` cannot draw with the usual libraries, and since an
image has one text alternative.
"""

import math
from html import escape

from chat.interface.backend import Evaluation

NAMES = {
    "fused": "Fused",
    "reciprocal": "Reciprocal rank fusion",
    "vectors": "Meaning (vectors)",
    "words": "Words (BM25)",
}
LIGHT = {"ink": "#1d2126", "muted": "#5c626b", "line": "#dedad1", "lines": ("#0b5563", "#b4541a", "#6a4c93", "#4d6b1f")}
DARK = {"ink": "#e9e6df", "muted": "#a7adb5", "line": "#343b43", "lines": ("#6cc5d6", "#f0a26b", "#c3a5e8", "#b3d374")}
DASHES = ("", "7 4", "2 4", "9 3 2 3")  # lines differ by more than colour
WIDTH, HEIGHT = 640, 340
LEFT, RIGHT, TOP, BOTTOM = 52, 16, 46, 44


def recall_plot(evaluation: Evaluation, *, dark: bool) -> str:
    """An SVG document of recall (0 to 1) against k, one line for each method."""
    colours = DARK if dark else LIGHT
    ks = sorted({k for curve in evaluation.recall for k, _ in curve})
    top = max(ks, default=1)
    ink, muted, line = str(colours["ink"]), str(colours["muted"]), str(colours["line"])

    def x(k: int) -> float:
        span = math.log(top) if top > 1 else 1.0
        return LEFT + (WIDTH - LEFT - RIGHT) * (math.log(k) / span)

    def y(value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (1 - value)

    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
            f'font-family="system-ui, sans-serif" font-size="12"><title>{escape(plot_text(evaluation))}</title>'
        )
    ]
    for tick in (0, 0.2, 0.4, 0.6, 0.8, 1.0):
        at = y(tick)
        parts.append(f'<path d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}" stroke="{line}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end" fill="{muted}">{tick:.1f}</text>')
    for k in ks:
        parts.append(f'<text x="{x(k):.1f}" y="{HEIGHT - 22}" text-anchor="middle" fill="{muted}">{k}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(
        f'<text x="{middle:.0f}" y="{HEIGHT - 5}" text-anchor="middle" fill="{muted}">passages listed (k)</text>'
    )
    legend = float(LEFT)
    for number, (method, curve) in enumerate(zip(evaluation.methods, evaluation.recall, strict=True)):
        colour = colours["lines"][number % 4]
        dash = f' stroke-dasharray="{DASHES[number % 4]}"' if number % 4 else ""
        points = " ".join(f"{x(k):.1f},{y(value):.1f}" for k, value in curve)
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2.2"{dash}/>')
        parts.extend(f'<circle cx="{x(k):.1f}" cy="{y(v):.1f}" r="3" fill="{colour}"/>' for k, v in curve)
        name = NAMES.get(method.value, method.value)
        parts.append(f'<path d="M{legend:.0f} 18h22" stroke="{colour}" stroke-width="2.2"{dash}/>')
        parts.append(f'<text x="{legend + 28:.0f}" y="22" fill="{ink}">{escape(name)}</text>')
        legend += 48 + 6.6 * len(name)
    parts.append("</svg>")
    return "".join(parts)


def plot_text(evaluation: Evaluation) -> str:
    """The plot in words, for those who do not see it."""
    lines = []
    for method, curve in zip(evaluation.methods, evaluation.recall, strict=True):
        points = ", ".join(f"{value:.2f} at {k}" for k, value in curve)
        lines.append(f"{NAMES.get(method.value, method.value)}: {points}")
    return "Recall by number of passages listed. " + "; ".join(lines) + "."
