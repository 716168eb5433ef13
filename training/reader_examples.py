"""Examples for the reader, cut into word pieces: spans, paragraphs that hold no answer, and how relevant each is.

    .venv/bin/python -m training.reader_examples DATA OUT

DATA is a folder with `train/*.jsonl.gz`, `rerank_pairs.jsonl.gz`, and `heldout/*.jsonl.gz`, whose passages are left
out; OUT a folder that a file of examples is written to (pickle).
Questions without an answer are made in three ways: the right question with a wrong paragraph (the nearest
by words, none of which holds the answer), with its own paragraph less the sentences that answer, and a question changed
so that its paragraph answers it no longer (another name, another number, a "not", an opposite), as the writers of
SQuAD 2.0 did (Rajpurkar et al., "Know What You Don't Know", 2018, table 1).
"""

import argparse
import gzip
import json
import pickle
import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from ingest.sentences import sentence_spans

MOST_QUESTION = 48  # word pieces


@dataclass(slots=True)
class Example:
    """One question with one passage, as word pieces.

    `spans` are first and last piece (both inside) of what answers, counted in `passage`; empty when nothing does.
    `spread` says that any words inside the one span may be the answer (only the sentence is known). `relevant` is 1, 0,
    or -1 when nobody knows; `span_known` is False where only the relevance is.
    """

    question: list[int]
    heading: list[int]
    passage: list[int]
    spans: list[tuple[int, int]]
    relevant: int
    source: str
    spread: bool = False
    span_known: bool = True


class Pieces:
    """Texts as word pieces with their places."""

    def __init__(self, tokenizer_file: Path) -> None:
        from tokenizers import Tokenizer

        self._tokenizer = Tokenizer.from_file(str(tokenizer_file))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._known: dict[str, tuple[list[int], list[tuple[int, int]]]] = {}

    def __call__(self, text: str) -> tuple[list[int], list[tuple[int, int]]]:
        """Ids and (start, end) in characters of each piece."""
        if text not in self._known:
            encoded = self._tokenizer.encode(text, add_special_tokens=False)
            self._known[text] = (encoded.ids, encoded.offsets)
        return self._known[text]


def pieces_of(offsets: Sequence[tuple[int, int]], start: int, end: int) -> tuple[int, int] | None:
    """First and last piece that hold any of the characters from `start` to `end`; None when none does."""
    inside = [i for i, (begin, stop) in enumerate(offsets) if begin < end and stop > start]
    return (inside[0], inside[-1]) if inside else None


def make(
    pieces: Pieces,
    question: str,
    heading: str,
    passage: str,
    answers: Sequence[tuple[int, int]],
    relevant: int,
    source: str,
    *,
    spread: bool = False,
    span_known: bool = True,
) -> Example:
    """An example; `answers` are (start, end) in characters of the passage."""
    ids, offsets = pieces(passage)
    found = sorted({span for span in (pieces_of(offsets, *each) for each in answers) if span is not None})
    return Example(
        pieces(question)[0][:MOST_QUESTION],
        pieces(heading)[0][:MOST_QUESTION] if heading else [],
        ids,
        found,
        relevant,
        source,
        spread,
        span_known,
    )


_NAME = re.compile(r"(?<=[a-z,] )(?:[A-Z][\w'’.-]+)(?: (?:(?:of|de|the) )?[A-Z][\w'’.-]+)*")
_NUMBER = re.compile(r"\b\d[\d,.]*\b")
_NOT = (
    (r"\b(is|are|was|were|did|does|do|can|could|will|would|should|has|have|had)\b", r"\1 not"),
    (r"\b(did|does|do) (\w+) ", r"\1 \2 never "),
)
_OPPOSITES = [
    pair.split("/")
    for pair in """first/last largest/smallest most/least highest/lowest before/after more/fewer increase/decrease
    increased/decreased north/south east/west northern/southern eastern/western begin/end began/ended start/stop
    early/late earliest/latest new/old young/old male/female public/private good/bad high/low long/short big/small
    best/worst major/minor won/lost win/lose support/oppose supported/opposed accept/reject accepted/rejected
    allow/forbid allowed/forbidden strong/weak rich/poor above/below inside/outside internal/external import/export
    rise/fall rose/fell buy/sell bought/sold gain/loss maximum/minimum successful/unsuccessful legal/illegal
    same/different common/rare hot/cold open/closed agreed/refused include/exclude included/excluded""".split()
]
_OPPOSITE = dict(_OPPOSITES) | {b: a for a, b in _OPPOSITES}


