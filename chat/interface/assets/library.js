// The Library tab: what is held, adding to it, and removing from it.

import { announce, counted, el, focusAfter, getJSON, post } from "./dom.js";
import { choosePages } from "./choose.js";
import { openArticle } from "./article.js";
import { CORRECTED, correctFacts } from "./facts.js";

const SHOWN = 100; // rows drawn at once; the search box reaches the others
const COLUMNS = [
  ["title", "Title"],
  ["company", "Company"],
  ["published", "Date"],
  ["period", "Period"],
  ["kind", "Kind"],
  ["pages", "Pages"],
  ["passages", "Passages"],
];
const STATES = {
  waiting: "Waiting",
  reading: "Reading",
  computing: "Computing",
  added: "Added",
  replaced: "Replaced",
  unchanged: "Unchanged",
  duplicate: "Already held",
  failed: "Failed",
  locked: "Needs a password",
  sending: "Sending",
  list: "A list",
  cancelled: "Cancelled",
};

const state = { articles: null, problem: "", query: "", sort: "title", down: false, chosen: new Set(), shown: SHOWN };
let root = null;
let timer = null;
let lastJobs = "";
let sending = []; // files on their way, and those that never arrived: [{name, state, detail}]

document.addEventListener(CORRECTED, () => load());

/** Fill the tab. */
export function mountLibrary(place) {
  root = place;
  lastJobs = "";
  root.append(
    el(
      "div",
      { className: "fn-columns-2" },
      el(
        "section",
        { className: "fn-holding", "aria-label": "Articles" },
        el("div", { className: "fn-section-head" }, el("h2", {}, "Library"), el("p", { id: "fn-count" })),
        el(
          "div",
          { className: "fn-toolbar" },
          el("input", {
            type: "search",
            id: "fn-search",
            placeholder: "Search by title, company or source",
            value: state.query,
            "aria-label": "Search the library",
            oninput: (event) => {
              state.query = event.target.value;
              state.shown = SHOWN;
              draw();
            },
          }),
          el("button", { type: "button", id: "fn-correct", disabled: true, onclick: () => correctFacts([...state.chosen][0]) }, "Facts"),
          el("button", { type: "button", id: "fn-remove", disabled: true, onclick: confirmRemoval }, "Remove"),
        ),
        el("div", { id: "fn-articles" }),
      ),
      el(
        "section",
        { className: "fn-adding", "aria-label": "Add articles" },
        el("h2", {}, "Add articles"),
        dropZone(),
        addressForm(),
        textForm(),
        el("div", { id: "fn-jobs" }),
      ),
    ),
  );
  draw();
  load();
  watch();
}

async function load() {
  try {
    state.articles = (await getJSON("/api/articles")).articles;
    state.problem = "";
  } catch (error) {
    state.problem = error.message;
  }
  const held = new Set((state.articles || []).map((article) => article.article_id));
  for (const id of state.chosen) if (!held.has(id)) state.chosen.delete(id);
  draw();
}

function draw() {
  const place = document.getElementById("fn-articles");
  if (!place) return;
  const all = state.articles || [];
  const words = state.query.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = all.filter((article) => {
    const text = [article.title, article.company, article.source, article.published, article.period, article.kind].join(" ").toLowerCase();
    return words.every((word) => text.includes(word));
  });
  matches.sort(compare);
  const count = document.getElementById("fn-count");
  count.textContent = !state.articles ? "" : words.length ? `${matches.length} of ${counted(all.length, "article")}` : counted(all.length, "article");
  drawRemove();
  if (state.problem) {
    place.replaceChildren(el("p", { className: "fn-problem", role: "alert" }, state.problem));
  } else if (!state.articles) {
    place.replaceChildren(el("p", { className: "fn-quiet" }, "Loading …"));
  } else if (!all.length) {
    place.replaceChildren(el("p", { className: "fn-quiet" }, "Nothing here yet. Add files, a web page or a text."));
  } else if (!matches.length) {
    place.replaceChildren(el("p", { className: "fn-quiet" }, "No article matches your search."));
  } else {
    const focused = document.activeElement?.id;
    place.replaceChildren(tableOf(matches), ...(matches.length > state.shown ? [moreButton(matches.length)] : []));
    if (focused && place.querySelector(`#${CSS.escape(focused)}`)) document.getElementById(focused).focus();
  }
}

