import json
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from chat.interface.guard import is_loopback
from chat.interface.history import Turn, dump_turns
from chat.interface.saving import saved_answers
from chat.interface.server import build_app, listen
from chat.interface.views import WINDOW, article_view, summary_view
from chat.proof import check_export
from errors import SettingError
from index.values import ArticleSummary, StoredArticle
from ingest.article import Article, BlockKind, Place, sha256_hex
from tests.fakes_page import HOSTILE, FakeBackend, article, library


@pytest.fixture(scope="module")
def backend() -> FakeBackend:
    return FakeBackend()


@pytest.fixture(scope="module")
def client(backend) -> Iterator[TestClient]:
    with TestClient(build_app(backend), base_url="http://127.0.0.1:7860") as client:
        yield client


def ended(client: TestClient, key: str) -> dict[str, Any]:
    """A job once it has ended."""
    for _ in range(2000):
        jobs: dict[str, dict[str, Any]] = {job["key"]: job for job in client.get("/api/jobs").json()["jobs"]}
        if jobs[key]["finished"]:
            return jobs[key]
        time.sleep(0.01)
    raise AssertionError(f"job {key} never ended")


def id_of(source_end: str) -> str:
    return next(each.article_id for each in library() if each.source.endswith(source_end))


def test_the_page_runs_under_a_strict_policy(client):
    page = client.get("/", headers={"Accept": "text/html"})
    policy = page.headers["content-security-policy"]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert directives["default-src"] == "'self'"
    assert directives["object-src"] == "'none'"
    nonce = directives["script-src"].removeprefix("'self' 'nonce-").removesuffix("'")
    assert len(nonce) >= 16
    assert page.text.count("<script") == page.text.count(f'<script nonce="{nonce}"') > 2
    assert page.headers["x-content-type-options"] == "nosniff"


def test_every_page_has_a_nonce_of_its_own(client):
    policies = {client.get("/", headers={"Accept": "text/html"}).headers["content-security-policy"] for _ in range(3)}
    assert len(policies) == 3


def test_no_title_reaches_the_page_itself(client):
    assert "window.pwned" not in client.get("/", headers={"Accept": "text/html"}).text


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:7860", "", "192.168.1.9"]
)
def test_other_names_for_this_machine_are_refused(client, host):
    assert client.get("/api/articles", headers={"Host": host}).status_code == 403


@pytest.mark.parametrize("host", ["127.0.0.1:7860", "localhost", "localhost:7860", "[::1]:7860"])
def test_the_machine_s_own_names_are_served(client, host):
    assert client.get("/api/articles", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_other_pages_cannot_post(client, headers):
    assert client.post("/api/remove", json={"articles": ["x"]}, headers=headers).status_code == 403
    assert client.post("/gradio_api/queue/join", json={}, headers=headers).status_code == 403


def test_our_own_page_can_post(client):
    headers = {"Origin": "http://127.0.0.1:7860", "Sec-Fetch-Site": "same-origin"}
    assert client.post("/api/remove", json={"articles": []}, headers=headers).status_code == 400


def test_loopback_is_told_from_its_imitations():
    assert all(map(is_loopback, ["127.0.0.1", "127.8.0.1", "::1", "[::1]", "localhost", "LOCALHOST"]))
    assert not any(map(is_loopback, ["0.0.0.0", "", "127.0.0.1.example.org", "10.0.0.1", "::", "example.org"]))


def test_another_host_is_refused_with_a_clear_error():
    with pytest.raises(SettingError, match=r"^host 0\.0\.0\.0: only this machine .* use --host 127\.0\.0\.1$"):
        listen("0.0.0.0", 7860)


def test_a_port_in_use_is_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingError, match=rf"^port {port}: already in use.*--port$"):
            listen("127.0.0.1", port)


def test_a_port_is_a_number_in_range():
    with pytest.raises(SettingError, match="port 70000"):
        listen("127.0.0.1", 70000)


def test_serving_says_its_address_once_it_answers():
    import uvicorn

    from chat.interface.server import _Server

    said: list[str] = []
    bound = listen("127.0.0.1", 0)
    server: uvicorn.Server = _Server(build_app(FakeBackend()), "http://127.0.0.1:1", said.append)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    server.should_exit = True
    thread.join(20)
    bound.close()
    assert said == ["http://127.0.0.1:1"]


