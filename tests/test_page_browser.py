"""The page as people use it, in headless Chromium against a server of its own with a library in memory."""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright

from chat.interface.backend import Backend, Filters
from chat.interface.library_backend import LibraryBackend
from chat.interface.server import _Server, build_app, listen
from chat.proof import check_export
from index.library import Library
from ingest.sources import Source
from tests.fakes_page import FakeBackend
from tests.test_library_backend import Declining, LetterEmbedder, fetch

pytestmark = pytest.mark.browser

ARGUMENTS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
expect.set_options(timeout=20_000)  # milliseconds: a busy machine is no failure
DESK, PHONE = ViewportSize(width=1280, height=800), ViewportSize(width=390, height=844)
FIRST_QUESTION = "What was the market worth in 2023?"


@dataclass
class Visit:
    """A page with what went wrong on it, and the library behind it."""

    page: Page
    address: str
    backend: FakeBackend
    problems: list[str] = field(default_factory=list)

    def ask(self, question: str) -> None:
        answers = self.page.locator(".fn-answer")
        before = answers.count()
        self.page.locator("#fn-question textarea").fill(question)
        self.page.keyboard.press("Enter")
        expect(answers).to_have_count(before + 1)

    def tab(self, name: str) -> None:
        self.page.get_by_role("tab", name=name).click()


@pytest.fixture(scope="module")
def browser(browser_path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[str, FakeBackend]]:
    backend = FakeBackend()
    with serving(backend) as address:
        yield address, backend


@contextmanager
def serving(backend: Backend) -> Iterator[str]:
    bound = listen("127.0.0.1", 0)
    address = f"http://127.0.0.1:{bound.getsockname()[1]}"
    server = _Server(build_app(backend), address, None)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield address
    server.should_exit = True
    thread.join(30)
    bound.close()


def visit(context: BrowserContext, server: tuple[str, FakeBackend], path: str = "/") -> Visit:
    address, backend = server
    page = context.new_page()
    page.set_default_timeout(30_000)
    seen = Visit(page, address, backend)
    page.on("pageerror", lambda error: seen.problems.append(f"error: {error}"))
    page.on("console", lambda line: seen.problems.append(line.text) if "Content Security Policy" in line.text else None)
    page.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((address, "data:", "blob:"))
            else seen.problems.append(f"outside request: {request.url}")
        ),
    )
    page.goto(address + path)
    # Another tab may be shown; on a busy machine the first page takes most of a minute.
    page.locator("#fn-question textarea:enabled").wait_for(state="attached", timeout=120_000)
    page.locator("html[data-footnote='started']").wait_for()
    return seen


@pytest.fixture
def desk(browser: Browser, server: tuple[str, FakeBackend]) -> Iterator[Visit]:
    context = browser.new_context(viewport=DESK)
    seen = visit(context, server)
    yield seen
    context.close()
    assert seen.problems == []


@pytest.fixture
def phone(browser: Browser, server: tuple[str, FakeBackend]) -> Iterator[Visit]:
    context = browser.new_context(viewport=PHONE)
    seen = visit(context, server)
    yield seen
    context.close()
    assert seen.problems == []


def test_a_citation_opens_the_article_with_the_quoted_words_marked_in_view(desk):
    desk.ask(FIRST_QUESTION)
    quote = desk.page.locator(".fn-answer .fn-quote").first
    words = "In 2023 the market for artificial intelligence in Chinese healthcare was worth about US$1.59 billion."
    assert quote.locator(".fn-words").text_content() == words
    assert quote.locator("mark").text_content() == "US$1.59 billion"
    chip = quote.locator("a.fn-cite")
    _, article_id, start, end = chip.get_attribute("href").removeprefix("#").split("-")
    chip.click()
    mark = desk.page.locator("#fn-pane mark")
    expect(mark).to_be_in_viewport(ratio=1)
    held = desk.backend.article(article_id).article
    assert mark.text_content() == held.text[int(start) : int(end)] == words
    expect(desk.page.locator("#fn-pane h2")).to_have_text(held.title)
    desk.page.keyboard.press("Escape")
    expect(desk.page.locator("#fn-pane")).to_be_hidden()
    expect(chip).to_be_focused()


def test_marked_words_far_down_are_scrolled_to(desk):
    desk.ask("Will the compound annual growth rate stay above 40 percent?")
    desk.page.locator(".fn-answer a.fn-cite").first.click()
    mark = desk.page.locator("#fn-pane mark")
    expect(mark).to_be_in_viewport(ratio=1)
    assert mark.text_content() == "The compound annual growth rate to 2030 is expected to stay above 40 percent."
    assert desk.page.locator(".fn-pane-body").evaluate("body => body.scrollTop") > 300


def test_a_quoted_table_row_is_marked_in_its_table(desk):
    desk.ask("How widely is DrAid used in Vietnam?")
    answer = desk.page.locator(".fn-answer").last
    expect(answer.locator(".fn-columns")).to_have_text("Columns Country · Market · Main strength")
    answer.locator("a.fn-cite").first.click()
    desk.page.get_by_role("button", name="Text", exact=True).click()
    marks = desk.page.locator("#fn-pane table mark")
    expect(marks).to_have_text(["Vietnam", "not reported", "DrAid in more than 100 hospitals"])
    expect(desk.page.locator("#fn-pane th")).to_have_text(["Country", "Market", "Main strength"])
    link = desk.page.get_by_role("link", name="Open the PDF")
    expect(link).to_have_attribute("href", re.compile(r"^/api/original/[0-9a-f]{12}#page=1$"))


