"""Which address a page wants to be known by, and which one it leads on to."""

from urllib.parse import urlsplit

import pytest

from ingest.page_head import PageHead, canonical_in_header, may_stand_for, read_head, without_tracking

HERE = "https://www.bank.test/news/a?x=1"


def head(inside):
    return read_head(f"<!doctype html><html><head>{inside}</head><body>Text</body></html>".encode(), HERE)


@pytest.mark.parametrize(
    ("inside", "canonical"),
    [
        ("<link rel=canonical href=/a>", "https://www.bank.test/a"),
        ("<LINK HREF='https://bank.test/a?b=1&amp;c=2' REL='Canonical'>", "https://bank.test/a?b=1&c=2"),
        ('<link rel="alternate canonical"\n href = "/a" />', "https://www.bank.test/a"),
        ("<meta property='og:url' content='https://bank.test/shared'>", "https://bank.test/shared"),
        ("<meta property='og:url' content='/shared'><link rel=canonical href=/a>", "https://www.bank.test/a"),
        ("<link rel=canonical href=/a><link rel=canonical href=/b>", "https://www.bank.test/a"),
        ("<base href='/deep/er/'><link rel=canonical href=a>", "https://www.bank.test/deep/er/a"),
        ("<link rel=canonical href=''>", ""),
        ("<link rel=stylesheet href=/a.css><meta name=description content=x>", ""),
        ("<!-- <link rel=canonical href=/a> -->", ""),
        ("<script>'<link rel=canonical href=/a>'</script>", ""),
        ("<!-- never closed <link rel=canonical href=/a>", ""),
        ("<link rel=canonical href='http://[bad'>", HERE),
    ],
)
def test_the_canonical_address_is_found(inside, canonical):
    assert head(inside).canonical == canonical


def test_what_a_body_says_does_not_count():
    assert read_head(b"<body><link rel=canonical href=/a></body>", HERE).canonical == ""


@pytest.mark.parametrize(
    ("content", "leads_to"),
    [
        ("0; url=/next", "https://www.bank.test/next"),
        ("0;URL='https://other.test/'", "https://other.test/"),
        ("1.5, /next", "https://www.bank.test/next"),
        ("300; url=/news/a", ""),
        ("300", ""),
        ("", ""),
    ],
)
def test_a_page_that_leads_on_at_once_says_where(content, leads_to):
    assert head(f'<meta http-equiv="Refresh" content="{content}">').leads_to == leads_to


def test_what_only_browsers_without_scripts_follow_does_not_count():
    assert head('<noscript><meta http-equiv=refresh content="0;url=/old"></noscript>').leads_to == ""


def test_a_link_header_names_it_too():
    header = '</style.css>; rel=preload, <https://bank.test/report.pdf>; type="x"; rel="canonical"'
    assert canonical_in_header(header, HERE) == "https://bank.test/report.pdf"
    assert canonical_in_header("</style.css>; rel=preload", HERE) == ""


@pytest.mark.parametrize(
    ("canonical", "here", "believed"),
    [
        ("https://bank.test/a", "https://www.bank.test/a?x=1", True),
        ("https://www.bank.test/a", "http://m.bank.test/a", True),
        ("https://bank.test/", "https://bank.test/", True),
        ("https://other.test/a", "https://bank.test/a", False),
        ("https://bank.test.evil.test/a", "https://bank.test/a", False),
        ("https://bank.test:8443/a", "https://bank.test/a", False),
        ("https://bank.test/", "https://bank.test/news/a", False),
        ("https://bank.test/list", "https://bank.test/list?page=2", False),
        ("https://bank.test/list?page=2", "https://bank.test/list?page=2&utm_source=x", True),
        ("https://bank.test/list", "https://bank.test/list?page=1", True),
        ("https://bank.test/list", "https://bank.test/list/page/3/", False),
    ],
)
def test_only_an_address_of_the_same_site_that_is_no_mistake_is_believed(canonical, here, believed):
    assert may_stand_for(urlsplit(canonical), urlsplit(here)) is believed


def test_tracking_is_dropped_and_nothing_else_is_touched():
    assert without_tracking("utm_source=mail&id=3&fbclid=x") == "id=3"
    assert without_tracking("id=a%20b&&x") == "id=a%20b&&x"
    assert without_tracking("utm_medium=x") == ""


@pytest.mark.parametrize(
    "piece", [b"<!--", b"<script>", b"<link ", b'<link a="', b"<meta a=' ", b"<", b"< a", b"<link\n"]
)
def test_pages_made_to_take_long_end(piece):
    # One that looked at the rest of the page from each piece would take hours.
    assert read_head(piece * (1_000_000 // len(piece)), HERE) == PageHead()
