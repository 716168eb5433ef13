"""List answers are whole lists: all items of the list that a question asks for, not the one that a passage ended with.

A list is taken where its lead-in sentence, or the heading right above it, speaks of what is asked; a table's first
column, where it is called what is asked for. Knows the library, no model.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from chat.answer import Answer, Quote
from chat.measures import measures_in
from chat.merging import text_of
from chat.reader import without_bullet
from chat.terms import Asked, asked_for
from chat.topics import PREPOSITIONS
from errors import ArticleNotFound
from index.library import Library
from index.values import StoredArticle
from ingest.article import Article, Block, BlockKind
from ingest.sentences import sentence_spans

MOST_ITEMS = 40  # a longer list is a register: shown as the passages have it
_LOOKED_AT = 3  # articles, and passages beside the quotes, whose lists are looked at
_SPEAKS_OF = 0.6  # share of the question's terms that a lead-in or heading names

_ASKS_FOR_LIST = re.compile(
    r"^(?:and |please )?(?:(?:what|which|who) (?:are|were) (?:the|its|their|all|some)\b"
    r"|(?:list|name|enumerate)\b"
    r"|(?:give|tell|show) (?:me |us )?(?:a list of|all|the)\b"
    r"|(?:what|which) (?!of\b)(?:(?!are\b|were\b|is\b|was\b)[\w-]+ ){0,3}?(?P<plural>[a-z]{3,}(?<!s)s)"
    rf"(?= (?!(?:{PREPOSITIONS}|the|an?)\b)[a-z]))",
    re.IGNORECASE,
)
_BARE_NOUNS = frozenset(
    """reason factor way step type kind form example thing point item element aspect part name list main key major
    important different several many all""".split()
)


@dataclass(frozen=True, slots=True)
class ItemList:
    """A list of an article: `items` as (start, end, start of the words without their mark, end of these).

    `lead` is the sentence that leads in, as offsets, None where a heading stands right above. `said` is what both say.
    `column` is the name of a table's first column where the items are its rows.
    """

    lead: tuple[int, int] | None
    said: str
    items: tuple[tuple[int, int, int, int], ...]
    column: str = ""


def asks_for_list(question: str) -> bool:
    """Whether a question asks for several things by name, and not for figures."""
    match = _ASKS_FOR_LIST.match(question)
    if match is None or asked_for(question) in (Asked.FIGURE, Asked.DATE):
        return False
    return not any(measure.start <= match.end() + 1 < measure.end for measure in measures_in(question))


def lists_in(article: Article) -> Iterator[ItemList]:
    """The lists of an article and the first columns of its tables, in order."""
    heading = ""
    before: Block | None = None
    run: list[Block] = []
    for block in (*article.blocks, None):
        if run and (block is None or block.kind is not run[-1].kind):
            made = _made(article.text, run, before, heading)
            if made is not None:
                yield made
            before, run = run[-1], []
        if block is None:
            return
        if block.kind in (BlockKind.LIST_ITEM, BlockKind.TABLE_ROW):
            run.append(block)
            continue
        if block.kind is BlockKind.HEADING:
            heading = article.text[block.start : block.end]
        before = block


def _made(text: str, run: Sequence[Block], before: Block | None, heading: str) -> ItemList | None:
    if len(run) < 2:
        return None
    if run[0].kind is BlockKind.TABLE_ROW:
        rows = [(block, block.row.cells[0]) for block in run if block.row is not None and block.row.cells]
        columns = run[0].columns
        if len(rows) < len(run) or not columns or not columns[0]:
            return None
        items = [(block.start, block.end, block.start + a, block.start + b) for block, (a, b) in rows if b > a]
        return ItemList(None, heading, tuple(items), columns[0]) if len(items) > 1 else None
    items = [(block.start, block.end, *without_bullet(text[block.start : block.end], block.start)) for block in run]
    lead = None
    if before is not None and before.kind is BlockKind.PARAGRAPH and text[before.end - 1] in ":：":
        lead = sentence_spans(text, before.start, before.end)[-1]
    said = text[slice(*lead)] if lead else heading if before is not None and before.kind is BlockKind.HEADING else ""
    return ItemList(lead, said, tuple(items))


def with_whole_list(answer: Answer, library: Library) -> Answer:
    """The answer with all items of the list that its question asks for, where the library has one; else as it was."""
    if not answer.answered or not answer.quotes or not asks_for_list(answer.understood):
        return answer
    noted = [(quote.article_id, quote.start, quote.end) for quote in answer.quotes]
    noted += [(passage.article_id, passage.start, passage.end) for passage in answer.passages[:_LOOKED_AT]]
    best: tuple[float, ItemList, StoredArticle] | None = None
    for article_id in islice(dict.fromkeys(article_id for article_id, _, _ in noted), _LOOKED_AT):
        try:
            stored = library.article(article_id)
        except ArticleNotFound:  # removed meanwhile
            continue
        article = stored.article
        places = [(start, end) for each, start, end in noted if each == article_id]
        for each in lists_in(article):
            first = each.lead[0] if each.lead else each.items[0][0]
            if len(each.items) > MOST_ITEMS or not any(a < each.items[-1][1] and first < b for a, b in places):
                continue
            score = _score(answer, article_id, each, library.terms, article.title)
            if score >= _SPEAKS_OF and (best is None or score > best[0]):
                best = (score, each, stored)
    return answer if best is None else _told(answer, best[1], best[2], library)


def _score(answer: Answer, article_id: str, items: ItemList, terms: Callable[[str], list[str]], title: str) -> float:
    """How far a list is what is asked for, from 0; 1 and above where the best quote is what leads in to it."""
    top = answer.quotes[0]
    if items.column:
        return 1.0 if set(terms(items.column)) & set(_noun_asked_for(answer.understood, terms)) else 0.0
    if (
        items.lead is not None
        and article_id == top.article_id
        and items.lead[0] < top.end
        and top.start < items.lead[1]
    ):
        return 2.0  # a sentence that ends with a colon is no answer: what it announces is
    bare = {term for noun in _BARE_NOUNS for term in terms(noun)}
    wanted = set(terms(answer.understood)) - bare
    if not wanted or not items.said:
        return 0.0
    named = len(wanted & set(terms(f"{items.said} {title}" if items.lead else items.said))) / len(wanted)
    own = len(wanted & set(terms(top.text))) / len(wanted)
    inside = article_id == top.article_id and items.items[0][0] <= top.start < items.items[-1][1]
    return named if inside or named > own else 0.0


def _noun_asked_for(question: str, terms: Callable[[str], list[str]]) -> list[str]:
    match = _ASKS_FOR_LIST.match(question)
    if match is None:
        return []
    behind = re.match(r"\s*(?:the |all |of )*([\w-]+)", question[match.end() :])
    return terms(match["plural"] or (behind[1] if behind else ""))


def _told(answer: Answer, items: ItemList, stored: StoredArticle, library: Library) -> Answer:
    """The answer whose quotes are the items, with the sentence that leads in and what was quoted before beside them."""
    article_id = stored.article.article_id
    known = {(quote.article_id, quote.start, quote.end): quote for quote in answer.quotes}
    pattern = next((quote for quote in answer.quotes if quote.article_id == article_id), None)
    passage = next((each for each in answer.passages if each.article_id == article_id), None)
    if pattern is None and passage is None:
        return answer

    def quote(start: int, end: int, spans: tuple[tuple[int, int], ...], *, answers: bool) -> Quote:
        old = known.get((article_id, start, end))
        boxes = library.boxes(article_id, start, end) if stored.article.pages else []
        pages = tuple(sorted({int(box[0]) for box in boxes}))
        return Quote(
            article_id=article_id,
            title=stored.article.title,
            source=stored.article.source,
            published=stored.article.published,
            section=pattern.section if pattern is not None else passage.section if passage is not None else "",
            page=pages[0] if pages else None,
            pages=pages,
            start=start,
            end=end,
            text=stored.article.text[start:end],
            answers=answers,
            spans=spans,
            sha256=stored.article.sha256,
            text_sha256=stored.text_sha256,
            score=old.score if old is not None else answer.quotes[0].score,
            column=(items.column,) if items.column else (),
            boxes=tuple(boxes),
        )

    quotes = [quote(start, end, ((a, b),), answers=True) for start, end, a, b in items.items]
    if items.lead is not None:
        quotes.append(quote(*items.lead, (items.lead,), answers=False))
    taken = {(each.article_id, each.start, each.end) for each in quotes}
    quotes += [replace(each, answers=False) for unit, each in known.items() if unit not in taken]
    first, last = items.lead or items.items[0], items.items[-1]
    top = answer.quotes[0]
    judged = top.article_id == article_id and first[0] < top.end and top.start < last[1]
    return replace(
        answer,
        text=text_of(quotes),
        quotes=tuple(quotes),
        # All three are of the quote that stood first: of no list elsewhere, and of no figure that is no longer shown.
        confidence=answer.confidence if judged else None,
        disagreements=(),
        agreements=0,
    )