def share(box: dict[str, float], sheet: dict[str, float]) -> list[float]:
    """Where a box stands on a sheet, in points of A4."""
    across, down = 595 / sheet["width"], 842 / sheet["height"]
    return [
        (box["x"] - sheet["x"]) * across, (box["y"] - sheet["y"]) * down,
        box["width"] * across, box["height"] * down,
    ]  # fmt: skip


def test_a_pdf_opens_at_the_page_with_the_quote_marked(desk):
    page = desk.page
    desk.ask("How widely is DrAid used in Vietnam?")
    page.locator(".fn-answer").last.locator("a.fn-cite").first.click()
    mark, sheet = page.locator(".fn-box"), page.locator(".fn-sheet")
    expect(page.locator(".fn-sheet img[src]")).to_be_visible()
    expect(mark).to_be_in_viewport(ratio=1)
    article_id = page.locator(".fn-answer a.fn-cite").first.get_attribute("href").split("-")[1]
    held = desk.backend.article(article_id).article
    start = held.text.index("DrAid")
    ((number, left, top, right, bottom),) = desk.backend.boxes(article_id, start, start + 1)
    found = share(mark.bounding_box(), sheet.bounding_box())
    assert found == pytest.approx([left, top, right - left, bottom - top], abs=1)
    expect(page.locator(".fn-page-number")).to_have_value(str(int(number)))
    expect(page.locator(".fn-page-frame")).to_have_attribute("aria-label", f"Page {int(number)} of 2")
    expect(page.locator(".fn-page-frame .fn-unseen")).to_have_text(
        "Quoted on this page: Vietnam | not reported | DrAid in more than 100 hospitals"
    )
    expect(page.locator("#fn-status")).to_contain_text("DrAid in more than 100 hospitals")


def test_pages_are_turned_jumped_to_and_enlarged(desk):
    page = desk.page
    desk.ask("How widely is DrAid used in Vietnam?")
    page.locator(".fn-answer").last.locator("a.fn-cite").first.click()
    number, frame = page.locator(".fn-page-number"), page.locator(".fn-page-frame")
    expect(page.locator(".fn-box")).to_have_count(1)
    first = number.input_value()
    other = {"1": "2", "2": "1"}[first]
    turn = "Next page" if other == "2" else "Previous page"
    page.get_by_role("button", name=turn).click()
    expect(number).to_have_value(other)
    expect(page.locator(".fn-box")).to_have_count(0)
    expect(page.get_by_role("button", name=turn)).to_be_disabled()
    expect(frame).to_be_focused()
    page.get_by_role("button", name=f"Back to the quote on page {first}").click()
    expect(page.locator(".fn-box")).to_be_in_viewport(ratio=1)
    frame.press("ArrowRight" if other == "2" else "ArrowLeft")
    expect(number).to_have_value(other)
    number.fill(first)
    number.press("Enter")
    expect(page.locator(".fn-box")).to_have_count(1)
    number.fill("99")
    number.press("Enter")
    expect(number).to_have_value(first)

    width = page.locator(".fn-sheet").bounding_box()["width"]
    desk.backend.drawn.clear()
    for _ in range(4):
        page.get_by_role("button", name="Zoom in").click()
    expect(page.get_by_role("button", name="Zoom in")).to_be_disabled()
    assert page.locator(".fn-sheet").bounding_box()["width"] == pytest.approx(3 * width, abs=2)
    expect(page.locator(".fn-sheet img")).to_have_attribute("data-scale", "3")
    assert max(scale for _, _, scale in desk.backend.drawn) == 3.0
    assert fits(page)
    page.get_by_role("button", name="Fit the width").click()
    assert page.locator(".fn-sheet").bounding_box()["width"] == pytest.approx(width, abs=2)


def test_a_quote_over_the_end_of_a_page_is_marked_on_both(desk, monkeypatch):
    page = desk.page
    boxes = [(1.0, 72.0, 700.0, 520.0, 714.0), (2.0, 72.0, 80.0, 300.0, 94.0)]
    monkeypatch.setattr(desk.backend, "boxes", lambda *_: boxes)
    desk.ask("How widely is DrAid used in Vietnam?")
    page.locator(".fn-answer").last.locator("a.fn-cite").first.click()
    number = page.locator(".fn-page-number")
    expect(page.locator(".fn-box")).to_have_count(1)
    expect(number).to_have_value("1")
    page.get_by_role("button", name="The quote goes on on page 2").click()
    expect(number).to_have_value("2")
    expect(page.locator(".fn-box")).to_have_count(1)
    expect(page.locator(".fn-box")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="The quote begins on page 1")).to_be_visible()


def test_a_page_that_cannot_be_drawn_gives_way_to_the_text(desk):
    desk.ask("How widely is DrAid used in Vietnam?")
    chip = desk.page.locator(".fn-answer").last.locator("a.fn-cite").first
    desk.backend.broken.add(chip.get_attribute("href").split("-")[1])
    chip.click()
    expect(desk.page.locator(".fn-pane-body [role='alert']")).to_contain_text(
        re.compile("^The page cannot be shown, so here is its text. .*cannot be drawn; fetch or save it again$")
    )
    expect(desk.page.locator("#fn-pane table mark").first).to_be_in_viewport()
    desk.backend.broken.clear()
    desk.page.get_by_role("button", name="Page", exact=True).click()
    expect(desk.page.locator(".fn-box")).to_be_in_viewport(ratio=1)


def test_whoever_prefers_text_keeps_it(desk):
    page = desk.page
    desk.ask("How widely is DrAid used in Vietnam?")
    chip = page.locator(".fn-answer").last.locator("a.fn-cite").first
    chip.click()
    page.get_by_role("button", name="Text", exact=True).click()
    expect(page.locator(".fn-page-view")).to_be_hidden()
    page.keyboard.press("Escape")
    chip.click()
    expect(page.locator("#fn-pane table mark").first).to_be_in_viewport()
    page.get_by_role("button", name="Page", exact=True).click()
    expect(page.locator(".fn-box")).to_be_in_viewport(ratio=1)