def changed(question: str, passage: str, names: Sequence[str], numbers: Sequence[str], random_: random.Random) -> str:
    """The question changed so that its passage answers it no longer; "" when no way was found.

    `names` and `numbers` are those of other passages of the same article.
    """
    ways = [_other_name, _other_number, _opposite, _opposite, _denied]
    random_.shuffle(ways)
    for way in ways:
        result = way(question, passage, names, numbers, random_)
        if result and result != question:
            return result
    return ""


def _other_name(
    question: str, passage: str, names: Sequence[str], _numbers: Sequence[str], random_: random.Random
) -> str:
    own = _NAME.findall(question)
    others = [name for name in names if name not in passage and name not in question]
    if not own or not others:
        return ""
    return question.replace(random_.choice(own), random_.choice(others), 1)


def _other_number(
    question: str, passage: str, _names: Sequence[str], numbers: Sequence[str], random_: random.Random
) -> str:
    own = _NUMBER.findall(question)
    if not own:
        return ""
    old = random_.choice(own)
    same_kind = [each for each in numbers if each not in passage and each not in question and len(each) == len(old)]
    if len(old) == 4 and old.isdigit() and not same_kind:
        same_kind = [str(int(old) + random_.choice((-12, -7, -3, -1, 1, 2, 5, 10)))]
    return question.replace(old, random_.choice(same_kind), 1) if same_kind else ""


def _opposite(
    question: str, _passage: str, _names: Sequence[str], _numbers: Sequence[str], random_: random.Random
) -> str:
    known = [word for word in question.split() if word.strip("?,.") in _OPPOSITE]
    if not known:
        return ""
    word = random_.choice(known)
    return question.replace(word, word.replace(word.strip("?,."), _OPPOSITE[word.strip("?,.")]), 1)


def _denied(
    question: str, _passage: str, _names: Sequence[str], _numbers: Sequence[str], random_: random.Random
) -> str:
    pattern, new = _NOT[0]
    return re.sub(pattern, new, question, count=1) if random_.random() < 0.5 else ""


def without_answer(passage: str, answers: Sequence[tuple[int, int]], texts: Sequence[str]) -> str:
    """The passage less every sentence that holds an answer; "" when too little is left."""
    lowered = [text.lower() for text in texts]
    kept = []
    for start, end in sentence_spans(passage):
        sentence = passage[start:end]
        if any(start < stop and end > begin for begin, stop in answers):
            continue
        if any(text in sentence.lower() for text in lowered):
            continue
        kept.append(sentence)
    result = " ".join(kept)
    return result if len(result.split()) >= 25 else ""


