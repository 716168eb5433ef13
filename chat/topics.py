"""What a question is about, as a later one may mean it: "it", "its", "they", "the company", "the country".

Pure functions on text. Rules on the order of words, no grammar: where they find nothing, nothing is put in.
"""

import re
from dataclasses import dataclass

from chat.measures import measures_in
from chat.places import spellings
from chat.terms import names_in

PREPOSITIONS = r"(?:in|for|by|at|of|with|from|on|during|under|among|against|without|before|after|to|into|through|over)"
HELPS = r"(?:is|are|was|were|do|does|did|has|have|had|will|would|can|could|should|may|might|must)(?:n['’]t)?"
ASKS = r"(?:what|when|who|whom|whose|where|why|how|which)"
_STOP = rf"(?=\s+(?:{PREPOSITIONS}|{HELPS}|worth|[a-z]+(?:ed|ing)|each|expected|and|than)\b|\s*[,?.!:;]|\s*$)"


@dataclass(frozen=True, slots=True)
class Topic:
    """What "it" is, and whose ("China's market", "China"); `several` says that "they" would be said of it."""

    whole: str
    owner: str
    several: bool = False


# "Which two laws shape …", "which park opened …": a plural with any verb behind it, or a verb that ends as verbs do.
_KIND_OF = re.compile(
    rf"(?:in |of |for )?(?:which|what) (?:(?P<plural>(?!{HELPS}\b)(?:[\w'’-]+ ){{0,3}}?[a-z]+s) (?P<do>[a-z]+\b.*)"
    rf"|(?P<noun>(?!{HELPS}\b)[\w'’-]+(?: [\w'’-]+){{0,3}}?) (?P<does>(?:is|was|has|had|[a-z]+(?:s|ed))\b.*))",
    re.IGNORECASE,
)
_INVERTED = re.compile(r"\b(?:do|does|did)\b", re.IGNORECASE)
_WHAT_IS = re.compile(r"(?:what|who) (?:is|are|was|were) (?:meant by )?(?P<what>(?:the |an? )?[^,]+)", re.IGNORECASE)


def topic_of(question: str) -> Topic | None:
    """What a question is about; None where nothing in it can be told to be that."""
    text = question.strip(" ?.!")
    names = [name for name in names_in(text) if name in text]
    for name in names:
        owned = re.search(rf"((?:the )?{re.escape(name)})(?:['’]s?)((?: (?!{HELPS}\b)[\w-]+)+?){_STOP}", text)
        if owned:
            return Topic(owned.group(), owned[1], owned[2].endswith("s"))
    others = [name for name in names if not spellings(name)]
    asked = None if _INVERTED.search(text) else _KIND_OF.fullmatch(text)
    kind = f"the {asked['plural'] or asked['noun']} that {asked['do'] or asked['does']}" if asked else ""
    several = asked is not None and bool(asked["plural"])
    if kind and (not others or several):
        owner = kind if not others else others[-1]
        return Topic(kind, owner, several)
    if names:
        return Topic((others or names)[-1], (others or names)[-1])
    what = _WHAT_IS.fullmatch(text)
    if what:
        return Topic(what["what"], what["what"], what["what"].endswith("s"))
    return None


# Whom a pronoun in these places means stands in no earlier word of its own question.
_PRONOUN = re.compile(
    rf"(?P<before>\b(?:is|are|was|were|do|does|did|will|would|can|could|of|{ASKS})\s+|^{HELPS}\s+"
    rf"|\b(?:has|have|had|should|may|might)\s+(?!its|their|his|her)|^(?:\w+\s+){{1,2}}(?=\w+[?.!\s]*$))"
    r"(?P<pronoun>its|it|their|they|them|his|her|he|she|him)\b(?P<behind>\s+[\w-]+)?",
    re.IGNORECASE,
)
# "How long does it take?", "is it possible to": such an "it" stands for nothing.
_EXPLETIVE = re.compile(
    r"\s+(?:takes?|took|taken|means?|matters?|rains?|snows?|called|known|said|believed|that|when|if|like|true|seems?|appears?"
    r"|(?:more |less |so |very )?[a-z]+ (?:to|that|for .* to)\b)",
    re.IGNORECASE,
)
_ACTS = frozenset(
    """have has had own owns employ employs sell sells make makes pay pays spend spends earn earns plan plans offer
    offers operate operates expect expects invest invests produce produces report reports run runs use uses""".split()
)
_COMPANY = re.compile(
    r"\bthe (?:company|firm)(?P<s>['’]s)?\b(?! (?:that|which|whose|where|of|with|in)\b)", re.IGNORECASE
)
_COUNTRY = re.compile(r"\bthe country(?P<s>['’]s)?\b(?! (?:that|which|whose|where|of|with)\b)", re.IGNORECASE)
_MOST_BEFORE = 6  # words before a pronoun that points to an earlier question


def with_topic(question: str, earlier: str) -> str:
    """The question with what its pronouns mean in their place; unchanged where they mean something in the question."""
    if names_in(question):
        return question
    match = _PRONOUN.search(question)
    if match is not None and _points_back(question, match):
        topic = topic_of(earlier)
        person = _WHAT_IS.fullmatch(earlier.strip(" ?.!"))
        if person and match["pronoun"].lower() in ("he", "she", "him", "his", "her"):
            topic = Topic(person["what"], person["what"])
        if topic is not None:
            return f"{question[: match.start('pronoun')]}{_meant(match, topic)}{question[match.end('pronoun') :]}"
    if re.search(r"\b(?:an?|another|any) (?:\w+ )?(?:company|firm|country)\b", question, re.IGNORECASE):
        return question
    for pattern, places in ((_COUNTRY, True), (_COMPANY, False)):
        match = pattern.search(question)
        owner = owner_in(earlier, places=places)
        if match is not None and owner:
            return f"{question[: match.start()]}{owner}{match['s'] or ''}{question[match.end() :]}"
    return question


def owner_in(question: str, *, places: bool) -> str:
    """The last place, or other name, that a question asks of: "Acme's", "of Acme", "did Acme"; "" for none."""
    helps = r"(?:does|do|did|has|have|had|is|are|was|were|will|of|by|for|at|from|in)"
    owner = ""
    for name in names_in(question):
        if places != bool(spellings(name)) or measures_in(name):
            continue
        said = re.escape(name)
        if re.search(rf"{said}['’]|\b{helps}\s+{said}\b|^\w+\s+{said}\b", question, re.IGNORECASE):
            owner = spellings(name)[0] if places else name
    return owner


def _points_back(question: str, match: re.Match[str]) -> bool:
    before = question[: match.start("pronoun")]
    if (
        len(before.split()) > _MOST_BEFORE
        or re.match(rf"(?:{PREPOSITIONS} )?(?:{ASKS}|{HELPS})\b", question, re.I) is None
    ):
        return False
    if re.search(r"\b(?:the|an?|this|that|these|those|our|my|your) [a-z]|[.?!,]", before, re.IGNORECASE):
        return False
    behind = question[match.end("pronoun") :]
    return match["pronoun"].lower() != "it" or _EXPLETIVE.match(behind) is None


def _meant(match: re.Match[str], topic: Topic) -> str:
    pronoun = match["pronoun"].lower()
    verb = (match["behind"] or "").strip().lower()
    if pronoun in ("its", "their", "his", "her"):
        return f"{topic.owner}'" if topic.owner.endswith("s") and topic.several else f"{topic.owner}'s"
    if pronoun in ("he", "she", "him") or verb in _ACTS or match["before"].strip().lower() in ("has", "have", "had"):
        return topic.owner
    return topic.whole
