"""What could answer a question: the sentences, list items and table rows of passages, each with what it shares with
the question.

Works on passages that a search found; knows no index and no model.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from chat.cells import AskedColumn, Cell, asked_column, cells_asked_for
from chat.figures import NUMERIC, TEMPORAL, Figure, FigureKind, find_figures
from chat.places import places_in
from chat.terms import Asked, asked_for, asks_for_furniture, figures_in, names_in, rarities, years_in
from index.values import Hit
from ingest.article import BlockKind, Row
from ingest.passages import Unit
from ingest.sentences import sentence_spans
from ingest.tables import has_values

_LONGEST_WHOLE = 600  # characters; a longer list item is quoted by its sentences


class Vocabulary(Protocol):
    """What a library knows of words; a `Library` is one."""

    def terms(self, text: str) -> list[str]:
        """The index terms of a text, each once."""
        ...

    def frequencies_of(self, terms: Sequence[str]) -> Mapping[str, int]:
        """In how many passages each term stands."""
        ...

    def count_passages(self) -> int:
        """How many passages there are."""
        ...


class Candidates:
    """Finds the candidates of a question in the words of `vocabulary`."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._terms = vocabulary.terms
        self._frequencies = vocabulary.frequencies_of
        self._passages = vocabulary.count_passages

    def of(self, question: str, passages: Sequence[Hit], whole_question: str) -> list["Candidate"]:
        """Every unit of the passages, with what it shares with the question.

        `whole_question` names the company and period, too, where `question` lacks them.
        """
        terms = self._terms(question)
        counts = self._frequencies(terms)
        total = max(1, self._passages())
        rarity = rarities(terms, counts, total)
        whole = sum(rarity.values()) or 1.0
        rarest = math.log(1 + (total + 0.5) / 0.5)  # of a term that stands nowhere
        asked = asked_for(question)
        wanted_years, wanted_figures = years_in(question), figures_in(question)
        wanted_places = frozenset(places_in(question))
        # What the search added to the passages of the right document tells nothing about which of them answers.
        added = max((float(hit.trace.get("bonus") or 0.0) for hit in passages), default=0.0)
        best = max((hit.score - added for hit in passages), default=1.0) or 1.0
        furniture = asks_for_furniture(question)
        name_terms = set(self._terms(" ".join(names_in(question))))
        asked_terms = set(terms)
        columns: dict[str, AskedColumn] = {}  # by article, since its facts tell what "Q3" is
        result = []
        for number, hit in enumerate(passages):
            if hit.furniture and not furniture:
                continue
            heading_terms = set(self._terms(hit.heading))
            around = heading_terms | set(self._terms(hit.text))
            years_around = years_in(f"{hit.heading} {hit.section}")
            places_around = frozenset(places_in(f"{hit.heading} {hit.section}")) if wanted_places else frozenset()
            for unit in _quotable(hit):
                if unit.kind in (BlockKind.HEADING, BlockKind.TABLE_HEADER):
                    continue
                text = hit.text[unit.start - hit.start : unit.end - hit.start]
                cells: tuple[Cell, ...] = ()
                read_as = said = text
                label: set[str] = set()
                if unit.kind is BlockKind.TABLE_ROW:
                    row = unit.row or Row()
                    if not has_values(["", *(text[start:end] for start, end in row.cells)]) and row.cells:
                        continue  # a label of other rows tells nothing by itself
                    if hit.article_id not in columns:
                        columns[hit.article_id] = asked_column(whole_question, hit.facts)
                    cells = cells_asked_for(columns[hit.article_id], text, row)
                    named = text[slice(*row.cells[0])] if row.cells else ""
                    label = set(self._terms(" ".join((*row.labels, named))))
                    said = _cell_in_words(text, row, named, cells)
                    read_as = f"{hit.section.rsplit(' › ', 1)[-1]} {said}"
                own = set(self._terms(f"{read_as} {unit.row.caption} {unit.row.unit}" if unit.row else read_as))
                lacking = [rarity[term] for term in terms if term not in around and term not in own]
                features = {
                    "bias": 1.0,
                    "coverage": sum(rarity[term] for term in terms if term in own) / whole,
                    "context": sum(rarity[term] for term in terms if term in around or term in own) / whole,
                    "missing": max(lacking, default=0.0) / rarest,
                    "years": _agreement(wanted_years, years_in(said), years_around),
                    "places": _places_agree(wanted_places, read_as, places_around),
                    "figures": len(wanted_figures & figures_in(text)) / len(wanted_figures) if wanted_figures else 0.0,
                    "kind": _kind_match(asked, question, text, furniture),
                    "passage": max(0.0, hit.score - added) / best,
                    "dense": float(hit.trace.get("dense_score") or 0.0),
                    "long": max(0.0, len(text) - 300) / 300,
                    "names": share(name_terms, own | heading_terms),
                    "asks": 1.0 if text.rstrip().endswith("?") else 0.0,
                    "furniture": 1.0 if hit.furniture else 0.0,
                    "label": len(label & asked_terms) / len(label) - 0.5 if label else 0.0,
                    "cell": max((max(-3.0, min(3.0, cell.agrees)) for cell in cells), default=0.0) / 3,
                }
                result.append(Candidate(number, unit, text, read_as, cells, features))
        return result