def test_a_real_pdf_is_drawn_and_marked(browser, tmp_path):
    path = Path(__file__).resolve().parent.parent / "corpus" / "medical-imaging.pdf"
    with Library(tmp_path / "library", LetterEmbedder()) as library:
        library.add([Source(path.name, path)])
        (summary,) = library.articles()
        words = library.article(summary.article_id).article.text
        start = words.index(". ", len(words) // 2) + 2
        end = words.index(". ", start) + 1
        boxes = library.boxes(summary.article_id, start, end)
        with closing(LibraryBackend(library, Declining(), fetch)) as backend, serving(backend) as address:
            context = browser.new_context(viewport=DESK, device_scale_factor=2)
            seen = visit(context, (address, FakeBackend()))
            page = seen.page
            href = f"#cite-{summary.article_id}-{start}-{end}"
            page.evaluate(
                "href => Object.assign(document.body.appendChild(document.createElement('a')), {href}).click()", href
            )
            expect(page.locator(".fn-sheet img[src]")).to_be_visible()
            expect(page.locator(".fn-page-number")).to_have_value(str(int(boxes[0][0])))
            extent = backend.page_extent(summary.article_id, int(boxes[0][0]))
            width, height = page.locator(".fn-sheet img").evaluate("image => [image.naturalWidth, image.naturalHeight]")
            assert width / height == pytest.approx(extent.width / extent.height, abs=0.01)
            sheet = page.locator(".fn-sheet").bounding_box()
            assert sheet is not None
            assert width >= 1.9 * sheet["width"]  # sharp on a screen with two dots a pixel
            shown = [box for box in boxes if box[0] == boxes[0][0]]
            expect(page.locator(".fn-box")).to_have_count(len(shown))
            scale = sheet["width"] / extent.width
            for mark, (_, left, top, right, bottom) in zip(page.locator(".fn-box").all(), shown, strict=True):
                found = mark.bounding_box()
                assert found is not None
                assert [
                    found["x"] - sheet["x"],
                    found["y"] - sheet["y"],
                    found["width"],
                    found["height"],
                ] == pytest.approx([scale * left, scale * top, scale * (right - left), scale * (bottom - top)], abs=0.5)
            context.close()
            assert seen.problems == []


def test_disagreeing_sources_stand_side_by_side(desk):
    desk.ask("How large will the Chinese market be in 2028?")
    expect(desk.page.locator(".fn-side .fn-value")).to_have_text(["US$16.02 billion", "US$7.33 billion"])
    left, right = (side.bounding_box() for side in desk.page.locator(".fn-side").all())
    assert left["y"] == right["y"]
    assert left["x"] + left["width"] <= right["x"]
    desk.page.get_by_role("link", name="US$7.33 billion").click()
    expect(desk.page.locator("#fn-pane mark")).to_contain_text("at US$7.33 billion in 2028")
    expect(desk.page.locator("#fn-pane mark")).to_be_in_viewport()


def test_disagreeing_sources_stack_on_a_phone(phone):
    phone.ask("How large will the Chinese market be in 2028?")
    upper, lower = (side.bounding_box() for side in phone.page.locator(".fn-side").all())
    assert upper["x"] == lower["x"]
    assert upper["y"] + upper["height"] <= lower["y"]


def test_confidence_explains_itself(desk):
    desk.ask(FIRST_QUESTION)
    sign = desk.page.locator(".fn-confidence")
    expect(sign.locator("summary")).to_have_text("Very likely right, 93\xa0%")
    expect(sign.locator("p")).to_be_hidden()
    sign.locator("summary").press("Enter")
    expect(sign.locator("p")).to_contain_text("about 93 in 100")


COMPARISON = "Compare the market of China, Vietnam and Japan"


def test_each_cell_of_a_comparison_opens_its_quote(desk):
    page = desk.page
    desk.ask(COMPARISON)
    rows = page.locator(".fn-compared tbody tr")
    expect(rows.locator("th")).to_have_text(["China", "Vietnam", "Japan"])
    expect(rows.locator("td")).to_have_text(["US$1.59 billion 1", "more than 100 hospitals 2", "not in your library"])
    expect(page.locator(".fn-lacking")).to_have_text("Japan · market: No passage in your library speaks of Japan.")
    page.get_by_role("row", name="Vietnam").get_by_role("link").first.click()
    page.get_by_role("button", name="Text", exact=True).click()
    expect(page.locator("#fn-pane mark")).to_have_text(["Vietnam", "not reported", "DrAid in more than 100 hospitals"])
    page.keyboard.press("Escape")
    expect(page.get_by_role("row", name="Vietnam").get_by_role("link").first).to_be_focused()
    page.reload()
    expect(rows.locator("td")).to_have_text(["US$1.59 billion 1", "more than 100 hospitals 2", "not in your library"])


def test_a_declined_answer_offers_the_closest_passages(desk):
    desk.ask("Who won the 1998 World Cup?")
    expect(desk.page.locator(".fn-none")).to_have_text("No passage in your library speaks of this.")
    desk.page.locator(".fn-near a.fn-cite").first.click()
    expect(desk.page.locator("#fn-pane :is(mark, .fn-box)").first).to_be_in_viewport()
    desk.page.keyboard.press("Escape")
    desk.page.get_by_role("button", name="Add articles").click()
    expect(desk.page.get_by_role("tab", name="Library")).to_be_focused()
    expect(desk.page.locator("#fn-url")).to_be_visible()


def test_hostile_articles_and_questions_stay_text(desk):
    desk.ask("<img src=x onerror=window.pwned=3> **zebra** [revenue](javascript:alert(1)) $x$")
    question = desk.page.locator(".fn-question").last
    assert question.text_content() == "<img src=x onerror=window.pwned=3> **zebra** [revenue](javascript:alert(1)) $x$"
    answer = desk.page.locator(".fn-answer").last
    assert '**US$5** million <img src=x onerror="window.pwned=1">' in answer.locator(".fn-words").first.text_content()
    assert desk.page.locator("#fn-chat img, #fn-chat script, #fn-chat a[href^='javascript']").count() == 0
    answer.locator("a.fn-cite").first.click()
    expect(desk.page.locator("#fn-pane mark")).to_be_in_viewport()
    assert desk.page.locator("#fn-pane img, #fn-pane script").count() == 0
    desk.page.keyboard.press("Escape")
    desk.tab("Library")
    expect(desk.page.get_by_role("button", name="Quarterly note <img")).to_be_visible()
    assert desk.page.locator("#fn-library img").count() == 0
    assert desk.page.evaluate("window.pwned") is None


def test_the_conversation_survives_a_reload_and_gives_context_to_the_next_question(desk):
    desk.ask(FIRST_QUESTION)
    desk.ask("And Vietnam DrAid?")
    assert desk.backend.asked[-1][:2] == ("And Vietnam DrAid?", (FIRST_QUESTION,))
    desk.page.reload()
    expect(desk.page.locator(".fn-question")).to_have_text([FIRST_QUESTION, "And Vietnam DrAid?"])
    expect(desk.page.locator(".fn-read")).to_have_text(f"{FIRST_QUESTION} And Vietnam DrAid?")
    desk.page.locator(".fn-answer a.fn-cite").first.click()
    expect(desk.page.locator("#fn-pane mark")).to_be_in_viewport()
    desk.page.keyboard.press("Escape")
    desk.page.get_by_role("button", name="New conversation").click()
    expect(desk.page.locator(".fn-question")).to_have_count(0)
    expect(desk.page.get_by_role("button", name=FIRST_QUESTION)).to_be_visible()
    desk.page.reload()
    expect(desk.page.get_by_role("button", name=FIRST_QUESTION)).to_be_visible()
    expect(desk.page.locator(".fn-question")).to_have_count(0)


def test_a_completed_question_is_asked_as_written_with_a_click_and_completed_again(desk):
    page = desk.page
    desk.ask(FIRST_QUESTION)
    desk.ask("And Vietnam DrAid?")
    desk.ask("How large will the Chinese market be in 2028?")
    expect(page.locator(".fn-understood ins")).to_have_text(FIRST_QUESTION.removesuffix("?"))
    page.get_by_role("button", name="Ask exactly as written").click()
    back = page.get_by_role("button", name="Complete it from the conversation")
    expect(back).to_be_focused()
    assert desk.backend.asked[-1][:2] == ("And Vietnam DrAid?", ())
    expect(page.locator(".fn-understood")).to_contain_text("Asked exactly as written.")
    expect(page.locator(".fn-question")).to_have_count(3)
    expect(page.locator(".fn-answer")).to_have_count(3)

    desk.ask("And hospitals?")
    assert desk.backend.asked[-1][1] == ("And Vietnam DrAid?", "How large will the Chinese market be in 2028?")
    page.reload()
    expect(back).to_be_visible()
    back.press("Enter")
    undo = page.get_by_role("button", name="Ask exactly as written").first
    expect(undo).to_be_focused()
    assert desk.backend.asked[-1][:2] == ("And Vietnam DrAid?", (FIRST_QUESTION,))
    expect(page.locator(".fn-answer")).to_have_count(4)


def test_a_question_that_filters_kept_from_an_answer_is_put_to_the_whole_library(desk):
    page = desk.page
    page.get_by_role("button", name="Filters").click()
    page.get_by_label("Published from").fill("2025-01-31")
    page.locator("#fn-filter-company input").click()
    page.get_by_role("option", name="Delta Advisers").click()
    page.keyboard.press("Tab")
    desk.ask("What drives ageing population growth?")
    page.get_by_role("button", name="Ask the whole library").click()
    expect(page.locator(".fn-answer .fn-words").first).to_contain_text("An ageing population")
    expect(page.locator(".fn-scope")).to_have_count(0)
    assert desk.backend.asked[-1][2] == Filters()


def test_an_example_is_asked_with_a_click(desk):
    desk.page.get_by_role("button", name=FIRST_QUESTION).click()
    expect(desk.page.locator(".fn-answer .fn-lead")).to_have_text("US$1.59 billion")
    expect(desk.page.get_by_role("button", name=FIRST_QUESTION)).to_be_hidden()


def test_an_answer_is_copied_with_its_citation(browser, server):
    context = browser.new_context(viewport=DESK, permissions=["clipboard-read", "clipboard-write"])
    seen = visit(context, server)
    seen.ask(FIRST_QUESTION)
    seen.page.get_by_role("button", name="Copy with citation").click()
    expect(seen.page.get_by_role("button", name="Copied")).to_be_visible()
    copied = seen.page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(
        "US$1.59 billion\n\n“In 2023 the market for artificial intelligence in Chinese healthcare was worth about "
        "US$1.59 billion.”\n— How large is China’s AI healthcare market?, 1 July 2025\n"
    )
    seen.ask(COMPARISON)
    page = seen.page.locator(".fn-answer").last
    page.get_by_role("button", name="Copy with citation").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = seen.page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(
        "\tmarket\nChina\tUS$1.59 billion\nVietnam\tmore than 100 hospitals\nJapan\tnot in your library\n\n"
        "China · market\n“China | US$1.59 billion in 2023 | Imaging and central records”\n— AI in healthcare: "
    )
    context.close()
    assert seen.problems == []


def test_the_trace_says_how_an_answer_was_found(desk):
    desk.ask(FIRST_QUESTION)
    trace = desk.page.locator(".fn-trace")
    trace.locator("summary").click()
    expect(trace.locator(".fn-times").first).to_have_text(
        "question 4.2 ms, search 6.9 ms, reading 21.0 ms, in all 32.1 ms"
    )
    cells = trace.locator("tbody tr").first.locator("td").all_text_contents()
    assert [cells[0], *cells[2:]] == ["1", "1", "2", "–", "3.000"]
    assert trace.locator("tbody tr").count() == 6


def test_filters_narrow_the_question_and_are_named(desk):
    desk.page.get_by_role("button", name="Filters").click()
    company = desk.page.locator("#fn-filter-company input")
    company.click()
    desk.page.get_by_role("option", name="Delta Advisers").click()
    desk.page.keyboard.press("Tab")
    desk.page.locator("#fn-filter-kind input").click()
    desk.page.get_by_role("option", name="report", exact=True).click()
    desk.page.keyboard.press("Tab")
    desk.page.get_by_label("Published from").fill("2025-01-31")
    desk.ask("What share of the market is imaging?")
    filters = desk.backend.asked[-1][2]
    assert (filters.companies, filters.kinds) == (("Delta Advisers",), ("report",))
    assert filters.since.isoformat() == "2025-01-31"
    expect(desk.page.locator(".fn-scope")).to_have_text("Asked only of: Delta Advisers, report, from 31 January 2025")


def test_the_address_fills_the_question_and_chooses_the_tab(browser, server):
    context = browser.new_context(viewport=DESK)
    seen = visit(context, server, "/?q=What%20about%20%3Cb%3E%3F")
    expect(seen.page.locator("#fn-question textarea")).to_have_value("What about <b>?")
    other = visit(context, server, "/?tab=library")
    expect(other.page.locator("#fn-search")).to_be_visible()
    context.close()
    assert seen.problems + other.problems == []


def test_the_cells_of_the_library_stand_in_rows(desk):
    desk.tab("Library")
    row = desk.page.locator(".fn-table tbody tr").first
    row.wait_for()
    ends = row.locator("td").evaluate_all(
        "cells => cells.map((cell) => Math.round(cell.getBoundingClientRect().bottom))"
    )
    assert len(ends) > 5
    assert len(set(ends)) == 1


def test_slash_goes_to_the_question(desk):
    desk.page.locator("body").click()
    desk.page.keyboard.press("/")
    expect(desk.page.locator("#fn-question textarea")).to_be_focused()
    desk.page.keyboard.type("a/b")
    expect(desk.page.locator("#fn-question textarea")).to_have_value("a/b")


def test_pages_of_a_feed_are_chosen_and_added(desk):
    page = desk.page
    desk.tab("Library")
    page.locator("#fn-url").fill("https://news.example/feed")
    page.get_by_role("button", name="Fetch").click()
    dialog = page.get_by_role("dialog", name="Example news")
    expect(dialog).to_contain_text("3 pages to choose from")
    expect(dialog).to_contain_text("in your library")
    dialog.get_by_label("Search these pages").fill("rose")
    expect(dialog.get_by_role("checkbox")).to_have_count(2)
    dialog.get_by_label("Search these pages").fill("")
    dialog.get_by_label("All of these").check()
    dialog.get_by_label("Two fell").uncheck()
    dialog.get_by_role("button", name="Add 1 page").click()
    expect(page.locator("#fn-jobs")).to_contain_text("https://news.example/one")
    expect(page.locator("#fn-articles")).to_contain_text("https://news.example/one")
    expect(page.locator("#fn-articles")).not_to_contain_text("https://news.example/two")
    page.get_by_role("button", name="Choose pages").click()  # the list can be opened again
    page.get_by_role("dialog", name="Example news").get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_facts_are_seen_corrected_and_given_back_by_keyboard(desk):
    page = desk.page
    desk.tab("Library")
    facts = page.get_by_role("button", name="Facts", exact=True)
    expect(facts).to_be_disabled()
    page.locator("#fn-articles tr", has_text="Delta Advisers").get_by_role("checkbox").check()
    facts.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Title", exact=True)).to_be_focused()
    dialog.get_by_label("Published", exact=True).fill("3/4/2025")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_have_text("published: 3/4/2025 is not a date; write it as 2025-07-01")
    expect(dialog.get_by_label("Published", exact=True)).to_be_focused()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("2025-03-04")
    dialog.get_by_label("Company", exact=True).fill("Delta Research")
    dialog.get_by_label("Name of another fact").fill("Sector")
    dialog.get_by_label("What it is").fill("health")
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expect(page.locator("#fn-articles")).to_contain_text("Delta Research")
    expect(page.locator("#fn-articles")).to_contain_text("2025-03-04")
    facts.click()
    expect(dialog.locator("#fn-fact-company-origin")).to_have_text("Corrected; found was Delta Advisers")
    expect(dialog.get_by_label("Sector", exact=True)).to_have_value("health")
    for name in ("Company", "Published", "Sector"):
        dialog.get_by_role("button", name=f"Undo the correction of {name}", exact=True).click()
        expect(dialog.get_by_role("button", name=f"Undo the correction of {name}", exact=True)).to_have_count(0)
    expect(dialog.get_by_label("Company", exact=True)).to_have_value("Delta Advisers")
    page.keyboard.press("Escape")
    expect(page.locator("#fn-articles")).to_contain_text("Delta Advisers")
    page.locator("#fn-articles tr", has_text="Delta Advisers").get_by_role("checkbox").uncheck()

    page.locator("#fn-articles .fn-open", has_text="APAC comparison").click()
    page.get_by_role("button", name="Facts, and where they were found").click()
    dialog.get_by_label("Title", exact=True).fill("APAC, compared")
    dialog.get_by_role("button", name="Save").click()
    expect(page.locator("#fn-pane h2").first).to_have_text("APAC, compared")
    expect(page.locator("#fn-articles")).to_contain_text("APAC, compared")
    page.get_by_role("button", name="Facts, and where they were found").click()
    dialog.get_by_role("button", name="Undo the correction of Title").click()
    page.keyboard.press("Escape")
    expect(page.locator("#fn-pane h2").first).to_have_text("AI in healthcare: the APAC comparison")


def test_texts_and_files_are_added_found_and_removed(desk, tmp_path):
    page = desk.page
    desk.tab("Library")
    page.get_by_text("Paste a text").click()
    page.get_by_label("Title", exact=True).fill("Walrus note")
    page.get_by_label("Text", exact=True).fill("Walrus deliveries rose to 312 units in May.")
    page.get_by_label("Date (optional)").fill("2025-05-31")
    page.get_by_role("button", name="Add text").click()
    expect(page.locator(".fn-job", has_text="Walrus note").locator(".fn-state")).to_have_text("Added")

    good, bad = tmp_path / "Größe & Menge.txt", tmp_path / "leer.txt"
    good.write_text("Narwhal deliveries fell to 7 units.", encoding="utf-8")
    bad.write_text(" ", encoding="utf-8")
    page.locator("#fn-files").set_input_files([good, bad])
    expect(page.locator(".fn-job", has_text="Größe & Menge.txt").locator(".fn-state")).to_have_text("Added")
    failed = page.locator(".fn-job", has_text="leer.txt")
    expect(failed.locator(".fn-state")).to_have_text("Failed")
    expect(failed.locator(".fn-detail")).to_have_text("holds no text; save it again with its text")

    page.get_by_label("Search the library").fill("größe")
    expect(page.locator("#fn-count")).to_contain_text("1 of ")
    page.get_by_role("button", name="Größe & Menge", exact=True).click()
    expect(page.locator("#fn-pane")).to_contain_text("Narwhal deliveries fell to 7 units.")
    page.keyboard.press("Escape")

    desk.tab("Ask")
    desk.ask("How many walrus deliveries in May?")
    expect(page.locator(".fn-answer .fn-words").first).to_have_text("Walrus deliveries rose to 312 units in May.")

    desk.tab("Library")
    page.get_by_label("Select Größe & Menge").check()
    page.get_by_label("Search the library").fill("")
    page.get_by_label("Select Walrus note").check()
    page.get_by_role("button", name="Remove 2").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Remove 2 articles?")
    dialog.get_by_role("button", name="Cancel").click()
    assert page.get_by_role("button", name="Walrus note", exact=True).is_visible()
    page.get_by_role("button", name="Remove 2").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove 2 articles").click()
    expect(page.get_by_role("button", name="Walrus note", exact=True)).to_have_count(0)
    assert not [each for each in desk.backend.articles() if "Walrus" in each.title or "Menge" in each.title]

    desk.tab("Ask")
    page.reload()
    expect(page.locator(".fn-stale").first).to_have_text("This source was changed or removed after this answer.")


def run_evaluation(page: Page) -> None:
    # What an earlier test has evaluated is shown first, and would be read or clicked instead.
    page.wait_for_timeout(500)  # the tab asks for it as it opens
    page.locator("#fn-results").evaluate("results => results.replaceChildren()")
    page.locator("#fn-run").click()


def test_an_evaluation_runs_and_shows_why(desk, tmp_path):
    page = desk.page
    desk.tab("Evaluate")
    own = tmp_path / "mine.jsonl"
    own.write_text('{"question": "q", "answers": []}\n', encoding="utf-8")
    page.locator("#fn-set-file").set_input_files(own)
    expect(page.locator("#fn-set option:checked")).to_have_text("mine.jsonl (1)")
    page.locator("#fn-set").select_option("corpus")
    page.get_by_label("Words BM25 alone").check()
    run_evaluation(page)
    expect(page.locator("#fn-results h2")).to_have_text("Questions of the corpus")
    expect(page.locator(".fn-questions thead th")).to_have_text(["Question", "Kind", "Fused", "Words"])
    plots = page.locator(".fn-plot img:visible")
    named = [str(plot.get_attribute("alt")) for plot in plots.all()]
    begins = ("Recall by number of passages looked at. fused: ", "Share of right answers", "Share of wrong answers")
    assert [name.startswith(begin) for name, begin in zip(named, begins, strict=True)] == [True] * 3
    assert all(plot.evaluate("image => image.complete && image.naturalWidth > 0") for plot in plots.all())
    row = page.get_by_role("button", name=FIRST_QUESTION).last
    row.click()
    why = page.locator(".fn-why")
    expect(why.locator(".fn-why-head blockquote").first).to_have_text("was worth about US$1.59 billion")
    expect(why.locator(".fn-evidence").first).to_contain_text("evidence")
    why.locator(".fn-found a").first.click()
    expect(page.locator("#fn-pane mark")).to_be_in_viewport()
    page.keyboard.press("Escape")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").click()
    assert download.value.suggested_filename == "questions.csv"


def fill_grid(visit: Visit, *questions: str) -> None:
    visit.tab("Grid")
    visit.page.locator("#fn-grid-articles input").first.wait_for()
    visit.page.get_by_label("Questions, one a line").fill("\n".join(questions))
    visit.page.locator("#fn-grid-all").check()
    visit.page.locator("#fn-grid-run").click()
    expect(visit.page.locator(".fn-grid tbody th")).to_have_text([each.strip() for each in questions])
    expect(visit.page.locator(".fn-downloads a", has_text="Excel")).to_be_visible()


def test_a_grid_is_filled_and_its_quotes_open_their_articles(desk, tmp_path):
    page = desk.page
    desk.tab("Grid")
    run = page.locator("#fn-grid-run")
    expect(page.locator("#fn-grid-articles input")).to_have_count(len(desk.backend.articles()))
    expect(run).to_be_disabled()
    page.get_by_label("Search the articles").fill("apac comparison")
    expect(page.locator("#fn-grid-articles input")).to_have_count(1)
    page.get_by_label("All 1 of these").check()
    page.get_by_label("Search the articles").fill("")
    page.get_by_label("How large is China’s AI healthcare market?").check()
    expect(page.locator("#fn-grid-all")).not_to_be_checked()
    file = tmp_path / "questions.txt"
    file.write_text(
        "\ufeffHow large will the Chinese market be in 2028?\r\nHow widely is DrAid used in Vietnam?\r\n", "utf-8"
    )
    page.locator("#fn-grid-file").set_input_files(file)
    expect(run).to_have_text("Put 2 questions to 2 articles")
    run.click()
    expect(page.locator(".fn-grid tbody th")).to_have_text(
        ["How large will the Chinese market be in 2028?", "How widely is DrAid used in Vietnam?"]
    )
    expect(page.locator("#fn-grid-head p").first).to_have_text("3 quoted, 1 blank")
    expect(page.locator("#fn-cell-0-0 mark")).to_have_text("US$7.33 billion")
    expect(page.locator("#fn-cell-0-1 mark")).to_have_text("US$16.02 billion")
    expect(page.locator("#fn-cell-1-0")).to_have_text("This article does not mention DrAid or Vietnam.")
    page.locator("#fn-cell-0-0 a").press("Enter")
    expect(page.locator("#fn-pane mark")).to_be_in_viewport(ratio=1)
    words = page.locator("#fn-cell-0-0 .fn-grid-quote span").first.text_content()
    assert page.locator("#fn-pane mark").text_content() == words
    page.keyboard.press("Escape")
    expect(page.locator("#fn-cell-0-0 a")).to_be_focused()
    for name in ("Excel", "CSV"):
        with page.expect_download() as download:
            page.locator(".fn-downloads a", has_text=name).click()
        saved = tmp_path / download.value.suggested_filename
        download.value.save_as(saved)
        counts, problems = check_export(saved, desk.backend.article)
        assert (counts["quotes"], problems) == (3, [])


def test_a_grid_is_there_again_after_a_reload_and_hostile_titles_stay_text(desk):
    fill_grid(desk, "What was Zebra revenue?")
    desk.page.reload()
    desk.tab("Grid")
    cell = desk.page.locator(".fn-grid td", has_text="US$5")
    expect(cell).to_contain_text('**US$5** million <img src=x onerror="window.pwned=1">')
    assert desk.page.evaluate("window.pwned") is None


def test_titles_and_questions_of_a_grid_stay_in_view(desk):
    questions = [f"How large will the Chinese market be in 2028? {'Really? ' * number}" for number in range(14)]
    fill_grid(desk, *questions)
    frame = desk.page.locator(".fn-grid-frame")
    frame.evaluate("frame => frame.scrollTo(frame.scrollWidth, frame.scrollHeight)")
    assert frame.evaluate("frame => frame.scrollTop > 100 && frame.scrollLeft > 100")
    box = frame.bounding_box()
    corner = desk.page.locator(".fn-grid thead th").first.bounding_box()
    last = desk.page.locator(".fn-grid tbody th").last.bounding_box()
    assert (corner["x"], corner["y"]) == pytest.approx((box["x"] + 1, box["y"] + 1), abs=1)
    assert last["x"] == pytest.approx(box["x"] + 1, abs=1)


def test_a_grid_that_fails_says_why(desk, tmp_path):
    page = desk.page
    desk.tab("Grid")
    page.locator("#fn-grid-articles input").first.check()
    page.get_by_label("Questions, one a line").fill("???")
    page.locator("#fn-grid-run").click()
    expect(page.locator("#fn-grid-problem")).to_have_text("The questions: holds no questions; write one a line")
    binary = tmp_path / "scan.txt"
    binary.write_bytes(b"%PDF \x81\x8d\x00")
    page.locator("#fn-grid-file").set_input_files(binary)
    expect(page.locator("#fn-grid-problem")).to_contain_text("scan.txt: is no text in UTF-8")
    expect(page.get_by_label("Questions, one a line")).to_have_value("???")


def test_answers_and_conversations_are_saved(desk, tmp_path):
    page = desk.page
    desk.ask(FIRST_QUESTION)
    desk.ask("How widely is DrAid used in Vietnam?")
    first = page.locator(".fn-answer").first
    first.locator(".fn-save summary").click()
    for name, suffix in (("Markdown", "md"), ("CSV", "csv"), ("JSON", "json")):
        for what, count in (("This answer", 2), ("Whole conversation", 4)):
            with page.expect_download() as download:
                first.get_by_role("button", name=f"{what} as {name}").click()
            assert download.value.suggested_filename == f"footnote-{what.split()[-1]}.{suffix}"
            saved = tmp_path / f"{what}.{suffix}"
            download.value.save_as(saved)
            text = saved.read_text("utf-8")
            assert "What was the market worth in 2023?" in text
            assert ("DrAid" in text) == (what != "This answer") or suffix == "json"
            counts, problems = check_export(saved, desk.backend.article)
            assert problems == []
            assert counts["quotes"] >= count


def test_an_answer_is_not_saved_while_another_is_being_made(desk, monkeypatch):
    page, ask, go_on = desk.page, desk.backend.ask, threading.Event()
    desk.ask(FIRST_QUESTION)
    monkeypatch.setattr(desk.backend, "ask", lambda *given, **named: go_on.wait(60) and ask(*given, **named))
    first = page.locator(".fn-answer").first
    save = first.get_by_role("button", name="This answer as CSV")
    try:
        page.locator("#fn-question textarea").fill("How widely is DrAid used in Vietnam?")
        page.keyboard.press("Enter")
        page.locator(".fn-pending").wait_for()
        first.locator(".fn-save summary").click()
        save.click()
        expect(first.locator(".fn-save .fn-problem")).to_have_text(
            "Another answer is being made; save once it is there."
        )
    finally:
        go_on.set()
    expect(page.locator(".fn-answer")).to_have_count(2)
    with page.expect_download() as download:
        save.click()
    saved = download.value.path().read_text("utf-8")
    assert FIRST_QUESTION in saved
    assert "DrAid" not in saved


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.scrollingElement.scrollWidth <= window.innerWidth"))


def test_nothing_scrolls_sideways_on_a_phone(phone):
    page = phone.page
    wide = "Compare " + "China, South Korea and Vietnam " * 2
    second = "How large will the Chinese market be in 2028?"
    for question in (FIRST_QUESTION, second, "And it?", wide, "zebra revenue " + "x" * 200):
        phone.ask(question)
        assert fits(page), question
    page.locator(".fn-trace summary").first.click()
    page.get_by_role("button", name="Filters").click()
    assert fits(page)
    page.locator("a.fn-cite").first.click()
    pane = page.locator("#fn-pane")
    expect(pane.locator("mark")).to_be_in_viewport()
    assert pane.bounding_box()["width"] == 390
    assert fits(page)
    page.get_by_role("button", name="Close").click()
    expect(pane).to_be_hidden()
    phone.ask("How widely is DrAid used in Vietnam?")
    page.locator(".fn-answer").last.locator("a.fn-cite").first.click()
    expect(page.locator(".fn-box")).to_be_in_viewport(ratio=1)
    assert fits(page)
    page.get_by_role("button", name="Zoom in").click()
    expect(page.locator(".fn-box")).to_be_in_viewport()
    assert fits(page)
    page.get_by_role("button", name="Close").click()
    page.locator(".fn-save summary").first.click()
    assert fits(page)
    fill_grid(phone, "How large will the Chinese market be in 2028?", "x" * 200)
    assert fits(page)
    phone.tab("Library")
    page.locator(".fn-cards").wait_for()
    assert fits(page)
    phone.tab("Evaluate")
    page.locator("#fn-set option").first.wait_for(state="attached")
    page.get_by_label("Words BM25 alone").check()
    run_evaluation(page)
    page.locator(".fn-questions .fn-open").first.click()
    page.locator(".fn-why h4").first.wait_for()
    assert fits(page)


def violations(page: Page) -> list[str]:
    page.wait_for_timeout(400)  # colours that fade in would be measured half-way
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {node['html'][:200]}" for each in found for node in each["nodes"]]


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser, server, scheme, size):
    context = browser.new_context(viewport=size, color_scheme=scheme, reduced_motion="reduce")
    seen = visit(context, server)
    page = seen.page
    assert violations(page) == []
    for question in (
        "How large will the Chinese market be in 2028?",
        COMPARISON,
        "How widely is DrAid used in Vietnam?",
        "And hospitals?",
        "World Cup?",
    ):
        seen.ask(question)
    page.locator(".fn-confidence summary").first.click()
    page.locator(".fn-trace summary").first.click()
    page.get_by_role("button", name="Filters").click()
    page.locator(".fn-answer", has_text="DrAid").locator("a.fn-cite").first.click()
    page.locator(".fn-sheet img[src]").wait_for()
    assert violations(page) == []
    page.get_by_role("button", name="Text", exact=True).click()
    page.locator("#fn-pane mark").first.wait_for()
    assert violations(page) == []
    page.get_by_role("button", name="Close").click()

    page.locator(".fn-save summary").first.click()
    assert violations(page) == []
    fill_grid(seen, "How large will the Chinese market be in 2028?", "World Cup?")
    assert violations(page) == []

    seen.tab("Library")
    page.locator("#fn-url").fill("https://nowhere.example/x")
    page.get_by_role("button", name="Fetch").click()
    page.locator(".fn-is-failed").first.wait_for()
    page.get_by_text("Paste a text").click()
    page.locator(".fn-cards input").first.check()
    assert violations(page) == []
    page.get_by_role("button", name="Facts", exact=True).click()
    page.locator("#fn-fact-company").wait_for()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Remove 1").click()
    assert violations(page) == []
    page.keyboard.press("Escape")
    page.locator("#fn-url").fill("https://news.example/feed")
    page.get_by_role("button", name="Fetch").click()
    page.locator(".fn-choices label").first.wait_for()
    assert violations(page) == []
    page.keyboard.press("Escape")

    seen.tab("Evaluate")
    page.locator("#fn-set option").first.wait_for(state="attached")
    page.get_by_label("Words BM25 alone").check()
    run_evaluation(page)
    page.locator(".fn-questions .fn-open").nth(1).click()
    page.locator(".fn-why h4").first.wait_for()
    assert violations(page) == []
    context.close()
    assert seen.problems == []