def nearest(questions: Sequence[str], passages: Sequence[str], most: int) -> Iterator[list[int]]:
    """For each question the `most` passages nearest by words (TF-IDF over words and pairs of words), best first."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(sublinear_tf=True, stop_words="english", max_features=200_000, dtype=np.float32)
    matrix = vectorizer.fit_transform(passages).T.tocsr()
    queries = vectorizer.transform(questions)
    for begin in range(0, len(questions), 1000):
        scores = np.asarray((queries[begin : begin + 1000] @ matrix).todense())
        best = np.argpartition(-scores, most, axis=1)[:, :most]
        for row, columns in zip(scores, best, strict=True):
            yield [int(each) for each in columns[np.argsort(-row[columns])]]


def rows_of(file: Path) -> list[dict[str, Any]]:
    """The rows of a packed file of JSON lines."""
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines.read().split("\n") if line.strip()]


def _opening(passage: str) -> str:
    """What tells that two passages are the same text, held out and in training (seven were)."""
    return re.sub(r"\W+", "", passage.lower())[:120]


def examples(data: Path, pieces: Pieces, seed: int = 0) -> Iterator[Example]:
    """All examples made of the labelled questions in `data`."""
    random_ = random.Random(seed)
    rows = [row for file in sorted((data / "train").glob("*.jsonl.gz")) for row in rows_of(file)]
    held = {_opening(row["context"]) for file in (data / "heldout").glob("*.jsonl.gz") for row in rows_of(file)}
    rows = [row for row in rows if _opening(row["context"]) not in held]
    names: dict[str, set[str]] = defaultdict(set)
    numbers: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        key = f"{row['source']} {row['title']}"
        names[key].update(_NAME.findall(row["context"]))
        numbers[key].update(_NUMBER.findall(row["context"]))
    listed_names = {key: sorted(each) for key, each in names.items()}
    listed_numbers = {key: sorted(each) for key, each in numbers.items()}
    pool = sorted({(row["context"], row["title"]) for row in rows})
    near = nearest([row["question"] for row in rows], [text for text, _ in pool], 12)
    for row, candidates in zip(rows, near, strict=True):
        question, passage, source = row["question"], row["context"], row["source"]
        heading = "" if "squadshifts" in source and "wiki" not in source else row["title"].replace("_", " ")
        texts = [answer["text"] for answer in row["answers"] if answer["text"].strip()]
        answers = [(answer["answer_start"], answer["answer_start"] + len(answer["text"])) for answer in row["answers"]]
        spread = row["level"] == "sentence"
        yield make(pieces, question, heading, passage, answers, 1, source, spread=spread)
        rest = without_answer(passage, answers, texts)
        if rest:
            yield make(pieces, question, heading, rest, [], -1, source + ":rest")
        key = f"{source} {row['title']}"
        other = changed(question, passage, listed_names[key], listed_numbers[key], random_)
        if other:
            yield make(pieces, other, heading, passage, [], -1, source + ":changed")
        lowered = [text.lower() for text in texts]
        wrong = [
            pool[i]
            for i in candidates
            if pool[i][0] != passage and not any(text in pool[i][0].lower() for text in lowered)
        ]
        for text, title in wrong[:2]:
            yield make(pieces, question, title.replace("_", " ") if heading else "", text, [], 0, source + ":near")
    for row in rows_of(data / "rerank_pairs.jsonl.gz"):
        for negative in row["neg"]:
            if _opening(negative) in held:
                continue
            yield make(pieces, row["query"], row["title"].replace("_", " "), negative, [], 0, row["source"] + ":pair")


def places_of(answer: str, text: str) -> list[tuple[int, int]]:
    """Where `answer` stands in `text` as words or figures of its own."""
    pattern = r"(?<![\w.,])" + re.escape(answer.strip()) + r"(?![\w]|[.,]\d)"
    return [match.span() for match in re.finditer(pattern, text)] if answer.strip() else []


def save(examples: Sequence[Example], file: Path) -> None:
    """Write examples where `training.train_reader` finds them, in one go, and print how many there are of each kind."""
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_suffix(".new")
    with aside.open("wb") as opened:
        pickle.dump([tuple(getattr(each, f.name) for f in fields(each)) for each in examples], opened)
    aside.replace(file)
    print(json.dumps(Counter(each.source for each in examples), indent=1))


def main() -> None:
    """Write the examples."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    from index.embedder import find_model

    pieces = Pieces(find_model("sentence-transformers/all-MiniLM-L6-v2") / "tokenizer.json")
    save(list(examples(args.data, pieces)), args.out / "questions.pickle")


if __name__ == "__main__":
    main()
