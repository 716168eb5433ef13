"""Checks the quotes of an exported answer against the library: unchanged, moved, altered, or the source is gone.

Knows the shape that `ask --json` prints, and plain string equality; no index and no model.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from errors import ArticleNotFound, SettingError
from index.values import StoredArticle


def check_export(path: Path, article: Callable[[str], StoredArticle]) -> tuple[dict[str, int], list[dict[str, Any]]]:
    """Counts by state, and a row for each quote that is not unchanged. Raises SettingError when there is no quote."""
    counts = {"quotes": 0, "unchanged": 0, "moved": 0, "altered": 0, "source_gone": 0}
    problems: list[dict[str, Any]] = []
    for quote in _quotes(_load(path)):
        state = _state(quote, article)
        counts["quotes"] += 1
        counts[state] += 1
        if state != "unchanged":
            shown = str(quote["text"])
            shown = shown if len(shown) <= 80 else shown[:79] + "…"
            where = (
                f"{quote.get('title') or quote['article_id']}, characters {quote['start']} to {quote['end']}: “{shown}”"
            )
            problems.append({"what": state, "where": where})
    if not counts["quotes"]:
        raise SettingError(f"{path}: holds no quotes; give a file that `ask --json` printed")
    return counts, problems


def _load(path: Path) -> list[Any]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"{path}: cannot be read ({error})") from None
    try:
        return [json.loads(text)]
    except ValueError:
        pass
    try:
        return [json.loads(line) for line in text.split("\n") if line.strip()]
    except ValueError:
        raise SettingError(f"{path}: is not JSON; give a file that `ask --json` printed") from None


def _quotes(value: Any) -> Iterator[dict[str, Any]]:
    """Everything in a JSON value that is a quote, wherever it stands."""
    if isinstance(value, list):
        for each in value:
            yield from _quotes(each)
    elif isinstance(value, dict):
        kinds = {"article_id": str, "start": int, "end": int, "text": str}
        if all(isinstance(value.get(key), kind) for key, kind in kinds.items()):
            yield value
        for each in value.values():
            yield from _quotes(each)


def _state(quote: dict[str, Any], article: Callable[[str], StoredArticle]) -> str:
    try:
        text = article(quote["article_id"]).article.text
    except ArticleNotFound:
        return "source_gone"
    start, end = quote["start"], quote["end"]
    # Slicing forgives an end behind the text, and an empty quote would stand anywhere.
    if 0 <= start < end <= len(text) and text[start:end] == quote["text"]:
        return "unchanged"
    return "moved" if quote["text"] and quote["text"] in text else "altered"
