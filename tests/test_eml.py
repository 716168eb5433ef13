"""E-mails: the text under its subject, sender and day as facts, attachments named and not read."""

from datetime import date
from email.message import EmailMessage

import pytest

from errors import SourceError
from ingest.article import BlockKind
from ingest.reading import read_article
from ingest.sources import Source

TEXT = "Revenue rose by a fifth to €3 million, since margins held.\n\nCosts fell."


def message(text=TEXT, page=None, **headers):
    made = EmailMessage()
    given = {"Subject": "Results – Q2", "From": "Zoë Bank <ir@bank.test>", "Date": "Tue, 01 Jul 2025 23:30:00 -0400"}
    for name, value in (given | headers).items():
        made[name] = value
    made.set_content(text)
    if page is not None:
        made.add_alternative(page, subtype="html")
    return made


def read(made, name="mail.eml"):
    return read_article(Source(name, data=made if isinstance(made, bytes) else made.as_bytes()))


def test_text_subject_sender_and_day_are_read():
    article = read(message(TEXT + "\n\nZoë Bank, investor relations"))
    assert article.text.startswith("Results – Q2\n\nRevenue rose by a fifth to €3 million, since margins held.")
    assert (article.title, article.published) == ("Results – Q2", date(2025, 7, 1))
    assert article.facts["author"] == "Zoë Bank"
    assert article.origins["published"] == "e-mail header"
    assert article.blocks[0].kind is BlockKind.HEADING
    assert all(article.text[each.start : each.end].strip() for each in article.blocks)


@pytest.mark.parametrize("charset", ["iso-8859-1", "utf-8", "koi8-r"])
def test_encodings_of_text_and_headers(charset):
    words = "Выручка выросла." if charset == "koi8-r" else "Müllers Umsatz wächst."
    made = EmailMessage()
    made["Subject"], made["From"] = words, "a@bank.test"
    made.set_content(words, charset=charset, cte="base64")
    article = read(made)
    assert (article.title, article.text) == (words, f"{words}\n\n{words}")


def test_the_page_is_read_where_the_plain_text_only_points_to_it():
    head = "<html><head><meta charset=koi8-r></head>"
    page = f"{head}<body><h2>News</h2><p>{TEXT * 3}</p><script>x()</script></body></html>"
    assert "Revenue rose by a fifth to €3 million" in read(message("See our site.", page)).text
    assert "News" not in read(message(TEXT * 3, page)).text


def test_attachments_are_named_and_not_read():
    made = message()
    made.add_attachment(b"%PDF secret", maintype="application", subtype="pdf", filename="Report Q2.pdf")
    made.add_attachment("secret words", filename="notes.txt")
    article = read(made)
    assert article.facts["attachments"] == "Report Q2.pdf; notes.txt"
    assert "secret" not in article.text


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"just words without any header", "is no e-mail, whatever its name says"),
        (b"From: a@b.test\nSubject: Hi\n\n", "holds no text"),
        (b"From: a@b.test\nContent-Type: image/png\n\nx\n", "holds no text"),
    ],
)
def test_what_cannot_be_read_is_told(data, says):
    with pytest.raises(SourceError, match=says):
        read(data)


@pytest.mark.parametrize(
    "header",
    [
        "Date: nonsense",
        "From: =?bad?x?=",
        "Content-Type: text/plain; charset=no-such",
        "Content-Transfer-Encoding: base64",
        "Content-Type: ;;;",
        "From: @@@ <<<",
        "Subject: =?utf-8?b?////?=",
    ],
)
def test_odd_headers_do_not_stop_it(header):
    data = f"{header}\nSubject: Results\nFrom: a@bank.test\n\nRevenue rose by a fifth in the quarter.\n".encode()
    assert read(data).title


def test_rebuilt_messages_nested_beyond_reason_end():
    parts = b"".join(b"Content-Type: multipart/mixed; boundary=x%d\n\n--x%d\n" % (n, n) for n in range(3000))
    with pytest.raises(SourceError):
        read(b"From: a@b.test\n" + parts + b"\nwords")