@dataclass(slots=True)
class Candidate:
    """A unit that might answer: `text` is quoted, `read_as` says a table row as a sentence might; features by name.

    `passage` counts into the passages given; `cells` are those asked for.
    """

    passage: int
    unit: Unit
    text: str
    read_as: str
    cells: tuple[Cell, ...]
    features: dict[str, float]


def _cell_in_words(text: str, row: Row, label: str, cells: Sequence[Cell]) -> str:
    """What a row says in the cells that are asked for, as a sentence might; the whole row where none is."""
    if not cells:
        return f"{' '.join(row.labels)} {' | '.join(row.columns)}: {text}"
    said = "; ".join(f"{cell.column} {text[cell.start : cell.end]}".strip() for cell in cells)
    return f"{' '.join(row.labels)} {label}: {said}".strip()


def _quotable(hit: Hit) -> Iterator[Unit]:
    """The units of a passage, a long list item by its sentences."""
    for unit in hit.units:
        if unit.kind is BlockKind.LIST_ITEM and unit.end - unit.start > _LONGEST_WHOLE:
            text = hit.text[unit.start - hit.start : unit.end - hit.start]
            for start, end in sentence_spans(text):
                yield Unit(unit.start + start, unit.start + end, unit.kind)
        else:
            yield unit


def share(wanted: set[str] | frozenset[str], there: set[str] | frozenset[str]) -> float:
    """How much of `wanted` is there, 1 when nothing is wanted."""
    return len(wanted & there) / len(wanted) if wanted else 1.0


def _places_agree(wanted: frozenset[str], text: str, around: frozenset[str]) -> float:
    """1 when a unit names every place asked for, 0.5 when its heading does, -1 when it speaks of other places alone."""
    if not wanted:
        return 0.0
    own = frozenset(places_in(text))
    if wanted <= own:
        return 1.0
    if own and not wanted & own:
        return -1.0
    return 0.5 if wanted <= own | around else 0.0


def _agreement(wanted: frozenset[int], own: frozenset[int], around: frozenset[int]) -> float:
    """1 when a unit names every year asked for, 0.5 when its heading does, -1 when it speaks of other years alone."""
    if not wanted:
        return 0.0
    if wanted <= own:
        return 1.0
    if wanted <= own | around:
        return 0.5
    return -1.0 if own else -0.3


_BYLINE = re.compile(r"\b(?:[Bb]y|[Aa]uthors?:?)\s+[A-Z]\w+")
_PERSON = re.compile(r"\b[A-Z][\w’'.-]+(?:\s+(?:[A-Z][\w’'.-]+|&|of|de|and))*\s+[A-Z][\w’'.-]+")


def _kind_match(asked: Asked, question: str, text: str, furniture: bool) -> float:
    """1 when the text holds the kind of words asked for, -1 when it does not, 0 when any words would do.

    `furniture` says that the question asks for author, publisher or the like.
    """
    if asked in (Asked.FIGURE, Asked.DATE):
        return 1.0 if new_figures(TEMPORAL if asked is Asked.DATE else NUMERIC, question, text) else -1.0
    if furniture and _BYLINE.search(text):
        return 1.0
    if asked is Asked.PERSON:
        said = set(_PERSON.findall(question))
        return 0.5 if any(name not in said for name in _PERSON.findall(text)) else -0.5
    return 0.0


def new_figures(kinds: frozenset[FigureKind], question: str, text: str) -> list[Figure]:
    """Figures of some of `kinds` in `text` that the question does not already say."""
    said = {question[figure.start : figure.end] for figure in find_figures(question)}
    return [each for each in find_figures(text) if each.kind in kinds and text[each.start : each.end] not in said]
