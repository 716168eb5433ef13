"""How likely the shown answer is right: what search and reading say of it becomes a calibrated probability.

The features compare (with the next reading, with what a passage could have scored at most, with the question's own
words) rather than count, so that they mean the same in a library of ten passages and of fifty thousand. Asking and
`training/fit_confidence.py`, which makes the files read here, take them from the same two functions. Knows neither
library nor model; needs no library for statistics.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from chat.candidates import Vocabulary, share
from chat.figures import agree, asked_kinds, asked_unit, comparable, find_figures, same_unit
from chat.places import spellings
from chat.question import is_mentioned
from chat.reader import Reading, sigmoid
from chat.terms import Asked, asked_for, figures_in, names_in, rarities, years_in
from errors import SettingError
from index.values import Hit
from ingest.passages import Unit

FORMAT = 1
_FAR = 8.0  # in log odds: what lies further behind tells no more
_MOST_WORDS = 2.2  # what BM25 gives for one word at most, in units of its rarity: k1 + 1


@dataclass(frozen=True, slots=True)
class Logistic:
    """A logistic model of standardised features: `features` give mean, scale (above 0) and weight of each."""

    bias: float
    features: Mapping[str, tuple[float, float, float]]

    def probability(self, values: Mapping[str, float]) -> float:
        """In (0, 1). A feature that `values` lack counts as its mean, one further out than three scales as three."""
        total = self.bias
        for name, (mean, scale, weight) in self.features.items():
            distance = (values.get(name, mean) - mean) / scale
            total += weight * max(-3.0, min(3.0, distance))
        return sigmoid(total)

    def to_json(self) -> dict[str, Any]:
        """The model as it is stored."""
        return {"bias": self.bias, "features": {name: list(each) for name, each in self.features.items()}}


@dataclass(frozen=True, slots=True)
class Calibration:
    """What was fitted for one reader.

    `right` gives the probability that the answer shown is right, `speaks` that passages found speak of what was asked
    at all. An answer is shown from `threshold` (a probability) on. `reader` is the identity of the reader fitted for.
    """

    reader: str
    right: Logistic
    speaks: Logistic
    threshold: float
    card: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """The calibration as `load_calibration` reads it."""
        return {
            "format": FORMAT,
            "reader": self.reader,
            "threshold": self.threshold,
            "right": self.right.to_json(),
            "speaks": self.speaks.to_json(),
            "card": dict(self.card),
        }


def load_calibration(path: Path, reader: str) -> Calibration | None:
    """The calibration in a file; None when there is no file, or when it was fitted for another reader than this one.

    `reader` is the reader's identity. Raises SettingError when the file cannot be understood.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise SettingError(f"{path}: the calibration cannot be read ({error}); restore the file or delete it") from None
    if not isinstance(data, dict) or data.get("format") != FORMAT or data.get("reader") != reader:
        return None
    try:
        found = Calibration(
            reader=reader,
            right=_logistic(data["right"]),
            speaks=_logistic(data["speaks"]),
            threshold=float(data["threshold"]),
            card=dict(data.get("card", {})),
        )
        if not 0 <= found.threshold <= 1:
            raise ValueError("a threshold outside 0 to 1")
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise SettingError(
            f"{path}: the calibration lacks a value ({error!r}); restore the file or delete it"
        ) from None
    return found


def confidence_features(
    question: str,
    hits: Sequence[Hit],
    readings: Sequence[Reading],
    vocabulary: Vocabulary,
    alone: Reading | None = None,
) -> dict[str, float]:
    """What is known of the first of `readings`, which would be shown; empty when there is none.

    `readings` count into `hits`, which are in the search's order. `alone` is what the reader makes of the quote without
    the passage around it (`quote_alone`). What the reader itself says stands under its own names behind "reader." and
    "alone.".
    """
    if not readings:
        return {}
    best = readings[0]
    hit = hits[best.passage]
    quote = hit.text[best.start - hit.start : best.end - hit.start]
    answer = _answer(best, hits)
    around = f"{hit.heading}\n{hit.text}"
    terms = vocabulary.terms(question)
    rarity = rarities(terms, vocabulary.frequencies_of(terms), vocabulary.count_passages())
    in_quote, in_passage = set(vocabulary.terms(quote)), set(vocabulary.terms(around))
    others = [each for each in readings[1:] if not _same(_answer(each, hits), answer)]
    abroad = [each for each in others if hits[each.passage].article_id != hit.article_id]
    agreeing = {(each.passage, each.start) for each in readings[1:] if _same(_answer(each, hits), answer)} - {
        (best.passage, best.start)
    }
    found = {f"reader.{name}": float(value) for name, value in best.features.items()}
    if alone is not None:
        found |= {f"alone.{name}": float(alone.features[name]) for name in best.features if name in alone.features}
        found |= {"alone_odds": log_odds(alone.probability), "steady": _overlap(best.spans, alone.spans)}
    return found | {
        "odds": log_odds(best.probability),
        "gap": _gap(best, others),
        "gap_article": _gap(best, abroad),
        "agreeing": math.log1p(len(agreeing)),
        **_of_search(hit, hits, rarity),
        "covered_quote": _covered(rarity, in_quote),
        "covered_passage": _covered(rarity, in_passage),
        "missing_quote": _rarest_missing(rarity, in_quote | set(vocabulary.terms(hit.heading))),
        "missing_passage": _rarest_missing(rarity, in_passage),
        "names": _names_there(question, around, vocabulary),
        "mentioned": _mentioned(question, around),
        "names_quote": _names_there(question, f"{hit.heading}\n{quote}", vocabulary),
        "years": _years_there(question, f"{' '.join(best.columns)} {quote}", around),
        "figures": share(figures_in(question), figures_in(around)),
        "kind": _kind(question, answer),
        "unit": _unit(question, answer),
        "length": math.log1p(len(answer)),
        "repeats": share(set(vocabulary.terms(answer)), set(terms)),
        "negated": float(_negated(question) != _negated(quote)),
        "strict": float(bool(_strict(question))),
        "strict_missing": float(bool(_strict(question) - _strict(f"{hit.heading} {quote}"))),
    }


