"""What people name is found, and what comes from the web is one article however it was reached."""

import argparse
import gzip
import io
import zipfile

import pytest

import app
from errors import FetchError
from index.gathering import Gathering
from index.library import Library
from index.values import AddReport, Listed
from ingest.listing import Entry, Listing
from tests.fakes_embedder import BagEmbedder
from tests.fakes_web import running_site

TEXT = "Profits rose by a fifth in March, the bank said, since margins held and costs fell. " * 5


def page(text=TEXT, head=""):
    return f"<html><head><title>A page of news</title>{head}</head><body><article><p>{text}</p></article></body></html>"


@pytest.fixture
def site():
    with running_site() as running:
        yield running


@pytest.fixture
def library(tmp_path):
    with Library(tmp_path / "library", BagEmbedder()) as opened:
        yield opened


@pytest.fixture
def add(library, site):
    gathering = Gathering(library, site.fetch)
    return lambda *arguments: library.add(gathering.sources(arguments))


def held(library):
    return sorted(each.source for each in library.articles())


def test_files_and_addresses_are_found_in_order_and_errors_take_their_place(add, library, site, tmp_path):
    (tmp_path / "a.txt").write_text("Apples.")
    report = add(tmp_path / "a.txt", site.address + "/nowhere", site.page("/a", page()), str(tmp_path / "b.txt"))
    assert len(report.added) == 2
    assert [(each.source, each.error) for each in report.failed] == [
        (f"{site.address}/nowhere", "answered 404 Not Found; check the address"),
        (str(tmp_path / "b.txt"), "there is no such file or folder; check the path"),
    ]


def test_one_article_at_two_addresses_is_one(add, library, site):
    canonical = '<link rel="canonical" href="/story/7">'
    first = site.page("/story/7?ref=mail", page(head=canonical))
    second = site.page("/amp/7", page(TEXT + "With a line more.", canonical))
    assert len(add(first).added) == 1
    assert len(add(second).replaced) == 1
    assert held(library) == [f"{site.address}/story/7"]


def test_another_site_s_address_is_not_believed(add, library, site):
    add(site.page("/copy", page(head='<link rel="canonical" href="https://bank.test/original">')))
    assert held(library) == [f"{site.address}/copy"]


def test_tracking_does_not_make_another_article(add, library, site):
    add(site.page("/a?utm_source=mail&id=3", page()))
    assert held(library) == [f"{site.address}/a?id=3"]


def test_a_page_that_only_leads_on_is_followed(add, library, site):
    site.page("/target", page())
    add(site.page("/short", "<html><head><meta http-equiv=refresh content='0; url=/target'></head></html>"))
    assert held(library) == [f"{site.address}/target"]


@pytest.mark.parametrize(
    "version", [{"etag": '"v1"'}, {"last_modified": "Wed, 01 Jan 2025 10:00:00 GMT"}], ids=["etag", "date"]
)
def test_what_has_not_changed_is_not_sent_again(add, library, site, version):
    address = site.page("/a", page(), **version)
    (added,) = add(address).added
    assert add(address).unchanged == (added,)
    assert site.asked == [("/a", 200), ("/a", 304)]
    assert TEXT.strip() in library.article(added).article.text


def test_a_new_version_replaces_and_is_remembered_in_turn(add, library, site):
    address = site.page("/a", page(), etag='"v1"')
    add(address)
    site.page("/a", page("Profits fell. " * 30), etag='"v2"')
    assert len(add(address).replaced) == 1
    assert len(add(address).unchanged) == 1
    assert [status for _, status in site.asked] == [200, 200, 304]


def test_what_was_removed_is_fetched_anew(add, library, site):
    address = site.page("/a", page(), etag='"v1"')
    library.remove(add(address).added)
    assert len(add(address).added) == 1
    assert [status for _, status in site.asked] == [200, 200]


