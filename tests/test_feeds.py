"""Feeds and sitemaps become lists of pages, however they are written."""

import gzip
import tracemalloc
from datetime import date

import pytest

from errors import SourceError
from ingest.formats import feeds
from ingest.formats.feeds import looks_like_list, read_list
from ingest.listing import MAX_ENTRIES, Entry

HERE = "https://bank.test/news/feed"

RSS = """<?xml version="1.0" encoding="utf-8"?><!-- made by hand -->
<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"><channel><title>Bank &amp; news</title>
<link>https://bank.test/</link><image><title>Logo</title><url>https://bank.test/logo.png</url></image>
<item><media:title>A picture</media:title><title>Profits &lt;b&gt;rose&lt;/b&gt; &amp;amp; fell</title>
  <link>https://bank.test/a?utm_source=rss#top</link><pubDate>Tue, 01 Jul 2025 08:00:00 +0200</pubDate></item>
<item><title><![CDATA[Q2 <em>results</em>]]></title><guid>/b</guid></item>
<item><title>Without a link</title><guid isPermaLink="false">tag:7</guid><enclosure url="https://bank.test/x.mp3"/></item>
<item><title>Again</title><link>https://bank.test/a</link></item>
</channel></rss>"""

ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Atom news</title>
<link rel="self" href="https://bank.test/atom"/>
<entry><title type="html">One</title><link rel="enclosure" href="/one.mp3"/><link href="one"/>
<updated>2025-07-02T00:00:00Z</updated><published>2025-07-01T10:00:00Z</published></entry></feed>"""

RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="x"><title>Old news</title></channel>
<item rdf:about="y"><title>One</title><link>https://bank.test/one</link><dc:date>2025-07-01</dc:date></item></rdf:RDF>"""

SITEMAP = """<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
<url><loc>https://bank.test/undated</loc></url>
<url><loc> https://bank.test/old </loc><lastmod>2020-01-01</lastmod></url>
<url><loc>https://bank.test/new</loc><news:news><news:publication_date>2025-07-01</news:publication_date>
<news:title>New</news:title></news:news></url></urlset>"""


def test_rss_gives_titles_addresses_and_dates():
    listing = read_list(RSS.encode(), HERE)
    assert (listing.address, listing.title, listing.maps, listing.left_out) == (HERE, "Bank & news", (), 0)
    assert listing.entries == (
        Entry("https://bank.test/a", "Profits rose & fell", date(2025, 7, 1)),
        Entry("https://bank.test/b", "Q2 results", None),
    )


def test_atom_gives_the_page_and_the_day_it_was_published():
    listing = read_list(ATOM.encode(), HERE)
    assert listing.title == "Atom news"
    assert listing.entries == (Entry("https://bank.test/news/one", "One", date(2025, 7, 1)),)


def test_old_rss_keeps_its_items_beside_the_channel():
    listing = read_list(RDF.encode(), HERE)
    assert (listing.title, listing.entries) == (
        "Old news",
        (Entry("https://bank.test/one", "One", date(2025, 7, 1)),),
    )


def test_a_sitemap_is_listed_newest_first():
    listing = read_list(SITEMAP.encode(), "https://bank.test/sitemap.xml")
    assert listing.title == "bank.test"
    assert listing.entries == (
        Entry("https://bank.test/new", "New", date(2025, 7, 1)),
        Entry("https://bank.test/old", "", date(2020, 1, 1)),
        Entry("https://bank.test/undated", "", None),
    )


def test_an_index_names_its_sitemaps():
    maps = "".join(f"<sitemap><loc>/map{number}.xml.gz</loc></sitemap>" for number in range(feeds.MAX_MAPS + 2))
    listing = read_list(f"<sitemapindex>{maps}</sitemapindex>".encode(), HERE)
    assert (listing.entries, len(listing.maps), listing.left_out) == ((), feeds.MAX_MAPS, 2)
    assert listing.maps[1] == "https://bank.test/map1.xml.gz"


@pytest.mark.parametrize("text", [RSS, ATOM, RDF, SITEMAP, "\ufeff" + RSS, "<sitemapindex>"])
def test_lists_are_told_from_other_files(text):
    assert looks_like_list(text.encode())
    assert looks_like_list(gzip.compress(text.encode()))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html><body>rss</body></html>",
        b"<?xml version='1.0'?><html/>",
        b"<xbrl><rss></rss></xbrl>",
        b"%PDF-1.7 <rss>",
        b"plain <feed> text",
        b"text\n<rss>",
        b"<!-- never closed <rss>",
        b"\x1f\x8b damaged",
        gzip.compress(b"<html>"),
    ],
)
def test_other_files_are_no_lists(data):
    assert not looks_like_list(data)


def test_a_packed_sitemap_is_unpacked():
    assert len(read_list(gzip.compress(SITEMAP.encode()), HERE).entries) == 3


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"<rss><channel></channel></rss>", "lists no pages"),
        (b"<urlset><url><loc>ftp://x/y</loc></url><url><loc>http://[bad/</loc></url></urlset>", "lists no pages"),
        (gzip.compress(SITEMAP.encode())[:-20], "broke off before the end"),
        (gzip.compress(b" " * (feeds.MAX_BYTES + 1)), "is a list of more than the 50 MB that are read"),
    ],
)
def test_what_goes_wrong_is_said_in_a_line(data, says):
    with pytest.raises(SourceError, match=says) as caught:
        read_list(data, HERE)
    assert "\n" not in str(caught.value)


def test_markup_that_is_wrong_loses_only_what_it_must():
    listing = read_list(RSS.replace("</item>", "", 1).replace("Bank &amp; news", "Bank & news").encode(), HERE)
    assert "https://bank.test/a" in [entry.address for entry in listing.entries]


def test_entities_of_their_own_are_not_expanded_and_nothing_is_loaded(tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("secret words")
    doctype = f'<!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    feed = RSS.replace("<!-- made by hand -->", doctype).replace("Bank &amp; news", "News &x; &a;")
    assert read_list(feed.encode(), HERE).title == "News &x; &a;"


def test_a_bomb_of_entities_is_an_error_and_takes_no_memory():
    bomb = '<!ENTITY a0 "ha">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    feed = RSS.replace("<!-- made by hand -->", f"<!DOCTYPE rss [{bomb}]>").replace("Bank &amp; news", "&a11;")
    tracemalloc.start()
    with pytest.raises(SourceError, match="lists no pages"):
        read_list(feed.encode(), HERE)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 50_000_000


def test_more_entries_than_anybody_chooses_from_are_counted():
    urls = "".join(f"<url><loc>/{number}</loc></url>" for number in range(MAX_ENTRIES + 5))
    listing = read_list(f"<urlset>{urls}</urlset>".encode(), HERE)
    assert (len(listing.entries), listing.left_out) == (MAX_ENTRIES, 5)
