// The Grid tab: every question put to every article by itself; each cell a quote, or the reason why there is none.

import { announce, counted, el, getJSON, post } from "./dom.js";

const SHOWN = 200; // articles listed at once; the search box reaches the others
const MOST_BYTES = 2_000_000; // of a file with questions
const DOWNLOADS = [
  ["grid.xlsx", "Excel"],
  ["grid.csv", "CSV"],
];

const state = { articles: [], query: "", chosen: new Set(), questions: "" };
let running = null; // the job being watched
let drawn = { key: null, made: 0 };
let timer = null;
let root = null;

/** Fill the tab. */
export function mountGrid(place) {
  root = place;
  drawn = { key: null, made: 0 };
  const file = el("input", { type: "file", id: "fn-grid-file", accept: ".txt,.jsonl,.md,.csv", className: "fn-unseen", "aria-label": "Open a file of questions", onchange: openFile });
  place.append(
    el(
      "section",
      { "aria-label": "Set up a grid" },
      el("div", { className: "fn-section-head" }, el("h2", {}, "Grid")),
      el("p", { className: "fn-quiet fn-intro" }, "Put the same questions to many articles. Each cell is a quote from that article, or says why there is none."),
      el(
        "form",
        { className: "fn-grid-form", onsubmit: start, noValidate: true },
        el(
          "div",
          { className: "fn-form" },
          el("label", { for: "fn-grid-questions" }, "Questions, one a line"),
          el("textarea", { id: "fn-grid-questions", rows: 8, value: state.questions, placeholder: "What was revenue?\nWhat are the main risks?", oninput: (event) => ((state.questions = event.target.value), drawRun()) }),
          el("div", { className: "fn-grid-open" }, file, el("label", { for: "fn-grid-file", className: "fn-button" }, "Open a file")),
        ),
        el(
          "div",
          { className: "fn-form", role: "group", "aria-labelledby": "fn-grid-legend" },
          el("p", { className: "fn-legend", id: "fn-grid-legend" }, "Articles"),
          el("input", { type: "search", id: "fn-grid-search", placeholder: "Search by title, company or period", "aria-label": "Search the articles", value: state.query, oninput: (event) => ((state.query = event.target.value), drawArticles()) }),
          el("label", { className: "fn-choice fn-grid-all" }, el("input", { type: "checkbox", id: "fn-grid-all", onchange: chooseAll }), el("span", { id: "fn-grid-all-name" }, "All")),
          el("ul", { id: "fn-grid-articles", className: "fn-grid-articles", tabIndex: 0, "aria-label": "Articles to choose from" }),
        ),
        el("div", { className: "fn-run" }, el("button", { type: "submit", id: "fn-grid-run", className: "fn-primary", disabled: true }, "Fill the grid"), el("div", { id: "fn-grid-progress" })),
      ),
      el("p", { className: "fn-problem", role: "alert", id: "fn-grid-problem" }),
    ),
    el("section", { id: "fn-grid-results", "aria-label": "Grid" }),
  );
  load();
  watch();
  new IntersectionObserver((seen) => seen.some((each) => each.isIntersecting) && load()).observe(place); // the Library may have changed
}

async function load() {
  try {
    state.articles = (await getJSON("/api/articles")).articles;
  } catch (error) {
    say(error.message);
  }
  const held = new Set(state.articles.map((article) => article.article_id));
  for (const id of state.chosen) if (!held.has(id)) state.chosen.delete(id);
  drawArticles();
}

