"""Reads what was exported (JSON, CSV, Markdown, Excel) back into quotes with their places, as they stand in the file.

Knows the formats that `chat/export.py`, `chat/workbook.py` and `ask --json` write, and what people and programs do to
such files: other separators and encodings, remarks between quotations. Knows no library.
"""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from chat.export import (
    ANSWER_LABEL,
    CITATIONS_SHEET,
    GRID_HEAD,
    GRID_SHEET,
    SHOWN_KINDS,
    cell_text,
    from_cell,
)
from errors import SettingError

MAX_BYTES = 200_000_000
_WHAT = "give a file that `ask --json`, `ask --export`, `grid` or the page wrote"

_SOURCE = re.compile(r"(?m)^\s*(\d+)\.\s+(.*)(?<!\\)`article (\w+), characters (\d+)\s?[-–]\s?(\d+)\b[^`\n]*`")
_QUOTED_FROM = re.compile(r"^(?:—|–|--?)\s*\[(\d+)\]")
_HEADING = re.compile(r"#{1,2}\s")
_INLINE = re.compile(
    r"\\(?P<hard>\n)|\\(?P<sign>[!-/:-@\[-`{-~])|&#(?P<number>\d{1,7});|(?P<bold>\*\*|__|</?(?:b|strong)>)|(?P<soft>\n)"
)


@dataclass(frozen=True, slots=True)
class Claim:
    """A quote as a file has it: `text` is said to be characters [start, end) of an article's text.

    `place` says where in the file it stands, `fault` what contradicts it within the file; empty where nothing does.
    """

    article_id: str
    title: str
    start: int
    end: int
    text: str
    place: str = ""
    fault: str = ""


def read_export(path: Path) -> list[Claim]:
    """Every quote in an exported file. Raises SettingError when it is none, or cannot be read."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SettingError(f"{path}: is larger than the {MAX_BYTES // 1_000_000} MB of an export; {_WHAT}")
        data = path.read_bytes()
    except OSError as error:
        raise SettingError(f"{path}: cannot be read ({error.strerror})") from None
    if data.startswith(b"PK"):
        return _workbook_claims(path, data)
    text = _decoded(path, data)
    if text.lstrip().startswith(("{", "[")) or path.suffix.lower() in (".json", ".jsonl"):
        return _json_claims(path, text)
    if (rows := _csv_rows(text)) is not None:
        return _table_claims(rows, {})
    if _SOURCE.search(text) or text.startswith("# Answers from Footnote"):
        return list(_markdown_claims(text))
    raise SettingError(f"{path}: is no export of Footnote; {_WHAT}")


def _decoded(path: Path, data: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):  # the second is how Excel saves CSV again
        with suppress(UnicodeDecodeError):
            return data.decode(encoding)
    raise SettingError(f"{path}: cannot be read (it is no text); {_WHAT}")


# JSON -----------------------------------------------------------------------------------------------------------------


def _json_claims(path: Path, text: str) -> list[Claim]:
    values = _load(path, text)
    claims = [claim for value in values for claim in _claims_in(value, "")]
    if not claims and not any(_may_lack_quotes(value) for value in values):
        raise SettingError(f"{path}: holds no quotes; {_WHAT}")
    return claims


def _load(path: Path, text: str) -> list[Any]:
    with suppress(ValueError, RecursionError):
        return [json.loads(text)]
    try:
        return [json.loads(line) for line in text.split("\n") if line.strip()]
    except (ValueError, RecursionError):
        raise SettingError(f"{path}: is not JSON; {_WHAT}") from None


def _claims_in(value: Any, fault: str) -> Iterator[Claim]:
    """Everything in a JSON value that is a quote, wherever it stands; `fault` is that of the answer it belongs to."""
    if isinstance(value, list):
        for each in value:
            yield from _claims_in(each, fault)
    elif isinstance(value, dict):
        kinds = {"article_id": str, "start": int, "end": int, "text": str}
        if all(isinstance(value.get(key), kind) for key, kind in kinds.items()):
            answers = fault if value.get("answers") is True else ""
            title = value.get("title")
            yield Claim(
                value["article_id"],
                title if isinstance(title, str) else "",
                value["start"],
                value["end"],
                value["text"],
                fault=answers,
            )
        elif isinstance(value.get("quotes"), list) and isinstance(value.get("text"), str):
            fault = _fault(value["text"], [each.get("text") for each in value["quotes"] if isinstance(each, dict)])
        elif isinstance(value.get("quote"), dict) and isinstance(value.get("text"), str):
            wrong = _fault(value["text"], [value["quote"].get("text")])
            for claim in _claims_in(value["quote"], ""):
                yield replace(claim, fault=wrong or claim.fault)
            value = {key: each for key, each in value.items() if key != "quote"}
        for each in value.values():
            yield from _claims_in(each, fault)


def _may_lack_quotes(value: Any) -> bool:
    if isinstance(value, list):
        return any(_may_lack_quotes(each) for each in value)
    if not isinstance(value, dict):
        return False
    return value.get("answered") is False or "conversation" in value or any(map(_may_lack_quotes, value.values()))


def _fault(words: str, quotes: Sequence[Any]) -> str:
    """What is wrong with the words that answer, where they do not stand in the quotes; empty where they do."""
    texts = [" ".join(each.split()) for each in quotes if isinstance(each, str)]

    def stands(piece: str) -> bool:
        return any(" ".join(piece.split()) in text for text in texts)

    if stands(words):  # a quote may hold "; " itself
        return ""
    wrong = next((piece for piece in words.split("; ") if not stands(piece)), None)
    return "" if wrong is None else f"the answer “{wrong}” does not stand in it"


# Tables ---------------------------------------------------------------------------------------------------------------

_NEEDED = {"quote", "article_id", "start", "end"}


def _csv_rows(text: str) -> list[dict[str, str]] | None:
    """The rows of a table of citations by column; None when it is none. Programs save it with ; or tabs, too."""
    first = text.partition("\n")[0]
    for separator in (",", ";", "\t"):
        if {name.strip('"') for name in first.strip().split(separator)} >= _NEEDED:
            csv.field_size_limit(MAX_BYTES)
            rows = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator, restval="")
            with suppress(csv.Error):
                return [
                    {name: from_cell(value) for name, value in row.items() if isinstance(value, str)} for row in rows
                ]
    return None


def _table_claims(rows: Sequence[Mapping[str, str]], faults: Mapping[int, str]) -> list[Claim]:
    """Claims of rows by column name; `faults` by row number, which counts from 1 and the names' row."""
    claims = []
    for number, row in enumerate(rows, 2):
        quote = row.get("quote", "").replace("\r\n", "\n")
        if not quote and not row.get("start"):
            continue  # a blank, with its reason
        offsets = [re.fullmatch(r"(\d+)(?:\.0+)?", row.get(name, "").strip()) for name in ("start", "end")]
        start, end = (int(match[1]) if match else -1 for match in offsets)
        fault = faults.get(number, "") or _fault(row.get("answer", ""), [quote])
        place = f"row {number}"
        claims.append(Claim(row.get("article_id", ""), row.get("article", ""), start, end, quote, place, fault))
    return claims