def test_an_article_comes_as_blocks_whose_text_stands_at_their_offsets(client):
    view = client.get(f"/api/article/{id_of('market-size.md')}?at=100").json()
    held = next(each for each in library() if each.source.endswith("market-size.md"))
    assert view["title"] == held.title
    assert view["published"] == "1 July 2025"
    assert [held.text[each["start"] : each["end"]] for each in view["blocks"]] == [
        each["text"] for each in view["blocks"]
    ]
    assert "".join("".join(each["text"] for each in view["blocks"]).split()) == "".join(held.text.split())


def test_an_unknown_article_is_a_plain_sentence(client):
    answer = client.get("/api/article/nothing")
    assert answer.status_code == 404
    assert answer.json() == {"error": "This article is no longer in your library."}


def test_a_long_article_comes_in_windows():
    long = article("long.txt", "Long", [(BlockKind.PARAGRAPH, f"Paragraph {number}.") for number in range(WINDOW * 3)])
    stored = StoredArticle(long, "t")
    middle = long.blocks[WINDOW]
    view = article_view(stored, at=middle.start)
    assert len(view["blocks"]) == WINDOW
    assert view["first"] < WINDOW < view["first"] + WINDOW
    assert any(each["start"] == middle.start for each in view["blocks"])
    rest = article_view(stored, first=WINDOW * 3 - 5)
    assert [each["text"] for each in rest["blocks"]] == [f"Paragraph {WINDOW * 3 - 5 + at}." for at in range(5)]
    assert article_view(stored, first=10**9)["blocks"] == []


def test_text_between_blocks_is_not_lost():
    gaps = Article(
        "g.txt",
        "G",
        "one  two\n\nthree ",
        sha256_hex("x"),
        blocks=article("a", "a", [(BlockKind.PARAGRAPH, "one")]).blocks,
    )
    view = article_view(StoredArticle(gaps, "t"))
    assert [each["text"] for each in view["blocks"]] == ["one", "two\n\nthree"]


def test_the_table_names_the_kind_of_document_where_it_is_known():
    facts = {"kind": "10-Q", "period": "2023 Q3"}
    row = summary_view(ArticleSummary("i", "t", "a.pdf", None, facts, None, 1, 10, "s"))
    assert (row["kind"], row["period"]) == ("10-Q", "2023 Q3")


def test_facts_come_with_where_they_were_found_and_are_corrected(client, backend):
    article_id = id_of("(final).pdf")
    before = client.get(f"/api/facts/{article_id}").json()
    assert [each["key"] for each in before["fields"]][:3] == ["title", "published", "company"]
    changes = {"company": "Delta Research", "ticker": ""}
    view = client.post("/api/correct", json={"article": article_id, "changes": changes}).json()
    company = next(each for each in view["fields"] if each["key"] == "company")
    was = next(each for each in before["fields"] if each["key"] == "company")["value"]
    assert (company["value"], company["origin"], company["corrected"]) == (
        "Delta Research",
        f"Corrected; found was {was}",
        True,
    )
    assert client.get(f"/api/facts/{article_id}").json() == view
    undone = client.post("/api/correct", json={"article": article_id, "undo": ["company", "ticker"]}).json()
    assert undone == before
    for job in client.get("/api/jobs?kind=correct").json()["jobs"]:
        ended(client, job["key"])
    assert backend.recuts == [article_id, article_id]


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"article": "x", "changes": {"company": 5}}, 400, "Say what to correct."),
        ({"article": "x", "undo": "company"}, 400, "Say what to correct."),
        ({"article": "x", "changes": {"company": "Acme"}}, 404, "This article is no longer in your library."),
        (
            {"article": id_of("/rules"), "changes": {"period": "autumn"}},
            422,
            "period: autumn is not a period; write it as 2023, 2023 Q3 or 2023 H1",
        ),
    ],
)
def test_a_wrong_correction_is_told(client, body, status, error):
    answer = client.post("/api/correct", json=body)
    assert (answer.status_code, answer.json()) == (status, {"error": error})


