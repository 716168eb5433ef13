import json
from datetime import date

import pytest

from errors import SourceUnreadable
from ingest.article import BlockKind, sha256_hex
from ingest.formats import jsonl
from ingest.sources import Source


def read(**row):
    data = json.dumps({"_id": "r1", **row}).encode()
    return jsonl.read(data, Source(name="r1", data=data))


def test_text_is_kept_character_for_character():
    text = "\ufeff A\u00a0ﬁgure\u2028of 10⁶\r\n\r\n\u00adend\t\x07 "
    article = read(title="T", text=text)
    assert article.text == text
    assert [article.text[block.start : block.end] for block in article.blocks] == [
        "\ufeff A\u00a0ﬁgure\u2028of 10⁶",
        "\u00adend\t\x07",
    ]


def test_keys_become_title_date_and_facts():
    article = read(
        title="FOMC minutes",
        text="The Committee met.",
        date="1998-09-29",
        source="Federal Reserve",
        kind="minutes",
        year=1998,
        final=True,
        empty="",
        nothing=None,
        none=[],
        table=[["a", 1], ["é", None]],
    )
    assert article.title == "FOMC minutes"
    assert article.published == date(1998, 9, 29)
    assert article.facts == {
        "origin": "Federal Reserve",
        "kind": "minutes",
        "year": "1998",
        "final": "true",
        "table": '[["a",1],["é",null]]',
    }
    assert article.source == "r1"


def test_published_goes_before_date_and_an_unreadable_date_stays_a_fact():
    article = read(text="x", published="2 July 2025", date="sometime")
    assert article.published == date(2025, 7, 2)
    assert article.facts == {"date": "sometime"}


def test_a_row_without_a_title_takes_its_first_line():
    body = "The market grew by a tenth, and most observers expect it to go on growing for years."
    assert read(text=f"Market Review\n\n{body}", title="").title == "Market Review"
    assert read(text="It grew.", title="  ").title == "It grew."


def test_blocks_are_found_in_the_raw_text():
    article = read(title="x", text="It grew by a tenth.\n\nName | 2023\nRevenue | 5\n")
    assert [(block.kind, block.columns) for block in article.blocks] == [
        (BlockKind.PARAGRAPH, ()),
        (BlockKind.TABLE_HEADER, ("Name", "2023")),
        (BlockKind.TABLE_ROW, ("Name", "2023")),
    ]


def test_sha256_is_of_the_bytes():
    data = b'{"_id":"1","text":"x"}'
    assert jsonl.read(data, Source(name="1", data=data)).sha256 == sha256_hex(data)


@pytest.mark.parametrize("data", [b"no json", b"[]", b"{}", b'{"text": 5}', b"\xff\xfe"])
def test_bytes_that_are_no_row_are_refused(data):
    with pytest.raises(SourceUnreadable):
        jsonl.read(data, Source(name="1", data=data))
