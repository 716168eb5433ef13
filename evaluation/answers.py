"""Measures of answers: the right words, the right quote, and silence where the articles hold no answer.

Words are compared after a normalisation as in SQuAD (Rajpurkar et al., "SQuAD: 100,000+ Questions for Machine
Comprehension of Text", 2016): lower case; without punctuation, the words a, an, the, and extra space. Ours keeps the
point between digits, the minus sign and the percent sign, since 1.59 is not 15.9 and -5 % is neither 5 % nor 5, and
parts ranges (31–40).

Names, each with the questions that it is a mean over:
- exact_match, token_f1  answerable: equal to / token F1 with the best of the gold answers, or of all of them together.
- right                  answerable: a gold answer stands in the answer's text, which is not much longer, or token
                         F1 >= 0.6; for the kinds `conflict`, `compare` and `several` (questions in one) every gold
                         answer stands in what is shown.
- quote@1, quote@3       answerable: one of the first k quotes brings evidence or holds a gold answer.
- silence                unanswerable: not answered. false_silence: answerable, but not answered; lower is better.
- risk                   all: answered, and not right; lower is better.
- reason                 unanswerable, and the set says why: declined, and for that reason.
- conflict_recall        the kind `conflict`: every gold answer stands in a disagreement that is shown.
- false_alarms           answered, but of no kind with several answers (`conflict`, `compare`, `several`): shows a
                         disagreement; lower is better.

An answerable question that was not answered has 0 in the first rows; one whose asking failed has 0 in silence, too.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from chat.answer import Answer
from evaluation.calibration import CALIBRATION_MEASURES, Judged
from evaluation.measures import brings
from evaluation.questions import Question

ANSWER_MEASURES = (
    "exact_match",
    "token_f1",
    "right",
    "quote@1",
    "quote@3",
    "silence",
    "false_silence",
    "risk",
    "reason",
    "conflict_recall",
    "false_alarms",
)
LOWER_IS_BETTER = frozenset({"false_silence", "risk", "false_alarms", *CALIBRATION_MEASURES})

_SEVERAL = frozenset({"conflict", "compare", "several"})  # kinds whose answers are to be shown all
RIGHT_F1 = 0.6  # token F1 from which an answer's words count as right
QUOTE_LIMIT = 600  # characters; a longer quote is a page, not a sentence, and hits nothing
SHOWN_LIMIT = 700  # the same for what is shown of a comparison: a value and its quote
_ROOF = {"list": 400, "reason": 400}  # characters an answer may have beside the gold one; 60 for other kinds

_SCALES = frozenset({"thousand", "million", "billion", "trillion", "bn", "mn"})
_STRAIGHT = str.maketrans("‘’“”–—−", "''\"\"---")


def measure_answer(question: Question, answer: Answer | None) -> dict[str, float]:
    """The answer's values by measure; empty when the set does not say what is right. None: asking failed."""
    if question.answers is None:
        return {}
    answered = answer is not None and answer.answered
    if not question.answers:
        values = {"silence": float(answer is not None and not answered), "risk": float(answered)}
        if question.reason is not None:
            values["reason"] = float(answer is not None and answer.reason == question.reason)
        return values
    if answer is None or not answered:
        missed = {"conflict_recall": 0.0} if question.kind == "conflict" else {}
        return dict.fromkeys(ANSWER_MEASURES[:5], 0.0) | {"false_silence": 1.0, "risk": 0.0} | missed
    golds = [*question.answers, " ".join(question.answers)]
    text = answer.text or ""
    right = is_right(question, answer)
    return {
        "exact_match": float(any(normalised(text) == normalised(gold) for gold in golds)),
        "token_f1": max(token_f1(text, gold) for gold in golds),
        "right": float(right),
        "quote@1": float(_quoted(question, answer, 1)),
        "quote@3": float(_quoted(question, answer, 3)),
        "false_silence": 0.0,
        "risk": float(not right),
        **_disagreement(question, answer),
    }