@pytest.mark.parametrize(
    ("source", "kind"),
    [("a/b.pdf", "PDF"), ("https://example.org/a.html", "Web page"), ("Note (pasted text)", "Text"), ("row-7", "Text")],
)
def test_the_table_names_the_kind_of_article(source, kind):
    summary = ArticleSummary("i", "t", source, None, {}, None, 1, 10, "s")
    assert summary_view(summary)["kind"] == kind


@pytest.mark.parametrize(
    ("source", "pages", "boxes", "pdf"),
    [
        ("https://example.org/report?id=3", 2, ((0.0, 0.0, 9.0, 9.0),), True),
        ("a.pdf", 2, (), True),
        ("slides.pptx", 2, (), False),
        ("page.html", None, (), False),
    ],
)
def test_a_pdf_is_known_by_its_words_places_when_its_name_does_not_tell(client, backend, source, pages, boxes, pdf):
    new = Article(source, "T", "Words", "0", pages=pages, places=(Place(0, 5, 1, boxes),) if pages else ())
    backend.held[new.article_id] = new
    assert client.get(f"/api/article/{new.article_id}").json()["original_is_pdf"] is pdf


def test_an_original_is_saved_and_never_opened_as_a_page(client):
    answer = client.get(f"/api/original/{id_of('hostile.html')}")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''hostile.html"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-security-policy"] == "sandbox; default-src 'none'"


def test_a_pdf_opens_under_its_own_name(client):
    answer = client.get(f"/api/original/{id_of('.pdf')}")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == "inline; filename*=UTF-8''APAC%20comparison%20%28final%29.pdf"
    assert "script-src 'none'" in answer.headers["content-security-policy"]


@pytest.mark.parametrize("name", ["..%2Fserver.py", "server.py", "missing.js", "%2Fetc%2Fpasswd"])
def test_only_assets_are_served_as_assets(client, name):
    assert client.get(f"/ui/{name}").status_code == 404


def test_assets_name_no_other_host(client):
    for name in ("app.js", "ask.js", "article.js", "dom.js", "evaluate.js", "library.js", "style.css"):
        text = client.get(f"/ui/{name}").text
        assert "innerHTML" not in text
        assert "http://" not in text.replace("http://www.w3.org", "")
        assert "eval(" not in text


def test_files_keep_their_real_names_and_each_says_what_became_of_it(client, backend):
    def send(name: str, data: bytes) -> Any:
        job = client.post("/api/add/file", params={"name": name}, content=data).json()["job"]
        return ended(client, job)["items"][0]

    assert send("Ünïted “report” 2025.txt", b"Walrus revenue was US$9 million.")["state"] == "added"
    assert send("Ünïted “report” 2025.txt", b"Walrus revenue was US$9 million.")["state"] == "unchanged"
    assert send("Ünïted “report” 2025.txt", b"Walrus revenue was US$10 million.")["state"] == "replaced"
    assert send("copy.txt", b"Walrus revenue was US$10 million.") == {
        "name": "copy.txt",
        "state": "duplicate",
        "detail": "The same content is already held as Ünïted “report” 2025.txt.",
    }
    assert send("empty.txt", b" ") == {
        "name": "empty.txt",
        "state": "failed",
        "detail": "holds no text; save it again with its text",
    }
    names = [each["source"] for each in client.get("/api/articles").json()["articles"]]
    assert "Ünïted “report” 2025.txt" in names


def test_a_protected_file_is_asked_its_password_and_opened_with_it(client, backend):
    def send(password: str | None) -> Any:
        headers = {} if password is None else {"X-Footnote-Password": quote(password)}
        answer = client.post(
            "/api/add/file", params={"name": "own.pdf"}, content=b"Locked. Words of text.", headers=headers
        )
        return ended(client, answer.json()["job"])["items"][0]

    locked = {"name": "own.pdf", "state": "locked", "detail": "is protected by a password; add it with it"}
    assert send(None) == locked
    assert send("wrong") == locked
    assert send("Öffne dich") == {"name": "own.pdf", "state": "added", "detail": ""}
    assert "dich" not in client.get("/api/jobs?kind=add").text


