import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.figures import find_figures
from chat.places import places_in
from ingest.cleaning import clean_text, decode, looks_binary
from ingest.periods import parse_period


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


@pytest.mark.parametrize("name", ["TÜRKİYE", "Türkıye", "Kazakhſtan"])
def test_words_found_in_any_case_are_looked_up_as_they_were_found(name):
    """re.IGNORECASE takes letters for alike that lower() leaves apart."""
    assert places_in(f"Inflation in {name} rose.") in (("Turkey",), ("Kazakhstan",))
    assert find_figures("It sold three MİLLİON tonnes on 5 APRİL 2023, one in sıx.")
    assert parse_period("fiscal first quarter 2024") == parse_period("fiscal fırſt quarter 2024")


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
        ("日本の医療AI市場は拡大しています。", "euc_jp"),
        ("日本の医療AI市場は拡大しています。", "iso2022_jp"),
        ("コンピューター市場のリスク", "shift_jis"),
        ("公司第三季度的營業收入為15.9億元，同比增長12%。", "big5"),
        ("회사의 3분기 매출은 전년 동기 대비 12% 증가했습니다.", "euc_kr"),
        ("Выручка компании за третий квартал составила 15,9 млрд рублей", "cp1251"),
        ("Выручка компании за третий квартал составила 15,9 млрд рублей", "koi8_r"),
        ("Выручка компании за третий квартал составила 15,9 млрд рублей", "iso8859_5"),
        ("Τα έσοδα της εταιρείας ανήλθαν σε 15,9 δισ. ευρώ", "cp1253"),
        ("הכנסות החברה ברבעון השלישי הסתכמו", "cp1255"),
        ("بلغت إيرادات الشركة في الربع الثالث", "cp1256"),
        ("Määrää ei päättänyt hän; tämä työ jäi pöydälle, sillä pää näytti väärää.", "cp1252"),
        ("«\xa0Déjà vu\xa0» – l’été où l’on naît… “…” — “…” ÄÖÜÄÖÜ äöüß", "cp1252"),
        ("Größe\xa0\xa0\xa0\xa0\xa0äöü •••••• ©®™ ————", "cp1252"),
    ],
)
def test_text_is_decoded_from_its_encoding(text, encoding):
    assert decode(text.encode(encoding)) == text


@pytest.mark.parametrize("encoding", ["cp1251", "shift_jis", "big5"])
def test_markup_in_front_does_not_hide_an_encoding(encoding):
    words = {
        "cp1251": "Выручка выросла за третий квартал",
        "shift_jis": "市場は拡大しています。売上高",
        "big5": "公司的營業收入增長。",
    }
    page = (
        f"<html><head><script>{'x = 1; ' * 20_000}</script></head><body><p class=a>{words[encoding]}</p></body></html>"
    )
    assert decode(page.encode(encoding)) == page


@pytest.mark.parametrize(
    ("text", "encoding", "declared"),
    [
        ("Müller’s “best” year, €3m", "utf-8", "iso-8859-1"),  # what reads as UTF-8 is UTF-8
        ("Выручка компании за третий квартал", "cp1251", "iso-8859-1"),
        ("Выручка компании за третий квартал", "cp1251", "utf-8"),
        ("Przychody spółki wyniosły 15 mld złotych", "cp1250", "windows-1250"),
        ("公司的收入", "gbk", "gb2312"),
        ("café", "cp1252", "no-such"),
        ("café", "cp1252", "punycode"),
        ("café", "cp1252", "rot13"),
        ("café", "cp1252", "\0"),
    ],
)
def test_a_declared_encoding_is_heeded_where_the_bytes_allow_it(text, encoding, declared):
    assert decode(text.encode(encoding), (declared,)) == text


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