def quote_alone(hit: Hit, reading: Reading) -> Hit:
    """The quote of a reading as a passage of its own: what answers there must not hang on what stands around."""
    unit = Unit(reading.start, reading.end, reading.kind, reading.row)
    text = hit.text[reading.start - hit.start : reading.end - hit.start]
    return replace(hit, start=reading.start, end=reading.end, text=text, units=(unit,))


def relevance_features(question: str, hits: Sequence[Hit], vocabulary: Vocabulary) -> dict[str, float]:
    """Whether the passages found speak of what was asked, whatever a reader makes of them; empty without any."""
    if not hits:
        return {}
    terms = vocabulary.terms(question)
    rarity = rarities(terms, vocabulary.frequencies_of(terms), vocabulary.count_passages())
    each = [set(vocabulary.terms(f"{hit.heading}\n{hit.text}")) for hit in hits]
    together = set().union(*each)
    return {
        "dense": max(_dense(hits)),
        "words": max(_words(hits)) / (_MOST_WORDS * sum(rarity.values()) or 1.0),
        "covered": max(_covered(rarity, own) for own in each),
        "covered_together": _covered(rarity, together),
        "missing": min(_rarest_missing(rarity, own) for own in each),
        "missing_together": _rarest_missing(rarity, together),
        "names": max(_names_there(question, f"{hit.heading}\n{hit.text}", vocabulary) for hit in hits),
    }


def log_odds(probability: float) -> float:
    """The inverse of `sigmoid`, within 8 either way."""
    bounded = min(max(probability, 1e-9), 1 - 1e-9)
    return max(-_FAR, min(_FAR, math.log(bounded / (1 - bounded))))


def _logistic(data: Mapping[str, Any]) -> Logistic:
    features = {str(name): (float(m), float(s), float(w)) for name, (m, s, w) in data["features"].items()}
    if any(
        scale <= 0 or not all(map(math.isfinite, (mean, scale, weight))) for mean, scale, weight in features.values()
    ):
        raise ValueError("a scale that is not above 0, or a value that is no number")
    return Logistic(float(data["bias"]), features)


def _answer(reading: Reading, hits: Sequence[Hit]) -> str:
    hit = hits[reading.passage]
    return "; ".join(hit.text[start - hit.start : end - hit.start] for start, end in reading.spans)


def _same(one: str, other: str) -> bool:
    """Whether two answers agree: in their figures where both have some, else in words, one perhaps saying more."""
    figures, others = find_figures(one), find_figures(other)
    if figures and others:
        return all(any(comparable(each, its) and agree(each, its) for its in others) for each in figures)
    first, second = _folded(one), _folded(other)
    return bool(first.strip()) and bool(second.strip()) and (first in second or second in first)


_SAID = re.compile(r"[\w%$€£¥]+(?:[.,'’-]\w+)*")


def _folded(text: str) -> str:
    return f" {' '.join(_SAID.findall(text.lower()))} "


def _gap(best: Reading, others: Sequence[Reading]) -> float:
    """How far the best of others lies behind, in log odds, 0 to 8; 8 when there is none."""
    if not others:
        return _FAR
    next_best = max(each.probability for each in others)
    return max(0.0, min(_FAR, log_odds(best.probability) - log_odds(next_best)))


def _of_search(hit: Hit, hits: Sequence[Hit], rarity: Mapping[str, float]) -> dict[str, float]:
    dense, words = _dense(hits), _words(hits)
    at = next(i for i, each in enumerate(hits) if each is hit)
    abroad = [i for i, each in enumerate(hits) if each.article_id != hit.article_id]
    best_words = max(words) or 1.0
    return {
        "dense": dense[at],
        "dense_behind": max(dense) - dense[at],
        "dense_ahead": dense[at] - max((dense[i] for i in abroad), default=min(dense)),
        "words": words[at] / (_MOST_WORDS * sum(rarity.values()) or 1.0),
        "words_behind": (max(words) - words[at]) / best_words,
        "words_ahead": (words[at] - max((words[i] for i in abroad), default=0.0)) / best_words,
        "place": 1 / (1 + at),
    }


