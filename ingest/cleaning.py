"""Bytes to text, and text to the cleaned text that every offset refers to.

Changes as little as it can: a figure, a quotation mark or a raised digit stays the character that the source has. In
particular there is no compatibility normalisation, which would turn 10⁶ into 106.
"""

import codecs
import re

from charset_normalizer import from_bytes

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

_RAISED = str.maketrans("0123456789+-−n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻ⁿ")
_LOWERED = str.maketrans("0123456789+-−", "₀₁₂₃₄₅₆₇₈₉₊₋₋")
_RAISABLE = re.compile(r"[0-9+−n-]+")

_SAMPLE = 64 * 1024
_HIGH_RUN = re.compile(rb"[\x81-\xfe][\x40-\xfe]")
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


def decode(data: bytes) -> str:
    """Bytes of a text in whatever encoding they have; never fails, since Windows-1252 takes what nothing else does."""
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
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    if _is_mostly_utf8(data):
        return data.decode("utf-8", "replace")
    asian = _asian_encoding(data)
    return data.decode("cp1252" if asian is None else asian, "replace")


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


def _is_mostly_utf8(data: bytes) -> bool:
    """A UTF-8 text with some broken bytes, rather than a text in another encoding."""
    sample = data[:_SAMPLE].decode("utf-8", "ignore")
    good = sum(len(each) for each in re.findall(r"[^\x00-\x7f]+", sample))
    bad = data[:_SAMPLE].decode("utf-8", "replace").count("\ufffd") - sample.count("\ufffd")
    return good > 4 * bad if data[:_SAMPLE] != data else good > 10 * bad


def _asian_encoding(data: bytes) -> str | None:
    """An East Asian encoding where nearly all high bytes come in pairs and the detector has no doubt."""
    sample = data[:_SAMPLE]
    high = sum(byte > 0x7F for byte in sample)
    paired = sum(sum(byte > 0x7F for byte in pair) for pair in _HIGH_RUN.findall(sample))
    lone = len(re.findall(rb"(?<![\x80-\xff])[\x80-\xff](?![\x80-\xff])", sample))
    if high < 20 or paired < 0.95 * high or lone > 0.1 * high:
        return None
    end = len(sample)
    for cut in (end, end - 1, end - 2, end - 3):  # the sample may end inside a character
        best = from_bytes(sample[:cut], cp_isolation=["gb18030", "big5", "shift_jis", "euc_jp", "euc_kr"]).best()
        if best is not None:
            break
    if best is None or best.chaos > 0.05:
        return None
    shown = str(best)
    letters = [each for each in shown if ord(each) > 0x7F]
    common = sum("\u3000" <= each <= "\u30ff" or "\u4e00" <= each <= "\u9fff" or "\uac00" <= each <= "\ud7a3"
                 or "\uff00" <= each <= "\uffef" or "\u2010" <= each <= "\u2027" for each in letters)  # fmt: skip
    return best.encoding if common > 0.9 * len(letters) else None