def test_an_upload_cannot_leave_its_folder(client, backend):
    job = client.post("/api/add/file", params={"name": "../../etc/passwd"}, content=b"Some words of text.").json()[
        "job"
    ]
    assert ended(client, job)["items"][0]["name"] == "passwd"
    assert client.post("/api/add/file", params={"name": ".."}, content=b"x").status_code == 400
    assert client.post("/api/add/file", content=b"x").status_code == 400


def test_a_file_beyond_the_limit_is_refused(client, monkeypatch):
    monkeypatch.setattr("chat.interface.routes.UPLOAD_LIMIT", 1024**2)
    answer = client.post("/api/add/file", params={"name": "big.pdf"}, content=b"x" * (1024**2 + 1))
    assert answer.status_code == 413
    assert answer.json()["error"] == "big.pdf: larger than 1 MB; split it into parts"


def test_a_pasted_text_needs_a_title_a_text_and_a_real_date(client):
    def error(**form: str) -> Any:
        answer = client.post("/api/add/text", json={"title": "T", "text": "Words.", "published": ""} | form)
        assert answer.status_code == 400
        return answer.json()["error"]

    assert error(title=" ") == "Please give the text a title."
    assert error(text="\n") == "Please paste some text."
    assert error(published="1.7.2025") == "1.7.2025: not a date; write it as 2025-07-01."
    job = client.post("/api/add/text", json={"title": "T", "text": "Pasted words.", "published": "2025-07-01"}).json()[
        "job"
    ]
    assert ended(client, job)["items"] == [{"name": "T", "state": "added", "detail": ""}]


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://example.org", "example.org", "http://", "javascript:alert(1)"]
)
def test_only_web_addresses_can_be_added(client, url):
    assert client.post("/api/add/url", json={"url": url}).status_code == 400


def test_an_address_that_fails_says_why(client):
    job = client.post("/api/add/url", json={"url": "https://nowhere.example/x"}).json()["job"]
    assert ended(client, job)["items"][0]["detail"] == "the address leads nowhere; check it"


def test_a_feed_is_a_list_and_what_is_chosen_of_it_is_added(client):
    job = client.post("/api/add/url", json={"url": "https://news.example/feed"}).json()["job"]
    assert ended(client, job)["items"] == [
        {"name": "https://news.example/feed", "state": "list", "detail": "Lists 3 pages; nothing was added yet."}
    ]
    listed = client.get(f"/api/jobs/{job}/list").json()
    assert (listed["title"], listed["source"], listed["left_out"]) == ("Example news", "https://news.example/feed", 0)
    assert listed["entries"][0] == {
        "number": 1, "title": "One rose", "source": "https://news.example/one", "published": "2025-07-01",
        "held": False,
    }  # fmt: skip
    assert listed["entries"][2]["held"] is True
    urls = [each["source"] for each in listed["entries"][:2]]
    job = client.post("/api/add/urls", json={"urls": [*urls, urls[0]]}).json()["job"]
    assert [(each["name"], each["state"]) for each in ended(client, job)["items"]] == [(url, "added") for url in urls]
    assert client.get(f"/api/jobs/{job}/list").status_code == 404
    assert client.get("/api/jobs/no-such/list").status_code == 404


@pytest.mark.parametrize(
    "urls", [None, [], "https://a.example", [1], ["file:///etc/passwd"], ["https://a.example/", "ftp://b.example/"],
             ["http://[bad/"], ["https://a.example/"] * 501],
)  # fmt: skip
def test_only_lists_of_web_addresses_are_taken(client, urls):
    assert client.post("/api/add/urls", json={"urls": urls}).status_code == 400


def test_removing_says_what_went_and_what_could_not(client):
    gone = id_of("rules")
    answer = client.post("/api/remove", json={"articles": [gone, "unknown"]}).json()
    assert answer == {"removed": [gone], "failed": [{"article": "unknown", "error": "no such article"}]}
    assert client.post("/api/remove", json={"articles": "all"}).status_code == 400
    assert client.post("/api/remove", content=b"no json").status_code == 400