function matches() {
  const words = state.query.toLowerCase().split(/\s+/).filter(Boolean);
  return state.articles.filter((article) => {
    const text = [article.title, article.company, article.source, article.published, article.period, article.kind].join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

function drawArticles() {
  const list = document.getElementById("fn-grid-articles");
  if (!list) return;
  const found = matches();
  list.replaceChildren(...found.slice(0, SHOWN).map(articleRow));
  if (found.length > SHOWN) list.append(el("li", { className: "fn-quiet" }, `${found.length - SHOWN} more; search for them.`));
  if (!found.length) list.append(el("li", { className: "fn-quiet" }, state.articles.length ? "No article matches your search." : "Your library is empty. Add articles under Library."));
  document.getElementById("fn-grid-all-name").textContent = state.query.trim() ? `All ${found.length} of these` : `All ${found.length}`;
  drawAll(found);
  drawRun();
}

function drawAll(found = matches()) {
  const all = document.getElementById("fn-grid-all");
  const chosen = found.filter((article) => state.chosen.has(article.article_id)).length;
  all.checked = found.length > 0 && chosen === found.length;
  all.indeterminate = chosen > 0 && chosen < found.length;
}

function articleRow(article) {
  const id = `fn-grid-article-${article.article_id}`;
  const choose = (event) => {
    if (event.target.checked) state.chosen.add(article.article_id);
    else state.chosen.delete(article.article_id);
    drawAll();
    drawRun();
  };
  const about = aboutOf(article);
  return el(
    "li",
    {},
    el("input", { type: "checkbox", id, checked: state.chosen.has(article.article_id), onchange: choose }),
    el("label", { for: id }, article.title, about && el("span", { className: "fn-file" }, about)),
  );
}

function aboutOf(article) {
  return [article.company, article.period, article.published].filter(Boolean).join(" · ");
}

function chooseAll(event) {
  for (const article of matches()) {
    if (event.target.checked) state.chosen.add(article.article_id);
    else state.chosen.delete(article.article_id);
  }
  drawArticles();
}

function questionsTyped() {
  return new Set(state.questions.split("\n").map((line) => line.trim()).filter(Boolean)).size;
}

/** What the button would do, in its own words. */
function drawRun() {
  const button = document.getElementById("fn-grid-run");
  const [questions, articles] = [questionsTyped(), state.chosen.size];
  button.disabled = Boolean(running) || !questions || !articles;
  button.textContent = questions && articles ? `Put ${counted(questions, "question")} to ${counted(articles, "article")}` : "Fill the grid";
}

async function openFile(event) {
  const file = event.target.files[0];
  if (!file) return;
  await guarded(async () => {
    if (file.size > MOST_BYTES) throw new Error(`${file.name}: is too large for a list of questions.`);
    const text = (await file.text()).replace(/^\uFEFF/, "");
    if (text.includes("\uFFFD") || text.includes("\0")) throw new Error(`${file.name}: is no text in UTF-8; save it as plain text with one question a line.`);
    state.questions = text.replace(/\r\n?/g, "\n").trim();
    document.getElementById("fn-grid-questions").value = state.questions;
    drawRun();
    announce(counted(questionsTyped(), "question"));
  });
  event.target.value = "";
}

async function start(event) {
  event.preventDefault();
  await guarded(async () => {
    // in the order in which they are listed, whatever was ticked first
    const articles = state.articles.map((article) => article.article_id).filter((id) => state.chosen.has(id));
    running = (await post("/api/grids", { questions: state.questions, articles })).job;
    await watch();
  });
}

async function guarded(action) {
  say("");
  try {
    await action();
  } catch (error) {
    say(error.message);
  }
}

function say(text) {
  const place = document.getElementById("fn-grid-problem");
  if (place) place.textContent = text;
}

/** Follow the newest grid until it is whole; also the one that was being made when the page was opened. */
async function watch() {
  clearTimeout(timer);
  if (!root?.isConnected) return;
  try {
    const { jobs } = await getJSON("/api/jobs?kind=grid");
    const open = jobs.filter((job) => !job.finished).at(-1);
    const ended = running && jobs.find((job) => job.key === running && job.finished);
    running = open ? open.key : null;
    drawProgress(open);
    const shown = open?.done || !jobs.length ? open : jobs.filter((job) => job.done > 0).at(-1);
    if (shown) await showGrid(shown);
    if (ended?.state === "failed") say(ended.error);
    if (ended) announce(ended.state === "done" ? "The grid is filled" : "The grid was stopped");
  } catch (error) {
    say(error.message);
  }
  if (running) timer = setTimeout(watch, 500);
}

function drawProgress(job) {
  const place = document.getElementById("fn-grid-progress");
  drawRun();
  if (!job) {
    place.replaceChildren();
    return;
  }
  let bar = place.querySelector("progress");
  if (!bar) {
    bar = el("progress", { "aria-label": "Cells filled" });
    const cancel = () => post(`/api/jobs/${running}/cancel`).then(watch, (error) => say(error.message));
    place.replaceChildren(bar, el("span", { className: "fn-quiet fn-done" }), el("button", { type: "button", onclick: cancel }, "Stop"));
  }
  if (job.total) {
    bar.max = job.total;
    bar.value = job.done;
  }
  place.querySelector(".fn-done").textContent = job.state === "waiting" ? "Waiting for other work to finish" : `${job.done} of ${job.total ?? "?"}`;
}

/** Draw what is new of a grid; the table stays, so that nobody's place in it is lost. */
async function showGrid(job) {
  if (drawn.key === job.key && drawn.finished) return;
  let view;
  do {
    view = await getJSON(`/api/grids/${job.key}?since=${drawn.key === job.key ? drawn.made : 0}`);
    if (drawn.key !== job.key) {
      drawTable(view);
      drawn = { key: job.key, made: 0, quoted: 0, finished: false };
    }
    for (const cell of view.cells) {
      document.getElementById(`fn-cell-${cell.row}-${cell.column}`).replaceWith(cellOf(cell));
      drawn.quoted += cell.quotes.length > 0;
    }
    drawn.made += view.cells.length;
  } while (drawn.made < view.made);
  drawn.finished = job.finished;
  drawHead(job, view);
}

function drawHead(job, view) {
  const total = view.questions.length * view.articles.length;
  const stopped = job.finished && drawn.made < total ? `, stopped after ${drawn.made} of ${total}` : "";
  const downloads = DOWNLOADS.map(([name, label]) => el("a", { href: `/api/grids/${job.key}/files/${name}`, download: name }, label));
  document.getElementById("fn-grid-head").replaceChildren(
    el("h2", {}, job.title),
    el("p", {}, `${drawn.quoted} quoted, ${drawn.made - drawn.quoted} blank${stopped}`),
    ...(job.finished ? [el("p", { className: "fn-downloads" }, el("span", { className: "fn-quiet" }, "Download"), ...downloads)] : []),
  );
}

function drawTable(view) {
  const head = (article) =>
    el(
      "th",
      { scope: "col" },
      el("a", { className: "fn-open", href: `#cite-${article.article_id}-0-0` }, article.title),
      aboutOf(article) && el("span", { className: "fn-file" }, aboutOf(article)),
    );
  const row = (question, down) =>
    el("tr", {}, el("th", { scope: "row" }, question), ...view.articles.map((_, across) => el("td", { id: `fn-cell-${down}-${across}`, className: "fn-empty" })));
  document.getElementById("fn-grid-results").replaceChildren(
    el("div", { className: "fn-section-head", id: "fn-grid-head" }),
    el(
      "div",
      { className: "fn-grid-frame", tabIndex: 0, role: "region", "aria-label": "Questions and articles" },
      el(
        "table",
        { className: "fn-grid" },
        el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "Question"), ...view.articles.map(head))),
        el("tbody", {}, ...view.questions.map(row)),
      ),
    ),
  );
}

function cellOf(cell) {
  const id = `fn-cell-${cell.row}-${cell.column}`;
  if (!cell.quotes.length) {
    return el("td", { id, className: "fn-blank" }, el("p", {}, cell.blank), cell.near && el("a", { href: href(cell.near) }, "Closest passage"));
  }
  return el("td", { id }, cell.differ && el("p", { className: "fn-grid-differ" }, "Different values"), ...cell.quotes.map(quoteOf));
}

function quoteOf(quote) {
  const words = quote.pieces.map((piece) => (piece.answers ? el("mark", {}, piece.text) : piece.text));
  const about = [quote.column, quote.unit, quote.page ? `page ${quote.page}` : ""].filter(Boolean).join(" · ");
  return el("a", { className: "fn-grid-quote", href: href(quote), title: "Open the article here" }, el("span", {}, ...words), about && el("span", { className: "fn-file" }, about));
}

function href(place) {
  return `#cite-${place.article_id}-${place.start}-${place.end}`;
}