def _workbook_claims(path: Path, data: bytes) -> list[Claim]:
    """The rows of the sheet of citations; where the grid before it says something else, they are at fault."""
    from chat.workbook import cut, read_sheets

    sheets = read_sheets(data, str(path), (GRID_SHEET, CITATIONS_SHEET))
    names, *cells = sheets.get(CITATIONS_SHEET) or [[]]
    if not set(names) >= _NEEDED:
        raise SettingError(f"{path}: is no export of Footnote; {_WHAT}")
    rows = [dict(zip(names, row, strict=False)) for row in cells]
    by_cell: dict[tuple[str, str], list[int]] = {}
    for at, row in enumerate(rows):
        by_cell.setdefault((row.get("question", ""), row.get("source", "")), []).append(at)
    faults: dict[int, str] = {}
    grid = sheets.get(GRID_SHEET, [])
    sources = grid[GRID_HEAD - 1] if len(grid) >= GRID_HEAD else []
    asked = Counter(line[0] for line in grid[GRID_HEAD:] if line)
    for down, line in enumerate(grid[GRID_HEAD:], GRID_HEAD + 1):
        if not line or asked[line[0]] > 1:
            continue  # the same words after other questions: whose quotes are in which row is not known
        for source, text in zip(sources[1:], line[1:], strict=False):
            own = by_cell.get((line[0], source), [])
            quotes = [rows[at].get("quote", "") for at in own if rows[at].get("kind") in SHOWN_KINDS]
            if own and any(quotes) and text != cut(cell_text(quotes)):
                faults[own[0] + 2] = f"row {down} of the sheet {GRID_SHEET} says “{_short(text)}”"
    return _table_claims(rows, faults)


def _short(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:59]}…"


# Markdown -------------------------------------------------------------------------------------------------------------


def _markdown_claims(text: str) -> Iterator[Claim]:
    """Quotations that end with the number of a source; other quotations are somebody's own."""
    text = text.replace("\r\n", "\n")
    sources = {int(match[1]): match for match in _SOURCE.finditer(text)}
    section: list[Claim] = []
    answer = ""
    for number, lines in _blocks(text):
        if _HEADING.match(lines[0]):
            yield from _checked(section, answer)
            section, answer = [], ""
        elif lines[0].startswith(ANSWER_LABEL):
            answer = _plain("\n".join(lines).removeprefix(ANSWER_LABEL))
        elif lines[0].startswith(">"):
            section += _quotation(number, lines, sources)
    yield from _checked(section, answer)


def _checked(claims: Sequence[Claim], answer: str) -> Iterator[Claim]:
    """The claims of one question; where its answer stands in none of them, the first is at fault."""
    fault = _fault(answer, [claim.text for claim in claims])
    for at, claim in enumerate(claims):
        yield replace(claim, fault=claim.fault or fault) if at == 0 else claim


def _blocks(text: str) -> Iterator[tuple[int, list[str]]]:
    """Runs of lines that belong together, each with the number of its first, from 1."""
    block: list[str] = []
    for number, line in enumerate([*text.split("\n"), ""], 1):
        if line.strip():
            block.append(line)
        elif block:
            yield number - len(block), block
            block = []


def _quotation(number: int, lines: Sequence[str], sources: dict[int, re.Match[str]]) -> Iterator[Claim]:
    words: list[str] = []
    for line in (re.sub(r"^\s*>\s?", "", line) for line in lines):
        found = _QUOTED_FROM.match(line)
        if found is None:
            words.append(line)
            continue
        source = sources.get(int(found[1]))
        quote = _plain("\n".join(words).strip("\n"))
        place = f"line {number}"
        if source is None:
            yield Claim("", "", -1, -1, quote, place, fault=f"source {found[1]} is not in the file's list")
        else:
            title = _plain(source[2].partition(" · ")[0].partition(": ")[0]).strip()
            yield Claim(source[3], title, int(source[4]), int(source[5]), quote, place)
        return


def _plain(text: str) -> str:
    """What Markdown shows for a text as we write it, bold or not."""

    def shown(match: re.Match[str]) -> str:
        if match["sign"]:
            return match["sign"]
        if match["number"]:
            number = int(match["number"])
            return chr(number) if number < 0x110000 else match.group()
        return "" if match["bold"] else "\n" if match["hard"] else " "

    return _INLINE.sub(shown, text)