def test_a_version_counts_only_for_its_own_address(add, library, site):
    canonical = "<link rel=canonical href=/a>"
    add(site.page("/a?x=1", page(head=canonical), etag='"same"'))
    add(site.page("/a", page(TEXT + "And a line.", canonical), etag='"same"'))
    assert [status for _, status in site.asked] == [200, 200]


def test_versions_survive_a_renewal(tmp_path, site):
    address = site.page("/a", page(), etag='"v1"')
    with Library(tmp_path / "library", BagEmbedder()) as library:
        library.add(Gathering(library, site.fetch).sources([address]))
    with Library(tmp_path / "library", BagEmbedder("another")) as library:
        assert len(library.renew().replaced) == 1
        library.add(Gathering(library, site.fetch).sources([address]))
    assert [status for _, status in site.asked] == [200, 304]


def test_a_server_that_says_unmodified_unasked_is_an_error(add, site):
    (failure,) = add(site.page("/a", "", status="304")).failed
    assert failure.error.startswith("answered 304 Not Modified")


def test_the_server_s_encoding_counts(add, library, site):
    text = "Общая выручка банка выросла на пятую часть за год. " * 10
    body = page(text).encode("koi8-r")
    (added,) = add(site.page("/a", body, content_type="text/html; charset=koi8-r")).added
    assert text.strip() in library.article(added).article.text
    # A server may say Latin-1 of everything.
    (added,) = add(site.page("/b", page(text), content_type="text/html; charset=iso-8859-1")).added
    assert text.strip() in library.article(added).article.text


def test_an_archive_from_the_web_gives_its_files(add, library, site):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("in/a.txt", "Apples.")
        archive.writestr("b.exe", "x")
    report = add(site.page("/files/all.zip", made.getvalue(), content_type="application/zip"))
    assert held(library) == [f"{site.address}/files/all.zip/in/a.txt"]
    assert [each.source for each in report.failed] == [f"{site.address}/files/all.zip/b.exe"]


# Feeds and sitemaps --------------------------------------------------------------------------------------------------


def feed(*paths):
    items = "".join(f"<item><title>Page {path}</title><link>{path}</link></item>" for path in paths)
    return f"<?xml version='1.0'?><rss><channel><title>News</title>{items}</channel></rss>"


def sitemap(*paths):
    return f"<urlset>{''.join(f'<url><loc>{path}</loc></url>' for path in paths)}</urlset>"


def listed_by(library, site, address, choose=None):
    gathering = Gathering(library, site.fetch, choose=choose)
    report = library.add(gathering.sources([address]))
    return gathering.listed, report


@pytest.mark.parametrize("kind", ["application/rss+xml", "text/xml; charset=utf-8", "text/html", "text/plain"])
def test_a_feed_is_listed_and_nothing_of_it_is_added(library, site, kind):
    site.page("/a", page())
    library.add(Gathering(library, site.fetch).sources([site.address + "/a"]))
    (listed,), report = listed_by(library, site, site.page("/feed", feed("/a", "/b"), content_type=kind))
    assert report == AddReport()
    assert [each.address for each in listed.listing.entries] == [f"{site.address}/a", f"{site.address}/b"]
    assert listed.held == {f"{site.address}/a"}


def test_what_is_chosen_of_a_feed_is_added_and_what_fails_is_told(library, site):
    for path in ("/a", "/b", "/c"):
        site.page(path, page(f"{TEXT} This is {path}."))
    address = site.page("/feed", feed("/a", "/b", "/missing", "/feed", "/c"), content_type="application/rss+xml")
    listed, report = listed_by(library, site, address, lambda listing: listing.entries[1:4])
    assert (listed, held(library)) == ([], [f"{site.address}/b"])
    assert [(each.source, each.error) for each in report.failed] == [
        (f"{site.address}/missing", "answered 404 Not Found; check the address"),
        (f"{site.address}/feed", "is a list of pages itself; add it by its own address"),
    ]