function compare(one, other) {
  const [a, b] = [one[state.sort], other[state.sort]];
  const missing = (value) => value === null || value === undefined || value === "";
  if (missing(a) || missing(b)) return missing(a) - missing(b); // what has no value stands last either way
  const order = typeof a === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });
  return state.down ? -order : order;
}

/** The columns in which any article has something to show. */
function columns() {
  const filled = (key) => (state.articles || []).some((article) => article[key] !== null && article[key] !== "");
  return COLUMNS.filter(([key]) => key === "title" || filled(key));
}

function tableOf(matches) {
  const head = el(
    "tr",
    {},
    el("th", { scope: "col", className: "fn-check" }, el("span", { className: "fn-unseen" }, "Select")),
    ...columns().map(([key, name]) => {
      const sorted = state.sort === key;
      const sort = () => {
        state.down = sorted ? !state.down : false;
        state.sort = key;
        draw();
      };
      return el(
        "th",
        { scope: "col", className: `fn-${key}`, "aria-sort": sorted ? (state.down ? "descending" : "ascending") : null },
        el("button", { type: "button", id: `fn-sort-${key}`, onclick: sort }, name, el("span", { className: "fn-arrow", "aria-hidden": "true" }, sorted ? (state.down ? "↓" : "↑") : "")),
      );
    }),
  );
  return el("table", { className: "fn-table fn-cards" }, el("thead", {}, head), el("tbody", {}, ...matches.slice(0, state.shown).map(rowOf)));
}

function rowOf(article) {
  const choose = (event) => {
    if (event.target.checked) state.chosen.add(article.article_id);
    else state.chosen.delete(article.article_id);
    event.target.closest("tr").classList.toggle("fn-chosen", event.target.checked);
    drawRemove();
  };
  const cell = (key, name) => {
    const value = article[key];
    const text = typeof value === "number" ? value.toLocaleString("en") : value;
    return el("td", { className: `fn-${key}`, "data-label": name }, text ?? "");
  };
  const chosen = state.chosen.has(article.article_id);
  return el(
    "tr",
    { className: chosen ? "fn-chosen" : "" },
    el("td", { className: "fn-check" }, el("input", { type: "checkbox", checked: chosen, "aria-label": `Select ${article.title}`, onchange: choose })),
    el(
      "td",
      { className: "fn-title-cell" },
      el("button", { type: "button", className: "fn-open", id: `fn-open-${article.article_id}`, onclick: () => openArticle(article.article_id) }, article.title),
      el("span", { className: "fn-file" }, article.file === article.title ? "" : article.file),
    ),
    ...columns().slice(1).map(([key, name]) => cell(key, name)),
  );
}

function moreButton(count) {
  const show = () => {
    state.shown += SHOWN;
    draw();
  };
  return el("button", { type: "button", className: "fn-more", onclick: show }, `Show more (${count - state.shown} left)`);
}

function drawRemove() {
  const facts = document.getElementById("fn-correct");
  facts.disabled = state.chosen.size !== 1;
  facts.title = facts.disabled ? "Select one article to see its facts and correct them" : "";
  const button = document.getElementById("fn-remove");
  button.disabled = state.chosen.size === 0;
  button.textContent = state.chosen.size ? `Remove ${state.chosen.size}` : "Remove";
}

