"""Tells what stands around an article from what it says: bylines, share prompts, captions, "About us" at the end.

Works on blocks of any format, by general patterns; it knows no publisher and no article. What it marks stays in the
text and is searched, only ranked lower.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from ingest.article import Block, BlockKind
from ingest.dates import find_date

_LONGEST_PROMPT = 700
_LONGEST_LINE = 200

_NAME_WORD = r"[^\W\d_a-zß-öø-ÿ][\w.’'-]*"
_NAME = rf"{_NAME_WORD}(?:\s+(?:(?:de|da|di|van|von|der|den|la|le|bin|al)\s+)*{_NAME_WORD}){{1,3}}"
_NAMES = rf"{_NAME}(?:(?:,|,?\s+and|\s+&)\s+{_NAME}){{0,4}}"
_WROTE = r"(?:(?:posted|written|reported|authored|edited|compiled|prepared|reviewed)\s+by|authors?\s*:|by)\s+"
_BYLINE = re.compile(
    rf"(?P<lead>(?:(?i:{_WROTE}))+)(?P<names>{_NAMES})(?P<rest>\s*$|\s*[|,·•–—-].*|\s+(?i:reading\s+time|published|"
    r"posted|updated|last|on|in|for|date|\d).*)",
)
_READING_TIME = re.compile(r"\breading\s+time\b.{0,20}\d|\b\d+[\s-]*min(?:ute)?s?\.?\s+read\b", re.IGNORECASE)
_NO_NAME = re.compile(
    r"\b(?:segments?|regions?|countr(?:y|ies)|products?|geograph\w+|types?|industr(?:y|ies)|sectors?|categor(?:y|ies)|"
    r"divisions?|years?|quarters?|functions?|business|applications?|markets?|end[- ]uses?|channels?|customers?)\b",
    re.IGNORECASE,
)
# Words with a capital that follow a name without a mark between.
_AFTER_NAME = re.compile(r"\s+(?:Reading|Published|Posted|Updated|Last|Date|Read|On)\b.*", re.DOTALL)

_PROMPT_START = re.compile(
    r"stay tuned\b|(?:subscribe|sign up)\s+(?:to|for|now|here|today)\b|follow us\b|click here\b|"
    r"share\s+(?:this|on|via|with|article|post|to)\b|(?:tweet|print|e-?mail|bookmark)\s+(?:this|article|page)\b|"
    r"read\s+(?:more|also|next|the full|full)\b(?!.{160})|(?:see|read)\s+also\s*:|"
    r"related\s+(?:articles?|posts?|reading|stories|content|topics|links?)\b|(?:you may|you might)\s+also\s+like\b|"
    r"(?:advertisement|sponsored(?:\s+content)?|skip to (?:main )?content|back to top|table of contents)\W*$|"
    r"(?:we|this (?:web)?site)\s+uses?\s+cookies\b|for immediate release\W*$|(?:share|tweet|print|e-?mail)\W*$|"
    r"(?:©|(?:\(c\)|copyright)\s+(?:©|\(c\)|(?:19|20)\d\d))(?!.{200})|(?:register|apply|book|download)\s+(?:now|here|today)\b",
    re.IGNORECASE,
)
_PROMPT_END = re.compile(
    r"(?:^|[.!?:…”\")\]]\s+|\n\s*)(?:start\s+exploring|explore\s+more|(?:read|learn|see|view|discover|find\s+out|show)\s+more|"
    r"click\s+here|(?:sign\s+up|subscribe|register|download|apply|join|contact\s+us|get\s+in\s+touch)"
    r"(?:\s+(?:now|here|today|free|for\s+free))?|get\s+started|book\s+a\s+(?:demo|call|meeting)|"
    r"request\s+a\s+(?:demo|quote))\s*[.!»›>→]*$",
    re.IGNORECASE,
)
_RIGHTS = re.compile(r"\ball rights reserved\b|(?:©|\(c\)|\bcopyright)\s*(?:©\s*)?(?:19|20)\d\d", re.IGNORECASE)
_CONTACT = re.compile(
    r"(?:tel(?:ephone)?|phone|fax|mobile|e-?mail|website|web|(?:media|press|investor)(?:\s+relations)?\s+"
    r"(?:contacts?|enquir(?:y|ies)|inquir(?:y|ies)))\s*[.:]\s*(?:\S.{0,120})?",
    re.IGNORECASE,
)
_ONLY_ADDRESSES = re.compile(r"(?:(?:https?://|www\.)\S+|[\w.+-]+@[\w-]+\.[\w.]+|[|,·•\s])+")

_END_SECTION = re.compile(
    r"about\s+(?:us|the\s+(?:authors?|publishers?|company|firm|editors?|magazine|newspaper))|"
    r"contacts?(?:\s+(?:us|details|information))?|(?:media|press|investor)(?:\s+relations)?\s+contacts?|related\s+(?:articles?|posts?|reading|stories|"
    r"content)|follow us.{0,40}|subscribe.{0,60}|newsletter|share(?:\s+this.{0,40})?|"
    r"you (?:may|might) also like.{0,20}|"
    r"more\s+from\s+.{1,40}|legal\s+notice|copyright(?:\s+notice)?|cookie\s+policy",
    re.IGNORECASE,
)
_ABOUT_SOMEBODY = re.compile(r"About\s+[^\W\d_a-z].{0,80}")
_CAPTION = re.compile(
    r"(?:figure|fig\.|table|chart|exhibit|graph|box|map)\s+(?:[A-Z]?\d{1,3}(?:[.-]\d{1,3})?[a-z]?|[IVX]{1,5})"
    r"(?:\s*[.:–—|-]\s*\S|\s*$|\s+(?-i:[A-Z]))|"
    r"(?:data\s+)?sources?\s*:\s*\S|(?:photo|image)(?:\s+(?:by|credit))?\s*:",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Marked:
    """The blocks with their furniture marked, and what a byline says: `author`, and its date if it holds one."""

    blocks: tuple[Block, ...]
    author: str | None = None
    published: date | None = None


def mark_furniture(text: str, blocks: Sequence[Block]) -> Marked:
    """Blocks of an article with furniture and captions told apart from what the article says."""
    marked: list[Block] = []
    author: str | None = None
    published: date | None = None
    said = 0  # characters of the article proper so far
    in_end_section = False
    for block in blocks:
        if block.kind is BlockKind.FURNITURE or block.end - block.start > _LONGEST_PROMPT:
            shown = ""
        else:
            shown = text[block.start : block.end]
        if block.kind is BlockKind.HEADING:
            in_end_section = block.level > 1 and said > 0 and starts_end_section(shown, block.start / len(text))
            marked.append(_furniture(block) if in_end_section else block)
            continue
        if in_end_section:
            marked.append(_furniture(block))
            continue
        if block.kind in (BlockKind.PARAGRAPH, BlockKind.LIST_ITEM) and shown:
            if is_byline(shown):
                # A byline stands at the head of an article, or at its end; within it, it credits somebody else.
                author = author or author_of(shown)
                published = published or (find_date(shown) if said < 2000 else None)
                block = _furniture(block)
            elif is_prompt(shown):
                block = _furniture(block)
            elif block.kind is BlockKind.PARAGRAPH and is_caption(shown):
                block = replace(block, kind=BlockKind.CAPTION)
        if block.kind is not BlockKind.FURNITURE:
            said += block.end - block.start
        marked.append(block)
    if not said:
        marked = list(blocks)  # nothing else is there: then this is the article
    return Marked(tuple(marked), author, published)


def is_byline(line: str) -> bool:
    """A short line that says who wrote the article, or how long it takes to read."""
    if len(line) > _LONGEST_LINE or line.count("\n") > 2:
        return False
    return author_of(line) is not None or (len(line) <= 120 and _READING_TIME.search(line) is not None)


def author_of(line: str) -> str | None:
    """The name or names in a byline."""
    match = _BYLINE.match(line)
    if match is None:
        return None
    names = _AFTER_NAME.sub("", match["names"]).strip(" ,")
    return names if 3 <= len(names) <= 100 and not _NO_NAME.search(names) else None


def is_caption(paragraph: str) -> bool:
    """Names a figure or table, or says where its figures come from."""
    return len(paragraph) <= 300 and _CAPTION.match(paragraph) is not None


def is_prompt(paragraph: str) -> bool:
    """Asks the reader to share, subscribe, click or stay, or says whose the page is and how to reach them."""
    if len(paragraph) > _LONGEST_PROMPT:
        return False
    if _PROMPT_START.match(paragraph) and len(paragraph) <= 400:
        return True
    if _PROMPT_END.search(paragraph, max(0, len(paragraph) - 60)):
        return True
    if len(paragraph) <= _LONGEST_LINE and _RIGHTS.search(paragraph):
        return True
    if len(paragraph) > _LONGEST_LINE:
        return False
    return _CONTACT.fullmatch(paragraph) is not None or _ONLY_ADDRESSES.fullmatch(paragraph) is not None


def starts_end_section(heading: str, position: float) -> bool:
    """Whether what follows this heading is about the publisher; `position` is where it stands, from 0 to 1."""
    heading = heading.strip("# =*:\n\t")
    if len(heading) > 100:
        return False
    if _END_SECTION.fullmatch(heading):
        return position > 0.3
    # "About Acme Corp" closes a press release; in the middle it may be the subject.
    return position > 0.6 and _ABOUT_SOMEBODY.fullmatch(heading) is not None and len(heading.split()) <= 8


def _furniture(block: Block) -> Block:
    return replace(block, kind=BlockKind.FURNITURE, level=0, row=None)
