"""Tells the language of a text from its script and its commonest words. Says nothing of languages it does not know."""

import re
from collections import Counter

_SAMPLES = 4
_SAMPLE = 1500  # characters from each of as many places
_LEAST_WORDS = 12
_LEAST_SHARE = 0.06  # of words that are stop words; a third of running English is
_SCRIPTS = (  # those that one language in business use has to itself, or nearly
    ("ja", re.compile(r"[\u3041-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("ar", re.compile(r"[\u0620-\u06ff]")),
    ("he", re.compile(r"[\u05d0-\u05ea]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("th", re.compile(r"[\u0e01-\u0e5b]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
)
_STOP_WORDS = {
    "en": "the of and to in is that for with was as on are by this be from or which have has our its were not",
    "de": "der die und das den von zu mit des ist im für auf nicht eine dem ein sich wir wurde werden sind oder bei",
    "fr": "le la les des et du une dans est pour que par sur au aux avec nous ont qui ce plus sont été cette ses",
    "es": "el la los las del y en que una para con por se al su como más es son sus este esta ha entre sobre",
    "it": "il di che la per un una del della dei delle con non è sono nel alla gli da al si le come più anche",
    "pt": "o os as do da dos das em um uma para com que por não no na se ao mais como foi são pela pelo sua",
    "nl": "de het een van en in is dat op te voor met zijn niet aan door ook naar wordt bij als uit onze deze werd",
    "sv": "och att det som en på är av för med den till ett har inte om vi var från under kan ska även efter våra",
    "da": "og at det som en på er af for med den til et har ikke om vi var fra under kan skal også efter vores blev",
    "no": "og at det som en på er av for med den til et har ikke om vi var fra under kan skal også etter våre ble",
    "fi": "ja on että ei oli se myös mutta kuin ovat joka tai sekä vuoden mukaan vuonna jos ole hän sen kun niin",
    "pl": "i w na z do się nie jest że o oraz od przez dla po jak są w roku był która które ma za tym",
    "cs": "a se v na je že o do s k i z by pro jsou také jako od za byl nebo které který po roku",
    "tr": "ve bir bu için ile olarak olan da de en daha çok gibi sonra kadar yıl ise her olduğu tarafından",
    "id": "yang dan di untuk dengan pada dari dalam ini adalah oleh tidak akan kepada sebagai atau telah tahun juga",
}
_LANGUAGES_OF = {
    word: [language for language, words in _STOP_WORDS.items() if word in words.split()]
    for words in _STOP_WORDS.values()
    for word in words.split()
}
_FOREIGN = re.compile(r"[^\x00-\u036f]+")  # beyond Latin letters
_WORD = re.compile(r"[^\W\d_]+")


def find_language(text: str) -> str | None:
    """The ISO 639-1 code of the language that most of a text is in; None where it cannot be told."""
    sample = _sample(text)
    letters = sum(map(str.isalpha, sample))
    if letters < 30:
        return None
    foreign = "".join(_FOREIGN.findall(sample))
    for code, script in _SCRIPTS if len(foreign) > 0.1 * letters else ():
        # Signs say a word each where letters need five, so a third of all is most of the text. Japanese mixes scripts.
        if len(script.findall(foreign)) > (0.1 if code == "ja" else 0.33) * letters:
            return code
    words = _WORD.findall(sample.lower())
    votes: Counter[str] = Counter()
    for word, count in Counter(words).items():
        for language in _LANGUAGES_OF.get(word, ()):
            votes[language] += count
    if len(words) < _LEAST_WORDS or not votes:
        return None
    (best, count), *others = votes.most_common(2)
    clear = not others or count > 1.15 * others[0][1]
    return best if clear and count >= max(3, _LEAST_SHARE * len(words)) else None


def _sample(text: str) -> str:
    if len(text) <= _SAMPLES * _SAMPLE:
        return text
    step = len(text) // _SAMPLES
    return " ".join(text[at : at + _SAMPLE] for at in range(0, step * _SAMPLES, step))