function confirmRemoval() {
  const chosen = state.articles.filter((article) => state.chosen.has(article.article_id));
  const problem = el("p", { className: "fn-problem", role: "alert" });
  const remove = el("button", { type: "button", className: "fn-danger" }, `Remove ${counted(chosen.length, "article")}`);
  const cancel = el("button", { type: "button", onclick: () => dialog.close() }, "Cancel");
  const dialog = el(
    "dialog",
    { className: "fn-dialog", "aria-labelledby": "fn-dialog-title" },
    el("h2", { id: "fn-dialog-title" }, `Remove ${counted(chosen.length, "article")}?`),
    el("p", {}, "What is removed no longer answers questions. Your own files stay where they are."),
    el("ul", {}, ...chosen.slice(0, 6).map((article) => el("li", {}, article.title)), chosen.length > 6 && el("li", {}, `and ${chosen.length - 6} more`)),
    problem,
    el("div", { className: "fn-actions" }, cancel, remove),
  );
  remove.addEventListener("click", async () => {
    remove.disabled = cancel.disabled = true;
    try {
      const answer = await post("/api/remove", { articles: chosen.map((article) => article.article_id) });
      answer.removed.forEach((id) => state.chosen.delete(id));
      if (answer.failed.length) throw new Error(answer.failed.map((each) => each.error).join(" "));
      announce(`${counted(answer.removed.length, "article")} removed`);
      dialog.close();
    } catch (error) {
      problem.textContent = error.message;
      cancel.disabled = false;
    }
    load();
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    focusAfter(document.getElementById("fn-search"));
  });
  document.body.append(dialog);
  dialog.showModal();
  cancel.focus();
}

function dropZone() {
  const input = el("input", {
    type: "file",
    id: "fn-files",
    multiple: true,
    className: "fn-unseen",
    "aria-label": "Choose files to add",
    onchange: (event) => {
      sendFiles([...event.target.files]);
      event.target.value = "";
    },
  });
  const zone = el(
    "div",
    { className: "fn-drop" },
    el("p", {}, el("strong", {}, "Drop files here"), " or"),
    input,
    el("label", { for: "fn-files", className: "fn-button fn-primary" }, "Choose files"),
    el("p", { className: "fn-quiet" }, "PDF, Word, Excel, PowerPoint, HTML, EPUB, CSV, Markdown, text, JSON lines, or a ZIP of these"),
  );
  for (const kind of ["dragenter", "dragover"]) {
    zone.addEventListener(kind, (event) => {
      event.preventDefault();
      zone.classList.add("fn-over");
    });
  }
  zone.addEventListener("dragleave", () => zone.classList.remove("fn-over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("fn-over");
    sendFiles([...event.dataTransfer.files]);
  });
  return zone;
}

/** Send files one after another; each becomes a job of its own as soon as it has arrived. */
async function sendFiles(files) {
  const lines = files.map((file) => ({ name: file.name, state: "waiting", detail: "", file }));
  sending.push(...lines);
  drawJobs();
  for (const line of lines) {
    line.state = "sending";
    drawJobs();
    try {
      await post(`/api/add/file?name=${encodeURIComponent(line.name)}`, line.file);
      if (/\.pdf$/i.test(line.name)) sent.set(line.name, line.file);
      sending = sending.filter((each) => each !== line);
    } catch (error) {
      line.state = "failed";
      line.detail = error.message;
    }
    delete line.file;
    await poll();
  }
}

function addressForm() {
  const problem = el("p", { className: "fn-problem", role: "alert" });
  const box = el("input", { type: "url", id: "fn-url", required: true, placeholder: "Page, feed or sitemap" });
  const submit = async (event) => {
    event.preventDefault();
    await tried(problem, async () => {
      asked = (await post("/api/add/url", { url: box.value })).job;
      box.value = "";
    });
  };
  return el(
    "form",
    { className: "fn-form", onsubmit: submit, noValidate: true },
    el("label", { for: "fn-url" }, "From the web"),
    el("div", { className: "fn-inline" }, box, el("button", { type: "submit" }, "Fetch")),
    problem,
  );
}

function textForm() {
  const problem = el("p", { className: "fn-problem", role: "alert" });
  const title = el("input", { type: "text", id: "fn-text-title", maxLength: 300 });
  const day = el("input", { type: "date", id: "fn-text-date" });
  const text = el("textarea", { id: "fn-text", rows: 6 });
  const submit = async (event) => {
    event.preventDefault();
    await tried(problem, async () => {
      await post("/api/add/text", { title: title.value, text: text.value, published: day.value });
      title.value = text.value = day.value = "";
    });
  };
  return el(
    "details",
    { className: "fn-form" },
    el("summary", {}, "Paste a text"),
    el(
      "form",
      { onsubmit: submit },
      el("label", { for: "fn-text-title" }, "Title"),
      title,
      el("label", { for: "fn-text-date" }, "Date (optional)"),
      day,
      el("label", { for: "fn-text" }, "Text"),
      text,
      problem,
      el("button", { type: "submit", className: "fn-primary" }, "Add text"),
    ),
  );
}

