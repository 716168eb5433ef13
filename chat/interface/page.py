"""The page in Gradio: four tabs, the conversation, and its filters.

Knows the Backend and rendering. Grid, Library and Evaluate are empty containers here, filled by `assets/*.js` from JSON
endpoints: Gradio's own table and upload need inline script or whole files in memory, lose a file's real name, and
strip the labels that screen readers need. No user's state lives in this process: the conversation is the browser's.
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import gradio as gr

from chat.interface.backend import Backend, Filters
from chat.interface.history import KEPT_TURNS, Turn, dump_turns, load_turns, questions_before, stale_quotes
from chat.interface.message import Place, render_answer
from chat.interface.rendering import long_date, render_failure, render_pending, render_question
from chat.interface.saving import saved_answers
from errors import FilterError, FootnoteError

logger = logging.getLogger(__name__)

TITLE = "Footnote"
STORAGE_KEY = "footnote-conversation"
# Gradio encrypts what it keeps in the browser, and the page itself holds the key, so this protects nothing. It is
# fixed because a random one, Gradio's default, would lose the conversation with every restart.
STORAGE_SECRET = "footnote"  # noqa: S105
LONGEST_QUESTION = 10_000  # characters
EARLIER_QUESTIONS = 5  # of the conversation, given to understand a follow-up
# What a button in an answer asks for: the same question as it is written, completed again, or without filters; the
# number is its turn's, and what follows makes a second click another value.
AGAIN = re.compile(r"(written|completed|everywhere)-(\d{1,4})(?: .*)?")
TABS = ("ask", "grid", "library", "evaluate")

HEAD = (
    '<link rel="stylesheet" href="/ui/style.css">'
    '<link rel="stylesheet" href="/ui/grid.css">'
    '<link rel="icon" type="image/svg+xml" href="/ui/icon.svg">'
    '<script type="module" src="/ui/app.js"></script>'
)

Messages = list[dict[str, str]]


def build_page(backend: Backend) -> gr.Blocks:
    """The whole page over `backend`, not yet mounted."""
    examples = list(backend.examples())
    page: gr.Blocks
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True) as page:
        gr.Markdown(
            '<div class="fn-brand"><h1 class="fn-name">Footnote</h1>'
            '<span class="fn-claim">Answers from your own library, in the sources&#39; words</span></div>',
            elem_id="fn-header",
        )
        kept = gr.BrowserState([], storage_key=STORAGE_KEY, secret=STORAGE_SECRET)
        with gr.Tabs(elem_id="fn-tabs") as tabs:
            with gr.Tab("Ask", id="ask"):
                chat = gr.Chatbot(
                    elem_id="fn-chat",
                    label="Conversation",
                    show_label=False,
                    container=False,
                    height="auto",
                    layout="panel",
                    buttons=[],
                    feedback_options=(),
                    latex_delimiters=[],
                    line_breaks=False,
                    autoscroll=False,
                    sanitize_html=True,
                )
                with gr.Column(elem_id="fn-welcome") as welcome:
                    gr.Markdown(
                        "## What would you like to know?\n\nEvery answer is a sentence from one of your articles, "
                        "word for word. Open a citation to read it in place."
                    )
                    example_buttons = [gr.Button(each, size="sm", elem_classes="fn-example") for each in examples]
                with gr.Column(elem_id="fn-composer"):
                    with gr.Accordion("Filters", open=False, elem_id="fn-filters") as filters, gr.Row():
                        articles = gr.Dropdown(
                            [], label="Articles", multiselect=True, elem_id="fn-filter-articles", min_width=240, scale=3
                        )
                        companies = gr.Dropdown(
                            [], label="Company", multiselect=True, elem_id="fn-filter-company", min_width=180, scale=2
                        )
                        kinds = gr.Dropdown(
                            [], label="Kind", multiselect=True, elem_id="fn-filter-kind", min_width=160, scale=2
                        )
                        periods = gr.Dropdown(
                            [], label="Period", multiselect=True, elem_id="fn-filter-period", min_width=140, scale=2
                        )
                        since = gr.Textbox(
                            label="Published from",
                            placeholder="YYYY-MM-DD",
                            max_lines=1,
                            elem_classes="fn-date",
                            min_width=150,
                        )
                        until = gr.Textbox(
                            label="Published to",
                            placeholder="YYYY-MM-DD",
                            max_lines=1,
                            elem_classes="fn-date",
                            min_width=150,
                        )
                    with gr.Row(elem_id="fn-line"):
                        question = gr.Textbox(
                            label="Question",
                            show_label=False,
                            container=False,
                            placeholder="Ask about your articles",
                            lines=1,
                            max_lines=6,
                            max_length=LONGEST_QUESTION,
                            interactive=False,  # until the conversation is restored
                            elem_id="fn-question",
                            scale=8,
                        )
                        send = gr.Button("Ask", variant="primary", elem_id="fn-send", scale=0, min_width=88)
                        new = gr.Button("New conversation", elem_id="fn-new", scale=0, min_width=170)
                again = gr.Textbox(visible="hidden", elem_id="fn-again", show_label=False, container=False)
                wish = gr.Textbox(visible="hidden", elem_id="fn-save-wish", show_label=False, container=False)
                saved = gr.Textbox(visible="hidden", elem_id="fn-save-result", show_label=False, container=False)
            with gr.Tab("Grid", id="grid"):
                gr.Markdown('<div id="fn-grid"></div>', elem_classes="fn-mount")
            with gr.Tab("Library", id="library"):
                gr.Markdown('<div id="fn-library"></div>', elem_classes="fn-mount")
            with gr.Tab("Evaluate", id="evaluate"):
                gr.Markdown('<div id="fn-evaluate"></div>', elem_classes="fn-mount")

        conversation = _Conversation(backend)
        chosen: list[Any] = [articles, companies, kinds, periods]
        filtered: list[Any] = [*chosen, since, until]
        inputs: list[Any] = [question, kept, *filtered]
        outputs: list[Any] = [chat, question, kept, welcome]
        private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        for trigger in (send.click, question.submit):
            trigger(conversation.respond, inputs, outputs, concurrency_limit=4, **private)
        for button in example_buttons:
            button.click(
                conversation.respond,
                [button, kept, *filtered],
                outputs,
                concurrency_limit=4,
                **private,
            )
        again.change(conversation.again, [again, kept], [chat, kept], concurrency_limit=4, **private)
        wish.change(saved_answers, [wish, kept], [saved], **private)
        new.click(conversation.clear, None, outputs, **private)
        page.load(conversation.restore, [kept], [*outputs, tabs], **private)
        # Not when the tab is chosen: Gradio's client loses an event that begins in the moment another one ends
        # (the stream is closed under it), and people who come to the tab come to ask.
        for trigger in (filters.expand, *(each.focus for each in chosen)):
            trigger(conversation.choices, chosen, chosen, **private)
    page.queue(default_concurrency_limit=4)
    return page


class _Conversation:
    """The events of the Ask tab. Holds the backend and nothing of any visitor."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def respond(self, question: str, kept: Any, *filtered: Any) -> Iterator[tuple[Any, ...]]:
        """Show the question at once, then its answer; `filtered` are the filters' values in their order."""
        turns = load_turns(kept)[1 - KEPT_TURNS :]  # with this one no more than are kept, so that all count alike
        question = (question or "").strip()
        messages = self._messages(turns)
        hidden = gr.update(visible=False)
        if not question:
            gr.Info("Please type a question.", duration=4)
            yield messages, gr.skip(), gr.skip(), gr.update(visible=not turns)
            return
        asked = _message("user", render_question(question))
        yield [*messages, asked, _message("assistant", render_pending())], "", gr.skip(), hidden
        try:
            turn = self._turn(question, turns, _filters(*filtered))
        except FilterError as error:
            turn = Turn(question, None, str(error))
        answered = _message("assistant", self._render(turn, turns))
        yield [*messages, asked, answered], gr.skip(), dump_turns([*turns, turn]), hidden

    def again(self, wanted: str, kept: Any) -> Iterator[tuple[Any, ...]]:
        """Put a question of the conversation anew, in its place; `wanted` is what AGAIN describes."""
        turns = load_turns(kept)
        found = AGAIN.fullmatch(wanted or "")
        at = int(found[2]) if found else len(turns)
        if found is None or at >= len(turns):
            yield gr.skip(), gr.skip()
            return
        old, messages = turns[at], self._messages(turns)
        above, below = messages[: 2 * at + 1], messages[2 * at + 2 :]
        yield [*above, _message("assistant", render_pending()), *below], gr.skip()
        filters = Filters() if found[1] == "everywhere" else old.filters
        as_written = old.as_written if found[1] == "everywhere" else found[1] == "written"
        turns[at] = self._turn(old.question, turns[:at], filters, as_written=as_written)
        answered = _message("assistant", self._render(turns[at], turns[:at]))
        yield [*above, answered, *below], dump_turns(turns)

    def clear(self) -> tuple[Any, ...]:
        """Begin anew."""
        return [], "", [], gr.update(visible=True)

    def restore(self, kept: Any, request: gr.Request) -> tuple[Any, ...]:
        """The conversation as the browser kept it, and what the address asks for: `?q=` and `?tab=`."""
        turns = load_turns(kept)
        wanted = str(request.query_params.get("q", ""))[:LONGEST_QUESTION]
        tab = str(request.query_params.get("tab", ""))
        return (
            self._messages(turns),
            gr.update(value=wanted, interactive=True),
            dump_turns(turns),
            gr.update(visible=not turns),
            gr.Tabs(selected=tab) if tab in TABS else gr.skip(),
        )

    def choices(self, *chosen: Any) -> tuple[Any, ...]:
        """What the filters on articles and facts offer, now; what was chosen and still exists stays chosen."""
        summaries = self._backend.articles()
        offered: list[list[tuple[str, str]]] = [[(each.title, each.article_id) for each in summaries]]
        for key in ("company", "kind", "period"):
            values = sorted({each.facts[key] for each in summaries if each.facts.get(key)})
            # The newest period first: it is the one most asked for.
            offered.append([(each, each) for each in (reversed(values) if key == "period" else values)])
        return tuple(
            gr.update(choices=choices, value=[each for each in _strings(value) if each in {at for _, at in choices}])
            for choices, value in zip(offered, chosen, strict=True)
        )

    def _turn(self, question: str, before: list[Turn], filters: Filters, *, as_written: bool = False) -> Turn:
        after = [] if as_written else questions_before(before)[-EARLIER_QUESTIONS:]
        asked = Turn(question, None, filters=filters, as_written=as_written)
        try:
            answer = self._backend.ask(question, after=after, filters=filters)
            return replace(asked, answer=answer, scope=self._scope(filters))
        except FootnoteError as error:
            return replace(asked, error=str(error))
        except Exception:  # whatever went wrong, the page must say so instead of waiting for ever
            logger.exception("a question could not be answered")
            return replace(asked, error="Something went wrong while answering; the program's log has details.")

    def _scope(self, filters: Filters) -> str:
        """What the filters leave, in words; empty for the whole library."""
        titles = {each.article_id: each.title for each in self._backend.articles()} if filters.articles else {}
        parts = [titles.get(each, each) for each in filters.articles]
        parts += [*filters.companies, *filters.kinds, *filters.periods]
        if filters.since is not None:
            parts.append(f"from {long_date(filters.since)}")
        if filters.until is not None:
            parts.append(f"to {long_date(filters.until)}")
        return ", ".join(parts)

    def _messages(self, turns: list[Turn]) -> Messages:
        messages = []
        for at, turn in enumerate(turns):
            messages.append(_message("user", render_question(turn.question)))
            messages.append(_message("assistant", self._render(turn, turns[:at])))
        return messages

    def _render(self, turn: Turn, before: list[Turn]) -> str:
        if turn.answer is None:
            return render_failure(turn.error)
        stale = stale_quotes(turn.answer, self._backend.article)
        place = Place(len(before), follows=bool(questions_before(before)), as_written=turn.as_written)
        return render_answer(turn.answer, stale=stale, scope=turn.scope, place=place)


def _message(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def _strings(value: Any) -> tuple[str, ...]:
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def _filters(articles: Any, companies: Any, kinds: Any, periods: Any, since: Any, until: Any) -> Filters:
    """What the filters' boxes hold. Raises FilterError."""
    return Filters(
        articles=_strings(articles),
        companies=_strings(companies),
        kinds=_strings(kinds),
        periods=_strings(periods),
        since=_day(since, "Published from"),
        until=_day(until, "Published to"),
    )


def _day(value: Any, label: str) -> date | None:
    text = value.strip() if isinstance(value, str) else ""
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise FilterError(f"{label}: {text} is not a date; write it as 2025-07-01.") from None
