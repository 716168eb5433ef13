"""Checks the quotes of an exported file against the library: unchanged, moved, altered, or the source is gone.

Plain string equality; no index and no model. `chat/exported.py` reads the files.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from chat.exported import Claim, read_export
from errors import ArticleNotFound
from index.values import StoredArticle

SHOWN = 80  # characters of a quote in a report
_STATES = ("unchanged", "moved", "altered", "source_gone")


def check_export(path: Path, article: Callable[[str], StoredArticle]) -> tuple[dict[str, int], list[dict[str, Any]]]:
    """Counts by state, and a row for each quote that is not unchanged: `what` in a word, `where` for people.

    A row also has the quote's article_id, start and end; of one that moved, `now` is where it begins and ends today.
    Raises SettingError when the file is no export.
    """
    counts = {"quotes": 0, **dict.fromkeys(_STATES, 0)}
    problems: list[dict[str, Any]] = []
    texts: dict[str, str | None] = {}
    for claim in read_export(path):
        if claim.article_id not in texts:
            texts[claim.article_id] = _text(claim.article_id, article)
        state, now = _state(claim, texts[claim.article_id])
        counts["quotes"] += 1
        counts[state] += 1
        if state != "unchanged":
            problems.append(_problem(claim, state, now))
    return counts, problems


def _text(article_id: str, article: Callable[[str], StoredArticle]) -> str | None:
    try:
        return article(article_id).article.text
    except ArticleNotFound:
        return None


def _state(claim: Claim, text: str | None) -> tuple[str, int | None]:
    """The state in a word, and where a quote that moved begins now: at the place nearest to where it stood."""
    if claim.fault:
        return "altered", None
    if text is None:
        return "source_gone", None
    # Slicing forgives an end behind the text, and an empty quote would stand anywhere.
    if 0 <= claim.start < claim.end <= len(text) and text[claim.start : claim.end] == claim.text:
        return "unchanged", None
    if not claim.text:
        return "altered", None
    at = max(0, min(claim.start, len(text)))
    places = [text.rfind(claim.text, 0, at + len(claim.text)), text.find(claim.text, at)]
    found = [place for place in places if place >= 0]
    return ("moved", min(found, key=lambda place: abs(place - at))) if found else ("altered", None)


def _problem(claim: Claim, state: str, now: int | None) -> dict[str, Any]:
    shown = claim.text if len(claim.text) <= SHOWN else claim.text[: SHOWN - 1] + "…"
    where = f"{claim.title or claim.article_id}, characters {claim.start} to {claim.end}: “{shown}”"
    row: dict[str, Any] = {"what": state, "where": f"{claim.place}: {where}" if claim.place else where}
    if claim.fault:
        row["where"] += f" ({claim.fault})"
    row |= {"article_id": claim.article_id, "start": claim.start, "end": claim.end}
    return row if now is None else row | {"now": [now, now + len(claim.text)]}
