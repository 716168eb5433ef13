"""Bytes to text, and text to the cleaned text that every offset refers to.

Changes as little as it can: a figure, a quotation mark or a raised digit stays the character that the source has. In
particular there is no compatibility normalisation, which would turn 10⁶ into 106.
"""

import codecs
import re
from collections.abc import Sequence

_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}
_SPACES = (0x00A0, 0x1680, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)
_LINE_ENDS = (0x000B, 0x000C, 0x0085, 0x2028, 0x2029)
# Soft hyphens, zero-width spaces, byte order marks and direction marks: nothing to read, and in the way of searching.
_INVISIBLE = (0x00AD, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), 0x2060, *range(0x2066, 0x206A), 0xFEFF)
_CONTROLS = (*(code for code in range(0x20) if code not in (0x09, 0x0A, *_LINE_ENDS)), *range(0x7F, 0xA0))

_TABLE: dict[int, str | None] = {
    **dict.fromkeys(_CONTROLS),
    **dict.fromkeys(_INVISIBLE),
    **dict.fromkeys(_SPACES, " "),
    **dict.fromkeys(_LINE_ENDS, "\n"),
    **dict.fromkeys(range(0xD800, 0xE000), "\ufffd"),
    **_LIGATURES,
}
_BROKEN_WORD = re.compile(r"(?<=\w)\u00ad\n[ \t]*(?=\w)")

_AS_MATCHED = str.maketrans({"\u0307": None, "ı": "i", "ſ": "s"})

_RAISED = str.maketrans("0123456789+-−n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻ⁿ")
_LOWERED = str.maketrans("0123456789+-−", "₀₁₂₃₄₅₆₇₈₉₊₋₋")
_RAISABLE = re.compile(r"[0-9+−n-]+")

_SAMPLE = 64 * 1024
_MARKUP = re.compile(rb"<(?:script|style)\b.{0,20000}?</|<[a-zA-Z/!?][^<>]{0,2000}>", re.DOTALL | re.IGNORECASE)
_HIGH = re.compile(rb"[\x80-\xff]")
_RULED = re.compile(rb"\xa0+|([\x80-\xff])\1{4,}")  # hard spaces, and lines drawn with dashes or dots
_ALONE = re.compile(rb"(?<![\x80-\xff])[\x80-\xff](?![\x80-\xff])")
_LEAST_HIGH = 12
# Encodings of writings that share no letters with the Latin alphabet; those for Latin letters are told apart by single
# characters, which is guessing: for them, Windows-1252 stands.
_ENCODINGS_OF = {
    "Han": ("gb18030", "big5hkscs", "cp932", "euc_jp"),
    "Hangul": ("cp949",),
    "Cyrillic": ("cp1251", "koi8_u", "iso8859_5"),
    "Greek": ("cp1253",),
    "Hebrew": ("cp1255",),
    "Arabic": ("cp1256",),
    "Thai": ("cp874",),
}
# Per writing: its letters, those that make up most of any text in it, and at least what share of one they do.
_LETTERS = {
    "Han": (
        "\u3000-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uff01-\uff60",
        "的一是在不了有和人中大上以要年月日市公司本社股分同比第三四二期度收入金利增前後后加成行家新高全部主生用地出方面定"
        "多所可能下元美中国國资資产產业業经經发發会會时時长長来來为為与與对對将將于於个個这這万萬亿億电電场場价價额額"
        "营營净淨报報务務债債权權总總额額销銷产產现現进進过過个者之其等及"
        "。、，のはをにがでとたしてますいるなれもかこっありりらきくけンスルトーアイリクラシ",
        0.2,
    ),
    "Hangul": (
        "\uac00-\ud7a3\u3000-\u303f",
        "이다의는을를에가한고로하기사지은도인대정으자해시과성수서전제년부원액분",
        0.2,
    ),
    "Cyrillic": ("\u0400-\u04ff№«»–—“”„…’", "оеаинтсрвлкмдпуіяь", 0.6),
    "Greek": ("\u0370-\u03ff«»–—’", "αοιετσνηυρπκμλςόάίέώωγ", 0.7),
    "Hebrew": ("\u0590-\u05ff–—", "יוהלאמרתשבנחםד", 0.6),
    "Arabic": ("\u0600-\u06ff–—", "اليمونترةبعفدسح", 0.6),
    "Thai": ("\u0e00-\u0e7f", "านรอกเงมยลวดทสตะปบ", 0.4),
}
# As browsers read them: the wider encoding of the same family.
_READ_AS = {
    **dict.fromkeys(("ascii", "iso8859-1", "latin_1"), "cp1252"),
    **{"gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949", "iso8859-9": "cp1254"},
}
# Python knows more codecs than there are encodings of text; some take minutes on a large file.
_ENCODINGS = re.compile(
    r"utf[-_]?(?:8|16|32).*|cp\d+|iso8859.*|iso2022.*|koi8.*|mac.*|gb.*|big5.*|shift.*|euc.*|ascii|latin.*|tis.*|hz|johab"
)
_UNSEEN = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f\ufffd]")