def _disagreement(question: Question, answer: Answer) -> dict[str, float]:
    if question.kind == "conflict":
        told = [f"{v.text} {v.quote.text}" for each in answer.disagreements for v in each.values]
        shown = all(any(holds(each, gold) for each in told) for gold in question.answers or ())
        return {"conflict_recall": float(bool(told) and shown)}
    return {} if question.kind in _SEVERAL else {"false_alarms": float(bool(answer.disagreements))}


def judge(question: Question, answer: Answer | None) -> Judged | None:
    """The confidence of the best answer, shown or withheld, and whether that is right; None where nobody knows."""
    if question.answers is None:
        return None
    best = answer if answer is None or answer.answered else answer.withheld
    return Judged(None, False) if best is None else Judged(best.confidence, is_right(question, best))


def is_right(question: Question, answer: Answer) -> bool:
    """Whether an answer to an answerable question is right, as the module says."""
    if not answer.answered or not question.answers:
        return False
    text = answer.text or ""
    if question.kind in _SEVERAL:
        if question.kind == "conflict" and not answer.disagreements:
            return False
        shown = [text, *(quote.text for quote in answer.quotes[:4])]
        shown += [f"{v.text} {v.quote.text}" for each in answer.disagreements[:2] for v in each.values]
        shown = [each for each in shown if len(each) <= SHOWN_LIMIT]
        return all(any(holds(each, gold) for each in shown) for gold in question.answers)
    return says(text, question.answers, question.kind)


def says(text: str, golds: Sequence[str], kind: str = "") -> bool:
    """Whether a text holds the words of a gold answer and is not much longer, or nearly the same."""
    roof = _ROOF.get(kind, 60)
    return any(
        (holds(text, gold) and len(text) <= max(roof, 4 * len(gold))) or token_f1(text, gold) >= RIGHT_F1
        for gold in golds
    )


def token_f1(text: str, gold: str) -> float:
    """Twice the shared words, each as often as in both, / the words of both; 0 when either has none."""
    words, gold_words = normalised(text), normalised(gold)
    shared = sum((Counter(words) & Counter(gold_words)).values())
    return 2 * shared / (len(words) + len(gold_words)) if shared else 0.0


def holds(text: str, gold: str) -> bool:
    """Whether the words of `gold` stand in `text` one after another; 100 does not stand in "100 million"."""
    words, wanted = normalised(text), normalised(gold)
    if not wanted:
        return False
    ends_in_figure = re.fullmatch(r"[a-z]*[\d.]+", wanted[-1]) is not None
    for start in range(len(words) - len(wanted) + 1):
        end = start + len(wanted)
        scaled = ends_in_figure and end < len(words) and words[end] in _SCALES
        if words[start:end] == wanted and not scaled:
            return True
    return False


def normalised(text: str) -> tuple[str, ...]:
    """The words of `text`, normalised as the module says."""
    text = re.sub(r"\bper\s?cent\b", "%", text.lower().translate(_STRAIGHT))
    text = re.sub(r"(?<=\d)\s+%", "%", text)
    text = re.sub(r"(?<=\w)-(?=\d)|(?<=\d)-(?=\w)", " ", text)
    kept = "".join(character for i, character in enumerate(text) if _is_kept(text, i))
    return tuple(word for word in kept.split() if word not in ("a", "an", "the"))


def _is_kept(text: str, i: int) -> bool:
    character, before, after = text[i], text[i - 1 : i], text[i + 1 : i + 2]
    if character == ".":
        return before.isdigit() and after.isdigit()
    if character == "-":
        return after.isdigit()  # a sign: hyphens and dashes at figures have become spaces by now
    return character == "%" or (character not in "$+<=>^`|~" and unicodedata.category(character)[0] != "P")


def _quoted(question: Question, answer: Answer, k: int) -> bool:
    for quote in answer.quotes[:k]:
        if len(quote.text) > QUOTE_LIMIT:
            continue
        if any(brings(quote, evidence) for evidence in question.evidence):
            return True
        if any(holds(quote.text, gold) for gold in question.answers or ()):
            return True
    return False
