"""Presentations: slides are pages, titles headings, tables and charts rows; what is hidden stays out."""

import io
from datetime import date, datetime

import pytest
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Cm

from errors import SourceError
from ingest.article import BlockKind
from ingest.reading import read_article
from ingest.sources import Source


class Deck:
    def __init__(self):
        self.made = Presentation()

    def slide(self, title, *lines, layout=1):
        slide = self.made.slides.add_slide(self.made.slide_layouts[layout])
        slide.shapes.title.text = title
        if lines:
            slide.placeholders[1].text_frame.text = "\n".join(lines)
        return slide

    def read(self, name="deck.pptx"):
        data = io.BytesIO()
        self.made.save(data)
        return read_article(Source(name, data=data.getvalue()))


def shown(article):
    return [(each.kind.value, each.page, article.text[each.start : each.end]) for each in article.blocks]


def test_slides_are_pages_with_headings_lists_and_notes():
    deck = Deck()
    deck.slide("Results of the second quarter", "Ada Lovelace", layout=0)
    second = deck.slide("Outlook", "Sales rise", "Costs fall")
    second.placeholders[1].text_frame.paragraphs[1].level = 1
    second.notes_slide.notes_text_frame.text = "Say that it is a forecast."
    article = deck.read()
    assert shown(article) == [
        ("heading", 1, "Results of the second quarter"),
        ("paragraph", 1, "Ada Lovelace"),
        ("heading", 2, "Outlook"),
        ("list_item", 2, "• Sales rise"),
        ("list_item", 2, "• Costs fall"),
        ("heading", 2, "Notes"),
        ("paragraph", 2, "Say that it is a forecast."),
    ]
    assert (article.title, article.pages) == ("Results of the second quarter", 2)
    assert [(each.page, article.text[each.start : each.end].split("\n")[0]) for each in article.places] == [
        (1, "Results of the second quarter"),
        (2, "Outlook"),
    ]


def test_boxes_are_read_from_top_to_bottom_and_left_to_right():
    deck = Deck()
    slide = deck.slide("Boxes", layout=5)
    for text, left, top in (("third", 1, 9), ("second", 9, 5.2), ("first", 1, 5)):
        slide.shapes.add_textbox(Cm(left), Cm(top), Cm(5), Cm(2)).text_frame.text = text
    group = slide.shapes.add_group_shape()
    group.shapes.add_textbox(Cm(1), Cm(12), Cm(5), Cm(2)).text_frame.text = "grouped"
    assert [text for _, _, text in shown(deck.read())] == ["Boxes", "first", "second", "third", "grouped"]


def test_tables_and_the_figures_of_charts_are_rows():
    deck = Deck()
    slide = deck.slide("Figures", layout=5)
    table = slide.shapes.add_table(2, 3, Cm(1), Cm(5), Cm(15), Cm(3)).table
    for row, cells in enumerate((("Segment", "2022", "2023"), ("Cloud", "10", "12"))):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    data = CategoryChartData(number_format="0.0%")
    data.categories = ["Q1", "Q2"]
    data.add_series("Margin", (0.125, None))
    data.add_series("Growth", (0.2, 0.3))
    frame = slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, Cm(1), Cm(10), Cm(10), Cm(5), data)
    frame.chart.has_title = True
    frame.chart.chart_title.text_frame.text = "Margin and growth"
    article = deck.read()
    rows = [(article.text[b.start : b.end], b.columns) for b in article.blocks if b.kind is BlockKind.TABLE_ROW]
    assert rows == [
        ("Cloud | 10 | 12", ("Segment", "2022", "2023")),
        ("Q1 | 12.5% | 20.0%", ("", "Margin", "Growth")),
        ("Q2 |  | 30.0%", ("", "Margin", "Growth")),
    ]
    assert ("caption", 1, "Margin and growth") in shown(article)


def test_hidden_slides_and_slide_numbers_are_left_out_and_pages_still_count():
    deck = Deck()
    deck.slide("One", "first words")
    deck.slide("Hidden", "hidden words")._element.set("show", "0")
    deck.slide("Three", "last words")
    article = deck.read()
    assert "hidden" not in article.text.lower()
    assert [page for kind, page, _ in shown(article) if kind == "heading"] == [1, 3]
    assert article.pages == 3


def test_properties_are_facts():
    deck = Deck()
    deck.slide("Outlook", "Sales rise")
    deck.made.core_properties.title = "The plan"
    deck.made.core_properties.created = datetime(2024, 5, 6)
    article = deck.read()
    assert (article.title, article.published) == ("The plan", date(2024, 5, 6))


def test_what_goes_wrong_is_said_in_a_line():
    deck = Deck()
    deck.made.slides.add_slide(deck.made.slide_layouts[6])
    with pytest.raises(SourceError, match="holds no text; where its slides are pictures, save it as PDF"):
        deck.read()
    data = io.BytesIO()
    deck.made.save(data)
    for damaged in (data.getvalue()[:-50], data.getvalue().replace(b"ppt/slides/slide1.xml", b"ppt/slides/slide9.xml")):
        with pytest.raises(SourceError, match="is damaged"):
            read_article(Source("deck.pptx", data=damaged))