def clean_text(text: str) -> str:
    """The text with plain spaces and line feeds, ligatures spelt out, and without invisible characters."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\u00ad" in text:
        text = _BROKEN_WORD.sub("", text)
    return text.translate(_TABLE)


def raised(text: str) -> str:
    """Text that a format sets above the line: digits as raised digits, since 10⁶ without its layout would be 106."""
    return text.translate(_RAISED) if _RAISABLE.fullmatch(text.strip()) else text


def lowered(text: str) -> str:
    """Text that a format sets below the line, likewise: CO₂."""
    return text.translate(_LOWERED) if _RAISABLE.fullmatch(text.strip()) else text


def decode(data: bytes, declared: Sequence[str] = ()) -> str:
    """Bytes of a text in whatever encoding they have; never fails, since Windows-1252 takes what nothing else does.

    `declared` are encodings that somebody says it has, most trusted first. They are heeded where the bytes allow it and
    do not plainly say otherwise: what reads as UTF-8 is UTF-8, and pages in Russian are served as Western every day.
    """
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
        (codecs.BOM_UTF32_BE, "utf-32-be"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    unmarked = _utf16_without_mark(data)
    if unmarked is not None:
        return data.decode(unmarked, "replace")
    if b"\x1b$" in data[:_SAMPLE]:  # Japanese in seven bits, which would pass for plain ASCII
        declared = ("iso2022_jp_2", *declared)
    else:
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            pass
        if _is_mostly_utf8(data):
            return data.decode("utf-8", "replace")
    foreign = _foreign_encoding(data)
    for name in declared:
        try:
            found = codecs.lookup(name).name
            encoding = _READ_AS.get(found, found)
            if _ENCODINGS.fullmatch(found) and (foreign is None or encoding != "cp1252"):
                return data.decode(encoding)
        except (LookupError, ValueError):
            continue
    return data.decode("cp1252" if foreign is None else foreign, "replace")


def looks_binary(text: str) -> bool:
    """Whether a decoded text holds so many unprintable characters that it never was a text."""
    middle = len(text) // 2
    sample = text if len(text) <= 3 * _SAMPLE else text[:_SAMPLE] + text[middle : middle + _SAMPLE] + text[-_SAMPLE:]
    # Random bytes hold about one control character in nine; a damaged text hardly more than one in a hundred.
    return len(_UNSEEN.findall(sample)) > max(1, len(sample) // 50)


def _utf16_without_mark(data: bytes) -> str | None:
    """UTF-16 of a mostly Latin text has a zero in every other byte."""
    sample = data[: _SAMPLE & ~1]
    pairs = len(sample) // 2
    if pairs < 2 or len(data) % 2:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd > 0.4 * pairs and even < 0.02 * pairs:
        return "utf-16-le"
    if even > 0.4 * pairs and odd < 0.02 * pairs:
        return "utf-16-be"
    return None


def _sample(data: bytes) -> bytes:
    """A part of the data that shows its encoding: from the first byte beyond ASCII on."""
    first = _HIGH.search(data)
    start = 0 if first is None else max(0, first.start() - 100)
    return data[start : start + _SAMPLE]


def _is_mostly_utf8(data: bytes) -> bool:
    """A UTF-8 text with some broken bytes, rather than a text in another encoding."""
    sample = _sample(data)
    shown = sample.decode("utf-8", "ignore")
    good = sum(len(each) for each in re.findall(r"[^\x00-\x7f]+", shown))
    bad = sample.decode("utf-8", "replace").count("\ufffd") - shown.count("\ufffd")
    return good > 4 * bad if len(sample) < len(data) else good > 10 * bad


def _foreign_encoding(data: bytes) -> str | None:
    """The encoding in which a text reads as one in letters that are not Latin; None for any other, and in doubt.

    In Western texts a byte beyond ASCII stands alone between others; in these they stand together.
    """
    sample = _RULED.sub(b" ", _MARKUP.sub(b" ", _sample(data)))
    high = len(_HIGH.findall(sample))
    if high < _LEAST_HIGH or len(_ALONE.findall(sample)) > 0.6 * high:
        return None
    best, found = 1.0, None
    for writing, encodings in _ENCODINGS_OF.items():
        for encoding in encodings:
            likeness = _likeness(sample.decode(encoding, "replace"), *_LETTERS[writing])
            if likeness > best:
                best, found = likeness, encoding
    return found


def _likeness(text: str, letters: str, common: str, share: float) -> float:
    """How much of a text the common letters of a writing are, against what they should be; 0 where others are in it.

    Nearly all that is not ASCII must be letters of the writing, most of them beside one another: "ää" in a Finnish word
    may be one Chinese character in the midst of Latin letters.
    """
    beyond = len(re.findall(r"[^\x00-\x7f]", text))
    runs = re.findall(f"[{letters}]+", text)
    count = sum(map(len, runs))
    if count < 0.95 * beyond or sum(len(run) for run in runs if len(run) > 1) < 0.7 * count:
        return 0.0
    return sum(map(text.count, set(common))) / count / share if count else 0.0


def folded(text: str) -> str:
    """Words in lower case by which to look up what re.IGNORECASE has found: it takes İ and ı for i, and ſ for s."""
    return text.lower().translate(_AS_MATCHED)