def test_an_index_of_sitemaps_is_one_list(library, site):
    site.page("/one.xml.gz", gzip.compress(sitemap("/a", "/b").encode()), content_type="application/x-gzip")
    site.page("/two.xml", sitemap("/b", "/c"), content_type="application/xml")
    site.page("/page", page())
    maps = "".join(
        f"<sitemap><loc>{name}</loc></sitemap>" for name in ("/one.xml.gz", "/gone.xml", "/two.xml", "/page")
    )
    address = site.page("/sitemap.xml", f"<sitemapindex>{maps}</sitemapindex>", content_type="application/xml")
    (listed,), report = listed_by(library, site, address)
    assert [each.address.removeprefix(site.address) for each in listed.listing.entries] == ["/a", "/b", "/c"]
    assert [(each.source.removeprefix(site.address), each.error) for each in report.failed] == [
        ("/gone.xml", "answered 404 Not Found; check the address"),
        ("/page", "is named as a sitemap and is none"),
    ]


def test_sitemaps_beyond_the_time_are_counted(library, site, monkeypatch):
    monkeypatch.setattr("index.gathering.LIST_SECONDS", -1.0)
    address = site.page("/sitemap.xml", "<sitemapindex><sitemap><loc>/a.xml</loc></sitemap></sitemapindex>")
    (listed,), _ = listed_by(library, site, address)
    assert (listed.listing.entries, listed.listing.left_out) == ((), 1)
    assert site.asked == [("/sitemap.xml", 200)]


def test_a_list_that_is_empty_or_damaged_is_told(library, site):
    _, report = listed_by(library, site, site.page("/feed", feed(), content_type="application/rss+xml"))
    assert [each.error for each in report.failed] == ["is a feed or sitemap that lists no pages"]


def test_other_xml_cannot_be_read(library, site):
    _, report = listed_by(library, site, site.page("/data.xml", "<data/>", content_type="text/xml"))
    assert "cannot be read" in report.failed[0].error


LISTING = Listing(
    "https://bank.test/feed", "News", tuple(Entry(f"https://bank.test/{n}", f"Page {n}") for n in (1, 2, 3))
)


@pytest.mark.parametrize(
    ("text", "numbers"), [("1", [1]), ("1,3-5", [1, 3, 4, 5]), (" 2 - 3 , 2", [2, 3]), ("5,1", [5, 1])]
)
def test_numbers_are_chosen_as_people_write_them(text, numbers):
    assert app._numbers(text) == numbers


@pytest.mark.parametrize("text", ["", "0", "a", "1,,2", "5-3", "1-", "-1", "1;2", "9999999"])
def test_other_numbers_are_wrong_usage(text):
    with pytest.raises(argparse.ArgumentTypeError, match="as in 1,3-5"):
        app._numbers(text)


def test_all_or_some_are_taken_and_numbers_beyond_the_list_are_told():
    def chooser(**options):
        return app._chooser(argparse.Namespace(**{"all": False, "choose": None} | options))

    assert chooser() is None
    assert chooser(all=True)(LISTING) == LISTING.entries
    assert chooser(choose=[3, 1])(LISTING) == [LISTING.entries[2], LISTING.entries[0]]
    with pytest.raises(FetchError, match="lists 3 pages, so there is no number 4"):
        chooser(choose=[2, 4, 7])(LISTING)


def test_a_list_is_printed_with_what_to_do_and_given_as_json():
    report = AddReport(listed=(Listed(LISTING, frozenset({"https://bank.test/2"})),))
    text = app._report_text(report).split("\n")
    assert text[0] == "News (https://bank.test/feed) lists 3 pages:"
    assert text[2] == "    2              Page 2 https://bank.test/2 (in the library)"
    assert text[-1].endswith("repeat the command with --all, or with --choose and numbers, as in 1,3-5")
    (shape,) = report.to_json()["lists"]
    assert shape["entries"][1] == {
        "number": 2, "title": "Page 2", "source": "https://bank.test/2", "published": None, "held": True,
    }  # fmt: skip
    assert "lists" not in AddReport().to_json()
