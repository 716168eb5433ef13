"""Measures of retrieval: how far up do the passages stand that hold the evidence, and how much of it do they bring?

Rank measures are computed by ir-measures (with its pytrec_eval-terrier provider; RR@10 by its own MS MARCO one); here
is only what counts as relevant. Knows passages by their offsets, nothing of how they were found.

Two levels, chosen for each question by its gold:
- Documents, where whole articles are judged: the run is the articles in order of their best passages.
- Evidence, otherwise. Passage p *brings* evidence e when they share at least half of the shorter of the two:
  |p ∩ e| >= min(|p|, |e|) / 2 in characters of one article. Whichever passages cover e together, one of them brings it:
  either one lies inside e, or only two stick out of it, one at each end, and one of these holds half. The rank of e is
  r(e), that of the first passage that brings it.

Names, with E the evidence of a question, and k counting passages (articles on the level of documents):
- recall@k       |{e in E: r(e) <= k}| / |E|: never above 1, each piece of evidence counts once.
- precision@k    passages among the first k that bring any evidence, again or not, / k.
- mrr@10         1 / min r(e), 0 beyond 10. Also called RR@10.
- ndcg@10, map   over first finds: the passage at rank r is relevant when r = r(e) for some e, and as many relevant
                 passages exist as there are different r(e), plus one for each e not found. A passage that brings two
                 pieces at once is one relevant passage, so both measures reach 1 for every perfect ranking and never
                 exceed it. nDCG has gain = grade and discount log2(rank + 1) (Järvelin and Kekäläinen, 2002).
- page_recall@k  evidence pages among the first k different pages, in order of passages, / evidence pages.
- char_recall@5, char_precision@5, char_iou@5
                 |G ∩ P| / |G|, |G ∩ P| / |P|, |G ∩ P| / |G ∪ P| in characters, G the union of the evidence, P that of
                 the first five passages; after Smith and Troynikov, "Evaluating Chunking Strategies for Retrieval"
                 (Chroma, 2024), who count tokens.

Every value lies in 0 to 1, higher is better. A question without passages has 0; one without gold has no value.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import ir_measures
from ir_measures import AP, RR, P, R, nDCG

from evaluation.questions import Evidence, Question

RECALL_AT = (1, 3, 5, 10, 20, 100)
PRECISION_AT = (1, 3, 5, 10)
PAGES_AT = (1, 5, 10, 20)
CHARACTERS_AT = 5

RETRIEVAL_MEASURES = (
    "ndcg@10",
    *(f"recall@{k}" for k in RECALL_AT),
    *(f"precision@{k}" for k in PRECISION_AT),
    "mrr@10",
    "map",
    *(f"page_recall@{k}" for k in PAGES_AT),
    *(f"char_{name}@{CHARACTERS_AT}" for name in ("recall", "precision", "iou")),
)

Ranges = dict[str, list[tuple[int, int]]]  # article id -> sorted ranges that do not touch


_OF_LIBRARY = {
    nDCG @ 10: "ndcg@10",
    RR @ 10: "mrr@10",
    AP: "map",
    **{R @ k: f"recall@{k}" for k in RECALL_AT},
    **{P @ k: f"precision@{k}" for k in PRECISION_AT},
}
_PASSAGES = "passages of "  # topics of their own for precision, where finding evidence again counts too


class Ranked(Protocol):
    """A passage in a ranking: characters [start, end) of an article. Hits and considered passages are some."""

    @property
    def article_id(self) -> str:
        """The id of its article."""
        ...

    @property
    def source(self) -> str:
        """The source of its article."""
        ...

    @property
    def start(self) -> int:
        """Its first character in the article's text."""
        ...

    @property
    def end(self) -> int:
        """The character behind its last."""
        ...

    @property
    def pages(self) -> tuple[int, ...]:
        """Its pages, from 1; empty where there are none."""
        ...


@dataclass(frozen=True, slots=True)
class Retrieval:
    """One question's values by measure, and the ranks, from 1, at which its gold was found.

    `rank` is that of the first gold found, `ranks` those of each piece of evidence (or, where articles are judged, of
    each article that is relevant); None: not among the passages.
    """

    measures: Mapping[str, float]
    rank: int | None
    ranks: tuple[int | None, ...]


def brings(passage: Ranked, evidence: Evidence) -> bool:
    """Whether the passage and the evidence share at least half of the shorter of the two."""
    if passage.article_id != evidence.article_id:
        return False
    shared = min(passage.end, evidence.end) - max(passage.start, evidence.start)
    return shared > 0 and 2 * shared >= min(passage.end - passage.start, evidence.end - evidence.start)


def is_relevant(passage: Ranked, question: Question) -> bool:
    """Whether the passage is of a relevant article where articles are judged, or else brings evidence."""
    if question.documents:
        return passage.source in question.documents
    return any(brings(passage, evidence) for evidence in question.evidence)