async function tried(problem, action) {
  problem.textContent = "";
  try {
    await action();
  } catch (error) {
    problem.textContent = error.message;
  }
  await poll();
}

/** Look after the jobs: often while something runs, seldom otherwise, not at all while nobody looks. */
function watch() {
  clearTimeout(timer);
  timer = setTimeout(async () => {
    if (root?.isConnected && root.offsetParent !== null && !document.hidden) await poll();
    watch();
  }, busy ? 500 : 4000);
}

/** PDF files that were sent, by name: a protected one is sent again with its password. */
const sent = new Map();
let jobs = [];
let busy = false;
let asked = null; // the job of the address that was given last: if it leads to a list, that opens at once

async function poll() {
  try {
    jobs = (await getJSON("/api/jobs?kind=add")).jobs;
  } catch {
    return; // the next look may succeed; what was sent says itself that it failed
  }
  const wasBusy = busy;
  busy = jobs.some((job) => !job.finished);
  const now = JSON.stringify(jobs);
  if (now !== lastJobs) {
    const first = lastJobs === "";
    lastJobs = now;
    drawJobs();
    if (!first) await load();
  }
  const answered = jobs.find((job) => job.key === asked && job.finished);
  if (answered) {
    asked = null;
    if (answered.items[0].state === "list") choosePages(answered.key, poll);
  }
  if (busy !== wasBusy) {
    if (!busy) announce("Adding has finished");
    watch();
  }
}

function drawJobs() {
  const place = document.getElementById("fn-jobs");
  if (!place || (place.contains(document.activeElement) && document.activeElement.type === "password")) return;
  const rows = sending.map((line) => jobLine(line, null));
  for (const job of [...jobs].reverse()) {
    const lines = job.items.map((item) => ({ ...item }));
    if (job.state === "failed") lines.forEach((line) => line.state === "waiting" && Object.assign(line, { state: "failed", detail: job.error }));
    if (job.state === "cancelled") lines.forEach((line) => line.state === "waiting" && (line.state = "cancelled"));
    rows.push(...lines.map((line, at) => jobLine(line, job.finished && at === 0 ? job.key : null)));
  }
  place.replaceChildren(...(rows.length ? [el("h3", {}, "Recently added"), el("ul", { className: "fn-joblist" }, ...rows)] : []));
}

function jobLine(line, key) {
  const forget = async () => {
    await post(`/api/jobs/${key}/forget`);
    await poll();
  };
  return el(
    "li",
    { className: `fn-job fn-is-${line.state}` },
    el("span", { className: "fn-job-name" }, line.name),
    el("span", { className: "fn-state" }, STATES[line.state] || line.state),
    key && el("button", { type: "button", className: "fn-dismiss", "aria-label": `Dismiss ${line.name}`, onclick: forget }, "×"),
    line.detail && el("span", { className: "fn-detail" }, line.detail),
    key && line.state === "list" && el("button", { type: "button", className: "fn-wide", onclick: () => choosePages(key, poll) }, "Choose pages"),
    line.state === "locked" && key && sent.has(line.name) && passwordForm(line.name, key),
  );
}

/** Sends a protected file again with its password, in place of the job that could not open it. */
function passwordForm(name, key) {
  const problem = el("p", { className: "fn-problem", role: "alert" });
  const box = el("input", { type: "password", autocomplete: "off", required: true, "aria-label": `Password of ${name}` });
  const submit = async (event) => {
    event.preventDefault();
    const headers = { "X-Footnote-Password": encodeURIComponent(box.value) };
    box.value = "";
    box.blur();
    await tried(problem, async () => {
      await post(`/api/add/file?name=${encodeURIComponent(name)}`, sent.get(name), headers);
      await post(`/api/jobs/${key}/forget`);
    });
  };
  return el("form", { className: "fn-detail fn-inline", onsubmit: submit }, box, el("button", { type: "submit" }, "Open"), problem);
}
