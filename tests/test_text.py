from datetime import date

import pytest

from errors import SourceUnreadable
from ingest.article import BlockKind, sha256_hex
from ingest.formats import text
from ingest.sources import Source

BODY = "The market grew by a tenth, and most observers expect it to go on growing for some years to come."


def read(data, name="folder/report.txt"):
    return text.read(data if isinstance(data, bytes) else data.encode(), Source(name=name))


def test_a_text_becomes_a_clean_article():
    data = f"Market Review\r\n\r\nBy Jane Doe\r\n\r\n2 July 2025\r\n\r\n{BODY}\u00a0ﬁn\r\n".encode()
    article = read(data)
    assert article.title == "Market Review"
    assert article.text == f"Market Review\n\nBy Jane Doe\n\n2 July 2025\n\n{BODY} fin\n"
    assert article.facts == {"author": "Jane Doe"}
    assert article.published == date(2025, 7, 2)
    assert article.sha256 == sha256_hex(data)
    assert [block.kind for block in article.blocks] == [
        BlockKind.HEADING,
        BlockKind.FURNITURE,
        BlockKind.PARAGRAPH,
        BlockKind.PARAGRAPH,
    ]
    assert article.pages is None


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_usual_encoding_is_read(encoding):
    assert read("Müller’s margin – 5 €".encode(encoding)).text == "Müller’s margin – 5 €"


@pytest.mark.parametrize("data", [b"", b"\n \r\n\t", b"\xef\xbb\xbf", b"\xff\xfe", b"\xff\xfe\n\x00"])
def test_an_empty_file_says_so(data):
    with pytest.raises(SourceUnreadable, match="is empty"):
        read(data)


@pytest.mark.parametrize(
    "data",
    [bytes(range(256)) * 20, b"\x00" * 1000, b"\x7fELF\x02\x01\x01" + b"\x00" * 60, b"text\x00\x01\x02\x03" * 100],
)
def test_a_binary_file_named_txt_is_refused(data):
    with pytest.raises(SourceUnreadable, match="is no text"):
        read(data)


def test_one_stray_zero_is_no_reason_to_refuse_a_text():
    assert read(b"It grew.\x00 It shrank.").text == "It grew. It shrank."


def test_a_chinese_text_is_read():
    article = read("市场规模\n\n2023年，中国人工智能医疗市场规模达到15.9亿美元，预计将继续增长。".encode("gb18030"))
    assert article.title == "市场规模"
    assert article.text.endswith("预计将继续增长。")