def measure_retrieval(questions: Sequence[Question], rankings: Sequence[Sequence[Ranked]]) -> list[Retrieval]:
    """Every retrieval measure that each question's gold allows; `rankings` are passages, best first, by question."""
    values: list[dict[str, float]] = [{} for _ in questions]
    ranks: list[tuple[int | None, ...]] = []
    judged = _Judgements(values)
    for index, (question, passages) in enumerate(zip(questions, rankings, strict=True)):
        if question.documents:
            ranks.append(judged.add_documents(index, question, passages))
        else:
            ranks.append(judged.add_evidence(index, question, passages))
        values[index] |= _page_recall(question, passages) | _characters(question, passages[:CHARACTERS_AT])
    judged.compute()
    return [
        Retrieval(_in_order(each), min((r for r in found if r is not None), default=None), found)
        for each, found in zip(values, ranks, strict=True)
    ]


class _Judgements:
    """Rankings and gold as ir-measures takes them; a topic is one question, known by its index."""

    def __init__(self, values: list[dict[str, float]]) -> None:
        self._values = values
        self._qrels: dict[str, dict[str, int]] = {}
        self._runs: dict[str, dict[str, float]] = {}

    def add_documents(self, index: int, question: Question, passages: Sequence[Ranked]) -> tuple[int | None, ...]:
        ranked = list(dict.fromkeys(passage.source for passage in passages))
        self._add(str(index), question.documents, ranked)
        places = {source: rank for rank, source in enumerate(ranked, 1)}
        return tuple(places.get(source) for source in question.documents)

    def add_evidence(self, index: int, question: Question, passages: Sequence[Ranked]) -> tuple[int | None, ...]:
        if not question.evidence:
            return ()
        finds = [{i for i, e in enumerate(question.evidence) if brings(passage, e)} for passage in passages]
        first: list[int | None] = [
            next((rank for rank, found in enumerate(finds, 1) if i in found), None)
            for i in range(len(question.evidence))
        ]
        ranked = [str(rank) for rank in range(1, len(passages) + 1)]
        new = {str(rank): 1 for rank in first if rank is not None}
        missed = {f"missed {i}": 1 for i, rank in enumerate(first) if rank is None}
        self._add(str(index), new | missed, ranked)
        again = {str(rank): 1 for rank, found in enumerate(finds, 1) if found}
        self._add(_PASSAGES + str(index), again or {"none": 1}, ranked)
        for k in RECALL_AT:
            self._values[index][f"recall@{k}"] = sum(rank is not None and rank <= k for rank in first) / len(first)
        return tuple(first)

    def compute(self) -> None:
        """Write what ir-measures says into the values; what stands there already (recall of evidence) stays."""
        if not self._qrels:
            return
        for metric in ir_measures.iter_calc(list(_OF_LIBRARY), self._qrels, self._runs):
            name = _OF_LIBRARY[metric.measure]
            apart = metric.query_id.startswith(_PASSAGES)
            if apart and not name.startswith("precision"):
                continue
            values = self._values[int(metric.query_id.removeprefix(_PASSAGES))]
            if apart:
                values[name] = float(metric.value)
            elif not (name.startswith("precision") and _PASSAGES + metric.query_id in self._qrels):
                values.setdefault(name, float(metric.value))

    def _add(self, topic: str, gold: Mapping[str, int], ranked: Sequence[str]) -> None:
        self._qrels[topic] = dict(gold)
        # scores that fall with the rank and are never equal: trec_eval breaks ties by name
        self._runs[topic] = {name: float(len(ranked) - i) for i, name in enumerate(ranked)}


def _page_recall(question: Question, passages: Sequence[Ranked]) -> dict[str, float]:
    gold = {(evidence.article_id, page) for evidence in question.evidence for page in evidence.pages}
    if not gold:
        return {}
    ranked = list(dict.fromkeys((passage.article_id, page) for passage in passages for page in passage.pages))
    return {f"page_recall@{k}": len(gold.intersection(ranked[:k])) / len(gold) for k in PAGES_AT}


def _characters(question: Question, passages: Sequence[Ranked]) -> dict[str, float]:
    if not question.evidence:
        return {}
    gold, got = _union(question.evidence), _union(passages)
    want, have, both = _length(gold), _length(got), _shared(gold, got)
    return {
        f"char_recall@{CHARACTERS_AT}": both / want,
        f"char_precision@{CHARACTERS_AT}": both / have if have else 0.0,
        f"char_iou@{CHARACTERS_AT}": both / (want + have - both),
    }


def _union(pieces: Iterable[Evidence | Ranked]) -> Ranges:
    """Ranges of each article, sorted, joined where they touch."""
    ranges: Ranges = {}
    for article, start, end in sorted((each.article_id, each.start, each.end) for each in pieces):
        joined = ranges.setdefault(article, [])
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return ranges


def _length(ranges: Ranges) -> int:
    return sum(end - start for each in ranges.values() for start, end in each)


def _shared(left: Ranges, right: Ranges) -> int:
    return sum(
        max(0, min(end, other_end) - max(start, other_start))
        for article in left.keys() & right.keys()
        for start, end in left[article]
        for other_start, other_end in right[article]
    )


def _in_order(values: Mapping[str, float]) -> dict[str, float]:
    return {name: values[name] for name in RETRIEVAL_MEASURES if name in values}
