import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.cleaning import clean_text, decode, looks_binary


def test_figures_stay_as_they_are():
    text = "10⁶ patients, US$1.5 billion¹, 2 ½ years, 1⁄2, ①, ™, …, x², 5 µg, Å"
    assert clean_text(text) == text


def test_ligatures_are_spelt_out():
    assert clean_text("eﬀort, proﬁt, ﬂow, oﬃce, baﬄe, ﬆ, ﬅ") == "effort, profit, flow, office, baffle, st, st"


def test_spaces_and_line_ends_are_unified():
    assert clean_text("US$\u00a05\u202fm\u2009and\u3000more\r\nnext\rlast\u2028end\u0085") == (
        "US$ 5 m and more\nnext\nlast\nend\n"
    )


def test_tabs_stay_because_they_part_table_cells():
    assert clean_text("a\tb") == "a\tb"


def test_invisible_characters_are_dropped():
    assert clean_text("\ufeffin\u00advest\u200bment\x00 \x07\x9fgrows\u202e") == "investment grows"


def test_a_word_broken_by_a_soft_hyphen_is_joined():
    assert clean_text("invest\u00ad\n  ment") == "investment"


def test_half_a_character_becomes_the_replacement_character():
    assert clean_text("a\ud800b") == "a\ufffdb"


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text):
    once = clean_text(text)
    assert clean_text(once) == once


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("A margin of 5 % – Müller’s “best” year, €3m", "utf-8"),
        ("A margin of 5 % – Müller’s “best” year, €3m", "utf-8-sig"),
        ("A margin of 5 % – Müller’s “best” year, €3m", "cp1252"),
        ("€ – ’", "cp1252"),
        ("café", "cp1252"),
        ("“smart”", "cp1252"),
        ("A margin of 5 %, €3m", "utf-16"),
        ("A margin of 5 percent", "utf-16-le"),
        ("A margin of 5 percent", "utf-16-be"),
        ("A margin of 5 percent", "utf-32"),
        ("人工智能医疗市场在2023年达到15.9亿美元，增长迅速。政策支持明确。", "gb18030"),
        ("人工智能医疗市场在2023年达到15.9亿美元，增长迅速。政策支持明确。", "utf-8"),
        ("日本の医療AI市場は拡大しています。", "shift_jis"),
    ],
)
def test_text_is_decoded_from_its_encoding(text, encoding):
    assert decode(text.encode(encoding)) == text


def test_a_big_endian_mark_is_read():
    assert decode(codecs.BOM_UTF16_BE + "héllo".encode("utf-16-be")) == "héllo"


def test_one_broken_byte_does_not_turn_a_utf8_text_into_another_encoding():
    data = "Ä Ö Ü ä ö ü ß é è ê ñ ç".encode() + b"\xff end"
    assert decode(data) == "Ä Ö Ü ä ö ü ß é è ê ñ ç\ufffd end"


@given(st.binary())
def test_decoding_never_fails(data):
    assert isinstance(decode(data), str)


def test_binary_is_told_from_text():
    assert looks_binary(decode(bytes(range(256)) * 100))
    assert looks_binary(decode(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x01\x00"))
    assert not looks_binary("An ordinary text, with one stray \x00 in it.")
    assert not looks_binary("")