def test_an_evaluation_gives_measures_a_plot_reasons_and_files(client):
    job = client.post("/api/evaluations", json={"set": "corpus", "methods": ["fused", "vectors"]}).json()["job"]
    assert ended(client, job)["state"] == "done"
    view = client.get(f"/api/evaluations/{job}").json()
    assert (view["label"], view["done"], view["total"]) == ("Questions of the corpus", 4, 4)
    assert view["methods"] == ["fused", "vectors"]
    recall = next(each for each in view["retrieval"] if each["name"] == "recall@5")
    assert len(recall["values"]) == 2
    assert recall["values"][0]["low"] <= recall["values"][0]["mean"] <= recall["values"][0]["high"]
    assert {"right", "silence"} <= {each["name"] for each in view["answers"]}
    assert view["compared"][0]["pair"] == "fused vs vectors"
    assert [each["ranks"][0] for each in view["questions"]] == [1, 2, 1, None]

    why = client.get(f"/api/evaluations/{job}/questions/0").json()
    assert why["expected"][0]["text"] == "was worth about US$1.59 billion"
    assert why["methods"][0]["found"][0]["evidence"] is True
    assert client.get(f"/api/evaluations/{job}/questions/99").status_code == 404

    for shade, ink in (("light", "#1d2126"), ("dark", "#e9e6df")):
        for name in ("recall", "reliability", "coverage"):
            plot = client.get(f"/api/evaluations/{job}/{name}-{shade}.svg")
            assert plot.headers["content-type"] == "image/svg+xml"
            assert f'<svg color="{ink}" ' in plot.text
    assert client.get(f"/api/evaluations/{job}/weather-light.svg").status_code == 404
    assert [each["name"] for each in view["plots"]] == ["reliability", "coverage"]
    assert "1.00 right of 2" in view["plots"][0]["words"]

    csv = client.get(f"/api/evaluations/{job}/files/questions.csv")
    assert csv.content.decode("utf-8-sig").split("\r\n")[0].startswith("question_id,question,kind")
    assert csv.headers["content-disposition"] == 'attachment; filename="questions.csv"'
    assert json.loads(client.get(f"/api/evaluations/{job}/files/evaluation.json").content)["set"] == view["label"]
    assert b"<html" in client.get(f"/api/evaluations/{job}/files/report.html").content
    assert client.get(f"/api/evaluations/{job}/files/other").status_code == 404


def test_an_evaluation_needs_a_set_and_a_method(client):
    assert client.post("/api/evaluations", json={"set": "corpus", "methods": []}).status_code == 400
    assert client.post("/api/evaluations", json={"set": "corpus", "methods": ["magic"]}).status_code == 400
    assert client.post("/api/evaluations", json={"set": "gone", "methods": ["fused"]}).status_code == 404
    assert client.get("/api/evaluations/999").status_code == 404


def test_a_question_set_is_checked_before_it_is_kept(client):
    kept = client.post("/api/sets", params={"name": "mine.jsonl"}, content=b'{"question": "q", "answers": []}\n').json()
    assert kept["questions"] == 1
    assert kept in client.get("/api/sets").json()["sets"]
    answer = client.post("/api/sets", params={"name": "bad.jsonl"}, content=b"not json")
    assert answer.status_code == 422
    assert answer.json()["error"] == "bad.jsonl: is not JSON lines; save one question a line"


def test_titles_of_articles_come_as_data(client):
    titles = [each["title"] for each in client.get("/api/articles").json()["articles"]]
    assert f"Quarterly note {HOSTILE}" in titles


def test_a_page_is_measured_and_drawn(client, backend):
    report = id_of("(final).pdf")
    page = client.get(f"/api/page/{report}/2")
    of = backend.article(report).article.sha256[:16]
    assert page.json() == {"page": 2, "width": 595.0, "height": 842.0, "of": of}
    picture = client.get(f"/api/page/{report}/2/picture", params={"scale": "1.5", "of": of})
    assert (picture.headers["content-type"], picture.content[:8]) == ("image/png", b"\x89PNG\r\n\x1a\n")
    assert backend.drawn[-1] == (report, 2, 1.5)
    assert picture.headers["cache-control"] == "private, max-age=31536000, immutable"
    tag = picture.headers["etag"]
    again = client.get(f"/api/page/{report}/2/picture", params={"scale": "1.5"}, headers={"If-None-Match": tag})
    assert (again.status_code, again.content, again.headers["cache-control"]) == (304, b"", "private, no-cache")
    other = client.get(f"/api/page/{report}/2/picture", params={"scale": "3"}, headers={"If-None-Match": tag})
    assert other.status_code == 200


