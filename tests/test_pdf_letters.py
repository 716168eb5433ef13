"""What is told as rubbish from fonts without letters, and what must not be."""

import pytest

from ingest.formats.pdf_letters import is_rubbish

_ENGLISH = (
    "The board of directors approved the annual report and the financial statements for the year. Revenue rose by "
    "twelve per cent, since hospitals bought more imaging software than in the year before, and prices hardly fell."
)
# The same sentence in other languages, without regard for which of them the statistics were made from.
_OTHERS = [
    "Der Umsatz des Konzerns stieg im abgelaufenen Geschäftsjahr um zwölf Prozent auf rund drei Milliarden Euro, weil "
    "die Nachfrage nach Bildgebung und Software in Krankenhäusern weiter wuchs und die Preise kaum nachgaben.",
    "Konsernin liikevaihto kasvoi päättyneellä tilikaudella kaksitoista prosenttia, koska sairaaloiden kysyntä "
    "kuvantamislaitteille ja ohjelmistoille jatkoi kasvuaan ja hinnat pysyivät lähes ennallaan koko vuoden ajan.",
    "Przychody grupy wzrosły w minionym roku obrotowym o dwanaście procent, ponieważ popyt szpitali na obrazowanie i "
    "oprogramowanie nadal rósł, a ceny prawie się nie zmieniły w porównaniu z rokiem poprzednim.",
    "Grubun geliri geçen mali yılda yüzde on iki arttı, çünkü hastanelerin görüntüleme ve yazılım talebi büyümeye "
    "devam etti ve fiyatlar yıl boyunca neredeyse hiç değişmedi ve önceki yılın düzeyinde kaldı.",
    "Doanh thu của tập đoàn tăng mười hai phần trăm trong năm tài chính vừa qua vì nhu cầu của các bệnh viện đối với "
    "thiết bị chẩn đoán hình ảnh và phần mềm tiếp tục tăng, trong khi giá cả hầu như không thay đổi so với năm trước.",
    "Выручка группы выросла в прошедшем финансовом году на двенадцать процентов, поскольку спрос больниц на "
    "оборудование для диагностики и программное обеспечение продолжал расти, а цены почти не изменились за год.",
    "医院对影像软件的需求继续增长，集团上一财政年度的收入增长了百分之十二。" * 5,
]


def _moved(by: int) -> str:
    """Codes that are all off by the same number, as where a font is cut down and its letters are counted anew."""
    return "".join(chr(ord(char) + by) if not char.isspace() else char for char in _ENGLISH)


@pytest.mark.parametrize(
    "text",
    [
        _moved(-29),  # "7KH ERDUG": glyph numbers taken for letters
        _moved(1),
        _moved(0xE000),
        _moved(0x0100),  # letters of Latin Extended-A
        "".join(chr(ord(char) % 31 + 1) for char in _ENGLISH),  # control characters
        "\ufffd" * 200,
    ],
)
def test_text_in_codes_that_are_no_letters_is_rubbish(text: str) -> None:
    assert is_rubbish(text)


@pytest.mark.parametrize("text", [_ENGLISH, _ENGLISH.upper(), *_OTHERS])
def test_text_in_any_language_is_none(text: str) -> None:
    assert not is_rubbish(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Net sales $ 63,355 61,948 19,604 17,486 82,959 81,434 (17,486) 12.5 % " * 20,
        "AAPL MSFT NVDA AMZN GOOG META TSLA BRK JPM XOM UNH JNJ PG MA HD CVX LLY ABBV MRK PEP KO AVGO COST TMO WMT "
        "MCD CSCO ACN ADBE CRM DHR LIN NKE TXN NEE PM UPS RTX QCOM HON LOW ORCL INTC AMD UNP IBM CAT SPGI GS MS",
        "US0378331005 US5949181045 US67066G1040 US0231351067 " * 20,
        "1 2 3\n4 5 6\n" * 100,
    ],
)
def test_tables_and_lists_of_codes_are_none(text: str) -> None:
    assert not is_rubbish(text)
