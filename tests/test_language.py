import pytest

from ingest.language import find_language


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (
            "en",
            "Revenue of the group grew by five percent in the third quarter, and the margin was higher than it was.",
        ),
        (
            "de",
            "Der Umsatz ist im dritten Quartal auf fünf Milliarden gestiegen und das Ergebnis wurde nicht belastet.",
        ),
        ("fr", "Le chiffre d’affaires du groupe a progressé dans les pays émergents et la marge est restée stable."),
        ("es", "Los ingresos de la compañía aumentaron en el tercer trimestre, con una mejora de los márgenes."),
        (
            "it",
            "I ricavi del gruppo sono aumentati nel terzo trimestre e il margine è stato più alto di quello del 2023.",
        ),
        (
            "sv",
            "Koncernens omsättning ökade under det tredje kvartalet och resultatet påverkades av kostnader som vi har.",
        ),
        (
            "ja",
            "当社グループの第3四半期の売上高は前年同期比で5%増加し、営業利益は過去最高となりました。中国市場の回復が寄与しています。",
        ),
        (
            "zh",
            "公司第三季度实现营业收入人民币五十亿元，同比增长百分之五，净利润同比增长百分之八，现金流保持稳健，需求回升。",
        ),
        (
            "ko",
            "당사의 3분기 매출은 전년 동기 대비 5% 증가하였으며 영업이익은 사상 최대치를 기록하였습니다.",
        ),
        ("ru", "Выручка группы выросла на пять процентов в третьем квартале, а рентабельность осталась стабильной."),
    ],
)
def test_the_language_of_running_text_is_told(code, text):
    assert find_language(text) == code


@pytest.mark.parametrize("text", ["", "12 345 678", "Apple Microsoft Intel NVIDIA Amazon", "the of"])
def test_what_is_no_running_text_has_no_language(text):
    assert find_language(text) is None


def test_a_long_text_is_looked_at_in_several_places():
    german = "Der Umsatz ist im dritten Quartal gestiegen und das Ergebnis wurde nicht belastet. " * 500
    assert find_language("The summary of this report is in English and that is it. " * 20 + german) == "de"