@pytest.mark.parametrize("scale", ["0", "-1", "1000", "2.5", "nan", ""])
def test_pages_are_drawn_in_few_sizes_only(client, scale):
    answer = client.get(f"/api/page/{id_of('(final).pdf')}/1/picture", params={"scale": scale})
    assert (answer.status_code, answer.json()["error"]) == (400, "The scale must be one of 1, 1.5, 2, 3, 4.")


def test_a_page_that_cannot_be_drawn_is_told_in_one_line(client):
    report = id_of("(final).pdf")
    told = "reports/APAC comparison (final).pdf: is damaged: page 3 cannot be drawn; fetch or save it again"
    for path in (f"/api/page/{report}/3", f"/api/page/{report}/3/picture"):
        answer = client.get(path)
        assert (answer.status_code, answer.json()) == (422, {"error": told})
    assert client.get("/api/page/000000000000/1").status_code == 404
    assert client.get(f"/api/page/{report}/x").status_code == 404
    assert client.get(f"/api/page/{report}/1", headers={"Host": "evil.example"}).status_code == 403


def test_an_article_comes_with_the_boxes_of_its_quote(client, backend):
    report = id_of("(final).pdf")
    block = backend.article(report).article.blocks[2]
    view = client.get(f"/api/article/{report}", params={"at": block.start, "end": block.end}).json()
    assert view["boxes"] == [[1.0, 72.0, 160.0, 520.0, 190.0]]
    assert client.get(f"/api/article/{report}", params={"at": block.start}).json()["boxes"] == []
    briefing = id_of("market-size.md")
    assert client.get(f"/api/article/{briefing}", params={"at": 0, "end": 9}).json()["boxes"] == []


# Grids ---------------------------------------------------------------------------------------------------------------


def grid_made(client: TestClient, questions: str, articles: Sequence[str]) -> tuple[str, dict[str, Any]]:
    key = client.post("/api/grids", json={"questions": questions, "articles": list(articles)}).json()["job"]
    ended(client, key)
    return key, client.get(f"/api/grids/{key}").json()


def test_a_grid_is_made_in_the_background_and_saved(client, tmp_path):
    ids = [id_of("market-size.md"), id_of("hostile.html")]
    key, view = grid_made(client, "What was the market worth in 2023?\n\nWhat was the market worth in 2023?\nAnd?", ids)
    assert view["questions"] == ["What was the market worth in 2023?", "And?"]
    assert [each["article_id"] for each in view["articles"]] == ids
    assert view["made"] == 4
    places = [(cell["row"], cell["column"]) for cell in view["cells"]]
    assert places == [(0, 0), (0, 1), (1, 0), (1, 1)]
    (quote,) = view["cells"][0]["quotes"]
    words = "".join(piece["text"] for piece in quote["pieces"])
    held = client.get(f"/api/article/{ids[0]}").json()
    block = next(each for each in held["blocks"] if each["start"] <= quote["start"] < each["end"])
    assert block["text"][quote["start"] - block["start"] : quote["end"] - block["start"]] == words
    assert [piece["text"] for piece in quote["pieces"] if piece["answers"]] == ["US$1.59 billion"]
    assert view["cells"][1]["blank"] == "This article does not mention 2023."
    assert view["cells"][2] == {
        **{"row": 1, "column": 0, "quotes": [], "reason": "nothing_relevant", "near": view["cells"][2]["near"]},
        "blank": "Nothing in this article speaks of it.",
    }
    assert client.get(f"/api/grids/{key}?since=3").json()["cells"] == view["cells"][3:]
    backend = FakeBackend()
    for suffix in (".xlsx", ".csv", ".json"):
        answer = client.get(f"/api/grids/{key}/files/grid{suffix}")
        assert answer.headers["content-disposition"] == f'attachment; filename="grid{suffix}"'
        path = tmp_path / f"grid{suffix}"
        path.write_bytes(answer.content)
        counts, problems = check_export(path, backend.article)
        assert problems == []
        assert counts["quotes"] >= 1


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ({"questions": "What?", "articles": []}, 400, "Choose at least one article."),
        ({"questions": "What?", "articles": "all"}, 400, "Choose at least one article."),
        ({"questions": " \n", "articles": ["x"]}, 400, "Write at least one question, one a line."),
        ({"questions": "?\n-", "articles": ["x"]}, 422, "The questions: holds no questions; write one a line"),
        (
            {"questions": "What?", "articles": ["x"]},
            404,
            "These articles are no longer in your library; choose others.",
        ),
        ([], 400, "Choose at least one article."),
    ],
)
def test_a_grid_that_cannot_be_made_is_told(client, body, status, error):
    answer = client.post("/api/grids", json=body)
    assert (answer.status_code, answer.json()) == (status, {"error": error})