def _dense(hits: Sequence[Hit]) -> list[float]:
    """Dense scores; what that leg did not find has the lowest of those that it did."""
    known = [hit.trace.get("dense_score") for hit in hits]
    lowest = min((score for score in known if score is not None), default=0.0)
    return [float(lowest if score is None else score) for score in known]


def _words(hits: Sequence[Hit]) -> list[float]:
    return [float(hit.trace.get("words_score") or 0.0) for hit in hits]


def _covered(rarity: Mapping[str, float], there: set[str]) -> float:
    """The share of the question's words that are there, each weighing as much as it is rare; 1 without any."""
    whole = sum(rarity.values())
    return sum(weight for term, weight in rarity.items() if term in there) / whole if whole else 1.0


def _rarest_missing(rarity: Mapping[str, float], there: set[str]) -> float:
    """The rarest of the question's words that is not there, as a share of its rarest word; 0 when all are."""
    most = max(rarity.values(), default=1.0)
    return max((weight for term, weight in rarity.items() if term not in there), default=0.0) / most


def _names_there(question: str, text: str, vocabulary: Vocabulary) -> float:
    """The share of the question's names of which every word stands in `text`; 1 when it has none."""
    names = names_in(question)
    if not names:
        return 1.0
    there = set(vocabulary.terms(text))
    return sum(_stands(name, there, vocabulary) for name in names) / len(names)


def _stands(name: str, there: set[str], vocabulary: Vocabulary) -> bool:
    """Whether all words of a name are among the terms `there`, under any spelling where it is a place."""
    return any(set(vocabulary.terms(spelling)) <= there for spelling in spellings(name) or (name,))


def _mentioned(question: str, text: str) -> float:
    """The share of the question's names that `text` names in as many, fewer or more words; 1 when it has none."""
    names = names_in(question)
    return sum(is_mentioned(name, [text]) for name in names) / len(names) if names else 1.0


def _years_there(question: str, own: str, around: str) -> float:
    """1 when `own` names every year asked for, 0.5 when what stands around does, -1 when other years stand there."""
    wanted = years_in(question)
    if not wanted:
        return 0.0
    said = years_in(own)
    if wanted <= said:
        return 1.0
    near = years_in(around)
    if wanted <= near:
        return 0.5 if not said else -0.5
    return -1.0


_CAPITAL = re.compile(r"\b[A-Z]\w+")


def _kind(question: str, answer: str) -> float:
    """1 when the answer is of the kind asked for, 0.5 when it is another figure, -1 when not, 0 when any would do."""
    kinds = asked_kinds(question)
    if kinds:
        found = {figure.kind for figure in find_figures(answer)}
        return 1.0 if found & kinds else 0.5 if found else -1.0
    if asked_for(question) is Asked.PERSON:
        return 1.0 if _CAPITAL.search(answer) else -1.0
    return 0.0


def _unit(question: str, answer: str) -> float:
    """1 when a figure of the answer has the currency asked for, -1 when none has, 0 when none is asked for."""
    unit = asked_unit(question)
    if not unit:
        return 0.0
    units = {each.unit for figure in find_figures(answer) for each in (figure, *figure.equivalents)}
    return 1.0 if any(each and same_unit(unit, each) for each in units) else -1.0


_NEGATION = re.compile(r"\b(?:not?|never|none|neither|nor|without|cannot|\w+n[’']t)\b", re.IGNORECASE)


_STRICT = re.compile(
    r"\b(?:most|least|first|last|only|best|worst|never|no|not|none|without|except|before|after|other|more|less|fewer"
    r"|(?:larg|small|bigg|high|low|old|new|young|long|short|earli|lat|great|few|fast|slow|strong|weak|rich|poor|cheap"
    r"|clos|deep|wid|hard|eas|hott|cold|heavi|light)(?:est|er))\b",
    re.IGNORECASE,
)


def _strict(text: str) -> frozenset[str]:
    """Words that narrow a question down and change its answer, though a search passes over them: "first", "never"."""
    return frozenset(match.group().lower() for match in _STRICT.finditer(text))


def _overlap(one: Sequence[tuple[int, int]], other: Sequence[tuple[int, int]]) -> float:
    """How much of what the first spans of both cover they share, 0 to 1."""
    if not one or not other:
        return 0.0
    (start, end), (begin, finish) = one[0], other[0]
    return max(0, min(end, finish) - max(start, begin)) / max(1, max(end, finish) - min(start, begin))


def _negated(text: str) -> bool:
    return _NEGATION.search(text) is not None