def test_a_grid_beyond_the_limit_is_refused(client, monkeypatch):
    monkeypatch.setattr("chat.interface.grid_routes.MOST_CELLS", 1)
    body = {"questions": "What?\nWho?", "articles": [id_of("market-size.md")]}
    assert "That makes 2 cells; at most 1" in client.post("/api/grids", json=body).json()["error"]


def test_a_grid_that_is_stopped_keeps_what_was_made(client, backend, monkeypatch):
    asked = threading.Event()
    go_on = threading.Event()
    ask = backend.ask

    def slow(*arguments: Any, **more: Any) -> Any:
        asked.set()
        go_on.wait(10)
        return ask(*arguments, **more)

    monkeypatch.setattr(backend, "ask", slow)
    body = {"questions": "How large is the market?\nWhat drives it?", "articles": [id_of("market-size.md")]}
    key = client.post("/api/grids", json=body).json()["job"]
    assert asked.wait(10)
    assert client.get(f"/api/grids/{key}/files/grid.csv").status_code == 404
    client.post(f"/api/jobs/{key}/cancel")
    go_on.set()
    assert ended(client, key)["state"] == "cancelled"
    assert client.get(f"/api/grids/{key}").json()["made"] == 1
    assert "The grid was stopped before this was asked." in client.get(f"/api/grids/{key}/files/grid.csv").text


@pytest.mark.parametrize("path", ["/api/grids/99", "/api/grids/99/files/grid.csv"])
def test_a_grid_that_is_gone_is_told(client, path):
    answer = client.get(path)
    assert (answer.status_code, answer.json()) == (404, {"error": "This grid is no longer kept; make it again."})


def test_an_unknown_format_of_a_grid_is_refused(client):
    key, _ = grid_made(client, "How large?", [id_of("market-size.md")])
    assert client.get(f"/api/grids/{key}/files/grid.exe").status_code == 404


# Saving answers ------------------------------------------------------------------------------------------------------


def wish(kept: Any, **changes: Any) -> Any:
    reply = saved_answers(json.dumps({"what": "answer", "back": 1, "suffix": "md", "token": "t", **changes}), kept)
    return json.loads(reply) if reply else None


def test_answers_are_saved_from_what_the_browser_keeps(backend):
    questions = ["What was the market worth in 2023?", "How large will the Chinese market be in 2028?", "World Cup?"]
    kept = dump_turns([Turn(each, backend.ask(each)) for each in questions])
    assert "## World Cup?" in wish(kept)["text"]
    second = wish(kept, back=2)["text"]
    assert "2028" in second
    assert "World" not in second
    assert wish(kept, what="conversation")["text"].count("\n## ") == 4  # with the list of sources
    value = json.loads(wish(kept, back=3, suffix="json")["text"])
    assert value["question"] == questions[0]
    assert wish(kept, suffix="csv")["text"].startswith("\ufeffquestion,")


@pytest.mark.parametrize("changes", [{"back": 2}, {"back": 0}, {"back": -1}])
def test_an_answer_that_is_gone_is_told(backend, changes):
    kept = dump_turns([Turn("What?", backend.ask("What was the market worth in 2023?"))])
    assert wish(kept, **changes) == {"token": "t", "error": "This answer is no longer kept; ask it again."}
    assert wish("nonsense") == {"token": "t", "error": "This answer is no longer kept; ask it again."}


@pytest.mark.parametrize("changes", [{"suffix": "exe"}, {"back": "1"}, {"token": 3}])
def test_what_is_no_wish_is_left(changes):
    assert wish([], **changes) is None
    assert saved_answers("", []) == saved_answers("[1]", []) == ""
